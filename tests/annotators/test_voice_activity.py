"""Where somebody speaks."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from sonolux.annotators import resolve
from sonolux.annotators.phrases import phrases
from sonolux.annotators.voice_activity import VoiceActivity, stretches
from sonolux.errors import EncoderError
from sonolux.media.containers.audio import load_audio
from sonolux.models.silero_vad import CHUNK, CONTEXT, SileroVad

RATE = 16_000


def test_nothing_is_read_before_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "voice.safetensors").write_bytes(b"none")
    made = VoiceActivity(tmp_path / "voice.safetensors")
    (tmp_path / "voice.safetensors").write_bytes(b"others")
    assert made.digest == hashlib.sha256(b"others").hexdigest()


def chunk_by_chunk(network: SileroVad, samples: torch.Tensor) -> list[float]:
    """The slow way: one chunk after the other, with what is remembered of those before."""
    state = (torch.zeros(1, 128), torch.zeros(1, 128))
    before, heard = torch.zeros(CONTEXT), []
    for start in range(0, len(samples), CHUNK):
        chunk = samples[start : start + CHUNK]
        chunk = torch.cat([before, chunk, torch.zeros(CHUNK - len(chunk))])
        mirrored = torch.cat([chunk, chunk[-1 - CONTEXT : -1].flip(0)])
        maps = network.stft_conv(mirrored[None, None])
        maps = (maps[:, :129] ** 2 + maps[:, 129:] ** 2).sqrt()
        for layer in (network.conv1, network.conv2, network.conv3, network.conv4):
            maps = layer(maps).relu()
        state = network.lstm_cell(maps[:, :, 0], state)
        heard.append(float(network.final_conv(state[0].relu()[:, :, None]).sigmoid()))
        before = chunk[-CONTEXT:]
    return heard


@pytest.mark.parametrize("samples", [1, 511, 512, 513, 5_000])
def test_all_chunks_at_once_are_as_one_after_the_other(samples: int) -> None:
    torch.manual_seed(0)
    network = SileroVad().eval()
    sound = torch.randn(samples)
    with torch.inference_mode():
        heard = network(sound)
        np.testing.assert_allclose(heard.numpy(), chunk_by_chunk(network, sound), atol=1e-5)


def test_its_weights_are_counted() -> None:
    assert sum(parameter.numel() for parameter in SileroVad().parameters()) == 309_633


class TestStretches:
    @pytest.mark.parametrize(
        ("chances", "expected"),
        [
            ([0.1] * 5, []),
            ([0.1] * 5 + [0.9] * 20 + [0.1] * 30, [(5, 25)]),
            ([0.9] * 20 + [0.4] * 5 + [0.9] * 20, [(0, 45)]),  # it does not end before it is improbable
            ([0.9] * 20 + [0.1] * 3 + [0.9] * 20, [(0, 43)]),  # a breath
            ([0.9] * 20 + [0.1] * 20 + [0.9] * 20, [(0, 20), (40, 60)]),
            ([0.1] * 5 + [0.9] * 4 + [0.1] * 30, []),  # a click
        ],
    )
    def test_speech_begins_surely_and_ends_late(self, chances: list[float], expected: list[tuple[int, int]]) -> None:
        assert stretches(np.array(chances)) == expected


@pytest.mark.data
class TestPublishedWeights:
    @pytest.fixture
    def voice(self, data: Path) -> VoiceActivity:
        annotator = resolve(str(data / "weights" / "silero_vad" / "silero_vad_16k.safetensors"))
        assert isinstance(annotator, VoiceActivity)
        return annotator

    @pytest.mark.parametrize("name", ["198-209-0000", "3436-172162-0000", "5703-47212-0000"])
    def test_speech_is_heard(self, voice: VoiceActivity, data: Path, name: str) -> None:
        sound = load_audio(str(data / "recordings" / f"{name}.ogg"), RATE).samples
        spoken = sum(one.span.end - one.span.start for one in voice.annotate_one(sound))
        assert spoken > 0.75 * len(sound) / RATE

    @pytest.mark.parametrize(
        "name", ["sorohanro_-_solo-trumpet-06", "456440__inspectorj__bird-whistling-robin-single-13"]
    )
    def test_trumpets_and_birds_do_not_speak(self, voice: VoiceActivity, data: Path, name: str) -> None:
        assert voice.annotate_one(load_audio(str(data / "recordings" / f"{name}.ogg"), RATE).samples) == []

    def test_it_parts_phrases(self, voice: VoiceActivity, data: Path) -> None:
        sound = load_audio(str(data / "recordings" / "198-209-0000.ogg"), 8_000).samples
        noisy = np.concatenate([sound, 0.1 * np.random.default_rng(0).standard_normal(40_000)]).astype(np.float32)
        found = phrases(noisy, 8_000, voice)
        assert len(found) >= 2
        assert found[-1][1] <= len(sound) + 4_000


@pytest.mark.parametrize("heard", ["by a voice activity", "by loudness"])
def test_what_is_too_long_is_cut_where_it_is_softest(
    heard: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 50 * RATE).astype(np.float32)
    for pause in (14.0, 31.0):
        sound[round(pause * RATE) : round((pause + 0.2) * RATE)] *= 0.1
        stop = round((pause + 2) * RATE)  # the silence of a t within a word
        sound[stop : stop + RATE // 50] = 0
    voice = None
    if heard == "by a voice activity":
        (tmp_path / "voice.safetensors").touch()
        voice = VoiceActivity(tmp_path / "voice.safetensors")
        monkeypatch.setattr(voice, "probabilities", lambda samples: np.ones(len(samples) // CHUNK, np.float32))
    found = phrases(sound, RATE, voice)
    edges = [start / RATE for start, _ in found[1:]]
    assert edges == [end / RATE for _, end in found[:-1]]
    assert edges == [pytest.approx(14.1, abs=0.06), pytest.approx(31.1, abs=0.06)]
    assert found[0][0] == 0 and found[-1][1] == pytest.approx(len(sound), abs=0.2 * RATE)


class TestBadInput:
    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(EncoderError, match="is not there: name the weights of the voice activity"):
            VoiceActivity(tmp_path / "voice.safetensors")

    def test_other_weights(self, tmp_path: Path) -> None:
        save_file({"linear.weight": torch.zeros(2, 2)}, tmp_path / "voice.safetensors")
        with pytest.raises(EncoderError, match="holds no weights of the voice activity: "):
            VoiceActivity(tmp_path / "voice.safetensors").annotate_one(np.zeros(RATE, np.float32))

    def test_no_safetensors(self, tmp_path: Path) -> None:
        (tmp_path / "voice.safetensors").write_text("nothing")
        with pytest.raises(EncoderError, match="holds no weights"):
            VoiceActivity(tmp_path / "voice.safetensors").annotate_one(np.zeros(RATE, np.float32))

    @pytest.mark.data
    def test_nothing_to_hear(self, data: Path) -> None:
        voice = VoiceActivity(data / "weights" / "silero_vad" / "silero_vad_16k.safetensors")
        assert voice.annotate([np.zeros(0, np.float32), np.zeros(1, np.float32)]) == [[], []]
