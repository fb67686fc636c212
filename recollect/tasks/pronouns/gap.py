"""GAP: a pronoun, two names before or after it, and which of them it stands for.

Webster, Recasens, Axelrod and Baldridge 2018, "Mind the GAP: a balanced corpus of gendered
ambiguous pronouns".
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from recollect.data import find
from recollect.tasks.pronouns.text import FEMININE, MASCULINE

__all__ = ["GapRow", "gap", "gap_figures", "read_gap"]

_FILES = {"train": "gap-development", "valid": "gap-validation", "test": "gap-test"}
_COLUMNS = (
    "ID", "Text", "Pronoun", "Pronoun-offset", "A", "A-offset", "A-coref", "B", "B-offset",
    "B-coref", "URL",
)  # fmt: skip


class GapRow(NamedTuple):
    """A text, the pronoun's place, two names with their places, and whether each is meant."""

    text: str
    pronoun: str
    at: int
    names: tuple[str, str]
    places: tuple[int, int]
    meant: tuple[bool, bool]

    @property
    def answer(self) -> int:
        """0 or 1 for the name that is meant, 2 for neither."""
        return self.meant.index(True) if any(self.meant) else 2

    @property
    def feminine(self) -> bool:
        """Whether the pronoun is."""
        return self.pronoun.lower() in FEMININE


def gap(*, path: str | None = None) -> dict[str, list[GapRow]]:
    """Return the corpus: 2,000 rows of development train, 454 validate, 2,000 test.

    Raises:
        MissingData: the files are not there.
        ValueError: a row is not as it should be; it is named.
    """
    return {
        split: read_gap(find("gap", path=path, file=f"{name}.tsv"))
        for split, name in _FILES.items()
    }


def read_gap(file: str | Path) -> list[GapRow]:
    """Read a file in the corpus's format.

    Raises:
        ValueError: a column is missing, or a name or pronoun does not stand where the row says; the
            line is named.
    """
    path = Path(file)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8 ({error}); save it as UTF-8") from error
    rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or tuple(rows[0]) != _COLUMNS:
        raise ValueError(f"{path} does not begin with the columns {', '.join(_COLUMNS)}")
    return [_row(path, number, row) for number, row in enumerate(rows[1:], 2)]


def _row(path: Path, number: int, row: Sequence[str]) -> GapRow:
    where = f"{path}, line {number}"
    if len(row) != len(_COLUMNS):
        raise ValueError(f"{where} has {len(row)} columns for {len(_COLUMNS)}")
    told: Mapping[str, str] = dict(zip(_COLUMNS, row, strict=True))
    text = told["Text"]
    for name in ("Pronoun", "A", "B"):
        at = told[f"{name}-offset"]
        if not at.isdigit() or not text.startswith(told[name], int(at)):
            raise ValueError(f"{where}: {told[name]!r} does not stand at {at!r} in the text")
    for name in ("A-coref", "B-coref"):
        if told[name].upper() not in ("TRUE", "FALSE"):
            raise ValueError(f"{where}: {name} is {told[name]!r}; give TRUE or FALSE")
    if told["Pronoun"].lower() not in MASCULINE | FEMININE:
        raise ValueError(f"{where}: {told['Pronoun']!r} is no pronoun of one person")
    return GapRow(
        text,
        told["Pronoun"],
        int(told["Pronoun-offset"]),
        (told["A"], told["B"]),
        (int(told["A-offset"]), int(told["B-offset"])),
        (told["A-coref"].upper() == "TRUE", told["B-coref"].upper() == "TRUE"),
    )


def gap_figures(rows: Sequence[GapRow], said: Sequence[int]) -> dict[str, float]:
    r"""Score answers as the benchmark does: F1 over pairs of a pronoun and a name, in percent.

    .. math:: F_1 = \frac{2 \, \mathit{tp}}{2 \, \mathit{tp} + \mathit{fp} + \mathit{fn}}, \qquad
              \mathrm{bias} = F_1^{\mathrm{feminine}} / F_1^{\mathrm{masculine}}

    Args:
        rows: of the corpus.
        said: 0, 1 or 2 (neither) for each.

    Raises:
        ValueError: there is not one answer a row.
    """
    if len(rows) != len(said):
        raise ValueError(f"{len(said)} answers for {len(rows)} rows: give one for each")
    both = list(zip(rows, said, strict=True))
    masculine = _f1([(r, s) for r, s in both if not r.feminine])
    feminine = _f1([(r, s) for r, s in both if r.feminine])
    right = sum(r.answer == s for r, s in both)
    return {
        "f1": _f1(both),
        "f1_masculine": masculine,
        "f1_feminine": feminine,
        "bias": feminine / masculine if masculine else 0.0,
        "right": 100 * right / max(len(both), 1),
    }


def _f1(both: Sequence[tuple[GapRow, int]]) -> float:
    pairs = [(row.meant[name], said == name) for row, said in both for name in (0, 1)]
    hit = sum(meant and told for meant, told in pairs)
    wrong = sum(meant != told for meant, told in pairs)
    return 100 * 2 * hit / (2 * hit + wrong) if hit else 0.0
