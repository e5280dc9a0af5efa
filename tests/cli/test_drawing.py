"""``sonolux look``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from making import photographs, write_wav
from sonolux.evaluation.sound_pictures import is_drawn


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_recording_is_drawn_beside_nothing(cli, sample: Path) -> None:
    ran = cli("look", sample / "sounds" / "bells.mp3")
    assert (ran.code, ran.lines) == (0, ["bells-look.png"])
    assert ran.err.startswith("0.0 to 9.")
    assert is_drawn(Path("bells-look.png"))
    assert [path.name for path in Path().iterdir()] == ["bells-look.png"]


def test_a_stretch_of_a_long_one(cli, sample: Path) -> None:
    asked = ("look", sample / "sounds" / "walk.mp3", "--start", 21.5, "--seconds", 2, "--out", "sea.png", "--json")
    [said] = cli(*asked).records
    assert said["picture"] == "sea.png" and said["title"] == "A walk: birds, then the sea, then bells"
    assert (said["start"], said["end"], said["rate"]) == (21.5, 23.5, 24_000)
    assert is_drawn(Path("sea.png"))


def test_a_video_is_heard(cli, sample: Path) -> None:
    ran = cli("look", sample / "video" / "a_day_out.mp4", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "a_day_out-look.png\n", "")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("picture.png", "is a picture: there is nothing to hear"),
        ("note.txt", "is text: there is nothing to hear"),
        ("broken.ogg", "damaged"),
        ("noise.bin", "not a picture, recording, video or text"),
        ("gone.wav", "is not there"),
    ],
)
def test_what_has_no_sound_is_one_line(cli, name: str, why: str) -> None:
    Path("picture.png").write_bytes(photographs()[0].read_bytes())
    Path("note.txt").write_text("nothing to hear")
    Path("broken.ogg").write_bytes(b"OggS" + bytes(range(256)))
    Path("noise.bin").write_bytes(np.random.default_rng(0).bytes(2_000))
    ran = cli("look", name)
    assert (ran.code, ran.out) == (1, "") and ran.err.count("\n") == 1
    assert ran.err.startswith(f"sonolux: {name}: ") and why in ran.err
    assert not list(Path().glob("*-look.png"))


def test_a_beginning_after_the_end_is_refused(cli) -> None:
    write_wav(Path("short.wav"), np.zeros(22_050))
    ran = cli("look", "short.wav", "--start", 5)
    assert ran.code == 1 and "short.wav: ends after 1.0 s, before 5.0 s" in ran.err


def test_other_files_stay_as_they_are(cli) -> None:
    write_wav(Path("short.wav"), np.zeros(22_050))
    Path("short-look.png").write_bytes(b"mine")
    ran = cli("look", "short.wav")
    assert ran.code == 1 and "choose another name with --out" in ran.err
    assert Path("short-look.png").read_bytes() == b"mine"
    assert cli("look", "short.wav", "--out", "short.jpg").code == 2


def test_without_matplotlib_it_says_what_to_install(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write_wav(Path("short.wav"), np.zeros(22_050))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    ran = cli("look", "short.wav")
    assert (ran.code, ran.err) == (1, "sonolux: a picture needs matplotlib: pip install 'sonolux[train]'\n")
