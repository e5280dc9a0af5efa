"""Learning in noise: media described as poor recordings have them too, and answers that bear it."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from making import tone, write_wav
from sonolux.errors import TrainingError
from sonolux.training.augmentation.noise import MOST_PIXELS, drawn_in_noise, image_in_noise, sound_in_noise
from sonolux.training.fusion.data import FusionSet
from sonolux.training.fusion.learn import answer_of, choose_passes, either, fit_fusion, score_answers
from sonolux.training.fusion.recipe import FuseRecipe
from sonolux.training.fusion.tables import read_fusion

RECIPE = FuseRecipe(fusion="attention", epochs=20, batch_size=32, learning_rate=1e-2)


@given(st.floats(0, 1), st.integers(0, 99))
def test_so_many_pixels_are_others(share: float, seed: int) -> None:
    image = np.full((60, 70, 3), 77, np.uint8)
    noisy = image_in_noise(image, share, np.random.default_rng(seed))
    assert noisy.shape == image.shape and noisy.dtype == np.uint8
    assert abs((noisy != image).any(axis=2).mean() - share) < 0.05


@given(st.floats(-10, 30), st.integers(0, 99))
def test_noise_is_so_much_softer(decibels: float, seed: int) -> None:
    sound = tone(440, 0.5).astype(np.float32)
    noise = sound_in_noise(sound, decibels, np.random.default_rng(seed)) - sound
    assert 10 * np.log10(np.square(sound).mean() / np.square(noise).mean()) == pytest.approx(decibels, abs=0.1)


def test_silence_and_nothing_have_their_noise() -> None:
    random = np.random.default_rng(0)
    assert np.isfinite(drawn_in_noise(np.zeros(100, np.float32), random)).all()
    changed = (drawn_in_noise(np.full((50, 50, 3), 9, np.uint8), random) != 9).any(axis=2).mean()
    assert changed <= MOST_PIXELS + 0.05


def made(count: int, seed: int) -> FusionSet:
    """Items of three classes, shown by two modalities; in noise either, or both, are led astray by half."""
    shown = np.random.default_rng(99).normal(size=(2, 3, 6))
    random = np.random.default_rng(seed)
    classes = random.integers(0, 3, count)
    clean = np.concatenate([each[classes] + 0.4 * random.normal(size=(count, 6)) for each in shown], axis=1)
    strength = np.repeat(random.random((count, 2)), 6, axis=1)
    astray = np.concatenate([each[random.integers(0, 3, count)] for each in shown], axis=1)
    noisy = (1 - strength) * clean + strength * (astray + 4)
    answers = np.eye(3, dtype=np.float32)[classes]
    there = np.ones((count, 2), np.bool_)
    return FusionSet(
        "made", None, {"image": 6, "audio": 6}, clean.astype(np.float32), there, "class", ("a", "b", "c"), answers,
        noisy=noisy.astype(np.float32),
    )  # fmt: skip


def test_what_learned_in_noise_bears_it_and_loses_nothing() -> None:
    learned, tested = made(400, 0), made(400, 1)
    plain, hardened = (fit_fusion(learned, replace(RECIPE, in_noise=share), 20) for share in (0.0, 0.5))
    noisy = tested.in_noise()
    assert score_answers(answer_of(hardened, noisy), noisy) > score_answers(answer_of(plain, noisy), noisy) + 0.1
    assert score_answers(answer_of(hardened, tested), tested) > 0.95
    assert 1 <= choose_passes(learned, replace(RECIPE, in_noise=0.5, epochs=3)) <= 3


def test_modalities_are_in_noise_each_by_itself() -> None:
    chance = torch.Generator().manual_seed(0)
    mixed = either(torch.zeros(2_000, 5), torch.ones(2_000, 5), (2, 3), 0.3, chance)
    first, second = mixed[:, :2], mixed[:, 2:]
    assert (first == first[:, :1]).all() and (second == second[:, :1]).all()
    assert first[:, 0].mean().item() == pytest.approx(0.3, abs=0.05)
    both = (first[:, 0] * second[:, 0]).mean().item()
    assert both == pytest.approx(0.09, abs=0.03)
    assert torch.equal(either(mixed, mixed + 1, (2, 3), 0.0, chance), mixed)


def test_subsets_keep_their_noise() -> None:
    items = made(20, 0)
    assert items.noisy is not None
    np.testing.assert_array_equal(items.subset(np.array([3, 1])).in_noise().rows, items.noisy[[3, 1]])
    np.testing.assert_array_equal(items.only("audio").in_noise().rows, items.noisy[:, 6:])


def test_a_table_is_described_in_noise_too(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [("picture", "sound", "caption", "label")]
    for number in range(12):
        Image.fromarray(random.integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
        write_wav(tmp_path / f"{number}.wav", tone(200 + 50 * number, 1.0))
        sound = "" if number == 3 else f"{number}.wav"
        rows.append((f"{number}.png", sound, f"thing {number}", "even" if number % 2 else "odd"))
    with (tmp_path / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    towers = {"image": ["colour-layout"], "audio": ["mfcc"]}
    items = read_fusion(tmp_path / "table.csv", "labels", towers=towers, in_noise=True)
    noisy = items.in_noise().rows
    for modality in ("image", "audio"):
        columns = items.columns(modality)
        there = items.there[:, list(items.widths).index(modality)]
        assert (noisy[there, columns] != items.rows[there, columns]).any(axis=1).all()
        assert (noisy[~there, columns] == 0).all()
    words = items.columns("text")
    np.testing.assert_array_equal(noisy[:, words], items.rows[:, words])
    again = read_fusion(tmp_path / "table.csv", "labels", towers=towers, in_noise=True)
    assert again.noisy is not None
    np.testing.assert_array_equal(again.noisy, noisy)


def test_noise_that_was_not_described_is_missed_in_one_line() -> None:
    with pytest.raises(TrainingError, match="nothing was described in noise"):
        fit_fusion(replace(made(20, 0), noisy=None), replace(RECIPE, in_noise=0.5), 1)
    with pytest.raises(TrainingError, match="exclude each other"):
        FuseRecipe(in_noise=0.5, thawed="blocks.11")
