"""Plates and drawn sentences are what the protocols say they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.reading import measure_plates
from sonolux.evaluation.protocols.written_text import (
    DRAWINGS,
    LINES,
    TYPEFACES,
    draw_pages,
    plate_pixels,
    read_plates,
    read_sentences,
    wrong_letters,
)


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (["RK-346 AL"], 0),
        (["rk346al"], 0),
        (["SK RK:346AL EU", "x"], 0),
        (["RK345AL"], 1),
        (["RK34AL"], 1),
        (["RK3466AL"], 1),
        (["RK", "346AL"], 2),
        (["K"], 6),
        ([], 7),
        ([""], 7),
    ],
)
def test_letters_of_a_plate_that_are_wrong(lines: list[str], wrong: int) -> None:
    assert wrong_letters("RK346AL", lines) == wrong


@pytest.mark.data
def test_the_set_of_plates(data: Path) -> None:
    plates = read_plates(data)
    assert len(plates) == 55
    assert plate_pixels(plates[0], cropped=True).shape[:2] == (plates[0].box[3], plates[0].box[2])
    texts = iter([plate.text for plate in plates])
    perfect = measure_plates(plates, lambda _: [next(texts)], cropped=False)
    assert (perfect.exact, perfect.one) == (1, 1)
    blind = measure_plates(plates[:2], lambda _: [], cropped=True)
    assert (blind.exact, blind.one) == (0, 0)


def test_missing_sets_are_one_line(tmp_path: Path) -> None:
    for read in (read_plates, read_sentences):
        with pytest.raises(SonoluxError, match="name the folder of the data sets"):
            read(tmp_path)


def test_every_condition_draws_the_same_sentences() -> None:
    pytest.importorskip("matplotlib", reason="the typefaces come with matplotlib")
    sentences = [f"sentence number {number} of these" for number in range(30)]
    drawn = [list(draw_pages(sentences, drawing, 1)) for drawing in DRAWINGS]
    assert {len(pages) for pages in drawn} == {len(TYPEFACES)}
    assert all([lines for _, lines in pages] == [lines for _, lines in drawn[0]] for pages in drawn)
    assert {len(lines) for _, lines in drawn[0]} == {LINES}
    upright, quarter = drawn[0][0][0], drawn[1][0][0]
    assert upright.shape == quarter.transpose(1, 0, 2).shape
    assert np.abs(np.rot90(upright).astype(int) - quarter).mean() < 2
    assert len({pages[0][0].tobytes() for pages in drawn}) == len(DRAWINGS)
