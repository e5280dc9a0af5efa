"""Audio augmentation: what happens to a recording before it is heard again, noise, rooms, telephones, codecs, speed.

Sound is float32 (n,) in [-1, 1] at a rate in hertz.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.media.containers.audio import Samples

BIT_RATES = (8_000, 16_000, 24_000)
"""Of MP3 at 8,000 hertz, bits a second."""


def with_noise(sound: Samples, decibels: float, noise: Samples) -> Samples:
    """Return a sound so many decibels above a noise of its length."""
    return sound + noise * np.float32(_loudness(sound) / _loudness(noise) * 10 ** (-decibels / 20))


def noise_of(length: int, others: Sequence[Samples], random: np.random.Generator) -> Samples:
    """Return noise between white and pink, with these other sounds in it, all as loud as each other."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    coloured = np.fft.irfft(spectrum * np.arange(1, len(spectrum) + 1) ** -random.uniform(0, 1), length)
    noise: Samples = (coloured / _loudness(coloured)).astype(np.float32)
    for other in others:
        layer = np.resize(other, length)
        noise += layer / np.float32(_loudness(layer))
    return noise


def in_a_room(sound: Samples, rate: int, random: np.random.Generator) -> Samples:
    """Return a sound with the echo of a room: noise that fades by 60 dB in .1 to .8 seconds (J. A. Moorer, 1979)."""
    from scipy.signal import fftconvolve

    length = int(random.uniform(0.1, 0.8) * rate)
    echo = random.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    echo *= random.uniform(0.3, 1.2) / np.sqrt(np.square(echo).sum())
    echo[0] += 1
    heard: Samples = fftconvolve(sound, echo.astype(np.float32))[: len(sound)].astype(np.float32)
    return heard


def by_telephone(sound: Samples, rate: int, random: np.random.Generator) -> Samples:
    """Return what a narrow band leaves of a sound."""
    from scipy.signal import butter, sosfilt

    edges = [random.uniform(150, 400), random.uniform(2_500, min(3_700, 0.46 * rate))]
    band = butter(random.integers(1, 5), edges, "band", fs=rate, output="sos")
    heard: Samples = sosfilt(band, sound).astype(np.float32)
    return heard


def at_a_speed(sound: Samples, speed: float) -> Samples:
    """Return a sound played so much faster, and higher with it."""
    import soxr

    found: Samples = soxr.resample(sound, 1_000 * speed, 1_000).astype(np.float32)
    return found


def through_a_codec(sound: Samples, rate: int, random: np.random.Generator) -> Samples:
    """Return what MP3 of few bits leaves of a sound."""
    import av

    packed = io.BytesIO()
    with av.open(packed, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout="mono")
        stream.bit_rate = int(random.choice(BIT_RATES))
        samples = (np.clip(sound, -1, 1) * 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = rate
        for part in [*av.AudioResampler(format="s16p", layout="mono", rate=rate).resample(frame), None]:
            container.mux(stream.encode(part))
    packed.seek(0)
    with av.open(packed) as container:
        heard = np.concatenate([part.to_ndarray().ravel() for part in container.decode(audio=0)])
    return heard[: len(sound)].astype(np.float32)


def coarse(sound: Samples, steps: float) -> Samples:
    """Return a sound whose loudest is so many steps of what can be told apart."""
    top = np.float32(np.abs(sound).max() + 1e-9)
    heard: Samples = (np.round(sound / top * steps) / steps * top).astype(np.float32)
    return heard


def _loudness(sound: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.square(sound).mean()) + 1e-9)
