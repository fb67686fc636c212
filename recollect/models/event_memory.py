"""The event memory: a small network that reads clauses into events, and answers by hops over them.

Reading is learned; names cannot matter to it, because it sees only closed-vocabulary tokens and the
*kind* of each entity. What a clause says is copied out by pointers into a memory of events, which
the soft programs of `recollect.models.event_programs` walk.

Shape letters: B batch, T clauses, J words, Q questions, K entities, P pronouns, M mentions.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.english import TOKEN_IDS
from recollect.events import KINDS, PROGRAMS, TAGS
from recollect.functional import stick_breaking
from recollect.models.clause_encoder import ClauseEncoder, Clauses, leads_nowhere
from recollect.models.event_effects import Events, unmatched
from recollect.trace import record

PRONOUNS = tuple(TOKEN_IDS[w] for w in ("he", "she", "they", "it", "him", "them", "her", "there"))
GROUPS = tuple(TOKEN_IDS[w] for w in ("they", "them"))
GENDERS = ("", "m", "f", "n", "p")


class Reading(NamedTuple):
    """What the network made of a text.

    Shapes:
        kinds: ``(B, T, len(KINDS))``, log-probabilities.
        tags: ``(B, T, J, len(TAGS))``, log-probabilities.
        members: ``(B, T, J, K)``, whom each word stands for.
        links: ``(B, T, J, T)``, the clause in which a pronoun finds its antecedent.
    """

    kinds: Tensor
    tags: Tensor
    members: Tensor
    links: Tensor


class Asking(NamedTuple):
    """What the network made of questions.

    Shapes:
        programs: ``(B, Q, len(PROGRAMS))``, log-probabilities.
        kinds: ``(B, Q, len(KINDS))``, log-probabilities.
        tags: ``(B, Q, J, len(TAGS))``, log-probabilities.
        roles: ``(B, Q, len(TAGS), K)``, membership.
    """

    programs: Tensor
    kinds: Tensor
    tags: Tensor
    roles: Tensor


class EventMemory(nn.Module, PyTorchModelHubMixin):
    r"""Read a story and its questions into events and queries, and find what each pronoun means.

    A pronoun attends backwards over the mentions before it, by stick-breaking:

    .. math:: a_i = \sigma(s_i) \prod_{i < j} (1 - \sigma(s_j))

    so that the nearest mention that fits is meant, and what no mention claims stays open. `events`
    makes the memory that `recollect.models.event_programs` walks; `recollect.Answerer` puts text in
    and words out.

    Args:
        size: width of the embeddings and of each direction of the GRU.
        hidden: width of the scorers of antecedents.

    Shapes:
        `read`: clauses ``(B, T, J)`` -> `Reading`. `ask`: questions ``(B, Q, J)`` -> `Asking`.
    """

    nothing: Tensor

    def __init__(self, size: int = 40, hidden: int = 32):
        super().__init__()
        self.statement, self.question = ClauseEncoder(size), ClauseEncoder(size)
        self.kind, self.tag = nn.Linear(size, len(KINDS)), nn.Linear(3 * size, len(TAGS))
        self.program, self.asked_kind = nn.Linear(size, len(PROGRAMS)), nn.Linear(size, len(KINDS))
        self.asked_tag = nn.Linear(3 * size, len(TAGS))
        nothing = torch.full((len(KINDS),), -20.0)  # log-probabilities of the kind "none"
        nothing[KINDS.index("none")] = 0
        self.register_buffer("nothing", nothing, persistent=False)
        self.gender = nn.Embedding(len(GENDERS), 8)
        self.seeker = nn.Linear(2 * size, hidden)
        self.lifeless = nn.Linear(2 * size, 1)
        self.sought = nn.Linear(2 * size + 8 + len(TAGS), hidden)
        self.matcher = nn.Sequential(
            nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )

    @staticmethod
    def _label(states: Tensor, pooled: Tensor, head: nn.Linear) -> Tensor:
        wide = pooled.unsqueeze(-2).expand(*states.shape[:-1], pooled.shape[-1])
        return head(torch.cat([states, wide], -1)).log_softmax(-1)

    def read(self, clauses: Clauses, genders: Tensor) -> Reading:
        """Read statements in the order of the text.

        Args:
            clauses: the statements.
            genders: indices of `GENDERS`.

        Shapes:
            genders: ``(B, K)``.
        """
        tokens, entities = clauses
        B, T, J = tokens.shape
        states, pooled = self.statement(tokens.flatten(0, 1))
        kinds = self.kind(pooled).log_softmax(-1).view(B, T, -1)
        kinds = torch.where(leads_nowhere(tokens).unsqueeze(-1), self.nothing, kinds)
        tags = self._label(states, pooled, self.tag).view(B, T, J, -1)
        states, pooled = states.view(B, T, J, -1), pooled.view(B, T, -1)
        named = F.one_hot(entities.clamp(min=0), genders.shape[1]).to(pooled) * (
            entities >= 0
        ).unsqueeze(-1)
        members, links = self._resolve(tokens, entities, genders, states, pooled, tags, named)
        return Reading(kinds, tags, named + members, links)

    def _resolve(
        self,
        tokens: Tensor,
        entities: Tensor,
        genders: Tensor,
        states: Tensor,
        pooled: Tensor,
        tags: Tensor,
        named: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Let every pronoun attend backwards over the mentions and the groups before it."""
        B, T, J = tokens.shape
        K = genders.shape[1]
        is_pronoun = (tokens.unsqueeze(-1) == tokens.new_tensor(PRONOUNS)).any(-1)
        members, links = named.new_zeros(B, T, J, K), named.new_zeros(B, T, J, T)
        if not bool(is_pronoun.any()):
            return members, links
        pronouns = positions(is_pronoun)  # (B, P); -1 pads
        mentions = positions(entities >= 0)  # (B, M)
        p, m = pronouns.clamp(min=0), mentions.clamp(min=0)

        def at(x: Tensor, where: Tensor) -> Tensor:
            return x.flatten(1, 2).gather(1, where.unsqueeze(-1).expand(-1, -1, x.shape[-1]))

        seeker = at(states, p)
        who = entities.flatten(1).gather(1, m).clamp(min=0)
        traits = torch.cat(
            [at(states, m), self.gender(genders.gather(1, who)), at(tags, m).exp()], -1
        )
        logits = self.matcher(
            self.seeker(seeker).unsqueeze(2) + self.sought(traits).unsqueeze(1)
        ).squeeze(-1)
        earlier = (m // J).unsqueeze(1) < (p // J).unsqueeze(2)
        earlier = earlier & self._agree(tokens.flatten(1).gather(1, p), genders.gather(1, who))
        single = stick_breaking(logits, earlier & (mentions >= 0).unsqueeze(1))  # (B, P, M)

        # "they" and "them": the latest group, or the latest thing of which there are several; who
        # acts is several people before it is several things, which what the pronoun does decides
        many = (genders == GENDERS.index("p")).to(pooled).unsqueeze(1)  # (B, 1, K)
        several = named.sum(2).clamp(max=1) * many
        acting, handled = (
            torch.einsum("btj,btjk->btk", tags[..., TAGS.index(tag)].exp(), named).clamp(max=1)
            for tag in ("agent", "theme")
        )
        acting = acting * torch.maximum(acting.sum(-1, keepdim=True) > 1.5, many)
        handled = handled * torch.maximum(handled.sum(-1, keepdim=True) > 1.5, many)
        handled = handled + several * (1 - handled.sum(-1, keepdim=True).clamp(max=1))
        things = several * (1 - acting.sum(-1, keepdim=True).clamp(max=1))
        own = at(tags, p).exp()
        acts = own[..., TAGS.index("agent")] + own[..., TAGS.index("recipient")]
        lifeless = torch.sigmoid(self.lifeless(seeker)).squeeze(-1) * acts
        step = torch.arange(T, device=tokens.device)
        before = (step < (p // J).unsqueeze(-1)).to(pooled)
        plural = (tokens.flatten(1).gather(1, p).unsqueeze(-1) == tokens.new_tensor(GROUPS)).any(-1)
        share = torch.stack([acts, 1 - acts, lifeless], -1) * plural.unsqueeze(-1)  # (B, P, 3)
        groups = (acting, handled, things)
        there = torch.stack([g.sum(-1).clamp(max=1) for g in groups], 1)  # (B, 3, T)
        match = torch.einsum("bpr,brt->bpt", share, there)
        free = unmatched(match, before)  # (B, P, T)
        together = torch.einsum("bpt,bpr,brtk->bpk", free, share, torch.stack(groups, 1))
        group = free * match

        rest = (1 - group.sum(-1, keepdim=True)).clamp(min=0)
        alone = torch.einsum("bpm,bmk->bpk", single, F.one_hot(who, K).to(single))
        found = (together + rest * alone).clamp(max=1)
        link = group + rest * single.new_zeros(B, p.shape[1], T).scatter_add(
            2, (m // J).unsqueeze(1).expand_as(single), single
        )
        keep = (pronouns >= 0).unsqueeze(-1)
        place = p.unsqueeze(-1)
        members = (
            members.flatten(1, 2)
            .scatter_add(1, place.expand(-1, -1, K), found * keep)
            .view(B, T, J, K)
        )
        links = (
            links.flatten(1, 2)
            .scatter_add(1, place.expand(-1, -1, T), link * keep)
            .view(B, T, J, T)
        )
        record(self, antecedents=links)
        return members, links

    @staticmethod
    def _agree(pronouns: Tensor, genders: Tensor) -> Tensor:
        """Whether a pronoun may mean one of a gender: "he" no woman, "she" no man, neither several.

        Shapes:
            pronouns ``(B, P)`` tokens, genders ``(B, M)`` -> ``(B, P, M)``.
        """
        clash = torch.zeros(*pronouns.shape, genders.shape[1], dtype=torch.bool)
        clash = clash.to(pronouns.device)
        for said, others in (("he him", "fp"), ("she her", "mp")):
            tokens = pronouns.new_tensor([TOKEN_IDS[word] for word in said.split()])
            meant = (pronouns.unsqueeze(-1) == tokens).any(-1)
            numbers = genders.new_tensor([GENDERS.index(other) for other in others])
            other = (genders.unsqueeze(-1) == numbers).any(-1)
            clash = clash | (meant.unsqueeze(2) & other.unsqueeze(1))
        return ~clash

    def ask(self, questions: Clauses, entities: int) -> Asking:
        """Read questions.

        Args:
            questions: the questions, Q of them for T.
            entities: K, the number of entities of the stories.
        """
        B, Q, J = questions.tokens.shape
        states, pooled = self.question(questions.tokens.flatten(0, 1))
        tags = self._label(states, pooled, self.asked_tag).view(B, Q, J, -1)
        named = F.one_hot(questions.entities.clamp(min=0), entities).to(pooled) * (
            questions.entities >= 0
        ).unsqueeze(-1)
        roles = torch.einsum("bqjr,bqjk->bqrk", tags.exp(), named)
        sought = TAGS.index("sought")
        # "before Ben took it": the pronoun of a question is what it asks about
        is_pronoun = (questions.tokens.unsqueeze(-1) == questions.tokens.new_tensor(PRONOUNS)).any(
            -1
        )
        again = torch.einsum("bqjr,bqj->bqr", tags.exp(), is_pronoun.to(pooled))
        again = torch.cat([again[..., :sought], torch.zeros_like(again[..., sought:])], -1)
        roles = (roles + again.unsqueeze(-1) * roles[:, :, sought : sought + 1]).clamp(max=1)
        programs = self.program(pooled).view(B, Q, -1)
        kinds = self.asked_kind(pooled).view(B, Q, -1)
        return Asking(programs.log_softmax(-1), kinds.log_softmax(-1), tags, roles)

    @staticmethod
    def events(reading: Reading, valid: Tensor, order: Tensor) -> Events:
        """The memory: what was read, in the order of event time.

        Args:
            reading: of the statements.
            valid: False for padding.
            order: the clause that comes first, second, ... in event time.

        Shapes:
            valid, order: ``(B, T)``.
        """
        roles = torch.einsum("btjr,btjk->btrk", reading.tags.exp(), reading.members).clamp(max=1)
        mentions = reading.members.sum(2).clamp(max=1)
        kinds = reading.kinds.exp() * valid.unsqueeze(-1)

        def sort(x: Tensor) -> Tensor:
            index = order.view(*order.shape, *(1,) * (x.dim() - 2))
            return x.gather(1, index.expand(-1, -1, *x.shape[2:]))

        role = {tag: sort(roles[:, :, i]) for i, tag in enumerate(TAGS)}
        return Events(
            kinds=sort(kinds),
            agents=role["agent"],
            themes=role["theme"],
            recipients=role["recipient"],
            dests=role["dest"],
            sources=role["source"],
            mentions=sort(mentions),
        )


def positions(flags: Tensor) -> Tensor:
    """Give the flat positions of True, in order, padded with -1.

    Shapes:
        flags: ``(B, ...)`` -> ``(B, most)``.
    """
    flat = flags.flatten(1)
    most = int(flat.sum(1).max())
    place = torch.where(flat, torch.arange(flat.shape[1], device=flat.device), flat.shape[1])
    place = place.sort(1).values[:, : max(most, 1)]
    return torch.where(place < flat.shape[1], place, -1)
