"""How much of the right words a summary has: ROUGE, as `rouge-score` counts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["best_sentence", "rouge_figures"]

KINDS = ("rouge1", "rouge2", "rougeL")


def rouge_figures(told: Sequence[str], right: Sequence[Sequence[str]]) -> dict[str, float]:
    """Measure summaries by ROUGE-1, ROUGE-2 and ROUGE-L, F1 in percent, words stemmed.

    Lin 2004, "ROUGE: a package for automatic evaluation of summaries", as the package `rouge-score`
    has it. Of several right summaries the nearest counts, for each figure by itself.

    Shapes:
        one text a source; one or more right ones each -> figures.

    Raises:
        ValueError: nothing was told, not one text a source, or `rouge-score` is not installed.
    """
    if not told or len(told) != len(right):
        raise ValueError(f"{len(told)} texts for {len(right)} sources: one for each is measured.")
    scorer, sums = _scorer(KINDS), dict.fromkeys(KINDS, 0.0)
    for ours, theirs in zip(told, right, strict=True):
        for kind, found in scorer.score_multi(list(theirs), ours).items():
            sums[kind] += found.fmeasure
    return {kind: 100 * total / len(told) for kind, total in sums.items()}


def best_sentence(sentences: Sequence[str], right: Sequence[str]) -> str:
    """Return the sentence nearest to any of the right summaries, by ROUGE-1: it has seen them.

    Shapes:
        sentences of a text, right summaries -> one of the sentences.

    Raises:
        ValueError: there is no sentence, or `rouge-score` is not installed.
    """
    if not sentences:
        raise ValueError("there is no sentence to choose from")
    scorer = _scorer(KINDS[:1])
    return max(sentences, key=lambda s: scorer.score_multi(list(right), s)["rouge1"].fmeasure)


def _scorer(kinds: Sequence[str]) -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise ValueError("ROUGE needs rouge-score: pip install 'recollect[text]'") from error
    return RougeScorer(list(kinds), use_stemmer=True)
