"""Every way to learn codes on a few real images: killed in its third epoch, taken up, finished, searched with."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import sonolux as sx
from sonolux.training.data.images import read_images
from sonolux.training.hashing.train import train_codes
from sonolux.training.recipes import make_recipe

pytestmark = pytest.mark.data

PEOPLE, EACH = 6, 8

PROGRAM = """
import os, signal, sys
from pathlib import Path
from sonolux.training.hashing.train import train_codes
from sonolux.training.data.images import read_images
from sonolux.training.recipes import make_recipe

def killed(done, line):
    if line.startswith("epoch 3"):
        os.kill(os.getpid(), signal.SIGKILL)

table, folder, recipe = sys.argv[1:]
train_codes(read_images(table, 32), make_recipe(**eval(recipe)), Path(folder), progress=killed)
"""

RECIPES = {
    "ae": {
        "architecture": "conv-autoencoder",
        "arguments": {"depth": 2, "width": 8},
        "layer_epochs": 0,
        "descriptor": "",
    },
    "contrastive": {"arguments": {"widths": [8, 16], "strides": [2, 2]}},
    "distilled": {
        "arguments": {"widths": [8, 16], "strides": [2, 2]},
        "teachers": ["hog"],
        "neighbours": 4,
    },
    "supervised": {"arguments": {"widths": [8, 16], "strides": [2, 2]}},
}


@pytest.fixture(scope="module")
def faces(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = tmp_path_factory.mktemp("faces") / "faces.csv"
    rows = [
        (data / "faces" / f"s{person}" / f"{number}.png", f"s{person}")
        for person in range(1, PEOPLE + 1)
        for number in range(1, EACH + 1)
    ]
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label"), *rows])
    return table


@pytest.mark.parametrize(
    "method", [one if one == "ae" else pytest.param(one, marks=pytest.mark.long) for one in RECIPES]
)
def test_each_method_is_killed_resumes_and_searches(method: str, faces: Path, data: Path, tmp_path: Path) -> None:
    asked = make_recipe(method, bits=32, epochs=6, batch_size=16, validation=0.2, learning_rate=1e-2, **RECIPES[method])
    command = [sys.executable, "-c", PROGRAM, str(faces), str(tmp_path / "model"), repr(asked.resolved())]
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == -signal.SIGKILL
    lines: list[str] = []
    train_codes(read_images(faces, 32), asked, tmp_path / "model", progress=lambda done, line: lines.append(line))
    assert lines[0].startswith("epoch 3 of 6")
    with sx.Library(tmp_path / "faces.sonolux") as library:
        library.add(data / "faces" / "s1", data / "faces" / "s2", spaces=[str(tmp_path / "model")])
        hits = library.search(image=data / "faces" / "s1" / "3.png", k=2 * 15)
    # Short codes of few epochs: others may have the very same.
    assert max(hit.score for hit in hits if hit.path.endswith("s1/3.png")) == hits[0].score
