"""``sonolux demo`` (hidden, run by ``make demo``): a folder into a fresh library, one search of each kind, one page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.adding import default_encoders, report
from sonolux.cli.output import Output
from sonolux.cli.progress import progress_bars
from sonolux.cli.searching import files_asked, heading_of, print_hits
from sonolux.errors import SonoluxError
from sonolux.extras import EXTRAS

if TYPE_CHECKING:
    from sonolux.library import Library
    from sonolux.presentation.html import PageSection

SERVING = [package for package, extra in EXTRAS.items() if extra == "serve"]
"""What `sonolux serve` needs besides the rest."""

HITS = 5

SOUGHT = 1_000
"""Items among which words to ask for are sought."""

WORDS = 6
"""Of a text that are asked for."""

LIKED = ("birdsong.ogg", "plucked_tune.flac", "sea.mp3")
"""Sounds of the sample that somebody new likes."""

UNHEARD_OF = "zeppelin xylophone quicksilver"
"""Words that hardly any folder has."""


@dataclass(frozen=True, slots=True)
class DemoQuery:
    """One search of the demonstration: what it shows, its words, and what else is asked."""

    note: str
    text: str | None
    asked: dict[str, Any]


def demo(
    media: Annotated[
        Path | None, typer.Option(help="Your own folder, instead of the sample.", show_default=False)
    ] = None,
    folder: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("demo"),
) -> None:
    """Add a folder to a fresh library, run one search of each kind, and write a page of all hits."""
    # A demonstration must not wait for downloads of gigabytes.
    os.environ.setdefault("SONOLUX_HUB", "cached")
    from sonolux.library import Library
    from sonolux.presentation.html import PageSection, write_page
    from sonolux.sample import write_sample

    out = Output()
    if media is None:
        write_sample(folder / "sample")
    roots = [str(media or folder / "sample")]
    with Library(_fresh(folder / "library.sonolux")) as library:
        specs = default_encoders(library, out)
        with progress_bars(roots, out) as (added, heard):
            summary = library.add(*roots, spaces=specs, progress=added, hearing=heard)
        report(asdict(summary), out)
        questions = list(_sample_questions(folder / "sample") if media is None else _own_questions(library))
        sections = []
        for question in questions:
            hits = library.search(question.text, **question.asked)
            heading = heading_of(question.text, question.asked)
            out.line()
            out.line(f"{question.note}: {heading}")
            print_hits(hits, out)
            sections.append(PageSection(heading, hits, question.note, files_asked(question.asked)))
        if liked := _liked(library, folder / "sample" if media is None else None):
            sections.append(_recommended(library, liked, out))
    write_page(folder / "index.html", sections, f"Sonolux: {roots[0]}")
    out.line()
    out.line(f"All of it with pictures: {(folder / 'index.html').absolute()}")
    out.line(f"To ask in a browser: {_serving(folder / 'library.sonolux')}")


def _recommended(library: Library, liked: list[str], out: Output) -> PageSection:
    """Recommend to somebody new who likes three files: nothing here was ever played."""
    from sonolux.presentation.html import PageSection

    asked = {"like": liked}
    found = library.recommend(like=liked, k=HITS)
    note = "what somebody new may like, from three likes"
    out.line()
    out.line(f"{note}: {heading_of(None, asked)}")
    print_hits(found, out)
    return PageSection(heading_of(None, asked), found, note, files_asked(asked))


def _liked(library: Library, sample: Path | None) -> list[str]:
    """Return three sounds, or pictures where there are too few sounds; none where there are too few of both."""
    if sample is not None:
        return [str(sample / "sounds" / name) for name in LIKED]
    sounds, images = _files(library, "audio", 4), _files(library, "image", 4)
    return sounds[:3] if len(sounds) == 4 else images[:3] if len(images) == 4 else []


def _serving(location: Path) -> str:
    """Return the command that serves a library, or the one that installs what serving needs."""
    missing = [package for package in SERVING if find_spec(package) is None]
    return (
        f"pip install 'sonolux[{EXTRAS[missing[0]]}]'" if missing else f"sonolux serve --library {quote(str(location))}"
    )


def _fresh(location: Path) -> Path:
    """Remove the library of an earlier demonstration, and nothing else."""
    from sonolux.media.finding import LIBRARY_FILE

    if (location / LIBRARY_FILE).is_file():
        shutil.rmtree(location)
    elif location.exists():
        raise SonoluxError(f"{location} is there and no library: name another folder with --folder")
    return location


def _sample_questions(sample: Path) -> Iterator[DemoQuery]:
    photos, sounds = sample / "photos", sample / "sounds"
    examples = [str(photos / f"{name}.jpg") for name in ("gravel", "brick_wall")]
    yield DemoQuery("words", "a cup of coffee", {"k": HITS})
    yield DemoQuery("what pictures show, in words of your own", "something to ride on the road", {"k": HITS})
    yield DemoQuery("a picture", None, {"image": str(photos / "pagoda_turned.jpg"), "k": HITS})
    yield DemoQuery("a sound", None, {"audio": str(sounds / "birdsong.ogg"), "k": HITS})
    yield DemoQuery("several examples", None, {"like": examples, "unlike": str(photos / "dahlia.jpg"), "k": HITS})
    yield DemoQuery("only what chance does not explain", UNHEARD_OF, {"confident": True, "k": HITS})


def _own_questions(library: Library) -> Iterator[DemoQuery]:
    """Choose questions that this library can answer."""
    images, sounds = _files(library, "image", 3), _files(library, "audio", 3)
    if words := _words(library):
        yield DemoQuery("words", words, {"k": HITS})
    if images:
        yield DemoQuery("a picture", None, {"image": images[0], "k": HITS})
    if sounds:
        yield DemoQuery("a sound", None, {"audio": sounds[0], "k": HITS})
    examples = images if len(images) == 3 else sounds
    if len(examples) == 3:
        yield DemoQuery("several examples", None, {"like": examples[:2], "unlike": examples[2], "k": HITS})
    yield DemoQuery("only what chance does not explain", UNHEARD_OF, {"confident": True, "k": HITS})


def _words(library: Library) -> str:
    """Return a title, the beginning of a text, or the words of a file's name."""
    from sonolux.encoders import words_of_name

    items = list(islice(library.items(spans=True), SOUGHT))
    titles = [str(item.metadata["title"]) for item in items if item.metadata.get("title")]
    texts = [" ".join(item.text.split()[:WORDS]) for item in items if item.text]
    names = [words_of_name(item.path) for item in items]
    return next((words for words in (*titles, *texts, *names) if words), "")


def _files(library: Library, modality: str, n: int) -> list[str]:
    return [item.path for item in islice(library.items({"modality": modality}), n)]
