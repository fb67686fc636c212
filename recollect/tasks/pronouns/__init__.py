"""Pronouns: which of the names in a text a pronoun stands for."""

from recollect.tasks.pronouns.gap import GapRow, gap, gap_figures, read_gap
from recollect.tasks.pronouns.lines import (
    NOBODY,
    WINDOW,
    PronounBatch,
    PronounWords,
    grouped,
)
from recollect.tasks.pronouns.signs import SIDE, SIGNS, Asked, Told, Vocabulary, look
from recollect.tasks.pronouns.task import Pronouns
from recollect.tasks.pronouns.text import (
    FEMININE,
    MASCULINE,
    Mention,
    PlacedWord,
    names,
    shape,
    words,
)

__all__ = [
    "FEMININE",
    "MASCULINE",
    "NOBODY",
    "SIDE",
    "SIGNS",
    "WINDOW",
    "Asked",
    "GapRow",
    "Mention",
    "PronounBatch",
    "PronounWords",
    "Pronouns",
    "Told",
    "Vocabulary",
    "PlacedWord",
    "gap",
    "gap_figures",
    "grouped",
    "look",
    "names",
    "read_gap",
    "shape",
    "words",
]
