"""`recollect ask STORY [QUESTION]`: the answer, the sentences it rests on, or "I don't know"."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recollect.cli import Parser, UserError, say

if TYPE_CHECKING:
    from recollect.answer import Answer, Answerer
    from recollect.cli.ask_print import Printer
    from recollect.cli.ask_table import Table
    from recollect.cli.story_file import Source
    from recollect.english import Story

_EPILOG = """\
examples:
  recollect ask story.txt "Where is the key?"
  recollect ask log.csv "Who had the drill before Ann?" --json
  recollect ask family.tsv "Who is Anne's father's mother?"
  recollect ask story.txt                               a prompt for many questions
  recollect ask story.txt < questions.txt               a question a line
  cat story.txt | recollect ask - "Where is Mary?" --html report.html
"""
_PICKLED = (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # torch.save's, and pickle's
_LEAVE = {"quit", "exit", "q", ":q", "bye"}


class Asked(NamedTuple):
    """What the flags ask for, checked."""

    at: int | None
    top: int | None  # None where it was not given
    json: bool
    html: Path | None


class Text(NamedTuple):
    """A story or a log that has been read, and its reader."""

    story: Story
    answerer: Answerer

    def ask(self, question: str, *, at: int | None, top: int) -> Answer:
        """Answer one question."""
        from recollect.english import VERBS, read_question

        tokens = {word.token for word in read_question(question, self.story).words}
        if not tokens & {*VERBS, "do", "<modal>", "<passive>", "<unk>"}:
            raise UserError(
                f"the question {question!r} has no verb; ask something like 'Where is the key?' "
                "(recollect ask --grammar lists what can be asked)"
            )
        return self.answerer.ask(self.story, question, at=at, top=top)

    def report(self, question: str, *, at: int | None, top: int, name: str) -> str:
        """The page that shows what an answer rests on."""
        from recollect.inspect import story_report

        return story_report(self.answerer, self.story, question, at=at, top=top, name=name)

    def greeting(self) -> str:
        """What was read."""
        count = len({clause.sentence for clause in self.story.clauses})
        return (
            f"{count} sentence{'s' * (count != 1)}, {len(self.story.entities)} people, "
            "places and things. Ask; help lists what can be asked, quit leaves."
        )

    def help(self) -> str:
        """What can be asked."""
        from recollect.cli.grammar import grammar

        return grammar()


class Told(NamedTuple):
    """What questions are put to, and what to call it."""

    name: str
    text: Text | Table


def main(argv: Sequence[str]) -> int:
    """Answer one question, or many from a prompt or a pipe; the status is 2 if one was a mistake.

    Raises:
        ValueError: a word, the text, the question or the model is wrong; one sentence says where.
    """
    parser = Parser(
        "recollect ask",
        description="Answer questions about a story, a log or a table, with the evidence.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "story", nargs="?", metavar="STORY", help="a text file, a .csv log, a .tsv of facts, or -"
    )
    parser.add_argument(
        "question", nargs="*", metavar="QUESTION", help="in plain English; without it, a prompt"
    )
    parser.add_argument("--run", metavar="RUN", help="a run of recollect train stories (shipped)")
    parser.add_argument("--at", metavar="LINE", help="answer as of this line of the text (its end)")
    parser.add_argument("--json", action="store_true", help="print JSON, one object a question")
    parser.add_argument("--html", metavar="FILE", help="write a page that shows the evidence")
    parser.add_argument("--top", metavar="N", help="list the N likeliest answers (3 in JSON)")
    parser.add_argument(
        "--grammar", action="store_true", help="print the English that is understood, and leave"
    )
    args = parser.parse(argv)
    questions = _each(args.question)
    _stay_readable()
    if args.grammar:
        from recollect.cli.grammar import grammar

        print(grammar())
        return 0
    if args.story is None:
        raise UserError('which text? recollect ask STORY "QUESTION", or recollect ask --help')
    asked = _checked(args.at, args.top, args.json, args.html, args.story, questions)
    from recollect.cli.ask_print import Printer
    from recollect.cli.story_file import open_text

    source = open_text(args.story)
    _check_line(asked.at, source)
    told = Told(source.name, _read(source, args.run))
    printer = Printer(told.name, top=asked.top or 1, unit="line" if source.table else "sentence")
    if len(questions) == 1:
        _one(told, questions[0], asked, printer)
        return 0
    if questions:
        return _through(told, iter(questions), asked, printer)
    return _many(told, asked, printer)


def _each(words: Sequence[str]) -> list[str]:
    """The questions of a command line: quotes may be left out, and there may be several.

    >>> _each(["Where", "is", "Ann?"]), _each(["Where is Ann", "Who is in?"])
    (['Where is Ann?'], ['Where is Ann', 'Who is in?'])
    >>> _each(["Who? Where?"])
    ['Who?', 'Where?']
    """
    apart = len(words) > 1 and all(" " in word.strip() for word in words)
    texts = words if apart else [" ".join(words)] if words else []
    pieces = [piece for text in texts for piece in re.split(r"(?<=\w\?)\s+(?=\w)", text)]
    return [piece.strip() for piece in pieces]


def _read(source: Source, run: str | None) -> Text | Table:
    from recollect.cli.story_file import read, read_table

    if source.table:
        from recollect.cli.ask_table import Table, load_reader

        reader = load_reader(run)
        return Table(read_table(source), reader)
    # A model that cannot be read is told of before a long text is, not after a minute.
    answerer = _load(run) if source.slow else None
    story = read(source)
    return Text(story, answerer or _load(run))


def _one(told: Told, question: str, asked: Asked, printer: Printer) -> None:
    found = told.text.ask(question, at=asked.at, top=asked.top or 3)
    if asked.html:
        from recollect.inspect import write_report

        page = told.text.report(question, at=asked.at, top=asked.top or 3, name=told.name)
        write_report(asked.html, page)
    if asked.json:
        told_of = found.as_json(ranked=asked.top is not None)
        print(json.dumps(told_of, ensure_ascii=False), flush=True)
    else:
        printer.answer(found)
    if asked.html:
        say(f"written: {asked.html}")


def _many(told: Told, asked: Asked, printer: Printer) -> int:
    if sys.stdin is None or told.name == "standard input":
        raise UserError(
            'standard input holds the story, so give the question too: recollect ask - "QUESTION"'
        )
    prompting = sys.stdin.isatty()
    if prompting:
        printer.greet(told.text.greeting())
    return _through(told, _questions(prompting), asked, printer, prompting=prompting)


def _through(
    told: Told, questions: Iterator[str], asked: Asked, printer: Printer, *, prompting: bool = False
) -> int:
    """Answer one question after another; a mistake in one is told and does not stop the rest."""
    status = 0
    for question in questions:
        if prompting and question.lower() in ("help", "?", "grammar"):
            print(told.text.help())
            continue
        try:
            if not asked.json and not prompting:
                printer.asked(question)
            _one(told, question, asked, printer)
        except ValueError as error:
            status = 0 if prompting else 2
            message = " ".join(str(error).split())
            if asked.json:
                print(json.dumps({"error": message}, ensure_ascii=False), flush=True)
            say(f"recollect: {message}")
    return status


def _questions(prompting: bool) -> Iterator[str]:
    """Yield the questions typed at a prompt, or piped a line each, until the end or `quit`."""
    if prompting:
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  (arrow keys and history at the prompt)
    while True:
        try:
            line = input("? ") if prompting else sys.stdin.readline()
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            print()
            continue
        except UnicodeDecodeError as error:
            raise UserError("the questions are not text in UTF-8; save them as UTF-8") from error
        if not prompting and not line:
            return
        line = line.strip()
        if line.lower() in _LEAVE:
            return
        if line:
            yield line


def _checked(
    at: str | None,
    top: str | None,
    as_json: bool,
    html: str | None,
    story: str,
    questions: Sequence[str],
) -> Asked:
    line = None if at is None else _whole("--at", at, "a line number")
    count = None if top is None else _whole("--top", top, "how many answers to list")
    if any(not any(c.isalnum() for c in question) for question in questions):
        raise UserError("the question is empty; ask something like 'Where is the key?'")
    if html is None:
        return Asked(line, count, as_json, None)
    path = Path(html)
    if len(questions) != 1:
        raise UserError("--html is the report of one question: give QUESTION after STORY")
    if path.is_dir():
        raise UserError(
            f"--html {html} is a folder; name a file in it, like {path / 'report.html'}"
        )
    if path.exists() and not path.is_file():
        raise UserError(f"--html {html} is no ordinary file; name one, like report.html")
    if not path.parent.is_dir():
        raise UserError(f"--html {html}: there is no folder {str(path.parent)!r}; make it first")
    if story != "-" and path.exists() and Path(story).exists() and path.samefile(story):
        raise UserError(f"--html {html} is the story itself; name another file")
    return Asked(line, count, as_json, path)


def _whole(flag: str, given: str, what: str) -> int:
    try:
        number = int(given)
    except ValueError as error:
        raise UserError(f"{flag} is {given!r}; give {what}, 1 or more") from error
    if number < 1:
        raise UserError(f"{flag} is {number}; give {what}, 1 or more")
    return number


def _check_line(at: int | None, source: Source) -> None:
    lines = source.lines
    if at is not None and at > lines:
        has = f"has {lines} lines; give 1 to {lines}" if lines > 1 else "has one line; leave it out"
        raise UserError(f"--at is {at} and {source.name} {has}")


def _load(run: str | None) -> Answerer:
    from recollect.answer import Answerer

    if run is None:
        return Answerer.shipped()
    path = Path(run)
    if not path.exists():
        raise UserError(f"--run {run} is not there; make one with recollect train stories")
    if path.is_file():
        if path.name != "model.safetensors":
            from recollect.train.checkpoint import load_weights

            if path.suffix == ".safetensors" or path.read_bytes()[:2] in _PICKLED:
                load_weights(path)  # says so of a pickle, a truncated or an altered file
            raise UserError(f"--run takes a run folder; {run} is a file: name the folder it is in")
        path = path.parent
    return Answerer.load(path)


def _stay_readable() -> None:
    """Where the terminal's encoding lacks a letter of the story, print it escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
