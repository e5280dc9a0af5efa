"""Imports run one way, up the floors of the house (docs/design.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sonolux

FLOORS = [
    {"types", "errors", "settings"},
    {"media", "models", "index"},
    {"encoders"},
    {"annotators", "training"},
    {"retrieval"},
    {"library"},
    {"evaluation"},
    {"cli", "server"},
]
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
SOURCE = Path(sonolux.__file__).parent
FILES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.stem != "__init__")


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "sonolux" and len(parts) > 1:
                yield parts[1]


def test_every_room_has_a_floor() -> None:
    assert {room_of(path) for path in FILES} <= FLOOR.keys() | {"__main__"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_import_goes_down_or_sideways(path: Path) -> None:
    room = room_of(path)
    level = FLOOR.get(room, len(FLOORS))
    for other in imported_rooms(path):
        if other in FLOOR and other != room:
            allowed = FLOOR[other] < level or FLOOR[other] == level == 0
            assert allowed, f"{room} (floor {level}) imports {other} (floor {FLOOR[other]})"


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import sonolux", {"numpy", "torch", "transformers", "qdrant_edge", "av", "PIL", "typer", "pydantic"}),
        ("import sonolux.library, sonolux.encoders", {"torch", "transformers", "librosa", "skimage", "cv2", "av"}),
    ],
)
def test_imports_are_cheap(statement: str, heavy: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & {name.split(".")[0] for name in loaded}
