"""What an answer says, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that an answer rests on.

    Attributes:
        line: its line, from 1.
        text: its words.
        hop: the hop that read it, from 1.
        weight: how strongly it was read, 0 to 1.
    """

    line: int
    text: str
    hop: int
    weight: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sentence that was not understood: its line (from 1), its text, and why."""

    line: int
    text: str
    reason: str


@dataclass(slots=True)
class Answer:
    """An answer with its evidence.

    Attributes:
        question: as asked.
        answer: a word or phrase of the text, "yes", "no", "maybe", "nobody", a number, a list, or
            "I don't know".
        confidence: calibrated probability that the answer is right.
        known: False where the evidence is missing.
        evidence: the sentences it rests on, in the order of the hops.
        not_understood: sentences of the text that could not be read.
        missing: for an unknown answer, one sentence that says what is missing; else "".
        path: the answer and whatever holds it, from the inside out.
        ranked: the likeliest answers with their probabilities.
        hops: weights of the sentences at each hop.
        program: what the question was taken to ask.

    Shapes:
        hops: ``(H, S)``, H hops over the S sentences of the text.
    """

    question: str
    answer: str
    confidence: float
    known: bool
    evidence: list[Evidence]
    not_understood: list[Doubt]
    missing: str = ""
    path: list[str] = field(default_factory=list)
    ranked: list[tuple[str, float]] = field(default_factory=list)
    hops: Tensor = field(default_factory=lambda: torch.zeros(0, 0))
    program: str = ""

    def as_json(self, *, ranked: bool = False) -> dict[str, object]:
        """The fields that `--json` prints.

        Beside the five that are always there, `missing` says why an answer is not known, `path`
        is there where the answer has more than one part, `ranked` where it is asked for.
        """
        out: dict[str, object] = {
            "answer": self.answer,
            "confidence": round(self.confidence, 4),
            "known": self.known,
            "evidence": [
                {"line": e.line, "text": e.text, "hop": e.hop, "weight": round(e.weight, 4)}
                for e in self.evidence
            ],
            "not_understood": [
                {"line": d.line, "text": d.text, "reason": d.reason} for d in self.not_understood
            ],
        }
        if self.missing:
            out["missing"] = self.missing
        if len(self.path) > 1:
            out["path"] = self.path
        if ranked:
            out["ranked"] = [[text, p] for text, p in self.ranked]
        return out
