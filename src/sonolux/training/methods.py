"""Training methods: each with its recipe and the function that learns, by name, in one registry.

What comes with Sonolux is named as ``"module:attribute"`` and imported when it is first wanted; an installed package
offers more in the group of entry points ``sonolux.training``, each of them a `Method`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sonolux.errors import TrainingError
from sonolux.extras import extras_named
from sonolux.registry import Registry
from sonolux.training.recipe import Recipe

if TYPE_CHECKING:
    from sonolux.training.loop.trained import Trained, TrainingProgress

LearnMethod = Callable[[Any, Any, Path, "TrainingProgress | None"], "Trained"]
"""Takes data, a recipe of the method, the folder of the model to be, in which it may work, and whom to tell."""

LOOP = ("lightning", "matplotlib")
"""Packages that every network needs which is trained epoch by epoch."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way to train.

    Attributes
    ----------
    recipe : type of Recipe
        Its dataclass.
    learn : callable or str
        Of type `LearnMethod`, or ``"module:function"`` where it is.
    needs : tuple of str
        Packages of extras that it needs, by their import names.
    """

    recipe: type[Recipe]
    learn: LearnMethod | str
    needs: tuple[str, ...] = LOOP

    def load(self) -> LearnMethod:
        """Return the function that learns; TrainingError where a package that it needs is not installed."""
        if not isinstance(self.learn, str):
            return self.learn
        module, _, name = self.learn.partition(":")
        with extras_named("training", TrainingError):
            found: LearnMethod = getattr(import_module(module), name)
        return found


HASHING = "sonolux.training.hashing.recipes"
RECOMMENDATION = "sonolux.training.recommendation.recipe"

methods: Registry[Method] = Registry(
    "method",
    "sonolux.training",
    TrainingError,
    built_in={
        "ae": f"{HASHING}:AUTOENCODER",
        "contrastive": f"{HASHING}:CONTRASTIVE",
        "distilled": f"{HASHING}:DISTILLATION",
        "supervised": f"{HASHING}:SUPERVISED",
        **dict.fromkeys(("pca", "whiten", "fisher", "lsh", "itq", "spectral"), f"{HASHING}:PROJECTION"),
        "labels": "sonolux.training.classification.recipes:LABELS",
        "sounds": "sonolux.training.classification.recipes:SOUNDS",
        "features": "sonolux.training.classification.recipes:FEATURES",
        "bag-of-words": "sonolux.training.classification.recipes:BAG_OF_AUDIO_WORDS",
        "events": "sonolux.training.events.recipe:EVENTS",
        "speech": "sonolux.training.speech.recipe:SPEECH",
        "fingerprints": "sonolux.training.fingerprints.recipe:FINGERPRINTS",
        "feedback": "sonolux.training.feedback.recipe:FEEDBACK",
        "captions": "sonolux.training.alignment.recipe:CAPTIONS",
        **dict.fromkeys(("wmf", "bpr"), f"{RECOMMENDATION}:FACTORISATION"),
        **dict.fromkeys(("taste-mlr", "taste-linear"), f"{RECOMMENDATION}:CONTENT"),
        **dict.fromkeys(("taste-mlp", "taste-cnn-mse", "taste-cnn-wpe"), f"{RECOMMENDATION}:CONTENT_NETWORK"),
        "align": "sonolux.training.alignment.recipe:ALIGN",
        "fuse": "sonolux.training.fusion.recipe:FUSE",
    },
)
