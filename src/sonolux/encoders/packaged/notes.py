"""Note transcription by basic-pitch, which a package brings: which notes sound when, of any instrument or voice.

R. Bittner et al., "A lightweight instrument-agnostic model for polyphonic note transcription and multipitch
estimation", ICASSP 2022. The network hears two seconds at once; of neighbouring stretches each is believed where it
shows more around a place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.digest import digest_of
from sonolux.checkpoints.loading import LoadedOnce
from sonolux.decoding.notes import Note, decode_notes
from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import NOTES, NOTES_WEIGHTS
from sonolux.errors import EncoderError, ModelError
from sonolux.extras import extras_named

RATE = 22_050
"""Hertz."""

HOP = 256
"""Samples from one frame to the next."""

STRETCH = 43_844
"""Samples that the network hears at once, 172 frames."""

EDGE = 15
"""Frames at each end of a stretch that are not believed."""

KEPT = STRETCH // HOP + 1 - 2 * EDGE
"""Frames of a stretch that are."""

LOWEST = 21
"""MIDI number of the first pitch, the lowest key of a piano."""

OUTPUTS = ("StatefulPartitionedCall:2", "StatefulPartitionedCall:1", "StatefulPartitionedCall:0")
"""Of the network: that notes begin, that they sound, and that thirds of semitones do."""

VERSION = 1
"""Of what is done around the weights; changes the digest."""


class NoteNetwork:
    """The network, loaded when something is to be heard.

    Parameters
    ----------
    package : Package
    """

    def __init__(self, package: Package = NOTES) -> None:
        self.package = package
        self.digest = digest_of(package.digest, VERSION)
        self._session = LoadedOnce(self._loaded)

    def notes(self, samples: NDArray[np.float32]) -> list[Note]:
        """Return the notes in samples at 22,050 Hz, in order of time."""
        onsets, sounding, contours = self.probabilities(samples)
        return decode_notes(onsets, sounding, RATE / HOP, LOWEST, contours)

    def probabilities(self, samples: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return that notes begin, that they sound, (1 + n // 256, 88), and that thirds of semitones do, (..., 264)."""
        frames = 1 + len(samples) // HOP
        session = self._session()
        name = session.get_inputs()[0].name
        heard = []
        for first in range(0, frames, KEPT):
            stretch = _stretch(samples, (first - EDGE) * HOP)
            heard.append([part[0, EDGE : EDGE + KEPT] for part in session.run(OUTPUTS, {name: stretch})])
        return [np.concatenate(parts)[:frames] for parts in zip(*heard, strict=True)]

    def _loaded(self) -> Any:
        with extras_named(self.package.gives, EncoderError):
            import onnxruntime
        path = self.package.path(NOTES_WEIGHTS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime has errors of its own, of many kinds
            reason = " ".join(str(error).split())
            raise ModelError(f"{self.package.name}: its weights cannot be loaded: {reason}") from error


def _stretch(samples: NDArray[np.float32], start: int) -> NDArray[np.float32]:
    """Return one stretch (1, n, 1) from a place on, even before the first sample; silence where there is none."""
    stretch = np.zeros((1, STRETCH, 1), np.float32)
    held = samples[max(start, 0) : max(start + STRETCH, 0)]
    place = max(-start, 0)
    stretch[0, place : place + len(held), 0] = held
    return stretch
