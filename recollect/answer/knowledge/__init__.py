r"""A person's own table of facts, asked in plain English.

>>> from recollect.answer.knowledge import KnowledgeAnswerer
>>> kin = "Anne\tfather\tBob\nBob\tmother\tCleo"
>>> told = KnowledgeAnswerer.shipped().ask(kin, "Who is the mother of Anne's father?")
>>> told.answer, [e.line for e in told.evidence]
('Cleo', [1, 2])
"""

from recollect.answer.knowledge.asking import KnowledgeAnswerer
from recollect.answer.knowledge.base import Knowledge, is_knowledge, read_knowledge

__all__ = ["Knowledge", "KnowledgeAnswerer", "is_knowledge", "read_knowledge"]
