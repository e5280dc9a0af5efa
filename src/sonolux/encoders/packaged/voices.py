"""Voices by a speaker network that a package brings: 256 numbers, compared by cosine.

L. Wan et al., "Generalized end-to-end loss for speaker verification", ICASSP 2018; C. Jemine trained the weights on
LibriSpeech and VoxCeleb (Resemblyzer). Of a recording is heard what is speech, as a detector tells; the rest says
nothing of who speaks. A recording with less than a fifth of a second of it has no voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import VOICES, VOICES_WEIGHTS
from sonolux.encoders.packaged.speech_activity import CHUNK, RATE, activity_version, speech_probabilities
from sonolux.errors import ModelError
from sonolux.types import Modality

FRAME, HOP, BANDS = 400, 160, 40
"""Samples of a spectrum, 25 ms, and from one to the next, 10 ms; its bands of mel."""

PARTIAL, STEP = 160, 80
"""Frames that the network hears at once, 1.6 s as in its training, and from one such part to the next."""

COVERED = 0.75
"""Share of a last part that is to be there."""

LOUDNESS = -30.0
"""Decibels of full scale at which voices are heard: who is louder is nobody else."""

SPOKEN = 0.5
"""Probability from which a chunk is speech."""

AROUND = 3
"""Chunks before and after speech that are heard with it."""

LEAST = 0.2
"""Seconds of speech in which a voice is told."""

VERSION = 1
"""Of what is done around the weights; changes the digest."""


class VoicesEncoder(Encoder):
    """Who speaks, 256 numbers compared by cosine; nothing where nobody does.

    Parameters
    ----------
    package : Package
    least : float
        Seconds of speech.
    """

    gpu_share = 0.1

    name = spec = space = "voices"
    modality = Modality.AUDIO
    sample_rate = RATE
    dim = 256
    weight = LEARNED

    def __init__(self, package: Package = VOICES, least: float = LEAST) -> None:
        self.package = package
        self.least = least
        self.licence = package.licence
        self._network = LoadedOnce(lambda: move_to_device(self._loaded()))

    @property
    def digest(self) -> str:  # type: ignore[override]
        """Of the pinned weights, of what is around them, and of what tells speech."""
        around = (FRAME, HOP, PARTIAL, STEP, COVERED, LOUDNESS, SPOKEN, AROUND, LEAST, VERSION)
        return digest_of(self.package.digest, activity_version(), around)

    def encode_batch(self, batch: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Encode samples at 16,000 Hz into rows (n, 256); zeros where nobody speaks."""
        return np.stack([self._voice(samples) for samples in batch])

    def _voice(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        import torch

        spoken = samples if self.least == 0 else spoken_samples(samples, self.least)
        if self.least and not len(spoken):
            return np.zeros(self.dim, np.float32)
        network, device = self._network()
        with torch.inference_mode():
            parts = torch.from_numpy(partial_spectra(levelled(spoken))).to(device)
            voice: NDArray[np.float32] = network(parts).mean(dim=0).cpu().numpy()
        return voice

    def _loaded(self) -> Any:
        import torch

        from sonolux.models.speaker_network import SpeakerNetwork

        path = self.package.path(VOICES_WEIGHTS)
        network = SpeakerNetwork()
        try:
            weights = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
            network.load_state_dict({name: weights[name] for name in network.state_dict()})
        except Exception as error:  # pickles can fail in any way; the hash makes that unlikely
            reason = " ".join(str(error).split())
            raise ModelError(f"{self.package.name}: its weights cannot be loaded: {reason}") from error
        return network.eval()


def voices() -> Encoder:
    """Return the descriptor of who speaks."""
    return VoicesEncoder()


def spoken_samples(samples: NDArray[np.float32], least: float = LEAST) -> NDArray[np.float32]:
    """Return what is speech in samples at 16,000 Hz, one stretch after the other; none of less than `least` seconds."""
    spoken = speech_probabilities(samples) >= SPOKEN
    if spoken.sum() * CHUNK < least * RATE:
        return samples[:0]
    near = np.convolve(spoken, np.ones(2 * AROUND + 1), mode="full")[AROUND:-AROUND] > 0
    return samples[np.repeat(near, CHUNK)[: len(samples)]]


def levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples at one loudness, that to which training raised what was softer; silence stays."""
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    return samples * np.float32(10 ** (LOUDNESS / 20) / level) if level else samples


def partial_spectra(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return powers in bands of mel (parts, 160, 40) of parts of a sound, with silence after its end."""
    import torch

    from sonolux.features.fourier import stft
    from sonolux.features.mel_scale import mel_filters

    filters = torch.from_numpy(mel_filters(RATE, FRAME, BANDS))
    power = stft(torch.from_numpy(np.ascontiguousarray(samples, np.float32)), FRAME, HOP).abs().square()
    spectra: NDArray[np.float32] = (power @ filters.T).numpy()
    count = max(1, 1 + int(np.floor((len(spectra) - COVERED * PARTIAL) / STEP)))
    padded = np.pad(spectra, ((0, max(0, (count - 1) * STEP + PARTIAL - len(spectra))), (0, 0)))
    return np.stack([padded[start : start + PARTIAL] for start in range(0, count * STEP, STEP)])
