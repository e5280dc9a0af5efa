"""Binary code benchmark: classical baselines, trained models and other descriptors of images in one table.

A model is measured under the protocol of the data it was trained on, which its card names. Two models of
CIFAR-10 with 28 and 256 bits are also measured together: the short code finds, the long one ranks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sonolux.annotators.classifier import Classifier
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.outputs import Labels
from sonolux.encoders.trained.encoder import TrainedEncoder
from sonolux.evaluation.benchmarks.face_methods import measure_face_methods
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.evaluation.benchmarks.semantic_hashing import (
    RADIUS,
    SIZES,
    Reranked,
    measure_reranking,
    reranking_row,
    time_exhaustive_ratio,
    time_lookups,
)
from sonolux.evaluation.descriptors import DescribeImageSet, describe_by_encoder, describe_by_pixels
from sonolux.evaluation.protocols.faces import read_faces
from sonolux.evaluation.protocols.labelled_search import LabelledSearch, read_cifar10_codes, read_mnist_codes
from sonolux.evaluation.protocols.labelling import read_cifar10_test, score_labels
from sonolux.evaluation.scorecard import Scorecard
from sonolux.index.semantic_hash import BITS
from sonolux.training.data.images import ImageSet
from sonolux.training.hashing.recipes import ProjectionRecipe
from sonolux.training.hashing.train import train_codes

BASELINES = ("lsh", "itq", "spectral")
PROJECTED = ("pca", "whiten", "fisher", *BASELINES)
"""Methods that are fitted at once, without epochs."""


def benchmark_codes(data: Path, models: Sequence[Path]) -> tuple[list[Scorecard], Report]:
    """Measure baselines and models.

    Parameters
    ----------
    data : Path
        Folder of the data sets, each under its own name.
    models : sequence of Path
        Model folders.
    """
    photos, digits = _of(models, "cifar10"), _of(models, "mnist")
    protocol = read_cifar10_codes(data)
    cards = [*measure_face_methods(read_faces(data)), *_cifar_cards(protocol, photos)]
    both = {_method_of(long): measure_reranking(protocol, short, long) for short, long in _short_and_long(photos)}
    rows = [reranking_row(protocol, method, measured) for method, measured in both.items()]
    if digits:
        handwriting = read_mnist_codes(data)
        cards += [_measured(handwriting, path) for path in digits]
    if classifiers := _of(models, "cifar10", labels=True):
        images = read_cifar10_test(data)
        cards += [score_labels(images, Classifier(path), _method_of(path)) for path in classifiers]
    return cards, _report(cards, rows, both, time_lookups(), time_exhaustive_ratio())


def _of(models: Sequence[Path], name: str, labels: bool = False) -> list[Path]:
    """Return the models of descriptors, or those of labels, that were trained on a data set."""
    loaded = {path: ModelFolder.load(path) for path in models}
    return [
        path
        for path, m in loaded.items()
        if name in str(m.data.get("source", "")) and isinstance(m.outputs, Labels) == labels
    ]


def _short_and_long(models: Sequence[Path]) -> list[tuple[Path, Path]]:
    bits = {path: ModelFolder.load(path).recipe["bits"] for path in models}
    return [(short, long) for short in models for long in models if (bits[short], bits[long]) == (BITS, 256)]


def _measured(protocol: LabelledSearch, model: Path) -> Scorecard:
    encoder = TrainedEncoder(model)
    return protocol.score(_method_of(model), describe_by_encoder(encoder), encoder.folder.recipe["seed"])


def _method_of(model: Path) -> str:
    recipe = ModelFolder.load(model).recipe
    if recipe["method"] == "labels":
        return f"{recipe['architecture']}, {recipe['epochs']} epochs"
    if recipe["method"] in PROJECTED:
        return f"{recipe['method']}, {recipe['bits']} bits, from {Path(recipe['pretrained']).name or 'pixels'}"
    return f"{recipe['method']}, {recipe['bits']} bits, {recipe['epochs']} epochs"


def _cifar_cards(protocol: LabelledSearch, models: Sequence[Path]) -> list[Scorecard]:
    return [
        protocol.score("Euclidean, pixels", describe_by_pixels),
        *(protocol.score(f"{method}, 256 bits", _fitted(method, protocol.database, 256)) for method in BASELINES),
        *(_measured(protocol, path) for path in models),
    ]


def _fitted(method: str, images: ImageSet, bits: int) -> DescribeImageSet:
    """Train a classical method on images, but for a few held out, and describe by it."""
    recipe = ProjectionRecipe(method=method, bits=bits, validation=0.01)
    with tempfile.TemporaryDirectory() as folder:
        train_codes(images, recipe, Path(folder) / method)
        encoder = TrainedEncoder(Path(folder) / method)
        encoder.encode([images.pixels[0]])  # loads the weights before the folder goes
    return describe_by_encoder(encoder)


def _report(
    cards: Sequence[Scorecard],
    rows: Sequence[Sequence[str]],
    both: Mapping[str, Reranked],
    times: dict[int, float],
    exhaustive: float,
) -> Report:
    lookups = [
        ["look-up", f"{BITS}-bit addresses, radius {RADIUS}", f"{size:,} items: {taken:.2f} ms", "0"]
        for size, taken in times.items()
    ]
    return Report(
        name="codes",
        title="Codes",
        command="sonolux bench codes --models MODEL ...",
        about=(
            "Protocols: 1,000 queries, the first 100 of each class of the test pictures, in the whole train set"
            " (CIFAR-10 50,000, MNIST 60,000), relevant if of one class; faces: 5 pictures of each of 30 people known,"
            " 10 asked; projections learn from the gallery, for the open set (DIR) without the strangers."
            " Models were trained by `sonolux train codes` on the train set alone, see their cards; none has seen a"
            " query. Unsupervised: ae, contrastive, distilled, and all baselines but Fisherfaces."
        ),
        columns=("protocol", "method", "scores", "seed"),
        rows=[*map(_row, cards), *rows, *lookups],
        verdicts=_verdicts(cards, both, times, exhaustive),
    )


def _row(card: Scorecard) -> list[str]:
    scores = ", ".join(f"{name} {value:.3f}" for name, value in card.scores.items())
    return [card.protocol, card.method, scores, str(card.seed)]


UNSUPERVISED = ("ae, 256 bits", "contrastive, 256 bits", "distilled, 256 bits", "itq, 256 bits, from cifar-distilled")
TARGETS = (
    ("cifar10 codes", ("ae, 256 bits",), "mAP@1000", 0.25),
    ("cifar10 codes", UNSUPERVISED, "mAP@1000", 0.45),
    ("cifar10 codes", ("supervised, 48 bits",), "mAP@ALL", 0.80),
    ("mnist codes", ("contrastive, 48 bits",), "mAP@1000", 0.75),
    ("mnist codes", ("supervised, 48 bits",), "mAP@1000", 0.97),
    ("cifar10 labels", ("resnet20",), "accuracy", 0.87),
    ("faces", ("learned",), "rank-1", 0.75),
)
"""Protocol, beginnings of the names of methods of which the best counts, metric and target."""


def _verdicts(
    cards: Sequence[Scorecard], both: Mapping[str, Reranked], times: dict[int, float], exhaustive: float
) -> list[str]:
    lines = []
    for protocol, methods, metric, target in TARGETS:
        reached = [c.scores[metric] for c in cards if c.protocol == protocol and c.method.startswith(methods)]
        if reached:
            name = f"{protocol}, {' or '.join(methods)}, {metric}"
            lines.append(compare_with_target(name, max(reached), target, form=".3f"))
    for method, measured in both.items():
        name = f"{BITS}-bit look-up, then {method}, share of the exhaustive P@100"
        lines.append(compare_with_target(name, measured.found / measured.exhaustive, 0.95, form=".3f"))
    small, large = times[SIZES[0]], times[SIZES[-1]]
    lines.append(
        compare_with_target(f"look-up time, {SIZES[-1]:,} over {SIZES[0]:,} items", large / small, 1.2, at_most=True)
    )
    lines.append(
        compare_with_target("exhaustive 256-bit search over faiss's binary index", exhaustive, 1.2, at_most=True)
    )
    return lines
