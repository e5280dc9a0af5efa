"""Commands on tastes print the same, byte for byte, whether a service holds the library or not; mixes of questions too.

A test of its own library, for what these commands keep is a part of what they print.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from commands import Ran, run, serving
from sonolux.library import Library
from sonolux.training.recommendation.recipe import FactorisationRecipe

NOBODY = "00000000-0000-4000-8000-000000000000"

QUESTIONS = [
    "search --blend rain:0.4 --blend sounds/sea.mp3:0.4 --blend modality=audio:0.2 --json",
    "search --blend coffee:0.7 --blend photos/cat.jpg:0.5 --blend cat:0 --explain -k 3",
    "recommend --like sounds/sea.mp3 --like sounds/bells.mp3 --like sounds/birdsong.ogg -k 4",
    "recommend --like sounds/sea.mp3 --unlike sounds/bells.mp3 -k 300 --json",
    "recommend --like sounds/sea.mp3 -k 2 --where modality=audio --space mfcc --diverse 0 --fresh 0.9 --m3u mix.m3u",
    "recommend --user ann --new-only -k 3 --json",
    "recommend --user somebody-new -k 2",
    "recommend --unlike sounds/sea.mp3 -k 2",
    "recommend --path sounds/sea.mp3 sounds/bells.mp3 -k 2 --m3u path.m3u",
    "recommend --path sounds/sea.mp3 sounds/bells.mp3 -k 1 --space mfcc --json",
    "recommend --station --seed 3 --where modality=audio --json < said",
    "factors",
    "factors 2 --titles -k 2 --json",
    "train factors --method bpr --factors 2 --iterations 4 --json",
    "factors 3 -k 2",
    "train factors --factors 3 --quiet",
    "train factors --update",
    "factors 1 -k 2",
    "interactions info",
    "interactions import plays.csv",
    "interactions list --user cat",
    "interactions list --user cat --json",
    "interactions list --user nobody",
    "interactions import odd.csv --json",
    "interactions remove --user fox",
    "interactions remove --user cat --json",
    "recommend --station --user dee --like sounds/sea.mp3 --where modality=audio < said",
    "interactions info --json",
    "interactions remove --user dee",
]
"""In this order: what is kept is removed again."""

REFUSALS = [
    "search --blend coffee:2",
    "search --blend coffee:0",
    "search --blend smell=good:0.5",
    "search tea --blend coffee:0.5",
    "recommend",
    f"recommend --like {NOBODY}",
    "recommend --like=",
    "recommend --like sounds/sea.mp3 --unlike sounds/sea.mp3",
    "recommend --like sounds/sea.mp3 --diverse 1",
    "recommend --like sounds/sea.mp3 --fresh nan",
    "recommend --like sounds/sea.mp3 -k 10001",
    "recommend --like sounds/sea.mp3 --space smell",
    "recommend --like sounds/sea.mp3 --where smell=good",
    "recommend --path sounds/sea.mp3 sounds/sea.mp3",
    "recommend --path sounds/sea.mp3 sounds/bells.mp3 -k 1001",
    "recommend --path sounds/sea.mp3 nowhere.mp3",
    "recommend --station --like nowhere.mp3",
    "recommend --user caf\udce9",
    "interactions list --user caf\udce9",
    "interactions remove --user caf\udce9",
    "factors 9",
    "train factors --factors 0",
    "train factors --method dance",
    "train factors --set alpha=-1",
    "train factors --set dance=1",
    "train factors --set alpha=1e300",
    "interactions import nowhere.csv",
    "interactions import photos",
    "interactions import said",
]


@pytest.fixture(scope="module")
def location(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of which something is known of people's tastes."""
    made = Path(shutil.copytree(filled, tmp_path_factory.mktemp("tastes") / "library.sonolux"))
    with Library(made) as library:
        kinds = [[item.id for item in library.items({"modality": kind})][:6] for kind in ("audio", "image")]
        for number in range(8):
            library.interact(f"user {number}", *kinds[number % 2][number // 2 :], at=1.7e9)
        library.interact("ann", *kinds[0][:4], at=1.7e9)
        library.learn_factors(FactorisationRecipe(method="wmf", factors=3))
    return made


@pytest.fixture(scope="module")
def folder(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where commands stand: the sample, tables of plays, and what somebody says to a station."""
    folder = tmp_path_factory.mktemp("standing")
    for name in ("photos", "sounds", "texts", "video"):
        (folder / name).symlink_to(sample / name)
    (folder / "plays.csv").write_text("user,item,plays,time\n" + "cat,sea.mp3,3,\ncat,bells.mp3,1,1700000000\n")
    (folder / "odd.csv").write_text("user,item,plays\nfox,sea.mp3,-1\nfox,bells.mp3,2\nfox,nothing.mp3,2\n")
    (folder / "said").write_text("like\nhmm\nunlike\nlike sounds/bells.mp3\nskip nowhere.mp3\nskip\n")
    return folder


@pytest.fixture(scope="module")
def answers(location: Path, folder: Path) -> Iterator[dict[str, tuple[Ran, Ran]]]:
    """What every command line does without a service, and with one, which goes on until the tests are over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        alone = {line: typed(line, location) for line in [*QUESTIONS, *REFUSALS]}
        with serving(location):
            yield {line: (alone[line], typed(line, location)) for line in alone}


def typed(line: str, location: Path) -> Ran:
    """Run a line as a shell would, without its quotes; what it wrote to a playlist comes with what it printed."""
    words, _, given = line.partition(" < ")
    group, *rest = words.split()
    command = [group, rest.pop(0)] if group in {"interactions", "train"} else [group]
    stdin = Path(given).read_bytes() if given else b""
    ran = run(*command, "--library", location, *rest, stdin=stdin)
    playlist = Path(rest[rest.index("--m3u") + 1]).read_text() if "--m3u" in rest else ""
    return replace(ran, out=ran.out + playlist)


@pytest.mark.parametrize("line", QUESTIONS)
def test_questions_are_answered_the_same(answers: dict[str, tuple[Ran, Ran]], line: str) -> None:
    alone, served = answers[line]
    code = 3 if "odd.csv" in line else 0
    assert (alone.code, served.code) == (code, code), (alone.err, served.err)
    assert served.out == alone.out
    assert served.err == alone.err


@pytest.mark.parametrize("line", REFUSALS)
def test_refusals_are_the_same_line(answers: dict[str, tuple[Ran, Ran]], line: str) -> None:
    alone, served = answers[line]
    assert alone.code in (1, 2), alone
    assert served == alone


def test_what_somebody_says_to_a_station_is_kept_by_the_service(
    answers: dict[str, tuple[Ran, Ran]], location: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = time.time()
    assert typed("recommend --station --user eve --like sounds/sea.mp3 < said", location).code == 0
    rows = [json.loads(line) for line in typed("interactions list --user eve --json", location).out.splitlines()]
    assert [row["kind"] for row in rows].count("skip") == 2
    assert {Path(row["path"]).name for row in rows} >= {"bells.mp3"}
    assert all(row["time"] >= before for row in rows)
    assert typed("interactions remove --user eve", location).code == 0
