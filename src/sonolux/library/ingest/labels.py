"""Labels of new pictures: what they show, by the network that has just described them.

Only content that is new is labelled, and a file carries the annotator's mark like one that `annotate` has seen, so that
its labels are found, filtered by, and forgotten as all others are. Covers are no picture of what a recording is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sonolux.annotators.photo_labels import PhotoLabels, label_images
from sonolux.encoders.batch import Look
from sonolux.library.annotation_payload import mark_of
from sonolux.library.ingest.draft import Draft, EncodedSegment
from sonolux.media.segment import Content, Image
from sonolux.types import Annotation

Entry = tuple[Draft, EncodedSegment, Content]

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

    def look(self, entries: Sequence[Entry]) -> Look:
        """Return what is asked of a batch where it is encoded, so that `label` need not look again."""
        return Look(label_images, list(self._shown(entries)))

    def label(self, entries: Sequence[Entry], seen: Mapping[int, list[Annotation]] | None = None) -> None:
        """Label the pictures among pieces of a batch that is encoded; `seen` has what the look gave, by their place."""
        shown = self._shown(entries)
        if seen is None:
            said = self.annotator.label_and_kinds([image.pixels for image in shown.values()])
        else:
            said = [seen[place] for place in shown]
        for place, labels in zip(shown, said, strict=True):
            draft, section, _ = entries[place]
            placed = tuple(replace(label, span=section.span) for label in labels)
            known = draft.task.annotations
            draft.task = replace(draft.task, annotations=(*known, *placed), marks=(self.mark,))

    def _shown(self, entries: Sequence[Entry]) -> dict[int, Image]:
        """Return the pictures that are to be labelled, by their places."""
        return {
            place: content
            for place, (draft, section, content) in enumerate(entries)
            if isinstance(content, Image) and section.kind not in ("cover", "region")
            if draft.task.state in NEW and not draft.failed
        }
