"""Semantic hashing: binary codes from which an autoencoder draws its input again, of images, texts or rows of numbers.

R. Salakhutdinov and G. Hinton 2009, "Semantic hashing", International Journal of Approximate Reasoning 50; A.
Krizhevsky and G. Hinton 2011, "Using very deep autoencoders for content-based image retrieval", ESANN.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sonolux.training.data.images import ImageSet
from sonolux.training.data.numbers import RowSet
from sonolux.training.hashing.autoencoder import learn_image_autoencoder
from sonolux.training.hashing.autoencoder_rows import learn_row_autoencoder
from sonolux.training.hashing.recipes import AutoencoderRecipe
from sonolux.training.loop.trained import Trained, TrainingProgress


def learn_autoencoder(
    data: ImageSet | RowSet, recipe: AutoencoderRecipe, folder: Path, progress: TrainingProgress | None
) -> Trained:
    """Train an autoencoder of images or rows; see `sonolux.training.methods.LearnMethod`.

    The network of rows is dense, whatever the recipe says.
    """
    if isinstance(data, ImageSet):
        return learn_image_autoencoder(data, recipe, folder, progress)
    return learn_row_autoencoder(data, replace(recipe, architecture="dense-autoencoder"), folder, progress)
