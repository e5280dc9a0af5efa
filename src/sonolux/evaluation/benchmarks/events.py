"""Sound event detection benchmark: scenes of known truth, at falling signal-to-noise ratios."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sonolux.annotators.event_detector import EventDetector
from sonolux.checkpoints.folder import CARD
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target, report_epochs
from sonolux.evaluation.protocols.mixed_scenes import SCENES, SEED, read_mixed_scenes
from sonolux.evaluation.scorecard import Scorecard
from sonolux.metrics.events import Event, EventLists, event_f1, segment_f1
from sonolux.training.data.events import SoundscapeData
from sonolux.training.data.soundscapes import Soundscapes
from sonolux.training.events.recipe import EventsRecipe
from sonolux.training.events.train import make_event_input, train_events

LEVELS = (20, 10, 5, 0)
"""Decibels over the noise."""

ASKED, AT = 0.80, 10
"""Segment-based F1, at this level."""

CLIPS = {False: "clips heard before", True: "other clips"}


@dataclass(frozen=True, slots=True)
class EventScore:
    """F1 by segments and by events, of scenes at one level."""

    unheard: bool
    snr: int
    segments: float
    events: float


def benchmark_events(data: Path, work: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Train what `work` does not hold yet, and measure.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    work : Path
        Where the model is kept; a run that was stopped goes on there.
    progress : callable
        Called with a line on where it stands.
    """
    protocol = read_mixed_scenes(data)
    folder = work / "crnn"
    recipe = EventsRecipe()
    if not (folder / CARD).exists():
        learned = SoundscapeData("mixed scenes", protocol.learned, make_event_input(protocol.learned.rate))
        train_events(learned, recipe, folder, progress=report_epochs(progress, "events"))
    detector = EventDetector(folder)
    measured = [
        _measured(detector, protocol.at(snr, unheard=unheard), unheard, snr) for unheard in CLIPS for snr in LEVELS
    ]
    cards = [
        Scorecard(
            f"events, {CLIPS[row.unheard]}, {row.snr} dB",
            "crnn",
            {"segment F1": row.segments, "event F1": row.events},
            "segment F1",
            f"{SCENES} scenes",
            SEED,
        )
        for row in measured
    ]
    return cards, Report(
        name="events",
        title="Sound events",
        command="make bench-events",
        about=(
            f"{SCENES} scenes of 10 s, 1 to 5 events of {len(detector.meaning.names)} classes (instruments, speech, a "
            "bird, a whale, a dog), two at once at most, over coloured noise. Scenes of clips that were heard in "
            "training, though never in these scenes, and of clips that were not. F1 over segments of a second, and "
            "over events, onsets within 0.2 s. A CRNN "
            f"of {sum(p.numel() for p in detector.folder.network().parameters()):,} parameters, {recipe.epochs} epochs "
            f"of 400 scenes, seed 0, trained in {detector.folder.scores['seconds']:,} s; thresholds by other scenes."
        ),
        columns=("scenes of", "dB over the noise", "segment F1", "event F1"),
        rows=[(CLIPS[row.unheard], str(row.snr), f"{row.segments:.3f}", f"{row.events:.3f}") for row in measured],
        verdicts=[
            compare_with_target(f"{CLIPS[row.unheard]}, {row.snr} dB, segment F1", row.segments, ASKED, form=".3f")
            for row in measured
            if row.snr == AT
        ],
    )


def _measured(detector: EventDetector, scenes: Soundscapes, unheard: bool, snr: int) -> EventScore:
    recordings: list[EventLists] = []
    for number in range(SCENES):
        sound, events = scenes.scene((SEED, number))
        annotations = detector.annotate_one(sound)
        found = [Event(one.label, one.span.start, one.span.end) for one in annotations if one.span is not None]
        recordings.append((found, events))
    classes = detector.meaning.names
    return EventScore(unheard, snr, segment_f1(recordings, scenes.seconds, classes), event_f1(recordings))
