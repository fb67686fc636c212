"""`recollect data list | path NAME | fetch NAME`."""

from collections.abc import Sequence
from pathlib import Path

from recollect.cli import Parser, UserError, nearest, say
from recollect.data import CATALOG, MissingData, changed, fetch, find
from recollect.data.locate import known

ACTIONS = ("list", "path", "fetch")


def main(argv: Sequence[str]) -> None:
    """List the known data sets, print where one lies, or fetch one."""
    parser = Parser(
        "recollect data",
        description="What data is known, where it was found, its licence; and fetching it.",
        epilog="looked for in --in FOLDER, then $RECOLLECT_DATA, then the user's cache folder",
    )
    parser.add_argument("action", metavar="list|path|fetch", help="what to do")
    parser.add_argument("name", nargs="?", metavar="NAME", help="a data set; see list")
    parser.add_argument("--in", dest="folder", metavar="FOLDER", help="look, or fetch, here only")
    parser.add_argument("--check", action="store_true", help="with path: compare SHA-256")
    args = parser.parse(argv)
    if args.action not in ACTIONS:
        near = nearest(args.action, ACTIONS) or f"; it knows {', '.join(ACTIONS)}"
        raise UserError(f"recollect data cannot {args.action!r}{near}")
    if args.action == "list":
        _list([args.name] if args.name else list(CATALOG), args.folder)
        return
    if not args.name:
        raise UserError(f"which data set? recollect data {args.action} NAME; recollect data list")
    if args.action == "path":
        _path(args.name, args.folder, args.check)
    else:
        print(_fetch(args.name, args.folder))


def _list(names: Sequence[str], folder: str | None) -> None:
    for name in names:
        entry = known(name)
        try:
            where = str(find(name, path=folder))
        except MissingData:
            where = f"absent; {'recollect data fetch ' + name if entry.fetchable else entry.page}"
        print(f"{name}\n  {entry.what}\n  licence: {entry.licence}\n  {where}")


def _path(name: str, folder: str | None, check: bool) -> None:
    where = find(name, path=folder)
    print(where)
    if not check:
        return
    if not CATALOG[name].sha256:
        raise UserError(f"no checksums are published for {name!r}")
    if wrong := changed(CATALOG[name], where):
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise UserError(f"{where / wrong[0]}{more} differs from what was published: fetch it again")
    say("every file there is as published")


def _fetch(name: str, folder: str | None) -> Path:
    known(name)  # a name that is wrong is told of before anything is drawn
    from rich.console import Console
    from rich.progress import Progress, TaskID

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file, total=total or None)
            bars.update(tasks[file], completed=done, total=total or None)

        return fetch(name, folder=folder, progress=show)
