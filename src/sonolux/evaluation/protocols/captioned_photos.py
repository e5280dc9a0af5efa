"""Cross-modal retrieval protocol: photos found by sentences about them, by names of what they show, by kinds.

Photos are sorted by their names. Of the photos with captions, and of the sample of ImageNet, the even ones may be
learned and chosen from; the odd ones are what is asked for here, together with all of the photos of COCO. A question
about a thing that no photo of a library shows should find nothing: how well that is told from questions about things
that are there is the area under the ROC curve, by the best score of a page of hits, and by the least chance.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError
from sonolux.evaluation.protocols.photo_search import KINDS, photo_kind, split_photos
from sonolux.library import Library
from sonolux.metrics.ranking import average_precision, pairwise_accuracy

TOP = 10

Questions = Mapping[str, Collection[Path]]
"""Of each question, the photos that answer it; none for what no photo shows."""


@dataclass(frozen=True, slots=True)
class Captioned:
    """A photo with the sentences that people wrote below it."""

    path: Path
    sentences: tuple[str, ...]


def split_captioned(data: Path) -> tuple[list[Captioned], list[Captioned]]:
    """Return the captioned photos that may be learned from, and those that are scored.

    Parameters
    ----------
    data : Path
        Folder with ``images`` and ``captions.tsv``, a file name and a sentence a line.

    Raises
    ------
    SonoluxError
        Where there are too few.
    """
    table = data / "captions.tsv"
    sentences: dict[str, list[str]] = {}
    if table.is_file():
        for line in table.read_text(encoding="utf-8").splitlines():
            name, _, sentence = line.partition("\t")
            sentences.setdefault(name, []).append(sentence)
    if len(sentences) < 4 * TOP:
        raise SonoluxError(f"{data} holds {len(sentences)} photos with captions: this protocol needs flickr_captions")
    photos = [Captioned(data / "images" / name, tuple(sentences[name])) for name in sorted(sentences)]
    return photos[::2], photos[1::2]


def write_captions(photos: Iterable[Captioned], table: Path) -> Path:
    """Write a table as `sonolux train captions` reads it; return it."""
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("path", "caption"))
        writer.writerows((photo.path.absolute(), sentence) for photo in photos for sentence in photo.sentences)
    return table


def caption_questions(photos: Sequence[Captioned]) -> Questions:
    """Return the first sentence below each photo; of a sentence below several, any of them answers."""
    questions: dict[str, list[Path]] = {}
    for photo in photos:
        questions.setdefault(photo.sentences[0], []).append(photo.path)
    return questions


def category_questions(data: Path) -> Questions:
    """Return the names of COCO's categories, each with the photos of a folder that show one."""
    record = json.loads((data / "instances.json").read_text(encoding="utf-8"))
    names = {one["id"]: str(one["name"]) for one in record["categories"]}
    files = {one["id"]: data / str(one["file_name"]) for one in record["images"]}
    shown: dict[str, set[Path]] = {name: set() for name in names.values()}
    for one in record["annotations"]:
        shown[names[one["category_id"]]].add(files[one["image_id"]])
    return shown


def class_questions(photos: Path) -> Questions:
    """Return the names of ImageNet's classes, each with its photo; with none where that is not among the scored."""
    learned, scored = split_photos(photos)
    questions: dict[str, list[Path]] = {_class_of(path): [] for path in (*learned, *scored)}
    for path in scored:
        questions[_class_of(path)].append(path)
    return questions


def kind_questions(photos: Path) -> Questions:
    """Return words for kinds of things, each with the scored photos of the sample of ImageNet that are of it."""
    _, scored = split_photos(photos)
    return {kind: [path for path in scored if photo_kind(path) == kind] for kind in KINDS}


def rank_photos(library: Library, questions: Questions, space: str, photos: int) -> NDArray[np.bool_]:
    """Return whether each hit answers, best first, (questions, photos); for questions that a photo answers.

    Parameters
    ----------
    library : Library
    questions : mapping
    space : str
        That is asked.
    photos : int
        In the library: all of them are ranked, and one that is not found at all comes after those that are.
    """
    asked = {question: {path.absolute() for path in paths} for question, paths in questions.items() if paths}
    relevant = np.zeros((len(asked), photos), np.bool_)
    for row, (question, answers) in zip(relevant, asked.items(), strict=True):
        hits = library.search(question, space=space, k=photos)
        row[: len(hits)] = [Path(hit.path) in answers for hit in hits]
    return relevant


def recall_scores(relevant: NDArray[np.bool_]) -> dict[str, float]:
    """Return the share of questions that are answered first, and among the first ten hits."""
    return {f"R@{k}": float(relevant[:, :k].any(axis=1).mean()) for k in (1, TOP)}


def precision_scores(relevant: NDArray[np.bool_]) -> dict[str, float]:
    """Return the mean average precision of questions with several answers."""
    return {"mAP": float(average_precision(relevant).mean())}


def absence_scores(library: Library, questions: Questions, space: str) -> dict[str, float]:
    """Return how well questions about what is there are told from those about what is not.

    By the greatest score of a page of hits, and by the least chance; and the shares of both to which a page has a hit
    that chance does not explain: all others are answered with "nothing found" where ``--confident`` is asked.
    """
    pages = {question: library.search(question, space=space, k=TOP) for question in questions}
    groups = [[pages[asked] for asked, paths in questions.items() if bool(paths) == shown] for shown in (True, False)]
    scores = [[max((hit.score for hit in page), default=-np.inf) for page in group] for group in groups]
    chances = [[max((-hit.chance for hit in page), default=-np.inf) for page in group] for group in groups]
    there, absent = (float(np.mean([any(hit.confident for hit in page) for page in group])) for group in groups)
    return {
        "AUC by score": _auc(*scores),
        "AUC by chance": _auc(*chances),
        "found, present": there,
        "found, absent": absent,
    }


def time_questions(library: Library, questions: Iterable[str], space: str) -> float:
    """Return the median seconds of a question, none of which was asked before, once one has loaded everything."""
    first, *others = questions
    library.search(first, space=space)
    taken = []
    for question in others:
        started = time.perf_counter()
        library.search(question, space=space)
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))


def _auc(there: Sequence[float], absent: Sequence[float]) -> float:
    """Return the area under the ROC curve; ties count half."""
    margins = [float(one > other) - float(one < other) for one in there for other in absent]
    return pairwise_accuracy(np.array(margins))


def _class_of(photo: Path) -> str:
    return photo.stem.partition("_")[2].replace("_", " ")
