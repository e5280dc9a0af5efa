"""Interactions of a library: files of every kind that people have, what of them is kept, what is said of the rest."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from listeners import Song, fill_songs
from sonolux.errors import LibraryError, QueryError
from sonolux.index.interactions import FILE, Interaction
from sonolux.library import Library
from sonolux.library.interactions.importing import ImportSummary
from sonolux.library.interactions.matching import normalised_name
from sonolux.library.interactions.rows import read_time, read_weight

NAMED = [
    ("AC/DC", "Back in Black"), ("Beyoncé", "Déjà Vu (feat. Jay-Z)"), ("Sigur Rós", "( )"), ("!!!", "Me and Giuliani"),
    ("Simon & Garfunkel", "The Boxer"), ("坂本龍一", "戦場のメリークリスマス"), ("The The", "This Is the Day"),
]  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, list[Song]]]:
    with Library(tmp_path_factory.mktemp("songs") / "l.sonolux") as opened:
        yield opened, fill_songs(opened, 12)


@pytest.fixture
def library(filled: tuple[Library, list[Song]]) -> Library:
    """Return a library of songs, of which nobody has played any."""
    (Path(filled[0].location) / FILE).unlink(missing_ok=True)
    return filled[0]


@pytest.fixture
def songs(filled: tuple[Library, list[Song]]) -> list[Song]:
    return filled[1]


def imported(library: Library, file: Path, text: str | bytes, user: str = "") -> ImportSummary:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return library.import_interactions(file, user=user)


def kept(library: Library) -> set[tuple[str, str, float, float, str]]:
    titles = {item.id: item.metadata["title"] for item in library.items()}
    rows = [row for user in library.interactions.users() for row in library.interactions.of_user(user)]
    return {(row.user, titles[row.item], row.weight, row.time, row.kind) for row in rows}


class TestFormats:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "::"])
    def test_csv_with_any_delimiter_and_header(
        self, library: Library, songs: list[Song], tmp_path: Path, delimiter: str
    ) -> None:
        lines = [("User_ID", "PATH", "Play Count", "Timestamp"), ("ann", songs[1].path, "3", "2020-05-01T10:00:00Z")]
        text = "\ufeff" + "\r\n".join(delimiter.join(cells) for cells in lines) + "\r\n"
        summary = imported(library, tmp_path / "plays.csv", text)
        assert (summary.rows, summary.kept, summary.users, summary.items, summary.wrong) == (1, 1, 1, 1, 0)
        assert kept(library) == {("ann", "Song 1", 3.0, 1588327200.0, "play")}

    def test_names_in_quotation_marks(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        text = 'user,artist,track\n"ann, the first","Artist 0","song  2"\nbob,ARTIST 1,Song 4\n'
        assert imported(library, tmp_path / "a.csv", text).kept == 2
        assert {row[:2] for row in kept(library)} == {("ann, the first", "Song 2"), ("bob", "Song 4")}

    def test_hetrec(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        (tmp_path / "artists.dat").write_text("id\tname\turl\tpictureURL\n7\tartist 0\tx\ty\n8\tNobody\tx\ty\n")
        summary = imported(library, tmp_path / "user_artists.dat", "2\n3\n2\t7\t30\n2\t8\t5\n3\t7\t3\n")
        assert (summary.rows, summary.kept, summary.unmatched) == (3, 2, 1)
        assert summary.names == [("Nobody", 1)]
        shared = [("2", 10.0), ("3", 1.0)]
        assert kept(library) == {(user, f"Song {n}", plays, 0.0, "play") for user, plays in shared for n in (0, 1, 2)}

    def test_hetrec_as_it_was_published(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        (tmp_path / "artists.dat").write_text("id\tname\turl\tpictureURL\n7\tartist 0\tx\ty\n")
        assert imported(library, tmp_path / "user_artists.dat", "userID\tartistID\tweight\n2\t7\t30\n").kept == 1

    def test_movielens(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        (tmp_path / "movies.dat").write_bytes("1::Song 5 (1995)::Drama\n2::Café (1990)::Drama\n".encode("latin-1"))
        text = "9::1::4.5::964981247\n9::2::1::964981247\n"
        assert imported(library, tmp_path / "ratings.dat", text).names == [("Café (1990)", 1)]
        assert kept(library) == {("9", "Song 5", 4.5, 964981247.0, "rating")}
        text = "userId,movieId,rating,timestamp\n9,1,0.5,964981249\n9,1,5.0,964981240\n"
        assert imported(library, tmp_path / "ratings.csv", text).kept == 2
        assert kept(library) == {("9", "Song 5", 0.5, 964981249.0, "rating")}

    def test_numbers_that_name_files(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        text = "user\tmovie\trating\ttimestamp\n1\tsong003\t4.0\t964981247\n1\tsong003.flac\t3.5\t964981248\n"
        assert imported(library, tmp_path / "ratings.tsv", text).kept == 2
        assert {row[1:3] for row in kept(library)} == {("Song 3", 3.5)}

    def test_listenbrainz(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        listens = [
            {"listened_at": 1600000000 + n, "user_name": "rob", "track_metadata": {
                "artist_name": f"Artist {n}", "track_name": f"Song {3 * n}", "additional_info": {}}}
            for n in range(5)
        ]  # fmt: skip
        lines = "\n".join(map(json.dumps, listens)) + "\n\n"
        summary = imported(library, tmp_path / "1.jsonl", lines)
        assert (summary.kept, summary.unmatched) == (4, 1)
        assert ("rob", "Song 6", 1.0, 1600000002.0, "play") in kept(library)
        assert imported(library, tmp_path / "all.json", json.dumps(listens)).kept == 4
        assert library.interactions.count() == 4  # an export that grows can be imported again

    def test_scrobbles(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        text = 'Artist 1,Album,Song 3,28 Nov 2020 10:12\n"Artist 1","Al, bum","Song 4",28 Nov 2020 10:15\n'
        assert imported(library, tmp_path / "scrobbles.csv", text, "me").kept == 2
        assert ("me", "Song 3", 1.0, 1606558320.0, "play") in kept(library)
        text = 'Artist;Album;AlbumId;Track;Date#me\n"Artist 1";"A";"x";"Song 5";"1606558320000"\n'
        assert imported(library, tmp_path / "stats.csv", text, "me").kept == 1
        assert ("me", "Song 5", 1.0, 1606558320.0, "play") in kept(library)

    def test_last_fm_1k_and_360k(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        text = "user_1\t2009-05-04T23:08:57Z\tf1b1\tArtist 1\tm1\tSong 3\n"
        assert imported(library, tmp_path / "1k.tsv", text).kept == 1
        text = "00000c28\t3bd73256\tartist 2\t9\n"
        assert imported(library, tmp_path / "360k.tsv", text).items == 3

    def test_rockbox(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        text = (
            "#AUDIOSCROBBLER/1.1\n#TZ/UTC\n#CLIENT/Rockbox h3xx\n"
            "Artist 1\tA\tSong 3\t1\t200\tL\t1606558320\t\nArtist 1\tA\tSong 4\t2\t200\tS\t1606558520\t\n"
        )
        assert imported(library, tmp_path / ".scrobbler.log", text, "me").kept == 2
        assert {(row[1], row[4]) for row in kept(library)} == {("Song 3", "play"), ("Song 4", "skip")}

    def test_spotify(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        listens = [
            {"endTime": "2020-09-13 12:26", "artistName": "Artist 1", "trackName": "Song 3", "msPlayed": 200_000},
            {"ts": "2020-09-13T12:30:00Z", "master_metadata_track_name": "Song 4", "skipped": True,
             "master_metadata_album_artist_name": "Artist 1", "offline_timestamp": 0},
            {"ts": "2020-09-13T12:31:00Z", "master_metadata_track_name": None, "episode_name": "A talk"},
        ]  # fmt: skip
        summary = imported(library, tmp_path / "StreamingHistory0.json", json.dumps(listens), "me")
        assert (summary.kept, summary.failed) == (2, [(3, "it names no track")])
        assert kept(library) == {
            ("me", "Song 3", 1.0, 1599999960.0, "play"), ("me", "Song 4", 1.0, 1600000200.0, "skip"),
        }  # fmt: skip

    def test_films_as_people_rate_them(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        letterboxd = "Date,Name,Year,Letterboxd URI,Rating\n2024-05-31,Song 7,1999,https://boxd.it/x,3.5\n"
        assert imported(library, tmp_path / "ratings.csv", letterboxd, "me").kept == 1
        imdb = "Const,Your Rating,Date Rated,Title\ntt0113228,8,2024-05-31,Song 8\n"
        assert imported(library, tmp_path / "imdb.csv", imdb, "me").kept == 1
        assert {row[1:3] for row in kept(library)} == {("Song 7", 3.5), ("Song 8", 8.0)}

    def test_accents_of_another_time_far_down(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        names = [f"{number}::Film {number} (1990)::Drama" for number in range(2, 5_000)]
        catalogue = "\n".join([*names, "1::Sóng 6 (1995)::Drama", ""]).encode("latin-1")
        assert len(catalogue) > 76_620
        (tmp_path / "movies.dat").write_bytes(catalogue)
        assert imported(library, tmp_path / "ratings.dat", "9::1::4.5::964981247\n").kept == 1
        text = f"user\titem\n\u00e9ve\t{songs[0].id}\n"
        assert imported(library, tmp_path / "a.tsv", text.encode("utf-16")).kept == 1
        assert {row[0] for row in kept(library)} == {"9", "éve"}

    def test_real_movielens(self, library: Library, data: Path) -> None:
        with pytest.raises(QueryError, match=r"none of its 35,596 rows names an item of this library"):
            library.import_interactions(data / "movies" / "ratings.tsv")


class TestRows:
    def test_what_is_wrong_is_told_and_the_rest_kept(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        now = int(time.time())
        rows = [
            f"a,{songs[0].id},1,", f"a,{songs[1].id},-2,", f"a,{songs[1].id},0,", f"a,{songs[1].id},nan,",
            f"a,{songs[1].id},inf,", f"a,{songs[1].id},many,", f"a,{songs[1].id}", f"a,{songs[1].id},1,yesterday",
            f"a,{songs[1].id},1,-5", f",{songs[1].id},1,", f"b,{songs[2].id},2,{now + 10**8}", "b,unknown,4,", "",
        ]  # fmt: skip
        summary = imported(library, tmp_path / "rows.csv", "user,item,plays,time\n" + "\n".join(rows))
        assert (summary.rows, summary.kept, summary.wrong, summary.unmatched, summary.future) == (12, 2, 9, 1, 1)
        assert summary.failed[:5] == [
            (3, "its count is -2: counts are above 0"),
            (4, "its count is 0: counts are above 0"),
            (5, "its count is nan: counts are above 0"),
            (6, "its count is inf: counts are above 0"),
            (7, "its count is 'many', which is no number"),
        ]
        assert summary.failed[5] == (8, "it has 2 columns of 4")
        assert "it names no user" in summary.failed[-1][1]
        assert kept(library) == {("a", "Song 0", 1.0, 0.0, "play"), ("b", "Song 2", 2.0, 0.0, "play")}

    def test_duplicate_counts_add_up(self, library: Library, songs: list[Song], tmp_path: Path) -> None:
        imported(library, tmp_path / "rows.csv", f"user,item,plays\na,{songs[0].id},1\na,{songs[0].id.upper()},2\n")
        assert kept(library) == {("a", "Song 0", 3.0, 0.0, "play")}

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "it has no lines|its first lines are"),
            (b"user,item\n", "it has no rows"),
            (b"5\n6\n", "its columns are not known"),
            (b"one two three", "its columns are not known"),
            (b"user,item,plays\nx,nowhere.flac,1\n", "names an item of this library, which holds 12 files"),
            (b"user,item,plays\nx,y,-1\n", "line 2: its count is -1"),
            (b"\x89PNG\r\n\x1a\n\0\0\0", "no file of interactions: it holds NUL bytes"),
            (b"[1, 2", "no JSON"),
            (b"[" * 100_000, "no JSON"),
            (b"{}\n", "line 1: it names no track"),
            (b'user,item\nx,"' + b"y" * 200_000, "cannot be read: field larger"),
        ],
    )
    def test_files_that_hold_nothing_are_one_line(
        self, library: Library, songs: list[Song], tmp_path: Path, content: bytes, reason: str
    ) -> None:
        with pytest.raises(QueryError, match=reason) as refused:
            imported(library, tmp_path / "rows.csv", content)
        assert "\n" not in str(refused.value)
        assert library.interactions.count() == 0

    def test_what_is_not_there(self, library: Library, tmp_path: Path) -> None:
        with Library(tmp_path / "no.sonolux") as none, pytest.raises(LibraryError, match="there is no library at"):
            none.import_interactions(tmp_path / "none.csv")
        with pytest.raises(QueryError, match=r"none\.csv cannot be read: No such file"):
            library.import_interactions(tmp_path / "none.csv")
        with pytest.raises(QueryError, match="cannot be read: Is a directory"):
            library.import_interactions(tmp_path)

    def test_numbers_and_times(self) -> None:
        assert [read_weight(text, "play") for text in ("3", " 2.5 ", "1,5", "1e3")] == [3.0, 2.5, 1.5, 1000.0]
        numbers, dates = (
            ["1600000000", "1600000000000", "1600000000000000"],
            ["2020-09-13 12:26:40", "13 Sep 2020 12:26"],
        )
        times = [*numbers, *dates, "", "0"]
        assert [read_time(text) for text in times] == [1.6e9, 1.6e9, 1.6e9, 1.6e9, 1.6e9 - 40, 0, 0]


class TestMatching:
    def test_names_are_compared_without_what_spellings_differ_in(self) -> None:
        same = [
            ("Beyoncé feat. Jay-Z", "BEYONCE"), ("Déjà Vu (feat. Jay-Z)", "Deja Vu"), ("AC/DC", "ac dc"),
            ("Matrix, The (1999)", "The Matrix"), ("Simon & Garfunkel", "Simon and Garfunkel"),
            ("坂本龍一", "坂本龍一"),
            ("Left", "left"), ("Daft  Punk", "daft punk"), ("!!!", "!!!"),
        ]  # fmt: skip
        for one, other in same:
            assert normalised_name(one) == normalised_name(other) != ""
        assert normalised_name("!!!") != normalised_name("???")
        assert normalised_name("Featherweight") == "featherweight"

    def test_files_without_tags_are_known_by_their_names(self, library: Library, tmp_path: Path) -> None:
        folder = tmp_path / "music"
        folder.mkdir()
        for artist, title in NAMED:
            (folder / f"{artist} - {title}.txt".replace("/", "_")).write_text(f"{artist} {title}")
        with Library(tmp_path / "own.sonolux") as own:
            own.add(folder, spaces=["bm25"])
            lines = [f"u\t{artist}\t{title}\t1" for artist, title in NAMED]
            summary = imported(own, folder / "plays.tsv", "user\tartist\ttitle\tplays\n" + "\n".join(lines))
            assert (summary.kept, summary.names) == (len(NAMED), [])
            relative = "user,path\nv,./Beyoncé - Déjà Vu (feat. Jay-Z).txt\n"
            assert imported(own, folder / "paths.csv", relative).kept == 1

    def test_a_name_of_several_files_says_nothing(self, library: Library, tmp_path: Path) -> None:
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "track1.txt").write_text(f"in {folder}")
        with Library(tmp_path / "own.sonolux") as own:
            own.add(tmp_path / "a", tmp_path / "b", spaces=["bm25"])
            text = f"user,path\nu,track1.txt\nu,{tmp_path}/b/track1.txt\n"
            summary = imported(own, tmp_path / "plays.csv", text)
            assert (summary.kept, summary.names) == (1, [("track1.txt", 1)])


def test_interactions_leave_with_their_items(tmp_path: Path) -> None:
    with Library(tmp_path / "own.sonolux") as library:
        songs = fill_songs(library, 6)
        check_that_interactions_leave(library, songs)


def check_that_interactions_leave(library: Library, songs: list[Song]) -> None:
    assert library.interact("ann", songs[0].id, songs[1].path, library.item(songs[2].id)) == 3
    assert library.interact("ann", songs[3].id, kind="rating", weight=4.5, at=5.0) == 1
    library.remove(songs[1].id)
    assert {row[1:4:2] for row in kept(library)} >= {("Song 3", 5.0)}
    assert {row[1] for row in kept(library)} == {"Song 0", "Song 2", "Song 3"}
    for weight in (0, -1, float("nan")):
        with pytest.raises(QueryError, match="weights are above 0"):
            library.interact("ann", songs[0].id, weight=weight)
    for at in (-1, float("nan"), float("inf"), time.time() + 3 * 86_400):
        with pytest.raises(QueryError, match="not still to come"):
            library.interact("ann", songs[0].id, at=at)
    with pytest.raises(QueryError, match=r"nowhere\.flac is no id or file"):
        library.interact("ann", songs[0].id, "nowhere.flac")
    assert library.interactions.of_user("ann")[-1] == Interaction("ann", songs[3].id, 4.5, 5.0, "rating")
