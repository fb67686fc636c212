"""Reading a story and a question about it.

Each sentence goes through `tokens`, `times`, `phrases`, `groups` and `clauses`; the mentions it leaves are resolved to
entities here, in the order of the text.
"""

from __future__ import annotations

import math
import re

from recollect.english.clauses import Draft, Sentence
from recollect.english.entities import Registry
from recollect.english.groups import join_verbs
from recollect.english.lexicon import MODALS, ONLY_IN_QUESTIONS
from recollect.english.morphology import VERB_FORMS
from recollect.english.names import CITIES, DAYS, MONTHS, NAMES, WORDS_TOO
from recollect.english.nouns import ADJECTIVES
from recollect.english.phrases import Item, Mention, _noun, _SMALL, chunk
from recollect.english.sentences import Sentence as Line
from recollect.english.sentences import sentences
from recollect.english.times import Clock, Span, take_times
from recollect.english.tokens import Raw, raw_tokens, straighten
from recollect.english.words import LONGEST, TOKEN_IDS, Clause, Entity, Note, Story, Unreadable, Word

_CAPITAL = re.compile(r"(?<![.!?\"'\w-])(?<=[\w,;] )([A-Z][\w-]*[a-z][\w-]*)")
_WORD = re.compile(r"[A-Za-z][\w'-]*")
_GREETING = re.compile(r"^(?:dear|hi|hello|hey)\s+[\w ]{1,20},\s*", re.IGNORECASE)
_STRIPPED = re.compile(
    r"^(?:(?:please|so|and|ok|okay|well|hey|hi|hello|now|then|but)\b,?\s+)*(?:(?:can|could|would|will) you (?:please )?"
    r"(?:tell|say|find|show)(?: to)?(?: me| us)?(?: out)?|do you (?:happen to )?(?:know|remember)|(?:please )?tell (?:me|us)"
    r"|i (?:want|would like|need|wish) to know|i'd like to know|i wonder|i am wondering|any idea|have you any idea"
    r"|do we know|does anyone know)\s*[,:]?\s+(?=(?:who|whom|whose|what|which|where|when|how|why|if|whether)\b)",
    re.IGNORECASE,
)

_LEADING = re.compile(
    r"^(?:(?:and|but|so|ok|okay|well|hey|hi|hello|now|then|please|right|um|also)\b[, ]+)+(?=(?:who|whom|whose|what|which|where"
    r"|when|how|why|is|are|was|were|do|does|did|has|have|had|can|will)\b)",
    re.IGNORECASE,
)
_SEEKING = re.compile(
    r"^where(?:abouts)? (?:can|could|do|would|should|might|will|did) (?:i|you|we|one) "
    r"(?:find|look for|see|get hold of|search for)\b",
    re.IGNORECASE,
)


class Reader:
    """Reads sentences one after another and keeps what they have in common: entities, the clock, the last subject."""

    def __init__(self, names: frozenset[str] = frozenset(), registry: Registry | None = None) -> None:
        self.names = names
        self.registry = registry or Registry()
        self.clock = Clock()
        self.subject: list[Item] = []
        self.notes: list[Note] = []

    def resolve(self, items: list[Item], line: int, text: str) -> dict[int, int]:
        """The entity of each mention, by the mention's id."""
        found: dict[int, int] = {}
        for item in items:
            mention = item.mention
            if mention is not None and id(mention) not in found:
                number, unsure = self.registry.find(mention)
                found[id(mention)] = number
                if unsure:
                    self.notes.append(Note(line, text, f"{unsure}: which {mention.name!r} is meant"))
        return found

    def sentence(self, line: Line, number: int) -> list[Clause]:
        """The clauses of one sentence."""
        raws, span = _tokens(_GREETING.sub("", line.text))
        span.set(self.clock)
        if not raws or all(not raw.low[0].isalnum() for raw in raws):
            if not any(character.isalnum() for character in line.text):
                self.notes.append(Note(line.line, line.text, "no words"))
            return []
        question = raws[-1].low == "?"
        if question and not line.quoted and '"' not in line.text:
            words, _ = self.question(raws, line)
            return [Clause(words, line.line, number, self.clock.when, line.text)] if words else []
        sentence = Sentence(chunk(raws, self.names, False), quoted=line.quoted, before=self.subject)
        entities = self.resolve([*self.subject, *sentence.items], line.line, line.text)
        drafts = sentence.split()
        clauses = []
        for draft in drafts:
            words = _words(draft, entities, self.registry.entities, span.future)
            if words:
                clauses.append(Clause(words, line.line, number, self.clock.when, line.text))
        for draft in reversed(drafts):
            if draft.subject and not draft.said:
                self.subject = [it for it in draft.subject if it.type in ("np", "pron", "w")]
                break
        self._check(clauses, drafts, line)
        return clauses

    def question(self, raws: list[Raw], line: Line, known: int = -1) -> tuple[tuple[Word, ...], int]:
        """The words of a question, in the order they were written; nothing is split off or left out.

        Args:
            raws: its tokens.
            line: where it stands.
            known: entities from this number on are unknown ones: a noun after "which" is then a category.
        """
        items = join_verbs(chunk(raws, self.names, True), True)
        words: list[Word] = []
        for item in items:
            token, mention = item.token, item.mention
            if mention is not None:
                number, unsure = self.registry.find(mention)
                kind = self.registry.entities[number].kind
                category = bool(words) and words[-1].token in ("which", "what", "many", "whose") and not mention.proper
                if unsure:
                    self.notes.append(Note(line.line, line.text, f"{unsure}: which {mention.name!r} is meant"))
                words.append(Word(f"<{kind}>", -1 if category and number >= known >= 0 else number, item.text))
            elif item.type == "p":
                continue
            elif token in TOKEN_IDS:
                words.append(Word(token, -1, item.text))
            elif token and token != "so_that":
                words.append(Word("<unk>", -1, item.text))
        if words:
            words = [*words[: LONGEST - 1], Word("?", -1, "?")]
        return tuple(words), len(words)

    def _check(self, clauses: list[Clause], drafts: list[Draft], line: Line) -> None:
        if not clauses:
            self.notes.append(Note(line.line, line.text, "nothing to read"))
        elif not any(draft.verb is not None for draft in drafts):
            self.notes.append(Note(line.line, line.text, "no verb"))


def _tokens(text: str) -> tuple[list[Raw], Span]:
    raws = raw_tokens(text)
    letters = [c for c in text if c.isalpha()]
    if len(letters) > 8 and all(c.isupper() for c in letters):  # shouted
        raws = [Raw(raw.low if n else raw.low.capitalize(), raw.low) for n, raw in enumerate(raws)]
    return take_times(raws)


def _words(draft: Draft, entities: dict[int, int], known: list[Entity], future: bool) -> tuple[Word, ...]:
    words: list[Word] = []
    items = draft.items
    if draft.said and not (draft.prefix and draft.prefix[0].token == "if" and draft.sub == "if"):
        words.append(Word("<said>", -1, ""))
    words += [Word(item.token, -1, item.text) for item in draft.prefix]
    if any(item.token == "no_longer" for item in items):
        items = [item for item in items if item.type != "not"]
    told = not future or any(item.type == "modal" for item in items)
    for n, item in enumerate(items):
        token = item.token
        if item.type == "adv" and token in ONLY_IN_QUESTIONS:
            continue
        if not told and item.type in ("v", "pass"):
            words.append(Word("<modal>", -1, ""))
            told = True
        mention = item.mention
        if mention is not None:
            number = entities[id(mention)]
            words.append(Word(f"<{known[number].kind}>", number, item.text))
        elif token in TOKEN_IDS:
            if token in ("and", "or") and (not words or words[-1].token in ("and", "or") or n == len(items) - 1):
                continue
            words.append(Word(token, -1, item.text))
        elif token:
            words.append(Word("<unk>", -1, item.text))
    while words and words[-1].token in ("and", "or"):
        words.pop()
    if len(words) > LONGEST:
        tail = [words[-1]] if words[-1].token == "?" else []
        words = words[: LONGEST - len(tail)] + tail
    if all(word.token in ("<said>", "?") for word in words):
        return ()
    return tuple(words)


def find_names(lines: list[Line]) -> frozenset[str]:
    """Words (in small letters) that a text uses as names: capitals inside a sentence, known first names."""
    found: set[str] = set()
    for line in lines:
        text = line.text
        for match in _CAPITAL.finditer(text):
            low = match.group(1).lower()
            if low not in _SMALL and low not in MONTHS and low not in DAYS and not _noun(low):
                found.add(low)
            elif low in WORDS_TOO and low not in MONTHS and (not _noun(low) or low in NAMES):
                found.add(low)
        first = _WORD.match(text)
        if first and first.group()[0].isupper():
            low = first.group().lower()
            if low in WORDS_TOO:
                rest = _WORD.match(text[first.end() :].lstrip())
                if rest and (rest.group().lower() in _FINITE or low in MODALS and rest.group().lower() in MODALS):
                    found.add(low)
            elif not (low in _SMALL or _noun(low) or low in VERB_FORMS or low in ADJECTIVES or low.endswith("ly")):
                found.add(low)
    return frozenset(found - {"i"}) - CITIES | frozenset(n for n in found if n in CITIES)


_FINITE = frozenset(
    form for form, readings in VERB_FORMS.items() if any(kind in ("past", "s") for _, kind in readings)
    and not any(kind == "base" for _, kind in readings)
)  # fmt: skip


def read_story(text: str) -> Story:
    """The clauses of a story: a sentence a line, or running prose.

    Raises:
        Unreadable: if the text is empty or is no text at all.
    """
    if "\x00" in text:
        raise Unreadable("the story is not a text file: save it as plain text (UTF-8)")
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise Unreadable("the story is empty: write a sentence a line")
    lines, found = sentences(text)
    reader = Reader(find_names(found))
    story = Story(lines=lines)
    for number, line in enumerate(found):
        story.clauses.extend(reader.sentence(line, number))
    return _finish(story, reader)


def _finish(story: Story, reader: Reader) -> Story:
    if not story.clauses:
        raise Unreadable("the story has no sentence that can be read: write a sentence a line, like 'Mary took the key.'")
    story.entities = reader.registry.entities
    story.notes = reader.notes
    story.memory = reader
    return story


def read_question(text: str, story: Story) -> Clause:
    """A question about a story as one clause; an entity that the story lacks gets an index past its entities.

    `when` of the clause is the time asked about ("at 9:15", "yesterday"), or infinity.
    """
    text = straighten(text).strip()
    if not text:
        raise Unreadable("the question is empty: ask something like 'Where is the key?'")
    asked = _SEEKING.sub("where is", _LEADING.sub("", _STRIPPED.sub("", text.rstrip())))
    raws, span = _tokens(asked)
    reader = story.memory if isinstance(story.memory, Reader) else _rebuild(story)
    registry = reader.registry.copy()
    if any(raw.low in ("you", "your") for raw in raws) and "I" in (e.name for e in story.entities):
        if not any(e.name == "you" for e in story.entities):
            raws = [Raw(raw.text, {"you": "i", "your": "my"}.get(raw.low, raw.low)) for raw in raws]
    names = reader.names | {
        word for e in story.entities if e.kind == "name" for word in e.name.lower().split()
    }
    asker = Reader(frozenset(names), registry)
    words = list(asker.question(raws, Line(0, text, False), len(story.entities))[0])
    if not words:
        raise Unreadable(f"the question {text!r} has no words that can be read: ask something like 'Where is the key?'")
    clock = Clock()
    clock.__dict__.update(reader.clock.__dict__)
    said = span.day is not None or span.hour is not None
    span.set(clock)
    return Clause(tuple(words), 0, 0, clock.when if said else math.inf, text)


def _rebuild(story: Story) -> Reader:
    """A reader for a story that was made by hand."""
    registry = Registry()
    for entity in story.entities:
        mention = Mention(entity.name, entity.name, entity.name.lower().split()[-1])
        mention.proper = entity.kind == "name"
        mention.kind, mention.gender = entity.kind, entity.gender
        lows = entity.name.lower().split()
        mention.mods = frozenset(lows if mention.proper else lows[:-1])
        mention.det = "another"
        registry.find(mention)
    return Reader(frozenset(e.name.lower() for e in story.entities if e.kind == "name"), registry)
