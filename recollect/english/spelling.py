"""Words with one slip of the pen: a question may misspell what the text spells right."""

from __future__ import annotations

from recollect.english.morphology import singular
from recollect.english.names import CITIES, NAMES
from recollect.english.nouns import ADJECTIVES, KIND, NOUNS


def misspelt(words: list[str], spellings: list[list[str]]) -> bool:
    """Whether words are one of the spellings but for one slip in one long word that means nothing itself."""
    for spelling in spellings:
        if len(spelling) != len(words):
            continue
        wrong = [(w, s) for w, s in zip(words, spelling, strict=True) if w != s]
        if len(wrong) == 1 and len(wrong[0][0]) >= 5 and not _known_word(wrong[0][0]):
            if _one_slip(*wrong[0]):
                return True
    return False


def _known_word(word: str) -> bool:
    word = singular(word)
    return word in KIND or word in NOUNS or word in NAMES or word in CITIES or word in ADJECTIVES


def _one_slip(left: str, right: str) -> bool:
    """Whether two words differ by one letter, more, less or other, or by two neighbours that changed places."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    one, two = left[start:], right[start:]
    return (
        one[1:] == two[1:]
        or one[1:] == two
        or one == two[1:]
        or (one[:2] == two[1::-1] and one[2:] == two[2:])
    )
