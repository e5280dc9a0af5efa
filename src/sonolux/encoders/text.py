"""Text as encoders can take it."""

from __future__ import annotations

import re
import unicodedata

UNSPACED = re.compile(
    "[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""Thai, Lao, kana, Han and Hangul: runs that words cannot be told from by spaces."""


def encodable(text: str) -> str:
    """Return the text with every lone surrogate (an undecodable byte of a file name) as a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def words_apart(text: str) -> str:
    """Return the text with a space between words in every script, and every character in its plain form.

    Models are trained on words that were told apart so; keyword search has a splitter of its own, `words_of_text`.
    """
    return UNSPACED.sub(_bigrams, unicodedata.normalize("NFKC", encodable(text)))


def _bigrams(run: re.Match[str]) -> str:
    characters = run[0]
    pairs = (characters[i : i + 2] for i in range(len(characters) - 1))
    return f" {' '.join([*characters, *pairs])} "
