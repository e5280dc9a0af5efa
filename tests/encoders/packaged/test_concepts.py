"""The space where sentences and pictures meet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contracts.encoder_contract import EncoderContract
from sonolux import sample
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.packaged import concepts
from sonolux.encoders.packaged.image_classes import CLASSES, image_classes
from sonolux.settings import settings


@pytest.fixture(autouse=True)
def vectors_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Names of classes are encoded once: what is loaded outlives the cache of a single test."""
    concepts._class_vectors()._held()


class TestImage(EncoderContract):
    place = 0

    @pytest.fixture
    def encoder(self) -> Encoder:
        return resolve("concepts")[self.place]

    @pytest.fixture
    def altered(self) -> Encoder:
        vectors = concepts.ClassVectors()
        vectors.digest = "of other classes"
        return (concepts.ConceptImage, concepts.ConceptText)[self.place](vectors)


class TestText(TestImage):
    place = 1


def test_words_find_what_pictures_show(tmp_path: Path) -> None:
    from PIL import Image

    sample.write_sample(tmp_path)
    files = ["cat.jpg", "coffee.jpg", "motorcycle.jpg", "rocket.jpg"]
    image, text = resolve("concepts")
    pictures = [np.asarray(Image.open(tmp_path / "photos" / file).convert("RGB")) for file in files]
    asked = ["a cat", "a cup of coffee", "something to ride on the road", "a weapon that flies"]
    scores = text.encode_queries(asked) @ image.encode(pictures).T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_a_class_goes_up_into_its_kinds() -> None:
    table = image_classes()
    place = table.labels.index("tabby")
    [near, above, *_] = table.levels(place, 4)
    assert [table.labels[one] for one in near] == ["domestic cat"]
    assert {table.labels[one] for one in above} == {"cat", "domestic animal"}
    assert table.labels.index("animal") in table.kinds(place)
    names = np.eye(len(table.labels), dtype=np.float32)
    combined = concepts._with_kinds(table, place, names)
    assert combined.sum() == pytest.approx(1)
    assert combined[place] == pytest.approx(1 / 1.9375)
    assert combined[list(above)] == pytest.approx([combined[place] / 8] * 2)


def test_vectors_of_classes_are_kept_and_a_damaged_file_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = concepts._class_vectors()._held()
    calls: list[int] = []
    monkeypatch.setattr(concepts, "class_vectors", lambda table: calls.append(1) or made)
    for expected in (1, 1):
        np.testing.assert_array_equal(concepts.ClassVectors()._held(), made)
        assert len(calls) == expected
    [kept] = (settings().cache / "concepts").iterdir()
    for damage in (b"", b"\x93NUMPY garbage", kept.read_bytes()[:-1000]):
        kept.write_bytes(damage)
        calls.clear()
        np.testing.assert_array_equal(concepts.ClassVectors()._held(), made)
        assert calls == [1]


def test_every_class_has_a_name_of_its_own() -> None:
    labels = image_classes().labels[:CLASSES]
    assert len(set(labels)) == CLASSES
    assert {"crane (wading bird)", "crane (lifting device)"} <= set(labels)
