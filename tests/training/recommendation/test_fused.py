"""Several contents to factors: fused, and described from whatever is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Words
from sonolux.encoders import resolve
from sonolux.encoders.trained.encoder import word_counts
from sonolux.encoders.trained.taste_model import TasteModel
from sonolux.errors import EncoderError, TrainingError
from sonolux.metrics.ranking import area_under_roc
from sonolux.training.data.images import ImageSet
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.texts import vocabulary_of
from sonolux.training.recipes import make_recipe
from sonolux.training.recommendation.data import read_tastes
from sonolux.training.recommendation.fused_tastes import FusedTasteSet
from sonolux.training.recommendation.learn import TasteSet
from sonolux.training.recommendation.recipe import FactorisationRecipe
from sonolux.training.recommendation.train import train_taste
from tastes import made_targets

ITEMS, KNOWN = 120, 90
FRUIT, TOOLS = ("apple", "pear", "plum", "cherry"), ("hammer", "saw", "drill", "file")
SMALL = ["epochs=20", "hidden=32", "learning_rate=0.05", "batch_size=16"]
RECIPE = FactorisationRecipe(factors=2, iterations=3)


class MadeItems:
    """Items whose words tell one half of who likes them, and whose pictures the other."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        said, shown = random.random((2, ITEMS)) < 0.5
        self.texts = [" ".join(random.choice(FRUIT if one else TOOLS, 3)) for one in said]
        self.pixels = random.integers(0, 60, (ITEMS, 12, 12, 3)).astype(np.uint8)
        self.pixels[shown, ::3] += 150
        self.pixels[~shown, :, ::3] += 150
        self.meaning = np.where(np.column_stack([said, shown]), 1.0, -1.0)
        self.targets = made_targets(self.meaning[:KNOWN])

    def taste_set(self, unseen: slice = slice(0, 30), unread: slice = slice(30, 50)) -> FusedTasteSet:
        """Return those that are known, some of which lack an image, and some words."""
        rows = np.arange(KNOWN)
        seen, read = np.delete(rows, unseen), np.delete(rows, unread)
        texts = [self.texts[row] for row in read]
        how = Words(vocabulary=vocabulary_of(texts, "made", numbers=True), numbers=True)
        contents = {"image": ImageSet("made", self.pixels[seen]), "text": RowSet("made", word_counts(texts, how), how)}
        return FusedTasteSet("made", contents, {"image": seen, "text": read}, self.targets)

    def new(self, *contents: str) -> list[dict[str, Any]]:
        """Return items that are new, by some of their contents."""
        every = [{"image": self.pixels[row], "text": self.texts[row]} for row in range(KNOWN, ITEMS)]
        return [{name: one[name] for name in contents} for one in every]


@pytest.fixture(scope="module")
def made() -> MadeItems:
    return MadeItems()


@pytest.fixture(scope="module", params=["late", "early"])
def model(request: pytest.FixtureRequest, made: MadeItems, tmp_path_factory: pytest.TempPathFactory) -> TasteModel:
    recipe = make_recipe("taste-linear", ["words=16"], fusion=request.param)
    return TasteModel(train_taste(made.taste_set(), recipe, tmp_path_factory.mktemp("fused") / "t").path)


def areas(rows: np.ndarray, made: MadeItems) -> list[float]:
    """Return how well the new items that each kind of user likes are told, for four kinds."""
    wanted = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)])
    liked = wanted @ made.meaning[KNOWN:].T > 1
    return area_under_roc(wanted @ rows.T, liked).tolist()


def test_two_contents_tell_together_what_neither_tells_alone(model: TasteModel, made: MadeItems) -> None:
    both = min(areas(model.describe(made.new("image", "text")), made))
    alone = [max(areas(model.describe(made.new(name)), made)) for name in ("image", "text")]
    assert both > 0.95 and max(alone) < both - 0.05 and min(alone) > 0.6


def test_a_combination_has_a_head_of_its_own(model: TasteModel, made: MadeItems) -> None:
    both, seen, read = (model.describe(made.new(*names)) for names in (("image", "text"), ("image",), ("text",)))
    meant = made.meaning[KNOWN:] / 4
    assert ((both - meant) ** 2).mean() < 0.5 * (((seen + read) / 2 - meant) ** 2).mean()


def test_what_learns_from_several_has_several(made: MadeItems) -> None:
    tastes = made.taste_set()
    assert tastes.having(("image", "text")).tolist() == list(range(50, KNOWN))
    assert tastes.combinations() == [("image",), ("text",), ("image", "text")]
    apart = made.taste_set(slice(0, 60), slice(60, KNOWN))
    assert apart.combinations() == [("image",), ("text",)] and not len(apart.having(("image", "text")))
    part = tastes.subset(np.arange(20, 60))
    assert part.having(("image", "text")).tolist() == list(range(30, 40)) and len(part) == 40
    np.testing.assert_array_equal(part.contents["image"].pixels, made.pixels[30:60])  # type: ignore[union-attr]


def test_contents_that_no_item_has_both_of_are_weighed_alike(made: MadeItems, tmp_path: Path) -> None:
    tastes = made.taste_set(slice(0, 60), slice(60, KNOWN))
    folder = train_taste(tastes, make_recipe("taste-linear", ["words=16"], fusion="early"), tmp_path / "t")
    model = TasteModel(folder.path)
    both, seen, read = (model.describe(made.new(*names)) for names in (("image", "text"), ("image",), ("text",)))
    np.testing.assert_allclose(both, (seen + read) / 2, atol=1e-5)


def test_an_item_is_described_from_what_is_there_and_nothing_is_imagined(model: TasteModel, made: MadeItems) -> None:
    mixed = [*made.new("image")[:2], *made.new("image", "text")[2:4], *made.new("text")[4:6]]
    mixed[5]["image"] = None
    found = model.describe(mixed)
    encoders = {str(encoder.modality): encoder for encoder in resolve(str(model.folder.path))}
    assert {encoder.space for encoder in encoders.values()} == {"t"} and encoders["text"].metric == "dot"
    np.testing.assert_allclose(found[:2], encoders["image"].encode([one["image"] for one in mixed[:2]]), atol=1e-5)
    np.testing.assert_allclose(found[4:], encoders["text"].encode([one["text"] for one in mixed[4:]]), atol=1e-5)
    assert np.abs(found[2:4] - encoders["text"].encode([one["text"] for one in mixed[2:4]])).max() > 0.01
    unknown = model.describe([{"image": mixed[0]["image"], "text": "zzz"}])
    np.testing.assert_allclose(unknown, found[:1], atol=1e-5)


def test_of_what_nothing_is_there_is_said(model: TasteModel, made: MadeItems) -> None:
    with pytest.raises(EncoderError, match="item 1 has no image or text that can be described"):
        model.describe([made.new("text")[0], {"audio": np.zeros(10)}])


def test_late_weights_say_how_much_each_content_counts(made: MadeItems, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, made.pixels.shape).astype(np.uint8)
    items = made.taste_set()
    contents = {**items.contents, "image": ImageSet("made", noise[items.holders["image"]])}
    tastes = FusedTasteSet("made", contents, items.holders, items.targets)
    folder = train_taste(tastes, make_recipe("taste-linear", ["words=16"]), tmp_path / "t")
    image, text = folder.scores["image+text-weights"]
    assert image < 0.3 < text
    model = TasteModel(folder.path)
    both, seen, read = (model.describe(made.new(*names)) for names in (("image", "text"), ("image",), ("text",)))
    rest = both - image * seen - text * read
    np.testing.assert_allclose(rest, np.tile(rest[0], (len(rest), 1)), atol=1e-3)


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("mlp", [*SMALL, "words=16"]),
        ("mlp", [*SMALL, "words=16", "fusion=early"]),
        ("cnn-mse", ["epochs=8", "learning_rate=0.02", 'arguments={"widths": [8], "strides": [2]}']),
    ],
)
def test_networks_are_fused_and_leave_words_to_regression(
    method: str, settings: list[str], made: MadeItems, tmp_path: Path
) -> None:
    model = TasteModel(train_taste(made.taste_set(), make_recipe(f"taste-{method}", settings), tmp_path / "t").path)
    assert np.mean(areas(model.describe(made.new("image", "text")), made)) > 0.85


def test_a_metric_is_one_for_all_items(made: MadeItems, tmp_path: Path) -> None:
    model = TasteModel(train_taste(made.taste_set(), make_recipe("taste-mlr", ["words=16"]), tmp_path / "t").path)
    assert model.folder.descriptor.metric == "euclidean"
    rows, text = model.describe(made.new("image", "text")), model.describe(made.new("text"))
    assert rows.shape == text.shape
    apart = ((rows[:, None] - rows) ** 2).sum(axis=2)
    alike = (made.meaning[KNOWN:, None] == made.meaning[KNOWN:]).all(axis=2)
    others = ~np.eye(len(rows), dtype=bool)
    assert apart[alike & others].mean() < 0.7 * apart[~alike].mean()


def test_what_cannot_be_fused_is_refused(made: MadeItems, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="a metric, and has no factors"):
        train_taste(made.taste_set(), make_recipe("taste-mlr", fusion="late"), tmp_path / "a")
    with pytest.raises(TrainingError, match="no features that could stand side by side: fuse late"):
        train_taste(made.taste_set(), make_recipe("taste-cnn-mse", fusion="early"), tmp_path / "b")
    few = made.taste_set(unseen=slice(0, 80))
    with pytest.raises(TrainingError, match="10 items have image and plays; at least 20"):
        train_taste(few, make_recipe("taste-linear"), tmp_path / "c")
    assert not any(tmp_path.iterdir())


def test_a_model_of_one_content_is_no_model_of_several(made: MadeItems, tmp_path: Path) -> None:
    tastes = made.taste_set().only("text")
    folder = train_taste(tastes, make_recipe("taste-linear"), tmp_path / "t")
    with pytest.raises(EncoderError, match="is no model of several contents"):
        TasteModel(folder.path)


def test_a_record_that_contradicts_itself_is_refused(model: TasteModel, tmp_path: Path) -> None:
    import json

    card = json.loads((model.folder.path / "model.json").read_text())
    del card["preprocessing"]["contents"]["text"]
    (tmp_path / "model.json").write_text(json.dumps(card))
    (tmp_path / "model.safetensors").write_bytes((model.folder.path / "model.safetensors").read_bytes())
    with pytest.raises(EncoderError, match="does not fit its contents"):
        resolve(str(tmp_path))


@pytest.fixture(scope="module")
def tables(made: MadeItems, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write items, of which some lack a content, and who plays them."""
    folder = tmp_path_factory.mktemp("tables")
    lines, plays = ["item,poster,title,genres"], ["user,item"]
    users = np.random.default_rng(0).normal(size=(20, 2))
    for number in range(40):
        Image.fromarray(made.pixels[number]).save(folder / f"{number}.png")
        words = made.texts[number].split()
        title, genre = ("", "") if number % 4 == 1 else (" ".join(words[:2]), words[2])
        lines.append(f"i{number},{'' if number % 4 == 2 else f'{number}.png'},{title},{genre}")
        plays += [f"u{user},i{number}" for user in np.flatnonzero(users @ made.meaning[number] > 0.5)]
    lines += ["gone,gone.png,apple pear,plum", "bare,,,"]
    plays += ["u0,gone", "u1,bare"]
    (folder / "items.csv").write_text("\n".join(lines))
    (folder / "plays.csv").write_text("\n".join(plays))
    return folder / "items.csv", folder / "plays.csv"


def test_all_is_read_and_whatever_is_missing_is_missing(tables: tuple[Path, Path]) -> None:
    pytest.importorskip("implicit")
    read = read_tastes(*tables, "all", RECIPE, side=12)
    tastes = read.tastes
    assert isinstance(tastes, FusedTasteSet) and list(tastes.contents) == ["image", "text"]
    assert "gone" in read.items and "bare" not in read.items
    assert [Path(failure.path).name for failure in read.failed] == ["gone.png"]
    seen, told = ([read.items[row] for row in tastes.holders[name]] for name in ("image", "text"))
    assert "gone" not in seen and "gone" in told and "i1" not in told and "i2" not in seen
    words = tastes.contents["text"].preprocessing
    assert isinstance(words, Words)
    assert word_counts([" ".join(FRUIT + TOOLS)], words).sum() > 0


def test_one_of_several_contents_is_that_alone(tables: tuple[Path, Path]) -> None:
    pytest.importorskip("implicit")
    with pytest.raises(TrainingError, match="line 3: no text"):
        read_tastes(*tables, "text", RECIPE)
    with pytest.raises(TrainingError, match="has no column audio: its first line is to be item,audio,text"):
        read_tastes(*tables, ["audio", "text"], RECIPE)
    with pytest.raises(TrainingError, match="a content is audio, image, text or all, not smell"):
        read_tastes(*tables, ["text", "smell"], RECIPE)


def test_an_encoder_may_describe_a_content(tables: tuple[Path, Path], made: MadeItems, tmp_path: Path) -> None:
    pytest.importorskip("implicit")
    tower = {"image": "colour-layout"}
    read = read_tastes(*tables, ["image", "text"], RECIPE, towers=tower)
    model = TasteModel(train_taste(read.tastes, make_recipe("taste-linear"), tmp_path / "both").path)
    source = resolve("colour-layout")[0]
    assert model.readers["image"].source is not None and model.readers["image"].side == source.side
    assert model.describe([{"image": made.pixels[0], "text": made.texts[0]}, {"image": made.pixels[1]}]).shape == (2, 2)
    with pytest.raises(TrainingError, match="a tower describes audio, of which nothing is learned"):
        read_tastes(*tables, ["image", "text"], RECIPE, towers={"audio": "mfcc"})


def test_an_encoder_may_describe_the_only_content(tmp_path: Path, made: MadeItems) -> None:
    pytest.importorskip("implicit")
    lines, plays = ["item,path"], ["user,item"]
    for number in range(24):
        Image.fromarray(made.pixels[number]).save(tmp_path / f"{number}.png")
        lines.append(f"i{number},{number}.png")
        plays.append(f"u{number % 5},i{number}")
    (tmp_path / "items.csv").write_text("\n".join(lines))
    (tmp_path / "plays.csv").write_text("\n".join(plays))
    tower = {"image": "colour-layout"}
    read = read_tastes(tmp_path / "items.csv", tmp_path / "plays.csv", "all", RECIPE, towers=tower)
    assert isinstance(read.tastes, TasteSet)
    folder = train_taste(read.tastes, make_recipe("taste-linear"), tmp_path / "t")
    assert isinstance(folder, ModelFolder)
    [encoder] = resolve(str(folder.path))
    assert encoder.encode([made.pixels[0]]).shape == (1, 2)
    with pytest.raises(TrainingError, match="takes sounds or pictures, not descriptors"):
        train_taste(read.tastes, make_recipe("taste-cnn-mse"), tmp_path / "cnn")
