"""Fusion protocol: whether all spaces of a library together answer as well as the best one, by labels of people.

Every file of a set is asked with (of captions, one of each photo's five, as words), and the files nearest to it count
as right where they have its label: among the first ten, or as many as there are; of captions, the first.

Strengths of spaces (`sonolux.encoders.base.Encoder.weight`) are learned from sets of their own, which score nothing:
the half of the sample of ImageNet that may be trained on; spoken digits 5 to 9 of each speaker, by digit, and 10 to 14,
by speaker; captions of every other photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonolux.errors import SonoluxError
from sonolux.evaluation.protocols.labelled_sounds import find_spoken_digits
from sonolux.evaluation.protocols.photo_search import photo_kind, split_photos
from sonolux.library import Library
from sonolux.types import Modality

TOP = 10
DEPTH = 40
"""Hits that are asked for; files without a label among them are passed over."""

PHOTOS = 300
"""Photos whose captions are a set."""

Ranking = list[str]
"""Paths of files, best first."""


@dataclass(frozen=True, slots=True)
class LabelledFiles:
    """Files of one modality with labels.

    Attributes
    ----------
    name : str
    modality : Modality
    learned : bool
        Whether strengths are learned from it; else it is scored.
    labels : dict of str to str
        By path; empty for files of no class, which ask nothing and are neither right nor wrong.
    questions : tuple of (str, str)
        Words and the label that is right; where there are none, each file asks.
    """

    name: str
    modality: Modality
    learned: bool
    labels: dict[str, str]
    questions: tuple[tuple[str, str], ...] = ()

    def rank(self, library: Library, spaces: Sequence[str]) -> list[Ranking]:
        """Ask all questions in some spaces of a library of these files."""
        if self.questions:
            found = [library.search(words, spaces=spaces, k=DEPTH) for words, _ in self.questions]
        else:
            found = [library.search(like=path, spaces=spaces, k=DEPTH) for path in self._asking()]
        return [[str(hit.path) for hit in hits] for hits in found]

    def score(self, rankings: Sequence[Ranking]) -> float:
        """Return the mean share of the nearest files that are right."""
        return float(np.mean([self._right(*one) for one in zip(rankings, self._wanted(), strict=True)]))

    def by_chance(self) -> float:
        """Return the share of right files among all that count."""
        counted = [label for label in self.labels.values() if label]
        return float(np.mean([counted.count(label) for label in self._wanted()]) / len(counted))

    def _asking(self) -> list[str]:
        counted = list(self.labels.values())
        return [path for path, label in self.labels.items() if label and counted.count(label) > 1]

    def _wanted(self) -> list[str]:
        return [label for _, label in self.questions] or [self.labels[path] for path in self._asking()]

    def _right(self, ranking: Ranking, label: str) -> float:
        counted = [found for path in ranking if (found := self.labels[path])]
        there = list(self.labels.values()).count(label) - (not self.questions)
        wanted = 1 if self.questions else min(TOP, there)
        return sum(found == label for found in counted[:wanted]) / wanted


def strength(score: float, by_chance: float) -> float:
    """Return the odds that a near neighbour is right, those taken off that are by chance."""
    beyond = max(0.0, (score - by_chance) / (1 - by_chance))
    return beyond / max(1 - beyond, 1e-3)


def find_labelled_files(data: Path, work: Path) -> Iterator[LabelledFiles]:
    """Yield all sets.

    Parameters
    ----------
    data : Path
        The data sets.
    work : Path
        Folder into which captions are written, a file each.
    """
    learned, unseen = split_photos(data / "imagenet_sample")
    yield _files("kinds, to learn from", Modality.IMAGE, learned, [photo_kind(path) for path in learned], learned=True)
    yield _files("kinds", Modality.IMAGE, unseen, [photo_kind(path) for path in unseen])
    yield _by_folder("grocery", Modality.IMAGE, sorted((data / "grocery").glob("*/*.jpg")))
    faces = sorted((data / "faces_groups").glob("*/*/*.jpg"))
    yield _files("faces_groups", Modality.IMAGE, faces, [path.parent.parent.name for path in faces])
    digits = [Path(path) for path in find_spoken_digits(data).paths]
    parts = {path: path.stem.split("_") for path in digits}
    for name, field, numbers, learn in (
        ("digits, to learn from", 0, range(5, 10), True),
        ("speakers, to learn from", 1, range(10, 15), True),
        ("digits", 0, range(5), False),
    ):
        chosen = [path for path in digits if int(parts[path][2]) in numbers]
        yield _files(name, Modality.AUDIO, chosen, [parts[path][field] for path in chosen], learned=learn)
    yield _by_folder("esc10", Modality.AUDIO, sorted((data / "esc10").glob("*/*")))
    yield _by_folder("instruments", Modality.AUDIO, sorted((data / "instruments").glob("*/*.flac")))
    spoken = sorted((data / "emotional_speech").glob("*.wav"))
    yield _files("emotional_speech", Modality.AUDIO, spoken, [path.stem[5] for path in spoken])
    yield from _captions(data / "flickr_captions" / "captions.tsv", work)


def _captions(table: Path, work: Path) -> Iterator[LabelledFiles]:
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    captions: dict[str, list[str]] = {}
    for photo, words in rows:
        captions.setdefault(photo, []).append(words)
    photos = sorted(captions)
    for name, chosen, learned in (("captions, to learn from", photos[::2], True), ("captions", photos[1::2], False)):
        folder = work / name
        folder.mkdir(parents=True)
        labels = {}
        for number, photo in enumerate(chosen[:PHOTOS]):
            for other, words in enumerate(captions[photo][1:]):
                path = folder / f"{number:04}_{other}.txt"
                path.write_text(words, encoding="utf-8")
                labels[str(path)] = photo
        questions = tuple((captions[photo][0], photo) for photo in chosen[:PHOTOS])
        yield LabelledFiles(name, Modality.TEXT, learned, labels, questions)


def _by_folder(name: str, modality: Modality, paths: Sequence[Path]) -> LabelledFiles:
    return _files(name, modality, paths, [path.parent.name for path in paths])


def _files(
    name: str, modality: Modality, paths: Sequence[Path], labels: Sequence[str], *, learned: bool = False
) -> LabelledFiles:
    if not paths:
        raise SonoluxError(f"no files of {name}: name the folder of the data sets with --data")
    return LabelledFiles(name, modality, learned, dict(zip(map(str, paths), labels, strict=True)))
