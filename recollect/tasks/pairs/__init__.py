"""Pairs of sequences: spelling and sound, stem and form, command and action, two languages."""

from recollect.tasks.pairs.copying import CopyPairs
from recollect.tasks.pairs.corpora import (
    cmudict,
    inflection,
    multi30k,
    pronunciation,
    scan,
    table,
)
from recollect.tasks.pairs.corpus import Corpus, Cut, Line, Pair, PairBatch, Vocabulary
from recollect.tasks.pairs.figures import (
    edit_distance,
    pair_figures,
    translation_figures,
    translation_signatures,
)
from recollect.tasks.pairs.inflection_rules import affix_rules
from recollect.tasks.pairs.lines import CopyWords, PairWords, own_numbers, own_words
from recollect.tasks.pairs.longer import concatenated
from recollect.tasks.pairs.made_dates import dates
from recollect.tasks.pairs.subwords import joined, subwords
from recollect.tasks.pairs.task import Pairs

__all__ = [
    "CopyPairs",
    "CopyWords",
    "Corpus",
    "Cut",
    "Line",
    "Pair",
    "PairBatch",
    "PairWords",
    "Pairs",
    "Vocabulary",
    "affix_rules",
    "cmudict",
    "concatenated",
    "dates",
    "edit_distance",
    "inflection",
    "joined",
    "multi30k",
    "own_numbers",
    "own_words",
    "pair_figures",
    "pronunciation",
    "scan",
    "subwords",
    "table",
    "translation_figures",
    "translation_signatures",
]
