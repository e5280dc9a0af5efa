"""Thawed towers: what learns and what stays, what is kept of it, what cannot learn, and trainings that were stopped."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from making import tone, write_wav
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Towers
from sonolux.encoders import resolve
from sonolux.encoders.packaged.packages import PHOTO
from sonolux.encoders.trained.fused import FusedModel
from sonolux.errors import Cancelled, EncoderError, TrainingError
from sonolux.models.aligned_heads import AlignedHeads
from sonolux.models.fusion_network import FusionNetwork
from sonolux.training.alignment import learn_align
from sonolux.training.alignment.heads import best_weight, fit_heads
from sonolux.training.alignment.pair_reading import read_pairs
from sonolux.training.alignment.pairs import PairSet
from sonolux.training.alignment.recipe import AlignRecipe
from sonolux.training.alignment.thawed import AlignmentTowerLearner, TunedAlignment, tune_alignment
from sonolux.training.alignment.train import train_align
from sonolux.training.fusion.data import FusionSet
from sonolux.training.fusion.recipe import FuseRecipe
from sonolux.training.fusion.tables import read_fusion
from sonolux.training.fusion.thawed import FusionTowerLearner, TunedFusion
from sonolux.training.fusion.train import train_fuse
from sonolux.training.loop import devices
from sonolux.training.loop import fit as fitting
from sonolux.training.loop.devices import on_devices
from sonolux.training.loop.workspace import UNFINISHED
from sonolux.training.towers.maps import MapKeeper
from sonolux.training.towers.start import start_tower
from sonolux.training.towers.tuning import TowerTuning

pytestmark = pytest.mark.skipif(PHOTO.state != "ready", reason="the package of the network of photographs is absent")

PITCHES = (220, 550, 1400, 3500)
TUNING = TowerTuning(epochs=3, batch_size=8, learning_rate=1e-3, patience=0)
ALIGN = AlignRecipe(dim=8, epochs=4, validation=0.2, learning_rate=1e-2, dropout=0, thawed="head", tuning=TUNING)
FUSE = FuseRecipe(epochs=4, hidden=8, validation=0.2, batch_size=8, thawed="head", tuning=TUNING)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of stripes of four widths with a tone for each width, in a table of pairs and one with an answer."""
    folder = tmp_path_factory.mktemp("stripes")
    random = np.random.default_rng(0)
    rows = []
    for number in range(28):
        kind = number % 4
        period = 3 * 2**kind + random.integers(0, 2)
        wave = (np.arange(48) // period % 2 * 200)[None, :, None] + random.integers(0, 55, (48, 48, 3))
        Image.fromarray(wave.astype(np.uint8)).save(folder / f"{number}.png")
        write_wav(folder / f"{number}.wav", tone(PITCHES[kind] + number, 0.5))
        rows.append((f"{number}.png", f"{number}.wav", "wide" if kind > 1 else "narrow"))
    for name, columns in (("pairs.csv", slice(0, 2)), ("items.csv", slice(0, 3))):
        with (folder / name).open("w", newline="") as file:
            csv.writer(file).writerows([("image", "audio", "label")[columns], *(row[columns] for row in rows)])
    return folder


@pytest.fixture(scope="module")
def pairs(folder: Path) -> PairSet:
    return read_pairs(folder / "pairs.csv", known="", thawed="head")


@pytest.fixture(scope="module")
def items(folder: Path) -> FusionSet:
    return read_fusion(folder / "items.csv", "labels", thawed="head")


def stripes(folder: Path, count: int = 3) -> list[Any]:
    return [np.asarray(Image.open(folder / f"{number}.png")) for number in range(count)]


@pytest.fixture(autouse=True)
def tower_as_it_came(pairs: PairSet, items: FusionSet) -> Any:
    """Put back what a test has taught the tower that all of them share."""
    towers = [one.maps.tower.network for one in (pairs, items) if one.maps is not None]
    before = [{name: tensor.clone() for name, tensor in tower.state_dict().items()} for tower in towers]
    yield
    for tower, state in zip(towers, before, strict=True):
        tower.eval().load_state_dict(state)


@pytest.mark.parametrize("spec", ["photo", "photo@pool"])
def test_a_tower_starts_as_its_encoder_is(spec: str, folder: Path) -> None:
    encoder = resolve(spec)[0]
    tower = start_tower([encoder], "blocks.11")
    keeper = MapKeeper(tower, "blocks.11")
    shown = stripes(folder)
    keeper.keep(["a", "b", "c"], shown)
    rows = keeper.packed(["c", "a", "b"]).rows(tower.network.parted("blocks.11")[1], torch.device("cpu"))
    wanted = np.asarray(encoder.encode(shown))[[2, 0, 1]]
    # Not their directions alone: heads learn from numbers of this size. Maps are kept in half precision.
    assert np.abs(rows - wanted).max() < 0.03 * np.abs(wanted).max()


def test_what_comes_before_and_statistics_stay_and_the_rest_learns(pairs: PairSet) -> None:
    assert pairs.maps is not None
    network = pairs.maps.tower.network
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    heads = fit_heads(pairs, ALIGN, 2)
    learner = AlignmentTowerLearner(heads, pairs, pairs, ALIGN)
    learner.train()
    learner.on_train_epoch_start()
    optimizer = learner.configure_optimizers()["optimizer"]
    assert [group["initial_lr"] < 1e-2 for group in optimizer.param_groups] == [True, True]
    assert optimizer.param_groups[0]["max_lr"] == pytest.approx(1e-2)
    assert optimizer.param_groups[1]["max_lr"] == pytest.approx(1e-3)
    learner.training_step(torch.arange(8), 0).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    after = network.state_dict()
    changed = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert changed == {f"head.{name}" for name in ("convolution.weight", "normalisation.weight", "normalisation.bias")}


def test_the_folder_holds_the_tower_and_may_be_moved(
    pairs: PairSet, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_what_learned(monkeypatch)
    saved = train_align(pairs, ALIGN, tmp_path / "stripes")
    assert set(saved.scores["candidates"]) == {"frozen tower", "tower thawed from head"}
    rows = {str(one.modality): np.asarray(one.encode(shown(one, folder))) for one in resolve(str(saved.path))}
    frozen = train_align(pairs, replace(ALIGN, thawed=""), tmp_path / "frozen")
    assert "candidates" not in frozen.scores
    shutil.move(saved.path, tmp_path / "elsewhere" / "stripes")
    moved = resolve(str(tmp_path / "elsewhere" / "stripes"))
    for one in moved:
        assert np.array_equal(rows[str(one.modality)], np.asarray(one.encode(shown(one, folder))))
    tower = tmp_path / "elsewhere" / "stripes" / "towers" / "image"
    assert resolve(str(tower))[0].dim == 256
    assert ModelFolder.load(tower).licence == resolve("photo")[0].licence
    weights = tower / "model.json"
    weights.write_text(weights.read_text().replace('"digest": "', '"digest": "0'))
    with pytest.raises(EncoderError, match="was trained on image"):
        resolve(str(tmp_path / "elsewhere" / "stripes"))


def shown(encoder: Any, folder: Path) -> list[Any]:
    return stripes(folder) if encoder.modality == "image" else [tone(220, 0.5).astype(np.float32)]


def keep_what_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the tower that learned taken, however little it helps on so few pictures."""
    monkeypatch.setattr(TunedAlignment, "helps", property(lambda _: True))
    monkeypatch.setattr(TunedFusion, "helps", property(lambda _: True))


def test_a_tower_that_does_not_help_stays_as_it_was(
    pairs: PairSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TunedAlignment, "helps", property(lambda _: False))
    saved = train_align(pairs, ALIGN, tmp_path / "model")
    frozen = train_align(pairs, replace(ALIGN, thawed=""), tmp_path / "frozen")
    assert not (saved.path / "towers").exists()
    assert saved.preprocessing == frozen.preprocessing
    one, other = (each.network().state_dict() for each in (saved, frozen))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_what_is_scored_chooses_nothing(pairs: PairSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[PairSet] = []

    def watched(learned: PairSet, *rest: Any) -> Any:
        given.append(learned)
        return tune_alignment(learned, *rest)

    monkeypatch.setattr(learn_align, "tune_alignment", watched)
    saved = train_align(pairs, ALIGN, tmp_path / "model")
    assert len(given[0]) + saved.data["held_out"] == len(pairs)


@pytest.mark.parametrize("kind", ["align", pytest.param("fuse", marks=pytest.mark.long)])
def test_a_tower_learns_on_two_devices(
    kind: str, pairs: PairSet, items: FusionSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_what_learned(monkeypatch)
    monkeypatch.setattr(devices, "_devices_there", lambda: (2, "processor cores"))
    monkeypatch.setattr(fitting, "_precision", lambda device: "32-true")

    def train(folder: Path) -> ModelFolder:
        data = pairs if kind == "align" else items
        assert data.maps is not None
        fresh = replace(data.maps, tower=start_tower([data.maps.tower.encoder], "head"))
        if isinstance(data, PairSet):
            return train_align(replace(data, maps=fresh), ALIGN, folder)
        return train_fuse(replace(data, maps=fresh), FUSE, folder)

    alone = train(tmp_path / "alone")
    with on_devices(2):
        shared = train(tmp_path / "shared")
    for one, other in zip(alone.network().parameters(), shared.network().parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize("kind", ["align", "fuse"])
def test_what_is_stopped_goes_on_from_its_last_whole_epoch(
    kind: str, pairs: PairSet, items: FusionSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_what_learned(monkeypatch)

    def train(folder: Path, progress: Callable[[float, str], None] | None = None) -> ModelFolder:
        data = pairs if kind == "align" else items
        assert data.maps is not None
        fresh = start_tower([data.maps.tower.encoder], "head")
        data = replace(data, maps=replace(data.maps, tower=fresh))
        if isinstance(data, PairSet):
            return train_align(data, ALIGN, folder, progress=progress)
        return train_fuse(data, FUSE, folder, progress=progress)

    def stop(done: float, line: str) -> None:
        if line.startswith("epoch 3"):
            raise Cancelled

    whole = train(tmp_path / "whole")
    with pytest.raises(Cancelled):
        train(tmp_path / "model", stop)
    assert (tmp_path / "model" / UNFINISHED / "last.ckpt").exists()
    lines: list[str] = []
    resumed = train(tmp_path / "model", lambda _, line: lines.append(line))
    assert next(line for line in lines if line.startswith("epoch")).startswith("epoch 3 of 3")
    assert not (tmp_path / "model" / UNFINISHED).exists()
    for one, other in zip(whole.network().parameters(), resumed.network().parameters(), strict=True):
        torch.testing.assert_close(one, other)
    towers = [ModelFolder.load(each.path / "towers" / "image").network() for each in (whole, resumed)]
    for one, other in zip(*(tower.parameters() for tower in towers), strict=True):
        torch.testing.assert_close(one, other)


def test_a_fused_model_answers_by_its_own_tower(
    items: FusionSet, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_what_learned(monkeypatch)
    saved = train_fuse(items, FUSE, tmp_path / "widths")
    shutil.move(saved.path, tmp_path / "elsewhere" / "widths")
    model = FusedModel(tmp_path / "elsewhere" / "widths")
    assert model.towers["image"].encoders[0].spec.startswith(str(tmp_path / "elsewhere"))
    answers = model.answer([{"image": one} for one in stripes(folder)])
    assert np.allclose(answers.sum(axis=1), 1, atol=1e-5)
    assert set(saved.scores) == {"all", "image-alone", "audio-alone", "candidates"}
    # What it answers is what it was judged by: the tower in the folder sees as the one that learned.
    assert items.maps is not None
    rows = items.subset(np.arange(3)).maps.rows(items.maps.tower.network.eval().parted("head")[1], torch.device("cpu"))
    seen = model.towers["image"].describe(stripes(folder))[0]
    assert np.abs(rows - seen).max() < 0.03 * np.abs(seen).max()


@pytest.mark.parametrize(
    ("tower", "layer", "why"),
    [
        (["hog"], "head", "hog cannot be thawed: only networks of photographs learn on"),
        (["photo-code"], "head", "photo-code cannot be thawed"),
        (["photo", "hog"], "head", "one network is thawed, not photo and hog side by side"),
        (["photo"], "blocks.99", "photo has no layer 'blocks.99' to thaw from: there are stem, blocks.0"),
    ],
)
def test_what_cannot_be_thawed_is_said(tower: list[str], layer: str, why: str, folder: Path) -> None:
    with pytest.raises(TrainingError, match=why):
        read_pairs(folder / "pairs.csv", {"image": tower}, known="", thawed=layer)


def test_no_image_and_no_maps_are_said(pairs: PairSet, items: FusionSet, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    write_wav(tmp_path / "a.wav", tone(440, 0.5))
    table.write_text("audio,text\n" + "a.wav,a tone\n" * 9)
    with pytest.raises(TrainingError, match="no pair has image: there is no tower to thaw"):
        read_pairs(table, known="", thawed="head")
    with pytest.raises(TrainingError, match="read the pairs with thawed=LAYER"):
        train_align(replace(pairs, maps=None), ALIGN, tmp_path / "model")
    with pytest.raises(TrainingError, match="read the items with thawed=LAYER"):
        train_fuse(replace(items, maps=None), FUSE, tmp_path / "model")


def test_maps_that_fill_the_memory_are_refused(folder: Path) -> None:
    keeper = MapKeeper(start_tower(resolve("photo"), "head"), "head", bytes_left=1000)
    with pytest.raises(TrainingError, match="take more memory than can be had: thaw from a later layer"):
        keeper.keep(["a"], stripes(folder, 1))


def test_steps_that_fill_the_memory_are_refused(pairs: PairSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonolux.training.towers.learner.free_memory", lambda: 2**20)
    with pytest.raises(TrainingError, match=r"a step with 8 pictures takes .* --set tuning.batch_size=\d would fit"):
        AlignmentTowerLearner(fit_heads(pairs, ALIGN, 1), pairs, pairs, ALIGN)


def test_only_a_tower_by_which_more_is_found_helps(pairs: PairSet, items: FusionSet) -> None:
    learner: Any = AlignmentTowerLearner(fit_heads(pairs, ALIGN, 1), pairs, pairs, ALIGN)
    same = {"heads": learner.heads, "learned": pairs, "weight": 0.0, "told": {}, "history": (), "learner": learner}
    found = [TunedAlignment(frozen=0.5, thawed=thawed, **same) for thawed in (0.4, 0.5, 0.6)]
    assert [one.helps for one in found] == [False, False, True]
    assert list(found[2].candidates.items()) == [("tower thawed from head", 0.6), ("frozen tower", 0.5)]
    network = FusionNetwork(items.widths, 2, "early", 8)
    fused: Any = FusionTowerLearner(network, items, items, FUSE)
    same = {"network": network, "learned": items, "epochs": 1, "told": {}, "learner": fused}
    lost = [TunedFusion(frozen=0.5, thawed=thawed, **same) for thawed in (0.4, 0.5, 0.6)]
    assert [one.helps for one in lost] == [True, False, False]
    assert next(iter(lost[0].candidates)) == "tower thawed from head"


def test_some_of_the_pairs_have_their_own_maps(pairs: PairSet) -> None:
    assert pairs.maps is not None
    thawed = pairs.maps.tower.network.parted("head")[1]
    rows = pairs.maps.rows(thawed, torch.device("cpu"))
    some = pairs.subset(np.array([5, 2, 9]))
    assert some.maps is not None
    images = [pairs.pairs[np.flatnonzero(pairs.groups == group)[0], 0] for group in (2, 5, 9)]
    assert np.allclose(some.maps.rows(thawed, torch.device("cpu")), rows[sorted(images)], atol=1e-5)
    assert np.allclose(some.views["image"], pairs.views["image"][sorted(images)])


def test_the_best_weight_is_that_of_the_best_reciprocal_rank() -> None:
    rows = np.eye(6, dtype=np.float32)
    known = {"image": rows, "text": rows}
    views = {"image": np.roll(rows, 1, axis=1), "text": rows}
    pairs = PairSet("made", Towers(towers={"image": ("a",)}, digests={"a": "0"}), views, known,
                    np.stack([np.arange(6)] * 2, axis=1))  # fmt: skip
    heads = AlignedHeads({"image": 6, "text": 6}, 6).eval()
    for head in heads.heads.values():
        head.straight.load_state_dict({"weight": torch.eye(6), "bias": torch.zeros(6)})
    assert best_weight(heads, pairs, (0.0, 4.0)) == (1.0, 4.0)
    assert best_weight(heads, pairs, (0.0,))[0] < 0.5
