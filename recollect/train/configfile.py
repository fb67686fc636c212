"""A config as plain data for `config.json`, and back.

Every part is stored with its `kind`, the `module:Class` that can rebuild it. Reading imports that
class, so it must be a frozen dataclass of this package, or of a package already imported.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

from recollect.train.config import Config


def to_plain(part: Any) -> Any:
    """Return dataclasses as dicts with a `kind`, tuples as lists, the rest as it is.

    Raises:
        ValueError: a value is of a kind that JSON cannot hold.
    """
    if is_dataclass(part) and not isinstance(part, type):
        kind = f"{type(part).__module__}:{type(part).__qualname__}"
        return {"kind": kind} | {f.name: to_plain(getattr(part, f.name)) for f in fields(part)}
    if isinstance(part, Mapping) and all(isinstance(key, str) for key in part):
        return {key: to_plain(value) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [to_plain(value) for value in part]
    if isinstance(part, os.PathLike):
        return os.fspath(part)
    if part is None or isinstance(part, (bool, int, float, str)):
        return part
    raise ValueError(
        f"a config holds {part!r}, which config.json cannot: use numbers, strings, tuples, dicts "
        "with string keys, and dataclasses"
    )


def from_plain(data: Any, *, where: str = "config") -> Any:
    """Rebuild what `to_plain` returned.

    Raises:
        ValueError: a key is unknown, a value has the wrong type, or a class is not to be trusted.
    """
    if isinstance(data, list):
        return [from_plain(value, where=where) for value in data]
    if not isinstance(data, dict):
        return data
    if "kind" not in data:
        return {key: from_plain(value, where=f"{where}.{key}") for key, value in data.items()}
    cls = _find(str(data["kind"]), where)
    known = [f.name for f in fields(cls)]
    given = {key: value for key, value in data.items() if key != "kind"}
    strange = [key for key in given if key not in known]
    if strange:
        raise ValueError(f"{where}.{strange[0]} is unknown to {cls.__name__}; it has {known}")
    # Imported here: it takes longer than the rest of this package, and asking needs none of it.
    from pydantic import TypeAdapter, ValidationError

    values = {key: from_plain(value, where=f"{where}.{key}") for key, value in given.items()}
    try:
        return TypeAdapter(cls).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([where, *[str(p) for p in first["loc"]]])
        raise ValueError(f"{place}: {first['msg'].lower()} (got {first['input']!r})") from error


def differences(old: Config, new: Config) -> dict[str, tuple[Any, Any]]:
    """Return the values that differ, as `{"optim.lr": (old, new)}`.

    >>> from recollect.train import LoopConfig
    >>> differences(LoopConfig(steps=1), LoopConfig(steps=2))
    {'steps': (1, 2)}
    """
    before, after = flat(old), flat(new)
    return {
        name: (before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def as_flags(old: Config, new: Config) -> list[str]:
    """Return the flags of `recollect train` that make the one config of the other.

    >>> from recollect.train import LoopConfig
    >>> as_flags(LoopConfig(steps=1), LoopConfig(steps=2, save_every=5))
    ['--save-every', '5', '--steps', '2']
    """
    flags: list[str] = []
    for name, (_, value) in differences(old, new).items():
        part, dot, field = name.replace("_", "-").rpartition(".")
        if isinstance(value, bool):
            flags.append(f"--{part}{dot}{field if value else 'no-' + field}")
        else:
            given = value if isinstance(value, list | tuple) else [value]
            flags += [f"--{part}{dot}{field}", *map(str, given)]
    return flags


def flat(config: Any) -> dict[str, Any]:
    """Return every value of a config under its dotted name.

    >>> from recollect.train import Halving
    >>> flat(Halving(every=3))["every"]
    3
    """
    return _flat(to_plain(config))


def _flat(data: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(data, dict):
        return {prefix: data}
    out: dict[str, Any] = {}
    for key, value in data.items():
        out |= _flat(value, f"{prefix}.{key}" if prefix else key)
    return out


def _find(kind: str, where: str) -> type:
    module, _, name = kind.partition(":")
    package = module.partition(".")[0]
    if package != "recollect" and package not in sys.modules:
        raise ValueError(
            f"{where} is a {kind}, from a package that is not imported; if you trust the run, "
            f"import {package} first"
        )
    try:
        found: Any = import_module(module)
        for step in name.split("."):
            found = getattr(found, step)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{where}: there is no {kind} ({error})") from error
    if not (isinstance(found, type) and is_dataclass(found)):
        raise ValueError(f"{where}: {kind} is no config class")
    return found
