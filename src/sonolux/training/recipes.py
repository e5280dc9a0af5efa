"""Recipes by the name of their method: made from what was asked for, and read from what was stored."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from sonolux.checkpoints.migrations import RENAMED, RENAMED_OF, renamed_recipe
from sonolux.errors import TrainingError
from sonolux.training.fields import check_name
from sonolux.training.methods import methods
from sonolux.training.recipe import Recipe


def make_recipe(method: str, settings: Sequence[str] = (), **options: Any) -> Any:
    """Return the recipe of a method, of its own class, with some fields changed.

    Parameters
    ----------
    method : str
        See `sonolux.training.methods.methods`.
    settings : sequence of str
        More options as ``name=value``, the value as JSON or else as plain text; ``views.hue=value`` changes one field
        of a part.
    **options
        Fields of the recipe by name; None for what is not asked. Spellings of the version before are taken, with a
        FutureWarning.

    Raises
    ------
    TrainingError
        For a method or an option that is not there, with the nearest; a setting that cannot be read; a value that is
        not allowed.
    """
    kind = methods.get(method).recipe
    asked = {name: value for name, value in options.items() if value is not None and name != "options"}
    asked |= options.get("options") or {}
    for setting in settings:
        name, separator, text = setting.partition("=")
        if not separator or not name:
            raise TrainingError(f"a setting is name=value, not {setting!r}")
        asked[name] = _value(text)
    values: dict[str, Any] = {}
    for name, value in asked.items():
        whole, dot, inner = _current_name(name, kind, method).partition(".")
        check_name(whole, kind, method)
        if not dot:
            values[whole] = value
        elif isinstance(values.setdefault(whole, {}), Mapping) and is_dataclass(_default(kind, whole)):
            values[whole] = {**values[whole], inner: value}
        else:
            raise TrainingError(f"no option {name}: {whole} has no parts")
    return kind(**{"method": method} | values)


def takes_architecture(method: str) -> bool:
    """Return whether a method trains a network that can be chosen; TrainingError for a method that is not there."""
    return any(field.name == "architecture" for field in fields(methods.get(method).recipe))


def stored_recipe(content: Mapping[str, Any]) -> Recipe:
    """Return the recipe that was written down beside weights, by this version or the one before.

    What meant nothing to its method then is passed over.

    Raises
    ------
    TrainingError
        For a method that is not there, or a value that is not allowed.
    """
    method, found = str(content.get("method")), renamed_recipe(dict(content))
    kind = methods.get(method).recipe
    values = {one.name: found[one.name] for one in fields(kind) if one.name in found}
    if "options" in content:
        values = {name: value for name, value in _unsaid(method).items() if name in _names(kind)} | values
    for name, value in values.items():
        default = _default(kind, name)
        if is_dataclass(default) and isinstance(value, Mapping):
            # As the version before had it: what is not said is as the class has it, whatever the method.
            values[name] = type(default)(**value)  # type: ignore[misc]
    return kind(**values)


def _current_name(name: str, kind: type[Recipe], method: str) -> str:
    """Return the name of today for one of the version before, with a warning."""
    if name in _names(kind):
        return name
    new = {**RENAMED, **RENAMED_OF.get(method, {})}.get(name)
    if new is None or new not in _names(kind):
        return name
    warnings.warn(f"{name} is called {new} now: the old name goes with the next version", FutureWarning, stacklevel=3)
    return new


def _unsaid(method: str) -> dict[str, Any]:
    """Return what the version before took for options that a stored recipe does not say."""
    return {"views": {}} | ({"layer_epochs": 3, "descriptor": ""} if method == "ae" else {})


def _names(kind: type[Recipe]) -> set[str]:
    return {one.name for one in fields(kind)}


def _default(kind: type[Recipe], name: str) -> Any:
    return next(one.default for one in fields(kind) if one.name == name)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
