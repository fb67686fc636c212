"""What a differentiable neural computer is told, and what it carries from step to step.

Shape letters: ``B`` batch, ``N`` slots, ``M`` width of a slot, ``R`` read heads, ``W`` write heads.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from recollect.cells.checks import check_shape

__all__ = ["DNCRules", "DNCState", "check_rules", "check_state"]


class DNCRules(NamedTuple):
    """Where a `DNCCell` departs from Graves et al. 2016.

    The first three are the improvements of Csordas and Schmidhuber 2019, sections 2.1 to 2.3, each
    independent of the others; the last leaves out the temporal links and with them the read modes,
    as the content-based memory of Franke, Niehues and Waibel 2018 does.

    Shapes:
        none.

    >>> DNCRules(masking=True, deallocation=True)
    DNCRules(masking=True, deallocation=True, sharpness=False, content_only=False, floor=0.0)
    """

    masking: bool = False
    """Keys and slots are compared by the features that a mask, emitted with the key, lets pass."""
    deallocation: bool = False
    """A slot that is freed is also emptied."""
    sharpness: bool = False
    """Steps along the links are sharpened by an exponent that is emitted for each direction."""
    content_only: bool = False
    """No temporal links: reads are by content alone."""
    floor: float = 0.0
    """The least a mask lets pass, in 0 to 1."""


class DNCState(NamedTuple):
    """What a `DNCCell` carries from step to step.

    Shapes:
        controller: that of the controller; memory ``(B, N, M)``, usage ``(B, N)``, write_weights
        ``(B, W, N)``, read_weights ``(B, R, N)``, reads ``(B, R, M)``, precedence ``(B, W, N)``,
        link ``(B, W, N, N)``; the last two are None without links.
    """

    controller: Any
    memory: Tensor
    usage: Tensor
    write_weights: Tensor
    read_weights: Tensor
    reads: Tensor
    precedence: Tensor | None
    link: Tensor | None


def check_rules(rules: DNCRules | None) -> DNCRules:
    """Return the rules, those of the paper where none are given.

    Shapes:
        none.

    Raises:
        ValueError: they are none, or the floor is outside 0 to 1.
    """
    if rules is None:
        return DNCRules()
    if not isinstance(rules, DNCRules):
        raise ValueError(f"rules={rules!r}: give DNCRules, as in DNCRules(masking=True).")
    if not isinstance(rules.floor, int | float) or not 0 <= rules.floor < 1:
        raise ValueError(
            f"floor={rules.floor!r}: the least a mask lets pass is a number from 0 to below 1."
        )
    return rules


def check_state(
    state: DNCState,
    batch: int,
    *,
    width: int,
    heads: tuple[int, int],
    links: bool,
    dtype: torch.dtype,
) -> None:
    """Refuse a state of another machine, batch or type; say in words what would fail further on.

    Shapes:
        heads ``(R, W)``; state as of `DNCState`, with `links` or without.

    Raises:
        ValueError: it is one.
    """
    if not isinstance(state, DNCState):
        raise ValueError(f"the state is a DNCState, not a {type(state).__name__}.")
    if not isinstance(state.memory, Tensor):
        raise ValueError(f"state.memory is (B, N, M), not a {type(state.memory).__name__}.")
    if state.memory.dim() != 3 or state.memory.shape[1] < 1:
        raise ValueError(f"state.memory is (B, N, M), not {tuple(state.memory.shape)}.")
    slots, (reads, writes) = state.memory.shape[1], heads
    expected: dict[str, tuple[int, ...]] = {
        "memory": (slots, width),
        "usage": (slots,),
        "write_weights": (writes, slots),
        "read_weights": (reads, slots),
        "reads": (reads, width),
    }
    if links != (state.link is not None and state.precedence is not None):
        raise ValueError(
            f"content_only={not links} in this cell's rules, so its state has "
            f"{'a link and a precedence' if links else 'neither link nor precedence'}."
        )
    if links:
        expected |= {"precedence": (writes, slots), "link": (writes, slots, slots)}
    for name, shape in expected.items():
        check_shape(f"state.{name}", getattr(state, name), (batch, *shape), dtype)
