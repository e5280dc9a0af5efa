from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.architecture import House, Layout, draw, read_house

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "architecture.svg"
ARROW = re.compile(r"<title>(\w+) imports (\w+)</title>")
ROOM = re.compile(r'font-weight="600" fill="#1d2b36">(\w+)</text>')


def house(floors: list[list[str]], *imports: str) -> House:
    rooms = [room for floor in floors for room in floor]
    pairs = {(pair[0], pair[1]) for pair in imports}
    return House(floors, dict.fromkeys(rooms, 100), dict.fromkeys(rooms, 1), pairs)


def test_picture_shows_the_rooms_and_arrows_of_today() -> None:
    """Sizes may lag behind, for they change with every line."""
    shown, now = PICTURE.read_text(encoding="utf-8"), read_house()
    assert set(ARROW.findall(shown)) == now.arrows(), "run `make docs`"
    assert set(ROOM.findall(shown)) == now.floor.keys(), "run `make docs`"


def test_arrows_that_follow_from_others_are_left_out() -> None:
    made = house([["g"], ["a", "b"], ["c"], ["d"]], "ag", "ca", "cb", "dc", "da", "dg")
    assert made.arrows() == {("c", "a"), ("c", "b"), ("d", "c")}


def test_rooms_are_ordered_so_that_arrows_do_not_cross() -> None:
    made = house([["g"], ["a", "b", "c"], ["x", "y", "z"], ["t"]], "xc", "yb", "za", "ta", "ty")
    assert Layout(made).crossings() == 0


def test_rooms_of_a_floor_do_not_overlap() -> None:
    layout = Layout(read_house())
    for floor in layout.order:
        for left, right in itertools.pairwise(floor):
            apart = layout.middle[right] - layout.middle[left]
            assert apart >= (layout.width(left) + layout.width(right)) / 2 + 1


def test_picture_is_the_same_each_time_and_well_formed() -> None:
    first, second = draw(read_house()), draw(read_house())
    assert first == second
    ElementTree.fromstring(first)


def test_a_picture_needs_floors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_floors.py").write_text("ROOMS = []\n")
    monkeypatch.setattr("tools.architecture.ROOT", tmp_path)
    with pytest.raises(LookupError, match="FLOORS"):
        read_house()
