"""A word of a question, or several that stand for one thing."""

from __future__ import annotations

from typing import NamedTuple

from recollect.answer.knowledge.relation_words import Form

__all__ = ["Slot"]


class Slot(NamedTuple):
    """A word, or several that are one name or one relation.

    Attributes:
        token: of `recollect.models.chain_reader.TOKENS`.
        text: as written.
        entities: whom it names; several where the table spells a name in several ways.
        forms: the relations it asks for.
        others: relations that mean much the same, for where those tell nothing.
        article: the article before it, or "".
        trusted: whether it is a kind of thing that the table says nothing of ("which films").
    """

    token: str
    text: str
    entities: tuple[int, ...] = ()
    forms: tuple[Form, ...] = ()
    others: tuple[Form, ...] = ()
    article: str = ""
    trusted: bool = False
