"""A file that is asked with itself comes first, whatever it is made of; what there is nothing of is said."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from making import POEM, RATE, write_wav
from sonolux.encoders import Encoder
from sonolux.errors import QueryError
from sonolux.library import Library
from sonolux.types import Modality

FILMS = 5
PALETTE = np.random.default_rng(7).integers(40, 255, (12, 3), dtype=np.uint8)


def scene(number: int) -> np.ndarray:
    """Draw one of many pictures that resemble each other: blocks in few colours."""
    random = np.random.default_rng(number)
    return np.kron(PALETTE[random.integers(0, len(PALETTE), (4, 5))], np.ones((12, 12, 1), np.uint8))


def write_film(path: Path, scenes: list[np.ndarray]) -> None:
    """Write a second of each scene, with a tone of its own."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 60, 48, "yuv420p"
        for pixels in scenes:
            for _ in range(8):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode())


def melody(seed: int, seconds: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    time = np.arange(RATE // 2) / RATE
    notes = 220 * 2 ** (random.integers(0, 24, 2 * seconds) / 12)
    return np.concatenate([0.3 * np.sin(2 * np.pi * note * time) for note in notes])


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("known") / "held"
    folder.mkdir()
    for number in range(FILMS):
        # The last has more shots than are asked with; all begin in the dark.
        count = 10 if number == FILMS - 1 else 3 + number % 3
        write_film(folder / f"film{number}.mp4", [scene(0) // 40, *(scene(100 * number + n) for n in range(count))])
    for number in range(3):
        write_wav(folder / f"medley{number}.wav", melody(number, 13))
    write_wav(folder / "silence.wav", np.zeros(RATE * 3))
    for number in range(6):
        Image.fromarray(scene(number)).save(folder / f"photo{number}.png")
    (folder / "photo_copy.png").write_bytes((folder / "photo3.png").read_bytes())
    (folder / "film_copy.mp4").write_bytes((folder / "film3.mp4").read_bytes())
    for number in range(3):
        words = np.random.default_rng(number).choice(POEM.split(), 700)
        (folder / f"text{number}.txt").write_text(" ".join([*words[:350], f"mark{number}", *words[350:]]))
    return folder


@pytest.fixture(scope="module")
def library(held: Path) -> Iterator[Library]:
    with Library(held.parent / "known.sonolux") as opened:
        assert opened.add(held, fingerprints=False).failed == []
        yield opened


def first(library: Library, **asked: object) -> list[str]:
    return [Path(hit.path).name for hit in library.search(k=3, **asked)]


def test_a_video_comes_first(library: Library, held: Path) -> None:
    for number in range(FILMS):
        found = first(library, video=held / f"film{number}.mp4")
        assert found[0] == f"film{number}.mp4" or (number == 3 and set(found[:2]) == {"film3.mp4", "film_copy.mp4"})


def test_a_recording_comes_first_and_says_where(library: Library, held: Path) -> None:
    for number in range(3):
        hit = library.search(audio=held / f"medley{number}.wav", k=1)[0]
        assert Path(hit.path).name == f"medley{number}.wav"
        assert hit.span is not None and hit.kind == "window"


def test_a_photo_and_its_copy_share_the_first_places(library: Library, held: Path) -> None:
    assert first(library, image=held / "photo1.png")[0] == "photo1.png"
    hits = library.search(image=held / "photo3.png", k=3)
    assert {Path(hit.path).name for hit in hits[:2]} == {"photo3.png", "photo_copy.png"}
    assert hits[0].score == hits[1].score > hits[2].score


def test_a_long_text_comes_first_whole_or_in_capitals(library: Library, held: Path) -> None:
    for number in range(3):
        text = (held / f"text{number}.txt").read_text()
        assert first(library, text=text)[0] == f"text{number}.txt"
        assert first(library, text=text.upper())[0] == f"text{number}.txt"


def test_an_example_of_many_spans_finds_its_copy(library: Library, held: Path) -> None:
    assert first(library, like=held / "film3.mp4")[0] == "film_copy.mp4"
    assert "film_copy.mp4" in first(library, like=[held / "film3.mp4", held / "film1.mp4"])
    assert first(library, like=held / "photo3.png")[0] == "photo_copy.png"


@pytest.mark.parametrize("weights", [{"video": 0.01}, {"video": 50}])
def test_weights_do_not_matter_to_a_question_of_one_part(
    library: Library, held: Path, weights: dict[str, float]
) -> None:
    assert first(library, video=held / "film2.mp4", weights=weights)[0] == "film2.mp4"


def test_every_page_and_every_space_has_it_first(library: Library, held: Path) -> None:
    whole = [hit.id for hit in library.search(video=held / "film2.mp4", k=6)]
    paged = [hit.id for page in (1, 2, 3) for hit in library.search(video=held / "film2.mp4", k=2, page=page)]
    assert paged == whole
    for space in ("photo", "hog", "colour-histogram"):
        assert first(library, video=held / "film2.mp4", spaces=space)[0] == "film2.mp4"


def test_silence_is_said_to_be_silent(library: Library, held: Path) -> None:
    with pytest.raises(QueryError, match="the audio is silent or blank"):
        library.search(audio=held / "silence.wav")
    with pytest.raises(QueryError, match="the audio is silent or blank"):
        library.search(audio=(np.zeros(3 * RATE), RATE))


def test_a_library_of_one_answers_with_it(held: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "one.sonolux") as library:
        library.add(held / "film1.mp4", fingerprints=False)
        assert first(library, video=held / "film1.mp4") == ["film1.mp4"]
        assert first(library, video=held / "film2.mp4") == ["film1.mp4"]
        assert library.search(audio=held / "medley1.wav") == []


class HighTones(Encoder):
    """Hears the loudness of bands of 4 kHz, up to 24."""

    name = spec = space = digest = "high-tones"
    modality = Modality.AUDIO
    dim = 6
    sample_rate = 48_000

    def encode_batch(self, batch: Sequence[np.ndarray]) -> np.ndarray:
        spectra = [np.abs(np.fft.rfft(samples, 48_000))[:24_000] for samples in batch]
        return np.stack([spectrum.reshape(6, 4000).sum(1) for spectrum in spectra]).astype(np.float32)


def test_sound_is_asked_with_at_the_rate_at_which_it_was_added(tmp_path: Path) -> None:
    time = np.arange(96_000) / 48_000
    for hertz in (14_000, 18_000):
        with wave.open(str(tmp_path / f"{hertz}.wav"), "wb") as file:
            file.setparams((1, 2, 48_000, 0, "NONE", ""))
            both = np.sin(2 * np.pi * 1000 * time) / 4 + np.sin(2 * np.pi * hertz * time) / 2
            file.writeframes((both * 32_000).astype("<i2").tobytes())
    with Library(tmp_path / "l.sonolux") as library:
        library.create([HighTones()])
        library.add(tmp_path, fingerprints=False)
        for hertz in (14_000, 18_000):
            hit = library.search(audio=tmp_path / f"{hertz}.wav")[0]
            assert (Path(hit.path).stem, hit.score) == (str(hertz), pytest.approx(1, abs=1e-4))
