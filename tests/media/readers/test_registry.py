"""Readers of installed packages read further types of files, in decoding processes too, and cost a line when broken."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import sonolux as sx
from installing import install, write_package
from sonolux.errors import MediaError
from sonolux.media.probing import probe
from sonolux.media.readers.registry import BUILT_IN, READERS
from sonolux.media.reading import ReadOptions, read, read_sound
from sonolux.media.segment import Segment
from sonolux.media.workers.pool import DecoderPool
from sonolux.types import Failure, Modality

READER = """
import numpy as np
from sonolux.media.readers.base import MediaReader
from sonolux.media.segment import Audio, Decoded, Image, Probe, Segment
from sonolux.types import Modality, Span

class Plot(MediaReader):
    suffixes = (".plot",)
    signatures = (b"PLOT",)

    def read(self, path, head, options):
        yield Probe(Modality.IMAGE, "plot", {"title": "a plot"})
        yield Segment("image", Image(np.full((40, 60, 3), 9, np.uint8)))

class Tape(Plot):
    def read(self, path, head, options):
        yield Probe(Modality.AUDIO, "tape", {})
        yield Segment("window", Audio(np.zeros(options.audio_rate, np.float32), options.audio_rate), Span(0, 1))

class Torn(Plot):
    def read(self, path, head, options):
        yield from super().read(path, head, options)
        yield Decoded({"width": 60}, "breaks off after\\n40 of 80 rows")

class Endless(Torn):
    def read(self, path, head, options):
        yield from super().read(path, head, options)
        yield from super().read(path, head, options)

class NoProbe(Plot):
    def read(self, path, head, options):
        yield Segment("image", Image(np.full((40, 60, 3), 9, np.uint8)))

class Nothing(Plot):
    def read(self, path, head, options):
        return iter(())

class Fails(Plot):
    def read(self, path, head, options):
        yield Probe(Modality.IMAGE, "plot", {})
        raise KeyError("missing")

class CannotTell(Plot):
    def claims(self, path, head):
        return 1 / 0

class CannotBeMade(Plot):
    def __init__(self):
        raise ValueError("no licence\\nat all")

number = 3
"""


@pytest.fixture
def plots(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "named.plot").write_bytes(b"\0\1\2\3 anything")
    (folder / "begun").write_bytes(b"PLOT\0\1\2\3")
    (folder / "notes.txt").write_text("some notes that any Sonolux can read")
    return folder


def offer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    module = f"plots_{kind.lower()}"
    install(monkeypatch, tmp_path / "site", READERS, "plots", f"{module}:{kind}", READER)


def refusal(path: Path) -> str:
    with pytest.raises(MediaError) as refused:
        list(read(str(path), ReadOptions()))
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_the_built_in_readers_go_through_the_same_door() -> None:
    assert READERS.available() == sorted(BUILT_IN)
    assert READERS.group == "sonolux.readers"


def test_a_package_reads_its_files_by_name_and_by_signature(
    plots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "not a picture" in refusal(plots / "named.plot")
    offer(monkeypatch, tmp_path, "Plot")
    for name in ("named.plot", "begun"):
        found, segment = read(str(plots / name), ReadOptions())
        assert (found.modality, found.format, found.metadata) == (Modality.IMAGE, "plot", {"title": "a plot"})
        assert isinstance(segment, Segment) and segment.content.pixels.shape == (40, 60, 3)
    assert probe(str(plots / "begun")).format == "plot"
    assert probe(str(plots / "notes.txt")).format == "txt"
    assert list(read_sound(str(plots / "begun"), ReadOptions())) == []


def test_sound_of_a_package_is_heard(plots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, tmp_path, "Tape")
    [window] = read_sound(str(plots / "begun"), ReadOptions(audio_rate=8_000))
    assert len(window.content.samples) == 8_000
    with pytest.raises(MediaError, match="holds no sound"):
        list(read_sound(str(plots / "notes.txt"), ReadOptions()))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("NoProbe", "reader plots gives Segment, no probe first"),
        ("Nothing", "reader plots gives no probe"),
        ("Endless", "reader plots gives Probe after the end"),
        ("Fails", "reader plots fails: 'missing'"),
        ("CannotTell", "; reader plots cannot tell its files: division by zero"),
        ("CannotBeMade", "; reader plots cannot be made: no licence at all"),
        ("number", "; reader plots cannot be made: 'int' object is not callable"),
        ("Absent", "; reader plots of plots_absent:Absent cannot be loaded: module 'plots_absent' has no attribute"),
    ],
)
def test_a_broken_reader_is_one_line_and_costs_no_other_file(
    kind: str, said: str, plots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, tmp_path, kind)
    assert said in refusal(plots / "named.plot")
    assert [event.kind for event in read(str(plots / "notes.txt"), ReadOptions()) if isinstance(event, Segment)] == [
        "passage"
    ]


def test_decoding_processes_know_what_is_installed(
    plots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(tmp_path / "site", READERS.group, "plots", "plots_here:Plot", READER)
    monkeypatch.syspath_prepend(tmp_path / "site")
    with sx.Library(tmp_path / "l.sonolux") as library:
        summary = library.add(plots, spaces=["colour-layout", "bm25"])
        assert (summary.added, summary.failed) == (3, [])
        assert library.item(plots / "named.plot").metadata["title"] == "a plot"
    assert "plots_here" not in sys.modules


def test_a_package_says_what_it_could_not_read(plots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(tmp_path / "site", READERS.group, "plots", "torn_plots:Torn", READER)
    monkeypatch.syspath_prepend(tmp_path / "site")
    missing = "breaks off after 40 of 80 rows"
    with sx.Library(tmp_path / "l.sonolux") as library:
        summary = library.add(plots, spaces=["colour-layout", "bm25"])
        assert (summary.added, summary.failed, len(summary.partly)) == (3, [], 2)
        assert Failure(str(plots / "named.plot"), missing) in summary.partly
        stored = library.item(plots / "named.plot").metadata
        assert (stored["title"], stored["width"], stored["partly"]) == ("a plot", 60, missing)
        assert library.add(plots).partly == []


def test_a_broken_reader_costs_a_run_nothing(plots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(tmp_path / "site", READERS.group, "plots", "no_such_module:Plot")
    monkeypatch.syspath_prepend(tmp_path / "site")
    with DecoderPool(1, ReadOptions(), timeout=60, memory=2**32) as pool:
        events = list(pool.read([str(plots / "named.plot"), str(plots / "notes.txt")]))
    [failure] = [event for _, event in events if isinstance(event, Failure)]
    assert failure.reason.endswith(
        "; reader plots of no_such_module:Plot cannot be loaded: No module named 'no_such_module'"
    )
