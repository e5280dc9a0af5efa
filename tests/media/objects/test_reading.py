"""Objects are read in ranges or whole, and nothing is taken for what it is not."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from object_store import ObjectStore, be_impatient, entity_tag, use_store
from s3_server import KEY, SECRET, S3Server
from sonolux.errors import MediaError
from sonolux.media.hashing import content_hash
from sonolux.media.inside.members import is_there, local_file, open_medium, state_of, status_of
from sonolux.media.objects.copies import FOLDER, copy_object, read_and_keep
from sonolux.media.objects.object_file import ObjectFile
from sonolux.media.objects.reading import BLOCK, object_blocks
from sonolux.media.objects.refusals import GoneError
from sonolux.media.objects.statuses import ObjectStatus, object_status
from sonolux.settings import settings

LONG = bytes(range(251)) * 20_000
URL = "s3://box/long #1%.jpg"


@pytest.fixture
def long(objects: ObjectStore) -> ObjectStore:
    """A store with an object of some blocks."""
    objects.buckets["box"]["long #1%.jpg"] = LONG
    return objects


def test_ranges_are_what_lies_there(long: ObjectStore) -> None:
    with open_medium(URL) as file:
        assert (file.seek(3 * BLOCK - 5), file.read(10)) == (3 * BLOCK - 5, LONG[3 * BLOCK - 5 : 3 * BLOCK + 5])
        assert (file.seek(-7, os.SEEK_END), file.read()) == (len(LONG) - 7, LONG[-7:])
        assert file.read() == b""
        file.seek(0)
        assert file.read() == LONG
    assert all(asked for method, _, asked in long.asked if method == "GET")


def test_a_little_of_an_object_costs_a_little(long: ObjectStore) -> None:
    with io.BufferedReader(ObjectFile(URL), 100) as file:
        assert (file.read(4), file.seek(50), file.read(4)) == (LONG[:4], 50, LONG[50:54])
    assert [asked for _, _, asked in long.asked] == ["", f"bytes=0-{BLOCK - 1}"]


@pytest.mark.parametrize("quoted", [True, False])
def test_a_store_without_ranges_is_read_whole_once(long: ObjectStore, quoted: bool) -> None:
    long.ranges, long.quoted = False, quoted
    file = ObjectFile(URL)
    for place in (10, 3 * BLOCK, 0):
        assert file.read_at(place, 100) == LONG[place : place + 100]
    assert long.count("GET") == 2  # one that asks for a range, and one for all
    file.close()


def test_what_is_too_large_or_empty_is_refused(long: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    long.buckets["box"]["empty.jpg"] = b""
    monkeypatch.setenv("SONOLUX_MAX_OBJECT", "1000")
    settings.cache_clear()
    for read in (lambda: ObjectFile(URL), lambda: content_hash(URL), lambda: list(copy_object(URL, Path("x")))):
        with pytest.raises(MediaError, match=r"has 5,020,000 bytes, more than 1,000: SONOLUX_MAX_OBJECT"):
            read()
    with pytest.raises(MediaError, match=r"is empty \(0 bytes\)"):
        content_hash("s3://box/empty.jpg")
    assert not any(asked for _, key, asked in long.asked if key == "empty.jpg")


@pytest.mark.parametrize("conditions", [True, False])
def test_an_object_that_is_replaced_is_no_mixture(long: ObjectStore, conditions: bool) -> None:
    long.conditions = conditions
    file = ObjectFile(URL)
    assert file.read_at(0, 10) == LONG[:10]
    long.buckets["box"]["long #1%.jpg"] = LONG[::-1]
    with pytest.raises(MediaError, match="was replaced while it was read"):
        file.read_at(2 * BLOCK, 10)
    file.close()


@pytest.mark.parametrize("ranges", [True, False])
def test_an_object_that_is_replaced_in_the_middle_is_no_mixture(
    long: ObjectStore, monkeypatch: pytest.MonkeyPatch, ranges: bool
) -> None:
    be_impatient(monkeypatch)
    long.ranges = ranges
    long.faults, long.times = {"long #1%.jpg": "replace"}, {"long #1%.jpg": 1}
    with pytest.raises(MediaError):
        content_hash(URL)
    assert not list((settings().cache / FOLDER).iterdir())
    long.buckets["box"]["long #1%.jpg"] = LONG
    assert content_hash(URL) == content_hash(str(_file_of(LONG)))


def _file_of(content: bytes) -> Path:
    path = settings().cache / "content"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("fault", ["cut", "stall", 503])
def test_what_breaks_off_is_taken_up_again(long: ObjectStore, fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOLUX_STORAGE_SECONDS", "3" if fault == "stall" else "20")
    settings.cache_clear()
    often = 1 if fault == "stall" else 2
    long.faults, long.times = {"long #1%.jpg": fault}, {"long #1%.jpg": often}
    _, blocks = object_blocks(URL)
    assert b"".join(blocks) == LONG
    long.times = {"long #1%.jpg": 0}
    status = object_status(URL)
    long.times = {"long #1%.jpg": often}
    assert ObjectFile(URL, status).read_at(BLOCK, BLOCK) == LONG[BLOCK : 2 * BLOCK]


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("cut", "the store cuts it off again and again"),
        ("stall", "the store does not go on sending"),
        (503, "the store answers 503"),
        (403, "access denied"),
        (404, "is not there"),
    ],
)
def test_what_goes_on_failing_is_a_line(
    long: ObjectStore, fault: object, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_impatient(monkeypatch)
    long.faults = {"long #1%.jpg": fault}
    with pytest.raises(MediaError, match=line):
        content_hash(URL)
    assert not list((settings().cache / FOLDER).glob("*"))


def test_what_is_read_is_kept_for_who_decodes_it(long: ObjectStore, tmp_path: Path) -> None:
    digest = content_hash(URL)
    assert digest == content_hash(str(_file_of(LONG)))
    (kept,) = (settings().cache / FOLDER).iterdir()
    assert (kept.read_bytes(), kept.stat().st_mode & 0o077) == (LONG, 0)
    long.asked.clear()
    with local_file(URL) as local:
        assert list(local.coming) == []
        copy = Path(local.path)
        assert (copy.read_bytes(), copy.suffix) == (LONG, ".jpg")
        kept.unlink()  # as it goes from a cache that is full
        assert copy.read_bytes() == LONG
    assert not copy.exists() and [one[:2] for one in long.asked] == [("HEAD", "long #1%.jpg")]
    with local_file(URL) as local:
        assert list(local.coming)[-1] == len(LONG)
        assert Path(local.path).read_bytes() == LONG


def test_what_was_kept_is_not_taken_for_what_replaced_it(long: ObjectStore) -> None:
    content_hash(URL)
    long.buckets["box"]["long #1%.jpg"] = LONG[::-1]
    with local_file(URL) as local:
        assert list(local.coming)
        assert Path(local.path).read_bytes() == LONG[::-1]


def test_the_cache_is_bounded_and_large_objects_are_not_kept(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONOLUX_OBJECT_CACHE", "8000")
    settings.cache_clear()
    for number in range(20):
        objects.buckets["box"][f"{number}.jpg"] = bytes([number]) * 1000
        content_hash(f"s3://box/{number}.jpg")
        assert sum(one.stat().st_size for one in (settings().cache / FOLDER).iterdir()) <= 8000
    objects.buckets["box"]["large.jpg"] = bytes(2001)
    before = set((settings().cache / FOLDER).iterdir())
    content_hash("s3://box/large.jpg")
    assert set((settings().cache / FOLDER).iterdir()) == before


def test_who_stops_reading_leaves_nothing(long: ObjectStore) -> None:
    blocks = read_and_keep(URL)
    next(blocks)
    blocks.close()
    assert not list((settings().cache / FOLDER).iterdir())


def test_a_full_disk_costs_the_copy_and_not_the_object(long: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonolux.media.disk_cache.DiskCache.take", _refuse)
    assert content_hash(URL) == content_hash(str(_file_of(LONG)))
    assert not list((settings().cache / FOLDER).iterdir())


def _refuse(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_statuses_are_told(long: ObjectStore) -> None:
    told = status_of(URL)
    assert told == state_of(URL)
    assert (told.size, told.etag, told.mtime_ns) == (len(LONG), entity_tag(LONG), 1704067200 * 10**9)
    assert is_there(URL) and not is_there("s3://box/other.jpg")
    with pytest.raises(GoneError):
        status_of("s3://box/other.jpg")
    long.faults = {"long #1%.jpg": 403}
    assert is_there(URL)  # as far as anybody knows


def test_content_is_the_same_by_the_entity_tag_or_else_by_the_time() -> None:
    one = ObjectStatus(3, 5, "a")
    assert one.is_of(ObjectStatus(3, 6, "a")) and not one.is_of(ObjectStatus(3, 5, "b"))
    assert one.is_of(ObjectStatus(3, 5, "")) and not one.is_of(ObjectStatus(3, 6, ""))
    assert not one.is_of(ObjectStatus(4, 5, "a"))


def test_a_real_store_is_read(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    use_store(monkeypatch, s3_server.url, KEY, SECRET)
    (s3_server.folder / "read").mkdir()
    (s3_server.folder / "read" / "a #1%.jpg").write_bytes(LONG)
    url = "s3://read/a #1%.jpg"
    assert content_hash(url) == content_hash(str(_file_of(LONG)))
    with open_medium(url) as file:
        assert (file.seek(BLOCK), file.read(9)) == (BLOCK, LONG[BLOCK : BLOCK + 9])
    assert object_status(url).etag == entity_tag(LONG)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(MediaError, match=r"the secret key is not that of the access key|access denied"):
        content_hash(url)
