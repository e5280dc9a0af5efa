"""Camera raw files: the largest preview stands for them, upright, with what the file says of itself."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile

from media.specimens import noisy, photo
from sonolux.errors import MediaError
from sonolux.media.images.image import decode_image
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Probe, Segment

LIMIT = 200_000_000
TAKEN, CAMERA = "2019:07:04 12:30:00", "Lumen"


def jpeg(width: int, height: int, **options: Any) -> bytes:
    out = io.BytesIO()
    photo(width, height).save(out, "JPEG", quality=95, **options)
    return out.getvalue()


LOSSLESS = (
    b"\xff\xd8\xff\xc4\x00\x14\x00" + bytes(17) + b"\xff\xc3\x00\x0b\x0e\x10\x00\x10\x00\x01\x01\x11\x00" + bytes(64)
)
"""What sensor values are packed in: a JPEG without loss, of 14 bits, larger than any preview."""


def tiff(blobs: list[bytes], *, order: str = "<", magic: bytes = b"", orientation: int = 1, kind: str = "sub") -> bytes:
    """A TIFF with previews in directories within its first, sensor values in the last, EXIF and a place."""
    mark = magic or (b"II*\0" if order == "<" else b"MM\0*")
    body = bytearray(mark + bytes(4) + b"CR\x02\0" + bytes(4) if kind == "canon" else mark + bytes(4))

    def put(data: bytes) -> int:
        body.extend(bytes(len(body) % 2))
        body.extend(data)
        return len(body) - len(data)

    def directory(entries: list[tuple[int, int, Any]]) -> int:
        told = []
        for tag, form, value in sorted(entries):
            data = value if isinstance(value, bytes) else struct.pack(f"{order}{len(value)}{'HIII'[form - 3]}", *value)
            count = len(value) // 8 if form == 5 else len(value)
            held = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(f"{order}I", put(data))
            told.append(struct.pack(f"{order}HHI", tag, form, count) + held)
        return put(struct.pack(f"{order}H", len(told)) + b"".join(told) + bytes(4))

    within = []
    for number, blob in enumerate([*blobs, LOSSLESS]):
        entries = [(256, 4, [16]), (257, 4, [16]), (273, 4, [put(blob)]), (279, 4, [len(blob)])]
        sensor = number == len(blobs) and kind == "sub"
        within.append(directory([*entries, (259, 3, [7]), (262, 3, [32803 if sensor else 6])]))
    exif = directory([(0x9003, 2, TAKEN.encode() + b"\0")])
    degrees = struct.pack(f"{order}6I", 48, 1, 30, 1, 0, 1)
    gps = directory([(1, 2, b"N\0"), (2, 5, degrees), (3, 2, b"E\0"), (4, 5, degrees)])
    first = directory([
        (254, 4, [1]), (256, 4, [16]), (257, 4, [16]), (258, 3, [8]), (259, 3, [1]), (262, 3, [1]),
        (271, 2, CAMERA.encode() + b"\0"), (272, 2, b"One\0"), (274, 3, [orientation]), (273, 4, [put(bytes(256))]),
        (279, 4, [256]), (330, 4, within), (0x8769, 4, [exif]), (0x8825, 4, [gps]),
    ])  # fmt: skip
    body[4:8] = struct.pack(f"{order}I", first)
    return bytes(body)


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def canon_3(preview: bytes) -> bytes:
    """A CR3: EXIF in TIFFs of their own, the preview beside the sensor values."""

    def block(entries: list[tuple[int, str | int]]) -> bytes:
        exif = PIL.Image.Exif()
        for tag, value in entries:
            exif[tag] = value
        return exif.tobytes().removeprefix(b"Exif\0\0")

    told = box(b"CMT1", block([(271, CAMERA), (272, "One"), (274, 1)])) + box(b"CMT2", block([(0x9003, TAKEN)]))
    return box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"uuid", bytes(16) + told)) + box(b"mdat", preview)


def raws() -> dict[str, bytes]:
    small, large = jpeg(48, 32), jpeg(240, 160)
    exif = PIL.Image.Exif()
    exif[271], exif[272] = CAMERA, "One"
    exif.get_ifd(0x8769)[0x9003] = TAKEN
    return {
        "dng": tiff([small, large]),
        "nef": tiff([large, small], order=">"),
        "cr2": tiff([small, large], kind="canon"),
        "orf": tiff([small, large], magic=b"IIRO"),
        "rw2": tiff([small, large], magic=b"IIU\0"),
        "raf": b"FUJIFILMCCD-RAW 0201FF" + bytes(200) + jpeg(240, 160, exif=exif) + noisy().tobytes(),
        "cr3": canon_3(small + bytes(99) + large + LOSSLESS),
    }


RAWS = raws()


@pytest.mark.parametrize("name", RAWS)
def test_the_largest_preview_stands_for_a_raw_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{name}"
    path.write_bytes(RAWS[name])
    found, image = read(str(path), ReadOptions())
    assert isinstance(found, Probe) and isinstance(image, Segment)
    assert found.format == "raw"
    assert {key: found.metadata[key] for key in ("width", "height", "camera", "date")} == {
        "width": 240, "height": 160, "camera": "Lumen One", "date": "2019-07-04T12:30:00Z",
    }  # fmt: skip
    if name not in ("raf", "cr3"):
        assert found.metadata["latitude"] == pytest.approx(48.5)
    assert np.abs(image.content.pixels.astype(int) - np.asarray(photo(240, 160))).mean() < 8  # type: ignore[union-attr]


def test_previews_are_turned_as_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(tiff([jpeg(240, 160)], orientation=6))
    found, _ = read(str(path), ReadOptions())
    assert isinstance(found, Probe) and (found.metadata["width"], found.metadata["height"]) == (160, 240)
    upright = np.asarray(photo(240, 160).transpose(PIL.Image.Transpose.ROTATE_270)).astype(int)
    assert np.abs(decode_image(str(path), 512, LIMIT).pixels - upright).mean() < 8


def test_previews_that_are_upright_already_stay_so() -> None:
    for orientation in (1, 6, 8):
        pixels = decode_image(tiff([jpeg(160, 240)], orientation=orientation), 512, LIMIT).pixels
        assert np.abs(pixels.astype(int) - np.asarray(photo(160, 240))).mean() < 8


def test_raw_files_without_a_preview_are_refused() -> None:
    with pytest.raises(MediaError, match="raw file without a preview"):
        decode_image(tiff([]), 64, LIMIT)
    with pytest.raises(MediaError, match="raw file without a preview"):
        decode_image(b"FUJIFILMCCD-RAW " + noisy().tobytes(), 64, LIMIT)


def test_damage_is_one_line() -> None:
    for name, content in RAWS.items():
        for end in (20, 100, len(content) // 2):
            try:
                decode_image(content[:end], 64, LIMIT)
            except MediaError as error:
                assert "\n" not in str(error), name


def test_directories_in_a_circle_and_many_beginnings() -> None:
    content = bytearray(tiff([jpeg(48, 32)]))
    first = int.from_bytes(content[4:8], "little")
    content[first + 2 + 14 * 12 : first + 6 + 14 * 12] = content[4:8]
    assert decode_image(bytes(content), 64, LIMIT).pixels.shape == (32, 48, 3)
    with pytest.raises(MediaError):
        decode_image(b"FUJIFILMCCD-RAW " + b"\xff\xd8\xff" * 100_000, 64, LIMIT)


def test_other_tiffs_are_no_raw_files(tmp_path: Path) -> None:
    """One with pages of its own, and with a JPEG in it as compression."""
    tifffile.imwrite(tmp_path / "a.tif", np.asarray(photo()), photometric="rgb")
    photo().save(tmp_path / "b.tif", compression="jpeg")
    for name in ("a.tif", "b.tif"):
        found = next(read(str(tmp_path / name), ReadOptions()))
        assert isinstance(found, Probe) and found.format == "tiff"
