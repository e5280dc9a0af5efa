"""Music descriptors and tags by musicnn, two networks that a package brings: 200 numbers, compared by cosine.

J. Pons and X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR 2019 (late
breaking). One network learned the 50 commonest tags of Last.fm on the Million Song Dataset (T. Bertin-Mahieux et al.,
ISMIR 2011), the other one those of MagnaTagATune (E. Law et al., ISMIR 2009). The descriptor is what the first tells
tags by; the second knows instruments.

Both know music alone, and call a helicopter electronic. Music is what the one has a genre for and the other an
instrument: the product of the two greatest probabilities is small for speech, animals, machines and weather.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.checkpoints.tensor_bundle import read_tensor_bundle
from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import MUSIC, MUSICNN
from sonolux.errors import ModelError
from sonolux.types import Modality

RATE = 16_000
"""Hertz."""

FRAME, HOP, BANDS = 512, 256, 96
"""Samples of a spectrum, from one to the next, and its bands of mel."""

LOUDER = 10_000
"""By which powers are multiplied before their logarithm."""

PATCH = 187
"""Frames that the networks are given at once, 3 s, as in their training."""

AT_ONCE = 16
"""Patches that they are given together, for the memory's sake."""

IS_MUSIC = 0.1
"""Product of the greatest probabilities of a genre and of an instrument from which a sound is music."""

VERSION = 1
"""Of what is done around the weights; changes the digest."""

MSD_TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock",
    "jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "mellow",
    "electronica", "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient",
    "acoustic", "experimental", "female vocalist", "guitar", "hip-hop", "70s", "party", "country", "easy listening",
    "sexy", "catchy", "funk", "electro", "heavy metal", "progressive rock", "60s", "rnb", "indie pop", "sad", "house",
    "happy",
)  # fmt: skip
"""In the order of the first network's outputs, in lower case."""

MTT_TAGS = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient",
    "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals",
    "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man",
    "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello",
    "no voice", "weird", "country", "metal", "female voice", "choral",
)  # fmt: skip
"""In the order of the second's."""

INSTRUMENTS = frozenset((
    "guitar", "classical", "strings", "rock", "piano", "violin", "synth", "harpsichord", "flute", "pop", "sitar",
    "solo", "classic", "harp", "cello", "country", "metal",
))  # fmt: skip
"""Tags of the second network that speech and noise seldom get: instruments, and what is played on them."""

NORMALISATION = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
"""What TensorFlow calls the numbers of a normalisation."""

MIDDLE = 64
"""Outputs of the convolutions over time alone."""

PLAYED = np.array([tag in INSTRUMENTS for tag in MTT_TAGS])


@dataclass(frozen=True, slots=True)
class Heard:
    """What the networks hear in a sound: the descriptor (200,), and a probability for each of their tags."""

    descriptor: NDArray[np.float32]
    msd: NDArray[np.float32]
    mtt: NDArray[np.float32]

    @property
    def musical(self) -> float:
        """How surely it is music, from 0 to 1; from `IS_MUSIC` on it is."""
        return float(self.msd.max() * self.mtt[PLAYED].max())

    @property
    def tags(self) -> dict[str, float]:
        """Probability by tag; the greater one of those that both networks know."""
        found = dict(zip(MTT_TAGS, self.mtt.tolist(), strict=True))
        for tag, chance in zip(MSD_TAGS, self.msd.tolist(), strict=True):
            found[tag] = max(chance, found.get(tag, 0.0))
        return found


class MusicNetworks:
    """The two networks, loaded when something is to be heard.

    Parameters
    ----------
    package : Package
    """

    def __init__(self, package: Package = MUSIC) -> None:
        self.package = package
        self.digest = digest_of(package.digest, VERSION, RATE, FRAME, HOP, BANDS, LOUDER, PATCH)
        self._networks = LoadedOnce(self._loaded)

    def hear(self, samples: NDArray[np.float32]) -> Heard:
        """Return what is heard in samples at 16,000 Hz, of any number: the mean of stretches of 3 s."""
        import torch

        (msd, mtt), device = self._networks()
        patches = log_mel_patches(samples)
        described, tags, others = [], [], []
        with torch.inference_mode():
            for start in range(0, len(patches), AT_ONCE):
                some = torch.from_numpy(patches[start : start + AT_ONCE]).to(device)
                rows = msd.describe(some)
                described.append(rows.cpu().numpy())
                tags.append(msd.classifier(rows).sigmoid().cpu().numpy())
                others.append(mtt(some).sigmoid().cpu().numpy())
        return Heard(*(np.concatenate(parts).mean(axis=0) for parts in (described, tags, others)))

    def _loaded(self) -> tuple[tuple[Any, Any], Any]:
        networks = [self._network(where) for where in MUSICNN]
        (msd, device), (mtt, _) = (move_to_device(network) for network in networks)
        return (msd, mtt), device

    def _network(self, where: str) -> Any:
        from sonolux.models.musicnn import Musicnn

        places = musicnn_weights()
        index, data = (self.package.path(f"{where}{end}") for end in (".index", ".data-00000-of-00001"))
        tensors = read_tensor_bundle(index, data, frozenset(places.values()))
        network = Musicnn()
        try:
            network.load_state_dict({name: as_torch(tensors[place]) for name, place in places.items()}, strict=False)
        except RuntimeError as error:  # another shape
            raise ModelError(f"{self.package.name}: {where} does not fit: {' '.join(str(error).split())}") from error
        return network.eval()


class MusicEncoder(Encoder):
    """Music, 200 numbers compared by cosine; of what is no music, nothing.

    Parameters
    ----------
    networks : MusicNetworks
    least : float
        Of `Heard.musical`; a question is taken for music in any case.
    """

    gpu_share = 0.1

    name = spec = space = "music"
    modality = Modality.AUDIO
    sample_rate = RATE
    dim = 200
    weight = LEARNED

    def __init__(self, networks: MusicNetworks, least: float = IS_MUSIC) -> None:
        self.networks = networks
        self.least = least
        self.licence = networks.package.licence
        self.digest = digest_of(networks.digest, least, sorted(INSTRUMENTS))

    def encode_batch(self, batch: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Encode samples at 16,000 Hz into rows (n, 200); zeros where there is no music."""
        heard = [self.networks.hear(samples) for samples in batch]
        return np.stack([one.descriptor * np.float32(one.musical >= self.least) for one in heard])

    def encode_queries(self, queries: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Encode questions, whatever they are."""
        rows = [self.networks.hear(samples).descriptor for samples in queries]
        return np.asarray(self._checked([np.stack(rows)] if rows else [np.empty((0, self.dim))], len(rows)))


@cache
def music_networks() -> MusicNetworks:
    """Return the networks of this process."""
    return MusicNetworks()


def music() -> Encoder:
    """Return the descriptor of what music sounds like."""
    return MusicEncoder(music_networks())


def log_mel_patches(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return spectra (patches, 187, 96) of a sound; one shorter patch of a sound of less than 3 s.

    Patches follow each other; the last one ends where the sound does, whatever it shares with the one before.
    """
    import torch

    from sonolux.features.fourier import stft
    from sonolux.features.mel_scale import mel_filters

    filters = torch.from_numpy(mel_filters(RATE, FRAME, BANDS))
    power = stft(torch.from_numpy(np.ascontiguousarray(samples, np.float32)), FRAME, HOP).abs().square()
    spectra: NDArray[np.float32] = torch.log10(LOUDER * power @ filters.T + 1).numpy()
    if len(spectra) <= PATCH:
        return spectra[None]
    starts = [*range(0, len(spectra) - PATCH, PATCH), len(spectra) - PATCH]
    return np.stack([spectra[start : start + PATCH] for start in starts])


def musicnn_weights() -> Mapping[str, str]:
    """Return the names of weights in the checkpoints by those in `sonolux.models.musicnn`."""
    counts = {"timbral": 2, "temporal": 3, "middle": 3}
    blocks = [f"{kind}.{number}" for kind, count in counts.items() for number in range(count)]
    places = {}
    for number, block in enumerate(blocks):
        for ours, theirs in (("weight", "kernel"), ("bias", "bias")):
            places[f"{block}.convolution.{ours}"] = f"{_numbered('conv2d', number)}/{theirs}"
    normalisations = ["normalisation", *(f"{block}.normalisation" for block in blocks), "pooled_normalisation"]
    for number, name in enumerate([*normalisations, "dense_normalisation"]):
        for ours, theirs in NORMALISATION.items():
            places[f"{name}.{ours}"] = f"{_numbered('batch_normalization', number)}/{theirs}"
    for number, name in enumerate(("dense", "classifier")):
        for ours, theirs in (("weight", "kernel"), ("bias", "bias")):
            places[f"{name}.{ours}"] = f"{_numbered('dense', number)}/{theirs}"
    return places


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name


def as_torch(weights: NDArray[np.float32]) -> Any:
    """Return weights of TensorFlow in the order of torch: outputs, inputs, then time and bands.

    A convolution over time alone has its inputs where a picture has its bands: (frames, inputs, 1, outputs).
    """
    import torch

    if weights.ndim == 4 and weights.shape[3] == MIDDLE:
        weights = weights[:, :, 0].transpose(2, 1, 0)
    elif weights.ndim == 4:
        weights = weights.transpose(3, 2, 0, 1)
    elif weights.ndim == 2:
        weights = weights.T
    return torch.from_numpy(np.ascontiguousarray(weights))
