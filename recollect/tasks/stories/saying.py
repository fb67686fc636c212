"""How an act is said: a sentence with placeholders, and the event that it tells."""

from __future__ import annotations

from random import Random

from recollect.events import Event
from recollect.tasks.stories import frames

NEEDED = {
    "put": "o",
    "bring": "o",
    "take": "ao",
    "give": "or",
    "drop": "o",
    "join": "r",
    "not_at": "l",
}


def word(kind: str, cast: dict[str, tuple[int, ...]], rng: Random) -> tuple[str, str] | None:
    """A wording for the act: its text and the kind of what it says."""
    if kind == "none":
        return _idle(cast, rng)
    patterns = frames.EVENTS[kind]
    if kind == "move" and "_thing" not in cast:
        patterns += frames.ALIVE
    if "_be" in cast:
        patterns = tuple(p for p in patterns if p.startswith(("=", "(=")) or p.startswith("fall"))
    for _ in range(12):
        pattern = rng.choice(patterns)
        if (
            rng.random() < 0.02
            and not pattern.startswith(("=", "("))
            and kind not in ("not_at", "not_have", "either")
        ):
            text = frames.wrapped(pattern, rng.choice(frames.CARRIED_OUT), rng)
        elif kind == "move" and "_be" not in cast and rng.random() < 0.04:
            text = (
                frames.sentence(rng.choice(frames.STRANGE_MOVE), rng, plural=len(cast["a"]) > 1)
                .replace("is ", "")
                .replace("has ", "")
            )
        else:
            text = frames.sentence(pattern, rng, plural=len(cast["a"]) > 1)
        if rng.random() < 0.4 and kind in ("put", "bring", "lose", "drop"):
            text = text.replace(" by {a}", "")
        used = frames.placeholders(text)
        if kind in ("move", "put", "bring") and not {"l", "t"} & set(used):
            continue
        if all(letter in cast for letter in used) and all(
            letter in used for letter in NEEDED.get(kind, "")
        ):
            return text, kind
    return None


# The acts that are refused, wished for or reported, as often as they are named here.
WRAPPED = tuple("move move take take bring give put put drop leave lose join".split())


def _idle(cast: dict[str, tuple[int, ...]], rng: Random) -> tuple[str, str] | None:
    for _ in range(12):
        roll = rng.random()
        if roll < 0.5:
            kind = rng.choice(WRAPPED)
            told = ("=", "(=", "(have|hold")  # "did not have it" tells something
            pattern = rng.choice([p for p in frames.EVENTS[kind] if not p.startswith(told)])
            text = frames.wrapped(pattern, rng.choice(frames.WRAPS), rng)
        elif roll < 0.85:
            text = frames.sentence(rng.choice(frames.IDLE), rng, plural=len(cast["a"]) > 1)
        else:
            text = frames.sentence(rng.choice(frames.STRANGE), rng, plural=len(cast["a"]) > 1)
        if all(letter in cast for letter in frames.placeholders(text)):
            return text, "none"
    return None


def event_of(kind: str, text: str, cast: dict[str, tuple[int, ...]]) -> Event:
    """The event that the wording actually tells: a role counts only if the text has it."""
    roles: dict[str, list[int]] = {tag: [] for tag in frames.TAG_OF.values()}
    if kind == "none":
        return Event("none")
    if kind == "unclear":  # whoever is named may have a part in it
        named = [e for letter in frames.placeholders(text) for e in cast[letter]]
        return Event("unclear", themes=tuple(dict.fromkeys(named)))
    for letter in dict.fromkeys(frames.placeholders(text)):
        for e in cast[letter]:
            if e not in roles[frames.TAG_OF[letter]]:
                roles[frames.TAG_OF[letter]].append(e)
    return Event(
        kind, *(tuple(roles[tag]) for tag in ("agent", "theme", "recipient", "dest", "source"))
    )
