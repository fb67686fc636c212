"""Language modelling: the next character of Shakespeare, the next piece of a novel."""

from recollect.tasks.language.continuing import Continued, TextWords, continued, last_weights
from recollect.tasks.language.counting import counted_nats
from recollect.tasks.language.task import Language, LanguageBatch
from recollect.tasks.language.text import Cutter, Letters, Pieces, Text, novels, own, shakespeare

__all__ = [
    "Continued",
    "Cutter",
    "Language",
    "LanguageBatch",
    "Letters",
    "Pieces",
    "Text",
    "TextWords",
    "continued",
    "counted_nats",
    "last_weights",
    "novels",
    "own",
    "shakespeare",
]
