"""Cache of web versions: each made once, in a decoding process, by the content of its file, within a bound.

Several who ask for the same wait for the same work. It goes on when they leave, so that whoever comes back finds it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from functools import partial
from hashlib import blake2b
from pathlib import Path

from anyio import CapacityLimiter, to_thread

from sonolux.errors import MediaError
from sonolux.media.disk_cache import DiskCache
from sonolux.media.options import ReadOptions
from sonolux.media.segment import Decoded
from sonolux.media.workers.isolated import IsolatedDecoder
from sonolux.server.media.object_stretch import ObjectStretch
from sonolux.server.media.remuxing import write_web_version
from sonolux.server.media.stretch import Stretch
from sonolux.server.problems import ProblemError
from sonolux.settings import settings

FORMAT = 1
"""Of what is kept: another number, and all of it is made again."""

AT_ONCE = 2
"""Versions that are made at the same time: each has a processor to itself."""

PATIENCE = 20.0
"""Seconds that a request waits; then it is told to come again."""

ENDINGS = {"image/webp": ".webp", "audio/mp4": ".m4a", "video/mp4": ".mp4"}

KNOWN = 4096
"""Digests of files that are remembered."""

BLOCK = 2**20


class WebVersions:
    """The web versions of a service.

    Parameters
    ----------
    limit : int
        Bytes of all that are kept.
    """

    def __init__(self, limit: int) -> None:
        self.cache = DiskCache(settings().cache / "web", limit)
        self._making: dict[str, asyncio.Task[Path]] = {}
        self._places = CapacityLimiter(AT_ONCE)
        self._digests: OrderedDict[tuple[int | str, ...], str] = OrderedDict()
        self._lock = threading.Lock()

    async def find(self, path: str, stretch: Stretch | ObjectStretch) -> Path:
        """Return the web version of a file, made if need be.

        Parameters
        ----------
        path : str
            What the decoding process opens.
        stretch : Stretch or ObjectStretch
            The file itself, or the member, open.

        Raises
        ------
        ProblemError
            ``being-made`` where it is not ready yet.
        MediaError
            Where there is none.
        """
        name = await to_thread.run_sync(self._name, stretch)
        for ending in ENDINGS.values():
            if (kept := self.cache.find(name + ending)) is not None:
                return kept
        if name not in self._making:
            self._making[name] = asyncio.create_task(self._made(name, path))
            self._making[name].add_done_callback(lambda _: self._making.pop(name))
        try:
            return await asyncio.wait_for(asyncio.shield(self._making[name]), PATIENCE)
        except TimeoutError:
            again = {"retry-after": "5"}
            raise ProblemError("being-made", "this takes a while: ask again in a few seconds", headers=again) from None

    async def _made(self, name: str, path: str) -> Path:
        return await to_thread.run_sync(self._make, name, path, limiter=self._places)

    def _make(self, name: str, path: str) -> Path:
        """Have a decoding process write a web version, and keep it."""
        self.cache.folder.mkdir(parents=True, exist_ok=True)
        target = self.cache.folder / f".{name}"
        reader = partial(write_web_version, target=str(target))
        media_type = ""
        try:
            for event in IsolatedDecoder().read(path, ReadOptions.from_settings(), reader):
                if isinstance(event, Decoded):
                    media_type = event.metadata["type"]
            if not media_type:
                raise MediaError("nothing was made of it")
            if target.stat().st_size > self.cache.limit:
                raise MediaError("what would be made of it is larger than all that is kept")
            kept = name + ENDINGS[media_type]
            self.cache.take(kept, target)
        finally:
            target.unlink(missing_ok=True)
        return self.cache.folder / kept

    def _name(self, stretch: Stretch | ObjectStretch) -> str:
        """Return the digest of a file's content, read again only where the file has changed."""
        key = (*stretch.state, stretch.size, stretch.part)
        with self._lock:
            known = self._digests.get(key)
        if known is None:
            digest = blake2b(FORMAT.to_bytes(2, "big"), digest_size=16)
            place = 0
            while block := stretch.read_at(place, BLOCK):
                digest.update(block)
                place += len(block)
            known = digest.hexdigest()
            with self._lock:
                self._digests[key] = known
                while len(self._digests) > KNOWN:
                    self._digests.popitem(last=False)
        return known
