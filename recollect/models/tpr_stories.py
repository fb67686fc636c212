"""Stories of any lengths for a `recollect.TPRRNN`, answered and learnt from in one call.

Shape letters: as in `recollect.models.tpr_rnn`; ``S`` different sentences, ``Z`` different
questions, ``L`` sentences of all ``G`` stories, ``Q`` questions asked.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from recollect.models.tpr_rnn import TPRRNN
from recollect.trace import tracing

__all__ = ["StoryRows", "answer_stories", "lacks_kernel"]


class StoryRows(NamedTuple):
    """Stories one after the other: story g has ``sentences[begins[g] : begins[g + 1]]``.

    Its questions are those from ``asked[g]`` to ``asked[g + 1]``; `sentences` and `questions` are
    rows of the different sentences and questions, and `before` tells how many sentences of its
    story came before a question.

    Shapes:
        sentences ``(L,)``, begins, asked ``(G + 1,)``, questions, before, answers ``(Q,)``.
    """

    sentences: Tensor
    begins: Tensor
    questions: Tensor
    before: Tensor
    answers: Tensor
    asked: Tensor


def lacks_kernel(model: TPRRNN) -> str | None:
    """Say why stories cannot be told to this model in one call, None where they can."""
    if not _numba():
        return "Numba is missing; pip install numba"
    if model.answer.device.type != "cpu" or model.answer.dtype != torch.float32:
        return (
            f"the kernel has float32 on the CPU, not {model.answer.dtype} on {model.answer.device}"
        )
    if tracing():
        return "a trace needs every read"
    return None


def answer_stories(
    model: TPRRNN, sentences: Tensor, questions: Tensor, rows: StoryRows
) -> tuple[Tensor, Tensor]:
    """Return the mean cross-entropy of the answers and the words chosen.

    What `TPRRNN.told`, `asked`, `remember`, `infer` and `logits` give one after the other, without
    padding and with the gradients made on the way.

    Shapes:
        sentences ``(S, J)``, questions ``(Z, J)`` word ids -> scalar, ``(Q,)``.
    """
    entities, roles = model.told(sentences)
    subjects, links = model.asked(questions)
    return _Stories.apply(
        rows, entities, roles, subjects.squeeze(-2), links, model.gain, model.bias, model.answer
    )  # type: ignore[return-value]


class _Stories(Function):
    @staticmethod
    def forward(ctx: Any, rows: StoryRows, *said: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        from recollect.kernels.slices import compiling
        from recollect.kernels.tensor_product import Said, Stories, answer

        learn = any(ctx.needs_input_grad)
        given = [part.detach().contiguous() for part in said]
        grads = [torch.zeros_like(part) if learn else part for part in given]
        chosen = torch.zeros_like(rows.answers)
        with compiling("TPR-RNN", 40):
            loss = answer(
                Said(*(part.numpy() for part in given)),
                Stories(*(part.numpy() for part in rows)),
                learn,
                Said(*(part.numpy() for part in grads)),
                chosen.numpy(),
            )
        ctx.grads = grads
        ctx.mark_non_differentiable(chosen)
        return torch.tensor(loss, dtype=torch.float32), chosen

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_loss: Tensor, d_chosen: Tensor) -> tuple[Tensor | None, ...]:
        return None, *(d_loss * grad for grad in ctx.grads)


@cache
def _numba() -> bool:
    return find_spec("numba") is not None
