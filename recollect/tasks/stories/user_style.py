"""Questions on stories, logs and tables as people write them, kept as JSON lines.

{"id", "kind": "text" or "csv", "story",
 "questions": [{"q", "answers", "known", "evidence", "set"?}]}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from recollect.answer import Answerer
from recollect.english import Story, read_log, read_story
from recollect.tasks.stories.scoring import same


@dataclass(frozen=True)
class Verdict:
    """One question: what was told, and whether that is right, wrong or abstained."""

    text: str
    question: str
    told: str
    accepted: tuple[str, ...]
    verdict: str
    confidence: float
    lines: tuple[int, ...]
    gold: tuple[int, ...]
    program: str

    @property
    def found(self) -> bool:
        """Whether the evidence has every gold line."""
        return set(self.gold) <= set(self.lines)


def read_set(path: str | Path) -> list[dict]:
    """Read a set of texts.

    Raises:
        ValueError: a line is no such record; it is named.
    """
    out = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            assert told["kind"] in ("text", "csv") and told["story"] and told["questions"]
            assert all(q["q"] and isinstance(q["known"], bool) for q in told["questions"])
        except (ValueError, KeyError, AssertionError) as error:
            raise ValueError(f"{path}, line {number} is no text with questions: {error}") from error
        out.append(told)
    return out


def judge(answerer: Answerer, texts: Iterable[dict]) -> list[Verdict]:
    """Ask every question of every text."""
    out = []
    for text in texts:
        story, fault = _story(text)
        for asked in text["questions"]:
            told, verdict, sure, lines, program = "", "abstained", 0.0, (), ""
            try:
                if story is None:
                    raise ValueError(fault)
                found = answerer.ask(story, asked["q"])
                told, sure, program = found.answer, found.confidence, found.program
                lines = tuple(e.line for e in found.evidence)
                given = found.known
            except ValueError as error:
                told, given = f"({error})", False
            if not given:
                verdict = "abstained" if asked["known"] else "right"
            else:
                right = asked["known"] and same(told, asked["answers"], asked.get("set", ()))
                verdict = "right" if right else "wrong"
            accepted = tuple(asked["answers"]) if asked["known"] else ("(unknown)",)
            gold = tuple(asked.get("evidence", ()))
            out.append(
                Verdict(text["id"], asked["q"], told, accepted, verdict, sure, lines, gold, program)
            )
    return out


def _story(text: dict) -> tuple[Story | None, str]:
    read = read_log if text["kind"] == "csv" else read_story
    try:
        return read(text["story"]), ""
    except ValueError as error:
        return None, str(error)


def figures(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Shares of right, wrong and abstained answers, and how much of the evidence was found."""
    count = max(1, len(verdicts))
    shares = {
        v: sum(x.verdict == v for x in verdicts) / count for v in ("right", "wrong", "abstained")
    }
    shown = [v for v in verdicts if v.verdict == "right" and v.gold]
    shares["evidence"] = sum(v.found for v in shown) / max(1, len(shown))
    return {name: 100 * share for name, share in shares.items()}


def report(verdicts: Sequence[Verdict], texts: Sequence[dict], *, every: bool = False) -> str:
    """The failures, text by text, and the totals."""
    stories = {text["id"]: text["story"] for text in texts}
    lines = []
    for name, story in stories.items():
        mine = [v for v in verdicts if v.text == name]
        shown = [v for v in mine if every or v.verdict != "right"]
        if not shown:
            continue
        lines.append(f"== {name}")
        lines += [f"   {n:2d} {line}" for n, line in enumerate(story.splitlines(), 1)]
        for v in shown:
            lines.append(
                f"   [{v.verdict}] {v.question} -> {v.told!r} "
                f"({v.confidence:.2f}, {v.program}) lines {list(v.lines)};"
                f" accepted {list(v.accepted)} lines {list(v.gold)}"
            )
    shares = figures(verdicts)
    known = sum(v.accepted != ("(unknown)",) for v in verdicts)
    lines.append(
        f"{len(verdicts)} questions ({known} with an answer): "
        + ", ".join(f"{k} {v:.1f} %" for k, v in shares.items())
    )
    return "\n".join(lines)
