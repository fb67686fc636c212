"""Turns of phrase put as others that say the same: "it was gone" is "it was lost"."""

from __future__ import annotations

from collections.abc import Sequence

from recollect.english.tokens import Raw

_BE = frozenset(("was", "were", "is", "are"))
_ALL = frozenset(("everyone", "everybody", "everything", "all", "nobody"))
_GONE = frozenset(("gone", "missing"))
_STATE = "busy"  # any adjective that tells of no place
_ENDS = frozenset((".", ",", ";", "!", "and", "but", "so", "when", "because", "as", "until"))


def plainly(raws: Sequence[Raw]) -> list[Raw]:
    """The tokens of a statement, in words that tell more plainly what became of things.

    "The key was gone" (but not "gone to the shop") tells that it was lost; "the ring belonged to
    Eva", that it was held by Eva; "it was in the way", nothing of where it was.

    >>> from recollect.english.tokens import raw_tokens
    >>> [raw.low for raw in plainly(raw_tokens("The key was gone, so she left."))][:4]
    ['the', 'key', 'was', 'lost']
    >>> [raw.low for raw in plainly(raw_tokens("It belonged to Eva."))]
    ['it', 'was', 'held', 'by', 'eva', '.']
    """
    out: list[Raw] = []
    n = 0
    while n < len(raws):
        raw, lows = raws[n], [r.low for r in raws[n : n + 3]]
        before, after = [r.low for r in out[-2:]], (*lows, ".")[1]
        stands = before[-1:] and before[-1] in _BE
        if stands and raw.low in _GONE and after in _ENDS and before[0] not in _ALL:
            out.append(raw._replace(low="lost"))
        elif stands and lows == ["in", "the", "way"]:
            out.append(Raw("in the way", _STATE))
            n += 2
        elif lows[:2] == ["belonged", "to"]:
            out += [raw._replace(low=low) for low in ("was", "held", "by")]
            n += 1
        else:
            out.append(raw)
        n += 1
    return out
