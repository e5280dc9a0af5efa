"""``sonolux train captions``: what it learns from, says and refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = ("black", "white", "red", "green", "blue", "yellow", "purple", "orange", "brown", "grey")


def test_the_command_trains_and_says_what_to_do_next(cli, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, colour in enumerate(COLOURS):
        pixels = np.random.default_rng(number).integers(0, 256, (6, 6, 3), np.uint8)
        Image.fromarray(pixels).resize((96, 96)).save(photos / f"{colour}.png")
    table = tmp_path / "captions.tsv"
    table.write_text("".join(f"{colour}.png\t{colour} squares\n" for colour in (*COLOURS, "red", "pink")))
    asked = ("train", "captions", table, "--pictures", photos, "--set", "validation=0.2", "--out")
    ran = cli(*asked, tmp_path / "mine")
    assert ran.code == 3, ran.err
    assert "10 photos, 10 captions" in ran.err
    assert "pink.png: is not there" in ran.err
    assert "line 11 repeats an earlier one: each counts once" in ran.err
    assert "recall-1 " in ran.out and "next: sonolux add FOLDER --space" in ran.out
    again = cli(*asked, tmp_path / "mine")
    assert again.code == 1 and "is there and not empty" in again.err
    wrong = cli(*asked, tmp_path / "other", "--set", "image_ridge=0")
    assert wrong.code == 1 and "image_ridge is a positive number" in wrong.err
