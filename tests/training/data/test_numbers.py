"""Rows of numbers: how they are read, what a code of them keeps, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import sonolux as sx
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Numbers
from sonolux.encoders.trained.encoder import NumbersEncoder
from sonolux.errors import EncoderError, TrainingError
from sonolux.training.data.numbers import read_numbers, row_set
from sonolux.training.hashing.recipes import AutoencoderRecipe
from sonolux.training.hashing.train import train_rows
from sonolux.training.recipes import make_recipe


def recipe(**changes: object) -> AutoencoderRecipe:
    start = {"bits": 32, "epochs": 15, "batch_size": 64, "validation": 0.1, "inputs": "numbers", "layer_epochs": 2}
    return make_recipe("ae", **(start | changes))


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    return load_digits(return_X_y=True)


@pytest.fixture(scope="session")
def trained(digits: tuple[np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("numbers") / "digits"
    train_rows(row_set(digits[0], "digits"), recipe(), folder)
    return folder


def test_codes_keep_what_is_near(trained: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    rows, labels = digits
    codes = NumbersEncoder(trained).encode(rows)
    assert codes.shape == (1797, 4)
    signs = np.unpackbits(codes, axis=1) * 2.0 - 1
    nearest = np.argsort(-(signs @ signs.T - 1e9 * np.eye(len(signs))), axis=1)[:, :10]
    assert (labels[nearest] == labels[:, None]).mean() > 0.7  # .1 by chance
    np.testing.assert_array_equal(NumbersEncoder(str(trained)).encode(rows[5:8]), codes[5:8])


def test_columns_are_standardised_and_kept_in_the_card(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    columns = np.stack([random.normal(5, 2, 20), random.normal(-1, 0.1, 20), np.full(20, 7.0)], axis=1)
    lines = ["size,label,weight,same", *(f"{a},cat,{b},{c}" for a, b, c in columns)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    np.save(tmp_path / "t.npy", columns)
    table, array = read_numbers(tmp_path / "t.csv"), read_numbers(tmp_path / "t.npy")
    np.testing.assert_allclose(table.rows.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(table.rows.std(axis=0), [1, 1, 0], atol=1e-6)
    np.testing.assert_array_equal(table.rows, array.rows)
    saved = train_rows(table, recipe(epochs=1, batch_size=8), tmp_path / "m")
    assert isinstance(saved.preprocessing, Numbers)
    assert ModelFolder.load(tmp_path / "m").preprocessing.names == ("size", "weight", "same")


class StoppedError(Exception):
    """Stands for whatever ends a training."""


@pytest.mark.parametrize("moment", [10, pytest.param(40, marks=pytest.mark.long)])
def test_a_stopped_training_ends_as_if_it_had_not_been(
    moment: int, digits: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    rows = row_set(digits[0][:300], "digits")
    whole = train_rows(rows, recipe(epochs=8), tmp_path / "whole")

    def stop(done: float, line: str) -> None:
        nonlocal moment
        moment -= 1
        if moment < 0:
            raise StoppedError

    with pytest.raises(StoppedError):
        train_rows(rows, recipe(epochs=8), tmp_path / "resumed", progress=stop)
    resumed = train_rows(rows, recipe(epochs=8), tmp_path / "resumed")
    for one, other in zip(whole.network().parameters(), resumed.network().parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_a_library_is_told_that_no_file_holds_numbers(trained: Path, shapes: Path, tmp_path: Path) -> None:
    with (
        sx.Library(tmp_path / "l.sonolux") as library,
        pytest.raises(
            EncoderError, match="takes rows of numbers, which no file of a library holds: ask it from Python"
        ),
    ):
        library.add(shapes, spaces=[str(trained)])


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (np.zeros((3, 63)), "rows are (3, 63), not (n, 64)"),
        (np.zeros(64), "rows are (64,), not (n, 64)"),
        (np.where(np.arange(128).reshape(2, 64) == 70, np.nan, 0), "row 1 holds NaN or infinity"),
    ],
)
def test_rows_of_another_kind_are_refused(rows: np.ndarray, why: str, trained: Path) -> None:
    with pytest.raises(EncoderError, match=re.escape(why)):
        NumbersEncoder(trained).encode(rows)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a,b\n1,2\n3,x\n", "line 3: column b: 'x' is no number"),
        ("a,b\n1,2\n3\n", "line 3: 1 columns, the first line has 2"),
        ("a,b\n1,2\n", "1 readable rows; at least 8 are needed"),
        ("a,b\n" + "1,2\n" * 7 + "1,nan\n", "line 9: column b is NaN or infinite"),
        ("label\n" + "x\n" * 9, "rows and columns are needed"),
        ("", "is empty"),
    ],
)
def test_tables_that_hold_no_numbers_are_refused(content: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(TrainingError, match=re.escape(why)):
        read_numbers(tmp_path / "t.csv")


def test_arrays_that_hold_no_numbers_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "words.npy", np.array([["a", "b"]] * 9))
    np.save(tmp_path / "objects.npy", np.array([[object()]] * 9), allow_pickle=True)
    (tmp_path / "broken.npy").write_bytes(b"nothing")
    for name in ("words", "objects", "broken"):
        with pytest.raises(TrainingError, match=f"{name}.npy cannot be read"):
            read_numbers(tmp_path / f"{name}.npy")
    with pytest.raises(TrainingError, match=r"is no table"):
        read_numbers(tmp_path)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"mean": (0, 1), "deviation": (1,)}, "need 2 values"),
        ({"mean": (0, 1), "deviation": (1, 1), "names": ("a",)}, "need 2 values"),
        ({"mean": (0,), "deviation": (0,)}, "above 0"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(fields: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Numbers(**fields)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"inputs": "sounds"}, "inputs is one of images, words, numbers, not 'sounds'"),
        ({"arguments": {"sizes": [64, 16]}}, "ends in 16 bits, not in 32"),
    ],
)
def test_recipes_that_fit_no_rows_are_refused(
    changes: dict[str, object], why: str, digits: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=why):
        train_rows(row_set(digits[0], "digits"), recipe(**changes), tmp_path / "m")
    with pytest.raises(TrainingError, match="a ProjectionRecipe says nothing of this: give a AutoencoderRecipe"):
        train_rows(row_set(digits[0], "digits"), make_recipe("itq"), tmp_path / "m")
    assert not (tmp_path / "m").exists()
