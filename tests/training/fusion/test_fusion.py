"""Fusion: what is missing is not looked at, both tell more than either, tables of every kind, and bad ones refused."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from making import tone, write_wav
from sonolux.encoders.trained.fused import FusedModel
from sonolux.errors import EncoderError, TrainingError
from sonolux.models.fusion_network import FusionNetwork
from sonolux.training.data.splits import split_items
from sonolux.training.fusion.data import FusionSet
from sonolux.training.fusion.learn import (
    answer_of,
    choose_passes,
    fit_fusion,
    left_out,
    score_answers,
    score_fusion,
)
from sonolux.training.fusion.recipe import FuseRecipe
from sonolux.training.fusion.tables import read_fusion
from sonolux.training.fusion.train import train_fuse

FUSIONS = ("early", "late", "attention")
TOWERS = {"image": ["colour-layout"], "audio": ["mfcc"]}
RECIPE = FuseRecipe(epochs=20, batch_size=32, learning_rate=1e-2)


def made(count: int = 300, seed: int = 0, lacking: float = 0.2) -> FusionSet:
    """Items of three classes that two modalities show, each with noise of its own; some lack one."""
    below = np.random.default_rng(99)
    shown = [below.normal(size=(3, width)) * 0.8 for width in (6, 9)]
    random = np.random.default_rng(seed)
    classes = random.integers(0, 3, count)
    rows = np.concatenate([each[classes] + random.normal(size=(count, each.shape[1])) for each in shown], axis=1)
    there = random.random((count, 2)) >= lacking
    there[~there.any(axis=1), 0] = True
    answers = np.eye(3, dtype=np.float32)[classes]
    widths = {"image": 6, "audio": 9}
    return FusionSet("made", None, widths, rows.astype(np.float32), there, "class", ("a", "b", "c"), answers)


@pytest.mark.parametrize("fusion", FUSIONS)
@settings(max_examples=15)
@given(seed=st.integers(0, 999), garbage=st.floats(-1e6, 1e6))
def test_what_is_missing_is_not_looked_at(fusion: str, seed: int, garbage: float) -> None:
    torch.manual_seed(seed)
    network = FusionNetwork({"image": 3, "audio": 4, "text": 2}, 5, fusion).eval()
    rows = torch.randn(6, 9)
    there = torch.rand(6, 3) < 0.6
    there[:, 0] |= ~there.any(dim=1)
    shown = torch.cat([there[:, [place]].expand(-1, width) for place, width in enumerate((3, 4, 2))], dim=1)
    outputs = network(rows, there)
    assert torch.isfinite(outputs).all()
    assert torch.equal(outputs, network(torch.where(shown, rows, garbage), there))
    assert torch.equal(outputs, network(torch.where(shown, rows, torch.nan), there))


@settings(max_examples=25)
@given(st.integers(1, 5), st.integers(0, 999))
def test_attention_is_shared_among_what_is_there(count: int, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    there = torch.rand(7, count, generator=chance) < 0.5
    there[:, 0] |= ~there.any(dim=1)
    weights = FusionNetwork.weights(torch.randn(7, count, generator=chance), there)
    assert torch.allclose(weights.sum(dim=1), torch.ones(7))
    assert (weights[~there] == 0).all()


@pytest.mark.parametrize("fusion", FUSIONS)
def test_both_tell_more_than_either_and_neither_is_needed(fusion: str) -> None:
    learned, tested = made(), made(400, seed=1, lacking=0)
    network = fit_fusion(learned, replace(RECIPE, fusion=fusion), 20)
    both = score_answers(answer_of(network, tested), tested)
    for missing, left in (("image", "audio"), ("audio", "image")):
        one = learned.only(left)
        alone = fit_fusion(one.subset(np.flatnonzero(one.there[:, 0])), RECIPE, 20)
        shown = tested.only(left)
        by_one = score_answers(answer_of(alone, shown), shown)
        assert both > by_one
        without = tested.without(missing)
        assert score_answers(answer_of(network, without), without) >= by_one - 0.05


@settings(max_examples=25)
@given(st.integers(1, 4), st.floats(0, 0.9), st.integers(0, 999))
def test_of_each_item_one_modality_always_stays(count: int, share: float, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    there = torch.rand(30, count, generator=chance) < 0.5
    there[:, -1] |= ~there.any(dim=1)
    kept = left_out(there, share, chance)
    assert kept.any(dim=1).all()
    assert not (kept & ~there).any()


def test_learning_is_the_same_again_and_stops_early() -> None:
    items = made(120)
    assert choose_passes(items, RECIPE) == choose_passes(items, RECIPE) <= 20
    once, again = (fit_fusion(items, RECIPE, 3) for _ in range(2))
    assert np.array_equal(answer_of(once, items), answer_of(again, items))
    assert set(score_fusion(once, items)) == {"all", "image-alone", "audio-alone"}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Red pictures with low tones, blue ones with high tones; of every third one is missing."""
    folder = tmp_path_factory.mktemp("moods")
    random = np.random.default_rng(0)
    lines = [("picture", "sound", "mood", "genre", "valence", "arousal")]
    for number in range(24):
        low = number % 2 == 0
        pixels = np.clip(np.array((200, 30, 30) if low else (30, 30, 200)) + random.normal(0, 20, (24, 24, 3)), 0, 255)
        pixels[: 2 + number % 5] = 0
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
        write_wav(folder / f"{number}.wav", tone((200 if low else 2000) + number, 1))
        image = "" if number % 3 == 1 else f"{number}.png"
        sound = "" if number % 3 == 2 else f"{number}.wav"
        genre = "calm|slow" if low else "tense"
        lines.append((image, sound, "calm" if low else "tense", genre, str(-1 if low else 1), str(number / 24)))
    path = folder / "items.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    return path


def test_a_model_folder_answers_from_whatever_is_there(table: Path, tmp_path: Path) -> None:
    items = read_fusion(table, "labels", ["mood"], TOWERS)
    assert (items.kind, items.names, len(items)) == ("class", ("calm", "tense"), 24)
    assert items.there.sum(axis=0).tolist() == [16, 16]
    saved = train_fuse(items, replace(RECIPE, validation=0), tmp_path / "mood")
    model = FusedModel(saved.path)
    red = np.full((24, 24, 3), (200, 30, 30), np.uint8)
    red[:4] = 0
    low, high = (tone(pitch, 1).astype(np.float32) for pitch in (200, 2000))
    answers = model.answer([{"image": red}, {"audio": low}, {"audio": high}, {"image": red, "audio": low}])
    assert [model.names[place] for place in answers.argmax(axis=1)] == ["calm", "calm", "tense", "calm"]
    assert np.allclose(answers.sum(axis=1), 1, atol=1e-5)
    with pytest.raises(EncoderError, match="item 1 has no image or audio"):
        model.answer([{"image": red}, {"text": "calm"}])


@pytest.mark.parametrize(
    ("target", "columns", "kind", "names"),
    [
        ("genre", [], "tags", ("calm", "slow", "tense")),
        ("labels", [], "class", ("calm", "tense")),
        ("mood", ["valence", "arousal"], "numbers", ("valence", "arousal")),
        ("factors", [], "numbers", ("valence", "arousal")),
    ],
)
def test_answers_of_every_kind(table: Path, target: str, columns: list[str], kind: str, names: tuple[str, ...]) -> None:
    items = read_fusion(table, target, columns, TOWERS)
    assert (items.kind, items.names, items.answers.shape) == (kind, names, (24, len(names)))
    items.check()


def test_an_answer_is_named_as_the_first_line_has_it_or_nearly(table: Path, tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("Image;My Mood\n0.png;calm\n1.png;tense\n")
    items = read_fusion(path, "labels", ["my mood"], TOWERS, folder=table.parent)
    assert items.names == ("calm", "tense")


@pytest.mark.parametrize(
    ("header", "line", "target", "said"),
    [
        ("image,label", "0.png,calm", "smell", "no target 'smell'"),
        ("image,kind", "0.png,calm", "labels", "no column label or class"),
        ("kind,label", "0.png,calm", "labels", "no column of a modality"),
        ("image,label", "0.png,calm", "labels", "answers are all the same"),
        ("image,label", "absent.png,calm", "labels", "nothing that can be read"),
        ("image,factor", "0.png,many", "factors", "no column any of numbers"),
    ],
)
def test_tables_without_a_question_or_an_answer(
    table: Path, tmp_path: Path, header: str, line: str, target: str, said: str
) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"{header}\n{line}\n")
    with pytest.raises(TrainingError, match=said):
        read_fusion(path, target, (), TOWERS, folder=table.parent)


def test_a_modality_absent_from_all_and_answers_that_are_no_numbers() -> None:
    items = made(40)
    with pytest.raises(TrainingError, match="no item has audio"):
        items.without("audio").subset(np.flatnonzero(items.there[:, 0])).check()
    with pytest.raises(TrainingError, match="no finite number"):
        replace(items, answers=np.full_like(items.answers, np.nan)).check()
    with pytest.raises(TrainingError, match="at least 10 are needed"):
        items.subset(np.arange(3)).check()


def test_items_that_share_a_file_are_never_on_both_sides(table: Path, tmp_path: Path) -> None:
    lines = (table.read_text()).splitlines()
    path = tmp_path / "twice.csv"
    path.write_text("\n".join([lines[0], *lines[1:], *lines[1:]]) + "\n")
    items = read_fusion(path, "labels", ["mood"], TOWERS, folder=table.parent)
    assert items.groups is not None
    assert items.groups[:24].tolist() == items.groups[24:].tolist() == list(range(24))
    for seed in range(5):
        learned, held_out = split_items(items, 0.2, seed)
        assert learned.groups is not None and held_out.groups is not None
        assert not set(learned.groups.tolist()) & set(held_out.groups.tolist())
