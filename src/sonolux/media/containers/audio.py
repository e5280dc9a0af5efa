"""Audio decoding: a file to float32 samples, mono, finite, in blocks of any length, each at its place in the file.

Channels are mixed as `sonolux.media.containers.downmix` says, resampling is soxr's HQ, as in librosa. Samples that are
NaN or infinite become silence and louder ones than 8 times full scale are clipped: one bad sample must not cost a file,
and no
encoder may meet it. Audio without a single finite sample is refused. Broken packets are skipped while others decode.
Memory does not grow with length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from io import SEEK_END
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.media.containers.clock import Clock, in_time
from sonolux.media.containers.container import audio_stream, frames, open_container
from sonolux.media.containers.downmix import BLOCK, Downmix
from sonolux.media.containers.extent import Extent
from sonolux.media.containers.ogg import Slice, is_ogg, scan_pages
from sonolux.media.errors import NothingDecodedError
from sonolux.media.safe_open import open_file
from sonolux.media.segment import Audio

Samples = NDArray[np.float32]

Placed = tuple[int, Samples]
"""Number of the first sample, from the file's zero, and samples (n,)."""

Run = tuple[float | None, Samples, int]
"""Seconds at which samples begin, None where they follow those before them; samples (channels, n) or (n,); hertz."""

SILENCE = 2**16
"""Samples of silence that are handed over at once."""

LOUDEST = 8.0
"""Full scale is 1; decoders of lossy formats overshoot it a little, only broken files by so much."""

LOWEST_RATE, HIGHEST_RATE = 1_000, 1_000_000
"""Hertz; a rate out of these limits would only serve to blow a small file up."""


def decode_audio(source: str | BinaryIO, rate: int) -> Iterator[Samples]:
    """Decode the main audio stream of an audio or video file, as a stream of blocks from the file's zero on.

    Where the file has no sound for a while, there is silence.

    Parameters
    ----------
    source : str or binary file
        A path, or an open file, which may be a pipe.
    rate : int
        Hertz of the samples yielded.

    Yields
    ------
    ndarray
        float32 (n,), n > 0, mono, finite.

    Raises
    ------
    MediaError
        Where there is no audio, or none that decodes.
    """
    for _, block in fill_gaps(decode_placed(source, rate)):
        yield block


def fill_gaps(placed: Iterable[Placed]) -> Iterator[Placed]:
    """Yield blocks that follow each other from the file's zero on, with silence where there were none."""
    count = 0
    for first, block in placed:
        while count < first:
            silence = np.zeros(min(first - count, SILENCE), np.float32)
            yield count, silence
            count += silence.size
        yield first, block
        count = first + block.size


def decode_placed(source: str | BinaryIO, rate: int, extent: Extent | None = None) -> Iterator[Placed]:
    """Decode what there is of the main audio stream of a file, with its place; parameters as of `decode_audio`.

    Parameters
    ----------
    extent : Extent, optional
        Is told how much there was.

    Yields
    ------
    first : int
        Number of the first sample, from the file's zero; blocks follow each other but for gaps in the file.
    samples : ndarray
        float32 (n,), n > 0, mono, finite.

    Raises
    ------
    NothingDecodedError
        Where there is audio, but none of it decodes.
    MediaError
        Where there is no audio.
    """
    heard = False
    for first, block in _resampled(_mono(_heard(source, Extent() if extent is None else extent)), rate):
        if block.size:
            heard = True
            yield first, block
    if not heard:
        raise NothingDecodedError("holds no sound: not one sample can be decoded")


@contextmanager
def _links(source: str | BinaryIO) -> Iterator[Sequence[str | BinaryIO]]:
    """Open the links of a chained Ogg file, each a file by itself; any other file is its only link."""
    with open_file(source) if isinstance(source, str) else nullcontext(source) as file:
        starts = scan_pages(file).links if file.seekable() and is_ogg(file) else []
        if len(starts) < 2:
            yield [source]
            return
        ends = [*starts[1:], file.seek(0, SEEK_END)]
        yield [cast("BinaryIO", Slice(file, start, end)) for start, end in zip(starts, ends, strict=True)]


def _heard(source: str | BinaryIO, extent: Extent) -> Iterator[Run]:
    """Yield the frames of a file, of a chained one those of all links; the samples of its first link are needed."""
    before = 0.0
    with _links(source) as links:
        for number, link in enumerate(links):
            try:
                yield from _heard_in(link, before, extent)
            except MediaError as error:
                if not number:
                    raise
                extent.refused = str(error)
            before = extent.end


def _heard_in(link: str | BinaryIO, before: float, extent: Extent) -> Iterator[Run]:
    with open_container(link, "recording") as container:
        stream = audio_stream(container)
        if stream is None:
            raise MediaError("holds no sound")
        stream.codec_context.thread_count = 1
        clock, end, gaps = Clock(container, counts=True), 0.0, extent.gaps
        for time, frame in in_time(frames(container, stream, extent), clock, _length):
            channels = _floats(frame)[:, max(0, round((end - time) * frame.sample_rate)) :]
            if channels.size:
                yield (before + time if time > end else None), channels, frame.sample_rate
            end = clock.end
            extent.end, extent.gaps = before + end, gaps + clock.gaps


def _length(frame: Any) -> float:
    if not LOWEST_RATE <= frame.sample_rate <= HIGHEST_RATE:
        raise MediaError(f"has {frame.sample_rate} samples a second, which no recording has")
    return float(frame.samples) / float(frame.sample_rate)


def _gathered(runs: Iterable[Run]) -> Iterator[Run]:
    """Join what follows each other to blocks that are long enough to choose a downmix by."""
    held: list[Samples] = []
    begins, shape = None, (0, 0)
    for start, channels, rate in runs:
        if held and (start is not None or shape != (len(channels), rate)):
            yield begins, np.concatenate(held, axis=1), shape[1]
            held = []
        if not held:
            begins, shape = start, (len(channels), rate)
        held.append(channels)
        if sum(part.shape[1] for part in held) >= BLOCK * rate:
            yield begins, np.concatenate(held, axis=1), rate
            held, begins = [], None
    if held:
        yield begins, np.concatenate(held, axis=1), shape[1]


def _mono(runs: Iterable[Run]) -> Iterator[Run]:
    """Mix channels down, with their own rates, which can change within a chained stream."""
    count = finite = 0
    mixer = Downmix(0)
    for start, channels, rate in _gathered(runs):
        if mixer.rate != rate:
            mixer = Downmix(rate)
        block = mixer.mix(channels)
        good = np.isfinite(block)
        count, finite = count + block.size, finite + int(good.sum())
        clean = np.where(good, block, np.float32(0.0))
        yield start, np.clip(clean, -LOUDEST, LOUDEST), rate
    if count and not finite:
        raise NothingDecodedError("holds no sound: every sample is NaN or infinite")


def _floats(frame: Any) -> Samples:
    """Return the samples of a frame as float32 (channels, n), integers scaled to [-1, 1)."""
    samples: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, max(1, frame.layout.nb_channels)).T
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128.0) / 128.0
    if np.issubdtype(samples.dtype, np.integer):
        return samples.astype(np.float32) / float(2 ** (8 * samples.dtype.itemsize - 1))
    with np.errstate(over="ignore"):
        floats: Samples = samples.astype(np.float32)
    return floats


def _resampled(runs: Iterable[Run], rate: int) -> Iterator[Placed]:
    import soxr

    source, stream, place = rate, None, 0
    for start, heard, block_rate in runs:
        if stream is not None and (block_rate != source or start is not None):
            rest = stream.resample_chunk(np.empty(0, np.float32), last=True)
            yield place, rest
            place, stream = place + rest.size, None
        if start is not None:
            place = max(place, round(start * rate))
        source = block_rate
        if source != rate:
            stream = stream or soxr.ResampleStream(source, rate, 1, dtype="float32")
        block = heard if stream is None else stream.resample_chunk(heard)
        yield place, block
        place += block.size
    if stream is not None:
        yield place, stream.resample_chunk(np.empty(0, np.float32), last=True)


def cut_windows(
    placed: Iterable[Placed], rate: int, window: float, hop: float
) -> Iterator[tuple[float, float, Samples]]:
    """Cut a stream of audio into overlapping windows.

    Windows start at every multiple of ``hop``; the last is the first that reaches the end, and is shorter than
    ``window`` unless the audio fits. Audio no longer than a window is one window. Behind a gap of more than ``hop``,
    and where the audio begins late, windows start anew with the audio; shorter gaps are silence.

    Parameters
    ----------
    placed : iterable of (int, ndarray)
        Blocks, each with the number of its first sample, in order.
    rate : int
        Hertz of the samples.
    window, hop : float
        Seconds in a window, and from the start of one to the start of the next; ``hop <= window``.

    Yields
    ------
    start, end : float
        Seconds from the file's zero.
    samples : ndarray
        float32 (n,).
    """
    length, step = max(1, round(window * rate)), max(1, round(hop * rate))
    if step > length:
        raise ValueError(f"windows of {window} s every {hop} s would leave gaps")
    held: list[Samples] = []
    count = start = 0
    for place, block in placed:
        missing = place - start - count
        if missing > step or not count:
            if count:
                yield start / rate, (start + count) / rate, np.concatenate(held)
            held, count, start = [block], block.size, place
        else:
            held += [np.zeros(missing, np.float32), block] if missing else [block]
            count += missing + block.size
        # A window goes out once it is known that audio follows it: the last one may be short.
        if count <= length:
            continue
        samples = np.concatenate(held)
        for first in range(0, count - length, step):
            yield start / rate, (start + length) / rate, samples[first : first + length].copy()
            start += step
        held = [samples[first + step :]]
        count = held[0].size
    if count:
        yield start / rate, (start + count) / rate, np.concatenate(held)


def load_audio(path: str, rate: int, seconds: float | None = None, start: float = 0.0) -> Audio:
    """Decode audio at ``rate`` hertz, from ``start`` seconds on: all of it, or so many ``seconds`` at most.

    Raises
    ------
    MediaError
        Where there is no audio, or none after ``start``.
    """
    first = round(start * rate)
    limit = None if seconds is None else first + max(1, round(seconds * rate))
    held: list[Samples] = []
    count = 0
    for block in decode_audio(path, rate):
        if first < count + block.size:
            held.append(block[max(first - count, 0) :])
        count += block.size
        if limit is not None and count >= limit:
            break
    if not held:
        raise MediaError(f"ends after {count / rate:.1f} s, before {start:.1f} s")
    return Audio(np.concatenate(held)[: None if limit is None else limit - first], rate)
