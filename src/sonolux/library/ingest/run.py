"""Folders into the library: find, compare, decode, encode, write.

Files stream through: worker processes decode while this process encodes and writes, and at no time is more than a
batch of each held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from sonolux.encoders.executor import Executor
from sonolux.index import Condition, Index, Where
from sonolux.library.ingest.changes import ChangeDetector, Task
from sonolux.library.ingest.draft import Draft
from sonolux.library.ingest.encode import EncodingQueue
from sonolux.library.ingest.labels import Labelling
from sonolux.library.ingest.moved import follow, redescribe, touch
from sonolux.library.ingest.near_copies import NearCopies, Skipped, is_image
from sonolux.library.ingest.write import Writer
from sonolux.library.spaces import Spaces
from sonolux.media.finding import find
from sonolux.media.objects.beside import remember_beside
from sonolux.media.objects.urls import is_url
from sonolux.media.paths import from_stored, printable, to_stored
from sonolux.media.reading import read_description
from sonolux.media.segment import Decoded, Probe, Segment
from sonolux.media.sidecars import sidecars_of
from sonolux.media.workers.base import FileDecoder
from sonolux.media.workers.worker import DecodeEvent
from sonolux.types import Failure, Modality

LOOKED_UP = 64
"""Files compared with the library at once."""

Progress = Callable[[int, str], None]
"""Called with the number of files done with and the path of the last."""


@dataclass(slots=True)
class Summary:
    """What an `add` did: counts of files, those that failed, and how long it took in seconds.

    Files of which only a part could be read are ``added`` or ``updated`` like others; ``partly`` says what is missing.
    ``skipped`` names the files that were left out because the library has their bytes or their picture already, and
    where.
    """

    added: int = 0
    updated: int = 0
    moved: int = 0
    unchanged: int = 0
    removed: int = 0
    fingerprinted: int = 0
    failed: list[Failure] = field(default_factory=list)
    partly: list[Failure] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """How many files are done with."""
        return self.added + self.updated + self.moved + self.unchanged + len(self.failed) + len(self.skipped)


class Adder:
    """One run of `add`.

    Parameters
    ----------
    index : Index
    spaces : Spaces
    pool : FileDecoder
    executor : Executor
        Where encoders work; it is closed at the end.
    writer : Writer
    delete : callable
        Takes items out with all that hangs on them; returns how many files.
    progress : callable or None
    labelling : Labelling or None
        What says what new pictures show.
    near : NearCopies or None
        What says which new images show what is there: these are left out then, and files of the bytes of one.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the run
        self,
        index: Index,
        spaces: Spaces,
        pool: FileDecoder,
        executor: Executor,
        writer: Writer,
        delete: Callable[[Where], int],
        progress: Progress | None = None,
        *,
        labelling: Labelling | None = None,
        near: NearCopies | None = None,
    ) -> None:
        self.index = index
        self.near = near
        self.pool = pool
        self.writer = writer
        self.delete = delete
        self.progress = progress
        self.summary = Summary()
        self.catalog = ChangeDetector(index, spaces.concerns())
        self.executor = executor
        self.queue = EncodingQueue(spaces.writers(), self.executor, labelling)
        self.keyword = [e for e in self.queue.writers[Modality.TEXT] if e.kind == "sparse"]
        self._drafts: dict[str, Draft] = {}
        self._redescribed: dict[str, Task] = {}
        self._partly: dict[str, Failure] = {}
        self._added: dict[str, str] = {}
        self._held_back: list[Task] = []

    def run(self, roots: Sequence[str]) -> Summary:
        """Add files and folders.

        Returns
        -------
        summary : Summary
            Files that could not be read are in its ``failed``; they cost no other file.

        Raises
        ------
        Cancelled
            Where `progress` raised it. Files that were done with are in, whole; the next run goes on with the others.
        """
        try:
            for path, event in self.pool.read(self._to_decode(find(roots, real=True, inside=True))):
                self._take(path, event)
            for path, event in self.pool.read(self._with_sidecars(self._without_copies())):
                self._take(path, event)
            self._fail(self.queue.flush())
            self._write_all()
            self._redescribe()
        except BaseException:
            self.progress = None  # it hears no more, so that nothing it raises keeps what is done from being written
            raise
        finally:
            self.executor.close()  # what waits for it is dropped
            self.catalog.close()
            self._write_all()
        return self.summary

    def _to_decode(self, found: Iterable[str | Failure]) -> Iterator[str]:
        """Compare files with the library; yield those that have to be decoded."""
        found = iter(found)
        batch = self._looked_at(found)
        while batch:
            later = self._looked_at(found)
            self._fail(item for item in batch if isinstance(item, Failure))
            for task in self.catalog.tasks([item for item in batch if isinstance(item, str)]):
                if isinstance(task, Failure):
                    self._fail([task])
                    continue
                if self.near is not None and task.state == "new":
                    if first := self._first_of(task):
                        self._skip(Skipped(task.path, f"the same bytes as {printable(first)}", first))
                        continue
                    if is_image(task.path):
                        self._held_back.append(task)
                        continue
                self._drop_sidecars(task)
                if not self._settled(task):
                    yield task.path
            batch = later

    def _looked_at(self, found: Iterator[str | Failure]) -> list[str | Failure]:
        """Return the next batch; of the objects in it, the contents that will be asked for are on their way."""
        batch = list(islice(found, LOOKED_UP))
        self.catalog.look_ahead([item for item in batch if isinstance(item, str)])
        return batch

    def _with_sidecars(self, tasks: Iterable[Task]) -> Iterator[str]:
        """Yield the paths of tasks, and tell the decoder once more what was listed of objects, long ago perhaps."""
        for task in tasks:
            if is_url(task.path):
                remember_beside(task.path, task.beside)
            yield task.path

    def _without_copies(self) -> list[Task]:
        """Leave out new images that are copies; return the others, which have to be decoded."""
        if self.near is None or not self._held_back:
            return []
        copies = self.near.left_out(self._held_back)
        for skipped in copies.values():
            self._skip(skipped)
        kept = [task for task in self._held_back if task.path not in copies]
        for task in kept:
            self._drop_sidecars(task)
            self._settled(task)
        return kept

    def _skip(self, skipped: Skipped) -> None:
        self.summary.skipped.append(skipped)
        self._report(skipped.path)

    def _first_of(self, task: Task) -> str:
        """Return the path of a file with the same bytes, in the library or in this run; "" for none."""
        where = [Condition("kind", "=", "file"), Condition("hash", "=", task.hash)]
        for point in self.index.scroll(where, keys=("path",)):
            return from_stored(point.payload["path"])
        first = self._added.setdefault(task.hash, task.path)
        return "" if first == task.path else first

    def _settled(self, task: Task) -> bool:
        """Do what can be done without decoding; tell whether that was all."""
        if task.state == "moved":
            follow(self.index, task, self.keyword)
            task = replace(task, state="incomplete" if task.spaces else "moved")
        if task.state == "touched":
            touch(self.index, task)
        if task.redescribed and task.state not in ("new", "changed"):
            self._redescribed[task.path] = task
        if task.state in ("new", "changed", "incomplete"):
            self._drafts[task.path] = Draft(task)
            return False
        if task.path not in self._redescribed:
            self._count([task])
        return True

    def _drop_sidecars(self, task: Task) -> None:
        """Take out the items that a file's sidecars were before they lay beside it, or in an earlier version."""
        beside = [one.url for one in task.beside] or sidecars_of(task.path)
        sidecars = tuple(map(to_stored, beside)) if task.redescribed else ()
        where = [Condition("path", "=", sidecars)]
        if sidecars and self.index.count(where):
            self.summary.removed += self.delete(where)

    def _redescribe(self) -> None:
        """Write what files say whose content is as it was and whose sidecars are not: they are probed, not decoded."""
        if not self._redescribed:
            return
        orders = self.pool.orders_for(read_description)
        for path, event in self.pool.read(self._with_sidecars(self._redescribed.values()), orders):
            if isinstance(event, Failure):
                self._fail([event])
            elif isinstance(event, Probe):
                task = self._redescribed[path]
                redescribe(self.index, task, event, self.keyword)
                if task.state != "incomplete":
                    self._count([replace(task, state="moved" if task.state == "moved" else "redescribed")])

    def _take(self, path: str, event: DecodeEvent) -> None:
        if isinstance(event, Failure):
            self._drafts.pop(path).failed = True
            self._fail([event])
        elif isinstance(event, Probe):
            self._drafts[path].probe = event
        elif isinstance(event, Segment):
            self._fail(self.queue.put(self._drafts[path], event))
        elif isinstance(event, Decoded):
            self._drafts[path].correct(event)
            if event.missing:
                self._partly[path] = Failure(path, event.missing)
        else:
            draft = self._drafts.pop(path)
            self._write(self.queue.encoded())
            draft.finished = True
            self._write([draft])

    def _write(self, drafts: Iterable[Draft]) -> None:
        ready = [draft for draft in drafts if draft.ready]
        self._fail(self.queue.put_words(ready))
        for draft in ready:
            if draft.ready:  # still: its words may have been beyond an encoder
                self._count(self.writer.put(draft))

    def _write_all(self) -> None:
        """Write every file of which nothing waits any longer."""
        self._write(self.queue.encoded())
        self._count(self.writer.flush())

    def _count(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            if task.state == "new":
                self.summary.added += 1
            elif task.state in ("changed", "incomplete", "redescribed"):
                self.summary.updated += 1
            elif task.state == "moved":
                self.summary.moved += 1
            else:
                self.summary.unchanged += 1
            if (partly := self._partly.pop(task.path, None)) is not None:
                self.summary.partly.append(partly)
            self._report(task.path)

    def _fail(self, failures: Iterable[Failure]) -> None:
        for failure in failures:
            self.summary.failed.append(failure)
            self._report(failure.path)

    def _report(self, path: str) -> None:
        if self.progress is not None:
            self.progress(self.summary.done, path)
