"""What people store in many forms is learned, and labelled, as it is shown and heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image, ImageDraw

RATE = 44_100
TURNED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
"""What a tag of EXIF undoes."""
SHAPES = {"up": ((0, -1), (1, 1), (-1, 1)), "right": ((-1, -1), (1, 0), (-1, 1))}
PITCHES = {"low": 220, "high": 1_320}


def arrow(way: str, random: np.random.Generator) -> Image.Image:
    image = Image.fromarray(random.integers(150, 255, (120, 160, 3), dtype=np.uint8))
    centre, size = np.array([80, 60]) + random.integers(-15, 15, 2), random.integers(25, 38)
    corners = [tuple((centre + size * np.array(corner)).tolist()) for corner in SHAPES[way]]
    ImageDraw.Draw(image).polygon(corners, fill=tuple(random.integers(0, 90, 3).tolist()))
    return image


def store_picture(image: Image.Image, path: Path, number: int) -> None:
    """Store a picture in one of seven forms, all of which look the same."""
    form = number % 7
    if form in (1, 2, 3):
        tag = (3, 6, 8)[form - 1]
        exif = Image.Exif()
        exif[0x112] = tag
        image.transpose(TURNED[tag]).save(path.with_suffix(".jpg"), exif=exif, quality=92)
    elif form == 4:
        image.convert("CMYK").save(path.with_suffix(".jpg"), quality=92)
    elif form == 5:
        image.convert("P", palette=Image.Palette.ADAPTIVE).save(path.with_suffix(".gif"))
    elif form == 6:
        deep = np.asarray(image.convert("L")).astype(np.uint16) * 257
        Image.fromarray(deep).save(path.with_suffix(".png"))
    else:
        image.save(path.with_suffix(".png"))


def tone(pitch: str, random: np.random.Generator) -> NDArray[np.float64]:
    times = np.arange(RATE) / RATE
    hertz = PITCHES[pitch] * random.uniform(0.9, 1.1)
    sound = 0.3 * np.sin(2 * np.pi * hertz * times) * random.uniform(0.6, 1)
    return np.asarray(sound + 0.02 * random.standard_normal(RATE))


def store_sound(sound: NDArray[np.float64], path: Path, number: int) -> None:
    """Store a sound in one of six forms, all of which sound much the same."""
    silence = np.zeros_like(sound)
    form = number % 6
    if form == 1:
        soundfile.write(path.with_suffix(".wav"), np.stack([silence, sound], 1), RATE)
    elif form == 2:
        soundfile.write(path.with_suffix(".flac"), np.stack([sound, -sound], 1), RATE)
    elif form == 3:
        soundfile.write(path.with_suffix(".wav"), np.stack([sound, *[silence] * 5], 1), RATE)
    elif form == 4:
        soundfile.write(path.with_suffix(".mp3"), sound, RATE)
    elif form == 5:
        soundfile.write(path.with_suffix(".wav"), sound[::2], RATE // 2, subtype="FLOAT")
    else:
        soundfile.write(path.with_suffix(".wav"), sound, RATE, subtype="PCM_24")


@pytest.mark.parametrize(
    ("kind", "names"), [("labels", SHAPES), pytest.param("sounds", PITCHES, marks=pytest.mark.long)]
)
def test_each_form_is_learned_as_any_other(cli, tmp_path: Path, kind: str, names: dict[str, object]) -> None:
    random = np.random.default_rng(0)
    for part, count in (("learned", 14), ("asked", 7)):
        for name in names:
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                if kind == "labels":
                    store_picture(arrow(name, random), folder / f"{number:02d}", number)
                else:
                    store_sound(tone(name, random), folder / f"{number:02d}", number)
    told = cli("train", kind, "--data", tmp_path / "learned", "--out", tmp_path / "m", "--json")
    assert told.code == 0, told.err
    assert told.records[-1]["scores"]["accuracy"] > 0.9
    asked = sorted(file for file in (tmp_path / "asked").rglob("*.*"))
    labelled = cli("label", *asked, "--model", tmp_path / "m", "--all", "--json").records
    assert len(labelled) == len(asked)
    wrong = [one["path"] for one in labelled if one["annotations"][0]["label"] != Path(one["path"]).parent.name]
    assert wrong == []
