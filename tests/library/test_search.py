"""Questions of every kind, against brute force over the library's own descriptors where there is a right answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from making import RATE, noise, photographs, tone, write_video, write_wav
from sonolux.errors import MediaError, QueryError
from sonolux.library import Library


def names(hits: object) -> list[str]:
    return [Path(hit.path).name for hit in hits]


def descriptors(library: Library, space: str) -> dict[str, np.ndarray]:
    points = library.index.scroll(spaces=[space], keys=())
    return {point.id: point.vectors[space] for point in points if space in point.vectors}


def test_words_find_names_and_passages(library: Library) -> None:
    assert names(library.search("flute"))[0] == "flute.wav"
    assert names(library.search("flute", spaces="bm25")) == ["flute.wav"]
    assert names(library.search("sea noise"))[0] == "seaNoise.wav"
    hit = library.search("xylophone on the stairs")[0]
    assert (Path(hit.path).name, hit.kind) == ("essay.md", "passage")
    assert "xylophone" in hit.text
    assert "xylophone" in Path(hit.path).read_text()[int(hit.span.start) : int(hit.span.end)]


def test_words_that_nothing_holds_find_nothing(library: Library) -> None:
    assert library.search("zeppelin", spaces="bm25") == []
    assert library.search("zeppelin", confident=True) == []


def test_an_image_finds_itself_cropped_and_the_video_it_is_in(library: Library, tmp_path: Path) -> None:
    picture = Image.open(photographs()[1]).convert("RGB")
    width, height = picture.size
    crop = tmp_path / "crop.jpg"
    picture.crop((width // 20, height // 20, width - width // 20, height - height // 20)).save(crop, quality=60)
    found = library.search(image=crop, k=5)
    assert names(found)[0] == photographs()[1].name
    assert "slides.mp4" in names(found)[:3]
    video = next(hit for hit in found if hit.path.endswith("slides.mp4"))
    assert video.span.start == pytest.approx(2, abs=0.3)


def test_every_form_of_an_image_asks_the_same(library: Library) -> None:
    picture = Image.open(photographs()[0]).convert("RGB")
    by_path = library.search(image=photographs()[0])
    assert names(library.search(image=np.asarray(picture))) == names(by_path)
    assert names(library.search(image=picture)) == names(by_path)


def test_a_sound_finds_its_place_in_a_recording(library: Library, tmp_path: Path) -> None:
    clip = write_wav(tmp_path / "clip.wav", tone(880, 5))
    hit = library.search(
        audio=clip,
        space="mfcc",
        where={"path": str(next(Path(i.path) for i in library.items() if "long mix" in i.path))},
    )[0]
    assert 15 <= hit.span.start <= 25
    assert names(library.search(audio=(noise(3, seed=9), RATE)))[:2] != []
    assert names(library.search(audio=(noise(3, seed=9), RATE), space="mfcc"))[0] in ("seaNoise.wav", "long mix.wav")


def test_a_video_asks_with_its_shots(library: Library, tmp_path: Path) -> None:
    asked = write_video(tmp_path / "asked.mp4", photographs()[4:6])
    assert set(names(library.search(video=asked, k=3))) >= {path.name for path in photographs()[4:6]}


@pytest.mark.parametrize("space", ["hog", "colour-layout", "colour-histogram"])
def test_ranking_is_that_of_brute_force(library: Library, space: str) -> None:
    rows = descriptors(library, space)
    vector = np.random.default_rng(0).random(len(next(iter(rows.values())))).astype(np.float32)
    vector /= np.linalg.norm(vector)
    hits = library.search(vector=vector, space=space, k=50, spans=True)
    best = sorted(rows, key=lambda item: -float(rows[item] @ vector))
    assert [hit.id for hit in hits] == best
    assert [hit.score for hit in hits] == pytest.approx([float(rows[item] @ vector) for item in best], abs=1e-5)


def test_examples_ask_with_their_mean_and_are_not_answers(library: Library) -> None:
    rows = descriptors(library, "hog")
    files = list(library.items({"modality": "image"}))[:4]
    like, unlike = [item.id for item in files[:2]], [item.id for item in files[2:]]
    hits = library.search(like=like, unlike=unlike, space="hog", spans=True, k=50)
    mean = np.mean([rows[i] for i in like], 0)
    mean /= np.linalg.norm(mean)
    vector = mean - 0.5 * np.mean([rows[i] for i in unlike], 0) / np.linalg.norm(np.mean([rows[i] for i in unlike], 0))
    best = sorted(set(rows) - {*like, *unlike}, key=lambda item: -float(rows[item] @ vector))
    assert [hit.id for hit in hits] == best


def test_a_file_with_spans_is_an_example_through_them(library: Library, media: Path) -> None:
    hits = library.search(like=[media / "videos" / "slides.mp4"], k=4)
    assert "slides.mp4" not in names(hits)
    assert {path.name for path in photographs()[:3]} & set(names(hits))


def test_mixed_questions_are_fused_by_weight(library: Library, media: Path) -> None:
    moon = media / "photos" / "moon.png"
    both = names(library.search("flute", image=moon, k=4))
    assert {"flute.wav", "moon.png"} <= set(both)
    assert names(library.search("flute", image=moon, weights={"text": 9}))[0] == "flute.wav"
    assert names(library.search("flute", image=moon, weights={"image": 9}))[0] == "moon.png"


def test_filters_hold_for_every_hit(library: Library, media: Path) -> None:
    moon = media / "photos" / "moon.png"
    assert {hit.modality for hit in library.search(image=moon, where={"modality": "video"})} == {"video"}
    assert library.search(image=moon, where={"folder": media / "texts"}) == []
    wide = library.search(image=moon, where={"width": ">=600"}, k=20)
    assert wide
    assert all(library.item(hit.file).metadata["width"] >= 600 for hit in wide)


def test_pages_continue_one_another(library: Library, media: Path) -> None:
    moon = media / "photos" / "moon.png"
    whole = [hit.id for hit in library.search(image=moon, k=9)]
    paged = [hit.id for page in (1, 2, 3) for hit in library.search(image=moon, k=3, page=page)]
    assert len(whole) == 9
    assert paged == whole


def test_a_file_answers_once_unless_spans_are_wanted(library: Library, tmp_path: Path) -> None:
    clip = write_wav(tmp_path / "clip.wav", noise(4, seed=5))
    grouped = library.search(audio=clip, k=10)
    assert len({hit.file for hit in grouped}) == len(grouped)
    assert names(library.search(audio=clip, k=10, spans=True)).count("long mix.wav") > 1


def test_diversity_brings_other_files_forward(own: Path, tmp_path: Path) -> None:
    for number in range(4):
        picture = Image.open(own / "photos" / "moon.png").convert("RGB")
        picture.resize((500 - number, 500)).save(own / "photos" / f"moon{number}.jpg")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own / "photos")
        asked = own / "photos" / "moon.png"
        assert sum("moon" in name for name in names(library.search(image=asked, k=5))) == 5
        assert sum("moon" in name for name in names(library.search(image=asked, k=5, diverse=0.7))) < 4


def test_confident_answers_with_matches_and_else_with_nothing(data: Path, tmp_path: Path) -> None:
    photos = sorted((data / "imagenet_sample").glob("*.jpg"))
    folder = tmp_path / "photos"
    folder.mkdir()
    for photo in photos[:300]:
        (folder / photo.name).write_bytes(photo.read_bytes())
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder)
        known = [library.search(image=photo, confident=True) for photo in photos[:300:15]]
        strange = [library.search(image=photo, confident=True) for photo in photos[300:900:15]]
    assert all(hits and hits[0].path.endswith(photo.name) for hits, photo in zip(known, photos[:300:15], strict=True))
    assert sum(bool(hits) for hits in strange) <= 0.15 * len(strange)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "nothing is asked"),
        ({"k": 0, "like": []}, "nothing is asked"),
        ({"text": " "}, "nothing is asked"),
        ({"vector": np.ones(3)}, r"\(3,\)"),
        ({"vector": np.full(72, np.nan), "space": "no"}, "no space 'no'"),
        ({"like": ["nobody"]}, "nobody"),
        ({"image": np.zeros((4, 4))}, "uint8"),
        ({"audio": (np.zeros(0), 8000)}, "finite mono"),
        ({"image": "x.jpg", "space": "mfcc"}, "x.jpg: is not there"),
        ({"weights": {"smell": 1.0}, "like": []}, "smell"),
    ],
)
def test_what_cannot_be_asked_is_said(library: Library, asked: dict[str, object], said: str) -> None:
    with pytest.raises((QueryError, MediaError), match=said):
        library.search(asked.pop("text", None), **asked)


def test_a_file_to_ask_with_that_cannot_be_decoded(library: Library, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0nonsense")
    with pytest.raises(MediaError):
        library.search(image=broken)
