"""One sentence for a text: abstracts of papers and their summaries."""

from recollect.tasks.summaries.figures import best_sentence, rouge_figures
from recollect.tasks.summaries.lines import SummaryWords
from recollect.tasks.summaries.papers import Paper, scitldr, words
from recollect.tasks.summaries.task import Summaries

__all__ = [
    "Paper",
    "Summaries",
    "SummaryWords",
    "best_sentence",
    "rouge_figures",
    "scitldr",
    "words",
]
