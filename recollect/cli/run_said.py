"""The part of `recollect run` that prints what a `recollect.tasks.said.Says` answers."""

import json
from argparse import Namespace

from torch import nn

from recollect.cli import Parser, UserError, say
from recollect.tasks.said import Says, Wish


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


def show_said(task: Says, model: nn.Module, args: Namespace) -> None:
    """Print an answer, as text or JSON, and draw what it rests on.

    Raises:
        ValueError: the text cannot be read, or there is nothing to draw.
    """
    from recollect.inspect.alignment import alignment_page, alignment_picture
    from recollect.inspect.report import write_report

    wish = Wish(args.limit, args.temperature, args.top_k, args.top_p, args.draw)
    said = task.say(model, args.text, wish)
    for note in said.notes:
        say(note)
    weights = said.weights
    if args.json:
        rows = None if weights is None else [[round(w, 4) for w in r] for r in weights.tolist()]
        told = {"rows": list(said.rows), "columns": list(said.columns), "weights": rows}
        print(json.dumps({**said.details, **told}, ensure_ascii=False))
    else:
        print(said.text)
    if not (args.html or args.picture):
        return
    if weights is None:
        raise UserError(f"{args.run} has no attention to draw")
    if args.html:
        title = " ".join((said.title or said.text).split())
        title = title if len(title) <= 120 else title[:119] + "…"
        page = alignment_page(said.columns, said.rows, weights, title=title)
        write_report(args.html, page)
        say(f"written: {args.html}")
    if args.picture:
        alignment_picture(args.picture, said.columns, said.rows, weights)
        say(f"written: {args.picture}")
