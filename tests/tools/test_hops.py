from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tools import hops

CODE = '''
def through(value):
    """Only pass it on."""
    return end(value)

def twice(value):
    return end(value)

def works(value):
    value += 1
    return end(value)

def end(value):
    return [each for each in (value,)]

def main():
    through(1)
    works(2)
    twice(3)
    twice(4)

def in_a_thread():
    return end(5)
'''


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    path = tmp_path / "made.py"
    path.write_text(CODE)
    monkeypatch.setattr(hops, "SOURCE", f"{tmp_path}/")
    names: dict[str, object] = {}
    exec(compile(CODE, str(path), "exec"), names)
    return names


def test_functions_are_counted_once_and_those_that_pass_on_are_told(made: dict[str, object]) -> None:
    with hops.watched() as entered:
        made["main"]()  # type: ignore[operator]
    assert {each.name for each in entered} == {"main", "through", "twice", "works", "end"}
    assert [each.name for each in entered if each.passes_on] == ["through"]
    assert {each.path for each in entered} == {"made.py"}
    assert next(each.line for each in entered if each.name == "works") == 9


def test_threads_are_watched_too(made: dict[str, object]) -> None:
    with hops.watched() as entered:
        thread = threading.Thread(target=made["in_a_thread"])  # type: ignore[arg-type]
        thread.start()
        thread.join()
    assert {each.name for each in entered} == {"in_a_thread", "end"}


@pytest.mark.long
def test_a_photo_is_followed(private_home: Path) -> None:
    measured = hops.measure()
    added, searched = measured["one photo added"], measured["search by image"]
    assert "AddingLibrary.add" in {each.name for each in added}
    assert "AskingLibrary.search" in {each.name for each in searched}
    # Where a photo goes through more than this, somebody has to look for the hops that are not needed.
    assert len(added) <= 325 and len(searched) <= 305
