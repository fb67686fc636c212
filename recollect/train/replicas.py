"""Many seeds at once: S replicas of a model in one program.

A small model is bound by the cost of calling operations, so S of them, stacked, take little more
time than one. S: replicas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state
from torch.utils._pytree import tree_flatten, tree_unflatten

from recollect.tasks.base import Batch, Step, Task
from recollect.train.average import averages, measured
from recollect.train.engine import (
    State,
    StepModule,
    TorchConfig,
    TorchEngine,
    autocast,
    build_model,
    check_finite,
    load_optimizer_state,
    noise_seed,
    optimizer_state,
    take_step,
)
from recollect.train.means import Means
from recollect.train.optim import clip_gradients, gradient_norms
from recollect.train.stream import Stream, looked_at

if TYPE_CHECKING:
    from recollect.train.config import Config
    from recollect.train.mesh import Mesh


class Together:
    """S replicas in one vectorised program: parameters stacked, `torch.vmap` over the step.

    Every replica starts as it would alone and sees the batches it would see alone; with dropout
    its noise differs from that of a lone run. Batches of all seeds must have one shape.
    """

    def __init__(
        self, config: Config, engine: TorchConfig, task: Task, seeds: Sequence[int], mesh: Mesh
    ) -> None:
        """Build a model a seed and stack them."""
        self.config, self.engine, self.mesh, self.seeds = config, engine, mesh, tuple(seeds)
        models = [build_model(config, task, seed).to(mesh.device) for seed in seeds]
        self.module = StepModule(models[0], task)
        stacked, self.buffers = stack_module_state(list(models))
        learn = {name for name, p in models[0].named_parameters() if p.requires_grad}
        self.parameters = {
            name: nn.Parameter(t.detach(), requires_grad=name in learn)
            for name, t in stacked.items()
        }
        self.trained = {name: p for name, p in self.parameters.items() if name in learn}
        self.optimizer = config.optim.build(list(self.trained.values()))
        self.average = averages(self.trained, engine.average)
        self.streams = [Stream(task, seed=seed, mesh=mesh) for seed in seeds]

    def _call(self, batch: Batch, *, shared: bool) -> Step:
        """Return the step of every replica on its own batch, or on one that all share."""
        leaves, tree = tree_flatten(batch)
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]

        def one(tensors: dict[str, Tensor], *inputs: Tensor) -> Step:
            filled = list(leaves)
            for place, value in zip(places, inputs, strict=True):
                filled[place] = value
            return functional_call(self.module, tensors, (tree_unflatten(filled, tree),))

        held: dict[str, Tensor] = {**self.parameters, **self.buffers}
        tensors = {f"model.{name}": tensor for name, tensor in held.items()}
        axes = (0, *[None if shared else 0] * len(places))
        call = torch.vmap(one, in_dims=axes, randomness="different")
        with autocast(self.mesh.device, self.engine.bf16):
            return call(tensors, *[leaves[i] for i in places])

    def advance(self, start: int, stop: int) -> list[dict[str, float]]:
        """Take the steps `start` to `stop - 1` of every replica."""
        means = Means()
        self.module.train()
        device = self.mesh.device
        with torch.random.fork_rng([device.index or 0] if device.type == "cuda" else []):
            for step in range(start, stop):
                self._step(step, means)
        return self._split(means)

    def _step(self, step: int, means: Means) -> None:
        config, count = self.config, self.engine.accumulate
        config.model.at_step(self.module.model, step)
        self.optimizer.zero_grad(set_to_none=True)
        for index in range(step * count, (step + 1) * count):
            batch = stack_batches([stream.take(index) for stream in self.streams])
            torch.manual_seed(noise_seed(self.seeds[0], 0, index))
            loss, metrics = self._call(batch, shared=False)
            # The replicas share no parameter, so the gradient of the sum is each one's own.
            (loss.sum() / count).backward()
            means.add({"loss": loss} | metrics)
        gradients = {n: p.grad for n, p in self.trained.items() if p.grad is not None}
        norms = gradient_norms(list(gradients.values()), stacked=True)
        check_finite(list(gradients), norms, loss.detach(), step, self.seeds)
        if config.optim.clip is not None:
            clip_gradients(
                list(gradients.values()), norms, config.optim.clip, each=config.optim.clip_each
            )
        means.add_unweighted("norm", norms.norm(dim=0))
        take_step(self.optimizer, config, step)
        if self.average is not None:
            self.average.update(step)

    @torch.no_grad()
    def evaluate(self, split: str, batches: int | None) -> list[dict[str, float]]:
        """Return every replica's figures on the same batches."""
        self.module.eval()
        means = Means()
        with measured(self.average):
            for batch, _ in looked_at(self.module.task, split, batches, self.mesh):
                loss, metrics = self._call(batch, shared=True)
                means.add({"loss": loss} | metrics)
        return self._split(means)

    def _split(self, means: Means) -> list[dict[str, float]]:
        figures = means.per_seed(self.mesh)
        return [{name: f[s] for name, f in figures.items()} for s in range(len(self.seeds))]

    def state(self) -> State:
        """Return the stacked tensors."""
        held = self.parameters | {n: self.buffers[n] for n in self._saved_buffers()}
        kept = {n: self.average.of(t) if self.average else t for n, t in held.items()}
        model = {name: t.detach().cpu() for name, t in kept.items()}
        return State(model, optimizer_state(self.optimizer, self.trained, self.mesh, self.average))

    def _saved_buffers(self) -> list[str]:
        saved = self.module.model.state_dict()
        return [name for name in self.buffers if name in saved]

    def load(self, state: State, step: int) -> None:
        """Go to a saved state."""
        own = self.parameters | {n: self.buffers[n] for n in self._saved_buffers()}
        for name, tensor in own.items():
            if name not in state.model or state.model[name].shape != tensor.shape:
                raise ValueError(
                    f"the saved weights are of another model or another number of seeds: "
                    f"{name!r} should be {tuple(tensor.shape)}"
                )
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(state.model[name])
        load_optimizer_state(self.optimizer, self.trained, state.optim, self.mesh, self.average)
        self.config.model.at_step(self.module.model, max(0, step - 1))


class Turns:
    """S replicas in turn, for models that cannot be vectorised: every one is a `TorchEngine`."""

    def __init__(
        self, config: Config, engine: TorchConfig, task: Task, seeds: Sequence[int], mesh: Mesh
    ) -> None:
        """Build an engine a seed."""
        self.engines = [TorchEngine(config, engine, task, seed, mesh) for seed in seeds]

    def advance(self, start: int, stop: int) -> list[dict[str, float]]:
        """Take the steps `start` to `stop - 1` of one replica after another."""
        return [engine.advance(start, stop)[0] for engine in self.engines]

    def evaluate(self, split: str, batches: int | None) -> list[dict[str, float]]:
        """Return every replica's figures on the same batches."""
        return [engine.evaluate(split, batches)[0] for engine in self.engines]

    def state(self) -> State:
        """Return the tensors of all, stacked."""
        states = [engine.state() for engine in self.engines]
        return State(_stack([s.model for s in states]), _stack([s.optim for s in states]))

    def load(self, state: State, step: int) -> None:
        """Go to a saved state."""
        for tensor in state.model.values():
            if len(tensor) != len(self.engines):
                raise ValueError(
                    f"the checkpoint holds {len(tensor)} seeds and the run has {len(self.engines)}"
                )
        for s, engine in enumerate(self.engines):
            engine.load(State(*({name: t[s] for name, t in part.items()} for part in state)), step)


def stack_batches(batches: Sequence[Batch]) -> Batch:
    """Stack the batches of S seeds, tensor by tensor; plain values must agree.

    Shapes:
        S batches of tensors (B, ...). Returns the same structure of tensors (S, B, ...).

    Raises:
        ValueError: shapes or values differ between the seeds.
    """
    flat = [tree_flatten(batch)[0] for batch in batches]
    tree = tree_flatten(batches[0])[1]
    out = []
    for leaves in zip(*flat, strict=True):
        if not isinstance(leaves[0], Tensor):
            if any(leaf != leaves[0] for leaf in leaves):
                raise ValueError(_RAGGED.format(f"the values {leaves[0]!r} and others"))
            out.append(leaves[0])
        elif any(leaf.shape != leaves[0].shape for leaf in leaves):
            shapes = sorted({tuple(leaf.shape) for leaf in leaves})
            raise ValueError(_RAGGED.format(f"shapes {shapes[0]} and {shapes[1]}"))
        else:
            out.append(torch.stack(leaves))
    return tree_unflatten(out, tree)


_RAGGED = (
    "the batches of different seeds cannot be stacked: {}; pad them to one size in the task, or "
    "train the seeds in turn with --engine.replicas turns"
)


def _stack(parts: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([part[name] for part in parts]) for name in parts[0]}
