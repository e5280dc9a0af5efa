"""Music tagging: genres, instruments, moods and voices of music, by networks that a package brings.

See `sonolux.encoders.packaged.music`. Of what is no music nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators.base import Annotator
from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.packaged.music import INSTRUMENTS, IS_MUSIC, RATE, MusicNetworks, music_networks
from sonolux.types import Annotation, Modality

LEAST = 0.1
"""Probability of a tag that is said, at least: a song has few of a hundred tags."""


class MusicTags(Annotator):
    """Tags of music, the likeliest first; each is told by itself, so that their probabilities have no sum.

    Parameters
    ----------
    networks : MusicNetworks, optional
        Those of this process by default.
    """

    name = spec = "music-tags"
    modality = Modality.AUDIO
    sample_rate = RATE

    def __init__(self, networks: MusicNetworks | None = None) -> None:
        self.networks = networks or music_networks()
        self.licence = self.networks.package.licence
        self.digest = digest_of(self.networks.digest, IS_MUSIC, LEAST, sorted(INSTRUMENTS))

    def annotate_batch(self, batch: Sequence[NDArray[np.float32]]) -> list[list[Annotation]]:
        """Return the tags of samples at 16,000 Hz; none of what is no music."""
        return [self._said(samples) for samples in batch]

    def _said(self, samples: NDArray[np.float32]) -> list[Annotation]:
        heard = self.networks.hear(samples)
        if heard.musical < IS_MUSIC:
            return []
        return [Annotation(self.name, tag, chance) for tag, chance in heard.tags.items() if chance >= LEAST]
