"""Layered drawing of the rooms and their imports: ``python -m tools.architecture > docs/pictures/architecture.svg``.

Rooms and arrows are read from the sources, floors from ``tests/test_floors.py``. An arrow is an import. Left out are
imports of the ground floor, which everything may use, and arrows that follow from others: where `cli` imports `library`
and `library` imports `index`, no arrow leads from `cli` to `index`. Rooms are ordered so that few arrows cross
(Sugiyama, Tagawa and Toda 1981): long arrows get a place of their own on every floor that they pass.
"""

from __future__ import annotations

import ast
import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import pairwise
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "sonolux"

WIDTH, MARGIN = 1200, 24
BAND, HEAD = 104, 64
"""Pixels in the height of a floor, and above the highest."""

BOX = 52
NARROWEST, WIDEST = 118, 250
"""Pixels in the height of a room, and in the width of the smallest and of the largest."""

GAP, LANE = 20, 12
"""Pixels between two rooms, and in the width of an arrow that passes between them."""

LABEL = 70
"""Pixels at the left for the number of a floor."""

STARTS, SWEEPS = 24, 6
"""Orders that are tried, and passes over all floors of each."""

PASSES = 40
"""Passes in which places settle."""

Arrow = tuple[str, str]


@dataclass(frozen=True)
class House:
    """Rooms on their floors, their sizes, and who imports whom."""

    floors: list[list[str]]
    lines: dict[str, int]
    files: dict[str, int]
    imports: set[Arrow]

    @cached_property
    def floor(self) -> dict[str, int]:
        """Number of the floor of each room, 0 for the ground."""
        return {room: number for number, rooms in enumerate(self.floors) for room in rooms}

    def arrows(self) -> set[Arrow]:
        """Return the imports that no others stand for, above the ground floor."""
        above = {(a, b) for a, b in self.imports if self.floor[b] > 0}
        reach: dict[str, set[str]] = {}
        for rooms in self.floors:
            for room in rooms:
                reach[room] = {far for a, b in above if a == room for far in (b, *reach[b])}
        return {(a, b) for a, b in above if not any(x == a and b in reach[y] for x, y in above)}


def read_house() -> House:
    """Read the house from its sources."""
    lines: dict[str, int] = defaultdict(int)
    files: dict[str, int] = defaultdict(int)
    named: set[Arrow] = set()
    for path in sorted(SOURCE.rglob("*.py")):
        room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        text = path.read_text(encoding="utf-8")
        files[room] += 1
        lines[room] += sum(1 for line in text.splitlines() if line.strip())
        named |= {(room, other) for other in _imported_rooms(text)}
    floors = [sorted(rooms & lines.keys()) for rooms in _floors()]
    rooms = {room for floor in floors for room in floor}
    imports = {(a, b) for a, b in named if a != b and {a, b} <= rooms}
    return House(floors, dict(lines), dict(files), imports)


def _floors() -> list[set[str]]:
    """Return the floors that the tests hold, the ground first."""
    for node in ast.parse((ROOT / "tests" / "test_floors.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FLOORS":
            floors: list[set[str]] = ast.literal_eval(node.value)
            return floors
    raise LookupError("tests/test_floors.py has no FLOORS")


def _imported_rooms(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "sonolux" and len(parts) > 1:
                yield parts[1]


@dataclass
class Layout:
    """Where everything stands: chains of nodes for arrows, the order of each floor, and the middle of each node.

    A node is a room, or the place ``(arrow, floor)`` where a long arrow passes a floor.
    """

    house: House

    def __post_init__(self) -> None:
        self.chains = {arrow: self._chain(arrow) for arrow in sorted(self.house.arrows())}
        self.order: list[list[object]] = [list(rooms) for rooms in self.house.floors]
        for chain in self.chains.values():
            for node in chain[1:-1]:
                self.order[node[1]].append(node)  # type: ignore[index]
        self.links = [link for chain in self.chains.values() for link in pairwise(chain)]
        self._arrange()
        self.middle = self._places()

    def _chain(self, arrow: Arrow) -> list[object]:
        upper, lower = (self.house.floor[room] for room in arrow)
        return [arrow[0], *((arrow, floor) for floor in range(upper - 1, lower, -1)), arrow[1]]

    def _arrange(self) -> None:
        """Order each floor by the means of its neighbours, down and up, from several starts; keep the best order."""
        draw = Random(0)
        best, fewest = [list(floor) for floor in self.order], self.crossings()
        for _ in range(STARTS):
            for sweep in range(SWEEPS):
                numbers = range(len(self.order)) if sweep % 2 else range(len(self.order) - 1, -1, -1)
                for number in numbers:
                    rank = self._ranks()
                    self.order[number].sort(key=lambda node, rank=rank: self._barycentre(node, rank))  # type: ignore[misc]
                    self._swap(number)
            count = self.crossings()
            if count < fewest:
                best, fewest = [list(floor) for floor in self.order], count
            for floor in self.order[1:]:
                draw.shuffle(floor)
        self.order = best

    def _swap(self, number: int) -> None:
        """Swap neighbours on a floor as long as that leaves fewer crossings."""
        floor = self.order[number]
        better = True
        while better:
            better = False
            for at in range(len(floor) - 1):
                before = self.crossings()
                floor[at], floor[at + 1] = floor[at + 1], floor[at]
                if self.crossings() < before:
                    better = True
                else:
                    floor[at], floor[at + 1] = floor[at + 1], floor[at]

    def _ranks(self) -> dict[object, float]:
        return {node: (at + 0.5) / len(floor) for floor in self.order for at, node in enumerate(floor)}

    def _neighbours(self, node: object) -> list[object]:
        return [b if a == node else a for a, b in self.links if node in (a, b)]

    def _barycentre(self, node: object, rank: Mapping[object, float]) -> float:
        near = [rank[each] for each in self._neighbours(node)]
        return sum(near) / len(near) if near else rank[node]

    def crossings(self) -> int:
        """Count the pairs of links that cross."""
        rank = self._ranks()
        level = {node: number for number, floor in enumerate(self.order) for node in floor}
        count = 0
        for i, (a, b) in enumerate(self.links):
            for c, d in self.links[:i]:
                if level[a] == level[c]:
                    count += (rank[a] - rank[c]) * (rank[b] - rank[d]) < 0
        return count

    def width(self, node: object) -> float:
        """Return the width of a node: of a room by the square root of its lines, so that areas compare."""
        if not isinstance(node, str):
            return LANE
        share = math.sqrt(self.house.lines[node] / max(self.house.lines.values()))
        return NARROWEST + (WIDEST - NARROWEST) * share

    def _places(self) -> dict[object, float]:
        """Place nodes near the mean of their neighbours, in their order and apart."""
        middle: dict[object, float] = {}
        for floor in self.order:
            middle |= dict(zip(floor, self._spread(floor, [WIDTH / 2] * len(floor)), strict=True))
        for sweep in range(PASSES):
            for floor in self.order if sweep % 2 else self.order[::-1]:
                wanted = [self._barycentre(node, middle) for node in floor]
                middle |= dict(zip(floor, self._spread(floor, wanted), strict=True))
        return middle

    def _spread(self, floor: list[object], wanted: list[float]) -> list[float]:
        """Return middles near those wanted that leave gaps, within the page."""
        apart = [(self.width(a) + self.width(b)) / 2 + GAP for a, b in pairwise(floor)]
        places = list(wanted)
        for _ in range(PASSES):
            for at, least in enumerate(apart):
                short = least - (places[at + 1] - places[at])
                if short > 0:
                    places[at] -= short / 2
                    places[at + 1] += short / 2
        if places:
            places[0] = max(places[0], LABEL + MARGIN + self.width(floor[0]) / 2)
            for at, least in enumerate(apart):
                places[at + 1] = max(places[at + 1], places[at] + least)
            over = places[-1] + self.width(floor[-1]) / 2 - (WIDTH - MARGIN)
            places = [place - max(over, 0.0) for place in places]
        return places


def draw(house: House) -> str:
    """Return the picture."""
    layout = Layout(house)
    height = HEAD + BAND * len(house.floors) + MARGIN
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' font-family="system-ui, Helvetica, Arial, sans-serif">',
        "<title>The rooms of Sonolux on their floors, and their imports</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0.5 8 4 0 7.5z" fill="#4a6073"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{MARGIN}" y="28" font-size="18" font-weight="600" fill="#1d2b36">The rooms of Sonolux</text>',
        f'<text x="{MARGIN}" y="48" font-size="13" fill="#5a6b78">An arrow is an import, downwards only; those that '
        "follow from others are left out. Everything may use the ground floor. The larger a box, the more lines."
        "</text>",
    ]
    svg += _bands(house)
    svg += _arrows(layout)
    svg += [part for rooms in house.floors for room in rooms for part in _box(layout, room)]
    return "\n".join([*svg, "</svg>", ""])


def _top(house: House, floor: int) -> float:
    """Return the upper edge of the boxes of a floor."""
    return HEAD + BAND * (len(house.floors) - 1 - floor) + (BAND - BOX) / 2


def _bands(house: House) -> Iterator[str]:
    for number in range(len(house.floors)):
        y = _top(house, number) - (BAND - BOX) / 2
        colour = "#eef3f7" if number % 2 else "#f8fafb"
        yield f'<rect x="0" y="{y:.0f}" width="{WIDTH}" height="{BAND}" fill="{colour}"/>'
        name = f"floor {number}" if number else "ground"
        yield f'<text x="{MARGIN}" y="{y + BAND / 2 + 4:.0f}" font-size="12" fill="#7b8a96">{name}</text>'


def _arrows(layout: Layout) -> Iterator[str]:
    leaves, enters = _ports(layout, 0), _ports(layout, 1)
    house = layout.house
    for arrow, chain in layout.chains.items():
        path = ""
        for upper, lower in pairwise(chain):
            start = leaves.get((arrow, upper), layout.middle[upper])
            end = enters.get((arrow, lower), layout.middle[lower])
            floor = house.floor[upper] if isinstance(upper, str) else upper[1]  # type: ignore[index]
            y1, y2 = _top(house, floor) + BOX, _top(house, floor - 1)
            path += f"M{start:.1f} {y1:.0f}" if not path else f"L{start:.1f} {y1:.0f}"
            bend = (y2 - y1) / 2
            path += f"C{start:.1f} {y1 + bend:.0f} {end:.1f} {y2 - bend:.0f} {end:.1f} {y2:.0f}"
        yield (
            f'<path d="{path}" fill="none" stroke="#4a6073" stroke-width="1.5" marker-end="url(#head)">'
            f"<title>{escape(' imports '.join(arrow))}</title></path>"
        )


def _ports(layout: Layout, end: int) -> dict[tuple[Arrow, object], float]:
    """Return where arrows leave their rooms (end 0) or enter them (end 1): side by side, in the order of their ways."""
    ways: dict[str, list[tuple[float, Arrow]]] = defaultdict(list)
    for arrow, chain in layout.chains.items():
        ways[arrow[end]].append((layout.middle[chain[-2 if end else 1]], arrow))
    ports: dict[tuple[Arrow, object], float] = {}
    for room, found in ways.items():
        step = min(26.0, (layout.width(room) - 24) / len(found))
        for at, (_, arrow) in enumerate(sorted(found)):
            ports[arrow, room] = layout.middle[room] + (at - (len(found) - 1) / 2) * step
    return ports


def _box(layout: Layout, room: str) -> Iterator[str]:
    house = layout.house
    width, middle, top = layout.width(room), layout.middle[room], _top(house, house.floor[room])
    files = house.files[room]
    about = f"{files} file{'s' * (files > 1)}, {_rounded(house.lines[room])} lines"
    yield (
        f'<rect x="{middle - width / 2:.1f}" y="{top:.0f}" width="{width:.1f}" height="{BOX}" rx="6" fill="#ffffff"'
        ' stroke="#2f6f9f" stroke-width="1.5"/>'
    )
    centred = f'x="{middle:.1f}" text-anchor="middle"'
    yield f'<text {centred} y="{top + 23:.0f}" font-size="16" font-weight="600" fill="#1d2b36">{escape(room)}</text>'
    yield f'<text {centred} y="{top + 41:.0f}" font-size="12" fill="#5a6b78">{about}</text>'


def _rounded(lines: int) -> str:
    return f"{lines / 1000:.1f}k" if lines >= 1000 else str(lines)


if __name__ == "__main__":
    sys.stdout.write(draw(read_house()))
