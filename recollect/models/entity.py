"""The recurrent entity network (Henaff, Weston, Szlam, Bordes and LeCun 2017, arXiv:1612.03969).

Shape letters: ``B`` batch, ``T`` sentences, ``J`` words of a sentence, ``N`` slots, ``D`` width,
``V`` words with nil.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.kernels.layout import Sizes
from recollect.trace import record

__all__ = ["EntityNetwork", "EntityRun"]


class EntityRun(NamedTuple):
    """What happened while stories were read, and the answers.

    Shapes:
        gates ``(B, T, N)``, 0 at empty sentences; slots ``(B, N, D)`` after the last sentence;
        attention ``(B, N)`` of the question; shares ``(B, T, N)``, see `EntityNetwork.weights`;
        logits ``(B, V)``.
    """

    gates: Tensor
    slots: Tensor
    attention: Tensor
    shares: Tensor
    logits: Tensor


class EntityNetwork(nn.Module, PyTorchModelHubMixin):
    r"""Read a story once, keeping a slot for each of its entities, and answer from the slots.

    .. math::
        s_t = \sum_j f_j \odot e_{tj}, \quad
        g_j = \sigma(s_t^\top h_j + s_t^\top w_j + b_j), \quad
        h_j \leftarrow \frac{h_j + g_j\, \phi(U h_j + V s_t + W w_j + b)}{\lVert \cdot \rVert}

        p_j = \mathrm{softmax}(q^\top h_j), \quad u = \sum_j p_j h_j, \quad y = R\,\phi(q + H u)

    Section 2, with what the authors' code does and the paper does not tell: the question's words
    have masks :math:`f` of their own, :math:`\phi` is one PReLU for all places with a slope for
    each dimension, and gates have a bias. A slot begins as its key :math:`w_j`. Word 0 is nil.

    A `recollect.trace` records the gates, the slots at the end, and the question's weights over
    the slots.

    Args:
        vocab: V, nil among it.
        width: D.
        slots: N.
        words: of the longest sentence or question.
        spread: begin the masks of sentences, and the biases, at N(0, 0.1²) and not at 1 and 0. So
            does the authors' code, which sets the masks of questions alone to 1: a sentence's words
            then have places from the first step on.

    Shapes:
        story ``(B, T, J)`` word ids, oldest first, 0 behind the last word and in empty sentences;
        question ``(B, J)`` -> logits ``(B, V)``.

    Raises:
        ValueError: a size is not positive, or the input has more words than the model.

    >>> model = EntityNetwork(20, width=8, slots=5, words=4)
    >>> story, question = torch.tensor([[[3, 4, 5, 0], [6, 4, 7, 0]]]), torch.tensor([[2, 3, 0, 0]])
    >>> model(story, question).shape, model.weights(story, question).shape
    (torch.Size([1, 20]), torch.Size([1, 1, 2]))
    """

    real: Tensor

    def __init__(
        self,
        vocab: int,
        *,
        width: int = 100,
        slots: int = 20,
        words: int = 11,
        spread: bool = False,
    ):
        super().__init__()
        for name, size in (("vocab", vocab), ("width", width), ("slots", slots), ("words", words)):
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        self.vocab, self.width, self.slots, self.words = vocab, width, slots, words

        def normal(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(*shape) * 0.1)

        self.embedding = normal(vocab, width)
        self.keys = normal(slots, width)
        self.sentence_mask = (
            normal(words, width) if spread else nn.Parameter(torch.ones(words, width))
        )
        self.question_mask = nn.Parameter(torch.ones(words, width))
        self.from_slot = normal(width, width)  # U
        self.from_sentence = normal(width, width)  # V
        self.from_key = normal(width, width)  # W
        self.bias = normal(width) if spread else nn.Parameter(torch.zeros(width))
        self.gate_bias = normal(slots) if spread else nn.Parameter(torch.zeros(slots))
        self.slope = nn.Parameter(torch.ones(width))
        self.carry = normal(width, width)  # H
        self.answer = normal(vocab, width)  # R
        real = torch.ones(vocab, 1)
        real[0] = 0
        self.register_buffer("real", real, persistent=False)
        with torch.no_grad():
            self.embedding[0] = 0

    def forward(self, story: Tensor, question: Tensor, times: Tensor | None = None) -> Tensor:
        """Return a logit for every word; sentences stand in order, `times` is not read."""
        return self.run(story, question).logits

    def weights(self, story: Tensor, question: Tensor, times: Tensor | None = None) -> Tensor:
        r"""Return what every sentence has in what was read for the answer.

        A slot at the end is a sum of what each sentence wrote, scaled down by every later norm:
        :math:`h_j = \sum_t a_{tj}`. The shares :math:`a_{tj}^\top h_j` of the sentences, and of
        the key, sum to :math:`\lVert h_j \rVert^2 = 1`; a sentence's weight is :math:`\sum_j p_j\,
        a_{tj}^\top h_j`. It may be negative, and what the keys began with is left out.

        Shapes:
            as `forward` -> ``(B, 1, T)``.
        """
        run = self.run(story, question)
        return (run.shares * run.attention[:, None]).sum(-1)[:, None]

    def run(self, story: Tensor, question: Tensor) -> EntityRun:
        """Read stories sentence by sentence, answer, and tell all of it."""
        self._check(story, question)
        table = self.embedding * self.real
        said = (F.embedding(story, table) * self.sentence_mask[: story.shape[-1]]).sum(-2)
        asked = (F.embedding(question, table) * self.question_mask[: question.shape[-1]]).sum(-2)
        filled = (story != 0).any(-1)
        slots = self.keys.expand(len(story), -1, -1)
        pushed = F.linear(said, self.from_sentence)
        fixed = F.linear(self.keys, self.from_key) + self.bias
        opened = said @ self.keys.T + self.gate_bias
        gates, wrote, scales = [], [], []
        for t in range(story.shape[1]):
            logit = (slots @ said[:, t, :, None]).squeeze(-1) + opened[:, t]
            gate = torch.sigmoid(logit) * filled[:, t, None]
            inner = F.linear(slots, self.from_slot) + pushed[:, t, None] + fixed
            new = gate[..., None] * self._activate(inner)
            total = slots + new
            norm = torch.linalg.vector_norm(total, dim=-1, keepdim=True)
            scale = torch.where(filled[:, t, None, None], 1 / norm, 1.0)
            slots = total * scale
            gates.append(gate)
            wrote.append(new)
            scales.append(scale)
        attention = (slots @ asked.unsqueeze(-1)).squeeze(-1).softmax(-1)
        read = (attention.unsqueeze(-2) @ slots).squeeze(-2)
        logits = self._activate(asked + F.linear(read, self.carry)) @ self.answer.T
        told = torch.stack(gates, 1) if gates else slots.new_zeros(len(story), 0, self.slots)
        shares, later = [], torch.ones_like(slots[..., :1])
        for new, scale in zip(reversed(wrote), reversed(scales), strict=True):
            later = later * scale
            shares.append((new * later * slots).sum(-1))
        kept = torch.stack(shares[::-1], 1) if shares else told
        record(self, weights=attention[:, None], gates=told, slots=slots, shares=kept)
        return EntityRun(told, slots, attention, kept, logits)

    def _activate(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, self.slope * x)

    def _check(self, story: Tensor, question: Tensor) -> None:
        longest = max(story.shape[-1], question.shape[-1])
        if longest > self.words:
            raise ValueError(
                f"a sentence of {longest} words for a model of {self.words}: "
                "make the model with more `words`"
            )

    def sizes(self, longest: int) -> Sizes:
        """Return what `recollect.kernels.entity` must know, for stories of `longest` sentences."""
        return Sizes(self.vocab, self.slots, self.words, self.width, longest)

    def kernel_weights(self) -> NDArray[np.float32]:
        """Return a copy of the parameters in a row, as `recollect.kernels.entity` has them."""
        parts = [p.detach().float().reshape(-1) for p in self.parameters()]
        return torch.cat(parts).numpy().copy()

    @torch.no_grad()
    def take_kernel_weights(self, row: NDArray[np.float32]) -> None:
        """Copy the parameters back from a row."""
        sizes = [p.numel() for p in self.parameters()]
        for p, part in zip(self.parameters(), torch.from_numpy(row).split(sizes), strict=True):
            p.copy_(part.view_as(p))
