"""Reading sentence after sentence, and what they have in common.

Each sentence goes through `tokens`, `times`, `phrases`, `groups` and `clauses`; the mentions it leaves are resolved to
entities here, in the order of the text.
"""

from __future__ import annotations

import re
from copy import copy

from recollect.english.asked_place import bare_question
from recollect.english.clause_words import (
    clause_words,
    contents,
    is_of_nothing,
    unread,
    unshouted,
)
from recollect.english.clauses import Sentence
from recollect.english.clock import Clock, Span
from recollect.english.entities import Registry
from recollect.english.groups import join_verbs
from recollect.english.items import Item, Known, Mention
from recollect.english.phrases import chunk
from recollect.english.plainly import plainly
from recollect.english.sentences import Sentence as Line
from recollect.english.shapes import Part, Plan, match, shape
from recollect.english.times import take_times
from recollect.english.tokens import Raw, raw_tokens
from recollect.english.words import (
    LONGEST,
    TOKEN_IDS,
    Clause,
    Note,
    Word,
)

_GREETING = re.compile(r"^(?:dear|hi|hello|hey)\s+[\w ]{1,20},\s*", re.IGNORECASE)


class Reader:
    """Reads sentences one after another and keeps what they have in common: entities, the clock, the last subject."""

    def __init__(
        self, names: frozenset[str] = frozenset(), registry: Registry | None = None
    ) -> None:
        self.names = names
        self.registry = registry or Registry()
        self.clock = Clock()
        self.subject: list[Item] = []
        self.heirs: dict[int, int] = {}
        self.notes: list[Note] = []
        self.known: Known = {}  # names of several words, for questions
        self.owners: dict[str, int] = {}  # whom "his" and "her" mean
        self.spoken: set[int] = set()  # who was spoken of, themselves or as an owner

    def sentence(self, line: Line, number: int) -> list[Clause]:
        """The clauses of one sentence."""
        text = _GREETING.sub("", line.text) if line.text[:1] in "DdHh" else line.text
        raws = unshouted(raw_tokens(text))
        if raws and raws[-1].low == "?" and not line.quoted and '"' not in text:
            return self._asked(raws, line, number)
        if not any(raw.low[0].isalnum() for raw in raws):
            self.notes.append(Note(line.line, line.text, "no words"))
            return []
        raws = plainly(raws)
        key, slots = shape(raws, self.names)
        kept = _PLANS.get((key, line.quoted)) if slots else None
        if kept is None:
            kept, general = self._analyse(raws, line.quoted, slots)
            if slots and general:
                if len(_PLANS) > 20_000:
                    _PLANS.clear()
                _PLANS[key, line.quoted] = kept
            elif slots:
                slots = []
        return self._apply(kept, slots, line, number)

    def _asked(self, raws: list[Raw], line: Line, number: int) -> list[Clause]:
        words, _ = self.question(take_times(raws)[0], line)
        return [Clause(words, line.line, number, self.clock.when, line.text)] if words else []

    def _analyse(self, raws: list[Raw], quoted: bool, slots: list[Mention]) -> tuple[Plan, bool]:
        """The plan of a sentence, and whether it holds for every sentence of its shape."""
        asked = [raw.low for raw in raws if raw.low != '"'][-1:] == ["?"]
        raws, span = take_times(raws, quoted=quoted)
        span = Span() if asked else span  # a question moves no clock
        sentence = Sentence(chunk(raws, self.names, False), quoted=quoted, before=self.subject)
        order: list[Mention] = []
        for item in sentence.items:
            if item.mention is not None and not any(item.mention is known for known in order):
                order.append(item.mention)
        drafts = sentence.split()
        found = match(order, slots)
        before = {id(item) for item in self.subject}
        borrowed = any(id(item) in before for draft in drafts for item in draft.items)
        whole = all(draft.subject for draft in drafts)  # else who did it is for the text to say
        general = found is not None and not borrowed and whole
        ids = found if found is not None and general else {}
        clauses: list[list[Part]] = []
        for draft in drafts:
            parts = [
                (
                    token,
                    text,
                    mention if mention is None or id(mention) not in ids else ids[id(mention)],
                )
                for token, text, mention in clause_words(draft, span.future)
            ]
            if parts:
                clauses.append(parts)
        subject = None
        for draft in reversed(drafts):
            if draft.subject and not draft.said:
                subject = [
                    (it, ids.get(id(it.mention), -1))
                    for it in draft.subject
                    if it.type in ("np", "pron", "w")
                ]
                break
        plan = Plan(
            span,
            [ids.get(id(m), m) for m in order],
            clauses,
            subject,
            unread(clauses, drafts, raws),
        )
        return plan, general

    def items(self, items: list[Item], line: Line, number: int) -> list[Clause]:
        """The clauses of a sentence whose items are known."""
        sentence = Sentence(items)
        order = [item.mention for item in sentence.items if item.mention is not None]
        drafts = sentence.split()
        clauses: list[list[Part]] = [
            [*parts] for draft in drafts if (parts := clause_words(draft, False))
        ]
        plan = Plan(
            Span(),
            list(order),
            clauses,
            None,
            unread(clauses, drafts, []),
        )
        return self._apply(plan, [], line, number)

    def _apply(self, plan: Plan, slots: list[Mention], line: Line, number: int) -> list[Clause]:
        """The clauses of a sentence by its plan."""
        clock = copy(self.clock)
        passing = plan.span.set(self.clock, number)
        entities, new = dict(self.heirs), len(self.registry.entities)
        sentence: dict[str, int] = {}
        for entry in plan.order:
            mention = slots[entry] if isinstance(entry, int) else entry
            found, unsure = self.registry.find(mention, self._owners(sentence))
            entities[id(mention)] = found
            self._person(found, sentence)
            if unsure:
                self.notes.append(
                    Note(line.line, line.text, f"{unsure}: which {mention.name!r} is meant")
                )
        known, when = self.registry.entities, self.clock.when
        self.clock = clock if passing else self.clock
        clauses = [
            Clause((Word("<name>", owner, known[owner].name), Word("<act>", -1, "")), *told)
            for told in [(line.line, number, when, line.text)]
            for owner in self._only_owners(plan, slots, entities)
        ]
        for parts in plan.clauses:
            words = []
            for token, text, entry in parts:
                if entry is None:
                    words.append(Word(token, -1, text))
                else:
                    mention = slots[entry] if isinstance(entry, int) else entry
                    found = entities[id(mention)]
                    if (
                        words
                        and words[-1].token == "<destroy>"
                        and contents(mention, known[found])
                    ):
                        words[-1] = words[-1]._replace(token="<act>")
                    words.append(Word(f"<{known[found].kind}>", found, mention.text or text))
            if not is_of_nothing(words, new):
                clauses.append(Clause(tuple(words), line.line, number, when, line.text))
        if plan.subject is not None:
            self.subject = [
                item
                if slot < 0 or not slots
                else Item("np", item.token, slots[slot].text, mention=slots[slot])
                for item, slot in plan.subject
            ]
            self.heirs = {
                id(it.mention): entities[id(it.mention)]
                for it in self.subject
                if it.mention is not None
            }
        if plan.reason:
            self.notes.append(Note(line.line, line.text, plan.reason))
        self.owners.update(sentence)
        return clauses

    def _only_owners(self, plan: Plan, slots: list[Mention], entities: dict[int, int]) -> list[int]:
        """Who is first spoken of as an owner: "Ann's bike was stolen. She" means Ann."""
        mentions = [slots[entry] if isinstance(entry, int) else entry for entry in plan.order]
        named = {entities[id(mention)] for mention in mentions}
        owners = []
        for mention in mentions:
            if isinstance(mention.owner, Mention) and mention.owner.proper:
                owner = self.registry.find(mention.owner)[0]
                if self.registry.entities[owner].kind == "name":
                    owners.append(owner)
        new = [o for o in dict.fromkeys(owners) if o not in named and o not in self.spoken]
        self.spoken |= named.union(new)
        return new

    def _owners(self, sentence: dict[str, int]) -> dict[str, int]:
        """Whom "his" and "her" mean: the first of the sentence that may be, or of the ones before."""
        return {**self.owners, **sentence} if sentence else self.owners

    def _person(self, number: int, sentence: dict[str, int]) -> None:
        """Remember a person of the sentence as a possible owner."""
        entity = self.registry.entities[number]
        if entity.kind in ("name", "person") and entity.gender in ("m", "f"):
            sentence.setdefault("his" if entity.gender == "m" else "her", number)
        elif entity.kind == "name" and entity.gender == "":
            sentence.setdefault("his", number)
            sentence.setdefault("her", number)

    def question(
        self, raws: list[Raw], line: Line, known: int = -1
    ) -> tuple[tuple[Word, ...], int]:
        """The words of a question, in the order they were written; nothing is split off or left out.

        Args:
            raws: its tokens.
            line: where it stands.
            known: entities from this number on are unknown ones: a noun after "which" is then a category.
        """
        items = bare_question(join_verbs(chunk(raws, self.names, True, self.known), True))
        words: list[Word] = []
        sentence: dict[str, int] = {}
        for item in items:
            token, mention = item.token, item.mention
            if mention is not None:
                number, unsure = self.registry.find(mention, sentence)
                if number >= known >= 0 and (meant := self.registry.meant(mention, known)) >= 0:
                    self.registry.forget(number)
                    number, unsure = meant, ""
                self._person(number, sentence)
                kind = self.registry.entities[number].kind
                category = (
                    bool(words)
                    and words[-1].token in ("which", "what", "many", "whose")
                    and not mention.proper
                )
                class_of = (
                    category
                    and words[-1].token in ("which", "what")
                    and not (mention.mods or mention.number or mention.det)
                )  # "which room": any room, though only one was named
                if unsure and not category:
                    self.notes.append(
                        Note(line.line, line.text, f"{unsure}: which {mention.name!r} is meant")
                    )
                words.append(
                    Word(
                        f"<{kind}>",
                        -1 if class_of or (category and number >= known >= 0) else number,
                        item.text,
                    )
                )
            elif item.type == "p":
                continue
            elif token in TOKEN_IDS:
                words.append(Word(token, -1, item.text))
            elif token and token != "so_that":
                words.append(Word("<unk>", -1, item.text))
        if words:
            words = [*words[: LONGEST - 1], Word("?", -1, "?")]
        return tuple(words), len(words)


_PLANS: dict[tuple[tuple[str, ...], bool], Plan] = {}
