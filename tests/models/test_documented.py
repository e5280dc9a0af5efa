"""The table of docs/networks.md says what the networks are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.counting import output_shape, parameters, weightless
from sonolux.models import registry

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w-]+)` \| (?:\d+ )?\| (?:[\d.,M ]+ )?\| ([\d,]+) \| (\d+) x (\d+) x (\d+) \|", re.MULTILINE)
HEARING_ROW = re.compile(r"^\| `(sound-\w+)` \| ([\d,]+) \| (\d+) x (\d+) \| (\d+) \|", re.MULTILINE)


@pytest.mark.parametrize("row", ROW.findall(PAGE), ids=lambda row: row[0])
def test_counts_and_inputs_are_true(row: tuple[str, ...]) -> None:
    name, count, *shape = row
    network = weightless(name)
    assert f"{parameters(network):,}" == count
    assert output_shape(network, 1, *map(int, shape)) in {(1, 10), (1, 1000)}


@pytest.mark.parametrize("row", HEARING_ROW.findall(PAGE), ids=lambda row: row[0])
def test_counts_and_frames_of_networks_that_hear_are_true(row: tuple[str, ...]) -> None:
    name, count, frames, bands, left = row
    network = weightless(name)
    assert f"{parameters(network):,}" == count
    assert output_shape(network, 1, int(frames), int(bands)) == (1, 10)
    assert output_shape(network.body, 1, int(frames), int(bands))[1] == int(left)


def test_every_architecture_is_named() -> None:
    assert [name for name in registry.BUILT_IN if f"`{name}`" not in PAGE] == []
    assert len(ROW.findall(PAGE)) == 22
    assert len(HEARING_ROW.findall(PAGE)) == 5
