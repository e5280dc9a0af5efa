"""Format migrations of ``model.json``: one numbered function from each format to the next, as plain data.

What an older Sonolux wrote is brought up to date while it is read; its files stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

NEWEST: Literal[4] = 4
"""Format that is written."""

RENAMED = {"batch": "batch_size", "side": "image_size", "held_out": "validation", "start": "pretrained"}
"""Fields of recipes by the names that they had in format 1."""

RENAMED_OF = {"ae": {"pretrained": "layer_epochs"}}
"""The same of a single method; these were options."""


def migrate_1_to_2(content: dict[str, Any]) -> dict[str, Any]:
    """Make one tagged ``outputs`` of the fields ``labels``, ``events`` and ``speech``; see `renamed_recipe`."""
    kinds = ("labels", "events", "speech")
    outputs: list[dict[str, Any]] = [
        {"kind": kind, **content[kind]} for kind in kinds if isinstance(content.get(kind), dict)
    ]
    kept = {name: value for name, value in content.items() if name not in kinds or not isinstance(value, dict | None)}
    recipe = content.get("recipe")
    if isinstance(recipe, dict):
        kept["recipe"] = renamed_recipe(recipe)
    return kept | {"format": 2, "outputs": outputs[0] if outputs else None}


def migrate_2_to_3(content: dict[str, Any]) -> dict[str, Any]:
    """Add nothing: format 3 has the field ``known`` in labels, which a folder of format 2 does not know."""
    return content | {"format": 3}


def migrate_3_to_4(content: dict[str, Any]) -> dict[str, Any]:
    """Add nothing: format 4 has the field ``known`` in events, which a folder of format 3 does not know."""
    return content | {"format": 4}


def renamed_recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe of format 1 with its options beside the other fields, all by their names of today."""
    options = recipe.get("options")
    if not isinstance(options, dict):
        return recipe
    own: dict[str, str] = RENAMED_OF.get(str(recipe.get("method")), {})
    fields: dict[str, Any] = {RENAMED.get(name, name): value for name, value in recipe.items() if name != "options"}
    fields.update({own.get(str(name), str(name)): value for name, value in options.items()})
    return fields


MIGRATIONS: dict[Any, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: migrate_1_to_2,
    2: migrate_2_to_3,
    3: migrate_3_to_4,
}
"""From each format but the newest to the next; `sonolux.checkpoints.folder.ModelFolder.load` takes them in turn."""
