"""The page that compares the memory networks: tables and a plot, made of records alone."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from recollect.results import Figure, Record

__all__ = ["ASK", "LARGE", "RECORD", "TASKS", "TOLD", "filled", "large_table", "plot", "table"]

TASKS = (1, 2, 6, 11, 13, 15)
RECORD = "memory-networks-compared"
ASK = "EventMemory"
TOLD = {
    "MemN2N": "answers",
    "MemNN": "answers and facts",
    "EntityNetwork": "answers",
    "KeyValueMemory": "answers",
    "TPRRNN": "answers",
    ASK: "stories of its own",
}
"""The models of the record, and what each is told in training."""
LARGE = {
    "MemN2N": "babi-10k-memn2n",
    "EntityNetwork": "babi-10k-entity",
    "TPRRNN, one model for all 20 tasks": "babi-10k-joint-tpr",
}
"""Records of 10,000 questions a task."""


def table(metrics: Mapping[str, Figure]) -> str:
    """A row a model: wrong answers and facts found, task by task, its size and its times."""
    tasks = _tasks(metrics)
    columns = [f"task {t}" for t in tasks]
    head = ["model", "told in training", *columns, "parameters", "to train", "to answer"]
    lines = [head, ["---", "---", *["---:"] * (len(head) - 2)]]
    for name, what in TOLD.items():
        each = {
            kind: [metrics[key]["mean"] for t in tasks if (key := f"{name}_{kind}_{t}") in metrics]
            for kind in ("parameters", "seconds", "ms")
        }
        if not each["ms"]:
            continue
        seconds = f"{statistics.fmean(each['seconds']):.1f} s" if each["seconds"] else "–"
        size, ms = statistics.fmean(each["parameters"]), statistics.fmean(each["ms"])
        cells = [_cell(metrics, name, t) for t in tasks]
        lines.append([name, what, *cells, f"{size:,.0f}", seconds, f"{ms:.1f} ms"])
    return _joined(lines)


def large_table(records: Mapping[str, Record], tasks: Sequence[int]) -> str:
    """The same tasks with 10,000 questions each, from the records there are."""
    lines = [["model", *(f"task {t}" for t in tasks)], ["---", *["---:"] * len(tasks)]]
    for name, record in LARGE.items():
        if record in records:
            lines.append([name, *(_cell(records[record].metrics, "test", t) for t in tasks)])
    return _joined(lines)


_TIMES = """The times are the processor's, on one thread: all steps of the training on a task, and one question about one
story, read anew from word ids and answered with its weights. EventMemory, the reader behind `recollect ask`, was never
trained on bAbI; it gets the text, and its time is for a question about a story that was read. Task 15 is not among
what it reads.

![Wrong answers and gold facts found, task by task](images/memory-networks.png)"""  # noqa: E501


def filled(page: str, records: Mapping[str, Record], name: str = RECORD) -> str:
    """Return a page with the tables of the records between its marks; one without is empty.

    Raises:
        ValueError: a mark is missing.
    """
    tasks, small = TASKS, ""
    if name in records:
        metrics = records[name].metrics
        tasks, small = _tasks(metrics), f"{table(metrics)}\n\n{_TIMES}\n"
    for mark, text in (("1k", small), ("10k", large_table(records, tasks) + "\n")):
        before, begin, rest = page.partition(f"<!-- {mark} -->\n")
        _, end, after = rest.partition(f"\n<!-- /{mark} -->")
        if not begin or not end:
            raise ValueError(f"the page has no <!-- {mark} --> with an <!-- /{mark} --> behind it")
        page = f"{before}{begin}\n{text}{end}{after}"
    return page


def _tasks(metrics: Mapping[str, Figure]) -> list[int]:
    return sorted({int(name.rpartition("_")[2]) for name in metrics})


def _cell(metrics: Mapping[str, Figure], name: str, task: int) -> str:
    error, support = (metrics.get(f"{name}_{what}_{task}") for what in ("error", "support"))
    if error is None:
        return "–"
    found = "" if support is None else f" · {100 * support['mean']:.0f}"
    return f"{100 * error['mean']:.1f}{found}"


def _joined(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plot(metrics: Mapping[str, Figure], path: Path) -> None:
    """Draw wrong answers and gold facts found, a group a task."""
    import matplotlib.pyplot as plt

    tasks = _tasks(metrics)
    names = [name for name in TOLD if f"{name}_error_{tasks[0]}" in metrics]
    drawn, panels = plt.subplots(2, 1, figsize=(9, 5.6), sharex=True)
    wide = 0.8 / len(names)
    for panel, (what, label) in zip(
        panels,
        (("error", "wrong answers, %"), ("support", "gold facts found, %")),
        strict=True,
    ):
        for i, name in enumerate(names):
            there = [j for j, t in enumerate(tasks) if f"{name}_{what}_{t}" in metrics]
            heights = [100 * metrics[f"{name}_{what}_{tasks[j]}"]["mean"] for j in there]
            places = [j + (i - (len(names) - 1) / 2) * wide for j in there]
            panel.bar(places, heights, wide * 0.92, label=name, color=f"C{i}")
            for place, height in zip(places, heights, strict=True):
                panel.text(place, height + 1, f"{height:.0f}", ha="center", fontsize=6)
        panel.set_ylabel(label)
        panel.grid(axis="y", alpha=0.3)
    panels[1].set_xticks(range(len(tasks)), [f"task {t}" for t in tasks])
    panels[0].legend(ncols=3, fontsize=8, frameon=False, loc="upper left")
    top = max(100 * told["mean"] for name, told in metrics.items() if "_error_" in name)
    panels[0].set_ylim(0, 1.45 * top + 5)
    panels[1].set_ylim(0, 112)
    drawn.tight_layout()
    drawn.savefig(path, dpi=110)
