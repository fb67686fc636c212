"""Learning to say one sentence for a text, copying what the vocabulary has not.

Shape letters: ``B`` batch, ``N`` source positions, ``T`` target positions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from recollect.models import PAD, UNKNOWN, Generated, Seq2Seq, beam_search
from recollect.tasks.base import Step
from recollect.tasks.pairs import CopyPairs, Corpus, Pair, PairBatch, Pairs
from recollect.tasks.summaries.figures import best_sentence, rouge_figures
from recollect.tasks.summaries.lines import SUMMARY, SummaryWords
from recollect.tasks.summaries.papers import Paper, words

__all__ = ["Summaries"]

TITLE = "<title>"
"""What stands before a source, as `SUMMARY` does: what is to be said of it."""


class Summaries:
    """Abstracts and one-sentence summaries, judged by ROUGE beside what needs no model.

    With `titles` a model also learns to say the title of each abstract; the first token of a source
    tells which is asked for (Cachola et al. 2020, "TLDR", section 4). A word of a target that
    neither the vocabulary nor its source has is left out of it: nobody could say it.

    Args:
        papers: by split.
        batch: sources a step.
        least: how often a word must occur in training to be in a vocabulary.
        longest: words of a source that are read.
        titles: learn titles too.
        beams: of the search with which a split is measured.
        limit: the most words of a summary.
        published: figures of others, to stand beside ours.

    Shapes:
        batches: `recollect.tasks.pairs.PairBatch` with source ``(B, N, 2)``.

    Raises:
        ValueError: a number is below 1.
    """

    def __init__(
        self,
        papers: Mapping[str, Sequence[Paper]],
        *,
        batch: int = 16,
        least: int = 3,
        longest: int = 200,
        titles: bool = True,
        beams: int = 4,
        limit: int = 50,
        published: Mapping[str, Any] = MappingProxyType({}),
    ):
        if longest < 1 or limit < 1:
            raise ValueError(f"longest is {longest} and limit {limit}; give 1 or more of both")
        self.papers, self.longest, self.limit, self.published = papers, longest, limit, published
        splits = {name: [self._pair(p) for p in some] for name, some in papers.items()}
        if titles:
            more = [self._title(p) for p in papers["train"] if words(p.title)]
            splits["train"] = [*splits["train"], *more]
        pairs = Pairs(Corpus(splits), batch=batch, least=least, longest=longest + 1, beams=beams)
        self.inner = CopyPairs(pairs)
        self.source, self.target, self.skipped = pairs.source, pairs.target, pairs.skipped
        self.learnt = SummaryWords(words=self.inner.learnt, longest=longest)

    @property
    def notes(self) -> Mapping[str, str]:
        """How the figures are counted."""
        how = "rouge-score, F1, words stemmed, the nearest of several summaries"
        return {"rouge1": how, "best_sentence_rouge1": "chosen by ROUGE-1 on the right summaries"}

    def _pair(self, paper: Paper) -> Pair:
        return Pair(self._read(paper, SUMMARY), tuple(words(s) for s in paper.summaries))

    def _title(self, paper: Paper) -> Pair:
        return Pair(self._read(paper, TITLE), (words(paper.title),))

    def _read(self, paper: Paper, asked: str) -> tuple[str, ...]:
        return (asked, *words(" ".join(paper.sentences))[: self.longest])

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[PairBatch]:
        """Yield batches; the order of an epoch is a function of the seed and its number."""
        for batch in self.inner.batches(split, seed=seed, start=start):
            yield batch._replace(target=_sayable(batch.target))

    def step(self, model: nn.Module, batch: PairBatch) -> Step:
        """Return the mean negative log-likelihood a token, `EOS` included."""
        return self.inner.step(model, batch)

    def tell(self, model: nn.Module, batch: PairBatch) -> Generated:
        """Say the summaries of a batch by a beam search."""
        inner = getattr(model, "module", model)
        if not isinstance(inner, Seq2Seq):
            raise ValueError(f"a summary is told by a Seq2Seq, not by a {type(inner).__name__}")
        encoded = inner.encoder(batch.source, batch.lengths)
        return beam_search(inner.decoder, encoded, beams=self.inner.inner.beams, limit=self.limit)

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """ROUGE of each model, of the first sentences, and of the best sentences.

        The last have seen the right summaries: no choice of one sentence does better.
        """
        pairs, out = self.inner.pairs(split), {}
        papers = self.papers[split]
        right = [p.summaries for p in papers]
        for model in models:
            told: dict[int, list[str]] = {}
            nats = tokens = own = 0.0
            with torch.no_grad():
                for batch in self.batches(split, seed=0):
                    step = self.step(model, batch)
                    count = float(step.metrics["count"])
                    nats, tokens = nats + count * float(step.loss), tokens + count
                    rows = self.tell(model, batch).tokens
                    own += float((rows >= len(self.target)).sum())
                    for row, numbers in zip(batch.rows.tolist(), rows.tolist(), strict=True):
                        told[row] = self.learnt.spelt(numbers, pairs[row].source)
            said = [told[r] for r in range(len(papers))]
            length = sum(map(len, said))
            figures = rouge_figures([self.learnt.written(one) for one in said], right)
            figures["words"] = length / len(said)
            figures["from_source_alone"] = 100 * own / max(length, 1)
            figures["nats"] = nats / max(tokens, 1)
            for name, value in figures.items():
                out.setdefault(name, []).append(value)
        plain = {
            "first_sentence": [p.sentences[0] for p in papers],
            "best_sentence": [best_sentence(p.sentences, p.summaries) for p in papers],
        }
        for kind, chosen in plain.items():
            for name, value in rouge_figures(chosen, right).items():
                out[f"{kind}_{name}"] = [value]
        return out


def _sayable(target: torch.Tensor) -> torch.Tensor:
    """Targets without what nobody can say."""
    rows = [row[row != UNKNOWN] for row in target]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)
