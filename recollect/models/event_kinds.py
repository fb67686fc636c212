"""What a text itself shows of who is a person, a place or a thing, where no word list knew.

"Ann went to the grundle" makes the grundle a place, so that "Ann left the grundle" is no longer a
dropped thing. The network sees the settled kinds, in training as in use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from recollect.english import TOKEN_IDS

_ids = TOKEN_IDS
WITHIN = {_ids[t] for t in ("into", "at", "in")}
_GIVE, _TO = _ids["<give>"], _ids["to"]
GOING = {_ids[t] for t in ("<go>", "<enter>", "<stay>", "be", "was")}
HANDLED = {
    _ids[t] for t in "<take> take get carry <hold> <put> <give> <drop> <bring> <send>".split()
}
ACTING = HANDLED | {
    _ids[t] for t in "<go> <enter> <exit> leave <say> <want> forget hide <follow> <see>".split()
}
MOVING = {_ids[t] for t in "<go> <exit> leave".split()}
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
    goal, receiver, falling = Counter(), Counter(), Counter()
    open_: set[int] = set()
    for row, who in zip(tokens, entities, strict=True):
        going = any(token in GOING for token in row)
        giving = _GIVE in row
        for j, entity in enumerate(who):
            if entity < 0 or row[j] not in (NAME, NOUN):
                continue
            open_.add(entity)
            before = row[j - 1] if j else 0
            after = row[j + 1] if j + 1 < len(row) else 0
            gets = before == _GIVE and j + 1 < len(row) and who[j + 1] >= 0  # "gave X the key"
            place[entity] += going and before in WITHIN
            thing[entity] += before in HANDLED and not gets
            person[entity] += (j == 0 and after in ACTING) or gets
            falling[entity] += row[j] == NOUN and j == 0 and after in MOVING
            goal[entity] += before == _ids["<enter>"] or (going and before == _TO)
            receiver[entity] += giving and before == _TO
    settled = {}
    for entity in open_:
        if falling[entity] == person[entity] and thing[entity]:  # it was taken, and fell
            surely, perhaps = {PERSON: person, PLACE: place, THING: thing}, {}
        elif person[entity]:  # who acts may be visited, and carried
            surely, perhaps = {PERSON: person, PLACE: place}, {}
        else:
            surely, perhaps = {PLACE: place, THING: thing}, {PLACE: goal, PERSON: receiver}
        for votes in (surely, perhaps):
            told = [token for token, count in votes.items() if count[entity]]
            if told:
                settled |= {entity: told[0]} if len(told) == 1 else {}
                break
    settled |= {entity: PERSON for entity in people if entity in open_}
    return settled
