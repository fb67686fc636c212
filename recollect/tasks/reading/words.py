"""What is learnt from novels before any training, and gaps in a text of one's own.

Shape letters: ``B`` batch, ``M`` mentions of candidates, ``W`` words of a window, ``C`` candidates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.tasks.reading.cloze import CONTEXT, ClozeQuestion, cloze_questions
from recollect.tasks.reading.counting import CANDIDATES
from recollect.tasks.reading.text import FUNCTION, Sentence, kinds, sentences
from recollect.tasks.said import BETWEEN, Said, Wish

__all__ = ["KINDS", "Laid", "ReadingBatch", "ReadingWords", "stack"]

KINDS = ("names", "nouns")
_STRANGERS = 512
_GAP = re.compile(r"(?<!\w)_{2,}(?!\w)|\bX{5}\b")
_BLANK = "Xgapx"  # a gap as a word
_HEADING = re.compile(r"\b(?:CHAPTER|PART) [IVXLC\d]+\b\.?")
_EXAMPLE = "Ann met Bob. Bob waved. Then ___ left. ||| Ann, Bob"


class ReadingBatch(NamedTuple):
    """Questions as windows.

    A word of the vocabulary has its place in it as its id. Any other word, and every name, is a
    stranger: its id is above, the same all over a question and of no meaning outside of it.

    Shapes:
        gap ``(B, W)``, windows ``(B, M, W)`` word ids; distance ``(B, M)`` in sentences; candidate
        ``(B, M)``, -1 for no mention; centre ``(B, C)``, the candidates' ids; kind (0 names, 1
        nouns), answer ``(B,)``.
    """

    gap: Tensor
    windows: Tensor
    distance: Tensor
    candidate: Tensor
    centre: Tensor
    kind: Tensor
    answer: Tensor


class Laid(NamedTuple):
    """A question as arrays: gap ``(W,)``, windows ``(M, W)``, distance, candidate ``(M,)``."""

    gap: NDArray[np.int32]
    windows: NDArray[np.int32]
    distance: NDArray[np.int32]
    candidate: NDArray[np.int32]
    centre: NDArray[np.int32]
    kind: int
    answer: int


@dataclass(frozen=True, kw_only=True)
class ReadingWords:
    """The words of the training novels: with them a text of one's own is read.

    Attributes:
        vocab: by number, the most frequent first.
        side: words of a window before and after its centre.
        mentions: the most recent ones that are read.
    """

    vocab: tuple[str, ...]
    side: int
    mentions: int

    @cached_property
    def _number(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.vocab)}

    @torch.no_grad()
    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Say which word is missing at the ___ of a text; of a whole novel, how many are found.

        The words to choose from stand behind `|||`, or are the names of the text. A text without a
        gap is made into questions, as the novels of the test are.

        Raises:
            ValueError: there are several gaps, no words to choose from, or too few sentences.
        """
        told, _, given = text.partition(BETWEEN)
        gaps = len(_GAP.findall(told))
        if gaps > 1:
            raise ValueError(f"there are {gaps} gaps (___); leave out one word")
        if not gaps:
            return self._novel(model, told)
        book = sentences(_GAP.sub(_BLANK, told))
        at = next(i for i, words in enumerate(book) if _BLANK in words)
        context, query = tuple(book[max(0, at - CONTEXT) : at]), book[at]
        names = _capitalised([*context, query])
        chosen = [word.strip() for word in given.split(",") if word.strip()]
        chosen = list(dict.fromkeys(chosen)) or [n for n, _ in names.most_common(CANDIDATES)]
        if not 2 <= len(chosen) <= CANDIDATES:
            raise ValueError(
                f"there are {len(chosen)} words to choose from; give 2 to {CANDIDATES} behind "
                f"{BETWEEN}, like {_EXAMPLE!r}"
            )
        kind = "names" if all(word[0].isupper() for word in chosen) else "nouns"
        asked = ClozeQuestion(context, query, query.index(_BLANK), tuple(chosen), chosen[0])
        laid = self.lay(kind, asked, names)
        there = set(laid.candidate.tolist())
        if not there:
            raise ValueError(f"none of {', '.join(chosen)} is in the text before the gap")
        laid = laid._replace(centre=np.pad(laid.centre, (0, CANDIDATES - len(chosen))))
        likely = model(*stack([laid])[:-1])[0].exp()[: len(chosen)]
        order = likely.argsort(descending=True).tolist()
        lines = [f"{chosen[i]}  {float(likely[i]):.2f}" for i in order if i in there]
        strange = [word for i, word in enumerate(chosen) if i not in there]
        return Said(
            "\n".join(lines),
            {"answer": chosen[order[0]], "likely": round(float(likely[order[0]]), 4)},
            ["gap"],
            chosen,
            likely[None],
            [f"not in the text, so not chosen: {', '.join(strange)}"] if strange else [],
            title=" ".join(" ".join(query).replace(_BLANK, "___").split()),
            caption="How likely each word is the one that is missing",
        )

    def _novel(self, model: nn.Module, text: str) -> Said:
        """Make questions of a text, as of the novels of the test, and count the right answers."""
        book = sentences(_HEADING.sub(" ", text))  # a file comes as one line
        found = kinds(book)
        lines, details = [], {}
        for kind in KINDS:
            asked = list(cloze_questions(book, found, kind=kind, stride=2))
            right = 0
            for first in range(0, len(asked), 256):
                batch = stack([self.lay(kind, q, found.names) for q in asked[first : first + 256]])
                right += int((model(*batch[:-1]).argmax(-1) == batch.answer).sum())
            if asked:
                lines.append(f"{kind}: {right} of {len(asked)} right ({right / len(asked):.2f})")
                details[kind] = {"right": right, "questions": len(asked)}
        if not lines:
            raise ValueError(
                f"there is no gap (___) in the text, and its {len(book)} sentences are too few to "
                f"make questions of: {CONTEXT + 1}, with {CANDIDATES} names or nouns that come "
                f"three times; mark a gap, like {_EXAMPLE!r}"
            )
        return Said("\n".join(lines), details)

    def lay(self, kind: str, question: ClozeQuestion, names: Collection[str]) -> Laid:
        """Lay out a question of a text with `names`."""
        strangers: dict[str, int] = {}
        number = {word: i for i, word in enumerate(question.candidates)}
        windows, distance, candidate = [], [], []
        gap = self._window(question.query, question.blank, question.blank, strangers, names)
        for back, words in enumerate((question.query, *question.context[::-1])):
            for place in range(len(words) - 1, -1, -1):
                if words[place] not in number or (back == 0 and place == question.blank):
                    continue
                hole = question.blank if back == 0 else None
                windows.append(self._window(words, place, hole, strangers, names))
                distance.append(min(back, CONTEXT))
                candidate.append(number[words[place]])
        most = self.mentions  # the most recent ones
        return Laid(
            np.array(gap, np.int32),
            np.array(windows[:most], np.int32).reshape(-1, 2 * self.side),
            np.array(distance[:most], np.int32),
            np.array(candidate[:most], np.int32),
            np.array([self._id(word, strangers, names) for word in question.candidates], np.int32),
            KINDS.index(kind),
            number[question.answer],
        )

    def _window(
        self,
        words: Sequence[str],
        place: int,
        hole: int | None,
        strangers: dict[str, int],
        names: Collection[str],
    ) -> list[int]:
        """The words around a place, the place itself left out, and the gap where it is in sight."""
        near = [*range(place - self.side, place), *range(place + 1, place + self.side + 1)]
        inside = [i if 0 <= i < len(words) and i != hole else -1 for i in near]
        return [self._id(words[i], strangers, names) if i >= 0 else 0 for i in inside]

    def _id(self, word: str, strangers: dict[str, int], names: Collection[str]) -> int:
        """The id of a word; strangers' go up in twos, the odd ones of them are names'."""
        name = word in names
        known = None if name else self._number.get(word.lower())
        if known is not None:
            return known
        at = strangers.setdefault(word if name else word.lower(), len(strangers) % _STRANGERS)
        return len(self.vocab) + 2 * at + name


def _capitalised(said: Sequence[Sentence]) -> Counter[str]:
    """The words that stand with a capital inside sentences, and how often they stand at all."""
    inside = {
        word
        for words in said
        for before, word in pairwise(words)
        if word[0].isupper() and before[0].isalpha() and word not in (_BLANK, "I")
    }
    starts = {words[0] for words in said if words[0][0].isupper()}
    small = {word for words in said for word in words if word[0].islower()}
    lone = {w for w in starts if w.lower() not in small | FUNCTION and w != _BLANK}
    return Counter(word for words in said for word in words if word in inside | lone)


def stack(laid: Sequence[Laid]) -> ReadingBatch:
    """Lay questions side by side, with as many mentions as the longest has."""
    slots = max(len(one.distance) for one in laid)
    windows = np.zeros((len(laid), slots, laid[0].windows.shape[1]), np.int64)
    distance = np.zeros((len(laid), slots), np.int64)
    candidate = np.full((len(laid), slots), -1, np.int64)
    for i, one in enumerate(laid):
        many = len(one.distance)
        windows[i, :many], distance[i, :many] = one.windows, one.distance
        candidate[i, :many] = one.candidate
    return ReadingBatch(
        torch.from_numpy(np.stack([one.gap for one in laid])).long(),
        torch.from_numpy(windows),
        torch.from_numpy(distance),
        torch.from_numpy(candidate),
        torch.from_numpy(np.stack([one.centre for one in laid])).long(),
        torch.tensor([one.kind for one in laid]),
        torch.tensor([one.answer for one in laid]),
    )
