"""Which of those that a clause names may be told by a pronoun."""

from __future__ import annotations

from random import Random

from recollect.tasks.stories import frames
from recollect.tasks.stories.tale import Tale, Telling


def pronouns_for(
    tale: Tale, text: str, cast: dict[str, tuple[int, ...]], talk: float, rng: Random
) -> tuple[dict[str, str], dict[str, int]]:
    """Which placeholders may be a pronoun here, and the clause that names what it stands for.

    Only uses that a reader can resolve: the subject just spoken of, the single thing just handled,
    the person just given something (where their genders differ).
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
        and not set(tale.tellings[last].fillers) & set("arpy")
    ):
        last -= 1  # "The phone rang." stands between
    before = tale.tellings[last]
    reported = tale.events[last].kind == "none" and len(set(before.fillers) & set("arpy")) > 1
    if "t" in used:
        pronouns["t"], antecedents["t"] = "there", before.antecedents.get("t", last)
        if rng.random() < 0.3:
            return pronouns, antecedents
    if reported:  # the one who speaks, or the one spoken of
        return pronouns, antecedents

    def named(letter: str) -> int:
        return before.antecedents.get(letter, last)

    def gender(e: int) -> str:
        return tale.genders[e]

    def clear(e: int, said: str) -> bool:
        """Nobody else that the clause before named can be meant by the pronoun."""
        rivals = {
            x for p, who in before.fillers.items() for x in who if x != e and p not in "lksxt"
        }
        meant = {"he": "m", "him": "m", "she": "f", "her": "f"}[said]
        return all(gender(x) and gender(x) != meant for x in rivals)

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
    source = _named_before(before, things) if "o" in used and things else ""
    if source and text.count("{o}") == 1:
        plural = len(things) > 1 or any(gender(x) == "p" for x in things)
        moved = text.startswith("{o}")
        pronouns["o"] = ("they" if moved else "them") if plural else "it"
        antecedents["o"] = named(source)
        if "a" in pronouns and pronouns["o"] in ("they", pronouns["a"]):
            del pronouns["a"], antecedents["a"]
    if subject == before.fillers.get("o") and text.startswith("{a}") and not several:
        pronouns["a"] = "they" if gender(first) == "p" else "it"
        antecedents["a"] = named("o")
    partner = cast.get("r", ())
    if "r" in used and len(partner) == 1 and partner != subject and not text.startswith("{r}"):
        where = next((p for p in ("a", "r", "p", "y") if before.fillers.get(p) == partner), "")
        said = {"m": "him", "f": "her"}.get(gender(partner[0]), "")
        others = {gender(x) for x in subject} - ({"m", "f", ""} if "a" not in pronouns else set())
        if where and said and gender(partner[0]) not in others and clear(partner[0], said):
            pronouns["r"], antecedents["r"] = said, named(where)
    return pronouns, antecedents


def _named_before(before: Telling, things: tuple[int, ...]) -> str:
    """The placeholder of the one mention that "it" or "them" can mean, or ""."""
    letters = [p for p in ("o", "x", "a") if before.fillers.get(p) == things]
    if (letters == ["x"] and "o" in before.fillers) or (letters == ["o"] and "x" in before.fillers):
        return ""
    return letters[0] if letters else ""
