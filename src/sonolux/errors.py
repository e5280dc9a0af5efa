"""Every error that Sonolux raises on purpose, each with one line for the person who meets it.

The library raises; the command line and the HTTP edge translate.
"""

from __future__ import annotations


class SonoluxError(Exception):
    """Something was refused; the message says what, why, and what to do."""


class MediaError(SonoluxError):
    """A file cannot be decoded; the message is the reason, without the path."""


class QueryError(SonoluxError):
    """A question that cannot be asked of this library."""


class ExpiredError(QueryError):
    """What was asked for was kept for a while, and is no longer: ask again from the beginning."""


class LibraryError(SonoluxError):
    """A library cannot be opened, read or written."""


class LibraryBusyError(LibraryError):
    """Another process holds the library."""


class EncoderError(SonoluxError):
    """An encoder cannot be found or loaded, or does not fit its space."""


class ModelError(EncoderError):
    """The weights of a model are missing, broken, or not what its record says: no input of it can be encoded."""


class TrainingError(SonoluxError):
    """Data, a recipe or an earlier training that nothing can be learned from."""


class Cancelled(Exception):  # noqa: N818 - what a caller asked for is no error
    """Raised from a `progress` callback, it ends what is running: what is done stays, and the next call goes on.

    It is no `SonoluxError`, so that nothing takes it for the failure of a single file.
    """
