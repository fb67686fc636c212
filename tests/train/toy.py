"""A task and a model small enough to train in a blink: which of K keys does the query match?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from recollect.tasks.base import Minimum, Step
from recollect.train import (
    Adam,
    Config,
    EngineConfig,
    LoopConfig,
    ModelConfig,
    State,
    TaskConfig,
)


class Recall(NamedTuple):
    keys: Tensor  # (B, N, D)
    query: Tensor  # (B, D)
    answer: Tensor  # (B,)


class RecallTask:
    known_minima: ClassVar = (
        Minimum("answers at random", metric="valid/error", low=0.6, high=1.0, remedy="train on"),
    )

    def __init__(self, slots: int, width: int, batch: int, ragged: bool) -> None:
        self.slots, self.width, self.batch, self.ragged = slots, width, batch, ragged

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[Recall]:
        i = start
        while split == "train" or i < 5:
            salt = 0 if split == "train" else 1 << 40
            make = torch.Generator().manual_seed(salt + seed * 1_000_003 + i)
            # The last batch of a finite split is short, and ragged ones differ between the seeds.
            size = 3 if split != "train" and i == 4 else self.batch
            size += seed % 3 if self.ragged else 0
            keys = torch.randn(size, self.slots, self.width, generator=make)
            answer = torch.randint(self.slots, (size,), generator=make)
            noise = 0.1 * torch.randn(size, self.width, generator=make)
            yield Recall(keys, keys[torch.arange(size), answer].roll(1, -1) + noise, answer)
            i += 1

    def step(self, model: nn.Module, batch: Recall) -> Step:
        logits = model(batch.query, batch.keys)
        loss = nn.functional.cross_entropy(logits.float(), batch.answer)
        error = (logits.argmax(-1) != batch.answer).float().mean()
        return Step(loss, {"error": error, "count": torch.tensor(float(len(batch.answer)))})


class Matcher(nn.Module):
    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.query = nn.Linear(width, hidden)
        self.keys = nn.Linear(width, hidden)
        self.keys.bias = self.query.bias  # tied, as the tables of a memory network are
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("scale", torch.tensor(hidden**-0.5))
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(hidden, hidden), nn.Tanh())])
        self.halved = False

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        q = self.dropout(self.blocks[0](self.query(query)))
        scores = torch.einsum("bd,bnd->bn", q, self.keys(keys)) * self.scale
        return scores / 2 if self.halved else scores


@dataclass(frozen=True, kw_only=True)
class RecallConfig(TaskConfig):
    slots: int = 4
    width: int = 8
    batch: int = 16
    ragged: bool = False

    def build(self) -> RecallTask:
        return RecallTask(self.slots, self.width, self.batch, self.ragged)


@dataclass(frozen=True, kw_only=True)
class MatcherConfig(ModelConfig):
    hidden: int = 16
    dropout: float = 0.2
    halved_until: int = 10

    def build(self, task) -> Matcher:
        return Matcher(task.width, self.hidden, self.dropout)

    def at_step(self, model, step: int) -> None:
        model.halved = step < self.halved_until


def recall() -> Config:
    """Train a matcher on recall."""
    return Config(
        task=RecallConfig(),
        model=MatcherConfig(),
        optim=Adam(lr=0.01, clip=1.0),
        loop=LoopConfig(steps=40, log_every=5, eval_every=20, save_every=10),
    )


class OwnEngine:
    """An engine of another kind: it walks down a parabola, all seeds at once."""

    def __init__(self, seeds):
        self.x = torch.tensor([float(seed) for seed in seeds])

    def advance(self, start, stop):
        for _ in range(start, stop):
            self.x *= 0.9
        return [{"loss": float(x * x), "norm": float(x)} for x in self.x]

    def evaluate(self, split, batches):
        return [{"loss": float(x * x)} for x in self.x]

    def state(self):
        return State({"x": self.x.clone()}, {})

    def load(self, state, step):
        self.x = state.model["x"].clone()


@dataclass(frozen=True, kw_only=True)
class OwnEngineConfig(EngineConfig):
    def build(self, config, task, seeds, mesh):
        return OwnEngine(seeds)
