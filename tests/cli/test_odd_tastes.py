"""Odd data of tastes and of several senses, as people have it: one line what was wrong, or what is written of it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from listeners import Song, fill_songs
from making import tone, write_wav
from sonolux.index.interactions import FILE
from sonolux.library import Library

IN = ["--library", "l.sonolux"]
TOWER = ["--tower", "image=colour-layout"]
COUNT = 12


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Song]]:
    """A library of songs, and pictures and sounds beside it."""
    folder = tmp_path_factory.mktemp("odd")
    random = np.random.default_rng(0)
    for number in range(COUNT):
        Image.fromarray(random.integers(0, 255, (24, 24, 3)).astype(np.uint8)).save(folder / f"{number}.png")
        write_wav(folder / f"{number}.wav", tone(200 + 50 * number, 0.3))
    with Library(folder / "l.sonolux") as library:
        return folder, fill_songs(library, 30)


@pytest.fixture
def songs(made: tuple[Path, list[Song]], monkeypatch: pytest.MonkeyPatch) -> list[Song]:
    monkeypatch.chdir(made[0])
    (made[0] / "l.sonolux" / FILE).unlink(missing_ok=True)
    return made[1]


def written(name: str, head: str, *lines: str) -> str:
    Path(name).write_text("\n".join([head, *lines]) + "\n")
    return name


def pairs_of(*suffixes: str, times: int = 1) -> list[str]:
    return [",".join(suffix.format(number) for suffix in suffixes) for number in range(COUNT) for _ in range(times)]


class TestInteractions:
    def test_half_stars_and_what_is_no_rating(self, cli, songs: list[Song]) -> None:
        now = int(time.time())
        said = [("0.5", now), ("4.5", now), ('"3,5"', now), ("5", now + 10**8), ("0", now), ("nan", now), ("-1", now)]
        lines = [f"ann,{song.id},{rating},{at}" for song, (rating, at) in zip(songs, said, strict=False)]
        ran = cli("interactions", "import", *IN, written("half.csv", "user,item,rating,time", *lines))
        assert ran.code == 3 and ran.out.startswith("4 of 7 rows kept")
        assert ran.err.splitlines() == [
            "still to come: the times of 1 rows, which are kept as if they had none",
            "left out: line 6: its rating is 0: ratings are above 0",
            "left out: line 7: its rating is nan: ratings are above 0",
            "left out: line 8: its rating is -1: ratings are above 0",
        ]
        rows = cli("interactions", "list", *IN, "--user", "ann", "--json").records
        assert {(row["weight"], row["time"] > 0) for row in rows} == {
            (0.5, True), (4.5, True), (3.5, True), (5.0, False)
        }  # fmt: skip
        # Half a star is below the mean of these: it is disliked, and stands for nothing that is liked.
        ran = cli("recommend", *IN, "--user", "ann", "-k", 3, "--json")
        assert ran.code == 0
        examples = {reason["example"] for hit in ran.records for reason in hit["why"]}
        assert examples <= {songs[1].id, songs[2].id, songs[3].id}

    def test_who_played_once_is_recommended_to_and_told_that_little_is_known(self, cli, songs: list[Song]) -> None:
        cli("interactions", "import", *IN, written("one.csv", "user,item,plays", f"ann,{songs[0].id},1"))
        ran = cli("recommend", *IN, "--user", "ann", "-k", 2, "--json")
        assert (ran.code, len(ran.records)) == (0, 2)
        assert "not enough is known of ann: 1 item that is liked" in ran.err
        assert songs[0].id not in {hit["id"] for hit in ran.records}
        ran = cli("train", "factors", *IN, "--factors", 2)
        assert (ran.code, ran.out[:14]) == (0, "1 items of 1 i")
        # What nobody played has no factors, and is recommended by what it sounds like.
        assert {hit["space"] for hit in cli("recommend", *IN, "--user", "ann", "--json").records} == {"sound"}
        assert cli("spaces", *IN, "--drop", "factors").code == 0

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            (["interactions", "import", "one.csv"], "there is no library at none.sonolux"),
            (["recommend", "--user", "ann"], "none.sonolux does not exist"),
            (["train", "factors"], "none.sonolux does not exist"),
            (["train", "align", "--annotated", "--out", "x"], "none.sonolux does not exist"),
        ],
    )
    def test_without_a_library(self, cli, songs: list[Song], arguments: list[str], why: str) -> None:
        written("one.csv", "user,item,plays", "ann,x,1")
        ran = cli(*arguments, "--library", "none.sonolux")
        assert (ran.code, ran.out) == (1, "") and why in ran.err and ran.err.count("\n") == 1

    @pytest.mark.parametrize("weight", ["nan", "inf", "-0.1", "1.5"])
    def test_weights_of_a_blend(self, cli, songs: list[Song], weight: str) -> None:
        ran = cli("search", *IN, "--blend", f"coffee:{weight}")
        assert ran.code == 1
        assert ran.err == f"sonolux: weights of a blend lie from 0 to 1, not {weight} as that of 'coffee'\n"

    @pytest.mark.parametrize(("option", "value"), [("--diverse", "-1"), ("--diverse", "nan"), ("--fresh", "1")])
    def test_shares_of_a_recommendation(self, cli, songs: list[Song], option: str, value: str) -> None:
        ran = cli("recommend", *IN, "--like", songs[0].id, option, value)
        assert ran.code == 1 and option.strip("-") in ran.err and ran.err.count("\n") == 1


ITEMS = [f"x{number},{('alpha', 'beta', 'gamma')[number % 3]} red" for number in range(24)]
PLAYS = [f"u{number},x{number % 24},1" for number in range(48)]


class TestTaste:
    def train(self, cli, plays: str, tmp_path: Path, items: str = "items.csv"):
        return cli("train", "taste", "--items", items, "--plays", plays, "--content", "text",
                   "--factors", 2, "--out", tmp_path / "taste")  # fmt: skip

    def test_users_of_one_play_and_items_of_none(self, cli, songs: list[Song], tmp_path: Path) -> None:
        items = written("items.csv", "item,text", *ITEMS, "y,nobody", "z,nobody")
        ran = self.train(cli, written("plays.csv", "user,item,plays", *PLAYS, *PLAYS), tmp_path, items)
        assert ran.code == 0, ran.err
        assert "48 users, 24 items; 2 nobody plays are left out" in ran.err

    @pytest.mark.parametrize(
        ("head", "lines", "why"),
        [
            ("user,item,plays", ["u,x1,0", "v,x2,0"], "every count of plays is 0: nobody plays anything"),
            ("user,item,rating", ["u,x1,0.5", "v,x2,4.5"], "has ratings and no plays, and a low rating is no play"),
            ("user,item,plays", ["u,x1,nan"], "line 2: plays are a number from 0, not 'nan'"),
            ("user,item,plays", ["u,other,1"], "no item of items.csv is played in plays.csv"),
        ],
    )
    def test_plays_that_teach_nothing(
        self, cli, songs: list[Song], tmp_path: Path, head: str, lines: list[str], why: str
    ) -> None:
        written("items.csv", "item,text", *ITEMS)
        ran = self.train(cli, written("plays.csv", head, *lines), tmp_path)
        assert ran.code == 1 and why in ran.err and ran.err.count("\n") == 1
        assert not (tmp_path / "taste").exists()

    def test_a_content_that_no_item_has(self, cli, songs: list[Song], tmp_path: Path) -> None:
        items = written("absent.csv", "item,image,text", *[f"x{number},,red" for number in range(24)])
        plays = written("plays.csv", "user,item,plays", *PLAYS)
        ran = cli("train", "taste", "--items", items, "--plays", plays, "--content", "all", "--out", tmp_path / "taste")
        assert ran.code == 1 and "no item that is played has image: fill its column or leave it out" in ran.err


class TestSenses:
    def test_pairs_that_stand_twice_are_one_thing(self, cli, songs: list[Song], tmp_path: Path) -> None:
        table = written("pairs.csv", "image,audio", *pairs_of("{}.png", "{}.wav", times=3))
        out = ["--out", tmp_path / "space", "--epochs", 1, "--quiet", "--json"]
        ran = cli("train", "align", "--pairs", table, *TOWER, *out)
        assert ran.code == 0, ran.err
        data = ran.records[0]["data"]
        assert (data["pairs"], data["image"], data["audio"]) == (3 * (COUNT - data["held_out"]),) + (
            COUNT - data["held_out"],
        ) * 2

    @pytest.mark.parametrize(
        ("cells", "why"),
        [
            (("{}.png", "{}.wav", ""), "column 'text' is empty in every line: fill it or leave it out"),
            (("no{}.png", "no{}.wav", "word {}"), "nothing that can be read belongs to anything else that can"),
            (("0.png", "0.wav", "word"), "whatever there is of image is all the same"),
        ],
    )
    def test_pairs_that_teach_nothing(
        self, cli, songs: list[Song], tmp_path: Path, cells: tuple[str, ...], why: str
    ) -> None:
        table = written("pairs.csv", "image,audio,text", *pairs_of(*cells))
        ran = cli("train", "align", "--pairs", table, *TOWER, "--out", tmp_path / "space")
        assert ran.code == 1 and why in ran.err.splitlines()[-1]
        assert not (tmp_path / "space").exists()

    def test_a_modality_whose_files_are_all_missing_is_named_and_left_out(
        self, cli, songs: list[Song], tmp_path: Path
    ) -> None:
        table = written("pairs.csv", "image,audio,text", *pairs_of("no{}.png", "{}.wav", "word {}"))
        ran = cli("train", "align", "--pairs", table, "--out", tmp_path / "space", "--epochs", 1)
        assert ran.code == 3
        assert ran.err.count("left out: ") == COUNT and "12 pairs: 12 of audio, 12 of text" in ran.err

    @pytest.mark.parametrize(
        ("head", "cells", "options", "why"),
        [
            ("image,audio,label", ("{}.png", "", "{}"), [], "column 'audio' is empty in every line: fill it or leave"),
            ("image,valence", ("{}.png", "nan"), ["--target", "mood", "--column", "valence"],
             "the answers are all the same: nan"),
            ("image,valence", ("{}.png", "nan"), ["--target", "factors", "--column", "valence"],
             "valence holds 'nan', and --target factors wants finite numbers"),
            ("image,audio,label", ("{}.png", "{}.wav", "{}"), ["--set", "modality_dropout=1.5"],
             "modality_dropout is a number from 0 to 0.9, not 1.5"),
            ("image,audio,label", ("{}.png", "{}.wav", "{}"), ["--adversarial", "nan"], "adversarial is a number"),
            ("image,audio,label", ("{}.png", "{}.wav", "{}"), ["--adversarial", "0.1", "--fusion", "late"],
             "adversarial=0.1 is of fusion attention, not late"),
            ("image,audio,label", ("{}.png", "{}.wav", "{}"), ["--thawed", "head"],
             "colour-layout cannot be thawed: only networks of photographs learn on"),
        ],
    )  # fmt: skip
    def test_items_that_teach_nothing(
        self, cli, songs: list[Song], tmp_path: Path, head: str, cells: tuple[str, ...], options: list[str], why: str
    ) -> None:
        table = written("items.csv", head, *pairs_of(*cells))
        ran = cli("train", "fuse", "--data", table, *TOWER, "--out", tmp_path / "fused", *options)
        assert ran.code == 1 and why in ran.err and ran.err.count("\n") == 1
        assert not (tmp_path / "fused").exists()
