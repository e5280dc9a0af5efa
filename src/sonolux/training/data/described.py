"""Descriptors to learn from: images or sounds, described by encoders that need no training."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import Encoder, resolve
from sonolux.encoders.joint import JointEncoder, joint_rows
from sonolux.encoders.trained.projected import unpacked
from sonolux.errors import TrainingError
from sonolux.media.options import ReadOptions
from sonolux.media.segment import Image, Segment
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings
from sonolux.training.data.decoding import decode_clips
from sonolux.training.data.images import ImageSet
from sonolux.training.data.sounds import SoundSet
from sonolux.types import Failure, Modality

DescribeProgress = Callable[[float, str], None]
"""Called with the share that is described, and what is being done."""

TOGETHER = 32
"""Images that are described between two reports."""

DECODED = 256
"""Sounds whose samples are in memory at once."""

LONGEST = 60.0
"""Seconds of a block of a long sound; its descriptor is the mean of those of its blocks."""


@dataclass(frozen=True, slots=True)
class DescribedSet:
    """Items with labels and the descriptors of several encoders.

    Attributes
    ----------
    source : str
        Where they come from, for the card of the model.
    rows, mirrored : mapping of str to ndarray of float32, shape (n, dim)
        By encoder; the second of mirror images, of some encoders or none.
    digests : mapping of str to mapping of str to str
        By encoder: the digest that it must have, by its name.
    licences : mapping of str to str
        Of the weights of each encoder that has any.
    labels : ndarray of int64, shape (n,), or None
    classes : tuple of str
    things : str
        What the items are.
    groups : ndarray of int64, shape (n,), or None
        Which belong together.
    parts : tuple of str, or None
        ``"train"``, ``"val"`` or ``"test"``, where the data has parts.
    paths : tuple of str
    failed : tuple of Failure
    rival : object, optional
        A network to be compared with, see `sonolux.training.classification.rival`.
    """

    source: str
    rows: Mapping[str, NDArray[np.float32]]
    mirrored: Mapping[str, NDArray[np.float32]]
    digests: Mapping[str, Mapping[str, str]]
    licences: Mapping[str, str]
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...]
    things: str = "items"
    groups: NDArray[np.int64] | None = None
    parts: tuple[str, ...] | None = None
    paths: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = field(default=(), repr=False)
    rival: Any = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(next(iter(self.rows.values())))

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any descriptor or label."""
        digest = hashlib.blake2b(digest_size=8)
        for rows in self.rows.values():
            digest.update(np.ascontiguousarray(rows).tobytes())
        digest.update(b"" if self.labels is None else self.labels.tobytes())
        return digest.hexdigest()

    def subset(self, chosen: NDArray[np.integer]) -> DescribedSet:
        """Return some of the items."""
        return DescribedSet(
            self.source,
            {name: rows[chosen] for name, rows in self.rows.items()},
            {name: rows[chosen] for name, rows in self.mirrored.items()},
            self.digests,
            self.licences,
            None if self.labels is None else self.labels[chosen],
            self.classes,
            self.things,
            None if self.groups is None else self.groups[chosen],
            None if self.parts is None else tuple(self.parts[row] for row in chosen),
            tuple(self.paths[row] for row in chosen) if self.paths else (),
        )

    def described(self) -> dict[str, object]:
        """Return what the card of a model says of its data."""
        said: dict[str, object] = {"source": self.source, self.things: len(self), "fingerprint": self.fingerprint()}
        if self.labels is not None:
            counts = np.bincount(self.labels, minlength=len(self.classes))
            said["classes"] = dict(zip(self.classes, counts.tolist(), strict=True))
        return said


def describe_images(
    images: ImageSet, sources: Sequence[str], *, mirrored: bool, progress: DescribeProgress | None = None
) -> DescribedSet:
    """Describe images.

    Parameters
    ----------
    images : ImageSet
    sources : sequence of str
        Encoders of images, see `sonolux.encoders.resolve`.
    mirrored : bool
        Whether mirror images are described as well.
    progress : callable, optional

    Raises
    ------
    TrainingError
        For an encoder that sees no images.
    """
    encoders = {source: source_encoder(source, Modality.IMAGE) for source in sources}
    found: dict[tuple[str, bool], list[NDArray[np.float32]]] = defaultdict(list)
    order: list[int] = []
    for numbers, batch in image_batches(images):
        order += numbers
        for turned in (False, True) if mirrored else (False,):
            shown = [np.ascontiguousarray(pixels[:, ::-1]) for pixels in batch] if turned else batch
            for source, described in _described(encoders, shown).items():
                found[source, turned].append(described)
        if progress is not None:
            progress(len(order) / len(images), "looking at pictures")
    if len(order) < len(images):
        raise TrainingError(f"{images.source}: files changed while they were read: train again")
    places = np.argsort(order)
    rows = {job: np.concatenate(parts)[places] for job, parts in found.items()}
    plain = {source: rows[source, False] for source in sources}
    flipped = {source: rows[source, True] for source in sources if mirrored}
    return _described_set(images, "pictures", encoders, plain, flipped)


def image_batches(images: ImageSet) -> Iterator[tuple[list[int], list[NDArray[np.uint8]]]]:
    """Yield images with their row numbers, a few at once: as labelling will see them, read again from their files.

    Those of a packed data set are as they were read.
    """
    if not images.paths:
        for start in range(0, len(images), TOGETHER):
            batch = list(images.pixels[start : start + TOGETHER])
            yield list(range(start, start + len(batch))), batch
        return
    limits = settings()
    places = {path: row for row, path in enumerate(images.paths)}
    numbers: list[int] = []
    pixels: list[NDArray[np.uint8]] = []
    with DecoderPool(
        limits.workers, ReadOptions.from_settings(), timeout=limits.decode_seconds, memory=limits.decode_memory
    ) as pool:
        for path, event in pool.read(images.paths):
            if not isinstance(event, Segment) or not isinstance(event.content, Image) or path not in places:
                continue
            numbers.append(places.pop(path))
            pixels.append(event.content.pixels)
            if len(numbers) == TOGETHER:
                yield numbers, pixels
                numbers, pixels = [], []
    if numbers:
        yield numbers, pixels


def describe_sounds(sounds: SoundSet, sources: Sequence[str], progress: DescribeProgress | None = None) -> DescribedSet:
    """Describe the files of sounds, see `describe_images`; what an encoder hears nothing in is a row of zeros."""
    encoders = {source: source_encoder(source, Modality.AUDIO) for source in sources}
    rows: dict[str, NDArray[np.float32]] = {}
    for rate in sorted({encoder.sample_rate for encoder in encoders.values()}):
        mine = {source: encoder for source, encoder in encoders.items() if encoder.sample_rate == rate}
        found: dict[str, list[NDArray[np.float32]]] = {source: [] for source in mine}
        for start in range(0, len(sounds), DECODED):
            paths = sounds.paths[start : start + DECODED]
            blocks, _ = decode_clips(paths, rate, lambda samples: samples)
            for number, (source, encoder) in enumerate(mine.items()):
                for done, path in enumerate(paths, 1):
                    found[source].append(unpacked(np.asarray(encoder.encode(blocks[path]))).mean(axis=0))
                    if progress is not None:
                        here = start * len(mine) + number * len(paths) + done
                        progress((len(rows) + here / len(sounds)) / len(encoders), f"listening, {source}")
        rows |= {source: np.stack(each) for source, each in found.items()}
    return _described_set(sounds, "sounds", encoders, {source: rows[source] for source in sources}, {})


def source_encoder(source: str, modality: Modality) -> Encoder:
    """Return the encoder of a source that takes a modality and gives numbers; TrainingError where there is none."""
    found = [one for one in resolve(source) if one.modality is modality and one.kind != "sparse"]
    if not found:
        taken = "pictures" if modality is Modality.IMAGE else "sounds"
        raise TrainingError(f"{source} describes no {taken}: name another encoder")
    return found[0]


def _described(encoders: Mapping[str, Encoder], batch: Sequence[Any]) -> dict[str, NDArray[np.float32]]:
    """Return what each encoder makes of a batch; what several of them join is made once."""
    parts = {source: one.parts if isinstance(one, JointEncoder) else (one,) for source, one in encoders.items()}
    once = {part.spec: part for each in parts.values() for part in each}
    rows = {spec: np.asarray(part.encode(batch)) for spec, part in once.items()}
    return {
        source: joint_rows([rows[part.spec] for part in each]) if len(each) > 1 else unpacked(rows[each[0].spec])
        for source, each in parts.items()
    }


def _described_set(
    items: Any,
    things: str,
    encoders: Mapping[str, Encoder],
    rows: Mapping[str, NDArray[np.float32]],
    mirrored: Mapping[str, NDArray[np.float32]],
) -> DescribedSet:
    return DescribedSet(
        items.source,
        rows,
        mirrored,
        {source: {encoder.name: encoder.digest} for source, encoder in encoders.items()},
        {source: encoder.licence for source, encoder in encoders.items() if encoder.licence},
        items.labels,
        items.classes,
        things,
        items.groups,
        items.parts,
        items.paths,
        items.failed,
    )
