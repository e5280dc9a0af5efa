"""Tables of items and plays: what is read of them, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.errors import TrainingError
from sonolux.training.recommendation.data import read_plays, read_tastes
from sonolux.training.recommendation.recipe import FactorisationRecipe

RECIPE = FactorisationRecipe(factors=2, iterations=3)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_plays_add_up_and_a_line_without_a_count_is_one(tmp_path: Path) -> None:
    users, plays, items = read_plays(written(tmp_path / "a.csv", "user,item,plays\nann,x,2\nann,x,3\nbob,y,0\n"))
    assert users == ("ann", "bob") and items == {"x": 0, "y": 1}
    assert plays.toarray().tolist() == [[5, 0], [0, 0]]
    _, once, _ = read_plays(written(tmp_path / "b.csv", "user,item\nann,x\nann,x\nbob,x\n"))
    assert once.toarray().tolist() == [[2], [1]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("user,thing\na,b\n", "has no column item: its first line is to be user,item,plays"),
        ("", "is empty"),
        ("user,item,plays\n", "has no rows below its first line"),
        ("ann,x,2\n", "has no column user: its first line is to be user,item,plays"),
        ("user,item,plays\na,b,1\na,c,-2\n", "line 3: plays are a number from 0, not '-2'"),
        ("user,item,plays\na,b,nan\n", "line 2: plays are a number from 0, not 'nan'"),
        ("user,item,plays\na,b,inf\n", "line 2: plays are"),
        ("user,item,plays\na,b,\n", "line 2: plays are a number from 0, not ''"),
        ("user,item,plays\na,b,often\n", "line 2: plays are a number from 0, not 'often'"),
        ("user,item,plays\n,b,1\n", "line 2: no user"),
        ("user,item,plays\na,,1\n", "line 2: no item"),
    ],
)
def test_a_table_of_plays_that_makes_no_sense_is_one_line(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=why) as said:
        read_plays(written(tmp_path / "plays.csv", text))
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ("item,text\nx,red\nx,blue\n", "line 3: x stands there twice"),
        ("item,text\nx,\n", "line 2: no text"),
        ("item,path\nx,a.png\n", "has no column text: its first line is to be item,text"),
        ("item,text\nz,red\n", "no item of .* is played in .*: their columns item are to hold the same names"),
    ],
)
def test_a_table_of_items_that_makes_no_sense_is_one_line(items: str, why: str, tmp_path: Path) -> None:
    plays = written(tmp_path / "plays.csv", "user,item\na,x\nb,y\n")
    with pytest.raises(TrainingError, match=why):
        read_tastes(written(tmp_path / "items.csv", items), plays, "text", RECIPE)


def test_a_table_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read"):
        read_plays(tmp_path / "nowhere.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00user")
    with pytest.raises(TrainingError, match="cannot be read"):
        read_plays(tmp_path / "binary.csv")


def test_an_image_that_two_items_share_is_refused(tmp_path: Path) -> None:
    plays = written(tmp_path / "plays.csv", "user,item\na,x\na,y\n")
    items = written(tmp_path / "items.csv", "item,path\nx,a.png\ny,a.png\n")
    with pytest.raises(TrainingError, match=r"x and y are the same file, .*a.png: leave one out"):
        read_tastes(items, plays, "image", RECIPE)


def test_items_that_nobody_plays_and_files_that_are_missing_are_told(tmp_path: Path) -> None:
    pytest.importorskip("implicit")
    from PIL import Image

    lines, plays = ["item,path"], ["user,item"]
    for number in range(12):
        Image.new("RGB", (16, 16), (20 * number, 0, 0)).save(tmp_path / f"{number}.png")
        lines.append(f"i{number},{number}.png")
        plays.append(f"u{number % 3},i{number}")
    lines += ["gone,gone.png", "lonely,0.png"]
    plays += ["u0,gone", "u1,elsewhere"]
    items = written(tmp_path / "items.csv", "\n".join(lines))
    read = read_tastes(items, written(tmp_path / "plays.csv", "\n".join(plays)), "image", RECIPE, side=8)
    assert read.items == tuple(f"i{number}" for number in range(12)) and read.unplayed == 1
    assert [Path(failure.path).name for failure in read.failed] == ["gone.png"]
    assert len(read.tastes) == 12 and read.tastes.targets.confidences.shape == (3, 12)
