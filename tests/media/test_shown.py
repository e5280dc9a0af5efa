"""Videos as they are shown: turned, mirrored, with pixels that are not square, in HDR."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from zlib import crc32

import av
import numpy as np
import PIL.Image
import pillow_heif
import pytest
import skimage.data

from media.specimens import photo, write_video
from sonolux.media.containers.video import frame_near, shots
from sonolux.media.images.image import decode_image
from sonolux.media.images.tone_mapping import HLG, PQ, REFERENCE_WHITE, TO_SRGB, to_sdr
from sonolux.media.probing import probe

LIMIT = 200_000_000

MATRICES = {
    1: ((1, 0, 0, 1), []),
    2: ((-1, 0, 0, 1), ["FLIP_LEFT_RIGHT"]),
    3: ((-1, 0, 0, -1), ["ROTATE_180"]),
    4: ((1, 0, 0, -1), ["FLIP_TOP_BOTTOM"]),
    5: ((0, 1, 1, 0), ["TRANSPOSE"]),
    6: ((0, 1, -1, 0), ["ROTATE_90"]),
    7: ((0, -1, -1, 0), ["TRANSVERSE"]),
    8: ((0, -1, 1, 0), ["ROTATE_270"]),
}
"""Orientation, as EXIF numbers it, to a, b, c, d of its matrix, and what undoes it."""


def assert_upright(pixels: np.ndarray, shape: tuple[int, int] = (64, 96)) -> None:
    assert pixels.shape == (*shape, 3)
    height, width = shape
    for y, x, colour in ((1, 1, (255, 0, 0)), (1, 3, (0, 128, 0)), (3, 1, (0, 0, 255)), (3, 3, (255, 255, 0))):
        assert np.abs(pixels[height * y // 4, width * x // 4].astype(int) - colour).max() < 60


def first_keyframe(path: Path | str, side: int = 96) -> np.ndarray:
    return next(shots(str(path), side, LIMIT))[2].pixels


def with_matrix(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write a display matrix into the track header of an MP4."""
    words = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    identity = b"".join(word.to_bytes(4, "big") for word in words)
    a, b, c, d = (value << 16 for value in matrix)
    turned = b"".join((word % 2**32).to_bytes(4, "big") for word in (a, b, 0, c, d, 0, 0, 0, 1 << 30))
    content = path.read_bytes()
    at = content.index(identity, content.index(b"tkhd"))
    path.write_bytes(content[:at] + turned + content[at + 36 :])
    return path


@pytest.mark.parametrize("orientation", MATRICES)
def test_all_turns_and_mirrorings(orientation: int, tmp_path: Path) -> None:
    matrix, turns = MATRICES[orientation]
    stored = photo(96, 64)
    for turn in turns:
        stored = stored.transpose(PIL.Image.Transpose[turn])
    path = with_matrix(write_video(tmp_path / "a.mp4", [stored], 0.5), matrix)
    assert_upright(first_keyframe(path))
    assert_upright(frame_near(str(path), 0.2, 96, LIMIT).pixels)
    assert (probe(str(path)).metadata["width"], probe(str(path)).metadata["height"]) == (96, 64)


def test_matrices_that_turn_nothing(tmp_path: Path) -> None:
    path = with_matrix(write_video(tmp_path / "a.mp4", [photo()], 0.5), (0, 0, 0, 0))
    assert_upright(first_keyframe(path))


def test_cases_are_upright(cases: Path) -> None:
    seen = [first_keyframe(path, 320).astype(int) for path in sorted((cases / "video-turned").iterdir())]
    for path in (cases / "video-turned").iterdir():
        found = probe(str(path)).metadata
        assert (found["width"], found["height"]) == (320, 240)
    assert max(np.abs(other - seen[0]).mean() for other in seen) < 2


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_pixels_that_are_not_square(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=12)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2, 1)
        for _ in range(6):
            container.mux(stream.encode(av.VideoFrame.from_image(photo())))
        container.mux(stream.encode())
    assert_upright(first_keyframe(path, 192), (64, 192))
    assert (probe(str(path)).metadata["width"], probe(str(path)).metadata["height"]) == (192, 64)


def test_a_video_without_frames_keeps_the_size_of_its_header(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [photo()], 0.5, codec="libx264")
    content = path.read_bytes()
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    path.write_bytes(content[:start] + bytes(end - start) + content[end:])
    assert probe(str(path)).metadata["width"] == 96


def linear(codes: np.ndarray) -> np.ndarray:
    code = codes / 255
    return np.asarray(np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4))


def pq(light: np.ndarray) -> np.ndarray:
    """BT.2100, table 4, from candela per square metre."""
    power = (light / 10_000) ** 0.1593017578125
    return np.asarray(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def hlg(light: np.ndarray) -> np.ndarray:
    """BT.2100, table 5, on a display of 1,000: system gamma 1.2 undone, then the transfer function of the camera."""
    display = light / 1000
    luminance = np.maximum(display @ np.array([0.2627, 0.678, 0.0593]), 1e-9)[..., None]
    scene = 12 * display * luminance ** (1 / 1.2 - 1)
    return np.where(
        scene <= 1, 0.5 * np.sqrt(scene), 0.17883277 * np.log(np.maximum(scene, 1) - 0.28466892) + 0.55991073
    )


def hdr(codes: np.ndarray, curve: Callable[[np.ndarray], np.ndarray], gain: float = 1.0) -> np.ndarray:
    wide = linear(codes) @ np.linalg.inv(TO_SRGB[9].astype(float)).T
    return curve(np.maximum(wide, 0) * REFERENCE_WHITE * gain)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return np.asarray(PIL.Image.fromarray(skimage.data.astronaut()).resize((128, 128), 1))


@pytest.mark.parametrize(("curve", "transfer"), [(pq, PQ), (hlg, HLG)])
def test_hdr_up_to_reference_white_is_what_it_was_in_sdr(
    scene: np.ndarray, curve: Callable[[np.ndarray], np.ndarray], transfer: int
) -> None:
    shown = to_sdr(hdr(scene, curve).astype(np.float32), transfer, 9)
    assert np.abs(shown.astype(int) - scene).mean() < 1.5


def test_highlights_are_rolled_off(scene: np.ndarray) -> None:
    """What is five times as bright as paper still differs from what is twice, and the dark keeps its tone."""
    bright = np.asarray(hdr(scene, pq), np.float32)
    for place, light in enumerate((1000.0, 400.0, 203.0)):
        bright[:20, 20 * place : 20 * place + 20] = pq(np.array(light))
    shown = to_sdr(bright, PQ, 9).astype(int)
    sun, lamp, paper = (shown[10, 20 * place + 10, 1] for place in range(3))
    assert sun == 255
    assert sun >= lamp + 5 and lamp >= paper + 10 and paper > 200
    dark = scene.max(axis=2) < 150
    dark[:20] = False
    assert np.abs(shown - scene)[dark].mean() < 3


def test_any_signal_is_taken() -> None:
    for value in (0.0, 1.0, 5.0, -3.0):
        for transfer in (PQ, HLG):
            assert to_sdr(np.full((2, 3, 3), value, np.float32), transfer, 99).shape == (2, 3, 3)
    assert to_sdr(np.zeros((2, 2, 3), np.float32), PQ, 9).max() == 0


@pytest.mark.parametrize(("curve", "transfer"), [(pq, PQ), (hlg, HLG)])
@pytest.mark.parametrize("full", [False, True])
def test_hdr_videos_look_like_their_sdr(
    scene: np.ndarray, curve: Callable[[np.ndarray], np.ndarray], transfer: int, full: bool, tmp_path: Path
) -> None:
    """Ten bits, primaries and matrix of BT.2020, in limited and full range."""
    codes = np.rint(hdr(scene, curve) * 65535).astype(np.uint16)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"crf": "8", "preset": "ultrafast"})
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = 128, 128, "yuv420p10le"
        context.color_trc, context.color_primaries, context.colorspace = transfer, 9, 9
        context.color_range = 2 if full else 1
        source = av.VideoFrame.from_ndarray(codes, format="rgb48le")
        frame = source.reformat(format="yuv420p10le", dst_colorspace="BT2020", dst_color_range=context.color_range)
        frame.color_trc, frame.color_primaries, frame.colorspace = transfer, 9, 9
        frame.color_range = context.color_range
        for _ in range(6):
            frame.pts = None
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    for shown in (first_keyframe(path, 128), frame_near(str(path), 0.2, 128, LIMIT).pixels):
        assert np.abs(shown.astype(int) - scene).mean() < 7


@pytest.mark.parametrize(("size", "matrix"), [((1280, 720), "ITU709"), ((320, 240), "ITU601")])
def test_a_matrix_that_is_not_named_follows_the_size(size: tuple[int, int], matrix: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"crf": "4", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        frame = av.VideoFrame.from_image(PIL.Image.new("RGB", size, (30, 200, 60)))
        frame = frame.reformat(format="yuv420p", dst_colorspace=matrix)
        frame.colorspace = 2
        for _ in range(3):
            frame.pts = None
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert np.abs(first_keyframe(path).mean(axis=(0, 1)) - (30, 200, 60)).max() < 5


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + crc32(kind + data).to_bytes(4, "big")


@pytest.mark.parametrize("form", ["PNG", "HEIF", "AVIF"])
@pytest.mark.parametrize(("curve", "transfer"), [(pq, PQ), (hlg, HLG)])
def test_hdr_stills_look_like_their_sdr(
    scene: np.ndarray, curve: Callable[[np.ndarray], np.ndarray], transfer: int, form: str
) -> None:
    picture = PIL.Image.fromarray(np.rint(255 * hdr(scene, curve)).astype(np.uint8))
    out = io.BytesIO()
    if form == "HEIF":
        colours = {"color_primaries": 9, "transfer_characteristics": transfer, "matrix_coefficients": 9}
        pillow_heif.from_pillow(picture).save(out, quality=95, **colours)
        content = out.getvalue()
    else:
        picture.save(out, form, **({"quality": 95} if form == "AVIF" else {}))
        content = out.getvalue().replace(b"colrnclx\0\1\0\r", b"colrnclx\0\x09\0" + bytes([transfer]))
    if form == "PNG":
        content = content[:33] + chunk(b"cICP", bytes([9, transfer, 0, 1])) + content[33:]
    assert np.abs(decode_image(content, 512, LIMIT).pixels.astype(int) - scene).mean() < 9
