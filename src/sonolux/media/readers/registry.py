"""Registry of readers: which of them reads a file; those of installed packages are asked before the built-in ones.

Decoding happens in processes of its own, which know what is installed, not what a program registered: a reader for
further types of files is offered by a package, in the group of entry points ``sonolux.readers``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sonolux.errors import MediaError, SonoluxError
from sonolux.media.errors import decoding, one_line
from sonolux.media.readers.base import MediaReader
from sonolux.media.safe_open import open_file
from sonolux.media.signatures import HEAD
from sonolux.registry import Registry

BUILT_IN = {
    "image": "sonolux.media.readers.image:ImageReader",
    "pdf": "sonolux.media.readers.text:PdfReader",
    "document": "sonolux.media.readers.document:DocumentReader",
    "text": "sonolux.media.readers.text:TextReader",
    "container": "sonolux.media.readers.container:ContainerReader",
}
"""In the order in which they are asked."""

READERS: Registry[Callable[[], MediaReader]] = Registry("reader", "sonolux.readers", MediaError, built_in=BUILT_IN)
"""Of factories; a class of readers is one."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A file, and who reads it.

    Attributes
    ----------
    name : str
        Of the reader.
    reader : MediaReader
    head : bytes
        What the file begins with.
    broken : tuple of str
        Readers that could not be asked, and why, a line each.
    """

    name: str
    reader: MediaReader
    head: bytes
    broken: tuple[str, ...]


def reader_of(path: str) -> Claimed:
    """Return the reader of a file; MediaError where its beginning cannot be read."""
    with open_file(path) as file, decoding("file"):
        head = file.read(HEAD)
    broken: list[str] = []
    for name in [*(name for name in READERS.installed if name not in BUILT_IN), *BUILT_IN]:
        reader = _reader(name, str(READERS.installed.get(name)))
        try:
            if isinstance(reader, MediaReader):
                if reader.claims(path, head):
                    return Claimed(name, reader, head, tuple(broken))
            else:
                broken.append(reader)
        except Exception as error:  # the code of a package can fail in any way
            broken.append(f"reader {name} cannot tell its files: {one_line(error)}")
    raise AssertionError("the reader of containers claims every file")


@lru_cache(maxsize=64)
def _reader(name: str, _place: str) -> MediaReader | str:
    """Return a reader, made once, or why there is none."""
    try:
        reader = READERS.get(name)()
    except SonoluxError as error:
        return str(error)
    except Exception as error:  # the code of a package can fail in any way
        return f"reader {name} cannot be made: {one_line(error)}"
    return reader if isinstance(reader, MediaReader) else f"reader {name}: what is registered makes no reader"
