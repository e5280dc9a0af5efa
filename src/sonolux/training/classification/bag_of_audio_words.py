"""Bag of audio words, without labels: cepstra of frames, quantised, counted, and projected.

A sound becomes a text of codewords (`sonolux.models.bag_of_features`); principal components that keep most of the
variance of the counts are its descriptor.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import TrainingError
from sonolux.models import registry
from sonolux.models.bag_of_features import BagOfFeatures
from sonolux.training.classification.recipes import BagOfAudioWordsRecipe
from sonolux.training.data.sounds import SoundSet
from sonolux.training.loop.trained import Trained, TrainingProgress
from sonolux.training.projections.pca import principal_axes, projection

KEPT = 0.95
"""Share of the variance of the counts that the projection keeps."""

DRAWN = 200_000
"""Frames from which the codebook is made, at most."""


def learn_words(
    sounds: SoundSet, recipe: BagOfAudioWordsRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Make a codebook of sounds and a projection of counts; see `sonolux.training.methods.LearnMethod`."""
    began = time.monotonic()
    words = recipe.words
    if sum(map(len, sounds.frames)) < words:
        raise TrainingError(f"{sounds.source} has fewer frames than {words} words: ask for fewer with --set words=N")
    codebook = codebook_of(sounds.frames, words, recipe.seed)
    with torch.inference_mode():
        counts = torch.cat([codebook(frames.float()[None]) for frames in sounds.frames]).numpy()
    mean, axes, variances = principal_axes(counts, words)
    shares = np.cumsum(variances) / variances.sum()
    kept = int(np.searchsorted(shares, KEPT)) + 1
    projected = projection(mean, axes[:, :kept])
    links = [
        {"name": "bag-of-features", "arguments": {"width": sounds.how.width, "words": words}},
        {"name": "projection", "arguments": {"inputs": words, "outputs": kept}},
    ]
    architecture = Architecture(name="sequential", arguments={"links": links})
    network = registry.build(architecture.name, architecture.arguments)
    for link, fitted in zip(network.children(), (codebook, projected), strict=True):
        link.load_state_dict(fitted.state_dict())
    scores = {"words": words, "kept": kept, "seconds": round(time.monotonic() - began)}
    descriptor = Descriptor(space=folder.name, dim=kept)
    return Trained(network, architecture, sounds.how, descriptor, recipe, sounds.described(), scores)


def codebook_of(frames: Sequence[torch.Tensor], words: int, seed: int) -> BagOfFeatures:
    """Return a codebook whose words are the means of mini-batch k-means over the frames (n, width) of all items.

    D. Sculley, "Web-scale k-means clustering", WWW 2010.
    """
    from sklearn.cluster import MiniBatchKMeans

    rows = torch.cat(list(frames)).float().numpy()
    drawn = np.random.default_rng(seed).permutation(len(rows))[:DRAWN]
    rows = rows[np.sort(drawn)]
    mean, deviation = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-6)
    means = MiniBatchKMeans(words, random_state=seed, n_init=3, batch_size=4096).fit((rows - mean) / deviation)
    made = BagOfFeatures(rows.shape[1], words)
    made.mean.copy_(torch.from_numpy(mean))
    made.deviation.copy_(torch.from_numpy(deviation))
    made.words.copy_(torch.from_numpy(means.cluster_centers_))
    return made
