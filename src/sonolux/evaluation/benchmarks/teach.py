"""Benchmark of trainings: are scores true, is what is none of the classes told, what does the default reach.

Every training is what ``sonolux train labels`` and ``sonolux train sounds`` do where nothing else is asked, but that
items are described once and kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from sonolux.checkpoints.familiarity import known_chances
from sonolux.checkpoints.outputs import KnownClasses
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.benchmarks.teach_data import (
    cifar,
    described_images,
    digits_by_speaker,
    faces,
    kept,
    labelled_sounds,
    shop,
)
from sonolux.evaluation.benchmarks.teach_default import benchmark_default
from sonolux.training.classification.automatic import NETWORK
from sonolux.training.classification.choosing import LabelledDescriptors, Selection
from sonolux.training.classification.features import fit_selected, select, selection_scores
from sonolux.training.classification.recipes import FeaturesRecipe
from sonolux.training.data.described import DescribedSet
from sonolux.training.data.images import ImageSet
from sonolux.training.hashing.projection import learn_projection
from sonolux.training.recipes import make_recipe

PARTS = ("random", "coverage", "unknown", "default")

SEEDS = 20

LATER = 100
"""Seed from which draws were not looked at while the measure of likeness was chosen."""

LEVEL = 0.05

Reported = tuple[Report, dict[str, Any]]


def benchmark_teach(data: Path, work: Path, parts: Sequence[str], progress: Announce) -> Iterator[Reported]:
    """Measure the named parts, one after the other.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    work : Path
        Where descriptors are kept.
    parts : sequence of str
        Of `PARTS`.
    progress : callable
        Called with a line on where it stands.
    """
    measures = {
        "random": measure_random,
        "coverage": measure_coverage,
        "unknown": measure_unknown,
        "default": benchmark_default,
    }
    for part in parts:
        yield measures[part](data, work, progress)


@dataclass(frozen=True, slots=True)
class Learned:
    """A classifier of some items, to be asked about others."""

    selection: Selection
    scores: dict[str, Any]
    described: LabelledDescriptors

    @classmethod
    def of(cls, items: DescribedSet, seed: int) -> Learned:
        """Train as the default does."""
        selection, described = select(items, FeaturesRecipe(seed=seed))
        return cls(selection, selection_scores(selection, items), described)

    def outputs(self, items: DescribedSet) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the scores of classes of other items, (n, classes), and the chance that each is known, (n,)."""
        fitted = fit_selected(self.selection, self.described)
        rows = torch.from_numpy(items.rows[self.selection.best.source])
        with torch.inference_mode():
            projected = fitted.network.get_submodule("0")(rows)
            scores = fitted.network.get_submodule("1")(projected).numpy()
        known = KnownClasses(left_out=self.selection.left_out, sha256="")
        return scores, known_chances(fitted.familiarity.unfamiliarity(projected.numpy()), known)


def measure_random(data: Path, work: Path, progress: Announce) -> Reported:
    """Train on labels that mean nothing: accuracy is to be chance, and within its interval."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (200, 224, 224, 3)).astype(np.uint8)
    pictures = kept(work, "noise", lambda: described_images(ImageSet("noise", noise, np.arange(200) % 2, ("a", "b"))))
    sounds = kept(work, "esc10", lambda: labelled_sounds(data, "esc10"))
    small = ImageSet("noise", noise[:, ::7, ::7])
    rows = []
    values: dict[str, Any] = {}
    for name, count, classes in (("pictures", 60, 2), ("pictures", 200, 2), ("pictures", 60, 5), ("sounds", 60, 2)):
        scores = [
            Learned.of(_relabelled(pictures if name == "pictures" else sounds, count, classes, seed), seed).scores
            for seed in range(SEEDS)
        ]
        rows.append(_random_row(f"{name}, {count} in {classes} classes", scores, "accuracy", 1 / classes, values))
        progress(" ".join(rows[-1]))
    scores = [_random_codes(small, seed) for seed in range(SEEDS)]
    rows.append(_random_row("codes (fisher), 200 in 2 classes", scores, "precision@10", 0.5, values))
    means = [abs(value["mean"] - value["chance"]) for value in values.values()]
    held = float(np.mean([value["held"] for value in values.values()]))
    report = Report(
        "teach-random",
        "Scores of trainings on labels that mean nothing",
        "sonolux bench teach --part random",
        f"Pictures of noise and sounds of ESC-10 with labels drawn at random, {SEEDS} seeds each: the mean of the"
        " reported score, and how often its 95% interval holds chance.",
        ("items", "chance", "mean reported", "lowest", "highest", "interval holds chance"),
        rows,
        [
            compare_with_target("largest distance of a mean from chance", max(means), 0.03, at_most=True, form=".3f"),
            compare_with_target("intervals that hold chance", held, 0.90),
        ],
    )
    return report, values


def measure_coverage(data: Path, work: Path, progress: Announce) -> Reported:
    """Train on few of many items, and compare the interval with the accuracy on all others."""
    sets = {
        "cifar10": kept(work, "cifar", lambda: described_images(cifar(data), network=True)),
        "faces": kept(work, "faces", lambda: described_images(faces(data), network=True)),
        "spoken digits": kept(work, "digits", lambda: replace(digits_by_speaker(data)[0], groups=None)),
    }
    rows, values = [], {}
    for name, items in sets.items():
        for each in (4, 8) if name == "faces" else (6, 15):
            found = [_covered(items, each, seed) for seed in range(SEEDS)]
            reported, truth, held = (np.array(column, float) for column in zip(*found, strict=True))
            values[f"{name} {each}"] = {"held": float(held.mean()), "error": float((reported - truth).mean())}
            row = [f"{name}, {each} a class", f"{truth.mean():.3f}", f"{reported.mean():.3f}", f"{held.mean():.2f}"]
            rows.append(row)
            progress(" ".join(row))
    share = float(np.mean([value["held"] for value in values.values()]))
    report = Report(
        "teach-coverage",
        "Intervals of scores beside a large part kept back",
        "sonolux bench teach --part coverage",
        f"A few items of each class are learned from, {SEEDS} draws; the truth is the accuracy of the model on all"
        " others. Reported: by cross-validation of the few, whose models see a fifth less.",
        ("items", "truth, mean", "reported, mean", "interval holds the truth"),
        rows,
        [compare_with_target("intervals that hold the truth", share, 0.90)],
    )
    return report, values


def measure_unknown(data: Path, work: Path, progress: Announce) -> Reported:
    """Teach ten products of four photos each, and ask with the same, with others, with photos, and with nothing."""
    items = kept(work, "shop", lambda: described_images(shop(data), mirrored=True))
    photos = kept(work, "photos", lambda: described_images(_other_photos(data), network=True))
    empty = kept(work, "empty", lambda: described_images(_nothing(), network=True))
    only = replace(items, rows={NETWORK: items.rows[NETWORK]}, mirrored={NETWORK: items.mirrored[NETWORK]})
    found = [_refused(only, (photos, empty), 10, seed) for seed in range(LATER, LATER + SEEDS)]
    known, others, areas, strange, nothing = (np.array(column) for column in zip(*found, strict=True))
    instruments = kept(work, "instruments", lambda: labelled_sounds(data, "instruments"))
    heard = np.array([_refused(instruments, (), 5, seed) for seed in range(SEEDS)])
    values = {
        "known refused": float(known.mean()),
        "others refused": float(others.mean()),
        "auroc": float(areas.mean()),
        "photos refused": float(strange.mean()),
        "nothing refused": float(nothing.min()),
        "known instruments refused": float(heard[:, 0].mean()),
        "other instruments refused": float(heard[:, 1].mean()),
        "auroc of instruments": float(heard[:, 2].mean()),
    }
    progress(str(values))
    report = Report(
        "teach-unknown",
        "None of these",
        "sonolux bench teach --part unknown",
        f"grocery: ten products drawn, four photos of each learned from, {SEEDS} draws that nobody had looked at, level"
        f" {LEVEL:g}. Known: the other four photos. Others: all photos of the eleven other products. Photos: 200 of the"
        " sample of ImageNet. Nothing: noise of several kinds, one colour, gradients. The measure of likeness was"
        " chosen on faces and CIFAR-10; of grocery other draws of the same photos were looked at meanwhile, so beside"
        " it stand instruments, which had no part in any choice: five drawn of ten, four clips of each learned from.",
        ("asked with", "refused"),
        [
            ["known products", f"{known.mean():.3f}"],
            ["other products", f"{others.mean():.3f}"],
            ["other photos", f"{strange.mean():.3f}"],
            ["noise and blanks", f"{nothing.mean():.3f}"],
            ["AUROC of known and other products", f"{areas.mean():.3f}"],
            ["known instruments", f"{heard[:, 0].mean():.3f}"],
            ["other instruments", f"{heard[:, 1].mean():.3f}"],
            ["AUROC of known and other instruments", f"{heard[:, 2].mean():.3f}"],
        ],
        [
            compare_with_target(
                "known refused, away from the level", abs(known.mean() - LEVEL), 0.02, at_most=True, form=".3f"
            ),
            compare_with_target("noise and blanks refused, worst draw", float(nothing.min()), 1.0),
            compare_with_target("AUROC", float(areas.mean()), 0.92, form=".3f"),
        ],
    )
    return report, values


def _relabelled(items: DescribedSet, count: int, classes: int, seed: int) -> DescribedSet:
    random = np.random.default_rng(seed)
    some = items.subset(np.sort(random.permutation(len(items))[:count]))
    names = tuple("abcdefgh"[:classes])
    return replace(some, labels=random.permutation(np.arange(count) % classes), classes=names)


def _random_codes(images: ImageSet, seed: int) -> dict[str, Any]:
    labels = np.random.default_rng(seed).permutation(np.arange(len(images)) % 2)
    recipe = make_recipe("fisher", seed=seed, validation=0.25, image_size=images.pixels.shape[1])
    return learn_projection(replace(images, labels=labels, classes=("a", "b")), recipe, Path("codes"), None).scores


def _random_row(
    name: str, scores: Sequence[dict[str, Any]], metric: str, chance: float, values: dict[str, Any]
) -> list[str]:
    reached = np.array([one[metric] for one in scores])
    held = float(np.mean([one[f"{metric}_low"] <= chance <= one[f"{metric}_high"] for one in scores]))
    values[name] = {"chance": chance, "mean": float(reached.mean()), "held": held}
    numbers = [chance, reached.mean(), reached.min(), reached.max()]
    return [name, *(f"{number:.3f}" for number in numbers), f"{held:.2f}"]


def _covered(items: DescribedSet, each: int, seed: int) -> tuple[float, float, bool]:
    random = np.random.default_rng(seed)
    assert items.labels is not None
    rows = [random.permutation(np.flatnonzero(items.labels == label))[:each] for label in range(len(items.classes))]
    learned = np.sort(np.concatenate(rows))
    others = items.subset(np.setdiff1d(np.arange(len(items)), learned))
    model = Learned.of(items.subset(learned), seed)
    truth = float((model.outputs(others)[0].argmax(axis=1) == others.labels).mean())
    scores = model.scores
    return scores["accuracy"], truth, scores["accuracy_low"] <= truth <= scores["accuracy_high"]


def _refused(items: DescribedSet, unlike: Sequence[DescribedSet], taught_classes: int, seed: int) -> tuple[float, ...]:
    """Teach some classes, four items of each.

    Returns
    -------
    refused : tuple of float
        Of known items, of those of other classes; AUROC of both; and refused of whatever else is asked.
    """
    random = np.random.default_rng(seed)
    assert items.labels is not None
    products = np.sort(random.permutation(len(items.classes))[:taught_classes])
    learned = np.concatenate([random.permutation(np.flatnonzero(items.labels == one))[:4] for one in products])
    rest = np.setdiff1d(np.flatnonzero(np.isin(items.labels, products)), learned)
    other = np.flatnonzero(~np.isin(items.labels, products))
    taught = items.subset(learned)
    names = tuple(items.classes[one] for one in products)
    model = Learned.of(replace(taught, labels=np.searchsorted(products, items.labels[learned]), classes=names), seed)
    known, unknown, *strange = (model.outputs(asked)[1] for asked in (items.subset(rest), items.subset(other), *unlike))
    truth = np.concatenate([np.zeros(len(known)), np.ones(len(unknown))])
    area = float(roc_auc_score(truth, -np.concatenate([known, unknown])))
    refused = [float((chances < LEVEL).mean()) for chances in (known, unknown, *strange)]
    return refused[0], refused[1], area, *refused[2:]


def _other_photos(data: Path) -> ImageSet:
    from sonolux.training.data.images import read_images

    photos = read_images(data / "imagenet_sample", 224)
    rows = np.random.default_rng(0).permutation(len(photos))[:200]
    return ImageSet("photos", photos.pixels[rows], np.arange(len(rows)) % 2, ("a", "b"))


def _nothing() -> ImageSet:
    """Return pictures of noise, of one colour, and gradients."""
    from PIL import Image

    random = np.random.default_rng(1)
    pictures = [random.integers(0, 256, (224, 224, 3)) for _ in range(4)]
    pictures += [np.clip(random.normal(128, deviation, (224, 224, 3)), 0, 255) for deviation in (10, 40, 80)]
    for side in (4, 8, 32):
        coarse = Image.fromarray(random.integers(0, 256, (side, side, 3)).astype(np.uint8))
        pictures.append(np.asarray(coarse.resize((224, 224))))
    for colour in ((0, 0, 0), (128, 128, 128), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255)):
        pictures.append(np.full((224, 224, 3), colour))
    pictures.append(np.broadcast_to(np.linspace(0, 255, 224)[:, None, None], (224, 224, 3)))
    pixels = np.stack(pictures).astype(np.uint8)
    return ImageSet("nothing", pixels, np.arange(len(pixels)) % 2, ("a", "b"))
