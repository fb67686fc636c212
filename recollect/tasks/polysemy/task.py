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

from recollect.models import PAD, UNKNOWN
from recollect.tasks.base import Step
from recollect.tasks.polysemy.corpus import SenseCorpus
from recollect.tasks.polysemy.lines import HIDDEN, SPECIAL, KnownNoun, SenseWords, inner_model
from recollect.tasks.polysemy.nearest import nearest_sense
from recollect.tasks.polysemy.static import static_vectors

__all__ = ["Polysemy", "SenseBatch"]


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

    Attributes:
        learnt: the words and the training sentences, with which a person's own is read.
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
        self.corpus, self.size, self.hide, self.width = corpus, batch, hide, width
        train = corpus.splits["train"]
        counts = Counter(token for one in train for token in one.tokens)
        known = sorted((t for t, n in counts.items() if n >= least), key=lambda t: (-counts[t], t))
        self.vocab = (*SPECIAL, *known)
        self.learnt = SenseWords(
            vocab=self.vocab,
            known=tuple(_known(corpus, number) for number in range(len(corpus.nouns))),
            side=side,
            width=width,
        )
        total = sum(counts.values())
        shares = torch.tensor([counts[t] / total if t in counts else 0.0 for t in self.vocab])
        shares[: len(SPECIAL)] = 0
        self.weights = (frequent / shares.clamp(min=1e-12)).sqrt().clamp(max=1) * (shares > 0)
        asked = shares * self.weights
        self.shares = asked / asked.sum().clamp(min=1e-12)
        self._rows = {
            split: [self.learnt.window(one) for one in some]
            for split, some in corpus.splits.items()
        }

    @cached_property
    def static(self) -> Tensor:
        """The static vectors of all words, from the training sentences.

        Shapes:
            ``(V, D)``.
        """
        sentences = [self.learnt.encode(one.tokens) for one in self.corpus.splits["train"]]
        found = static_vectors(sentences, vocab=len(self.vocab), width=self.width)
        found[PAD] = found[UNKNOWN] = found[HIDDEN] = 0
        return found

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
        tokens, lengths, place = self.learnt.padded(rows)
        at = torch.arange(tokens.shape[1]) == place.unsqueeze(1)
        draw = torch.from_numpy(rng.random(tokens.shape, dtype=np.float32))
        hidden = (draw < self.hide) & (tokens != PAD) & ~at
        shown = torch.where(hidden | at, HIDDEN, tokens)
        return SenseBatch(shown, tokens, lengths, place, self.weights[tokens] * hidden)

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
        return self._all(split, lambda *batch: inner_model(model).vectors(*batch))

    def context(self, split: str) -> Tensor:
        """Return the mean of the other words' static vectors, for every sentence of a split.

        Shapes:
            sentences of a split -> ``(sentences, D)``.
        """

        def mean(tokens: Tensor, lengths: Tensor, place: Tensor) -> Tensor:
            there = (tokens > HIDDEN).unsqueeze(-1)
            return (self.static[tokens] * there).sum(1) / there.sum(1).clamp(min=1)

        return self._all(split, mean)

    def _all(self, split: str, read: Any) -> Tensor:
        rows = self._rows[split]
        order = self._order(rows, 0, 0, shuffle=False)
        out = torch.zeros(len(rows), self.width)
        for first in range(0, len(order), 256):
            picks = order[first : first + 256]
            tokens, lengths, place = self.learnt.padded([rows[i] for i in picks])
            tokens[torch.arange(len(picks)), place] = HIDDEN  # the noun is the same in all
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


def _known(corpus: SenseCorpus, number: int) -> KnownNoun:
    mine = [one for one in corpus.splits["train"] if one.noun == number]
    return KnownNoun(
        noun=corpus.nouns[number],
        senses=corpus.senses[number],
        sentences=tuple(" ".join(one.tokens) for one in mine),
        places=tuple(one.place for one in mine),
        meant=tuple(one.sense for one in mine),
    )
