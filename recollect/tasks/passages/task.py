"""Questions on passages: the sentence that tells the answer, or none, and the span in it.

Shape letters: ``B`` questions, ``S`` sentences, ``C`` candidate spans, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

from recollect.models.span_reader import SpanReader
from recollect.tasks.base import Step
from recollect.tasks.passages.corpus import PassageQuestion
from recollect.tasks.passages.figures import auroc, best_threshold, exact_match, word_f1
from recollect.tasks.passages.finding import PassageReading, find_answer, sentence_likelihood
from recollect.tasks.passages.overlap import Overlap, Spans, overlap, spans_of

__all__ = ["PassageBatch", "Passages"]

SAMPLED = 64
"""Spans of a sentence in a step of training."""


class PassageBatch(NamedTuple):
    """Questions with an answer, then as many without; spans of the sentences that tell answers.

    Shapes:
        asked ``(B, A)``, sentences ``(B, 1 + S, F)``, mask ``(B, 1 + S)``, gold ``(B,)`` with 0 for
        none; span_rows ``(G,)`` which questions have spans, features ``(G, C, F)``, classes
        ``(G, C, 4)``, span_mask ``(G, C)``, span_gold ``(G,)``.
    """

    asked: Tensor
    sentences: Tensor
    mask: Tensor
    gold: Tensor
    span_rows: Tensor
    features: Tensor
    classes: Tensor
    span_mask: Tensor
    span_gold: Tensor


class Passages:
    """Find the sentence and the span that answer a question, or say that there is none.

    The articles are dealt to folds in turn, and a model of this task is a list of readers, one a
    fold: fold f is tested on its own articles, chooses its threshold on those of the next fold, and
    trains on the others. So every question is tested once, by a reader that has seen no text of its
    article.

    Args:
        questions: what `read_xquad` returns.
        batch: answerable questions of a fold and step; as many unanswerable ones join them.
        folds: how many.

    Shapes:
        batches: a tuple of `PassageBatch`, one a fold.

    Raises:
        ValueError: `batch` is below 1, `folds` below 3, or there are fewer articles than folds.

    Attributes:
        learnt: how many readers there are; of words nothing is learnt before training.
    """

    published: Mapping[str, Any] = MappingProxyType(
        {
            "exact": "40.4 (SQuAD 1.1 test: logistic regression of 87,000 training questions)",
            "f1": "51.0 (the same)",
        }
    )

    def __init__(self, questions: Sequence[PassageQuestion], *, batch: int = 32, folds: int = 6):
        articles = len({q.article for q in questions})
        if batch < 1 or folds < 3 or articles < folds:
            raise ValueError(
                f"batch is {batch} and folds {folds} of {articles} articles: "
                "give a batch of 1 or more, and 3 folds or more, an article or more for each"
            )
        self.questions, self.size, self.folds = list(questions), batch, folds
        self.learnt = PassageReading(folds=folds)
        self._cached = lru_cache(maxsize=None)(self._made)

    def part(self, split: str, fold: int) -> list[int]:
        """Return the numbers of a fold's questions of a split.

        Raises:
            ValueError: there is no such split.
        """
        if split not in ("train", "valid", "test"):
            raise ValueError(f"there is no split {split!r}; there are train, valid and test")
        behind = {"test": {0}, "valid": {1}, "train": set(range(2, self.folds))}[split]
        return [
            i for i, q in enumerate(self.questions) if (q.article - fold) % self.folds in behind
        ]

    def batches(
        self, split: str, *, seed: int, start: int = 0
    ) -> Iterator[tuple[PassageBatch, ...]]:
        """Yield training batches without end, drawn with replacement, or another split's once."""
        parts = [self.part(split, fold) for fold in range(self.folds)]
        i = start
        while split == "train" or i * self.size < max(map(len, parts)):
            if split == "train":
                rng = np.random.default_rng((seed, 7, i))
                chosen = [rng.choice(part, self.size).tolist() for part in parts]
                yield tuple(self.collate(some, rng=rng) for some in chosen)
            else:
                chosen = [part[i * self.size : (i + 1) * self.size] for part in parts]
                yield tuple(self.collate(some) for some in chosen)
            i += 1

    def collate(
        self, numbers: Sequence[int], *, rng: np.random.Generator | None = None
    ) -> PassageBatch:
        """Return questions as tensors, each of its own paragraph and then of the other.

        With `rng` a sentence has at most `SAMPLED` of its spans, the right one first and others
        drawn evenly: their order by likelihood is learnt as from all (Bengio and Senecal 2003).

        Shapes:
            B / 2 numbers -> `PassageBatch` of B questions.
        """
        made = [self._cached(n) for n in numbers]
        if rng is not None:
            made = [m.sampled(rng) for m in made]
        held = [m.here for m in made] + [m.there for m in made]
        rows = [g for g, m in enumerate(made) if m.span >= 0]
        slots = max((len(o.sentences) for o in held), default=1)
        spans = max((len(made[g].spans.first) for g in rows), default=1)
        width = held[0].sentences.shape[1] if held else 1
        sentences = np.zeros((len(held), slots, width), dtype=np.float32)
        mask = np.zeros((len(held), slots), dtype=bool)
        for b, one in enumerate(held):
            sentences[b, : len(one.sentences)] = one.sentences
            mask[b, : len(one.sentences)] = True
        wide = made[0].spans.features.shape[1] if made else 1
        features = np.zeros((len(rows), spans, wide), dtype=np.float32)
        classes = np.zeros((len(rows), spans, 4), dtype=np.int64)
        readable = np.zeros((len(rows), spans), dtype=bool)
        for g, row in enumerate(rows):
            these = made[row].spans
            features[g, : len(these.first)] = these.features
            classes[g, : len(these.first)] = these.classes
            readable[g, : len(these.first)] = True
        asked = np.stack([o.asked for o in held]) if held else np.zeros((0, 4), dtype=np.int64)
        gold = [m.sentence + 1 for m in made] + [0] * len(made)
        return PassageBatch(
            torch.from_numpy(asked),
            torch.from_numpy(sentences),
            torch.from_numpy(mask),
            torch.tensor(gold, dtype=torch.long),
            torch.tensor(rows, dtype=torch.long),
            torch.from_numpy(features),
            torch.from_numpy(classes),
            torch.from_numpy(readable),
            torch.tensor([made[row].span for row in rows], dtype=torch.long),
        )

    def step(self, model: nn.Module, batch: tuple[PassageBatch, ...]) -> Step:
        """Mean over the folds of minus the logarithm of p(sentence) and of p(span | sentence)."""
        losses, hits, none, counts = [], [], [], []
        for reader, some in zip(cast(nn.ModuleList, model), batch, strict=True):
            if not len(some.gold):
                continue
            reader = cast(SpanReader, reader)
            told = reader(some.asked, some.sentences, some.mask)
            loss = -told.gather(1, some.gold.unsqueeze(1)).mean()
            if len(some.span_rows):
                asked = some.asked[some.span_rows]
                inside = reader.spans(asked, some.features, some.classes, some.span_mask)
                loss = loss - inside.gather(1, some.span_gold.unsqueeze(1)).mean()
            losses.append(loss)
            some_told = some.gold > 0
            best = told[:, 1:].argmax(-1) + 1
            hits.append((best == some.gold)[some_told].float().mean())
            none.append(((told.argmax(-1) == 0) == ~some_told).float().mean())
            counts.append(len(some.gold))
        loss = torch.stack(losses).mean()
        metrics = {
            "loss": loss.detach(),
            "sentence": torch.stack(hits).mean(),
            "none": torch.stack(none).mean(),
            "count": torch.tensor(float(sum(counts))),
        }
        return Step(loss, metrics)

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return figures in percent, each question by its fold's reader; `..._by_...` need none.

        `sentence`: the likeliest sentence has the answer. `exact` and `f1`: of the likeliest span,
        an answer being demanded. `none_auroc`: the probability of none tells a question of
        another paragraph from one of this. `none_accuracy`: share of both kinds told right at the
        threshold that was best on the validation articles; `f1_or_none` is F1 over both kinds, 1
        for silence where silence is right. `f1_in_sentence`: F1 where the right sentence is given.
        """
        other = "valid" if split == "test" else split
        told: list[dict[str, list[float]]] = [{} for _ in models]
        low: list[list[float]] = [[] for _ in models]
        high: list[list[float]] = [[] for _ in models]
        bare: dict[str, list[float]] = {}
        for fold in range(self.folds):
            readers = [cast(SpanReader, cast(nn.ModuleList, model)[fold]) for model in models]
            apart = [[self._none(r, n) for n in self.part(other, fold)] for r in readers]
            limits = [best_threshold(*zip(*pairs, strict=True)) for pairs in apart]
            for n in self.part(split, fold):
                passage, held = self.questions[n].passage, self._cached(n).here
                spans = [spans_of(passage, held, s) for s in range(len(passage.sentences))]
                for name, value in self._without(n, spans).items():
                    bare.setdefault(name, []).append(value)
                for m, reader in enumerate(readers):
                    here, there = self._none(reader, n)
                    low[m].append(here)
                    high[m].append(there)
                    figures = self._tell(reader, n, spans, (here < limits[m], there >= limits[m]))
                    for name, value in figures.items():
                        told[m].setdefault(name, []).append(value)
        out = {name: [100 * float(np.mean(one[name])) for one in told] for name in told[0]}
        out["none_auroc"] = [100 * auroc(a, b) for a, b in zip(low, high, strict=True)]
        out |= {name: [100 * float(np.mean(values))] for name, values in bare.items()}
        made = [self._cached(n) for fold in range(self.folds) for n in self.part(split, fold)]
        missing = [[-held.cover.max() for held in (m.here, m.there)] for m in made]
        out["none_auroc_by_overlap"] = [100 * auroc(*zip(*missing, strict=True))]
        return out

    def _tell(
        self, reader: SpanReader, number: int, spans: Sequence[Spans], silent: tuple[bool, bool]
    ) -> dict[str, float]:
        """How right a reader is on one question, and on the same of another paragraph."""
        question, made = self.questions[number], self._cached(number)
        found = find_answer([reader], question.passage, made.here, spans=spans)
        given = find_answer(
            [reader], question.passage, made.here, spans=spans, sentence=made.sentence
        )
        sentence = int(sentence_likelihood(reader, made.here)[1:].argmax())
        f1 = word_f1(found.answer, question.answer)
        answered, kept = silent
        return {
            "sentence": float(sentence == made.sentence),
            "exact": exact_match(found.answer, question.answer),
            "f1": f1,
            "f1_in_sentence": word_f1(given.answer, question.answer),
            "none_accuracy": (answered + kept) / 2,
            "f1_or_none": (f1 * answered + kept) / 2,
        }

    def _none(self, reader: SpanReader, number: int) -> tuple[float, float]:
        """The probability of none for a question's own paragraph and for the other."""
        made = self._cached(number)
        return tuple(  # type: ignore[return-value]
            float(sentence_likelihood(reader, held)[0].exp()) for held in (made.here, made.there)
        )

    def _without(self, number: int, spans: Sequence[Spans]) -> dict[str, float]:
        """What needs no training: chance, the sentence with the greatest overlap, all of it."""
        question, made = self.questions[number], self._cached(number)
        passage = question.passage
        best = int(made.here.cover.argmax())
        a, b = passage.sentences[best]
        first, last = a, b - 1
        if len(spans[best].first):
            long = int((spans[best].last - spans[best].first).argmax())
            first, last = int(spans[best].first[long]), int(spans[best].last[long])
        longest = passage.written(first, last)
        return {
            "sentence_by_chance": 1 / len(passage.sentences),
            "sentence_by_overlap": float(best == made.sentence),
            "exact_by_longest": exact_match(longest, question.answer),
            "f1_by_longest": word_f1(longest, question.answer),
            "f1_by_sentence": word_f1(passage.written(a, b - 1), question.answer),
            "answer_is_candidate": float(made.exact),
        }

    def _made(self, number: int) -> _Made:
        question = self.questions[number]
        passage, end = question.passage, question.start + len(question.answer)
        inside = [
            i for i, w in enumerate(passage.words) if w.start < end and w.end > question.start
        ]
        sentence = next(s for s, (a, b) in enumerate(passage.sentences) if a <= inside[0] < b)
        here = overlap(passage, question.question)
        spans = spans_of(passage, here, sentence)
        same = np.zeros(len(spans.first))
        for c, (i, j) in enumerate(zip(spans.first.tolist(), spans.last.tolist(), strict=True)):
            both = max(0, min(j, inside[-1]) - max(i, inside[0]) + 1)
            same[c] = 2 * both / (j - i + 1 + len(inside))
        best = int(same.argmax()) if len(same) and same.max() > 0 else -1
        there = overlap(question.elsewhere, question.question)
        return _Made(here, there, sentence, spans, best, best >= 0 and same[best] == 1)


class _Made(NamedTuple):
    """A question beside its paragraph and another, and where in the first the answer stands."""

    here: Overlap
    there: Overlap
    sentence: int
    spans: Spans
    span: int
    exact: bool

    def sampled(self, rng: np.random.Generator) -> _Made:
        """The same with the right span and some of the others."""
        count = len(self.spans.first)
        if self.span < 0 or count <= SAMPLED:
            return self
        others = rng.permutation(count - 1)[: SAMPLED - 1]
        kept = np.concatenate([[self.span], others + (others >= self.span)])
        return self._replace(spans=Spans(*(each[kept] for each in self.spans)), span=0)
