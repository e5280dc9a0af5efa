"""The recipes that each method starts from, and what a command line changes in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sonolux.errors import TrainingError
from sonolux.training.recipe import Recipe

DEFAULTS: dict[str, dict[str, Any]] = {
    "ae": {
        "architecture": "conv-autoencoder",
        "epochs": 20,
        "batch": 128,
        "options": {"pretrained": 1, "descriptor": "hog", "views": {"smallest": 0.5, "hue": 0.05, "grey": 0.1}},
    },
    "contrastive": {"epochs": 40, "options": {"temperature": 0.2}},
    "distilled": {
        "epochs": 12,
        "batch": 256,
        "options": {"teachers": ["photo", "hog"], "neighbours": 20, "views": {"smallest": 0.4, "grey": 0.1}},
    },
    "supervised": {
        "epochs": 20,
        "options": {
            "loss": "proxy",
            "views": {"smallest": 0.5, "light": 0.2, "saturation": 0.2, "hue": 0.02, "grey": 0},
        },
    },
    "feedback": {
        "architecture": "projection",
        "epochs": 60,
        "learning_rate": 1e-3,
        "weight_decay": 1e-2,
        "held_out": 0.2,
        "options": {"margin": 1.0, "rank": 8},
    },
    "sounds": {
        "architecture": "sound-crnn",
        "epochs": 40,
        "batch": 32,
        "learning_rate": 3e-3,
        "weight_decay": 1e-2,
        "held_out": 0.1,
        "options": {"mixup": 0.2},
    },
    "events": {
        "architecture": "sound-frames",
        "arguments": {"arguments": {"widths": [16, 32, 64, 64], "strides": [2, 2, 1, 1]}},
        "epochs": 60,
        "batch": 16,
        "learning_rate": 3e-3,
        "weight_decay": 1e-2,
        "held_out": 0.15,
        "options": {"body": "crnn", "views": {"masks": 1, "time": 0.05, "bands": 0.1}},
    },
    "speech": {
        "architecture": "sound-frames",
        "arguments": {"arguments": {"hidden": 128, "layers": 2, "stacked": 3, "dropout": 0.3}, "dropout": 0.3},
        "epochs": 80,
        "batch": 16,
        "learning_rate": 3e-3,
        "weight_decay": 1e-3,
        "held_out": 0.1,
        "options": {"body": "gru", "views": {"masks": 1, "time": 0.1, "bands": 0.1}},
    },
    "fingerprints": {
        "architecture": "fingerprint",
        "bits": 128,
        "epochs": 80,
        "batch": 48,
        "weight_decay": 1e-2,
        "held_out": 0.1,
        "options": {"temperature": 0.07},
    },
    "bag-of-words": {"architecture": "chain", "options": {"words": 256}},
    "labels": {
        "batch": 128,
        "held_out": 0.1,
        "options": {
            "frozen": False,
            "views": {"smallest": 0.6, "light": 0.2, "saturation": 0.2, "hue": 0.02, "grey": 0},
        },
    },
}
"""Fields of a recipe by method; what is not said is as in `Recipe`."""

FIELDS = {field.name for field in fields(Recipe)} - {"method", "options"}


def recipe_of(method: str, asked: Mapping[str, Any], settings: Sequence[str] = ()) -> Recipe:
    """Return the recipe of a method with some fields changed.

    Parameters
    ----------
    method : str
    asked : mapping
        Fields by name; None for what is not asked.
    settings : sequence of str
        ``name=value``, the value as JSON or else as plain text; a name that is no field is an option of the method,
        ``views.hue`` one of its views.

    Raises
    ------
    TrainingError
        For a setting that cannot be read, or a value that the recipe refuses.
    """
    recipe = DEFAULTS.get(method, {}) | {name: value for name, value in asked.items() if value is not None}
    options = dict(recipe.pop("options", {}))
    for setting in settings:
        name, separator, text = setting.partition("=")
        if not separator or not name:
            raise TrainingError(f"a setting is name=value, not {setting!r}")
        if name in FIELDS:
            recipe[name] = _value(text)
        elif name.startswith("views."):
            options["views"] = options.get("views", {}) | {name.removeprefix("views."): _value(text)}
        else:
            options[name] = _value(text)
    try:
        return Recipe(method, **recipe, options=options)
    except TypeError as error:
        raise TrainingError(f"the recipe cannot be: {error}") from error


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
