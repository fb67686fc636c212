"""ProPara: an entity memory as a baseline."""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast

from recollect.models.process_memory import ProcessMemory
from recollect.tasks.base import Task
from recollect.tasks.propara import ProPara
from recollect.train import Adam, Config, LoopConfig, ModelConfig, TaskConfig, TorchConfig
from recollect.train.optim import WarmupCosine

__all__ = ["ProParaConfig", "ProcessMemoryConfig", "propara"]

# Dalvi et al. 2018, table 3, against the grids of several people; we have one grid a text.
_PAPER = MappingProxyType(
    {
        "cat_1": "0.630 ProGlobal, 0.516 entity network",
        "cat_2": "0.364 ProGlobal, 0.188 entity network",
        "cat_3": "0.359 ProGlobal, 0.078 entity network",
        "macro": "0.451 ProGlobal, 0.261 entity network",
    }
)


@dataclass(frozen=True, kw_only=True)
class ProParaConfig(TaskConfig):
    """The grids of ProPara."""

    batch: int = 32
    """Participants a step."""
    rare: int = 2
    """Places a word must have in the training texts to be known."""
    folder: Path | None = None
    """Where the data set lies, if not where `recollect data path propara` finds it."""

    def build(self) -> ProPara:
        """Read the grids."""
        task = ProPara(batch=self.batch, rare=self.rare, folder=self.folder)
        task.published = _PAPER
        return task


@dataclass(frozen=True, kw_only=True)
class ProcessMemoryConfig(ModelConfig):
    """The sizes of `recollect.models.ProcessMemory`."""

    width: int = 64
    dropout: float = 0.4

    def build(self, task: Task) -> ProcessMemory:
        """Make a model for the task's words."""
        return ProcessMemory(len(cast(ProPara, task).vocab), width=self.width, dropout=self.dropout)


def propara() -> Config:
    """What each sentence of a process does to each participant, and where to."""
    return Config(
        task=ProParaConfig(),
        model=ProcessMemoryConfig(),
        optim=Adam(lr=3e-3, weight_decay=1e-2, schedule=WarmupCosine(warmup=20), clip=5.0),
        loop=LoopConfig(steps=500, log_every=25, eval_every=50, save_every=100),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )
