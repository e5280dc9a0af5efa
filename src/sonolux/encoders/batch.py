"""A batch of decoded media through several encoders: what every executor does, wherever it does it.

An input that an encoder cannot take costs its own file and no other of the batch; a model that cannot be loaded takes
no input, and ends the run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sonolux.encoders.base import Encoder, split_rows
from sonolux.encoders.inputs import EncoderInputs
from sonolux.errors import ModelError
from sonolux.media.segment import Content


@dataclass(frozen=True, slots=True)
class Batch:
    """Contents of one modality.

    Attributes
    ----------
    contents : list of Image, Audio or str
    files : list of int
        The file of each content, by a number; a file that one encoder cannot take is given to none of the others.
    spaces : list of frozenset of str
        Those into which each content is to be written.
    """

    contents: list[Content]
    files: list[int]
    spaces: list[frozenset[str]]


@dataclass(slots=True)
class Encoded:
    """What became of a batch.

    Attributes
    ----------
    rows : list of dict
        Of each content its descriptors by space, as an index takes them; none of a content that holds nothing.
    failures : dict of int to str
        Of each file that an encoder cannot take, which encoder, and why, in one line.
    """

    rows: list[dict[str, Any]]
    failures: dict[int, str] = field(default_factory=dict)


def encode_all(encoders: Sequence[Encoder], batch: Batch) -> Encoded:
    """Encode a batch with each of some encoders, in their order.

    Raises
    ------
    ModelError
        Where a model cannot be loaded.
    """
    encoded = Encoded([{} for _ in batch.contents])
    inputs = EncoderInputs()
    for encoder in encoders:
        waiting = deque([[number for number, spaces in enumerate(batch.spaces) if encoder.space in spaces]])
        while waiting:
            wanted = [number for number in waiting.popleft() if batch.files[number] not in encoded.failures]
            if not wanted:
                continue
            try:
                rows = split_rows(encoder.encode([inputs.of(encoder, batch.contents[number]) for number in wanted]))
            except ModelError:
                raise
            except Exception as error:  # whatever a model raises on one input must not cost the others
                if len(wanted) > 1:  # one by one, to find whose it is
                    waiting.extend([number] for number in wanted)
                    continue
                reason = " ".join(str(error).split())[:300] or type(error).__name__
                encoded.failures[batch.files[wanted[0]]] = f"{encoder.name} cannot encode it: {reason}"
                continue
            for number, row in zip(wanted, rows, strict=True):
                if row is not None:
                    encoded.rows[number][encoder.space] = row
    return encoded
