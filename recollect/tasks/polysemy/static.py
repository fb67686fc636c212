"""Static vectors: what words a word stands near to, counted and compressed.

Shape letters: ``V`` words, ``D`` width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

__all__ = ["static_vectors"]


def static_vectors(
    sentences: Sequence[Sequence[int]],
    *,
    vocab: int,
    width: int = 128,
    near: int = 5,
    smooth: float = 0.75,
) -> Tensor:
    r"""Return a vector a word: positive pointwise mutual information, compressed.

    .. math:: M_{wc} = \max\Bigl(0, \log \frac{n_{wc} \, \sum_v n_v^\alpha}{n_w \, n_c^\alpha}\Bigr)
              \approx U \Sigma V^\top, \qquad e_w = U_w \Sigma^{1/2}

    Levy, Goldberg and Dagan 2015, "Improving distributional similarity with lessons learned from
    word embeddings", sections 2.1 and 3: what skip-gram with negative sampling factorizes too.

    Args:
        sentences: numbers of words.
        vocab: how many words there are.
        width: of the vectors.
        near: how many words apart are still near.
        smooth: :math:`\alpha`.

    Shapes:
        sentences of numbers below V -> ``(V, D)``, zero for a word that stands near no other.

    Raises:
        ValueError: a number is below 1, or the width above the number of words.
    """
    if min(width, near, vocab) < 1 or width > vocab:
        raise ValueError(
            f"width is {width}, near {near}, vocab {vocab}; give 1 or more, and as many words as "
            "the width at least"
        )
    rows = [np.asarray(sentence, dtype=np.int64) for sentence in sentences]
    ahead = [(row[:-d], row[d:]) for row in rows for d in range(1, near + 1) if len(row) > d]
    if not ahead:
        return torch.zeros(vocab, width)
    one, two = (np.concatenate(side) for side in zip(*ahead, strict=True))
    pairs, counts = np.unique(
        np.concatenate([one * vocab + two, two * vocab + one]), return_counts=True
    )
    word, context = pairs // vocab, pairs % vocab
    total = np.bincount(word, counts, minlength=vocab)
    shares = total**smooth / (total**smooth).sum()
    value = np.log(counts / (total[word] * shares[context]))
    kept = value > 0
    matrix = torch.sparse_coo_tensor(
        torch.from_numpy(np.stack([word[kept], context[kept]])),
        torch.from_numpy(value[kept]).float(),
        (vocab, vocab),
        check_invariants=False,
    ).coalesce()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        u, s, _ = torch.svd_lowrank(matrix, q=min(width + width // 4, vocab), niter=3)
    return (u * s.sqrt())[:, :width].contiguous()
