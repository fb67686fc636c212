"""Answers on a terminal: the answer first, then what it rests on, then what was not understood."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from recollect.answer import Answer, Doubt, Evidence

FEW = 3  # sentences not understood that are shown with an answer
LONGEST = 300  # characters of a sentence that are shown
UNSURE = 0.9  # below this the next likeliest answers are shown too
INDENT = "  "


class Printer:
    """Prints the answers about one text.

    Args:
        name: what to call the text.
        top: list this many of the likeliest answers; 1 lists others only where it is not sure.
        unit: what to call a piece of the text.
    """

    def __init__(self, name: str, *, top: int = 1, unit: str = "sentence") -> None:
        """Print to standard output, in colour where that is a terminal."""
        self.name, self.top, self.unit = name, top, unit
        self._told: set[tuple[int, str]] = set()
        console = Console(highlight=False, soft_wrap=True, file=sys.stdout)
        self._console = console
        self._width = console.width if console.is_terminal else 0  # a pipe is never wrapped

    def greet(self, text: str) -> None:
        """Say what was read, before the first question is asked at a prompt."""
        self._print(Text(f"{self.name}: {text}", style="dim"))

    def asked(self, question: str) -> None:
        """Repeat a question that came through a pipe, so that its answer can be told apart."""
        self._print(Text(f"? {question}", style="dim"))

    def answer(self, found: Answer) -> None:
        """Print one answer and all that belongs to it."""
        title = Text()
        title.append(found.answer, style="bold green" if found.known else "bold yellow")
        if found.program != "unsupported":
            title.append(f"   {sure(found)}", style="dim")
        self._print(title)
        if found.missing:
            self._print(Text(found.missing), INDENT)
        self._evidence(found.evidence, known=found.known)
        self._others(found)
        self._doubts(found)
        self._console.print()

    def _evidence(self, evidence: Sequence[Evidence], *, known: bool) -> None:
        if not evidence:
            return
        self._console.print()
        if not known:
            self._print(Text("What was found on the way:", style="dim"), INDENT)
        hops = max(len(str(e.hop)) for e in evidence)
        lines = max(len(str(e.line)) for e in evidence)
        for e in evidence:
            head = Text()
            head.append(INDENT + f"{e.hop:>{hops}}  ", style="cyan")
            head.append(f"line {e.line:<{lines}}  {e.weight:.2f}  ", style="dim")
            self._row(head, e.text)

    def _others(self, found: Answer) -> None:
        others = [pair for pair in found.ranked if pair[0] != found.answer]
        if len(others) == len(found.ranked) and found.known:
            return  # a list or a count: the ranking is of other things
        if self.top < 2 and (found.confidence >= UNSURE or not found.known):
            return
        others = others[: max(self.top, 3) - 1]
        if others:
            told = ", ".join(f"{text} {percent(p)}" for text, p in others)
            self._console.print()
            self._print(Text(f"otherwise: {told}", style="dim"), INDENT)

    def _doubts(self, found: Answer) -> None:
        doubts = [d for d in found.not_understood if (d.line, d.text) not in self._told]
        if not doubts:
            return
        self._told |= {(d.line, d.text) for d in doubts}
        shown = nearest_first(doubts, found.question)[:FEW]
        shown.sort(key=lambda d: d.line)
        self._console.print()
        head = f"{len(doubts)} {_plural(self.unit, len(doubts))} not understood for certain:"
        self._print(Text(head, style="yellow"), INDENT)
        lines = max(len(str(d.line)) for d in shown)
        for d in shown:
            row = Text()
            row.append(INDENT * 2 + f"line {d.line:<{lines}}  ", style="dim")
            self._row(row, d.text, f" ({d.reason})")
        if len(doubts) > len(shown):
            more = f"and {len(doubts) - len(shown)} more; --json and --html list them all"
            self._print(Text(more, style="dim"), INDENT * 2)

    def _row(self, head: Text, text: str, remark: str = "") -> None:
        """Print `head` and a sentence, whose further lines are indented as the first."""
        body = Text(shorten(text))
        body.append(remark, style="dim")
        room = self._width - len(head)
        if self._width and room > 20:
            pieces = body.wrap(self._console, room)
            for n, piece in enumerate(pieces):
                self._print((head if n == 0 else Text(" " * len(head))) + piece)
        else:
            self._print(head + body)

    def _print(self, text: Text, indent: str = "") -> None:
        self._console.print(Text(indent) + text if indent else text)


def sure(found: Answer) -> str:
    """Return the confidence in words that say what it is the confidence of."""
    if found.known:
        return f"{percent(found.confidence)} sure"
    best = found.ranked[0] if found.ranked else None
    if best and best[0] != found.answer:
        return f"the likeliest is {best[0]}, {percent(best[1])}"
    return f"{percent(found.confidence)} sure that the text does not tell"


def percent(p: float) -> str:
    """Return a probability as a person reads it: never 100 %, for it is never certain.

    >>> percent(0.982), percent(0.9996), percent(0.0004)
    ('98 %', '>99 %', '<1 %')
    """
    if p > 0.995:
        return ">99 %"
    return f"{100 * p:.0f} %" if p >= 0.01 else "<1 %"


def shorten(text: str) -> str:
    """Return a sentence on one line, cut where it is no sentence any more.

    >>> shorten("Ann  left."), len(shorten("a" * 1000))
    ('Ann left.', 300)
    """
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 2] + " …"


def nearest_first(doubts: Sequence[Doubt], question: str) -> list[Doubt]:
    """Return the doubts, those that share a word with the question first."""
    asked = {word for word in re.findall(r"\w+", question.lower()) if len(word) > 3}
    share = [bool(asked & set(re.findall(r"\w+", d.text.lower()))) for d in doubts]
    order = sorted(range(len(doubts)), key=lambda n: (not share[n], n))
    return [doubts[n] for n in order]


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
