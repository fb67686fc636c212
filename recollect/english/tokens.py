"""Lines, sentences and raw tokens of a text."""

from __future__ import annotations

import re
from typing import NamedTuple


class Raw(NamedTuple):
    """A raw token: as written, and in small letters with contractions undone."""

    text: str
    low: str


_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
     "–": "-", "—": "-", "\u00a0": " ", "\u200b": None, "\ufeff": None, "…": "."}
)  # fmt: skip

_TOKEN = re.compile(
    r"\d{1,2}[:.]\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4}"
    r"|\d+(?:[.,]\d+)*[^\W\d_]*|[^\W\d_][^\W_]*(?:[-&][^\W_]+|\.[^\W\d_](?=\.)|'[^\W\d_]+)*|#\d+|\$|£|€|[.,;:!?()\"'\[\]\-/]",
    re.IGNORECASE,
)
_CONTRACTIONS = {
    "n't": "not", "'s": "'s", "'re": "are", "'ve": "have", "'ll": "will", "'d": "'d", "'m": "am",
}  # fmt: skip
_SPECIAL = {
    "can't": ("can", "not"), "won't": ("will", "not"), "shan't": ("shall", "not"), "cannot": ("can", "not"),
    "gonna": ("going", "to"), "wanna": ("want", "to"), "gotta": ("have", "to"), "ain't": ("is", "not"),
    "let's": ("let", "us"), "dont": ("do", "not"), "didnt": ("did", "not"), "doesnt": ("does", "not"),
    "isnt": ("is", "not"), "wasnt": ("was", "not"), "cant": ("can", "not"), "wont": ("will", "not"),
    "havent": ("have", "not"), "hasnt": ("has", "not"), "wheres": ("where", "is"), "whos": ("who", "is"),
    "o'clock": ("o'clock",), "hasn't": ("has", "not"), "whats": ("what", "is"), "im": ("i", "am"),
    "ive": ("i", "have"), "wouldnt": ("would", "not"), "couldnt": ("could", "not"), "hadnt": ("had", "not"),
}  # fmt: skip


def straighten(text: str) -> str:
    """Straight quotes, plain dashes, no invisible characters."""
    return text.translate(_QUOTES)


def raw_tokens(sentence: str) -> list[Raw]:
    """The tokens of one sentence, with contractions undone."""
    found: list[Raw] = []
    for match in _TOKEN.finditer(sentence):
        text = match.group()
        low = text.lower()
        if low in _SPECIAL:
            found.extend(Raw(text, part) for part in _SPECIAL[low])
        elif "'" in low and len(low) > 1:
            if low.endswith("n't"):
                found += [Raw(text, low[:-3]), Raw(text, "not")]
                continue
            cut = low.rfind("'")
            tail = low[cut:]
            if tail in _CONTRACTIONS:
                found += [Raw(text[:cut], low[:cut]), Raw(text[cut:], _CONTRACTIONS[tail])]
            else:
                found.append(Raw(text, low))
        else:
            found.append(Raw(text, low))
    return [raw for raw in found if raw.low]
