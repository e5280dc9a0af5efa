"""Tar headers against `tarfile`, in its three formats, and what is damaged, cut off or hostile."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.errors import MediaError
from sonolux.media.inside.tar_headers import BLOCK, LONGEST_HEADER, TarEntry, tar_entries

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=120)
MEMBERS = st.lists(
    st.tuples(st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=1500)), max_size=6
)
FORMATS = st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


def entries(content: bytes) -> list[TarEntry]:
    return list(tar_entries(lambda place, count: content[place : place + count], len(content)))


def written(members: list[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT, **told: object) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for key, value in told.items():
                setattr(entry, key, value)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@given(MEMBERS, FORMATS)
def test_entries_are_those_that_tarfile_finds(members: list[tuple[str, bytes]], form: int) -> None:
    try:
        content = written(members, form)
    except ValueError:  # longer than the old format allows
        return
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        oracle = [(one.name, one.offset_data, one.size, one.isreg()) for one in archive]
    found = [(one.name.rstrip("/"), one.start, one.size, one.plain) for one in entries(content)]
    assert [one[:3] for one in found] == [one[:3] for one in oracle]
    assert [content[one.start : one.start + one.size] for one in entries(content)] == [told for _, told in members]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_devices_and_folders_are_no_plain_files_and_hide_none(kind: bytes) -> None:
    link = bytearray(written([("a", b"")], type=kind, linkname="/etc/passwd")[:BLOCK])
    link[124:136] = b"%011o\0" % 600
    content = checked(link) + written([("b", b"there")])
    first, second = entries(content)
    assert (first.plain, first.size, second.plain, second.name) == (False, 0, True, "b")


def test_large_numbers_are_read_in_base_256() -> None:
    content = bytearray(written([("a", b"x" * 600)], tarfile.GNU_FORMAT))
    content[124:136] = b"\x80" + (600).to_bytes(11, "big")
    assert entries(checked(content))[0].size == 600
    content[124:136] = b"\xff" * 12
    with pytest.raises(MediaError, match="damaged"):
        entries(checked(content))


def checked(content: bytearray) -> bytes:
    content[148:156] = b" " * 8
    content[148:156] = b"%06o\0 " % sum(content[:BLOCK])
    return bytes(content)


@given(st.binary(max_size=3 * BLOCK))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    try:
        entries(content)
    except MediaError:
        return


@given(st.integers(0, 3 * BLOCK), st.binary(min_size=1, max_size=40))
def test_a_damaged_tar_ends_in_one_line(place: int, wrong: bytes) -> None:
    content = bytearray(written([("a" * 150, b"one"), ("b", b"two")]))
    content[place : place + len(wrong)] = wrong
    try:
        found = entries(bytes(content))
    except MediaError as error:
        assert "\n" not in str(error)
    else:
        assert all(one.start + one.size <= len(content) for one in found)


@pytest.mark.parametrize("left", [BLOCK // 2, BLOCK + 300, 2 * BLOCK + 100])
def test_a_tar_that_is_cut_off_says_so(left: int) -> None:
    content = written([("a", b"x" * 600), ("b", b"y" * 600)], tarfile.USTAR_FORMAT)
    with pytest.raises(MediaError, match="no tar" if left < BLOCK else "cut off"):
        entries(content[:left])


def test_a_header_that_is_too_long_is_not_read() -> None:
    content = bytearray(written([("a", b"")], tarfile.GNU_FORMAT))
    content[156:157], content[124:136] = b"L", b"%011o\0" % (LONGEST_HEADER + 1)
    reads: list[int] = []

    def read_at(place: int, count: int) -> bytes:
        reads.append(count)
        return bytes(checked(content))[place : place + count]

    with pytest.raises(MediaError, match="header of 1,048,577 bytes"):
        list(tar_entries(read_at, 2**30))
    assert max(reads) == BLOCK


def test_the_headers_of_one_entry_are_bounded() -> None:
    content = bytearray(written([("a", b"")], tarfile.GNU_FORMAT)[:BLOCK])
    content[156:157], content[124:136] = b"L", b"%011o\0" % 0
    with pytest.raises(MediaError, match="damaged"):
        entries(checked(content) * 40)
