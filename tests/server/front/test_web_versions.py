"""What browsers cannot show becomes what they can, once, in a process of its own, within a bound."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import PIL.Image
import pytest
from starlette.testclient import TestClient

from making import tone, write_wav
from serving import Service, problem
from sonolux.library import Library
from sonolux.server.media import web_versions


def write_film(path: Path, video: str, audio: str, pixels: str = "yuv420p") -> None:
    """Two seconds of moving squares and a tone."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        images = out.add_stream(video, rate=10)
        images.width, images.height, images.pix_fmt = 64, 48, pixels
        sound = out.add_stream(audio, rate=48_000, layout="mono")
        sound.codec_context.open()
        for number in range(20):
            pixels_now = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels_now, "rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(images.encode(frame))
        wave = (0.3 * np.sin(np.arange(96_000) / 20)).astype(np.float32)
        heard = av.AudioFrame.from_ndarray(wave[None], "fltp", layout="mono")
        heard.sample_rate, heard.pts = 48_000, 0
        size = sound.codec_context.frame_size
        resampler = av.AudioResampler(sound.codec_context.format.name, "mono", 48_000, size or None)
        for each in (*resampler.resample(heard), *resampler.resample(None)):
            out.mux(sound.encode(each))
        out.mux(images.encode(None))
        out.mux(sound.encode(None))


def codecs(content: bytes) -> list[str]:
    """Return the codecs of a container, every frame of which decodes."""
    with av.open(io.BytesIO(content)) as container:
        for frame in container.decode():
            assert frame is not None
        return [stream.codec_context.name for stream in container.streams]


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Files that no browser takes."""
    folder = tmp_path_factory.mktemp("strange")
    rng = np.random.default_rng(1)
    PIL.Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(folder / "scan.tiff")
    write_film(folder / "copied.mkv", "libx264", "aac")
    write_film(folder / "encoded.avi", "mpeg4", "pcm_s16le")
    write_film(folder / "deep.mkv", "libx264", "ac3", "yuv422p")
    write_wav(folder / "plain.wav", tone(440.0, 2.0))
    (folder / "words.txt").write_text("words of a text", encoding="utf-8")
    location = tmp_path_factory.mktemp("made") / "strange.sonolux"
    with Library(location) as library:
        assert not library.add(folder, spaces=["colour-layout", "mfcc", "bm25"], fingerprints=False).failed
        yield Service(location, folder, library)


@pytest.fixture
def client(strange: Service) -> Iterator[TestClient]:
    with strange.client() as opened:
        yield opened


def web(service: Service, client: TestClient, name: str, **more: Any) -> Any:
    return client.get(f"/api/v1/items/{service.id_of(name)}/media/web", **more)


def test_a_picture_becomes_webp(strange: Service, client: TestClient) -> None:
    sent = web(strange, client, "scan.tiff")
    assert sent.headers["content-type"] == "image/webp" and "scan.webp" in sent.headers["content-disposition"]
    assert PIL.Image.open(io.BytesIO(sent.content)).size == (60, 40)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("copied.mkv", ["h264", "aac"]),
        ("encoded.avi", ["h264", "flac"]),
        ("deep.mkv", ["h264", "opus"]),
    ],
)
def test_a_film_becomes_fragmented_mp4(strange: Service, client: TestClient, name: str, expected: list[str]) -> None:
    sent = web(strange, client, name)
    assert sent.status_code == 200, sent.text
    assert sent.headers["content-type"] == "video/mp4"
    assert b"moof" in sent.content and b"mvex" in sent.content
    assert [one.replace("libopus", "opus") for one in codecs(sent.content)] == expected
    with av.open(io.BytesIO(sent.content)) as container:
        assert [frame.format.name for frame in container.decode(video=0)] == ["yuv420p"] * 20


def test_what_plays_is_copied_packet_by_packet(strange: Service, client: TestClient) -> None:
    def images(source: Any) -> list[bytes]:
        with av.open(source) as container:
            return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]

    path = strange.library.item(strange.id_of("copied.mkv")).path
    assert images(io.BytesIO(web(strange, client, "copied.mkv").content)) == images(path)


def test_one_range_of_a_web_version(strange: Service, client: TestClient) -> None:
    whole = web(strange, client, "copied.mkv").content
    part = web(strange, client, "copied.mkv", headers={"range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == whole[10:20]


def test_what_browsers_play_is_sent_as_it_is(strange: Service, client: TestClient) -> None:
    path = strange.library.item(strange.id_of("plain.wav")).path
    assert web(strange, client, "plain.wav").content == Path(path).read_bytes()
    problem(web(strange, client, "words.txt"), "nothing-to-show", 404)


def test_a_version_is_made_once_by_content(
    strange: Service, client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A copy of a file, by another name, has the version that was made of the first."""
    first = web(strange, client, "scan.tiff")
    path = strange.library.item(strange.id_of("scan.tiff")).path
    made: list[str] = []
    monkeypatch.setattr(web_versions.WebVersions, "_make", lambda self, name, path: made.append(name))
    copy = tmp_path.resolve() / "other.tiff"
    shutil.copy(path, copy)

    class Moved:
        async def call(self, name: str, /, *, deadline: float = 30.0, **params: Any) -> Any:
            return {"path": str(copy), "modality": "image", "start": None, "end": None, "unit": None, "region": None}

    with strange.client(calls=Moved()) as other:
        assert web(strange, other, "scan.tiff").content == first.content
    assert made == []


def test_the_cache_has_a_bound(strange: Service, private_home: Path) -> None:
    from sonolux.server.configuration import Limits

    with strange.client(limits=Limits(web_versions=60_000)) as client:
        sizes = [len(web(strange, client, name).content) for name in ("scan.tiff", "copied.mkv")]
        kept = sum(file.stat().st_size for file in (private_home / "cache" / "web").iterdir())
        assert kept <= 60_000 < sum(sizes) or sum(sizes) <= 60_000
    with strange.client(limits=Limits(web_versions=10)) as client:
        problem(web(strange, client, "encoded.avi"), "media", 422)
        problem(web(strange, client, "encoded.avi"), "media", 422)


def test_what_takes_long_is_asked_for_again(
    strange: Service, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_versions, "PATIENCE", 0.001)
    told = web(strange, client, "deep.mkv")
    problem(told, "being-made", 503)
    assert int(told.headers["retry-after"]) > 0
    monkeypatch.setattr(web_versions, "PATIENCE", 60.0)
    assert web(strange, client, "deep.mkv").status_code == 200
