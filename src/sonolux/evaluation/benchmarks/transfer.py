"""Transfer benchmark: classifiers of four photos a class, from a pretrained network and from random weights.

What is fine-tuned is what ``sonolux train labels`` makes, and it is judged as ``sonolux label`` says; of the photos of
the draw it takes what it holds out, too, so that nothing that is scored chose anything.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.annotators import resolve as resolve_annotator
from sonolux.checkpoints.folder import CARD, ModelFolder
from sonolux.encoders import resolve
from sonolux.evaluation.benchmarks.photos import pixels_of
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target, report_epochs
from sonolux.evaluation.protocols.shop_photos import DRAWS, FEW, few_draws, few_right, shop_photos
from sonolux.training.classification.images import train_labels
from sonolux.training.classification.recipes import LabelsRecipe
from sonolux.training.data.images import read_images
from sonolux.training.loop.warm_start import network_of
from sonolux.training.recipes import make_recipe

START = "photo"

SAME: Mapping[str, Any] = {"epochs": 10, "batch_size": 16, "refit": True}
"""Settings of both trainings."""

TUNED: Mapping[str, Any] = {"pretrained": START, "probe": True, "thawed": "blocks.11", "learning_rate": 3e-4}
"""Further settings of the fine-tuning; from random weights, the learning rate is that of the method."""

FROZEN, BEST = "frozen, logistic regression on `photo`", "fine-tuned, `train labels --from photo`"
RANDOM = "the same network from random weights"


@dataclass(frozen=True, slots=True)
class Transferred:
    """Accuracies of a method on the photos asked, draw by draw, and those that its own photos held out had told."""

    method: str
    reached: Sequence[float]
    told: Sequence[float] = ()


def benchmark_transfer(shop: Path, work: Path, progress: Announce) -> Report:
    """Train everything that `work` does not hold yet, and measure.

    Parameters
    ----------
    shop : Path
        The set grocery.
    work : Path
        Where models are kept; a run that was stopped goes on there.
    progress : callable
        Called with a line on where it stands.
    """
    files, labels = shop_photos(shop)
    pixels = [pixels_of(file) for file in files]
    [photo] = resolve(START)
    rows = [
        Transferred(FROZEN, few_right(np.asarray(photo.encode(pixels)), labels)),
        *(
            _trained(method, recipe, (files, labels, pixels), work, progress)
            for method, recipe in ((BEST, _recipe(TUNED)), (RANDOM, _recipe({})))
        ),
    ]
    return _report(rows)


def _recipe(settings: Mapping[str, Any]) -> LabelsRecipe:
    """Return the recipe of EfficientNet-Lite0 at the size in which `photo` shows pictures to it."""
    recipe = make_recipe("labels", **{**network_of(START), **SAME, **settings})
    assert isinstance(recipe, LabelsRecipe)
    return recipe


def _trained(
    method: str,
    recipe: LabelsRecipe,
    photos: tuple[list[Path], NDArray[np.str_], list[NDArray[np.uint8]]],
    work: Path,
    progress: Announce,
) -> Transferred:
    files, labels, pixels = photos
    reached, told = [], []
    for draw, learned in enumerate(few_draws(labels)):
        folder = work / f"{'tuned' if recipe.pretrained else 'random'}-{draw}"
        if not (folder / CARD).is_file():
            table = work / f"draw-{draw}.csv"
            _write_table(table, [(str(files[one].resolve()), str(labels[one])) for one in np.flatnonzero(learned)])
            images = read_images(table, recipe.image_size)
            train_labels(images, recipe, folder, progress=report_epochs(progress, f"{method}, draw {draw + 1}"))
        said = resolve_annotator(str(folder)).annotate([pixels[one] for one in np.flatnonzero(~learned)])
        right = [best[0].label == label for best, label in zip(said, labels[~learned], strict=True)]
        reached.append(float(np.mean(right)))
        told.append(float(ModelFolder.load(folder).scores["accuracy"]))
        progress(f"{method}, draw {draw + 1}: {reached[-1]:.3f}")
    return Transferred(method, reached, told)


def _write_table(file: Path, rows: Sequence[tuple[str, str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([("path", "label"), *rows])


def _report(rows: Sequence[Transferred]) -> Report:
    means = {row.method: float(np.mean(row.reached)) for row in rows}
    return Report(
        name="transfer",
        title="Few photos of each class",
        command="sonolux bench photos --transfer",
        about=(
            f"grocery: 21 products, {FEW} photos of each learned from and the other 4 asked, {DRAWS} draws, seeds 0 to"
            f" {DRAWS - 1}. Fine-tuned is `sonolux train labels --from {START} --epochs {SAME['epochs']} --set"
            f" probe=true --set thawed={TUNED['thawed']} --set refit=true --set batch_size={SAME['batch_size']} --set"
            f" learning_rate={TUNED['learning_rate']:g}`,"
            " judged as `sonolux label` says; from random weights the same network learns for as long, at the method's"
            " own learning rate. Told: the accuracy on two of the four that were held out at first, of a network that"
            " had seen the other two. Nothing was chosen by the photos of this set."
        ),
        columns=("method", "accuracy", "lowest draw", "highest draw", "told by photos held out"),
        rows=[
            [
                row.method,
                f"{means[row.method]:.3f}",
                f"{min(row.reached):.3f}",
                f"{max(row.reached):.3f}",
                f"{np.mean(row.told):.3f}" if row.told else "",
            ]
            for row in rows
        ],
        verdicts=[
            compare_with_target(FROZEN, means[FROZEN], 0.90, form=".3f"),
            compare_with_target("fine-tuned less frozen", means[BEST] - means[FROZEN], 0.0, form=".3f"),
        ],
    )
