"""A paragraph of one's own put to the model of ProPara: what becomes of the things it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from recollect.models.process_memory import ProcessTold
from recollect.tasks.propara_scores import GONE, UNTOLD
from recollect.tasks.propara_text import CHANGES, likeliest, read_texts, states, word_at
from recollect.tasks.said import BETWEEN, Said, Wish

__all__ = ["ProcessWords"]

_CALLED = {GONE: "not there", UNTOLD: "there, no place told"}
_DONE = {"none": "", "move": "moved", "create": "made", "destroy": "used up"}
_EXAMPLE = "Roots take up water. The water moves to the leaf. ||| water, roots"


@dataclass(frozen=True, kw_only=True)
class ProcessWords:
    """The words that texts of training had: with them one's own paragraph is read.

    Attributes:
        vocab: by number.
    """

    vocab: tuple[str, ...]

    @torch.no_grad()
    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Say where each thing is before a paragraph and after each of its sentences.

        The things stand behind `|||`, parted by commas. The weights are how likely a sentence
        changes a thing.

        Raises:
            ValueError: there is no sentence, or no thing, or the paragraph does not name it.
        """
        told, _, named = text.partition(BETWEEN)
        sentences = [s.strip() for s in re.split(r"(?<=[.!?])\s+|\n+", told) if s.strip()]
        things = [thing.strip() for thing in re.split(r"[,;]", named) if thing.strip()]
        if not sentences or not things:
            raise ValueError(
                f"give a paragraph, {BETWEEN} and the things to follow, like {_EXAMPLE!r}"
            )
        number = {word: i for i, word in enumerate(self.vocab)}
        words, mine = read_texts([(sentences, thing) for thing in things], number)
        strange = [t for t, named in zip(things, mine.any(-1).any(-1), strict=True) if not named]
        if strange:
            raise ValueError(f"the paragraph does not name {strange[0]!r}; write it as it does")
        found = cast(ProcessTold, model(words, mine))
        logs, width = found.changes.log_softmax(-1), words.shape[2]
        lines, rows = [], []
        for thing, log, exists, where in zip(
            things, logs.tolist(), found.exists.tolist(), found.places.argmax(-1).tolist(),
            strict=True,
        ):  # fmt: skip
            there, happened = likeliest(log, exists)
            course = states(there, happened, [word_at(sentences, at, width) for at in where])
            rows.append({"thing": thing, "places": course,
                         "changes": [CHANGES[kind] for kind in happened]})  # fmt: skip
            lines += _course(thing, sentences, course, happened)
        return Said(
            "\n".join(lines),
            {"things": rows, "sentences": sentences},
            things,
            sentences,
            1 - logs.exp()[..., CHANGES.index("none")],
            title=told.strip(),
            caption="A row is a thing, a column a sentence: how likely it changes the thing",
        )


def _course(
    thing: str, sentences: Sequence[str], course: Sequence[str], happened: Sequence[int]
) -> list[str]:
    """A thing's course in lines, a line a sentence."""
    lines = [f"{thing}: {_CALLED.get(course[0], course[0])} before"]
    for n, (sentence, place, kind) in enumerate(zip(sentences, course[1:], happened, strict=True)):
        done = _DONE[CHANGES[kind]]
        said = ": ".join(filter(None, (done, _CALLED.get(place, place)))) if done else "as before"
        short = sentence if len(sentence) <= 50 else f"{sentence[:49]}…"
        lines.append(f"  {n + 1}  {short}  – {said if place != GONE or not done else done}")
    return lines
