"""What every function from logits to weights must do."""

import torch
from torch import Tensor

from recollect.functional import Normalize
from recollect.testing.expect import Expect, quiet

__all__ = ["check_normalizer"]

# Rows and slots of the trials; odd, and other than one another.
ROWS, SLOTS = 5, 7


def check_normalizer(normalize: Normalize, *, whole: bool = True) -> None:
    """Hold a normalizer to its contract, ``(logits, mask=None) -> weights``.

    Weights have the shape and type of the logits, in float32, float64 and bfloat16, are at least 0
    and sum to 1 over the last axis (to at most 1 where not `whole`). Masked slots weigh exactly 0,
    whatever their logit; a fully masked row is zeros; masking a slot is as good as taking it out.
    Gradients are finite everywhere and zero for masked logits. The inputs are not changed. One slot
    and no slot are fine.

    A random normalizer is recognised by giving two answers to one question and spared the tests
    that compare answers.

    Shapes:
        normalize: logits ``(..., N)``, mask broadcasting to it -> weights ``(..., N)``.

    Raises:
        Nonconformity: a rule is broken.

    >>> from recollect.functional import sparsemax
    >>> check_normalizer(sparsemax)
    >>> check_normalizer(torch.relu)
    Traceback (most recent call last):
    ...
    recollect.testing.expect.Nonconformity: relu: it is called as (logits, mask); ...
    """
    expect = Expect(normalize)
    with quiet(normalize, seed=0):
        try:
            normalize(torch.zeros(2, 3), torch.ones(2, 3, dtype=torch.bool))
        except TypeError as error:
            expect.true(False, f"it is called as (logits, mask); it answered {error}")
        for dtype, tolerance in (
            (torch.float32, 1e-5),
            (torch.float64, 1e-9),
            (torch.bfloat16, 0.02),
        ):
            for scale in (0.0, 1.0, 30.0, 1e4):
                _values(expect, normalize, scale, dtype, tolerance, whole)
                _gradients(expect, normalize, scale, dtype)
        _edges(expect, normalize, whole)
        logits = torch.randn(4 * ROWS, SLOTS)
        if torch.equal(normalize(logits, None), normalize(logits, None)):
            _comparisons(expect, normalize)


def _mask() -> Tensor:
    """A random mask whose first row is closed and whose second is open."""
    mask = torch.rand(ROWS, SLOTS) > 0.4
    mask[0], mask[1], mask[2:, 0] = False, True, True
    return mask


def _values(
    expect: Expect,
    normalize: Normalize,
    scale: float,
    dtype: torch.dtype,
    tolerance: float,
    whole: bool,
) -> None:
    logits, mask = (torch.randn(ROWS, SLOTS) * scale).to(dtype), _mask()
    spoilt = logits.masked_fill(~mask, torch.nan)
    for given, readable in ((logits, None), (logits, mask), (spoilt, mask)):
        before = given.clone()
        weights = normalize(given, readable)
        where = f"{dtype}, logits of about {scale:g}{'' if readable is None else ', masked'}"
        expect.shape(weights, (ROWS, SLOTS), "weights, shaped as the logits,")
        expect.true(
            weights.dtype == dtype, f"weights have the logits' type {dtype}, not {weights.dtype}"
        )
        expect.finite(weights, f"weights are finite ({where}; masked logits may be NaN)")
        expect.true((weights >= 0).all(), f"weights are at least 0 ({where})")
        total = weights.double().sum(-1)
        if readable is not None:
            expect.zero(weights[~readable], f"masked slots weigh exactly 0 ({where})")
            total = total[readable.any(-1)]
        if whole:
            expect.close(
                total, torch.ones_like(total), f"weights sum to 1 ({where})", tolerance=tolerance
            )
        else:
            expect.true((total <= 1 + tolerance).all(), f"weights sum to at most 1 ({where})")
        expect.true(
            torch.equal(before.nan_to_num(), given.nan_to_num()),
            "the logits are not changed in place",
        )


def _gradients(expect: Expect, normalize: Normalize, scale: float, dtype: torch.dtype) -> None:
    mask = _mask()
    logits = (torch.randn(ROWS, SLOTS) * scale).to(dtype)
    logits = logits.masked_fill(~mask, torch.nan).requires_grad_()
    weights = normalize(logits, mask)
    if not weights.requires_grad:
        expect.true(False, "weights have a gradient; use a straight-through one where needed")
    (weights.double() * torch.randn(ROWS, SLOTS).double()).sum().backward()
    gradient = logits.grad
    assert gradient is not None
    where = f"{dtype}, logits of about {scale:g}"
    expect.finite(gradient, f"gradients are finite, in fully masked rows too ({where})")
    expect.zero(gradient[~mask], f"masked logits get no gradient ({where})")


def _edges(expect: Expect, normalize: Normalize, whole: bool) -> None:
    if whole:
        expect.true((normalize(torch.randn(3, 1), None) == 1).all(), "a single slot weighs 1")
    expect.shape(normalize(torch.zeros(3, 0), None), (3, 0), "weights over no slots")
    expect.shape(normalize(torch.randn(2, 3, 4, 5), None), (2, 3, 4, 5), "weights of four axes")
    mask = torch.tensor([True, False, True])
    closed = normalize(torch.randn(2, 4, 3), mask)[..., 1]
    expect.zero(closed, "a mask of fewer axes broadcasts to the logits")


def _comparisons(expect: Expect, normalize: Normalize) -> None:
    logits, mask = torch.randn(ROWS, SLOTS), _mask()
    weights = normalize(logits, None)
    every = normalize(logits, torch.ones_like(mask))
    expect.close(every, weights, "an open mask is as good as none")
    # A layout other than the usual one, with the same numbers.
    expect.close(
        normalize(logits.mT.contiguous().mT, None), weights, "the memory layout is no matter"
    )
    for row, readable in zip(logits, mask, strict=True):
        masked = normalize(row, readable)[readable]
        expect.close(masked, normalize(row[readable], None), "a masked slot is as good as none")
    alone = torch.stack([normalize(row, None) for row in logits])
    expect.close(alone, weights, "each row is weighed on its own")
