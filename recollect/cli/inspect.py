"""`recollect inspect RUN`: a page that shows what a memory machine did with one example."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from torch import Tensor

from recollect.cli import Parser, UserError, say


def main(argv: Sequence[str]) -> None:
    """Run the model of a run on one example and write a self-contained page.

    Raises:
        ValueError: there is no such run, split, batch or example, or its model has no memory
            machine in it.
    """
    parser = Parser(
        "recollect inspect",
        description="Write a page on what a memory machine read and wrote, step by step.",
    )
    parser.add_argument(
        "run", metavar="RUN", help="a run folder of recollect train, or a saved NAME.attntrace"
    )
    parser.add_argument("--split", default="valid", help="where the example is from (valid)")
    parser.add_argument("--batch", type=int, default=0, help="which batch of it, from 0")
    parser.add_argument("--item", type=int, default=0, help="which example of the batch, from 0")
    parser.add_argument("--which", default="last", help="last, best, or a step of training (last)")
    parser.add_argument("--seed", type=int, help="of a run of many; its chosen one if not given")
    parser.add_argument("--out", metavar="FILE", help="(RUN/report/machine.html)")
    args = parser.parse(argv)
    from recollect.inspect import write_report
    from recollect.inspect.machines import machine_page
    from recollect.inspect.tape import tapes_of
    from recollect.trace import Trace

    if args.batch < 0 or args.item < 0:
        raise UserError("--batch and --item count from 0")
    path = Path(args.run)
    if path.suffix == ".attntrace" or (path / "manifest.json").exists():
        out = Path(args.out or path.with_suffix(".html"))
        page = machine_page(tapes_of(Trace.load(path), item=args.item), title=path.stem)
    else:
        out = Path(args.out or path / "report" / "machine.html")
        page = _page(path, args.split, args.batch, args.item, args.which, args.seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_report(out, page)
    say(f"written: {out} ({len(page) / 1e6:.1f} MB)")


def _page(path: Path, split: str, number: int, item: int, which: str, seed: int | None) -> str:
    """Run the model of a run on one example of its task."""
    from recollect.inspect.machines import look, machine_page
    from recollect.train.runs import Run, load_model

    run, loaded = Run(path), load_model(path, which=which, seed=seed)
    batch = next(islice(loaded.task.batches(split, seed=loaded.seed), number, None), None)
    if batch is None:
        raise UserError(f"the split {split} has no batch {number}")
    example = one_of(batch, item)
    tapes, around = look(loaded.model, lambda: loaded.task.step(loaded.model, example), example)
    where = {"run": str(path.name), "recipe": run.recipe, "seed": str(loaded.seed)}
    where |= {"training steps": f"{loaded.step:,}", "example": f"{split}, {number}, {item}"}
    return machine_page(
        tapes, title=f"{run.recipe}: one example", around=around._replace(about=where)
    )


def one_of(batch: Any, item: int) -> Any:
    """Return a batch of one example out of a batch of many.

    Tensors and lists that are as long as the first tensor of the batch are cut to one.

    Shapes:
        every ``(B, ...)`` -> ``(1, ...)``.

    Raises:
        ValueError: there are not so many examples.
    """
    size = _size(batch)
    if size is not None and item >= size:
        raise UserError(f"--item is {item} and the batch has {size}, from 0 to {size - 1}")
    return _cut(batch, item, size)


def _size(batch: Any) -> int | None:
    if isinstance(batch, Tensor):
        return batch.shape[0] if batch.dim() else None
    parts = batch.values() if isinstance(batch, dict) else batch
    if isinstance(batch, dict | list | tuple):
        return next((size for part in parts if (size := _size(part)) is not None), None)
    return None


def _cut(batch: Any, item: int, size: int | None) -> Any:
    if isinstance(batch, Tensor):
        return batch[item : item + 1] if batch.dim() and batch.shape[0] == size else batch
    if isinstance(batch, dict):
        return {name: _cut(part, item, size) for name, part in batch.items()}
    if isinstance(batch, list) and len(batch) == size:
        return batch[item : item + 1]
    if isinstance(batch, tuple):
        parts = [_cut(part, item, size) for part in batch]
        return type(batch)(*parts) if getattr(batch, "_fields", None) else tuple(parts)
    return batch
