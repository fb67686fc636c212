"""A run, written down: what is trained, on what, how, and for how long.

A recipe is a Python function that returns a `Config`. Its parts are frozen dataclasses with a
`build` method; layers never see one. A new part is a leaf of one of the bases below.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from torch import nn

from recollect.tasks.base import Task
from recollect.train.engine import EngineConfig, TorchConfig
from recollect.train.optim import OptimConfig


@dataclass(frozen=True, kw_only=True)
class TaskConfig(ABC):
    """The data and the loss: the numbers that make a `Task`."""

    @abstractmethod
    def build(self) -> Task:
        """Make the task; missing data raises `ValueError` here, before anything is trained."""

    def own(self, data: str) -> "TaskConfig":
        """Return the config that reads a person's own file in place of this one's data.

        Raises:
            ValueError: there is no such config.
        """
        raise ValueError(
            f"the data of this recipe cannot be a file of your own, such as {data}; those of "
            "pairs-table, lm-text and the other recipes of pairs and texts can"
        )


@dataclass(frozen=True, kw_only=True)
class ModelConfig(ABC):
    """The sizes that make a model."""

    @abstractmethod
    def build(self, task: Task) -> nn.Module:
        """Make the model for a task; the seed is set before the call.

        In use the task may be what it had learnt, without the data: `recollect.tasks.base.Learns`.
        """

    def at_step(self, model: nn.Module, step: int) -> None:  # noqa: B027  (most models have one phase)
        """Put the model into the phase of a step, e.g. switch the linear start off.

        Called before every training step and after loading, so it must be a pure function of
        the step; it may set Python flags, never parameters.
        """


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """How long to train and how often to look."""

    steps: int = 1000
    """Optimizer steps."""
    seed: int = 0
    """First seed; with --seeds N the replicas take seed, seed + 1, ..."""
    log_every: int = 10
    """Steps a line of metrics.jsonl averages over."""
    eval_every: int = 200
    """Steps between looks at the valid split."""
    eval_batches: int | None = None
    """Batches of one look; None reads a split to its end."""
    save_every: int = 200
    """Steps between checkpoints: what a kill can cost."""
    best: str = "valid/loss"
    """The figure, smaller is better, whose best checkpoint is kept."""
    report: tuple[str, ...] = ("train", "valid")
    """Splits measured at the end."""
    train_batches: int = 20
    """Batches of the train split measured at the end, since it does not end by itself."""
    choose: str = "train/loss"
    """The final figure, smaller is better, that picks one seed of many; never a test figure."""

    def __post_init__(self) -> None:
        """Refuse counts that cannot be."""
        for name in ("steps", "log_every", "eval_every", "save_every", "train_batches"):
            if getattr(self, name) < 1:
                raise ValueError(f"loop.{name} is {getattr(self, name)}; it must be 1 or more")
        if self.eval_batches is not None and self.eval_batches < 1:
            raise ValueError(f"loop.eval_batches is {self.eval_batches}; give 1 or more, or None")
        if self.choose.startswith("test/"):
            raise ValueError(
                f"loop.choose is {self.choose!r}: a seed chosen by its test figure overstates it; "
                "choose by a train/ or valid/ figure"
            )


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything a run depends on, besides the code and the data.

    `engine` is the program that does the steps: the generic one, or one a model brings, such as
    a kernel that trains many seeds at once.
    """

    task: TaskConfig
    model: ModelConfig
    optim: OptimConfig
    loop: LoopConfig = field(default_factory=LoopConfig)
    engine: EngineConfig = field(default_factory=TorchConfig)
