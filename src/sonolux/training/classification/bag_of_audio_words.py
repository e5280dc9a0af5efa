"""Bags of sounding words, without labels: cepstra of frames, quantised, counted, and projected.

A sound becomes a text of codewords (`sonolux.models.bag_of_features`); principal components that keep most of the
variance of the counts are its descriptor.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch

from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.outputs import Descriptor
from sonolux.errors import TrainingError
from sonolux.models.bag_of_features import BagOfFeatures
from sonolux.training.data.sounds import SoundSet
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.save import Trained, write_model_folder
from sonolux.training.loop.workspace import check_free
from sonolux.training.projections.pca import principal_axes, projection
from sonolux.training.recipe import Recipe

WORDS = 256
"""Codewords, unless option ``words`` says otherwise."""

KEPT = 0.95
"""Share of the variance of the counts that the projection keeps."""

DRAWN = 200_000
"""Frames from which the codebook is made, at most."""


def train_words(sounds: SoundSet, recipe: Recipe, folder: Path, licence: str = "") -> ModelFolder:
    """Make a codebook of sounds, labels unseen, and write it with its projection as a model folder.

    Parameters
    ----------
    sounds : SoundSet
        Of cepstra.
    recipe : Recipe
        Option ``words``: how many codewords.
    folder : Path
        Of the model; new. Its name is that of the space.
    licence : str

    Returns
    -------
    model : ModelFolder
        Its ``scores``: ``words``, how many numbers keep the variance, ``kept``, and ``seconds`` of training.

    Raises
    ------
    TrainingError
        Where the sounds have fewer frames than words are wanted, or the folder holds something else.
    """
    check_free(folder)
    began = time.monotonic()
    words = int(recipe.options.get("words", WORDS))
    if sum(map(len, sounds.frames)) < words:
        raise TrainingError(f"{sounds.source} has fewer frames than {words} words: ask for fewer with --set words=N")
    codebook = codebook_of(sounds, words, recipe.seed)
    with torch.inference_mode():
        counts = torch.cat([codebook(frames.float()[None]) for frames in sounds.frames]).numpy()
    mean, axes, variances = principal_axes(counts, words)
    shares = np.cumsum(variances) / variances.sum()
    kept = int(np.searchsorted(shares, KEPT)) + 1
    projected = projection(mean, axes[:, :kept])
    links = [
        {"name": "codebook", "arguments": {"width": sounds.how.width, "words": words}},
        {"name": "projection", "arguments": {"inputs": words, "outputs": kept}},
    ]
    architecture = Architecture(name="chain", arguments={"links": links})
    network = build_network(architecture, recipe)
    for link, fitted in zip(network.children(), (codebook, projected), strict=True):
        link.load_state_dict(fitted.state_dict())
    scores = {"words": words, "kept": kept, "seconds": round(time.monotonic() - began)}
    trained = Trained(network, architecture, (), scores, sounds.how)
    descriptor = Descriptor(space=folder.name, dim=kept)
    return write_model_folder(trained, descriptor, recipe, sounds.described(), folder, licence)


def codebook_of(sounds: SoundSet, words: int, seed: int) -> BagOfFeatures:
    """Return a codebook whose words are the means of mini-batch k-means over frames of all sounds.

    D. Sculley, "Web-scale k-means clustering", WWW 2010.
    """
    from sklearn.cluster import MiniBatchKMeans

    frames = torch.cat(list(sounds.frames)).float().numpy()
    drawn = np.random.default_rng(seed).permutation(len(frames))[:DRAWN]
    frames = frames[np.sort(drawn)]
    mean, deviation = frames.mean(axis=0), np.maximum(frames.std(axis=0), 1e-6)
    means = MiniBatchKMeans(words, random_state=seed, n_init=3, batch_size=4096).fit((frames - mean) / deviation)
    made = BagOfFeatures(frames.shape[1], words)
    made.mean.copy_(torch.from_numpy(mean))
    made.deviation.copy_(torch.from_numpy(deviation))
    made.words.copy_(torch.from_numpy(means.cluster_centers_))
    return made
