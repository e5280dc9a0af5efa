"""Training of audio classifiers and bags of audio words: sounds and a recipe in, a model folder out.

A classifier names sounds, with calibrated probabilities, and what its last layer but one hears is their descriptor.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.training.classification.recipes import BagOfAudioWordsRecipe, SoundsRecipe
from sonolux.training.loop.run import run

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.data.sounds import SoundSet
    from sonolux.training.loop.trained import TrainingProgress

ARCHITECTURES = ("cnn", "lstm", "gru", "crnn", "transformer")
"""Bodies of networks that hear, as `sonolux.models.sound_network` names them."""

BAG_OF_WORDS = "bag-of-words"
"""What needs no labels, see `sonolux.training.classification.bag_of_audio_words`."""

STEPS = 600
"""In which a network learned instruments from sixty clips; in a quarter of them it had hardly begun."""


def with_enough_epochs(recipe: SoundsRecipe, items: int) -> SoundsRecipe:
    """Return the recipe with so many epochs that a network takes `STEPS` steps at least: of few sounds, one has few."""
    steps = max(items // recipe.batch_size, 1)
    return replace(recipe, epochs=max(recipe.epochs, ceil(STEPS / steps)))


def train_sounds(
    sounds: SoundSet,
    recipe: SoundsRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Train a network that names sounds, and write it as a model folder; see `sonolux.training.loop.run.run`.

    Parameters
    ----------
    sounds : SoundSet
        With labels.
    recipe : SoundsRecipe
        Its architecture is ``sound-`` and one of `ARCHITECTURES`.
    folder : Path
    licence : str
    progress : callable, optional

    Returns
    -------
    model : ModelFolder
        Its ``scores``, all of sounds that nothing was learned from: ``accuracy``, and of half of them ``ece-before``
        and ``ece-after`` calibration, the expected calibration error.

    Raises
    ------
    TrainingError
        Where nothing can be learned from these sounds, or the folder holds something else.
    """
    return run(sounds, recipe, folder, licence, progress, takes=SoundsRecipe)


def train_words(
    sounds: SoundSet,
    recipe: BagOfAudioWordsRecipe,
    folder: Path,
    licence: str = "",
    progress: TrainingProgress | None = None,
) -> ModelFolder:
    """Make a codebook of sounds, labels unseen, and write it as a model folder; see `sonolux.training.loop.run.run`.

    Parameters
    ----------
    sounds : SoundSet
        Of cepstra.
    recipe : BagOfAudioWordsRecipe
    folder : Path
    licence : str
    progress : callable, optional

    Returns
    -------
    model : ModelFolder
        Its ``scores``: ``words``, how many numbers keep the variance, ``kept``, and ``seconds`` of training.

    Raises
    ------
    TrainingError
        Where the sounds have fewer frames than words are wanted, or the folder holds something else.
    """
    return run(sounds, recipe, folder, licence, progress, takes=BagOfAudioWordsRecipe)
