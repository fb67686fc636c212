"""Entity networks on bAbI (Henaff et al. 2017): 10,000 questions a task, a model for each task.

As the authors' code: width 100, 20 slots, weights from N(0, 0.1²), PReLU slopes of one, the last 70
sentences, Adam at 0.01, halved every 25 epochs, the summed loss, and one norm of 40 for the
gradient of 32 questions. There are 80 epochs where theirs are 200, and masks of sentences begin at
one, where theirs begin at random (`--model.spread`).

A batch is here some stories with all their questions, since a story is then read once for all of
them: 160 questions on average, which are as many stories as there are in theirs, with a norm of
200. (With 32 questions, of six stories, tasks 13 and 14 are learnt by heart by every seed; with 160
and a norm of 40, by some.) Task 2 needs as many steps as theirs, and is given them: five for one.
Where theirs takes the best of ten runs by the held-out questions, so does `chosen_error` over the
seeds of a run.

Of task 3 only 1,925 of the 10,000 questions were found: it is no default, and `--task.tasks 3
--task.slots 150` trains it, with the authors' longer memory.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import nn

from recollect.models.entity import EntityNetwork
from recollect.recipes.entity_engine import EntityKernel
from recollect.recipes.memn2n_10k import PAPERS, WHOLE
from recollect.tasks.babi import Babi
from recollect.tasks.babi_by_story import BabiByStoryEach
from recollect.tasks.base import Task
from recollect.train import Adam, Config, Halving, LoopConfig, ModelConfig, TaskConfig

__all__ = ["BabiByStoryConfig", "EntityConfig", "babi_entity"]


@dataclass(frozen=True, kw_only=True)
class BabiByStoryConfig(TaskConfig):
    """bAbI story by story, a model for each task."""

    tasks: tuple[int, ...] = WHOLE
    """Numbers from 1 to 20; of task 3 there are only 1,925 of the 10,000 questions."""
    size: Literal["1k", "10k"] = "10k"
    """Training questions a task."""
    slots: int = 70
    """Sentences that are read: the most recent ones."""
    batch: int = 160
    """Questions a step, on average."""
    validation: float = 0.1
    """Share of the training questions that is held out."""
    folder: Path | None = None
    """Where the data set lies, if not where `recollect data path babi` finds it."""

    def build(self) -> Task:
        """Read and encode the files."""
        parts = [
            Babi(
                (number,),
                size=self.size,
                slots=self.slots,
                batch=self.batch,
                validation=self.validation,
                noise=0.0,
                folder=self.folder,
            )
            for number in self.tasks
        ]
        task = BabiByStoryEach(parts)
        if self.size != "10k":
            return task
        percent = dict(enumerate(map(float, PAPERS["entity"].split()), 1))
        told = {f"chosen_error_{t}": round(percent[t] / 100, 5) for t in self.tasks}
        mean = sum(percent[t] for t in self.tasks) / len(self.tasks)
        task.published = {"chosen_error": round(mean / 100, 5)} | told
        return task


@dataclass(frozen=True, kw_only=True)
class EntityConfig(ModelConfig):
    """The sizes of `recollect.EntityNetwork`."""

    width: int = 100
    slots: int = 20
    """Entities that are kept apart."""
    spread: bool = False
    """Begin the masks of sentences and the biases at random, as the authors' code does."""

    def build(self, task: Task) -> nn.Module:
        """Make a model for each of the task's tasks."""
        if not isinstance(task, BabiByStoryEach):
            raise ValueError(f"the model is made for bAbI by story, not {type(task).__name__}")
        return nn.ModuleDict(
            {
                name: EntityNetwork(
                    len(part.data.vocab),
                    width=self.width,
                    slots=self.slots,
                    words=part.data.words,
                    spread=self.spread,
                )
                for name, part in task.each.items()
            }
        )


def babi_entity() -> Config:
    """Entity network on 10,000 questions, a model a bAbI task, kept by the held-out ones."""
    task = BabiByStoryConfig()
    steps = 9000 // task.batch  # an epoch's
    return Config(
        task=task,
        model=EntityConfig(),
        optim=Adam(lr=0.01, clip=200.0, schedule=Halving(every=25 * steps)),
        loop=LoopConfig(
            steps=80 * steps,
            log_every=steps,
            eval_every=steps,
            save_every=steps,
            best="valid/error",
            report=("train", "valid", "test"),
            choose="valid/error",
        ),
        engine=EntityKernel(look=steps, split=(2,)),
    )
