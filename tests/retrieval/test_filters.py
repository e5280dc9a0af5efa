from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.errors import QueryError
from sonolux.index import Condition
from sonolux.retrieval.filters import build_conditions, parse_conditions


def test_a_word_and_its_alternatives() -> None:
    assert parse_conditions(["artist=Quesabe"]) == (Condition("meta.artist", "=", "Quesabe"),)
    assert parse_conditions(["modality=image,video"]) == (Condition("modality", "=", ("image", "video")),)
    assert parse_conditions(["genre!=rock"]) == (Condition("meta.genre", "!=", "rock"),)
    assert parse_conditions(["label=tabby_cat,dog"]) == (Condition("annotations[].label", "=", ("tabby_cat", "dog")),)


def test_numbers_compare() -> None:
    assert parse_conditions(["duration<60.5"]) == (Condition("meta.duration", "<", 60.5),)
    assert parse_conditions(["width=640"]) == (
        Condition("meta.width", ">=", 640.0),
        Condition("meta.width", "<=", 640.0),
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("date=2020", [(">=", "2020-01-01"), ("<", "2021-01-01")]),
        ("date=2020-12", [(">=", "2020-12-01"), ("<", "2021-01-01")]),
        ("date=2020-02-29", [(">=", "2020-02-29"), ("<", "2020-03-01")]),
        ("date>2020-05", [(">=", "2020-06-01")]),
        ("date<=2020", [("<", "2021-01-01")]),
        ("date<2020", [("<", "2020-01-01")]),
    ],
)
def test_a_date_names_its_whole_period(line: str, expected: list[tuple[str, str]]) -> None:
    wanted = tuple(Condition("date", op, f"{day}T00:00:00+00:00") for op, day in expected)
    assert parse_conditions([line]) == wanted


def test_folders_are_absolute_and_may_hold_commas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_conditions(["folder=a,b"]) == (Condition("folders", "=", str(tmp_path / "a,b")),)


def test_a_mapping_says_the_same() -> None:
    assert build_conditions({"duration": "<60", "modality": ["image", "video"], "width": 640}) == (
        *parse_conditions(["duration<60"]),
        *parse_conditions(["modality=image,video"]),
        *parse_conditions(["width=640"]),
    )


@pytest.mark.parametrize(
    "line",
    ["artist", "=x", "colour=red", "date=soon", "date=2020-13", "duration=long", "title<3", "folder>a", "date!=2020"],
)
def test_what_cannot_be_asked_is_said(line: str) -> None:
    with pytest.raises(QueryError) as error:
        parse_conditions([line])
    assert "\n" not in str(error.value)
