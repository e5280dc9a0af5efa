from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sonolux.checkpoints.folder import ModelFolder
from sonolux.models import registry

ARGUMENTS = '{"widths": [8, 12], "strides": [2, 2]}'


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    torch.save(registry.build("small-resnet", {"widths": [8, 12], "strides": [2, 2]}).state_dict(), "w.pt")
    return tmp_path / "w.pt"


def test_a_checkpoint_becomes_a_model(cli, checkpoint: Path) -> None:
    asked = ("import-weights", checkpoint, "--network", "small-resnet", "--arguments", ARGUMENTS)
    ran = cli(*asked, "--layer", "flatten", "--side", 24, "--out", "model", "--licence", "MIT")
    assert ran.code == 0 and ran.lines == ["model: 12 numbers a picture; next: sonolux add FOLDER --space model"]
    saved = ModelFolder.load("model")
    assert saved.preprocessing.mean == (0.485, 0.456, 0.406)
    assert (saved.preprocessing.width, saved.licence) == (24, "MIT")
    record = cli(*asked, "--out", "other", "--mean", "0.5,0.5,0.5", "--json").records[0]
    assert record["dim"] == 10 and Path(record["model"]).name == "other"


@pytest.mark.parametrize(
    ("option", "value", "code", "why"),
    [
        ("--mean", "0.5", 2, "three numbers each"),
        ("--mean", "a,b,c", 2, "takes numbers"),
        ("--deviation", "0,1,1", 2, "above 0"),
        ("--arguments", "[]", 2, "JSON object"),
        ("--arguments", "{}", 1, "does not fit small-resnet: stem.0.weight is (8, 3, 3, 3), not (32, 3, 3, 3)"),
        ("--layer", "stage9", 1, "no layer 'stage9'"),
    ],
)
def test_what_does_not_fit_is_refused(cli, checkpoint: Path, option: str, value: str, code: int, why: str) -> None:
    asked = {"--network": "small-resnet", "--arguments": ARGUMENTS, "--out": "model"} | {option: value}
    ran = cli("import-weights", checkpoint, *(word for pair in asked.items() for word in pair))
    assert ran.code == code
    assert why in " ".join(ran.err.replace("│", " ").split())
    assert not Path("model").exists()
