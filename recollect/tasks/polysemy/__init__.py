"""Polysemy: which sense an ambiguous noun has, by vectors learnt without senses."""

from recollect.tasks.polysemy.corpus import Occurrence, SenseCorpus, coarse_wsd
from recollect.tasks.polysemy.lines import KnownNoun, SenseWords
from recollect.tasks.polysemy.nearest import nearest_sense
from recollect.tasks.polysemy.static import static_vectors
from recollect.tasks.polysemy.task import Polysemy, SenseBatch

__all__ = [
    "KnownNoun",
    "Occurrence",
    "Polysemy",
    "SenseBatch",
    "SenseCorpus",
    "SenseWords",
    "coarse_wsd",
    "nearest_sense",
    "static_vectors",
]
