"""Cross-modal encoders that learned from captions: photos and sentences in one space.

A model folder holds two linear maps (`sonolux.models.two_view_projection`), of what EfficientNet-Lite pools of a photo
and of the vector of a sentence, into coordinates that photos share with the sentences below them. What is known without
captions, `sonolux.encoders.packaged.concepts`, stands beside these coordinates in each descriptor, so that the cosine
of two descriptors is the mean of both cosines, weighed. So does what its hubness takes off each similarity of a photo
(`sonolux.models.query_bank`), and a last number that gives all photos the same length, so that a cosine still compares
them: the reduction of Y. Bachrach et al., "Speeding up the Xbox recommender system using a Euclidean transformation for
inner-product spaces", RecSys 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import PhotosAndSentences
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.packaged.concepts import concepts
from sonolux.encoders.packaged.photo import WIDTH, backbone
from sonolux.encoders.packaged.sentences import DIM, sentences
from sonolux.errors import EncoderError
from sonolux.types import Modality

if TYPE_CHECKING:
    from sonolux.models.query_bank import QueryBank

ARCHITECTURE = "two-view-projection"

CORRECTION = 2
"""Numbers of a descriptor that take the hubness of photos off."""

Views = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Of photos or of sentences: what the network takes, (n, 1280) or (n, 384), and unit vectors of concepts, (n, 384)."""


def photo_views(batch: Sequence[NDArray[np.uint8]]) -> Views:
    """Describe images (h, w, 3): the square roots of what the network pools of each, and its concepts."""
    image, _ = concepts()
    return np.sqrt(backbone().features(batch)), np.asarray(image.encode(batch))


def sentence_views(batch: Sequence[str]) -> Views:
    """Describe sentences: the vector of each, and its concepts."""
    _, text = concepts()
    return np.asarray(sentences().encode_queries(batch)), np.asarray(text.encode(batch))


def source_digests() -> dict[str, str]:
    """Return the digests of the encoders that all of this stands on, by name; no weights are read."""
    return {
        "photo": backbone().folder.digest,
        "sentences": sentences().digest,
        "concepts": concepts()[0].digest,
    }


def join_views(learned: NDArray[np.float32], known: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
    """Return descriptors whose inner products are those of `learned`, plus `weight` times those of `known`.

    Parameters
    ----------
    learned, known : ndarray, shape (n, a) and (n, b)
        Of length 1, or 0.
    weight : float
        With 0, `known` is left out.
    """
    if not weight:
        return learned
    return np.concatenate([learned, np.float32(np.sqrt(weight)) * known], axis=1)


def correct_photos(rows: NDArray[np.float32], bank: QueryBank) -> NDArray[np.float32]:
    """Return descriptors of photos with what their hubness takes off, and the same length for all that have any.

    Parameters
    ----------
    rows : ndarray, shape (n, numbers)
        As `join_views` gives them.
    bank : QueryBank
    """
    import torch

    with torch.inference_mode():
        corrections = bank(torch.from_numpy(rows)).numpy()
    rest = np.sqrt(np.maximum(float(bank.reach) ** 2 - corrections**2, 0))
    beside = np.stack([corrections, rest], axis=1) * rows.any(axis=1, keepdims=True)
    return np.concatenate([rows, beside.astype(np.float32)], axis=1)


def correct_sentences(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return descriptors of sentences whose inner products with those of `correct_photos` are corrected ones.

    Parameters
    ----------
    rows : ndarray, shape (n, numbers)
    """
    says = rows.any(axis=1, keepdims=True)
    return np.concatenate([rows, says, np.zeros_like(says)], axis=1, dtype=np.float32)


class CaptionEncoder(Encoder):
    """An encoder of one modality of a model folder that learned from captions.

    Parameters
    ----------
    folder : ModelFolder
    network : LoadedOnce
        Its network, one for both modalities, a `sonolux.models.two_view_projection.TwoViewProjection`.
    modality : Modality
    """

    gpu_share = 0.1

    def __init__(self, folder: ModelFolder, network: LoadedOnce[Any], modality: Modality) -> None:
        self.folder = folder
        self.network = network
        self.name = f"{folder.path.name}:{modality}"
        self.spec = str(folder.path)
        self.modality = modality
        self.space = folder.descriptor.space
        self.dim = folder.descriptor.dim
        self.digest = folder.digest
        self.licence = folder.licence
        self.weight = LEARNED if modality is Modality.IMAGE else 1.0

    def encode_batch(self, batch: Sequence[Any]) -> NDArray[np.float32]:
        """Encode images (h, w, 3) or sentences into rows (n, dim); a sentence that says nothing is a row of zeros."""
        if self.modality is Modality.IMAGE:
            (inputs, known), projection = photo_views(batch), self.network().images
        else:
            (inputs, known), projection = sentence_views(batch), self.network().texts
        learned = mapped(projection, inputs) * inputs.any(axis=1, keepdims=True)
        rows = join_views(learned, known, _how(self.folder).concepts)
        bank = self.network().bank
        if bank is None:
            return rows
        return correct_photos(rows, bank) if self.modality is Modality.IMAGE else correct_sentences(rows)


def caption_encoders(folder: ModelFolder) -> list[Encoder]:
    """Return the encoders of a model folder: of images, and of text.

    Raises
    ------
    EncoderError
        Where what it stands on is not as it was when this was trained, or the record contradicts itself.
    """
    how, arguments = _how(folder), folder.architecture.arguments
    current = source_digests()
    for name, digest in how.digests.items():
        if current.get(name) != digest:
            raise EncoderError(
                f"{folder.path} was trained on {name} (digest {digest[:12]}), which is now"
                f" {current.get(name, 'not there')[:12]}: bring back what it was, or train again"
            )
    beside = DIM if how.concepts else 0
    expected = {"images": WIDTH, "texts": DIM, "outputs": folder.descriptor.dim - beside}
    if questions := arguments.get("questions"):
        expected["outputs"] -= CORRECTION
        expected |= {"questions": questions, "beside": beside}
    if folder.architecture.name != ARCHITECTURE or arguments != expected:
        raise EncoderError(f"{folder.path}: architecture {folder.architecture.name} does not give what model.json says")
    network = LoadedOnce(folder.network)
    return [CaptionEncoder(folder, network, modality) for modality in (Modality.IMAGE, Modality.TEXT)]


def _how(folder: ModelFolder) -> PhotosAndSentences:
    assert isinstance(folder.preprocessing, PhotosAndSentences)
    return folder.preprocessing


def mapped(projection: Any, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a projection gives for rows, as unit vectors (n, outputs)."""
    import torch

    with torch.inference_mode():
        outputs: NDArray[np.float32] = projection(torch.from_numpy(rows)).numpy()
    return outputs
