"""A library of things to be found again, made from photos, camera clips, recordings and sentences, and their variants.

Videos are scenes of three seconds, photos that are slowly moved over or pieces of camera clips, with sound; medleys are
a minute of six recordings. Everything follows from the seed.
"""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError
from sonolux.media.containers.audio import decode_audio

RATE = 22_050
FRAMES = 6
"""Frames a second of the videos."""

SCENE = 3
"""Seconds of a scene."""

SCENES = (4, 9)
"""Scenes of a video, from and to."""

SIZE = (256, 192)
MEDLEY = 60
PIECES = 6
"""Seconds of a medley, and the recordings of which it is made."""

SENTENCES = 60
"""Of a text, some 4,000 characters."""

Frames = NDArray[np.uint8]
"""Of shape (n, height, width, 3)."""


@dataclass(frozen=True, slots=True)
class Film:
    """What a video shows and plays: frames, mono samples."""

    frames: Frames
    samples: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Material:
    """What the things are made of: files of photos, of camera clips and of recordings, and sentences."""

    photos: list[Path]
    clips: list[Path]
    recordings: list[Path]
    sentences: list[str]


def find_material(data: Path, random: np.random.Generator) -> tuple[Material, Material]:
    """Find the material among the data sets, in two parts that share nothing: three quarters, and the rest.

    Clips are parted by camera, for those of one camera show the same place, and sounds of ESC-10, which are named
    ``fold-clip-take``, by the recording that they are takes of.

    Raises
    ------
    SonoluxError
        Where a set is missing.
    """
    photos = sorted((data / "imagenet_sample").glob("*.jpg"))
    cameras = [sorted((data / "surveillance").glob("*/*.mp4")), sorted((data / "videos").glob("*.mp4"))]
    folders = (data / name for name in ("recordings", "emotify", "esc10"))
    songs = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".ogg", ".mp3"))
    texts = data / "multi30k" / "train.en.gz"
    if len(photos) < 800 or not all(cameras) or len(songs) < 80 or not texts.exists():
        raise SonoluxError(
            f"{data} lacks some of imagenet_sample, surveillance, videos, recordings, emotify, esc10, multi30k"
        )
    with gzip.open(texts, "rt", encoding="utf-8") as lines:
        sentences = [line.strip() for line in islice(lines, 10_000)]
    sources: dict[str, list[Path]] = {}
    for path in songs:
        source = path.stem.rpartition("-")[0] if data / "esc10" in path.parents else str(path)
        sources.setdefault(source, []).append(path)
    groups = [[photo] for photo in photos], sources.values(), [[sentence] for sentence in sentences]
    parts = [_parted(things, random) for things in groups]
    first, rest = (Material(p, clips, s, t) for clips, p, s, t in zip(cameras, *parts, strict=True))
    return first, rest


def _parted(groups: Collection[list[Any]], random: np.random.Generator) -> tuple[list[Any], list[Any]]:
    """Part groups of things that share something: those of one group stay together."""
    listed = [*groups]
    shuffled = [listed[place] for place in random.permutation(len(listed))]
    cut = 3 * len(listed) // 4
    return [*chain(*shuffled[:cut])], [*chain(*shuffled[cut:])]


def make_films(material: Material, count: int, random: np.random.Generator) -> Iterator[Film]:
    """Yield videos; of scenes, half are of photos, each used once, and half of camera clips, which look alike."""
    photos = iter(material.photos)
    for _ in range(count):
        scenes = []
        for _ in range(random.integers(*SCENES)):
            if random.random() < 0.5:
                scenes.append(_pan(next(photos), random))
            else:
                scenes.append(_excerpt(material.clips[random.integers(len(material.clips))], random))
        frames = np.concatenate(scenes)
        yield Film(frames, _sound(material.recordings, len(frames) / FRAMES, 2, random))


def make_medleys(material: Material, count: int, random: np.random.Generator) -> Iterator[NDArray[np.float32]]:
    """Yield a minute of samples each, of excerpts of several recordings."""
    for _ in range(count):
        yield _sound(material.recordings, MEDLEY, PIECES, random)


def make_texts(material: Material, count: int) -> Iterator[str]:
    """Yield texts of some sentences, each sentence in one text alone; a paragraph is six of them."""
    for start in range(0, count * SENTENCES, SENTENCES):
        chosen = material.sentences[start : start + SENTENCES]
        yield "\n\n".join(" ".join(chosen[first : first + 6]) for first in range(0, SENTENCES, 6))


def write_film(path: Path, film: Film, *, codec: str = "mpeg4", bits: int = 600_000, scale: float = 1.0) -> None:
    """Write a video with its sound: MPEG-4 with MP2, or H.264 with AAC."""
    import av

    height, width = (int(side * scale) // 2 * 2 for side in film.frames.shape[1:3])
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FRAMES)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", bits
        stream.codec_context.thread_count = 1
        if codec == "libx264":
            stream.options = {"preset": "veryfast"}
        sound = container.add_stream("aac" if codec == "libx264" else "mp2", rate=RATE)
        for pixels in film.frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode())
        for packet in _encoded(sound, film.samples):
            container.mux(packet)


def write_medley(path: Path, samples: NDArray[np.float32], codec: str = "flac", bits: int = 0) -> None:
    """Write samples as FLAC, or as MP3 of so many bits a second."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        if bits:
            stream.bit_rate, stream.options = bits, {"compression_level": "9"}
        for packet in _encoded(stream, samples):
            container.mux(packet)


def _encoded(stream: Any, samples: NDArray[np.float32]) -> Iterator[Any]:
    import av

    whole = np.clip(samples * 32767, -32768, 32767).astype(np.int16)[None]
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(whole), format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    resampler = av.AudioResampler(stream.codec_context.format, "mono", RATE, stream.codec_context.frame_size or 4096)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        yield from stream.encode(part)
    yield from stream.encode(None)


def _pan(photo: Path, random: np.random.Generator) -> Frames:
    """Move over a photo from one side to the other."""
    from PIL import Image

    width, height = SIZE
    with Image.open(photo) as picture:
        pixels = np.asarray(picture.convert("RGB").resize((width + 48, height + 36)))
    ends = random.uniform(0, (48, 36), (2, 2))
    places = np.linspace(ends[0], ends[1], SCENE * FRAMES).astype(int)
    return np.stack([pixels[y : y + height, x : x + width] for x, y in places])


def _excerpt(clip: Path, random: np.random.Generator) -> Frames:
    """Take a scene of a camera clip, from a place that is drawn; a short clip begins again."""
    import av

    with av.open(str(clip)) as container:
        seconds = (container.duration or 0) / 1_000_000
        start = random.uniform(0, max(0.0, seconds - SCENE))
        container.seek(int(start * 1_000_000))
        taken: list[Frames] = []
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= start + len(taken) / FRAMES:
                taken.append(frame.reformat(*SIZE, format="rgb24").to_ndarray())
            if len(taken) == SCENE * FRAMES:
                break
    return np.stack([taken[place % len(taken)] for place in range(SCENE * FRAMES)])


def _sound(recordings: Sequence[Path], seconds: float, pieces: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Join excerpts of several recordings, each from a place that is drawn."""
    length = int(seconds * RATE / pieces) + 1
    chosen = [recordings[place] for place in random.choice(len(recordings), pieces, replace=False)]
    joined = [_part(path, length, random) for path in chosen]
    return np.concatenate(joined)[: int(seconds * RATE)].astype(np.float32)


@cache
def _decoded(path: Path) -> NDArray[np.float32]:
    return np.concatenate(list(decode_audio(str(path), RATE)))


def _part(path: Path, length: int, random: np.random.Generator) -> NDArray[np.float32]:
    samples = _decoded(path)
    start = int(random.integers(max(1, len(samples) - length)))
    return np.resize(samples[start:], length)
