"""The London Underground as a labelled graph, read from the published tables.

Shape letters: ``B`` batch, ``N`` stations, ``K`` edges that leave a station, at most.
"""

import csv
import math
import os
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from recollect.data import find
from recollect.tasks.graphs.random_graph import Graphs, choice
from recollect.tasks.graphs.triples import LABELS

__all__ = ["LINES", "Link", "RailMap", "label", "underground"]

LINES = ("Bakerloo", "Central", "Circle", "Jubilee", "Northern", "Piccadilly", "Victoria")
"""The lines that `underground` reads: the others share the Circle line's tracks in zone 1, or have
no two interchanges there."""

_COMPASS = (
    "north",
    "north-east",
    "east",
    "south-east",
    "south",
    "south-west",
    "west",
    "north-west",
)


class Link(NamedTuple):
    """A ride from one interchange to the next: `line` names the line and where it heads."""

    source: str
    to: str
    line: str


class RailMap(NamedTuple):
    """Stations in alphabetical order, and the rides between them."""

    stations: tuple[str, ...]
    links: tuple[Link, ...]


def underground(
    folder: str | os.PathLike[str] | None = None, *, lines: Collection[str] = LINES
) -> RailMap:
    """Read the interchanges of zone 1 and the rides between them.

    Graves et al. 2016, figure 2, used a map of zone 1 with 84 edges. Here a node is a station in
    zone 1 where two of `lines` meet, and an edge a ride, in either direction, from one to the next
    on a line. Of lines that join the same two the first of the table is taken. A line's two
    directions are two labels, told by the compass: two rides of one line that leave a station never
    share one, so that a walk told by labels is a single walk.

    Shapes:
        none.

    Raises:
        MissingData: the tables are not there; the message names the remedy.
        ValueError: a table is not in the format, or there is no such line.
    """
    path = None if folder is None else Path(folder)
    tables = {
        part: _table(find("london", path=path, file=f"london.{part}.csv"), columns)
        for part, columns in (
            ("stations", ("id", "latitude", "longitude", "name", "zone")),
            ("lines", ("line", "name")),
            ("connections", ("station1", "station2", "line")),
        )
    }
    named = {row["line"]: row["name"].removesuffix(" Line") for row in tables["lines"]}
    strange = sorted(set(lines) - set(named.values()))
    if strange:
        raise ValueError(f"there is no line {strange[0]!r}; there are {', '.join(named.values())}")
    stations = {row["id"]: row for row in tables["stations"] if float(row["zone"]) < 2}
    beside: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in tables["connections"]:
        ends, line = (row["station1"], row["station2"]), named[row["line"]]
        if line in lines and all(end in stations for end in ends):
            for here, there in (ends, ends[::-1]):
                beside[line][here].append(there)
    met: dict[str, set[str]] = defaultdict(set)
    for line, near in beside.items():
        for station in near:
            met[station].add(line)
    nodes = {station for station, through in met.items() if len(through) > 1}
    rides = {}
    for line, near in beside.items():
        for source in sorted(nodes & set(near)):
            for first in near[source]:
                to = _next(source, first, near, nodes)
                if to is not None:
                    rides.setdefault((source, to), line)
    return RailMap(
        tuple(sorted(stations[station]["name"] for station in nodes)),
        tuple(sorted(_named(rides, stations))),
    )


def label(random: np.random.Generator, batch: int, rails: RailMap) -> Graphs:
    """Give stations and lines random labels, anew for each of the batch.

    Shapes:
        -> `Graphs` of ``(B, N)`` and ``(B, N, K)``, -1 where a station has fewer edges.
    """
    place = {name: i for i, name in enumerate(rails.stations)}
    lines = {name: i for i, name in enumerate(sorted({link.line for link in rails.links}))}
    leaving: list[list[Link]] = [[] for _ in rails.stations]
    for link in rails.links:
        leaving[place[link.source]].append(link)
    most = max(map(len, leaving))
    to = np.full((len(leaving), most), -1)
    via = np.zeros((len(leaving), most), np.int64)
    for row, links in enumerate(leaving):
        to[row, : len(links)] = [place[link.to] for link in links]
        via[row, : len(links)] = [lines[link.line] for link in links]
    nodes = choice(random, batch, LABELS, len(place))
    edges = choice(random, batch, LABELS, len(lines))[:, via]
    return Graphs(nodes, np.broadcast_to(to, (batch, *to.shape)), edges)


def _next(
    source: str, first: str, near: Mapping[str, list[str]], nodes: Collection[str]
) -> str | None:
    """Ride on to the next interchange; None where the line ends, forks, or comes back."""
    before, here = source, first
    while here not in nodes:
        ahead = [station for station in near[here] if station != before]
        if len(ahead) != 1:
            return None
        before, here = here, ahead[0]
    return None if here == source else here


def _named(
    rides: Mapping[tuple[str, str], str], stations: Mapping[str, Mapping[str, str]]
) -> list[Link]:
    """Tell each ride's line with the direction it leaves in, the nearest that is still free."""
    taken: set[tuple[str, str]] = set()
    links = []
    for (source, to), line in sorted(rides.items()):
        here, there = (
            tuple(float(stations[end][side]) for side in ("latitude", "longitude"))
            for end in (source, to)
        )
        east = (there[1] - here[1]) * math.cos(math.radians(here[0]))
        eighth = math.atan2(east, there[0] - here[0]) / (math.pi / 4) % 8
        near = sorted(range(8), key=lambda way: min((eighth - way) % 8, (way - eighth) % 8))
        heading = next(
            name
            for name in (f"{line} {_COMPASS[way]}" for way in near)
            if (source, name) not in taken
        )
        taken.add((source, heading))
        links.append(Link(stations[source]["name"], stations[to]["name"], heading))
    return links


def _table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    missing = [name for name in columns if not rows or name not in rows[0]]
    if missing:
        raise ValueError(f"{path} has no column {missing[0]!r}; it is not the published table")
    return rows
