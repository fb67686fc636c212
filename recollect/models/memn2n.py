"""The end-to-end memory network (Sukhbaatar, Szlam, Weston and Fergus 2015, arXiv:1503.08895).

Shape letters: ``B`` batch, ``M`` memory slots, ``J`` words of a sentence, ``D`` width, ``K`` hops,
``T`` tables, ``V`` words with nil and the ``M`` time words.
"""

from typing import Literal, NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.functional import softmax
from recollect.kernels.layout import Weights, Wiring
from recollect.score import dot

__all__ = ["MemN2N", "position_encoding"]


def position_encoding(words: int, width: int) -> Tensor:
    r"""Weigh the words of a sentence by their place, so that their sum knows the order.

    .. math:: l_{jk} = 1 + 4 \left(k - \tfrac{D+1}{2}\right) \left(j - \tfrac{J+1}{2}\right) / (DJ)

    The official code's form; twice section 4.1's :math:`(1 - j/J) - (k/D)(1 - 2j/J)` but for its
    centre. `words` is fixed for a data set and counts the time word; it is not the sentence's own
    length.

    Shapes:
        -> ``(J, D)``.

    >>> position_encoding(3, 2)
    tensor([[1.3333, 0.6667],
            [1.0000, 1.0000],
            [0.6667, 1.3333]])
    """
    place = torch.arange(1, words + 1) - (words + 1) / 2
    dimension = torch.arange(1, width + 1) - (width + 1) / 2
    return 1 + 4 * place[:, None] * dimension / (width * words)


def _unnormalized(logits: Tensor, mask: Tensor | None = None) -> Tensor:
    """The linear start's weights: the logits themselves."""
    return logits if mask is None else logits.masked_fill(~mask, 0)


class _Plan(NamedTuple):
    """Which table embeds what."""

    query: int
    keys: tuple[int, ...]
    values: tuple[int, ...]
    answer: int
    tables: int
    rectified: bool


def _plan(tying: str, hops: int) -> _Plan:
    if tying == "adjacent":
        return _Plan(0, tuple(range(hops)), tuple(range(1, hops + 1)), hops, hops + 1, False)
    return _Plan(0, (1,) * hops, (2,) * hops, 3, 4, tying == "recurrent")


class MemN2N(nn.Module, PyTorchModelHubMixin):
    r"""Answer a question from a story by reading it several times.

    .. math::
        m_i = \sum_j l_j \odot A_k x_{ij}, \quad c_i = \sum_j l_j \odot C_k x_{ij}, \quad
        p = \mathrm{softmax}(m\, u_k), \quad u_{k+1} = u_k + \textstyle\sum_i p_i c_i, \quad
        \hat a = \mathrm{softmax}(W^\top u_{K+1})

    Sections 2 and 4.1, in the form of the authors' code: a sentence's age is a *time word* at its
    end, weighed like the others; the words' table ends with the time words, and the answer is a
    choice among all of it; there is no bias. `tying` is "adjacent" (:math:`A_{k+1} = C_k`, the
    question's table is :math:`A_1`, :math:`W^\top = C_K`), "layer-wise" (:math:`A` and :math:`C`
    shared by all hops, and :math:`u_{k+1} = H u_k + o_k`) or "recurrent", which is layer-wise with
    :math:`u_{k+1} = \mathrm{ReLU}(H u_k + o_k)`; `encoding` is "position" or "bag". Word
    0 is nil: its rows are 0 and learn nothing. Empty slots are read as zeros, as in the
    authors' code, so they take their share of the softmax; `masked` takes it from them.

    Training starts well with `linear_start`: the hops' softmax is off in a first phase. Every
    hop's weights are returned by `weights` and reach a `recollect.trace`.

    Shapes:
        story ``(B, M, J)`` word ids, 0 behind the last word and in empty slots; question ``(B,
        J)``; times ``(B, M)``, 1 for the most recent sentence, 0 for none -> logits ``(B, V)``.

    Raises:
        ValueError: a size is not positive, a choice is not one of the named, or the input has more
        slots or words than the model.

    >>> model = MemN2N(20, width=8, hops=2, slots=5, words=4)
    >>> story, question = torch.tensor([[[3, 4, 5, 0], [6, 4, 7, 0]]]), torch.tensor([[2, 3, 0, 0]])
    >>> model(story, question).shape, model.weights(story, question).shape
    (torch.Size([1, 25]), torch.Size([1, 2, 2]))
    """

    place: Tensor
    real: Tensor

    def __init__(
        self,
        vocab: int,
        *,
        width: int = 20,
        hops: int = 3,
        slots: int = 50,
        words: int = 11,
        tying: Literal["adjacent", "layer-wise", "recurrent"] = "adjacent",
        encoding: Literal["position", "bag"] = "position",
        masked: bool = False,
    ):
        super().__init__()
        for name, size in (("vocab", vocab), ("width", width), ("hops", hops), ("slots", slots),
                           ("words", words)):  # fmt: skip
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        if tying not in ("adjacent", "layer-wise", "recurrent"):
            raise ValueError(f"tying is {tying!r}; choose adjacent, layer-wise or recurrent")
        if encoding not in ("position", "bag"):
            raise ValueError(f"encoding is {encoding!r}; choose position or bag")
        self.vocab, self.width, self.slots, self.words = vocab, width, slots, words
        self.masked = masked
        self.plan = _plan(tying, hops)
        self.tables = nn.Parameter(torch.randn(self.plan.tables, vocab + slots, width) * 0.1)
        self.carry = nn.Parameter(torch.randn(width, width) * 0.1) if tying != "adjacent" else None
        self.hops = nn.ModuleList(Reader(dot()) for _ in range(hops))
        ones = torch.ones(words + 1, width)
        place = position_encoding(words + 1, width) if encoding == "position" else ones
        self.register_buffer("place", place, persistent=False)
        real = torch.ones(vocab + slots, 1)
        real[0] = 0
        self.register_buffer("real", real, persistent=False)
        with torch.no_grad():
            self.tables[:, 0] = 0

    def linear_start(self, on: bool) -> None:
        """Take the softmax out of the hops, or put it back (section 4.3 of the paper)."""
        for hop in self._readers():
            hop.normalize = _unnormalized if on else softmax

    def is_linear(self) -> bool:
        """Tell whether the hops read without their softmax."""
        return self._readers()[0].normalize is _unnormalized

    def forward(self, story: Tensor, question: Tensor, times: Tensor | None = None) -> Tensor:
        """Return a logit for every word; see the class."""
        return self._read(story, question, times)[0]

    def weights(self, story: Tensor, question: Tensor, times: Tensor | None = None) -> Tensor:
        """Return the weight of every slot in every hop.

        Shapes:
            as `forward` -> ``(B, K, M)``.
        """
        return self._read(story, question, times, keep=True)[1]

    def _readers(self) -> list[Reader]:
        return [cast(Reader, hop) for hop in self.hops]

    def _read(
        self, story: Tensor, question: Tensor, times: Tensor | None, keep: bool = False
    ) -> tuple[Tensor, Tensor]:
        self._check(story, question)
        tables = (self.tables * self.real).unbind(0)
        filled = (story != 0).any(-1)
        if times is None:
            times = filled.flip(-1).cumsum(-1).flip(-1) * filled
        time = torch.where(times > 0, self.vocab - 1 + times, 0)
        plan, seen = self.plan, {}
        for t in {*plan.keys, *plan.values}:  # one hop's values may be the next one's keys
            words = self._embed(tables[t], story)
            seen[t] = words + self.place[-1] * F.embedding(time, tables[t])
        mask = filled.unsqueeze(-2) if self.masked else None
        state = self._embed(tables[plan.query], question).unsqueeze(-2)  # (B, 1, D)
        kept = []
        for hop, key, value in zip(self._readers(), plan.keys, plan.values, strict=True):
            memory = hop.bind(seen[key], seen[value], mask)
            if keep:
                kept.append(hop.weights(state, memory))
            carried = state if self.carry is None else F.linear(state, self.carry)
            state = carried + hop(state, memory)
            state = state.relu() if plan.rectified else state
        logits = F.linear(state.squeeze(-2), tables[plan.answer])
        return logits, torch.cat(kept, -2) if keep else logits

    def _embed(self, table: Tensor, words: Tensor) -> Tensor:
        """Sum a sentence's weighed words: ``(..., J)`` -> ``(..., D)``."""
        return (F.embedding(words, table) * self.place[: words.shape[-1]]).sum(-2)

    def _check(self, story: Tensor, question: Tensor) -> None:
        if story.shape[-2] > self.slots:
            raise ValueError(
                f"a story of {story.shape[-2]} sentences for {self.slots} slots: "
                "give the most recent ones"
            )
        longest = max(story.shape[-1], question.shape[-1])
        if longest > self.words:
            raise ValueError(
                f"a sentence of {longest} words for a model of {self.words}: "
                "make the model with more `words`"
            )

    def wiring(self) -> Wiring:
        """Return what `recollect.kernels.memn2n` must know of the model besides its weights."""
        plan = self.plan
        place = self.place.repeat(1, plan.tables)
        memory = {*plan.keys, *plan.values}
        return Wiring(
            np.array(plan.keys),
            np.array(plan.values),
            plan.query,
            plan.answer,
            min(memory),
            max(memory) + 1,
            self.slots,
            self.vocab,
            self.masked,
            plan.rectified,
            place.float().contiguous().numpy(),
        )

    def kernel_weights(self) -> Weights:
        """Return a copy of the parameters in the layout of `recollect.kernels.memn2n`."""
        rows = self.tables.detach().permute(1, 0, 2).reshape(-1, self.plan.tables * self.width)
        carry = torch.zeros(0, 0) if self.carry is None else self.carry.detach()
        return Weights(*(t.float().contiguous().numpy().copy() for t in (rows, carry)))

    @torch.no_grad()
    def take_kernel_weights(self, weights: Weights) -> None:
        """Copy the parameters back from the layout of `recollect.kernels.memn2n`."""
        rows = torch.from_numpy(weights.tables)
        self.tables.copy_(rows.view(len(rows), self.plan.tables, self.width).permute(1, 0, 2))
        if self.carry is not None:
            self.carry.copy_(torch.from_numpy(weights.carry))
