from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import PIL.Image
import pytest

from media.specimens import noisy, photo, plain, write_sound, write_video
from sonolux.errors import MediaError
from sonolux.media.containers import video
from sonolux.media.containers.video import frame_near, shots
from sonolux.media.hashing import content_hash
from sonolux.media.images.thumbnail import View, view_of
from sonolux.media.probing import probe
from sonolux.media.segment import Audio, Image
from sonolux.types import Region, Span

LIMIT = 200_000_000


def colour(image: Image) -> str:
    mean = image.pixels.reshape(-1, 3).mean(axis=0)
    names = {"red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
    return min(names, key=lambda name: float(np.abs(mean - names[name]).sum()))


@pytest.fixture(scope="module")
def slides(tmp_path_factory: pytest.TempPathFactory) -> str:
    images = [plain(name) for name in ("red", "green", "blue")]
    return str(write_video(tmp_path_factory.mktemp("video") / "slides.mp4", images, 2.0, sound=True))


def found(path: str | Path, side: int = 64) -> list[tuple[float, float, Image]]:
    return list(shots(str(path), side, LIMIT))


def test_shots_are_found_with_their_keyframes(slides: str) -> None:
    cut = found(slides)
    times = [(start, end) for start, end, _ in cut]
    assert times == [pytest.approx(span, abs=0.01) for span in ((0, 2), (2, 4), (4, 6))]
    assert [colour(image) for _, _, image in cut] == ["red", "green", "blue"]
    assert all(image.pixels.shape == (48, 64, 3) for _, _, image in cut)


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "libx264"), ("a.webm", "libvpx"), ("a.avi", "mjpeg")])
def test_other_codecs(name: str, codec: str, tmp_path: Path) -> None:
    form = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write_video(tmp_path / name, [plain("red"), plain("blue")], 1.0, codec=codec, form=form)
    assert [colour(image) for _, _, image in found(path)] == ["red", "blue"]


def test_the_keyframe_is_near_the_middle(tmp_path: Path) -> None:
    """A slow fade has no cut; its middle is half as bright."""
    texture = np.random.default_rng(0).integers(0, 2, (6, 8)).repeat(8, axis=0).repeat(8, axis=1)
    levels = [PIL.Image.fromarray((texture * level).astype(np.uint8)) for level in range(240)]
    fade = [level.convert("RGB") for level in levels]
    half = float(texture.mean()) * 120
    [(start, end, image)] = found(write_video(tmp_path / "fade.mp4", fade, 1 / 12))
    assert (start, end) == (0.0, pytest.approx(20, abs=0.1))
    assert image.pixels.mean() == pytest.approx(half, abs=0.1 * half)


def test_endless_takes_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "LONGEST_SHOT", 1.0)
    cut = found(write_video(tmp_path / "a.mp4", [plain("red")], 3.5))
    assert [start for start, _, _ in cut] == pytest.approx([0, 1, 2, 3], abs=0.01)


def test_vast_videos_are_decoded_sparsely(slides: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "FULL_TOTAL", 1)
    dense = found(slides)
    assert 1 <= len(dense) <= 3
    assert dense[0][0] == 0.0


def test_candidates_are_few_and_even() -> None:
    shot = video.Shot(0.0, 1)
    for number in range(10_000):
        if shot.takes():
            shot.keep(float(number), Image(np.zeros((1, 1, 3), np.uint8)))
    kept = [time for time, _ in shot.candidates]
    assert len(kept) <= video.CANDIDATES
    assert len(set(np.diff(kept))) == 1
    assert min(abs(time - 5000) for time in kept) <= 10_000 / video.CANDIDATES


def test_turned_videos_are_upright(tmp_path: Path) -> None:
    """Phones store sideways pixels and a matrix: it is written into the track header here."""
    stored = photo(96, 64).transpose(PIL.Image.Transpose.ROTATE_90)
    path = write_video(tmp_path / "a.mp4", [stored], 1.0)
    content = path.read_bytes()
    identity = b"".join(v.to_bytes(4, "big") for v in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))
    clockwise = b"".join(
        (v % 2**32).to_bytes(4, "big") for v in (0, 0x10000, 0, -0x10000, 0, 0, 64 << 16, 0, 0x40000000)
    )
    at = content.index(identity, content.index(b"tkhd"))
    path.write_bytes(content[:at] + clockwise + content[at + 36 :])
    for image in (found(path, 96)[0][2], frame_near(str(path), 0.5, 96, LIMIT)):
        assert image.pixels.shape == (64, 96, 3)
        assert np.abs(image.pixels[16, 24].astype(int) - (255, 0, 0)).max() < 60
        assert np.abs(image.pixels[48, 24].astype(int) - (0, 0, 255)).max() < 60


def test_broken_frames_are_skipped(tmp_path: Path) -> None:
    """Its second second is gone: that is an error of the decoder, and the rest still decodes."""
    images = [noisy(128, 96, seed) for seed in range(4)]
    path = write_video(tmp_path / "a.mkv", images, 1.0, codec="libx264")
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0)]
    content = path.read_bytes()
    for packet in packets[12:24]:
        assert packet in content
        content = content.replace(packet, bytes(len(packet)))
    path.write_bytes(content)
    with av.open(str(path)) as container, pytest.raises(av.error.FFmpegError):
        list(container.decode(video=0))
    cut = found(path)
    assert len(cut) >= 2
    assert cut[-1][1] == pytest.approx(4.0, abs=0.1)


def test_a_video_that_breaks_off_gives_its_beginning(tmp_path: Path) -> None:
    images = [noisy(128, 96, seed) for seed in range(4)]
    path = write_video(tmp_path / "a.mkv", images, 1.0, codec="libx264")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 0.9 < found(path)[-1][1] < 3.1


def test_no_decodable_frame_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [plain("red")], 1.0, codec="libx264")
    content = path.read_bytes()
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    path.write_bytes(content[:start] + bytes(end - start) + content[end:])
    with pytest.raises(MediaError, match="not one frame can be decoded"):
        found(path)
    with pytest.raises(MediaError, match="no frame can be decoded"):
        frame_near(str(path), 0.5, 64, LIMIT)


def test_vast_frames_are_refused(slides: str) -> None:
    with pytest.raises(MediaError, match="more than the limit"):
        next(shots(slides, 64, 100))


def test_sound_is_no_video(specimens: dict[str, str]) -> None:
    with pytest.raises(MediaError, match="no moving pictures"):
        found(specimens["sound.mp3"])


@pytest.mark.parametrize(("at", "wanted"), [(0.0, "red"), (1.0, "red"), (3.0, "green"), (5.0, "blue"), (99.0, "blue")])
def test_frames_near_a_time(slides: str, at: float, wanted: str) -> None:
    assert colour(frame_near(slides, at, 64, LIMIT)) == wanted


def seen(path: str, side: int, **of: Any) -> Any:
    return view_of(View(path, side=side, **of), probe(path), LIMIT)


def test_views(slides: str, specimens: dict[str, str], data: Path, tmp_path: Path) -> None:
    assert seen(specimens["picture.png"], 48).pixels.shape == (32, 48, 3)
    frame = seen(slides, 64, span=Span(4.0, 6.0))
    assert frame.pixels.shape == (48, 64, 3)
    assert colour(frame) == "blue"
    assert colour(seen(slides, 64, span=Span(4.0, 6.0), region=Region(0, 0, 1, 1, 1.0))) == "red"
    assert seen(slides, 64).pixels.shape == (48, 64, 3)
    song = str(next(data.glob("songs_with_lyrics/Fantasma*.mp3")))
    assert max(seen(song, 64).pixels.shape) == 64
    heard = seen(str(write_sound(tmp_path / "a.flac", "flac")), 64)
    assert isinstance(heard, Audio) and heard.rate == 8_000
    assert seen(specimens["notes.txt"], 64) == ""


def test_content_hash(tmp_path: Path) -> None:
    import hashlib

    content = bytes(range(256)) * 10_000
    (tmp_path / "a").write_bytes(content)
    assert content_hash(str(tmp_path / "a")) == hashlib.blake2b(content, digest_size=16).hexdigest()
    with pytest.raises(MediaError, match="is a folder"):
        content_hash(str(tmp_path))
