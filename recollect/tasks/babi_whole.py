"""bAbI as whole stories, each written once and asked at every point where it was asked.

A question of bAbI comes with the statements before it; five questions of a story share most of
them. A memory that is written sentence by sentence reads a story once and answers all five.

Shape letters: ``B`` stories of a chunk, ``T`` statements, ``S`` different sentences of a batch,
``Q`` questions, ``J`` words.
"""

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from recollect.kernels.layout import Facts
from recollect.models.tpr_rnn import TPRRNN, TPRMemory
from recollect.models.tpr_stories import StoryRows, answer_stories, lacks_kernel
from recollect.tasks.babi import Babi, BabiSplit
from recollect.tasks.babi_noise import Network, beside_large_models, noise_figures
from recollect.tasks.babi_own import OwnReader, say_story
from recollect.tasks.base import Minimum, Step
from recollect.tasks.said import Said, Wish

_READ = 250  # sentences of noise and story that are kept to be read
_LENGTHS = (6, 16, 48, 10_000)
"""Where a batch's stories are parted by their number of statements."""

__all__ = ["BabiWhole", "StoryChunk", "WholeBatch", "in_chunks"]


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
    """The different sentences and questions of a batch, and its stories, which are rows of them.

    Shapes:
        sentences, questions ``(S, J)`` word ids; places ``(Q,)``, those of the questions among the
        split's.
    """

    sentences: Tensor
    questions: Tensor
    stories: StoryRows
    places: Tensor


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
        self._told = {
            "train": _different(self.data.train.facts),
            "test": _different(self.data.test.facts),
        }
        # Whole batches only: what is left of an epoch waits for the next.
        questions = sum(len(rows) for rows in self.stories["train"])
        longest = max(len(rows) for rows in self.stories["train"])
        self.per_epoch = max(1, questions // (batch + longest))

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[WholeBatch]:
        """Yield training batches without end, or another split's once, longest stories together."""
        if split not in self.stories:
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        part = "test" if split == "test" else "train"
        stories = self.stories[split]
        if split != "train":
            count = (self.data.test if split == "test" else self.data.train).facts.count
            order = sorted(range(len(stories)), key=lambda i: int(count[stories[i][-1]]))
            for picks in _cut(stories, order, 4 * self.batch)[start:]:
                yield self._collate(part, [stories[i] for i in picks])
            return
        at = start
        while True:
            epoch, first = divmod(at, self.per_epoch)
            order = np.random.default_rng((seed, 4, epoch)).permutation(len(stories))
            for picks in _cut(stories, order.tolist(), self.batch)[first : self.per_epoch]:
                yield self._collate("train", [stories[i] for i in picks])
                at += 1

    def step(self, model: nn.Module, batch: WholeBatch) -> Step:
        """Return the mean cross-entropy of the questions and the share of wrong answers."""
        net = cast(TPRRNN, model)
        reason = lacks_kernel(net)
        if reason is None:
            gold = batch.stories.answers
            loss, said = answer_stories(net, batch.sentences, batch.questions, batch.stories)
        else:
            _tell_once(reason)
            found, answer = [], []
            for chunk, (memory, asked) in self._read(net, batch):
                real = chunk.answer >= 0
                found.append(net.infer(memory, *asked, chunk.before)[0][real])
                answer.append(chunk.answer[real])
            logits, gold = net.logits(torch.cat(found)), torch.cat(answer)
            loss, said = F.cross_entropy(logits, gold), logits.argmax(-1)
        error = (said != gold).float().mean()
        count = torch.tensor(float(len(gold)))
        return Step(loss, {"loss": loss.detach(), "error": error, "count": count})

    def _read(
        self, model: TPRRNN, batch: WholeBatch
    ) -> Iterator[tuple[StoryChunk, tuple[TPRMemory, tuple[Tensor, Tensor]]]]:
        """Write every chunk's stories; each sentence and question is understood once."""
        entities, roles = model.told(batch.sentences)
        subjects, links = model.asked(batch.questions)
        for chunk in in_chunks(batch):
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
            rows = []
            for model in models:
                network = Network(partial(_answer, model), self.vocab, self.words, _READ)
                rows.append(
                    noise_figures(dict.fromkeys(self.data.tasks, network), folder=self.folder)
                )
            self.published = beside_large_models(list(rows[0]))
        else:
            rows = [self._measure(cast(TPRRNN, model), split) for model in models]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Answer a question about a person's own story.

        Raises:
            ValueError: as `recollect.tasks.babi_own.say_story`.
        """
        net = cast(TPRRNN, model)

        def read(story: Tensor, question: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
            return net(story, question), net.weights(story, question)

        return say_story({"": OwnReader(read, self.vocab, self.words, _READ)}, text)

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
        found |= {f"error_{t}": error for t, error in errors.items()}
        return found | {f"support_{t}": float(np.nanmean(recall[data.task == t])) for t in tasks}

    def _collate(self, part: str, stories: Sequence[NDArray[np.int64]]) -> WholeBatch:
        """Lay stories out one after the other."""
        facts, told = (
            (self.data.test if part == "test" else self.data.train).facts,
            self._told[part],
        )
        asked = np.concatenate(list(stories))
        lengths = np.array([facts.count[rows[-1]] for rows in stories])
        begins = np.concatenate([[0], lengths.cumsum()])
        ends = np.array([facts.first[rows[0]] for rows in stories]) - begins[:-1]
        which = told.sentence[np.arange(begins[-1]) + np.repeat(ends, lengths)]
        sentences, rows = np.unique(which, return_inverse=True)
        questions, put = np.unique(told.question[asked], return_inverse=True)
        return WholeBatch(
            torch.from_numpy(told.sentences[sentences]),
            torch.from_numpy(told.questions[questions]),
            StoryRows(
                torch.from_numpy(rows.reshape(-1)),
                torch.from_numpy(begins),
                torch.from_numpy(put.reshape(-1)),
                torch.from_numpy(facts.count[asked].astype(np.int64)),
                torch.from_numpy(facts.answer[asked].astype(np.int64)),
                torch.tensor(np.concatenate([[0], np.cumsum([len(rows) for rows in stories])])),
            ),
            torch.from_numpy(asked),
        )


def in_chunks(batch: WholeBatch) -> Iterator[StoryChunk]:
    """Lay a batch's stories out side by side, those of about one length: padding costs its square.

    Shapes:
        as in `WholeBatch` and `StoryChunk`.
    """
    rows, place = batch.stories, batch.sentences.device
    steps, asked = rows.begins.diff().tolist(), rows.asked.diff().tolist()
    sentences, questions = rows.sentences.split(steps), rows.questions.split(asked)
    before, answers = rows.before.split(asked), rows.answers.split(asked)
    places, short = batch.places.split(asked), 0
    for limit in _LENGTHS:
        picks = [i for i, length in enumerate(steps) if short < length <= limit]
        short = limit
        if picks:

            def lay(parts: Sequence[Tensor], fill: int, picks: list[int] = picks) -> Tensor:
                some = [parts[i] for i in picks]
                return pad_sequence(some, batch_first=True, padding_value=fill).to(place)

            yield StoryChunk(
                lay(sentences, -1), lay(questions, 0), lay(before, 0), lay(answers, -1),
                lay(places, -1),
            )  # fmt: skip


class _Told(NamedTuple):
    """A split's different sentences and questions, and the rows of each place."""

    sentences: NDArray[np.int64]
    sentence: NDArray[np.int64]
    questions: NDArray[np.int64]
    question: NDArray[np.int64]


def _different(facts: Facts) -> _Told:
    found: list[NDArray[np.int64]] = []
    for words in (facts.words, facts.question):
        # A row is told by a number made of its words: rows themselves are slow to sort.
        base = np.uint64(words.max() + 1)
        number = np.zeros((2, len(words)), np.uint64)
        for j in range(words.shape[1]):
            number[j % 2] = number[j % 2] * base + words[:, j].astype(np.uint64)
        _, low = np.unique(number[0], return_inverse=True)
        _, high = np.unique(number[1], return_inverse=True)
        both = low.reshape(-1) * (int(high.max()) + 1) + high.reshape(-1)
        _, first, rows = np.unique(both, return_index=True, return_inverse=True)
        rows = rows.reshape(-1)
        assert (words[first[rows]] == words).all()
        found += [words[first].astype(np.int64), rows]
    return _Told(*found)


@cache
def _tell_once(reason: str) -> None:
    if find_spec("numba") is None:
        warnings.warn(f"{reason}: stories are read without their kernel", stacklevel=3)


@torch.no_grad()
def _answer(model: nn.Module, story: Tensor, question: Tensor) -> Tensor:
    return model(story, question).argmax(-1)


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
