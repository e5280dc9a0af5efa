"""Sample texts: notes, a recipe, a letter, a page and subtitles."""

from __future__ import annotations

from pathlib import Path

COFFEE = """# How we make coffee

Grind eighteen grams of beans as fine as table salt. Heat the water to 93 degrees: boiling water burns the grounds
and turns the cup bitter. Tamp once, level, and stop the shot at thirty-six grams, after about half a minute.

A good espresso has a hazelnut crema that closes again when you part it with the spoon. If it runs fast and pale,
grind finer; if it drips, grind coarser.
"""

CAT = """Chelsea's diary, kept by her people

Monday. Slept on the keyboard. Caught nothing.
Tuesday. A moth came in after dark. Chelsea heard it before we did, ears first, then the whole cat.
Wednesday. The vet says her whiskers are splendid and that she should eat less.
Thursday. Purred for an hour beside the stove while it rained.
"""

LETTER = """Dear Ada,

we reached the harbour in the evening. All night the sea broke on the stones below the window, a long rush and then
a pause, so that I counted the seconds between the waves until I slept. In the morning the birds began before five,
and at six the bells of the chapel.

Come before the autumn storms.

Yours, Vera
"""

LAUNCH = """<!doctype html>
<html lang="en">
<head><title>Launch log</title></head>
<body>
<h1>Launch log</h1>
<p>T minus 40 minutes. The rocket stands fuelled on the pad; liquid oxygen vents in white plumes.</p>
<p>T minus 60 seconds. The flight computer takes over the countdown.</p>
<p>T plus 8 minutes. The engines of the second stage shut down: the satellite is in orbit.</p>
</body>
</html>
"""

COINS = """# Coins in the museum

The case in room four holds silver coins that lay under the ash of Pompeii for seventeen centuries. The owl of Athens
is worn almost flat by the hands it passed through. Beside it lies a tetradrachm with the head of Alexander.
"""

SUBTITLES = """1
00:00:00,000 --> 00:00:04,000
First we climbed to the pagoda above the lake.

2
00:00:04,000 --> 00:00:08,000
There was a café with strong coffee in red cups.

3
00:00:08,000 --> 00:00:12,000
The owner's cat wanted to know everything about us.

4
00:00:12,000 --> 00:00:16,000
On the way home we saw the rocket on its pad.

5
00:00:16,000 --> 00:00:20,000
In the gardens the dahlias were in flower.

6
00:00:20,000 --> 00:00:24,000
We rode back on the old motorcycle.
"""


TEXTS = {
    "coffee.md": COFFEE,
    "cat_diary.txt": CAT,
    "letter_from_the_harbour.txt": LETTER,
    "launch_log.html": LAUNCH,
    "coins.md": COINS,
    "a_day_out.srt": SUBTITLES,
}


def write_texts(folder: Path) -> list[Path]:
    """Write all texts, as UTF-8."""
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in TEXTS]
