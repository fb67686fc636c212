"""bAbI as a stream of words: a story is read word by word, and answered where a slot asks for it.

The strictest way to pose bAbI: no sentences, no separate question, one model for all tasks. Graves
et al. 2016, "Hybrid computing using a neural network with dynamic external memory", methods, "bAbI
task descriptions".

Shape letters: ``B`` stories of a batch, ``T`` words, ``V`` words of the vocabulary, ``S`` stories.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.tasks.babi_files import find_file
from recollect.tasks.base import Step

__all__ = ["SLOT", "BabiWords", "WordBatch", "WordStory", "read_words"]

SLOT = "-"
"""The word that stands where a word of an answer is to be said."""

FAILED = 0.05
"""A task is failed where more of its answers are wrong (Weston et al. 2015)."""


class WordStory(NamedTuple):
    """A story as its words; `answers` holds (places of its slots, words) of each question."""

    task: int
    words: tuple[str, ...]
    answers: tuple[tuple[tuple[int, ...], tuple[str, ...]], ...]


class WordBatch(NamedTuple):
    """Stories as tensors.

    Shapes:
        words ``(B, T)`` word ids, 0 behind the end; targets ``(B, T)``, the word to say in a slot
        and -1 elsewhere; question ``(B, T)``, the number of the question a slot belongs to, from 0
        in each story; task ``(B,)``.
    """

    words: Tensor
    targets: Tensor
    question: Tensor
    task: Tensor


def read_words(path: str | os.PathLike[str], *, task: int = 0) -> list[WordStory]:
    """Read one official file as streams of words.

    Words are lower case and numbers of lines are left out; a full stop, a question mark and a slot
    are words. An answer of several words ("milk,football") has as many slots.

    Raises:
        ValueError: the file is not in the format; the message names the line.
    """
    stories: list[WordStory] = []
    words: list[str] = []
    answers: list[tuple[tuple[int, ...], tuple[str, ...]]] = []

    def close() -> None:
        if answers:
            end = answers[-1][0][-1] + 1  # nothing is asked of what comes behind the last slot
            stories.append(WordStory(task, tuple(words[:end]), tuple(answers)))

    for at, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        number, _, text = line.strip().partition(" ")
        if not number.isdigit() or not text or (number != "1" and not words):
            raise ValueError(
                f"{path}, line {at}: not a bAbI file; a line is a number and a sentence, "
                "and a story begins with 1"
            )
        if number == "1":
            close()
            words, answers = [], []
        said, *rest = text.split("\t")
        words += _split(said)
        if rest:
            told = tuple(rest[0].strip().lower().split(","))
            if not all(told):
                raise ValueError(f"{path}, line {at}: a question without an answer")
            answers.append((tuple(range(len(words), len(words) + len(told))), told))
            words += [SLOT] * len(told)
    close()
    return stories


def _split(text: str) -> list[str]:
    return text.lower().replace(".", " . ").replace("?", " ? ").split()


class BabiWords:
    """Several bAbI tasks for one model that reads words.

    A batch holds stories of nearly one length: one story is drawn, the others from those next to it
    in length, so that each is drawn as often as another, but near the two ends. Stories of more
    than `longest` words are left out of training, as the authors do with those over 800. The last
    tenth (`validation`) of each task's training stories is held out.

    Shapes:
        batches are `WordBatch`; a model maps words ``(B, T)`` to logits ``(B, T, V)``.

    Raises:
        ValueError: a number is out of its range, or a file is not in the format.
        MissingData: the files are not there; the message names them and the remedy.
    """

    # Percent of wrong answers, mean of 20 runs on all twenty tasks (Graves et al. 2016, table 1).
    published: Mapping[str, float] = MappingProxyType({"error": 0.167, "failed": 11.2})

    def __init__(
        self,
        tasks: Sequence[int] = tuple(range(1, 21)),
        *,
        size: Literal["1k", "10k"] = "10k",
        batch: int = 16,
        longest: int = 800,
        validation: float = 0.1,
        folder: str | os.PathLike[str] | None = None,
    ):
        if not tasks or len(set(tasks)) < len(tasks) or not all(1 <= t <= 20 for t in tasks):
            raise ValueError(f"tasks is {list(tasks)}; give one or more of 1 to 20, all different")
        if batch < 1 or longest < 1 or not 0 <= validation < 1:
            raise ValueError(
                f"batch is {batch}, longest {longest}, validation {validation}; "
                "give 1 or more, 1 or more, and a share below 1"
            )
        self.tasks, self.size, self.batch = tuple(tasks), size, batch
        train, valid, test, vocab = [], [], [], {"": 0, SLOT: 1}
        for task in self.tasks:
            read = read_words(find_file(task, "train", size, folder), task=task)
            tested = read_words(find_file(task, "test", size, folder), task=task)
            for story in (*read, *tested):
                said = (word for _, answer in story.answers for word in answer)
                for word in (*story.words, *said):
                    vocab.setdefault(word, len(vocab))
            cut = len(read) - round(validation * len(read))
            train += [story for story in read[:cut] if len(story.words) <= longest]
            valid += read[cut:]
            test += tested
        if not train:
            raise ValueError(f"no training story has {longest} words or fewer; raise longest")
        self.vocab = tuple(vocab)
        self._ids = vocab
        self.train, self.valid, self.test = (
            sorted(stories, key=lambda story: len(story.words)) for stories in (train, valid, test)
        )
        if self.tasks != tuple(range(1, 21)) or size != "10k":
            self.published = MappingProxyType({})

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[WordBatch]:
        """Yield training batches without end, or another split's once, short stories first."""
        if split == "train":
            while True:
                yield self.collate([self.train[i] for i in self._drawn(seed, start)])
                start += 1
        if split not in ("valid", "test"):
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        stories = self.valid if split == "valid" else self.test
        for at in range(start * self.batch, len(stories), self.batch):
            yield self.collate(stories[at : at + self.batch])

    def _drawn(self, seed: int, index: int) -> NDArray[np.int64]:
        random = np.random.default_rng((seed, index))
        count = len(self.train)
        near = 4 * self.batch  # wide enough that a batch mixes tasks
        low = max(0, min(int(random.integers(count)) - near // 2, count - near))
        return low + random.integers(min(near, count), size=self.batch)

    def collate(self, stories: Sequence[WordStory]) -> WordBatch:
        """Return stories as tensors, padded to the longest.

        Shapes:
            -> `WordBatch`.
        """
        longest = max(len(story.words) for story in stories)
        words = np.zeros((len(stories), longest), np.int64)
        targets, question = np.full((2, len(stories), longest), -1)
        for row, story in enumerate(stories):
            words[row, : len(story.words)] = [self._ids[word] for word in story.words]
            for number, (places, answer) in enumerate(story.answers):
                targets[row, list(places)] = [self._ids[word] for word in answer]
                question[row, list(places)] = number
        task = torch.tensor([story.task for story in stories])
        told = [torch.from_numpy(rows) for rows in (words, targets, question)]
        return WordBatch(told[0], told[1], told[2], task)

    def step(self, model: nn.Module, batch: WordBatch) -> Step:
        """Return the cross-entropy of a slot, and the share of questions answered wrongly.

        A question is answered rightly if all its words are.
        """
        logits = model(batch.words)
        loss = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=-1)
        wrong, count = _wrong(logits, batch)
        return Step(loss, {"error": wrong.sum() / count.sum(), "count": count.sum().float()})

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return wrong answers, the mean of the tasks', failed tasks, and each task's error."""
        found: dict[str, list[float]] = {}
        for model in models:
            model.eval()
            wrong, asked = dict.fromkeys(self.tasks, 0.0), dict.fromkeys(self.tasks, 0.0)
            for batch in self.batches(split, seed=0):
                missed, count = _wrong(model(batch.words), batch)
                rows = zip(batch.task.tolist(), missed.tolist(), count.tolist(), strict=True)
                for task, lost, all_ in rows:
                    wrong[task] += lost
                    asked[task] += all_
            each = {task: wrong[task] / asked[task] for task in self.tasks if asked[task]}
            figures = {
                "error": float(np.mean(list(each.values()))),
                "failed": float(sum(error > FAILED for error in each.values())),
            } | {f"error_{task}": error for task, error in each.items()}
            for name, value in figures.items():
                found.setdefault(name, []).append(value)
        return found


def _wrong(logits: Tensor, batch: WordBatch) -> tuple[Tensor, Tensor]:
    """Return how many questions of each story are answered wrongly, and how many there are.

    Shapes:
        logits ``(B, T, V)`` -> two of ``(B,)``.
    """
    missed = (logits.detach().argmax(-1) != batch.targets) & (batch.targets >= 0)
    numbers = torch.arange(int(batch.question.max()) + 1)
    of = batch.question.unsqueeze(-1) == numbers
    lost = (of & missed.unsqueeze(-1)).any(1).sum(-1)
    return lost, of.any(1).sum(-1)
