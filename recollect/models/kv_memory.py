"""The key-value memory network (Miller, Fisch, Dodge, Karimi, Bordes and Weston 2016).

Shape letters: ``B`` questions, ``J`` words, ``N`` slots, ``K`` features of a key, ``V`` features of
a value, ``C`` candidates, ``D`` width, ``H`` hops.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.score import dot

__all__ = [
    "KeyHash",
    "KeyValueMemory",
    "KeyValueSlots",
    "KeyValueStories",
    "sentence_slots",
    "triple_slots",
    "window_slots",
]

Slot = tuple[tuple[str, ...], tuple[str, ...]]  # the words of a key, those of its value


class KeyValueSlots(NamedTuple):
    """Slots as bags of features: rows of a vocabulary, 0 pads.

    Shapes:
        keys ``(..., N, K)``, values ``(..., N, V)``.
    """

    keys: Tensor
    values: Tensor


class KeyValueMemory(nn.Module, PyTorchModelHubMixin):
    r"""Answer a question by hops over slots that are found by a key and hold a value.

    .. math::
        p_i = \mathrm{softmax}_i(q_h^\top A\,\Phi_K(k_i)), \quad
        o = \textstyle\sum_i p_i A\,\Phi_V(v_i), \quad
        q_{h+1} = R_h (q_h + o), \quad
        \hat a = \arg\max_y q_{H+1}^\top B\,\Phi_Y(y)

    Sections 3.1 and 3.2, with :math:`q_1 = A\,\Phi_X(x)`. One table embeds words wherever they
    stand, and `tied` makes :math:`B = A`, as in the authors' code. What keys and values are is the
    maker's choice: `triple_slots`, `window_slots`, `sentence_slots`; where there are very many,
    `KeyHash` picks those that share a word with the question. End-to-end memory networks
    (`recollect.models.MemN2N`) are the case of equal keys and values. Every hop's weights are
    returned by `weights` and reach a `recollect.trace`.

    Args:
        vocab: features, with 0 for padding.
        width: D.
        hops: H.
        tied: one table for the answers, too.

    Shapes:
        question ``(B, J)``; slots with keys ``(N, K)`` and values ``(N, V)`` for all questions, or
        ``(B, N, K)`` and ``(B, N, V)``; candidates ``(C, Y)``, or None for the single features of
        the vocabulary; mask None or ``(B, N)``, True = may be read -> logits ``(B, C)``.

    Raises:
        ValueError: a size is not positive.

    >>> model = KeyValueMemory(9, width=8, hops=2)
    >>> slots = KeyValueSlots(torch.tensor([[1, 2], [3, 2]]), torch.tensor([[3], [4]]))
    >>> model(torch.tensor([[1, 2, 2]]), slots).shape
    torch.Size([1, 9])
    >>> model.weights(torch.tensor([[1, 2, 2]]), slots).shape
    torch.Size([1, 2, 2])
    """

    def __init__(self, vocab: int, *, width: int = 64, hops: int = 2, tied: bool = True):
        super().__init__()
        for name, size in (("vocab", vocab), ("width", width), ("hops", hops)):
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        self.embed = nn.EmbeddingBag(vocab, width, mode="sum", padding_idx=0)
        nn.init.normal_(self.embed.weight, std=width**-0.5)
        self.answer = None if tied else nn.EmbeddingBag(vocab, width, mode="sum", padding_idx=0)
        with torch.no_grad():
            self.embed.weight[0] = 0
        carries = [nn.Linear(width, width, bias=False) for _ in range(hops)]
        for carry in carries:
            nn.init.eye_(carry.weight)
        self.carry = nn.ModuleList(carries)
        self.read = nn.ModuleList(Reader(dot()) for _ in range(hops))

    def forward(
        self,
        question: Tensor,
        slots: KeyValueSlots,
        candidates: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Return a logit for every candidate; see the class."""
        state = self._hops(question, slots, mask)[0]
        table = self.embed if self.answer is None else self.answer
        if candidates is None:
            return state @ table.weight.T
        return state @ _bags(table, candidates).T

    def weights(self, question: Tensor, slots: KeyValueSlots, mask: Tensor | None = None) -> Tensor:
        """Return the weight of every slot in every hop.

        Shapes:
            as `forward` -> ``(B, H, N)``.
        """
        return self._hops(question, slots, mask, keep=True)[1]

    def _hops(
        self, question: Tensor, slots: KeyValueSlots, mask: Tensor | None, keep: bool = False
    ) -> tuple[Tensor, Tensor]:
        state = _bags(self.embed, question).unsqueeze(-2)  # (B, 1, D)
        keys, values = _bags(self.embed, slots.keys), _bags(self.embed, slots.values)
        readable = None if mask is None else mask.unsqueeze(-2)
        kept = []
        for read, carry in zip(self.read, self.carry, strict=True):
            assert isinstance(read, Reader)
            memory = read.bind(keys, values, readable)
            if keep:
                kept.append(read.weights(state, memory))
            state = carry(state + read(state, memory))
        return state.squeeze(-2), torch.cat(kept, -2) if keep else state


class KeyValueStories(nn.Module, PyTorchModelHubMixin):
    """A `KeyValueMemory` whose slots are the sentences of a story, each with its age as a word.

    A sentence is its own key and value, a bag of words (section 3.3, "sentence level"); as bags
    have no order, its age is one more feature. Word 0 is nil.

    Args:
        vocab: words.
        ages: sentences that are told apart by their age; older ones are as old as the last.
        width: D.
        hops: H.

    Shapes:
        story ``(B, N, J)`` word ids, 0 behind the last word and in empty slots; question ``(B,
        J)``; times ``(B, N)``, 1 for the most recent sentence and 0 for an empty slot, or None,
        where the sentences stand in order -> logits ``(B, vocab)``.

    Raises:
        ValueError: a size is not positive.

    >>> model = KeyValueStories(20, ages=5, width=8)
    >>> story, question = torch.tensor([[[3, 4, 5, 0], [6, 4, 7, 0]]]), torch.tensor([[2, 3, 0, 0]])
    >>> model(story, question).shape, model.weights(story, question).shape
    (torch.Size([1, 20]), torch.Size([1, 2, 2]))
    """

    def __init__(self, vocab: int, *, ages: int = 50, width: int = 50, hops: int = 2):
        super().__init__()
        if ages < 1:
            raise ValueError(f"ages is {ages}; it must be 1 or more")
        self.vocab, self.ages = vocab, ages
        self.memory = KeyValueMemory(vocab + ages, width=width, hops=hops)

    def forward(self, story: Tensor, question: Tensor, times: Tensor | None = None) -> Tensor:
        """Return a logit for every word; see the class."""
        slots, mask = self._slots(story, times)
        return self.memory(question, slots, None, mask)[..., : self.vocab]

    def weights(self, story: Tensor, question: Tensor, times: Tensor | None = None) -> Tensor:
        """Return the weight of every sentence in every hop: ``(B, H, N)``."""
        slots, mask = self._slots(story, times)
        return self.memory.weights(question, slots, mask)

    def _slots(self, story: Tensor, times: Tensor | None) -> tuple[KeyValueSlots, Tensor]:
        told = (story != 0).any(-1)
        if times is None:
            times = told.flip(-1).cumsum(-1).flip(-1)
        age = torch.where(told, self.vocab - 1 + times.clamp(1, self.ages), 0)
        bags = torch.cat([story, age.unsqueeze(-1)], -1)
        return KeyValueSlots(bags, bags), told


def _bags(table: nn.EmbeddingBag, features: Tensor) -> Tensor:
    """Embed bags of features: ``(..., K)`` -> ``(..., D)``."""
    return table(features.flatten(0, -2)).unflatten(0, features.shape[:-1])


def triple_slots(triples: Iterable[tuple[str, str, str]], *, both_ways: bool = True) -> list[Slot]:
    """Make slots of a knowledge base: key = subject and relation, value = object.

    With `both_ways` also the triple read backwards, under a relation of its own (section 3.3, "KB
    triple").

    >>> triple_slots([("Dune", "directed_by", "Lynch")])[1]
    (('Lynch', '!directed_by'), ('Dune',))
    """
    out: list[Slot] = []
    for subject, relation, object_ in triples:
        out.append(((subject, relation), (object_,)))
        if both_ways:
            out.append(((object_, f"!{relation}"), (subject,)))
    return out


def sentence_slots(sentences: Iterable[Sequence[str]]) -> list[Slot]:
    """Make slots of sentences: key and value are the same bag (section 3.3, "sentence level").

    >>> sentence_slots([["Ann", "left"]])
    [(('Ann', 'left'), ('Ann', 'left'))]
    """
    return [(tuple(words), tuple(words)) for words in sentences]


def window_slots(
    words: Sequence[str],
    entities: Iterable[str],
    *,
    width: int = 7,
    title: str | None = None,
) -> list[Slot]:
    """Make a slot of the words around every entity: the window is the key, the entity the value.

    The word in the middle is another feature than the same word beside it ("1:" before it, as in
    the authors' code), and with a `title` every window is also found by, and gives, the title
    (section 3.3, "window level", "+ centre encoding", "+ title").

    Raises:
        ValueError: `width` is even or not positive: a window has a middle.

    >>> window_slots("the film by Lynch won".split(), {"Lynch"}, width=3)
    [(('by', '1:Lynch', 'won'), ('Lynch',))]
    """
    if width < 1 or width % 2 == 0:
        raise ValueError(f"width is {width}; a window has a middle, so give an odd number")
    named, half = set(entities), width // 2
    out: list[Slot] = []
    for i, word in enumerate(words):
        if word not in named:
            continue
        around = words[max(0, i - half) : i], words[i + 1 : i + half + 1]
        key = (*around[0], f"1:{word}", *around[1])
        if title is not None:
            out.append(((*key, title), (title,)))
            key = (*key, title)
        out.append((key, (word,)))
    return out


class KeyHash:
    """The slots that share a word with a question: those that a large memory is cut to.

    Words that stand in more than `most` keys tell nothing and are passed over (section 3.1, "key
    hashing"; the authors took words of a corpus frequency below 1000).

    Args:
        keys: the words of every key.
        most: keys that a word may stand in.

    >>> index = KeyHash([("Ann", "mother"), ("Bob", "mother"), ("Ann", "job")], most=2)
    >>> index.find(["Ann", "job"]), KeyHash([("a", "b"), ("a", "c")], most=1).find(["a"])
    ([0, 2], [])
    """

    def __init__(self, keys: Iterable[Sequence[str]], *, most: int = 1000):
        if most < 1:
            raise ValueError(f"most is {most}; it must be 1 or more")
        self.most = most
        self._slots: dict[str, list[int]] = {}
        for i, words in enumerate(keys):
            for word in set(words):
                self._slots.setdefault(word, []).append(i)

    def reach(
        self, words: Iterable[str], values: Sequence[Sequence[str]], *, hops: int = 1
    ) -> list[int]:
        """The slots within some hops: those that share a word with the question, then with values.

        A chain of triples is found by its subject alone at its first hop; what the slots found so
        far hold is asked for at the next one.

        >>> kin = [(("Ann", "mother"), ("Eve",)), (("Eve", "job"), ("judge",))]
        >>> index, values = KeyHash(key for key, _ in kin), [value for _, value in kin]
        >>> index.reach(["Ann"], values), index.reach(["Ann"], values, hops=2)
        ([0], [0, 1])
        """
        asked, found = set(words), set[int]()
        for _ in range(hops):
            new = set(self.find(asked)) - found
            found |= new
            asked = {word for slot in new for word in values[slot]}
        return sorted(found)

    def find(self, words: Iterable[str], limit: int | None = None) -> list[int]:
        """The slots that share a word, in order; of more than `limit`, those that share most."""
        shared: dict[int, int] = {}
        for word in set(words):
            slots = self._slots.get(word, [])
            if len(slots) <= self.most:
                for slot in slots:
                    shared[slot] = shared.get(slot, 0) + 1
        best = sorted(shared, key=lambda slot: (-shared[slot], slot))
        return sorted(best[:limit])
