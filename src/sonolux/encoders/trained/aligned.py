"""Coordinated representations: encoders of several modalities, projected into one space that was learned from pairs.

T. Baltrusaitis, C. Ahuja and L.-P. Morency, "Multimodal machine learning: a survey and taxonomy", PAMI 2019, call a
space coordinated where each modality keeps an encoder of its own and what belongs together lies together. A model
folder holds the heads alone (`sonolux.models.aligned_heads`) and names the encoders below them, its towers. What they
have known before in a space of their own, such as `concepts`, may stand beside what was learned in each descriptor, so
that one cosine is the weighed mean of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Towers
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.inputs import resampled
from sonolux.encoders.resize import reduced
from sonolux.encoders.trained.captions import join_views
from sonolux.encoders.trained.projected import unpacked
from sonolux.errors import EncoderError
from sonolux.media.segment import Audio
from sonolux.types import Modality

if TYPE_CHECKING:
    from torch import nn

ARCHITECTURE = "aligned-heads"


@dataclass(frozen=True, slots=True)
class Tower:
    """What describes one modality before its head.

    Attributes
    ----------
    modality : Modality
    encoders : tuple of Encoder
        Their descriptors, float or binary, stand side by side.
    known : Encoder or None
        Of a space that other modalities share.
    """

    modality: Modality
    encoders: tuple[Encoder, ...]
    known: Encoder | None = None

    @property
    def width(self) -> int:
        """Numbers of a descriptor."""
        return sum(encoder.dim for encoder in self.encoders)

    @property
    def sample_rate(self) -> int:
        """Hertz at which sound has to come."""
        return max((encoder.sample_rate for encoder in self._all), default=0)

    @property
    def digests(self) -> dict[str, str]:
        """Digests of all encoders by their names."""
        return {encoder.name: encoder.digest for encoder in self._all}

    @property
    def _all(self) -> tuple[Encoder, ...]:
        return self.encoders if self.known is None else (*self.encoders, self.known)

    def describe(
        self, batch: Sequence[Any], *, asked: bool = False
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Describe pixels (h, w, 3), samples at `sample_rate`, or strings.

        Returns
        -------
        rows : ndarray, shape (n, width)
            Zeros where any encoder finds nothing.
        known : ndarray, shape (n, dim), or None
        """
        parts = [self._encoded(encoder, batch, asked) for encoder in self.encoders]
        there = np.all([part.any(axis=1) for part in parts], axis=0)
        known = None if self.known is None else self._encoded(self.known, batch, asked)
        return np.concatenate(parts, axis=1) * there[:, None], known

    def _encoded(self, encoder: Encoder, batch: Sequence[Any], asked: bool) -> NDArray[np.float32]:
        media = [self._as_taken(encoder, one) for one in batch]
        rows = encoder.encode_queries(media) if asked else encoder.encode(media)
        return unpacked(np.asarray(rows))

    def _as_taken(self, encoder: Encoder, content: Any) -> Any:
        if self.modality is Modality.AUDIO and encoder.sample_rate != self.sample_rate:
            return resampled(Audio(content, self.sample_rate), encoder.sample_rate)
        if self.modality is Modality.IMAGE and encoder.side:
            return reduced(content, encoder.side)
        return content


class AlignedEncoder(Encoder):
    """An encoder of one modality of a model folder that learned from pairs.

    Parameters
    ----------
    folder : ModelFolder
    network : LoadedOnce
        Its heads, the same for all modalities.
    tower : Tower
    """

    gpu_share = 0.1

    def __init__(self, folder: ModelFolder, network: LoadedOnce[nn.Module], tower: Tower) -> None:
        self.folder = folder
        self.network = network
        self.tower = tower
        self.name = f"{folder.path.name}:{tower.modality}"
        self.spec = str(folder.path)
        self.modality = tower.modality
        self.sample_rate = tower.sample_rate
        self.space = folder.descriptor.space
        self.dim = folder.descriptor.dim
        self.digest = folder.digest
        self.licence = folder.licence
        self.weight = 1.0 if tower.modality is Modality.TEXT else LEARNED

    def encode_batch(self, batch: Sequence[Any]) -> NDArray[np.float32]:
        """Encode what the tower takes into rows (n, dim); zeros where it finds nothing."""
        return self._projected(*self.tower.describe(batch))

    def encode_queries(self, queries: Sequence[Any]) -> NDArray[np.float32]:
        """Encode questions as the tower encodes questions."""
        rows = self._projected(*self.tower.describe(queries, asked=True)) if len(queries) else np.empty((0, self.dim))
        return np.asarray(self._checked([rows], len(queries)))

    def _projected(self, rows: NDArray[np.float32], known: NDArray[np.float32] | None) -> NDArray[np.float32]:
        learned = project_rows(self.network(), str(self.modality), rows)
        how = self.folder.preprocessing
        assert isinstance(how, Towers)
        beside = self.dim - learned.shape[1]
        if not beside:
            return learned
        return join_views(learned, np.zeros((len(rows), beside), np.float32) if known is None else known, how.weight)


def aligned_encoders(folder: ModelFolder, towers: Sequence[Tower]) -> list[Encoder]:
    """Return the encoders of a model folder that learned from pairs, one a modality.

    Parameters
    ----------
    folder : ModelFolder
    towers : sequence of Tower
        What its towers resolve to.

    Raises
    ------
    EncoderError
        Where a tower is not as it was when this was trained, or the record contradicts itself.
    """
    how = folder.preprocessing
    assert isinstance(how, Towers)
    current = {name: digest for tower in towers for name, digest in tower.digests.items()}
    for name, digest in how.digests.items():
        if current.get(name) != digest:
            raise EncoderError(
                f"{folder.path} was trained on {name} (digest {digest[:12]}), which is now"
                f" {current.get(name, 'not there')[:12]}: bring back what it was, or train again"
            )
    widths = {str(tower.modality): tower.width for tower in towers}
    if folder.architecture.name != ARCHITECTURE or folder.architecture.arguments.get("inputs") != widths:
        raise EncoderError(f"{folder.path}: architecture {folder.architecture.name} does not fit its towers")
    network = LoadedOnce(folder.network)
    used = towers if how.weight else [replace(tower, known=None) for tower in towers]
    return [AlignedEncoder(folder, network, tower) for tower in used]


def make_towers(
    towers: Mapping[Any, Sequence[str]], known: str, encoders_of: Mapping[str, Sequence[Encoder]]
) -> list[Tower]:
    """Return towers from the encoders that their specifications resolve to.

    Parameters
    ----------
    towers : mapping of str to sequence of str
        Specifications by modality.
    known : str
        That of the space shared before, or empty.
    encoders_of : mapping
        Encoders by specification.

    Raises
    ------
    EncoderError
        Where a specification has no encoder of its modality, or one of words.
    """
    made = []
    for modality, specs in towers.items():
        found = [_of_modality(spec, encoders_of[spec], Modality(modality)) for spec in specs]
        shared = [one for one in encoders_of.get(known, ()) if one.modality == modality] if known else []
        made.append(Tower(Modality(modality), tuple(found), shared[0] if shared else None))
    return made


def _of_modality(spec: str, encoders: Sequence[Encoder], modality: Modality) -> Encoder:
    for encoder in encoders:
        if encoder.modality == modality and encoder.kind != "sparse":
            return encoder
    there = ", ".join(f"{one.modality} ({one.kind})" for one in encoders)
    raise EncoderError(f"{spec} has no encoder of {modality} that can be projected: it has {there}")


def project_rows(network: Any, modality: str, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a head gives for rows (n, width), unit vectors (n, outputs); zeros for rows of zeros."""
    import torch

    with torch.inference_mode():
        mapped: NDArray[np.float32] = network(modality, torch.from_numpy(rows)).numpy()
    return mapped * rows.any(axis=1, keepdims=True)
