"""Which column of a log is the time, the actor, the action, the object, the place: by its name, else by what it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from recollect.english.moments import parse_when
from recollect.english.morphology import VERB_FORMS
from recollect.english.names import NAMES
from recollect.english.nouns import KIND, PERSONS
from recollect.english.tokens import straighten

COLUMNS = {
    "time": "time when date timestamp datetime day at clock hour time_stamp date_time ts logged started start t arrived "
            "created recorded moment stamp timestamp_utc step turn occurred happened shift_time dt",
    "actor": "actor who person user name by employee staff agent worker operator member player character people "
             "borrower driver owner technician handler scanned_by done_by checked_out_by reader visitor guest customer "
             "client student pupil teacher nurse doctor patient courier officer holder responsible colleague resident "
             "volunteer surname full_name first_name username crew pilot passenger carrier author librarian keeper",
    "action": "action event verb did activity act operation type status movement event_type what_happened did_what "
              "deed task transaction what_was_done",
    "object": "object what item thing things items asset tool product article equipment material package parcel device "
              "what_item item_name goods title book sku sample specimen key vehicle barcode serial artifact artefact "
              "piece instrument shipment document record file gear cargo crate pallet unit part objects tools animal",
    "place": "place where location to room site destination area position zone at_place building bay shelf dest loc "
             "store station target to_location new_location placed_in ward floor address city town branch depot port "
             "stop venue locker cupboard warehouse lab classroom spot whereabouts",
    "source": "from source origin from_location old_location from_place picked_up_from previous_location taken_from "
              "departure_point start_location came_from",
    "receiver": "receiver recipient to_whom given_to to_person whom for with to_user issued_to lent_to loaned_to "
                "assigned_to handed_to passed_to new_holder new_owner received_by",
    "note": "note notes comment comments remark remarks details description text message reason memo observation "
            "observations info",
}  # fmt: skip
_ALIASES = {alias: column for column, names in COLUMNS.items() for alias in names.split()}
_DEEDS = {  # a header that tells what was done, for a table without actions
    "borrower": "borrowed", "reader": "borrowed", "holder": "has", "owner": "has", "given_to": "gave",
    "issued_to": "issued", "lent_to": "lent", "loaned_to": "loaned", "assigned_to": "gave", "handed_to": "handed",
    "passed_to": "passed", "responsible": "has", "driver": "drove",
}  # fmt: skip
_LABELS = frozenset("name id no nr number code type tag ref label key title".split())
_EARLIER = frozenset("from old previous prev start source former".split())


class Layout(NamedTuple):
    """The columns of a log.

    Attributes:
        columns: column -> its number in a row, from 0; "clock" is an hour beside a date.
        deed: what a row without an action tells of, where the header says so ("moved by"); else "".
        guessed: the columns that no header names, told by what stands in them.
    """

    columns: dict[str, int]
    deed: str = ""
    guessed: tuple[str, ...] = ()


def layout(header: Sequence[str], body: Sequence[Sequence[str]]) -> Layout | None:
    """The columns named by a first row, or None if it names fewer than two (or than all it has)."""
    found: dict[str, int] = {}
    deed = ""
    for number, cell in enumerate(header):
        name = re.sub(r"[^a-z]+", "_", straighten(cell).strip().lower()).strip("_")
        column = _named(name)
        if column and column not in found:
            found[column] = number
            deed = deed or _DEEDS.get(name, "")
            verb, _, by = name.rpartition("_")
            if column == "place" and name in ("moved_to", "taken_to", "brought_to"):
                deed = deed or name.removesuffix("_to")
            if by == "by" and verb.split("_")[0] in VERB_FORMS:
                deed = verb.replace("_", " ")
        elif column == "time" and name in ("time", "clock", "hour"):
            found["clock"] = number
    goal = next((n for n, cell in enumerate(header) if cell.strip().lower() == "to"), -1)
    if goal >= 0:
        found = {column: number for column, number in found.items() if number != goal}
        places = [n for n, name in enumerate(header) if n != goal and _place_header(name)]
        found |= {"to": goal} | ({"place": places[0]} if places else {})
    things = [n for n, cell in enumerate(header) if _ALIASES.get(cell.strip().lower()) == "object"]
    if "action" not in found and len(things) > 1 and header[things[0]].strip().lower() == "what":
        found["action"], found["object"] = things[:2]  # "who, what, item": what was done
    if not found or (len(found) == 1 and len(header) > 2 and found.keys() != {"time"}):
        return None
    if set(found) <= {"actor", "time"} and len(header) == len(found):
        return None if len(found) < 2 else Layout(found, deed)
    guessed = _fill({"place": goal, **found} if goal >= 0 else found, header, body)
    found |= guessed
    return Layout(found, deed, tuple(guessed)) if len(found) >= 2 or len(header) <= 2 else None


def _place_header(cell: str) -> bool:
    """Whether a header names the column of places."""
    return _named(re.sub(r"[^a-z]+", "_", straighten(cell).strip().lower()).strip("_")) == "place"


def _named(name: str) -> str:
    """The column that a header names, or ""."""
    if name in _ALIASES:
        return _ALIASES[name]
    first, last = name.partition("_")[0], name.rpartition("_")[2]
    if first in _EARLIER and _ALIASES.get(last) == "place":
        return "source"
    if last in _LABELS and first in _ALIASES:
        return _ALIASES[first]
    return _ALIASES.get(last) or _ALIASES.get(first) or ""


def _fill(
    found: dict[str, int], header: Sequence[str], body: Sequence[Sequence[str]]
) -> dict[str, int]:
    """Columns that no header names, where most of what stands in them is of one kind."""
    rows = [row for row in body[:200] if any(row)]
    out: dict[str, int] = {}
    free = [n for n in range(len(header)) if n not in found.values()]
    votes = {n: _votes([row[n] for row in rows if n < len(row)]) for n in free}
    for column in ("time", "action", "place", "actor", "object"):
        if column in found:
            continue
        taken = out.values()
        shares = [(votes[n].get(column, 0.0), -n) for n in free if n not in taken]
        if shares and max(shares)[0] >= 0.6:
            out[column] = -max(shares)[1]
    named = {**found, **out}
    left = [
        n
        for n in free
        if n not in out.values() and _names([row[n] for row in rows if n < len(row)])
    ]
    if "object" not in named and "action" in named and len(left) == 1:
        out["object"] = left[0]  # what else is done something with
    return out


def _names(cells: Sequence[str]) -> bool:
    """Whether these are short and no numbers."""
    told = [cell.strip() for cell in cells if cell.strip()]
    words = [cell for cell in told if any(ch.isalpha() for ch in cell) and len(cell.split()) <= 4]
    return bool(told) and len(words) >= 0.8 * len(told) and max(map(len, told)) > 1


def _votes(cells: Sequence[str]) -> dict[str, float]:
    """For each column the share of the cells that look like it."""
    told = [straighten(cell).strip() for cell in cells if cell.strip()]
    sums: dict[str, float] = {}
    for cell in told:
        for column, weight in _looks(cell).items():
            sums[column] = sums.get(column, 0.0) + weight
    return {column: value / len(told) for column, value in sums.items()} if told else {}


def _looks(cell: str) -> dict[str, float]:
    low = cell.lower()
    words = low.split()
    last = words[-1]
    out: dict[str, float] = {}
    if parse_when(low) is not None and not re.fullmatch(r"-?\d+(\.\d+)?", low):
        out["time"] = 1.0
    forms = VERB_FORMS.get(words[0], ())
    if any(form in ("past", "s", "base", "part") for _, form in forms):
        if words[0] not in KIND or len(words) > 1:
            out["action"] = 1.0
    if KIND.get(last) == "place" or re.match(
        r"(room|bay|shelf|building|unit|zone|dock|warehouse)\b", low
    ):
        out["place"] = 1.0
    elif KIND.get(last) in ("thing", "box"):
        out["object"] = 0.9
    person = words[0] in NAMES or last in PERSONS
    if person or (cell[:1].isupper() and len(words) <= 2 and last not in KIND):
        out["actor"] = 0.9 if person else 0.8
    return out


def guess(rows: Sequence[Sequence[str]]) -> dict[str, int] | None:
    """Columns of a table without a header, by what stands in them."""
    width = max(map(len, rows))
    votes = [_votes([row[n] for row in rows[:200] if n < len(row)]) for n in range(width)]
    found: dict[str, int] = {}
    for column in ("time", "action", "place", "actor", "object"):
        options = [(votes[n].get(column, 0), -n) for n in range(width) if n not in found.values()]
        if options and max(options)[0] >= 0.4:
            found[column] = -max(options)[1]
    if "time" not in found and 0 not in found.values():
        if all(row[0].strip().isdigit() for row in rows):
            found["time"] = 0  # numbered rows
    if "object" not in found and "action" in found:
        free = [n for n in range(width) if n not in found.values()]
        if len(free) == 1:
            found["object"] = free[0]
    told = "action" in found or (("object" in found or "actor" in found) and "place" in found)
    return found if told else None


__all__ = ["COLUMNS", "Layout", "guess", "layout"]
