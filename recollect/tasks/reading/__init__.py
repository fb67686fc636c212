"""Reading novels: a word is left out of a sentence and looked for in the twenty before it."""

from recollect.tasks.reading.cloze import ClozeQuestion, cloze_questions
from recollect.tasks.reading.task import BOOKS, Reading, ReadingBatch
from recollect.tasks.reading.text import Kinds, kinds, opened, sentences

__all__ = [
    "BOOKS",
    "ClozeQuestion",
    "Kinds",
    "Reading",
    "ReadingBatch",
    "cloze_questions",
    "kinds",
    "opened",
    "sentences",
]
