"""Recipes: typed, checked, in the names of today, and still in those of the version before."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.errors import TrainingError
from sonolux.training.augmentation.images import ImageViews
from sonolux.training.classification.recipes import LabelsRecipe
from sonolux.training.recipes import make_recipe, stored_recipe


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (["learning_rte=0.1"], "no option learning_rte: did you mean learning_rate"),
        (["magic=1"], "no option magic: labels has method, seed, architecture"),
        (["bits=64"], "no option bits"),
        (["views.hu=0.1"], "no option hu: did you mean hue"),
        (["epochs.x=1"], "no option epochs.x: epochs has no parts"),
        (["epochs"], "a setting is name=value, not 'epochs'"),
        (["epochs=2.5"], "epochs is a whole number from 1, not 2.5"),
        (["epochs=true"], "epochs is a whole number from 1, not True"),
        (["batch_size=0"], "batch_size is a whole number from 1, not 0"),
        (["validation=1"], "validation is a number between 0 and 1, not 1"),
        (["learning_rate=NaN"], "learning_rate is a positive number, not nan"),
        (["learning_rate=fast"], "learning_rate is a positive number, not 'fast'"),
        (["balanced=perhaps"], "balanced is true or false, not 'perhaps'"),
        (["arguments=[1]"], "arguments is a mapping of names to values, not \\[1\\]"),
        (["views.hue=0.9"], "hue is a number from 0 to 0.5, not 0.9"),
        (["views=wide"], "views is a mapping of some of smallest, light, .*, not 'wide'"),
        (["method=sounds"], "method is labels, not 'sounds'"),
    ],
)
def test_what_makes_no_sense_is_one_line(settings: list[str], why: str) -> None:
    with pytest.raises(TrainingError, match=why) as said:
        make_recipe("labels", settings)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("method", ["events", "speech", "sounds", "feedback", "bag-of-words"])
@pytest.mark.parametrize("option", ["bits", "image_size", "pretrained", "side"])
def test_what_means_nothing_to_a_method_is_no_option_of_it(method: str, option: str) -> None:
    with pytest.raises(TrainingError, match=f"no option {option}"):
        make_recipe(method, [f"{option}=64"])


@pytest.mark.parametrize(
    ("method", "setting", "new", "value"),
    [
        ("labels", "batch=16", "batch_size", 16),
        ("labels", "side=64", "image_size", 64),
        ("labels", "held_out=0.3", "validation", 0.3),
        ("contrastive", "start=model", "pretrained", "model"),
        ("ae", "pretrained=5", "layer_epochs", 5),
    ],
)
def test_old_spellings_are_taken_with_a_warning(method: str, setting: str, new: str, value: object) -> None:
    old = setting.partition("=")[0]
    with pytest.warns(FutureWarning, match=f"^{old} is called {new} now"):
        by_setting = make_recipe(method, [setting])
    with pytest.warns(FutureWarning, match=f"^{old} is called {new} now"):
        by_keyword = make_recipe(method, **{old: value})
    assert getattr(by_setting, new) == getattr(by_keyword, new) == value


def test_views_are_changed_one_by_one_or_together() -> None:
    usual = LabelsRecipe().views
    assert make_recipe("labels", ["views.hue=0.3", "views.mirrored=false"]).views == ImageViews(
        usual.smallest, usual.light, usual.saturation, 0.3, usual.grey, False, usual.turn
    )
    assert make_recipe("labels", ['views={"hue": 0.3}']).views == make_recipe("labels", views={"hue": 0.3}).views


OLD = {
    "method": "labels",
    "bits": 256,
    "architecture": "small-resnet",
    "arguments": {"widths": [4, 8]},
    "start": "weights.pt",
    "side": 16,
    "epochs": 4,
    "batch": 8,
    "learning_rate": 0.01,
    "weight_decay": 0.001,
    "held_out": 0.2,
    "patience": 0,
    "seed": 0,
    "options": {"frozen": False, "balanced": True, "views": {"smallest": 0.6, "hue": 0.05}},
}


def test_a_recipe_of_the_version_before_is_read() -> None:
    assert stored_recipe(OLD) == LabelsRecipe(
        arguments={"widths": [4, 8]},
        pretrained="weights.pt",
        image_size=16,
        epochs=4,
        batch_size=8,
        learning_rate=0.01,
        validation=0.2,
        balanced=True,
        # What was not said of views was as the class has it, whatever the method.
        views=ImageViews(smallest=0.6, hue=0.05),
    )


def test_what_the_version_before_left_unsaid_is_what_it_took() -> None:
    old = OLD | {"method": "ae", "options": {}}
    recipe = stored_recipe(old)
    assert (recipe.layer_epochs, recipe.descriptor, recipe.views) == (3, "", ImageViews())


def test_the_command_takes_an_old_spelling_and_says_so_once(
    shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sonolux.cli.app import app

    command = ["train", "codes", "--data", str(shapes), "--method", "lsh", "--bits", "16", "--set", "side=16"]
    with pytest.raises(SystemExit) as ended:
        app([*command, "--out", str(tmp_path / "codes")])
    assert ended.value.code == 0
    err = capsys.readouterr().err
    assert err.count("side is called image_size now: the old name goes with the next version") == 1
    with pytest.raises(TrainingError, match="no option epochs: pca has"):
        app(["train", "codes", "--data", "nowhere", "--method", "pca", "--epochs", "3", "--out", str(tmp_path / "pca")])
    with pytest.raises(TrainingError, match="an autoencoder starts from no other model"):
        app(["train", "codes", "--data", "nowhere", "--method", "ae", "--from", "x", "--out", str(tmp_path / "ae")])
