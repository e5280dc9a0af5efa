from __future__ import annotations

from pathlib import Path

from typer.main import get_command

from sonolux.cli.app import app
from sonolux.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_page_is_fresh() -> None:
    assert PAGE.read_text() == reference(), "run `make docs`"


def test_every_public_command_has_its_section() -> None:
    headings = [line[3:] for line in reference().splitlines() if line.startswith("## ")]
    public = [(name, command) for name, command in get_command(app).commands.items() if not command.hidden]
    parts = {
        name: [f"{name} {part}" for part in getattr(command, "commands", {})] or [name] for name, command in public
    }
    assert headings == [heading for part in parts.values() for heading in part]
    assert {"demo", "bench"} & set(headings) == set() and "add" in headings
