"""How right the sequences are that a model says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["edit_distance", "pair_figures", "translation_figures", "translation_signatures"]


def edit_distance(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Count the insertions, deletions and substitutions from one sequence to the other.

    Levenshtein 1966.

    Shapes:
        two sequences of tokens -> a number.

    >>> edit_distance("kitten", "sitting")
    3
    """
    row = list(range(len(theirs) + 1))
    for i, a in enumerate(ours, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(theirs, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


def pair_figures(
    told: Sequence[Sequence[str]], right: Sequence[Sequence[Sequence[str]]]
) -> dict[str, float]:
    """Measure what was said against the targets of each source, the nearest of several.

    `word_error` is the share of sources whose target is not told exactly, `token_error` the edits
    over the tokens of the nearest targets: for pronunciations WER and PER.

    Shapes:
        one sequence a source; one or more targets a source -> figures in percent.

    Raises:
        ValueError: nothing was told, or not one sequence a source.

    >>> pair_figures([["a", "b"]], [[["a", "b"], ["a"]]])
    {'word_error': 0.0, 'token_error': 0.0}
    """
    if not told or len(told) != len(right):
        raise ValueError(
            f"{len(told)} sequences for {len(right)} sources: one for each is measured."
        )
    wrong = edits = tokens = 0
    for ours, targets in zip(told, right, strict=True):
        near = min(targets, key=lambda t: edit_distance(ours, t))
        distance = edit_distance(ours, near)
        wrong += distance > 0
        edits += distance
        tokens += len(near)
    return {"word_error": 100 * wrong / len(told), "token_error": 100 * edits / max(tokens, 1)}


def translation_figures(told: Sequence[str], right: Sequence[str]) -> dict[str, float]:
    """Measure translations by BLEU and chrF, as `sacrebleu` does.

    Both sides are taken as they are, tokenized by whoever made them (signature
    ``tok:none``): figures compare with others on the same tokens only.

    Shapes:
        one text a source; one target each -> figures.

    Raises:
        ValueError: nothing was told, not one text a source, or `sacrebleu` is not installed.
    """
    if not told or len(told) != len(right):
        raise ValueError(f"{len(told)} texts for {len(right)} sources: one for each is measured.")
    return {
        name: metric.corpus_score(list(told), [list(right)]).score
        for name, metric in _metrics().items()
    }


def translation_signatures() -> dict[str, str]:
    """Say how `translation_figures` measures, in the words of `sacrebleu`.

    Shapes:
        none -> a signature for each figure.

    Raises:
        ValueError: `sacrebleu` is not installed.
    """
    told = {}
    for name, metric in _metrics().items():
        metric.corpus_score(["a"], [["a"]])  # a signature tells how many references were given
        told[name] = f"sacrebleu {metric.get_signature()}"
    return told


def _metrics() -> dict[str, Any]:
    try:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise ValueError("BLEU needs sacrebleu: pip install 'recollect[text]'") from error
    # force: the texts look tokenized, and are
    return {"bleu": BLEU(tokenize="none", force=True), "chrf": CHRF()}
