"""Imports run one way, up the floors of the house (docs/design.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sonolux

FLOORS = [
    {"types", "errors", "settings", "settings_model", "extras", "registry", "holder_note"},
    {"metrics", "features", "models", "decoding", "sample"},
    {"media", "index", "checkpoints"},
    {"encoders", "fingerprints", "presentation"},
    {"annotators", "retrieval", "training"},
    {"library"},
    {"evaluation"},
    {"server"},
    {"cli"},
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


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the modules of Sonolux that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in inner)


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in SOURCE.rglob("*.py")}


def test_no_files_import_each_other_in_a_circle() -> None:
    """Not even late, within a function: a circle means that two files are one subject, or share a third."""
    graph = {name: {other for other in imported_modules(path) if other != name} for name, path in MODULES.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import sonolux", {"numpy", "torch", "transformers", "qdrant_edge", "av", "PIL", "typer", "pydantic"}),
        ("import sonolux.library, sonolux.encoders", {"torch", "transformers", "librosa", "skimage", "cv2", "av"}),
        ("import sonolux.encoders", {"pydantic", "asyncio"}),
        ("import sonolux.library, sonolux.encoders", {"scipy.stats", "scipy.signal", "scipy.optimize"}),
    ],
)
def test_imports_are_cheap(statement: str, heavy: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & {*loaded, *(name.split(".")[0] for name in loaded)}
