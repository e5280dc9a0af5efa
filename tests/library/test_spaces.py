"""Which encoders a new library takes, and what happens when one of them cannot be used."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from sonolux.encoders import Encoder, resolve
from sonolux.errors import EncoderError
from sonolux.library import Library, spaces


def test_a_default_model_that_cannot_be_used_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(spec: str) -> list[Encoder]:
        if spec == "org/broken":
            raise EncoderError("its weights are pickled")
        return resolve(spec)

    monkeypatch.setattr(spaces, "default_specs", lambda: (["hog", "org/broken", "bm25"], "why"))
    monkeypatch.setattr(spaces, "resolve", refuse)
    with caplog.at_level(logging.WARNING):
        assert [encoder.name for encoder in spaces.default_encoders()] == ["hog", "bm25"]
    assert "org/broken is left out: its weights are pickled" in caplog.text


@pytest.mark.long
def test_a_space_whose_encoder_is_superseded_is_kept_unasked_and_says_how_to_move_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from sonolux.encoders.packaged import photo
    from sonolux.sample import write_sample

    write_sample(tmp_path / "things")
    cat = tmp_path / "things" / "photos" / "cat.jpg"
    before = photo.photo_folder().model_copy(update={"digest": "an earlier one"})
    with monkeypatch.context() as patch:
        patch.setattr(photo, "photo_folder", lambda variant=0: before)
        photo.backbone.cache_clear()
        with Library(tmp_path / "l.sonolux") as library:
            library.add(cat, spaces=["photo", "hog"])
    photo.backbone.cache_clear()
    monkeypatch.setattr(photo, "FORMER", frozenset(("an earlier one",)))
    with Library(tmp_path / "l.sonolux") as library:
        for _ in range(2):
            assert library.search(image=cat).spaces == ("hog",)
        said = [record.message for record in caplog.records]
        assert len(said) == 1, "once, not at every question"
        assert "space photo is not asked" in said[0] and "spaces --drop photo" in said[0] and "--space photo" in said[0]
        assert library.index.count(space="photo") == 1
        library.drop_space("photo")
        library.add(cat, spaces=["photo"])
        assert library.search(image=cat).spaces == ("hog", "photo")
