"""What a stretch of a sentence is on its own: a noun phrase as written, a verb, a function word."""

from __future__ import annotations


class Mention:
    """A noun phrase as written: its head, what stands before it, and how it was picked out."""

    __slots__ = (
        "det",
        "entity",
        "extra",
        "gender",
        "head",
        "kind",
        "mods",
        "name",
        "number",
        "owner",
        "plural",
        "proper",
        "text",
    )

    def __init__(self, text: str, name: str, head: str) -> None:
        self.text, self.name, self.head = text, name, head
        self.mods: frozenset[str] = frozenset()
        self.extra: tuple[str, ...] = ()  # other words the same thing goes by
        self.number = ""  # "12" in "Room 12"
        self.entity = -1  # where it is known already
        self.owner: Mention | str | None = None
        self.det = ""
        self.kind, self.gender = "noun", ""
        self.plural = self.proper = False

    def __repr__(self) -> str:
        return f"<{self.det} {self.name} {self.kind}>"


class Item:
    """A stretch of a sentence: a noun phrase, a verb, a function word, or punctuation."""

    __slots__ = ("aux", "forms", "lemma", "mention", "text", "token", "type")

    def __init__(
        self, type_: str, token: str, text: str, *, lemma: str = "", forms: frozenset[str] = frozenset(),
        mention: Mention | None = None,
    ) -> None:  # fmt: skip
        self.type, self.token, self.text = type_, token, text
        self.lemma, self.forms, self.mention, self.aux = lemma, forms, mention, ""

    def __repr__(self) -> str:
        return f"{self.type}:{self.token}({self.text})"


Known = dict[str, list[tuple[tuple[str, ...], Mention]]]
"""Names of several words that a text is known to use, by their first word."""


def subject_end(items: list[Item], at: int) -> int:
    """Where the subject that begins at an item ends ("Mary and John"); `at` itself if none does."""
    if at >= len(items) or items[at].type not in ("np", "pron"):
        return at
    at += 1
    while at + 1 < len(items) and items[at].type == "co" and items[at + 1].type in ("np", "pron"):
        at += 2
    return at


def has_form(item: Item | None, form: str) -> bool:
    """Whether an item is a verb that may be of this form: base, s, past, pp or ing."""
    return item is not None and item.type == "v" and form in item.forms


def verb_item(token: str, text: str, lemma: str, forms: frozenset[str], aux: str) -> Item:
    """Make a verb item that knows the auxiliary before it."""
    item = Item("v", token, text, lemma=lemma, forms=forms)
    item.aux = aux
    return item
