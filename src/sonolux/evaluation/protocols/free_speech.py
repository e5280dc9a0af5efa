"""Free speech: whether it is written down right, and whether nothing is written down where there is none.

Three readings from books (LibriSpeech; V. Panayotov et al., ICASSP 2015), whose words are those of the books; strings
of spoken digits, see `digit_strings`, through a telephone's band; and sounds in which no English is spoken: music,
animals, machines, weather, and sentences in German. Words are compared without case and punctuation; a numeral is
the names of its digits.
"""

from __future__ import annotations

import re
from pathlib import Path

READINGS = {
    "198-209-0000": (
        "Mrs Allen said Catherine the next morning will there be any harm in my calling on Miss Tilney today I shall"
        " not be easy till I have explained everything go by all means my dear only put on a white gown Miss Tilney"
        " always wears white"
    ),
    "3436-172162-0000": (
        "the adventure of the cart it befell in the month of May Queen Guenever called to her knights of the table"
        " round and gave them warning that early upon the morrow she would ride a maying into the woods and fields"
        " beside Westminster"
    ),
    "5703-47212-0000": (
        "with her white paint and her scarlet smokestack the Inverashiel one of the two small steamers that during the"
        " summer months plied up and down the loch and incidentally carried on communication between Inverashiel and"
        " Crianan"
    ),
}
"""Words by recording: J. Austen, "Northanger Abbey"; T. Bulfinch, "Age of Chivalry"; C. Bryce, "Ashiel Mystery"."""

CHOSE = "03"
"""Speaker of the German sentences by whose sentences thresholds were chosen; the other one is the test."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def readings(data: Path) -> dict[Path, tuple[str, ...]]:
    """Return the readings, and the words of each."""
    return {data / "recordings" / f"{name}.ogg": normalised_words(text) for name, text in READINGS.items()}


def sounds_without_speech(data: Path) -> list[Path]:
    """Return music, animals, machines and weather: all of ESC-10, and the recordings that are no readings."""
    recordings = [path for path in sorted((data / "recordings").glob("*.ogg")) if path.stem not in READINGS]
    return [*recordings, *sorted((data / "esc10").glob("*/*.ogg"))]


def foreign_speech(data: Path) -> list[Path]:
    """Return the German sentences that chose no threshold."""
    return [path for path in sorted((data / "emotional_speech").glob("*.wav")) if not path.stem.startswith(CHOSE)]


def normalised_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared."""
    spelled = re.sub(r"\d", lambda digit: f" {DIGITS[int(digit[0])]} ", text.casefold())
    return tuple(re.sub(r"[^\w\s]", "", spelled.replace("-", " ")).split())
