"""Commands print the same, byte for byte, and end with the same code, whether a service holds the library or not."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import HOSTILE, Ran, run, serving
from sonolux.library import Library
from sonolux.server.jobs.table import JobTable
from sonolux.server.state import ServiceState

BYTES = os.fsdecode(HOSTILE[1])
NOBODY = "00000000-0000-4000-8000-000000000000"

QUESTIONS = [
    "search a cup of coffee --json",
    "search a cup of coffee",
    "search coffee -k 3 --page 2 --json",
    "search coffee -k 3 --page 2",
    "search coffee -k 300 --json",
    "search coffee --spans --json",
    "search coffee --explain",
    "search coffee --explain --json",
    "search coffee --where modality=text --where size>10 --json",
    "search zeppelin lighthouse --json",
    "search zeppelin lighthouse",
    "search submarine --confident",
    "search --image photos/retina.jpg --where modality=video --confident",
    "search --image photos/cat.jpg --json",
    "search --image photos/cat.jpg --space colour-layout --diverse 0.5 --json",
    "search --audio sounds/sea.mp3 --json",
    "search --video video/a_day_out.mp4 --json -k 3",
    "search coffee --image photos/cat.jpg --weight image=9 --json",
    "search --like photos/gravel.jpg --like photos/cat.jpg --unlike photos/dahlia.jpg --json",
    "search --like photos/gravel.jpg --explain",
    "identify sounds/drum_loop.wav",
    "identify sounds/drum_loop.wav --json",
    "identify - < sounds/drum_loop.wav",
    "identify - --json < sounds/drum_loop.wav",
    "identify sounds/sea.mp3",
    "identify sounds/sea.mp3 --json",
    "identify sounds/bells.mp3",
    "identify sounds/bells.mp3 --json",
    "judge",
    "judge --json",
    "info",
    "info --json",
]
REFUSALS = [
    "search",
    "search --image nowhere.jpg",
    "search --image photos",
    "search --image texts/coffee.md",
    "search --audio photos/cat.jpg",
    "search --image empty.jpg",
    "search --image broken.jpg",
    "search --like nowhere.jpg",
    f"search --like {NOBODY}",
    "search coffee --like=",
    "search coffee --image=",
    "search coffee --space smell",
    "search coffee --where smell=good",
    "search coffee --where modality",
    "search coffee --diverse 2",
    "search coffee --diverse nan",
    "search coffee --weight smell=2",
    "search coffee --weight image=2",
    "search coffee --weight text=0",
    "search coffee --weight text=-1",
    "search coffee --weight text=inf",
    "search coffee -k 10001",
    "search coffee -k 5000 --page 3",
    "search coffee -k 0",
    "search --hum photos/cat.jpg",
    "search --hum nowhere.wav",
    "search coffee --hum sounds/sea.mp3",
    "identify nowhere.wav",
    "identify photos/cat.jpg",
    "identify texts/coffee.md",
    "identify photos",
    "identify empty.jpg",
    "judge --like photos/cat.jpg",
    "judge photos/cat.jpg --text cats --like photos/cat.jpg",
    "judge photos/cat.jpg",
    "judge photos/cat.jpg --like nowhere.jpg",
    "judge nowhere.jpg --like photos/cat.jpg",
    "judge photos/cat.jpg --like photos/cat.jpg",
    "judge --text cats --like photos/cat.jpg --unlike photos/cat.jpg",
    "judge --text cats --like=",
    "add nowhere",
    "add nowhere nor-there --json",
    "add --",
    "add photos --space smell",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand in a copy of the sample with a few files that are none."""
    folder = tmp_path_factory.mktemp("standing")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture at all")
    return folder


@pytest.fixture(scope="module")
def location(known: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(known, tmp_path_factory.mktemp("contract") / "library.sonolux"))


@pytest.fixture(scope="module")
def answers(location: Path, sample: Path, folder: Path) -> Iterator[dict[str, tuple[Ran, Ran]]]:
    """What every command line does without a service, and with one, which goes on until the tests are over."""
    for name in ("photos", "sounds", "texts", "video"):
        (folder / name).symlink_to(sample / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        alone = {line: typed(line, location) for line in [*QUESTIONS, *REFUSALS]}
        with serving(location):
            yield {line: (alone[line], typed(line, location)) for line in alone}


def typed(line: str, location: Path) -> Ran:
    """Run a line as a shell would, without its quotes."""
    words, _, given = line.partition(" < ")
    command, *rest = words.split()
    stdin = Path(given).read_bytes() if given else b""
    return run(command, "--library", location, *rest, stdin=stdin)


@pytest.mark.parametrize("line", QUESTIONS)
def test_questions_are_answered_the_same(answers: dict[str, tuple[Ran, Ran]], line: str) -> None:
    alone, served = answers[line]
    assert (alone.code, served.code) == (0, 0), (alone.err, served.err)
    assert served.out == alone.out
    assert served.err == alone.err


@pytest.mark.parametrize("line", REFUSALS)
def test_refusals_are_the_same_line(answers: dict[str, tuple[Ran, Ran]], line: str) -> None:
    alone, served = answers[line]
    assert alone.code in (1, 2), alone
    assert served == alone


def test_names_that_are_no_text_come_whole(answers: dict[str, tuple[Ran, Ran]], hostile: Path) -> None:
    records = [json.loads(one) for one in answers["search zeppelin lighthouse --json"][1].out.splitlines()]
    assert {os.fsdecode(os.fspath(hostile) + "/") + os.fsdecode(name) for name in HOSTILE} <= {
        one["path"] for one in records
    }
    assert any(BYTES in str(json.loads(one)["query_path"]) for one in answers["judge --json"][1].out.splitlines())


def test_what_is_asked_with_is_not_kept(answers: dict[str, tuple[Ran, Ran]], location: Path) -> None:
    assert answers
    assert not list(ServiceState.of(str(location)).uploads.iterdir())
    assert JobTable(ServiceState.of(str(location))).jobs()[0].kind == "add"
    with Library(location) as library, pytest.raises(Exception, match=r"in use by process .*library_process"):
        library.manifest  # noqa: B018 - the service has it
