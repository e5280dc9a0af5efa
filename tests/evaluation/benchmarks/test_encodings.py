"""The benchmark of encodings: its samples, and what it asks."""

from __future__ import annotations

import unicodedata

from sonolux.evaluation.benchmarks.encodings import benchmark_encodings, encoded, samples


def test_samples_are_of_many_languages() -> None:
    held = list(samples())
    assert len({language for language, *_ in held}) == 28
    assert all(encoded(text, encoding) for _, encoding, _, text in held)
    tones = "Sáng sớm, đường về"
    assert unicodedata.normalize("NFC", encoded(tones, "cp1258").decode("cp1258")) == tones


def test_nearly_all_are_read() -> None:
    report = benchmark_encodings()
    assert "met" in report.verdicts[0]
    assert report.rows[-1][0] == "all"
    assert [row[0] for row in report.rows].count("any") == 1
