"""One command to descriptors of sounds: sounds a folder a class and a recipe in, a model folder out.

It names sounds, with calibrated probabilities, and what its last layer but one hears is their descriptor.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.checkpoints.folder import Architecture
from sonolux.checkpoints.outputs import Descriptor, Labels
from sonolux.training.classification.calibration import calibrated
from sonolux.training.classification.images import with_options
from sonolux.training.data.sounds import SoundSet, standardised
from sonolux.training.data.sources import check_classes
from sonolux.training.data.splits import split
from sonolux.training.loop.initial import build_network
from sonolux.training.loop.workspace import check_free
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.loop.fit import TrainingProgress

ARCHITECTURES = ("cnn", "lstm", "gru", "crnn", "transformer")
"""Bodies of networks that hear, as `sonolux.models.sound_network` names them."""

BAG_OF_WORDS = "bag-of-words"
"""What needs no labels, see `sonolux.training.classification.bag_of_audio_words`."""

STEPS = 600
"""In which a network learned instruments from sixty clips; in a quarter of them it had hardly begun."""

DESCRIBING = "pool"
"""Layer whose output is the descriptor."""


def with_enough_epochs(recipe: Recipe, items: int) -> Recipe:
    """Return the recipe with so many epochs that a network takes `STEPS` steps at least: of few sounds, one has few."""
    steps = max(items // recipe.batch, 1)
    return replace(recipe, epochs=max(recipe.epochs, ceil(STEPS / steps)))


def train_sounds(
    sounds: SoundSet, recipe: Recipe, folder: Path, licence: str = "", progress: TrainingProgress | None = None
) -> ModelFolder:
    """Train a network that names sounds, and write it as a model folder.

    A training that was stopped, however, goes on when it is called again with the same arguments.

    Parameters
    ----------
    sounds : SoundSet
        With labels.
    recipe : Recipe
        Its architecture is ``sound-`` and one of `ARCHITECTURES`. Options: ``balanced``, ``views``, ``mixup``,
        ``seconds``.
    folder : Path
        Of the model; new, or holding an unfinished training. Its name is that of the space.
    licence : str
        Of the weights; those of the sounds may bind it.
    progress : callable, optional
        See `sonolux.training.loop.fit.TrainingProgress`.

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
    check_free(folder)
    check_classes(sounds)
    recipe = with_options(recipe, sounds)
    learned, held_out = split(sounds, recipe.held_out, recipe.seed)
    how = standardised(learned, recipe.options.get("seconds"))
    arguments = {"bands": how.width, "classes": len(sounds.classes)} | recipe.arguments
    architecture = Architecture(name=recipe.architecture, arguments=arguments)
    network = build_network(architecture, recipe)

    from sonolux.training.classification.sound_learner import SoundLearner
    from sonolux.training.loop.fit import fit, remove_unfinished
    from sonolux.training.loop.save import Trained, write_model_folder

    learner = SoundLearner(network, learned, held_out, recipe, how)
    fit(learner, folder, progress)
    assert held_out.labels is not None
    width = int(learner.network.get_submodule("linear").in_features)  # type: ignore[arg-type]
    temperature, scores = calibrated(learner.held_out_scores().numpy(), held_out.labels, recipe.seed)
    trained = Trained(learner.network, architecture, learner.history, scores | learner.duration(), how)
    descriptor = Descriptor(space=folder.name, dim=width, layer=DESCRIBING)
    data = learned.described() | {"held_out": len(held_out)}
    labels = Labels(names=sounds.classes, temperature=temperature)
    saved = write_model_folder(trained, descriptor, recipe, data, folder, licence, labels=labels)
    remove_unfinished(folder)
    return saved
