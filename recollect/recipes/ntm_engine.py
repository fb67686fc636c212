"""Training small sequence models: seeds in turn, and of each seed the weights that looked best.

A machine that copies 20 vectors may or may not copy 120, and that changes from one look to the
next. So each seed is judged by the valid split, on sizes that it was not trained on, and the
weights that did best there are what the run's checkpoint holds. Early training goes on from the
latest weights, to explore; once the best are better than `KeepBest.settle`, a look that finds worse
ones sends training back to them, because a falling rate would settle wherever it is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from recollect.tasks.algorithmic import Timed
from recollect.tasks.base import Task
from recollect.train import Config, Engine, EngineConfig, Mesh, OptimConfig, State, TorchConfig
from recollect.train.checkpoint import put_weights
from recollect.train.engine import TorchEngine
from recollect.train.optim import Schedule

__all__ = ["FusedAdam", "HoldCosine", "KeepBest"]

# Which tensors of a state are which: names of parameters never begin so.
_LIVE, _BEST = "live:", "best:"


@dataclass(frozen=True, kw_only=True)
class HoldCosine(Schedule):
    """A linear rise over `warmup` steps, the full rate, then half a cosine down to `floor`.

    >>> s = HoldCosine(hold=0.5, floor=0.1)
    >>> [round(s.scale(i, 100), 3) for i in (0, 49, 75, 100)]
    [1.0, 1.0, 0.55, 0.1]
    """

    hold: float = 0.5
    """Share of the steps before the rate begins to fall."""
    floor: float = 0.02
    """The factor at the end."""
    warmup: int = 0
    """Steps of the rise."""

    def scale(self, step: int, steps: int) -> float:
        """Return the factor of a step."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        fallen = max(0.0, step - self.hold * steps) / max(1.0, (1 - self.hold) * steps)
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, fallen)))
        return rise * (self.floor + (1 - self.floor) * fall)


@dataclass(frozen=True, kw_only=True)
class FusedAdam(OptimConfig):
    """Adam, all parameters in one call: a step of a small model is mostly calls."""

    lr: float = 3e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def build(self, parameters: Sequence[Tensor]) -> torch.optim.Optimizer:
        """Make `torch.optim.Adam`, fused."""
        return torch.optim.Adam(parameters, lr=self.lr, betas=self.betas, eps=self.eps, fused=True)


@dataclass(frozen=True, kw_only=True)
class KeepBest(EngineConfig):
    """Plain torch in one process, seeds in turn; a checkpoint holds each seed's best weights."""

    device: str = "cpu"
    figure: str = "loss"
    """The figure of the valid split, smaller is better, that chooses the weights."""
    settle: float = 0.0
    """Once the best figure is under this, a worse look sends training back to the best weights."""

    def build(self, config: Config, task: Task, seeds: Sequence[int], mesh: Mesh) -> Engine:
        """Make the engine."""
        if mesh.world > 1:
            raise ValueError(
                f"seeds are trained in turn in one process, not in {mesh.world}; start it without "
                "torchrun"
            )
        engine = TorchConfig(device=self.device)
        return _KeepBest(
            [_Seed(TorchEngine(config, engine, task, seed, mesh), self) for seed in seeds]
        )


class _Seed:
    """One seed: its engine, the best weights so far, the figures they had."""

    def __init__(self, engine: TorchEngine, config: KeepBest) -> None:
        self.engine, self.figure, self.settle = engine, config.figure, config.settle
        self.kept: dict[str, Tensor] | None = None
        self.best: dict[str, float] = {}

    @property
    def live(self) -> dict[str, Tensor]:
        return self.engine.inner.model.state_dict()

    def timed(self, work: Callable[[], list[dict[str, float]]]) -> dict[str, float]:
        """Return one row of figures, and tell the model the time that it took."""
        began = time.process_time()
        (row,) = work()
        model = self.engine.inner.model
        if isinstance(model, Timed):
            model.seconds += time.process_time() - began
        return row

    def look(self, batches: int | None) -> dict[str, float]:
        """Measure the latest weights on the valid split; keep them if none did better."""
        row = self.timed(lambda: self.engine.evaluate("valid", batches))
        if self.figure not in row:
            raise ValueError(f"engine.figure is {self.figure!r}; the figures are {sorted(row)}")
        # Of equals the later is kept: its learning rate was the lower.
        if self.kept is None or row[self.figure] <= self.best[self.figure]:
            self.kept = {name: tensor.clone() for name, tensor in self.live.items()}
            self.best = row
        elif self.best[self.figure] < self.settle:
            put_weights(self.engine.inner.model, self._now(self.kept))
        return self.best | {f"latest_{self.figure}": row[self.figure]}

    @contextmanager
    def kept_weights(self) -> Iterator[None]:
        """Put the best weights into the model for a while."""
        live = {name: tensor.clone() for name, tensor in self.live.items()}
        put_weights(self.engine.inner.model, self._now(self.kept or live))
        try:
            yield
        finally:
            put_weights(self.engine.inner.model, live)

    def _now(self, kept: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return weights with the seconds of the whole training, however early they came."""
        return kept | {name: self.live[name].clone() for name in ("seconds",) if name in self.live}

    def state(self) -> State:
        live, optim = self.engine.state()
        kept = self._now(self.kept or live)
        optim = optim | {_LIVE + name: tensor for name, tensor in live.items()}
        best = {
            # In double, so that a resumed run compares the figures it was stopped with.
            _BEST + name: torch.tensor(value, dtype=torch.float64)
            for name, value in self.best.items()
        }
        return State(kept, optim | best)

    def load(self, state: State, step: int) -> None:
        live = _under(_LIVE, state.optim)
        optim = {n: t for n, t in state.optim.items() if not n.startswith((_LIVE, _BEST))}
        self.engine.load(State(live, optim), step)
        self.best = {name: float(value) for name, value in _under(_BEST, state.optim).items()}
        self.kept = dict(state.model) if self.best else None


class _KeepBest:
    """Seeds in turn; figures of the valid split are those of the weights that are kept."""

    def __init__(self, seeds: Sequence[_Seed]) -> None:
        self.seeds = seeds

    def advance(self, start: int, stop: int) -> list[dict[str, float]]:
        """Take the steps `start` to `stop - 1` of one seed after another."""
        return [
            seed.timed(lambda seed=seed: seed.engine.advance(start, stop)) for seed in self.seeds
        ]

    def evaluate(self, split: str, batches: int | None) -> list[dict[str, float]]:
        """Return every seed's figures, those of its best weights; a valid look may find better."""
        if split == "valid":
            return [seed.look(batches) for seed in self.seeds]
        rows = []
        for seed in self.seeds:
            with seed.kept_weights():
                rows += seed.engine.evaluate(split, batches)
        return rows

    def state(self) -> State:
        """Return the kept weights as the model, and all that goes on as the optimizer's part."""
        states = [seed.state() for seed in self.seeds]
        if len(states) == 1:
            return states[0]
        model, optim = (
            {name: torch.stack([part[name] for part in parts]) for name in parts[0]}
            for parts in zip(*states, strict=True)
        )
        return State(model, optim)

    def load(self, state: State, step: int) -> None:
        """Go to a saved state."""
        count = len(self.seeds)
        if count == 1:
            return self.seeds[0].load(state, step)
        if any(len(tensor) != count for tensor in state.model.values()):
            raise ValueError(f"the checkpoint is not of the {count} seeds of this run")
        for s, seed in enumerate(self.seeds):
            seed.load(State(*({name: t[s] for name, t in part.items()} for part in state)), step)
        return None


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
