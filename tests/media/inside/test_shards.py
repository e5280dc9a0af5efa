"""Shards: which members are media, what describes them, and what is left out of hostile ones, a line each."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from shards import animals, die, picture, write_tar
from sonolux.errors import MediaError, QueryError
from sonolux.media.finding import find
from sonolux.media.inside.braces import expand_braces
from sonolux.media.inside.members import listing_at, local_file, open_medium, stamp_of, status_of
from sonolux.media.inside.names import split_name
from sonolux.media.inside.samples import sample_metadata
from sonolux.media.options import ReadOptions
from sonolux.media.paths import folders, from_stored, to_stored
from sonolux.media.workers.pool import DecoderPool
from sonolux.presentation.blend import named_by, parse_blend
from sonolux.settings import settings
from sonolux.types import Failure


def found(path: Path) -> tuple[list[str], list[str]]:
    """Names of the members of a shard, and what is said of it."""
    both = list(find([str(path)], real=True, inside=True))
    names = [one.removeprefix(f"{path}#") for one in both if isinstance(one, str)]
    return names, [one.reason for one in both if isinstance(one, Failure)]


def test_media_are_members_and_what_describes_them_is_not(tmp_path: Path) -> None:
    shard = write_tar(tmp_path / "a.tar", animals())
    assert found(shard) == (["cat-17.jpg", "dog-4.png"], [])
    assert list(find([str(tmp_path)])) == [str(shard)]
    member = listing_at(str(shard)).members["cat-17.jpg"]
    assert sorted(member.described) == ["cls", "json", "txt"]


def test_texts_without_media_are_members(tmp_path: Path) -> None:
    assert found(write_tar(tmp_path / "a.tar", [("1.txt", b"words"), ("1.cls", b"2"), ("2.npy", b"")]))[0] == ["1.txt"]


def test_bytes_and_a_local_copy_of_a_member(tmp_path: Path) -> None:
    shard = write_tar(tmp_path / "a.tar", [("sub/x.y.jpg", picture(1)), ("b.png", picture(2, "PNG"))])
    name = f"{shard}#sub/x.y.jpg"
    with open_medium(name) as file:
        assert file.read() == picture(1)
        assert (file.seek(-2, os.SEEK_END), file.read()) == (len(picture(1)) - 2, picture(1)[-2:])
    with local_file(name) as local:
        assert list(local.coming)[-1] == len(picture(1))
        copy = Path(local.path)
        assert (copy.read_bytes(), copy.suffix) == (picture(1), ".jpg")
        assert copy.is_relative_to(settings().cache)
    assert not copy.exists() and not copy.parent.exists()
    assert status_of(name).size == len(picture(1))
    assert status_of(name).mtime_ns == shard.stat().st_mtime_ns
    assert folders(name)[-2:] == [str(shard), f"{shard}#sub"]
    assert folders(f"{shard}#b.png")[-1] == str(shard)


def test_a_part_of_a_blend_is_a_member_with_a_weight(tmp_path: Path) -> None:
    shard = write_tar(tmp_path / "a.tar", animals())
    assert parse_blend(f"{shard}#cat-17.jpg:0.5") == (f"{shard}#cat-17.jpg", 0.5)
    assert (named_by(f"{shard}#cat-17.jpg"), named_by(f"{shard}#words")) == ("file", "text")
    shard.write_bytes(b"no tar")
    assert named_by(f"{shard}#words") == "text"


def test_a_decoder_that_is_killed_leaves_no_copy(tmp_path: Path) -> None:
    name = f"{write_tar(tmp_path / 'a.tar', animals())}#cat-17.jpg"
    with DecoderPool(1, ReadOptions(), timeout=60, memory=2**32, reader=die) as pool:
        ((path, failure),) = pool.read([name])
    assert isinstance(failure, Failure)
    assert (path, failure.path, failure.reason) == (name, name, "the decoder crashed (signal 9)")
    assert not list((settings().cache / "members").iterdir())


def test_copies_that_a_killed_process_left_are_removed(tmp_path: Path) -> None:
    left = settings().cache / "members" / "999999999-x"
    left.mkdir(parents=True)
    with local_file(f"{write_tar(tmp_path / 'a.tar', animals())}#cat-17.jpg"):
        assert not left.exists()


def test_ordinary_files_with_a_hash_are_what_they_were(tmp_path: Path) -> None:
    ordinary = tmp_path / "a.tar#b.jpg"
    ordinary.write_bytes(picture(7))
    write_tar(tmp_path / "a.tar", [("b.jpg", picture(8)), ("c.jpg", picture(9))])
    (tmp_path / "d#e.jpg").write_bytes(picture(3))
    assert split_name(str(ordinary)) is None
    with open_medium(str(ordinary)) as file:
        assert file.read() == picture(7)
    assert folders(str(ordinary))[-1] == str(tmp_path)
    assert split_name(str(tmp_path / "d#e.jpg")) is None
    assert split_name(str(tmp_path / "gone.tar#e.jpg")) is None


def test_a_folder_that_is_called_like_a_shard_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.tar#y").mkdir()
    inner = write_tar(tmp_path / "x.tar#y" / "z.tar", [("a#1.jpg", picture(1))])
    assert found(inner) == (["a#1.jpg"], [])
    with open_medium(f"{inner}#a#1.jpg") as file:
        assert file.read() == picture(1)


def hostile(path: Path) -> Path:
    with tarfile.open(path, "w") as archive:

        def put(name: str, content: bytes = b"", **told: object) -> None:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for key, value in told.items():
                setattr(entry, key, value)
            archive.addfile(entry, io.BytesIO(content))

        put("/etc/evil.jpg", picture(1))
        put("../../up.jpg", picture(2))
        put("link.jpg", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        put("hard.jpg", type=tarfile.LNKTYPE, linkname="/etc/passwd")
        put("device.jpg", type=tarfile.CHRTYPE)
        put("inner.tar", b"x" * 600)
        put("./twice.jpg", picture(3))
        put("twice.jpg", picture(4))
        put("._twice.jpg", b"of a Mac")
        put("sub/", type=tarfile.DIRTYPE)
    return path


def test_hostile_members_are_left_out_a_line_for_each_kind(tmp_path: Path) -> None:
    shard = hostile(tmp_path / "a.tar")
    names, told = found(shard)
    assert names == ["twice.jpg"]
    with open_medium(f"{shard}#twice.jpg") as file:
        assert file.read() == picture(3)
    assert [line.partition(",")[0] for line in told] == [
        "2 of its members lead out of it",
        "3 of its members are links or no plain files",
        "1 of its members are shards in a shard",
        "1 of its members are there twice",
    ]
    for name in ("/etc/evil.jpg", "../../up.jpg", "link.jpg", "../twice.jpg", ""):
        with pytest.raises(MediaError):
            open_medium(f"{shard}#{name}")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.tar"]


def test_names_that_are_not_utf8_are_kept(tmp_path: Path) -> None:
    shard = write_tar(tmp_path / "a.tar", [(os.fsdecode(b"caf\xe9.jpg"), picture(1))], tarfile.GNU_FORMAT)
    ((name,), _) = found(shard)
    assert os.fsencode(name) == b"caf\xe9.jpg"
    stored = to_stored(f"{shard}#{name}")
    assert stored.isprintable() is False and stored.encode()
    with open_medium(from_stored(stored)) as file:
        assert file.read() == picture(1)


def test_a_cut_off_shard_keeps_what_is_whole_and_says_so(tmp_path: Path) -> None:
    shard = write_tar(tmp_path / "a.tar", [("1.jpg", picture(1)), ("2.jpg", picture(2))])
    with shard.open("r+b") as file:
        file.truncate(2400)
    assert found(shard) == (["1.jpg"], ["is cut off after 1 entries: the rest is not read"])
    assert not listing_at(str(shard)).whole


def test_compressed_shards_and_what_is_none_are_one_line(tmp_path: Path) -> None:
    plain = write_tar(tmp_path / "a.tar", animals()).read_bytes()
    for name, content, line in (
        ("b.tar", gzip.compress(plain), "is a tar compressed with gzip"),
        ("c.tar.gz", gzip.compress(plain), "is a tar compressed with gzip"),
        ("d.tar", b"hello", "is no tar"),
        ("e.tar", b"", "is empty"),
        ("f.tar", plain[-1024:], "holds no media"),
    ):
        (tmp_path / name).write_bytes(content)
        names, told = found(tmp_path / name)
        assert (names, len(told)) == ([], 1)
        assert told[0].startswith(line)


def test_members_that_are_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOLUX_MAX_MEMBER", "1000")
    settings.cache_clear()
    shard = write_tar(tmp_path / "a.tar", [("1.jpg", picture(1)), ("2.jpg", bytes(1001)), ("3.jpg", b"")])
    names, told = found(shard)
    assert (names, told) == (["1.jpg", "3.jpg"], [told[0]])
    assert told[0].startswith("has 1,001 bytes in its shard, more than 1,000: SONOLUX_MAX_MEMBER")
    with pytest.raises(MediaError, match="SONOLUX_MAX_MEMBER"):
        status_of(f"{shard}#2.jpg")
    with pytest.raises(MediaError, match="empty"):
        open_medium(f"{shard}#3.jpg")


def test_the_stamp_follows_what_is_said_and_nothing_else(tmp_path: Path) -> None:
    name = f"{write_tar(tmp_path / 'a.tar', animals())}#cat-17.jpg"
    before = stamp_of(name)
    write_tar(tmp_path / "a.tar", [*animals(), ("new.jpg", picture(9))])
    assert stamp_of(name) == before != ""
    write_tar(tmp_path / "a.tar", [(n, b"4" if n == "cat-17.cls" else c) for n, c in animals()])
    assert stamp_of(name) != before


def test_ten_thousand_members_are_listed_once(tmp_path: Path) -> None:
    shard = write_tar(tmp_path / "a.tar", ((f"{n:05}.{end}", b"x") for n in range(5000) for end in ("jpg", "txt")))
    listing = listing_at(str(shard))
    assert len(listing.members) == 5000
    assert listing_at(str(shard)) is listing


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("s-{08..11}.tar", ["s-08.tar", "s-09.tar", "s-10.tar", "s-11.tar"]),
        ("{3..1}", ["3", "2", "1"]),
        ("{a,b}-{0..1}", ["a-0", "a-1", "b-0", "b-1"]),
        ("{a}.tar", ["{a}.tar"]),
        ("{}{x", ["{}{x"]),
        ("plain", ["plain"]),
        ("{a,{0..1}}", ["a", "0", "a", "1"]),
    ],
)
def test_braces_stand_for_names(given: str, names: list[str]) -> None:
    assert expand_braces(given) == names


def test_braces_of_a_file_that_is_called_so_stay_and_others_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "{0..1}.tar").write_bytes(b"")
    assert expand_braces(str(tmp_path / "{0..1}.tar")) == [str(tmp_path / "{0..1}.tar")]
    for huge in ("{0..999999999}", "{0..999}{0..999}"):
        with pytest.raises(QueryError, match="more than 100,000"):
            expand_braces(huge)


def test_what_a_sample_says_becomes_metadata() -> None:
    said, words = sample_metadata({name.rpartition(".")[2]: content for name, content in animals()[1:4]})
    assert said == {"title": "A cat asleep on a sill", "keywords": ["3", "tabby"], "artist": ["Ada"]}
    assert words == ["http://example.org/kitten", "A cat asleep on a sill"]
    long, _ = sample_metadata({"txt": b"word " * 60})
    assert (list(long), len(long["description"])) == (["description"], 299)
    for broken in (b"{", b"[1]", b"[" * 100_000, b"\xff", b'{"title": {"a": 1}, "tags": [null, true]}'):
        assert sample_metadata({"json": broken}) == ({}, [])
