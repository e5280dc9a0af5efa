"""The spaces of a library: which encoders write into each and which ask, with the digests that keep them honest.

A space that holds images or sounds and can also be asked with words (CLIP, SigLIP, CLAP) is written by its image
or sound encoder alone: in such spaces texts lie nearer to each other than to any image, so stored texts would come
before every image in answer to words.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from sonolux.encoders import Encoder, default_specs, resolve
from sonolux.encoders.base import LEARNED
from sonolux.encoders.defaults import CLASSICAL
from sonolux.errors import EncoderError, QueryError
from sonolux.index import Index
from sonolux.library.manifest import SpaceEntries
from sonolux.types import Modality, Space

logger = logging.getLogger(__name__)

HOLDERS = {
    Modality.IMAGE: frozenset((Modality.IMAGE, Modality.VIDEO, Modality.AUDIO)),
    Modality.AUDIO: frozenset((Modality.AUDIO, Modality.VIDEO)),
    Modality.TEXT: frozenset((Modality.TEXT, Modality.AUDIO, Modality.VIDEO)),
}
"""Files that hold images (songs have covers), sounds, and texts (films have subtitles, songs lyrics)."""


SENTENCE_MODELS = ("sentences", "languages")
"""Spaces of which a library has one."""


@dataclass(frozen=True, slots=True)
class EncoderEntry:
    """An encoder as the manifest of a library names it."""

    modality: Modality
    name: str
    spec: str
    digest: str
    licence: str
    weight: float = 1.0
    asks: bool = True


def entry_of(encoder: Encoder) -> EncoderEntry:
    """Return what the manifest of a library says of an encoder."""
    return EncoderEntry(
        encoder.modality,
        encoder.name,
        encoder.spec,
        encoder.digest,
        encoder.licence,
        encoder.weight,
        encoder.asks,
    )


def default_encoders() -> list[Encoder]:
    """Return the encoders of a new library; a hub model that turns out not to be usable is left out, with a warning."""
    found: list[Encoder] = []
    for spec in default_specs()[0]:
        try:
            found += resolve(spec)
        except EncoderError as error:
            logger.warning("%s is left out: %s", spec, error)
    return found


def plan_spaces(encoders: Sequence[Encoder]) -> tuple[list[Space], SpaceEntries]:
    """Return the spaces of a new library with these encoders, and what its manifest says of them.

    Raises
    ------
    EncoderError
        Where two encoders of one space do not fit each other, or one cannot say what it gives.
    """
    _check_sentence_models(encoder.space for encoder in encoders)
    spaces: dict[str, Space] = {}
    entries: dict[str, dict[Modality, EncoderEntry]] = {}
    for encoder in encoders:
        space = encoder.as_space()
        if spaces.setdefault(space.name, space) != space:
            raise EncoderError(f"encoder {encoder.name} does not fit space {spaces[space.name]}")
        entries.setdefault(space.name, {}).setdefault(encoder.modality, entry_of(encoder))
    plain = {name: [asdict(entry) for entry in found.values()] for name, found in entries.items()}
    return list(spaces.values()), plain


class Spaces:
    """Spaces of one library and the encoders of each.

    Threads that ask may share it with one that adds: what they read is replaced, never changed. Nobody may ask while a
    space is dropped.

    Parameters
    ----------
    index : Index
        Holds the vectors.
    stored : dict
        ``{space: [encoder entry as dict, ...]}``, as kept in the library's manifest.
    """

    def __init__(self, index: Index, stored: SpaceEntries) -> None:
        self.index = index
        self._encoders: dict[tuple[str, Modality], Encoder] = {}
        self._loading = threading.Lock()
        self._superseded: set[str] = set()
        self.refresh(stored)

    def refresh(self, stored: SpaceEntries) -> None:
        """Take over what the manifest says now; encoders that are loaded are kept where they are still the same."""
        self._spaces = self.index.spaces()
        self.entries = {
            name: [EncoderEntry(**{**entry, "modality": Modality(entry["modality"])}) for entry in entries]
            for name, entries in stored.items()
            if name in self._spaces
        }
        self._encoders = {
            key: encoder
            for key, encoder in self._encoders.items()
            if (entry := self._entry(*key)) is not None and _is_read(entry, encoder)
        }

    def stored(self) -> SpaceEntries:
        """Return the entries as plain data."""
        return {name: [asdict(entry) for entry in entries] for name, entries in self.entries.items()}

    def names(self) -> Sequence[str]:
        """Return the names of all spaces."""
        return tuple(self.entries)

    def by_name(self, name: str) -> Space:
        """Return a space.

        Raises
        ------
        QueryError
            With the names there are, where there is none of this name.
        """
        space = self._spaces.get(name)
        if space is None or name not in self.entries:
            raise QueryError(f"no space {name!r} in this library: there are {', '.join(self.entries) or 'none yet'}")
        return space

    def add(self, encoders: Iterable[Encoder]) -> None:
        """Add the spaces of some encoders; encoders already there must be the same as before.

        Raises
        ------
        EncoderError
            Where an encoder's digest or dimension differs from what wrote the space.
        """
        encoders = list(encoders)
        _check_sentence_models([*self.entries, *(encoder.space for encoder in encoders)])
        for encoder in encoders:
            if self._entry(encoder.space, encoder.modality) is None:
                encoder.as_space()  # one that cannot say what it gives is refused before any space is made
        for encoder in encoders:
            known = self._entry(encoder.space, encoder.modality)
            if known is not None:
                self._check(encoder, known)
            elif encoder.space in self._spaces and self._spaces[encoder.space] != encoder.as_space():
                raise EncoderError(f"encoder {encoder.name} does not fit space {self._spaces[encoder.space]}")
            else:
                self._add_new(encoder)
            self._encoders[encoder.space, encoder.modality] = encoder

    def add_unwritten(self, space: Space) -> None:
        """Add a space that no encoder writes into, as that of factors, in place of one of its name."""
        if space.name in self._spaces:
            self.index.drop_space(space.name)
        self.index.add_space(space)
        self._spaces = {**self._spaces, space.name: space}
        self.entries = {**self.entries, space.name: []}

    def drop(self, name: str) -> None:
        """Remove a space and its descriptors."""
        self.by_name(name)
        self.index.drop_space(name)
        self._superseded.discard(name)
        self.entries = {key: entries for key, entries in self.entries.items() if key != name}
        self._spaces = {key: space for key, space in self._spaces.items() if key != name}
        self._encoders = {key: encoder for key, encoder in self._encoders.items() if key[0] != name}

    def asker(self, name: str, modality: Modality) -> Encoder | None:
        """Return the encoder of a space for questions of a modality, None where it has none any more.

        Raises
        ------
        EncoderError
            Where the encoder cannot be loaded, or is not the one that wrote the space.
        """
        entry = self._entry(name, modality)
        if entry is None:
            return None
        encoder = self._encoders.get((name, modality))
        if encoder is None and name not in self._superseded:
            with self._loading:
                encoder = self._encoders.get((name, modality)) or self._load(name, entry)
                if entry.digest in encoder.supersedes:
                    logger.warning("%s", self.move_on(name))
                    self._superseded.add(name)
                    return None
                self._encoders[name, modality] = encoder
        return encoder

    def move_on(self, name: str) -> str:
        """Say how a space whose encoder is superseded gives way to the one that took its place."""
        specs = " ".join(f"--space {spec}" for spec in dict.fromkeys(entry.spec for entry in self.entries[name]))
        return (
            f"space {name} is not asked: it was written by an earlier {name}, which is no longer there; for the new one"
            f" run `sonolux spaces --drop {name}` and `sonolux add {specs} FOLDER`"
        )

    def weight(self, name: str) -> float:
        """Return the strength of a space where answers are fused: the highest of its encoders'."""
        return max((entry.weight for entry in self.entries[name]), default=LEARNED)

    def is_classical(self, name: str) -> bool:
        """Tell whether nothing that writes into a space was learned from data."""
        return bool(self.entries[name]) and all(entry.spec in CLASSICAL for entry in self.entries[name])

    def by_example(self, name: str) -> bool:
        """Tell whether items given as examples ask a space that nobody has named."""
        entries = self.entries[name]
        return any(entry.asks for entry in entries if len(entries) == 1 or entry.modality != Modality.TEXT)

    def writers(self) -> list[Encoder]:
        """Return the encoders that write descriptors of new items."""
        found = []
        for name, entries in self.entries.items():
            joint = len(entries) > 1
            for entry in entries:
                encoder = None if joint and entry.modality == Modality.TEXT else self.asker(name, entry.modality)
                if encoder is not None:
                    found.append(encoder)
        return found

    def keyword(self) -> list[Encoder]:
        """Return the encoders that write the words of files."""
        sparse = [name for name in self.entries if self._spaces[name].kind == "sparse"]
        return [encoder for name in sparse if (encoder := self.asker(name, Modality.TEXT)) is not None]

    def older_keyword(self) -> list[Encoder]:
        """Return the encoders of words that have changed since they wrote, though they can be asked."""
        digests = {entry.digest for entries in self.entries.values() for entry in entries}
        return [encoder for encoder in self.keyword() if encoder.digest not in digests]

    def renew(self, encoders: Iterable[Encoder]) -> None:
        """Note that all descriptors of some encoders were written anew."""
        for encoder in encoders:
            others = [entry for entry in self.entries[encoder.space] if entry.modality != encoder.modality]
            self.entries = {**self.entries, encoder.space: [*others, entry_of(encoder)]}

    def weigh(self, encoders: Iterable[Encoder]) -> None:
        """Note how strong some encoders are taken to be now, which may not be how they were when they first wrote."""
        for encoder in encoders:
            self.entries = {
                **self.entries,
                encoder.space: [
                    replace(entry, weight=encoder.weight) if entry.modality == encoder.modality else entry
                    for entry in self.entries[encoder.space]
                ],
            }

    def concerns(self) -> dict[str, frozenset[Modality]]:
        """Return, for each space, the modalities of files that it can hold something of."""
        found: dict[str, frozenset[Modality]] = dict.fromkeys(self.names(), frozenset())
        for encoder in self.writers():
            held = frozenset(Modality) if encoder.kind == "sparse" else HOLDERS[encoder.modality]
            found[encoder.space] |= held
        return found

    def _entry(self, name: str, modality: Modality) -> EncoderEntry | None:
        return next((entry for entry in self.entries.get(name, []) if entry.modality == modality), None)

    def _add_new(self, encoder: Encoder) -> None:
        space = encoder.as_space()
        if space.name not in self._spaces:
            self.index.add_space(space)
            self._spaces = {**self._spaces, space.name: space}
        self.entries = {**self.entries, space.name: [*self.entries.get(space.name, []), entry_of(encoder)]}

    def _load(self, name: str, entry: EncoderEntry) -> Encoder:
        try:
            encoders = resolve(entry.spec)
        except EncoderError as error:
            raise EncoderError(f"space {name} has lost its encoder: {error}; {self._way_out(name)}") from error
        for encoder in encoders:
            if encoder.name == entry.name:
                if entry.digest not in encoder.supersedes:
                    self._check(encoder, entry)
                return encoder
        raise EncoderError(f"{entry.spec} no longer has {entry.name} of space {name}; {self._way_out(name)}")

    def _way_out(self, name: str) -> str:
        return f"bring it back, ask other spaces, or run `sonolux spaces --drop {name}`"

    def _check(self, encoder: Encoder, entry: EncoderEntry) -> None:
        if _is_read(entry, encoder):
            return
        changed = {encoder.space: encoder.spec} | self._changed()
        others = ", ".join(name for name in changed if name != encoder.space)
        drop = " ".join(f"--drop {name}" for name in changed)
        add = " ".join(f"--space {spec}" for spec in dict.fromkeys(changed.values()))
        raise EncoderError(
            f"space {encoder.space} was written by {entry.name} (digest {entry.digest[:12]}), which is now"
            f" {encoder.digest[:12]}{f' (changed too: {others})' if others else ''}: to encode again, run"
            f" `sonolux spaces {drop}` and `sonolux add {add} FOLDER`"
        )

    def _changed(self) -> dict[str, str]:
        """Return the spaces whose encoders are no longer what wrote them, with the specs of these encoders."""
        return {name: entry.spec for name, entries in self.entries.items() for entry in entries if _is_changed(entry)}


def _check_sentence_models(names: Iterable[str]) -> None:
    """Refuse a second sentence model: two would say everything twice, and cost twice."""
    there = [name for name in dict.fromkeys(names) if name in SENTENCE_MODELS]
    if len(there) > 1:
        raise EncoderError(
            f"sentences are compared already by {there[0]}: run `sonolux spaces --drop {there[0]}` first, or leave"
            f" {there[1]} out"
        )


def _is_read(entry: EncoderEntry, encoder: Encoder) -> bool:
    """Tell whether an encoder can be asked about what an entry's wrote."""
    return entry.digest == encoder.digest or entry.digest in encoder.reads


def _is_changed(entry: EncoderEntry) -> bool:
    """Tell whether an encoder that can be had is no longer what it was."""
    try:
        encoders = resolve(entry.spec)
    except EncoderError:
        return False
    return any(encoder.name == entry.name and not _is_read(entry, encoder) for encoder in encoders)
