"""One name, one meaning: no two classes share a name, and no public function is defined in two modules."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

import sonolux

SOURCE = Path(sonolux.__file__).parent
MODULES = {path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))}

INTERFACES = {
    "available": "of a registry: the names that there are",
    "encoders": "of a family of hub models: what it makes of a checkpoint",
    "main": "the entry point of a module that is run",
    "register": "of a registry",
    "resolve": "of a registry: a spec to what it names",
    "search_params": "of a Qdrant, embedded or on a cluster",
    "space_creation": "of a Qdrant, embedded or on a cluster",
}
"""Functions that several modules are meant to have, and what they stand for."""

ALIASES = {"Factory": "of a registry: what makes one of its things"}
"""Type aliases that several modules are meant to have."""

QUESTIONS = ("What ", "How ", "Which ", "Who ", "Where ", "When ", "Whether ", "Is ", "One command ", "From ")
"""How the first line of a module docstring does not begin: it names the thing before it says anything of it."""


def homonyms(kind: type[ast.stmt], modules: Iterable[str]) -> dict[str, list[str]]:
    """Return the public names that several modules define, with these modules."""
    found: dict[str, list[str]] = defaultdict(list)
    for module in modules:
        for node in MODULES[module].body:
            if isinstance(node, kind) and not node.name.startswith("_"):  # type: ignore[attr-defined]
                found[node.name].append(module)  # type: ignore[attr-defined]
    return {name: where for name, where in found.items() if len(where) > 1}


def test_no_two_classes_share_a_name() -> None:
    assert homonyms(ast.ClassDef, MODULES) == {}


def test_no_two_functions_share_a_name() -> None:
    # Of the command line a function is a command, called as people type it.
    library = [module for module in MODULES if not module.startswith("cli/")]
    assert homonyms(ast.FunctionDef, library).keys() - INTERFACES.keys() == set()


def test_no_two_type_aliases_share_a_name() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for module, tree in MODULES.items():
        for node in tree.body:
            name = node.targets[0].id if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) else ""
            if name[:1].isupper() and not name.isupper() and not module.startswith("cli/"):
                found[name].append(module)
    assert {name for name, where in found.items() if len(where) > 1} == ALIASES.keys()


def test_what_is_allowed_is_needed() -> None:
    repeated = homonyms(ast.FunctionDef, [module for module in MODULES if not module.startswith("cli/")]).keys()
    assert INTERFACES.keys() - repeated == set()


@pytest.mark.parametrize("module", MODULES)
def test_the_first_line_names_the_thing(module: str) -> None:
    docstring = ast.get_docstring(MODULES[module])
    assert docstring, f"{module} has no docstring"
    first = docstring.splitlines()[0]
    assert len(first) <= 117 and first.endswith((".", ":")), first
    assert not first.startswith(QUESTIONS), first
