"""Sentence-transformers models of several modalities: beside the package itself, and what a checkpoint may not do."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from contracts.encoder_contract import TEXTS, images, sounds
from sonolux.encoders import resolve
from sonolux.encoders.base import normalised
from sonolux.encoders.hub import sentence
from sonolux.errors import EncoderError
from sonolux.library import Library
from sonolux.types import Modality

IMAGES = [np.ascontiguousarray(p) for p in images(3)]


def by_hand(folder: Path, inputs: list[object]) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return normalised(model.encode(inputs, show_progress_bar=False))


@pytest.fixture
def copied(st_clip: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(st_clip, tmp_path / "copy"))


def changed(folder: Path, file: str, change: Callable[[dict], None]) -> Path:
    content = json.loads((folder / file).read_text())
    change(content)
    (folder / file).write_text(json.dumps(content))
    return folder


def test_text_and_images_share_a_space(st_clip: Path, clip: Path) -> None:
    image, text = resolve(str(st_clip))
    assert (image.modality, text.modality) == (Modality.IMAGE, Modality.TEXT)
    assert image.as_space() == text.as_space()
    assert (image.dim, image.licence) == (12, "mit")
    np.testing.assert_allclose(image.encode(IMAGES), by_hand(st_clip, [Image.fromarray(p) for p in IMAGES]), atol=1e-5)
    np.testing.assert_allclose(text.encode(TEXTS[:3]), by_hand(st_clip, TEXTS[:3]), atol=1e-5)
    plain, _ = resolve(str(clip))
    np.testing.assert_allclose(image.encode(IMAGES), plain.encode(IMAGES), atol=1e-5)


def test_text_and_sound_share_a_space(st_clap: Path, clap: Path) -> None:
    audio, text = resolve(str(st_clap))
    assert (audio.modality, audio.sample_rate, audio.dim, text.dim) == (Modality.AUDIO, 8000, 12, 12)
    [short] = sounds(8000, 1)
    heard = by_hand(st_clap, [{"array": short, "sampling_rate": 8000}])
    np.testing.assert_allclose(audio.encode([short]), heard, atol=1e-5)
    plain, wanted = resolve(str(clap))
    np.testing.assert_allclose(text.encode(TEXTS[:3]), wanted.encode(TEXTS[:3]), atol=1e-5)
    assert audio.as_space().dim == plain.dim
    assert audio.encode([np.zeros(0, np.float32)]).shape == (1, 12)


def test_a_language_model_that_sees(st_llava: Path) -> None:
    image, text = resolve(str(st_llava))
    assert (image.modality, text.modality, image.dim, text.dim) == (Modality.IMAGE, Modality.TEXT, 16, 16)
    np.testing.assert_allclose(image.encode(IMAGES), by_hand(st_llava, [Image.fromarray(p) for p in IMAGES]), atol=1e-5)
    np.testing.assert_allclose(text.encode(TEXTS[:3]), by_hand(st_llava, TEXTS[:3]), atol=1e-5)
    [alone] = image.encode(IMAGES[:1])
    np.testing.assert_allclose(alone, image.encode(IMAGES)[0], atol=1e-5)


def test_text_and_pictures_go_different_ways(st_router: Path, tmp_path: Path) -> None:
    image, text = resolve(str(st_router))
    assert image.as_space() == text.as_space()
    assert image.dim == 12
    np.testing.assert_allclose(
        image.encode(IMAGES), by_hand(st_router, [Image.fromarray(p) for p in IMAGES]), atol=1e-5
    )
    np.testing.assert_allclose(text.encode_queries(TEXTS[:2]), by_hand(st_router, TEXTS[:2]), atol=1e-5)
    for change, said in (
        (lambda record: record["types"].update({"other": "evil.Module"}), "code of its own .evil.Module"),
        (lambda record: record["types"].update({"../x": "sentence_transformers.y.Dense"}), "lies outside its folder"),
        (lambda record: record.update(structure={}), "leads nowhere"),
        (lambda record: record.update(types=[1]), "not as expected"),
        (lambda record: record["types"].update({".": "sentence_transformers.y.Router"}), "leads to another such step"),
        (lambda record: record["structure"]["image"].pop(), "vectors of different lengths"),
    ):
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        copy = Path(shutil.copytree(st_router, tmp_path / "copy"))
        with pytest.raises(EncoderError, match=said):
            resolve(str(changed(copy, "router_config.json", change)))


def test_the_mark_for_a_picture_in_a_text_is_a_word_of_the_text(st_llava: Path) -> None:
    _, text = resolve(str(st_llava))
    marked, plain = text.encode(["a <image> on the beach", "a image on the beach"])
    np.testing.assert_allclose(marked, plain, atol=1e-6)


def test_a_sound_gives_the_same_whatever_stands_beside_it_and_the_middle_of_a_long_one_is_heard(st_clap: Path) -> None:
    audio, _ = resolve(str(st_clap))
    random = np.random.default_rng(0)
    clips = [0.1 * random.normal(size=length).astype(np.float32) for length in (4000, 8000, 24000)]
    together = audio.encode(clips)
    for row, clip in zip(together, clips, strict=True):
        np.testing.assert_allclose(audio.encode([clip])[0], row, atol=1e-5)
    np.testing.assert_allclose(audio.encode([clips[2][8000:16000]])[0], together[2], atol=1e-5)


def test_questions_have_the_prompt_of_questions(st_clip: Path) -> None:
    _, text = resolve(str(st_clip))
    np.testing.assert_allclose(
        text.encode_queries(["lisbon"]), by_hand(st_clip, ["a night train to lisbon"]), atol=1e-5
    )
    np.testing.assert_allclose(text.encode(["lisbon"]), by_hand(st_clip, ["lisbon"]), atol=1e-5)


def test_a_text_is_never_taken_for_the_picture_whose_address_it_is(
    st_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("the network was reached for")

    monkeypatch.setattr(socket, "create_connection", refuse)
    Image.fromarray(IMAGES[0]).save(tmp_path / "red.png")
    addresses = [str(tmp_path / "red.png"), "https://nowhere.invalid/a.jpg", "data:image/png;base64,AAAA"]
    image, text = resolve(str(st_clip))
    rows = np.asarray(text.encode([*addresses, "a dog"]))
    assert rows.shape == (4, 12)
    assert not np.allclose(rows[0], image.encode([IMAGES[0]])[0], atol=1e-3)


def test_the_class_that_took_images_before_settings_said_so(copied: Path) -> None:
    steps = [{"idx": 0, "name": "0", "path": "0_CLIPModel", "type": "sentence_transformers.models.CLIPModel"}]
    inner = copied / "0_CLIPModel"
    inner.mkdir()
    for file in copied.glob("*"):
        if file.is_file() and file.name not in ("modules.json", "config_sentence_transformers.json", "README.md"):
            file.rename(inner / file.name)
    (inner / "sentence_bert_config.json").unlink()
    (copied / "modules.json").write_text(json.dumps(steps))
    image, text = resolve(str(copied))
    assert (image.modality, text.modality) == (Modality.IMAGE, Modality.TEXT)
    assert image.encode(IMAGES).shape == (3, 12)
    assert text.encode(TEXTS[:2]).shape == (2, 12)


def test_words_find_pictures_in_a_library(st_clip: Path, tmp_path: Path) -> None:
    for number, pixels in enumerate(IMAGES):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    (tmp_path / "note.txt").write_text("a dog on the beach")
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(tmp_path, spaces=[str(st_clip)])
        assert not summary.failed
        hits = library.search("a dog on the beach", space=st_clip.name)
        image, text = resolve(str(st_clip))
        scores = text.encode_queries(["a dog on the beach"]) @ image.encode(IMAGES).T
        assert [Path(hit.path).stem for hit in hits] == [str(place) for place in np.argsort(-scores[0])]


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        (
            "sentence_bert_config.json",
            lambda content: content["modality_config"]["image"].update(method="push_to_hub"),
            "'push_to_hub', no method that describes an input",
        ),
        ("sentence_bert_config.json", lambda content: content.update(modality_config=[1]), "not as expected"),
        (
            "sentence_bert_config.json",
            lambda content: content.update(modality_config={"video": {"method": "forward"}}),
            "takes neither text, images nor sound",
        ),
        (
            "sentence_bert_config.json",
            lambda content: content["modality_config"].update(audio={"method": "get_audio_features"}),
            "does not tell at which sampling_rate",
        ),
    ],
)
def test_settings_that_cannot_be_followed_are_refused(
    copied: Path, file: str, change: Callable[[dict], None], said: str
) -> None:
    with pytest.raises(EncoderError, match=said):
        resolve(str(changed(copied, file, change)))


def test_a_projection_of_another_length_is_noticed(copied: Path) -> None:
    changed(copied, "config.json", lambda content: content.update(projection_dim=20))
    image, _ = resolve(str(copied))
    with pytest.raises(EncoderError):
        image.encode(IMAGES)


def test_sound_is_heard_in_single_precision(st_clap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio, text = resolve(str(st_clap))
    [short], read = sounds(8000, 1), text.encode(TEXTS[:2])
    whole = audio.encode([short])
    monkeypatch.setattr(sentence, "precision", lambda device: torch.float16)
    again, text = resolve(str(st_clap))
    np.testing.assert_array_equal(again.encode([short]), whole)
    np.testing.assert_array_equal(text.encode(TEXTS[:2]), read)
