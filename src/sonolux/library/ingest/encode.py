"""Batching: segments of many files, gathered for the encoders.

A segment waits in the queue of its modality until there are enough for a batch. An executor encodes batches while
decoding goes on; drafts are only ever changed here, in the caller's thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

from sonolux.encoders import Encoder
from sonolux.encoders.batch import Batch, Encoded, encode_all
from sonolux.encoders.executor import Executor
from sonolux.library.ingest.draft import Draft, EncodedSegment
from sonolux.library.ingest.labels import Labelling
from sonolux.media.segment import Content, Segment
from sonolux.types import Failure, Modality

BATCH = 32
"""Segments of one modality that are encoded together."""

BACKLOG = 1
"""Batches that may wait, besides those that are being encoded, before decoding waits for them."""

_Entry = tuple[Draft, EncodedSegment, Content]


class EncodingQueue:
    """Queues of decoded segments in front of the encoders that write.

    Parameters
    ----------
    writers : sequence of Encoder
    executor : Executor
        Where they work.
    labelling : Labelling or None
        What says what new pictures show.
    """

    def __init__(self, writers: Sequence[Encoder], executor: Executor, labelling: Labelling | None = None) -> None:
        self.writers = {modality: [e for e in writers if e.modality == modality] for modality in Modality}
        self._queues: dict[Modality, list[_Entry]] = {modality: [] for modality in Modality}
        self._executor = executor
        self._labelling = labelling
        self._batches: deque[tuple[list[_Entry], Batch, Future[Encoded]]] = deque()
        self._encoded: list[Draft] = []

    def put(self, draft: Draft, segment: Segment) -> list[Failure]:
        """Queue a segment; have its queue encoded once it is full.

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
        return self._collect(BACKLOG + self._executor.at_once)

    def put_words(self, drafts: Sequence[Draft]) -> list[Failure]:
        """Encode for keyword search the words of files whose pieces are encoded, and those of what their spans show.

        The words of a file itself include those of a text that is one passage. Files go together: one by one, making
        their rows costs several times as much as counting their words.
        """
        keyword = [encoder for encoder in self.writers[Modality.TEXT] if encoder.kind == "sparse"]
        if not keyword or not drafts:
            return []
        entries: list[_Entry] = []
        for draft in drafts:
            section = EncodedSegment("words", None, "")
            entries += [(draft, section, draft.words()), *((draft, *worded) for worded in draft.words_of_spans())]
            draft.sections.append(section)
        batch = _batch_of(entries)
        return _take(entries, batch, encode_all(keyword, batch))

    def flush(self) -> list[Failure]:
        """Encode whatever waits; returns the files that turned out to be beyond an encoder."""
        for modality in self._queues:
            self._hand_over(modality)
        return self._collect(0)

    def encoded(self) -> list[Draft]:
        """Take the drafts of which no segment waits; one whose next segment is still to come may come again."""
        taken, self._encoded = self._encoded, []
        return taken

    def _hand_over(self, modality: Modality) -> None:
        entries, self._queues[modality] = self._queues[modality], []
        if entries:
            batch = _batch_of(entries)
            if self._labelling is not None and self._executor.apart:
                batch = replace(batch, look=self._labelling.look(entries))
            self._batches.append((entries, batch, self._executor.submit(self.writers[modality], batch)))

    def _collect(self, backlog: int) -> list[Failure]:
        """Take back what is encoded, and wait until no more than a number of batches are left."""
        failures: list[Failure] = []
        while self._batches and (len(self._batches) > backlog or self._batches[0][2].done()):
            entries, batch, encoded = self._batches.popleft()
            result = encoded.result()
            failures += _take(entries, batch, result)
            if self._labelling is not None:
                self._labelling.label(entries, result.seen if batch.look is not None else None)
            for draft, _, _ in entries:
                draft.waiting -= 1
                if not draft.waiting:
                    self._encoded.append(draft)
        return failures


def _batch_of(entries: Sequence[_Entry]) -> Batch:
    """Return entries as executors take them; a file that was given up meanwhile is written into no space."""
    numbers: dict[int, int] = {}
    return Batch(
        [content for _, _, content in entries],
        [numbers.setdefault(id(draft), len(numbers)) for draft, _, _ in entries],
        [frozenset() if draft.failed else frozenset(draft.task.spaces) for draft, _, _ in entries],
    )


def _take(entries: Sequence[_Entry], batch: Batch, encoded: Encoded) -> list[Failure]:
    """Give descriptors to the segments they are of; return the files that turned out to be beyond an encoder."""
    for (_, section, _), rows in zip(entries, encoded.rows, strict=True):
        section.vectors |= rows
    files = dict(zip(batch.files, (draft for draft, _, _ in entries), strict=True))
    failures = []
    for number, reason in encoded.failures.items():
        draft = files[number]
        if not draft.failed:
            failures.append(Failure(draft.task.path, reason))
            draft.failed = True
    return failures
