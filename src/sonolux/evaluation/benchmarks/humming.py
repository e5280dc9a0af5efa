"""Query by humming benchmark: songs that are heard, found by what a synthetic voice hums."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sonolux.decoding.melody import in_tune, match_melody
from sonolux.decoding.notes import single_line, skyline
from sonolux.encoders.packaged.notes import NoteNetwork
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.protocols.humming import SEED, hummed_songs
from sonolux.evaluation.scorecard import Scorecard

ASKED = {1: 0.5, 10: 0.8}
"""Share of hums whose song is among so many."""


def benchmark_humming(data: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Measure in the folder of the data sets; `progress` is called with a line on where it stands."""
    network = NoteNetwork()
    songs = hummed_songs(data)
    progress(f"{len(songs)} songs")
    tunes = [[note.pitch for note in skyline(network.notes(song.played))] for song in songs]
    progress("hums")
    ranks = np.array([_rank(network, song.hummed, tunes, number) for number, song in enumerate(songs)])
    kinds = {kind: np.array([song.kind == kind for song in songs]) for kind in ("pop", "games")}
    kinds["all"] = np.ones(len(songs), np.bool_)
    scores = {kind: {k: float((ranks[of] <= k).mean()) for k in ASKED} for kind, of in kinds.items()}
    cards = [
        Scorecard(f"humming, {kind}", "notes", {f"R@{k}": found[k] for k in ASKED}, "R@1", f"{len(songs)} songs", SEED)
        for kind, found in scores.items()
    ]
    return cards, Report(
        name="humming",
        title="Query by humming",
        command="sonolux bench humming",
        about=(
            "The first 45 s of piano songs, rendered from MIDI with tones that die away, are heard by the transcribing "
            "network. 20 notes of each tune are hummed: in another key, up to 1.3 times faster or slower, the length "
            "of notes by 10 %, drifting by half a semitone, with vibrato; 7 % of the notes are wrong and 3 % left "
            f"out. All {len(songs)} songs are searched with each. Constants were chosen by other songs. Nobody real "
            "hums here."
        ),
        columns=("songs", "hums", *(f"R@{k}" for k in ASKED)),
        rows=[(kind, f"{kinds[kind].sum()}", *(f"{found[k]:.1%}" for k in ASKED)) for kind, found in scores.items()],
        verdicts=[compare_with_target(f"R@{k}", scores["all"][k], asked, form=".3f") for k, asked in ASKED.items()],
    )


def _rank(network: NoteNetwork, hummed: np.ndarray, tunes: list[list[int]], right: int) -> int:
    """Return the rank of the right song; of equal ones it is the last."""
    line = single_line(network.notes(hummed))
    scores = np.array([match.score for match in match_melody(in_tune([n.pitch + n.detuned for n in line]), tunes)])
    return int((scores >= scores[right]).sum())
