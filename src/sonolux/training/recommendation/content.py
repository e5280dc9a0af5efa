"""Content as rows: bags of audio words, visual words or words, on the principal components that keep most of them.

A row network is a chain of registered networks (`sonolux.models.sequential`), fitted to what is learned from, labels
and plays unseen; what learns factors from its rows is put behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from sonolux.checkpoints.audio_input import parts_of
from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.inputs import AnyPreprocessing, Sounds, Words
from sonolux.models import registry
from sonolux.training.classification.bag_of_audio_words import codebook_of
from sonolux.training.data.images import ImageSet
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.sounds import SoundSet
from sonolux.training.loop.image_inputs import image_preprocessing, normalise
from sonolux.training.projections.pca import principal_axes, projection

ItemContent = SoundSet | ImageSet | RowSet
"""What is learned from: of one modality, each item once."""

AT_ONCE = 128
"""Images that pass a network at once."""

PATCH = {"size": 6, "stride": 3}

YEARS = 5.0
"""Over which a year is like another."""

YEAR = re.compile(r"1[89]\d\d|20\d\d")

DRAWN = 500
"""Images from which visual words are made, at most."""


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A network of a chain, with what builds it again."""

    network: nn.Module
    name: str
    arguments: dict[str, Any]


def chain(links: Sequence[ChainLink]) -> tuple[nn.Module, Architecture]:
    """Return networks as one, each fed with what the one before it gives, and the architecture that builds it."""
    described = [{"name": link.name, "arguments": link.arguments} for link in links]
    architecture = Architecture(name="sequential", arguments={"links": described})
    network = registry.build(architecture.name, architecture.arguments)
    for place, link in zip(network.children(), links, strict=True):
        place.load_state_dict(link.network.state_dict())
    return network.eval(), architecture


def preprocessing_of(content: ItemContent) -> AnyPreprocessing:
    """Return how what is learned from becomes the input of a network."""
    if isinstance(content, SoundSet):
        return content.how
    return image_preprocessing(content.pixels.shape[1]) if isinstance(content, ImageSet) else content.preprocessing


def fit_rows(content: ItemContent, words: int, kept: float, seed: int) -> list[ChainLink]:
    """Return the networks that make rows of content: a codebook, if it has none, and principal components.

    Parameters
    ----------
    content : SoundSet, ImageSet or RowSet
        Sounds as cepstra.
    words : int
        Codewords of sounds and of images; fewer where there are fewer frames.
    kept : float
        Share of the variance that the components keep.
    seed : int
    """
    links: list[ChainLink] = []
    if isinstance(content, SoundSet):
        codebook = codebook_of(content.frames, min(words, sum(map(len, content.frames)) // 2), seed)
        links = [
            ChainLink(codebook, "bag-of-features", {"width": codebook.words.shape[1], "words": len(codebook.words)})
        ]
    elif isinstance(content, ImageSet):
        patches = registry.build("image-patches", PATCH)
        drawn = np.random.default_rng(seed).permutation(len(content))[:DRAWN]
        codebook = codebook_of(list(outputs_of(patches, content.subset(np.sort(drawn)))), words, seed)
        arguments = {"width": codebook.words.shape[1], "words": words}
        links = [ChainLink(patches, "image-patches", PATCH), ChainLink(codebook, "bag-of-features", arguments)]
    rows = rows_through(links, content)
    how = content.preprocessing if isinstance(content, RowSet) else None
    nearness = year_nearness(how.vocabulary) if isinstance(how, Words) else np.eye(rows.shape[1])
    _, axes, variances = principal_axes((rows @ nearness).astype(np.float32), rows.shape[1])
    enough = int(np.searchsorted(np.cumsum(variances) / max(variances.sum(), 1e-12), kept)) + 1
    axes = nearness @ axes[:, : min(enough, axes.shape[1])]
    middle = rows.mean(axis=0, dtype=np.float64)
    return [
        *links,
        ChainLink(projection(middle, axes), "projection", {"inputs": axes.shape[0], "outputs": axes.shape[1]}),
    ]


def year_nearness(vocabulary: Sequence[str]) -> NDArray[np.float64]:
    """Return the map of counts of words, (v, v), under which years are the more alike the nearer they are.

    The inner product of two years falls with their distance as a normal curve of `YEARS`; other words stay alone.
    """
    nearness = np.eye(len(vocabulary))
    places = [place for place, word in enumerate(vocabulary) if YEAR.fullmatch(word)]
    if not places:
        return nearness
    years = np.array([int(vocabulary[place]) for place in places], np.float64)
    curve = np.exp(-((years[:, None] - years) ** 2) / YEARS**2)
    nearness[np.ix_(places, places)] = curve / np.linalg.norm(curve, axis=1, keepdims=True)
    return nearness


def scaled(link: ChainLink, scale: float) -> ChainLink:
    """Return a projection whose outputs are `scale` times as large."""
    mean, matrix = (link.network.state_dict()[name].numpy() for name in ("mean", "matrix"))
    return ChainLink(projection(mean, matrix * scale), link.name, link.arguments)


def rows_through(links: Sequence[ChainLink], content: ItemContent) -> NDArray[np.float32]:
    """Return what a chain makes of content, (n, p); of none, the rows that it is."""
    if not links:
        assert isinstance(content, RowSet)
        return content.rows
    return outputs_of(nn.Sequential(*(link.network for link in links)), content).numpy()


def heard_as(content: ItemContent, how: AnyPreprocessing) -> ItemContent:
    """Return sounds standardised as a network was trained on them; anything else as it is."""
    if not isinstance(content, SoundSet) or content.how.coefficients:
        return content
    assert isinstance(how, Sounds)
    frames = [(one.float() - how.mean) / how.deviation for one in content.frames]
    return SoundSet(content.source, frames, how, paths=content.paths)


def outputs_of(network: nn.Module, content: ItemContent) -> torch.Tensor:
    """Return what a network gives for each item, on the CPU: (n, ...); of the parts of a sound, their mean."""
    with torch.inference_mode():
        if isinstance(content, SoundSet):
            parts = [parts_of(frames.float(), content.how) for frames in content.frames]
            return torch.stack([network(part).mean(dim=0) for part in parts])
        return torch.cat([network(batch) for batch in torch.split(network_inputs(content), AT_ONCE)])


def network_inputs(content: ImageSet | RowSet) -> torch.Tensor:
    """Return images or rows as networks take them, (n, ...) float32."""
    if isinstance(content, RowSet):
        return torch.from_numpy(content.rows)
    pixels = torch.from_numpy(content.pixels).permute(0, 3, 1, 2).float() / 255
    return normalise(pixels)
