"""Copy detection benchmark: which altered copies of photos and videos are found, and which strangers are taken for one.

Thresholds of hashes are chosen on half of the photos, and all methods are scored on the other half. Those of Sonolux
were chosen on the first half when it was written, and are not touched here.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.Image import Image as Picture

from sonolux.encoders.defaults import CLASSICAL
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.protocols.altered_copies import ALTERATIONS, ALTERED, SEED, Half, make_copies, split_halves
from sonolux.evaluation.protocols.altered_videos import VIDEO_ALTERATIONS, make_video_copies
from sonolux.evaluation.scorecard import Scorecard
from sonolux.features.pdq import TURNS, pdq_hash, turned_image
from sonolux.library import Library
from sonolux.media.images.image import decode_image
from sonolux.media.options import ReadOptions

ALLOWED = 1.0
"""Pairs of strangers that are called copies, in 1,000 photos, at most."""

SIDE = 512
"""Pixels of the longer side at which hashes alone see a photo."""

Hash = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""Pixels to packed codes, one row a turn that is looked for."""

FOUND = ("identical", "copies", "parts")
"""Kinds of groups that count as found."""

ASKED_RECALL, ASKED_FALSE = 0.95, 1.0


@dataclass(slots=True)
class CopyScores:
    """How many copies of each alteration were found, and which pairs of different photos were called copies."""

    found: dict[str, float] = field(default_factory=dict)
    false: int = 0

    @property
    def recall(self) -> float:
        """Mean over alterations."""
        return float(np.mean(list(self.found.values())))


def benchmark_copies(data: Path, altered: int, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Measure the copies that hashes alone and a library find.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    altered : int
        Photos of each half of which copies are made.
    progress : callable
    """
    data = data.resolve()  # as libraries name files
    photos = [*(data / "imagenet_sample").glob("*.jpg"), *(data / "flickr_captions" / "images").glob("*.jpg")]
    scores: dict[str, CopyScores] = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        first, second = (
            make_copies(half, work / name, altered)
            for name, half in zip(("chosen", "scored"), split_halves(photos), strict=True)
        )
        hashes = _hashes()
        progress(f"hashing: {', '.join(hashes)}")
        chosen, scored = (_all_distances(half, hashes) for half in (first, second))
        for name, (distances, owners) in chosen.items():
            radius = _radius(distances, owners)
            scores[f"{name}, {radius} bits"] = _scored(second, *scored[name], radius)
        del chosen, scored
        progress("sonolux duplicates")
        scores["sonolux duplicates"] = _library_scores(second, work / "scored", work / "photos.sonolux")
        progress("videos")
        videos = _video_scores(data, work)
    return _cards(scores, videos, len(second.photos)), _report(scores, videos, second)


def _hashes() -> dict[str, Hash]:
    """Return the hashes that are compared, by name: those of imagededup as the package imagehash has them, if it is."""
    found: dict[str, Hash] = {"PDQ, eight turns": _pdq}
    if importlib.util.find_spec("imagehash") is None:
        return found
    import imagehash

    methods = {
        "pHash": imagehash.phash,
        "dHash": imagehash.dhash,
        "aHash": imagehash.average_hash,
        "wHash": imagehash.whash,
    }
    return found | {name: _of_imagehash(method) for name, method in methods.items()}


def _pdq(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack([pdq_hash(turned_image(pixels, turn))[0] for turn in range(len(TURNS))])


def _of_imagehash(method: Callable[[Picture], Any]) -> Hash:
    def code(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.packbits(method(PIL.Image.fromarray(pixels)).hash)[None]

    return code


def _all_distances(half: Half, hashes: Mapping[str, Hash]) -> dict[str, tuple[NDArray[np.int32], NDArray[np.intp]]]:
    """Return by hash the distances of all files of a half, originals first, and the photo's number that each shows."""
    files = [*half.photos, *(file for _, _, file in half.copies)]
    limit = ReadOptions().max_pixels
    codes: dict[str, list[NDArray[np.uint8]]] = {name: [] for name in hashes}
    for file in files:
        pixels = decode_image(str(file), SIDE, limit).pixels
        for name, measure in hashes.items():
            codes[name].append(measure(pixels))
    numbers = {photo: number for number, photo in enumerate(half.photos)}
    owners = np.array([*range(len(half.photos)), *(numbers[photo] for photo, _, _ in half.copies)])
    return {name: (_distances(np.stack(each)), owners) for name, each in codes.items()}


def _distances(codes: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the distances of codes (n, turns, bytes) to each other, of all turns the least."""
    upright = np.ascontiguousarray(codes[:, 0]).view(np.uint64)
    least = np.full((len(codes), len(codes)), 8 * codes.shape[2], np.int32)
    for turn in range(codes.shape[1]):
        turned = np.ascontiguousarray(codes[:, turn]).view(np.uint64)
        for number, row in enumerate(turned):
            apart = np.bitwise_count(row ^ upright).sum(axis=1, dtype=np.int32)
            np.minimum(least[number], apart, out=least[number])
    np.minimum(least, least.T, out=least)
    return least


def _false_pairs(distances: NDArray[np.int32], owners: NDArray[np.intp], radius: int) -> int:
    """Count pairs of photos of which some versions are within a radius."""
    one, other = np.nonzero(distances <= radius)
    different = owners[one] < owners[other]
    return len(np.unique(np.stack([owners[one[different]], owners[other[different]]]), axis=1).T)


def _radius(distances: NDArray[np.int32], owners: NDArray[np.intp]) -> int:
    """Return the largest radius at which no more strangers are called copies than is allowed."""
    photos = len(np.unique(owners))
    radius = 0
    while _false_pairs(distances, owners, radius + 1) * 1000 / photos <= ALLOWED and radius < distances.max():
        radius += 1
    return radius


def _scored(half: Half, distances: NDArray[np.int32], owners: NDArray[np.intp], radius: int) -> CopyScores:
    found: dict[str, list[bool]] = {name: [] for name in ALTERATIONS}
    for file, (_, name, _) in enumerate(half.copies, start=len(half.photos)):
        found[name].append(bool(distances[file, owners[file]] <= radius))
    return CopyScores(_shares(found), _false_pairs(distances, owners, radius))


def _library_scores(half: Half, copies: Path, location: Path) -> CopyScores:
    """Add photos and copies to a library, and ask it for copies."""
    made_from = {str(file): (str(photo), name) for photo, name, file in half.copies}
    with Library(location) as library:
        library.add(*half.photos, copies, spaces=(*CLASSICAL, "photo"))
        groups = [[item.path for item in one.items] for one in library.copies().groups if one.kind in FOUND]
    found = dict.fromkeys(ALTERATIONS, 0)
    false: set[tuple[str, str]] = set()
    for group in groups:
        photos = {made_from.get(path, (path, ""))[0] for path in group}
        false |= set(combinations(sorted(photos), 2))
        for path in group:
            photo, name = made_from.get(path, ("", ""))
            found[name] = found.get(name, 0) + (photo in group)
    total = len(half.copies) / len(ALTERATIONS)
    return CopyScores({name: found[name] / total for name in ALTERATIONS}, len(false))


def _video_scores(data: Path, work: Path) -> CopyScores:
    """Ask a library of videos and their versions, and of clips by cameras that stand still, for copies."""
    copies = make_video_copies(sorted((data / "videos").glob("*.mp4")), work / "videos")
    clips = [file for file in sorted((data / "surveillance").glob("*/*")) if file.is_file()]
    made_from = {str(file): (str(video), name) for video, name, file in copies}
    with Library(work / "videos.sonolux") as library:
        library.add(work / "videos", *clips, spaces=("colour-histogram",))
        groups = [[item.path for item in one.items] for one in library.copies().groups if one.kind in FOUND]
    found: dict[str, list[bool]] = {name: [] for name in VIDEO_ALTERATIONS}
    together = {(one, other) for group in groups for one in group for other in group}
    for video, name, file in copies:
        if name in found:
            found[name].append((video_of(work, video), str(file)) in together)
    false = {
        tuple(sorted((one, other)))
        for one, other in together
        if one != other and made_from.get(one, (one,))[0] != made_from.get(other, (other,))[0]
    }
    return CopyScores(_shares(found), len(false))


def video_of(work: Path, video: Path) -> str:
    """Return the path of the version that stands for a video."""
    return str(work / "videos" / f"{video.stem}--original.mp4")


def _shares(found: Mapping[str, Sequence[bool]]) -> dict[str, float]:
    return {name: float(np.mean(each)) if each else 0.0 for name, each in found.items()}


def _rows(scores: Mapping[str, CopyScores], names: Sequence[str]) -> Iterator[list[str]]:
    for name in names:
        yield [name, *(f"{one.found[name]:.2f}" for one in scores.values())]
    yield ["**all**", *(f"**{one.recall:.3f}**" for one in scores.values())]
    yield ["false pairs", *(str(one.false) for one in scores.values())]


def _cards(scores: Mapping[str, CopyScores], videos: CopyScores, photos: int) -> list[Scorecard]:
    return [
        *(_card(name, one, f"the second half, {photos} photos") for name, one in scores.items()),
        _card("sonolux duplicates, videos", videos, "three videos and 58 clips"),
    ]


def _card(name: str, scores: CopyScores, split: str) -> Scorecard:
    told = {"recall": scores.recall, "false_pairs": float(scores.false), **scores.found}
    return Scorecard("copies", name, told, primary="recall", split=split, seed=SEED)


def _report(scores: Mapping[str, CopyScores], videos: CopyScores, half: Half) -> Report:
    ours = scores["sonolux duplicates"]
    per_thousand = ours.false * 1000 / len(half.photos)
    altered = len(half.copies) // len(ALTERATIONS)
    others = (
        "pHash, dHash, aHash and wHash, of 64 bits, are those of imagededup, computed by imagehash"
        if any(name.startswith("pHash") for name in scores)
        else "The hashes of imagededup are missing: the package imagehash is not installed"
    )
    video_told = ", ".join(f"{name} {share:.2f}" for name, share in videos.found.items())
    return Report(
        name="copies",
        title="Altered copies",
        command="sonolux bench copies" if altered == ALTERED else f"sonolux bench copies --altered {altered}",
        about=(
            f"{len(half.photos)} photos of the sample of ImageNet and of Flickr8k, with {len(ALTERATIONS)} altered"
            f" copies of each of {altered}: the share of copies that were found together with their original, and pairs"
            " of different photos of which some versions were called copies. The radius of each hash is the largest"
            f" with at most {ALLOWED:g} such pair in 1,000 photos on the other half of the photos, on which what"
            f" Sonolux goes by was chosen as well; nothing was chosen on this half. {others}."
        ),
        columns=("alteration", *scores),
        rows=list(_rows(scores, list(ALTERATIONS))),
        verdicts=[
            compare_with_target("copies of photos found", ours.recall, ASKED_RECALL),
            compare_with_target("false pairs in 1,000 photos", per_thousand, ASKED_FALSE, at_most=True),
            f"versions of three videos found: {video_told}; false pairs among them and clips of cameras that stand"
            f" still: {videos.false}",
        ],
    )
