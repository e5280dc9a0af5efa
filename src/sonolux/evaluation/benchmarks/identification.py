"""Audio identification benchmark: rates and cost of naming clips in noise, through codecs and at other speeds."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import soxr

from sonolux.errors import SonoluxError
from sonolux.evaluation.benchmarks.report import Report, compare_with_target
from sonolux.evaluation.protocols.identification import (
    TRUTH,
    UNKNOWN,
    Clip,
    Identification,
    false_alarm_ratio_at,
    identification_rates,
    localisation_rate,
    read_queries,
)
from sonolux.evaluation.protocols.joined_clips import ALONE, BESIDE, join_clips
from sonolux.evaluation.scorecard import Scorecard
from sonolux.fingerprints.calibration import leave_out, places_of
from sonolux.fingerprints.catalog import FOLDER, FingerprintCatalog
from sonolux.fingerprints.constellation import RATE as HERTZ
from sonolux.fingerprints.constellation import SECONDS
from sonolux.fingerprints.matching import Match, MemoryCatalog
from sonolux.fingerprints.segment import Fingerprint
from sonolux.fingerprints.stream import find_matches
from sonolux.library import Library
from sonolux.library.fingerprinting import encoder_of
from sonolux.media.segment import Audio

LENGTHS = (2, 5, 10)
"""Seconds of the queries."""

TARGETS = {2: 0.50, 5: 0.85, 10: 0.95}
"""Share of right answers over all conditions that is aimed at, by length."""

CHANCES = (0.1, 0.03, 0.01)

LARGE = 300
"""Hours of the catalog that is filled up with landmarks drawn at random from what is there."""

MADE_MINUTES, MADE_AT_ONCE = 4.0, 400
"""Length of a recording that is made up, and how many are written at once."""

TIMED = 60
"""Queries that are timed in the large catalog."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """What taking the catalog in cost: hours of sound and bytes, seconds of one core, and most memory in MiB."""

    hours: float
    seconds: float
    size: int
    memory: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a query of five seconds: milliseconds; and seconds for opening the catalog, with so many recordings."""

    query: float
    opening: float
    recordings: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Queries and the first answer to each."""

    clips: Sequence[Clip]
    named: Sequence[Identification]

    def of(self, conditions: Callable[[str], bool]) -> Answered:
        """Return the queries of some conditions."""
        pairs = [pair for pair in zip(self.clips, self.named, strict=True) if conditions(pair[0].condition)]
        return Answered([clip for clip, _ in pairs], [answer for _, answer in pairs])

    def by_chance(self) -> Answered:
        """Return the same, answered by chance instead of score: of clips of several lengths only chances compare."""
        return Answered(self.clips, [replace(answer, score=-answer.chance) for answer in self.named])

    def rates(self, length: int) -> dict[str, float]:
        """Return the share of right answers at a length, by condition."""
        return identification_rates(self.clips, self.named, length)

    def false_alarms(self, length: int, chance: float) -> float:
        """Return how many times as often as claimed unknown queries of a length have so small a chance."""
        pairs = [pair for pair in zip(self.clips, self.named, strict=True) if pair[0].length == length]
        return false_alarm_ratio_at([clip for clip, _ in pairs], [answer for _, answer in pairs], chance)


def benchmark_identify(data: Path) -> tuple[list[Scorecard], Report]:
    """Measure naming under the identification protocol, and its cost.

    Parameters
    ----------
    data : Path
        A set that was made by the protocol's script, or the folder of the data sets, beside which the script lies; then
        the set is made first, in three minutes.

    Raises
    ------
    SonoluxError
        Where there is neither, or the script fails, as without ffmpeg, fluidsynth or its General MIDI soundfont.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = data if (data / TRUTH).exists() else _make_set(data, folder / "set")
        clips = [clip for clip in read_queries(made) if clip.length in LENGTHS]
        ingest = _measure_ingest(made / "catalog", folder / "l.sonolux")
        with Library(folder / "l.sonolux") as library:
            named, times = _identify_clips(library, clips)
            beside = _identify_joined(library, made, data)
            small = Cost(median(times[clip] for clip in clips if clip.length == 5), 0.0, len(library.fingerprints))
            large = _measure_large(library, folder / "large", clips, ingest.hours)
    answered = Answered(clips, named)
    joined, alone = beside.of(lambda name: name != ALONE), beside.of(lambda name: name == ALONE)
    return _cards(answered, joined, ingest, small), _report(answered, joined, alone, ingest, small, large)


def _cards(answered: Answered, joined: Answered, ingest: Ingest, small: Cost) -> list[Scorecard]:
    split = f"{small.recordings} recordings, {ingest.hours:.1f} hours"
    return [
        Scorecard(f"identify{kind}, {length} s", "landmarks and codes", each.rates(length), "all", split, seed=1)
        for kind, each in (("", answered), (" in joined clips", joined))
        for length in LENGTHS
    ]


def _make_set(data: Path, out: Path) -> Path:
    script = data / ".." / "protocols" / "identify.py"
    if not script.exists():
        raise SonoluxError(f"{data} holds no {TRUTH}, and no protocols/identify.py lies beside it to make one")
    command = [sys.executable, str(script), "make", "--data", str(data), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or "no word of why").splitlines()[-1]
        raise SonoluxError(f"the set cannot be made (ffmpeg, fluidsynth and fluid-soundfont-gm are needed): {last}")
    return out


def _measure_ingest(recordings: Path, library: Path) -> Ingest:
    """Take recordings in, in a process of its own, whose memory is its own too."""
    command = [sys.executable, "-m", "sonolux.evaluation.benchmarks.identification", str(recordings), str(library)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SonoluxError(f"{recordings} cannot be taken in: {done.stderr.strip()[-300:]}")
    return Ingest(**json.loads(done.stdout))


def _identify_clips(library: Library, clips: Sequence[Clip]) -> tuple[list[Identification], dict[Clip, float]]:
    """Return the first answer to each clip, and how many milliseconds it took."""
    answers, times = [], {}
    for clip in clips:
        started = time.perf_counter()
        answers.append(_best_answer(library, clip.path))
        times[clip] = (time.perf_counter() - started) * 1e3
    return answers, times


def _identify_joined(library: Library, made: Path, data: Path) -> Answered:
    """Return the first answer to each clip in which a recording begins after something else, or ends before it.

    A known clip is asked twice: once more of a catalog without its recording, where it is unknown. The few recordings
    that are held out say too little of how often one claim in a hundred is made.
    """
    speech = [path for name in ("emotional_speech", "speech") for path in sorted((data / name).glob("*.wav"))]
    ids = {Path(track.path).stem: track.id for track in library.fingerprints.tracks()}
    catalog = library.fingerprints.whole()
    places = places_of(catalog)
    pairs = []
    for clip, sound in join_clips(made, speech, LENGTHS):
        pairs.append((clip, _best_answer(library, sound)))
        if clip.known:
            others = leave_out(catalog, [ids[clip.recording]], places)
            pairs.append((replace(clip, recording=UNKNOWN), _best_answer_among(others, sound, library)))
    return Answered([clip for clip, _ in pairs], [answer for _, answer in pairs])


def _best_answer(library: Library, clip: Path | Audio) -> Identification:
    return _first(library.identify(clip if isinstance(clip, Path) else (clip.samples, clip.rate), accepted=1.0))


def _best_answer_among(catalog: MemoryCatalog, clip: Audio, library: Library) -> Identification:
    """Return the first answer of a part of the catalog of a library."""
    sound = soxr.resample(clip.samples, clip.rate, HERTZ)
    return _first(find_matches(catalog, [sound], 1.0, encoder_of(library.fingerprints)))


def _first(found: Sequence[Match]) -> Identification:
    if not found:
        return Identification()
    best = found[0]
    return Identification(Path(best.path).stem, best.start - best.query_start * best.speed, best.score, best.chance)


def _measure_large(library: Library, folder: Path, clips: Sequence[Clip], hours: float) -> Cost:
    """Fill a catalog up with recordings made of what others hold, and time queries there."""
    catalog = FingerprintCatalog(folder)
    there = list(library.fingerprints.recordings())
    catalog.add(there)
    random = np.random.default_rng(0)
    missing = round((LARGE - hours) * 60 / MADE_MINUTES)
    for first in range(0, missing, MADE_AT_ONCE):
        numbers = range(first, min(first + MADE_AT_ONCE, missing))
        catalog.add(
            [(f"made-{n}", f"made-{n}", _draw_fingerprint([prints for _, _, prints in there], random)) for n in numbers]
        )
    catalog.close()
    started = time.perf_counter()
    recordings = len(catalog)
    opening = time.perf_counter() - started
    library.fingerprints = catalog
    timed = [clip for clip in clips if clip.length == 5][:: max(len(clips) // 3 // TIMED, 1)]
    _identify_clips(library, timed[:5])
    _, times = _identify_clips(library, timed)
    return Cost(median(times.values()), opening, recordings)


def _draw_fingerprint(there: Sequence[Fingerprint], random: np.random.Generator) -> Fingerprint:
    """Return landmarks, peaks and codes as numbers of those there are, at random times, as many a second."""
    frames = round(MADE_MINUTES * 60 / SECONDS)
    total = sum(prints.frames for prints in there)
    hashes = np.concatenate([prints.hashes for prints in there])
    bands = np.concatenate([prints.bands for prints in there])
    marks, peaks = (len(all_there) * frames // total for all_there in (hashes, bands))
    anchors, times = random.integers(0, frames, marks), np.sort(random.integers(0, frames, peaks))
    codes = np.concatenate([prints.codes for prints in there])
    drawn = codes[random.integers(0, len(codes), len(codes) * frames // total)]
    encoder = there[0].encoder
    return Fingerprint(
        frames, random.choice(hashes, marks), anchors, times, random.choice(bands, peaks), drawn, encoder
    )


def _report(answered: Answered, joined: Answered, alone: Answered, ingest: Ingest, small: Cost, large: Cost) -> Report:
    shares = {length: answered.rates(length) for length in LENGTHS}
    speed = ingest.hours * 3600 / ingest.seconds
    return Report(
        name="identify",
        title="Name that tune",
        command="sonolux bench identify",
        about=_about(answered, joined, ingest, small, large),
        columns=("condition", *(f"{length} s" for length in LENGTHS)),
        rows=[*_rows(answered, ""), *_rows(joined, "joined, "), *_limits(joined, alone)],
        verdicts=[
            *(compare_with_target(f"right, {n} s", shares[n]["all"], target) for n, target in TARGETS.items()),
            compare_with_target(
                "right, 5 s, the worst condition",
                min(share for name, share in shares[5].items() if name != "all"),
                0.60,
            ),
            compare_with_target(
                "placed within 0.5 s, of the right answers",
                localisation_rate(answered.clips, answered.named),
                0.97,
                form=".3f",
            ),
            _compare_alarms(answered, "unknown queries"),
            *_joined_verdicts(joined),
            compare_with_target("ingest, times real time", speed, 400, form=".0f"),
            compare_with_target("a query of 5 s, milliseconds", small.query, 40, at_most=True, form=".0f"),
            compare_with_target(
                f"the same among {LARGE} hours, over that",
                large.query / small.query,
                LARGE / ingest.hours,
                at_most=True,
            ),
            compare_with_target("MB an hour", ingest.size / ingest.hours / 1e6, 4.0, at_most=True),
        ],
    )


def _about(answered: Answered, joined: Answered, ingest: Ingest, small: Cost, large: Cost) -> str:
    unknown = sum(not clip.known for clip in answered.clips) // len(LENGTHS)
    speed = ingest.hours * 3600 / ingest.seconds
    return (
        f"{small.recordings} recordings, {ingest.hours:.1f} hours; {len(answered.clips):,} queries, {unknown}"
        " unknown ones a length; seed 1. Right, of known queries, where at most 1 % of the unknown ones are"
        f" answered. One core: {speed:,.0f} times as fast as the sound is taken in,"
        f" {ingest.size / ingest.hours / 1e6:.1f} MB an hour, {ingest.memory:.0f} MiB at most; 5 s are named in"
        f" {small.query:.0f} ms, in {large.query:.0f} ms among {LARGE} hours"
        f" ({large.recordings:,} recordings, opened in {large.opening:.2f} s). Others, by the same"
        " protocol on a larger catalog, at 5 / 10 s over all conditions: audfprint 33 / 52 %, Olaf 25 / 40 %,"
        " dejavu 27 / 43 %, chromaprint searched exhaustively 58 / 79 % (the protocol's README)."
        f" Joined clips: so many seconds from the beginning of a recording, and {BESIDE[0]:g} to {BESIDE[-1]:g} s"
        f" of something else, as loud, in front of it or behind; {len(joined.clips):,} queries,"
        f" {sum(not clip.known for clip in joined.clips) // len(LENGTHS)} unknown ones a length, of recordings that are"
        " held out and of known ones that are left out of the catalog, with thresholds of their own, by score as for"
        " the others, and by chance, since these clips differ in length."
    )


def _rows(answered: Answered, kind: str) -> list[list[str]]:
    """Return a row for each condition, and one for each chance that is claimed."""
    shares = [answered.rates(length) for length in LENGTHS]
    rows = [[f"{kind}{name}", *(f"{share[name]:.1%}" for share in shares)] for name in shares[0]]
    for chance in CHANCES:
        often = [f"{answered.false_alarms(length, chance):.2f}" for length in LENGTHS]
        rows.append([f"{kind}unknown, claimed at {chance:g}, times as often", *often])
    return rows


def _limits(joined: Answered, alone: Answered) -> list[list[str]]:
    """Return rows beside those of joined clips: answered by chance instead of score, and with nothing beside."""
    rows = (("joined, all, by chance", joined.by_chance()), ("the same recordings, alone", alone))
    return [[name, *(f"{each.rates(length)['all']:.1%}" for length in LENGTHS)] for name, each in rows]


def _joined_verdicts(joined: Answered) -> list[str]:
    """Return what is asked of recordings that begin inside a clip."""
    at_five = joined.rates(5)
    return [
        compare_with_target(
            "right, 5 s behind hiss, over 5 s before it",
            at_five["hiss in front"] / max(at_five["hiss behind"], 1e-9),
            0.95,
        ),
        compare_with_target(
            "of joined clips, placed within 0.5 s", localisation_rate(joined.clips, joined.named), 0.97, form=".3f"
        ),
        _compare_alarms(joined, "unknown joined clips"),
    ]


def _compare_alarms(answered: Answered, what: str) -> str:
    worst = max(answered.false_alarms(length, chance) for length in LENGTHS for chance in CHANCES)
    return compare_with_target(
        f"{what} that claim 1 in 10 to 1 in 100, times as often as claimed, at most", worst, 2.0, at_most=True
    )


def _main() -> None:
    recordings, location = sys.argv[1:]
    with Library(location) as library:
        started = time.process_time()
        taken = library.fingerprint(recordings)
        seconds = time.process_time() - started
        size = sum(file.stat().st_size for file in (Path(location) / FOLDER).rglob("*") if file.is_file())
    # Of the process since it was started: what `getrusage` says begins with the memory of whoever started it.
    status = Path("/proc/self/status")
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")) if status.exists() else ""
    kib = int(peak.split()[1]) if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"hours": taken.seconds / 3600, "seconds": seconds, "size": size, "memory": kib / 1024}))


if __name__ == "__main__":
    _main()
