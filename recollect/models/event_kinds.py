"""What a text itself shows of who is a person, a place or a thing, where no word list knew.

"Ann went to the grundle" makes the grundle a place, so that "Ann left the grundle" is no longer a
dropped thing. The network sees the settled kinds, in training as in use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from recollect.english import TOKEN_IDS

_ids = TOKEN_IDS
PLACED = {_ids[t] for t in ("to", "into", "at", "in")}
GOING = {_ids[t] for t in ("<go>", "<enter>", "<stay>", "be", "was")}
HANDLED = {
    _ids[t] for t in "<take> take get carry <hold> <put> <give> <drop> <bring> <send>".split()
}
ACTING = HANDLED | {
    _ids[t] for t in "<go> <enter> <exit> leave <say> <want> forget hide <follow> <see>".split()
}
NAME, NOUN, PERSON, PLACE, THING = (
    _ids[f"<{kind}>"] for kind in ("name", "noun", "person", "place", "thing")
)


def settle(
    tokens: Sequence[Sequence[int]], entities: Sequence[Sequence[int]], people: Sequence[int] = ()
) -> dict[int, int]:
    """The tokens of entities whose kind the text settles.

    Args:
        tokens: the clauses as rows of the vocabulary.
        entities: the entity of each word, or -1.
        people: entities known to be people, such as names with a gender.
    """
    place, thing, person = Counter(), Counter(), Counter()
    open_: set[int] = set()
    for row, who in zip(tokens, entities, strict=True):
        going = any(token in GOING for token in row)
        for j, entity in enumerate(who):
            if entity < 0 or row[j] not in (NAME, NOUN):
                continue
            open_.add(entity)
            before = row[j - 1] if j else 0
            after = row[j + 1] if j + 1 < len(row) else 0
            place[entity] += going and before in PLACED
            place[entity] += before == _ids["<enter>"]
            thing[entity] += before in HANDLED
            person[entity] += j == 0 and after in ACTING
    settled = {}
    for entity in open_:
        votes = {PLACE: place[entity], THING: thing[entity], PERSON: person[entity]}
        told = [token for token, count in votes.items() if count]
        if len(told) == 1:
            settled[entity] = told[0]
    settled |= {entity: PERSON for entity in people if entity in open_}
    return settled
