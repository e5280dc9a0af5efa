"""Trainings that cannot end well: two in one folder, a loss that is no number, more than memory holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock

from sonolux.errors import TrainingError
from sonolux.models import registry
from sonolux.training.data import memory as data_memory
from sonolux.training.data.images import ImageSet
from sonolux.training.hashing.train import train_codes
from sonolux.training.loop import memory
from sonolux.training.loop.image_inputs import described_at_once
from sonolux.training.loop.memory import check_step, step_bytes
from sonolux.training.loop.workspace import LOCK, UNFINISHED, hold_workspace
from sonolux.training.recipes import make_recipe


def images(n: int = 12, side: int = 16) -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (n, side, side, 3), np.uint8)
    return ImageSet("noise", pixels)


class TestFolder:
    def test_a_second_training_is_told_of_the_first(self, tmp_path: Path) -> None:
        with (
            hold_workspace(tmp_path / "m"),
            pytest.raises(TrainingError, match=r"another training is going on in .*m: name a new one with --out"),
        ):
            train_codes(images(), make_recipe("lsh", bits=8), tmp_path / "m")
        assert not (tmp_path / "m").exists()
        assert train_codes(images(), make_recipe("lsh", bits=8), tmp_path / "m").path.is_dir()
        assert UNFINISHED not in {one.name for one in (tmp_path / "m").iterdir()}

    def test_one_of_another_process_too(self, tmp_path: Path) -> None:
        program = (
            "import sys; from pathlib import Path; from sonolux.training.loop.workspace import hold_workspace\n"
            "with hold_workspace(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", program, str(tmp_path / "m")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout is not None
            assert other.stdin is not None
            other.stdout.readline()
            with pytest.raises(TrainingError, match="another training is going on"), hold_workspace(tmp_path / "m"):
                pass
            other.kill()
        with hold_workspace(tmp_path / "m"):
            assert (tmp_path / "m" / UNFINISHED / LOCK).exists()

    def test_what_was_reached_stays_when_a_training_stops(self, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt), hold_workspace(tmp_path / "m"):
            (tmp_path / "m" / UNFINISHED / "last.ckpt").write_text("an epoch")
            raise KeyboardInterrupt
        assert (tmp_path / "m" / UNFINISHED / "last.ckpt").exists()
        assert FileLock(tmp_path / "m" / UNFINISHED / LOCK).acquire(timeout=0)

    def test_one_that_ended_meanwhile_is_not_written_over(self, tmp_path: Path) -> None:
        train_codes(images(), make_recipe("lsh", bits=8), tmp_path / "m")
        before = (tmp_path / "m" / "model.json").read_text()
        with pytest.raises(TrainingError, match="another training has just ended"), hold_workspace(tmp_path / "m"):
            pass
        assert (tmp_path / "m" / "model.json").read_text() == before
        assert not (tmp_path / "m" / UNFINISHED).exists()

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        with pytest.raises(TrainingError, match="cannot be written"), hold_workspace(tmp_path / "file" / "m"):
            pass


def test_a_loss_that_is_no_number_stops_at_once(tmp_path: Path) -> None:
    recipe = make_recipe("ae", bits=8, epochs=20, batch_size=4, learning_rate=1e30, image_size=16)
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) .*=1e\+30 is too high here; try"):
        train_codes(images(), recipe, tmp_path / "m")


@pytest.mark.parametrize("method", ["pca", "whiten", "itq", "spectral"])
def test_pictures_that_are_all_the_same(method: str, tmp_path: Path) -> None:
    same = ImageSet("same", np.repeat(images(1).pixels, 40, axis=0))
    with pytest.raises(TrainingError, match="40 items all belong together: nothing can be held out"):
        train_codes(same, make_recipe(method, bits=8), tmp_path / "m")


@pytest.mark.parametrize("method", ["pca", "whiten", "itq"])
def test_more_bits_than_the_pictures_have_directions(method: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=rf"{method}: \d+ inputs of 768 numbers give at most \d+ "):
        train_codes(images(8), make_recipe(method, bits=64), tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ({"seed": -1}, "seed is a whole number from 0 to 99,999,999, not -1"),
        ({"seed": 10**30}, "seed is a whole number from 0"),
        ({"epochs": 10**400}, "epochs is a whole number from 1, not 1000"),
        ({"epochs": 10**5000}, "epochs is a whole number from 1, not so long a number"),
        ({"learning_rate": float("nan")}, "learning_rate is a positive number, not nan"),
        ({"learning_rate": 10**400}, "learning_rate is a positive number, not 1000"),
        ({"views": {"hu": 1}}, "did you mean hue"),
        ({"views": 3}, "views is a mapping of some of"),
        ({"views": {"hue": "x"}}, "hue is a number from 0"),
    ],
)
def test_options_that_are_not_allowed(option: dict[str, object], why: str) -> None:
    with pytest.raises(TrainingError, match=why):
        make_recipe("labels", **option)


class TestMemory:
    def test_a_step_is_counted_without_being_computed(self) -> None:
        network = registry.build("small-resnet", {"classes": 2})
        small, large = (step_bytes(network, (2, 3, side, side)) for side in (64, 128))
        assert large == pytest.approx(4 * small, rel=0.01)
        assert all(one.device.type == "cpu" for one in network.parameters())

    def test_what_does_not_learn_is_not_kept(self) -> None:
        network = registry.build("small-resnet", {"classes": 2})
        whole = step_bytes(network, (2, 3, 64, 64))
        for parameter in network.parameters():
            parameter.requires_grad_(requires_grad=False)
        assert step_bytes(network, (2, 3, 64, 64)) < whole / 20

    def test_a_batch_that_would_fit_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        network = registry.build("small-resnet", {"classes": 2})
        monkeypatch.setattr(memory, "free_memory", lambda: 2**30)
        check_step(network, 1, 128, torch.device("cpu"))
        with pytest.raises(
            TrainingError, match=r"a step with 500 pictures .*: --set batch_size=(\d+) would fit"
        ) as said:
            check_step(network, 500, 128, torch.device("cpu"))
        batch = int(str(said.value).split("batch_size=")[1].split()[0])
        check_step(network, batch, 128, torch.device("cpu"))
        with pytest.raises(TrainingError, match="--image-size"):
            check_step(network, 4, 2_000, torch.device("cpu"))

    def test_large_images_are_described_few_at_once(self) -> None:
        assert [described_at_once(side) for side in (32, 128, 512, 4_000)] == [500, 500, 32, 1]

    def test_sounds_that_would_not_fit_are_refused_before_they_fill_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(data_memory, "free_memory", lambda: 1_000_000)
        guard = data_memory.MemoryGuard("recordings", 1_000)
        with pytest.raises(TrainingError, match=r"1,000 recordings need about .*: at most 800 such files fit"):
            for done in range(1, 1_001):
                guard.keep(1_000, done)
        assert guard.kept < 50_000
        one = data_memory.MemoryGuard("recordings", 1)
        with pytest.raises(TrainingError, match="at most 0 such files fit"):
            one.keep(900_000, 1)

    def test_pixels_that_are_projected_take_more(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(data_memory, "free_memory", lambda: 500_000)
        with pytest.raises(TrainingError, match=r"12 pictures of 32 x 32 pixels need .*: at most --image-size 16 fits"):
            train_codes(images(side=32), make_recipe("pca", bits=4), tmp_path / "m")
        train_codes(images(side=16), make_recipe("pca", bits=4), tmp_path / "m")

    def test_what_is_free_is_what_the_control_group_leaves(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = {"/proc/meminfo": ["MemTotal: 9 kB", "MemAvailable:    4194304 kB"]}
        monkeypatch.setattr(data_memory, "_lines", lambda file: lines.get(file, []))
        assert data_memory.free_memory() == 4 * 2**30
        lines["/sys/fs/cgroup/memory.max"], lines["/sys/fs/cgroup/memory.current"] = ["max"], ["5"]
        assert data_memory.free_memory() == 4 * 2**30
        lines["/sys/fs/cgroup/memory.max"] = [str(10 + 2**20)]
        assert data_memory.free_memory() == 5 + 2**20
