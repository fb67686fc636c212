"""What a model says for a text of a person's own, and what it attended to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from torch import Tensor, nn

__all__ = ["BETWEEN", "Said", "Says", "Wish"]

BETWEEN = "|||"
"""What stands between a text and what is asked about it."""


class Wish(NamedTuple):
    """How a person wants a text continued: `recollect.models.sample`'s numbers.

    A temperature of 0 takes the likeliest token at every step.
    """

    limit: int = 200
    temperature: float = 0.8
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0


class Said(NamedTuple):
    """An answer, what to print of it as JSON, and the weights behind it.

    A picture of the weights has the title, or the text where there is none; the caption says what
    its rows and columns are.

    Shapes:
        weights ``(len(rows), len(columns))``, what each row read of each column; or None.
    """

    text: str
    details: Mapping[str, Any]
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    weights: Tensor | None = None
    notes: Sequence[str] = ()
    title: str = ""
    caption: str = ""


@runtime_checkable
class Says(Protocol):
    """A task whose models have an answer to a text of a person's own."""

    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Answer a text; a mistake in it is a `ValueError`."""
        ...
