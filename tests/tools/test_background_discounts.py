"""Discounts of borrowed backgrounds: the power that was put in comes out, and what shares a word is no stranger."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from sonolux.encoders import resolve
from sonolux.retrieval.background import fit_background
from sonolux.retrieval.borrowed import SHAPE, BorrowedBackground
from sonolux.types import Space
from tools.background_discounts import CLAIMED, Labels, measure_discount, measure_thinning, photographs, strangers_among

DIM = 16

UNCHANGED = SHAPE * (CLAIMED ** (-1 / SHAPE) - 1) / -np.log(CLAIMED)
"""Mean power by which a p-value of .01 stays what it is."""


def drawn(seed: int, n: int, spread: float = 3.0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    rows = np.eye(DIM)[0] + spread * random.standard_normal((n, DIM))
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.fixture(scope="module")
def borrowed() -> BorrowedBackground:
    return BorrowedBackground("", fit_background(Space("s", DIM), drawn(0, 500), np.arange(500)), 1.0, 1.0)


def alone(n: int) -> list[Labels]:
    return [{str(number)} for number in range(n)]


def test_media_like_those_that_were_learned_from_need_no_discount(borrowed: BorrowedBackground) -> None:
    collections = [(drawn(seed, 150), alone(150)) for seed in (1, 2)]
    assert measure_discount(borrowed, collections) == pytest.approx(UNCHANGED, rel=0.15)


def test_media_that_are_more_alike_need_one(borrowed: BorrowedBackground) -> None:
    collections = [(drawn(3, 150, spread=0.1), alone(150))]
    assert measure_discount(borrowed, collections) < 0.7


def test_two_that_share_a_label_are_not_counted(borrowed: BorrowedBackground) -> None:
    rows = drawn(4, 40)
    twice = np.concatenate([rows, rows + np.float32(1e-3)])
    assert measure_discount(borrowed, [(twice, alone(80))]) < 0.9
    told = measure_discount(borrowed, [(twice, alone(40) * 2)])
    assert told == pytest.approx(UNCHANGED, rel=0.25)


def test_items_of_any_kind_thin_out_at_the_rate_that_is_measured(borrowed: BorrowedBackground) -> None:
    files = [str(number) for number in range(200)]
    assert measure_thinning(borrowed, [(drawn(5, 200), files)]) == pytest.approx(1.0, abs=0.15)
    few = drawn(6, 30), files[:30]
    assert measure_thinning(borrowed, [few, (drawn(7, 200), files)]) == pytest.approx(1.0, abs=0.2)


def test_strangers_share_no_label() -> None:
    told = strangers_among([{"dog", "grass"}, {"dog", "snow"}, {"boat"}, set()])
    assert told.tolist() == [
        [False, False, True, True],
        [False, False, True, True],
        [True, True, False, True],
        [True, True, True, False],
    ]


def test_what_is_said_of_photographs_are_words_of_captions_and_objects(tmp_path: Path) -> None:
    shown = {"flickr_captions": ["a.jpg", "b.jpg", "untold.jpg"], "coco64": ["c.jpg"], "movies": ["1.jpg", "2.jpg"]}
    for folder, names in shown.items():
        (tmp_path / folder).mkdir()
        for name in names:
            PIL.Image.new("RGB", (8, 8)).save(tmp_path / folder / name)
    captions = 'a.jpg\tA Dog on the grass .\na.jpg\tThe "brown" dog\nb.jpg\tA boat\n'
    (tmp_path / "flickr_captions" / "captions.tsv").write_text(captions, encoding="utf-8")
    marked = {
        "categories": [{"id": 3, "name": "hot dog"}],
        "images": [{"id": 7, "file_name": "c.jpg"}],
        "annotations": [{"image_id": 7, "category_id": 3}],
    }
    (tmp_path / "coco64" / "instances.json").write_text(json.dumps(marked), encoding="utf-8")
    captioned, objects, everything = photographs(tmp_path)
    assert sorted(map(sorted, captioned.labels)) == [["boat"], ["brown", "dog", "grass"]]
    assert objects.labels == [{"hot", "dog"}]
    assert everything.labels == [*captioned.labels, *objects.labels, {"poster"}, {"poster"}]
    assert everything.files[-2:] in (["1.jpg", "2.jpg"], ["2.jpg", "1.jpg"])
    assert len(everything.media) == 5
    assert resolve("colour-layout")[0].encode(everything.media).shape[0] == 5
