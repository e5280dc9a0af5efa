"""Known-item search benchmark: whether a file that is asked with itself, or with a variant of itself, comes first.

Known-item search is TRECVID's task of finding the one item that the asker has in mind. Here the question is the item:
the very file; the same encoded again, smaller; its first half; its mirror image. What is asked with and is not there
shows how often `confident` answers wrongly.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.known_item_media import (
    Film,
    Material,
    find_material,
    make_films,
    make_medleys,
    make_texts,
    write_film,
    write_medley,
)
from sonolux.library import Library

COUNTS = {"video": 40, "medley": 20, "photo": 60, "text": 20}
"""How many of each kind the library holds."""

ABSENT = 20
"""How many of each kind are asked with and are not there."""

DEPTH = 50
"""Hits among which a file is looked for; further down it counts as not found."""

SEED = 0
ITSELF, ABSENT_NAME = "itself", "absent"
VARIANTS = (ITSELF, "re-encoded", "first half", "mirrored")

Question = tuple[str, str, str, dict[str, Any]]
"""Kind, variant, name of the file that is right, and what is asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rank of the right file, 0 for none; whether it is confident; whether there is a confident hit at all."""

    rank: int
    confident: bool
    answered: bool


def benchmark_known_item(data: Path, announce: Announce) -> Report:
    """Ask a library with its own files and their variants.

    Parameters
    ----------
    data : Path
        The data sets.
    announce : callable
        Told where it stands.
    """
    random = np.random.default_rng(SEED)
    there, elsewhere = find_material(data, random)
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    with tempfile.TemporaryDirectory() as name, Library(Path(name) / "known.sonolux") as library:
        announce("making the media")
        held, asked = Path(name) / "held", Path(name) / "asked"
        asked.mkdir()
        questions = [*_make_all(there, COUNTS, held, asked, random)]
        strangers = dict.fromkeys(COUNTS, ABSENT)
        questions += [
            (kind, ABSENT_NAME, "", question)
            for kind, variant, _, question in _make_all(elsewhere, strangers, Path(name) / "absent", None, random)
            if variant == ITSELF
        ]
        announce(f"adding {sum(COUNTS.values())} files")
        library.add(held, fingerprints=False)
        announce(f"asking {len(questions)} questions")
        for kind, variant, right, question in questions:
            outcomes.setdefault((kind, variant), []).append(_ask(library, right, question))
    return _report(outcomes)


def _make_all(
    material: Material, counts: Mapping[str, int], held: Path, asked: Path | None, random: np.random.Generator
) -> Iterator[Question]:
    """Write files of each kind into a folder, and their variants into another where there is one; yield what to ask."""
    held.mkdir()
    for number, film in enumerate(make_films(material, counts["video"], random)):
        yield from _ask_film(film, f"{held.name}_film{number:02}.mp4", held, asked)
    for number, samples in enumerate(make_medleys(material, counts["medley"], random)):
        yield from _ask_medley(samples, f"{held.name}_medley{number:02}.flac", held, asked)
    for photo in material.photos[-counts["photo"] :]:
        yield from _ask_photo(photo, held)
    for number, text in enumerate(make_texts(material, counts["text"])):
        path = held / f"{held.name}_text{number:02}.txt"
        path.write_text(text, encoding="utf-8")
        variants = {ITSELF: text, "re-encoded": "\n".join(text.upper().split()), "first half": text[: len(text) // 2]}
        yield from (("text", variant, path.name, {"text": words}) for variant, words in variants.items())


def _ask_film(film: Film, name: str, held: Path, asked: Path | None) -> Iterator[Question]:
    write_film(held / name, film)
    yield "video", ITSELF, name, {"video": held / name}
    if asked is None:
        return
    half = Film(film.frames[: len(film.frames) // 2], film.samples[: len(film.samples) // 2])
    mirrored = Film(np.ascontiguousarray(film.frames[:, :, ::-1]), film.samples)
    write_film(asked / f"small_{name}", film, codec="libx264", bits=150_000, scale=0.75)
    write_film(asked / f"half_{name}", half)
    write_film(asked / f"mirror_{name}", mirrored)
    paths = (asked / f"{way}_{name}" for way in ("small", "half", "mirror"))
    yield from (("video", variant, name, {"video": path}) for variant, path in zip(VARIANTS[1:], paths, strict=True))


def _ask_medley(samples: NDArray[np.float32], name: str, held: Path, asked: Path | None) -> Iterator[Question]:
    write_medley(held / name, samples)
    yield "medley", ITSELF, name, {"audio": held / name}
    if asked is None:
        return
    small, half = asked / f"{Path(name).stem}.mp3", asked / f"half_{name}"
    write_medley(small, samples, "libmp3lame", 48_000)
    write_medley(half, samples[: len(samples) // 2])
    yield "medley", VARIANTS[1], name, {"audio": small}
    yield "medley", VARIANTS[2], name, {"audio": half}


def _ask_photo(photo: Path, held: Path) -> Iterator[Question]:
    from PIL import Image, ImageOps

    path = held / photo.name
    shutil.copy(photo, path)
    with Image.open(photo) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    jpeg = io.BytesIO()
    picture.resize((3 * width // 4, 3 * height // 4)).save(jpeg, "jpeg", quality=50)
    pictures = (path, Image.open(jpeg), picture.crop((0, 0, width // 2, height)), ImageOps.mirror(picture))
    yield from (("photo", variant, path.name, {"image": one}) for variant, one in zip(VARIANTS, pictures, strict=True))


def _ask(library: Library, right: str, question: dict[str, Any]) -> Outcome:
    hits = library.search(**question, k=DEPTH)
    names = [Path(hit.path).name for hit in hits]
    rank = names.index(right) + 1 if right in names else 0
    sure = {name for name, hit in zip(names, hits, strict=True) if hit.confident}
    return Outcome(rank, right in sure, bool(sure))


def _report(outcomes: Mapping[tuple[str, str], list[Outcome]]) -> Report:
    known = [one for (_, variant), found in outcomes.items() if variant == ITSELF for one in found]
    strange = [one for (_, variant), found in outcomes.items() if variant == ABSENT_NAME for one in found]
    several = ("video", "medley", "text")
    varied = [
        one
        for (kind, variant), found in outcomes.items()
        if kind in several and variant not in (ITSELF, ABSENT_NAME)
        for one in found
    ]
    first = {name: _share(one.rank == 1 for one in found) for name, found in (("same", known), ("varied", varied))}
    return Report(
        name="known-item",
        title="Known items: asked with itself",
        command="sonolux bench known-item",
        about=(
            f"A library of {COUNTS['video']} videos of 4 to 8 scenes (photos that are moved over, and pieces of camera"
            f" clips, of which several videos share some), {COUNTS['medley']} medleys of a minute, {COUNTS['photo']}"
            f" photos and {COUNTS['text']} texts of some 4,000 characters, in the default spaces without a hub, seed"
            f" {SEED}. Each is asked with itself; encoded again, smaller (texts in capitals, a word a line); with its"
            " first half (photos the left one); mirrored."
            f" Absent are {ABSENT} more of each kind, made of other things. First: the share whose file comes first."
            f" MRR: the mean of one over its rank, among {DEPTH}. Confident: the share whose file `--confident` answers"
            " with; of what is absent, the share of questions that it answers at all."
        ),
        columns=("asked with", "variant", "questions", "first", "MRR", "confident"),
        rows=[_row(*name, found) for name, found in outcomes.items()],
        verdicts=[
            compare_with_target("asked with itself, first", first["same"], 1.0, form=".3f"),
            compare_with_target("asked with itself, confident", _share(o.confident for o in known), 1.0, form=".3f"),
            compare_with_target(
                "videos, medleys and texts asked with a variant, first", first["varied"], 0.95, form=".3f"
            ),
            compare_with_target("absent, answered", _share(o.answered for o in strange), 0.1, at_most=True, form=".3f"),
        ],
    )


def _row(kind: str, variant: str, found: list[Outcome]) -> list[str]:
    if variant == ABSENT_NAME:
        return [kind, variant, str(len(found)), "", "", f"{_share(one.answered for one in found):.2f}"]
    mean = float(np.mean([1 / one.rank if one.rank else 0.0 for one in found]))
    first, sure = _share(one.rank == 1 for one in found), _share(one.confident for one in found)
    return [kind, variant, str(len(found)), f"{first:.2f}", f"{mean:.3f}", f"{sure:.2f}"]


def _share(said: Iterable[bool]) -> float:
    return float(np.mean(list(said)))
