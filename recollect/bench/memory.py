"""The memory networks on the same bAbI tasks: what they err, read, weigh and cost.

    recollect bench memory --seeds 3

Every network is trained on the 1,000 questions of each task by its own recipe, a model a task; runs
that are there already are measured as they are. The reader behind `recollect ask` was trained on
stories of its own and never on bAbI. The page's table and plot are made from the record:

    recollect bench memory --page docs/memory-networks.md

Shape letters: ``B`` batch, ``K`` hops, ``M`` sentences, ``J`` words.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.answer import Answerer
from recollect.bench.memory_page import ASK, RECORD, TASKS, filled, plot, table
from recollect.english import read_story
from recollect.models.memnn import MemNN
from recollect.models.tpr_rnn import TPRRNN
from recollect.recipes.entity import babi_entity
from recollect.recipes.kv import babi_kv
from recollect.recipes.memn2n import babi_memn2n_each
from recollect.recipes.memnn import babi_memnn
from recollect.recipes.tpr import BabiWholeConfig, babi_tpr
from recollect.results import Figure, Record, figure, read_records
from recollect.tasks.babi import Babi, BabiBatch
from recollect.tasks.base import Task
from recollect.tasks.stories.official import TASKS as READ_BY_ASK
from recollect.tasks.stories.official import read_file, test_file
from recollect.tasks.stories.scoring import normal
from recollect.train import Config, Halving, Mesh, fit
from recollect.train.runs import load_model

__all__ = ["CONTENDERS", "TASKS", "Contender", "measure", "recall"]

_ASKED = 60
"""Questions that are timed."""

Read = Callable[[Any, BabiBatch], tuple[Tensor, Tensor]]
"""A model's words for a batch, ``(B,)``, and the share of every sentence, ``(B, K, M)``."""


class Contender(NamedTuple):
    """A network: what it is called, trained by, and how it is read.

    Shapes:
        read gives words ``(B,)`` and the share of every sentence ``(B, K, M)``.
    """

    name: str
    config: Callable[[int], Config]
    read: Read
    full: bool = False  # empty slots take part in what it reads, as in training


def _both(model: Any, batch: BabiBatch) -> tuple[Tensor, Tensor]:
    told = batch.story, batch.question, batch.times
    return model(*told).argmax(-1), model.weights(*told)


def _tensor_product(model: TPRRNN, batch: BabiBatch) -> tuple[Tensor, Tensor]:
    told = batch.story, batch.question
    return model(*told).argmax(-1), model.weights(*told)


def _chosen(model: MemNN, batch: BabiBatch) -> tuple[Tensor, Tensor]:
    choice = model.choose(batch.story, batch.question)
    hop = torch.arange(choice.slots.shape[1])
    weights = batch.story.new_zeros((*choice.slots.shape, batch.story.shape[1])).float()
    taken = (choice.slots >= 0).float() / (1 + hop)  # the first choice weighs most
    weights.scatter_(-1, choice.slots.clamp(min=0).unsqueeze(-1), taken.unsqueeze(-1))
    return choice.logits.argmax(-1), weights


def _memn2n(task: int) -> Config:
    found = babi_memn2n_each()
    return replace(found, task=replace(cast(Any, found.task), tasks=(task,), column=""))


def _memnn(task: int) -> Config:
    found = babi_memnn()
    return replace(found, task=replace(cast(Any, found.task), tasks=(task,)))


def _entity(task: int) -> Config:
    found, steps = babi_entity(), 900 // 32  # an epoch's
    return replace(
        found,
        task=replace(cast(Any, found.task), tasks=(task,), size="1k", batch=32),
        optim=replace(cast(Any, found.optim), clip=40.0, schedule=Halving(every=25 * steps)),
        loop=replace(
            found.loop, steps=120 * steps, log_every=steps, eval_every=steps, save_every=40 * steps
        ),
        engine=replace(cast(Any, found.engine), look=steps, split=()),
    )


def _tpr(task: int) -> Config:
    found = babi_tpr()
    return replace(
        found,
        task=BabiWholeConfig(tasks=(task,), size="1k", validation=0.1),
        loop=replace(found.loop, steps=1500, log_every=100, eval_every=500, save_every=500),
    )


def _kv(task: int) -> Config:
    found = babi_kv()
    return replace(found, task=replace(cast(Any, found.task), tasks=(task,)))


CONTENDERS = (
    Contender("MemN2N", _memn2n, _both, full=True),
    Contender("MemNN", _memnn, _chosen),
    Contender("EntityNetwork", _entity, _both),
    Contender("KeyValueMemory", _kv, _both),
    Contender("TPRRNN", _tpr, _tensor_product),
)


def recall(
    shares: NDArray[np.float32], gold: NDArray[np.bool_], wanted: NDArray[np.int32]
) -> NDArray[np.float64]:
    """The share of a question's gold facts among as many sentences with the largest shares.

    A sentence without a share, or with a negative one, is not read. NaN where there is no gold
    fact.

    Shapes:
        shares, gold ``(B, M)``, wanted ``(B,)`` -> ``(B,)``.
    """
    order = (-shares).argsort(-1, kind="stable")
    ranked = np.take_along_axis(gold & (shares > 0), order, 1)
    found = (ranked & (np.arange(gold.shape[1]) < wanted[:, None])).sum(1)
    return found / np.where(wanted > 0, wanted, np.nan)


def _data(task: Any, number: int) -> Babi:
    """The encoded questions behind a task, whichever of the kinds it is."""
    part = task.each[str(number)] if "each" in vars(task) else task
    return cast(Babi, part if isinstance(part, Babi) else part.data)


@torch.no_grad()
def measure(contender: Contender, model: nn.Module, task: Task, number: int) -> dict[str, float]:
    """Wrong answers, gold facts found, parameters, and milliseconds to answer one question.

    The time is the processor's, for one question about one story, read anew from word ids and
    answered with the weights of its sentences.
    """
    data = _data(task, number)
    net = dict(model.named_children())[str(number)] if isinstance(model, nn.ModuleDict) else model
    net.eval()
    wrong, hits = [], []
    split, questions = data.test, len(data.test.task)

    def batch(rows: NDArray[np.int64]) -> BabiBatch:
        made = data.collate(split, rows)
        if contender.full:
            return made
        filled = max(1, int(split.facts.count[rows].max()))
        return made._replace(story=made.story[:, :filled], times=made.times[:, :filled])

    for at in range(0, questions, 50):
        rows = np.arange(at, min(at + 50, questions))
        told = batch(rows)
        said, weights = contender.read(net, told)
        wrong.append((said != told.answer).float().numpy())
        filled = (told.story != 0).any(-1)
        shares = torch.where(filled, weights.amax(1), 0.0).numpy()
        gold = split.support[rows][:, : shares.shape[1]]
        hits.append(recall(shares, gold, split.supports[rows]))
    single = [batch(np.array([i])) for i in range(0, questions, max(1, questions // _ASKED))]
    spent = []
    for told in [*single[:5], *single]:
        began = time.process_time()
        contender.read(net, told)
        spent.append(1e3 * (time.process_time() - began))
    return {
        "error": float(np.concatenate(wrong).mean()),
        "support": float(np.nanmean(np.concatenate(hits))),
        "parameters": float(sum(p.numel() for p in net.parameters())),
        "ms": statistics.median(spent[5:]),
    }


def train_seconds(config: Config) -> float:
    """Processor seconds of all steps, from those of some after the first."""
    engine = config.engine.build(config, config.task.build(), (0,), Mesh("cpu"))
    some = min(50, config.loop.steps // 4)
    engine.advance(0, some)
    began = time.process_time()
    engine.advance(some, 2 * some)
    return (time.process_time() - began) / some * config.loop.steps


def ask(number: int) -> dict[str, float]:
    """The reader behind `recollect ask` on the text of a test file: never trained on bAbI.

    `ms` is for a question about a story that was read; `ms_reading` for reading a story.
    """
    answerer = Answerer.shipped()
    wrong, hits, spent, reading = [], [], [], []
    for story in read_file(test_file(number)):
        began = time.process_time()
        read = read_story("\n".join(story.statements))
        reading.append(1e3 * (time.process_time() - began))
        for posed in story.questions:
            began = time.process_time()
            told = answerer.ask(read, posed.question, at=posed.at)
            spent.append(1e3 * (time.process_time() - began))
            wrong.append(not (told.known and normal(told.answer) == normal(posed.answer)))
            lines, gold = {e.line for e in told.evidence}, set(posed.support)
            hits.append(len(lines & gold) / len(gold))
    return {
        "error": statistics.fmean(wrong),
        "support": statistics.fmean(hits),
        "parameters": float(sum(p.numel() for p in answerer.model.parameters())),
        "ms": statistics.median(spent),
        "ms_reading": statistics.median(reading),
    }


def compare(folder: Path, tasks: Sequence[int], seeds: int) -> dict[str, Figure]:
    """Train what is not there, and measure everything; figures are `MODEL_FIGURE_TASK`."""
    found: dict[str, Figure] = {}
    for contender in CONTENDERS:
        for number in tasks:
            config, path = contender.config(number), folder / f"{contender.name.lower()}-{number}"
            if not (path / "result.json").exists():
                fit(config, path, seeds=range(seeds), resume=True, quiet=True)
            rows = []
            for seed in range(seeds):
                loaded = load_model(path, seed=seed)
                rows.append(measure(contender, loaded.model, loaded.task, number))
            for name in rows[0]:
                found[f"{contender.name}_{name}_{number}"] = figure([row[name] for row in rows])
            seconds = figure([train_seconds(config)])
            found[f"{contender.name}_seconds_{number}"] = seconds
            print(contender.name, number, {k: round(v, 4) for k, v in rows[0].items()}, flush=True)
    for number in tasks:
        if number in READ_BY_ASK:
            for name, value in ask(number).items():
                found[f"{ASK}_{name}_{number}"] = figure([value])
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Train the memory networks on the same tasks, measure them and write results/NAME.json.

    --page puts the tables of the records into a page, draws the plot beside it, and trains nothing.
    """
    parser = argparse.ArgumentParser(prog="recollect bench memory", description=main.__doc__)
    runs = Path("runs/memory-networks")
    parser.add_argument("--runs", type=Path, default=runs, metavar="FOLDER", help=f"({runs})")
    parser.add_argument("--tasks", type=int, nargs="+", default=list(TASKS), metavar="N")
    parser.add_argument("--seeds", type=int, default=1, help="of every network (1)")
    parser.add_argument("--save", metavar="NAME", default=RECORD, help=f"({RECORD})")
    parser.add_argument("--page", type=Path, metavar="docs/FILE.md", help="what holds the tables")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    if args.page is None:
        began = time.perf_counter()
        metrics = compare(args.runs, args.tasks, args.seeds)
        flags = "" if tuple(args.tasks) == TASKS else f" --tasks {' '.join(map(str, args.tasks))}"
        flags += f" --seeds {args.seeds}" if args.seeds > 1 else ""
        record = Record.of(
            args.save,
            command=f"recollect bench memory{flags} --save {args.save}",
            metrics=metrics,
            published={},
            seconds=time.perf_counter() - began,
        )
        print(f"written: {record.save()}")
    else:
        kept = {record.name: record for record in read_records()}
        page = filled(args.page.read_text(encoding="utf-8"), kept, args.save)
        args.page.write_text(page, encoding="utf-8")
        if args.save not in kept:
            raise ValueError(f"there is no record {args.save!r}; leave --page out to make it")
        metrics = kept[args.save].metrics
        plot(metrics, args.page.parent / "images" / "memory-networks.png")
    print(table(metrics))


if __name__ == "__main__":
    main()
