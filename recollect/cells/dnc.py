"""The differentiable neural computer: a memory with usage, allocation and an order of its writes.

Shape letters: ``B`` batch, ``N`` slots, ``M`` width of a slot, ``R`` read heads, ``W`` write heads,
``H`` size of the controller's output.
"""

import copy
from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from recollect.cells.base import Cell, Interface, map_state, plain
from recollect.cells.checks import check_sizes, check_step
from recollect.cells.controller import LSTMController, MakeController, lstm, make_controller
from recollect.cells.dnc_state import DNCRules, DNCState, check_rules, check_state
from recollect.functional.addressing import NORM, content_weights
from recollect.functional.allocation import allocation, retention, usage
from recollect.functional.linkage import (
    follow_backward,
    follow_forward,
    link,
    precedence,
    sharpen_link,
)
from recollect.functional.writing import erase_and_add
from recollect.trace import record, tracing

__all__ = ["DNCCell"]


class DNCCell(Cell[DNCState]):
    r"""Write where there is room, and read by content or in the order of writing.

    .. math:: \psi_t &= \textstyle\prod_r (1 - f^r w^r_{t-1}), \qquad
              u_t = (u_{t-1} + w^w_{t-1} - u_{t-1} \circ w^w_{t-1}) \circ \psi_t \\
              w^w_t &= g^w [g^a a_t + (1 - g^a) c^w_t], \qquad
              M_t = M_{t-1} \circ (1 - w^w_t e^\top) + w^w_t v^\top \\
              w^r_t &= \pi^r_1 L_t^\top w^r_{t-1} + \pi^r_2 c^r_t + \pi^r_3 L_t w^r_{t-1}, \qquad
              r_t = M_t^\top w^r_t \\
              y_t &= W_y [h_t; r_t], \qquad h_t = \mathrm{controller}([x_t; r_{t-1}])

    Graves et al. 2016, "Hybrid computing using a neural network with dynamic external memory",
    methods; the equations of :math:`a_t` and :math:`L_t` are those of `functional.allocation` and
    `functional.link`. Several writes are those of the authors' code: each finds the slots the
    ones before it are about to fill used, each has links of its own, and a read mixes ``1 + 2W``
    modes: backward along each, content, forward along each. `rules` has what later papers changed.

    The controller is an LSTM of 128 units unless you choose. In half precision the memory and all
    that addresses it stay in float32. No parameter depends on the number of slots, so
    ``initial_state(batch, slots=1024)`` starts a trained cell on a larger memory.

    Shapes:
        x ``(B, input_size)``, state -> y ``(B, output_size)``, state.

    Raises:
        ValueError: a size is below 1, the rules or the controller are none, or, in a step, the
            input or the state is not of this cell.

    >>> cell = DNCCell(6, output_size=5, slots=16, width=8, reads=2)
    >>> y, state = cell(torch.randn(3, 6), cell.initial_state(3))
    >>> y.shape, state.memory.shape
    (torch.Size([3, 5]), torch.Size([3, 16, 8]))
    """

    def __init__(
        self,
        input_size: int,
        *,
        output_size: int,
        slots: int,
        width: int,
        reads: int = 1,
        writes: int = 1,
        controller: MakeController | None = None,
        rules: DNCRules | None = None,
    ):
        super().__init__()
        check_sizes(input_size=input_size, output_size=output_size, slots=slots)
        check_sizes(width=width, reads=reads, writes=writes)
        rules = check_rules(rules)
        self.input_size, self.output_size, self.slots = input_size, output_size, slots
        self.width, self.reads, self.writes, self.rules = width, reads, writes, rules
        make = lstm(128) if controller is None else controller
        self.controller = make_controller(make, input_size + reads * width)
        parts: dict[str, tuple[int, ...]] = {
            "read_key": (reads, width),
            "write_key": (writes, width),
            "read_strength": (reads,),
            "write_strength": (writes,),
            "free_gate": (reads,),
            "allocation_gate": (writes,),
            "write_gate": (writes,),
            "erase": (writes, width),
            "write": (writes, width),
        }
        if not rules.content_only:
            parts["mode"] = (reads, 1 + 2 * writes)
        if rules.masking:
            parts |= {"read_mask": (reads, width), "write_mask": (writes, width)}
        if rules.sharpness and not rules.content_only:
            parts["sharpness"] = (reads, 2)
        self.interface = Interface(self.controller.output_size, **parts)
        self.output = nn.Linear(self.controller.output_size + reads * width, output_size)

    def initial_state(self, batch: int, *, slots: int | None = None) -> DNCState:
        """Return an empty memory, of `slots` in place of the cell's own where given.

        Raises:
            ValueError: `slots` is below 1, or `batch` below 0.
        """
        check_sizes(least=0, batch=batch)
        slots = self.slots if slots is None else slots
        check_sizes(slots=slots)
        weight = self.output.weight

        def zeros(*shape: int) -> Tensor:
            dtype = torch.promote_types(weight.dtype, torch.float32)
            return torch.zeros(batch, *shape, dtype=dtype, device=weight.device)

        links = not self.rules.content_only
        return DNCState(
            self.controller.initial_state(batch),
            memory=zeros(slots, self.width),
            usage=zeros(slots),
            write_weights=zeros(self.writes, slots),
            read_weights=zeros(self.reads, slots),
            reads=zeros(self.reads, self.width),
            precedence=zeros(self.writes, slots) if links else None,
            link=zeros(self.writes, slots, slots) if links else None,
        )

    def with_slots(self, slots: int) -> "DNCCell":
        """Return a copy with another number of slots; its weights are its own.

        Shapes:
            of its state: `slots` for ``N``.

        Raises:
            ValueError: there is no slot.

        >>> DNCCell(3, output_size=3, slots=8, width=4).with_slots(64).initial_state(1).usage.shape
        torch.Size([1, 64])
        """
        check_sizes(slots=slots)
        other = copy.deepcopy(self)
        other.slots = slots
        return other

    def forward(self, x: Tensor, state: DNCState) -> tuple[Tensor, DNCState]:
        """Take one step; see the class."""
        self._check(x, state)
        seen = torch.cat([x, state.reads.flatten(1).to(x.dtype)], -1)
        h, controller = self.controller(seen, state.controller)
        raw = self.interface(h)
        # Neither autocast nor a half-precision model may round what follows: 1 - 1e-6 would be 1.
        with torch.autocast(x.device.type, enabled=False):
            parts = {name: part.to(state.memory.dtype) for name, part in raw.items()}
            after = self._access(parts, state)
        y = self.output(torch.cat([h, after.reads.flatten(1).to(h.dtype)], -1))
        controller = map_state(lambda new, old: new.to(old.dtype), controller, state.controller)
        return y, after._replace(controller=controller)

    def lacks(self) -> str | None:
        """Say why there is no kernel for this cell, None where there is one."""
        if not _numba():
            return "Numba is missing; pip install numba"
        if self.writes > 1:
            return f"the kernel has one write head, not {self.writes}"
        if not isinstance(self.controller, LSTMController):
            return f"the kernel has no {type(self.controller).__name__}"
        if len(self.controller.layers) > 1:
            return f"the kernel's controller has one layer, not {len(self.controller.layers)}"
        return None

    def sequence(
        self, x: Tensor, state: DNCState, lengths: Tensor | None
    ) -> tuple[Tensor, DNCState] | None:
        """Run a whole sequence in the kernel, in float32 on the CPU."""
        self._check(x[:, 0] if x.shape[1] else x.new_zeros(len(x), self.input_size), state)
        self.controller.check_state(state.controller, x.shape[0])
        if not plain(x, self.output.weight, *state.controller, *state[1:]):
            return None
        if x.numel() == 0:
            return x.new_zeros(*x.shape[:2], self.output_size), state
        from recollect.cells.dnc_sequence import run_fused  # with Numba, which takes a while

        return run_fused(self, x, state, lengths)

    def _access(self, parts: dict[str, Tensor], state: DNCState) -> DNCState:
        """Write to the memory and read from it: the state after a step, but for the controller."""
        rules, memory = self.rules, state.memory
        free, gates = parts["free_gate"].sigmoid(), parts["write_gate"].sigmoid()
        allocating = parts["allocation_gate"].sigmoid()
        kept = retention(free, state.read_weights)
        # What was written in the last step counts as used from now on.
        written = 1 - (1 - state.write_weights).prod(1)
        used = usage(state.usage, written, kept)
        room = self._allocate(used, gates * allocating)
        found = self._content("write", parts, memory)
        mixed = torch.lerp(found, room, allocating.unsqueeze(-1))
        write_weights = gates.unsqueeze(-1) * mixed

        if rules.deallocation:
            memory = memory * kept.unsqueeze(-1)
        memory = erase_and_add(memory, write_weights, parts["erase"].sigmoid(), parts["write"])

        read_weights = content = self._content("read", parts, memory)
        links = before = None
        if state.link is not None and state.precedence is not None:
            links = link(state.link, state.precedence, write_weights)
            before = precedence(state.precedence, write_weights)
            read_weights = self._read_weights(parts, content, links, state.read_weights)
        reads = read_weights @ memory
        if tracing():
            self._record(parts, used, room, content, write_weights, read_weights, memory, links)
        return DNCState(
            None, memory, used, write_weights, read_weights, reads, precedence=before, link=links
        )

    def _allocate(self, used: Tensor, gates: Tensor) -> Tensor:
        """Return the allocation ``(B, W, N)`` of each write, behind those before it."""
        rooms = []
        for gate in gates.unbind(1):
            rooms.append(allocation(used))
            used = usage(used, gate.unsqueeze(-1) * rooms[-1])
        return torch.stack(rooms, 1)

    def _content(self, head: str, parts: dict[str, Tensor], memory: Tensor) -> Tensor:
        """Return the content weights ``(B, heads, N)`` of the read or the write heads."""
        key, strength = parts[f"{head}_key"], 1 + softplus(parts[f"{head}_strength"])
        if not self.rules.masking:
            return content_weights(key, memory, strength)
        floor = self.rules.floor
        mask = floor + (1 - floor) * parts[f"{head}_mask"].sigmoid()
        keyed = strength * ((key * mask).square().sum(-1) + NORM).rsqrt()
        stored = (mask.square() @ memory.square().mT + NORM).rsqrt()
        return ((key * mask.square()) @ memory.mT * keyed.unsqueeze(-1) * stored).softmax(-1)

    def _read_weights(
        self, parts: dict[str, Tensor], content: Tensor, links: Tensor, last: Tensor
    ) -> Tensor:
        """Mix the three ways of reading, ``(B, R, N)``."""
        back = follow_backward(links, last.unsqueeze(1))
        ahead = follow_forward(links, last.unsqueeze(1))
        if self.rules.sharpness:
            sharpness = (1 + softplus(parts["sharpness"])).unsqueeze(1)
            back = sharpen_link(back, sharpness[..., :1])
            ahead = sharpen_link(ahead, sharpness[..., 1:])
        modes = parts["mode"].softmax(-1).movedim(-1, 1).unsqueeze(-1)
        ways = torch.cat([back, content.unsqueeze(1), ahead], 1)
        return (modes * ways).sum(1)

    def _record(
        self,
        parts: dict[str, Tensor],
        used: Tensor,
        room: Tensor,
        content: Tensor,
        write_weights: Tensor,
        read_weights: Tensor,
        memory: Tensor,
        links: Tensor | None,
    ) -> None:
        seen = {
            "weights": read_weights,
            "write_weights": write_weights,
            "content_weights": content,
            "usage": used,
            "allocation": room,
            "memory": memory,
            "read_strength": 1 + softplus(parts["read_strength"]),
            "write_strength": 1 + softplus(parts["write_strength"]),
        }
        for name in ("free_gate", "allocation_gate", "write_gate", "erase"):
            seen[name] = parts[name].sigmoid()
        seen["write"] = parts["write"]
        if links is not None:
            seen["link"], seen["mode"] = links, parts["mode"].softmax(-1)
        record(self, **seen)

    def _check(self, x: Tensor, state: DNCState) -> None:
        """Refuse an input or a state of another cell or batch."""
        batch = check_step(x, self.input_size, self.output.weight)
        check_state(
            state,
            batch,
            width=self.width,
            heads=(self.reads, self.writes),
            links=not self.rules.content_only,
            dtype=torch.promote_types(self.output.weight.dtype, torch.float32),
        )


@cache
def _numba() -> bool:
    return find_spec("numba") is not None
