from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from sonolux.cli import demo


@pytest.fixture(autouse=True)
def classical_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOLUX_HUB", "off")


def test_sample(cli, tmp_path: Path) -> None:
    ran = cli("demo", "--folder", tmp_path / "demo")
    assert ran.code == 0
    assert "37 added" in ran.out and "1 " in ran.out
    for kind in (
        "words: ",
        "in words of your own: ",
        "a picture: ",
        "a sound: ",
        "several examples: ",
        "only what chance does not explain: ",
        "what somebody new may like, from three likes: ",
    ):
        assert kind in ran.out
    assert "nothing found" in ran.out
    page = tmp_path / "demo" / "index.html"
    assert ran.lines[-2].endswith(str(page))
    library = tmp_path / "demo" / "library.sonolux"
    assert ran.lines[-1] == f"To ask in a browser: sonolux serve --library {library}"
    assert page.read_text().count("<section>") == 7 and "Nothing found." in page.read_text()


def test_own_folder(cli, tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "note.txt").write_text("the lighthouse keeper writes every evening")
    for _ in range(2):  # a second run begins afresh
        ran = cli("demo", "--media", media, "--folder", tmp_path / "demo")
        assert ran.code == 0 and "1 added" in ran.out
        assert "words: “the lighthouse keeper writes every evening”" in ran.out
        assert "a picture" not in ran.out and "a sound" not in ran.out
    assert not (tmp_path / "demo" / "sample").exists()


def test_what_serving_needs_is_said_where_it_is_missing(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "find_spec", lambda name: None if name == "uvicorn" else find_spec(name))
    media = tmp_path / "my media"
    media.mkdir()
    (media / "note.txt").write_text("the lighthouse keeper writes every evening")
    ran = cli("demo", "--media", media, "--folder", tmp_path / "my demo")
    assert ran.lines[-1] == "To ask in a browser: pip install 'sonolux[serve]'"


def test_what_is_no_library_is_not_removed(cli, tmp_path: Path) -> None:
    precious = tmp_path / "demo" / "library.sonolux" / "mine.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("precious")
    ran = cli("demo", "--folder", tmp_path / "demo")
    assert ran.code == 1 and "no library" in ran.err
    assert precious.read_text() == "precious"
