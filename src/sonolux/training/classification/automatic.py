"""Automatic choice: what `train labels` and `train sounds` do where nothing else is asked.

Descriptors that installed packages bring, and classical ones, are made once, and classifiers on them compared
(`sonolux.training.classification.features`). Where it may help, a network is trained beside them, and kept where it is
better held out (`sonolux.training.classification.rival`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import MUSIC, PHOTO, SPEECH, VOICES
from sonolux.training.classification.recipes import FeaturesRecipe
from sonolux.training.loop.run import check_ready, run

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.data.images import ImageSet
    from sonolux.training.data.sounds import SoundSet
    from sonolux.training.loop.trained import TrainingProgress

IMAGE_SIZE = 64
"""Pixels, height and width, by which copies are found; what is described is read as it will be when it is labelled."""

NETWORK = "photo@pool"
"""What the packaged network pools of a picture, 1,280 numbers."""

COLOURED = f"{NETWORK}+colour-histogram"
"""The same with the colours beside it, which that network learned to overlook, and by which products differ."""

MIRRORED = 2_000
"""Images up to which mirror images are tried."""

DESCRIBING = 0.7
"""Share of the work that describing is, about."""


def image_sources() -> tuple[tuple[str, ...], str]:
    """Return the encoders of images that are tried, and what is to be said where the best is not installed."""
    return _with_packages(("hog", "colour-layout"), ((NETWORK, PHOTO), (COLOURED, PHOTO)), (NETWORK, COLOURED, "hog"))


def sound_sources() -> tuple[tuple[str, ...], str]:
    """Return the encoders of sounds that are tried, and what is to be said of packages that are not installed."""
    packaged = (("whisper", SPEECH), ("music", MUSIC), ("voices", VOICES))
    return _with_packages(("mfcc",), packaged, ("whisper", "music", "voices", "mfcc"))


def train_image_features(
    images: ImageSet, recipe: FeaturesRecipe, folder: Path, licence: str = "", progress: TrainingProgress | None = None
) -> ModelFolder:
    """Describe images and train a classifier of descriptors, written as a model folder.

    Parameters
    ----------
    images : ImageSet
        With labels; read again from its files.
    recipe : FeaturesRecipe
    folder : Path
    licence : str
    progress : callable, optional

    Returns
    -------
    model : ModelFolder
        Its ``scores`` are those of `sonolux.training.scoring.labelled.score_predictions`, of images that neither the
        classifier nor the choice had seen, and ``candidates``, what each would have reached.

    Raises
    ------
    TrainingError
        Where nothing can be learned from these images, or the folder holds something else.
    """
    from sonolux.training.classification.rival import image_rival
    from sonolux.training.data.described import describe_images
    from sonolux.training.data.groups import keep_copies_together

    check_ready(recipe, folder)
    images = keep_copies_together(images)
    mirrored = len(images) <= MIRRORED
    described = describe_images(images, recipe.sources, mirrored=mirrored, progress=_share(progress, 0, DESCRIBING))
    described = replace(described, rival=image_rival(images))
    return run(described, recipe, folder, licence, _share(progress, DESCRIBING, 1), takes=FeaturesRecipe)


def train_sound_features(
    sounds: SoundSet, recipe: FeaturesRecipe, folder: Path, licence: str = "", progress: TrainingProgress | None = None
) -> ModelFolder:
    """Describe the files of sounds and train a classifier of descriptors; see `train_image_features`."""
    from sonolux.training.classification.rival import sound_rival
    from sonolux.training.data.described import describe_sounds
    from sonolux.training.data.groups import keep_copies_together

    check_ready(recipe, folder)
    sounds = keep_copies_together(sounds)
    described = describe_sounds(sounds, recipe.sources, _share(progress, 0, DESCRIBING))
    described = replace(described, rival=sound_rival(sounds))
    return run(described, recipe, folder, licence, _share(progress, DESCRIBING, 1), takes=FeaturesRecipe)


def _with_packages(
    always: tuple[str, ...], packaged: tuple[tuple[str, Package], ...], order: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    ready = [name for name, package in packaged if package.state == "ready"]
    absent = dict.fromkeys(package for name, package in packaged if name not in ready)
    sources = tuple(name for name in order if name in ready or name in always) if ready else always
    notes = [f"{package.gives}: not installed ({package.command})" for package in absent]
    return sources, f"tried without {'; without '.join(notes)}" if notes else ""


def _share(progress: TrainingProgress | None, start: float, end: float) -> TrainingProgress | None:
    """Return what reports a part of the work."""
    if progress is None:
        return None
    return lambda done, line: progress(start + done * (end - start), line)
