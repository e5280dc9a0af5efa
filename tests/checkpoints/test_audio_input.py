"""What networks hear of a sound."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sonolux.checkpoints.audio_input import frames_a_part, frames_heard, heard, parts_of, silence
from sonolux.checkpoints.inputs import Sounds

RATE = 8_000
HOW = Sounds(rate=RATE, frame=256, hop=80, bands=32, lowest=30, highest=4_000, mean=-30, deviation=15, seconds=1.0)


def tone(hertz: float, seconds: float, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def test_levels_are_those_of_librosa_below_the_loudest() -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    mel = librosa.feature.melspectrogram(
        y=sound, sr=RATE, n_fft=256, hop_length=80, n_mels=32, fmin=30, fmax=4_000, pad_mode="constant"
    )
    expected = (librosa.power_to_db(mel, ref=np.max, top_db=80).T + 30) / 15
    np.testing.assert_allclose(frames_heard(sound, HOW).numpy(), expected, atol=1e-3)


def test_loudness_does_not_matter_but_silence_is_not_turned_up() -> None:
    loud, soft = (frames_heard(tone(440, 1, level), HOW) for level in (0.8, 0.08))
    torch.testing.assert_close(loud, soft, atol=0.02, rtol=0)
    hush = frames_heard(1e-6 * np.random.default_rng(0).normal(size=RATE).astype(np.float32), HOW)
    assert float(hush.max()) < silence(HOW) + 3
    assert torch.equal(frames_heard(np.zeros(RATE, np.float32), HOW), torch.full((101, 32), silence(HOW)))


def test_cepstra_come_with_their_slopes() -> None:
    how = HOW.model_copy(update={"coefficients": 13})
    assert frames_heard(tone(440, 1), how).shape == (101, 26) == (101, how.width)


@given(frames=st.integers(1, 900))
def test_parts_cover_a_sound_evenly(frames: int) -> None:
    numbers = torch.arange(frames, dtype=torch.float32)[:, None].expand(-1, 32)
    parts = parts_of(numbers, HOW)
    length = frames_a_part(HOW)
    assert parts.shape[1:] == (length, 32)
    if frames < length:
        assert len(parts) == 1
        assert torch.equal(parts[0, :frames], numbers)
        assert (parts[0, frames:] == silence(HOW)).all()
        return
    assert set(parts[:, :, 0].flatten().tolist()) == set(range(frames))
    starts = parts[:, 0, 0]
    assert (starts.diff() <= length / 2 + 1).all()
    assert parts[-1, -1, 0] == frames - 1


def test_a_long_sound_is_the_mean_of_its_parts() -> None:
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(101 * 32, 3))
    long, short = tone(300, 3.2), tone(700, 0.4)
    together = heard(network, [long, short], HOW, torch.device("cpu"))
    parts = parts_of(frames_heard(long, HOW), HOW)
    torch.testing.assert_close(together[0], network(parts).mean(dim=0).detach())
    torch.testing.assert_close(together[1:], heard(network, [short], HOW, torch.device("cpu")))


def test_without_seconds_a_sound_is_heard_as_long_as_it_is() -> None:
    lengths: list[int] = []

    class Counting(torch.nn.Module):
        def forward(self, frames: torch.Tensor) -> torch.Tensor:
            lengths.append(frames.shape[1])
            return frames.mean(dim=1)

    how = HOW.model_copy(update={"seconds": None})
    assert heard(Counting(), [tone(300, 1), tone(300, 2.5)], how, torch.device("cpu")).shape == (2, 32)
    assert lengths == [101, 251]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"highest": 5_000}, "not within 8000 samples a second"),
        ({"lowest": 4_000}, "not within"),
        ({"coefficients": 40}, "have no 40 coefficients"),
        ({"rate": 10}, "greater than or equal to 1000"),
    ],
)
def test_what_cannot_be_heard_is_refused(change: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Sounds.model_validate(HOW.model_dump() | change)
