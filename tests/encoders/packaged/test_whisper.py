"""What is said, and other sounds, by the encoder of a speech recogniser that a package brings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contracts.encoder_contract import EncoderContract
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.packaged.packages import SPEECH
from sonolux.encoders.packaged.whisper import BLOCK, RATE, WhisperEncoder
from sonolux.errors import ModelError
from sonolux.media.containers.audio import load_audio

pytestmark = pytest.mark.skipif(SPEECH.state != "ready", reason="Whisper's weights are not installed")


class TestWhisper(EncoderContract):
    """Of whatever comes."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        return WhisperEncoder()

    @pytest.fixture
    def altered(self) -> Encoder:
        return WhisperEncoder(replace(SPEECH, files={name: hash_[::-1] for name, hash_ in SPEECH.files.items()}))

    def test_it_is_found_by_its_name(self) -> None:
        [encoder] = resolve("whisper")
        assert (encoder.space, encoder.dim, encoder.licence) == ("whisper", 384, "MIT")


def test_silence_has_no_row_and_loads_nothing() -> None:
    encoder = WhisperEncoder()
    assert not encoder.encode([np.zeros(RATE, np.float32), np.zeros(0, np.float32)]).any()
    assert not encoder._model.done


def test_every_block_of_a_long_sound_counts_by_its_length() -> None:
    chance = np.random.default_rng(0)
    noise = chance.normal(0, 0.1, BLOCK).astype(np.float32)
    tone = np.sin(2 * np.pi * 440 * np.arange(BLOCK // 2) / RATE).astype(np.float32)
    encoder = WhisperEncoder()
    first, second = (encoder.encode_batch([part])[0] for part in (noise, tone))
    whole = encoder.encode_batch([np.concatenate([noise, tone])])[0]
    np.testing.assert_allclose(whole, (2 * first + second) / 3, atol=1e-2)


def test_a_changed_file_is_refused_when_it_is_wanted() -> None:
    encoder = WhisperEncoder(replace(SPEECH, files=dict.fromkeys(SPEECH.files, "0" * 64)))
    with pytest.raises(ModelError, match="damaged or was changed"):
        encoder.encode([np.ones(RATE, np.float32)])


@pytest.mark.data
def test_a_word_is_nearest_to_the_same_word_of_other_speakers(data: Path) -> None:
    names = [f"{digit}_{who}_{take}" for who in ("george", "jackson", "theo") for digit in range(10) for take in (0, 1)]
    sounds = [load_audio(str(data / "spoken_digits" / f"{name}.flac"), RATE).samples for name in names]
    rows = np.asarray(WhisperEncoder().encode(sounds))
    digits, speakers = (np.array([name.split("_")[place] for name in names]) for place in (0, 1))
    near = np.where(speakers[:, None] == speakers, -np.inf, rows @ rows.T)
    assert (digits[near.argmax(axis=1)] == digits).mean() > 0.9
