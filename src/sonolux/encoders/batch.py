"""A batch of decoded media through several encoders: what every executor does, wherever it does it.

An input that an encoder cannot take costs its own file and no other of the batch; a model that cannot be loaded takes
no input, and ends the run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sonolux.encoders.base import Encoder, split_rows
from sonolux.encoders.inputs import EncoderInputs
from sonolux.errors import ModelError
from sonolux.media.segment import Content


@dataclass(frozen=True, slots=True)
class Look:
    """Something else that is asked of contents where they are encoded, while what a network saw of them is known.

    Attributes
    ----------
    function : callable
        Takes contents and returns as many answers; one that another process can import.
    places : list of int
        Of the contents of a batch that it is asked of.
    """

    function: Callable[[list[Any]], list[Any]]
    places: list[int]


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
    look : Look or None
        What else is asked of them.
    """

    contents: list[Content]
    files: list[int]
    spaces: list[frozenset[str]]
    look: Look | None = None


@dataclass(slots=True)
class Encoded:
    """What became of a batch.

    Attributes
    ----------
    rows : list of dict
        Of each content its descriptors by space, as an index takes them; none of a content that holds nothing.
    failures : dict of int to str
        Of each file that an encoder cannot take, which encoder, and why, in one line.
    seen : dict of int to object
        Answers of the look, by the place of the content.
    """

    rows: list[dict[str, Any]]
    failures: dict[int, str] = field(default_factory=dict)
    seen: dict[int, Any] = field(default_factory=dict)


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
    if batch.look is not None:
        places = [place for place in batch.look.places if batch.files[place] not in encoded.failures]
        answers = batch.look.function([batch.contents[place] for place in places]) if places else []
        encoded.seen = dict(zip(places, answers, strict=True))
    return encoded
