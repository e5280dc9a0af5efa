"""Lowest versions that ``pyproject.toml`` admits, as constraints: ``python tools/lowest.py > dist/lowest.txt``.

Of what Sonolux names itself; what those packages need in turn is for pip to choose. Needs nothing but Python.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXTRAS = ("cluster", "train")
"""Extras that a user installs; the others are for those who work on Sonolux."""

LOWEST = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[a-z0-9,_-]+\])?[>=]=(?P<version>[0-9.]+)")


def lowest(project: dict[str, Any]) -> Iterator[str]:
    """Yield a pin to its lowest version for every dependency.

    Raises
    ------
    ValueError
        Where a dependency names no lowest version.
    """
    extras = project.get("optional-dependencies", {})
    for wanted in (*project["dependencies"], *(each for extra in EXTRAS for each in extras.get(extra, ()))):
        match = LOWEST.match(wanted)
        if match is None:
            raise ValueError(f"{wanted!r} names no lowest version: write {wanted}>=X")
        yield f"{match['name']}=={match['version']}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{pin}\n" for pin in lowest(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]))
