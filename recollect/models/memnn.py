"""The memory network that is told its facts (Weston, Chopra and Bordes 2014, arXiv:1410.3916).

Shape letters: ``B`` batch, ``M`` memory slots, ``J`` words of a sentence, ``G`` features of a text,
``D`` width, ``K`` hops, ``V`` words with nil.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.trace import record

__all__ = ["MemNN", "MemNNChoice", "MemNNLoss", "features", "undefeated"]


def features(tokens: Tensor, *, grams: int, buckets: int) -> Tensor:
    """Return a text's n-grams, of 1 to `grams` words, as rows of a hashed table; 0 is none.

    An n-gram of two words or more may begin before the first word or end behind the last, so that
    first and last words are known as such.

    Shapes:
        tokens ``(..., J)``, 0 behind the last word -> ``(..., G)``.

    >>> rows = features(torch.tensor([[3, 4, 0], [3, 4, 3]]), grams=2, buckets=64)
    >>> rows.shape, (rows[0] > 0).sum().item(), bool(rows[0, 0] == rows[1, 2])
    (torch.Size([2, 7]), 5, True)
    """
    edge = tokens.new_full((*tokens.shape[:-1], 1), -1)
    behind = F.pad((tokens != 0).long(), (1, 1), value=0).cumsum(-1)
    padded = F.pad(tokens, (0, 1))
    # The end mark stands where the first empty place is, and nowhere in an empty slot.
    end = (padded == 0) & (behind[..., 1:] == (tokens != 0).sum(-1, keepdim=True))
    end = end & (end.cumsum(-1) == 1) & (tokens[..., :1] != 0)
    marked = torch.cat([edge * (tokens[..., :1] != 0), padded.masked_fill(end, -2)], -1)
    found = []
    for size in range(1, grams + 1):
        text = tokens if size == 1 else marked
        runs = text.unfold(-1, size, 1) if text.shape[-1] >= size else text[..., :0, None]
        code = torch.full(runs.shape[:-1], size, device=tokens.device)
        for word in runs.unbind(-1):
            code = (code * 0x01000193 + word + 5) & 0x7FFFFFFF
        code = ((code ^ (code >> 15)) * 0x2C1B3C6D) & 0x7FFFFFFF
        row = 1 + (code ^ (code >> 12)) % (buckets - 1)
        found.append(row * (runs != 0).all(-1))
    return torch.cat(found, -1)


def undefeated(scores: Tensor, pace: Tensor, mask: Tensor) -> Tensor:
    r"""Return by how much every candidate beats the one that does best against it.

    .. math:: r_i = \min_j \; a_i - a_j + \tau \, \mathrm{sign}(i - j)

    Candidates stand in the order of their age, and the younger of two has an advantage of
    :math:`\tau`. One that beats all others is what a scan with pairwise comparisons ends at
    (section 3.2 of the paper); two running maxima tell it without a loop.

    Shapes:
        scores, mask ``(B, M)``, pace ``(B,)`` -> ``(B, M)``, -inf where `mask` is False.

    >>> undefeated(torch.tensor([[2.0, 2.0, 0.0]]), torch.tensor([0.5]), torch.ones(1, 3).bool())
    tensor([[-0.5000,  0.5000, -1.5000]])
    """
    out = -torch.inf
    held = scores.masked_fill(~mask, out)
    older = F.pad(held, (1, 0), value=out).cummax(-1).values[..., :-1]
    younger = F.pad(held.flip(-1), (1, 0), value=out).cummax(-1).values[..., :-1].flip(-1)
    best = torch.maximum(older - pace[..., None], younger + pace[..., None])
    # A lone candidate has nobody to beat.
    return (scores - best.clamp(min=-1e4)).masked_fill(~mask, out)


class MemNNChoice(NamedTuple):
    """What was read for a question, and the score of every answer.

    Shapes:
        slots ``(B, K)``, the facts in the order they were chosen, -1 behind the last; logits ``(B,
        V)``.
    """

    slots: Tensor
    logits: Tensor


class MemNNLoss(NamedTuple):
    """The margins that were missed when choosing facts, and when answering.

    Shapes:
        scalars, sums over the batch.
    """

    facts: Tensor
    answer: Tensor


class _Encoder(nn.Module):
    """Texts as bags of features, one table a role, and two layers over their sum."""

    def __init__(self, roles: int, buckets: int, width: int):
        super().__init__()
        self.tables = nn.ParameterList(torch.randn(buckets, width) * 0.1 for _ in range(roles))
        self.layer = nn.Linear(width, width)

    def bag(self, rows: Tensor, role: int) -> Tensor:
        """Sum a role's table over features: ``(..., G)`` -> ``(..., D)``."""
        flat = rows.reshape(-1, rows.shape[-1])
        sums = F.embedding_bag(flat, self.tables[role], mode="sum", padding_idx=0)
        return sums.view(*rows.shape[:-1], sums.shape[-1])

    def forward(self, total: Tensor) -> Tensor:
        return self.layer(total.tanh()).tanh()


class MemNN(nn.Module, PyTorchModelHubMixin):
    r"""Choose the facts behind an answer one after another, then choose the answer.

    .. math::
        o_k = \arg\max_i s_O([q, m_{o_1}, \dots, m_{o_{k-1}}], m_i), \quad
        \hat a = \arg\max_w s_R([q, m_{o_1}, \dots], w), \quad s(x, y) = E(x)^\top E'(y)

    Section 3, with what Weston et al. (2015, arXiv:1502.05698) add for bAbI: texts are bags of
    n-grams, :math:`E` has two layers, and one candidate means that the facts suffice, so their
    number adapts. A text has another table as the question, as a fact chosen before, as the last
    one chosen and as a candidate (sections 3.1 and 3.5's copies of the vocabulary). I and G are
    plain: a sentence is kept as it came.

    Write times (section 3.2): a candidate knows whether it is older than the last fact, and of
    two candidates the younger has an advantage, of either sign, that depends on :math:`x`; see
    `undefeated`. Exact matches (section 3.5): with `linked`, a sentence is told a second time, each
    word that the question has too replaced by its place there, and each that a chosen fact has by a
    mark, so that n-grams speak of names that were never seen.

    Shapes:
        story ``(B, M, J)`` word ids, oldest first, 0 behind the last word and in empty slots, which
        come last; question ``(B, J)`` -> scores ``(B, V)``.

    Raises:
        ValueError: a size is not positive, or the input has more words than the model.

    >>> model = MemNN(20, width=8, hops=2, words=4)
    >>> story, question = torch.tensor([[[3, 4, 5, 0], [6, 4, 7, 0]]]), torch.tensor([[2, 3, 0, 0]])
    >>> model(story, question).shape, model.weights(story, question).shape
    (torch.Size([1, 20]), torch.Size([1, 2, 2]))
    """

    def __init__(
        self,
        vocab: int,
        *,
        width: int = 50,
        hops: int = 10,
        words: int = 11,
        grams: int = 3,
        buckets: int = 4096,
        linked: bool = True,
        margin: float = 0.1,
    ):
        super().__init__()
        for name, size in (("vocab", vocab), ("width", width), ("hops", hops), ("words", words),
                           ("grams", grams), ("buckets", buckets - 1)):  # fmt: skip
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        if not margin > 0:
            raise ValueError(f"margin is {margin}; it must be above 0")
        self.vocab, self.width, self.hops, self.words = vocab, width, hops, words
        self.grams, self.buckets, self.linked, self.margin = grams, buckets, linked, margin
        self.asked = _Encoder(3, buckets, width)
        self.candidate = _Encoder(1, buckets, width)
        self.pair = nn.Parameter(torch.randn(3, width) * 0.1)  # older, younger, the younger's bonus
        self.enough = nn.Parameter(torch.randn(width) * 0.1)
        self.answering = _Encoder(3, buckets, width)
        self.answers = nn.Parameter(torch.randn(vocab, width) * 0.1)

    def forward(self, story: Tensor, question: Tensor, times: Tensor | None = None) -> Tensor:
        """Return a score for every word; sentences stand in order, `times` is not read."""
        return self.choose(story, question).logits

    def weights(self, story: Tensor, question: Tensor, times: Tensor | None = None) -> Tensor:
        """Return 1 for the fact that a hop chose, and 0 for all others.

        Shapes:
            as `forward` -> ``(B, K, M)``.
        """
        slots = self.choose(story, question).slots
        return _chosen(slots, story.shape[1])

    def choose(self, story: Tensor, question: Tensor) -> MemNNChoice:
        """Return the facts and the scores; a `recollect.trace` records the facts as weights."""
        self._check(story, question)
        slots = question.new_full((len(story), self.hops), -1)
        going = question.new_ones(len(story), dtype=torch.bool)
        texts = self._texts(story, question)
        for hop in range(self.hops):
            scores, pace, enough, mask = self._rate(texts, slots)
            best = undefeated(scores, pace, mask).argmax(-1)
            reached = scores.gather(-1, best[:, None]).squeeze(-1) > enough
            going = going & mask.any(-1) & (reached | (hop == 0))  # there is always a first fact
            if not going.any():
                break
            slots[:, hop] = torch.where(going, best, -1)
        logits = self._answer(texts, slots)
        record(self, weights=_chosen(slots, story.shape[1]))
        return MemNNChoice(slots, logits)

    def loss(self, story: Tensor, question: Tensor, answer: Tensor, chain: Tensor) -> MemNNLoss:
        r"""Return the missed margins of every choice, given the right choices before it.

        .. math:: \sum_{\bar f \ne m_{o_k}} [\gamma - s_O(x, m_{o_k}) + s_O(x, \bar f)]_+ + \dots
            + \sum_{\bar r \ne r} [\gamma - s_R(x, r) + s_R(x, \bar r)]_+

        Equations 6 to 8 of the paper; all negatives are taken, not a sample of them. Where a gold
        fact is no longer in memory, neither it nor what follows is asked for.

        Shapes:
            answer ``(B,)``; chain ``(B, F)``, slots in order, -1 behind the last.
        """
        self._check(story, question)
        texts = self._texts(story, question)
        held = F.pad(chain, (0, max(0, self.hops - chain.shape[1])), value=-1)[:, : self.hops]
        known = (held >= 0).cumprod(-1).bool()
        held = torch.where(known, held, -1)
        hop = torch.arange(self.hops, device=held.device)
        length = known.sum(-1, keepdim=True)
        # The end is learned where the chain is whole; a first fact there always is.
        whole = (chain >= 0).sum(-1, keepdim=True) == length
        asked = known | ((hop == length) & whole & (hop > 0))
        row, place = asked.nonzero(as_tuple=True)
        before = torch.where(hop < place[:, None], held[row], -1)
        facts = self._missed(_Texts(*(part[row] for part in texts)), before, held[row, place])
        scores = self._answer(texts, held)
        right = scores.gather(-1, answer[:, None])
        missed = (self.margin - right + scores).clamp(min=0)
        return MemNNLoss(facts, missed.sum() - self.margin * len(answer))

    def _missed(self, texts: "_Texts", before: Tensor, gold: Tensor) -> Tensor:
        """Return the missed margins of choices after `before`; a gold fact of -1 is the end."""
        scores, pace, enough, mask = self._rate(texts, before)
        ends = gold < 0
        slot = torch.arange(mask.shape[1], device=mask.device)
        right = torch.where(ends, enough, scores.gather(-1, gold.clamp(min=0)[:, None])[:, 0])
        bonus = pace[:, None] * (gold[:, None] - slot).sign() * ~ends[:, None]
        against = (self.margin - (right[:, None] - scores + bonus)).clamp(min=0)
        against = against * (mask & (slot != gold[:, None]))
        stops = (self.margin - (right - enough)).clamp(min=0) * (~ends & (before >= 0).any(-1))
        return against.sum() + stops.sum()

    def _texts(self, story: Tensor, question: Tensor) -> "_Texts":
        """Return what does not change from hop to hop."""
        place = torch.zeros(len(story), self.vocab, dtype=torch.long, device=story.device)
        order = torch.arange(question.shape[1], 0, -1, device=story.device).expand_as(question)
        place.scatter_reduce_(1, question, order, "amax")  # a word's first place counts
        place[:, 0] = 0
        seen = place.gather(1, story.flatten(1)).view_as(story)
        linked = torch.where(seen > 0, self.vocab + question.shape[1] - seen, story)
        rows = features(story, grams=self.grams, buckets=self.buckets)
        if self.linked:
            other = features(linked, grams=self.grams, buckets=self.buckets)
            rows = torch.cat([rows, other], -1)
        asked = features(question, grams=self.grams, buckets=self.buckets)
        return _Texts(story, linked, rows, asked)

    def _rate(self, texts: "_Texts", slots: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Score what may follow the facts `slots`: candidates, the young's bonus, the end, who."""
        state = self.asked(self._state(self.asked, texts, slots))
        story, last = texts.story, _last(slots)
        total = self.candidate.bag(texts.rows, 0)
        if self.linked and slots.shape[1]:
            total = total + self.candidate.bag(self._marked(texts, slots), 0)
        slot = torch.arange(story.shape[1], device=story.device)
        total = total + self.pair[(slot > last).long()] * (last >= 0)[..., None]
        scores = (self.candidate(total) @ state.unsqueeze(-1)).squeeze(-1)
        mask = (story != 0).any(-1) & (_chosen(slots, story.shape[1]).sum(1) == 0)
        return scores, state @ self.pair[2], state @ self.enough, mask

    def _marked(self, texts: "_Texts", slots: Tensor) -> Tensor:
        """Return the features of sentences in which words of chosen facts are marked."""
        story = texts.story
        read = _gather(story, slots).flatten(1)
        held = torch.zeros(len(story), self.vocab, dtype=torch.bool, device=story.device)
        held = held.scatter(1, read, True)
        held[:, 0] = False
        inside = held.gather(1, story.flatten(1)).view_as(story)
        mark = self.vocab + self.words
        tokens = torch.where(inside & (texts.linked < self.vocab), mark, texts.linked)
        rows = features(tokens, grams=self.grams, buckets=self.buckets)
        # Only what a mark changes is new.
        return rows * (tokens == mark).any(-1, keepdim=True)

    def _state(self, encoder: _Encoder, texts: "_Texts", slots: Tensor) -> Tensor:
        total = encoder.bag(texts.asked, 0) + encoder.bag(_gather(texts.rows, slots), 1).sum(1)
        return total + encoder.bag(_gather(texts.rows, _last(slots)), 2).squeeze(1)

    def _answer(self, texts: "_Texts", slots: Tensor) -> Tensor:
        return self.answering(self._state(self.answering, texts, slots)) @ self.answers.T

    def _check(self, story: Tensor, question: Tensor) -> None:
        longest = max(story.shape[-1], question.shape[-1])
        if longest > self.words:
            raise ValueError(
                f"a sentence of {longest} words for a model of {self.words}: "
                "make the model with more `words`"
            )


class _Texts(NamedTuple):
    story: Tensor  # (B, M, J)
    linked: Tensor  # (B, M, J)
    rows: Tensor  # (B, M, G)
    asked: Tensor  # (B, G)


def _gather(values: Tensor, slots: Tensor) -> Tensor:
    """Return the rows of ``(B, M, X)`` at ``(B, K)``, and zeros where a slot is -1."""
    index = slots.clamp(min=0)[..., None].expand(-1, -1, values.shape[-1])
    return values.gather(1, index) * (slots >= 0)[..., None]


def _chosen(slots: Tensor, count: int) -> Tensor:
    """Return one-hot rows: ``(B, K)`` -> ``(B, K, M)``, zeros where a slot is -1."""
    return (slots[..., None] == torch.arange(count, device=slots.device)).float()


def _last(slots: Tensor) -> Tensor:
    """Return the last slot that is not -1: ``(B, K)`` -> ``(B, 1)``."""
    count = (slots >= 0).sum(-1, keepdim=True)
    found = slots.gather(1, (count - 1).clamp(min=0))
    return torch.where(count > 0, found, -1)
