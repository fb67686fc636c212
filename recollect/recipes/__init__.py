"""Recipes: functions that return a config. One module a paper; its `__all__` names its recipes.

A module of this package also holds the `TaskConfig` and `ModelConfig` leaves its recipes need.
"""

import difflib
import importlib
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from recollect.train.config import Config
from recollect.train.configfile import as_flags
from recollect.train.runs import Run

Recipe = Callable[[], Config]

__all__ = ["find_recipe", "recipes", "train_command"]


@runtime_checkable
class FromFile(Protocol):
    """A task's config that reads a person's own file."""

    data: str


def recipes() -> dict[str, Recipe]:
    """Return every recipe of this package by the name that `recollect train` takes.

    The function `babi_joint` is the recipe `babi-joint`. A recipe takes nothing; other functions of
    these modules measure or draw.
    """
    found: dict[str, Recipe] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isfunction(thing) and not inspect.signature(thing).parameters:
                found[name.replace("_", "-")] = thing
    return dict(sorted(found.items()))


def find_recipe(name: str) -> Recipe:
    """Return a recipe by its name, or any function by `package.module:function`.

    Raises:
        ValueError: there is no such recipe; the nearest name is told.
    """
    if ":" in name:
        return _imported(name)
    known = recipes()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
    raise ValueError(f"there is no recipe {name!r}; {hint}")


def train_command(run: Run) -> list[str]:
    """Return the words of the command that trains a run from nothing."""
    config, made = run.config, find_recipe(run.recipe)()
    words = ["recollect", "train", run.recipe]
    if len(run.seeds) > 1:
        words += ["--seeds", str(len(run.seeds))]
    if type(made.task) is not type(config.task) and isinstance(config.task, FromFile):
        words += ["--data", config.task.data]
        made = replace(made, task=made.task.own(config.task.data))
    return [*words, *as_flags(made, config), "--out", run.path.name]


def _imported(name: str) -> Recipe:
    module, _, function = name.partition(":")
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())  # as `python -m` does; a console script does not
    try:
        found: Any = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(
            f"the recipe {name!r} cannot be imported ({error}); "
            "give package.module:function, importable from here"
        ) from error
    if not inspect.isfunction(found):
        raise ValueError(f"{name} is no function; a recipe is a function that returns a Config")
    return found
