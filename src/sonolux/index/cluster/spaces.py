"""Spaces of an index on a cluster: which there are, and where in the collection the descriptors of each lie.

A space is a named vector of the collection, and is there once the manifest says so. Several processes may add it at
once, and others drop it meanwhile, late or cut off; so a name in the collection is never used for two spaces: each time
a space is dropped, or its name turns out to be taken, the next one gets a name of a later generation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from qdrant_client import QdrantClient, models

from sonolux.errors import LibraryError
from sonolux.index.cluster.connection import READING, WRITING, ClusterConnection
from sonolux.index.cluster.manifest_log import ManifestLog
from sonolux.index.cluster.rarity import TERMS_INDEX, terms_key
from sonolux.index.cluster.terms import search_params, space_creation, space_storage, vector_name
from sonolux.index.manifest import IndexManifest
from sonolux.index.vectors import check_space
from sonolux.types import Space


class ClusterSpaces:
    """The spaces of one collection, as last read.

    Parameters
    ----------
    location : str
        Of the library, for messages.
    collection : str
    connection : ClusterConnection
    log : ManifestLog
    exact_idf : bool
        Whether sparse spaces that are added are counted.
    """

    def __init__(
        self, location: str, collection: str, connection: ClusterConnection, log: ManifestLog, exact_idf: bool
    ) -> None:
        self._location = location
        self._collection = collection
        self._connection = connection
        self._log = log
        self._exact_idf = exact_idf
        self._seen = IndexManifest()

    def read(self) -> dict[str, Space]:
        """Return the spaces there are now, by name."""
        self._seen = self._log.read()
        return dict(self._seen.spaces)

    def forget(self) -> None:
        """Forget what was read."""
        self._seen = IndexManifest()

    def space(self, name: str) -> Space:
        """Return a space; another process may have added it since the last look, so look again.

        Raises
        ------
        LibraryError
            Where there is none, with those that there are.
        """
        seen: Mapping[str, Space] = self._seen.spaces
        if name not in seen:
            seen = self.read()
        if name not in seen:
            there = ", ".join(sorted(seen)) or "none"
            raise LibraryError(f"{self._location} has no space {name!r}: there are {there}")
        return seen[name]

    def vector(self, name: str) -> str:
        """Return the named vector of a space."""
        return vector_name(self.space(name).name, self._seen.generations.get(name, 0))

    def is_counted(self, name: str) -> bool:
        """Tell whether points hold the terms of a space in their payload, see `sonolux.index.cluster.rarity`."""
        return self.space(name).name in self._seen.counted

    def terms_keys(self) -> list[str]:
        """Return the payload keys of the spaces that are counted, as last read."""
        counted = [name for name in self._seen.counted if name in self._seen.spaces]
        return [terms_key(vector_name(name, self._seen.generations.get(name, 0))) for name in counted]

    def search_params(self, name: str, wanted: int, filtered: bool, exact: bool) -> models.SearchParams:
        """Return how to search a space for so many points."""
        return search_params(self.space(name), self._seen.compress, wanted, filtered, exact)

    def add(self, space: Space) -> None:
        """Add a space; one that is there alike is left as it is."""
        check_space(space)
        while True:
            self._seen = self._log.read()
            if self._is_there(space, self._seen):
                return
            generation = self._free_generation(space.name)
            name = vector_name(space.name, generation)
            counted = self._exact_idf and space.kind == "sparse"
            self._write(partial(_make_vector, self._collection, name, space, self._seen.compress, counted))
            if counted:
                self._write(partial(_index_terms, self._collection, name))

            def added(manifest: IndexManifest, generation: int = generation, counted: bool = counted) -> IndexManifest:
                if self._is_there(space, manifest) or manifest.generations.get(space.name, 0) > generation:
                    return manifest
                generations = {**manifest.generations, space.name: generation} if generation else manifest.generations
                spaces = {**manifest.spaces, space.name: space}
                names = (*manifest.counted, space.name) if counted else manifest.counted
                return replace(manifest, spaces=spaces, generations=generations, counted=names)

            self._seen = self._log.update(added)

    def drop(self, name: str) -> None:
        """Drop a space and its descriptors."""
        gone: dict[str, bool] = {}

        def without(manifest: IndexManifest) -> IndexManifest:
            if name not in manifest.spaces:
                return manifest
            generation = manifest.generations.get(name, 0)
            gone[vector_name(name, generation)] = name in manifest.counted
            spaces = {key: space for key, space in manifest.spaces.items() if key != name}
            generations = {**manifest.generations, name: generation + 1}
            counted = tuple(other for other in manifest.counted if other != name)
            return replace(manifest, spaces=spaces, generations=generations, counted=counted)

        self._seen = self._log.update(without)
        for former, counted in gone.items():
            self._write(lambda client, former=former: client.delete_vector_name(self._collection, former))
            if counted:
                self._write(partial(_clear_terms, self._collection, former))

    def _write(self, request: Callable[..., Any]) -> None:
        self._connection.ask(request, self._location, WRITING)

    def _is_there(self, space: Space, manifest: IndexManifest) -> bool:
        """Tell whether a space is there; raise LibraryError where another of its name is."""
        there = manifest.spaces.get(space.name)
        if there is not None and there != space:
            raise LibraryError(f"{self._location} has another such space: {there}")
        return there is not None

    def _free_generation(self, name: str) -> int:
        """Return the generation of a space that is to be added: what is there already is somebody else's, or old."""
        params = self._connection.ask(
            lambda client: client.get_collection(self._collection).config.params, self._location, READING
        )
        dense = params.vectors if isinstance(params.vectors, dict) else {}
        generation = self._log.read().generations.get(name, 0)
        while vector_name(name, generation) in {*dense, *(params.sparse_vectors or {})}:
            generation += 1
        return generation


def _index_terms(collection: str, vector: str, client: QdrantClient) -> None:
    client.create_payload_index(collection, terms_key(vector), TERMS_INDEX)


def _clear_terms(collection: str, vector: str, client: QdrantClient) -> None:
    key = terms_key(vector)
    client.delete_payload_index(collection, key)
    client.delete_payload(collection, [key], models.Filter())


def _make_vector(collection: str, name: str, space: Space, compress: str, counted: bool, client: QdrantClient) -> None:
    """Make a named vector, then say where it lies, for which its creation has no word."""
    client.create_vector_name(collection, name, space_creation(space, counted))
    storage = space_storage(space, compress)
    if storage is not None:
        client.update_collection(collection, vectors_config={name: storage})
