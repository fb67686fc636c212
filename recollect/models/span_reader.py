"""Where in a passage the answer to a question stands: a sentence, or none, and a span of it.

Shape letters: ``B`` questions, ``S`` sentences, ``G`` sentences that are searched, ``C`` candidate
spans, ``A`` classes asked, ``D`` width.
"""

from __future__ import annotations

import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.score import additive

__all__ = ["SpanReader"]


class SpanReader(nn.Module, PyTorchModelHubMixin):
    r"""Two attentions, each over a memory that is made anew for a question.

    .. math::
        q = \sum_a E_a x_a, \quad
        p(s) = \mathrm{softmax}_s(\mathrm{additive}(q, f_s)), \quad
        p(c \mid s) = \mathrm{softmax}_{c \in s}(\mathrm{additive}(q, [g_c; W y_c]))

    The first memory has a slot a sentence and one for none of them: :math:`f_s` are numbers that
    tell what sentence and question share. The second has a slot for every span that could be the
    answer, :math:`g_c` its numbers and :math:`y_c` the classes of its outer words and neighbours.
    Both scores are additive (Bahdanau, Cho and Bengio 2015, section A.1.2), so that what is asked
    for decides which numbers count. A span's probability is :math:`p(s) \, p(c \mid s)`, after the
    span candidates of Rajpurkar et al. 2016, "SQuAD", section 5.

    Args:
        classes: of words.
        asked: A, classes that tell what is asked for.
        sentence: numbers of a sentence.
        span: numbers of a span.
        outer: classes of a span.
        width: D, of both scores.
        dropout: on numbers and embedded classes, the same for all slots of a question.

    Shapes:
        forward: asked ``(B, A)``, sentences ``(B, 1 + S, sentence)``, mask ``(B, 1 + S)`` ->
        log-probabilities ``(B, 1 + S)``, the first that of no sentence.

    Raises:
        ValueError: a size is not positive.

    >>> model = SpanReader(9, asked=2, sentence=3, span=4, outer=2, width=8)
    >>> mask = torch.tensor([[True, True, False]])
    >>> model(torch.ones(1, 2).long(), torch.zeros(1, 3, 3), mask).exp().detach().round(decimals=2)
    tensor([[0.5000, 0.5000, 0.0000]])
    """

    def __init__(
        self,
        classes: int,
        *,
        asked: int,
        sentence: int,
        span: int,
        outer: int = 4,
        width: int = 64,
        dropout: float = 0.2,
    ):
        super().__init__()
        for name, size in (("classes", classes), ("asked", asked), ("sentence", sentence),
                           ("span", span), ("outer", outer), ("width", width)):  # fmt: skip
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        small = max(1, width // 4)
        self.asking = nn.ModuleList(nn.Embedding(classes, width) for _ in range(asked))
        self.outer = nn.ModuleList(nn.Embedding(classes, small) for _ in range(outer))
        for table in (*self.asking, *self.outer):
            assert isinstance(table, nn.Embedding)
            nn.init.normal_(table.weight, std=0.1)
        self.sentences = Reader(additive(width, key_size=sentence))
        self.inside = Reader(additive(width, key_size=span + outer * small))
        self.dropout = nn.Dropout(dropout)

    def forward(self, asked: Tensor, sentences: Tensor, mask: Tensor) -> Tensor:
        """Return the log-probability of every sentence and of none; see the class."""
        memory = self.sentences.bind(self._some(sentences), mask=mask.unsqueeze(1))
        return _log(self.sentences.weights(self._query(asked), memory).squeeze(1))

    def spans(self, asked: Tensor, features: Tensor, classes: Tensor, mask: Tensor) -> Tensor:
        """Return the log-probability of every span, given that its sentence has the answer.

        Shapes:
            asked ``(G, A)``, features ``(G, C, span)``, classes ``(G, C, outer)``, mask ``(G, C)``
            -> ``(G, C)``.
        """
        words = [table(classes[..., k]) for k, table in enumerate(self.outer)]
        keys = self._some(torch.cat([features, *words], -1))
        memory = self.inside.bind(keys, mask=mask.unsqueeze(1))
        return _log(self.inside.weights(self._query(asked), memory).squeeze(1))

    def _some(self, keys: Tensor) -> Tensor:
        """Without some of the numbers, the same for all slots of a question, in training."""
        return keys * self.dropout(keys.new_ones(len(keys), 1, keys.shape[2]))

    def _query(self, asked: Tensor) -> Tensor:
        words = [table(asked[:, a]) for a, table in enumerate(self.asking)]
        return self.dropout(torch.stack(words).sum(0)).unsqueeze(1)


def _log(weights: Tensor) -> Tensor:
    return weights.clamp(min=1e-9).log()
