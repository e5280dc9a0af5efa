"""What is to be seen of a sound, and the image of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sonolux.errors import SonoluxError
from sonolux.evaluation import spectrogram_columns
from sonolux.evaluation.sound_pictures import draw_sound, is_drawn
from sonolux.evaluation.spectrogram_columns import BANDS, COLUMNS, average_columns, compute_columns
from sonolux.features.constant_q import LOWEST
from sonolux.features.fourier import power_spectrogram
from sonolux.features.mel_scale import hertz_to_mel
from sonolux.features.scalogram import scalogram

RATE = 22_050
A4 = 440.0


def tone(hertz: float, seconds: float, rate: int = RATE, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_tone_is_where_its_pitch_is(rate: int) -> None:
    image = compute_columns(tone(A4, 2, rate), rate)
    middle = len(image.mel) // 2
    assert int(image.spectrogram[middle].argmax()) == round(A4 / (rate / 2) * (image.spectrogram.shape[1] - 1))
    steps = hertz_to_mel(np.array([A4, image.highest])) * (BANDS + 1)
    assert int(image.mel[middle].argmax()) == pytest.approx(steps[0] / (steps[1] / (BANDS + 1)) - 1, abs=2)
    assert int(image.scalogram[middle].argmax()) == round(12 * np.log2(A4 / LOWEST))
    assert int(image.chroma[middle].argmax()) == 9
    assert float(image.spectrogram.max()) == float(image.mel.max()) == float(image.scalogram.max()) == 0


def test_all_are_over_the_same_time() -> None:
    """A click is in the same column of everything."""
    sound = np.zeros(5 * RATE, np.float32)
    sound[3 * RATE] = 0.9
    image = compute_columns(sound, RATE)
    expected = round((3 - image.first) / image.column - 0.5)
    for rows in (image.spectrogram, image.mel, image.scalogram[:, 60:]):
        loud = torch.nonzero(rows.amax(dim=1) > -20).float().mean()
        assert float(loud) == pytest.approx(expected, abs=2)
    assert int(image.waveform[1].argmax()) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("together", [1, 3])
@pytest.mark.parametrize("hop", [200, 551])
def test_parts_are_the_whole(hop: int, together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectrogram_columns, "PART", 0.7)
    sound = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, 3 * RATE))
    for of in (
        lambda part: power_spectrogram(part, 1_024, hop),
        lambda part: scalogram(part, RATE, hop, octaves=6),
    ):
        expected = torch.stack([some.mean(dim=0) for some in torch.split(of(sound), together)])
        torch.testing.assert_close(average_columns(of, sound, RATE, hop, together), expected, rtol=1e-4, atol=1e-6)


@settings(max_examples=8, deadline=None)
@given(n=st.integers(1, 40_000), rate=st.sampled_from([8_000, 22_050, 48_000]))
def test_any_length_can_be_seen(n: int, rate: int) -> None:
    image = compute_columns(np.random.default_rng(0).normal(0, 0.1, n).astype(np.float32), rate)
    everything = (image.spectrogram, image.mel, image.cepstra, image.scalogram, image.chroma)
    assert {len(rows) for rows in everything} == {image.waveform.shape[1]}
    assert len(image.mel) <= COLUMNS
    assert all(bool(rows.isfinite().all()) for rows in everything)


def test_more_sound_is_no_more_columns() -> None:
    assert len(compute_columns(tone(A4, 40), RATE).mel) <= COLUMNS


def test_silence_is_dark_and_an_offset_is_not_heard() -> None:
    still = compute_columns(np.zeros(RATE, np.float32), RATE)
    assert bool((still.spectrogram == -80).all() and (still.scalogram == -60).all())
    assert not still.chroma.any() and float(still.cepstra.abs().max()) < 0.05
    plain, offset = compute_columns(tone(A4, 1), RATE), compute_columns(tone(A4, 1) + np.float32(0.3), RATE)
    torch.testing.assert_close(plain.mel[20:-20], offset.mel[20:-20], atol=0.5, rtol=0)


def test_the_axis_of_frequency_ends_where_nothing_is_heard() -> None:
    window = np.hanning(RATE).astype(np.float32)
    assert compute_columns(tone(A4, 1) * window, RATE).highest == 2_000
    assert compute_columns(np.random.default_rng(0).normal(size=RATE).astype(np.float32), RATE).highest == RATE / 2


@pytest.mark.parametrize("title", ["birds.ogg · Birds", "$x^", "\n\udcff" + "long " * 90, "鳥の歌.ogg"])
def test_it_is_drawn_whatever_its_title(title: str, tmp_path: Path) -> None:
    file = tmp_path / "look.png"
    draw_sound(compute_columns(tone(A4, 0.3), RATE), title, file, start=7)
    with Image.open(file) as image:
        assert image.size[0] == 1_600 and image.info["Software"] == "sonolux look"
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 60
    assert is_drawn(file)


def test_only_its_own_images_are_drawn_over(tmp_path: Path) -> None:
    image, other = compute_columns(tone(A4, 0.3), RATE), tmp_path / "holiday.png"
    draw_sound(image, "one", tmp_path / "look.png")
    draw_sound(image, "two", tmp_path / "look.png")
    Image.new("RGB", (4, 4)).save(other)
    before = other.read_bytes()
    with pytest.raises(SonoluxError, match="is there already"):
        draw_sound(image, "three", other)
    assert other.read_bytes() == before
