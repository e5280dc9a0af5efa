"""The table of docs/networks.md says what the networks are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.counting import output_shape, parameters, weightless
from sonolux.models import registry

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w-]+)` \| (?:\d+ )?\| (?:[\d.,M ]+ )?\| ([\d,]+) \| (\d+) x (\d+) x (\d+) \|", re.MULTILINE)


@pytest.mark.parametrize("row", ROW.findall(PAGE), ids=lambda row: row[0])
def test_counts_and_inputs_are_true(row: tuple[str, ...]) -> None:
    name, count, *shape = row
    network = weightless(name)
    assert f"{parameters(network):,}" == count
    assert output_shape(network, 1, *map(int, shape)) in {(1, 10), (1, 1000)}


def test_every_architecture_is_named() -> None:
    assert [name for name in registry.BUILT_IN if f"`{name}`" not in PAGE] == []
    assert len(ROW.findall(PAGE)) == 21
