"""Encoders that Sonolux trained: a model folder in use.

Images, texts, sounds and rows of numbers become inputs of a network by the preprocessing of its folder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.device import move_to_device
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Cepstra, Contrast, Numbers, Preprocessing, Sounds, Words
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders.base import LEARNED, Encoder
from sonolux.encoders.text import words_apart
from sonolux.errors import EncoderError
from sonolux.types import Modality

if TYPE_CHECKING:
    import torch
    from torch import nn

WORD = re.compile(r"[^\W\d_]+")
"""A run of letters."""

WORD_OR_NUMBER = re.compile(r"[^\W\d_]+|\d+")


class TrainedEncoder(Encoder):
    """The network of a model folder, from images, texts or sounds to float vectors or binary codes.

    Parameters
    ----------
    folder : path or ModelFolder

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`, or its network takes what no file holds.
    """

    gpu_share = 0.1

    def __init__(self, folder: Path | str | ModelFolder) -> None:
        self.folder = folder if isinstance(folder, ModelFolder) else ModelFolder.load(folder)
        descriptor = self.folder.descriptor
        self.preprocessing = files_taken(self.folder)
        self.modality = modality_of(self.preprocessing)
        self.sample_rate = self.preprocessing.rate if isinstance(self.preprocessing, Sounds) else 0
        self.name = self.folder.path.name
        self.spec = str(self.folder.path)
        self.space = descriptor.space
        self.kind = descriptor.kind
        self.metric = descriptor.metric
        self.digest = self.folder.digest
        self.licence = self.folder.licence
        self._describing = LoadedOnce(
            lambda: move_to_device(describing_part(self.network, self.descriptor, self.folder.path))
        )
        self.weight = 1.0 if self.modality is Modality.TEXT else LEARNED

    @cached_property
    def descriptor(self) -> Descriptor:
        """What comes out, and of which layer."""
        return self.folder.descriptor

    @cached_property
    def dim(self) -> int:  # type: ignore[override]
        """Length of a descriptor."""
        return self.folder.descriptor.dim

    def encode_batch(self, batch: Sequence[Any]) -> NDArray[Any]:
        """Encode images (h, w, 3), texts or samples into rows: float32 (n, dim), or packed codes."""
        how = self.preprocessing
        if isinstance(how, Sounds):
            from sonolux.checkpoints.audio_input import heard

            network, device = self._describing()
            outputs = heard(network, batch, how, device).numpy()
        else:
            inputs = word_counts(batch, how) if isinstance(how, Words) else network_input(batch, how)
            outputs = run_network(inputs, *self._describing())
        return np.packbits(outputs > 0, axis=1) if self.kind == "binary" else outputs

    @cached_property
    def network(self) -> nn.Module:
        """The whole network; the first use loads its weights."""
        return self.folder.network()


class NumbersEncoder:
    """The network of a model folder that takes rows of numbers; no `Encoder`, for no file of a library holds them.

    Parameters
    ----------
    folder : path or ModelFolder

    Raises
    ------
    EncoderError
        Where the folder does not pass the checks of `ModelFolder.load`, or its network takes something else.
    """

    def __init__(self, folder: Path | str | ModelFolder) -> None:
        self.folder = folder if isinstance(folder, ModelFolder) else ModelFolder.load(folder)
        how = self.folder.preprocessing
        if not isinstance(how, Numbers):
            raise EncoderError(f"{self.folder.path}: this model takes no rows of numbers")
        self.preprocessing = how
        self._describing = LoadedOnce(
            lambda: move_to_device(describing_part(self.folder.network(), self.folder.descriptor, self.folder.path))
        )

    def encode(self, rows: NDArray[np.floating]) -> NDArray[Any]:
        """Encode rows (n, columns) into rows: float32 (n, dim), or packed codes uint8 (n, dim / 8).

        Raises
        ------
        EncoderError
            For another number of columns than the network takes.
        """
        outputs = run_network(standardise_rows(rows, self.preprocessing), *self._describing())
        return np.packbits(outputs > 0, axis=1) if self.folder.descriptor.kind == "binary" else outputs


def modality_of(how: Preprocessing | Words | Sounds) -> Modality:
    """Return what a model takes."""
    if isinstance(how, Sounds):
        return Modality.AUDIO
    return Modality.TEXT if isinstance(how, Words) else Modality.IMAGE


def files_taken(folder: ModelFolder) -> Preprocessing | Words | Sounds:
    """Return how what files hold becomes the input of a model; EncoderError where it takes something else."""
    how = folder.preprocessing
    if isinstance(how, Cepstra):
        raise EncoderError(f"{folder.path}: this model writes down what is said: use it with sonolux transcribe")
    if isinstance(how, Contrast):
        raise EncoderError(f"{folder.path}: this model takes fingerprints: use it with sonolux fingerprint")
    if isinstance(how, Numbers):
        raise EncoderError(
            f"{folder.path}: this model takes rows of numbers, which no file of a library holds:"
            " ask it from Python, with sonolux.encoders.trained.encoder.NumbersEncoder"
        )
    return how if isinstance(how, Words | Sounds) else folder.images


def describing_part(network: nn.Module, descriptor: Descriptor, path: Path) -> nn.Module:
    """Return the network as far as the layer that describes; EncoderError where it has no such layer."""
    if not descriptor.layer:
        return network
    from sonolux.models.feature_extractor import LayerDescriptor

    try:
        return LayerDescriptor(network, descriptor.layer, descriptor.pooling)
    except ValueError as error:
        raise EncoderError(f"{path}: {error}") from error


def run_network(inputs: NDArray[np.float32], network: nn.Module, device: torch.device) -> NDArray[np.float32]:
    """Return what a network gives for inputs, float32 (n, dim)."""
    import torch

    with torch.inference_mode():
        outputs: NDArray[np.float32] = network(torch.from_numpy(inputs).to(device)).cpu().numpy()
    return outputs


def network_input(batch: Sequence[NDArray[np.uint8]], how: Preprocessing) -> NDArray[np.float32]:
    """Return images (h, w, 3) as the network takes them: float32 (n, channels, height, width)."""
    return np.ascontiguousarray(np.moveaxis(normalised_pixels(batch, how), -1, 1))


def normalised_pixels(batch: Sequence[NDArray[np.uint8]], how: Preprocessing) -> NDArray[np.float32]:
    """Return images (h, w, 3) in the size and the range of a network, float32 (n, height, width, channels)."""
    from PIL import Image

    mode = "L" if how.channels == "grey" else "RGB"
    resized = [
        np.asarray(Image.fromarray(pixels).convert(mode).resize((how.width, how.height), Image.Resampling.BILINEAR))
        for pixels in batch
    ]
    stacked = np.stack(resized).reshape(len(batch), how.height, how.width, -1) / np.float32(255)
    stacked -= np.array(how.mean, np.float32)
    stacked /= np.array(how.deviation, np.float32)
    return stacked.astype(np.float32, copy=False)


def word_counts(texts: Sequence[str], how: Words) -> NDArray[np.float32]:
    """Return ln(1 + how often each text holds each word of the vocabulary), float32 (n, words)."""
    numbers = {word: number for number, word in enumerate(how.vocabulary)}
    rows = np.zeros((len(texts), len(numbers)), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word, count in Counter(words_in(text, numbers=how.numbers)).items():
            if word in numbers:
                row[numbers[word]] = count
    return np.log1p(rows)


def words_in(text: str, *, numbers: bool = False) -> list[str]:
    """Return the words of a text in their order, in lower case; of scripts without spaces, characters and pairs.

    With `numbers`, runs of digits as well.
    """
    return (WORD_OR_NUMBER if numbers else WORD).findall(words_apart(text).lower())


def standardise_rows(rows: NDArray[np.floating], how: Numbers) -> NDArray[np.float32]:
    """Return rows (n, columns) with each column's mean taken off and divided by its deviation, float32.

    Raises
    ------
    EncoderError
        For another number of columns, NaN or infinity.
    """
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.shape[1] != len(how.mean):
        raise EncoderError(f"rows are {rows.shape}, not (n, {len(how.mean)}), as the model was trained on")
    if not np.isfinite(rows).all():
        raise EncoderError(f"row {int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])} holds NaN or infinity")
    inputs: NDArray[np.float32] = ((rows - np.array(how.mean)) / np.array(how.deviation)).astype(np.float32)
    return inputs
