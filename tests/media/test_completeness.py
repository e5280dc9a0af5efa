"""What was decoded decides: files that break off, are damaged within, or only have wrong headers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media.films import write_film
from media.specimens import plain, tone, write_sound, write_video, write_wav
from sonolux.media.containers.completeness import Reading
from sonolux.media.containers.extent import Extent
from sonolux.media.containers.truncation import End, frame_bytes
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Decoded, Segment

OPTIONS = ReadOptions(image_side=64, audio_rate=8_000)


def closing(path: Path | str) -> tuple[float | None, str]:
    """Return the duration that holds, and what is missing."""
    found, *events = read(str(path), OPTIONS)
    [last] = [event for event in events if isinstance(event, Decoded)] or [Decoded()]
    assert any(isinstance(event, Segment) for event in events)
    return (found.metadata | last.metadata).get("duration"), last.missing


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Ten seconds of each format."""
    folder = tmp_path_factory.mktemp("whole")
    files = {"wav": write_wav(folder / "a.wav", (tone(10) * 32767).astype("<i2"))}
    codecs = {"flac": "flac", "mp3": "libmp3lame", "opus": "libopus", "m4a": "aac", "aac": "aac", "aiff": "pcm_s16be"}
    for suffix, codec in (codecs | {"mka": "flac", "wv": "wavpack"}).items():
        files[suffix] = write_sound(folder / f"a.{suffix}", codec, 10.0)
    for suffix in ("mp4", "mkv", "mov", "ts"):
        files[suffix] = write_film(folder / f"film.{suffix}", pictures=[(0, 10)], sounds=[(0, 10)])
    return files


SUFFIXES = ("wav", "flac", "mp3", "opus", "m4a", "aac", "aiff", "mka", "wv", "mp4", "mkv", "mov", "ts")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_whole_files_lack_nothing(suffix: str, whole: dict[str, Path]) -> None:
    duration, missing = closing(whole[suffix])
    assert (duration, missing) == (pytest.approx(10.0, abs=0.15), "")


def test_specimens_and_samples_lack_nothing(specimens: dict[str, str]) -> None:
    for name in ("sound.ogg", "sound.mp3", "sound.flac", "sound.opus", "sound.wav", "video.mp4", "video.mkv"):
        assert closing(specimens[name])[1] == ""


def test_recordings_lack_nothing(data: Path) -> None:
    some = [*sorted(data.glob("emotify/*/*.mp3"))[:2], *sorted(data.glob("recordings/pibble.ogg"))]
    some += [*sorted(data.glob("surveillance/*/*.mp4"))[:2], *sorted(data.glob("esc10/**/*.ogg"))[:2]]
    assert some and {path.name: closing(path)[1] for path in some} == {path.name: "" for path in some}


@pytest.mark.parametrize(
    ("name", "lasts", "of"), [("cut.flac", 3.5, 10.0), ("tail_cut.mp4", 4.9, 12.0), ("tail_cut.mkv", 5.0, 12.0)]
)
def test_files_that_break_off(name: str, lasts: float, of: float, cases: Path) -> None:
    duration, missing = closing(cases / "partly-read" / name)
    assert missing == f"breaks off after {lasts:.1f} s of {of:.1f} s"
    assert duration == pytest.approx(lasts, abs=0.1)


@pytest.mark.parametrize(("name", "lasts"), [("joined.mp3", 12.0), ("zero_tail.mp3", 4.0)])
def test_headers_that_are_wrong_are_no_damage(name: str, lasts: float, cases: Path) -> None:
    assert closing(cases / "duration" / name) == (pytest.approx(lasts, abs=0.1), "")


@pytest.mark.parametrize(
    ("suffix", "share"),
    [
        *((suffix, 0.4) for suffix in SUFFIXES if suffix not in ("m4a", "mp4", "mov", "ts")),
        *((suffix, 0.9) for suffix in ("flac", "mp3", "opus", "mka")),
    ],
)
def test_a_file_that_was_cut_says_so(suffix: str, share: float, whole: dict[str, Path], tmp_path: Path) -> None:
    content = whole[suffix].read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(content[: int(share * len(content)) - 7])
    duration, missing = closing(path)
    assert missing.startswith(f"breaks off after {duration:.1f} s")
    assert 10 * share - 1.2 < duration < 10 * share + 0.3
    told = missing.partition(" of ")[2]
    assert told == "" if suffix in ("opus", "aac") else told.startswith("10.0")


def test_a_fast_start_film_that_was_cut_is_there_up_to_the_cut(tmp_path: Path) -> None:
    import av

    source = write_film(tmp_path / "film.mp4", pictures=[(0, 10)], sounds=[(0, 10)])
    for flags, name in (("faststart", "fast.mp4"), ("frag_keyframe+empty_moov", "parts.mp4")):
        path = tmp_path / name
        with av.open(str(source)) as given, av.open(str(path), "w", options={"movflags": flags}) as made:
            streams = {stream.index: made.add_stream_from_template(stream) for stream in given.streams}
            for packet in given.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    made.mux(packet)
        assert closing(path)[1] == ""
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        duration, missing = closing(path)
        assert missing.startswith(f"breaks off after {duration:.1f} s") and 3 < duration < 6.5


def test_a_film_whose_index_was_cut_off_is_a_failure(whole: dict[str, Path], tmp_path: Path) -> None:
    from sonolux.errors import MediaError

    path = tmp_path / "cut.mp4"
    path.write_bytes(whole["mp4"].read_bytes()[:20_000])
    with pytest.raises(MediaError, match="damaged recording or video"):
        closing(path)


@pytest.mark.parametrize("suffix", ["flac", "mp3", "opus", "mp4", "mka"])
def test_a_hole_is_measured(suffix: str, whole: dict[str, Path], tmp_path: Path) -> None:
    content = whole[suffix].read_bytes()
    place, length = int(0.5 * len(content)), int(0.2 * len(content))
    if suffix == "mp4":
        place = int(0.3 * content.index(b"moov"))
    path = tmp_path / f"hole.{suffix}"
    path.write_bytes(content[:place] + bytes(length) + content[place + length :])
    _, missing = closing(path)
    lost = float(missing.removeprefix("lacks ").partition(" ")[0])
    assert missing.endswith("damaged within") and 1.0 < lost < 6.0


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_streamed_wav_says_no_size(size: int, whole: dict[str, Path], tmp_path: Path) -> None:
    content = bytearray(whole["wav"].read_bytes())
    place = content.index(b"data")
    content[place + 4 : place + 8] = size.to_bytes(4, "little")
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert closing(path) == (pytest.approx(10.0, abs=0.01), "")
    path.write_bytes(content[: len(content) // 2])
    assert closing(path) == (pytest.approx(5.0, abs=0.01), "")


def test_a_wav_that_says_less_than_it_holds_is_heard_to_its_end(whole: dict[str, Path], tmp_path: Path) -> None:
    content = bytearray(whole["wav"].read_bytes())
    place = content.index(b"data")
    content[place + 4 : place + 8] = (100_000).to_bytes(4, "little")
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert closing(path) == (pytest.approx(10.0, abs=0.01), "")
    # What follows is a chunk of its own: no sound.
    content[place + 100_008 : place + 100_016] = b"LIST" + (len(content) - place - 100_016).to_bytes(4, "little")
    path.write_bytes(content)
    assert closing(path) == (pytest.approx(100_000 / 44_100, abs=0.01), "")


@pytest.mark.parametrize(
    "behind", [bytes(100_000), b"LYRICSBEGIN" + b"la " * 2000 + b"LYRICS200", b"TAG" + bytes(125)], ids=len
)
@pytest.mark.parametrize("suffix", ["mp3", "flac", "mkv", "opus"])
def test_what_lies_behind_the_media_is_none(behind: bytes, suffix: str, whole: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(whole[suffix].read_bytes() + behind)
    assert closing(path) == (pytest.approx(10.0, abs=0.15), "")


def test_joined_recordings_last_as_long_as_all_of_them(whole: dict[str, Path], tmp_path: Path) -> None:
    for suffix in ("mp3", "opus", "aac", "flac"):
        path = tmp_path / f"joined.{suffix}"
        path.write_bytes(2 * whole[suffix].read_bytes())
        assert closing(path) == (pytest.approx(20.0, abs=0.2), "")


def test_links_of_a_chain_have_rates_and_channels_of_their_own(tmp_path: Path) -> None:
    opus = write_sound(tmp_path / "a.opus", "libopus", 3.0)
    vorbis = write_sound(tmp_path / "b.ogg", "vorbis", 2.0)
    flac = write_sound(tmp_path / "c.oga", "flac", 1.5)
    chain = tmp_path / "chain.ogg"
    chain.write_bytes(opus.read_bytes() + vorbis.read_bytes() + flac.read_bytes())
    assert closing(chain) == (pytest.approx(6.5, abs=0.1), "")
    from sonolux.media.containers.audio import load_audio

    last = load_audio(str(chain), 8_000, 1.0, 5.2).samples
    assert np.abs(last).max() > 0.3
    with chain.open("rb") as opened:
        from sonolux.media.containers.audio import decode_audio

        assert sum(map(len, decode_audio(opened, 8_000))) == pytest.approx(6.5 * 8_000, abs=800)


def garbled(path: Path, kind: str) -> Path:
    """Overwrite all packets of one kind of stream."""
    import av

    content = path.read_bytes()
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        packets = {bytes(packet) for packet in container.demux(stream) if packet.size > 8}
    for packet in packets:
        content = content.replace(packet, b"\xff" * len(packet))
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("kind", "left", "missing"), [("audio", "shot", "sound"), ("video", "window", "pictures")])
def test_one_stream_that_cannot_be_decoded_does_not_cost_the_other(
    kind: str, left: str, missing: str, tmp_path: Path
) -> None:
    path = garbled(write_video(tmp_path / "a.mkv", [plain("red")], 2.0, sound=True), kind)
    *events, last = read(str(path), OPTIONS)
    assert {event.kind for event in events if isinstance(event, Segment)} == {left}
    assert last.missing == f"its {missing} cannot be decoded"


def test_a_sound_track_that_ends_early_is_no_damage(tmp_path: Path) -> None:
    for suffix in ("mkv", "mp4"):
        path = write_film(tmp_path / f"a.{suffix}", pictures=[(0, 8)], sounds=[(0, 3)])
        assert closing(path) == (pytest.approx(8.0, abs=0.1), "")


@pytest.mark.parametrize(
    ("form", "announced", "end", "reached", "missing"),
    [
        ("matroska", 10.0, End(False), 4.0, "breaks off after 4.0 s of 10.0 s"),
        ("matroska", 10.0, End(True), 4.0, ""),
        ("matroska", 10.0, End(False), 9.9, ""),
        ("matroska", None, End(False), 4.0, "breaks off after 4.0 s"),
        ("mov", 10.0, End(None), 4.0, ""),
        ("flac", 10.0, End(None), 4.0, "breaks off after 4.0 s of 10.0 s"),
        ("avi", 10.0, End(True), 4.0, "lacks 6.0 s of 10.0 s"),
        ("ogg", 4.0, End(False, certain=True), 4.0, "breaks off after 4.0 s"),
        ("wav", 1.0, End(False, seconds=10.0), 4.0, "breaks off after 4.0 s of 10.0 s"),
    ],
)
def test_structure_tells_a_cut_from_a_wrong_header(
    form: str, announced: float | None, end: End, reached: float, missing: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "a").write_bytes(b"some")
    monkeypatch.setattr("sonolux.media.containers.completeness.end_of", lambda *_: end)
    decoded = Reading(str(tmp_path / "a"), form, announced, sound=Extent(end=reached)).closed(reached)
    assert (decoded.missing if decoded else "") == missing


@pytest.mark.parametrize(
    ("head", "length"),
    [
        *(("fffb9064", 417), ("fffb9264", 418), ("fff38064", 208), ("fffd9064", 522)),
        *(("fff15080043ffc", 33), ("fffbf064", None), ("52494646", None)),
    ],
)
def test_frames_say_how_long_they_are(head: str, length: int | None) -> None:
    assert frame_bytes(bytes.fromhex(head).ljust(16, b"\0")) == length
