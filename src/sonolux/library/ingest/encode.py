"""Pieces of many files, gathered into batches for the encoders.

A piece waits in the queue of its modality until there are enough for a batch. Batches are encoded in one thread, so
that decoding goes on meanwhile; drafts are only ever changed here between batches, in the caller's thread, but for the
vectors and the failure mark that a batch leaves in its own. An input that an encoder cannot take costs its own file and
no other of the batch; a model that cannot be loaded takes no input, and ends the run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from sonolux.encoders import Encoder
from sonolux.encoders.base import rows_of
from sonolux.encoders.inputs import EncoderInputs
from sonolux.errors import ModelError
from sonolux.library.ingest.draft import Draft, EncodedSegment
from sonolux.media.segment import Content, Segment
from sonolux.types import Failure, Modality

BATCH = 32
"""Pieces of one modality that are encoded together."""

BACKLOG = 2
"""Batches that may wait for the encoding thread before decoding waits for it."""

_Entry = tuple[Draft, EncodedSegment, Content]


class EncodingQueue:
    """Queues of decoded pieces in front of the encoders that write, which work in a thread of their own.

    Parameters
    ----------
    writers : sequence of Encoder
    """

    def __init__(self, writers: Sequence[Encoder]) -> None:
        self.writers = {modality: [e for e in writers if e.modality == modality] for modality in Modality}
        self._queues: dict[Modality, list[_Entry]] = {modality: [] for modality in Modality}
        self._thread = ThreadPoolExecutor(1, "encoding")
        self._batches: deque[tuple[list[_Entry], Future[list[Failure]]]] = deque()
        self._encoded: list[Draft] = []

    def put(self, draft: Draft, segment: Segment) -> list[Failure]:
        """Queue a piece; hand its queue to the thread once it is full.

        Returns
        -------
        failures : list of Failure
            Files that turned out meanwhile to be beyond an encoder.
        """
        crops = [(draft, section, crop) for section, crop in draft.add_regions(segment)]
        queue = self._queues[segment.modality]
        queue += [(draft, draft.add(segment), segment.content), *crops]
        draft.waiting += 1 + len(crops)
        if len(queue) < BATCH:
            return []
        self._hand_over(segment.modality)
        return self._collect(BACKLOG)

    def put_words(self, draft: Draft) -> list[Failure]:
        """Encode the words of the file itself for keyword search; they include those of a text that is one passage."""
        keyword = [encoder for encoder in self.writers[Modality.TEXT] if encoder.kind == "sparse"]
        if not keyword:
            return []
        section = EncodedSegment("words", None, "")
        entry = (draft, section, draft.words())
        draft.sections.append(section)
        return _encode(keyword, [entry])

    def flush(self) -> list[Failure]:
        """Encode whatever waits; returns the files that turned out to be beyond an encoder."""
        for modality in self._queues:
            self._hand_over(modality)
        return self._collect(0)

    def encoded(self) -> list[Draft]:
        """Take the drafts of which no piece waits any longer; one whose next piece is still to come may come again."""
        taken, self._encoded = self._encoded, []
        return taken

    def close(self) -> None:
        """End the thread; what waits for it is dropped."""
        self._thread.shutdown(cancel_futures=True)

    def _hand_over(self, modality: Modality) -> None:
        batch, self._queues[modality] = self._queues[modality], []
        if batch:
            self._batches.append((batch, self._thread.submit(_encode, self.writers[modality], batch)))

    def _collect(self, backlog: int) -> list[Failure]:
        """Take back what is encoded, and wait until no more than a number of batches are left."""
        failures: list[Failure] = []
        while self._batches and (len(self._batches) > backlog or self._batches[0][1].done()):
            batch, encoded = self._batches.popleft()
            failures += encoded.result()
            for draft, _, _ in batch:
                draft.waiting -= 1
                if not draft.waiting:
                    self._encoded.append(draft)
        return failures


def _encode(encoders: Sequence[Encoder], batch: Sequence[_Entry]) -> list[Failure]:
    inputs = EncoderInputs()
    return [failure for encoder in encoders for failure in _encode_with(encoder, batch, inputs)]


def _encode_with(encoder: Encoder, entries: Sequence[_Entry], inputs: EncoderInputs) -> list[Failure]:
    """Encode what still needs this encoder's space; on an error, one by one, to find whose it is."""
    wanted = [entry for entry in entries if encoder.space in entry[0].task.spaces and not entry[0].failed]
    if not wanted:
        return []
    try:
        rows = rows_of(encoder.encode([inputs.of(encoder, content) for _, _, content in wanted]))
    except ModelError:
        raise
    except Exception as error:  # whatever a model raises on one input must not cost the others
        if len(wanted) > 1:
            return [failure for entry in wanted for failure in _encode_with(encoder, [entry], inputs)]
        draft = wanted[0][0]
        draft.failed = True
        return [Failure(draft.task.path, f"{encoder.name} cannot encode it: {_one_line(error)}")]
    for (_, section, _), row in zip(wanted, rows, strict=True):
        if row is not None:
            section.vectors[encoder.space] = row
    return []


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
