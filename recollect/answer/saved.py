"""Models that answer, as they come with the package, from a run, or from a folder of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import TypeVar

from torch import Tensor, nn

_FILE = "model.safetensors"
M = TypeVar("M", bound=nn.Module)
A = TypeVar("A")


def load(
    path: str | os.PathLike[str],
    kind: type[M],
    shaped: Callable[[Mapping[str, Tensor]], M],
    *,
    known_by: frozenset[str],
    use: str,
) -> M:
    """The model of a folder that `save` wrote, or of a run.

    Args:
        path: the folder.
        kind: the class that the model must be of.
        shaped: makes an untrained model of the sizes that such weights have.
        known_by: names that weights of this class have and others lack.
        use: what is wanted instead of another model, for the error.

    Raises:
        ValueError: there is no such model, or its file is altered, truncated, of another format or
            of another model.
    """
    from recollect.train.checkpoint import load_weights, put_weights
    from recollect.train.runs import load_model

    folder = Path(path)
    if (folder / _FILE).exists():
        weights = load_weights(folder / _FILE)
        if not known_by <= weights.keys():
            raise ValueError(f"{folder} holds the weights of another model; {use}")
        model = shaped(weights)
        put_weights(model, weights)
        return model
    found = load_model(folder).model
    if not isinstance(found, kind):
        raise ValueError(f"{folder} holds a {type(found).__name__}; {use}")
    return found


def shipped(name: str, load: Callable[[Path], A]) -> A:
    """What comes with the package under `name`."""
    with resources.as_file(resources.files("recollect") / "assets" / name) as folder:
        return load(folder)


def save(model: nn.Module, path: str | os.PathLike[str]) -> None:
    """Write a model to a folder: safetensors, and JSON with its SHA-256.

    Raises:
        ValueError: the folder cannot be written to.
    """
    from recollect.train.checkpoint import save_weights

    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / _FILE, model.state_dict())
