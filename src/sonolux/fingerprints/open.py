"""Opening a catalog of recordings: that of a library in a folder, or on a cluster, by the form of its name."""

from __future__ import annotations

from pathlib import Path

from sonolux.fingerprints.catalog import FingerprintCatalog
from sonolux.fingerprints.cluster_catalog import BESIDE, ClusterCatalog
from sonolux.fingerprints.recordings import RecordingCatalog
from sonolux.index import open_index


def open_recordings(location: str) -> RecordingCatalog:
    """Return the catalog of the library at a location, as `sonolux.index.open_index` takes it; not opened yet."""
    if "://" in location:
        return ClusterCatalog(open_index(location, BESIDE))
    return FingerprintCatalog(Path(location).expanduser())
