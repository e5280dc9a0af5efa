"""Simulated listeners: tastes that depend on what can be measured of music, for songs that are rendered. Not people.

POP909 has 120 songs as MIDI, in 452 versions (Z. Wang et al., "POP909: a pop-song dataset for music arrangement
generation", ISMIR 2020). Each song belongs to one of 12 artists, each of which plays two instruments of General MIDI;
each version is played at a speed and in a key of its own, for eight seconds from a place in the first minute, and
rendered by FluidSynth with Debian's FluidR3_GM (packages fluidsynth and fluid-soundfont-gm).

Listeners like or dislike what is measured of an item: tempo, mode, notes a second, register and the brightness of its
timbre, each as deviations from the mean, bent (a listener has a favourite value, not "the more the better") and in
pairs; and every item is liked by everybody a little more or less. Of a listener's utility a share `NOISE` of the
standard deviation is noise. Each plays some of the items, drawn by the exponential of utility without putting back
(Gumbel top-k). A fifth of the songs, with all their versions, is cold.

All parameters are the constants of this file.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonolux.errors import SonoluxError
from sonolux.evaluation.midi import MidiNote, MidiPart, read_midi, write_midi

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SEED = 0
"""Of artists, speeds, keys and listeners."""

ARTISTS = 12
INSTRUMENTS = (0, 4, 6, 11, 19, 24, 25, 29, 40, 48, 56, 61, 65, 68, 71, 73, 80, 81, 88, 104)
"""Programs of General MIDI that artists choose from: pianos, organ, guitars, strings, winds and synthesizers."""

SECONDS, PAUSE = 8.0, 2.0
"""That an item lasts, and of silence after it while all are rendered in a row."""

RATE = 16_000

SPEEDS, KEYS = (0.75, 1.33), (-7, 7)
"""Range of the factor of speed, and of semitones."""

LISTENERS, PLAYS = 500, (15, 60)
"""How many there are, and how many items each plays."""

NOISE = 0.5
SHARPNESS = 2.0
"""Of choice: by this much a deviation of utility is multiplied."""

POPULARITY = 0.5
"""Deviation of how much everybody likes an item, beside that of what a listener likes, which is 1."""

TOGETHER = 100
"""Items rendered in one go."""

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")

PROPERTIES = ("tempo", "mode", "density", "register", "brightness")


@dataclass(frozen=True, slots=True)
class RenderedItem:
    """A version of a song as it is to be rendered.

    Attributes
    ----------
    song : int
        Number of the song.
    parts : tuple of MidiPart
        From 0 to `SECONDS`.
    tempo : float
        Beats a minute.
    minor : bool
    """

    song: int
    parts: tuple[MidiPart, ...]
    tempo: float
    minor: bool


@dataclass(frozen=True, slots=True)
class SimulatedListening:
    """Items, what is measured of them, and who plays what.

    Attributes
    ----------
    songs : ndarray of int, shape (n,)
        Of which each item is a version.
    sounds : ndarray of float32, shape (n, samples)
        At `RATE`.
    properties : ndarray, shape (n, 5)
        `PROPERTIES`, of mean 0 and deviation 1.
    plays : sparse matrix, shape (listeners, n)
    """

    songs: NDArray[np.intp]
    sounds: NDArray[np.float32]
    properties: NDArray[np.float64]
    plays: csr_matrix

    def split(self, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which items are known and which are cold: versions of a fifth of the songs."""
        names = np.unique(self.songs)
        cold = np.random.default_rng(seed).permutation(names)[: round(0.2 * len(names))]
        unknown = np.isin(self.songs, cold)
        return np.flatnonzero(~unknown), np.flatnonzero(unknown)


def simulate_listening(folder: Path, work: Path) -> SimulatedListening:
    """Render the songs of POP909, and let listeners choose among them.

    Parameters
    ----------
    folder : Path
        Of the set.
    work : Path
        Where rendered items are kept.

    Raises
    ------
    SonoluxError
        Where the set or FluidSynth is not there.
    """
    items = arrange_items(folder)
    sounds = _rendered(items, work / f"simulated-{SEED}.npy")
    measured = np.array([[one.tempo, float(one.minor), *_counted(one)] for one in items])
    measured = np.column_stack([measured, [brightness(samples) for samples in sounds]])
    properties = (measured - measured.mean(axis=0)) / measured.std(axis=0)
    songs = np.array([one.song for one in items])
    return SimulatedListening(songs, sounds, properties, choose_plays(properties))


def arrange_items(folder: Path) -> list[RenderedItem]:
    """Return every version of every song with the instruments of its artist, at a speed and in a key of its own."""
    songs = sorted(one for one in folder.glob("*") if one.is_dir())
    if not songs:
        raise SonoluxError(f"{folder} holds no songs: this protocol needs the set pop909")
    random = np.random.default_rng(SEED)
    artists = random.choice(INSTRUMENTS, (ARTISTS, 2))
    items = []
    for number, song in enumerate(songs):
        lead, others = (int(program) for program in artists[random.integers(ARTISTS)])
        minor = _is_minor(song / "key_audio.txt")
        for version in sorted(song.glob("*.mid")):
            speed, key = np.exp(random.uniform(*np.log(SPEEDS))), int(random.integers(KEYS[0], KEYS[1] + 1))
            start = random.uniform(10, 60)
            heard = [
                MidiNote(
                    max((note.start - start) / speed, 0.0),
                    min((note.end - start) / speed, SECONDS),
                    int(np.clip(note.pitch + key, 0, 127)),
                    max(note.velocity, 1),
                    note.track,
                )
                for note in read_midi(version)
                if note.end > start and note.start < start + SECONDS * speed
            ]
            leading = [note for note in heard if note.track == "MELODY"]
            rest = [note for note in heard if note.track != "MELODY"]
            tempo = 60 * speed / _beat(song / "beat_midi.txt")
            items.append(RenderedItem(number, (MidiPart(lead, leading), MidiPart(others, rest)), tempo, minor))
    return items


def choose_plays(properties: NDArray[np.float64], seed: int = SEED) -> csr_matrix:
    """Return who plays what, 1 or 0, sparse (`LISTENERS`, items); see the head of this file."""
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(seed)
    n, p = properties.shape
    pairs = np.array([properties[:, i] * properties[:, j] for i in range(p) for j in range(i)]).T
    bent = np.exp(-((properties[None] - random.normal(size=(LISTENERS, 1, p))) ** 2) / 2)
    utility = np.einsum("lnp,lp->ln", bent, random.normal(size=(LISTENERS, p)))
    utility += 0.3 * random.normal(size=(LISTENERS, p)) @ properties.T
    utility += 0.2 * random.normal(size=(LISTENERS, pairs.shape[1])) @ pairs.T
    utility = (utility - utility.mean(axis=1, keepdims=True)) / utility.std(axis=1, keepdims=True)
    utility += POPULARITY * random.normal(size=n) + NOISE * random.normal(size=utility.shape)
    keys = SHARPNESS * utility + random.gumbel(size=utility.shape)
    counts = random.integers(PLAYS[0], PLAYS[1] + 1, LISTENERS)
    ranks = np.argsort(np.argsort(-keys, axis=1), axis=1)
    return csr_matrix((ranks < counts[:, None]).astype(np.float64))


def brightness(samples: NDArray[np.float32]) -> float:
    """Return the logarithm of the centre of gravity of a spectrum, hertz."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    centre = (power * np.fft.rfftfreq(len(samples), 1 / RATE)).sum() / max(float(power.sum()), 1e-12)
    return float(np.log(max(centre, 1.0)))


def _counted(item: RenderedItem) -> tuple[float, float]:
    """Return notes a second, and the mean pitch."""
    pitches = [note.pitch for part in item.parts for note in part.notes]
    return len(pitches) / SECONDS, float(np.mean(pitches)) if pitches else 60.0


def _rendered(items: Sequence[RenderedItem], kept: Path) -> NDArray[np.float32]:
    """Return items as sound (n, samples), from where they are kept if they are there."""
    length = round(SECONDS * RATE)
    if kept.is_file():
        sounds: NDArray[np.int16] = np.load(kept, allow_pickle=False)
        if sounds.shape == (len(items), length):
            return np.asarray(sounds / 32768, np.float32)
    blocks = [render_items(items[start : start + TOGETHER]) for start in range(0, len(items), TOGETHER)]
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.save(kept, np.concatenate(blocks))
    return np.asarray(np.concatenate(blocks) / 32768, np.float32)


def render_items(items: Sequence[RenderedItem]) -> NDArray[np.int16]:
    """Return what FluidSynth makes of items, int16 (n, samples) at `RATE`, all in one run, one after the other.

    Raises
    ------
    SonoluxError
        Where FluidSynth or its sounds are not there, or it fails.
    """
    program = shutil.which("fluidsynth")
    if program is None or not SOUNDFONT.is_file():
        raise SonoluxError("simulated listeners need FluidSynth: apt-get install fluidsynth fluid-soundfont-gm")
    length, slot = round(SECONDS * RATE), SECONDS + PAUSE
    moved = [
        MidiPart(part.program, [_later(note, number * slot) for note in part.notes])
        for number, item in enumerate(items)
        for part in item.parts
    ]
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "items.mid", Path(folder) / "items.wav"
        write_midi(score, moved)
        command = [program, "-ni", "-q", "-g", "0.6", "-R", "0", "-C", "0", "-r", str(RATE), "-F", str(sound)]
        ran = subprocess.run([*command, str(SOUNDFONT), str(score)], capture_output=True, text=True, check=False)
        if ran.returncode or not sound.is_file():
            raise SonoluxError(f"FluidSynth failed: {(ran.stderr or ran.stdout).strip().splitlines()[-1:]}")
        with wave.open(str(sound), "rb") as read:
            channels, samples = read.getnchannels(), np.frombuffer(read.readframes(read.getnframes()), np.int16)
    mono = samples.reshape(-1, channels).mean(axis=1)
    starts = [round(number * slot * RATE) for number in range(len(items))]
    mono = np.pad(mono, (0, max(0, starts[-1] + length - len(mono))))
    return np.stack([mono[start : start + length] for start in starts]).astype(np.int16)


def _later(note: MidiNote, seconds: float) -> MidiNote:
    return MidiNote(note.start + seconds, note.end + seconds, note.pitch, note.velocity, note.track)


def _beat(file: Path) -> float:
    """Return the median seconds of a beat."""
    times = np.array([float(line.split()[0]) for line in file.read_text().splitlines() if line.strip()])
    return float(np.median(np.diff(times)))


def _is_minor(file: Path) -> bool:
    """Say whether the longest key of a song is a minor one."""
    lines = [line.split() for line in file.read_text().splitlines() if line.strip()]
    return max(lines, key=lambda line: float(line[1]) - float(line[0]))[2].endswith("min")
