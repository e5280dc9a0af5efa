"""Reading of pairs: what belongs together is decoded in worker processes, as a library does, and described once."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.inputs import Towers
from sonolux.encoders.registry import resolve_towers
from sonolux.encoders.trained.aligned import Tower
from sonolux.errors import TrainingError
from sonolux.media.finding import find
from sonolux.media.options import ReadOptions
from sonolux.media.reading import read
from sonolux.media.segment import Audio, Image, Segment
from sonolux.media.workers.pool import DecoderPool
from sonolux.media.workers.worker import Finished
from sonolux.settings import settings
from sonolux.training.alignment.moments import read_moments
from sonolux.training.alignment.pair_sources import Line, Thing, table_lines
from sonolux.training.alignment.pairs import PairSet
from sonolux.training.augmentation.noise import drawn_in_noise
from sonolux.training.data.images import ReadProgress
from sonolux.training.data.tables import SUFFIXES
from sonolux.types import Failure, Modality

if TYPE_CHECKING:
    from sonolux.training.towers.maps import MapKeeper

TOWERS = {"image": ("photo",), "audio": ("mfcc",), "text": ("sentences",)}
"""Encoders below the heads where none are named."""

KNOWN = "concepts"
"""Encoders of the space that images and words share without any training."""

PIECES = 8
"""Windows of a sound, or shots of a video, whose mean describes it."""

BATCH = 32

Key = tuple[str, str]
"""Modality and what it is known by: words, a path, or a path and a second."""


@dataclass
class Describer:
    """Describes things of all modalities, some at a time, and keeps what they are described by.

    Attributes
    ----------
    towers : mapping of str to Tower
    keeper : MapKeeper or None
        Of maps of images, where their tower is to learn.
    noisy : dict or None
        Descriptors of the pieces of pictures and sounds in noise, where these are wanted.
    rows : dict
        Descriptors of the pieces of each thing, and those in the space that was known.
    """

    towers: dict[str, Tower]
    keeper: MapKeeper | None = None
    noisy: dict[Key, list[NDArray[np.float32]]] | None = None
    rows: dict[Key, list[tuple[NDArray[np.float32], NDArray[np.float32] | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    waiting: dict[str, list[tuple[Key, Any]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, key: Key, content: Any) -> None:
        """Take a piece of a thing; what is silent or blank all through is described by nothing."""
        waiting = self.waiting[key[0]]
        waiting.append((key, content))
        if len(waiting) == BATCH:
            self._describe(key[0])

    def finish(self) -> None:
        """Describe whatever still waits."""
        for modality in list(self.waiting):
            self._describe(modality)

    def _describe(self, modality: str) -> None:
        waiting, self.waiting[modality] = self.waiting[modality], []
        if not waiting:
            return
        asked = modality == Modality.TEXT
        contents = [content for _, content in waiting]
        rows, known = self.towers[modality].describe(contents, asked=asked)
        there = [bool(row.any()) for row in rows]
        if modality == Modality.IMAGE and self.keeper is not None and any(there):
            shown = [(key[1], content) for (key, content), taken in zip(waiting, there, strict=True) if taken]
            self.keeper.keep([name for name, _ in shown], [content for _, content in shown])
        for number, (key, _) in enumerate(waiting):
            if there[number]:
                self.rows[key].append((rows[number], None if known is None else known[number]))
        if self.noisy is not None and not asked:
            heard, _ = self.towers[modality].describe([drawn_in_noise(one, _chance_of(one)) for one in contents])
            for (key, _), row, taken in zip(waiting, heard, there, strict=True):
                if taken:
                    self.noisy[key].append(row)


def _chance_of(content: NDArray[Any]) -> np.random.Generator:
    """Return chance that is the same for the same content, in whatever order files are read."""
    return np.random.default_rng(zlib.crc32(np.ascontiguousarray(content).tobytes()))


def read_pairs(
    source: Path | str,
    towers: dict[str, Sequence[str]] | None = None,
    *,
    folder: Path | None = None,
    known: str = KNOWN,
    thawed: str = "",
    progress: ReadProgress | None = None,
) -> PairSet:
    """Read what belongs together from a table, a video or a folder of videos, and describe it.

    Parameters
    ----------
    source : path
        See `sonolux.training.alignment.pair_sources`; of a video, the picture and the sound of each second.
    towers : mapping of str to sequence of str, optional
        Encoders of each modality, by default `TOWERS`.
    folder : path, optional
        That paths in a table are relative to; by default that of the table.
    known : str
        Encoders of a space that modalities have shared before; empty for none.
    thawed : str
        Layer from which the tower of images is to learn, for which the maps before it are kept; empty for none.
    progress : callable, optional

    Raises
    ------
    TrainingError
        Where there is nothing to read, a modality is absent from every pair, nothing can be read, or the tower of
        images cannot learn.
    """
    source = Path(source).expanduser()
    if not source.exists():
        raise TrainingError(f"{source}: there is no such file or folder")
    if source.is_dir() or source.suffix.lower() not in SUFFIXES:
        return _read_videos(source, towers, known, thawed, progress)
    return describe_lines(
        str(source), table_lines(source, folder), towers, known=known, thawed=thawed, progress=progress
    )


def describe_lines(  # noqa: PLR0913 - one parameter a way of looking
    source: str,
    lines: Sequence[Line],
    towers: dict[str, Sequence[str]] | None = None,
    *,
    known: str = KNOWN,
    fewest: int = 2,
    thawed: str = "",
    in_noise: bool = False,
    progress: ReadProgress | None = None,
) -> PairSet:
    """Describe lines of what belongs together; see `read_pairs`.

    Lines of which fewer modalities than `fewest` can be read are left out.
    """
    things = dict.fromkeys(thing for line in lines for thing in line)
    files = list(dict.fromkeys(thing.value for thing in things if thing.kind != "text"))
    if known == KNOWN and not any(thing.kind == "text" for thing in things):
        known = ""  # it is of images and words
    describer = _made_describer(towers, known, thawed)
    if in_noise:
        describer.noisy = defaultdict(list)
    for thing in things:
        if thing.kind == "text":
            describer.take(("text", thing.value), thing.value)
    failed = _take_files(files, describer, read, _taken_whole, progress)
    describer.finish()
    keys = [tuple(key for thing in line for key in _keys(thing, describer)) for line in lines]
    lacking = [file for file in files if not any((modality, file) in describer.rows for modality in ("image", "audio"))]
    told = {failure.path for failure in failed}
    failed += [Failure(file, "holds no image and no sound to learn from") for file in lacking if file not in told]
    return _assembled(source, keys, describer, failed, towers, known, fewest)


def _keys(thing: Thing, describer: Describer) -> list[Key]:
    modalities = {"file": ("image", "audio"), "video": ("image", "audio")}.get(thing.kind, (thing.kind,))
    return [key for modality in modalities if (key := (modality, thing.value)) in describer.rows]


def _taken_whole(path: str, segment: Segment) -> Key | None:
    """Return what a segment of a file belongs to: the file, of which some pieces are enough."""
    if segment.kind == "cover":
        return None
    if isinstance(segment.content, Image):
        return "image", path
    return ("audio", path) if isinstance(segment.content, Audio) else None


def _taken_moment(path: str, segment: Segment) -> Key | None:
    assert segment.span is not None
    modality = "image" if isinstance(segment.content, Image) else "audio"
    return modality, f"{path} {segment.span.start:.0f}"


def _read_videos(
    source: Path, towers: dict[str, Sequence[str]] | None, known: str, thawed: str, progress: ReadProgress | None
) -> PairSet:
    files = [one for one in find([str(source)]) if isinstance(one, str)]
    known = "" if known == KNOWN else known
    describer = _made_describer(towers, known, thawed)
    failed = _take_files(files, describer, read_moments, _taken_moment, progress)
    describer.finish()
    moments = dict.fromkeys(name for _, name in describer.rows)
    keys = [tuple((modality, name) for modality in ("image", "audio")) for name in moments]
    there = [line for line in keys if all(key in describer.rows for key in line)]
    if not there:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(f"{source}: no second of a video has both a picture and a sound{why}")
    return _assembled(str(source), there, describer, failed, towers, known)


def _take_files(
    files: Sequence[str],
    describer: Describer,
    reader: Any,
    key_of: Callable[[str, Segment], Key | None],
    progress: ReadProgress | None,
) -> list[Failure]:
    """Decode files, hand what they hold to a describer, and return those that cannot be read."""
    rate = describer.towers["audio"].sample_rate if "audio" in describer.towers else 22_050
    limits, options = settings(), ReadOptions.from_settings(rate)
    failed: list[Failure] = []
    taken: dict[Key, int] = defaultdict(int)
    done = 0
    with DecoderPool(
        limits.workers, options, timeout=limits.decode_seconds, memory=limits.decode_memory, reader=reader
    ) as pool:
        for path, event in pool.read(files):
            if isinstance(event, Failure):
                failed.append(event)
            if isinstance(event, Failure | Finished):
                done += 1
                if progress is not None:
                    progress(done, len(files))
            if not isinstance(event, Segment):
                continue
            key = key_of(path, event)
            if key is None or key[0] not in describer.towers or taken[key] >= PIECES:
                continue
            taken[key] += 1
            content = event.content
            describer.take(key, content.pixels if isinstance(content, Image) else getattr(content, "samples", content))
    return failed


def _made_describer(towers: dict[str, Sequence[str]] | None, known: str, thawed: str) -> Describer:
    asked = {**TOWERS, **{modality: tuple(specs) for modality, specs in (towers or {}).items()}}
    unknown = [modality for modality in asked if modality not in TOWERS]
    if unknown:
        raise TrainingError(f"no tower of {unknown[0]!r}: there are {', '.join(TOWERS)}")
    made = {str(tower.modality): tower for tower in resolve_towers(asked, known)}
    if not thawed:
        return Describer(made)
    from sonolux.training.towers.maps import MapKeeper
    from sonolux.training.towers.start import start_tower

    return Describer(made, MapKeeper(start_tower(made["image"].encoders, thawed), thawed))


def _assembled(
    source: str,
    keys: Iterable[tuple[Key, ...]],
    describer: Describer,
    failed: Sequence[Failure],
    towers: dict[str, Sequence[str]] | None,
    known: str,
    fewest: int = 2,
) -> PairSet:
    """Return pairs of what could be described; modalities that no pair has are left out."""
    given = list(keys)
    rows_kept = [row for row, line in enumerate(given) if len({modality for modality, _ in line}) >= fewest]
    lines = [given[row] for row in rows_kept]
    if not lines:
        why = f": {failed[0].path}: {failed[0].reason}" if failed else ""
        raise TrainingError(f"{source}: nothing that can be read belongs to anything else that can{why}")
    modalities = [each for each in TOWERS if any(modality == each for line in lines for modality, _ in line)]
    places: dict[str, dict[str, int]] = {modality: {} for modality in modalities}
    pairs = np.full((len(lines), len(modalities)), -1, np.int64)
    for row, line in enumerate(lines):
        for modality, name in line:
            column = modalities.index(modality)
            pairs[row, column] = places[modality].setdefault(name, len(places[modality]))
    used = [describer.towers[modality] for modality in modalities]
    sharing = [tower for tower in used if tower.known is not None]
    shared = {str(tower.modality) for tower in sharing} if len(sharing) > 1 else set()
    views, before, noisy = {}, {}, {}
    for modality in modalities:
        rows = [describer.rows[modality, name] for name in places[modality]]
        views[modality] = np.stack([np.mean([one for one, _ in each], axis=0) for each in rows])
        if describer.noisy is not None:
            heard = [describer.noisy[modality, name] for name in places[modality]]
            noisy[modality] = np.stack([np.mean(each, axis=0) for each in heard]) if heard[0] else views[modality]
        if modality in shared:
            before[modality] = _units(
                np.stack([np.mean([one for _, one in each if one is not None], axis=0) for each in rows])
            )
    specs = {**TOWERS, **{name: tuple(each) for name, each in (towers or {}).items()}}
    how = Towers(
        towers={modality: tuple(specs[modality]) for modality in modalities},
        digests={name: digest for tower in used for name, digest in _digests(tower, bool(shared)).items()},
        known=known if shared else "",
    )
    maps = None
    if describer.keeper is not None:
        if "image" not in places:
            raise TrainingError(f"{source}: no pair has image: there is no tower to thaw")
        maps = describer.keeper.packed(places["image"])
    return PairSet(source, how, views, before, pairs, tuple(failed), np.array(rows_kept), maps, noisy)


def _digests(tower: Tower, shared: bool) -> dict[str, str]:
    left_out = set() if shared or tower.known is None else {tower.known.name}
    own = {encoder.name for encoder in tower.encoders}
    return {name: digest for name, digest in tower.digests.items() if name in own or name not in left_out}


def _units(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0), np.float32)
