"""``sonolux train taste``: several contents from the command line, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GENRES = ("western", "space")

BOX = re.compile("[\u2500-\u257f]")
"""What usage errors are framed with."""


def write_tables(folder: Path) -> tuple[Path, Path]:
    """Write 24 films, told by their title and a plot, of which some have one only, and who plays them."""
    lines, plays = ["item\ttitle\tplot"], ["user,item"]
    for number in range(24):
        kind = GENRES[number % 2]
        lines.append(f"f{number}\t{kind} film {1950 + number % 5}\tnothing")
        plays += [f"u{user},f{number}" for user in range(6) if user % 2 == number % 2 or user == number % 6]
    items, played = folder / "items.tsv", folder / "plays.csv"
    items.write_text("\n".join(lines))
    played.write_text("\n".join(plays))
    return items, played


def test_all_is_what_there_is_a_column_of(cli, tmp_path: Path) -> None:
    pytest.importorskip("implicit")
    items, plays = write_tables(tmp_path)
    ran = cli(
        *("train", "taste", "--items", items, "--plays", plays, "--content", "all", "--factors", "2"),
        *("--out", tmp_path / "t"),
    )
    assert ran.code == 0, ran.err
    assert "6 users, 24 items" in ran.err and "next: sonolux add FOLDER --space" in ran.out


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--content", "smell"), "--content is one of audio, image, text, all, not smell"),
        (("--content", "text", "--content", "image"), "has no column image: its first line is to be item,text,image"),
        (("--content", "text", "--tower", "image"), "a tower reads MODALITY=ENCODER"),
        (("--content", "text", "--tower", "smell=photo"), "smell is unknown"),
        (("--content", "text", "--tower", "text=a", "--tower", "text=b"), "text is twice"),
        (("--content", "text", "--tower", "image=photo"), "a tower describes image, of which nothing is learned"),
        (("--content", "text", "--fusion", "sideways"), "fusion is"),
        (("--content", "text", "--method", "svd"), "--method is one of mlr, linear, mlp, cnn-mse, cnn-wpe, not svd"),
    ],
)
def test_what_makes_no_sense_is_one_line(cli, tmp_path: Path, options: tuple[str, ...], why: str) -> None:
    pytest.importorskip("implicit")
    items, plays = write_tables(tmp_path)
    ran = cli("train", "taste", "--items", items, "--plays", plays, "--out", tmp_path / "t", *options)
    assert ran.code != 0 and why in " ".join(BOX.sub(" ", ran.err).split())
    assert "Traceback" not in ran.err and not (tmp_path / "t").exists()
