"""What is learnt from sentences before any training, and the sense of a noun in one's own.

Shape letters: ``B`` batch, ``N`` words of a sentence, ``D`` width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from recollect.models import PAD, UNKNOWN, ContextVectors
from recollect.tasks.polysemy.corpus import Occurrence
from recollect.tasks.polysemy.nearest import nearest_sense
from recollect.tasks.said import Said, Wish
from recollect.trace import trace

__all__ = ["HIDDEN", "SPECIAL", "KnownNoun", "SenseWords", "inner_model"]

SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<hidden>")
HIDDEN = 4


@dataclass(frozen=True, kw_only=True)
class KnownNoun:
    """A noun, the names of its senses, and the sentences that a new one is compared with.

    Attributes:
        noun: the word.
        senses: their names.
        sentences: of the training split, words with a space between.
        places: where the noun stands in each.
        meant: the number of its sense in each.
    """

    noun: str
    senses: tuple[str, ...]
    sentences: tuple[str, ...]
    places: tuple[int, ...]
    meant: tuple[int, ...]

    def occurrences(self, number: int) -> list[Occurrence]:
        """Return the sentences as words, of a noun of this number."""
        rows = zip(self.sentences, self.places, self.meant, strict=True)
        return [Occurrence(tuple(s.split(" ")), place, number, sense) for s, place, sense in rows]


@dataclass(frozen=True, kw_only=True)
class SenseWords:
    """How a sentence is read, and what it is compared with: a model answers without the corpus.

    Attributes:
        vocab: the words by number, the special ones first.
        known: the nouns, with their training sentences.
        side: words before and after a noun that are read.
        width: of the vectors.
    """

    vocab: tuple[str, ...]
    known: tuple[KnownNoun, ...]
    side: int
    width: int

    @cached_property
    def _number(self) -> Mapping[str, int]:
        return {token: i for i, token in enumerate(self.vocab[len(SPECIAL) :], len(SPECIAL))}

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """Give the number of each word."""
        return [self._number.get(token, UNKNOWN) for token in tokens]

    def window(self, one: Occurrence) -> tuple[list[int], int]:
        """Return the words around a noun as numbers, and the noun's place among them."""
        first = max(0, min(one.place - self.side, len(one.tokens) - 2 * self.side - 1))
        return self.encode(one.tokens[first : one.place + self.side + 1]), one.place - first

    @staticmethod
    def padded(rows: Sequence[tuple[list[int], int]]) -> tuple[Tensor, Tensor, Tensor]:
        """Return windows as tensors.

        Shapes:
            B windows -> tokens ``(B, N)``, lengths ``(B,)``, place ``(B,)``.
        """
        lengths = np.array([len(tokens) for tokens, _ in rows])
        out = np.full((len(rows), int(lengths.max(initial=1))), PAD)
        for i, (tokens, _) in enumerate(rows):
            out[i, : len(tokens)] = tokens
        place = torch.tensor([place for _, place in rows])
        return torch.from_numpy(out), torch.from_numpy(lengths), place

    @torch.no_grad()
    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Say which sense a noun has in a sentence, and the training sentences nearest to it.

        The weights are what the noun's place reads of the words: a row a head, and their mean.

        Raises:
            ValueError: the text is no UTF-8, or has none of the nouns, or nothing beside it.
        """
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"the text {text!r} is not UTF-8; save or type it as UTF-8")
        nouns = [known.noun for known in self.known]
        tokens = [_singular(token, nouns) for token in _cut(text)]
        places = [i for i, token in enumerate(tokens) if token in nouns]
        if not places:
            raise ValueError(f"none of the nouns is in {text!r}; they are {', '.join(nouns)}")
        noun = nouns.index(tokens[places[0]])
        numbers, place = self.window(Occurrence(tuple(tokens), places[0], noun, 0))
        if not any(n > HIDDEN for i, n in enumerate(numbers) if i != place):
            raise ValueError(f"no word beside the noun in {text!r} was seen in training; give more")
        shown = torch.tensor([[*numbers[:place], HIDDEN, *numbers[place + 1 :]]])
        where = torch.tensor([len(numbers)]), torch.tensor([place])
        inner = inner_model(model)
        with trace(inner) as seen:
            vector = inner.vectors(shown, *where)
        heads = seen.weights([n for n in seen if n.endswith(".reader")][-1])[0, :, place]
        mine = self.known[noun].occurrences(noun)
        keys = self._of([self.window(one) for one in mine], inner)
        cosine = torch.cosine_similarity(vector, keys)
        senses = torch.tensor([one.sense for one in mine])
        names = self.known[noun].senses
        sense = names[int(nearest_sense(vector, keys, senses))]
        top = cosine.topk(min(3, len(keys)))
        near = [
            {
                "sense": names[mine[i].sense],
                "cosine": round(c, 3),
                "sentence": " ".join(mine[i].tokens),
            }
            for c, i in zip(top.values.tolist(), top.indices.tolist(), strict=True)
        ]
        lines = [f"{nouns[noun]}: {sense}"]
        lines += [f"  {n['cosine']:.2f}  {n['sense']}: {n['sentence']}" for n in near]
        strange = [t for t in dict.fromkeys(tokens) if t not in self._number]
        notes = [f"never seen in training: {' '.join(strange)}"] if strange else []
        if len(places) > 1:
            notes.append(f"the first {nouns[noun]} is asked for")
        first = places[0] - place
        weights = torch.cat([heads, heads.mean(0, keepdim=True)]).float()
        rows = [*(f"head {h + 1}" for h in range(len(heads))), "mean"]
        details = {"noun": nouns[noun], "sense": sense, "nearest": near}
        columns = tokens[first : first + len(numbers)]
        caption = "A row is a head of the attention at the noun, a column a word"
        return Said("\n".join(lines), details, rows, columns, weights, notes, text, caption)

    def _of(self, rows: Sequence, model: ContextVectors) -> Tensor:
        out = []
        for first in range(0, len(rows), 256):
            tokens, lengths, place = self.padded(rows[first : first + 256])
            tokens[torch.arange(len(place)), place] = HIDDEN
            out.append(model.vectors(tokens, lengths, place))
        return torch.cat(out)


def inner_model(model: nn.Module) -> ContextVectors:
    """Return the model that gives vectors.

    Raises:
        ValueError: it is another.
    """
    inner = getattr(model, "module", model)
    if not isinstance(inner, ContextVectors):
        raise ValueError(f"nouns have vectors of a ContextVectors, not of a {type(inner).__name__}")
    return inner


def _singular(token: str, nouns: Sequence[str]) -> str:
    """Write a noun in the plural as the corpus does."""
    for end in ("s", "es"):
        if token.endswith(end) and token.removesuffix(end) in nouns:
            return token.removesuffix(end)
    return token


def _cut(text: str) -> list[str]:
    """Cut a person's text as the corpus is cut: lower case, signs apart."""
    out = []
    for word in text.lower().split():
        tail: list[str] = []
        while len(word) > 1 and word[-1] in ".,;:!?)\"'”’":
            word, tail = word[:-1], [word[-1], *tail]
        while len(word) > 1 and word[0] in "(\"'“‘":
            out.append(word[0])
            word = word[1:]
        for ending in ("'s", "’s"):
            if len(word) > 2 and word.endswith(ending):
                word, tail = word[:-2], ["'s", *tail]
        out += [word, *tail]
    return out
