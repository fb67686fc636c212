"""Language models: Shakespeare by the character, novels by pieces of words, a text of one's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recollect.models import LanguageModel, TransformerDecoder
from recollect.tasks.base import Task
from recollect.tasks.language import Language, TextWords, novels, own, shakespeare
from recollect.train import (
    Adam,
    Config,
    LoopConfig,
    ModelConfig,
    TaskConfig,
    TorchConfig,
    WarmupCosine,
)

__all__ = [
    "NovelsConfig",
    "OwnTextConfig",
    "ShakespeareConfig",
    "TransformerLM",
    "lm_novels",
    "lm_shakespeare",
    "lm_text",
]


@dataclass(frozen=True, kw_only=True)
class OwnTextConfig(TaskConfig):
    """A person's own text."""

    data: str = "text.txt"
    """A file in UTF-8."""
    pieces: int | None = None
    """How many pieces of words; None takes characters."""
    batch: int = 16
    """Windows a step."""
    window: int = 128
    """Tokens that the model sees."""

    def build(self) -> Language:
        """Make the task."""
        return Language(own(self.data, pieces=self.pieces), batch=self.batch, window=self.window)

    def own(self, data: str) -> OwnTextConfig:
        """Read another file."""
        return replace(self, data=data)


@dataclass(frozen=True, kw_only=True)
class ShakespeareConfig(TaskConfig):
    """The characters of Tiny Shakespeare."""

    batch: int = 16
    """Windows a step."""
    window: int = 128
    """Characters that the model sees."""

    def build(self) -> Language:
        """Make the task."""
        return Language(shakespeare(), batch=self.batch, window=self.window)

    def own(self, data: str) -> OwnTextConfig:
        """Read the characters of a file."""
        return OwnTextConfig(data=data, batch=self.batch, window=self.window)


@dataclass(frozen=True, kw_only=True)
class NovelsConfig(TaskConfig):
    """Seven novels in pieces of words; two are only tested on."""

    pieces: int = 4000
    """How many, learnt from the training novels."""
    batch: int = 16
    """Windows a step."""
    window: int = 64
    """Pieces that the model sees."""

    def build(self) -> Language:
        """Make the task."""
        text = novels(pieces=self.pieces)
        return Language(text, batch=self.batch, window=self.window, order=3)

    def own(self, data: str) -> OwnTextConfig:
        """Read a file in pieces of words."""
        return OwnTextConfig(data=data, pieces=self.pieces, batch=self.batch, window=self.window)


@dataclass(frozen=True, kw_only=True)
class TransformerLM(ModelConfig):
    """A causal Transformer."""

    size: int = 128
    """Width."""
    layers: int = 4
    """Blocks."""
    heads: int = 4
    """Of every attention."""
    dropout: float = 0.0
    """On embeddings, weights and inside the blocks."""

    def build(self, task: Task) -> LanguageModel:
        """Make the model."""
        if not isinstance(task, Language | TextWords):
            raise ValueError(f"a model of a text is made for one, not for a {type(task).__name__}")
        cutter = task.cutter if isinstance(task, TextWords) else task.text.cutter
        return LanguageModel(
            TransformerDecoder(
                len(cutter),
                size=self.size,
                memory_size=None,
                layers=self.layers,
                heads=self.heads,
                dropout=self.dropout,
            )
        )


def _training(task: TaskConfig, model: ModelConfig, steps: int) -> Config:
    return Config(
        task=task,
        model=model,
        optim=Adam(lr=3e-3, schedule=WarmupCosine(warmup=100), clip=1.0, weight_decay=0.05),
        loop=LoopConfig(
            steps=steps,
            log_every=25,
            eval_every=200,
            eval_batches=20,
            save_every=100,
            choose="valid/loss",
        ),
        engine=TorchConfig(device="cpu"),
    )


def lm_shakespeare() -> Config:
    """The next character of Shakespeare: four blocks, six minutes on one core."""
    return _training(ShakespeareConfig(), TransformerLM(), 1600)


def lm_novels() -> Config:
    """The next piece of a word in novels: three blocks, six minutes on one core."""
    return _training(NovelsConfig(), TransformerLM(layers=3, dropout=0.1), 2000)


def lm_text() -> Config:
    """The next character of a text of your own: four blocks, six minutes on one core."""
    return _training(OwnTextConfig(), TransformerLM(), 1600)
