"""Text as encoders can take it, and the words in the names of files."""

from __future__ import annotations

import re

EXTENSION = re.compile(r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,4}$", re.DOTALL)
SEPARATORS = re.compile(r"[\W_]+")
SEAMS = re.compile(
    r"""
      (?<=[^\W\d_][a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])   # LetsGo, but iPhone stays whole
    | (?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ])  # HTMLParser
    | (?<=[^\W\d_]{3})(?=\d)                      # Beach2019, but mp3 and n02085620 stay whole
    | (?<=\d)(?=[^\W\d_]{3})                      # 2019Beach
    """,
    re.VERBOSE,
)


def words_of_name(name: str) -> str:
    """Return the words in the name of a file, with spaces between them and without the extension.

    Punctuation, capitals inside a word and numbers beside a word part words: ``"n02085620_Chihuahua.jpg"`` gives
    ``"n02085620 Chihuahua"``, ``"LetsGoFishin"`` gives ``"Lets Go Fishin"``.
    """
    bare = EXTENSION.sub("", encodable(name))
    return SEAMS.sub(" ", SEPARATORS.sub(" ", bare)).strip()


def encodable(text: str) -> str:
    """Return the text with every lone surrogate (an undecodable byte of a file name) as a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
