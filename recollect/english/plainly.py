"""Turns of phrase put as others that say the same: "it was gone" is "it was lost"."""

from __future__ import annotations

from collections.abc import Sequence

from recollect.english.tokens import Raw

_BE = frozenset(("was", "were", "is", "are"))
_ALL = frozenset(("everyone", "everybody", "everything", "all", "nobody"))
_GONE = frozenset(("gone", "missing"))
_ENDS = frozenset((".", ",", ";", "!", "and", "but", "so", "when", "because", "as", "until"))


def plainly(raws: Sequence[Raw]) -> list[Raw]:
    """The tokens of a statement, in words that tell more plainly what became of things.

    "The key was gone" (but not "gone to the shop") tells that it was lost; "the ring belonged to
    Eva", that it was held by Eva.

    >>> from recollect.english.tokens import raw_tokens
    >>> [raw.low for raw in plainly(raw_tokens("The key was gone, so she left."))][:4]
    ['the', 'key', 'was', 'lost']
    >>> [raw.low for raw in plainly(raw_tokens("It belonged to Eva."))]
    ['it', 'was', 'held', 'by', 'eva', '.']
    """
    out: list[Raw] = []
    for n, raw in enumerate(raws):
        before, after = (out[-1].low if out else ""), raws[n + 1].low if n + 1 < len(raws) else "."
        whole = len(out) > 1 and out[-2].low in _ALL
        if raw.low in _GONE and before in _BE and after in _ENDS and not whole:
            out.append(raw._replace(low="lost"))
        elif [r.low for r in raws[n : n + 3]] == ["in", "the", "way"] and before in _BE:
            out.append(Raw("in the way", "late"))  # an adjective: it is no place
        elif raw.low in ("the", "way") and out and out[-1].text == "in the way":
            continue
        elif raw.low == "belonged" and after == "to":
            out += [raw._replace(low="was"), raw._replace(low="held")]
        elif raw.low == "to" and n and raws[n - 1].low == "belonged":
            out.append(raw._replace(low="by"))
        else:
            out.append(raw)
    return out
