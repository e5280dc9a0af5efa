"""Hops: how many functions one photo passes through: ``python -m tools.hops [--list | --passing]``.

Counts the functions of ``sonolux``, and their files, that are entered when a process opens a library and adds one JPEG,
and when it searches by an image; and how many of them only pass a call on: their body is one call, and they are called
from one place. The library is one of the default spaces without a hub. What decoding workers do is not counted, for
they are processes of their own.

``PYTHONPATH`` says which sources are counted, so that two versions can be compared.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
from PIL import Image

import sonolux

SOURCE = str(Path(sonolux.__file__).parent) + os.sep

CO_NEWLOCALS = 2
"""Flag of the code of functions; the bodies of modules and classes lack it."""


@dataclass(frozen=True, order=True)
class Function:
    """A function that was entered: where it is written, and whether it only passes a call on."""

    path: str
    line: int
    name: str
    passes_on: bool


@contextmanager
def watched() -> Iterator[list[Function]]:
    """Collect the functions that are entered, in this thread and those begun meanwhile; filled at the end."""
    places: dict[CodeType, set[tuple[str, int]]] = defaultdict(set)

    def note(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(SOURCE) and _is_function(code):
            caller = frame.f_back
            places[code].add((caller.f_code.co_filename, caller.f_lineno) if caller else ("", 0))

    found: list[Function] = []
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    for code, called_from in places.items():
        passes_on = len(called_from) == 1 and _only_calls(code)
        path = code.co_filename.removeprefix(SOURCE)
        found.append(Function(path, code.co_firstlineno, code.co_qualname, passes_on))
    found.sort()


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & CO_NEWLOCALS) and not code.co_name.startswith("<")


def _only_calls(code: CodeType) -> bool:
    """Tell whether the body of a function is one call, or the return of one."""
    function = _functions(code.co_filename).get(code.co_firstlineno)
    if function is None:
        return False
    body = [each for each in function.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
    return len(body) == 1 and isinstance(body[0], (ast.Return, ast.Expr)) and isinstance(body[0].value, ast.Call)


@cache
def _functions(path: str) -> dict[int, ast.FunctionDef]:
    """Return the functions of a file by their first line, which is that of a decorator where they have one."""
    nodes = ast.walk(ast.parse(Path(path).read_text(encoding="utf-8")))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    return {min([node.lineno, *(each.lineno for each in node.decorator_list)]): node for node in functions}


def create(location: str, photo: str) -> None:
    """Make a library of one photo."""
    with sonolux.Library(location) as library:
        library.add(photo)


def add(location: str, photo: str) -> list[Function]:
    """Add a photo to a library, and return what was entered."""
    with watched() as entered, sonolux.Library(location) as library:
        library.add(photo)
    return entered


def search(location: str, photo: str) -> list[Function]:
    """Search a library by a photo, and return what was entered."""
    with watched() as entered, sonolux.Library(location) as library:
        library.search(image=photo)
    return entered


def measure() -> dict[str, list[Function]]:
    """Add one photo, and search by one, each in a process that begins; return what was entered."""
    # Whatever is cached on this machine, the library describes by what comes with Sonolux.
    os.environ["SONOLUX_HUB"] = "off"
    with tempfile.TemporaryDirectory() as folder:
        photos = _photos(folder)
        location = f"{folder}/photos.sonolux"
        # Each in a process of its own: what another has loaded would not be entered again.
        with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
            pool.submit(create, location, photos[0]).result()
            return {
                "one photo added": pool.submit(add, location, photos[1]).result(),
                "search by image": pool.submit(search, location, photos[2]).result(),
            }


def _photos(folder: str) -> Sequence[str]:
    draw = np.random.default_rng(0)
    paths = [f"{folder}/photo{number}.jpg" for number in range(3)]
    for path in paths:
        Image.fromarray(draw.integers(0, 256, (8, 12, 3), dtype=np.uint8)).resize((600, 400)).save(path)
    return paths


def main() -> None:
    """Print the table, and the functions if asked for."""
    parser = argparse.ArgumentParser(description="Count the functions that one photo passes through.")
    parser.add_argument("--list", action="store_true", help="name the functions")
    parser.add_argument("--passing", action="store_true", help="name those that only pass a call on")
    asked = parser.parse_args()
    measured = measure()
    print(f"{'':17} {'functions':>9} {'files':>6} {'pass on':>8}")
    for what, entered in measured.items():
        files, passing = {each.path for each in entered}, [each for each in entered if each.passes_on]
        print(f"{what:17} {len(entered):9} {len(files):6} {len(passing):8}")
    for what, entered in measured.items() if asked.list or asked.passing else ():
        print(f"\n{what}:")
        for each in entered:
            if asked.list or each.passes_on:
                print(f"{each.path}:{each.line} {each.name}{'  passes on' if each.passes_on else ''}")


if __name__ == "__main__":
    main()
