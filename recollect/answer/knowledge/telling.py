"""What cannot be answered from a table of facts, and why: one sentence each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from recollect.answer.knowledge.base import Knowledge
from recollect.answer.knowledge.meanings import APART
from recollect.answer.knowledge.mentions import Lexicon
from recollect.answer.knowledge.relation_words import split_name
from recollect.answer.knowledge.slot import Slot
from recollect.answer.knowledge.walking import SHOWN, Counts, Hop, Wanted
from recollect.answer.phrasing import join
from recollect.models.chain_reader import Chain

__all__ = [
    "disagreement",
    "missing_link",
    "other_relation",
    "path_note",
    "relations_of",
    "strange_words",
    "unreadable",
]

_FEW = 12
_ONE = frozenset(
    "mother father born birth birthplace birthday birthdate died death capital".split()
)
_EXAMPLE = "ask something like \"Who is Anne's father's mother?\""


def relations_of(knowledge: Knowledge) -> str:
    """The relations of a table, for a message."""
    names = knowledge.relations
    if len(names) <= _FEW:
        return join(names)
    return f"{', '.join(names[:_FEW])} and {len(names) - _FEW} more"


def strange_words(lexicon: Lexicon, slots: Sequence[Slot], question: str) -> None:
    """Refuse a question with a word that is no name, no relation, and no small word.

    Raises:
        ValueError: in one sentence, with what the table has instead.
    """
    if not slots:
        raise ValueError(f"the question is empty; {_EXAMPLE}")
    strange = [slot.text for slot in slots if slot.token == "<unk>"]
    if not strange:
        return
    named = any(slot.token == "<ent>" for slot in slots)
    related = any(slot.forms for slot in slots)
    table = lexicon.knowledge
    capital = [text for text in strange if text[0].isupper() and not question.startswith(text)]
    if capital or (related and not named):
        text = " ".join(_run(slots, capital or strange))
        near = lexicon.alike(text)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"the table does not mention {text!r}{hint}")
    word = strange[0]
    near = difflib.get_close_matches(word.lower(), [r.lower() for r in table.relations], 1, 0.7)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(
        f"no line of the table has the relation {word!r}{hint or ''}"
        f"{' ' if hint else '; '}it has {relations_of(table)}"
    )


def _run(slots: Sequence[Slot], strange: Sequence[str]) -> list[str]:
    """The strange words that stand beside each other, from the first."""
    places = [n for n, slot in enumerate(slots) if slot.token == "<unk>" and slot.text in strange]
    run = places[:1]
    for place in places[1:]:
        if place == run[-1] + 1:
            run.append(place)
    return [slots[n].text for n in run]


def unreadable(
    lexicon: Lexicon, slots: Sequence[Slot], chain: Chain, question: str, *, sure: float
) -> None:
    """Refuse a question that names nobody, asks for no relation, or was not understood.

    Raises:
        ValueError: in one sentence, with what would help.
    """
    has = f"the table has {relations_of(lexicon.knowledge)}"
    if not any(slot.token == "<ent>" for slot in slots):
        raise ValueError(
            f"the question {question!r} names nothing that is in the table; {_EXAMPLE}"
        )
    if not any(slot.forms for slot in slots):
        raise ValueError(f"the question {question!r} asks for no relation of the table; {has}")
    unclear = chain.program == "unsupported" or not chain.steps or chain.confidence < sure
    if unclear or _unread(slots, chain):
        raise _not_understood(question, has)


def _not_understood(question: str, has: str) -> ValueError:
    return ValueError(
        f"the question {question!r} was not understood; ask for one chain of relations, like "
        f'"Who is the mother of X\'s father?" ({has})'
    )


def other_relation(
    lexicon: Lexicon, slots: Sequence[Slot], chain: Chain, hops: Sequence[Hop], question: str
) -> None:
    """Refuse an answer that has the relation asked by "which", and is none itself.

    In which city is the museum where Harvest hangs? The museum has a city, and is no city.

    Raises:
        ValueError: in one sentence.
    """
    table = lexicon.knowledge
    read = {place for place, _ in chain.steps}
    for n, slot in enumerate(slots[1:], 1):
        if n in read or not slot.forms or slots[n - 1].token not in ("which", "what"):
            continue
        ways = [(form.relation, form.turned) for form in slot.forms]
        for end in list(hops[-1].state)[:50]:
            has = any(len((table.backward if t else table.forward)(end, r)) for r, t in ways)
            is_one = any(len((table.forward if t else table.backward)(end, r)) for r, t in ways)
            if has and not is_one:
                raise _not_understood(question, f"the table has {relations_of(table)}")


def _unread(slots: Sequence[Slot], chain: Chain) -> bool:
    """Whether a name is left over, or a relation that is not the kind of what is asked for."""
    read = {chain.start, chain.end, *(place for place, _ in chain.steps)}
    left = [n for n in range(len(slots)) if n not in read]
    if any(slots[n].entities for n in left):
        return True
    kinds = ("which", "what", "how", "many")  # which city was Ann born in?
    if not any(slots[place].token == "<verb>" for place, _ in chain.steps):
        kinds = ("many",)  # which floor is Ann's office?
    asked = {form.relation for place, _ in chain.steps for form in slots[place].forms}
    return any(
        slots[n].forms
        and not {form.relation for form in slots[n].forms} & asked  # which instrument Ann plays
        and not (n and slots[n - 1].token in kinds)
        and not (n + 1 < len(slots) and slots[n + 1].token in (*kinds, "that", "who", "where"))
        and not slots[n].article
        for n in left
    )


def missing_link(
    knowledge: Knowledge,
    slots: Sequence[Slot],
    chain: Chain,
    wanted: Sequence[Wanted],
    hops: Sequence[Hop],
    counts: Counts,
) -> str:
    """Which link of a chain no line tells, and what is told the other way round."""
    before = list(hops[-2].state) if len(hops) > 1 else list(slots[chain.start].entities)
    names = [knowledge.names[e] for e in before[:3]]
    who = join(names if len(before) <= 3 else [*names, f"{len(before) - 3:,} more"])
    relations = wanted[len(hops) - 1].relations
    place, back = chain.steps[len(hops) - 1]
    noun = slots[place].token == "<noun>"
    named = list(dict.fromkeys(knowledge.relations[r] for r, _ in relations))
    what = slots[place].text if noun or len(named) > 1 else named[0]
    if noun and back:
        text = f"No line says whose {what} {who} is."
    elif noun:
        text = f"No line tells the {what} of {who}."
    else:
        text = f"No line tells what {what} {who}." if back else f"No line tells {what} of {who}."
    for entity in before[:20]:
        for relation, reading in relations:
            other = (knowledge.forward if reading else knowledge.backward)(entity, relation)
            other = other[counts(other)]
            if len(other):
                line = int(knowledge.lines[other[0]])
                return f"{text} The other way round, line {line}: {knowledge.text(int(other[0]))}."
    return text


def disagreement(
    knowledge: Knowledge, hops: Sequence[Hop], steps: Sequence[tuple[int, int]]
) -> str:
    """Which lines give one subject two objects, where others have one.

    Of a mother, a father, a birth and a capital everybody has one, however short the table is.
    """
    told: dict[tuple[int, int, int], list[int]] = {}
    for k, slot in steps:
        s, r, o = (int(x[slot]) for x in (knowledge.subjects, knowledge.rels, knowledge.objects))
        words = split_name(knowledge.relations[r])
        one = bool(_ONE & set(words)) and not APART & set(words)
        of = o if one and words[-1] == "of" else s  # Eve mother_of Ann: it is Ann who has one
        if not (one or knowledge.single[r]):
            continue
        if (hops[k].begins[hops[k].slots == slot] == of).any():
            lines = told.setdefault((k, of, r), [])
            lines.append(int(knowledge.lines[slot]))
    notes = [
        f"Lines {join([str(line) for line in lines])} disagree on the "
        f"{re.sub('[ _]?of$', '', knowledge.relations[r], flags=re.I)} of {knowledge.names[s]}."
        for (_, s, r), lines in told.items()
        if len(lines) > 1
    ]
    return " ".join(notes[:3])


def path_note(
    knowledge: Knowledge,
    chain: Chain,
    slots: Sequence[Slot],
    hops: Sequence[Hop],
    steps: Sequence[tuple[int, int]],
) -> str:
    """That a path comes back to where it began, or that not everything was read."""
    notes = []
    if not all(step.whole for step in hops):
        notes.append("There are more such lines than are read; the answer is not complete.")
    for slot in slots:
        if slot.trusted:
            notes.append(f"{slot.text!r} is taken on trust: the table does not say it.")
    shown = sum(k == len(hops) - 1 for k, _ in steps)
    if shown == SHOWN < len(hops[-1].slots):
        notes.append(f"{SHOWN} of the {len(hops[-1].slots):,} lines of the last hop are shown.")
    start = set(slots[chain.start].entities)
    if chain.program == "list" and len(hops) > 1 and start & set(hops[-1].state):
        who = join([knowledge.names[e] for e in start])
        notes.append(f"The path comes back to {who}.")
    return " ".join(notes)
