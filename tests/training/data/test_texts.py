"""Bags of words: which words count, what a code of them finds, and what is refused."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import numpy as np
import pytest

import sonolux as sx
from contracts.encoder_contract import TEXTS, EncoderContract
from sonolux.checkpoints.folder import ModelFolder
from sonolux.checkpoints.inputs import Words
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.trained.encoder import NumbersEncoder, TrainedEncoder, word_counts
from sonolux.errors import EncoderError, TrainingError
from sonolux.training.data.numbers import RowSet
from sonolux.training.data.texts import read_words, vocabulary_of
from sonolux.training.hashing.recipes import AutoencoderRecipe
from sonolux.training.hashing.train import train_rows
from sonolux.training.recipes import make_recipe

SUBJECTS = {
    "sea": "boat wave harbour sail tide anchor fish coast",
    "bread": "flour oven dough yeast bake crust loaf salt",
    "night": "moon owl dark star lantern sleep dream shadow",
}


def recipe(**changes: object) -> AutoencoderRecipe:
    start = {"bits": 32, "epochs": 40, "batch_size": 16, "validation": 0.1, "learning_rate": 3e-3}
    return make_recipe("ae", **(start | {"inputs": "words", "layer_epochs": 3} | changes))


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder of 3 subjects x 20 texts: words of the subject at random, between words that all texts have."""
    random = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("texts")
    for subject, words in SUBJECTS.items():
        (root / subject).mkdir()
        for number in range(20):
            chosen = random.choice(words.split(), 6, replace=False)
            (root / subject / f"{number}.txt").write_text(f"The story of the {' and the '.join(chosen)}, once more.")
    return root


@pytest.fixture(scope="session")
def trained(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words") / "tales"
    train_rows(read_words(texts), recipe(), folder, "CC0-1.0")
    return folder


class TestContract(EncoderContract):
    @pytest.fixture
    def encoder(self, tmp_path: Path) -> Encoder:
        return self.made(tmp_path / "one", seed=0)

    @pytest.fixture
    def altered(self, tmp_path: Path) -> Encoder:
        return self.made(tmp_path / "other", seed=1)

    @staticmethod
    def made(folder: Path, seed: int) -> Encoder:
        how = Words(vocabulary=("dog", "beach", "price", "vögel", "海", "滩上", "train"))
        rows = np.repeat(word_counts(TEXTS, how), 4, axis=0)
        train_rows(RowSet("texts", rows, how), recipe(epochs=30, batch_size=8, seed=seed), folder)
        return resolve(str(folder))[0]


def test_a_row_counts_the_words_of_its_text() -> None:
    how = Words(vocabulary=("dog", "beach", "滩上", "écru"))
    rows = word_counts(["A DOG, a dog's dog; beaches", "海滩上", "", "Ecru or écru, ÉCRU"], how)
    expected = np.log1p([[3, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 2]])
    np.testing.assert_allclose(rows, expected, rtol=1e-6)


def test_the_vocabulary_holds_what_occurs_most_and_tells_something() -> None:
    texts = ["the cat and the dog's dog", "the dog, a cat and a bird", "only here only here", "the bird 42 42 s s"]
    assert vocabulary_of(texts, "texts") == ("dog", "bird", "cat")
    assert vocabulary_of(texts, "texts", most=1) == ("dog",)


def test_texts_of_one_subject_are_found(trained: Path, texts: Path, tmp_path: Path) -> None:
    with sx.Library(tmp_path / "tales.sonolux") as library:
        library.add(texts, spaces=[str(trained)])
        for subject, words in SUBJECTS.items():
            hits = library.search(" ".join(words.split()[:5]), spaces=["tales"], k=10)
            assert sum(f"/{subject}/" in hit.path for hit in hits) >= 9


@pytest.mark.data
def test_real_texts_of_one_subject_are_found(data: Path, tmp_path: Path) -> None:
    """Sentences about one thing are near to each other by what else they say, for its name is taken out."""
    lines = gzip.decompress((data / "multi30k" / "train.en.gz").read_bytes()).decode("utf-8").splitlines()
    made = [(text, subject) for subject in NAMES for text in about(subject, lines)]
    with (tmp_path / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "subject"), *made])
    rows = read_words(tmp_path / "texts.csv")
    assert not set(NAMES) & set(rows.preprocessing.vocabulary)
    train_rows(rows, recipe(bits=64, epochs=40), tmp_path / "m")
    codes = np.unpackbits(TrainedEncoder(tmp_path / "m").encode([text for text, _ in made]), axis=1) * 2.0 - 1
    likeness = codes @ codes.T - 1e9 * np.eye(len(codes))
    nearest = np.argsort(-likeness, axis=1)[:, :10]
    names = np.array([subject for _, subject in made])
    assert (names[nearest] == names[:, None]).mean() > 0.7  # .25 by chance


NAMES = ("dog", "guitar", "beach", "bicycle")


def about(subject: str, lines: list[str], texts: int = 40, sentences: int = 5) -> list[str]:
    named = re.compile(rf"\b({'|'.join(NAMES)})(es|s)?\b", re.IGNORECASE)
    found = [named.sub("", line) for line in lines if f" {subject} " in line]
    return [" ".join(found[i * sentences : (i + 1) * sentences]) for i in range(texts)]


def test_the_card_holds_vocabulary_and_recipe(trained: Path) -> None:
    model = ModelFolder.load(trained)
    assert isinstance(model.preprocessing, Words)
    assert {"boat", "loaf", "owl"} < set(model.preprocessing.vocabulary)
    assert "the" not in model.preprocessing.vocabulary
    assert model.recipe["architecture"] == "dense-autoencoder"
    assert model.data["items"] == 48
    assert model.licence == "CC0-1.0"
    assert model.scores["explained variance"] > 0.1
    assert sorted(file.name for file in trained.iterdir()) == ["curve.png", "model.json", "model.safetensors"]


def test_a_table_names_files(texts: Path, tmp_path: Path) -> None:
    files = sorted(texts.rglob("*.txt"))
    (tmp_path / "t.csv").write_text("path\n" + "\n".join(map(str, files)) + f"\n{tmp_path / 'gone.txt'}\n")
    listed, found = read_words(tmp_path / "t.csv"), read_words(texts)
    np.testing.assert_array_equal(np.sort(listed.rows, axis=0), np.sort(found.rows, axis=0))
    assert [Path(failure.path).name for failure in listed.failed] == ["gone.txt"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("title\nx\n", "has no column text or path"),
        ("text\na b\n\n", "1 readable texts or passages; at least 8 are needed"),
        ("text,n\n" + "a word,1\n" * 7 + ",1\n", "line 9: no text"),
        ("text\n" + "\n".join("abcdefghij") + "\n", "no word occurs in 2 texts"),
    ],
)
def test_what_is_refused(content: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(TrainingError, match=why):
        read_words(tmp_path / "t.csv")


def test_images_are_no_texts(shapes: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="0 readable texts or passages"):
        read_words(shapes)
    with pytest.raises(TrainingError, match="neither a folder of texts"):
        read_words(tmp_path / "nothing")


def test_a_model_of_words_is_none_of_images(trained: Path) -> None:
    with pytest.raises(EncoderError, match="takes words, not pictures"):
        _ = ModelFolder.load(trained).images
    with pytest.raises(EncoderError, match="takes no rows of numbers"):
        NumbersEncoder(trained)


def test_a_vocabulary_holds_no_word_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Words(vocabulary=("dog", "cat", "dog"))
