"""What a docstring, a comment or a page calls by its dotted name is there."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = re.compile(r"(?<!`)`(sonolux(?:\.\w+)+)(?:\(\))?`(?!`)")
FILES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
GONE_ON_PURPOSE = {"CHANGELOG.md", "docs/design.md"}
"""Pages that tell what was: names stand in them as they were then."""

GROUPS = {"sonolux.encoders", "sonolux.annotators", "sonolux.training", "sonolux.readers"}
"""Groups of entry points, which packages name in their own metadata; not each is a module."""


@cache
def resolves(name: str) -> bool:
    """Tell whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("sonolux"):
                pytest.skip(f"{error.name} is not installed")
            continue
        return has(found, parts[length:])
    return False


def has(found: object, attributes: list[str]) -> bool:
    for attribute in attributes:
        if attribute in getattr(found, "__annotations__", {}):
            return True
        if not hasattr(found, attribute):
            return False
        found = getattr(found, attribute)
    return True


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_names_lead_somewhere(file: Path) -> None:
    if str(file.relative_to(ROOT)) in GONE_ON_PURPOSE:
        return
    names = set(REFERENCE.findall(file.read_text(encoding="utf-8")))
    assert [name for name in sorted(names) if not resolves(name) and name not in GROUPS] == []
