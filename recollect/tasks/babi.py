"""The bAbI question-answering tasks (Weston et al. 2015), for one model or a model each.

Shape letters: ``B`` batch, ``M`` memory slots, ``J`` words of a sentence, ``Q`` questions.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.tasks.babi_encoding import BabiSplit, encode
from recollect.tasks.babi_files import BABI, BabiQuestion, find_file, parse, read_babi
from recollect.tasks.babi_own import OwnReader, say_each, say_story
from recollect.tasks.base import Minimum, Step
from recollect.tasks.said import Said, Wish

__all__ = [
    "BABI",
    "Babi",
    "BabiBatch",
    "BabiEach",
    "BabiQuestion",
    "BabiSplit",
    "read_babi",
]


class BabiBatch(NamedTuple):
    """Questions as tensors.

    Shapes:
        story ``(B, M, J)`` word ids, 0 where there is none; times ``(B, M)``, 1 for the most recent
        statement and 0 for an empty slot; question ``(B, J)``; answer, task ``(B,)``; support
        ``(B, M)``, True for a gold fact.
    """

    story: Tensor
    times: Tensor
    question: Tensor
    answer: Tensor
    task: Tensor
    support: Tensor


class Babi:
    """One bAbI task, or several for one model, each sentence encoded once.

    Of one task the last tenth (`validation`) of the training questions is held out, of several a
    random tenth, another one for every seed, as in the authors' code of the memory network. The
    memory is the last `slots` statements. In training, `noise` n dummy statements at most are
    thrown among the times of n real ones.

    Raises:
        ValueError: a number is out of its range, or a file is not in the format.
        MissingData: the files are not there; the message names them and the remedy.
    """

    known_minima: Sequence[Minimum] = (
        Minimum(
            "task 16: answers the most common colour",
            metric="test/error_16",
            low=0.4,
            high=0.6,
            remedy="more seeds, chosen by the training error; linear start",
        ),
    )
    published: Mapping[str, float] = MappingProxyType({})
    """What others reported, under the names of our figures."""

    def __init__(
        self,
        tasks: Sequence[int] = tuple(range(1, 21)),
        *,
        size: Literal["1k", "10k"] = "1k",
        slots: int = 50,
        batch: int = 32,
        validation: float = 0.1,
        noise: float = 0.1,
        folder: str | os.PathLike[str] | None = None,
    ):
        if not tasks or len(set(tasks)) < len(tasks):
            raise ValueError(f"tasks is {list(tasks)}; give one or more, all different")
        if slots < 1 or batch < 1:
            raise ValueError(f"slots is {slots} and batch {batch}; both must be 1 or more")
        if not 0 <= validation < 1 or not 0 <= noise <= 1:
            raise ValueError(
                f"validation is {validation} and noise {noise}; both are shares: at least 0, "
                "and below 1 or at most 1"
            )
        self.tasks, self.size, self.batch = tuple(tasks), size, batch
        self.validation, self.noise = validation, noise
        files = {
            (t, s): find_file(t, s, size, folder) for s in ("train", "test") for t in self.tasks
        }
        self.partial = tuple(t for (t, _), f in files.items() if f.name.endswith(".PARTIAL.txt"))
        parsed = {
            split: [found for t in self.tasks for found in parse(files[t, split], t)]
            for split in ("train", "test")
        }
        asked = [question for found in parsed.values() for _, question in found]
        texts = dict.fromkeys(text for q in asked for text in (*q.story, q.words, (q.answer,)))
        vocab = dict.fromkeys(["", *(word for text in texts for word in text)])  # "" is nil
        self.words = max(map(len, texts))
        longest = max(len(question.story) for _, question in parsed["train"])
        self.slots = min(slots, longest)
        self.vocab = tuple(vocab)
        words = {word: i for i, word in enumerate(self.vocab)}
        self.train = encode(parsed["train"], words, self.words, self.slots)
        self.test = encode(parsed["test"], words, self.words, self.slots)

    def rows(self, split: Literal["train", "valid"], *, seed: int) -> NDArray[np.int64]:
        """Return which of the training file's questions are in a split.

        Shapes:
            -> ``(Q',)``.
        """
        questions = len(self.train.task)
        order = np.arange(questions)
        if len(self.tasks) > 1:
            order = np.random.default_rng((seed, 1)).permutation(questions)
        cut = questions - round(self.validation * questions)
        return order[:cut] if split == "train" else order[cut:]

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[BabiBatch]:
        """Yield training batches without end, or another split's once.

        Training batch i is drawn with replacement, noise in its times, from (seed, i) alone: it is
        what `recollect.kernels.memn2n` draws at step i. (Without Numba the draws are others.)
        """
        if split == "train":
            draw = _drawing()
            rows, count = self.rows("train", seed=seed), self.train.facts.count
            while True:
                drawn = draw(count, rows, self.batch, self.slots, self.noise, seed, start)
                yield self.collate(self.train, *drawn)
                start += 1
        if split not in ("valid", "test"):
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        data = self.test if split == "test" else self.train
        rows = np.arange(len(data.task)) if split == "test" else self.rows("valid", seed=seed)
        for at in range(start * self.batch, len(rows), self.batch):
            yield self.collate(data, rows[at : at + self.batch])

    def step(self, model: nn.Module, batch: BabiBatch) -> Step:
        """Return the batch's summed cross-entropy, its mean and the share of wrong answers.

        The sum, not the mean, is what the authors descend: their learning rates go with it.
        """
        logits = model(batch.story, batch.question, batch.times)
        loss = F.cross_entropy(logits, batch.answer, reduction="sum")
        count = torch.tensor(float(len(batch.answer)))
        wrong = (logits.argmax(-1) != batch.answer).float().mean()
        return Step(loss, {"loss": loss.detach() / count, "error": wrong, "count": count})

    def own_reader(self, model: nn.Module) -> OwnReader:
        """A model of this task, for a story of a person's own."""
        net = cast(Any, model)

        def read(story: Tensor, question: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
            return net(story, question, times), net.weights(story, question, times)

        return OwnReader(read, self.vocab, self.words, self.slots)

    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Answer a question about a person's own story.

        Raises:
            ValueError: as `recollect.tasks.babi_own.say_story`.
        """
        return say_story({"": self.own_reader(model)}, text)

    def collate(
        self,
        data: BabiSplit,
        rows: NDArray[np.int64],
        times: NDArray[np.int64] | None = None,
    ) -> BabiBatch:
        """Return the questions `rows` as tensors, with plain times unless others are given.

        Shapes:
            rows ``(B,)``, times ``(B, M)``.
        """
        facts = data.facts
        count = facts.count[rows][:, None]
        slot = np.arange(self.slots)
        filled = slot < count
        if times is None:
            times = count - slot
        index = np.where(filled, facts.first[rows][:, None] + slot, 0)
        story = np.where(filled[..., None], facts.words[index], 0)
        return BabiBatch(
            torch.from_numpy(story).long(),
            torch.from_numpy(np.where(filled, times, 0)).long(),
            torch.from_numpy(facts.question[rows]).long(),
            torch.from_numpy(facts.answer[rows]).long(),
            torch.from_numpy(data.task[rows]).long(),
            torch.from_numpy(data.support[rows]),
        )


class BabiEach:
    """Several bAbI tasks, a model for each: what `Babi` is for one model, side by side.

    Its batches are tuples with a batch of every task; its model is a `torch.nn.ModuleDict` whose
    keys are the tasks' numbers.

    Raises:
        ValueError, MissingData: as `Babi`.
    """

    known_minima = Babi.known_minima
    published: Mapping[str, Any] = Babi.published

    def __init__(
        self,
        tasks: Sequence[int] = tuple(range(1, 21)),
        *,
        size: Literal["1k", "10k"] = "1k",
        slots: int = 50,
        batch: int = 32,
        validation: float = 0.1,
        noise: float = 0.1,
        folder: str | os.PathLike[str] | None = None,
    ):
        self.each = {
            str(t): Babi(
                (t,),
                size=size,
                slots=slots,
                batch=batch,
                validation=validation,
                noise=noise,
                folder=folder,
            )
            for t in tasks
        }

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[tuple[BabiBatch, ...]]:
        """Yield a batch of every task, until the first has no more."""
        found = [task.batches(split, seed=seed, start=start) for task in self.each.values()]
        return zip(*found, strict=False)

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return every model's figures, and those of the best of them for each task.

        `chosen_...` tells of the model with the smallest training error, task by task, as the paper
        chooses among its ten. The split `noise` is `recollect.tasks.babi_noise`.
        """
        from recollect.tasks.babi_figures import each_among_noise, each_figures

        if split == "noise":
            found, self.published = each_among_noise(models, self.each)
            return found

        return each_figures(models, self.each, split)

    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Answer a question about a person's own story by each model that knows its words.

        Raises:
            ValueError: as `recollect.tasks.babi_own.say_story`.
        """
        return say_each(self.each, model, text)

    def step(self, model: nn.Module, batch: Sequence[BabiBatch]) -> Step:
        """Return the sum of the tasks' losses, the mean loss, and each task's wrong answers."""
        models = dict(model.named_children())
        steps = {
            name: task.step(models[name], part)
            for (name, task), part in zip(self.each.items(), batch, strict=True)
        }
        loss = torch.stack([step.loss for step in steps.values()]).sum()
        metrics = {
            name: torch.stack([step.metrics[name] for step in steps.values()]).mean()
            for name in ("loss", "error", "count")
        }
        errors = {f"error_{name}": step.metrics["error"] for name, step in steps.items()}
        return Step(loss, metrics | errors)


def _drawing() -> Callable[..., tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the kernel's draw, which compiles when it is first called, or its stand-in."""
    try:
        from recollect.kernels.memn2n import draw
    except ImportError:  # no Numba
        return draw_plainly
    return draw


def draw_plainly(
    count: NDArray[np.int32],
    rows: NDArray[np.int64],
    batch: int,
    slots: int,
    noise: float,
    seed: int,
    step: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw a step's questions, with replacement, and the times of their memories.

    Of n statements and b dummies, b uniform on 0 to ``ceil(noise n)``, n of the times 1 to n + b
    are taken, oldest first; no time is above `slots`. As `recollect.kernels.memn2n.draw`, from
    NumPy's generator.

    Shapes:
        rows ``(Q',)`` -> questions ``(B,)``, times ``(B, M)``.
    """
    random = np.random.default_rng((seed, 2, step))
    picks = random.choice(rows, batch)
    times = np.zeros((batch, slots), np.int64)
    for row, n in zip(times, count[picks], strict=True):
        dummies = random.integers(0, int(np.ceil(noise * n)) + 1)
        taken = np.sort(random.permutation(n + dummies)[:n])[::-1]
        row[:n] = np.minimum(taken + 1, slots)
    return picks, times
