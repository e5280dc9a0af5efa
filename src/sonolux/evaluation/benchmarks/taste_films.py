"""Taste benchmark, films: what posters, titles and genres foretell of who rates a film that nobody has rated yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.inputs import SourceDescriptors, Words
from sonolux.encoders import resolve
from sonolux.encoders.trained.encoder import word_counts
from sonolux.evaluation.benchmarks.report import Announce
from sonolux.evaluation.benchmarks.taste_methods import (
    ColdSplit,
    Measurements,
    NamedContents,
    add_fused,
    add_method,
    add_references,
    bag_rows,
)
from sonolux.evaluation.protocols.described_files import describe_files
from sonolux.evaluation.protocols.tastes import SEEDS, Films, split_cold
from sonolux.training.data.images import ImageSet, resized
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.texts import vocabulary_of
from sonolux.training.recommendation.content import YEAR
from sonolux.training.recommendation.recipe import FactorisationRecipe

FILMS = FactorisationRecipe(factors=16, alpha=4.0, confidence="linear", regularisation=5.0, iterations=15)
"""Chosen on inner splits of what is known."""

PIXELS = 32
"""Of a side of a poster, for bags of visual words and for networks."""

TOWER = "photo"
"""EfficientNet-Lite0, of a package."""

MLP, CNN = ("epochs=30",), ("epochs=10",)

DATED, UNDATED = "title, year, genres", "title, genres"
POSTER, SEEN = "poster", "poster by EfficientNet"
FUSED = f"{SEEN} + {DATED}"
FUSED_UNDATED = f"{SEEN} + {UNDATED}"


def measure_films(films: Films, work: Path, progress: Announce, seeds: tuple[int, ...] = SEEDS) -> Measurements:
    """Measure every method on films that are cold; `work` keeps descriptors, and each seed that is measured."""
    table = Measurements(work, repr((FILMS, PIXELS, TOWER, MLP, CNN, films.titles, films.plays.nnz)))
    pixels, seen = read_posters(films.posters), describe_posters(films.posters, work, progress)
    for seed in seeds:
        known, cold = split_cold(len(films.titles), seed)
        split = ColdSplit(films.plays, known, cold, FILMS, seed)
        table.add_seed(seed, lambda one, split=split: _measure_seed(one, films, pixels, seen, split))  # type: ignore[misc]
        progress(f"films: seed {seed} measured")
    return table


def _measure_seed(table: Measurements, films: Films, pixels: ImageSet, seen: RowSet, split: ColdSplit) -> None:
    targets = split.targets()
    add_references(table, split)
    dated = [f"{title}. {genres}" for title, genres in zip(films.titles, films.genres, strict=True)]
    undated = [re.sub(rf"\((?:{YEAR.pattern})\)", "", text) for text in dated]
    genres, titles, told = (text_rows(texts, split.known) for texts in (films.genres, undated, dated))
    poster = bag_rows(pixels, split)
    add_method(table, POSTER, poster, "mlr", targets, split)
    add_method(table, POSTER, poster, "linear", targets, split)
    add_method(table, POSTER, poster, "mlp", targets, split, MLP)
    words: NamedContents = {"image": (POSTER, pixels), "text": (DATED, told)}
    add_fused(table, words, "cnn-mse", targets, split, CNN, alone=("image",))
    add_fused(table, words, "cnn-wpe", targets, split, CNN, alone=("image",))
    kinds: NamedContents = {"image": (SEEN, seen), "text": ("genres", genres)}
    add_fused(table, kinds, "linear", targets, split, alone=("image", "text"))
    kinds = {"image": (SEEN, seen), "text": (UNDATED, titles)}
    add_fused(table, kinds, "linear", targets, split, alone=("text",))
    add_fused(table, kinds, "linear", targets, split, ["fusion=early"])
    kinds = {"image": (SEEN, seen), "text": (DATED, told)}
    add_method(table, DATED, told, "mlr", targets, split)
    add_fused(table, kinds, "mlr", targets, split)
    add_fused(table, kinds, "linear", targets, split, alone=("text",))
    add_fused(table, kinds, "linear", targets, split, ["fusion=early"])
    add_fused(table, kinds, "mlp", targets, split, MLP, alone=("image", "text"))
    add_fused(table, kinds, "mlp", targets, split, [*MLP, "fusion=early"])


def text_rows(texts: Sequence[str], known: NDArray[np.intp]) -> RowSet:
    """Return texts as counts of the words that occur in known ones."""
    how = Words(vocabulary=vocabulary_of([texts[item] for item in known], "films", numbers=True), numbers=True)
    return RowSet("films", word_counts(texts, how), how)


def describe_posters(posters: Sequence[Path], work: Path, progress: Announce) -> RowSet:
    """Return what `TOWER` says of posters, as ``train taste --tower image=photo`` takes it; kept in `work`."""
    [encoder] = resolve(TOWER)
    how = SourceDescriptors(source=TOWER, digests={encoder.name: encoder.digest})
    return RowSet("films", describe_files(encoder, posters, work, progress), how)


def read_posters(posters: Sequence[Path]) -> ImageSet:
    """Return posters of `PIXELS` a side."""
    from PIL import Image

    pixels = [resized(np.asarray(Image.open(path).convert("RGB")), PIXELS) for path in posters]
    return ImageSet("films", np.stack(pixels))
