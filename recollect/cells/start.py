"""What a memory holds before the first step: one class a choice.

Shape letters: ``N`` slots, ``M`` width of a slot.
"""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from recollect.cells.checks import check_sizes

__all__ = ["ConstantMemory", "InitialMemory", "LearnedMemory", "RandomMemory"]


class InitialMemory(nn.Module, ABC):
    """Give the memory before the first step, and with it the numbers of slots and their width.

    Shapes:
        forward: nothing -> memory ``(N, M)``.

    Raises:
        ValueError: there is no slot, or a slot has no width.
    """

    def __init__(self, slots: int, width: int):
        super().__init__()
        check_sizes(slots=slots, width=width)
        self.slots, self.width = slots, width

    @abstractmethod
    def forward(self) -> Tensor:
        """Return the memory."""

    @abstractmethod
    def resized(self, slots: int) -> "InitialMemory":
        """Return one of as many slots that starts alike.

        Shapes:
            of what it gives: ``(slots, M)``.
        """

    def extra_repr(self) -> str:
        """Tell the sizes of a printed memory."""
        return f"slots={self.slots}, width={self.width}"


class ConstantMemory(InitialMemory):
    """Start with the same number everywhere.

    Collier and Beel 2018, "Implementing Neural Turing Machines", section 4.1, where 1e-6 trains
    faster than the other two. Slots are alike, so what tells them apart is where the heads start.

    Shapes:
        nothing -> ``(N, M)``.

    Raises:
        ValueError: there is no slot, a slot has no width, or the number is not finite.
    """

    like: Tensor

    def __init__(self, slots: int, width: int, *, value: float = 1e-6):
        super().__init__(slots, width)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"value={value!r}: a memory holds finite numbers.")
        self.value = value
        self.register_buffer("like", torch.empty(0), persistent=False)  # follows device and type

    def forward(self) -> Tensor:
        """Return the memory."""
        return self.like.new_full((1, 1), self.value).expand(self.slots, self.width)

    def resized(self, slots: int) -> "ConstantMemory":
        """Return one of as many slots."""
        return ConstantMemory(slots, self.width, value=self.value).to(self.like)


class RandomMemory(InitialMemory):
    r"""Start with numbers drawn once, when the module is made, and kept with its weights.

    .. math:: M_0 \sim U(-\tfrac{1}{\sqrt{N + M}}, \tfrac{1}{\sqrt{N + M}})

    Shapes:
        nothing -> ``(N, M)``.
    """

    memory: Tensor

    def __init__(self, slots: int, width: int):
        super().__init__(slots, width)
        self.register_buffer("memory", _draw(slots, width))

    def forward(self) -> Tensor:
        """Return the memory."""
        return self.memory

    def resized(self, slots: int) -> "RandomMemory":
        """Return one of as many slots: the same ones, and new draws where there are more."""
        other = RandomMemory(slots, self.width).to(self.memory)
        kept = min(slots, self.slots)
        other.memory[:kept] = self.memory[:kept]
        return other


class LearnedMemory(InitialMemory):
    """Start with numbers that are trained, drawn as those of a `RandomMemory` are.

    Shapes:
        nothing -> ``(N, M)``.
    """

    def __init__(self, slots: int, width: int):
        super().__init__(slots, width)
        self.memory = nn.Parameter(_draw(slots, width))

    def forward(self) -> Tensor:
        """Return the memory."""
        return self.memory

    def resized(self, slots: int) -> "LearnedMemory":
        """Return one of as many slots: the learned ones, and blanks where there are more."""
        other = LearnedMemory(slots, self.width).to(self.memory)
        kept = min(slots, self.slots)
        with torch.no_grad():
            other.memory.fill_(1e-6)
            other.memory[:kept] = self.memory[:kept]
        return other


def _draw(slots: int, width: int) -> Tensor:
    bound = 1 / math.sqrt(slots + width)
    return torch.empty(slots, width).uniform_(-bound, bound)
