"""SpaceProjection of a space onto a plane, for a map of the library: what is alike lies close together.

By t-SNE (van der Maaten and Hinton 2008, "Visualizing data using t-SNE"), begun from principal axes, with the
interpolated gradient of Linderman et al. 2019, as openTSNE has it (Policar et al. 2024). Positions are in [-1, 1]. A
file stands where its descriptor is, or the mean of those of its spans. Files that are added later are placed at the
mean of their nearest neighbours, weighted by nearness, so that whoever knows the map finds everything where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders.base import normalised
from sonolux.errors import QueryError
from sonolux.extras import require
from sonolux.index import Condition, Index
from sonolux.types import Space

if TYPE_CHECKING:
    from sonolux.library.library import Library

AXES = 50
"""Principal axes that t-SNE is given: neighbours hardly change, and it is ten times as fast."""

PERPLEXITY = 30.0
EXAGGERATED, PLAIN = 250, 120
"""Steps with and without exaggeration; more move little."""

REPORTED = 10
"""Steps from one report to the next."""

FEWEST = 8
"""Files of which t-SNE can say something; fewer lie along their principal axes."""

NEIGHBOURS = 10
"""Nearest files between which a new one is placed."""

SEED = 0

ProjectionProgress = Callable[[int, int], None]
"""Called with how much is done, and of how much; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class SpaceProjection:
    """Where files lie on the plane.

    Attributes
    ----------
    space : str
    ids : list of str
        Of files.
    positions : ndarray of float32, shape (n, 2)
        In [-1, 1].
    """

    space: str
    ids: list[str]
    positions: NDArray[np.float32]

    def save(self, path: Path) -> None:
        """Write to a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, ids=np.array(self.ids, dtype="U36"), positions=self.positions)
        part.replace(path)

    @classmethod
    def load(cls, space: str, path: Path) -> SpaceProjection | None:
        """Return what was written, None where nothing is, or nothing that can be read."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
                return cls(space, held["ids"].tolist(), held["positions"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None


def project_library(library: Library, name: str = "", watch: ProjectionProgress | None = None) -> SpaceProjection:
    """Lay a space of a library out on a plane, from nothing.

    Parameters
    ----------
    library : Library
    name : str
        Space; by default the learned one that holds most files.
    watch : callable, optional

    Raises
    ------
    QueryError
        For a space that holds no vectors or codes of files.
    """
    space = _space(library, name)
    with library.locks.questions.reading:
        ids, rows = _file_vectors(library.index, space)
    if not ids:
        raise QueryError(f"no file has a descriptor in {space.name}: add files first")
    made = SpaceProjection(space.name, ids, _scaled(_laid_out(rows, watch)))
    made.save(_path(library, space))
    return made


def find_projection(library: Library, name: str = "") -> SpaceProjection | None:
    """Return the projection as it was made, without files that are gone and with new ones placed; None for none."""
    space = _space(library, name)
    path = _path(library, space)
    kept = SpaceProjection.load(space.name, path)
    if kept is None:
        return None
    with library.locks.questions.reading:
        there = {point.id: point for point in library.index.scroll([Condition("kind", "=", "file")], keys=())}
        placed = dict(zip(kept.ids, kept.positions, strict=True))
        new = [item for item in there if item not in placed]
        placed |= dict(_placed(library.index, space, new, placed))
    ids = [item for item in placed if item in there]
    now = SpaceProjection(space.name, ids, np.array([placed[item] for item in ids], np.float32).reshape(-1, 2))
    if ids != kept.ids:
        now.save(path)
    return now


def _space(library: Library, name: str) -> Space:
    if name:
        space = library.spaces.by_name(name)
        if space.kind == "sparse":
            raise QueryError(f"{name} holds words, which lie on no map: name a space of vectors or codes")
        return space
    spaces = [library.spaces.by_name(each) for each in library.spaces.names()]
    dense = [space for space in spaces if space.kind != "sparse"]
    if not dense:
        raise QueryError("the library has no space of vectors or codes: add files with one")
    learned = [space for space in dense if not library.spaces.is_classical(space.name)]
    return max(learned or dense, key=lambda space: library.index.count(space=space.name))


def _path(library: Library, space: Space) -> Path:
    return library.cache_folder("projections") / f"{space.name.replace('/', '%2F')}.npz"


def _file_vectors(index: Index, space: Space) -> tuple[list[str], NDArray[np.float32]]:
    """Return files and their descriptors, (n, dim): their own, or the mean of their spans'."""
    sums: dict[str, NDArray[np.float32]] = {}
    for file, vector in _vectors(index, space):
        sums[file] = sums[file] + vector if file in sums else vector
    if not sums:
        return [], np.empty((0, space.dim), np.float32)
    return list(sums), normalised(np.stack(list(sums.values())))


def _vectors(index: Index, space: Space) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for point in index.scroll([Condition("kind", "!=", "region")], spaces=[space.name], keys=("file",)):
        if space.name in point.vectors:
            yield point.payload["file"], _as_floats(space, point.vectors[space.name])


def _as_floats(space: Space, vector: Any) -> NDArray[np.float32]:
    """Return a vector as it is, a code as 1 and -1."""
    bits = np.unpackbits(vector) * 2.0 - 1 if space.kind == "binary" else vector
    return np.asarray(bits, np.float32)


def _laid_out(rows: NDArray[np.float32], watch: ProjectionProgress | None) -> NDArray[np.float64]:
    """Return positions, (n, 2), of rows (n, dim)."""
    from sklearn.decomposition import PCA

    axes = min(AXES, *rows.shape)
    if len(rows) < FEWEST or axes < 2:
        flat = np.zeros((len(rows), 2))
        known = min(2, axes)
        flat[:, :known] = PCA(known, random_state=SEED).fit_transform(rows) if len(rows) > 1 else 0.0
        return flat
    require("a map of the library", "openTSNE")
    from openTSNE import TSNE

    reduced = PCA(axes, random_state=SEED).fit_transform(rows)
    total = EXAGGERATED + PLAIN
    done = 0

    def step(iteration: int, error: float, embedding: NDArray[np.float64]) -> None:
        nonlocal done
        done += REPORTED
        if watch is not None:
            watch(done, total)

    tsne = TSNE(
        perplexity=min(PERPLEXITY, (len(rows) - 1) / 3), early_exaggeration_iter=EXAGGERATED, n_iter=PLAIN,
        random_state=SEED, callbacks=step, callbacks_every_iters=REPORTED,
    )  # fmt: skip
    return np.asarray(tsne.fit(reduced))


def _scaled(positions: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return positions moved and scaled into [-1, 1], one scale for both axes."""
    centred = positions - (positions.max(0) + positions.min(0)) / 2
    reach = np.abs(centred).max()
    return np.asarray(centred / reach if reach else centred, np.float32)


def _placed(
    index: Index, space: Space, new: list[str], placed: dict[str, NDArray[np.float32]]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the positions of files that are not on the map yet, between their neighbours that are."""
    for item in new:
        vectors = [
            point.vectors[space.name]
            for point in index.scroll([Condition("file", "=", item)], spaces=[space.name], keys=())
            if space.name in point.vectors
        ]
        near: dict[str, float] = {}
        for vector in vectors:
            for hit in index.search(space.name, vector, NEIGHBOURS, without=[item], keys=("file",)):
                file = hit.payload["file"]
                if file in placed:
                    near[file] = max(hit.score, near.get(file, -np.inf))
        if near:
            scores = np.array(list(near.values()))
            weights = np.exp(scores - scores.max())
            yield item, (weights / weights.sum()) @ np.stack([placed[file] for file in near])
