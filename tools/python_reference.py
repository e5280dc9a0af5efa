"""Reference of the Python API as a page of Markdown: ``python -m tools.python_reference > docs/python-reference.md``.

Signatures and docstrings are read from the sources by griffe, which imports nothing: the page says what the code says.
It holds what ``import sonolux`` offers, the contracts of encoders and annotators, the functions that train with their
recipes, the errors and the settings.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import griffe

import sonolux

ROOT = Path(__file__).parents[1]

HEAD = """# Python reference

This page is written by `make docs` from the code itself. [Python](python.md) shows how to use it.

`import sonolux as sx` is cheap: what a name stands for is loaded when the name is first used. What has a line of
`import` below its heading comes from there; all else is `sx.NAME`.
"""

SECTIONS = {
    "library": "The library",
    "retrieval": "Queries and hits",
    "types": "Items and what is said of them",
    "encoders": "Encoders",
    "annotators": "Annotators",
    "training": "Training",
    "errors": "Errors",
    "settings_model": "Settings and limits",
    "settings": "The settings of this process",
}
"""Room, to the heading under which its names stand."""

BESIDE = ("encoders.Encoder", "annotators.Annotator", "settings_model.Settings", "settings.settings")
"""What is public beside the names of the package itself, what trains, and the errors."""

FIELD_CLASSES = frozenset({"NamedTuple", "TypedDict", "StrEnum", "BaseSettings"})
"""Bases that make names in the body of a class its fields; dataclasses are told by their decorator."""

LINE = 100
"""Characters of a signature above which its parameters get a line each."""

Kind = griffe.DocstringSectionKind


def reference() -> str:
    """Return the page."""
    package = _package()
    anchors: Counter[str] = Counter()
    contents, body = [HEAD], []
    entries = list(_public(package))
    for room, heading in SECTIONS.items():
        named = [(where, thing) for where, thing in entries if thing.canonical_path.split(".")[1] == room]
        here = _anchor(heading, anchors)
        links = [f"[`{thing.name}`](#{_anchor(thing.name, anchors)})" for _, thing in named]
        contents.append(f"- [{heading}](#{here}): {', '.join(links)}")
        body += ["", f"## {heading}"]
        for where, thing in named:
            body += ["", f"### {thing.name}", *_import_line(where, thing.name)]
            body += _class(thing) if thing.is_class else _function(thing)
    return "\n".join([*contents, *body]) + "\n"


def _package() -> Any:
    # Any: griffe's aliases stand for objects of every kind, which no annotation can follow.
    loader = griffe.GriffeLoader(search_paths=[ROOT / "src"], docstring_parser="numpy", allow_inspection=False)
    package = loader.load("sonolux")
    loader.resolve_aliases(implicit=True)
    return package


def _public(package: Any) -> Iterator[tuple[str, Any]]:
    """Yield everything public, each once, with the module that it is imported from."""
    paths = [*sonolux._HOMES, *BESIDE, *_of_training(package["training"]), *_of_errors(package["errors"])]
    seen = set()
    for path in paths:
        thing = package[path]
        if thing.canonical_path not in seen and (thing.is_class or thing.is_function):
            seen.add(thing.canonical_path)
            yield ".".join(("sonolux", path)).rpartition(".")[0], thing


def _of_training(module: Any) -> Iterator[str]:
    """Yield the paths of functions that train, and of recipes."""
    for member in module.members.values():
        if member.is_alias or member.name.startswith("_"):
            continue
        if member.is_module:
            yield from _of_training(member)
        elif member.name.startswith("train_") or (member.is_class and member.name.endswith("Recipe")):
            yield member.canonical_path.removeprefix("sonolux.")


def _of_errors(module: Any) -> Iterator[str]:
    return (f"errors.{name}" for name in module.classes)


def _import_line(module: str, name: str) -> tuple[str, ...]:
    return () if module == "sonolux" else ("", f"`from {module} import {name}`")


def _class(thing: Any) -> Iterator[str]:
    chapters = [base for base in thing.mro() if ".chapters." in base.canonical_path]
    chapters.sort(key=lambda chapter: len(chapter.mro()))  # what others stand upon comes first
    hidden = {"object", "ABC", *(chapter.name for chapter in chapters)}
    bases = [str(base) for base in thing.bases if str(base) not in hidden]
    signature = _signature(thing).removesuffix("()")
    yield from ("", *_code(f"class {signature}"))
    if bases:
        yield from ("", f"Base: {', '.join(f'`{base}`' for base in bases)}.")
    yield from _docstring(thing)
    fields = list(_fields(thing, bases))
    if fields:
        yield from ("", *fields)
    for member in chain(thing.members.values(), *(chapter.members.values() for chapter in chapters)):
        if member.name.startswith("_") or not member.docstring:
            continue
        if member.is_function:
            yield from ("", f"#### {thing.name}.{member.name}", *_function(member))
        elif "property" in member.labels:
            yield from ("", f"#### {thing.name}.{member.name}", "", *_code(f"{member.name}: {member.annotation}"))
            yield from _docstring(member)


def _function(thing: Any) -> Iterator[str]:
    yield from ("", *_code(_signature(thing)))
    yield from _docstring(thing)


def _code(code: str) -> tuple[str, ...]:
    # Not "python": blocks of that name run as examples.
    return ("```py", code, "```")


def _fields(thing: Any, bases: Iterable[str]) -> Iterator[str]:
    """Yield the fields that the docstring of a class does not tell of."""
    parsed = thing.docstring.parsed if thing.docstring else []
    told = any(section.kind is Kind.attributes for section in parsed)
    if told or not ("dataclass" in thing.labels or FIELD_CLASSES & set(bases)):
        return
    for member in thing.members.values():
        if not member.is_attribute or "property" in member.labels or member.name in ("_", "model_config"):
            continue
        about, default = _value(member.value)
        about = about or (_line(member.docstring.value) if member.docstring else "")
        facts = [] if member.annotation is None else [f"`{member.annotation}`"]
        if default:
            facts.append(f"by default `{default}`" if facts else f"`{default}`")
        head = f"`{member.name}`" + (f" ({', '.join(facts)})" if facts else "")
        yield f"- {head}: {about}" if about else f"- {head}"


def _value(value: Any) -> tuple[str, str]:
    """Return what the value of a field says of the field, and its default."""
    if not isinstance(value, griffe.ExprCall) or str(value.function) not in ("Field", "field"):
        return "", "" if value is None else str(value)
    named = {a.name: str(a.value) for a in value.arguments if isinstance(a, griffe.ExprKeyword)}
    given = [str(a) for a in value.arguments if not isinstance(a, griffe.ExprKeyword)]
    factory = named.get("default_factory", "")
    default = given[0] if given else factory.removeprefix("lambda: ") + ("()" if factory.isidentifier() else "")
    return named.get("description", "").strip("'\""), default


def _signature(thing: Any) -> str:
    """Write a signature as code, on one line where it fits."""
    parts = list(_parameters([each for each in thing.parameters if each.name not in ("self", "cls")]))
    end = f") -> {thing.returns}" if thing.is_function and thing.returns is not None else ")"
    line = f"{thing.name}({', '.join(parts)}{end}"
    if len(line) <= LINE:
        return line
    return "\n".join((f"{thing.name}(", *(f"    {part}," for part in parts), end))


def _parameters(parameters: list[Any]) -> Iterator[str]:
    """Yield parameters as they are written, with the ``/`` and ``*`` between them."""
    kind = griffe.ParameterKind
    before = None
    for parameter in parameters:
        if before is kind.positional_only and parameter.kind is not before:
            yield "/"
        if parameter.kind is kind.keyword_only and before not in (kind.keyword_only, kind.var_positional):
            yield "*"
        before = parameter.kind
        text = {kind.var_positional: "*", kind.var_keyword: "**"}.get(parameter.kind, "") + parameter.name
        if parameter.annotation is not None:
            text += f": {parameter.annotation}"
        if parameter.default is not None and parameter.kind not in (kind.var_positional, kind.var_keyword):
            text += f"{' = ' if parameter.annotation is not None else '='}{parameter.default}"
        yield text
    if before is kind.positional_only:
        yield "/"


def _docstring(thing: Any) -> Iterator[str]:
    """Write the sections of a numpydoc docstring as Markdown."""
    for section in thing.docstring.parsed if thing.docstring else ():
        yield ""
        if section.kind is Kind.text:
            yield section.value
        elif section.kind is Kind.examples:
            yield from ("*Examples*", "")
            for kind, text in section.value:
                yield from _code(text) if kind is Kind.examples else (text,)
        elif section.kind is Kind.admonition:
            yield f"*{section.title}*: {_line(section.value.description)}"
        else:
            yield from (f"*{section.kind.value.capitalize()}*", "")
            yield from (_entry(element, section.kind) for element in section.value)


def _entry(element: Any, kind: griffe.DocstringSectionKind) -> str:
    """Write a parameter, attribute, result or error."""
    name, about = getattr(element, "name", ""), _line(element.description)
    annotation = "" if element.annotation is None else str(element.annotation)
    head = f"`{name}`" if name else annotation
    if kind is Kind.raises:
        head = f"`{annotation}`"
    elif name and annotation:
        head += f" ({annotation})"
    return f"- {head}: {about}" if about else f"- {head}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _anchor(heading: str, taken: Counter[str]) -> str:
    """Return the anchor that renderers of Markdown give a heading: those that come again are numbered."""
    anchor = "".join(c for c in heading.lower() if c.isalnum() or c in " -_").replace(" ", "-")
    taken[anchor] += 1
    return anchor if taken[anchor] == 1 else f"{anchor}-{taken[anchor] - 1}"


if __name__ == "__main__":
    sys.stdout.write(reference())
