"""The tensor-product memory of TPR-RNN (Schlag and Schmidhuber 2018), without its tensor.

Shape letters: ``B`` batch, ``T`` sentences, ``J`` words of a sentence, ``Q`` questions, ``V``
words, ``E`` entity and ``R`` role width, ``M`` = 3 ``T`` slots, which are writes: a sentence makes
three.
"""

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.trace import record

__all__ = ["TPRMemory", "TPRRNN", "tensor_scan", "tensor_writes"]

WRITES = ("write", "move", "backlink")
"""The three writes of a sentence, in the order of the slots."""


class TPRMemory(NamedTuple):
    """What a story left behind: writes with a key of two parts and a value.

    Shapes:
        entities ``(B, M, E)``, roles ``(B, M, R)``, values ``(B, M, E)``, mask ``(B, M)``, True for
        a write; slot 3 t + i is write i of sentence t.
    """

    entities: Tensor
    roles: Tensor
    values: Tensor
    mask: Tensor


def tensor_writes(entities: Tensor, roles: Tensor) -> Tensor:
    r"""Return the values that a story writes, all sentences at once.

    Sentence t replaces what the memory :math:`F` of the sentences before it holds under three keys:

    .. math::
        \Delta F_t = e_1 \otimes r_1 \otimes (e_2 - \hat w)
            + e_1 \otimes r_2 \otimes (\hat w - \hat m) + e_2 \otimes r_3 \otimes (e_1 - \hat b)

    where :math:`\hat w = \langle F; e_1, r_1 \rangle`, :math:`\hat m = \langle F; e_1, r_2 \rangle`
    and :math:`\hat b = \langle F; e_2, r_3 \rangle` (section 3.2). As :math:`F` is a sum of such
    writes, a read is a sum of their values, weighed by the products of the two dots of the keys; so
    the values solve a triangular system :math:`(I + D A) V = Y`, with :math:`A` the weights of the
    writes of earlier sentences and :math:`D` the differences above. The tensor of E·R·E numbers is
    never made: `tensor_scan` makes it, and is the oracle.

    Shapes:
        entities ``(B, T, 2, E)``, roles ``(B, T, 3, R)`` -> values ``(B, T, 3, E)``.
    """
    B, T = entities.shape[:2]
    key, role = _keys(entities), roles.reshape(B, 3 * T, -1)
    weights = (key @ key.mT) * (role @ role.mT)  # (B, M, M)
    when = torch.arange(3 * T, device=key.device) // 3
    weights = (weights * (when[:, None] > when)).view(B, T, 3, 3 * T)
    written, moved, linked = weights.unbind(2)
    system = torch.stack([written, moved - written, linked], 2).view(B, 3 * T, 3 * T)
    first, second = entities.unbind(2)
    wanted = torch.stack([second, torch.zeros_like(second), first], 2).view(B, 3 * T, -1)
    # Unitriangular: the diagonal is taken for ones, whatever stands there.
    solved = torch.linalg.solve_triangular(system, wanted, upper=False, unitriangular=True)
    return solved.view(B, T, 3, -1)


def tensor_scan(entities: Tensor, roles: Tensor) -> tuple[Tensor, Tensor]:
    """Write a story into the tensor sentence by sentence: what the equations say.

    Shapes:
        entities ``(B, T, 2, E)``, roles ``(B, T, 3, R)`` -> values ``(B, T, 3, E)``, the tensor
        ``(B, E, R, E)``.
    """
    B, T, _, E = entities.shape
    state = entities.new_zeros(B, E, roles.shape[-1], E)
    values = []
    for t in range(T):
        (first, second), (r1, r2, r3) = entities[:, t].unbind(1), roles[:, t].unbind(1)
        was = torch.einsum("be,br,berf->bf", first, r1, state)
        moved = torch.einsum("be,br,berf->bf", first, r2, state)
        linked = torch.einsum("be,br,berf->bf", second, r3, state)
        value = torch.stack([second - was, was - moved, first - linked], 1)
        key = torch.stack([first, first, second], 1)
        state = state + torch.einsum("bie,bir,bif->berf", key, roles[:, t], value)
        values.append(value)
    return torch.stack(values, 1), state


class TPRRNN(nn.Module, PyTorchModelHubMixin):
    r"""Write a story into a tensor of entity, role, entity and answer in three chained reads.

    .. math::
        s = \sum_j p_j \odot x_j, \quad i_1 = \mathrm{LN}\langle F; n, l_1\rangle, \quad
        i_2 = \mathrm{LN}\langle F; i_1, l_2\rangle, \quad
        i_3 = \mathrm{LN}\langle F; i_2, l_3\rangle,
        \quad \hat y = \mathrm{softmax}(Z (i_1 + i_2 + i_3))

    Schlag and Schmidhuber 2018, "Learning to reason with third-order tensor products", sections 3.1
    to 3.3: perceptrons of one hidden layer make entities and roles of a sentence, and n, l of a
    question; the three reads are the hops of a chain. The memory is kept as its writes
    (`tensor_writes`), so that a story is one triangular solve and a read is a weighted sum of
    writes, whose weights tell the sentences an answer rests on. Word 0 is nil.

    Shapes:
        story ``(B, T, J)`` word ids, 0 behind the last word and in empty sentences; question ``(B,
        J)`` -> logits ``(B, V)``.

    Raises:
        ValueError: a size is not positive, or a sentence has more words than the model.

    >>> model = TPRRNN(20, words=4, entity=6, role=3, hidden=5)
    >>> story, question = torch.tensor([[[3, 4, 5, 0], [6, 4, 7, 0]]]), torch.tensor([[2, 3, 0, 0]])
    >>> model(story, question).shape, model.weights(story, question).shape
    (torch.Size([1, 20]), torch.Size([1, 3, 2]))
    """

    def __init__(
        self,
        vocab: int,
        *,
        words: int = 11,
        entity: int = 90,
        role: int = 20,
        hidden: int = 40,
        symbol: int | None = None,
    ):
        super().__init__()
        symbol = vocab if symbol is None else symbol
        for name, size in (("vocab", vocab), ("words", words), ("entity", entity), ("role", role),
                           ("hidden", hidden), ("symbol", symbol)):  # fmt: skip
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        self.words = words
        self.embedding = nn.Parameter(torch.empty(vocab, symbol).uniform_(-0.1, 0.1))
        self.place = nn.Parameter(torch.ones(words, symbol) / words)
        self.tell = _Parts(symbol, hidden, (entity, 2), (role, 3))
        self.ask = _Parts(symbol, hidden, (entity, 1), (role, 3))
        self.gain, self.bias = nn.Parameter(torch.ones(3)), nn.Parameter(torch.zeros(3))
        self.answer = nn.Parameter(torch.empty(vocab, entity))
        nn.init.xavier_uniform_(self.answer)

    def forward(self, story: Tensor, question: Tensor) -> Tensor:
        """Return a logit for every word; see the class."""
        return self.logits(self._once(story, question)[0]).squeeze(1)

    def weights(self, story: Tensor, question: Tensor) -> Tensor:
        """Return how far each sentence moved each of the three reads, as shares.

        The share of a sentence is that of the lengths of its writes' parts in the read, before the
        norm: the weights themselves have signs.

        Shapes:
            as `forward` -> ``(B, 3, T)``.
        """
        return self._once(story, question)[1].squeeze(1)

    def _once(self, story: Tensor, question: Tensor) -> tuple[Tensor, Tensor]:
        memory = self.remember(*self.told(story), (story != 0).any(-1))
        found, kept = self.infer(memory, *self.asked(question.unsqueeze(1)))
        return found, self.evidence(memory, kept)

    def told(self, sentences: Tensor) -> tuple[Tensor, Tensor]:
        """Return what sentences say: two entities and three roles.

        Shapes:
            sentences ``(..., J)`` -> ``(..., 2, E)``, ``(..., 3, R)``.
        """
        return self.tell(self._embed(sentences))

    def asked(self, questions: Tensor) -> tuple[Tensor, Tensor]:
        """Return what questions ask: an entity and the three roles of the way from it.

        Shapes:
            questions ``(..., J)`` -> ``(..., 1, E)``, ``(..., 3, R)``.
        """
        return self.ask(self._embed(questions))

    def remember(self, entities: Tensor, roles: Tensor, mask: Tensor) -> TPRMemory:
        """Write stories: the memory after their last sentence, from which earlier ones can be had.

        Shapes:
            entities ``(B, T, 2, E)``, roles ``(B, T, 3, R)``, mask ``(B, T)``, True for a sentence.
        """
        B, T = mask.shape
        # A sentence that is not there writes nothing, since its keys are nothing.
        roles = roles * mask[..., None, None]
        values = tensor_writes(entities, roles).reshape(B, 3 * T, -1)
        slots = mask.repeat_interleave(3, 1)
        return TPRMemory(_keys(entities), roles.reshape(B, 3 * T, -1), values, slots)

    def infer(
        self, memory: TPRMemory, subject: Tensor, links: Tensor, before: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read three times: the sum of the reads, and the weights of the writes in each.

        Questions are answered from the first `before` sentences of their story; None reads all.

        Shapes:
            subject ``(B, Q, 1, E)``, links ``(B, Q, 3, R)``, before ``(B, Q)`` -> ``(B, Q, E)``,
            ``(B, Q, 3, M)``.
        """
        seen = memory.mask.unsqueeze(1)
        if before is not None:
            when = torch.arange(seen.shape[-1], device=seen.device) // 3
            seen = seen & (when < before.unsqueeze(-1))
        # What each link finds is known before the first read.
        linked = (links.flatten(1, 2) @ memory.roles.mT).unflatten(1, (-1, 3))
        linked = (linked * seen.unsqueeze(2)).unbind(2)
        state, kept, total = subject.squeeze(2), [], 0
        for link, gain, bias in zip(linked, self.gain, self.bias, strict=True):
            weights = (state @ memory.entities.mT) * link
            record(self, weights=weights)
            kept.append(weights)
            state = F.layer_norm(weights @ memory.values, state.shape[-1:], eps=1e-7) * gain + bias
            total = total + state
        return cast(Tensor, total), torch.stack(kept, 2)

    def logits(self, found: Tensor) -> Tensor:
        """Return a logit for every word: ``(..., E)`` -> ``(..., V)``."""
        return F.linear(found, self.answer)

    def evidence(self, memory: TPRMemory, weights: Tensor) -> Tensor:
        """Return the share of every sentence in each read, as `weights` does.

        Shapes:
            weights ``(B, Q, 3, M)`` -> ``(B, Q, 3, T)``.
        """
        moved = weights.abs() * memory.values.norm(dim=-1)[:, None, None]
        each = moved.unflatten(-1, (-1, 3)).sum(-1)
        return each / each.sum(-1, keepdim=True).clamp(min=1e-12)

    def _embed(self, words: Tensor) -> Tensor:
        if words.shape[-1] > self.words:
            raise ValueError(
                f"a sentence of {words.shape[-1]} words for a model of {self.words}: "
                "make the model with more `words`"
            )
        # One product over the real words in place of (..., J, symbol) numbers and their gradients.
        rows = words.reshape(-1, words.shape[-1])
        at, word = rows.nonzero(as_tuple=True)
        held = F.embedding(rows[at, word], self.embedding) * F.embedding(word, self.place)
        summed = held.new_zeros(len(rows), held.shape[-1]).index_add(0, at, held)
        return summed.view(*words.shape[:-1], -1)


class _Parts(nn.Module):
    """Perceptrons side by side: a vector in, several entities and several roles out, in -1 to 1."""

    def __init__(self, size: int, hidden: int, entities: tuple[int, int], roles: tuple[int, int]):
        super().__init__()
        self.hidden, self.split = hidden, (entities[1], roles[1])
        nets = sum(self.split)
        self.inner = nn.Linear(size, nets * hidden)
        self.entity = nn.Parameter(torch.empty(entities[1], hidden, entities[0]))
        self.role = nn.Parameter(torch.empty(roles[1], hidden, roles[0]))
        self.entity_bias = nn.Parameter(torch.zeros(entities[1], entities[0]))
        self.role_bias = nn.Parameter(torch.zeros(roles[1], roles[0]))
        nn.init.zeros_(self.inner.bias)
        for each in (*self.inner.weight.view(nets, hidden, size).unbind(0),
                     *self.entity.unbind(0), *self.role.unbind(0)):  # fmt: skip
            nn.init.xavier_uniform_(each.data)  # a net by itself, not the stack of them

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``(..., size)`` -> ``(..., 2, E)``, ``(..., 3, R)``."""
        hidden = self.inner(x).tanh().unflatten(-1, (-1, self.hidden))
        one, other = hidden.split(self.split, -2)
        entities = torch.einsum("...ih,iho->...io", one, self.entity) + self.entity_bias
        roles = torch.einsum("...ih,iho->...io", other, self.role) + self.role_bias
        return entities.tanh(), roles.tanh()


def _keys(entities: Tensor) -> Tensor:
    """The entities under which a story writes: ``(B, T, 2, E)`` -> ``(B, M, E)``."""
    return entities[:, :, [0, 0, 1]].flatten(1, 2)
