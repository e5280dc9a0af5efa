"""Multimodal sentence-transformers models: text with images, sound or both in one space, as the checkpoint says.

``modality_config`` of the network's settings tells what goes in, and by which method of the network. Every input is
handed over together with what it is: left to guess, sentence-transformers takes a text that looks like the address of
a picture for that picture, and fetches it. A video is seen through frames of it, as by every encoder of images.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.loading import LoadedOnce
from sonolux.encoders.base import Encoder
from sonolux.encoders.hub.checkpoint import Checkpoint
from sonolux.encoders.hub.encoder import HubEncoder
from sonolux.encoders.hub.pictures import within_proportions
from sonolux.encoders.text import encodable
from sonolux.errors import EncoderError
from sonolux.types import Modality

SETTINGS = "sentence_bert_config.json"

METHODS = re.compile(r"forward|get_[a-z_]+_features")
"""Methods of a network that a checkpoint may name."""

PLACEHOLDERS = ("image_token", "audio_token", "video_token")
"""Attributes of a processor: what stands in a text for what is not text."""

SUPPORTED = (Modality.IMAGE, Modality.AUDIO, Modality.TEXT)


class MultimodalEncoder(HubEncoder):
    """One modality of a model that takes several, with its own prompts for questions and for documents.

    Parameters
    ----------
    checkpoint : Checkpoint
    modality : Modality
    dim : int
    model : LoadedOnce
        The model, shared by all modalities.
    sample_rate : int
        Hertz, of audio.
    """

    def __init__(
        self, checkpoint: Checkpoint, modality: Modality, dim: int, model: LoadedOnce[Any], sample_rate: int
    ) -> None:
        super().__init__(checkpoint, modality, dim)
        self.model = model
        self.sample_rate = sample_rate if modality is Modality.AUDIO else 0
        self.batch_size = 8 if modality is Modality.AUDIO else 32

    def encode_batch(self, batch: Sequence[Any]) -> NDArray[np.float32]:
        """Encode images (h, w, 3), samples or documents into rows (n, dim)."""
        return self._rows(self.model().encode_document, batch)

    def encode_queries(self, queries: Sequence[Any]) -> NDArray[np.float32]:
        """Encode questions into rows (n, dim) of length 1."""
        starts = range(0, len(queries), self.batch_size)
        rows = [self._rows(self.model().encode_query, queries[start : start + self.batch_size]) for start in starts]
        checked: NDArray[np.float32] = self._checked(list(rows), len(queries))
        return checked

    def _rows(self, encode: Any, batch: Sequence[Any]) -> NDArray[np.float32]:
        inputs = [{str(self.modality): self._input(content)} for content in batch]
        # Sounds one by one: CLAP's extractor marks one of each batch, at random, to be treated differently.
        size = 1 if self.modality is Modality.AUDIO else len(inputs)
        rows: NDArray[np.float32] = encode(inputs, batch_size=size, show_progress_bar=False, convert_to_numpy=True)
        return rows.astype(np.float32, copy=False)

    def _input(self, content: Any) -> Any:
        if self.modality is Modality.TEXT:
            return self._without_placeholders(encodable(content))
        if self.modality is Modality.AUDIO:
            return {"array": self._middle(content), "sampling_rate": self.sample_rate}
        from PIL import Image

        return Image.fromarray(np.ascontiguousarray(within_proportions(content)))

    def _without_placeholders(self, text: str) -> str:
        """Return a text without the marks at which a processor expects a picture or a sound, as plain words instead."""
        processor = getattr(self.model()[0], "processor", None)
        for name in PLACEHOLDERS:
            token = getattr(processor, name, None)
            if isinstance(token, str) and token:
                word = token.strip("<|>[]")
                text = text.replace(token, word if token not in word else " ")
        return text

    def _middle(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the middle of a sound that is longer than the network hears: an extractor would cut it at random."""
        if not len(samples):
            return np.zeros(1, np.float32)
        processor = getattr(self.model()[0], "processor", None)
        longest = getattr(getattr(processor, "feature_extractor", processor), "nb_max_samples", len(samples))
        start = max(0, len(samples) - longest) // 2
        return samples[start : start + longest]


def modalities_of(checkpoint: Checkpoint, folder: str, kind: str) -> list[Modality]:
    """Return what the network of a sentence-transformers folder takes, text alone where it says nothing.

    Parameters
    ----------
    checkpoint : Checkpoint
    folder : str
        Of its first step.
    kind : str
        Class of that step.

    Raises
    ------
    EncoderError
        Where the settings are no such thing, or name a method that is none of those that describe an input.
    """
    file = f"{folder}/{SETTINGS}" if folder else SETTINGS
    settings = checkpoint.read(file) if checkpoint.has(file) else {}
    if not isinstance(settings, dict) or not isinstance(settings.get("modality_config", {}), dict):
        raise EncoderError(f"model {checkpoint.name}: {file} is not as expected")
    taken = settings.get("modality_config")
    if taken is None:
        # Before settings said so, this class alone took more than text.
        return [Modality.IMAGE, Modality.TEXT] if kind == "CLIPModel" else [Modality.TEXT]
    for how in taken.values():
        method = how.get("method") if isinstance(how, dict) else None
        if not isinstance(method, str) or not METHODS.fullmatch(method):
            raise EncoderError(f"model {checkpoint.name}: {file} names {method!r}, no method that describes an input")
    return [modality for modality in SUPPORTED if str(modality) in taken]


def multimodal_encoders(
    checkpoint: Checkpoint, modalities: Sequence[Modality], dim: int, model: LoadedOnce[Any]
) -> list[Encoder]:
    """Return the encoders of a checkpoint, one a modality, in one space.

    Raises
    ------
    EncoderError
        Where it takes sound and does not tell at which rate.
    """
    rate = _sample_rate(checkpoint) if Modality.AUDIO in modalities else 0
    return [MultimodalEncoder(checkpoint, modality, dim, model, rate) for modality in modalities]


def _sample_rate(checkpoint: Checkpoint) -> int:
    """Return the hertz at which the processor of a checkpoint wants sound."""
    for file in sorted(checkpoint.folder.rglob("*processor_config.json")):
        said = checkpoint.read(file.relative_to(checkpoint.folder).as_posix())
        if isinstance(said, dict):
            inner = said.get("feature_extractor")
            rate = (inner if isinstance(inner, dict) else said).get("sampling_rate")
            if isinstance(rate, int) and 0 < rate <= 192_000:
                return rate
    raise EncoderError(f"model {checkpoint.name} takes sound, and does not tell at which sampling_rate")
