"""Which of those that a clause names may be told by a pronoun."""

from __future__ import annotations

from random import Random

from recollect.tasks.stories import frames
from recollect.tasks.stories.tale import Tale, Telling

REACH = 4  # clauses that a pronoun looks back over


def pronouns_for(
    tale: Tale,
    text: str,
    cast: dict[str, tuple[int, ...]],
    talk: float,
    rng: Random,
    *,
    doubtful: bool = False,
) -> tuple[dict[str, str], dict[str, int]]:
    """Which placeholders may be a pronoun here, and the clause that names what it stands for.

    Uses that a reader can resolve: the subject just spoken of, the single thing just handled,
    the person just given something (where their genders differ), or who was last spoken of a while
    ago. A `doubtful` use may also mean another of the same clause, as "he" in "Ben gave it to Tom.
    He left": more often, but not always, the one who acts, so that a reader learns its doubts.
    """
    pronouns: dict[str, str] = {}
    antecedents: dict[str, int] = {}
    used = frames.placeholders(text)
    if not tale.events or (rng.random() > talk and "t" not in used):
        return pronouns, antecedents
    last = len(tale.events) - 1
    while (
        last
        and tale.events[last].kind == "none"
        and not set(tale.tellings[last].fillers) & set("arpyox")
    ):
        last -= 1  # "The phone rang." stands between
    before = tale.tellings[last]
    reported = tale.events[last].kind == "none" and len(set(before.fillers) & set("arpy")) > 1
    if "t" in used:
        named_there = tale.tellings[-1].antecedents.get("t", len(tale.tellings) - 1)
        pronouns["t"], antecedents["t"] = "there", named_there
        if rng.random() < 0.3:
            return pronouns, antecedents
    if reported:  # the one who speaks, or the one spoken of
        return pronouns, antecedents

    def named(letter: str) -> int:
        return before.antecedents.get(letter, last)

    def gender(e: int) -> str:
        return tale.genders[e]

    def clear(e: int, said: str) -> bool:
        """Nobody else that the clause before named can be meant by the pronoun, or it is dared."""
        if doubtful and rng.random() < (0.8 if before.fillers.get("a") == (e,) else 0.3):
            return True
        rivals = {x for p, who in before.fillers.items() for x in who if x != e and p in "apry"}
        meant = {"he": "m", "him": "m", "she": "f", "her": "f"}[said]
        return all(gender(x) and gender(x) != meant for x in rivals)

    crowd = len({e for p in "apry" for e in before.fillers.get(p, ())}) > 1
    subject = cast["a"]
    first, several = subject[0], len(subject) > 1
    previous = before.fillers.get("a")
    if "a" in used and "y" not in used and "p" not in used and text.startswith("{a}"):
        said = {"m": "he", "f": "she"}[tale.sexes[first]]
        if subject == previous and several:
            pronouns["a"], antecedents["a"] = "they", named("a")
        elif subject == previous and gender(first) in ("m", "f", ""):
            if len(set(before.fillers) & {"r", "p", "y"}) == 0 or clear(first, said):
                pronouns["a"], antecedents["a"] = said, named("a")
        elif (
            before.fillers.get("r") == subject
            and gender(first) in ("m", "f")
            and clear(first, said)
        ):
            pronouns["a"], antecedents["a"] = said, named("r")
    things = cast.get("o", ())
    source = _named_before(before, things, rng if doubtful else None) if "o" in used else ""
    if source and text.count("{o}") == 1:
        plural = len(things) > 1 or any(gender(x) == "p" for x in things)
        said = ("they" if text.startswith("{o}") else "them") if plural else "it"
        if said != "they" or not crowd:
            pronouns["o"], antecedents["o"] = said, named(source)
            if "a" in pronouns and said in ("they", pronouns["a"]):
                del pronouns["a"], antecedents["a"]
    if subject == before.fillers.get("o") and text.startswith("{a}") and not several:
        said = "they" if gender(first) == "p" else "it"
        if said == "it" or not crowd:
            pronouns["a"], antecedents["a"] = said, named("o")
    partner = cast.get("r", ())
    if "r" in used and len(partner) == 1 and partner != subject and not text.startswith("{r}"):
        where = next((p for p in ("a", "r", "p", "y") if before.fillers.get(p) == partner), "")
        said = {"m": "him", "f": "her"}.get(gender(partner[0]), "")
        others = {gender(x) for x in subject} - ({"m", "f", ""} if "a" not in pronouns else set())
        if where and said and gender(partner[0]) not in others and clear(partner[0], said):
            pronouns["r"], antecedents["r"] = said, named(where)
    far = _far(tale, text, cast, pronouns) if "t" not in pronouns else {}
    for letter, (said, at) in far.items():
        if rng.random() < 0.6:
            pronouns[letter], antecedents[letter] = said, at
    return pronouns, antecedents


def _far(
    tale: Tale, text: str, cast: dict[str, tuple[int, ...]], pronouns: dict[str, str]
) -> dict[str, tuple[str, int]]:
    """Pronouns for who or what was last spoken of some clauses ago, and nobody like them since.

    "Ann took the key. Ben went to the hall. The hall was cold. He sang. She dropped it."
    """
    out: dict[str, tuple[str, int]] = {}
    people = [e for letter in "apry" if letter not in pronouns for e in cast.get(letter, ())]
    used = set(frames.placeholders(text))
    wanted: dict[str, tuple[int, ...]] = {
        "a": cast["a"] if text.startswith("{a}") else (),
        "r": () if text.startswith("{r}") else cast.get("r", ()),
    }
    for letter, who in wanted.items():
        sex = tale.genders[who[0]] if len(who) == 1 else ""
        if letter not in used or letter in pronouns or sex not in ("m", "f"):
            continue
        said = {"m": ("he", "him"), "f": ("she", "her")}[sex][letter == "r"]
        beside = {tale.genders[e] for e in people if e != who[0]}
        if said in pronouns.values() or beside & {sex, ""}:
            continue
        like = {e for e, gender in enumerate(tale.genders) if gender in (sex, "")}
        at = _last(tale, who, "apry", like, like)
        if at >= 0:
            out[letter] = said, at
    thing = cast.get("o", ())
    if "o" in used and "o" not in pronouns and len(thing) == 1 and text.count("{o}") == 1:
        plural = tale.genders[thing[0]] == "p"
        said = ("they" if text.startswith("{o}") else "them") if plural else "it"
        like = {e for e, kind in enumerate(tale.shown) if kind not in ("name", "person")}
        like |= {e for e, gender in enumerate(tale.genders) if gender in ("n", "p")}
        held = {e for e, kind in enumerate(tale.shown) if kind in ("thing", "box")}
        at = _last(tale, thing, "oax", like, held) if said not in pronouns.values() else -1
        if at >= 0:
            out["o"] = said, at
    return out


def _last(
    tale: Tale, meant: tuple[int, ...], letters: str, like: set[int], elsewhere: set[int]
) -> int:
    """The latest clause that names who is meant, if no one alike was named since; or -1.

    Rivals are those `like` it in the parts that `letters` are of, and those `elsewhere` in others.
    """
    for t in range(len(tale.tellings) - 1, max(-1, len(tale.tellings) - 1 - REACH), -1):
        told = tale.tellings[t]
        named = {
            letter: who
            for letter, who in told.fillers.items()
            if (like if letter in letters else elsewhere).intersection(who)
        }
        if named:
            clear = all(who == meant and letter in letters for letter, who in named.items())
            return told.antecedents.get(next(iter(named)), t) if clear else -1
    return -1


def _named_before(before: Telling, things: tuple[int, ...], dared: Random | None) -> str:
    """The placeholder of the one mention that "it" or "them" can mean, or ""."""
    letters = [p for p in ("o", "x", "a") if things and before.fillers.get(p) == things]
    if dared and letters and dared.random() < (0.8 if letters[0] == "o" else 0.4):
        return letters[0]
    if (letters == ["x"] and "o" in before.fillers) or (letters == ["o"] and "x" in before.fillers):
        return ""
    return letters[0] if letters else ""
