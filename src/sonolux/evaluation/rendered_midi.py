"""MIDI to sound by FluidSynth, a program of Debian (``apt-get install fluidsynth fluid-soundfont-gm``)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from sonolux.errors import SonoluxError

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")

RATE = 22_050
"""Hertz."""

SLOWEST = 600.0
"""Seconds after which a file is given up."""


def render_midi(midi: Path, folder: Path) -> Path:
    """Return a wave file of a MIDI file, from the folder where it was made before.

    Raises
    ------
    SonoluxError
        Where the program or its sounds are not installed, or make nothing of the file.
    """
    target = folder / f"{midi.stem}.wav"
    if target.is_file():
        return target
    program = shutil.which("fluidsynth")
    if program is None or not SOUNDFONT.is_file():
        raise SonoluxError("MIDI is rendered by FluidSynth: apt-get install fluidsynth fluid-soundfont-gm")
    folder.mkdir(parents=True, exist_ok=True)
    partly = target.with_suffix(".part")
    asked = [program, "-ni", "-q", "-g", "0.5", "-r", str(RATE), "-T", "wav", "-F", str(partly), str(SOUNDFONT)]
    try:
        subprocess.run([*asked, str(midi.absolute())], check=True, capture_output=True, timeout=SLOWEST)
    except (subprocess.SubprocessError, OSError) as error:
        partly.unlink(missing_ok=True)
        raise SonoluxError(f"{midi}: FluidSynth makes no sound of it: {str(error)[:200]}") from error
    partly.rename(target)
    return target
