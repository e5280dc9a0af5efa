"""Decoding errors: decoders raise anything on hostile input; here it becomes one clear line, a `MediaError`.

Memory errors pass untouched: a decoding process that meets its limit ends, and its pool says so.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sonolux.errors import MediaError


class NothingDecodedError(MediaError):
    """A stream is there, but nothing of it can be decoded; others of the file may be well."""


LONGEST_LINE = 300
"""Characters that a reason may have."""


def one_line(reason: object) -> str:
    """Return the text of a reason as one bounded line of printable characters."""
    # libav's errors add the number and the file, which say nothing to people.
    reason = getattr(reason, "strerror", None) or reason
    text = "".join(c if c.isprintable() else " " for c in str(reason))
    return " ".join(text.split())[:LONGEST_LINE]


def unreadable(error: OSError) -> str:
    """Say in one line why the operating system refused a file."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "is not there (vanished, moved, or a link to nothing)"
    return f"cannot be read: {one_line(error.strerror or error).lower()}"


@contextmanager
def decoding(what: str) -> Iterator[None]:
    """Turn whatever a decoder raises into a `MediaError` that says what was damaged.

    Parameters
    ----------
    what : str
        What is being decoded, for people: ``"JPEG image"``, ``"recording"``.
    """
    try:
        yield
    except (MediaError, MemoryError):
        raise
    except Exception as error:
        # Pillow, pypdf and libav meet hostile bytes with nearly every exception there is.
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise MemoryError from error
        # A disk that fails, not content that fails: for that, libav has errors of its own with the same numbers.
        if type(error) is OSError and error.errno in (errno.EIO, errno.ESTALE, errno.ETIMEDOUT):
            raise MediaError(unreadable(error)) from error
        reason = one_line(error)
        if " " not in reason:
            reason = f"{type(error).__name__} {reason}".strip()
        raise MediaError(f"damaged {what}: {reason}") from error
