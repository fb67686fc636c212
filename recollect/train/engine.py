"""The program that does the steps: what the loop asks of it, and the generic one.

The loop counts, looks, logs and saves; an engine computes. A model that has a faster way to train
(a kernel that runs many seeds at once) brings its own engine; everything else uses `TorchEngine`.
S: replicas.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from recollect.tasks.base import Batch, Step, Task
from recollect.train.average import Average, averages, measured, without_learning
from recollect.train.checkpoint import put_weights
from recollect.train.means import Means
from recollect.train.optim import clip_gradients, gradient_norms
from recollect.train.stream import Stream, looked_at

if TYPE_CHECKING:
    from recollect.train.config import Config
    from recollect.train.mesh import Mesh


class Diverged(ValueError):
    """A loss or a gradient is no longer a finite number; no step was taken with it."""


class State(NamedTuple):
    """All that a resumed engine needs besides its step.

    Shapes:
        model, optim: tensors by name, (S, ...) where S > 1 replicas are trained.
    """

    model: dict[str, Tensor]
    optim: dict[str, Tensor]


class Engine(Protocol):
    """Trains one model a seed. Figures come as one dict a seed, in the order of the seeds."""

    def advance(self, start: int, stop: int) -> list[dict[str, float]]:
        """Take the steps `start` to `stop - 1`; return means over them: `loss`, metrics, `norm`.

        What a step does is a pure function of the state, the seed and the step's number.
        Raises `Diverged`, naming step, seed, tensor and gradient norm, before a step that is
        not finite.
        """
        ...

    def evaluate(self, split: str, batches: int | None) -> list[dict[str, float]]:
        """Return `loss` and the metrics on a split, on the same batches for every seed."""
        ...

    def state(self) -> State:
        """Return the present state on the CPU, good until the next step; all processes call it."""
        ...

    def load(self, state: State, step: int) -> None:
        """Go to a state that `state` returned when `step` steps were taken."""
        ...


@dataclass(frozen=True, kw_only=True)
class EngineConfig(ABC):
    """How steps are computed."""

    device: str = "auto"
    """cpu, cuda, mps, or auto: the accelerator where there is one."""

    @abstractmethod
    def build(self, config: Config, task: Task, seeds: Sequence[int], mesh: Mesh) -> Engine:
        """Make the engine with freshly initialised models, one a seed; `task` is built already."""


@dataclass(frozen=True, kw_only=True)
class TorchConfig(EngineConfig):
    """Plain torch: one model in one or many processes, or many replicas in one program."""

    accumulate: int = 1
    """Batches a step averages its gradient over."""
    average: float | None = None
    """Measure and keep a mean of the weights that forgets by this factor a step, such as 0.999."""
    bf16: bool = False
    """Run the forward pass in bfloat16 where that is safe (torch.autocast)."""
    parallel: Literal["ddp", "fsdp"] = "ddp"
    """Under torchrun: copy the model to every process, or shard it."""
    replicas: Literal["together", "turns"] = "together"
    """Many seeds: one vectorised program (vmap), or step by step in turn."""

    def build(self, config: Config, task: Task, seeds: Sequence[int], mesh: Mesh) -> Engine:
        """Make a `TorchEngine` for one seed, `Together` or `Turns` for many."""
        from recollect.train.replicas import Together, Turns

        if len(seeds) == 1:
            return TorchEngine(config, self, task, seeds[0], mesh)
        if mesh.world > 1:
            raise ValueError(
                f"{len(seeds)} seeds over {mesh.world} processes: replicas share one process; "
                "start without torchrun, or one run a seed"
            )
        kind = Together if self.replicas == "together" else Turns
        return kind(config, self, task, seeds, mesh)


class StepModule(nn.Module):
    """A model and its task as one module, so that DDP, FSDP and vmap see a single call.

    Shapes:
        A batch in, a `Step` of scalars out.
    """

    def __init__(self, model: nn.Module, task: Task) -> None:
        """Hold the two."""
        super().__init__()
        self.model = model
        self.task = task

    def forward(self, batch: Batch) -> Step:
        """Return the task's step of the model."""
        return self.task.step(self.model, batch)


class TorchEngine:
    """One model, plain torch, in one process or spread over many."""

    def __init__(
        self, config: Config, engine: TorchConfig, task: Task, seed: int, mesh: Mesh
    ) -> None:
        """Build the model under its seed and wrap it for its processes."""
        self.config, self.engine, self.mesh, self.seed = config, engine, mesh, seed
        self.inner = StepModule(build_model(config, task, seed).to(mesh.device), task)
        self.module = mesh.wrap(self.inner, engine.parallel)
        self.parameters = trained(self.inner.model)
        self.optimizer = config.optim.build(list(self.parameters.values()))
        self.average = averages(self.parameters, engine.average)
        self.stream = Stream(task, seed=seed, mesh=mesh)

    def advance(self, start: int, stop: int) -> list[dict[str, float]]:
        """Take the steps `start` to `stop - 1`."""
        means = Means()
        self.module.train()
        with torch.random.fork_rng(_forked(self.mesh.device)):
            for step in range(start, stop):
                self._step(step, means)
        return [means.result(self.mesh)]

    def _step(self, step: int, means: Means) -> None:
        config, count = self.config, self.engine.accumulate
        config.model.at_step(self.inner.model, step)
        self.optimizer.zero_grad(set_to_none=True)
        for micro in range(count):
            index = step * count + micro
            batch = self.stream.take(index)
            torch.manual_seed(noise_seed(self.seed, self.mesh.rank, index))
            with self.mesh.quiet(self.module, when=micro < count - 1):
                with autocast(self.mesh.device, self.engine.bf16):
                    loss, metrics = self.module(batch)
                (loss / count).backward()
            means.add({"loss": loss} | metrics)
        gradients = {n: p.grad for n, p in self.parameters.items() if p.grad is not None}
        norms = gradient_norms(list(gradients.values()), gather=self.mesh.whole)
        check_finite(list(gradients), norms, loss[None].detach(), step, [self.seed])
        if config.optim.clip is not None:
            clip_gradients(
                list(gradients.values()), norms, config.optim.clip, each=config.optim.clip_each
            )
        means.add_unweighted("norm", norms.norm())
        take_step(self.optimizer, config, step)
        if self.average is not None:
            self.average.update(step)

    @torch.no_grad()
    def evaluate(self, split: str, batches: int | None) -> list[dict[str, float]]:
        """Return the figures of a split; the processes deal its batches out."""
        # DDP's wrapper exchanges nothing that a look needs; FSDP must gather, in step.
        module = self.module if self.engine.parallel == "fsdp" else self.inner
        module.eval()
        means = Means()
        with autocast(self.mesh.device, self.engine.bf16), measured(self.average):
            for batch, mine in looked_at(self.inner.task, split, batches, self.mesh):
                loss, metrics = module(batch)
                means.add({"loss": loss} | metrics, weight=float(mine))
        return [means.result(self.mesh)]

    def state(self) -> State:
        """Return weights, buffers and the optimizer's tensors."""
        model = {
            name: self.mesh.whole(self.average.of(tensor) if self.average else tensor).cpu()
            for name, tensor in self.inner.model.state_dict(keep_vars=True).items()
        }
        return State(
            model, optimizer_state(self.optimizer, self.parameters, self.mesh, self.average)
        )

    def load(self, state: State, step: int) -> None:
        """Go to a saved state."""
        put_weights(self.inner.model, state.model, place=self.mesh.like)
        load_optimizer_state(
            self.optimizer, self.parameters, state.optim, self.mesh, self.average
        )
        self.config.model.at_step(self.inner.model, max(0, step - 1))


def build_model(config: Config, task: Task, seed: int) -> nn.Module:
    """Build a model under a seed, leaving the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return config.model.build(task)


def trained(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that learn, each once, by name."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def noise_seed(seed: int, rank: int, index: int) -> int:
    """Return the seed of dropout and other noise in micro-batch `index` of a process."""
    return int(np.random.SeedSequence([seed, rank, index]).generate_state(1, np.uint64)[0] >> 1)


def autocast(device: torch.device, enabled: bool) -> torch.autocast:
    """Return the bfloat16 context of a device."""
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def take_step(optimizer: torch.optim.Optimizer, config: Config, step: int) -> None:
    """Set the learning rate of a step and take it."""
    rate = config.optim.lr * config.optim.schedule.scale(step, config.loop.steps)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()


def check_finite(
    names: Sequence[str], norms: Tensor, loss: Tensor, step: int, seeds: Sequence[int]
) -> None:
    """Raise `Diverged` unless every loss and every gradient norm is finite.

    Shapes:
        norms: (P, S). loss: (S,).
    """
    total = norms.norm(dim=0)
    if bool((torch.isfinite(total) & torch.isfinite(loss)).all()):
        return
    bad = int((~(torch.isfinite(total) & torch.isfinite(loss))).nonzero()[0])
    where = (~torch.isfinite(norms[:, bad])).nonzero()
    if len(where):
        named = f"the gradient of {names[int(where[0])]!r}"
    elif torch.isfinite(loss[bad]):  # each norm is a number, and the sum of their squares is none
        named = f"the gradient of all, that of {names[int(norms[:, bad].argmax())]!r} the largest,"
    else:
        named = "the loss"
    raise Diverged(
        f"step {step}, seed {seeds[bad]}: {named} is not finite "
        f"(loss {loss[bad].item():.4g}, gradient norm {total[bad].item():.4g})"
    )


def optimizer_state(
    optimizer: torch.optim.Optimizer,
    parameters: dict[str, nn.Parameter],
    mesh: Mesh,
    average: Average | None = None,
) -> dict[str, Tensor]:
    """Return an optimizer's tensors as `PARAMETER/KEY`, and the weights behind a mean."""
    saved = {} if average is None else average.saved()
    flat = {name: mesh.whole(tensor).cpu() for name, tensor in saved.items()}
    for name, parameter in parameters.items():
        # Sorted, because gathering is done together: all processes must go in one order, and
        # after loading each could have its own.
        for key, value in sorted(optimizer.state.get(parameter, {}).items()):
            if isinstance(value, Tensor):
                flat[f"{name}/{key}"] = mesh.whole(value).cpu()
    return flat


def load_optimizer_state(
    optimizer: torch.optim.Optimizer,
    parameters: dict[str, nn.Parameter],
    flat: dict[str, Tensor],
    mesh: Mesh,
    average: Average | None = None,
) -> None:
    """Put the tensors that `optimizer_state` returned back; the model holds what is measured."""
    if average is not None:
        average.load(flat, mesh.like)
    flat = without_learning(flat)
    for name, parameter in parameters.items():
        mine = {k.rpartition("/")[2]: v for k, v in flat.items() if k.rpartition("/")[0] == name}
        state = optimizer.state[parameter]
        state.clear()
        for key, value in mine.items():
            # A copy: the optimizer writes into it, and the caller's state is a value.
            state[key] = mesh.like(value, parameter).clone()


def _forked(device: torch.device) -> list[int]:
    return [device.index or 0] if device.type == "cuda" else []
