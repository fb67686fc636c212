"""Names asked for without their accents: "Where is Zoe?" of a text about Zoë."""

from __future__ import annotations

import re
import unicodedata

from recollect.english.words import Story


def with_accents(question: str, story: Story) -> str:
    """The question with the accents that the names in the text have; what the text has without is left.

    >>> from recollect.english import read_story
    >>> with_accents("Where is Zoe?", read_story("Zoë went to the café."))
    'Where is Zoë?'
    """
    words = {word for entity in story.entities for word in re.findall(r"\w+", entity.name)}
    plain = {word.lower() for word in words}
    spelt = {bare(word): word for word in words if bare(word) != word.lower()}
    if not spelt:
        return question

    def replaced(found: re.Match[str]) -> str:
        low = found[0].lower()
        return found[0] if low in plain else spelt.get(low, found[0])

    return re.sub(r"\w+", replaced, question)


def bare(word: str) -> str:
    """A word in small letters without accents.

    >>> bare("Françoise")
    'francoise'
    """
    if word.isascii():
        return word.lower()
    letters = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in letters if not unicodedata.combining(c))
