"""Reader of documents: of office programs, e-books, e-mails and rich text."""

from __future__ import annotations

from collections.abc import Iterator

from sonolux.errors import MediaError
from sonolux.media.metadata import cleaned
from sonolux.media.options import ReadOptions
from sonolux.media.readers.base import MediaReader
from sonolux.media.readers.text import read_segments
from sonolux.media.segment import Probe, ReadEvent
from sonolux.media.signatures import OLE, RTF, ZIP, is_email
from sonolux.types import Modality


class DocumentReader(MediaReader):
    """DOCX, PPTX, XLSX, ODT, ODP, ODS, EPUB, RTF and EML, as far as they hold text."""

    def claims(self, path: str, head: bytes) -> bool:
        """Tell whether a document begins here; of zip archives, only those that are one."""
        from sonolux.media.texts.office import office_form

        if head.startswith(ZIP):
            return office_form(path) is not None
        return head.startswith((RTF, OLE)) or is_email(head)

    def read(self, path: str, head: bytes, options: ReadOptions) -> Iterator[ReadEvent]:
        """Yield the probe, then passages."""
        from sonolux.media.texts.letters import email_metadata, rtf_metadata
        from sonolux.media.texts.office import office_form, office_metadata

        if head.startswith(OLE):
            raise MediaError(
                "is a document of Office before 2007, or under a password: save it as DOCX, or without one"
            )
        if head.startswith(ZIP):
            form = office_form(path) or "docx"
            found = office_metadata(path, form)
        elif head.startswith(RTF):
            form, found = "rtf", rtf_metadata(head)
        else:
            form, found = "eml", email_metadata(head)
        yield Probe(Modality.TEXT, form, cleaned(found))
        yield from read_segments(path, form, options)
