"""Pictures that break off at their very end are read, and say so; of which more is missing are refused."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import PIL.Image
import pillow_heif
import pytest
import tifffile

from sonolux.errors import MediaError
from sonolux.media.images.image import decode_image, decode_partly
from sonolux.media.images.jpeg_scans import Lacking, what_is_lacking
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Decoded, Segment

LIMIT = 200_000_000
ALL_THERE = "all of its pixels are there"
FINEST = "its finest detail is missing"


@pytest.fixture(scope="module")
def landscape() -> PIL.Image.Image:
    """Smooth and detailed at once, every row and column another."""
    rng = np.random.default_rng(7)
    coarse = PIL.Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize((480, 360), 3)
    return PIL.Image.fromarray(np.clip(np.asarray(coarse) + rng.normal(0, 6, (360, 480, 3)), 0, 255).astype(np.uint8))


def encoded(picture: PIL.Image.Image, form: str, **options: Any) -> bytes:
    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def seen(content: bytes) -> tuple[np.ndarray, str]:
    image, missing = decode_partly(content, 512, LIMIT)
    return image.pixels, missing


def share_of(missing: str) -> float:
    found = re.fullmatch(r"breaks off: (\d+\.\d\d) % of its pixels are there", missing)
    assert found, missing
    return float(found[1]) / 100


FORMS: list[tuple[str, dict[str, Any]]] = [
    ("JPEG", {}),
    ("JPEG", {"subsampling": 0, "restart_marker_rows": 1}),
    ("PNG", {}),
    ("GIF", {"interlace": 0}),
    ("TIFF", {}),
    ("BMP", {}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("HEIF", {}),
    ("AVIF", {"speed": 9}),
]


@pytest.mark.parametrize(("form", "options"), FORMS)
def test_the_very_end_may_be_missing(landscape: PIL.Image.Image, form: str, options: dict[str, Any]) -> None:
    """What is said to be there is there: compared with the whole picture."""
    whole = encoded(landscape, form, **options)
    truth = decode_image(whole, 512, LIMIT).pixels
    for lost in (20, len(whole) // 100):
        pixels, missing = seen(whole[:-lost])
        right = (pixels == truth).all(axis=2).mean()
        if ALL_THERE in missing:
            assert right == 1.0
        else:
            assert 0.95 <= share_of(missing) <= right + 0.005
    with pytest.raises(MediaError, match=f"damaged {form} picture"):
        decode_image(whole[: len(whole) * 7 // 10], 512, LIMIT)


def test_cases_are_read_and_named(cases: Path) -> None:
    for name, told in (("no_eoi", ALL_THERE), ("minus_20B", "99.91 % of its pixels are there")):
        *_, image, end = read(str(cases / "jpeg-incomplete" / f"{name}.jpg"), ReadOptions())
        assert isinstance(image, Segment) and isinstance(end, Decoded)
        assert told in end.missing


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF"])
def test_pictures_without_their_last_mark(landscape: PIL.Image.Image, form: str) -> None:
    whole = encoded(landscape, form)
    pixels, missing = seen(whole[: -{"JPEG": 2, "PNG": 12, "GIF": 1}[form]])
    assert (pixels == decode_image(whole, 512, LIMIT).pixels).all()
    # A GIF's trailer says nothing: many end without, and with zeros behind.
    assert missing == "" if form == "GIF" else ALL_THERE in missing


def test_progressive_pictures_may_lack_their_finest_scan(landscape: PIL.Image.Image) -> None:
    whole = encoded(landscape, "JPEG", progressive=True, quality=90)
    scans = [at for at in range(len(whole)) if whole[at : at + 2] == b"\xff\xda"]
    truth = decode_image(whole, 512, LIMIT).pixels.astype(int)
    for end in (scans[-1], (scans[-1] + len(whole)) // 2, len(whole) - 20):
        pixels, missing = seen(whole[:end])
        assert missing.endswith(FINEST) if end < len(whole) - 20 else share_of(missing) > 0.99
        assert np.abs(pixels - truth).mean() < 8
    # Without the second bit but last, or all of the fine detail in one colour, it is another picture.
    for end in (scans[5], scans[3], scans[1]):
        with pytest.raises(MediaError, match="truncated"):
            decode_image(whole[:end], 512, LIMIT)


def test_interlaced_pictures_may_lack_every_other_row(landscape: PIL.Image.Image) -> None:
    whole = encoded(landscape, "GIF")  # interlaced, as Pillow writes them
    pixels, missing = seen(whole[: len(whole) * 7 // 10])
    assert missing.endswith(FINEST)
    assert (pixels[::2] == decode_image(whole, 512, LIMIT).pixels[::2]).all()
    assert (pixels[359] == pixels[358]).all()
    with pytest.raises(MediaError, match="truncated"):
        decode_image(whole[: len(whole) * 4 // 10], 512, LIMIT)


def test_downloads_whose_rest_was_never_written(landscape: PIL.Image.Image) -> None:
    """The room was reserved: the file is as long as it should be, and ends in zeros."""
    whole = encoded(landscape, "JPEG")
    half = len(whole) // 2
    with pytest.raises(MediaError, match="never written"):
        decode_image(whole[:half] + bytes(len(whole) - half), 512, LIMIT)
    _, missing = seen(whole[:-200] + bytes(200))
    assert share_of(missing) > 0.95
    assert seen(whole + bytes(5000))[1] == ""
    assert seen(whole + b"MotionPhoto_Data" + bytes(5000))[1] in (
        "",
        "is damaged, or breaks off at its very end: all of its pixels are there",
    )
    assert seen(whole + b"\0\0\0\x18ftypmp42 a film behind the picture")[1] == ""


def test_damaged_remarks_of_a_png_cost_no_pixel(landscape: PIL.Image.Image) -> None:
    whole = encoded(landscape, "PNG")
    remark = b"tEXtComment\0hello"
    wrong = (len(remark) - 4).to_bytes(4, "big") + remark + b"\0\0\0\0"
    pixels, missing = seen(whole[:33] + wrong + whole[33:])
    assert (pixels == decode_image(whole, 512, LIMIT).pixels).all()
    assert ALL_THERE in missing
    header = bytearray(whole)
    header[29] ^= 1
    with pytest.raises(MediaError, match="damaged PNG"):
        decode_image(bytes(header), 512, LIMIT)
    right = (len(remark) - 4).to_bytes(4, "big") + remark + crc32(remark).to_bytes(4, "big")
    assert seen(whole[:33] + right + whole[33:])[1] == ""


def test_a_transparent_gif_is_measured_as_well(landscape: PIL.Image.Image) -> None:
    frame = landscape.quantize(32)
    frame.info["transparency"] = 5
    whole = encoded(frame, "GIF", interlace=0, transparency=5)
    assert 0.95 < share_of(seen(whole[: -len(whole) // 50])[1]) < 1
    with pytest.raises(MediaError):
        decode_image(whole[: len(whole) // 2], 512, LIMIT)


def test_the_last_strip_of_a_tiff_may_be_short(landscape: PIL.Image.Image, tmp_path: Path) -> None:
    for packed in (None, "zlib"):
        path = tmp_path / f"{packed}.tif"
        tifffile.imwrite(path, np.asarray(landscape), photometric="rgb", compression=packed, rowsperstrip=8)
        path.write_bytes(path.read_bytes()[:-10])
        assert share_of(decode_partly(str(path), 512, LIMIT)[1]) > 0.97


def test_headers_of_scans_may_be_anything() -> None:
    assert what_is_lacking(b"").much
    assert what_is_lacking(b"\xff\xd8\xff\xda\x00\x00").much
    assert what_is_lacking(b"\xff\xd8" + b"\xff\xda\x00\x08\x01\x09\x00\x00\xff\x00" * 50).much
    assert what_is_lacking(b"\xff\xd8\xff\xc2\x00\xff").much
    assert what_is_lacking(b"\xff\xd8\xff\xd9") == Lacking()
