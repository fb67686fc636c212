"""`recollect ask --grammar`: the English that is understood.

Everything here is spelt from the patterns the model is trained on and from the tables of the
reader, so that it says what is so.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from recollect.english import TOKENS
from recollect.english.logs import COLUMNS
from recollect.english.verbs import VERB_CLASS
from recollect.tasks.stories.frames import (
    CARRIED_OUT,
    EVENTS,
    QUESTIONS,
    WRAPS,
    conjugate,
)

WIDTH = 79
FEW = 8  # wordings shown of each kind
SHOWN = 6  # choices shown of each wording; the verbs stand in full at the end
MOST = 240  # verbs shown of a class; only those that move nothing are more
FILLED = {
    "a": "Ann", "p": "Eve", "r": "Bob", "y": "Dan", "o": "the lamp", "e": "the lamp",
    "x": "the door", "l": "the attic", "k": "the hall", "s": "the cellar", "t": "there",
}  # fmt: skip
_SAID = {
    "move": "Somebody or something is somewhere, or goes there",
    "leave": "Somebody leaves",
    "join": "Somebody is where somebody else is",
    "take": "Somebody gets or has something",
    "bring": "Somebody moves something somewhere",
    "give": "Somebody gets something from somebody",
    "put": "Something is put, or seen, somewhere",
    "drop": "Something is left where its holder is",
    "lose": "Something is gone",
    "not_at": "Somebody is not there (denials are evidence too)",
    "not_have": "Somebody does not have it",
    "either": "One of two places, or only perhaps",
    "unclear": 'It moved, but nobody can tell how: the answer becomes "I don\'t know"',
}
_ASKED = {
    "where": "Where is it now?",
    "where_before": "Where was it before a place?",
    "where_before_event": "Where was it before something happened?",
    "where_after": "Where next, after a place?",
    "where_first": "Where at first?",
    "is_at": "Is it there?",
    "was_at": "Was it ever there?",
    "who_has": "Who has it?",
    "who_before": "Who had it before?",
    "who_after": "Who had it after?",
    "who_first": "Who had it first?",
    "has": "Does somebody have it?",
    "carrying": "What does somebody have?",
    "count": "How many?",
    "contents": "Who or what is there?",
    "who_did": "Who did it?",
    "did_what": "What did somebody take, give, put, lose?",
    "to_whom": "To whom?",
    "where_did": "Where did it happen?",
    "did": "Did it happen?",
    "when": "When did it happen?",
}
_VERBS = {
    "<go>": "going",
    "<enter>": "going in",
    "<exit>": "leaving a place",
    "leave": "leaving a place, or a thing",
    "<follow>": "going with somebody",
    "<take>": "taking",
    "take": "taking, or bringing",
    "get": "getting, or going",
    "carry": "having, or bringing",
    "<bring>": "bringing",
    "<send>": "sending",
    "<hold>": "having",
    "<drop>": "dropping",
    "<lose>": "losing",
    "<put>": "putting",
    "hide": "hiding, oneself or a thing",
    "<give>": "giving",
    "<receive>": "getting from somebody",
    "<find>": "finding",
    "<see>": "seeing: who or what is seen is where the one who sees is",
    "<meet>": "meeting: both are in one place",
    "be": "being",
    "<stay>": "being somewhere",
    "<swap>": "swapping",
    "<destroy>": "using up, selling",
    "<say>": "saying, thinking: what follows is not taken for a fact",
    "<want>": "wanting, failing: what follows did not happen",
    "forget": "forgetting, or leaving a thing behind",
    "<manage>": "managing: what follows did happen",
    "<act>": "doing what moves nothing",
}
_CHOICE = re.compile(r"\(([^()]*)\)(\.past)?")
_INTRODUCTION = """\
The English that `recollect ask` understands. Names, places and things may be
any words of your own; the examples stand for all. Tense is free: took, takes,
is taking, has taken, was taken by. (a / b) is a choice, [a] may be left out.
A sentence that is not understood is reported with its line number.
"""
_JOINED = """\
Several at once    Ann and Bob took the lamp, the rope and the axe.
Clauses            Ann took the lamp, went up and left it there because of Bob.
Pronouns           he, she, they, it, him, her, them, there; his bag, my son
Order              then, later, before, after, while; at 9:15, on Monday
Containers         what is in the bag goes where the bag goes
Numbered lines     1. Ann took ...   - Ann took ...   both are fine
"""


def grammar() -> str:
    """Return what a person may write, by kind of sentence, with paraphrases."""
    parts = [_INTRODUCTION, _heading("Sentences that say where things are")]
    for kind, patterns in EVENTS.items():
        parts.append(_entry(_SAID.get(kind, kind), _statements(patterns)))
    parts += [_heading("Sentences that are understood not to have happened")]
    parts.append(_entry("Denials, plans, reports, questions", _wrapped(WRAPS)))
    parts.append(_entry("but these did happen", _wrapped(CARRIED_OUT)))
    parts += [_heading("How sentences may be put together"), _JOINED]
    parts.append(_heading("Questions"))
    for program in dict.fromkeys(name.partition(" ")[0] for name in QUESTIONS):
        if program == "unsupported":
            continue
        wordings = [
            w for name, ws in QUESTIONS.items() if name.partition(" ")[0] == program for w in ws
        ]
        parts.append(_entry(_ASKED.get(program, program), _questions(wordings)))
    parts.append(_heading("Verbs, by what they do"))
    parts += [_paragraph(_VERBS.get(token, token), lemmas) for token, lemmas in verbs().items()]
    parts.append("Any other verb is judged by the words around it.")
    parts += ["", _heading("Logs and tables (.csv)"), _columns()]
    return "\n".join(parts).rstrip()


def verbs() -> dict[str, list[str]]:
    """Return the verbs that are known, by class; a phrasal verb has its particle."""
    found: dict[str, list[str]] = {}
    for lemma, token in VERB_CLASS.items():
        # "relocate_thing" and the like only keep two meanings of a verb apart in the table.
        if not lemma.endswith("_thing"):
            found.setdefault(token, []).append(lemma.replace("_", " "))
    return {token: found[token] for token in TOKENS if token in found}


def _statements(patterns: Sequence[str]) -> list[str]:
    return _spread([_spell(_finite(pattern)) + "." for pattern in patterns])


def _wrapped(patterns: Sequence[str]) -> list[str]:
    forms = {
        "VPAST": conjugate("take", "past"),
        "VPP": conjugate("take", "participle"),
        "VING": conjugate("take", "ing"),
        "VTHIRD": conjugate("take", "third"),
        "VP": "take",
    }
    found = []
    for pattern in patterns:
        text = re.sub(
            r"VPAST|VPP|VING|VTHIRD|VP", lambda m: f"{forms[m[0]]} the lamp", _finite(pattern)
        )
        found.append(_spell(text) + ("" if text.endswith(("?", '"')) else "."))
    return _spread(found)


def _questions(patterns: Sequence[str]) -> list[str]:
    return _spread([_spell(pattern) for pattern in patterns])


def _finite(pattern: str) -> str:
    """Return an event's pattern as a sentence in the past; each of its verbs is conjugated."""
    pattern = pattern.removeprefix("(=|)")
    if pattern.startswith("="):
        text = pattern.lstrip("= ")
        return text.replace("ISN'T", "isn't").replace("BE", "is").replace("WAS", "was")
    match = re.match(r"\(([^()]*)\)|(\S+)", pattern)
    assert match, pattern
    verbs = [_past(verb) for verb in (match[1] or match[2]).split("|")]
    return "{a} " + (f"({'|'.join(verbs)})" if match[1] else verbs[0]) + pattern[match.end() :]


def _past(phrase: str) -> str:
    verb, _, rest = phrase.partition(" ")
    return f"{conjugate(verb, 'past')} {rest}".strip()


def _spell(pattern: str) -> str:
    """Return a pattern with its placeholders filled and its choices as a person reads them.

    >>> _spell("Where (is|are|is) {e} (now|)?")
    'Where (is / are) the lamp [now]?'
    """
    text = pattern
    while found := _CHOICE.search(text):
        words = [_past(w) if found[2] else w for w in found[1].split("|")]
        shown = [word.strip() for word in dict.fromkeys(words) if word.strip()]
        told = " / ".join(shown[:SHOWN]) + (" / …" if len(shown) > SHOWN else "")
        if "" in words:
            told = f"\x01{told}\x02"
        elif len(shown) > 1:
            told = f"\x03{told}\x04"
        gap = " " * any(word.endswith(" ") for word in words)
        text = text[: found.start()] + told + gap + text[found.end() :]
    text = text.translate({1: "[", 2: "]", 3: "(", 4: ")"})
    text = re.sub(r"\{(\w)(?:=(\w+))?\}", lambda m: m[2] or FILLED[m[1]], text)
    for one, several in (("Ann", "Ann and Bob"), ("the lamp", "the lamps")):
        text = re.sub(rf"\b([Dd]o|[Aa]re|[Ww]ere) {one}\b", rf"\1 {several}", text)
    text = re.sub(r"\s+([?.,!])", r"\1", re.sub(r"\s+", " ", text)).strip()
    return re.sub(r"[A-Za-z]", lambda m: m[0].upper(), text, count=1)


def _spread(texts: Sequence[str]) -> list[str]:
    """Return a few of the texts, from all over the list."""
    unique = list(dict.fromkeys(texts))
    if len(unique) <= FEW:
        return unique
    return [unique[round(n * (len(unique) - 1) / (FEW - 1))] for n in range(FEW)]


def _heading(text: str) -> str:
    return f"{text.upper()}\n"


def _entry(title: str, examples: Sequence[str]) -> str:
    rows = [
        textwrap.fill(text, WIDTH, initial_indent="    ", subsequent_indent="        ")
        for text in examples
    ]
    return "\n".join([title, *rows, ""])


def _paragraph(title: str, words: Sequence[str]) -> str:
    more = "" if len(words) <= MOST else f", and {len(words) - MOST} more"
    text = f"{title} ({len(words)}): {', '.join(words[:MOST])}{more}"
    return textwrap.fill(text, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _columns() -> str:
    rows = ["The first line names the columns, any of these, in any order:"]
    rows += [
        textwrap.fill(
            f"{name:<9} also {', '.join(a for a in also.split() if a != name).replace('_', ' ')}",
            WIDTH,
            initial_indent="    ",
            subsequent_indent=" " * 19,
        )
        for name, also in COLUMNS.items()
    ]
    rows.append("Commas, semicolons or tabs between. Rows are put in the order of their times.")
    return "\n".join(rows)
