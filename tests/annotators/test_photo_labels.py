"""Labels with nothing trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sonolux as sx
from sonolux import sample
from sonolux.annotators import resolve
from sonolux.annotators.photo_labels import KEPT, PhotoLabels, everyday_kinds
from sonolux.encoders.packaged.image_classes import CLASSES, image_classes


@pytest.fixture(scope="session")
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled") / "things"
    sample.write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def labelled(things: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of some photos and a video, in the spaces of words and photographs."""
    place = tmp_path_factory.mktemp("labelled") / "l.sonolux"
    with sx.Library(place) as library:
        files = [things / "photos" / name for name in ("cat.jpg", "coffee.jpg", "gravel.jpg")]
        library.add(*files, things / "video", spaces=["photo", "bm25"], fingerprints=False)
    return place


def pixels(path: Path) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB"))


def test_the_five_most_probable_classes_are_parts_of_a_whole(things: Path) -> None:
    labels = resolve("photo-labels").annotate_one(pixels(things / "photos" / "cat.jpg"))
    assert [label.label for label in labels][:3] == ["Egyptian cat", "tiger cat", "tabby"]
    assert len(labels) == 5 and sum(label.probability for label in labels) <= 1 + 1e-6


def test_a_kind_is_as_probable_as_its_classes_together(things: Path) -> None:
    annotator = PhotoLabels()
    [chances] = annotator.probabilities([pixels(things / "photos" / "cat.jpg")])
    kinds = {kind.label: kind.probability for kind in annotator.kinds(chances)}
    table = image_classes()
    cat = table.labels.index("cat", CLASSES)
    assert kinds["cat"] == pytest.approx(sum(chances[n] for n in range(CLASSES) if cat in table.kinds(n)), rel=1e-5)
    assert kinds["animal"] >= kinds["cat"] > 0.9


def test_kinds_are_words_of_everyday() -> None:
    names = {image_classes().labels[place] for place in everyday_kinds()[0]}
    assert {"animal", "bird", "car", "dog", "food", "vehicle"} <= names
    assert not {"chordate", "device", "entity", "object", "placental", "whole"} & names


def test_nothing_is_said_of_no_pictures_and_little_of_blank_ones() -> None:
    annotator = PhotoLabels()
    assert annotator.label_and_kinds([]) == []
    [said] = annotator.label_and_kinds([np.full((64, 64, 3), 127, np.uint8)])
    assert all(KEPT <= label.probability <= 1 for label in said)


def test_new_pictures_are_labelled_found_and_filtered(labelled: Path) -> None:
    with sx.Library(labelled) as library:
        [cat] = [item for item in library.items() if Path(item.path).name == "cat.jpg"]
        assert {label.label for label in library.annotations(cat.id)} == {"Egyptian cat", "cat", "animal"}
        assert Path(library.search("animal", spaces="bm25", where={"modality": "image"})[0].path).name == "cat.jpg"
        assert [Path(hit.path).name for hit in library.search("espresso", where={"label": "espresso"}, spaces="bm25")]


def test_shots_of_a_video_have_their_own_labels(labelled: Path) -> None:
    with sx.Library(labelled) as library:
        hits = library.search("cat", spaces="bm25", where={"modality": "video"})
        assert hits and hits[0].span is not None
        assert 4 <= hits[0].span.start < hits[0].span.end <= 16


def test_a_later_run_passes_over_what_was_labelled_and_labels_are_forgotten(labelled: Path) -> None:
    with sx.Library(labelled) as library:
        again = library.annotate("photo-labels")
        assert (again.annotated, again.unchanged) == (0, 4)
        assert library.forget("photo-labels") == 4
        assert not library.search("animal", spaces="bm25")


def test_nothing_is_labelled_where_it_is_not_wanted(things: Path, tmp_path: Path) -> None:
    for spaces, labels in ((["hog", "bm25"], True), (["photo", "bm25"], False)):
        with sx.Library(tmp_path / spaces[0]) as library:
            library.add(things / "photos" / "cat.jpg", spaces=spaces, labels=labels)
            [item] = library.items()
            assert library.annotations(item.id) == []
