"""A line as people write it, brought into the form that tokenized data have, and back.

Published texts for translation are tokenized by the Moses scripts: punctuation stands alone, and
quotes are escaped. A model that saw no other lines reads ``"Hello."`` as something else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

__all__ = ["escaped", "stops", "tokenized"]

_FANCY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_ALONE = re.compile(r"([^\w\s.,'’&-])")
_ESCAPES = (
    ("&", "&amp;"), ("'", "&apos;"), ('"', "&quot;"), ("|", "&#124;"), ("<", "&lt;"), (">", "&gt;"),
    ("[", "&#91;"), ("]", "&#93;"),
)  # fmt: skip
_INNER = (r"\1 '\2", r"\1' \2", r"\1 ' \2", r"\1'\2")
"""Where an apostrophe within a word is cut: dog 's, l' homme, mcdonald ' s, or nowhere."""


def escaped(tokens: Iterable[str]) -> bool:
    """Say whether texts with these tokens were tokenized by the Moses scripts.

    >>> escaped(["dog", "&apos;s"]), escaped(["dog", "'s"])
    (True, False)
    """
    return any(token.startswith(("&apos;", "&quot;")) for token in tokens)


def stops(tokens: Iterable[str], end: str) -> bool:
    """Say whether a full stop is among the commonest of the tokens, which are the first.

    >>> stops(["a", ".", "dog"], "")
    True
    """
    return f".{end}" in [token for token, _ in zip(tokens, range(5), strict=False)]


def tokenized(text: str) -> list[str]:
    """Tokenize a text as the Moses scripts do, in each way to cut within words at apostrophes.

    A text that is tokenized already stays as it is.

    >>> tokenized('Is this the "red" hat?')[0]
    'Is this the &quot; red &quot; hat ?'
    >>> tokenized("the man &apos;s hat .")[0]
    'the man &apos;s hat .'
    """
    plain = html.unescape(text).translate(_FANCY)
    plain = _ALONE.sub(r" \1 ", plain)
    plain = re.sub(r"(?<!\d),|,(?!\d)", " , ", plain)
    # the last full stop ends the text; one within it stays at its word, as in "st." or "u.s."
    plain = re.sub(r"(?<=[^\s.])\.(?=[\s\"')]*$)", " . ", plain)
    plain = re.sub(r"(?<=\w\w\w)\.(?=\s+\w)", " .", plain)
    plain = re.sub(r"\.\.+", lambda dots: f" {dots.group()} ", plain)
    found = []
    for inner in _INNER:
        one = re.sub(r"(\w)'(\w)", inner, plain)
        for sign, escape in _ESCAPES:
            one = one.replace(sign, escape)
        found.append(" ".join(one.split()))
    return list(dict.fromkeys(found))
