"""Near-duplicates among items to learn from: what is one content, and what only looks alike."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits

from making import photographs
from sonolux.checkpoints.audio_input import frames_heard
from sonolux.training.data.copies import join_pairs, same_content
from sonolux.training.data.images import ImageSet, resized
from sonolux.training.data.sounds import SoundSet, make_sound_input


def image_set(images: list[np.ndarray], side: int = 48) -> ImageSet:
    return ImageSet("here", np.stack([resized(image, side) for image in images]))


def saved(image: np.ndarray, quality: int, scale: float) -> np.ndarray:
    picture = Image.fromarray(image)
    small = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(out))


def test_photos_saved_again_are_the_same_and_others_are_not() -> None:
    photos = [np.asarray(Image.open(path).convert("RGB")) for path in photographs()]
    again = [saved(photo, 50, 0.6) for photo in photos]
    found = same_content(image_set([*photos, *again]))
    assert found == [(n, n + len(photos)) for n in range(len(photos))]


def test_one_shape_in_other_colours_is_another_picture() -> None:
    bars = (np.arange(32) // 4 % 2)[None, :, None].repeat(32, 0)
    red, blue = (np.where(bars, np.array(one, np.uint8), np.uint8(20)) for one in ((200, 30, 30), (30, 30, 200)))
    assert same_content(image_set([red, blue])) == []


def test_digits_are_not_taken_for_each_other() -> None:
    grey = (load_digits().images[:600] * 15).astype(np.uint8)
    images = ImageSet("digits", np.repeat(grey[..., None], 3, axis=3))
    distinct = len(np.unique(images.pixels.reshape(600, -1), axis=0))
    assert sum(len(group) - 1 for group in same_content(images)) - (600 - distinct) <= 3


def test_blank_pictures_are_the_same_only_if_they_are_equal() -> None:
    flat = [np.full((32, 32, 3), level, np.uint8) for level in (0, 255, 0, 1)]
    assert same_content(image_set(flat)) == [(0, 2)]


def test_sounds_saved_again_are_the_same() -> None:
    random, how = np.random.default_rng(0), make_sound_input(8_000)
    time = np.arange(16_000) / 8_000
    sounds = [
        np.sin(2 * np.pi * pitch * time * (1 + time)) * np.exp(-((time - middle) ** 2) * 9)
        for pitch, middle in zip(random.uniform(200, 900, 8), random.uniform(0.3, 1.7, 8), strict=True)
    ]
    noisy = [sound + 0.002 * random.standard_normal(len(sound)) for sound in sounds]
    again = [0.5 * sound + 1e-4 * random.standard_normal(len(sound)) for sound in noisy[:4]]
    short = [noisy[0][:9_000]]
    frames = [frames_heard(one.astype(np.float32), how).half() for one in [*noisy, *again, *short]]
    assert same_content(SoundSet("here", frames, how)) == [(n, n + 8) for n in range(4)]


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=14))
def test_groups_are_what_hangs_together(pairs: list[tuple[int, int]]) -> None:
    groups = [{n} for n in range(12)]
    for one, other in pairs:
        merged = next(group for group in groups if one in group) | next(group for group in groups if other in group)
        groups = [group for group in groups if not group & merged] + [merged]
    assert join_pairs(pairs, 12) == sorted(tuple(sorted(group)) for group in groups if len(group) > 1)


def test_the_case(cases: Path) -> None:
    from sonolux.training.data.images import read_images

    if not (cases / "training").is_dir():
        pytest.skip("no cases of training")
    images = read_images(cases / "training" / "two-classes-one-file", 32)
    pairs = [{images.classes[images.labels[row]] for row in rows} for rows in same_content(images)]
    assert pairs == [{"moss", "rust"}] * 4
    assert same_content(read_images(cases / "training" / "noise-two-labels", 32)) == []
