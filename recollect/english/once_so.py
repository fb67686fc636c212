"""States that were: "used to hang in the hall" says where a thing was before all else the text tells of it."""

from __future__ import annotations

from recollect.english.items import Item, verb_item
from recollect.english.words import Clause, Word

_MARK = "used to "
_WHERE = frozenset("in on at under near behind beside above over by between outside".split())
_MOVING = frozenset(
    ("<go>", "<bring>", "<put>", "take", "<take>", "<send>", "carry", "<give>", "<stay>", "be", "was", "hide", "leave",
     "<enter>", "<drop>", "<find>", "had", "<hold>")
)  # fmt: skip


def once_so(items: list[Item], k: int, done: list[Item]) -> bool:
    """Append the plain state for "used to" at item `k`; False where it tells of no state."""
    if not done or done[-1].type != "np" or k + 3 >= len(items):
        return False
    if len(done) > 1 and done[-2].type not in ("p", "co", "sub"):
        return False
    state, way = items[k + 2], items[k + 3]
    if way.type != "prep" or way.token not in _WHERE:
        return False
    if state.type == "be":
        token = "was"
    elif state.token == "<stay>" or state.lemma == "hang":
        token = "<stay>"
    else:
        return False
    done.append(verb_item(token, _MARK + state.text, state.lemma, frozenset(("past",)), ""))
    return True


def put_first(clauses: list[Clause]) -> None:
    """Put what used to be so before the rest; where nothing moves it afterwards, it is no longer so."""
    for clause in [clause for clause in clauses if _verb(clause) >= 0]:
        at, verb = next(n for n, c in enumerate(clauses) if c is clause), _verb(clause)
        who = clause.words[0].entity
        if who < 0:
            continue
        first = next(n for n, c in enumerate(clauses) if any(w.entity == who for w in c.words))
        before = clause._replace(when=clauses[first].when)
        del clauses[at]
        clauses.insert(first, before)
        if not any(_moves(c, who) for c in clauses[first + 1 :]):
            past = (*clause.words[:verb], Word("be", -1, ""), Word("no_longer", -1, ""))
            clauses.insert(first + 1, before._replace(words=(*past, *clause.words[verb + 1 :])))


def _verb(clause: Clause) -> int:
    """Where the verb of a state that was stands, or -1."""
    return next((n for n, word in enumerate(clause.words) if word.text.startswith(_MARK)), -1)


def _moves(clause: Clause, who: int) -> bool:
    """Whether a clause may tell where somebody or something is."""
    tokens = {word.token for word in clause.words}
    named = any(word.entity == who for word in clause.words)
    meant = tokens & {"it", "he", "she", "they", "them", "him", "her"}
    return bool(tokens & _MOVING) and bool(named or meant) and "<said>" not in tokens
