from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from media.specimens import tone, write_sound, write_wav
from sonolux.errors import MediaError
from sonolux.media.containers.audio import LOUDEST, Placed, cut_windows, decode_audio, load_audio
from sonolux.media.containers.cover import embedded_cover


def int16(samples: np.ndarray) -> np.ndarray:
    return (samples * 32767).astype("<i2")


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000, 96_000, 192_000])
def test_resampling_is_that_of_soxr(rate: int, tmp_path: Path) -> None:
    stored = int16(tone(1.0, rate=rate))
    audio = load_audio(str(write_wav(tmp_path / "a.wav", stored, rate)), 22_050)
    wanted = soxr.resample(stored / np.float32(32768), rate, 22_050)
    assert audio.samples.dtype == np.float32
    assert audio.rate == 22_050
    assert abs(len(audio.samples) - len(wanted)) <= 1
    np.testing.assert_allclose(audio.samples[: len(wanted)], wanted[: len(audio.samples)], atol=1e-4)


def test_the_same_rate_is_exact(tmp_path: Path) -> None:
    stored = int16(tone(1.0))
    audio = load_audio(str(write_wav(tmp_path / "a.wav", stored)), 22_050)
    np.testing.assert_array_equal(audio.samples, stored / np.float32(32768))


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
def test_channels_are_averaged(channels: int, tmp_path: Path) -> None:
    stored = np.random.default_rng(0).integers(-9000, 9000, (5000, channels)).astype("<i2")
    audio = load_audio(str(write_wav(tmp_path / "a.wav", stored)), 22_050)
    np.testing.assert_allclose(audio.samples, stored.mean(axis=1) / 32768, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.flac", "flac"), ("a.mp3", "libmp3lame"), ("a.ogg", "libopus"), ("a.m4a", "aac")]
)
def test_compressed_sound_keeps_its_pitch(name: str, codec: str, tmp_path: Path) -> None:
    audio = load_audio(str(write_sound(tmp_path / name, codec)), 22_050)
    spectrum = np.abs(np.fft.rfft(audio.samples[4096 : 4096 + 22_050]))
    assert abs(int(spectrum.argmax()) - 440) <= 1
    assert len(audio.samples) == pytest.approx(2 * 22_050, abs=2500)


def test_bad_samples_become_silence(tmp_path: Path) -> None:
    stored = tone(0.5)
    stored[100:200] = np.nan
    stored[200] = np.inf
    stored[300] = -1e30
    samples = load_audio(str(write_wav(tmp_path / "a.wav", stored)), 22_050).samples
    assert np.isfinite(samples).all()
    assert (samples[100:201] == 0).all()
    assert samples[300] == -LOUDEST
    np.testing.assert_array_equal(samples[301:], stored[301:])


def test_nothing_but_nan_is_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.full(5000, np.nan, np.float32))
    with pytest.raises(MediaError, match="every sample is NaN"):
        load_audio(str(path), 22_050)


def test_no_samples_are_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.empty(0, "<i2"))
    with pytest.raises(MediaError, match="holds no sound"):
        load_audio(str(path), 22_050)


@pytest.mark.parametrize("rate", [1, 4_000_000])
def test_impossible_rates_are_refused(rate: int, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", int16(tone(0.1)), rate)
    with pytest.raises(MediaError, match="samples a second"):
        load_audio(str(path), 22_050)


def test_truncated_and_damaged_recordings_give_what_decodes(data: Path, tmp_path: Path) -> None:
    content = (data / "recordings" / "pibble.ogg").read_bytes()
    whole = len(load_audio(str(data / "recordings" / "pibble.ogg"), 22_050).samples)
    path = tmp_path / "a.ogg"
    path.write_bytes(content[: len(content) // 2])
    assert 0.3 * whole < len(load_audio(str(path), 22_050).samples) < 0.7 * whole
    path.write_bytes(content[:50_000] + bytes(3000) + content[53_000:])
    assert len(load_audio(str(path), 22_050).samples) > 0.8 * whole


def test_a_part_is_enough(data: Path) -> None:
    path = str(data / "recordings" / "pibble.ogg")
    part, whole = load_audio(path, 16_000, seconds=1.5), load_audio(path, 16_000)
    assert len(part.samples) == 24_000
    np.testing.assert_array_equal(part.samples, whole.samples[:24_000])


def test_covers(data: Path, specimens: dict[str, str]) -> None:
    cover = embedded_cover(str(next(data.glob("songs_with_lyrics/Fantasma*.mp3"))))
    assert cover is not None
    assert cover.startswith(b"\xff\xd8\xff")
    assert embedded_cover(specimens["sound.mp3"]) is None


@given(
    sizes=st.lists(st.integers(0, 60), max_size=12),
    length=st.integers(1, 25),
    data=st.data(),
)
def test_windows_cover_the_sound(sizes: list[int], length: int, data: st.DataObject) -> None:
    step = data.draw(st.integers(1, length))
    sound = np.arange(sum(sizes), dtype=np.float32)
    blocks = np.split(sound, np.cumsum(sizes)[:-1]) if sizes else []
    firsts = np.cumsum([0, *map(len, blocks)]).tolist()
    found = list(cut_windows(zip(firsts, blocks, strict=False), 1, length, step))
    assert [start for start, _, _ in found] == [n * step for n in range(len(found))]
    for start, end, samples in found:
        np.testing.assert_array_equal(samples, sound[int(start) : int(end)])
        assert len(samples) == min(length, len(sound) - start)
    assert all(end < len(sound) for _, end, _ in found[:-1])
    assert [end for _, end, _ in found[-1:]] == [len(sound)] * bool(len(sound))
    assert all(b[0] - a[0] == step for a, b in pairwise(found))


def test_windows_of_long_recordings_keep_memory_flat() -> None:
    def hours() -> Iterator[Placed]:
        for second in range(6 * 3600):
            yield 1000 * second, np.zeros(1000, np.float32)

    tracemalloc.start()
    count = sum(1 for _ in cut_windows(hours(), 1000, 10.0, 5.0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 6 * 3600 // 5 - 1
    assert peak < 2**20


def test_windows_without_gaps_only() -> None:
    with pytest.raises(ValueError, match="would leave gaps"):
        next(cut_windows([(0, np.zeros(5, np.float32))], 1, 2, 3))


def test_decoding_streams(specimens: dict[str, str]) -> None:
    blocks = decode_audio(specimens["sound.flac"], 22_050)
    assert 0 < next(blocks).size < 10_000
    blocks.close()


def test_a_wav_with_much_before_its_samples_is_read(tmp_path: Path) -> None:
    """More than the little of a WAV in which other codecs are looked for."""
    stored = int16(tone(0.5))
    path = write_wav(tmp_path / "a.wav", stored)
    content = path.read_bytes()
    note = b"LIST" + (300_000).to_bytes(4, "little") + b"INFO" + bytes(299_996)
    path.write_bytes(content[:36] + note + content[36:])
    np.testing.assert_array_equal(
        load_audio(str(path), 22_050).samples, load_audio(str(write_wav(tmp_path / "b.wav", stored)), 22_050).samples
    )
