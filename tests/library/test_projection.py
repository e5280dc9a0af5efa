"""A map of a library: likes lie together, what is added later is placed, and nothing that is known moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sonolux.errors import QueryError
from sonolux.library import Library
from sonolux.library.projection import find_projection, project_library

pytest.importorskip("openTSNE")

COLOURS = {"red": (200, 30, 30), "green": (30, 180, 40), "blue": (30, 50, 210)}
EACH = 12


def write_pictures(folder: Path, first: int, count: int) -> None:
    for name, colour in COLOURS.items():
        for number in range(first, first + count):
            noise = np.random.default_rng(number).integers(-25, 25, (48, 48, 3))
            pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
            folder.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(folder / f"{name} {number}.png")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("map") / "pictures"
    write_pictures(folder, 0, EACH)
    return folder


def colours_of(library: Library, ids: list[str]) -> list[str]:
    return [Path(library.item(item).path).name.split()[0] for item in ids]


def share_of_likes(colours: list[str], positions: np.ndarray) -> float:
    """The share of files whose nearest file on the map has their colour."""
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(1)
    return float(np.mean([colours[a] == colours[b] for a, b in enumerate(nearest)]))


def test_likes_lie_together_and_all_is_on_the_map(folder: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    with Library(tmp_path / "library") as library:
        library.add(folder, spaces=["bm25", "colour-histogram"])
        made = project_library(library, watch=lambda done, total: steps.append((done, total)))
        assert len(made.ids) == 3 * EACH and np.abs(made.positions).max() == pytest.approx(1)
        assert share_of_likes(colours_of(library, made.ids), made.positions) == 1
        assert steps and steps[-1][0] == steps[-1][1] and steps == sorted(steps)
        again = project_library(library)
        assert np.array_equal(again.positions, made.positions)


def test_what_comes_later_is_placed_among_its_likes_and_nothing_moves(folder: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "library") as library:
        library.add(folder, spaces=["bm25", "colour-histogram"])
        before = project_library(library)
        library.remove(str(folder / "red 0.png"))
        write_pictures(tmp_path / "later", 100, 4)
        library.add(tmp_path / "later")
        now = find_projection(library)
        assert now is not None and len(now.ids) == 3 * EACH - 1 + 12
        place = dict(zip(now.ids, now.positions.tolist(), strict=True))
        kept = [n for n, item in enumerate(before.ids) if item in place]
        assert [place[before.ids[n]] for n in kept] == [before.positions[n].tolist() for n in kept]
        assert share_of_likes(colours_of(library, now.ids), now.positions) == 1


@pytest.mark.parametrize("count", [1, 2, 7])
def test_few_files_lie_on_the_map_too(count: int, folder: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "library") as library:
        library.add(*sorted(folder.iterdir())[:count], spaces=["colour-histogram"])
        made = project_library(library)
        assert made.positions.shape == (count, 2) and np.isfinite(made.positions).all()


def test_equal_files_and_codes_lie_on_the_map(tmp_path: Path) -> None:
    for number in range(10):
        Image.new("RGB", (40, 40), (20, 120, 60)).save(tmp_path / f"{number}.png", compress_level=number % 10)
    with Library(tmp_path / "library") as library:
        library.add(*tmp_path.glob("*.png"), spaces=["colour-histogram"])
        assert np.isfinite(project_library(library).positions).all()


def test_files_that_are_there_through_spans_lie_on_the_map(library: Library) -> None:
    made = project_library(library, "mfcc")
    assert {str(library.item(item).modality) for item in made.ids} >= {"audio"}
    assert all(library.item(item).kind == "file" for item in made.ids)


def test_what_cannot_be_laid_out_says_so(library: Library, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="words"):
        project_library(library, "bm25")
    with pytest.raises(QueryError, match="no space"):
        project_library(library, "nowhere")


def test_no_map_is_there_before_it_is_made_and_a_broken_one_is_none(folder: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "library") as library:
        library.add(folder, spaces=["colour-histogram"])
        assert find_projection(library) is None
        project_library(library)
        (made,) = (tmp_path / "library" / "projections").iterdir()
        made.write_bytes(made.read_bytes()[:100])
        assert find_projection(library) is None


def test_making_it_can_be_cancelled(folder: Path, tmp_path: Path) -> None:
    def cancel(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with Library(tmp_path / "library") as library:
        library.add(folder, spaces=["colour-histogram"])
        with pytest.raises(KeyboardInterrupt):
            project_library(library, watch=cancel)
        assert find_projection(library) is None
