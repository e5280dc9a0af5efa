"""Codes and other descriptors of pictures in one table: classical baselines, and models that were trained.

A model is measured under the protocol of the data it was trained on, told by the source in its card. Two models of
one data set with 28 and 256 bits are also measured together: the short code finds, the long one ranks.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray

from sonolux.encoders.base import normalised
from sonolux.encoders.model_folder import ModelFolder
from sonolux.encoders.trained import TrainedEncoder
from sonolux.evaluation.benchmarks.report import Report, verdict
from sonolux.evaluation.describing import Describe, Described, by_encoder, by_pixels
from sonolux.evaluation.protocols.faces import Faces, faces
from sonolux.evaluation.protocols.labelled_search import LabelledSearch, cifar10_codes, mnist_codes
from sonolux.evaluation.scorecard import Scorecard
from sonolux.index.hamming import hamming_search
from sonolux.index.semantic_hash import BITS, SemanticHash
from sonolux.models.projection import Projection
from sonolux.training.codes import train_codes
from sonolux.training.pictures import PictureSet
from sonolux.training.projected import inputs_of
from sonolux.training.projections.fisher import fit_fisher
from sonolux.training.projections.pca import fit_pca
from sonolux.training.recipe import Recipe
from sonolux.types import Metric, Space

BASELINES = ("lsh", "itq", "spectral")
EIGENFACES = 50
"""Principal components of faces: nine tenths of what varies."""

SIZES = (50_000, 500_000, 5_000_000)
RADIUS = 4
LOOKUPS, ROUNDS = 50, 5


def benchmark_codes(data: Path, models: Sequence[Path]) -> tuple[list[Scorecard], Report]:
    """Measure baselines and models.

    Parameters
    ----------
    data : Path
        Folder of the data sets, each under its own name.
    models : sequence of Path
        Model folders.
    """
    cards = [*_face_cards(faces(data)), *_cifar_cards(cifar10_codes(data), _of(models, "cifar10"))]
    digits = _of(models, "mnist")
    if digits:
        protocol = mnist_codes(data)
        cards += [_measured(protocol, path) for path in digits]
    times = _lookup_times()
    return cards, _report(cards, times, _exhaustive_ratio())


def _of(models: Sequence[Path], name: str) -> list[Path]:
    return [path for path in models if name in str(ModelFolder.load(path).data.get("source", ""))]


def _measured(protocol: LabelledSearch, model: Path) -> Scorecard:
    folder = ModelFolder.load(model)
    method = f"{folder.recipe['method']}, {folder.recipe['bits']} bits, {folder.recipe['epochs']} epochs"
    return protocol.score(method, by_encoder(TrainedEncoder(model)), folder.recipe["seed"])


def _cifar_cards(protocol: LabelledSearch, models: Sequence[Path]) -> list[Scorecard]:
    return [
        protocol.score("Euclidean, pixels", by_pixels),
        *(protocol.score(f"{method}, 256 bits", _fitted(method, protocol.database, 256)) for method in BASELINES),
        *(_measured(protocol, path) for path in models),
    ]


def _face_cards(protocol: Faces) -> list[Scorecard]:
    return [
        protocol.score("Euclidean, pixels", by_pixels),
        protocol.score_learned(f"eigenfaces, {EIGENFACES}, Euclidean", _eigenfaces),
        protocol.score_learned(f"eigenfaces, {EIGENFACES}, whitened, cosine", _whitened),
        protocol.score_learned("Fisherfaces, cosine", _fisherfaces),
    ]


def _eigenfaces(gallery: PictureSet) -> Describe:
    return _by_projection(fit_pca(inputs_of(gallery), EIGENFACES), "euclidean")


def _whitened(gallery: PictureSet) -> Describe:
    return _by_projection(fit_pca(inputs_of(gallery), EIGENFACES, whiten=True), "cosine")


def _fisherfaces(gallery: PictureSet) -> Describe:
    assert gallery.labels is not None
    return _by_projection(fit_fisher(inputs_of(gallery), gallery.labels), "cosine")


def _by_projection(projection: Projection, metric: Metric) -> Describe:
    """Describe by a projection of the pixels; all of a gallery went into it, for it is small."""

    def describe(pictures: PictureSet) -> Described:
        rows = projection(torch.from_numpy(inputs_of(pictures))).numpy()
        return Described(normalised(rows) if metric == "cosine" else rows, Space("faces", rows.shape[1], metric))

    return describe


def _fitted(method: str, pictures: PictureSet, bits: int) -> Describe:
    """Train a classical method on pictures, but for a few held out, and describe by it."""
    recipe = Recipe(method, bits=bits, held_out=0.01)
    with tempfile.TemporaryDirectory() as folder:
        train_codes(pictures, recipe, Path(folder) / method)
        encoder = TrainedEncoder(Path(folder) / method)
        encoder.encode([pictures.pixels[0]])  # loads the weights before the folder goes
    return by_encoder(encoder)


def _lookup_times() -> dict[int, float]:
    """Return milliseconds of a look-up of random addresses by the size of the database, in rounds taken in turn."""
    random = np.random.default_rng(0)
    tables = {size: SemanticHash(_addresses(random, size), np.zeros((size, 1), np.uint8)) for size in SIZES}
    asked = _addresses(random, LOOKUPS).tolist()
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size, table in tables.items():
            started = time.perf_counter()
            for address in asked:
                table.ball(address, RADIUS)
            taken[size].append((time.perf_counter() - started) / LOOKUPS * 1e3)
    return {size: median(times) for size, times in taken.items()}


def _addresses(random: np.random.Generator, n: int) -> NDArray[np.uint32]:
    return random.integers(0, 2**BITS, n, np.uint32)


def _exhaustive_ratio(n: int = SIZES[-1]) -> float:
    """Return our time over that of faiss's binary index for an exhaustive search of 256-bit codes."""
    import faiss

    random = np.random.default_rng(1)
    codes, queries = (random.integers(0, 256, (size, 32), np.uint8) for size in (n, 20))
    index = faiss.IndexBinaryFlat(256)
    index.add(codes)
    ratios = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        hamming_search(queries, codes, 10)
        between = time.perf_counter()
        index.search(queries, 10)
        ratios.append((between - started) / (time.perf_counter() - between))
    return median(ratios)


def _report(cards: Sequence[Scorecard], times: dict[int, float], exhaustive: float) -> Report:
    rows = [_row(card) for card in cards]
    rows += [
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
            " query. Unsupervised: ae, contrastive, and all baselines but Fisherfaces."
        ),
        columns=("protocol", "method", "scores", "seed"),
        rows=rows,
        verdicts=_verdicts(cards, times, exhaustive),
    )


def _row(card: Scorecard) -> list[str]:
    scores = ", ".join(f"{name} {value:.3f}" for name, value in card.scores.items())
    return [card.protocol, card.method, scores, str(card.seed)]


TARGETS = (
    ("cifar10 codes", "ae, 256", "mAP@1000", 0.25),
    ("cifar10 codes", "contrastive, 256", "mAP@1000", 0.45),
    ("cifar10 codes", "supervised, 48", "mAP@ALL", 0.80),
    ("mnist codes", "contrastive, 48", "mAP@1000", 0.75),
    ("mnist codes", "supervised, 48", "mAP@1000", 0.97),
)
"""Protocol, beginning of the method's name, metric and what was asked for."""


def _verdicts(cards: Sequence[Scorecard], times: dict[int, float], exhaustive: float) -> list[str]:
    lines = []
    for protocol, method, metric, asked in TARGETS:
        reached = [c.scores[metric] for c in cards if c.protocol == protocol and c.method.startswith(method)]
        if reached:
            lines.append(verdict(f"{protocol}, {method} bits, {metric}", max(reached), asked, form=".3f"))
    small, large = times[SIZES[0]], times[SIZES[-1]]
    lines.append(verdict(f"look-up time, {SIZES[-1]:,} over {SIZES[0]:,} items", large / small, 1.2, at_most=True))
    lines.append(verdict("exhaustive 256-bit search over faiss's binary index", exhaustive, 1.2, at_most=True))
    return lines
