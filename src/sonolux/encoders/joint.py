"""Joint descriptors: ``A+B``, what several encoders say of one thing, side by side.

What one overlooks the other may see: a network that knows things from one another cares little for colours. Early
fusion (C. G. M. Snoek, M. Worring and A. W. M. Smeulders, "Early versus late fusion in semantic video analysis", ACM
Multimedia 2005): each part has length 1, so that all count the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.digest import digest_of
from sonolux.encoders.base import Descriptors, Encoder, normalised
from sonolux.errors import EncoderError

BETWEEN = "+"
"""Stands between the specifications of the parts."""


class JointEncoder(Encoder):
    """The float descriptors of several encoders of one modality, side by side, compared by cosine.

    Parameters
    ----------
    parts : sequence of Encoder
        Two or more.

    Raises
    ------
    EncoderError
        Where one gives codes or words, or hears sounds at another rate than the others.
    """

    def __init__(self, parts: Sequence[Encoder]) -> None:
        self.parts = tuple(parts)
        self.name = BETWEEN.join(part.name for part in parts)
        self.spec = BETWEEN.join(part.spec for part in parts)
        self.space = BETWEEN.join(part.space for part in parts)
        self.modality = parts[0].modality
        self.dim = sum(part.dim for part in parts)
        self.digest = digest_of(*(part.digest for part in parts))
        self.licence = ", ".join(dict.fromkeys(part.licence for part in parts if part.licence))
        self.sample_rate = parts[0].sample_rate
        self.side = max(part.side for part in parts) if all(part.side for part in parts) else 0
        self.batch_size = min(part.batch_size for part in parts)
        self.gpu_share = min(1.0, sum(part.gpu_share for part in parts))
        self.weight = max(part.weight for part in parts)
        self._check()

    def encode_batch(self, batch: Sequence[Any]) -> NDArray[np.float32]:
        """Encode what the parts take into rows (n, sum of their widths)."""
        return joint_rows([part.encode(batch) for part in self.parts])

    def encode_queries(self, queries: Sequence[Any]) -> Descriptors:
        """Encode questions as the parts encode questions."""
        return self._checked([joint_rows([part.encode_queries(queries) for part in self.parts])], len(queries))

    def _check(self) -> None:
        for part in self.parts:
            if part.kind != "float":
                raise EncoderError(f"{self.spec}: {part.name} gives no float descriptor that could stand beside others")
            if part.sample_rate != self.sample_rate:
                raise EncoderError(
                    f"{self.spec}: {part.name} hears {part.sample_rate:,} samples a second, {self.parts[0].name}"
                    f" {self.sample_rate:,}: join encoders of one rate"
                )


def joint_rows(rows: Sequence[Descriptors]) -> NDArray[np.float32]:
    """Return rows (n, sum of widths) of rows (n, width) of several encoders, each part of length 1 or 0."""
    return np.concatenate([normalised(np.asarray(part, np.float32)) for part in rows], axis=1)


def joint_encoders(spec: str, parts: Sequence[Sequence[Encoder]]) -> list[Encoder]:
    """Return the joint encoder of each modality that all parts take.

    Parameters
    ----------
    spec : str
        For the message.
    parts : sequence of sequence of Encoder
        What each part's specification resolves to.

    Raises
    ------
    EncoderError
        Where there is no such modality, or parts cannot be joined.
    """
    by_modality = [{encoder.modality: encoder for encoder in part} for part in parts]
    shared = [modality for modality in by_modality[0] if all(modality in part for part in by_modality)]
    if not shared:
        raise EncoderError(f"{spec}: its parts take nothing in common: join encoders of one modality")
    return [JointEncoder([part[modality] for part in by_modality]) for modality in shared]
