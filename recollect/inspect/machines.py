"""A page on a memory machine at work: where it read and wrote, how it found it, what it kept.

Shape letters: ``T`` steps, ``N`` slots, ``M`` width, ``R``, ``W`` read and write heads.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook

from recollect.inspect.tape import Tape, watch
from recollect.version import __version__

__all__ = ["Around", "look", "machine_page"]

FULL = 65535  # a number is sent as 16 bits of its range

ADDRESSES = {
    "weights": ("read", "Read head {}"),
    "write_weights": ("write", "Write head {}"),
    "content_weights": ("both", "Found by content, {}"),
    "allocation": ("write", "Allocation for write head {}"),
}
GATES = {
    "gates": ("both", "Gate: 1 looks for content, 0 stays", "g"),
    "write_gate": ("write", "Write gate: 1 writes, 0 does not", "write gate"),
    "allocation_gate": ("write", "Allocation gate: 1 a free slot, 0 by content", "allocation gate"),
    "free_gate": ("read", "Free gates: 1 frees what was read", "free gate"),
    "mix": ("write", "1 writes where it read, 0 to the least used slot", "γ"),
}
STRENGTHS = {
    "strengths": ("both", "Strength of the key", "β"),
    "read_strength": ("read", "Strength of the read keys", "β"),
    "write_strength": ("write", "Strength of the write keys", "β"),
    "sharpness": ("both", "Sharpening", "γ"),
}
VECTORS = {
    "erase": ("write", "Erased by write head {}", "feature"),
    "add": ("write", "Added by write head {}", "feature"),
    "write": ("write", "Added by write head {}", "feature"),
}


class Around(NamedTuple):
    """What a machine was given, and what came of it, over time.

    Shapes:
        every map ``(T, D)``.
    """

    maps: dict[str, NDArray]
    about: dict[str, str]


@dataclass
class _Book:
    """The numbers of a page, packed, beside the description that names them."""

    packed: list[str] = field(default_factory=list)

    def add(
        self, array: NDArray, low: float, high: float, *, changes: bool = False
    ) -> dict[str, Any]:
        """Pack an array as 16 bits of its range, deflated; return how it is to be read."""
        span = high - low if high > low else 1.0
        unit = np.clip((np.nan_to_num(array.astype(np.float32)) - low) / span, 0, 1)
        packed = self.raw(np.rint(unit * FULL).astype("<u2"), changes=changes)
        return packed | {"low": low, "high": low + span}

    def raw(self, array: NDArray[np.uint16], *, changes: bool = False) -> dict[str, Any]:
        """Pack an array of 16 bits as it is, or as its `changes` along the first axis.

        Most slots stay as they were from step to step, and deflate looks back over 32 KB only.
        """
        bits = np.ascontiguousarray(array.astype("<u2"))
        if changes:
            bits[1:] -= bits[:-1].copy()  # modulo 65,536
        self.packed.append(base64.b64encode(zlib.compress(bits.tobytes(), 6)).decode())
        told = {"data": len(self.packed) - 1, "shape": list(array.shape)}
        return told | {"changes": True} if changes else told


def look(
    model: nn.Module, run: Callable[[], object], batch: Any = None
) -> tuple[dict[str, Tape], Around]:
    """Call `run` and see what the memory machines of `model` do, and what goes in and out.

    Args:
        model: the model; its machines are found by what they record.
        run: called without arguments; it calls the model on one example.
        batch: the example: tensors in it that go with time are shown.

    Raises:
        ValueError: no memory machine ran.
    """
    outputs: list[Tensor] = []

    def keep(module: nn.Module, args: object, output: object) -> None:
        first = output[0] if isinstance(output, tuple) and output else output
        if type(module) is type(model) and isinstance(first, Tensor) and first.dim() == 3:
            outputs[:] = [first.detach()]

    handle = register_module_forward_hook(keep)  # a task may run a copy over more slots
    try:
        with torch.no_grad(), watch(model) as tapes:
            run()
    finally:
        handle.remove()
    if not tapes:
        raise ValueError(
            f"no memory machine ran in this {type(model).__name__}: recollect inspect shows "
            "NTMCell, DNCCell and SparseAccessCell; recollect run RUN TEXT --html FILE shows what "
            "a model of lines attends to"
        )
    steps = max(tape.steps for tape in tapes.values())
    maps = {
        name: tensor[0].float().numpy()
        for name, tensor in _named(batch).items()
        if tensor.dim() == 3 and tensor.shape[1] == steps and tensor.shape[2] > 0
    }
    if outputs and outputs[0].shape[1] == steps:
        said = outputs[0][0].float()
        matched = [m for name, m in maps.items() if name == "targets" and m.shape == said.shape]
        told = "answer, σ(output)" if matched else "output"
        maps[told] = (said.sigmoid() if matched else said).numpy()
    return tapes, Around(maps, {})


def _named(batch: Any) -> dict[str, Tensor]:
    if isinstance(batch, Mapping):
        pairs = batch.items()
    elif isinstance(batch, tuple) and (fields := getattr(batch, "_fields", None)):
        pairs = zip(fields, batch, strict=True)
    elif isinstance(batch, tuple | list):
        pairs = ((f"input {i}", part) for i, part in enumerate(batch))
    else:
        pairs = [("input", batch)]
    return {str(name): part for name, part in pairs if isinstance(part, Tensor)}


def machine_page(tapes: Mapping[str, Tape], *, title: str, around: Around | None = None) -> str:
    """Return a self-contained page that needs no network.

    Args:
        tapes: of `look`, `watch` or `tapes_of`, by module name.
        title: what to call the run.
        around: what went in and came out.

    Raises:
        ValueError: there is no tape.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    if not tapes:
        raise ValueError("there is nothing to show: no memory machine was recorded")
    around = around or Around({}, {})
    book = _Book()
    told = {
        "title": title,
        "about": around.about,
        "steps": max(tape.steps for tape in tapes.values()),
        "around": [_map(book, name, array.T, "feature") for name, array in around.maps.items()],
        "machines": [_machine(book, name, tape) for name, tape in tapes.items()],
    }
    environment = Environment(
        loader=PackageLoader("recollect.inspect"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # In a script element only "<" could end it.
    text = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    return environment.get_template("machines.html.j2").render(
        title=title, told=text, packed=book.packed, version=__version__
    )


def _machine(book: _Book, name: str, tape: Tape) -> dict[str, Any]:
    slots = tape.used_slots()
    reads, writes = (tape.over(part, slots[:1]).shape[1] for part in ("weights", "write_weights"))
    heads = {
        "read": [f"{i + 1}" for i in range(reads)],
        "write": [f"{i + 1}" for i in range(writes)],
        "both": [f"read head {i + 1}" for i in range(reads)]
        + [f"write head {i + 1}" for i in range(writes)],
    }
    found: dict[str, Any] = {
        "module": name,
        "cell": tape.cell,
        "steps": tape.steps,
        "slots": tape.slots,
        "shown": None if len(slots) == tape.slots else slots.tolist(),
        "addresses": [],
        "search": [],
        "lanes": [],
        "modes": [],
        "vectors": [],
    }
    for part, (whose, text) in ADDRESSES.items():
        if part in tape.slotwise:
            array = tape.over(part, slots)
            names = _names(heads, whose, array.shape[1])
            into = found["addresses" if part in ("weights", "write_weights") else "search"]
            for h, head in enumerate(names):
                panel = _map(book, text.format(head), array[:, h].T, "slot", unit=True)
                into.append(panel | {"part": part, "head": h})
    if "usage" in tape.slotwise:
        usage = tape.over("usage", slots)
        found["search"].append(_map(book, "Usage of every slot", usage.T, "slot", unit=True))
    if "shifts" in tape.parts:
        array = tape.stack("shifts")
        far = array.shape[-1] // 2
        for h, head in enumerate(_names(heads, "both", array.shape[1])):
            panel = _map(book, f"Shift of {head}", array[:, h].T, "shift", unit=True)
            found["search"].append(panel | {"first": -far})
    for group, fixed in ((GATES, True), (STRENGTHS, False)):
        for part, (whose, text, axis) in group.items():
            if part in tape.parts:
                array = tape.stack(part)
                names = _names(heads, whose, array.shape[1], told=True)
                found["lanes"].append(_lanes(book, text, axis, array, names, fixed))
    if "mode" in tape.parts:
        array = tape.stack("mode")
        ways = (array.shape[-1] - 1) // 2
        names = [*_ways("backward", ways), "content", *_ways("forward", ways)]
        for h in range(array.shape[1]):
            panel = {"title": f"Read head {h + 1}: how it found its slots", "names": names}
            found["modes"].append(panel | book.add(array[:, h].T, 0.0, 1.0))
    for part, (whose, text, axis) in VECTORS.items():
        if part in tape.parts:
            array = tape.stack(part)
            for h, head in enumerate(_names(heads, whose, array.shape[1])):
                unit = part == "erase"
                found["vectors"].append(
                    _map(book, text.format(head), array[:, h].T, axis, unit=unit)
                )
    found["memory"] = _memory(book, tape, slots)
    if tape.links:
        found["links"] = _links(book, tape)
    return found


def _names(heads: dict[str, list[str]], whose: str, count: int, *, told: bool = False) -> list[str]:
    names = heads[whose]
    if len(names) != count:  # SparseAccessCell reads and writes with the same heads
        names = [str(i + 1) for i in range(count)]
    return [f"head {name}" for name in names] if told and whose != "both" else names


def _ways(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name} {i + 1}" for i in range(count)]


def _range(array: NDArray) -> tuple[float, float]:
    finite = array[np.isfinite(array)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def _map(
    book: _Book, title: str, array: NDArray, axis: str, *, unit: bool = False
) -> dict[str, Any]:
    """Describe a map (rows, T): of weights in 0 to 1, or of numbers of any size."""
    low, high = _range(array)
    if unit or (low >= 0 and high <= 1):
        panel = {"scale": "unit"} | book.add(array, 0.0, 1.0)
    else:
        far = max(abs(low), abs(high)) or 1.0
        panel = {"scale": "signed"} | book.add(array, -far, far)
    return {"title": title, "axis": axis, "first": 0} | panel


def _lanes(
    book: _Book, title: str, axis: str, array: NDArray, names: Sequence[str], unit: bool
) -> dict[str, Any]:
    """Describe lines (T, heads) over time."""
    low, high = (0.0, 1.0) if unit else (0.0, max(_range(array)[1], 1e-6) * 1.05)
    return {"title": title, "axis": axis, "names": list(names)} | book.add(array.T, low, high)


def _memory(book: _Book, tape: Tape, slots: NDArray) -> dict[str, Any]:
    """Describe the contents (T / every, N, M)."""
    width = tape.over("memory", slots[:1], every=tape.steps).shape[-1]
    every = tape.every(len(slots) * width)
    array = tape.over("memory", slots, every=every)
    low, high = _range(array)
    far = max(abs(low), abs(high)) or 1.0
    return {"every": every} | book.add(array, -far, far, changes=True)


def _links(book: _Book, tape: Tape) -> dict[str, Any]:
    """Describe the strongest links (T / every, W, N, K) into each slot."""
    every = tape.every(8 * tape.links[0][0].size)
    kept = tape.links[::every]
    index = np.stack([source for source, _ in kept])
    value = np.stack([strength for _, strength in kept])
    return {
        "every": every,
        "index": book.raw(index, changes=True),
        "value": book.add(value, 0.0, 1.0, changes=True),
    }
