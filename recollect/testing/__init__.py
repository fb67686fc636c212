"""The conformance suite: what a part must do to be used as one of ours.

Each check takes a finished part, tries it on small random inputs, and raises `Nonconformity`, an
AssertionError that says which rule is broken, where, and by how much. They are for the tests of
anyone who writes a normalizer, score, reader, cell, store or task of their own.
"""

from recollect.testing.cells import check_cell
from recollect.testing.expect import Nonconformity
from recollect.testing.mechanisms import check_mechanism
from recollect.testing.normalizers import check_normalizer
from recollect.testing.readers import check_reader
from recollect.testing.scores import check_score
from recollect.testing.stores import check_store
from recollect.testing.tasks import check_task

__all__ = [
    "Nonconformity",
    "check_cell",
    "check_mechanism",
    "check_normalizer",
    "check_reader",
    "check_score",
    "check_store",
    "check_task",
]
