"""Tokenization: names, texts and questions to words, the same way for all three, in every script.

A word is letters of any script with their marks, and digits. What is written as one and read as several gives both:
``LetsGoFishin``, ``Wi-Fi``, ``10km``, ``l'été``, and a word that is broken at the end of a line. Where a script sets no
spaces between words, each character and each pair of neighbours counts as a word: such bigrams find words without a
dictionary (K. L. Kwok, "Comparing representations in Chinese information retrieval", SIGIR 1997).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import pairwise

import regex

from sonolux.encoders.text import encodable

EXTENSION = regex.compile(r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,4}$", regex.DOTALL)

UNSEEN = regex.compile(r"[\p{Cf}\ufe00-\ufe0f]")
"""Soft hyphens, zero-width spaces and joiners, marks of byte order and of direction, variants of emoji."""

SOFT_BREAK = regex.compile(r"\u00ad[ \t]*\r?\n")
APOSTROPHES = "'’ʼ＇"
CONTRACTION = regex.compile(r"['’ʼ＇](?<=[\p{L}\p{M}].)(?=(?:s|ll|re|ve|d|m)(?![\p{L}\p{N}]))", regex.IGNORECASE)
"""A dog's bone is a dog's, and she'll is no shell."""

WORD = regex.compile(
    r"""
      [\p{L}\p{M}\p{N}]+ (?: (?: ['’ʼ＇׳״] | [-‐‑] (?: [ \t]* \r?\n [ \t]* )? ) [\p{L}\p{M}\p{N}]+ )*
    | [\U0001F1E6-\U0001F1FF]{2}
    | \p{Extended_Pictographic}
    """,
    regex.VERBOSE,
)
"""A word with what joins its parts, or a pictograph."""

SIGNED = regex.compile(r"(?<![\p{L}\p{N}])([A-Za-z])(\+\+|\#)(?![\p{L}\p{N}])")
SIGNS = {"++": "plusplus", "#": "sharp"}
"""C++, C# and F# are not C and F."""

UNITS = "km|cm|mm|m|kg|g|mg|l|ml|s|ms|min|h|hz|khz|mhz|ghz|v|kv|w|kw|mw|mp|kb|mb|gb|tb|k|fps|p|px|dpi|in|ft|lb|oz|d"
SEAM = regex.compile(
    rf"""
      ['’ʼ＇׳״\-‐‑\s]+
    | (?<=[\p{{L}}\p{{M}}]\p{{Ll}}\p{{M}}*)(?=\p{{Lu}})        # LetsGo, but iPhone stays whole
    | (?<=\p{{Lu}}\p{{M}}*)(?=\p{{Lu}}\p{{M}}*\p{{Ll}})        # HTMLParser
    | (?<=\p{{L}}\p{{M}}*\p{{L}}\p{{M}}*\p{{L}}\p{{M}}*)(?=\d) # Beach2019, but mp3 and n02085620 stay whole
    | (?<=\d)(?=\p{{L}}\p{{M}}*\p{{L}}\p{{M}}*\p{{L}})         # 2019Beach
    | (?<=\d)(?=(?i:{UNITS})$)                                 # 10km
    """,
    regex.VERBOSE | regex.V1,
)
"""Where a word has parts."""

MOST_PARTS = 4
"""Parts of a word that is one as well; more are a sentence with other signs for spaces."""

LONGEST_KEPT = 40
"""Characters of a word whose parts are remembered."""

UNSPACED = regex.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
"""Thai, Lao, Burmese, Khmer, kana, Han and Hangul: runs that words cannot be told from by spaces."""

ACCENTED = regex.compile(r"([\p{Latin}\p{Greek}Ее])[\u0300-\u036f]+")
"""Letters that people write without their marks; й is another letter than и."""

VOWELS = regex.compile(r"[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
"""Hebrew points and Arabic harakat, with the hamza above and below a letter; few write them."""

ARABIC = str.maketrans("ىیکة", "ييكه")
"""Letters that are written for each other."""


SPLITTER = ("2", *(each.pattern for each in (UNSEEN, WORD, SEAM, CONTRACTION, SIGNED, UNSPACED, ACCENTED, VOWELS)))
"""What a change of the splitter shows in; the number counts changes of the code."""


def words_of_text(text: str) -> list[str]:
    """Return the words of a text or a name in their order, folded: case, accents, and all that is not seen.

    Examples
    --------
    >>> words_of_text("Übergröße: LetsGo, Wi-Fi")
    ['ubergrosse', 'letsgo', 'lets', 'go', 'wifi', 'wi', 'fi']
    """
    found: list[str] = []
    plain = unicodedata.normalize("NFKC", _unaccented(_seen(text)))
    # Most texts have none of these, and looking for them takes as long as all else.
    if any(mark in plain for mark in APOSTROPHES):
        plain = CONTRACTION.sub(" ", plain)
    if any(sign in plain for sign in SIGNS):
        plain = SIGNED.sub(lambda match: f"{match[1]} {match[1]}{SIGNS[match[2]]}", plain)
    for match in WORD.finditer(plain):
        word = match[0]
        # Most words come again; a very long one is no word, and is not kept.
        found += _folded(word) if len(word) <= LONGEST_KEPT else _folded.__wrapped__(word)
    return found


def words_of_name(name: str) -> str:
    """Return the words in the name of a file, with spaces between them and without the extension.

    Punctuation, capitals inside a word and numbers beside a word part words: ``"n02085620_Chihuahua.jpg"`` gives
    ``"n02085620 Chihuahua"``, ``"LetsGoFishin"`` gives ``"Lets Go Fishin"``.
    """
    bare = _seen(EXTENSION.sub("", encodable(name)))
    return " ".join(part for match in WORD.finditer(bare) for part in _parts(match[0]))


def _seen(text: str) -> str:
    """Return a text composed, without what is not seen."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", UNSEEN.sub("", SOFT_BREAK.sub("-\n", encodable(text))))


def _unaccented(text: str) -> str:
    if text.isascii():
        return text
    apart = VOWELS.sub("", unicodedata.normalize("NFD", text))
    return str(ACCENTED.sub(r"\1", apart)).translate(ARABIC)


@lru_cache(maxsize=2**16)
def _folded(word: str) -> tuple[str, ...]:
    """Return what a word is found by: the whole and its parts, in one case."""
    parts = _parts(word)
    whole = ["".join(parts)] if 1 < len(parts) <= MOST_PARTS and not all(map(str.isdigit, parts)) else []
    return tuple(said for part in (*whole, *parts) for said in _spaced(part.casefold()))


def _parts(word: str) -> list[str]:
    # Most words have no parts, and looking for them takes long.
    whole = word.isalpha() and word[1:].islower()
    return [word] if whole else [part for part in SEAM.split(word) if part]


def _spaced(word: str) -> list[str]:
    """Return a word, or what stands for words where its script sets no spaces."""
    if word.isascii() or not UNSPACED.search(word):
        return [word]
    found: list[str] = []
    end = 0
    for run in UNSPACED.finditer(word):
        characters = regex.findall(r"\X", run[0])
        found += [word[end : run.start()], *characters, *map("".join, pairwise(characters))]
        end = run.end()
    return [part for part in (*found, word[end:]) if part]
