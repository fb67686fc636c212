"""Everything that is measured of a reader of stories, each part a function of one model.

`recollect eval RUN --split PART` measures every seed of a run; one model, with its failures told:

    python -m recollect.tasks.stories.evaluate own|spoken|heldout|babi|user-style|noise MODEL [SET]
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from recollect.answer import Answerer
from recollect.data import MissingData
from recollect.models.event_memory import EventMemory
from recollect.tasks.stories import among_noise, heldout, official, own, spoken, user_style
from recollect.tasks.stories.scoring import (
    Judged,
    auroc,
    calibration_error,
    coverage_at,
    risk_coverage,
)

SETS = Path("tests/data")
"""Where the sets of texts as people write them are, seen from the root of the repository."""
COVERAGES = (0.5, 0.8, 0.9, 0.95, 1.0)
TARGETS: dict[str, str] = {  # what `main` prints beside a figure
    **{f"answers_{n}_facts_60": f"target {t}" for n, t in ((1, 99.5), (2, 99), (3, 98))},
    **{f"chains_{n}_facts_60": f"target {t}" for n, t in ((1, 99), (2, 98.5), (3, 97))},
    **{f"answers_{n}_facts_200": f"target {t}" for n, t in ((1, 99.5), (2, 98), (3, 97))},
    **{f"chains_{n}_facts_200": f"target {t}" for n, t in ((1, 99), (2, 96.5), (3, 95))},
    "auroc": "target 0.995", "idk_recall": "target 97", "false_idk": "target 1 at most",
    "deleted_idk": "target 99", "absent_idk": "target 99", "calibration_error": "target 2 at most",
    **{f"babi_answers_{t}": f"target {99 if t == 3 else 99.5}" for t in official.TASKS},
    **{f"babi_chains_{t}": f"target {98 if t == 3 else 99}" for t in official.TASKS},
    **{f"heldout_babi_answers_{t}": f"target {x}" for t, x in ((1, 99), (2, 95), (3, 88))},
    **{f"heldout_answers_{t}_facts": f"target {x}" for t, x in ((1, 99), (2, 95), (3, 88))},
}  # fmt: skip


def _percent(flags: Sequence[bool]) -> float:
    return 100 * sum(flags) / len(flags) if flags else math.nan


def own_figures(memory: EventMemory, *, quick: bool = False) -> dict[str, float]:
    """Own stories in the grammar of training: answers, chains, abstaining, calibration.

    The reader's word lists are right about every word that they have, and no sentence hangs on a
    word that they lack (`recollect.tasks.stories.plain`). `erring_` figures are of stories where
    they take a person for a thing, a thing for a place, and such sentences are told.
    """
    share = 20 if quick else 1
    out, every = _answers(memory, "own", share)
    out |= abstention([r.judged for r in every if r.program != "unsupported"])
    refused = [r.judged.right for r in every if r.program == "unsupported"]
    out["unsupported_idk"] = _percent(refused)
    out["calibration_error"] = 100 * calibration_error([r.judged for r in every])
    robbed = own.robbed(memory, own.draw(60, max(6, 120 // share), 14))
    out |= {f"{name}_idk": _percent(flags) for name, flags in robbed.items()}
    for program in sorted({r.program for r in every}):
        mine = [r for r in every if r.program == program]
        out[f"answers_{program}"] = _percent([r.judged.right for r in mine])
        known = [r.chain for r in mine if r.judged.known]
        if known:
            out[f"chains_{program}"] = _percent(known)
    erring, every = _answers(memory, "erring", 3 * share)
    erring |= abstention([r.judged for r in every if r.program != "unsupported"])
    erring["calibration_error"] = 100 * calibration_error([r.judged for r in every])
    return out | {f"erring_{name}": value for name, value in erring.items()}


def _answers(
    memory: EventMemory, grammar: str, share: int
) -> tuple[dict[str, float], list[own.Result]]:
    sizes = {60: ((12, 500, 6), (30, 400, 10), (60, 300, 14)), 200: ((200, 200, 24),)}
    out: dict[str, float] = {}
    every: list[own.Result] = []
    for longest, draws in sizes.items():
        found = [
            result
            for length, count, questions in draws
            for result in own.results(memory, own.draw(length, count // share, questions, grammar))
        ]
        for facts in (1, 2, 3):
            mine = own.with_facts(found, facts)
            out[f"answers_{facts}_facts_{longest}"] = _percent([r.judged.right for r in mine])
            out[f"chains_{facts}_facts_{longest}"] = _percent([r.chain for r in mine])
        every += found
    return out, every


def abstention(judged: Sequence[Judged]) -> dict[str, float]:
    """What abstaining costs and saves: recall, false alarms, the curve of risk against coverage."""
    known, unknown = [j for j in judged if j.known], [j for j in judged if not j.known]
    curve = risk_coverage(judged)
    out = {
        "auroc": auroc(judged),
        "idk_recall": _percent([not j.given for j in unknown]),
        "false_idk": _percent([not j.given for j in known]),
        "coverage_at_1_percent_risk": 100 * coverage_at(curve, 0.01),
    }
    for share in COVERAGES:
        risks = [risk for covered, risk in curve if covered >= share]
        out[f"risk_at_{round(100 * share)}_percent"] = (
            100 * (risks or [curve[-1][1] if curve else 0])[0]
        )
    return out


def spoken_figures(answerer: Answerer, *, quick: bool = False) -> dict[str, float]:
    """Own stories in real text, with names, places and things never seen."""
    heard: list[spoken.Heard] = []
    for length, count in ((12, 80), (40, 40)):
        heard += spoken.judge(answerer, spoken.draw(length, count // (8 if quick else 1)))
    return _spoken(heard, "spoken")


def _spoken(heard: Sequence[spoken.Heard], name: str) -> dict[str, float]:
    out = {}
    for facts in (1, 2, 3):
        mine = [h for h in heard if h.judged.known and h.posed.facts == facts]
        mine = [h for h in mine if h.posed.program not in own.LISTS]
        out[f"{name}_answers_{facts}_facts"] = _percent([h.judged.right for h in mine])
        out[f"{name}_chains_{facts}_facts"] = _percent([h.chain for h in mine])
    out[f"{name}_wrong"] = _percent([h.judged.given and not h.judged.right for h in heard])
    out[f"{name}_idk_recall"] = _percent([not h.judged.given for h in heard if not h.judged.known])
    return {key: value for key, value in out.items() if not math.isnan(value)}


def heldout_figures(answerer: Answerer, *, quick: bool = False) -> dict[str, float]:
    """Frames and verbs that training never had: own stories, and the official files."""
    heard: list[spoken.Heard] = []
    for length, count in ((12, 60), (40, 40)):
        stories = spoken.draw(length, count // (6 if quick else 1), "held out", heldout.own_story)
        heard += spoken.judge(answerer, stories)
    out = _spoken(heard, "heldout_spoken")
    found = [
        result
        for length, many, questions in ((12, 200, 6), (30, 200, 10), (60, 100, 14))
        for result in own.results(
            answerer.model,
            own.draw(length, many // (10 if quick else 1), questions, "own", heldout.retold),
        )
    ]
    for facts in (1, 2, 3):
        mine = own.with_facts(found, facts)
        out[f"heldout_answers_{facts}_facts"] = _percent([r.judged.right for r in mine])
        out[f"heldout_chains_{facts}_facts"] = _percent([r.chain for r in mine])
    for task in (1, 2, 3):
        for name, verbs, frames in (
            ("", True, True),
            ("verbs_", True, False),
            ("frames_", False, True),
        ):
            judged, chains, _ = heldout.judge_official(
                answerer,
                task,
                limit=6 if quick else 60 if not name else 20,
                verbs=verbs,
                frames=frames,
            )
            out[f"heldout_{name}babi_answers_{task}"] = _percent([j.right for j in judged])
            out[f"heldout_{name}babi_chains_{task}"] = _percent(chains)
    return out


def babi_figures(answerer: Answerer, *, quick: bool = False) -> dict[str, float]:
    """The official test files, which no training has seen."""
    out: dict[str, float] = {}
    every: list[Judged] = []
    for task in official.TASKS:
        judged, chains, _ = official.judge_task(answerer, task, limit=10 if quick else None)
        out[f"babi_answers_{task}"] = _percent([j.right for j in judged])
        out[f"babi_chains_{task}"] = _percent(chains)
        every += judged
    out["babi_false_idk"] = _percent([not j.given for j in every])
    robbed = official.robbed(answerer, limit=2 if quick else 12)
    return out | {f"babi_{name}_idk": _percent(flags) for name, flags in robbed.items()}


def user_style_figures(answerer: Answerer, sets: Sequence[Path]) -> dict[str, float]:
    """Texts and questions as people write them."""
    out: dict[str, float] = {}
    for path in sets:
        verdicts = user_style.judge(answerer, user_style.read_set(path))
        name = path.stem.removeprefix("user_style_")
        out |= {f"user_style_{name}_{k}": v for k, v in user_style.figures(verdicts).items()}
    return out


SPLITS = ("test", "quick", "own", "spoken", "heldout", "babi", "user-style", "noise")
"""Parts that `evaluate` measures; `noise` is no part of `test`, it takes too long."""


def evaluate(models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
    """Measure every model on a part, or on all of them (`test`; `quick` is a small sample of it).

    Raises:
        ValueError: there is no such part, or a model is no `EventMemory`.
        MissingData: the part needs data that is not here.
    """
    if split not in SPLITS:
        raise ValueError(f"stories have no split {split!r}; choose {', '.join(SPLITS)}")
    rows = [_measure(model, split) for model in models]
    own_name = "" if split in ("test", "quick") else f"{split.replace('-', '_')}_"
    shared = [name for name in rows[0] if all(name in row for row in rows)]
    return {name.removeprefix(own_name): [row[name] for row in rows] for name in shared}


def _measure(model: nn.Module, split: str) -> dict[str, float]:
    if not isinstance(model, EventMemory):
        raise ValueError(f"model is {type(model).__name__}; stories are read by an EventMemory")
    answerer, quick, whole = Answerer(model), split == "quick", split in ("test", "quick")
    out: dict[str, float] = {}
    if whole or split == "own":
        out |= own_figures(model.eval(), quick=quick)
    if whole or split == "spoken":
        out |= spoken_figures(answerer, quick=quick)
    for name, figures in (("heldout", heldout_figures), ("babi", babi_figures)):
        if whole or split == name:
            try:
                out |= figures(answerer, quick=quick)
            except MissingData:
                if not whole:  # without the files the other parts can still be measured
                    raise
    if split == "noise":
        out |= among_noise.noise_figures(answerer)
    if whole or split == "user-style":
        sets = sorted(SETS.glob("user_style_*.jsonl"))
        if not sets and not whole:
            raise ValueError(
                f"there is no user_style_*.jsonl in {SETS}: start in the repository's root"
            )
        out |= user_style_figures(answerer, sets)
    return {name: value for name, value in out.items() if math.isfinite(value)}


def table(figures: Mapping[str, float]) -> str:
    """The figures of one model, with the targets."""
    width = max(map(len, figures), default=0)
    return "\n".join(
        f"  {n:<{width}}  {v:8.4g}   {TARGETS.get(n, '')}".rstrip() for n, v in figures.items()
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Print what one model does, with its failures."""
    parser = argparse.ArgumentParser(
        prog="python -m recollect.tasks.stories.evaluate", description=__doc__
    )
    parser.add_argument("what", choices=SPLITS)
    parser.add_argument("model", help="a folder with model.safetensors, or a run")
    parser.add_argument(
        "sets", nargs="*", help="user-style: files of texts; babi, heldout: task numbers"
    )
    parser.add_argument("--quick", action="store_true", help="a small sample")
    parser.add_argument("--every", action="store_true", help="user-style: print what is right, too")
    parser.add_argument("--most", type=int, default=10, help="failures to print (10)")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    answerer, began = Answerer.load(args.model), time.perf_counter()
    if args.what == "user-style":
        for path in args.sets or sorted(SETS.glob("user_style_*.jsonl")):
            texts = user_style.read_set(path)
            print(user_style.report(user_style.judge(answerer, texts), texts, every=args.every))
    elif args.what in ("babi", "heldout") and (args.sets or args.what == "babi"):
        for task in [int(t) for t in args.sets] or official.TASKS:
            if args.what == "babi":
                judged, chains, misses = official.judge_task(
                    answerer, task, limit=20 if args.quick else None
                )
            else:
                judged, chains, misses = heldout.judge_official(
                    answerer, task, limit=10 if args.quick else 60
                )
            right = _percent([j.right for j in judged])
            print(
                f"task {task}: answers {right:.1f} %, "
                f"chains {_percent(chains):.1f} % of {len(judged)}"
            )
            if misses:
                print(official.report(misses, args.most))
    elif args.what == "spoken":
        heard = spoken.judge(answerer, spoken.draw(20, 10 if args.quick else 60))
        print(spoken.report(heard, args.most))
        print(table(_spoken(heard, "spoken")))
    else:
        split = "quick" if args.quick and args.what == "test" else args.what
        figures = (
            own_figures(answerer.model, quick=args.quick)
            if split == "own"
            else _measure(answerer.model, split)
        )
        print(table(figures))
    print(f"{time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
