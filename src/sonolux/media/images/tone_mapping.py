"""Tone mapping: HDR signals, PQ or HLG, to SDR: 8-bit sRGB, as everything else is.

Code to light by the transfer function, highlights rolled off by the electrical-electrical transfer function of BT.2390
until the brightest fits under reference white, wide primaries to those of sRGB, light to code.

Sources: SMPTE ST 2084 and ITU-R BT.2100-2, tables 4 and 5 (PQ, HLG); ITU-R BT.2390-10, 5.4.1 (roll-off); ITU-R
BT.2408-7, 2.1 (reference white); ITU-T H.273, tables 2 and 3 (numbers of primaries and transfer functions).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PQ, HLG = 16, 18
"""Transfer functions, by their numbers in H.273."""

REFERENCE_WHITE = 203.0
"""Candela per square metre: what a white sheet of paper has in HDR."""

PQ_PEAK, HLG_PEAK = 10_000.0, 1_000.0
M1, M2 = 2610 / 16384, 2523 / 4096 * 128
C1, C2, C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
HLG_A, HLG_B, HLG_C, HLG_GAMMA = 0.17883277, 0.28466892, 0.55991073, 1.2
BRIGHTEST = 99.9
"""Percentile of the light of a picture's pixels that counts as its brightest."""

TO_SRGB: dict[int, NDArray[np.float32]] = {
    9: np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32),
    12: np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]], np.float32),
    1: np.eye(3, dtype=np.float32),
}
"""Light in the primaries of BT.2020, Display P3 and BT.709, by their numbers in H.273, to that of sRGB."""

LUMINANCE_2020 = np.array([0.2627, 0.6780, 0.0593], np.float32)


def to_sdr(signal: NDArray[np.float32], transfer: int, primaries: int) -> NDArray[np.uint8]:
    """Return an HDR picture as SDR.

    Parameters
    ----------
    signal : ndarray of float32, shape (h, w, 3)
        Non-linear R'G'B' in [0, 1].
    transfer : int
        `PQ` or `HLG`.
    primaries : int
        By its number in H.273; an unknown one means those of BT.2020.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        sRGB.
    """
    light = _pq_light(signal) if transfer == PQ else _hlg_light(signal)
    strongest = light.max(axis=2)
    peak = max(float(np.percentile(strongest, BRIGHTEST)), REFERENCE_WHITE)
    share = _rolled_off(strongest, peak) / np.maximum(strongest, 1e-6)
    linear = (light * (share / REFERENCE_WHITE)[..., None]) @ TO_SRGB.get(primaries, TO_SRGB[9]).T
    return _srgb(np.clip(linear, 0, 1))


def _pq_light(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return candela per square metre of PQ codes."""
    root = np.power(np.clip(signal, 0, 1), 1 / M2)
    return np.asarray(PQ_PEAK * np.power(np.maximum(root - C1, 0) / (C2 - C3 * root), 1 / M1), np.float32)


def _pq_code(light: NDArray[np.float32] | float) -> NDArray[np.float32]:
    power = np.power(np.divide(light, PQ_PEAK, dtype=np.float32), M1)
    return np.asarray(np.power((C1 + C2 * power) / (1 + C3 * power), M2), np.float32)


def _hlg_light(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return candela per square metre of HLG codes, on a display of 1,000."""
    code = np.clip(signal, 0, 1)
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - HLG_C) / HLG_A) + HLG_B) / 12)
    system = np.power(np.maximum(scene @ LUMINANCE_2020, 1e-6), HLG_GAMMA - 1)
    return np.asarray(HLG_PEAK * scene * system[..., None], np.float32)


def _rolled_off(light: NDArray[np.float32], peak: float) -> NDArray[np.float32]:
    """Map light up to the peak to light up to reference white: a Hermite spline in PQ codes, from its knee on."""
    top = float(_pq_code(peak))
    white = float(_pq_code(REFERENCE_WHITE)) / top
    code = np.minimum(_pq_code(light) / top, 1)
    knee = 1.5 * white - 0.5
    if knee >= 1:
        return np.minimum(light, REFERENCE_WHITE)
    t = (code - knee) / (1 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * white
    return _pq_light(np.where(code < knee, code, spline).astype(np.float32) * top)


def _srgb(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the 8-bit codes of light in [0, 1] (IEC 61966-2-1)."""
    code = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.power(linear, 1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * code), np.uint8)
