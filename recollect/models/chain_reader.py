"""Reading a question as a chain of relations: which words are the chain, and in what order.

The network sees no name and no relation of anybody's: only that a word names somebody (`<ent>`), is
a relation of the table asked (`<noun>`, `<verb>`), or is one of a few words of English.

Shape letters: ``B`` questions, ``J`` words, ``D`` width.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.trace import record

__all__ = ["PROGRAMS", "TAGS", "TOKENS", "Chain", "ChainReader", "ChainReading"]

TOKENS = tuple(
    "<pad> <unk> <ent> <noun> <verb> <sort> 's of who whose what which where when how many be do "
    "have by <prep> as and or that there it name number tell know if".split()
)
TAGS = ("none", "start", "end", "forward", "backward")
"""What a word does: the chain begins at `start`; a check ends it at `end`; a relation is asked of
what was found so far (forward: X's mother, where X lives), or the other way (backward: whose mother
is X, who lives in X)."""
PROGRAMS = ("list", "check", "count", "unsupported")
RANKS = 3  # a relation further away than this is as any other


class ChainReading(NamedTuple):
    """What the network made of questions.

    Shapes:
        programs ``(B, len(PROGRAMS))`` and tags ``(B, J, len(TAGS))``, log-probabilities; queries,
        keys ``(B, J, D)``, by which one word of the chain finds the next.
    """

    programs: Tensor
    tags: Tensor
    queries: Tensor
    keys: Tensor


class Chain(NamedTuple):
    """A question as it was read.

    Attributes:
        program: one of `PROGRAMS`.
        start: the word that the chain begins at; -1 where there is none.
        end: the word that a check ends at, or -1.
        steps: the words of the chain in their order, each with whether it is asked backward.
        weights: how sure each step is.
        confidence: probability that all of it is right.
    """

    program: str
    start: int
    end: int
    steps: tuple[tuple[int, bool], ...]
    weights: tuple[float, ...]
    confidence: float


class ChainReader(nn.Module, PyTorchModelHubMixin):
    r"""Read a question into the hops that answer it.

    Convolutions over the words give each a state :math:`s_j` of its neighbourhood, so that a chain
    may be longer than any in training. A head says what each word does (`TAGS`), another what the
    question wants (`PROGRAMS`), and hop by hop the chain's latest word attends to those that are
    left:

    .. math:: a_{k} = \mathrm{softmax}_k\; v^\top \tanh(Q s_j + K s_k + b_{\rho(j, k)})

    where :math:`\rho` tells on which side of what was read so far word :math:`k` stands, and
    whether it is the first there. It is a pointer (Vinyals, Fortunato and Jaitly 2015, section 2.2)
    over the relations of the question.

    Args:
        width: D.
        layers: convolutions, each over five words.

    Shapes:
        `forward`: tokens ``(B, J)``, 0 pads -> `ChainReading`.

    Raises:
        ValueError: a size is not positive.

    >>> reading = ChainReader(width=8)(torch.tensor([[8, 16, 2, 6, 3]]))
    >>> reading.tags.shape, reading.programs.shape
    (torch.Size([1, 5, 5]), torch.Size([1, 4]))
    """

    def __init__(self, *, width: int = 48, layers: int = 3):
        super().__init__()
        if width < 1 or layers < 1:
            raise ValueError(f"width is {width} and layers are {layers}; both must be 1 or more")
        self.embed = nn.Embedding(len(TOKENS), width, padding_idx=0)
        self.around = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2) for _ in range(layers))
        self.program = nn.Linear(2 * width, len(PROGRAMS))
        self.tag = nn.Linear(2 * width, len(TAGS))
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.side = nn.Embedding(2 * RANKS, width)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, tokens: Tensor) -> ChainReading:
        """Read questions; see the class."""
        real = (tokens != 0).unsqueeze(-1)
        states = self.embed(tokens)
        for layer in self.around:
            states = (states + torch.relu(layer(states.mT).mT)) * real
        highest = states.masked_fill(~real, -9).amax(1)
        # The first word says most about what is wanted.
        pooled = torch.cat([highest, states[:, 0]], -1)
        wide = torch.cat([states, highest.unsqueeze(1).expand_as(states)], -1)
        return ChainReading(
            self.program(pooled).log_softmax(-1),
            self.tag(wide).log_softmax(-1),
            self.query(states),
            self.key(states),
        )

    def attend(self, reading: ChainReading, at: Tensor, span: Tensor, left: Tensor) -> Tensor:
        """Return the log-probability that each of the words left is the chain's next.

        Args:
            reading: of the questions.
            at: the chain's latest word.
            span: the first and the last word read so far.
            left: which words of the chain are left; a row of none gives minus infinity.

        Shapes:
            at ``(B,)``, span ``(B, 2)``, left ``(B, J)`` boolean -> ``(B, J)``.
        """
        place = torch.arange(left.shape[1], device=left.device)
        after, before = left & (place > span[:, 1:]), left & (place < span[:, :1])
        rank = torch.where(after, after.cumsum(-1), before.flip(-1).cumsum(-1).flip(-1)).clamp(
            1, RANKS
        )
        side = self.side(rank - 1 + RANKS * after)
        latest = at.view(-1, 1, 1).expand(-1, 1, reading.queries.shape[-1])
        query = reading.queries.gather(1, latest)
        logits = self.score(torch.tanh(query + reading.keys + side)).squeeze(-1)
        return logits.masked_fill(~left, -torch.inf).log_softmax(-1)

    @torch.no_grad()
    def chain(self, tokens: Tensor) -> Chain:
        """Read one question into its likeliest chain, which grows by the words beside it.

        Of what is left only the nearest word on either side can be next, so that a long chain is
        no harder to follow than a short one; a check, which has a chain at each end, may leap.

        Shapes:
            tokens ``(J,)``.
        """
        reading = self(tokens.unsqueeze(0))
        programs, tags = reading.programs[0].exp(), reading.tags[0].exp()
        kind = [TOKENS[t] for t in tokens.tolist()]
        named = torch.tensor([k == "<ent>" for k in kind])
        related = torch.tensor([k in ("<noun>", "<verb>") for k in kind])
        program = PROGRAMS[int(programs.argmax())]
        start = int((tags[:, TAGS.index("start")] * named).argmax()) if bool(named.any()) else -1
        ends = tags[:, TAGS.index("end")] * named
        if start >= 0:
            ends[start] = 0
        end = int(ends.argmax()) if float(ends.max()) > 0.5 else -1
        likeliest = tags.argmax(-1)
        used = related & (likeliest >= TAGS.index("forward"))
        confidence = float(programs.max() * tags.amax(-1)[named | related].prod())
        left, at, low, high = used.clone(), start, start, start
        steps, weights, attention = [], [], []
        while start >= 0 and bool(left.any()):
            here = torch.tensor([at]), torch.tensor([[low, high]])
            near = left if program == "check" else _beside(left, low, high)
            found = self.attend(reading, *here, near.unsqueeze(0))[0].exp()
            attention.append(found)
            at = int(found.argmax())
            weights.append(float(found[at] * tags[at].max()))
            confidence *= float(found[at])
            steps.append((at, int(likeliest[at]) == TAGS.index("backward")))
            left[at] = False
            low, high = min(low, at), max(high, at)
        if attention:
            record(self, weights=torch.stack(attention).unsqueeze(0))
        return Chain(program, start, end, tuple(steps), tuple(weights), confidence)


def _beside(left: Tensor, low: int, high: int) -> Tensor:
    """The nearest of the words left, before `low` and behind `high`."""
    near = torch.zeros_like(left)
    before, after = left[:low].nonzero().flatten(), left[high + 1 :].nonzero().flatten()
    if len(before):
        near[before[-1]] = True
    if len(after):
        near[high + 1 + after[0]] = True
    return near
