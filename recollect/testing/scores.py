"""What every score must do."""

import torch

from recollect.score import Score
from recollect.testing.expect import Expect, gradients, quiet

__all__ = ["check_score"]


def check_score(score: Score, *, query_size: int, key_size: int | None = None) -> None:
    """Hold a score to its contract: `embed_query`, `embed_keys`, and a number for each pair.

    Scores are ``(..., Q, N)`` for any leading axes. The score of a pair depends on that query and
    that key alone, and so does the mapping of a key, so that memories can be bound once and grown.
    Gradients are finite, for zero vectors too, and reach every parameter.

    Shapes:
        queries ``(..., Q, query_size)``, keys ``(..., N, key_size)``; a `key_size` of None is the
        query's.

    Raises:
        Nonconformity: a rule is broken.

    >>> from recollect import additive
    >>> check_score(additive(6, key_size=4), query_size=6, key_size=4)
    """
    expect = Expect(score)
    key_size = query_size if key_size is None else key_size
    weight = next(score.parameters(), torch.zeros(()))
    kind = {"dtype": weight.dtype, "device": weight.device}

    def scores(query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        return score(score.embed_query(query), score.embed_keys(keys))

    with quiet(score, seed=0):
        for lead in ((), (2,), (2, 3)):
            query = torch.randn(*lead, 3, query_size, **kind)
            keys = torch.randn(*lead, 5, key_size, **kind)
            expect.shape(scores(query, keys), (*lead, 3, 5), f"scores with leading axes {lead}")
        every = scores(query, keys)
        shared = scores(query, keys[0, 0])
        expect.close(shared[0, 0], every[0, 0], "keys without leading axes serve every query")
        mapped = score.embed_keys(keys)
        one = torch.cat([score.embed_keys(keys[..., i : i + 1, :]) for i in range(5)], -2)
        expect.close(one, mapped, "embed_keys maps each key on its own")
        part = scores(query[..., 1:2, :], keys[..., 2:4, :])
        expect.close(part, every[..., 1:2, 2:4], "a pair's score depends on no other query or key")
        for name, size in (("random", 1.0), ("zero", 0.0), ("large", 1e3)):
            ours = [(x * size).requires_grad_() for x in (query, keys)]
            made = scores(*ours)
            expect.finite(made, f"scores of {name} vectors are finite")
            inputs = [*ours, *score.parameters()]
            found = gradients((made * torch.randn_like(made)).sum(), inputs)
            places = ["the query", "the keys", *(place for place, _ in score.named_parameters())]
            for place, gradient in zip(places, found, strict=True):
                expect.finite(gradient, f"the gradient of {place} at {name} vectors is finite")
                reached = name != "random" or (gradient != 0).any()
                expect.true(reached, f"a gradient reaches {place}")
