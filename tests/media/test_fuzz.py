"""Files of every format, cut and flipped at random: each ends in one line, and takes nothing else along."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sonolux.media.reading import ReadOptions
from sonolux.media.segment import Audio, Image, Probe, Segment
from sonolux.media.workers.pool import DecodeEvent, DecoderPool, Finished
from sonolux.types import Failure


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Cut, flip, blank, repeat or exchange parts of a file; several at once, mostly near its head."""
    out = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        reach = chance.choice((64, 1024, len(out))) if out else 0
        at = chance.randrange(max(1, min(reach, len(out))))
        length = chance.choice((1, 2, 4, 16, 300))
        match chance.choice(("cut", "flip", "random", "blank", "fill", "drop", "repeat")):
            case "cut":
                del out[at + chance.randrange(1000) :]
            case "flip" if out:
                out[at] ^= 1 << chance.randrange(8)
            case "random":
                out[at : at + length] = chance.randbytes(length)
            case "blank":
                out[at : at + length] = bytes(length)
            case "fill":
                out[at : at + length] = b"\xff" * length
            case "drop":
                del out[at : at + length]
            case "repeat":
                out[at:at] = out[at : at + length] * chance.choice((1, 50))
    return bytes(out)


def check(event: DecodeEvent) -> None:
    """No value that an encoder or a store could choke on may leave the room."""
    if isinstance(event, Failure):
        assert event.reason
        assert event.reason.isprintable()
        assert len(event.reason) <= 400
    if isinstance(event, Probe):
        str(event.metadata).encode("utf-8")
    if isinstance(event, Segment):
        assert event.span is None or 0 <= event.span.start <= event.span.end
        match event.content:
            case Image(pixels):
                assert 0 < max(pixels.shape[:2]) <= 64
            case Audio(samples):
                assert samples.size
                assert abs(samples).max() < float("inf")
            case text:
                assert text.encode("utf-8").strip()


def fuzz(folder: Path, specimens: dict[str, str], options: ReadOptions, mutants: int) -> None:
    chance = random.Random(mutants)
    paths = []
    for number in range(mutants):
        name = sorted(specimens)[number % len(specimens)]
        path = folder / f"{number:04d}-{name}"
        path.write_bytes(mutated(Path(specimens[name]).read_bytes(), chance))
        paths.append(str(path))
    ends: dict[str, DecodeEvent] = {}
    with DecoderPool(2, options, timeout=20, memory=2**30) as pool:
        for path, event in pool.read(paths):
            assert path not in ends
            check(event)
            if isinstance(event, Finished | Failure):
                ends[path] = event
    assert ends.keys() == set(paths)
    # If everything failed, or nothing, the mutants would say little about the decoders.
    failed = sum(isinstance(end, Failure) for end in ends.values())
    assert 0.1 * mutants < failed < 0.9 * mutants


def test_hundreds_of_mutants(specimens: dict[str, str], options: ReadOptions, tmp_path: Path) -> None:
    fuzz(tmp_path, specimens, options, 25 * len(specimens))


@pytest.mark.long
def test_thousands_of_mutants(specimens: dict[str, str], options: ReadOptions, tmp_path: Path) -> None:
    fuzz(tmp_path, specimens, options, 400 * len(specimens))
