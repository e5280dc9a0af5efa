"""A training on several devices gives the losses of one; it resumes, is refused in a line, and leaves no process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sonolux.errors import Cancelled, TrainingError
from sonolux.training.classification.images import train_labels
from sonolux.training.classification.network import label_learner_of
from sonolux.training.classification.sound_learner import sound_learner_of
from sonolux.training.data.images import ImageSet
from sonolux.training.data.sounds import SoundSet, make_sound_input
from sonolux.training.hashing.autoencoder import AutoencoderLearner, DescribingLearner, architecture_of, autoencoder_of
from sonolux.training.hashing.contrastive import ContrastiveLearner
from sonolux.training.hashing.network import code_architecture
from sonolux.training.loop import devices
from sonolux.training.loop import fit as fitting
from sonolux.training.loop.devices import on_devices
from sonolux.training.loop.fit import fit
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.learner import Learner
from sonolux.training.loop.run import check_ready
from sonolux.training.loop.shared_batch import Sharing
from sonolux.training.loop.workspace import UNFINISHED
from sonolux.training.recipes import make_recipe

SMALL = {"arguments": {"widths": [8, 16], "strides": [2, 2]}, "image_size": 16, "batch_size": 8, "epochs": 3}


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compute in full precision, on a machine of four cores, and leave no process."""
    monkeypatch.setattr(fitting, "_precision", lambda device: "32-true")
    monkeypatch.setattr(devices, "_devices_there", lambda: (4, "processor cores"))
    yield
    assert not children()


def children() -> list[int]:
    """Return the processes of trainings that this one has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            program = status.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"training.loop.process" in program:
            found.append(int(status.parent.name))
    return found


def drawn(count: int = 24) -> ImageSet:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 16, 16, 3)).astype(np.uint8)
    return ImageSet("drawn", pixels, np.arange(count) % 2, ("one", "other"))


class PlainSteps(Learner):
    """Steps along the gradient as it is: those of Adam hide its length, and blow up the last digits of small ones."""

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.05)


class PlainContrastive(PlainSteps, ContrastiveLearner):
    """Compares all of a batch, and its head stands outside of the network that is shared."""


class PlainAutoencoder(PlainSteps, DescribingLearner):
    """Asks two halves of its network."""


class PartlyUnused(PlainContrastive):
    """Has weights that are frozen, and others of which the loss knows nothing."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.unused = torch.nn.Linear(3, 3)
        for weights in list(self.network.parameters())[:2]:
            weights.requires_grad_(False)


def labels(**how: Any) -> Learner:
    small = SMALL | {"arguments": {"widths": [8, 16], "strides": [2, 2], "dropout": 0.3}}
    return label_learner_of(drawn(), make_recipe("labels", validation=0.3, **small | how))


def partly_unused() -> Learner:
    return contrastive(PartlyUnused)


def contrastive(learner: type[ContrastiveLearner] = PlainContrastive, **how: Any) -> Learner:
    recipe = make_recipe("contrastive", bits=16, **SMALL | how)
    return learner(build_network(code_architecture(recipe), recipe), drawn(), drawn(8), recipe)


def autoencoder() -> Learner:
    # Smooth: a bit that is taken by its sign may fall on the other side by the last digit.
    small = {"depth": 2, "width": 8, "mode": "noise", "noise": 0.0}
    recipe = make_recipe("ae", bits=16, image_size=16, batch_size=8, epochs=3, arguments=small)
    network = autoencoder_of(architecture_of(recipe), recipe)
    return PlainAutoencoder(network, drawn(), drawn(8), recipe, torch.randn(24, 5, generator=torch.Generator()))


def sounds(**how: Any) -> Learner:
    generator = torch.Generator().manual_seed(0)
    frames = [torch.randn(30, 16, generator=generator).half() for _ in range(16)]
    paths = tuple(map(str, range(16)))
    heard = SoundSet("drawn", frames, make_sound_input(8_000, bands=16), np.repeat([0, 1], 8), ("one", "other"), paths)
    small = {"architecture": "sound-gru", "arguments": {"arguments": {"hidden": 4, "layers": 1}}, "epochs": 3}
    return sound_learner_of(heard, make_recipe("sounds", **{"batch_size": 4, "validation": 0.3} | small | how))


def losses(learner: Learner) -> list[float]:
    return [epoch.loss for epoch in learner.history]


@pytest.mark.parametrize("make", [labels, contrastive, partly_unused, autoencoder, sounds])
def test_two_processes_give_the_losses_the_scores_and_the_weights_of_one(
    make: Callable[..., Learner], tmp_path: Path
) -> None:
    alone, shared = make(), make()
    fit(alone, tmp_path / "alone")
    told: list[str] = []
    with on_devices(2):
        fit(shared, tmp_path / "shared", lambda _, line: told.append(line))
    np.testing.assert_allclose(losses(shared), losses(alone), atol=1e-4)
    assert [epoch.score for epoch in shared.history] == pytest.approx([epoch.score for epoch in alone.history])
    for name, weights in alone.state_dict().items():
        torch.testing.assert_close(shared.state_dict()[name], weights, atol=1e-3, rtol=1e-3)
    assert told[0].startswith("epoch 1 of 3")
    assert sorted(one.name for one in (tmp_path / "shared" / UNFINISHED).iterdir()) == ["best.ckpt", "last.ckpt"]


def train(folder: Path, **how: Any) -> Any:
    recipe = make_recipe("labels", validation=0.3, **SMALL | {"epochs": 4})
    return train_labels(drawn(), recipe, folder, **how)


def stop_in_epoch_3(done: float, line: str) -> None:
    if line.startswith("epoch 3"):
        raise Cancelled


def test_what_was_cancelled_on_two_devices_goes_on_on_one_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = train(tmp_path / "whole")
    with on_devices(2), pytest.raises(Cancelled):
        train(tmp_path / "model", progress=stop_in_epoch_3)
    assert not children()
    assert (tmp_path / "model" / UNFINISHED / "last.ckpt").exists()
    lines: list[str] = []
    resumed = train(tmp_path / "model", progress=lambda _, line: lines.append(line))
    assert lines[0].startswith("epoch 3 of 4")
    for one, other in zip(whole.network().parameters(), resumed.network().parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-2)
    assert not (tmp_path / "model" / UNFINISHED).exists()


def test_what_was_cancelled_on_one_device_goes_on_on_two(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        train(tmp_path / "model", progress=stop_in_epoch_3)
    lines: list[str] = []
    with on_devices(2):
        train(tmp_path / "model", progress=lambda _, line: lines.append(line))
    assert lines[0].startswith("epoch 3 of 4")
    assert lines[-1].startswith("epoch 4 of 4")


@pytest.mark.parametrize("victim", [0, 1])
def test_where_one_process_is_killed_the_other_ends_and_the_last_epoch_is_kept(victim: int, tmp_path: Path) -> None:
    def kill(done: float, line: str) -> None:
        if line.startswith("epoch 2"):
            os.kill(sorted(children())[victim], signal.SIGKILL)

    with (
        on_devices(2),
        pytest.raises(TrainingError, match=rf"process {victim + 1} of 2 .*killed by signal 9.*last whole epoch") as no,
    ):
        train(tmp_path / "model", progress=kill)
    assert "\n" not in str(no.value)
    kept = {one.name for one in (tmp_path / "model" / UNFINISHED).iterdir()} - {"lock"}
    assert kept == {"best.ckpt", "last.ckpt"}


def test_where_the_parent_is_killed_the_processes_end(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path[:0] = [sys.argv[1]]; from pathlib import Path\n"
        "import training.loop.test_devices as here\n"
        "def tell(done, line): print(*here.children(), flush=True); here.time.sleep(60)\n"
        "with here.on_devices(2): here.train(Path(sys.argv[2]), progress=tell)\n"
    )
    arguments = [sys.executable, "-c", program, str(Path(__file__).parents[2]), str(tmp_path / "model")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        processes = [int(one) for one in parent.stdout.readline().split()]
        parent.kill()
    assert len(processes) == 2
    last = time.monotonic() + 30
    while any(is_running(one) for one in processes):
        assert time.monotonic() < last
        time.sleep(0.05)


def test_what_other_launchers_have_told_this_process_is_not_meant_for_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Reported of launchers: variables of a cluster's scheduler, and a port that is taken, make trainings hang."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = {
            **{"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(taken.getsockname()[1]), "WORLD_SIZE": "8", "RANK": "3"},
            **{"LOCAL_RANK": "3", "NODE_RANK": "1", "GROUP_RANK": "1", "TORCHELASTIC_RUN_ID": "7"},
            **{"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "training", "SLURM_PROCID": "2", "SLURM_LOCALID": "2"},
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        left = tmp_path / UNFINISHED / "job-left"
        left.mkdir(parents=True)
        with on_devices(2):
            fit(labels(epochs=1), tmp_path)
    assert not left.exists()
    assert sorted(one.name for one in (tmp_path / UNFINISHED).iterdir()) == ["best.ckpt", "last.ckpt"]


def test_two_trainings_at_once_do_not_meet(tmp_path: Path) -> None:
    """Reported: the second takes the port of the first, or joins it."""
    alone, found = labels(epochs=1), [labels(epochs=1), labels(epochs=1)]
    fit(alone, tmp_path / "alone")

    def train_shared(number: int) -> None:
        with on_devices(2):
            fit(found[number], tmp_path / str(number))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(train_shared, range(2)))
    for one in found:
        np.testing.assert_allclose(losses(one), losses(alone), atol=1e-4)


def test_all_stop_early_together(tmp_path: Path) -> None:
    """Reported: where each process judges for itself, one stops and the others wait for it."""
    alone, shared = (labels(epochs=8, patience=1, learning_rate=1e-6) for _ in range(2))
    fit(alone, tmp_path / "alone")
    with on_devices(2):
        fit(shared, tmp_path / "shared")
    assert len(shared.history) == len(alone.history) < 8


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_loss_that_is_no_number_is_told_as_on_one_device(tmp_path: Path) -> None:
    with on_devices(2), pytest.raises(TrainingError, match="learning_rate=1e\\+30 is too high here"):
        fit(labels(learning_rate=1e30), tmp_path)


class TestDevicesRefused:
    def test_a_batch_that_is_not_shared_evenly(self, tmp_path: Path) -> None:
        with on_devices(3), pytest.raises(TrainingError, match=r"a batch of 8 .* 3 devices: --set batch_size=6"):
            fit(labels(), tmp_path)

    def test_more_than_there_are(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.undo()
        with on_devices(10_000), pytest.raises(TrainingError, match="not 10000: --devices"):
            check_ready(make_recipe("labels"), tmp_path / "model")

    @pytest.mark.parametrize("method", ["itq", "features", "wmf", "captions", "align"])
    def test_what_does_not_learn_in_steps(self, method: str, tmp_path: Path) -> None:
        with (
            on_devices(2),
            pytest.raises(TrainingError, match=f"{method} does not learn in steps.*leave --devices away"),
        ):
            check_ready(make_recipe(method), tmp_path / "model")

    def test_none(self) -> None:
        with pytest.raises(TrainingError, match="one device at least"), on_devices(0):
            pass

    def test_a_learner_that_other_processes_do_not_find(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        learner = labels()
        monkeypatch.setattr(type(learner), "__module__", "__main__")
        with on_devices(2), pytest.raises(TrainingError, match="LabelLearner is defined in the program itself"):
            fit(learner, tmp_path)

    def test_a_learner_that_cannot_be_sent(self, tmp_path: Path) -> None:
        learner = labels()
        learner.views = lambda pixels: pixels  # type: ignore[assignment]
        with on_devices(2), pytest.raises(TrainingError, match="cannot be sent to processes"):
            fit(learner, tmp_path)


def test_layers_that_learn_alone_are_not_shared(tmp_path: Path) -> None:
    recipe = make_recipe("ae", bits=16, image_size=16, batch_size=8, epochs=1, arguments={"depth": 2, "width": 8})
    network = autoencoder_of(architecture_of(recipe), recipe)
    with on_devices(2):
        fit(AutoencoderLearner(network, drawn(), drawn(8), recipe, depth=0), tmp_path)  # starts no process


def test_rows_that_do_not_come_out_even_are_shared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = torch.arange(5.0)[:, None]
    sharing = [Sharing(rank, 3) for rank in range(3)]
    parts = [one.own(whole) for one in sharing]
    assert [len(part) for part in parts] == [2, 2, 2]
    assert torch.equal(torch.cat(parts)[: sharing[0].rows], whole)
