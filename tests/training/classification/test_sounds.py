"""Networks and bags of words that learn sounds: what they name and find, how they resume, what they refuse."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import sonolux as sx
from making import RATE, write_wav
from sonolux.annotators import resolve
from sonolux.checkpoints.folder import ModelFolder
from sonolux.errors import TrainingError
from sonolux.training.augmentation.mixup import mix
from sonolux.training.augmentation.spectrograms import SpectrogramViews
from sonolux.training.classification.recipes import SoundsRecipe
from sonolux.training.classification.sound_learner import fit_length
from sonolux.training.classification.sounds import ARCHITECTURES, STEPS, train_sounds, train_words, with_enough_epochs
from sonolux.training.data.sounds import COEFFICIENTS, SoundSet, make_sound_input, read_sounds, standardise_input
from sonolux.training.recipes import make_recipe

EACH = 24
SMALL = {
    "sound-cnn": {"widths": [4, 8], "strides": [2, 2]},
    "sound-lstm": {"hidden": 12, "layers": 1},
    "sound-gru": {"hidden": 12, "layers": 1},
    "sound-crnn": {"widths": [4, 8], "strides": [2, 2], "hidden": 8},
    "sound-transformer": {"width": 16, "layers": 1, "heads": 2},
}


def played(kind: str, random: np.random.Generator) -> np.ndarray:
    time = np.arange(int(random.uniform(0.4, 0.8) * RATE)) / RATE
    hertz = random.uniform(200, 900)
    if kind == "bell":
        return 0.5 * np.exp(-8 * time) * sum(np.sin(2 * np.pi * hertz * k * time) for k in (1, 2.76, 5.4)) / 3
    if kind == "drum":
        return 0.5 * np.exp(-12 * time) * random.normal(size=len(time))
    return 0.4 * np.sin(2 * np.pi * hertz * time + 4 * np.sin(2 * np.pi * 6 * time))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sounds")
    random = np.random.default_rng(0)
    for kind in ("bell", "drum", "flute"):
        (root / kind).mkdir()
        for number in range(EACH):
            write_wav(root / kind / f"{number}.wav", played(kind, random))
    return root


@pytest.fixture(scope="module")
def sounds(folder: Path) -> SoundSet:
    return read_sounds(folder, make_sound_input(8_000, bands=24))


def recipe(architecture: str, **changes):
    small = {"arguments": {"arguments": SMALL[architecture]}, "batch_size": 8, "epochs": 30, "validation": 0.25}
    asked = {"architecture": architecture, "learning_rate": 1e-2} | small | changes
    return make_recipe("sounds", ["mixup=0"], **asked)


@pytest.mark.parametrize(
    "architecture", [one if one == "sound-crnn" else pytest.param(one, marks=pytest.mark.long) for one in SMALL]
)
def test_each_network_learns_to_name_sounds(architecture: str, sounds: SoundSet, folder: Path, tmp_path: Path) -> None:
    epochs = 60 if architecture == "sound-transformer" else 30
    model = train_sounds(sounds, recipe(architecture, epochs=epochs), tmp_path / "ear")
    assert model.scores["accuracy"] >= 0.75
    bells = [played("bell", np.random.default_rng(seed))[:: RATE // 8_000] for seed in range(7, 15)]
    said = [each for each in resolve(str(tmp_path / "ear")).annotate(bells) if each[0].label != "none"]
    assert len(said) >= 2  # thinned samples are not what a file is read as, so that some are called none
    assert {one.label for one in said[0]} == {"bell", "drum", "flute"}
    assert sum(one.probability for one in said[0]) == pytest.approx(1)
    with sx.Library(tmp_path / "sounds.sonolux") as library:
        library.add(folder, spaces=[str(tmp_path / "ear")])
        hits = library.search(audio=folder / "drum" / "3.wav", k=8)
    assert hits[0].path.endswith("drum/3.wav")
    assert sum("drum" in hit.path for hit in hits) >= 6


def test_a_bag_of_words_needs_no_labels(folder: Path, tmp_path: Path) -> None:
    unlabelled = read_sounds(folder, make_sound_input(8_000, COEFFICIENTS))
    model = train_words(unlabelled, make_recipe("bag-of-words", words=32), tmp_path / "words")
    assert 1 <= model.scores["kept"] <= 32
    with sx.Library(tmp_path / "sounds.sonolux") as library:
        library.add(folder, spaces=[str(tmp_path / "words")])
        hits = library.search(audio=folder / "drum" / "3.wav", k=8)
    assert hits[0].path.endswith("drum/3.wav")
    assert sum("drum" in hit.path for hit in hits) >= 6


def test_the_projection_keeps_the_variance_and_no_more(folder: Path, tmp_path: Path) -> None:
    heard = read_sounds(folder, make_sound_input(8_000, COEFFICIENTS))
    model = train_words(heard, make_recipe("bag-of-words", words=24), tmp_path / "words")
    codebook, projected = model.network().children()
    counts = torch.cat([codebook(frames.float()[None]) for frames in heard.frames])
    total = counts.var(dim=0).sum()
    variances = projected(counts).var(dim=0)
    assert variances.sum() >= 0.95 * total * 0.999
    assert variances[:-1].sum() < 0.95 * total


PROGRAM = """
import os, signal, sys
from pathlib import Path
from sonolux.training.recipes import make_recipe
from sonolux.training.classification.sounds import train_sounds
from sonolux.training.data.sounds import make_sound_input, read_sounds

def killed(done, line):
    if line.startswith("epoch 3"):
        os.kill(os.getpid(), signal.SIGKILL)

data, folder, recipe = sys.argv[1:]
sounds = read_sounds(data, make_sound_input(8_000, bands=24))
train_sounds(sounds, make_recipe(**eval(recipe)), Path(folder), progress=killed)
"""


def test_a_killed_training_ends_as_it_would_have(sounds: SoundSet, folder: Path, tmp_path: Path) -> None:
    asked = recipe("sound-gru", epochs=4)
    command = [sys.executable, "-c", PROGRAM, str(folder), str(tmp_path / "a" / "ear"), repr(asked.resolved())]
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == -signal.SIGKILL
    lines: list[str] = []
    resumed = train_sounds(sounds, asked, tmp_path / "a" / "ear", progress=lambda _, line: lines.append(line))
    assert lines[0].startswith("epoch 3 of 4")
    whole = train_sounds(sounds, asked, tmp_path / "b" / "ear")
    for mine, other in zip(resumed.network().parameters(), whole.network().parameters(), strict=True):
        torch.testing.assert_close(mine, other)


@pytest.mark.data
def test_real_digits_are_told_apart(data: Path, tmp_path: Path) -> None:
    with (tmp_path / "digits.csv").open("w", newline="") as file:
        files = [data / "spoken_digits" / f"{digit}_jackson_{n}.flac" for digit in (1, 6, 8) for n in range(20)]
        csv.writer(file).writerows([("path", "label"), *((path, path.name[0]) for path in files)])
    heard = read_sounds(tmp_path / "digits.csv", make_sound_input(8_000))
    model = train_sounds(heard, recipe("sound-crnn", epochs=25), tmp_path / "ear")
    assert model.scores["accuracy"] >= 0.9


class TestViews:
    def test_a_view_keeps_the_sound(self, sounds: SoundSet) -> None:
        how = standardise_input(sounds)
        batch = torch.stack(
            [fit_length((sounds.frames[row].float() - how.mean) / how.deviation, how) for row in range(4)]
        )
        assert torch.equal(SpectrogramViews(0, 0, 0)(batch, -3.0), batch)
        torch.manual_seed(0)
        seen = SpectrogramViews()(batch, -3.0)
        assert seen.shape == batch.shape
        assert not torch.equal(seen, batch)
        # Half an octave is further than a view may stray.
        assert torch.corrcoef(torch.stack([seen.mean(dim=1)[0], batch.mean(dim=1)[0]]))[0, 1] > 0.6

    def test_masks_have_their_length(self) -> None:
        torch.manual_seed(0)
        seen = SpectrogramViews(0, 0, masks=1, time=0.2, bands=0.25)(torch.ones(200, 100, 40), 0.0)
        lost = (seen == 0).all(dim=2).sum(dim=1)
        assert 15 <= lost.max() <= 21
        assert 6 <= lost.float().mean() <= 14

    def test_a_pitch_moves_by_its_share(self) -> None:
        torch.manual_seed(0)
        frames = torch.full((200, 50, 64), -3.0)
        frames[:, :, 32] = 1.0
        bands = SpectrogramViews(0, pitch=0.1, masks=0)(frames, -3.0)[:, 25].argmax(dim=1)
        assert bands.min() >= 32 / 1.1 - 1.5
        assert bands.max() <= 32 / 0.9 + 1.5
        assert bands.float().std() > 1

    def test_mixtures_are_of_two(self) -> None:
        items = torch.eye(4)
        torch.testing.assert_close(mix(items, 0.75)[0], torch.tensor([0.75, 0, 0, 0.25]))


class TestBadInput:
    def test_silent_files_and_texts(self, tmp_path: Path) -> None:
        random = np.random.default_rng(0)
        for number in range(9):
            write_wav(tmp_path / f"{number}.wav", played("flute", random))
        write_wav(tmp_path / "silent.wav", np.zeros(RATE))
        (tmp_path / "notes.txt").write_text("not a sound")
        found = read_sounds(tmp_path, make_sound_input(8_000))
        assert sorted(failure.reason for failure in found.failed) == ["holds no sound", "is silent"]
        assert len(found) == 9
        with pytest.raises(TrainingError, match="has no labels"):
            train_sounds(found, recipe("sound-gru"), tmp_path / "ear")

    def test_too_few(self, tmp_path: Path) -> None:
        write_wav(tmp_path / "one.wav", played("flute", np.random.default_rng(0)))
        with pytest.raises(TrainingError, match="1 readable sounds; at least 8"):
            read_sounds(tmp_path, make_sound_input())

    def test_no_place(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match=r"neither a folder nor a table \(.*\): name a folder of sounds"):
            read_sounds(tmp_path / "nowhere", make_sound_input())

    def test_one_class(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "bell").symlink_to(folder / "bell")
        with pytest.raises(TrainingError, match="one class, bell"):
            train_sounds(read_sounds(tmp_path / "data", make_sound_input(8_000)), recipe("sound-gru"), tmp_path / "ear")

    def test_arguments_that_no_network_takes(self, sounds: SoundSet, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="no network can be built of sound-gru"):
            train_sounds(sounds, recipe("sound-gru", arguments={"depth": 3}), tmp_path / "ear")

    def test_more_words_than_frames(self, sounds: SoundSet, tmp_path: Path) -> None:
        few = sounds.subset(np.arange(2))
        with pytest.raises(TrainingError, match="fewer frames than 5000 words"):
            train_words(few, make_recipe("bag-of-words", words=5000), tmp_path / "words")

    def test_a_band_that_is_not_there(self) -> None:
        with pytest.raises(TrainingError, match="not within 8000 samples a second"):
            make_sound_input(8_000, highest=9_000)


def test_unequal_classes_are_drawn_alike(sounds: SoundSet, tmp_path: Path) -> None:
    from sonolux.models import registry
    from sonolux.training.classification.sound_learner import SoundLearner

    rows = np.concatenate([np.arange(EACH), [EACH], [2 * EACH, 2 * EACH + 1]])
    few = sounds.subset(rows)
    asked = recipe("sound-gru", balanced=True)
    network = registry.build("sound-gru", {"bands": 24, "classes": 3})
    learner = SoundLearner(network, few, few, asked, standardise_input(few))
    drawn = torch.cat([learner.order(torch.Generator().manual_seed(seed)) for seed in range(100)])
    shares = torch.bincount(torch.from_numpy(few.labels)[drawn]).float() / len(drawn)
    torch.testing.assert_close(shares, torch.full((3,), 1 / 3), atol=0.03, rtol=0)


def test_the_card_says_what_was_heard(sounds: SoundSet, tmp_path: Path) -> None:
    train_sounds(sounds, recipe("sound-cnn", epochs=1), tmp_path / "ear", licence="CC0-1.0")
    model = ModelFolder.load(tmp_path / "ear")
    assert model.licence == "CC0-1.0"
    # Of 24 a quarter chose and a quarter scored.
    assert model.data["classes"] == {"bell": 12, "drum": 12, "flute": 12}
    assert set(ARCHITECTURES) == {name.removeprefix("sound-") for name in SMALL}
    assert (tmp_path / "ear" / "curve.png").exists()
    assert not (tmp_path / "ear" / "unfinished").exists()


def test_of_few_sounds_epochs_are_many() -> None:
    of_few, of_many = (with_enough_epochs(SoundsRecipe(), items).epochs for items in (60, 3_000))
    assert of_few == STEPS and of_many == 40
    assert with_enough_epochs(SoundsRecipe(), 320).epochs == STEPS // 10


@pytest.mark.parametrize(
    ("options", "epochs"),
    [
        (["--arch", "crnn"], with_enough_epochs(SoundsRecipe(), 3 * EACH).epochs),
        (["--epochs", "3"], 3),
        (["--set", "epochs=5"], 5),
    ],
    ids=["none", "asked", "set"],
)
def test_epochs_that_are_asked_for_are_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], epochs: int
) -> None:
    from sonolux.cli import main

    taken = []

    def learn(sounds: SoundSet, recipe: SoundsRecipe, out: Path, *_: object) -> ModelFolder:
        taken.append(recipe.epochs)
        raise TrainingError("enough")

    monkeypatch.setattr("sonolux.training.classification.sounds.train_sounds", learn)
    monkeypatch.setattr(
        sys, "argv", ["sonolux", "train", "sounds", "--data", str(folder), "--out", str(tmp_path / "ear"), *options]
    )
    with pytest.raises(SystemExit):
        main()
    assert taken == [epochs]
