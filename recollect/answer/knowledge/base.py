"""A person's own table of facts: lines of subject, relation and object.

Shape letters: ``N`` triples.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recollect.answer.result import Doubt

__all__ = ["Knowledge", "is_knowledge", "read_knowledge"]

COLUMNS = ("subject", "relation", "object")
# What people call the three columns.
_CALLED = {
    "subject": "subject subj s head entity from source start node1 entity1 left who person",
    "relation": "relation rel r predicate property p link edge relationship attribute label type",
    "object": "object obj o tail value to target end node2 entity2 right",
}
_CALLS = {word: column for column, words in _CALLED.items() for word in words.split()}
_BLANKS, _GAP = "  ", re.compile(r" {2,}")  # two spaces or more
BAD_SHARE = 0.1  # more lines than this that are no triples, and the file is taken for another kind
_MOST_DOUBTS = 1000


@dataclass(frozen=True)
class Knowledge:
    """Triples, each once, in the order of the file.

    Attributes:
        names: of the subjects and objects, as first written.
        relations: the file's own words for them.
        subjects: numbers of names.
        rels: numbers of relations.
        objects: numbers of names.
        lines: the line of each triple, from 1.
        count: lines of the file.
        doubts: lines that are no triple.

    Shapes:
        subjects, rels, objects, lines ``(N,)``.
    """

    names: list[str]
    relations: list[str]
    subjects: NDArray[np.int64]
    rels: NDArray[np.int64]
    objects: NDArray[np.int64]
    lines: NDArray[np.int64]
    count: int
    doubts: list[Doubt] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def text(self, slot: int) -> str:
        """A triple as it is told: "Anne's mother: Mary", or "Anne born in Paris"."""
        s, r, o = (
            self.names[self.subjects[slot]],
            self.relations[self.rels[slot]],
            self.names[self.objects[slot]],
        )
        return f"{s} – {r} – {o}"

    def forward(self, subject: int, relation: int) -> NDArray[np.int64]:
        """The triples that say what `relation` of `subject` is."""
        return self._found(self._by_subject, subject, relation)

    def backward(self, object_: int, relation: int) -> NDArray[np.int64]:
        """The triples that say of what `object_` is the `relation`."""
        return self._found(self._by_object, object_, relation)

    def about(self, entity: int) -> NDArray[np.int64]:
        """The triples that name an entity on either side."""
        parts = []
        for order, keys in (self._by_subject, self._by_object):
            low, high = np.searchsorted(keys, [entity * self._wide, (entity + 1) * self._wide])
            parts.append(order[low:high])
        return np.unique(np.concatenate(parts))

    @property
    def _wide(self) -> int:
        return max(1, len(self.relations))

    # The pre-selection by hashing of key-value memories: only triples with the key are read.
    @cached_property
    def _by_subject(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self._sorted(self.subjects)

    @cached_property
    def _by_object(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self._sorted(self.objects)

    def _sorted(self, side: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        keys = side * self._wide + self.rels
        order = np.argsort(keys, kind="stable")
        return order, keys[order]

    def _found(
        self, index: tuple[NDArray[np.int64], NDArray[np.int64]], entity: int, relation: int
    ) -> NDArray[np.int64]:
        order, keys = index
        key = entity * self._wide + relation
        low, high = np.searchsorted(keys, [key, key + 1])
        return order[low:high]

    @cached_property
    def single(self) -> NDArray[np.bool_]:
        """Which relations have one object for nearly every subject: a mother, not children."""
        return self._one(self._by_subject[1])

    @cached_property
    def single_back(self) -> NDArray[np.bool_]:
        """Which have one subject for nearly every object."""
        return self._one(self._by_object[1])

    def _one(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        each, counts = np.unique(keys, return_counts=True)
        of = each % self._wide
        total = np.bincount(of, minlength=self._wide)
        several = np.bincount(of, weights=counts > 1, minlength=self._wide)
        return (total >= 3) & (several <= np.maximum(1, 0.1 * total))


def is_knowledge(name: str, text: str) -> bool:
    r"""Tell a table of triples from a story and from a log, by its name or its first lines.

    A `.tsv` file is one unless its header names the columns of a log; a `.csv` file is one if its
    header names subject, relation and object, or if it has no header and three cells a line; any
    other text if its first lines have three cells
    each, parted by tabs.

    >>> is_knowledge("kin.tsv", "Ann\tmother\tEve"), is_knowledge("a.txt", "Ann left.")
    (True, False)
    >>> is_knowledge("log.tsv", "time\tactor\taction\n9:00\tAnn\tleft")
    False
    """
    lines = [line for line in text[:20_000].lstrip("\ufeff").splitlines() if line.strip()][:20]
    if not lines:
        return False
    for mark in "\t,;|":
        cells = _cells(lines[0], mark)
        if len(cells) > 2 and _header(cells) is not None:
            return True
    first = [cell.lower() for cell in _cells(lines[0], "\t")]
    if len(first) > 1 and sum(cell in _LOG for cell in first) > 1:
        return False
    if name.lower().endswith(".tsv"):
        return not any(_TIME.match(cell) for cell in first[:1])
    if name.lower().endswith(".csv"):  # a log has a header
        cells = [cell.lower() for cell in _cells(lines[0], ",")]
        timed = any(_TIME.match(cell) for cell in cells)
        return not timed and not _LOG & set(cells) and _mark(text[:20_000]) != "\t"
    return not name.lower().endswith(".csv") and all(line.count("\t") == 2 for line in lines)


_KEYS = set("name id person title employee member film city country product".split())
_LOG = set("time date when timestamp actor who person user action event verb item place".split())
_TIME = re.compile(r"\d{1,2}:\d\d|\d{4}-\d\d-\d\d")


def read_knowledge(text: str) -> Knowledge:
    r"""Read triples: three columns parted by tabs, or a CSV whose header names them.

    Blank lines and lines that begin with # are passed over, a triple told twice counts once, and
    names that differ only in their capitals are one. A few lines that are no triple are listed in
    `doubts`. Where there are no tabs, two spaces or more part the cells: editors put them there.

    Raises:
        ValueError: there is no triple, or many lines are none; the first of them is named.

    >>> kin = read_knowledge("Ann\tmother\tEve\nEve\tmother\tIda")
    >>> kin.names, kin.relations, kin.lines.tolist()
    (['Ann', 'Eve', 'Ida'], ['mother'], [1, 2])
    """
    text = unicodedata.normalize("NFC", text.lstrip("\ufeff"))
    names: list[str] = []
    numbers: dict[str, int] = {}
    relations: dict[str, int] = {}
    seen: dict[tuple[int, int, int], int] = {}
    doubts: list[Doubt] = []
    good = bad = 0
    for line, cells in _rows(text):
        if len(cells) != 3:
            columns = f"{len(cells)} column{'s' * (len(cells) != 1)}"
            reason = f"it has {columns}; a triple has three: subject, relation, object"
        elif not all(cells):
            reason = f"its {COLUMNS[cells.index('')]} is empty"
        else:
            good += 1
            r = relations.setdefault(cells[1], len(relations))
            s, o = (_number(cell, names, numbers) for cell in (cells[0], cells[2]))
            seen.setdefault((s, r, o), line)
            continue
        bad += 1
        if len(doubts) < _MOST_DOUBTS:
            doubts.append(Doubt(line, " ".join(" ".join(cells).split()), reason))
    if bad and bad > BAD_SHARE * (good + bad):
        others = f" ({bad - 1} more such line{'s' * (bad > 2)})" if bad > 1 else ""
        raise ValueError(
            f"line {doubts[0].line} is no triple: {doubts[0].reason}, parted by tabs{others}"
        )
    if len(relations) == good > 2 and names[0].lower() in _KEYS:
        raise ValueError(
            f"line 1 names columns ({names[0]}, {next(iter(relations))}, ...) of a row a "
            "subject; write a line a fact: subject, relation, object"
        )
    if not good:
        raise ValueError("there is no triple in it; write subject, relation, object, a line each")
    s, r, o = np.array(list(seen), dtype=np.int64).T
    lines = np.fromiter(seen.values(), dtype=np.int64, count=len(seen))
    count = text.count("\n") + (not text.endswith("\n"))
    return Knowledge(names, list(relations), s, r, o, lines, count, doubts)


def _number(name: str, names: list[str], numbers: dict[str, int]) -> int:
    """The number of a name; one that differs in its capitals alone has the same."""
    found = numbers.get(name)
    if found is None:
        found = numbers.setdefault(name.lower(), len(names))
        if found == len(names):
            names.append(name)
        numbers[name] = found
    return found


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that are not blank, without the header, as cells in their usual order."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = _mark(text)
    header = _header(_cells(first, mark))
    source = _split(text, mark)
    begun = False
    for line, cells in source:
        if not any(cells) or cells[0].startswith("#"):
            continue
        while (
            header is None and len(cells) > 3 and not cells[-1]
        ):  # spreadsheets end lines with empty cells
            cells.pop()
        if not begun:
            begun = True
            if header is not None:
                continue
        if header is None:
            yield line, cells
        elif len(cells) > max(header):
            yield line, [cells[i] for i in header]
        else:
            yield line, cells[:2] if len(cells) == 3 else cells  # too short for its header


def _mark(text: str) -> str:
    """What parts the cells: tabs, unless a header or all of the first lines speak for another."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()]
    heads = [m for m in "\t,;|" if lines and _header(_cells(lines[0], m)) is not None]
    if heads:
        return heads[0]
    lines = [line for line in lines[:20] if not line.startswith("#")]
    if any("\t" in line for line in lines):
        return "\t"
    whole = lines if len(text) <= 20_000 or len(lines) == 20 else lines[:-1]
    if whole and all(len(_GAP.split(line.strip())) == 3 for line in whole):
        return _BLANKS
    fit = (m for m in ",;|" if whole and all(len(_cells(line, m)) == 3 for line in whole))
    return next(fit, "\t")


def _split(text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    if mark in ("\t", _BLANKS):
        for line, row in enumerate(text.splitlines(), 1):
            cells = row.split("\t") if mark == "\t" else _GAP.split(row.strip())
            yield line, [" ".join(_bare(cell).split()) for cell in cells]
        return
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    begin = 0
    for row in reader:
        yield begin + 1, [" ".join(cell.split()) for cell in row]
        begin = reader.line_num


def _bare(cell: str) -> str:
    cell = cell.strip()
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1].replace('""', '"') if quoted else cell


def _cells(line: str, mark: str) -> list[str]:
    if mark == _BLANKS:
        return _GAP.split(line.strip())
    return [cell.strip() for cell in next(csv.reader([line], delimiter=mark), [])]


def _header(cells: list[str]) -> tuple[int, int, int] | None:
    """Where subject, relation and object stand, if the cells are names of columns."""
    called = [
        _CALLS.get(cell.lower().strip().removeprefix(":").removesuffix("_id"), "") for cell in cells
    ]
    if sorted(filter(None, called)) != sorted(COLUMNS):
        return None
    return called.index("subject"), called.index("relation"), called.index("object")
