"""Senses of ambiguous nouns by vectors that were learnt without senses.

Shape letters: ``B`` batch, ``N`` words of a sentence, ``V`` vocabulary, ``D`` width.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from recollect.models import PAD, UNKNOWN, ContextVectors
from recollect.tasks.base import Step
from recollect.tasks.polysemy.corpus import Occurrence, SenseCorpus
from recollect.tasks.polysemy.nearest import nearest_sense
from recollect.tasks.polysemy.static import static_vectors
from recollect.tasks.said import Said, Wish
from recollect.trace import trace

__all__ = ["Polysemy", "SenseBatch"]

_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<hidden>")
_HIDDEN = 4


class SenseBatch(NamedTuple):
    """Sentences with hidden words.

    Shapes:
        shown, tokens ``(B, N)``, lengths, place ``(B,)``; weight ``(B, N)``, how much each word is
        asked for: nothing but where it is hidden.
    """

    shown: Tensor
    tokens: Tensor
    lengths: Tensor
    place: Tensor
    weight: Tensor


class Polysemy:
    r"""Vectors of ambiguous nouns, learnt by naming hidden words; senses by nearest neighbours.

    Training sees sentences and where the noun stands, no senses: the noun itself and some words are
    hidden, and the vector at the noun's place names the words. A frequent word counts
    :math:`\sqrt{t / f}` of a rare one (Mikolov et al. 2013, "Distributed representations of words
    and phrases", section 2.3).

    Args:
        corpus: nouns, senses and sentences.
        batch: sentences a step.
        hide: share of the words that are hidden.
        frequent: t, the share of all words at which a word begins to count less.
        width: of the static vectors.
        side: words before and after a noun that are read.
        least: how often a word must occur to be known.

    Raises:
        ValueError: a number is out of its range.
    """

    published: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self,
        corpus: SenseCorpus,
        *,
        batch: int = 64,
        hide: float = 0.3,
        frequent: float = 5e-5,
        width: int = 128,
        side: int = 32,
        least: int = 5,
    ):
        if min(batch, width, side, least) < 1 or not 0 < hide < 1 or frequent <= 0:
            raise ValueError(
                f"batch is {batch}, width {width}, side {side}, least {least}, hide {hide}, "
                f"frequent {frequent}: counts are 1 or more, shares above 0, and hide below 1"
            )
        self.corpus, self.size, self.hide, self.side, self.width = corpus, batch, hide, side, width
        train = corpus.splits["train"]
        counts = Counter(token for one in train for token in one.tokens)
        known = sorted((t for t, n in counts.items() if n >= least), key=lambda t: (-counts[t], t))
        self.vocab = (*_SPECIAL, *known)
        self._number = {token: i for i, token in enumerate(known, len(_SPECIAL))}
        total = sum(counts.values())
        shares = torch.tensor([counts[t] / total if t in counts else 0.0 for t in self.vocab])
        shares[: len(_SPECIAL)] = 0
        self.weights = (frequent / shares.clamp(min=1e-12)).sqrt().clamp(max=1) * (shares > 0)
        asked = shares * self.weights
        self.shares = asked / asked.sum().clamp(min=1e-12)
        self._rows = {
            split: [self._window(one) for one in some] for split, some in corpus.splits.items()
        }

    @cached_property
    def static(self) -> Tensor:
        """The static vectors of all words, from the training sentences.

        Shapes:
            ``(V, D)``.
        """
        sentences = [self.encode(one.tokens) for one in self.corpus.splits["train"]]
        found = static_vectors(sentences, vocab=len(self.vocab), width=self.width)
        found[PAD] = found[UNKNOWN] = found[_HIDDEN] = 0
        return found

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """Give the number of each word."""
        return [self._number.get(token, UNKNOWN) for token in tokens]

    def _window(self, one: Occurrence) -> tuple[list[int], int]:
        first = max(0, min(one.place - self.side, len(one.tokens) - 2 * self.side - 1))
        return self.encode(one.tokens[first : one.place + self.side + 1]), one.place - first

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[SenseBatch]:
        """Yield training batches without end, of like lengths, or another split's once."""
        if split not in self._rows:
            raise ValueError(f"there is no split {split!r}; there are {', '.join(self._rows)}")
        rows = self._rows[split]
        rounds, at = -(-len(rows) // self.size), start
        while split == "train" or at < rounds:
            epoch, place = divmod(at, rounds)
            order = self._order(rows, seed, epoch, shuffle=split == "train")
            picks = order[place * self.size : (place + 1) * self.size]
            yield self._hidden([rows[i] for i in picks], np.random.default_rng((seed, 17, at)))
            at += 1

    def _order(self, rows: Sequence, seed: int, epoch: int, *, shuffle: bool) -> np.ndarray:
        """The rows of an epoch: batches of like lengths, in random order."""
        lengths = np.array([len(tokens) for tokens, _ in rows])
        rng = np.random.default_rng((seed, 19, epoch))
        mixed = lengths + rng.random(len(rows)) * (8 if shuffle else 0)
        order = np.argsort(mixed, kind="stable")
        if not shuffle:
            return order
        whole = len(order) // self.size * self.size
        blocks = order[:whole].reshape(-1, self.size)[rng.permutation(whole // self.size)]
        return np.concatenate([blocks.reshape(-1), order[whole:]])

    def _hidden(self, rows: Sequence, rng: np.random.Generator) -> SenseBatch:
        tokens, lengths, place = self._padded(rows)
        at = torch.arange(tokens.shape[1]) == place.unsqueeze(1)
        draw = torch.from_numpy(rng.random(tokens.shape, dtype=np.float32))
        hidden = (draw < self.hide) & (tokens != PAD) & ~at
        shown = torch.where(hidden | at, _HIDDEN, tokens)
        return SenseBatch(shown, tokens, lengths, place, self.weights[tokens] * hidden)

    def _padded(self, rows: Sequence) -> tuple[Tensor, Tensor, Tensor]:
        lengths = np.array([len(tokens) for tokens, _ in rows])
        out = np.full((len(rows), int(lengths.max(initial=1))), PAD)
        for i, (tokens, _) in enumerate(rows):
            out[i, : len(tokens)] = tokens
        place = torch.tensor([place for _, place in rows])
        return torch.from_numpy(out), torch.from_numpy(lengths), place

    def step(self, model: nn.Module, batch: SenseBatch) -> Step:
        """Return the mean negative log-likelihood of the hidden words, each by its weight."""
        likely = model(batch.shown, batch.lengths, batch.place)
        count = batch.weight.sum()
        loss = -(likely.gather(1, batch.tokens) * batch.weight).sum() / count.clamp(min=1e-6)
        return Step(loss, {"nats": loss.detach(), "count": count})

    @torch.no_grad()
    def vectors(self, model: nn.Module, split: str) -> Tensor:
        """Return the vector of the noun in every sentence of a split.

        Shapes:
            sentences of a split -> ``(sentences, D)``.
        """
        return self._all(split, lambda *batch: _inner(model).vectors(*batch))

    def context(self, split: str) -> Tensor:
        """Return the mean of the other words' static vectors, for every sentence of a split.

        Shapes:
            sentences of a split -> ``(sentences, D)``.
        """

        def mean(tokens: Tensor, lengths: Tensor, place: Tensor) -> Tensor:
            there = (tokens > _HIDDEN).unsqueeze(-1)
            return (self.static[tokens] * there).sum(1) / there.sum(1).clamp(min=1)

        return self._all(split, mean)

    def _all(self, split: str, read: Any) -> Tensor:
        rows = self._rows[split]
        order = self._order(rows, 0, 0, shuffle=False)
        out = torch.zeros(len(rows), self.width)
        for first in range(0, len(order), 256):
            picks = order[first : first + 256]
            tokens, lengths, place = self._padded([rows[i] for i in picks])
            tokens[torch.arange(len(picks)), place] = _HIDDEN  # the noun is the same in all
            out[torch.from_numpy(picks)] = read(tokens, lengths, place)
        return out

    def accuracies(
        self, held: Sequence[Tensor], asked: Tensor, split: str, *, near: int
    ) -> list[float]:
        """Return for each noun the share of a split whose nearest neighbours have its sense.

        Shapes:
            held: vectors of the splits that are known, see `known`; asked ``(sentences, D)``.
        """
        keys = torch.cat(list(held))
        rows = [one for name in self.known(split) for one in self.corpus.splits[name]]
        told = []
        for noun in range(len(self.corpus.nouns)):
            ours = torch.tensor([i for i, one in enumerate(rows) if one.noun == noun])
            senses = torch.tensor([rows[i].sense for i in ours.tolist()])
            test = [i for i, o in enumerate(self.corpus.splits[split]) if o.noun == noun]
            right = torch.tensor([self.corpus.splits[split][i].sense for i in test])
            said = nearest_sense(asked[torch.tensor(test)], keys[ours], senses, near=near)
            told.append(float((said == right).float().mean()))
        return told

    @staticmethod
    def known(split: str) -> tuple[str, ...]:
        """Return the splits whose senses are known when one is asked for."""
        return ("train", "valid") if split == "test" else ("train",)

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return accuracies in percent: the mean over nouns, then noun by noun.

        `contextual` lets ten neighbours vote, `contextual_one` takes the nearest. `static` is the
        noun's own static vector, which is the same everywhere: the commonest sense. `words` is the
        mean of the static vectors of the other words. `NOUN_margin` is contextual above static,
        `NOUN_margin_words` above the better of static and words.
        """
        known = self.known(split)
        found: dict[str, list[list[float]]] = {"contextual": [], "contextual_one": []}
        for model in models:
            held = [self.vectors(model, name) for name in known]
            asked = self.vectors(model, split)
            found["contextual"].append(self.accuracies(held, asked, split, near=10))
            found["contextual_one"].append(self.accuracies(held, asked, split, near=1))
        flat = [torch.ones(len(self._rows[name]), 1) for name in (*known, split)]
        found["static"] = [self.accuracies(flat[:-1], flat[-1], split, near=10)]
        held = [self.context(name) for name in known]
        asked = self.context(split)
        found["words"] = [self.accuracies(held, asked, split, near=10)]
        found["words_one"] = [self.accuracies(held, asked, split, near=1)]
        out = {name: [100 * float(np.mean(row)) for row in rows] for name, rows in found.items()}
        static, words = (np.array(found[name][0]) for name in ("static", "words"))
        told = 100 * np.array(found["contextual"])
        over, best = told - 100 * static, told - 100 * np.maximum(static, words)
        out["margin_least"] = over.min(1).tolist()
        out["nouns_above_static"] = (over > 0).sum(1).astype(float).tolist()
        out["nouns_above_words"] = (told > 100 * words).sum(1).astype(float).tolist()
        for i, noun in enumerate(self.corpus.nouns):
            out[f"{noun}"] = told[:, i].tolist()
            out[f"{noun}_margin"] = over[:, i].tolist()
            out[f"{noun}_margin_words"] = best[:, i].tolist()
        return out

    @torch.no_grad()
    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Say which sense a noun has in a sentence, and the training sentences nearest to it.

        The weights are what the noun's place reads of the words: a row a head, and their mean.

        Raises:
            ValueError: the text is no UTF-8, or has none of the nouns, or nothing beside it.
        """
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"the text {text!r} is not UTF-8; save or type it as UTF-8")
        tokens = _cut(text)
        nouns = self.corpus.nouns
        places = [i for i, token in enumerate(tokens) if token in nouns]
        if not places:
            raise ValueError(f"none of the nouns is in {text!r}; they are {', '.join(nouns)}")
        noun = nouns.index(tokens[places[0]])
        numbers, place = self._window(Occurrence(tuple(tokens), places[0], noun, 0))
        if not any(n > _HIDDEN for i, n in enumerate(numbers) if i != place):
            raise ValueError(f"no word beside the noun in {text!r} was seen in training; give more")
        shown = torch.tensor([[*numbers[:place], _HIDDEN, *numbers[place + 1 :]]])
        where = torch.tensor([len(numbers)]), torch.tensor([place])
        inner = _inner(model)
        with trace(inner) as seen:
            vector = inner.vectors(shown, *where)
        heads = seen.weights([n for n in seen if n.endswith(".reader")][-1])[0, :, place]
        mine = [one for one in self.corpus.splits["train"] if one.noun == noun]
        keys = self._of([self._window(one) for one in mine], inner)
        cosine = torch.cosine_similarity(vector, keys)
        senses = torch.tensor([one.sense for one in mine])
        names = self.corpus.senses[noun]
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
        return Said("\n".join(lines), details, rows, columns, weights, notes, text)

    def _of(self, rows: Sequence, model: ContextVectors) -> Tensor:
        out = []
        for first in range(0, len(rows), 256):
            tokens, lengths, place = self._padded(rows[first : first + 256])
            tokens[torch.arange(len(place)), place] = _HIDDEN
            out.append(model.vectors(tokens, lengths, place))
        return torch.cat(out)


def _inner(model: nn.Module) -> ContextVectors:
    inner = getattr(model, "module", model)
    if not isinstance(inner, ContextVectors):
        raise ValueError(f"nouns have vectors of a ContextVectors, not of a {type(inner).__name__}")
    return inner


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
