"""Melody transcription: the tune of music, note by note, by a network that a package brings.

See `sonolux.encoders.packaged.notes`. Tunes that are kept in a library are found by humming.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.checkpoints.digest import digest_of
from sonolux.decoding.notes import skyline
from sonolux.encoders.packaged.notes import RATE, NoteNetwork
from sonolux.types import Annotation, Modality, Span

FEWEST = 4
"""Notes of a tune, at least."""

VERSION = 1
"""Of what is made of notes; changes the digest."""


class Notes(Annotator):
    """The tune of each stretch of 20 s: the names of its notes, such as ``G4 E4 C4``.

    Parameters
    ----------
    network : NoteNetwork, optional
    """

    name = spec = "notes"
    modality = Modality.AUDIO
    sample_rate = RATE
    window, overlap = 20.0, 0.0
    batch_size = 1

    def __init__(self, network: NoteNetwork | None = None) -> None:
        self.network = network or NoteNetwork()
        self.licence = self.network.package.licence
        self.digest = digest_of(self.network.digest, FEWEST, VERSION)

    def annotate_batch(self, batch: Sequence[NDArray[np.float32]]) -> list[list[Annotation]]:
        """Return the tune of samples at 22,050 Hz, and the mean probability of its notes; nothing without a tune."""
        return [self._said(samples) for samples in batch]

    def _said(self, samples: NDArray[np.float32]) -> list[Annotation]:
        tune = skyline(self.network.notes(samples))
        if len(tune) < FEWEST:
            return []
        names = " ".join(note.name for note in tune)
        surely = float(np.mean([note.strength for note in tune]))
        span = Span(tune[0].start, max(note.end for note in tune))
        return [Annotation(self.name, names, surely, span, kind="transcript")]
