from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest

from media.specimens import plain, write_video
from sonolux.errors import MediaError, SonoluxError
from sonolux.media.containers.audio import load_audio
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Audio, Decoded, Image, Probe, Segment
from sonolux.types import Modality, Span

KINDS = {
    "picture.jpg": ("jpeg", ["image"]),
    "picture.png": ("png", ["image"]),
    "picture.webp": ("webp", ["image"]),
    "picture.gif": ("gif", ["image"]),
    "picture.tiff": ("tiff", ["image"]),
    "picture.bmp": ("bmp", ["image"]),
    "picture.heic": ("heif", ["image"]),
    "animated.gif": ("gif", ["image"]),
    "sound.ogg": ("ogg", ["window"] * 4),
    "sound.mp3": ("mp3", ["window"] * 3),
    "sound.flac": ("flac", ["window"] * 3),
    "sound.opus": ("ogg", ["window"] * 3),
    "sound.wav": ("wav", ["window"]),
    "video.mp4": ("mov", ["shot"] * 3 + ["window"] * 6),
    "video.mkv": ("matroska", ["shot"] * 3),
    "document.pdf": ("pdf", ["passage"] * 2),
    "page.html": ("html", ["passage"]),
    "film.srt": ("srt", ["passage"] * 2),
    "film.vtt": ("vtt", ["passage"] * 2),
    "notes.txt": ("txt", ["passage"] * 9),
    "notes.md": ("md", ["passage"]),
}


def parts(path: str | Path, options: ReadOptions) -> tuple[Probe, list[Segment]]:
    probe, *segments = read(str(path), options)
    assert isinstance(probe, Probe)
    assert all(isinstance(event, Segment | Decoded) for event in segments)
    return probe, [segment for segment in segments if isinstance(segment, Segment)]


def test_specimens_are_all_expected(specimens: dict[str, str]) -> None:
    assert specimens.keys() == KINDS.keys()


@pytest.mark.parametrize("name", KINDS)
def test_every_format_gives_its_segments(name: str, specimens: dict[str, str], options: ReadOptions) -> None:
    probe, segments = parts(specimens[name], options)
    assert (probe.format, [segment.kind for segment in segments]) == KINDS[name]
    whole = len(segments) == 1
    assert all((segment.span is None) == whole for segment in segments)


@pytest.mark.parametrize("name", KINDS)
def test_names_do_not_matter(name: str, specimens: dict[str, str], options: ReadOptions, tmp_path: Path) -> None:
    misnamed = tmp_path / ("x.pdf" if not name.endswith("pdf") else "x.jpg")
    misnamed.write_bytes(Path(specimens[name]).read_bytes())
    found, true = parts(misnamed, options), parts(specimens[name], options)
    assert found[0].modality == true[0].modality
    assert [segment.kind for segment in found[1]] == [segment.kind for segment in true[1]]


def test_segments_come_lazily(specimens: dict[str, str], options: ReadOptions) -> None:
    events = read(specimens["video.mp4"], options)
    assert isinstance(next(events), Probe)
    assert isinstance(next(events), Segment)
    events.close()


def test_a_whole_recording_has_its_samples(specimens: dict[str, str], options: ReadOptions) -> None:
    _, [segment] = parts(specimens["sound.wav"], options)
    assert isinstance(segment.content, Audio)
    assert segment.modality == Modality.AUDIO
    assert segment.content.samples.shape == (22050,)


def test_a_long_passage_list_covers_the_text(specimens: dict[str, str], options: ReadOptions) -> None:
    text = Path(specimens["notes.txt"]).read_text()
    _, segments = parts(specimens["notes.txt"], options)
    for segment in segments:
        assert segment.span is not None
        assert text[int(segment.span.start) : int(segment.span.end)] == segment.content


def test_subtitles_have_times_in_seconds(specimens: dict[str, str]) -> None:
    _, segments = parts(specimens["film.srt"], ReadOptions(passage_chars=20))
    assert [segment.span for segment in segments] == [Span(1.0, 2.5), Span(60.0, 63.25)]
    assert [segment.content for segment in segments] == ["Good evening.", "The ship & the storm are coming."]


def test_songs_bring_their_cover(data: Path) -> None:
    song = next(data.glob("songs_with_lyrics/Fantasma*.mp3"))
    events = read(str(song), ReadOptions())
    probe, cover, window = next(events), next(events), next(events)
    assert isinstance(probe, Probe)
    assert probe.metadata["artist"][0] in song.name.replace("_", " ")
    assert isinstance(cover, Segment)
    assert (cover.kind, cover.span) == ("cover", None)
    assert isinstance(cover.content, Image)
    assert isinstance(window, Segment)
    assert window.span == Span(0.0, 10.0)


def test_a_damaged_cover_does_not_cost_the_song(data: Path, options: ReadOptions, tmp_path: Path) -> None:
    content = next(data.glob("songs_with_lyrics/Fantasma*.mp3")).read_bytes()
    at = content.index(b"\xff\xd8\xff")
    song = tmp_path / "song.mp3"
    song.write_bytes(content[: at + 3] + bytes(500) + content[at + 503 : 1_000_000])
    _, segments = parts(song, options)
    assert {segment.kind for segment in segments} == {"window"}


def test_videos_without_sound_have_shots_only(options: ReadOptions, tmp_path: Path) -> None:
    path = write_video(tmp_path / "silent.mp4", [plain("red")], 1.0)
    probe, segments = parts(path, options)
    assert probe.modality == Modality.VIDEO
    assert [segment.kind for segment in segments] == ["shot"]
    assert segments[0].span == Span(0.0, pytest.approx(1.0, abs=0.01))


def test_a_broken_sound_track_does_not_cost_the_video(options: ReadOptions, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [plain("red")], 1.0, sound=True)
    content = path.read_bytes()
    with av.open(str(path)) as container:
        packets = {bytes(packet) for packet in container.demux(audio=0) if packet.size > 20}
    for packet in packets:
        content = content.replace(packet, b"\xff" * len(packet))
    path.write_bytes(content)
    with pytest.raises(MediaError, match="holds no sound"):
        load_audio(str(path), 22_050)
    _, segments = parts(path, options)
    assert [segment.kind for segment in segments] == ["shot"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.jpg", b"", "is empty"),
        ("noise.mp3", bytes(range(256)) * 64, "not a picture, recording, video or text"),
        ("binary.txt", b"text\x00\x01\x02" * 500, "not a picture, recording, video or text"),
        ("late.txt", b"text " * 20_000 + b"\x00\x01\x02" * 9_000, "not text: byte 100000 is 0x00"),
        ("blank.txt", b" \n \n", "holds no text"),
        ("blank.html", b"<html><body><script>x</script></body></html>", "holds no text"),
        ("archive.zip", b"PK\x03\x04" + bytes(200), "not a picture, recording, video or text"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n" + b"\x00\x01\x02" * 99, "not a picture"),
        ("half.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(90), "damaged recording or video: Invalid data"),
        ("broken.pdf", b"%PDF-1.4\nnothing\n", "damaged PDF"),
    ],
)
def test_what_cannot_be_read_gets_one_line(
    name: str, content: bytes, reason: str, options: ReadOptions, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError, match=reason) as caught:
        list(read(str(path), options))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_long_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("word " * 100)
    with pytest.raises(MediaError, match="larger than 100 bytes"):
        list(read(str(path), ReadOptions(max_text=100)))


def test_special_files_are_refused_without_opening(options: ReadOptions, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, reason in (
        (tmp_path / "pipe", "is a pipe"),
        (tmp_path, "is a folder"),
        (Path("/dev/zero"), "is a device"),
        (tmp_path / "nothing", "is not there"),
        (Path("bad\0name"), "has a name"),
    ):
        with pytest.raises(MediaError, match=reason):
            list(read(str(path), options))


def test_odd_names_are_read(specimens: dict[str, str], options: ReadOptions, tmp_path: Path) -> None:
    for name in ("new\nline.x", "quote'\".x", "🐕.x", "caf\udce9.x", "http:", "%d.x"):
        for good in ("picture.png", "sound.ogg", "video.mp4", "notes.txt", "document.pdf"):
            path = tmp_path / name
            path.write_bytes(Path(specimens[good]).read_bytes())
            assert parts(path, options)[1]


def test_windows_with_gaps_are_refused_at_once() -> None:
    with pytest.raises(SonoluxError, match="would leave gaps"):
        ReadOptions(audio_window=1.0, audio_hop=2.0)


def test_options_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux.settings import settings

    monkeypatch.setenv("SONOLUX_IMAGE_SIDE", "99")
    settings.cache_clear()
    made = ReadOptions.from_settings(audio_rate=8000)
    assert (made.image_side, made.audio_rate, made.max_text) == (99, 8000, 64 * 2**20)


@pytest.mark.parametrize("name", ["wav", "aiff", "au", "caf", "w64"])
def test_sound_that_is_nearly_silent_is_no_text(name: str, options: ReadOptions, tmp_path: Path) -> None:
    path = tmp_path / f"quiet.{name}"
    codec = "pcm_s16le" if name in ("wav", "w64") else "pcm_s16be"
    quiet = np.random.default_rng(0).integers(-3, 0, (1, 80_000)).astype(np.int16)
    with av.open(str(path), "w", format=name) as container:
        stream = container.add_stream(codec, rate=22_050, layout="mono")
        frame = av.AudioFrame.from_ndarray(quiet, format="s16", layout="mono")
        frame.rate = 22_050
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert next(iter(read(str(path), options))).modality == Modality.AUDIO
