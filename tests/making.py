"""Small real media for tests: photographs that come with libraries, sounds and videos made here."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import numpy as np

RATE = 22_050
POEM = """The lighthouse keeper counts the ships that pass at night.

A storm is coming from the west, and the lamp needs oil.
"""


def photographs() -> list[Path]:
    import skimage
    import sklearn.datasets

    names = ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "moon.png", "brick.png", "grass.png"]
    images = [Path(skimage.__file__).parent / "data" / name for name in names]
    return images + sorted((Path(sklearn.datasets.__file__).parent / "images").glob("*.jpg"))


def tone(hertz: float, seconds: float) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return 0.4 * sum(np.sin(2 * np.pi * hertz * k * time) / k for k in (1, 2, 3))


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return 0.2 * np.random.default_rng(seed).standard_normal(int(seconds * RATE))


def write_wav(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def write_video(path: Path, images: list[Path], seconds: float = 2.0) -> Path:
    import av
    from PIL import Image

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=12)
        stream.width, stream.height, stream.pix_fmt = 256, 192, "yuv420p"
        for image in images:
            frame = av.VideoFrame.from_image(Image.open(image).convert("RGB").resize((256, 192)))
            for _ in range(int(12 * seconds)):
                frame.pts = None
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def fill(folder: Path) -> Path:
    """Write the folder: 9 photographs, 3 sounds, a video, 3 texts."""
    for name in ("photos", "sounds", "videos", "texts"):
        (folder / name).mkdir(parents=True)
    for image in photographs():
        shutil.copy(image, folder / "photos")
    write_wav(folder / "sounds" / "flute.wav", tone(440, 4))
    write_wav(folder / "sounds" / "seaNoise.wav", noise(4))
    scenes = [tone(220, 10), noise(10), tone(880, 10)]
    write_wav(folder / "sounds" / "long mix.wav", np.concatenate(scenes))
    write_video(folder / "videos" / "slides.mp4", photographs()[:3])
    (folder / "texts" / "poem.txt").write_text(POEM)
    paragraphs = [f"Paragraph {n} is about the number {n}. " + "Filler words follow here. " * 20 for n in range(12)]
    paragraphs[7] += "A xylophone falls down the stairs. "
    (folder / "texts" / "essay.md").write_text("# An essay\n\n" + "\n\n".join(paragraphs))
    (folder / "texts" / "page.html").write_text("<title>Bread</title><p>Knead the dough, let it rise, bake it.</p>")
    return folder
