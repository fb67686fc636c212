"""What a memory network makes of bAbI: wrong answers task by task, and the facts it read for them.

Shape letters: ``Q`` questions, ``K`` hops, ``M`` memory slots.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.kernels.layout import Weights, Wiring
from recollect.models.memn2n import MemN2N
from recollect.tasks.babi import Babi, BabiSplit
from recollect.tasks.babi_noise import Network, beside_large_models, noise_figures

__all__ = ["babi_figures", "each_among_noise", "each_figures", "mean_figures", "support_recall"]

FAILED = 0.05
"""A task is failed where more of its answers are wrong (Weston et al. 2015)."""


def babi_figures(
    weights: Weights,
    wiring: Wiring,
    task: Babi,
    *,
    split: str,
    seed: int = 0,
    linear: bool = False,
    limit: int | None = None,
) -> dict[str, float]:
    """Measure a model: loss, wrong answers, failed tasks and, on the test files, gold facts found.

    Figures of a single task end with its number. All times are plain; `seed` tells which training
    questions were held out, and `limit` stops after so many questions.
    """
    from recollect.kernels.memn2n import evaluate  # compiles: only where it is needed

    if split not in ("train", "valid", "test"):
        raise ValueError(f"split is {split!r}; choose train, valid or test")
    if split == "test":
        data, rows = task.test, np.arange(len(task.test.task))
    else:
        data = task.train
        rows = task.rows("train" if split == "train" else "valid", seed=seed)
    rows = rows[:limit]
    if not len(rows):
        return {}
    loss, best, attention = evaluate(weights, data.facts, rows, wiring, linear)
    wrong = best != data.facts.answer[rows]
    figures = {"loss": loss / len(rows), "error": float(wrong.mean())}
    tasks = data.task[rows]
    each = {f"error_{t}": float(wrong[tasks == t].mean()) for t in np.unique(tasks)}
    if split == "test":
        figures["failed"] = float(sum(error > FAILED for error in each.values()))
    figures |= each
    if split == "test":
        for name, hits in support_recall(attention, data, rows).items():
            known = np.isfinite(hits)
            figures[name] = float(hits[known].mean())
            for t in np.unique(tasks[known]):
                figures[f"{name}_{t}"] = float(hits[known & (tasks == t)].mean())
    return figures


def mean_figures(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Join the figures of several tasks' models: means, but failed tasks are counted together.

    >>> mean_figures([{"error": 0.0, "failed": 0.0}, {"error": 0.5, "failed": 1.0}])
    {'error': 0.25, 'failed': 1.0}
    """
    names = dict.fromkeys(name for part in parts for name in part)
    found = {name: [part[name] for part in parts if name in part] for name in names}
    return {
        name: float(np.sum(values) if name == "failed" else np.mean(values))
        for name, values in found.items()
    }


def each_figures(
    models: Sequence[nn.Module], tasks: Mapping[str, Babi], split: str
) -> dict[str, list[float]]:
    """Measure models that are a `torch.nn.ModuleDict` of a `MemN2N` for each task.

    `chosen_error` and `chosen_failed` are those of the model with the smallest training error,
    which is another one for every task; equals are told apart by the training loss.
    """
    rows: list[list[dict[str, float]]] = [[] for _ in models]
    chosen: dict[str, float] = {}
    for name, task in tasks.items():
        found = []
        for row, model in zip(rows, models, strict=True):
            part = cast(MemN2N, dict(model.named_children())[name])
            held = part.kernel_weights(), part.wiring(), task
            train = babi_figures(*held, split="train")
            found.append((train["error"], train["loss"], len(found)))
            row.append(babi_figures(*held, split=split))
        best = rows[min(found)[-1]][-1]
        chosen[f"chosen_error_{name}"] = best["error"]
    errors = list(chosen.values())
    totals = {
        "chosen_error": float(np.mean(errors)),
        "chosen_failed": float(sum(error > FAILED for error in errors)),
    }
    means = [mean_figures(row) for row in rows]
    figures = {name: [mean[name] for mean in means] for name in means[0]}
    return figures | {name: [value] for name, value in (totals | chosen).items()}


def each_among_noise(
    models: Sequence[nn.Module], tasks: Mapping[str, Babi]
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Ask models that are a `torch.nn.ModuleDict` of a network for each task among noise.

    The second of what is returned is `beside_large_models`.
    """
    rows = []
    for model in models:
        parts = dict(model.named_children())
        networks = {
            int(name): Network(partial(_answer, parts[name]), task.vocab, task.words, task.slots)
            for name, task in tasks.items()
        }
        rows.append(noise_figures(networks))
    found = {name: [row[name] for row in rows] for name in rows[0]}
    return found, beside_large_models(list(found))


@torch.inference_mode()
def _answer(model: nn.Module, story: Tensor, question: Tensor) -> Tensor:
    return model(story, question).argmax(-1)


def support_recall(
    weights: NDArray[np.float32], data: BabiSplit, rows: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Compare what the hops read with the gold facts, question by question.

    Of a question with g gold facts, `support` is the share of them among the g slots with the
    largest weights, a slot's weight being that of the hop which reads it most; `support_top` is the
    share of them that are some hop's first choice. Facts that are no longer in memory count as
    missed; where a question has none, the figures are NaN.

    Shapes:
        weights ``(Q', K, M)``, rows ``(Q',)`` -> two arrays ``(Q',)``.
    """
    gold, wanted = data.support[rows], data.supports[rows]
    filled = np.arange(gold.shape[1]) < data.facts.count[rows][:, None]
    each = np.where(filled[:, None], weights, -1)
    order = (-each.max(1)).argsort(-1, kind="stable")
    ranked = np.take_along_axis(gold, order, 1)
    found = (ranked & (np.arange(gold.shape[1]) < wanted[:, None])).sum(1)
    first = np.zeros_like(gold)
    np.put_along_axis(first, each.argmax(-1), True, 1)
    share = np.where(wanted > 0, wanted, np.nan)
    return {"support": found / share, "support_top": (first & gold).sum(1) / share}
