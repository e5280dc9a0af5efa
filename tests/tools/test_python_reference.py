from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import griffe
import pytest

import sonolux
from tools.python_reference import _anchor, _docstring, _fields, _signature, reference

PAGE = Path(__file__).parents[2] / "docs" / "python-reference.md"


@pytest.fixture(scope="module")
def page() -> str:
    return reference()


def test_page_is_fresh(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page, "run `make docs`"


def test_every_public_name_has_its_section(page: str) -> None:
    headings = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    assert set(sonolux._HOMES) | set(sonolux.__all__) <= {*headings, "__version__"}
    assert {"Encoder", "Annotator", "MediaError", "Settings", "train_codes", "train_labels"} <= set(headings)
    assert [name for name, count in Counter(headings).items() if count > 1] == []


def test_every_link_leads_to_a_heading(page: str) -> None:
    taken: Counter[str] = Counter()
    anchors = {_anchor(heading, taken) for heading in re.findall(r"^#+ (.*)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= anchors


def test_every_method_of_a_library_is_told(page: str) -> None:
    public = [name for name, member in vars(sonolux.Library).items() if not name.startswith("_") and member.__doc__]
    assert [name for name in public if f"#### Library.{name}\n" not in page] == []


def visited(code: str) -> Any:
    return griffe.visit("made", filepath=Path("made.py"), code=code, docstring_parser="numpy")


@pytest.mark.parametrize(
    "signature",
    [
        "f(a, /, b: int = 3, *, c=None) -> str",
        "f(*paths: str, k: int = 10)",
        "f(a, *, b, **rest: float)",
        "f(a, /)",
        "f()",
    ],
)
def test_signatures_are_written_as_they_are(signature: str) -> None:
    assert _signature(visited(f"def {signature}: ...")["f"]) == signature


def test_a_long_signature_has_a_line_for_each_parameter() -> None:
    code = f"def f({'a' * 60}: int, {'b' * 60}: str = '') -> None: ..."
    assert _signature(visited(code)["f"]).splitlines() == [
        "f(",
        f"    {'a' * 60}: int,",
        f"    {'b' * 60}: str = '',",
        ") -> None",
    ]


def test_docstrings_become_markdown() -> None:
    code = '''
def f(a, b):
    """Do it.

    Parameters
    ----------
    a : int
        How
        often.
    b
        Where.

    Returns
    -------
    found : list of int
        All of them.

    Raises
    ------
    ValueError
        Where nothing is.

    Examples
    --------
    >>> f(1, 2)
    3
    """
'''
    lines = list(_docstring(visited(code)["f"]))
    assert "Do it." in lines
    assert "- `a` (int): How often." in lines and "- `b`: Where." in lines
    assert "- `found` (list of int): All of them." in lines
    assert "- `ValueError`: Where nothing is." in lines
    assert ">>> f(1, 2)\n3" in lines


def test_fields_are_told_with_their_defaults() -> None:
    code = """
from dataclasses import dataclass, field

@dataclass
class Made:
    number: int
    names: list = field(default_factory=list)
    side: float = 2.5
    'Metres.'
"""
    assert list(_fields(visited(code)["Made"], ())) == [
        "- `number` (`int`)",
        "- `names` (`list`, by default `list()`)",
        "- `side` (`float`, by default `2.5`): Metres.",
    ]
    plain = SimpleNamespace(docstring=None, labels=set(), members={})
    assert list(_fields(plain, ())) == []
