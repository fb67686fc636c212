"""Looking into an answer: what it rests on, and whether that is what it depends on."""

from recollect.inspect.faithfulness import Erasure, Faithfulness, faithfulness
from recollect.inspect.report import story_report, write_report

__all__ = ["Erasure", "Faithfulness", "faithfulness", "story_report", "write_report"]
