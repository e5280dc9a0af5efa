"""Measure the discounts of `tools.backgrounds`: ``SONOLUX_DATA=... python -m tools.background_discounts [SPACE...]``.

Real media resemble one another more or less than those that borrowed background models were learned from. For each
space, the discount is such that one pair of strangers in a hundred has a p-value of .01, in the mean over collections
of photographs (flickr_captions, coco64, and both with the posters of movies) and of sounds (emotify, recordings, and
those with speech and digits): none that `sonolux bench calibration` measures with. What they give is two numbers a
space; the other is how fast items thin out around one of them in libraries drawn from these, strangers or not.

Strangers are two things of which nobody says the same: photographs whose captions share no word, and whose objects are
of no common category. Two dogs in the grass are no strangers, though they are two photographs: whoever asks with one of
them has found another. What is all of one kind (posters, speech, digits) is a stranger to everything else only.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence, Set
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from sonolux.encoders import resolve
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Audio, Image, Segment
from sonolux.retrieval.borrowed import SHAPE, BorrowedBackground
from sonolux.retrieval.dense_background import fit_dense_background
from sonolux.types import Modality
from tools.backgrounds import make_backgrounds

CLAIMED = 0.01
MOST = 200
"""Items of a collection."""

LIBRARY = 40
"""Items of a library in which it is seen how they thin out."""

SOUNDS = ("emotify", "recordings", "emotional_speech", "spoken_digits")
SECONDS = 5

Labels = Set[str]
"""What is said of a thing: its words and categories, or the name of its family."""


class Collection(NamedTuple):
    """Media, the labels of each (two that share one are no strangers), and the file that it is from."""

    media: list[Any]
    labels: list[Labels]
    files: list[str]


def measure_discount(
    borrowed: BorrowedBackground, collections: Sequence[tuple[NDArray[Any], Sequence[Labels]]]
) -> float:
    """Return the mean power that makes p-values of .01 true in the mean over collections of descriptors."""
    surprises = []
    for rows, labels in collections:
        found = [
            borrowed.surprises(row, (rows[others] @ row).tolist())
            for row, others in zip(rows, strangers_among(labels), strict=True)
        ]
        surprises.append(np.concatenate(found))
    random = np.random.default_rng(0)
    fewest = min(map(len, surprises))
    pooled = np.concatenate([random.choice(found, fewest, replace=False) for found in surprises])
    reached = float(np.quantile(pooled, 1 - CLAIMED))
    return float(SHAPE * (CLAIMED ** (-1 / SHAPE) - 1) / reached)


def measure_thinning(borrowed: BorrowedBackground, collections: Sequence[tuple[NDArray[Any], Sequence[str]]]) -> float:
    """Return the rate at which items thin out around one of them, the mean over collections of descriptors."""
    prior, rates = borrowed.thinning_rates, []
    for rows, files in collections:
        order = np.random.default_rng(0).permutation(len(rows))
        drawn = total = 0.0
        for part in np.array_split(order, max(len(rows) // LIBRARY, 1)):
            learned = fit_dense_background(borrowed.model.space, rows[part], np.array(files)[part], borrowed).thinning
            assert learned is not None
            drawn, total = drawn + learned.shape - prior.shape, total + learned.rate - prior.rate
        rates.append(drawn / total)
    return float(np.mean(rates))


def strangers_among(labels: Sequence[Labels]) -> NDArray[np.bool_]:
    """Tell which things share no label, (n, n); nothing is a stranger to itself."""
    told = np.array([[one.isdisjoint(other) for other in labels] for one in labels])
    np.fill_diagonal(told, False)
    return told


def photographs(data: Path) -> Iterator[Collection]:
    """Yield collections of photographs: captioned, with objects marked, and both with posters, which are one family."""
    captioned = _drawn(data / "flickr_captions", _words_of_captions(data / "flickr_captions"))
    marked = _drawn(data / "coco64", _words_of_objects(data / "coco64"))
    posters = _drawn(data / "movies", {path.name: {"poster"} for path in (data / "movies").rglob("*.jpg")})
    yield captioned
    yield marked
    all_three = (captioned, marked, posters)
    yield Collection(*([*chain.from_iterable(getattr(one, name) for one in all_three)] for name in Collection._fields))


def _drawn(folder: Path, labels: dict[str, Labels]) -> Collection:
    """Return some of the photographs of a folder of which something is said, and what."""
    paths = sorted(path for path in folder.rglob("*.jpg") if path.name in labels)
    chosen = [paths[i] for i in np.random.default_rng(0).permutation(len(paths))[:MOST]]
    pixels = [_content(path, Image).pixels for path in chosen]
    return Collection(pixels, [labels[path.name] for path in chosen], [path.name for path in chosen])


def _words_of_captions(folder: Path) -> dict[str, Labels]:
    """Return the words of the captions of each photograph, but for those that any text holds."""
    with (folder / "captions.tsv").open(newline="", encoding="utf-8") as table:
        words: dict[str, set[str]] = {}
        for name, caption in csv.reader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            words.setdefault(name, set()).update(re.findall("[a-z]+", caption.lower()))
    return {name: found - ENGLISH_STOP_WORDS for name, found in words.items()}


def _words_of_objects(folder: Path) -> dict[str, Labels]:
    """Return the words of the categories of the objects in each photograph."""
    marked = json.loads((folder / "instances.json").read_text(encoding="utf-8"))
    categories = {one["id"]: one["name"].split() for one in marked["categories"]}
    names = {one["id"]: one["file_name"] for one in marked["images"]}
    words: dict[str, set[str]] = {}
    for one in marked["annotations"]:
        words.setdefault(names[one["image_id"]], set()).update(categories[one["category_id"]])
    return {**words}


def sounds(data: Path, rate: int) -> Iterator[Collection]:
    """Yield collections of sounds: music, recordings, and a mixture with speech, which is one family each."""
    random = np.random.default_rng(0)
    pieces: list[NDArray[np.float32]] = []
    families: list[str] = []
    files: list[str] = []
    for name in SOUNDS:
        paths = sorted(p for p in (data / name).rglob("*") if p.suffix in {".mp3", ".ogg", ".wav", ".flac"})
        for path in [paths[i] for i in random.permutation(len(paths))[:40]]:
            sound = _content(path, Audio)
            whole = soxr.resample(sound.samples, sound.rate, rate)
            length = SECONDS * rate
            starts = np.linspace(0, max(len(whole) - length, 0), 3 if name == "recordings" else 1).astype(int)
            pieces += [whole[start : start + length] for start in starts]
            families += [name if name in SOUNDS[2:] else path.name] * len(starts)
            files += [path.name] * len(starts)
    named: list[Labels] = [{family} for family in families]
    music = sum(1 for family in families if family.endswith(".mp3"))
    recorded = sum(1 for family in families if family.endswith(".ogg"))
    for part in (slice(music), slice(music, music + recorded), slice(None)):
        yield Collection(pieces[part], named[part], files[part])


def _content(path: Path, kind: type[Any]) -> Any:
    segments = (event for event in read(str(path), ReadOptions()) if isinstance(event, Segment))
    return next(segment.content for segment in segments if isinstance(segment.content, kind))


def main(names: list[str]) -> None:
    """Print both numbers of each space, or of those named."""
    data = Path(os.environ.get("SONOLUX_DATA", "../shared/data"))
    for borrowed in make_backgrounds(names):
        name = borrowed.model.space.name
        encoder = resolve(name)[0]
        is_image = encoder.modality is Modality.IMAGE
        collections = [*photographs(data)] if is_image else [*sounds(data, encoder.sample_rate)]
        rows = [np.asarray(encoder.encode(one.media)) for one in collections]
        labels, files = [one.labels for one in collections], [one.files for one in collections]
        told = measure_discount(borrowed, [*zip(rows, labels, strict=True)])
        rate = measure_thinning(borrowed, [*zip(rows, files, strict=True)])
        print(f"{name}: discount {told:.2f}, thinning {rate:.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
