"""``sonolux interactions``, ``recommend``, ``factors`` and ``train factors``, as people type them."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from listeners import Song, fill_songs, play_songs
from sonolux.index.interactions import FILE
from sonolux.library import Library

IN = ["--library", "l.sonolux"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Song]]:
    """A library of songs, whose encoder the command line cannot load: nothing here may need it."""
    place = tmp_path_factory.mktemp("songs")
    with Library(place / "l.sonolux") as library:
        return place, fill_songs(library, 60)


@pytest.fixture
def songs(folder: tuple[Path, list[Song]], monkeypatch: pytest.MonkeyPatch) -> list[Song]:
    monkeypatch.chdir(folder[0])
    (folder[0] / "l.sonolux" / FILE).unlink(missing_ok=True)
    return folder[1]


@pytest.fixture
def played(songs: list[Song]) -> list[Song]:
    with Library("l.sonolux") as library:
        play_songs(library, songs)
    return songs


class TestInteractions:
    def test_import_list_and_remove(self, cli, songs: list[Song]) -> None:
        rows = ["ann,Artist 0,Song 1,3", "ann,Nobody,Nothing,9", "bob,artist 1,song 5,4", "bob,Artist 0,Song 1,-1"]
        Path("plays.csv").write_text("user,artist,title,plays\n" + "\n".join(rows) + "\n")
        ran = cli("interactions", "import", *IN, "plays.csv")
        assert ran.code == 3
        assert ran.out.startswith("2 of 4 rows kept in ") and ran.out.endswith(" s (users: 2, items: 2)\n")
        assert ran.err.splitlines() == [
            "not in the library: 1 rows, and how many name each:",
            "  Nobody - Nothing (1)",
            "left out: line 5: its count is -1: counts are above 0",
        ]
        [record] = cli("interactions", "info", *IN, "--json").records
        assert (record["interactions"], record["users"], record["items"]) == (2, 2, 2)
        assert cli("interactions", "info", *IN).lines[0] == "interactions: 2, users: 2, items: 2"
        [row] = cli("interactions", "list", *IN, "--user", "ann", "--json").records
        assert (row["user"], row["weight"], row["kind"], row["path"]) == ("ann", 3.0, "play", songs[1].path)
        assert cli("interactions", "remove", *IN, "--user", "ann").out == "1 removed\n"
        assert cli("interactions", "list", *IN, "--user", "ann").out == "nothing is known of ann\n"
        [record] = cli("interactions", "import", *IN, "plays.csv", "--json").records
        assert record["names"] == [{"name": "Nobody - Nothing", "rows": 1}]

    def test_hostile_names_are_one_line(self, cli, songs: list[Song]) -> None:
        Path("plays.csv").write_text('user,artist,title\nann,"evil\x1b[31m\nname","x"\nann,Artist 0,Song 1\n')
        ran = cli("interactions", "import", *IN, "plays.csv")
        assert "\x1b" not in ran.err and len(ran.err.splitlines()) == 2

    def test_what_is_no_file_of_interactions_is_one_line(self, cli, songs: list[Song]) -> None:
        Path("words.csv").write_text("one two three\n")
        ran = cli("interactions", "import", *IN, "words.csv")
        assert (ran.code, ran.out) == (1, "") and len(ran.err.splitlines()) == 1
        ran = cli("interactions", "import", "--library", "none", "words.csv")
        assert ran.code == 1 and "there is no library at none" in ran.err


class TestRecommend:
    def test_likes_of_somebody_new(self, cli, songs: list[Song]) -> None:
        liked = [song.path for song in songs if song.genre == 2][:3]
        likes = [argument for path in liked for argument in ("--like", path)]
        ran = cli("recommend", *IN, *likes, "-k", 4, "--m3u", "mix.m3u8")
        assert ran.code == 0
        assert sum("/music/genre2/" in line and line[0].isdigit() for line in ran.lines[1:5]) >= 3
        assert sum("sound: rank" in line and "resembles /music/genre2/" in line for line in ran.lines) == 4
        assert "wrote mix.m3u8: 4 files" in ran.err and "not enough" not in ran.err
        playlist = Path("mix.m3u8").read_text().splitlines()
        assert playlist[0] == "#EXTM3U" and playlist[1].startswith("#EXTINF:-1,Artist ")
        assert playlist[2::2] == [record["path"] for record in cli("recommend", *IN, *likes, "-k", 4, "--json").records]
        [record] = cli("recommend", *IN, *likes, "-k", 1, "--json").records
        assert record["why"][0]["example"] in {song.id for song in songs if song.path in liked}

    def test_a_user(self, cli, played: list[Song]) -> None:
        ran = cli("recommend", *IN, "--user", "user01", "--new-only", "-k", 3, "--where", "genre=genre1")
        assert ran.code == 0 and all("/genre1/" in line for line in ran.lines[1:4])
        ran = cli("recommend", *IN, "--user", "stranger", "-k", 2)
        assert ran.code == 0
        assert ran.err.splitlines()[0] == "nothing is known of stranger yet: this is what most people here play"

    def test_a_path(self, cli, songs: list[Song]) -> None:
        ran = cli("recommend", *IN, "--path", songs[0].path, songs[1].path, "-k", 3, "--m3u", "path.m3u")
        assert len(ran.lines) == 5
        assert ran.lines[0].endswith(songs[0].path) and ran.lines[4].endswith(songs[1].path)
        assert len(cli("recommend", *IN, "--path", songs[0].path, songs[1].path, "--json").records) == 10

    def test_a_station(self, cli, songs: list[Song], monkeypatch: pytest.MonkeyPatch) -> None:
        said = f"like\n\nhmm\nunlike\nlike {songs[8].path}\nlike nowhere.flac\nskip\n"
        monkeypatch.setattr(sys, "stdin", io.StringIO(said))
        ran = cli("recommend", *IN, "--station", "--like", songs[0].path, "--user", "dee")
        assert ran.code == 0
        assert len(ran.lines) == len(set(ran.lines)) == 8
        assert ran.err.splitlines() == [
            "'hmm' is no opinion: write like, unlike, either with an item after it, or nothing",
            "nowhere.flac is no id or file in this library",
        ]
        kept = cli("interactions", "list", *IN, "--user", "dee", "--json").records
        assert [row["kind"] for row in kept].count("skip") == 2
        assert songs[8].path in {row["path"] for row in kept}

    def test_what_cannot_be_asked_is_one_line(self, cli, songs: list[Song]) -> None:
        for arguments, reason in (
            ([], "nothing is asked: name a user, or items that are liked"),
            (["--user", "ann"], "nothing is known of ann, and nobody has played anything in this library"),
            (["--like", "nowhere.flac"], "nowhere.flac is no id or file in this library"),
            (["--like", songs[0].path, "--m3u", "no/such/folder/x.m3u"], "x.m3u cannot be written"),
        ):
            ran = cli("recommend", *IN, *arguments)
            assert ran.code == 1 and reason in ran.err.splitlines()[-1]
        assert cli("recommend", *IN, "--path", songs[0].path, songs[1].path, "--station").code == 2


class TestFactors:
    def test_learned_shown_and_asked(self, cli, played: list[Song]) -> None:
        ran = cli("factors", *IN)
        assert ran.code == 1 and "this library has no factors: run `sonolux train factors`" in ran.err
        ran = cli("train", "factors", *IN, "--factors", 6, "--json")
        assert (ran.code, ran.records[0]["factors"], ran.records[0]["users"]) == (0, 6, 40)
        ran = cli("factors", *IN, "-k", 2)
        assert ran.lines[0].split() == ["factor", "positive", "negative"] and len(ran.lines) == 13
        [record] = cli("factors", *IN, 3, "--json").records
        assert record["factor"] == 3 and len(record["positive"]) == 5
        assert "Song " in cli("factors", *IN, 1, "--titles").out
        assert cli("train", "factors", *IN, "--update").out.startswith("0 items of ")
        [row] = [one for one in cli("spaces", *IN, "--json").records if one["space"] == "factors"]
        assert (row["metric"], row["dim"], row["encoders"]) == ("dot", 6, [])
        assert "interactions" in cli("spaces", *IN).out
        ran = cli("recommend", *IN, "--user", "user02", "--space", "factors", "-k", 3)
        assert "factors: rank 1" in ran.out
        assert "run `sonolux train factors`" in cli("interactions", "remove", *IN, "--user", "user02").err
        assert cli("search", *IN, "--like", played[0].path, "--space", "factors", "-k", 2).code == 0
        assert cli("spaces", *IN, "--drop", "factors").code == 0

    def test_nothing_to_learn_from_is_one_line(self, cli, songs: list[Song]) -> None:
        for arguments in ([], ["--method", "bpr"]):
            ran = cli("train", "factors", *IN, *arguments)
            assert ran.code == 1 and ran.err == "sonolux: there are no plays to learn from: import interactions first\n"
        assert cli("train", "factors", *IN, "--method", "magic").code == 1
