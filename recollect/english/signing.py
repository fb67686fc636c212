"""Who signs a letter: "Love, Ann" at its end says who "I" is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recollect.english.sentences import Sentence

_CLOSING = (
    r"(?:(?:with )?(?:lots of |much |all my )?love|(?:all the |my )?best(?: wishes)?|(?:kind|best|warm) regards"
    r"|regards|yours(?: (?:sincerely|truly|faithfully))?|sincerely(?: yours)?|cheers|thanks|thank you|many thanks"
    r"|hugs|see you(?: soon| later| then)?|take care|bye|xoxo)"
)
_NAME = r"(?P<name>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)[.!]?"
_SIGNED = re.compile(rf"^(?i:{_CLOSING})[,!.]?\s+{_NAME}$")
_CLOSED = re.compile(rf"^(?i:{_CLOSING})[,!.]?$")
_BARE = re.compile(rf"^{_NAME}$")


def unsigned(lines: Sequence[Sentence]) -> tuple[list[Sentence], str]:
    """The sentences of a text without a closing, and the name that stands under it, or "".

    >>> letter = [Sentence(1, "I left.", False), Sentence(2, "Love, Ann", False)]
    >>> [line.text for line in unsigned(letter)[0]], unsigned(letter)[1]
    (['I left.'], 'Ann')
    """
    kept = list(lines)
    if len(kept) > 1 and (found := _SIGNED.match(kept[-1].text)):
        return kept[:-1], found["name"]
    if len(kept) > 2 and (found := _BARE.match(kept[-1].text)) and _CLOSED.match(kept[-2].text):
        return kept[:-2], found["name"]
    return kept, ""
