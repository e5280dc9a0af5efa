"""Reading TensorFlow's checkpoints, against a writer of our own, and whatever else may come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sonolux.checkpoints import tensor_bundle
from sonolux.checkpoints.tensor_bundle import MAGIC, read_tensor_bundle
from sonolux.encoders.packaged.packages import MUSIC, MUSICNN
from sonolux.errors import ModelError

TENSORS = {
    "conv/bias": np.arange(3, dtype=np.float32),
    "conv/kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "scalar": np.float32(7).reshape(()),
    "zeros/none": np.zeros((0, 5), np.float32),
}


def varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def field(number: int, content: int | bytes) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def block(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """A block whose keys share what they can with the one before, and its trailer."""
    content, before = b"", b""
    for key, value in pairs:
        shared = next(
            (i for i, (a, b) in enumerate(zip(before, key, strict=False)) if a != b), min(map(len, (before, key)))
        )
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    content += (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + b"\x00"
    return content + tensor_bundle._masked_checksum(content).to_bytes(4, "little")


def entry(values: NDArray[np.float32], offset: int, **other: Any) -> bytes:
    shape = b"".join(field(2, field(1, size)) for size in values.shape)
    known = {"kind": 1, "shard": 0, "size": values.nbytes, **other}
    parts = field(1, known["kind"]) + field(2, shape) + field(3, known["shard"]) + field(4, offset)
    return parts + field(5, known["size"]) + bytes([6 << 3 | 5]) + b"\0\0\0\0" + known.get("more", b"")


def table(pairs: list[tuple[bytes, bytes]]) -> bytes:
    half = len(pairs) // 2
    blocks = [part for part in (pairs[:half], pairs[half:]) if part]
    content, places = b"", []
    for part in blocks:
        written = block(part)
        places.append((part[-1][0], varint(len(content)) + varint(len(written) - 5)))
        content += written
    statistics, index = block([]), block(places)
    where = varint(len(content)) + varint(len(statistics) - 5)
    where += varint(len(content) + len(statistics)) + varint(len(index) - 5)
    return content + statistics + index + where.ljust(40, b"\0") + MAGIC


def write(folder: Path, header: bytes | None = None, **other: Any) -> tuple[Path, Path]:
    pairs, data = [(b"", field(1, 1) if header is None else header)], b""
    for name, values in TENSORS.items():
        pairs.append((name.encode(), entry(values, len(data), **other)))
        data += values.tobytes()
    index, numbers = folder / "model.index", folder / "model.data-00000-of-00001"
    index.write_bytes(table(pairs))
    numbers.write_bytes(data)
    return index, numbers


def test_the_checksum_is_castagnolis() -> None:
    """The check value of CRC-32C is that of the digits 1 to 9 (RFC 3720, B.4)."""
    plain = 0xE3069283
    assert tensor_bundle._masked_checksum(b"123456789") == ((plain >> 15 | plain << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_what_was_written_is_read(tmp_path: Path) -> None:
    found = read_tensor_bundle(*write(tmp_path))
    assert found.keys() == TENSORS.keys()
    for name, values in TENSORS.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].shape == values.shape
    assert read_tensor_bundle(*write(tmp_path), frozenset({"scalar"})).keys() == {"scalar"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"header": field(1, 4)}, "in 4 files, not in one"),
        ({"header": field(1, 1) + field(2, 1)}, "big-endian"),
        ({"kind": 9}, "conv/bias is of type 9, not of float32"),
        ({"shard": 1}, "conv/bias is in file 1"),
        ({"size": 4}, "conv/bias has 4 bytes for the shape"),
        ({"more": field(7, b"")}, "conv/bias is written in slices"),
    ],
    ids=str,
)
def test_what_is_not_read_here_is_named(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said) as refused:
        read_tensor_bundle(*write(tmp_path, **wrong))
    assert "\n" not in str(refused.value)


class TestHostile:
    def refused(self, index: Path, data: Path, said: str = "", wanted: frozenset[str] | None = None) -> None:
        with pytest.raises(ModelError, match=said) as refused:
            read_tensor_bundle(index, data, wanted)
        assert "\n" not in str(refused.value)

    def test_a_name_that_is_not_there(self, tmp_path: Path) -> None:
        self.refused(*write(tmp_path), "there is no tensor dense/kernel", frozenset({"dense/kernel"}))

    def test_numbers_that_end_early(self, tmp_path: Path) -> None:
        index, data = write(tmp_path)
        data.write_bytes(data.read_bytes()[:-4])
        self.refused(index, data, "scalar ends behind the end of model.data")

    def test_files_that_are_not_there(self, tmp_path: Path) -> None:
        index, data = write(tmp_path)
        self.refused(tmp_path / "no.index", data, "no.index cannot be read")
        self.refused(index, tmp_path / "no.data", "no.data cannot be read")

    def test_a_damaged_bit(self, tmp_path: Path) -> None:
        index, data = write(tmp_path)
        content = bytearray(index.read_bytes())
        content[30] ^= 4
        index.write_bytes(content)
        self.refused(index, data, "a block is damaged")

    def test_another_file_and_a_large_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        index, data = write(tmp_path)
        self.refused(data, index, "does not end as a table does")
        monkeypatch.setattr(tensor_bundle, "LARGEST_TABLE", 100)
        self.refused(index, data, "a table of more than 100 bytes")

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
    @given(
        changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8), keep=st.integers(0, 400)
    )
    def test_whatever_comes_is_read_or_refused_in_one_line(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: list[tuple[int, int]], keep: int
    ) -> None:
        # Without checksums, so that what is behind them is met.
        monkeypatch.setattr(tensor_bundle, "_masked_checksum", lambda content: 0)
        index, data = write(tmp_path)
        content = bytearray(index.read_bytes())
        del content[keep : keep + keep % 7]
        for place, byte in changes:
            content[place % len(content)] = byte
        index.write_bytes(content)
        try:
            found = read_tensor_bundle(index, data)
        except ModelError as error:
            assert "\n" not in str(error)
        else:
            assert sum(values.nbytes for values in found.values()) < 2**20


@pytest.mark.skipif(MUSIC.state != "ready", reason="musicnn is not installed")
@pytest.mark.parametrize("where", MUSICNN)
def test_a_real_one_is_read(where: str) -> None:
    found = read_tensor_bundle(MUSIC.path(f"{where}.index"), MUSIC.path(f"{where}.data-00000-of-00001"))
    assert found["conv2d/kernel"].shape == (7, 38, 1, 204)
    assert found["dense_1/bias"].shape == (50,)
    variances = [values for name, values in found.items() if name.endswith("moving_variance")]
    assert len(variances) == 11 and all((values > 0).all() for values in variances)
