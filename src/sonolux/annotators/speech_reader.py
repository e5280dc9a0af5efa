"""Speech recognition, phrase by phrase: a recording is cut at its pauses, then each phrase is transcribed by itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.annotators.phrases import phrases
from sonolux.annotators.voice_activity import VoiceActivity
from sonolux.types import Annotation, Modality, Span


class SpeechReader(Annotator):
    """Phrases with their times; a subclass writes `read`.

    Attributes
    ----------
    voice : VoiceActivity or None
        That tells where somebody speaks; without, what is loud enough is taken for speech.
    """

    modality = Modality.AUDIO
    window, overlap = 60.0, 20.0
    batch_size = 1
    voice: VoiceActivity | None = None

    @abstractmethod
    def read(self, samples: NDArray[np.float32]) -> tuple[str, float]:
        """Return what is said in a phrase, samples at `sample_rate`, and how probable that is; nothing for nothing."""

    def annotate_batch(self, batch: Sequence[NDArray[np.float32]]) -> list[list[Annotation]]:
        """Return the phrases said in samples at `sample_rate`; those in which nothing is understood are left out."""
        return [self._said(samples) for samples in batch]

    def _said(self, samples: NDArray[np.float32]) -> list[Annotation]:
        said = []
        for start, end in phrases(samples, self.sample_rate, self.voice):
            text, surely = self.read(np.ascontiguousarray(samples[start:end]))
            if text:
                span = Span(start / self.sample_rate, end / self.sample_rate)
                said.append(Annotation(self.name, text, surely, span, kind="transcript"))
        return said
