"""The run folder: the unit that every command takes.

config.json       the full config, recipe, seeds, versions, commit
learnt.json       what the task learnt from its data before training, such as a vocabulary
metrics.jsonl     one line a step and seed that was logged
checkpoints/      step-0000200/{model,optim}.{safetensors,json}
result.json       the final figures: mean, sd, best by training figure, every seed
traces/ report/   what other commands add
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from recollect.tasks.base import Learns, Task
from recollect.train.checkpoint import (
    CheckpointError,
    Checkpoints,
    load_weights,
    put_weights,
    write_file,
)
from recollect.train.config import Config
from recollect.train.configfile import differences, from_plain, to_plain
from recollect.train.engine import State, build_model
from recollect.train.learnt import read_learnt, same_learnt, write_learnt
from recollect.train.provenance import commit, versions

# What may differ between a run and its resumption: it changes no step that was taken.
_FREE = {
    *(f"loop.{n}" for n in ("steps", "log_every", "eval_every", "eval_batches", "save_every")),
    *(f"loop.{n}" for n in ("best", "report", "train_batches", "choose")),
    "engine.device",
    "engine.parallel",
}


class Run:
    """A run folder that exists: its config, seeds, figures and checkpoints.

    Raises:
        ValueError: there is no run in the folder, or its config.json is damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a run folder."""
        self.path = Path(path)
        file = self.path / "config.json"
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ValueError(
                f"{self.path} is no run folder: no config.json is in it; see recollect train"
            ) from error
        except NotADirectoryError as error:
            raise ValueError(
                f"{self.path} is a file, not a run folder; name the folder that train wrote"
            ) from error
        except (OSError, ValueError) as error:
            raise ValueError(f"{file} is truncated or altered ({error})") from error
        if not isinstance(told, dict) or told.get("format") != "recollect-run-1":
            raise ValueError(f"{file} is not the config.json of a run")
        self.about: dict[str, Any] = told
        self.recipe: str = told["recipe"]
        self.seeds: tuple[int, ...] = tuple(told["seeds"])
        self.config: Config = from_plain(told["config"])
        if not isinstance(self.config, Config):
            raise ValueError(f"{file} holds a {type(self.config).__name__}, not a Config")
        self.checkpoints = Checkpoints(self.path / "checkpoints")

    @staticmethod
    def create(
        path: str | os.PathLike[str], config: Config, *, recipe: str, seeds: Sequence[int]
    ) -> Run:
        """Make a run folder; an existing run is never written over.

        Raises:
            ValueError: the folder holds something already, or cannot be made.
        """
        path = Path(path)
        Run.refuse_taken(path)
        told = {
            "format": "recollect-run-1",
            "recipe": recipe,
            "seeds": list(seeds),
            "versions": versions(),
            "commit": commit(),
            "config": to_plain(config),
        }
        _refuse_unreadable(config, told["config"])
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"{path} cannot be made: {(error.strerror or '').lower()}") from error
        write_file(path / "config.json", json.dumps(told, indent=1).encode())
        return Run(path)

    @staticmethod
    def refuse_taken(path: str | os.PathLike[str]) -> None:
        """Do nothing where a new run can be made.

        Raises:
            ValueError: the folder holds something already, or is a file.
        """
        path = Path(path)
        if (path / "config.json").exists():
            raise ValueError(f"{path} holds a run already; add --resume, or choose another --out")
        if path.is_file():
            raise ValueError(f"{path} is a file; choose another --out")
        if path.is_dir() and any(not f.name.startswith(".") for f in path.iterdir()):
            raise ValueError(f"{path} is not empty and holds no run; choose another --out")

    def go_on_as(self, config: Config, seeds: Sequence[int]) -> None:
        """Make `config` the run's, if the steps taken so far are those it would have taken.

        Raises:
            ValueError: another model, task, optimizer or set of seeds is asked for.
        """
        if tuple(seeds) != self.seeds:
            raise ValueError(
                f"{self.path} trains the seeds {list(self.seeds)} and {list(seeds)} are asked for; "
                "resume with the same --seeds and --loop.seed, or choose another --out"
            )
        changed = differences(self.config, config)
        if "loop.steps" in changed and _uses_length(config):
            before, after = changed["loop.steps"]
            raise ValueError(
                f"{self.path} is planned for {before} steps, as its learning rate is; "
                f"{after} are asked for; resume with --loop.steps {before}, or choose another --out"
            )
        for name, (before, after) in changed.items():
            if name not in _FREE:
                raise ValueError(
                    f"{self.path} was trained with {name} = {before!r} and {after!r} is asked for; "
                    "resume with the same flags, or choose another --out"
                )
        if changed:
            self.about["config"] = to_plain(config)
            self.config = config
            write_file(self.path / "config.json", json.dumps(self.about, indent=1).encode())

    def build_task(self) -> Task:
        """Make the task from its data.

        Raises:
            ValueError: data are missing, or are not those that the run was trained on.
        """
        task = self.config.task.build()
        self._refuse_other_data(task)
        return task

    def keep_learnt(self, task: Task) -> None:
        """Write what a task learnt from its data into the folder; where it is, compare.

        Raises:
            ValueError: the task has learnt from other data than those of the run.
        """
        if not isinstance(task, Learns):
            return
        if read_learnt(self.path) is None:
            write_learnt(self.path, task.learnt)
        self._refuse_other_data(task)

    def learnt(self) -> Any:
        """Return what the task learnt: from the folder, or from the data where it is not kept.

        Of a task that learns nothing before training, the task itself.

        Raises:
            ValueError: it is damaged, or not kept and the data are missing.
        """
        found = read_learnt(self.path)
        if found is not None:
            return found
        try:
            task = self.config.task.build()
        except (ValueError, OSError) as error:
            raise ValueError(
                f"{self.path} has no learnt.json, which new runs have: train it anew, or put its "
                f"data there; {error}"
            ) from error
        return task.learnt if isinstance(task, Learns) else task

    def _refuse_other_data(self, task: Task) -> None:
        kept = read_learnt(self.path) if isinstance(task, Learns) else None
        if isinstance(task, Learns) and kept is not None and not same_learnt(kept, task.learnt):
            raise ValueError(
                f"{self.path} was trained on other data than are there now: another vocabulary is "
                "learnt from these; put back those that it was trained on"
            )

    def load_state(self) -> tuple[int, State, dict[str, Any]] | None:
        """Return the step, the state and what was said in the newest checkpoint, if any."""
        saved = self.checkpoints.latest()
        if saved is None:
            return None
        parts = [load_weights(saved.path / f"{n}.safetensors") for n in ("model", "optim")]
        return saved.step, State(*parts), saved.about

    def result(self) -> dict[str, Any] | None:
        """Return the final figures, or None while the run is not finished."""
        file = self.path / "result.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None

    def metrics(self) -> list[dict[str, Any]]:
        """Return the logged lines; a line that a kill tore is left out."""
        return read_metrics(self.path / "metrics.jsonl")


class Usable(NamedTuple):
    """A trained model and what reads a person's own lines for it: see `Run.learnt`."""

    model: nn.Module
    learnt: Any
    step: int
    seed: int


class Loaded(NamedTuple):
    """A trained model, its task with the data, and where it comes from."""

    model: nn.Module
    task: Task
    config: Config
    step: int
    seed: int


def load_model(
    run: str | os.PathLike[str], *, which: str = "last", seed: int | None = None
) -> Loaded:
    """Build the model of a run and load its weights, in eval mode on the CPU.

    `which` is `last`, `best` or a step. Of many seeds the one chosen by the training figure is
    taken unless `seed` names one.

    Raises:
        ValueError: no such run, checkpoint or seed, missing data, or a damaged file.
    """
    opened = Run(run)
    found = _weights(opened, which, seed)
    task = opened.build_task()
    return Loaded(_built(opened, task, *found), task, opened.config, *found[1:])


def load_usable(
    run: str | os.PathLike[str], *, which: str = "last", seed: int | None = None
) -> Usable:
    """Load a model as `load_model` does, without the data where the run folder has `learnt.json`.

    Raises:
        ValueError: no such run, checkpoint or seed, or a damaged file.
    """
    opened = Run(run)
    found = _weights(opened, which, seed)
    learnt = opened.learnt()
    return Usable(_built(opened, learnt, *found), learnt, *found[1:])


def _weights(opened: Run, which: str, seed: int | None) -> tuple[Mapping[str, Tensor], int, int]:
    """Return the weights of a seed, the step they are of, and the seed."""
    found = opened.checkpoints
    if which.isdigit():
        saved = next((c for c in found.all() if c.step == int(which)), None)
    else:
        if which not in ("last", "best"):
            raise ValueError(f"which is {which!r}; give last, best or a step")
        saved = (found.best() if which == "best" else None) or found.latest()
    if saved is None:
        raise ValueError(
            f"{opened.path} has no checkpoint ({which}); it has {[c.step for c in found.all()]}"
        )
    if seed is None:
        seed = (opened.result() or {}).get("chosen_seed", opened.seeds[0])
    if seed not in opened.seeds:
        raise ValueError(f"{opened.path} has no seed {seed}; it has {list(opened.seeds)}")
    tensors = load_weights(saved.path)
    if len(opened.seeds) > 1:
        tensors = {name: t[opened.seeds.index(seed)] for name, t in tensors.items()}
    return tensors, saved.step, seed


def _built(
    opened: Run, task: Any, tensors: Mapping[str, Tensor], step: int, seed: int
) -> nn.Module:
    model = build_model(opened.config, task, seed)
    put_weights(model, tensors)
    opened.config.model.at_step(model, max(0, step - 1))
    return model.eval()


def read_metrics(file: Path) -> list[dict[str, Any]]:
    """Read metrics.jsonl up to the first line that is not whole."""
    lines = []
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read: {(error.strerror or '').lower()}") from error
    for line in text.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


def _refuse_unreadable(config: Config, plain: Any) -> None:
    """Raise at the start, not at the end of a day's training, if the config would not read back."""
    again = from_plain(json.loads(json.dumps(plain)))
    for part in fields(config):
        before, after = getattr(config, part.name), getattr(again, part.name)
        if before != after:
            raise ValueError(
                f"{part.name} = {before!r} would be read back as {after!r}; annotate every field "
                "with the type it has"
            )


def _uses_length(config: Config) -> bool:
    """Tell whether the learning rate of some step depends on how many will follow."""
    steps, scale = config.loop.steps, config.optim.schedule.scale
    return any(scale(i, steps) != scale(i, 2 * steps) for i in range(0, steps, max(1, steps // 64)))
