"""Learning to know a second again: what is made up, what happens to it, and what a small network makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from sonolux.checkpoints.folder import ModelFolder
from sonolux.errors import TrainingError
from sonolux.fingerprints.constellation import RATE, band_log_power, spectral_contrast
from sonolux.fingerprints.neural_codes import STEP, FingerprintEncoder, pool_bands
from sonolux.training.augmentation import waveforms
from sonolux.training.data.clips import SECONDS, ClipSet, made_clips, read_clips
from sonolux.training.data.synthetic_music import LOUDEST, drawn_voice, drum, note, tune
from sonolux.training.fingerprints import learner
from sonolux.training.fingerprints.learner import INPUT, pairs
from sonolux.training.fingerprints.train import train_fingerprints
from sonolux.training.recipes import make_recipe

SMALL = ['arguments={"widths":[4,8]}', "batch_size=8"]


@pytest.fixture(scope="module")
def clips() -> ClipSet:
    return made_clips(24, seed=5)


def level(sound: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.square(sound).mean()))


class TestMadeMusic:
    @settings(max_examples=10, deadline=None)
    @given(st.integers(0, 10_000))
    def test_a_tune_is_finite_and_fits(self, seed: int) -> None:
        sound = tune(3.0, RATE, np.random.default_rng(seed))
        assert sound.dtype == np.float32 and len(sound) == 3 * RATE
        assert np.isfinite(sound).all() and np.abs(sound).max() <= LOUDEST + 1e-3

    def test_the_same_seed_makes_the_same_and_others_others(self) -> None:
        one, again, other = (tune(2.0, RATE, np.random.default_rng(seed)) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, again)
        assert np.abs(np.corrcoef(one, other)[0, 1]) < 0.5

    def test_a_note_has_its_pitch(self) -> None:
        for seed in range(8):
            voice = drawn_voice(np.random.default_rng(seed))
            spectrum = np.abs(np.fft.rfft(note(440, 2.0, voice, RATE)))
            near = spectrum[(430 * 2) : (450 * 2)].max()
            assert near > 20 * np.median(spectrum)

    def test_a_drum_is_short(self) -> None:
        strokes = [drum(np.random.default_rng(seed), RATE) for seed in range(20)]
        assert all(0.02 * RATE < len(stroke) < 0.26 * RATE and np.abs(stroke).max() <= 1 for stroke in strokes)


class TestDistortions:
    @settings(max_examples=10, deadline=None)
    @given(st.floats(-10, 30), st.integers(0, 99))
    def test_noise_is_as_loud_as_asked(self, decibels: float, seed: int) -> None:
        random = np.random.default_rng(seed)
        sound = random.standard_normal(4000).astype(np.float32)
        noise = waveforms.noise_of(4000, [random.standard_normal(700).astype(np.float32)], random)
        added = waveforms.with_noise(sound, decibels, noise) - sound
        assert level(sound) - level(added) == pytest.approx(decibels, abs=0.01)

    def test_a_telephone_leaves_the_middle(self) -> None:
        random = np.random.default_rng(0)
        white = random.standard_normal(2 * RATE).astype(np.float32)
        power = np.square(np.abs(np.fft.rfft(waveforms.by_telephone(white, RATE, np.random.default_rng(3)))))
        middle, low = power[2 * 800 : 2 * 2000].mean(), power[: 2 * 60].mean()
        assert low < 0.1 * middle

    def test_a_codec_moves_nothing(self) -> None:
        sound = tune(3.0, RATE, np.random.default_rng(4))
        heard = waveforms.through_a_codec(sound, RATE, np.random.default_rng(0))
        assert len(heard) == len(sound)
        shifts = np.fft.irfft(np.fft.rfft(heard) * np.conj(np.fft.rfft(sound)))
        assert int(shifts.argmax()) == 0
        assert 0.3 < np.corrcoef(heard, sound)[0, 1] < 0.9999

    def test_a_room_goes_on_sounding(self) -> None:
        click = np.zeros(RATE, np.float32)
        click[100] = 1
        heard = waveforms.in_a_room(click, RATE, np.random.default_rng(1))
        assert np.abs(heard[:100]).max() < 1e-6 and np.square(heard[200:]).sum() > 0.01

    def test_speed_shortens_and_raises(self) -> None:
        tone = np.sin(2 * np.pi * 500 * np.arange(2 * RATE) / RATE).astype(np.float32)
        fast = waveforms.at_a_speed(tone, 1.04)
        assert len(fast) == pytest.approx(2 * RATE / 1.04, abs=2)
        assert np.abs(np.fft.rfft(fast)).argmax() * RATE / len(fast) == pytest.approx(520, abs=1)

    def test_coarse_sound_has_few_values(self) -> None:
        assert len(np.unique(waveforms.coarse(tune(1.0, RATE, np.random.default_rng(0)), 8))) <= 17


def test_undistorted_windows_are_the_same_up_to_half_a_step(clips: ClipSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner, "heard_again", lambda sound, others, random: sound)
    monkeypatch.setattr(learner, "STEP", 0)
    clean = [pool_bands(spectral_contrast(band_log_power(clip.astype(np.float32))), INPUT) for clip in clips.clips]
    kept, asked = pairs(clips.clips, clean, np.arange(24), INPUT, np.random.default_rng(0))
    assert len(kept) > 24 and kept.shape[1:] == (INPUT.frames, 50)
    middle = slice(8, -8)
    likeness = [np.corrcoef(a[middle].ravel(), b[middle].ravel())[0, 1] for a, b in zip(kept, asked, strict=True)]
    others = [np.corrcoef(a[middle].ravel(), b[middle].ravel())[0, 1] for a, b in zip(kept, asked.flip(0), strict=True)]
    # Another speed and rounding to frames leave them alike, wrong windows are not.
    assert np.median(likeness) > 0.8 and np.median(others) < 0.5


class TestTraining:
    def test_a_network_learns_and_takes_codes(self, clips: ClipSet, tmp_path: Path) -> None:
        recipe = make_recipe("fingerprints", SMALL, epochs=6, bits=32)
        saved = train_fingerprints(clips, recipe, tmp_path / "known", licence="CC0-1.0")
        model = ModelFolder.load(saved.path)
        assert model.scores["again"] > 0.2
        assert (tmp_path / "known" / "curve.png").exists()
        encoder = FingerprintEncoder(saved.path)
        codes = encoder.codes(spectral_contrast(band_log_power(tune(4.0, RATE, np.random.default_rng(1)))))
        assert codes.shape == ((125 - 4 - INPUT.frames) // STEP + 1, 4)

    def test_the_same_seed_gives_the_same_weights(self, clips: ClipSet, tmp_path: Path) -> None:
        recipe = make_recipe("fingerprints", SMALL, epochs=1, bits=8)
        one, other = (train_fingerprints(clips, recipe, tmp_path / name) for name in "ab")
        assert one.data == other.data and one.scores["again"] == other.scores["again"]

    def test_recordings_are_cut_into_clips(self, tmp_path: Path) -> None:
        for number, seconds in enumerate([40.0, 3.0, 33.0]):
            sf.write(tmp_path / f"{number}.wav", tune(seconds, RATE, np.random.default_rng(number)), RATE)
        sf.write(tmp_path / "silent.wav", np.zeros(30 * RATE), RATE)
        (tmp_path / "broken.wav").write_bytes(b"RIFF")
        found = read_clips(tmp_path)
        assert len(found) == 5 + 4 and found.clips.shape[1] == SECONDS * RATE
        assert [Path(failure.path).name for failure in found.failed] == ["broken.wav", "silent.wav"]

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"bits": 12}, "bits is a multiple of 8 from 8, not 12"),
            ({"arguments": {"widths": []}}, "no network can be built of fingerprint"),
        ],
    )
    def test_what_cannot_be_trained_is_refused(
        self, clips: ClipSet, tmp_path: Path, changes: dict[str, object], words: str
    ) -> None:
        with pytest.raises(TrainingError, match=words):
            train_fingerprints(clips, make_recipe("fingerprints", **changes), tmp_path / "new")
        assert not (tmp_path / "new").exists()

    def test_soft_recordings_are_learned_from_as_loud_ones(self, tmp_path: Path) -> None:
        for name, gain in (("loud", 1.0), ("soft", 0.02)):
            (tmp_path / name).mkdir()
            sf.write(
                tmp_path / name / "a.wav", gain * tune(70.0, RATE, np.random.default_rng(1)), RATE, subtype="FLOAT"
            )
        loud, soft = (read_clips(tmp_path / name).clips for name in ("loud", "soft"))
        np.testing.assert_allclose(soft.astype(np.float32), loud.astype(np.float32), atol=1e-3)

    def test_clicks_are_refused_in_one_line(self) -> None:
        clips = np.zeros((4, SECONDS * RATE), np.float16)
        clips[:, 0] = 0.5
        clean = [np.zeros((247, 50), np.float32)] * 4
        with pytest.raises(TrainingError, match="4 clips, and none goes on sounding"):
            pairs(clips, clean, np.arange(4), INPUT, np.random.default_rng(0))

    def test_too_little_is_refused(self, tmp_path: Path) -> None:
        sf.write(tmp_path / "a.wav", tune(20.0, RATE, np.random.default_rng(1)), RATE)
        with pytest.raises(TrainingError, match="2 clips of 8 s; at least 8 are needed"):
            read_clips(tmp_path)
