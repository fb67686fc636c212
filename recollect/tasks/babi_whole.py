"""bAbI as whole stories, each written once and asked at every point where it was asked.

A question of bAbI comes with the statements before it; five questions of a story share most of
them. A memory that is written sentence by sentence reads a story once and answers all five.

Shape letters: ``B`` stories of a chunk, ``T`` statements, ``S`` different sentences of a batch,
``Q`` questions, ``J`` words.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.data import find
from recollect.models.tpr_rnn import TPRRNN, TPRMemory
from recollect.tasks.babi import BABI, Babi, BabiSplit, read_babi
from recollect.tasks.babi_noise import LANGUAGE_MODELS, noise_curve
from recollect.tasks.base import Minimum, Step
from recollect.tasks.reading.text import sentences

_NOVEL = "120_treasure_island.txt"
_NOISE = (0, 1000, 4000, 16_000, 64_000)
_LENGTHS = (6, 16, 48, 10_000)
"""Where a batch's stories are parted by their number of statements."""

__all__ = ["BabiWhole", "StoryChunk", "WholeBatch"]


class StoryChunk(NamedTuple):
    """Stories of about one length and their questions.

    Shapes:
        story ``(B, T)``, a row of the batch's sentences, -1 behind the end; question ``(B, Q)``, a
        row of the batch's questions; before ``(B, Q)``, how many statements came before it; answer
        ``(B, Q)``, -1 where there is no question; row ``(B, Q)``, its place among the split's
        questions.
    """

    story: Tensor
    question: Tensor
    before: Tensor
    answer: Tensor
    row: Tensor


class WholeBatch(NamedTuple):
    """The different sentences and questions of a batch, and its stories in chunks by length.

    Shapes:
        sentences, questions ``(S, J)`` word ids.
    """

    sentences: Tensor
    questions: Tensor
    chunks: tuple[StoryChunk, ...]


class BabiWhole:
    """Several bAbI tasks for one model, story by story.

    Stories are drawn without replacement, an epoch in a new order for every seed, `batch` questions
    or a few more to a batch. Every fiftieth story (`validation`) of a task is held out.

    Raises:
        ValueError, MissingData: as `Babi`.
    """

    known_minima: Sequence[Minimum] = Babi.known_minima
    published: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self,
        tasks: Sequence[int] = tuple(range(1, 21)),
        *,
        size: Literal["1k", "10k"] = "10k",
        batch: int = 128,
        validation: float = 0.02,
        folder: str | os.PathLike[str] | None = None,
    ):
        if batch < 1:
            raise ValueError(f"batch is {batch}; it must be 1 or more")
        self.data = Babi(tasks, size=size, slots=10_000, validation=0, noise=0, folder=folder)
        self.folder = None if folder is None else Path(folder)
        self.batch, self.vocab, self.words = batch, self.data.vocab, self.data.words
        self.partial = self.data.partial
        train = _stories(self.data.train)
        every = round(1 / validation) if validation else 0
        held = [every > 0 and i % every == every - 1 for i in range(len(train))]
        self.stories = {
            "train": [s for s, out in zip(train, held, strict=True) if not out],
            "valid": [s for s, out in zip(train, held, strict=True) if out],
            "test": _stories(self.data.test),
        }
        # Whole batches only: what is left of an epoch waits for the next.
        questions = sum(len(rows) for rows in self.stories["train"])
        longest = max(len(rows) for rows in self.stories["train"])
        self.per_epoch = max(1, questions // (batch + longest))

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[WholeBatch]:
        """Yield training batches without end, or another split's once, longest stories together."""
        if split not in self.stories:
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        data = self.data.test if split == "test" else self.data.train
        stories = self.stories[split]
        if split != "train":
            order = sorted(range(len(stories)), key=lambda i: int(data.facts.count[stories[i][-1]]))
            for picks in _cut(stories, order, 4 * self.batch)[start:]:
                yield self._collate(data, [stories[i] for i in picks])
            return
        at = start
        while True:
            epoch, first = divmod(at, self.per_epoch)
            order = np.random.default_rng((seed, 4, epoch)).permutation(len(stories))
            for picks in _cut(stories, order.tolist(), self.batch)[first : self.per_epoch]:
                yield self._collate(data, [stories[i] for i in picks])
                at += 1

    def step(self, model: nn.Module, batch: WholeBatch) -> Step:
        """Return the mean cross-entropy of the questions and the share of wrong answers."""
        found, answer = [], []
        for chunk, (memory, asked) in self._read(cast(TPRRNN, model), batch):
            real = chunk.answer >= 0
            found.append(cast(TPRRNN, model).infer(memory, *asked, chunk.before)[0][real])
            answer.append(chunk.answer[real])
        logits, gold = cast(TPRRNN, model).logits(torch.cat(found)), torch.cat(answer)
        loss = F.cross_entropy(logits, gold)
        error = (logits.argmax(-1) != gold).float().mean()
        count = torch.tensor(float(len(gold)))
        return Step(loss, {"loss": loss.detach(), "error": error, "count": count})

    def _read(
        self, model: TPRRNN, batch: WholeBatch
    ) -> Iterator[tuple[StoryChunk, tuple[TPRMemory, tuple[Tensor, Tensor]]]]:
        """Write every chunk's stories; each sentence and question is understood once."""
        entities, roles = model.told(batch.sentences)
        subjects, links = model.asked(batch.questions)
        for chunk in batch.chunks:
            memory = model.remember(entities[chunk.story], roles[chunk.story], chunk.story >= 0)
            yield chunk, (memory, (subjects[chunk.question], links[chunk.question]))

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return wrong answers task by task, and the gold facts among what the reads rest on.

        `error` is the mean over the tasks whose training file is whole, `failed` how many of those
        have more than 5 % wrong; `support` is the share of a question's gold facts among as many
        sentences with the largest shares of a read.
        """
        if split == "noise":
            rows = [self._among_noise(cast(TPRRNN, model)) for model in models]
            self.published = _by_large_models()
        else:
            rows = [self._measure(cast(TPRRNN, model), split) for model in models]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def _measure(self, model: TPRRNN, split: str) -> dict[str, float]:
        data = self.data.test if split == "test" else self.data.train
        wrong = np.full(len(data.task), np.nan)
        recall = np.full(len(data.task), np.nan)
        for batch in self.batches(split, seed=0):
            for chunk, (memory, asked) in self._read(model, batch):
                found, weights = model.infer(memory, *asked, chunk.before)
                real = chunk.answer >= 0
                row = chunk.row[real].numpy()
                wrong[row] = (model.logits(found).argmax(-1) != chunk.answer)[real].numpy()
                most = model.evidence(memory, weights).amax(2)[real].numpy()
                recall[row] = _recall(most, data.support[row], data.supports[row])
        tasks = [t for t in self.data.tasks if np.isfinite(wrong[data.task == t]).any()]
        errors = {t: float(np.nanmean(wrong[data.task == t])) for t in tasks}
        whole = [error for t, error in errors.items() if t not in self.partial]
        found = {
            "error": float(np.mean(whole)),
            "failed": float(sum(error > 0.05 for error in whole)),
            "support": float(np.nanmean(recall)),
        }
        return found | {f"error_{t}": error for t, error in errors.items()}

    def _among_noise(self, model: TPRRNN) -> dict[str, float]:
        file = find("gutenberg_children", file=_NOVEL)
        book = sentences(file.read_text(encoding="utf-8"))

        def answer(story: Tensor, question: Tensor) -> Tensor:
            return model(story, question).argmax(-1)

        found: dict[str, float] = {}
        kept: dict[str, list[float]] = {}
        for t in [t for t in self.data.tasks if t <= 5]:
            path = find("babi", path=self.folder, file=f"en-10k/qa{t}_{BABI[t - 1]}_test.txt")
            asked = read_babi(path, task=t)[::10][:100]
            curve = noise_curve(
                answer,
                asked,
                book,
                vocab=self.vocab,
                words=self.words,
                lengths=_NOISE,
            )
            for name, length, right, held in curve:
                found[f"qa{t}_{length // 1000}k_{name}"] = right
                kept.setdefault(f"kept_{length // 1000}k_{name}", []).append(held)
        return found | {name: float(np.mean(shares)) for name, shares in kept.items()}

    def _collate(self, data: BabiSplit, stories: Sequence[NDArray[np.int64]]) -> WholeBatch:
        """Lay stories out, in chunks of about one length: padding costs its square."""
        facts = data.facts
        length = {i: int(facts.count[rows[-1]]) for i, rows in enumerate(stories)}
        begin = [int(facts.first[rows[0]]) for rows in stories]
        needed = [np.arange(first, first + length[i]) for i, first in enumerate(begin)]
        sentences, place = np.unique(
            facts.words[np.concatenate(needed)], axis=0, return_inverse=True
        )
        placed = np.split(place.reshape(-1), np.cumsum([len(n) for n in needed])[:-1])
        asked = np.concatenate(list(stories))
        questions, place = np.unique(facts.question[asked], axis=0, return_inverse=True)
        number = dict(zip(asked.tolist(), place.reshape(-1).tolist(), strict=True))
        chunks, short = [], 0
        for limit in _LENGTHS:
            picks = [i for i in length if short < length[i] <= limit]
            short = limit
            if not picks:
                continue
            steps, most = max(length[i] for i in picks), max(len(stories[i]) for i in picks)
            story = np.full((len(picks), steps), -1)
            row = np.full((len(picks), most), -1)
            for at, i in enumerate(picks):
                story[at, : length[i]] = placed[i]
                row[at, : len(stories[i])] = stories[i]
            real = row >= 0
            question = [[number.get(r, 0) for r in each] for each in row.tolist()]
            chunks.append(
                StoryChunk(
                    torch.from_numpy(story).long(),
                    torch.tensor(question),
                    torch.from_numpy(np.where(real, facts.count[row], 0)).long(),
                    torch.from_numpy(np.where(real, facts.answer[row], -1)).long(),
                    torch.from_numpy(row).long(),
                )
            )
        return WholeBatch(
            torch.from_numpy(sentences).long(), torch.from_numpy(questions).long(), tuple(chunks)
        )


def _by_large_models() -> dict[str, str]:
    """What large language models reach, beside our figures at no greater length."""
    told: dict[str, str] = {}
    for model, by_length in LANGUAGE_MODELS.items():
        for length, accuracies in by_length.items():
            place = {"32k": "16k"}.get(length, length)
            for t, accuracy in enumerate(accuracies, 1):
                name = f"qa{t}_{place}_familiar"
                one = f"{accuracy:.2f} {model} ({length} tokens)"
                told[name] = f"{told[name]}; {one}" if name in told else one
    return told


def _stories(data: BabiSplit) -> list[NDArray[np.int64]]:
    """Group a split's questions by their story, which is the run of sentences they begin at."""
    first = data.facts.first
    cuts = np.flatnonzero(np.diff(first)) + 1
    return np.split(np.arange(len(first)), cuts) if len(first) else []


def _cut(
    stories: Sequence[NDArray[np.int64]], order: Sequence[int], questions: int
) -> list[list[int]]:
    """Cut an order of stories into batches of at least so many questions."""
    batches, held = [[]], 0
    for i in order:
        if held >= questions:
            batches.append([])
            held = 0
        batches[-1].append(i)
        held += len(stories[i])
    return batches


def _recall(
    shares: NDArray[np.float32], gold: NDArray[np.bool_], wanted: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Share of the gold facts among as many sentences with the largest shares; NaN without any."""
    T = shares.shape[1]
    order = (-shares).argsort(-1, kind="stable")
    ranked = np.take_along_axis(gold[:, :T], order, 1)
    found = (ranked & (np.arange(T) < wanted[:, None])).sum(1)
    return found / np.where(wanted > 0, wanted, np.nan)
