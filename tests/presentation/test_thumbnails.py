"""Thumbnails are made elsewhere, kept for the next time, and one that cannot be made costs no other."""

from __future__ import annotations

import io
import os
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from making import write_video
from sonolux.media.images.thumbnail import View
from sonolux.media.segment import Image
from sonolux.presentation import thumbnails as module
from sonolux.presentation.html import PageSection, page
from sonolux.presentation.thumbnails import thumbnails
from sonolux.presentation.waveform import waveform
from sonolux.sample.sounds import RATE, write_sound
from sonolux.settings import settings
from sonolux.types import Hit, Modality, Region, Span


def image(path: Path, colour: str = "teal", size: tuple[int, int] = (400, 200)) -> Path:
    PIL.Image.new("RGB", size, colour).save(path)
    return path


def bomb(path: Path, side: int) -> Path:
    """Write a small PNG of side x side pixels, all alike."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    row = bytes(1 + side)
    body = b"".join([*(packer.compress(row) for _ in range(side)), packer.flush()])
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    return path


def opened(jpeg: bytes) -> PIL.Image.Image:
    seen = PIL.Image.open(io.BytesIO(jpeg))
    assert seen.format == "JPEG"
    return seen


def colour(jpeg: bytes) -> tuple[int, ...]:
    return tuple(int(part) for part in np.asarray(opened(jpeg)).reshape(-1, 3).mean(axis=0).round(-1))


def refuse(*args: object, **more: object) -> None:
    raise AssertionError("a decoding process was asked for")


def test_an_image_a_video_and_a_sound(tmp_path: Path) -> None:
    sound = tmp_path / "a.wav"
    write_sound(sound, np.r_[np.zeros(RATE), np.sin(np.arange(RATE) / 9)].astype(np.float32), {})
    film = tmp_path / "a.mp4"
    write_video(film, [image(tmp_path / "red.png", "red"), image(tmp_path / "blue.png", "blue")])
    text = tmp_path / "a.txt"
    text.write_text("words")
    views = [
        View(str(image(tmp_path / "a.png"))),
        View(str(film), Span(2, 4)),
        View(str(film), Span(0, 2)),
        View(str(sound)),
        View(str(text)),
        View(str(tmp_path / "gone.png")),
        View("/with\0nul"),
    ]
    seen = thumbnails(views)
    still, late, early, heard, said, gone, nul = (seen[view] for view in views)
    assert opened(still.jpeg).size == (320, 160) and still.modality is Modality.IMAGE
    assert np.argmax(colour(late.jpeg)) == 2
    assert np.argmax(colour(early.jpeg)) == 0
    assert heard.wave is not None and heard.wave[:20].max() < 0.05 and heard.wave[-20:].min() > 0.9
    assert (said.jpeg, said.wave, said.modality) == (b"", None, Modality.TEXT)
    assert gone == nul == module.Thumbnail()


def test_a_region_is_cut_out_and_large_enough(tmp_path: Path) -> None:
    pixels = np.full((1000, 2000, 3), 120, np.uint8)
    pixels[500:700, 1000:1400] = (250, 10, 10)
    PIL.Image.fromarray(pixels).save(tmp_path / "a.png")
    [seen] = thumbnails([View(str(tmp_path / "a.png"), None, Region(0.5, 0.5, 0.7, 0.7))]).values()
    assert colour(seen.jpeg) == (250, 10, 10)
    assert max(opened(seen.jpeg).size) >= 300


def test_the_second_time_nothing_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = image(tmp_path / "a.png")
    sound = tmp_path / "a.wav"
    write_sound(sound, np.sin(np.arange(RATE) / 9).astype(np.float32), {})
    views = [View(str(path)), View(str(sound))]
    first = thumbnails(views)
    monkeypatch.setattr(module, "IsolatedDecoder", refuse)
    again = thumbnails(views)
    assert again[views[0]].jpeg == first[views[0]].jpeg
    np.testing.assert_allclose(again[views[1]].wave, first[views[1]].wave, atol=1 / 255)
    with pytest.raises(AssertionError, match="was asked for"):
        thumbnails([View(str(path), side=64)])
    image(path, "red", (300, 300))
    with pytest.raises(AssertionError, match="was asked for"):
        thumbnails(views)


def test_a_file_written_anew_is_seen_anew(tmp_path: Path) -> None:
    path = image(tmp_path / "a.png")
    view = View(str(path))
    before = thumbnails([view])[view]
    image(path, "red")
    os.utime(path, ns=(1, 1))
    assert thumbnails([view])[view].jpeg != before.jpeg


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONOLUX_THUMBNAIL_CACHE", "6000")
    settings.cache_clear()
    views = [View(str(image(tmp_path / f"{n}.png", c, (320, 320)))) for n, c in enumerate(("red", "teal", "blue"))]
    assert all(seen.jpeg for seen in thumbnails(views).values())
    kept = [file.stat().st_size for file in (settings().cache / "thumbnails").iterdir()]
    assert kept and sum(kept) <= 6000


def test_a_hostile_image_costs_its_own_thumbnail_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is decoded in a process whose memory is limited; this one opens none of the files."""
    monkeypatch.setenv("SONOLUX_DECODE_MEMORY", str(100 * 2**20))
    settings.cache_clear()
    monkeypatch.setattr("sonolux.media.images.image.open_image", refuse)
    monkeypatch.setattr("sonolux.media.probing.probe", refuse)
    views = [View(str(image(tmp_path / f"{number}.png"))) for number in range(2)]
    views.insert(1, View(str(bomb(tmp_path / "bomb.png", 13_000))))
    seen = thumbnails(views)
    assert [bool(seen[view].jpeg) for view in views] == [True, False, True]


def test_a_decoder_that_hangs_costs_its_own_thumbnail_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 1.0)
    monkeypatch.setattr(module, "read_views", hanging)
    good, bad = image(tmp_path / "good.png"), image(tmp_path / "hangs.png")
    hits = [Hit("i", str(path), Modality.IMAGE, "file", "i", None, 0.5, 0.1, "hog") for path in (bad, good)]
    markup = page([PageSection("q", hits, examples=[str(bad)])], "T")
    assert markup.count("<img ") == 1
    assert "good.png" in markup and "hangs.png" in markup


def hanging(path, options, wanted):
    """Read views, but of one file for ever."""
    import time

    from sonolux.media.images.thumbnail import read_views

    if path.endswith("hangs.png"):
        time.sleep(600)
    yield from read_views(path, options, wanted)


def test_threads_make_them_side_by_side(tmp_path: Path) -> None:
    views = [View(str(image(tmp_path / f"{number}.png"))) for number in range(3)]
    with ThreadPoolExecutor(3) as threads:
        for seen in threads.map(lambda _: thumbnails(views), range(3)):
            assert all(one.jpeg for one in seen.values())


def test_silence_has_no_waveform() -> None:
    assert waveform(np.zeros(1000, np.float32)) is None
    assert waveform(np.ones(3, np.float32)) is None
    peaks = waveform(np.linspace(-0.5, 0, 480, dtype=np.float32))
    assert peaks is not None and peaks[0] == 1 and peaks[-1] < 0.1


def test_crops_have_a_pixel_at_least() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert Image(pixels).cropped(Region(0.999, 0.999, 1, 1)).pixels.tolist() == [[[9, 10, 11]]]
    assert Image(pixels).cropped(Region(0, 0, 1, 1)).pixels.tolist() == pixels.tolist()
