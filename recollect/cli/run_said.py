"""The part of `recollect run` that prints what a `recollect.tasks.said.Says` answers."""

import json
from argparse import Namespace
from pathlib import Path

from torch import Tensor, nn

from recollect.cli import Parser, UserError, say
from recollect.tasks.said import Said, Says, Wish


def add_wishes(parser: Parser) -> None:
    """Add the flags that say how a text is continued."""
    usual = Wish()
    told = parser.add_argument_group("for language models")
    told.add_argument(
        "--temperature",
        type=float,
        default=usual.temperature,
        help=f"above 1 draws more freely, 0 takes the likeliest ({usual.temperature})",
    )
    told.add_argument("--top-k", type=int, help="draw among so many of the likeliest tokens")
    told.add_argument(
        "--top-p", type=float, help="draw among the fewest that reach this probability together"
    )
    told.add_argument("--draw", type=int, default=0, help="another number draws another text (0)")


def unheard(args: Namespace) -> bool:
    """Say whether a wish was given that a beam search has no use for."""
    usual = Wish()
    given = (args.temperature, args.top_k, args.top_p, args.draw)
    return given != (usual.temperature, usual.top_k, usual.top_p, usual.seed)


def show_said(task: Says, model: nn.Module, args: Namespace) -> None:
    """Print an answer, as text or JSON, and draw what it rests on.

    Raises:
        ValueError: the text cannot be read, or there is nothing to draw.
    """
    limit = Wish().limit if args.limit is None else args.limit
    wish = Wish(limit, args.temperature, args.top_k, args.top_p, args.draw)
    said = task.say(model, args.text, wish)
    for note in said.notes:
        say(note)
    weights = said.weights
    if args.html or args.picture:
        if weights is None:
            raise UserError(f"{args.run} has no attention to draw")
        draw(args, said, weights)
    if args.json:
        rows = None if weights is None else [[round(w, 4) for w in r] for r in weights.tolist()]
        told = {"rows": list(said.rows), "columns": list(said.columns), "weights": rows}
        print(json.dumps({**said.details, **told}, ensure_ascii=False))
    else:
        print(said.text)
    say_written(args)


def draw(args: Namespace, said: Said, weights: Tensor) -> None:
    """Write the page and the picture that are asked for.

    Shapes:
        weights ``(len(said.rows), len(said.columns))``.
    """
    from recollect.inspect.alignment import alignment_page, alignment_picture
    from recollect.inspect.report import write_report

    if args.html:
        title = " ".join((said.title or said.text).split())
        title = title if len(title) <= 120 else title[:119] + "…"
        page = alignment_page(
            said.columns, said.rows, weights, title=title, caption=said.caption or None
        )
        write_report(args.html, page)
    if args.picture:
        alignment_picture(args.picture, said.columns, said.rows, weights)


def refuse_places(args: Namespace) -> None:
    """Refuse, before anything is computed, files that could not be written.

    Raises:
        UserError: a picture is of another kind, a folder is not there, or is named itself.
    """
    if args.picture and Path(args.picture).suffix.lower() not in (".png", ".svg"):
        end = Path(args.picture).suffix
        raise UserError(f"{args.picture} ends in {end!r}; give a file that ends in .png or .svg")
    for name in (args.html, args.picture):
        if name and Path(name).is_dir():
            raise UserError(f"{name} is a folder; give a file to write to")
        if name and not Path(name).parent.is_dir():
            raise UserError(f"there is no folder {Path(name).parent}; make it, or name another")


def say_written(args: Namespace) -> None:
    """Say which files were written."""
    for name in filter(None, (args.html, args.picture)):
        say(f"written: {name}")


def own_text(file: str) -> str:
    """Read a text of a person's own.

    Raises:
        UserError: it cannot be read, or is no UTF-8.
    """
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is no text in UTF-8 ({error}); save it as UTF-8") from error
    except OSError as error:
        raise UserError(f"{file} cannot be read: {(error.strerror or '').lower()}") from error
    if "\0" in text:
        raise UserError(f"{file} is no text in UTF-8 (it has zero bytes); save it as UTF-8")
    return text
