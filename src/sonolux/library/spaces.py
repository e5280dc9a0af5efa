"""The spaces of a library: which encoders write into each and which ask, with the digests that keep them honest.

A space that holds images or sounds and can also be asked with words (CLIP, SigLIP, CLAP) is written by its image
or sound encoder alone: in such spaces texts lie nearer to each other than to any image, so stored texts would come
before every image in answer to words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sonolux.encoders import Encoder, default_specs, resolve
from sonolux.errors import EncoderError, QueryError
from sonolux.index import Index
from sonolux.types import Modality, Space

logger = logging.getLogger(__name__)

HOLDERS = {
    Modality.IMAGE: frozenset((Modality.IMAGE, Modality.VIDEO, Modality.AUDIO)),
    Modality.AUDIO: frozenset((Modality.AUDIO, Modality.VIDEO)),
    Modality.TEXT: frozenset((Modality.TEXT,)),
}
"""Files that hold images (songs have covers), sounds, and texts."""


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """An encoder as a library remembers it."""

    modality: Modality
    name: str
    spec: str
    digest: str
    licence: str
    weight: float = 1.0


def record_of(encoder: Encoder) -> EncoderRecord:
    """Return what a library remembers of an encoder."""
    return EncoderRecord(encoder.modality, encoder.name, encoder.spec, encoder.digest, encoder.licence, encoder.weight)


def default_encoders() -> list[Encoder]:
    """Return the encoders of a new library; a hub model that turns out not to be usable is left out, with a warning."""
    found: list[Encoder] = []
    for spec in default_specs()[0]:
        try:
            found += resolve(spec)
        except EncoderError as error:
            logger.warning("%s is left out: %s", spec, error)
    return found


class Spaces:
    """Spaces of one library and the encoders of each.

    Parameters
    ----------
    index : Index
        Holds the vectors.
    stored : dict
        ``{space: [encoder record as dict, ...]}``, as kept in the library's meta record.
    """

    def __init__(self, index: Index, stored: dict[str, list[dict[str, Any]]]) -> None:
        self.index = index
        self._spaces = index.spaces()
        self.records = {
            name: [EncoderRecord(**{**record, "modality": Modality(record["modality"])}) for record in records]
            for name, records in stored.items()
            if name in self._spaces
        }
        self._encoders: dict[tuple[str, Modality], Encoder] = {}

    def stored(self) -> dict[str, list[dict[str, Any]]]:
        """Return the records as plain data."""
        return {name: [asdict(record) for record in records] for name, records in self.records.items()}

    def names(self) -> Sequence[str]:
        """Return the names of all spaces."""
        return tuple(self.records)

    def by_name(self, name: str) -> Space:
        """Return a space.

        Raises
        ------
        QueryError
            With the names there are, where there is none of this name.
        """
        if name not in self.records:
            raise QueryError(f"no space {name!r} in this library: there are {', '.join(self.records) or 'none yet'}")
        return self._spaces[name]

    def add(self, encoders: Iterable[Encoder]) -> None:
        """Add the spaces of some encoders; encoders already there must be the same as before.

        Raises
        ------
        EncoderError
            Where an encoder's digest or dimension differs from what wrote the space.
        """
        encoders = list(encoders)
        for encoder in encoders:
            if self._record(encoder.space, encoder.modality) is None:
                encoder.as_space()  # one that cannot say what it gives is refused before any space is made
        for encoder in encoders:
            known = self._record(encoder.space, encoder.modality)
            if known is not None:
                self._check(encoder, known)
            elif encoder.space in self._spaces and self._spaces[encoder.space] != encoder.as_space():
                raise EncoderError(f"encoder {encoder.name} does not fit space {self._spaces[encoder.space]}")
            else:
                self._add_new(encoder)
            self._encoders[encoder.space, encoder.modality] = encoder

    def drop(self, name: str) -> None:
        """Remove a space and its descriptors."""
        self.by_name(name)
        self.index.drop_space(name)
        del self.records[name], self._spaces[name]
        self._encoders = {key: encoder for key, encoder in self._encoders.items() if key[0] != name}

    def asker(self, name: str, modality: Modality) -> Encoder | None:
        """Return the encoder of a space for questions of a modality, None where it has none.

        Raises
        ------
        EncoderError
            Where the encoder cannot be loaded, or is not the one that wrote the space.
        """
        record = self._record(name, modality)
        if record is None:
            return None
        if (name, modality) not in self._encoders:
            self._encoders[name, modality] = self._load(name, record)
        return self._encoders[name, modality]

    def weight(self, name: str) -> float:
        """Return the weight of a space where answers are fused: the highest of its encoders'."""
        return max(record.weight for record in self.records[name])

    def writers(self) -> list[Encoder]:
        """Return the encoders that write descriptors of new items."""
        found = []
        for name, records in self.records.items():
            joint = len(records) > 1
            for record in records:
                encoder = None if joint and record.modality == Modality.TEXT else self.asker(name, record.modality)
                if encoder is not None:
                    found.append(encoder)
        return found

    def keyword(self) -> list[Encoder]:
        """Return the encoders that write the words of files."""
        sparse = [name for name in self.records if self._spaces[name].kind == "sparse"]
        return [encoder for name in sparse if (encoder := self.asker(name, Modality.TEXT)) is not None]

    def concerns(self) -> dict[str, frozenset[Modality]]:
        """Return, for each space, the modalities of files that it can hold something of."""
        found: dict[str, frozenset[Modality]] = dict.fromkeys(self.names(), frozenset())
        for encoder in self.writers():
            held = frozenset(Modality) if encoder.kind == "sparse" else HOLDERS[encoder.modality]
            found[encoder.space] |= held
        return found

    def _record(self, name: str, modality: Modality) -> EncoderRecord | None:
        return next((record for record in self.records.get(name, []) if record.modality == modality), None)

    def _add_new(self, encoder: Encoder) -> None:
        space = encoder.as_space()
        if space.name not in self._spaces:
            self.index.add_space(space)
            self._spaces[space.name] = space
        self.records.setdefault(space.name, []).append(record_of(encoder))

    def _load(self, name: str, record: EncoderRecord) -> Encoder:
        try:
            encoders = resolve(record.spec)
        except EncoderError as error:
            raise EncoderError(f"space {name} has lost its encoder: {error}; {self._way_out(name)}") from error
        for encoder in encoders:
            if encoder.name == record.name:
                self._check(encoder, record)
                return encoder
        raise EncoderError(f"{record.spec} no longer has {record.name} of space {name}; {self._way_out(name)}")

    def _way_out(self, name: str) -> str:
        return f"bring it back, ask other spaces, or run `sonolux spaces --drop {name}`"

    def _check(self, encoder: Encoder, record: EncoderRecord) -> None:
        if encoder.digest == record.digest:
            return
        changed = {encoder.space: encoder.spec} | self._changed()
        others = ", ".join(name for name in changed if name != encoder.space)
        drop = " ".join(f"--drop {name}" for name in changed)
        add = " ".join(f"--space {spec}" for spec in dict.fromkeys(changed.values()))
        raise EncoderError(
            f"space {encoder.space} was written by {record.name} (digest {record.digest[:12]}), which is now"
            f" {encoder.digest[:12]}{f' (changed too: {others})' if others else ''}: to encode again, run"
            f" `sonolux spaces {drop}` and `sonolux add {add} FOLDER`"
        )

    def _changed(self) -> dict[str, str]:
        """Return the spaces whose encoders are no longer what wrote them, with the specs of these encoders."""
        return {
            name: record.spec for name, records in self.records.items() for record in records if _is_changed(record)
        }


def _is_changed(record: EncoderRecord) -> bool:
    """Tell whether an encoder that can be had is no longer what it was."""
    try:
        encoders = resolve(record.spec)
    except EncoderError:
        return False
    return any(encoder.name == record.name and encoder.digest != record.digest for encoder in encoders)
