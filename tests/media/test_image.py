from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pillow_heif
import pytest
from PIL import ImageCms

from media.specimens import noisy, photo, png_of_zeros
from sonolux.errors import MediaError
from sonolux.media.images.image import decode_image
from sonolux.media.reading import ReadOptions, read
from sonolux.media.signatures import image_format

LIMIT = 200_000_000
RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 0)


def encoded(picture: PIL.Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def decoded(content: bytes, side: int = 512) -> np.ndarray:
    pixels = decode_image(content, side, LIMIT).pixels
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable
    return pixels


def quarters(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """Colours of the quarters' centres: top left, top right, bottom left, bottom right."""
    height, width = pixels.shape[:2]
    return [tuple(pixels[height * y // 4, width * x // 4]) for y in (1, 3) for x in (1, 3)]


def assert_close(found: list[tuple[int, ...]], wanted: list[tuple[int, ...]], within: int) -> None:
    assert np.abs(np.subtract(found, wanted, dtype=int)).max() <= within, (found, wanted)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP", "GIF", "WEBP"])
def test_lossless_formats_are_exact(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    assert_close(quarters(decoded(encoded(photo(), form, **options))), [RED, GREEN, BLUE, YELLOW], 0)


@pytest.mark.parametrize("form", ["JPEG", "HEIF"])
def test_lossy_formats_are_close(form: str) -> None:
    pillow_heif.register_heif_opener()
    assert_close(quarters(decoded(encoded(photo(), form))), [RED, GREEN, BLUE, YELLOW], 12)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG", "WEBP", "AVIF"])
def test_images_are_upright(form: str, orientation: int) -> None:
    """The stored pixels are turned the wrong way round, so that the orientation undoes it, once."""
    turns = {
        1: [],
        2: ["FLIP_LEFT_RIGHT"],
        3: ["ROTATE_180"],
        4: ["FLIP_TOP_BOTTOM"],
        5: ["TRANSPOSE"],
        6: ["ROTATE_90"],
        7: ["TRANSVERSE"],
        8: ["ROTATE_270"],
    }
    stored = photo()
    for turn in turns[orientation]:
        stored = stored.transpose(PIL.Image.Transpose[turn])
    exif = PIL.Image.Exif()
    exif[0x112] = orientation
    options: dict[str, Any] = {"quality": 95} if form in ("JPEG", "WEBP", "AVIF") else {}
    pixels = decoded(encoded(stored, form, exif=exif, **options))
    assert pixels.shape == (64, 96, 3)
    assert_close(quarters(pixels), [RED, GREEN, BLUE, YELLOW], 40)


def test_profiles_are_obeyed() -> None:
    """A profile whose red and green primaries are exchanged turns red into green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")
    picture = PIL.Image.new("RGB", (8, 8), (255, 0, 0))
    assert_close([tuple(decoded(encoded(picture, "PNG", icc_profile=swapped))[4, 4])], [(0, 255, 0)], 2)
    assert_close([tuple(decoded(encoded(picture, "PNG", icc_profile=profile))[4, 4])], [(255, 0, 0)], 2)
    clear = PIL.Image.new("RGBA", (8, 8), (255, 0, 0, 255))
    assert_close([tuple(decoded(encoded(clear, "PNG", icc_profile=swapped))[4, 4])], [(0, 255, 0)], 2)


@pytest.mark.parametrize("profile", [b"", b"junk" * 50])
def test_broken_profiles_mean_srgb(profile: bytes) -> None:
    content = encoded(photo(), "PNG", icc_profile=profile)
    assert_close(quarters(decoded(content)), [RED, GREEN, BLUE, YELLOW], 0)


def test_transparency_is_white() -> None:
    picture = PIL.Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (0, 0, 4, 8))
    picture.putpixel((7, 7), (0, 0, 0, 128))
    pixels = decoded(encoded(picture, "PNG"))
    assert tuple(pixels[2, 1]) == (0, 0, 0)
    assert tuple(pixels[2, 6]) == (255, 255, 255)
    assert abs(int(pixels[7, 7, 0]) - 127) <= 1


@pytest.mark.parametrize("mode", ["LA", "PA", "P"])
def test_transparent_grey_and_palettes(mode: str) -> None:
    picture = PIL.Image.new("RGBA", (8, 8), (255, 255, 255, 0))
    picture.paste((0, 0, 0, 255), (0, 0, 4, 8))
    converted = picture.convert("LA") if mode != "P" else picture.quantize(4)
    form = "PNG" if mode != "PA" else "TIFF"
    pixels = decoded(encoded(converted.convert(mode) if mode == "PA" else converted, form))
    assert tuple(pixels[2, 1]) == (0, 0, 0)
    assert tuple(pixels[2, 6]) == (255, 255, 255)


def test_sixteen_bits_keep_their_tones() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, axis=0)
    for form in ("PNG", "TIFF"):
        pixels = decoded(encoded(PIL.Image.fromarray(ramp), form))
        assert np.abs(pixels[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_deep_tiffs() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None].repeat(4, axis=0)
    floats = decoded(encoded(PIL.Image.fromarray(ramp), "TIFF"))
    assert np.abs(floats[0, :, 0].astype(int) - np.arange(256)).max() <= 1
    ramp[1] = np.nan
    assert decoded(encoded(PIL.Image.fromarray(ramp), "TIFF")).shape == (4, 256, 3)
    wide = (np.linspace(-5, 5, 256)[None].repeat(4, axis=0) * 1e6).astype(np.int32)
    integers = decoded(encoded(PIL.Image.fromarray(wide), "TIFF"))
    assert np.abs(integers[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_other_modes() -> None:
    assert_close(quarters(decoded(encoded(photo().convert("CMYK"), "JPEG"))), [RED, GREEN, BLUE, YELLOW], 12)
    assert_close(quarters(decoded(encoded(photo().convert("CMYK"), "TIFF"))), [RED, GREEN, BLUE, YELLOW], 0)
    assert decoded(encoded(photo().convert("1"), "PNG"))[5, -5].tolist() in ([0] * 3, [255] * 3)
    grey = decoded(encoded(PIL.Image.new("L", (5, 5), 77), "PNG"))
    assert (grey == 77).all()
    lab = ImageCms.applyTransform(
        photo(),
        ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"),
    )
    assert lab is not None
    assert_close(quarters(decoded(encoded(lab, "TIFF"))), [RED, GREEN, BLUE, YELLOW], 25)


def test_animations_give_their_first_frame() -> None:
    frames = [PIL.Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for form in ("GIF", "WEBP", "PNG"):
        content = encoded(frames[0], form, save_all=True, append_images=frames[1:])
        assert_close([tuple(decoded(content)[4, 4])], [RED], 6)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_extreme_shapes(size: tuple[int, int]) -> None:
    pixels = decoded(encoded(PIL.Image.new("RGB", size, "red"), "PNG"), side=100)
    assert max(pixels.shape[:2]) == min(100, max(size))
    assert min(pixels.shape[:2]) == 1
    assert (pixels == RED).all()


def test_images_are_scaled_down_but_never_up(data: Path) -> None:
    path = str(next(data.glob("imagenet_sample/*.jpg")))
    with PIL.Image.open(path) as picture:
        size = picture.size
        small = np.asarray(picture.convert("RGB").resize((64, round(64 * size[1] / size[0])), PIL.Image.BOX))
    assert decode_image(path, 5000, LIMIT).pixels.shape[:2] == size[::-1]
    pixels = decode_image(path, 64, LIMIT).pixels
    assert pixels.shape == small.shape
    assert np.abs(pixels.astype(int) - small).mean() < 4


def test_jpegs_are_scaled_while_they_are_decoded() -> None:
    content = encoded(photo(6000, 4000), "JPEG")

    def seconds(work: Callable[[], object]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    scaled = min(seconds(lambda: decode_image(content, 128, LIMIT)) for _ in range(3))
    whole = min(seconds(PIL.Image.open(io.BytesIO(content)).load) for _ in range(3))
    assert scaled < 0.7 * whole


def test_bombs_are_refused_from_their_header(tmp_path: Path) -> None:
    path = png_of_zeros(tmp_path / "bomb.png", 3000, 2000)
    with pytest.raises(MediaError, match="3000 x 2000 pixels: more than the limit of 5999999"):
        decode_image(str(path), 64, 5_999_999)
    content = bytearray(path.read_bytes()[:60])
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    with pytest.raises(MediaError, match="60000 x 60000"):
        decode_image(bytes(content), 64, LIMIT)


def test_a_hundred_megapixels_are_no_bomb(tmp_path: Path) -> None:
    path = png_of_zeros(tmp_path / "vast.png", 12_500, 8_000)
    assert decode_image(str(path), 64, LIMIT).pixels.shape == (41, 64, 3)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF"])
def test_truncated_images_are_refused(form: str, part: float) -> None:
    pillow_heif.register_heif_opener()
    # Pillow's GIFs are interlaced unless they are asked not to be: at 90 %, every other row would be whole.
    content = encoded(noisy(), form, **({"interlace": 0} if form == "GIF" else {}))
    with pytest.raises(MediaError, match=f"damaged {form} picture") as caught:
        decode_image(content[: int(part * len(content))], 64, LIMIT)
    assert "\n" not in str(caught.value)


def test_progressive_jpegs_are_refused_when_truncated() -> None:
    content = encoded(noisy(640, 480), "JPEG", progressive=True)
    with pytest.raises(MediaError, match="truncated"):
        decode_image(content[: len(content) // 2], 64, LIMIT)


def test_no_image() -> None:
    with pytest.raises(MediaError, match="not a picture"):
        decode_image(b"%!PS-Adobe-3.0 EPSF-3.0", 64, LIMIT)


def test_jpeg_2000_and_photoshop() -> None:
    assert_close(quarters(decoded(encoded(photo(), "JPEG2000"))), [RED, GREEN, BLUE, YELLOW], 2)
    planes = np.asarray(photo()).transpose(2, 0, 1).tobytes()
    header = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 64, 96, 8, 3)
    assert_close(quarters(decoded(header + bytes(12) + b"\0\0" + planes)), [RED, GREEN, BLUE, YELLOW], 0)


def test_images_that_are_not_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jxl"
    for content in (b"\xff\x0a" + bytes(90), b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(90)):
        path.write_bytes(content)
        with pytest.raises(MediaError, match="is a JPEG XL picture, which is not read: save a copy"):
            next(read(str(path), ReadOptions()))


@pytest.mark.parametrize("start", [b"%!PS-Adobe-3.0 EPSF-3.0\n%%Creator: x\n", b"\xc5\xd0\xd3\xc6" + bytes(90)])
def test_postscript_is_no_text_of_numbers(start: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.eps").write_bytes(start + b"0a0b0c " * 99)
    with pytest.raises(MediaError, match="is a PostScript picture, which is not read: save a copy"):
        next(read(str(tmp_path / "a.eps"), ReadOptions()))


def test_pictures_of_netpbm() -> None:
    """Faces (``.pgm``) and signs (``.ppm``) of data sets, with remarks and as numbers to read."""
    photo_bytes = np.asarray(photo()).tobytes()
    for head in (b"P6\n96 64\n255\n", b"P6 # made by x\n# more\n96\n64 255\n"):
        assert_close(quarters(decoded(head + photo_bytes)), [RED, GREEN, BLUE, YELLOW], 0)
    numbers = b" ".join(str(value).encode() for value in photo_bytes)
    assert_close(quarters(decoded(b"P3\n96 64\n255\n" + numbers)), [RED, GREEN, BLUE, YELLOW], 0)
    grey = decoded(b"P5\n40 40\n255\n" + bytes([90]) * 1600)
    assert grey.shape == (40, 40, 3)
    assert (grey == 90).all()
    assert decoded(b"P4\n16 16\n" + bytes(32)).mean() == 255
    for words in (b"P2 20 20 of the plan", b"P6", b"P3 rooms 4 x 5", b"P7 1 1 "):
        assert image_format(words) is None


def test_what_lies_behind_a_picture_is_no_part_of_it() -> None:
    """Films behind photos, and further pictures of a camera."""
    content = encoded(photo(), "JPEG")
    assert (decoded(content + b"\0\0\0\x18ftypmp42" + bytes(999)) == decoded(content)).all()
    both = encoded(photo(), "MPO", save_all=True, append_images=[noisy()])
    assert_close(quarters(decoded(both)), [RED, GREEN, BLUE, YELLOW], 20)
