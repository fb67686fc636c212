"""Questions about chains of relations as sequences of tokens, with the chain that they ask for.

A question is made from the inside out: a noun phrase around a name, grown by "'s father", "the
mother of", "the city where ... was born"; then what is asked of it. Articles are not said, as the
reader does not see them.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

__all__ = ["Worded", "word_question"]


class Part(NamedTuple):
    """A word: its token, its tag, and its place in the chain (0 where it is not of the chain)."""

    token: str
    tag: str = "none"
    order: int = 0


class Worded(NamedTuple):
    """A question: its words, and what it wants."""

    parts: tuple[Part, ...]
    program: str


class Phrase(NamedTuple):
    """A noun phrase, how many hops it takes, and whether something hangs on behind its head."""

    parts: list[Part]
    hops: int
    open: bool = False


def word_question(rng: Random, longest: int = 5) -> Worded:
    """Word a question of at most `longest` hops.

    >>> worded = word_question(Random(3))
    >>> len(worded.parts) > 1 and sum(p.tag == "start" for p in worded.parts) <= 1
    True
    """
    if rng.random() < 0.07:
        return _unsupported(rng, longest)
    worded = _supported(rng, longest)
    # "which city was X born in" of a table that has a relation called city
    parts = [
        part._replace(token="<noun>") if part.token == "<sort>" and rng.random() < 0.2 else part
        for part in worded.parts
    ]
    return worded._replace(parts=tuple(parts))


def _supported(rng: Random, longest: int) -> Worded:
    depth = rng.choice([0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, rng.randrange(longest)])
    depth = min(depth, longest - 1)
    kind = rng.random()
    if kind < 0.36:
        return _list_noun(rng, max(1, depth))
    if kind < 0.50:
        return _list_backward(rng, depth)
    if kind < 0.72:
        return _list_verb(rng, depth)
    if kind < 0.89:
        return _check(rng, depth)
    return _count(rng, depth)


def words(text: str) -> list[Part]:
    """Plain words."""
    return [Part(token) for token in text.split()]


def relation(rng: Random, token: str, order: int, *, backward: bool = False) -> Part:
    """A relation of the chain; now and then its kind is taken wrongly, as a lexicon does."""
    if rng.random() < 0.08:
        token = "<verb>" if token == "<noun>" else "<noun>"
    return Part(token, "backward" if backward else "forward", order)


def maybe(rng: Random, text: str, p: float = 0.5) -> list[Part]:
    """Plain words, or nothing."""
    return words(text) if rng.random() < p else []


def phrase(rng: Random, depth: int, tag: str = "start") -> Phrase:
    """A noun phrase of `depth` hops."""
    if depth == 0:
        return Phrase([Part("<ent>", tag)], 0)
    inner = phrase(rng, depth - 1, tag)
    form = rng.random()
    if form < 0.46 and not inner.open:
        return Phrase([*inner.parts, *words("'s"), relation(rng, "<noun>", depth)], depth)
    if form < 0.81:
        return Phrase([relation(rng, "<noun>", depth), *words("of"), *inner.parts], depth, True)
    if form < 0.83:  # the country X is in
        wh = words(rng.choice(["", "that", "which"]))
        parts = [relation(rng, "<noun>", depth), *wh, *inner.parts, *words("be <prep>")]
        return Phrase(parts, depth, True)
    head = words("<sort>")
    if form < 0.89:  # the city where Ann was born; the person Ann likes
        wh = words(rng.choice(["where", "that", "who", "which", "when", "<prep> which", "", ""]))
        verb = [*maybe(rng, "be"), relation(rng, "<verb>", depth), *maybe(rng, "<prep>", 0.4)]
        if rng.random() < 0.1:  # where Ann was born, what Ann wrote
            head, wh = [], words(rng.choice(["where", "who", "what"]))
        return Phrase([*head, *wh, *inner.parts, *verb], depth, True)
    if form < 0.97:  # the person who likes Ann, who was born in Paris, born in Paris
        wh = words(rng.choice(["who", "that", "which", ""]))
        verb = relation(rng, "<verb>", depth, backward=True)
        if rng.random() < 0.3:  # the book that was written by Ann, the book written by Ann
            be = words("be") if wh else []
            parts = [*wh, *be, verb._replace(tag="forward"), *words("by")]
        elif not wh:
            parts = [verb, *maybe(rng, "<prep>", 0.7)]
        else:
            parts = [*wh, *maybe(rng, "be", 0.4), verb, *maybe(rng, "<prep>", 0.4)]
        return Phrase([*head, *parts, *inner.parts], depth, True)
    noun = relation(rng, "<noun>", depth, backward=True)  # the person whose mother is Ann
    return Phrase([*head, *words("whose"), noun, *words("be"), *inner.parts], depth, True)


_WHO = ("who", "who", "what", "which <sort>", "what <sort>", "where", "which")
_ASK = (
    "tell", "tell who", "tell what", "tell name of", "know who", "know what", "tell who be",
    "do know", "do know who", "do know what", "do know name of", "do tell who", "know",
    "find", "", "what be name of", "what be", "who be", "name", "name of", "tell <sort>",
)  # fmt: skip


def _list_noun(rng: Random, depth: int) -> Worded:
    """Who is X's father's mother?"""
    asked = phrase(rng, depth)
    form = rng.random()
    if form < 0.55:
        return Worded((*words(rng.choice(_WHO)), *words("be"), *asked.parts), "list")
    if form < 0.7:
        ask = [token for token in rng.choice(_ASK).split() if token != "find"]
        tail = maybe(rng, "be", 0.6 if ask and ask[-1] in ("who", "what") else 0.1)
        return Worded((*words(" ".join(ask)), *asked.parts, *tail), "list")
    if form < 0.76:  # X's father is who?
        return Worded((*asked.parts, *words("be"), *words(rng.choice(_WHO))), "list")
    inner = phrase(rng, depth - 1)
    noun = relation(rng, "<noun>", depth)
    if form < 0.86:  # what job does X have?
        wh = words(rng.choice(["what", "which"]))
        verb = words(rng.choice(["have", "have"]))
        if rng.random() < 0.2:  # who does X have as mother?
            parts = (*words("who do"), *inner.parts, *verb, *words("as"), noun)
            return Worded(parts, "list")
        return Worded((*wh, noun, *words("do"), *inner.parts, *verb), "list")
    if form < 0.95:  # which nationality is X? how old is X? which country is X in?
        wh = words(rng.choice(["what", "which", "how"]))
        tail = maybe(rng, "<prep>", 0.25)
        return Worded((*wh, noun, *words("be"), *inner.parts, *tail), "list")
    # who is there as the father of X?
    return Worded((*words("who be <sort> that be"), noun, *words("of"), *inner.parts), "list")


def _list_backward(rng: Random, depth: int) -> Worded:
    """Whose mother is X?"""
    inner = phrase(rng, depth)
    noun = relation(rng, "<noun>", depth + 1, backward=True)
    form = rng.random()
    if form < 0.33:  # which country's capital is X?
        whose = words(rng.choice(["whose", "whose", "whose", "whose", "which <sort> 's"]))
        return Worded((*whose, noun, *words("be"), *inner.parts), "list")
    if form < 0.45:  # X is whose mother?
        return Worded((*inner.parts, *words("be whose"), noun), "list")
    if form < 0.75:  # who has X as mother?
        wh = words(rng.choice(["who", "who", "which <sort>", "what", "what <sort>"]))
        if rng.random() < 0.25:  # who has the skill X, a budget of X?
            joint = maybe(rng, "of", 0.6)
            return Worded((*wh, *words("have"), noun, *joint, *inner.parts), "list")
        if depth and rng.random() < 0.5:
            # "who has the job of X's mother ..." may go on with "as job": it takes practice.
            head = [relation(rng, "<noun>", depth), *words("of")]
            inner = Phrase([*head, *phrase(rng, depth - 1).parts], depth)
        return Worded((*wh, *words("have"), *inner.parts, *words("as"), noun), "list")
    if form < 0.87:  # who is X the mother of? what is X the capital of?
        wh = words(rng.choice(["who", "what", "which <sort>"]))
        return Worded((*wh, *words("be"), *inner.parts, noun, *words("of")), "list")
    if form < 0.94:  # of whom is X the mother? in which country is X the language?
        wh = words(rng.choice(["of who", "of which <sort>", "<prep> which <sort>"]))
        noun = noun._replace(token="<noun>")  # in which city was X born: that is another question
        return Worded((*wh, *words("be"), *inner.parts, noun), "list")
    end = words(rng.choice(["of who", "of what", "of which <sort>", "of which"]))
    return Worded((*inner.parts, *words("be"), noun, *end), "list")


def _list_verb(rng: Random, depth: int) -> Worded:
    """Where was X born? Who was born in X? What did X write? Who wrote X?"""
    inner = phrase(rng, depth)
    order = depth + 1
    forward, backward = (relation(rng, "<verb>", order, backward=b) for b in (False, True))
    prep = words("<prep>")
    form = rng.random()
    if form < 0.3:
        wh = rng.choice(["where", "when", "who", "what", "which <sort>", "what <sort>"])
        parts = [*words(wh), *words(rng.choice(["be", "do", "have"])), *inner.parts, forward]
        if wh.startswith(("wh", "what")) and rng.random() < 0.4:
            parts += prep
        return Worded(tuple(parts), "list")
    if form < 0.36:  # which city was X born in? - where "city" is a relation, too
        wh = words(rng.choice(["which", "what"]))
        parts = [*wh, Part("<noun>"), *words(rng.choice(["be", "do"])), *inner.parts, forward]
        return Worded((*parts, *maybe(rng, "<prep>", 0.6)), "list")
    if form < 0.42:  # in which city was X born?
        wh = rng.choice(["<prep> which <sort>", "<prep> what", "<prep> who", "<prep> which"])
        be = words(rng.choice(["be", "do"]))
        return Worded((*words(wh), *be, *inner.parts, forward), "list")
    if form < 0.45:  # X was born where? X was directed by whom?
        if rng.random() < 0.3:
            end = words(rng.choice(["by who", "by what", "by which <sort>"]))
            return Worded((*inner.parts, *words("be"), backward, *end), "list")
        end = words(rng.choice(["where", "when", "<prep> which <sort>", "<prep> what", "<prep> who",
                                "which <sort>", "what", "who"]))  # fmt: skip
        return Worded((*inner.parts, *maybe(rng, "be"), forward, *end), "list")
    if form < 0.49:
        return Worded((*words("tell"), *words(rng.choice(["where", "when", "who", "what"])),
                       *inner.parts, *maybe(rng, "be"), forward, *maybe(rng, "<prep>", 0.3)),
                      "list")  # fmt: skip
    if form < 0.53:  # films directed by X, people born in X
        ask = words(rng.choice(["", "", "tell", "name", "who be", "what be", "which be"]))
        if rng.random() < 0.5:
            return Worded((*ask, *words("<sort>"), forward, *words("by"), *inner.parts), "list")
        parts = (*words("<sort>"), backward, *maybe(rng, "<prep>", 0.8), *inner.parts)
        return Worded((*ask, *parts), "list")
    wh = words(rng.choice(["who", "what", "which <sort>", "which", "who", "tell who"]))
    if form < 0.68:  # who likes X, works at X?
        return Worded((*wh, backward, *maybe(rng, "<prep>", 0.4), *inner.parts), "list")
    if form < 0.8:  # who was born in X, is married to X?
        be = words(rng.choice(["be", "be", "have"]))
        return Worded((*wh, *be, backward, *prep, *inner.parts), "list")
    if form < 0.9:  # who is liked by X? what was written by X?
        return Worded((*wh, *words("be"), forward, *words("by"), *inner.parts), "list")
    if form < 0.97:  # who was X written by?
        return Worded((*wh, *words("be"), *inner.parts, backward, *words("by")), "list")
    return Worded((*words("by who be"), *inner.parts, backward), "list")


def _turned(other: Phrase, order: int) -> list[Part]:
    """The end of a check, walked into from its head: its chain is read the other way."""
    swap = {"forward": "backward", "backward": "forward"}
    parts = []
    for part in other.parts:
        if part.order:
            part = part._replace(tag=swap[part.tag], order=order + other.hops - part.order + 1)
        parts.append(part)
    return parts


def _check(rng: Random, depth: int) -> Worded:
    """Is Y the father of X? Does X like Y? Was X born in Y? Does anybody like Y?"""
    if rng.random() < 0.12:
        return _check_any(rng, depth)
    end = phrase(rng, rng.choice([0, 0, 0, 0, 1, 2]), "end")
    form = rng.random()
    lead = maybe(
        rng, rng.choice(["tell if", "know if", "do know if", "be it if", "be it that"]), 0.1
    )
    if form < 0.62:
        asked = phrase(rng, max(1, depth))
        other = _turned(end, asked.hops)
        first, second = (other, asked.parts) if rng.random() < 0.6 else (asked.parts, other)
        if first is other and rng.random() < 0.08:  # one of X's children
            second = [*words("<sort> of"), *second]
        if lead:  # tell me if Y is the father of X
            return Worded((*lead, *first, *words("be"), *second), "check")
        return Worded((*words("be"), *first, *second), "check")
    inner = phrase(rng, depth)
    verb = relation(rng, "<verb>", depth + 1)
    other = _turned(end, depth + 1)
    if form < 0.92:
        aux = words(rng.choice(["do", "do", "be", "be", "have"]))
        parts = (*aux, *inner.parts, verb, *maybe(rng, "<prep>", 0.5), *other)
    elif form < 0.97:  # is Y liked by X?
        parts = (*words("be"), *other, verb, *words("by"), *inner.parts)
    else:  # does X have Y as mother?
        noun = relation(rng, "<noun>", depth + 1)
        parts = (*words("do"), *inner.parts, *words("have"), *other, *words("as"), noun)
    return Worded(parts, "check")


def _check_any(rng: Random, depth: int) -> Worded:
    """Does anybody like X? Is there anybody who likes X? Has X a sister?"""
    inner = phrase(rng, depth)
    form = rng.random()
    if form < 0.4:
        have = rng.choice(["do {} have", "do {} have", "have {}"]).split("{}")
        noun = relation(rng, "<noun>", depth + 1)
        parts = (*words(have[0]), *inner.parts, *words(have[1]), noun)
        return Worded(parts, "check")
    verb = relation(rng, "<verb>", depth + 1, backward=True)
    tail = (verb, *maybe(rng, "<prep>", 0.5), *inner.parts)
    if form < 0.8:
        return Worded((*words(rng.choice(["do", "do", "be", "have"])), *words("<sort>"), *tail),
                      "check")  # fmt: skip
    who = words(rng.choice(["who", "who be", "that", "that be"]))
    return Worded((*words("be there <sort>"), *who, *tail), "check")


def _count(rng: Random, depth: int) -> Worded:
    """How many children does X have? How many people live in X?"""
    inner = phrase(rng, depth)
    noun = relation(rng, "<noun>", depth + 1)
    form = rng.random()
    if form < 0.5:
        return Worded((*words("how many"), noun, *words("do"), *inner.parts, *words("have")),
                      "count")  # fmt: skip
    if form < 0.6:
        return Worded((*words("how many"), noun, *words("have"), *inner.parts), "count")
    if form < 0.7:
        lead = words(rng.choice(["what be number of", "tell number of"]))
        return Worded((*lead, noun, *words("of"), *inner.parts), "count")
    verb = relation(rng, "<verb>", depth + 1, backward=True)
    what = words("<sort>") if rng.random() < 0.8 else []
    if form < 0.85:
        return Worded((*words("how many"), *what, *maybe(rng, "be", 0.4), verb,
                       *maybe(rng, "<prep>", 0.6), *inner.parts), "count")  # fmt: skip
    forward = verb._replace(tag="forward")
    if form < 0.95:
        aux = words(rng.choice(["do", "have"]))
        return Worded((*words("how many"), *what, *aux, *inner.parts, forward,
                       *maybe(rng, "<prep>", 0.3)), "count")  # fmt: skip
    parts = (*words("how many"), *what, *words("be"), forward, *words("by"), *inner.parts)
    return Worded(parts, "count")


def _unsupported(rng: Random, longest: int) -> Worded:
    """What is no question about one chain."""
    form = rng.random()
    if form < 0.3:
        wh = rng.choice(["who be", "what be", "where be", "tell who", "be", "who", "when be"])
        return Worded((*words(wh), Part("<ent>")), "unsupported")
    if form < 0.38:  # when did X report to Y?
        wh = rng.choice(["when", "where", "how", "what <sort>", "what", "who"])
        aux, verb = words(rng.choice(["do", "be"])), [Part("<verb>"), *maybe(rng, "<prep>")]
        return Worded((*words(wh), *aux, Part("<ent>"), *verb, Part("<ent>")), "unsupported")
    if form < 0.64:  # who is the father of X and Y?
        asked = word_question(rng, longest)
        parts = [part._replace(tag="none", order=0) for part in asked.parts]
        join = words(rng.choice(["and <ent>", "or <ent>", "and <noun>", "and who be <noun>"]))
        return Worded((*parts, *join), "unsupported")
    if form < 0.8:
        said = rng.choices(["<noun>", "<verb>", "who", "be", "what", "of", "<sort>"], k=4)
        return Worded(tuple(words(" ".join(said))), "unsupported")
    said = rng.choices(
        ["<ent>", "<noun>", "<verb>", "and", "if", "or", "there", "it", "know", "by", "as"], k=6
    )
    return Worded(tuple(words(" ".join(said))), "unsupported")
