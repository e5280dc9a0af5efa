"""``--devices``, from the program and as a module, in a folder whose files are called like libraries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands import run

SCRIPT = shutil.which("sonolux", path=str(Path(sys.executable).parent))
SMALL = ("--epochs", "1", "--set", "batch_size=8", "--set", 'arguments={"widths": [8, 16], "strides": [2, 2]}')


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder of 24 pictures in 2 classes."""
    folder, random = tmp_path_factory.mktemp("shapes"), np.random.default_rng(0)
    for number in range(24):
        path = folder / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(0, 256, (32, 32, 3)).astype(np.uint8)).save(path)
    return folder


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor core")
@pytest.mark.parametrize("module", [False, pytest.param(True, marks=pytest.mark.long)])
def test_two_devices_share_a_training_however_it_is_started(module: bool, shapes: Path, tmp_path: Path) -> None:
    if not module and SCRIPT is None:
        pytest.skip("the program is not installed")
    if not module:
        # The folder of a program is not where its modules are looked for: nor is it in its processes.
        (tmp_path / "lightning.py").write_text("raise SystemExit('a stranger')")
    started = [sys.executable, "-m", "sonolux"] if module else [str(SCRIPT)]
    ended = subprocess.run(
        [*started, "train", "codes", "--data", str(shapes), "--out", "model", "--devices", "2", *SMALL, "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["data"]["held_out"] > 0
    told = [line for line in ended.stderr.splitlines() if "epoch" in line]
    assert len(told) == 1
    assert not (tmp_path / "model" / "unfinished").exists()


def test_what_cannot_be_shared_is_refused_in_one_line(shapes: Path, tmp_path: Path) -> None:
    ran = run("train", "codes", "--data", shapes, "--out", tmp_path / "model", "--method", "itq", "--devices", 2)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "sonolux: itq does not learn in steps that devices can share: leave --devices away\n"
    ran = run("train", "labels", "--data", shapes, "--out", tmp_path / "model", "--devices", 5000)
    assert ran.code == 1
    assert ran.err.startswith("sonolux: there ")
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "model").exists()
