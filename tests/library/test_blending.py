"""Blends: their weights decide smoothly, 0 asks nothing, one alone asks as ever, and what names nothing is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from making import photographs, tone, write_wav
from sonolux.errors import QueryError
from sonolux.library import Library
from sonolux.presentation.blend import named_by, parse_blend
from sonolux.types import Hit

SPACE = "colour-layout"

WEIGHT = st.floats(0.01, 1)


def scores(hits: list[Hit]) -> dict[str, float]:
    return {hit.id: hit.score for hit in hits}


def blend(library: Library, *weights: float) -> dict[str, float]:
    parts = [(photographs()[0], weights[0]), (photographs()[3], weights[1]), ({"modality": "image"}, weights[2])]
    return scores(library.search(blend=parts, spaces=SPACE, k=50))


@settings(max_examples=15)
@given(WEIGHT, WEIGHT, WEIGHT, st.floats(-0.005, 0.005))
def test_a_small_change_of_weights_is_a_small_change_of_the_ranking(
    library: Library, first: float, second: float, third: float, change: float
) -> None:
    before = blend(library, first, second, third)
    after = blend(library, first, min(1, second + change), third)
    assert set(before) == set(after)
    bound = abs(change) / 61 + 1e-12
    assert all(abs(before[item] - after[item]) <= bound for item in before)
    order = list(before)
    for place, item in enumerate(order):
        for other in order[place + 1 :]:  # whoever changes places was as near as the change
            assert after[item] >= after[other] or before[item] - before[other] <= 2 * bound


@pytest.mark.parametrize("beside", [0.0, 1e-9])
def test_a_weight_of_zero_is_absent_and_nearly_zero_nearly(library: Library, beside: float) -> None:
    alone = library.search(image=photographs()[0], spaces=SPACE, k=5)
    mixed = library.search(blend=[(photographs()[0], 0.7), (photographs()[3], beside)], spaces=SPACE, k=5)
    assert [hit.id for hit in mixed] == [hit.id for hit in alone]


def test_one_alone_asks_as_it_would_without_a_blend(library: Library) -> None:
    assert library.search(blend={"flute": 1}) == library.search("flute")
    assert library.search(blend={str(photographs()[1]): 0.3}) == library.search(image=photographs()[1])


def test_a_text_file_is_a_part_as_its_passages_are(library: Library, tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text("A flute in a garden, and the rain that stops.")
    assert library.search(blend={str(story): 1}) == library.search("A flute in a garden, and the rain that stops.")


def test_a_filter_asks_with_the_mean_of_its_items(library: Library) -> None:
    files = [item.id for item in library.items({"modality": "image"})]
    points = library.index.fetch(files, spaces=[SPACE], keys=())
    mean = np.mean([point.vectors[SPACE] for point in points], axis=0)
    asked = library.search(blend={"modality=image": 1}, spaces=SPACE)
    expected = library.search(vector=mean, spaces=SPACE)
    assert [hit.id for hit in asked] == [hit.id for hit in expected]
    assert scores(asked) == pytest.approx(scores(expected), abs=1e-5)


def test_sounds_pictures_and_words_mix(library: Library, tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "tone: a.wav", tone(880, 5))
    hits = library.search(blend=[("flute", 0.5), (sound, 0.5), (np.asarray(Image.open(photographs()[2])), 0.5)], k=16)
    assert {str(hit.modality) for hit in hits} >= {"audio", "image"}
    assert hits.spaces


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"rain": 1.5}, "from 0 to 1, not 1.5"),
        ({"rain": -0.1}, "from 0 to 1"),
        ({"rain": float("nan")}, "from 0 to 1"),
        ({"rain": True}, "from 0 to 1"),
        ({"rain": "0.4"}, "from 0 to 1"),
        ({"rain": 0, "sea": 0}, "nothing is asked"),
        ({}, "empty"),
        ("rain:0.4", "a mapping"),
        ([("rain",)], "pairs"),
        ({"nowhere.mp3": 0.4}, "no such file"),
        ({"artist=Nobody": 0.4}, "no file of the library is as artist=Nobody"),
        ({"size=large": 0.4}, "size takes a number"),
        ({"  ": 0.4}, "words that are none"),
    ],
)
def test_what_cannot_be_mixed_is_said(library: Library, given_: object, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        library.search(blend=given_)


def test_a_blend_is_all_that_is_asked(library: Library) -> None:
    with pytest.raises(QueryError, match="all that is asked"):
        library.search("rain", blend={"sea": 1})


@pytest.mark.parametrize(
    ("line", "what", "weight"),
    [
        ("rain on a roof:0.4", "rain on a roof", 0.4),
        ("rain", "rain", 1.0),
        ("artist=AC:DC:0.2", "artist=AC:DC", 0.2),
        ("note: buy milk", "note: buy milk", 1.0),
        ("sea:1e-3", "sea", 0.001),
    ],
)
def test_what_people_write(line: str, what: str, weight: float) -> None:
    assert parse_blend(line) == (what, weight)


@pytest.mark.parametrize("line", ["12:30", "rain:2", "rain:-1", "rain:nan", "rain:inf", ":0.4", " :1", ""])
def test_weights_out_of_range_and_of_nothing_are_said(line: str) -> None:
    with pytest.raises(QueryError):
        parse_blend(line)


def test_a_file_whose_name_ends_like_a_weight_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "take:1"
    file.write_bytes(b"x")
    assert parse_blend(str(file)) == (str(file), 1.0)
    assert named_by(str(file)) == "file"
    assert named_by("x" * 5000) == "text"
