"""Ingest benchmark: photos a second and peak memory of adding, beside decoding alone and encoding alone.

Photos are those of a folder, copied as often as needed, each with a JPEG comment of its own, so that every file has a
content of its own; and the same enlarged to the size of a photo that someone sends, 1,600 pixels. They are described by
classical encoders, by those that `sonolux add` gives a new library without a hub, and by a network of the hub's: one of
the size of DINOv3 ViT-S/16, with random weights, for how fast it is does not depend on them. With the defaults, adding
labels pictures too, and counts the words of the labels; encoding alone does not.

Rates are compared with a decoding process for each core but one, which leaves encoding a core; what `add` does by
default, with one for each core, stands beside them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sonolux.encoders import Encoder, defaults, resolve
from sonolux.encoders.inputs import EncoderInputs
from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.library import Library
from sonolux.library.ingest.encode import BATCH
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Image, Segment
from sonolux.media.workers.pool import DecoderPool
from sonolux.settings import settings
from sonolux.types import Modality

CLASSICAL = ("colour-histogram", "colour-layout", "hog")
DEFAULT = (*defaults.CLASSICAL, *defaults.PACKAGED)
"""What a new library has; of these, pictures are described by those that see pictures."""
VIT_S = {
    "hidden_size": 384,
    "intermediate_size": 1536,
    "num_hidden_layers": 12,
    "num_attention_heads": 6,
    "num_register_tokens": 4,
    "patch_size": 16,
    "image_size": 224,
}
"""Sizes of DINOv3 ViT-S/16: O. Simeoni et al., "DINOv3", arXiv:2508.10104, 2025."""
SPARING = max(1, (os.cpu_count() or 1) - 1)
"""Decoding processes that leave encoding a core."""
ENCODED_ALONE = 256
ROUNDS = 3
SIDE = 1600
ENLARGED = 400
FEW = 160
"""Photos that a network describes."""
SENTENCES = (
    "a dog on the beach",
    "birds sitting in a tree",
    "something to eat on a plate",
    "an old car in the street",
    "people playing music",
    "a boat on the water",
    "a cat that looks out of a window",
    "flowers in a garden",
    "a mountain in the snow",
    "tools of a carpenter",
)
RCLIP = 119
"""Photos a second that rclip says it indexes, on an Apple M1 Max."""
SAMPLED = 0.05
"""Seconds between two looks at memory."""


def benchmark_add(photos: Path, small: int = 2_000, large: int = 20_000) -> Report:
    """Measure photos a second, and peak memory for a small and a large addition.

    Parameters
    ----------
    photos : Path
        Folder of JPEG files.
    small, large : int
        How many photos to add in the two additions whose memory is compared.
    """
    originals = sorted(path for path in photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    if not originals:
        raise SonoluxError(f"no JPEG files in {photos}: name a folder of photos with --data")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _enlarge(originals, folder / "enlarged", ENLARGED)
        _copy(originals, folder / "small", small)
        sizes = {f"{SIDE} px": _paths(folder / "enlarged"), "their own size": _paths(folder / "small")}
        network = (_network(folder / "network"),)
        rounds = {
            **{f"{len(paths)} photos of {size}": _rounds(paths, CLASSICAL) for size, paths in sizes.items()},
            **{
                f"{ENLARGED} photos of {size}, default": _rounds(paths[:ENLARGED], DEFAULT)
                for size, paths in sizes.items()
            },
            **{f"{FEW} photos of {size}, ViT-S/16": _rounds(paths[:FEW], network) for size, paths in sizes.items()},
        }
        questions = _questions(sizes["their own size"])
        _copy(originals, folder / "large", large)
        peaks = [_peak(folder / kind, folder / f"{kind}.sonolux") for kind in ("small", "large")]
    return _report(rounds, questions, peaks, small, large)


def _enlarge(originals: list[Path], folder: Path, n: int) -> None:
    from PIL import Image

    folder.mkdir()
    for number in range(n):
        with Image.open(originals[number % len(originals)]) as image:
            scale = SIDE / max(image.size)
            size = round(image.width * scale), round(image.height * scale)
            enlarged = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        enlarged.save(folder / f"{number:06}.jpg", quality=88, comment=str(number).encode())


def _copy(originals: list[Path], folder: Path, n: int) -> None:
    """Write ``n`` distinct JPEG files: a comment segment after the start marker makes each one's own."""
    folder.mkdir(parents=True)
    for number in range(n):
        content = originals[number % len(originals)].read_bytes()
        note = f"{folder.name} {number}".encode()
        segment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
        (folder / f"{number:06}.jpg").write_bytes(content[:2] + segment + content[2:])


def _network(folder: Path) -> str:
    """Write a network in the hub's format; return the folder as a spec."""
    from transformers import DINOv3ViTConfig, DINOv3ViTModel

    DINOv3ViTModel(DINOv3ViTConfig(**VIT_S)).save_pretrained(folder)
    images = {
        "image_processor_type": "DINOv3ViTImageProcessor",
        "size": {"height": VIT_S["image_size"], "width": VIT_S["image_size"]},
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(images), encoding="utf-8")
    return str(folder)


def _paths(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.iterdir())]


def _rounds(paths: list[str], specs: Sequence[str]) -> list[dict[str, float]]:
    return [_round(paths, specs) for _ in range(ROUNDS)]


def _round(paths: list[str], specs: Sequence[str]) -> dict[str, float]:
    """Measure the rates in turn, in photos a second."""
    with _decoders(SPARING):
        rates = {"decode": _decode_rate(paths), "encode": _encode_rate(paths, specs), "add": _add_rate(paths, specs)}
    return rates | {"default": _add_rate(paths, specs)}


@contextmanager
def _decoders(workers: int) -> Iterator[None]:
    """Have so many decoding processes."""
    before, settings().workers = settings().workers, workers
    try:
        yield
    finally:
        settings().workers = before


def _decode_rate(paths: list[str]) -> float:
    limits = settings()
    with DecoderPool(
        limits.workers, ReadOptions.from_settings(), timeout=limits.decode_seconds, memory=limits.decode_memory
    ) as pool:
        events = pool.read(paths)
        next(events)
        started = time.perf_counter()
        for _ in events:
            pass
        return len(paths) / (time.perf_counter() - started)


def _encode_rate(paths: list[str], specs: Sequence[str]) -> float:
    found = [encoder for spec in specs for encoder in resolve(spec)]
    encoders = [encoder for encoder in found if encoder.modality is Modality.IMAGE]
    images = list(_decoded(paths[:ENCODED_ALONE]))
    _encode(encoders, images[:8])
    started = time.perf_counter()
    _encode(encoders, images)
    return len(images) / (time.perf_counter() - started)


def _decoded(paths: list[str]) -> Iterator[Image]:
    for path in paths:
        for event in read(path, ReadOptions.from_settings()):
            if isinstance(event, Segment) and isinstance(event.content, Image):
                yield event.content


def _encode(encoders: list[Encoder], images: list[Image]) -> None:
    for start in range(0, len(images), BATCH):
        inputs = EncoderInputs()
        for encoder in encoders:
            encoder.encode([inputs.of(encoder, image) for image in images[start : start + BATCH]])


def _add_rate(paths: list[str], specs: Sequence[str]) -> float:
    """Add in this process, from the first file done to the last: worker start is no part of a rate."""
    times: list[float] = []
    with tempfile.TemporaryDirectory() as name, Library(Path(name) / "a.sonolux") as opened:
        summary = opened.add(*paths, spaces=specs, progress=lambda done, path: times.append(time.perf_counter()))
    first = 64
    return (summary.added - first) / (times[-1] - times[first - 1])


def _questions(paths: list[str]) -> dict[str, float]:
    """Return the milliseconds of questions by sentences, and by pictures that are not in the library."""
    with tempfile.TemporaryDirectory() as name, Library(Path(name) / "a.sonolux") as opened:
        opened.add(*paths[:ENLARGED], spaces=DEFAULT)
        others = paths[ENLARGED : ENLARGED + len(SENTENCES)]
        return {
            "sentence": _warm(opened.search, SENTENCES),
            "picture": _warm(lambda path: opened.search(image=path), others),
        }


def _warm(ask: Callable[[str], object], questions: Sequence[str]) -> float:
    """Ask one question after the other, each once; return the median milliseconds of all but the first."""
    seconds: list[float] = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        seconds.append(time.perf_counter() - started)
    return 1000 * median(seconds[1:])


@dataclass(frozen=True, slots=True)
class Peak:
    """Most memory of a process and its workers together, in MiB: all that is resident, and what is no file's.

    A page counts once, however often it is mapped (proportional set size): the engine maps its vectors twice. Pages of
    files count as long as they are mapped; the system can take them back.
    """

    resident: float
    anonymous: float


def _peak(folder: Path, library: Path) -> Peak:
    """Add in a process of its own, and look at its memory, and that of its workers, until it ends."""
    command = [sys.executable, "-m", "sonolux.evaluation.benchmarks.ingest", str(folder), str(library)]
    most = Peak(0, 0)
    # Not by what the system says of ended processes: of a worker it counts the memory of whoever started it.
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            now = _memory(process.pid)
            most = Peak(max(most.resident, now.resident), max(most.anonymous, now.anonymous))
            time.sleep(SAMPLED)
    if process.returncode:
        raise SonoluxError(f"adding {folder} failed, exit code {process.returncode}")
    return most


def _memory(process: int) -> Peak:
    """Return what a process and those that it started hold now; nothing where it has just ended."""
    total = dict.fromkeys(("Pss:", "Anonymous:"), 0)
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
        for number in (str(process), *children):
            for line in Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii").splitlines():
                name, amount, *_ = line.split()
                if name in total:
                    total[name] += int(amount)
    except OSError:
        return Peak(0, 0)
    return Peak(total["Pss:"] / 1024, total["Anonymous:"] / 1024)


def _report(
    rounds: dict[str, list[dict[str, float]]],
    questions: dict[str, float],
    peaks: list[Peak],
    small: int,
    large: int,
) -> Report:
    rows = [_row(name, run) for name, runs in rounds.items() for run in runs]
    shares = {name: median(_share(run) for run in runs) for name, runs in rounds.items()}
    for n, peak in zip((small, large), peaks, strict=True):
        rows.append(
            [f"{n:,}, peak MiB", "", "", f"{peak.resident:.0f}, {peak.anonymous:.0f} of them no file's", "", ""]
        )
    return Report(
        name="add",
        title="Add",
        command="sonolux bench add",
        about=(
            f"Photos a second with {', '.join(CLASSICAL)}; with what `sonolux add` gives a new library without a"
            f" hub ({', '.join(DEFAULT)}, and labels); or with a network of the size of DINOv3 ViT-S/16 with"
            " random weights."
            f" Decoding has {SPARING} process(es), in the last column {settings().workers}, which is the default;"
            f" encoding alone has all cores; {ROUNDS} rounds. rclip says {RCLIP} photos a second on an M1, with one"
            f" network. A question that was not asked before takes, warm, {questions['sentence']:.0f} ms by a sentence"
            f" and {questions['picture']:.0f} ms by a picture ({ENLARGED} photos, all spaces). Memory, with what"
            " `sonolux add` gives, is the most that the process and its workers held together: all that is resident,"
            " every page once, and the part that is no page of a file, which the system cannot take back."
        ),
        columns=("photos", "decode alone", "encode alone", "add", "add / min(decode, encode)", "add, default decoders"),
        rows=rows,
        verdicts=[
            *(
                compare_with_target(f"add over min(decode, encode), {name}", share, 0.85)
                for name, share in shares.items()
            ),
            compare_with_target(
                _growth("resident", small, large), peaks[1].resident / peaks[0].resident, 1.15, at_most=True
            ),
            compare_with_target(
                _growth("anonymous", small, large), peaks[1].anonymous / peaks[0].anonymous, 1.15, at_most=True
            ),
        ],
    )


def _growth(kind: str, small: int, large: int) -> str:
    return f"peak of {kind} memory, {large:,} over {small:,} photos"


def _row(name: str, run: dict[str, float]) -> list[str]:
    decode, encode, add, default = (f"{run[kind]:.0f}" for kind in ("decode", "encode", "add", "default"))
    return [name, decode, encode, add, f"{_share(run):.2f}", default]


def _share(run: dict[str, float]) -> float:
    return run["add"] / min(run["decode"], run["encode"])


def _main() -> None:
    folder, library = sys.argv[1:]
    with Library(library) as opened:
        opened.add(folder, spaces=DEFAULT)


if __name__ == "__main__":
    _main()
