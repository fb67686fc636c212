r"""Questions about a person's own text: the answer, its evidence, and what was not understood.

>>> from recollect.answer import Answerer
>>> told = Answerer.shipped().ask("Ann took the key.\nAnn went to the attic.", "Where is the key?")
>>> told.answer, [e.line for e in told.evidence]
('attic', [1, 2])
"""

from recollect.answer.asking import SURE, Answerer
from recollect.answer.phrasing import DONT_KNOW
from recollect.answer.result import Answer, Doubt, Evidence

__all__ = ["DONT_KNOW", "SURE", "Answer", "Answerer", "Doubt", "Evidence"]
