"""Music benchmark: the packaged networks, beside descriptors that every library has."""

from __future__ import annotations

from pathlib import Path

from sonolux.annotators.music_tags import MusicTags
from sonolux.encoders import resolve
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.protocols.music_search import music_files, other_files, read_tracks
from sonolux.evaluation.scorecard import Scorecard
from sonolux.media.containers.audio import load_audio

ENCODERS = ("music", "mfcc", "chroma")

SECONDS = 10.0
"""Of a file that are listened to, a window of a library."""

ASKED = {"other half": 0.8, "not music": 0.05}
"""Share of halves that find each other, at least; of what is no music and gets tags, at most."""


def benchmark_music(data: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Measure in the folder of the data sets; `progress` is called with a line on where it stands."""
    tracks = read_tracks(data)
    split = f"{len(tracks.paths)} tracks"
    cards = []
    for name in ENCODERS:
        progress(name)
        cards.append(Scorecard("music search", name, tracks.score(resolve(name)[0]), "other half", split))
    progress("what is music")
    files = {"music": music_files(data), "no music": other_files(data)}
    tagged = {kind: _tagged(paths) for kind, paths in files.items()}
    cards.append(Scorecard("what is music", "music-tags", tagged, "music", f"{len(files['no music'])} that are none"))
    return cards, Report(
        name="music",
        title="Music",
        command="sonolux bench music",
        about=(
            "40 tracks of four genres, cut into two halves of 6 s: a first half asks, all second halves are searched; "
            "and the genres of the 3 nearest other tracks (by chance .23). Tags are to be said of the first 10 s of "
            "music, and not of half of ESC-10, German sentences, readings, a bird, a dog and a whale; the threshold "
            "was chosen by other sounds."
        ),
        columns=("method", "other half is nearest", "near tracks of the same genre"),
        rows=[
            *((card.method, f"{card.scores['other half']:.1%}", f"{card.scores['genre']:.1%}") for card in cards[:-1]),
            *((f"tags said of {kind}", f"{tagged[kind]:.1%} of {len(paths)}", "") for kind, paths in files.items()),
        ],
        verdicts=[
            compare_with_target("other half", cards[0].scores["other half"], ASKED["other half"], form=".3f"),
            compare_with_target("tags of no music", tagged["no music"], ASKED["not music"], at_most=True, form=".3f"),
        ],
    )


def _tagged(paths: list[Path]) -> float:
    """Return the share of files that get tags."""
    tags = MusicTags()
    said = [tags.annotate_one(load_audio(str(path), tags.sample_rate, SECONDS).samples) for path in paths]
    return sum(map(bool, said)) / len(paths)
