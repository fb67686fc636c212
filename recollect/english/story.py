"""Reading a story and a question about it."""

from __future__ import annotations

import math
import re

from recollect.english.clause_words import unshouted
from recollect.english.clock import Clock
from recollect.english.entities import Registry
from recollect.english.items import Mention
from recollect.english.naming import find_names
from recollect.english.once_so import put_first
from recollect.english.phrases import chunk
from recollect.english.reader import Reader
from recollect.english.sentences import Sentence as Line
from recollect.english.sentences import sentences
from recollect.english.signing import unsigned
from recollect.english.times import take_times
from recollect.english.tokens import Raw, raw_tokens, straighten
from recollect.english.words import (
    Clause,
    Story,
    Unreadable,
)

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
_EARLIER = re.compile(
    r",? (?:before (?:that|then|this|now)|previously|earlier|beforehand|formerly)(?=\s*\??\s*$)",
    re.IGNORECASE,
)
_WHITHER = re.compile(
    r"^(where (?:did|does|do|has|have|had|is|are|was|were) .+) to(?=\s*\??$)", re.IGNORECASE
)
_SEEKING = re.compile(
    r"^where(?:abouts)? (?:can|could|do|would|should|might|will|did) (?:i|you|we|one) "
    r"(?:find|look for|see|get hold of|search for)\b",
    re.IGNORECASE,
)


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
    found, signer = unsigned(found)
    reader = Reader(find_names(found))
    story = Story(lines=lines)
    for number, line in enumerate(found):
        story.clauses.extend(reader.sentence(line, number))
    if signer:
        reader.registry.is_also("i", signer)
    _undated_first(story.clauses)
    put_first(story.clauses)
    if not story.clauses:
        raise Unreadable(
            "the story has no sentence that can be read: write a sentence a line, like 'Mary took the key.'"
        )
    return finish(story, reader)


_PRESENT = re.compile(r"\b(?:is|are|am|has|have)\b|'s\b", re.IGNORECASE)


def _undated_first(clauses: list[Clause]) -> None:
    """Put what a text begins with, without a day, before the day it goes on with: "Yesterday ..."."""
    dated = next((n for n, clause in enumerate(clauses) if clause.when), 0)
    if dated and clauses[dated].when < 0:
        for n in range(dated):
            if not _PRESENT.search(clauses[n].text):
                clauses[n] = clauses[n]._replace(when=clauses[dated].when)


def finish(story: Story, reader: Reader) -> Story:
    """Put what a reader found into a story."""
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
    asked = _WHITHER.sub(r"\1", _EARLIER.sub(" before", asked))  # "Where did she drive to?"
    raws, span = take_times(unshouted(raw_tokens(asked)))
    reader = story.memory if isinstance(story.memory, Reader) else _rebuild(story)
    registry = reader.registry.copy()
    if any(raw.low in ("you", "your") for raw in raws) and "I" in (e.name for e in story.entities):
        if not any(e.name == "you" for e in story.entities):
            raws = [Raw(raw.text, {"you": "i", "your": "my"}.get(raw.low, raw.low)) for raw in raws]
    names = reader.names | {
        word for e in story.entities if e.kind == "name" for word in e.name.lower().split()
    }
    asker = Reader(frozenset(names), registry)
    asker.known = registry.several()
    words = list(asker.question(raws, Line(0, text, False), len(story.entities))[0])
    if not words:
        raise Unreadable(
            f"the question {text!r} has no words that can be read: ask something like 'Where is the key?'"
        )
    clock = Clock()
    clock.__dict__.update(reader.clock.__dict__)
    said = span.day is not None or span.hour is not None
    span.set(clock, clock.sentence)
    return Clause(tuple(words), 0, 0, clock.when if said else math.inf, text)


def _rebuild(story: Story) -> Reader:
    """A reader for a story that was made by hand."""
    registry = Registry()
    for entity in story.entities:
        lows = entity.name.lower().split()
        raws = raw_tokens(
            entity.name if entity.kind == "name" or "'" in entity.name else f"the {entity.name}"
        )
        mention = next((item.mention for item in chunk(raws) if item.mention is not None), None)
        if mention is None or len(lows) == 1:
            mention = Mention(entity.name, entity.name, lows[-1])
            mention.proper = entity.kind == "name" or lows[-1] in ("i", "we", "you")
            mention.mods = frozenset(lows if mention.proper else ())
        mention.name, mention.kind, mention.gender, mention.det = (
            entity.name,
            entity.kind,
            entity.gender,
            "another",
        )
        registry.add(mention)
    return Reader(frozenset(e.name.lower() for e in story.entities if e.kind == "name"), registry)
