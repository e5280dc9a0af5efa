"""Tags of music files: every kind of tag, in the encodings that people's files have, with every value that is there."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.specimens import noisy
from media.tagged import (
    ape,
    apic,
    atom,
    chunked_wav,
    compressed,
    data_atom,
    frame,
    id3,
    id3v1,
    latin,
    list_info,
    lyrics3,
    own_atom,
    unsynchronised,
    utf8,
    utf16,
    write_flac,
    write_m4a,
    write_mp3,
    write_subtitled,
)  # fmt: skip
from sonolux.media.containers.cover import embedded_cover
from sonolux.media.music_tags.genres import GENRES, named_genres
from sonolux.media.music_tags.reading import read_tags
from sonolux.media.music_tags.several import artists, genres
from sonolux.media.probing import probe
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Segment
from sonolux.types import Span

EVENINGS, TROSHIN = "Подмосковные вечера", "Владимир Трошин"
MOON, TERESA = "月亮代表我的心", "鄧麗君"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a third of a second of MP3 without tags."""
    return write_mp3(tmp_path_factory.mktemp("sound") / "a.mp3").read_bytes()


@pytest.fixture
def song(sound: bytes, tmp_path: Path) -> Callable[..., Path]:
    def write(*front: bytes, back: bytes = b"") -> Path:
        (tmp_path / "song.mp3").write_bytes(b"".join(front) + sound + back)
        return tmp_path / "song.mp3"

    return write


def told(path: Path) -> dict[str, Any]:
    return probe(str(path)).metadata


def words(path: Path) -> str:
    return probe(str(path)).words


def passages(path: Path) -> list[tuple[str, Span | None]]:
    parts = (part for part in read(str(path), ReadOptions()) if isinstance(part, Segment))
    return [(str(part.content), part.span) for part in parts if part.kind == "passage"]


def test_the_cases(cases: Path) -> None:
    folder = cases / "id3-old-encodings"
    for name in ("id3v1_cp1251.mp3", "id3v23_cp1251_as_latin1.mp3"):
        assert told(folder / name)["title"] == EVENINGS
        assert told(folder / name)["artist"] == [TROSHIN]
    assert told(folder / "id3v23_gbk_as_latin1.mp3")["title"] == MOON


@pytest.mark.parametrize(
    ("title", "artist", "encoding"),
    [
        (EVENINGS, TROSHIN, "cp1251"),
        (EVENINGS, TROSHIN, "koi8-r"),
        ("Священная война", "Ансамбль Александрова", "cp1251"),
        (MOON, "邓丽君", "gbk"),
        (MOON, TERESA, "big5"),
        ("上を向いて歩こう", "坂本九", "shift-jis"),
        ("애국가 1절", "한국방송교향악단", "euc-kr"),
        ("Příliš žluťoučký kůň", "Jiří Suchý", "cp1250"),
        ("Żółta łódź podwodna", "Zespół Śląsk", "cp1250"),
        ("Τα παιδιά του Πειραιά", "Μελίνα Μερκούρη", "cp1253"),
        ("Üsküdar'a gider iken", "Şükriye Işık", "cp1254"),
        ("ירושלים של זהב", "שולי נתן", "cp1255"),
        ("Für Elise", "Münchner Philharmoniker", "cp1252"),
        ("Déjà vu", "Beyoncé", "cp1252"),
        ("Ainsi à la fin", "La bande", "cp1252"),
        ("Je čas metat kamení", "Prostě Jiří", "cp1250"),
        ("Größe und Würde", "Jürgen Müller", "utf-8"),
        (EVENINGS, TROSHIN, "utf-8"),
    ],
)
def test_latin_1_that_is_none(title: str, artist: str, encoding: str, song: Callable[..., Path]) -> None:
    in_front = song(id3(frame("TIT2", latin(title, encoding)), frame("TPE1", latin(artist, encoding) + b"\0")))
    assert (told(in_front)["title"], told(in_front)["artist"]) == (title, [artist])
    if len(title.encode(encoding)) <= 30 >= len(artist.encode(encoding)):
        behind = song(back=id3v1(title.encode(encoding), artist.encode(encoding), genre=24))
        assert (told(behind)["title"], told(behind)["artist"]) == (title, [artist])
        assert told(behind)["genre"] == ["Soundtrack"]
        old = song(id3(frame("TT2", latin(title, encoding), 2), frame("TP1", latin(artist, encoding), 2), version=2))
        assert (told(old)["title"], told(old)["artist"]) == (title, [artist])


@pytest.mark.parametrize(
    ("version", "data"),
    [
        (3, utf16(EVENINGS)),
        (3, utf16(EVENINGS + "\0\0")),
        (3, utf16(EVENINGS) + b"\0"),
        (3, b"\x01\xfe\xff" + EVENINGS.encode("utf-16-be")),
        (3, b"\x01" + EVENINGS.encode("utf-16-le")),
        (3, b"\x01" + EVENINGS.encode("utf-16-be")),
        (3, b"\x01\xff\x00\xfe" + EVENINGS.encode("utf-16-le")),
        (3, b"\0\xff\xfe" + EVENINGS.encode("utf-16-le")),
        (4, b"\x02" + EVENINGS.encode("utf-16-be")),
        (4, b"\x02\xff\xfe" + EVENINGS.encode("utf-16-le")),
        (4, utf8(EVENINGS)),
        (4, utf8("\ufeff" + EVENINGS) + b"\0"),
        (4, b"\x03" + EVENINGS.encode("cp1251")),
        (3, utf8(EVENINGS)),
        (3, EVENINGS.encode("cp1251")),
    ],
)
def test_unicode_in_every_form(version: int, data: bytes, song: Callable[..., Path]) -> None:
    assert told(song(id3(frame("TIT2", data, version), version=version)))["title"] == EVENINGS


def test_unsynchronised_and_packed_tags(song: Callable[..., Path]) -> None:
    text = frame("TIT2", utf16(EVENINGS))
    for title in (
        id3(text, flags=0x80),
        id3(frame("TIT2", unsynchronised(utf16(EVENINGS)), 4, flags=0x02), version=4),
        id3(frame("TIT2", unsynchronised(utf16(EVENINGS)), 4), version=4, flags=0x80),
        id3(frame("TIT2", (9).to_bytes(4, "big") + utf16(EVENINGS), 4, flags=0x01), version=4),
        id3(frame("TIT2", compressed(utf16(EVENINGS)), flags=0x80)),
        id3(b"\0\0\0\x06\0\0\0\0\0\0", text, flags=0x40),
        id3(b"\0\0\0\x06\x01\0", frame("TIT2", utf8(EVENINGS), 4), version=4, flags=0x40),
        id3(text, padding=500),
    ):
        assert told(song(title))["title"] == EVENINGS
    plain = frame("USLT", b"\x03eng\0" + b"la " * 100, 3)
    assert told(song(id3(plain, frame("TIT2", utf8(EVENINGS), 4), version=4)))["title"] == EVENINGS


@pytest.mark.parametrize(
    ("version", "data", "found"),
    [
        (4, b"\x03Ella\0Louis", ["Ella", "Louis"]),
        (4, utf16("Ella\0\ufeffŁouis"), ["Ella", "Łouis"]),
        (3, latin("Ella Fitzgerald/Louis Armstrong"), ["Ella Fitzgerald", "Louis Armstrong"]),
        (3, latin("Ella Fitzgerald; Louis Armstrong"), ["Ella Fitzgerald", "Louis Armstrong"]),
        (3, latin("Sunn / Boris"), ["Sunn", "Boris"]),
        (3, latin("AC/DC"), ["AC/DC"]),
        (3, latin("AC/DC; Guns N' Roses"), ["AC/DC", "Guns N' Roses"]),
        (4, latin("AC/DC\0Bremer/McCoy"), ["AC/DC", "Bremer/McCoy"]),
        (4, latin("Ella Fitzgerald/Louis Armstrong"), ["Ella Fitzgerald/Louis Armstrong"]),
        (3, latin("Earth, Wind & Fire"), ["Earth, Wind & Fire"]),
    ],
)  # fmt: skip
def test_several_artists(version: int, data: bytes, found: list[str], song: Callable[..., Path]) -> None:
    assert told(song(id3(frame("TPE1", data, version), version=version)))["artist"] == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (["17"], ["Rock"]),
        (["(17)"], ["Rock"]),
        (["(4)Eurodisco"], ["Disco", "Eurodisco"]),
        (["(51)(39)"], ["Techno-Industrial", "Noise"]),
        (["(17)Rock"], ["Rock"]),
        (["(RX)(CR)"], ["Remix", "Cover"]),
        (["((I think) so"], ["(I think) so"]),
        (["Rock", "8"], ["Rock", "Jazz"]),
        (["(300)"], ["300"]),
        (["1980s"], ["1980s"]),
    ],
)
def test_genres_by_number(said: list[str], found: list[str], song: Callable[..., Path]) -> None:
    assert list(dict.fromkeys(named_genres(said))) == found
    assert told(song(id3(frame("TCON", b"\x03" + "\0".join(said).encode(), 4), version=4)))["genre"] == found


def test_genres_and_artists_that_people_joined() -> None:
    assert len(GENRES) == 192 and (GENRES[79], GENRES[139], GENRES[191]) == ("Hard Rock", "Crossover", "Psybient")
    assert [*genres(["reggaeton, latin", "Rock; Pop"], slashes=False)] == ["reggaeton", "latin", "Rock", "Pop"]
    assert [*genres(["Folk, World, & Country"], slashes=True)] == ["Folk, World, & Country"]
    assert [*genres(["Hip-Hop/Rap", "Rock/Pop"], slashes=True)] == ["Hip-Hop/Rap", "Rock", "Pop"]
    assert [*artists(["Kairon; IRSE!", "We;Na"], slashes=True)] == ["Kairon", "IRSE!", "We", "Na"]
    assert [*artists(["K/DA", "Nicki Minaj/Drake", ";", ""], slashes=True)] == ["K/DA", "Nicki Minaj", "Drake", ";", ""]


def test_words_of_id3(song: Callable[..., Path]) -> None:
    path = song(
        id3(
            frame("TPE1", utf16("Ella & Louis")),
            frame("TXXX", latin("ARTISTS\0Ella/Louis Armstrong")),
            frame("TPE2", latin("The Orchestra")),
            frame("TCOM", latin("Gershwin\0Heyward")),
            frame("COMM", b"\0eng\0taped in Montr\xe9al"),
            frame("COMM", b"\0engiTunNORM\0 00000123"),
            frame("COMM", b"\x01deu\xff\xfe\0\0" + utf16("ein Wiesel")[1:]),
            frame("USLT", b"\x01eng" + utf16("x\0")[1:] + utf16("Summertime\nand the living")[1:]),
            frame("POPM", b"a@b\0\xc4\0\0\0\0"),
            frame("TXXX", latin("Keywords\0swing; jazz, duet")),
            frame("TLAN", latin("eng")),
            frame("TIT3", latin("Live at Carnegie")),
        )
    )
    found = told(path)
    assert found["artist"] == ["Ella", "Louis Armstrong"]
    assert (found["composer"], found["rating"]) == ("Gershwin; Heyward", 4.0)
    assert (found["keywords"], found["language"]) == (["swing", "jazz", "duet"], "eng")
    for word in ("Orchestra", "Montréal", "Wiesel", "Summertime", "living", "Carnegie", "Ella & Louis"):
        assert word in words(path)
    assert "123" not in words(path)


@pytest.mark.parametrize(("stars", "rating"), [(1, 1), (64, 2), (128, 3), (196, 4), (255, 5), (0, None)])
def test_stars(stars: int, rating: float | None, song: Callable[..., Path]) -> None:
    assert told(song(id3(frame("POPM", b"x\0" + bytes([stars]))))).get("rating") == rating


def test_timed_lyrics(song: Callable[..., Path]) -> None:
    def at(seconds: float) -> bytes:
        return int(seconds * 1000).to_bytes(4, "big")

    head = b"\0eng\x02\x01\0"
    said = {1: b"\nSum", 1.5: b"mer", 2: b"time", 3: b"\nand the", 4: b" living"}
    syllables = b"".join(text + b"\0" + at(time) for time, text in said.items())
    expected = [("Summertime\nand the living", Span(1.0, 7.0))]
    assert passages(song(id3(frame("SYLT", head + syllables)))) == expected
    lines = b"Summertime\0" + at(1) + b"and the living\0" + at(3)
    assert passages(song(id3(frame("SYLT", head + lines)))) == expected
    russian = "Не слышны\nв саду даже шорохи"
    lines = b"".join(line.encode("cp1251") + b"\0" + at(n) for n, line in enumerate(russian.split("\n")))
    assert passages(song(id3(frame("SYLT", head + lines))))[0][0] == russian
    text = "[00:01.00]Summertime\n[00:03.00]and the living\n"
    path = song(id3(frame("USLT", b"\0eng\0" + text.encode())))
    assert passages(path) == expected
    assert "Summertime" not in words(path)


def test_ape_and_lyrics3_behind_the_sound(song: Callable[..., Path]) -> None:
    said = {"Title": EVENINGS, "Artist": "Ella\0Louis", "Genre": "Jazz", "Year": "1999-05", "Rating": "80"}
    tag = ape(said)
    for back in (
        tag,
        tag + id3v1(b"cut"),
        tag + lyrics3(LYR="lu lu", INF="taped") + id3v1(b"cut"),
        lyrics3(LYR="lu lu", INF="taped") + tag + id3v1(b"cut"),
        ape(said, header=False) + bytes(5000),
        tag + id3v1(b"cut", genre=0) + bytes(50),
    ):
        found = told(song(back=back))
        assert (found["title"], found["artist"], found["genre"]) == (EVENINGS, ["Ella", "Louis"], ["Jazz"])
        assert found["date"].startswith("1999-05")
        assert ("lu lu" in words(song(back=back))) == (b"lu lu" in back)
        assert ("taped" in words(song(back=back))) == (b"taped" in back)
    old = ape({"Title": EVENINGS.encode("cp1251"), "Artist": TROSHIN.encode("cp1251")}, version=1000)
    assert (told(song(back=old))["title"], told(song(back=old))["artist"]) == (EVENINGS, [TROSHIN])
    first = b"LYRICSBEGINla la\r\nlu luLYRICSEND" + id3v1(b"A song")
    assert words(song(back=first)) == "la la lu lu" and told(song(back=first))["title"] == "A song"
    appended = id3(frame("TIT2", utf8(EVENINGS), 4), version=4, flags=0x10)
    assert told(song(back=appended + b"3DI" + appended[3:10]))["title"] == EVENINGS


def test_day_and_year_of_old_tags(song: Callable[..., Path]) -> None:
    path = song(id3(frame("TDAT", latin("0405")), frame("TYER", latin("1999"))))
    assert told(path)["date"] == "1999-05-04T00:00:00Z"
    released = song(id3(frame("TDRL", utf8("2001-02-03"), 4), frame("TDRC", utf8("1999"), 4), version=4))
    assert told(released)["date"].startswith("1999")


def test_the_longer_tag_counts(song: Callable[..., Path]) -> None:
    title = "A title of more than thirty letters"
    assert told(song(id3(frame("TIT2", utf8(title), 4), version=4), back=id3v1(title.encode())))["title"] == title
    behind = id3v1(EVENINGS.encode("cp1251"), TROSHIN.encode("cp1251"))
    found = told(song(id3(frame("TIT2", latin("??????"))), back=behind))
    assert (found["title"], found["artist"]) == (EVENINGS, [TROSHIN])


def test_comments_of_vorbis_that_are_there_twice(tmp_path: Path) -> None:
    path = write_flac(
        tmp_path / "a.flac",
        *("TITLE=Duet", "ARTIST=Ella", "artist=Louis", "GENRE=Jazz", "GENRE=Swing", "COMPOSER=Gershwin"),
        *("LYRICS=Summertime", "DESCRIPTION=taped", "DATE=1957", "RATING=60"),
    )
    found = told(path)
    assert (found["artist"], found["genre"]) == (["Ella", "Louis"], ["Jazz", "Swing"])
    assert (found["composer"], found["rating"]) == ("Gershwin", 3.0)
    assert {"Summertime", "taped"} <= set(words(path).split())
    in_front = write_flac(tmp_path / "b.flac", "ARTIST=Ella", "ARTIST=Louis", front=id3(frame("TIT2", utf16(EVENINGS))))
    assert (told(in_front)["title"], told(in_front)["artist"]) == (EVENINGS, ["Ella", "Louis"])
    lyrics = write_flac(tmp_path / "c.flac", "SYNCEDLYRICS=[00:01.00]Summertime\n[00:03.00]and the living\n")
    assert passages(lyrics) == [("Summertime\nand the living", Span(1.0, 7.0))]


def test_atoms_of_mp4_with_several_values(tmp_path: Path) -> None:
    path = write_m4a(
        tmp_path / "a.m4a",
        atom(b"\xa9nam", data_atom(EVENINGS)),
        atom(b"\xa9ART", data_atom("Ella"), data_atom("Louis")),
        atom(b"\xa9gen", data_atom("Jazz"), data_atom("Swing")),
        atom(b"\xa9lyr", data_atom("Summertime")),
        atom(b"\xa9wrt", data_atom("Gershwin")),
        atom(b"\xa9cmt", data_atom("taped")),
        atom(b"desc", data_atom("A duet")),
        atom(b"ldes", data_atom("Recorded in Hollywood")),
        atom(b"keyw", data_atom("live, 1957")),
        own_atom("iTunNORM", "0000123"),
    )
    found = told(path)
    assert (found["title"], found["artist"], found["genre"]) == (EVENINGS, ["Ella", "Louis"], ["Jazz", "Swing"])
    assert (found["composer"], found["description"], found["keywords"]) == ("Gershwin", "A duet", ["live", "1957"])
    assert {"Summertime", "taped", "Hollywood"} <= set(words(path).split()) and "123" not in words(path)
    both = atom(b"\xa9ART", data_atom("Ella & Louis"))
    one = write_m4a(tmp_path / "b.m4a", both, own_atom("ARTISTS", "Ella", "Louis"))
    assert told(one)["artist"] == ["Ella & Louis", "Ella", "Louis"]
    number = write_m4a(tmp_path / "c.m4a", atom(b"gnre", data_atom(b"\0\x12", 0)))
    assert told(number)["genre"] == ["Rock"]


def test_tags_in_wav(tmp_path: Path) -> None:
    tag = id3(frame("TIT2", utf16(EVENINGS)), frame("TPE1", b"\x03Ella\0Louis"))
    for name in (b"id3 ", b"ID3 "):
        found = told(chunked_wav(tmp_path / "a.wav", (name, tag)))
        assert (found["title"], found["artist"]) == (EVENINGS, ["Ella", "Louis"])
    for encoding in ("cp1251", "utf-8"):
        info = list_info(INAM=EVENINGS.encode(encoding), IART=TROSHIN.encode(encoding), ICMT=b"taped")
        path = chunked_wav(tmp_path / "b.wav", info)
        assert (told(path)["title"], told(path)["artist"], words(path)) == (EVENINGS, [TROSHIN], "taped")


def jpeg(seed: int) -> bytes:
    out = io.BytesIO()
    noisy(32, 32, seed).save(out, "JPEG")
    return out.getvalue()


def test_the_front_cover_is_shown(song: Callable[..., Path], tmp_path: Path) -> None:
    back, front = jpeg(1), jpeg(2)
    assert embedded_cover(str(song(id3(apic(4, back), apic(3, front))))) == front
    assert embedded_cover(str(song(id3(apic(4, back), apic(0, front))))) == back
    assert embedded_cover(str(song(id3(apic(4, back, version=2), apic(3, front, version=2), version=2)))) == front
    assert embedded_cover(str(song(back=ape({"Cover Art (Front)": b"cover.jpg\0" + front})))) == front
    assert embedded_cover(str(write_flac(tmp_path / "a.flac", pictures={4: back, 3: front}))) == front
    covers = atom(b"covr", data_atom(front, 13), data_atom(back, 13))
    assert embedded_cover(str(write_m4a(tmp_path / "a.m4a", covers))) == front
    out = io.BytesIO()
    noisy(32, 32).save(out, "WEBP")
    assert embedded_cover(str(song(id3(apic(3, out.getvalue(), b"image/webp"))))) == out.getvalue()
    described = b"\x01image/png\0\x03\xff\xfec\0\0\0" + front
    assert embedded_cover(str(song(id3(frame("APIC", described))))) == front


@pytest.mark.parametrize(
    ("codec", "form", "packet"),
    [
        ("srt", "mkv", b"<i>A special</i> okapi"),
        ("ass", "mkv", b"0,0,Default,,0,0,0,,{\\i1}A special\\Nokapi"),
        ("webvtt", "mkv", b"A special okapi"),
        ("mov_text", "mp4", b"\0\x0fA special okapi"),
    ],
)
def test_subtitle_tracks(codec: str, form: str, packet: bytes, tmp_path: Path) -> None:
    path = write_subtitled(tmp_path / f"a.{form}", codec, {"eng": [(200, 700, packet)], "deu": [(300, 800, packet)]})
    assert passages(path) == [("A special okapi", Span(0.2, 0.7)), ("A special okapi", Span(0.3, 0.8))]


def test_chapters(song: Callable[..., Path], tmp_path: Path) -> None:
    def chapter(name: bytes, start: int, end: int, title: str) -> bytes:
        times = start.to_bytes(4, "big") + end.to_bytes(4, "big") + b"\xff" * 8
        return frame("CHAP", name + b"\0" + times + frame("TIT2", utf16(title)))

    path = song(
        id3(chapter(b"one", 0, 100, "The okapi"), chapter(b"two", 100, 300, EVENINGS), chapter(b"chp2", 0, 1, ""))
    )
    assert passages(path) == [("The okapi", Span(0.0, 0.1)), (EVENINGS, Span(0.1, 0.3))]
    comments = ("CHAPTER001=00:00:00.000", "CHAPTER001NAME=The okapi")
    comments += ("CHAPTER002=00:00:00.100", "CHAPTER002NAME=Night")
    found = passages(write_flac(tmp_path / "a.flac", *comments))
    assert [(text, span.start) for text, span in found if span] == [("The okapi", 0.0), ("Night", 0.1)]


@settings(max_examples=60)
@given(st.data())
def test_no_bytes_harm_a_reader(data: st.DataObject) -> None:
    tag = id3(
        frame("TIT2", utf16(EVENINGS)), frame("SYLT", b"\0eng\x02\x01\0la\0\0\0\0\x01"), apic(3, b"x"),
        frame("COMM", b"\0eng\0a"), frame("TXXX", latin("ARTISTS\0a")), version=data.draw(st.sampled_from([2, 3, 4])),
    )  # fmt: skip
    behind = ape({"Title": "a", "Cover Art (Front)": b"a\0b"}) + lyrics3(LYR="a") + id3v1(b"a")
    whole = bytearray(tag + bytes(40) + behind)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(3, len(whole) - 1))] = data.draw(st.integers(0, 255))
    read_tags(io.BytesIO(bytes(whole[: data.draw(st.integers(0, len(whole)))]))).decoded()


def test_sizes_that_lie_cost_nothing(song: Callable[..., Path]) -> None:
    for front, back in (
        (b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + frame("TIT2", utf8("A"), 4), b""),
        (id3(b"TIT2\xff\xff\xff\xff\0\0" + utf16("A")), b""),
        (b"", b"APETAGEX" + b"\xd0\x07\0\0" + b"\xff" * 12 + bytes(8)),
        (b"", b"999999LYRICS200" + id3v1(b"A")),
    ):
        assert read_tags(io.BytesIO(front + b"\xff\xfb\x90\0" * 10 + back)).texts.keys() <= {"title", "date"}
