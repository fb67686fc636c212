"""Tell a story: a seeded world acts, every act is worded, and questions are asked on the way.

The gold answers come from the exact solver over the same events, so they are right by construction.
"""

from __future__ import annotations

from random import Random

from recollect.tasks.stories import frames
from recollect.tasks.stories.acting import ERRING, KNOWING, Lists, World
from recollect.tasks.stories.asking import ask
from recollect.tasks.stories.plain import plain
from recollect.tasks.stories.pronouns import pronouns_for
from recollect.tasks.stories.saying import event_of, word
from recollect.tasks.stories.tale import Asked, Tale, Telling

__all__ = [
    "ERRING",
    "KNOWING",
    "Asked",
    "Lists",
    "Tale",
    "Telling",
    "World",
    "ask",
    "event_of",
    "tell",
    "word",
]


def tell(
    rng: Random,
    length: int,
    questions: int = 6,
    *,
    answerable: float = 0.83,
    lists: Lists = ERRING,
) -> Tale:
    """Draw a story of `length` clauses and up to `questions` questions about it.

    Args:
        rng: source of all randomness; the same state gives the same tale.
        length: number of clauses.
        questions: how many questions to ask, the last one after the last clause.
        answerable: share of questions whose evidence is in the story.
        lists: how well the reader of English knows what everything is.
    """
    world = World(rng, length, lists)
    tale = Tale(world.kinds, world.shown, world.genders, world.sexes)
    sexed = [gender in ("m", "f") for gender in world.genders]
    talk = rng.choice((0.0, 0.3, 0.5, 0.8, 0.8))  # how often a pronoun is used where one can be
    blocks = _blocks(rng, length)
    moments = sorted([length, *(rng.randint(1, length) for _ in range(questions - 1))])
    while len(tale.events) < length:
        kind, cast = world.act()
        if tale.tellings:  # "there" is the place that the clause before named
            before = tale.tellings[-1].fillers
            there = before.get("l") or before.get("t")
            taken = {*cast["a"], *cast.get("o", ())}  # nothing goes into itself
            fits = "_be" not in cast and not taken & set(there or ())
            if there and fits and kind in ("move", "put", "bring"):
                cast["t"] = there
        worded = word(kind, cast, rng)
        if worded is None:
            continue
        text, kind = worded
        fillers = {p: cast[p] for p in frames.placeholders(text)}
        named = [e for who in fillers.values() for e in who]
        if len(set(named)) < len(named):  # "was in the hall near the hall"
            continue
        if lists is KNOWING and not plain(kind, text, fillers, world.shown, sexed):
            continue
        event = event_of(kind, text, cast)
        pronouns, antecedents = pronouns_for(tale, text, cast, talk, rng, doubtful=lists is ERRING)
        opener = rng.choice(frames.OPENERS)
        joins = opener in ("While ", "Because ")
        placed = opener in frames.WHERE  # "In the hall, in the garden was Ann" tells two places
        if placed and ("{t}" in text or text.startswith(("in ", "at ", "inside ", "there "))):
            opener = ""
        if joins and not text.startswith("{"):
            opener = ""
        active = kind in ("take", "give", "drop", "lose") and text.startswith("{a}")
        if active and rng.random() < 0.04:
            opener = "There "
        tale.events.append(event)
        tale.tellings.append(Telling(opener + text, fillers, pronouns, antecedents))
        tale.when.append(blocks[len(tale.when)])
        world.apply(event)
        while moments and moments[0] == len(tale.events):
            moments.pop(0)
            asked = ask(rng, world, tale, rng.random() < answerable)
            if asked:
                tale.questions.append(asked)
    return tale


def _blocks(rng: Random, length: int) -> list[float]:
    """Event times: nearly always the order of the text, now and then days told out of order."""
    if length < 4 or rng.random() > 0.07:
        return [0.0] * length
    cuts = sorted(rng.sample(range(1, length), rng.choice((1, 2, 3))))
    ranks = list(range(len(cuts) + 1))
    rng.shuffle(ranks)
    return [float(ranks[sum(cut <= t for cut in cuts)]) for t in range(length)]
