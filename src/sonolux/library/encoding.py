"""Pieces of many files, gathered into batches for the encoders.

A piece waits in the queue of its modality until there are enough for a batch. An input that an encoder cannot take
costs its own file and no other of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from sonolux.encoders import Encoder
from sonolux.encoders.base import rows_of
from sonolux.encoders.inputs import encoder_input
from sonolux.library.draft import Draft, Section
from sonolux.media.piece import Content, Piece
from sonolux.types import Failure, Modality

BATCH = 32
"""Pieces of one modality that are encoded together."""

_Entry = tuple[Draft, Section, Content]


class EncodingQueue:
    """Queues of decoded pieces in front of the encoders that write.

    Parameters
    ----------
    writers : sequence of Encoder
    """

    def __init__(self, writers: Sequence[Encoder]) -> None:
        self.writers = {modality: [e for e in writers if e.modality == modality] for modality in Modality}
        self._queues: dict[Modality, list[_Entry]] = {modality: [] for modality in Modality}

    def put(self, draft: Draft, piece: Piece) -> list[Failure]:
        """Queue a piece; encode its queue once it is full. Returns the files that could not be encoded."""
        entry = (draft, draft.add(piece), piece.content)
        draft.waiting += 1
        queue = self._queues[piece.modality]
        queue.append(entry)
        return self._encode(piece.modality) if len(queue) >= BATCH else []

    def put_words(self, draft: Draft) -> list[Failure]:
        """Encode the words of the file itself for keyword search; they include those of a text that is one passage."""
        section = Section("words", None, "")
        entry = (draft, section, draft.words())
        draft.sections.append(section)
        keyword = [encoder for encoder in self.writers[Modality.TEXT] if encoder.kind == "sparse"]
        return [failure for encoder in keyword for failure in _encode_with(encoder, [entry])]

    def flush(self) -> list[Failure]:
        """Encode whatever waits."""
        return [failure for modality in self._queues for failure in self._encode(modality)]

    def _encode(self, modality: Modality) -> list[Failure]:
        queue, self._queues[modality] = self._queues[modality], []
        entries = [entry for entry in queue if not entry[0].failed]
        failures = [f for encoder in self.writers[modality] for f in _encode_with(encoder, entries)]
        for draft, _, _ in queue:
            draft.waiting -= 1
        return failures


def _encode_with(encoder: Encoder, entries: Sequence[_Entry]) -> list[Failure]:
    """Encode what still needs this encoder's space; on an error, one by one, to find whose it is."""
    wanted = [entry for entry in entries if encoder.space in entry[0].task.spaces and not entry[0].failed]
    if not wanted:
        return []
    inputs = [encoder_input(encoder, content) for _, _, content in wanted]
    try:
        rows = rows_of(encoder.encode(inputs))
    except Exception as error:  # whatever a model raises on one input must not cost the others
        if len(wanted) > 1:
            return [failure for entry in wanted for failure in _encode_with(encoder, [entry])]
        draft = wanted[0][0]
        draft.failed = True
        return [Failure(draft.task.path, f"{encoder.name} cannot encode it: {_one_line(error)}")]
    for (_, section, _), row in zip(wanted, rows, strict=True):
        if row is not None:
            section.vectors[encoder.space] = row
    return []


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
