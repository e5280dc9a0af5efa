"""Labels of new pictures: what they show, by the network that has just described them.

Only content that is new is labelled, and a file carries the annotator's mark like one that `annotate` has seen, so that
its labels are found, filtered by, and forgotten as all others are. Covers are no picture of what a recording is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sonolux.annotators.photo_labels import PhotoLabels
from sonolux.library.annotation_payload import mark_of
from sonolux.library.ingest.draft import Draft, EncodedSegment
from sonolux.media.segment import Content, Image

NEW = ("new", "changed")
"""States of files whose content nothing was said of yet."""


class Labelling:
    """Gives files on their way in the labels and kinds of their pictures.

    Parameters
    ----------
    annotator : PhotoLabels
    """

    def __init__(self, annotator: PhotoLabels) -> None:
        self.annotator = annotator
        self.mark = mark_of(annotator)

    def label(self, entries: Sequence[tuple[Draft, EncodedSegment, Content]]) -> None:
        """Label the pictures among pieces of a batch that is encoded."""
        shown = [
            (draft, section, content)
            for draft, section, content in entries
            if isinstance(content, Image) and section.kind not in ("cover", "region")
            if draft.task.state in NEW and not draft.failed
        ]
        said = self.annotator.label_and_kinds([content.pixels for _, _, content in shown])
        for (draft, section, _), labels in zip(shown, said, strict=True):
            placed = tuple(replace(label, span=section.span) for label in labels)
            known = draft.task.annotations
            draft.task = replace(draft.task, annotations=(*known, *placed), marks=(self.mark,))
