"""From a person's text to clauses of a small closed vocabulary."""

from __future__ import annotations

from recollect.english.logs import parse_when, read_log
from recollect.english.morphology import lemmas
from recollect.english.story import read_question, read_story
from recollect.english.words import (
    KINDS,
    LONGEST,
    TOKEN_IDS,
    TOKENS,
    VERBS,
    Clause,
    Entity,
    Note,
    Story,
    Unreadable,
    Word,
)

__all__ = [
    "KINDS", "LONGEST", "TOKENS", "TOKEN_IDS", "VERBS",
    "Clause", "Entity", "Note", "Story", "Unreadable", "Word",
    "lemmas", "parse_when", "read_log", "read_question", "read_story",
]  # fmt: skip
