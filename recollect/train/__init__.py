"""Training: configs, one plain loop, run folders, checkpoints, many seeds at once."""

from recollect.train.checkpoint import (
    CheckpointError,
    load_weights,
    put_weights,
    read_about,
    save_weights,
)
from recollect.train.config import Config, LoopConfig, ModelConfig, TaskConfig
from recollect.train.engine import Diverged, Engine, EngineConfig, State, TorchConfig
from recollect.train.loop import Outcome, fit
from recollect.train.mesh import Mesh
from recollect.train.optim import (
    SGD,
    Adam,
    Constant,
    Halving,
    OptimConfig,
    RMSprop,
    Schedule,
    WarmupCosine,
)
from recollect.train.runs import Run, load_model, load_usable

__all__ = [
    "Config",
    "TaskConfig",
    "ModelConfig",
    "LoopConfig",
    "OptimConfig",
    "SGD",
    "Adam",
    "RMSprop",
    "Schedule",
    "Constant",
    "Halving",
    "WarmupCosine",
    "Engine",
    "EngineConfig",
    "TorchConfig",
    "State",
    "Diverged",
    "Mesh",
    "fit",
    "Outcome",
    "Run",
    "load_model",
    "load_usable",
    "save_weights",
    "load_weights",
    "read_about",
    "put_weights",
    "CheckpointError",
]
