"""Character encoding benchmark: texts of 28 languages in the encodings that their old files are in, read again.

A text is right where every character is; composed or decomposed letters are the same.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from sonolux.errors import MediaError
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.media.texts.text_decoding import decode_text

LENGTHS = ("title", "sentence", "paragraph")
UNICODE = ("utf-8", "utf-16-le", "utf-16-be")
"""Encodings that every language is tried in besides; UTF-16 without a byte order mark."""

TONES = "\u0300\u0309\u0303\u0301\u0323"
"""Marks that Vietnamese code page 1258 holds apart from their letters."""

ASKED = 54 / 58


def benchmark_encodings() -> Report:
    """Decode each text in each encoding of its language, as Sonolux and as chardet's first guess has it."""
    right: dict[tuple[str, str], Counter[str]] = {}
    guessed = tried = 0
    names: dict[str, list[str]] = {}
    for language, encoding, length, text in samples():
        data = encoded(text, encoding)
        group = "any" if encoding in UNICODE else language
        names.setdefault(group, [])
        if encoding not in names[group]:
            names[group].append(encoding)
        counts = right.setdefault((group, length), Counter())
        counts["tried"] += 1
        counts["right"] += _is_same(_decoded(data), text)
        if group != "any":
            tried += 1
            guessed += _is_same(_guessed(data), text)
    names["any"] = names.pop("any")
    rows = [[group, ", ".join(names[group]), *(_share(right[group, length]) for length in LENGTHS)] for group in names]
    old = sum((right[group, length] for group in names if group != "any" for length in LENGTHS), Counter())
    totals = [_share(sum((right[group, length] for group in names), Counter())) for length in LENGTHS]
    return Report(
        name="encodings",
        title="Encodings of texts",
        command="sonolux bench encodings",
        about="A title, a sentence and a paragraph of 28 languages, without any declaration, in encodings from before"
        " Unicode and in Unicode without a mark: how many are read with every character right. Written for this table;"
        " what chooses encodings was tuned on other sentences; one rule, that controls are no letters, came after a"
        " first run, which had 224 of 228.",
        columns=("language", "encodings", *LENGTHS),
        rows=[*rows, ["all", "", *totals]],
        verdicts=[
            compare_with_target("share right, Unicode left out", old["right"] / old["tried"], ASKED, form=".3f"),
            f"the first guess of chardet alone, on the same: {guessed / tried:.3f}",
        ],
    )


def samples() -> Iterator[tuple[str, str, str, str]]:
    """Yield language, encoding, length and text of each sample."""
    page = files("sonolux.evaluation.benchmarks").joinpath("encodings.toml").read_text(encoding="utf-8")
    languages: dict[str, dict[str, Any]] = tomllib.loads(page)
    for language, held in languages.items():
        for encoding in (*held["encodings"], *UNICODE):
            for length in LENGTHS:
                yield language, encoding, length, held[length]


def encoded(text: str, encoding: str) -> bytes:
    """Encode a text, in code page 1258 as Vietnamese programs did."""
    if encoding != "cp1258":
        return text.encode(encoding)
    apart = unicodedata.normalize("NFD", text)
    letters = ["".join(mark for mark in cluster if mark not in TONES) for cluster in _clusters(apart)]
    tones = ["".join(mark for mark in cluster if mark in TONES) for cluster in _clusters(apart)]
    joined = zip(letters, tones, strict=True)
    return "".join(unicodedata.normalize("NFC", letter) + tone for letter, tone in joined).encode("cp1258")


def _clusters(text: str) -> list[str]:
    """Split a decomposed text before every character that is no mark."""
    clusters: list[str] = []
    for character in text:
        if clusters and unicodedata.combining(character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _decoded(data: bytes) -> str:
    try:
        return decode_text(data)
    except MediaError:
        return ""


def _guessed(data: bytes) -> str:
    from chardet import detect

    try:
        return data.decode(detect(data)["encoding"] or "ascii")
    except (LookupError, UnicodeDecodeError):
        return ""


def _is_same(found: str, text: str) -> bool:
    return unicodedata.normalize("NFC", found) == unicodedata.normalize("NFC", text)


def _share(counts: Counter[str]) -> str:
    return f"{counts['right']} of {counts['tried']}"
