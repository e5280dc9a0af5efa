from __future__ import annotations

from pathlib import Path

import pytest


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
    ):
        assert kind in ran.out
    assert "nothing found" in ran.out
    page = tmp_path / "demo" / "index.html"
    assert ran.lines[-1].endswith(str(page))
    assert page.read_text().count("<section>") == 6 and "Nothing found." in page.read_text()


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


def test_what_is_no_library_is_not_removed(cli, tmp_path: Path) -> None:
    precious = tmp_path / "demo" / "library.sonolux" / "mine.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("precious")
    ran = cli("demo", "--folder", tmp_path / "demo")
    assert ran.code == 1 and "no library" in ran.err
    assert precious.read_text() == "precious"
