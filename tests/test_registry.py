"""One registry for every kind: names, lazy entries, installed packages, and what is said of those that are broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from installing import install, write_package
from sonolux.errors import EncoderError, MediaError, SonoluxError
from sonolux.registry import Registry

GROUP = "sonolux.test_things"


@pytest.fixture
def things() -> Registry[object]:
    return Registry(
        "thing", GROUP, EncoderError, built_in={"counter": "collections:Counter", "deque": "collections:deque"}
    )


def test_built_ins_are_known_and_imported_when_wanted() -> None:
    code = (
        "import sys; from sonolux.registry import Registry;"
        "things = Registry('thing', 'sonolux.test_things', built_in={'zone': 'zoneinfo:ZoneInfo'});"
        "assert things.available() == ['zone'] and 'zone' in things and 'zoneinfo' not in sys.modules;"
        "print(things.get('zone').__name__)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "ZoneInfo"


def test_what_is_registered_is_found_and_the_last_of_a_name_counts(things: Registry[object]) -> None:
    first, second = object(), object()
    things.register("mine", first)
    things.register("mine", second)
    assert things.get("mine") is second
    things.register("lazy", "collections:OrderedDict")
    assert things.get("lazy").__name__ == "OrderedDict"
    assert things.available() == ["counter", "deque", "lazy", "mine"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("couter", r"no thing 'couter' \(did you mean counter\?\): there are counter, deque"),
        ("qqq", "no thing 'qqq': there are counter, deque"),
        ("", "no thing '': there are counter, deque"),
    ],
)
def test_an_unknown_name_gives_the_nearest_and_all(things: Registry[object], name: str, said: str) -> None:
    with pytest.raises(EncoderError, match=f"^{said}$"):
        things.get(name)
    things.otherwise = "a folder"
    with pytest.raises(EncoderError, match=f"^{said}; or give a folder$"):
        things.get(name)


def test_an_empty_registry_says_what_else_can_be_given() -> None:
    assert str(Registry("thing").unknown("x")) == "no thing 'x'"
    assert str(Registry("thing", otherwise="a folder").unknown("x")) == "no thing 'x': give a folder"


def test_an_installed_package_is_found(
    things: Registry[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, tmp_path, things, "ours", "a_thing_of_ours:THING", "THING = 'a thing'")
    assert things.available() == ["counter", "deque", "ours"]
    assert "a_thing_of_ours" not in sys.modules
    assert things.get("ours") == "a thing"
    things.register("ours", "collections:Counter")
    assert things.get("ours").__name__ == "Counter"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "No module named 'broken_thing'"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("OTHER = 1", "module 'broken_thing' has no attribute 'THING'"),
        ("raise ValueError('two\\nlines')", "two lines"),
        ("raise RuntimeError", "RuntimeError"),
        ("import sys; sys.exit(3)", "3"),
        ("def broken(:", r"invalid syntax.*"),
    ],
)
def test_a_broken_package_is_one_line(
    things: Registry[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    install(monkeypatch, tmp_path, things, "ours", "broken_thing:THING", source)
    with pytest.raises(EncoderError, match=f"^thing ours of broken_thing:THING cannot be loaded: {said}$"):
        things.get("ours")
    assert "ours" in things.available()


def test_what_an_entry_refuses_on_purpose_is_said_as_it_is(
    things: Registry[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "from sonolux.errors import MediaError\nraise MediaError('install sonolux[train]')"
    install(monkeypatch, tmp_path, things, "ours", "refusing_thing:THING", source)
    with pytest.raises(MediaError, match=r"^install sonolux\[train\]$"):
        things.get("ours")


def test_packages_are_looked_for_once(
    things: Registry[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert things.available() == ["counter", "deque"]
    write_package(tmp_path, GROUP, "late", "late_thing:THING")
    monkeypatch.syspath_prepend(tmp_path)
    assert things.available() == ["counter", "deque"]
    with pytest.raises(SonoluxError):
        things.get("late")
