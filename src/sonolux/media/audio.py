"""Audio decoding: a file to float32 samples, mono (the mean of the channels), finite, in blocks of any length.

Resampling is soxr's HQ, as in librosa. Samples that are NaN or infinite become silence and louder ones than 8 times
full scale are clipped: one bad sample must not cost a file, and no encoder may meet it. Audio without a single
finite sample is refused. Broken packets are skipped while others decode. Memory does not grow with length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import MediaError
from sonolux.media.container import audio_stream, frames, is_cover, open_container, packets
from sonolux.media.errors import decoding
from sonolux.media.segment import Audio

Samples = NDArray[np.float32]

LOUDEST = 8.0
"""Full scale is 1; decoders of lossy formats overshoot it a little, only broken files by so much."""

LOWEST_RATE, HIGHEST_RATE = 1_000, 1_000_000
"""Hertz; a rate out of these limits would only serve to blow a small file up."""

LARGEST_COVER = 64 * 2**20
"""Bytes of an embedded cover."""


def decode_audio(source: str | BinaryIO, rate: int) -> Iterator[Samples]:
    """Decode the main audio stream of an audio or video file, as a stream of blocks.

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
    with open_container(source, "recording") as container:
        stream = audio_stream(container)
        if stream is None:
            raise MediaError("holds no sound")
        stream.codec_context.thread_count = 1
        heard = False
        for block in _resampled(_mono(frames(container, stream)), rate):
            if block.size:
                heard = True
                yield block
        if not heard:
            raise MediaError("holds no sound: not one sample can be decoded")


def _mono(decoded: Iterable[Any]) -> Iterator[tuple[Samples, int]]:
    """Yield blocks with their own rates, which can change within a chained stream."""
    count = finite = 0
    for frame in decoded:
        if not LOWEST_RATE <= frame.sample_rate <= HIGHEST_RATE:
            raise MediaError(f"has {frame.sample_rate} samples a second, which no recording has")
        block = _floats(frame).mean(axis=0, dtype=np.float32)
        good = np.isfinite(block)
        count, finite = count + block.size, finite + int(good.sum())
        clean = np.where(good, block, np.float32(0.0))
        yield np.clip(clean, -LOUDEST, LOUDEST), frame.sample_rate
    if count and not finite:
        raise MediaError("holds no sound: every sample is NaN or infinite")


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


def _resampled(blocks: Iterable[tuple[Samples, int]], rate: int) -> Iterator[Samples]:
    import soxr

    source, stream = rate, None
    for block, block_rate in blocks:
        if block_rate != source and stream is not None:
            yield stream.resample_chunk(np.empty(0, np.float32), last=True)
            stream = None
        source = block_rate
        if source == rate:
            yield block
            continue
        if stream is None:
            stream = soxr.ResampleStream(source, rate, 1, dtype="float32")
        yield stream.resample_chunk(block)
    if stream is not None:
        yield stream.resample_chunk(np.empty(0, np.float32), last=True)


def cut_windows(
    blocks: Iterable[Samples], rate: int, window: float, hop: float
) -> Iterator[tuple[float, float, Samples]]:
    """Cut a stream of audio into overlapping windows.

    Windows start at every multiple of ``hop``; the last is the first that reaches the end, and is shorter than
    ``window`` unless the audio fits. Audio no longer than a window is one window.

    Parameters
    ----------
    rate : int
        Hertz of the samples.
    window, hop : float
        Seconds in a window, and from the start of one to the start of the next; ``hop <= window``.

    Yields
    ------
    start, end : float
        Seconds from the start of the audio.
    samples : ndarray
        float32 (n,).
    """
    length, step = max(1, round(window * rate)), max(1, round(hop * rate))
    if step > length:
        raise ValueError(f"windows of {window} s every {hop} s would leave gaps")
    held: list[Samples] = []
    count = start = 0
    for block in blocks:
        held.append(block)
        count += block.size
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


def embedded_cover(path: str) -> bytes | None:
    """Return the first image attached to an audio file, as the file that it is, None where there is none."""
    with open_container(path, "recording") as container, decoding("recording"):
        covers = [stream for stream in container.streams.video if is_cover(stream)]
        if not covers:
            return None
        packet = next(iter(packets(container, covers[0])), None)
        return bytes(packet) if packet is not None and 0 < packet.size <= LARGEST_COVER else None
