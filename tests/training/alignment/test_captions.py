"""A space learned from captions: what tables may hold, what is learned, and its use in a library."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import PhotosAndSentences
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders import resolve
from sonolux.encoders.packaged.photo import WIDTH
from sonolux.encoders.packaged.sentences import DIM
from sonolux.encoders.trained.captions import (
    ARCHITECTURE,
    CORRECTION,
    correct_photos,
    correct_sentences,
    mapped,
    photo_views,
    sentence_views,
    source_digests,
)
from sonolux.errors import EncoderError, TrainingError
from sonolux.library import Library
from sonolux.models.query_bank import NEAREST
from sonolux.training.alignment.data import CaptionSet, read_captions, rows_in
from sonolux.training.alignment.learn import WEIGHTS, choose_weight, fit_network
from sonolux.training.alignment.recipe import CaptionsRecipe
from sonolux.training.alignment.train import train_captions

COLOURS = {"red": (220, 20, 20), "green": (20, 180, 20), "blue": (20, 20, 220), "yellow": (240, 230, 20)}
SHAPES = ("stripes", "dots", "checks")
SAID = [(colour, shape) for colour in COLOURS for shape in SHAPES]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen pictures of patterns in colours, with a table of what they show."""
    folder = tmp_path_factory.mktemp("patterns")
    rows, columns = np.mgrid[:128, :128]
    masks = {
        "stripes": rows // 16 % 2 == 0,
        "dots": (rows % 32 - 16) ** 2 + (columns % 32 - 16) ** 2 < 90,
        "checks": (rows // 16 + columns // 16) % 2 == 0,
    }
    lines = ["path,caption"]
    for colour, shape in SAID:
        pixels = np.where(masks[shape][..., None], COLOURS[colour], 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{colour}-{shape}.png")
        lines += [f"{colour}-{shape}.png,{words}" for words in (f"{colour} {shape} on white", f"a pattern of {shape}")]
    (folder / "captions.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def captions(photos: Path) -> CaptionSet:
    return read_captions(photos / "captions.csv")


def synthetic(count: int, several: int = 3, seed: int = 0) -> CaptionSet:
    """Make photos and sentences of a few hidden numbers, in vectors as long as the real ones; concepts say nothing."""
    random = np.random.default_rng(seed)
    hidden, one, other = (random.standard_normal(size) for size in ((count, 6), (6, WIDTH), (6, DIM)))
    owners = np.repeat(np.arange(count), several)
    features = hidden @ one + 0.2 * random.standard_normal((count, WIDTH))
    vectors = hidden[owners] @ other + 0.2 * random.standard_normal((len(owners), DIM))
    noise = [random.standard_normal((rows, DIM)) * (np.arange(DIM) < 4) for rows in (count, len(owners))]
    known = [(rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32) for rows in noise]
    return CaptionSet("made", features.astype(np.float32), known[0], vectors.astype(np.float32), known[1], owners)


def test_a_known_map_is_learned_and_scored_on_photos_held_out(tmp_path: Path) -> None:
    saved = train_captions(synthetic(60), CaptionsRecipe(validation=0.5, concepts=0), tmp_path / "made")
    assert saved.scores["recall-1"] > 0.9
    assert saved.scores["recall-1-concepts"] < 0.3
    assert saved.data["pictures"] == saved.data["held_out"] == 30
    assert saved.data["captions"] == 90
    assert saved.descriptor.dim == 29 + CORRECTION
    again = train_captions(synthetic(60), CaptionsRecipe(validation=0.5, concepts=0), tmp_path / "again")
    assert again.scores == saved.scores
    untold = train_captions(synthetic(60), CaptionsRecipe(validation=0), tmp_path / "all")
    assert (untold.scores, untold.data["held_out"], untold.descriptor.dim) == ({}, 0, 59 + DIM + CORRECTION)


def test_concepts_count_as_much_as_they_help_photos_not_learned_from() -> None:
    learnable = synthetic(60)
    assert choose_weight(learnable, CaptionsRecipe()) == WEIGHTS[-1] == 0.5
    told = np.eye(60, DIM, dtype=np.float32)
    known = replace(learnable, image_concepts=told, sentence_concepts=told[learnable.owners])
    noise = np.random.default_rng(1).standard_normal(learnable.vectors.shape).astype(np.float32)
    assert choose_weight(replace(known, vectors=noise), CaptionsRecipe()) == WEIGHTS[0] == 4


def test_the_weight_that_was_chosen_is_written_down(tmp_path: Path) -> None:
    saved = train_captions(synthetic(30), CaptionsRecipe(), tmp_path / "made")
    assert saved.recipe["concepts"] == saved.preprocessing.concepts == 0.5


def test_a_subset_keeps_whole_photos() -> None:
    whole = synthetic(10)
    part = whole.subset(np.array([7, 2]))
    np.testing.assert_array_equal(part.features, whole.features[[7, 2]])
    for row, photo in enumerate((7, 2)):
        np.testing.assert_array_equal(part.vectors[part.owners == row], whole.vectors[whole.owners == photo])
    assert len(part.vectors) == 6


def test_words_find_photos_in_the_space_of_a_folder(captions: CaptionSet, photos: Path, tmp_path: Path) -> None:
    model = train_captions(captions, CaptionsRecipe(validation=0, image_ridge=0.1, text_ridge=0.1), tmp_path / "mine")
    image, text = resolve(str(model.path))
    assert (image.space, text.space, image.dim) == ("mine", "mine", text.dim)
    assert image.name != text.name
    with Library(tmp_path / "l.sonolux") as library:
        library.add(photos, spaces=[str(model.path)])
        found = [Path(library.search(f"{colour} {shape} on white", k=1)[0].path).stem for colour, shape in SAID]
        assert found == [f"{colour}-{shape}" for colour, shape in SAID]
        assert {hit.modality for hit in library.search("dots")} == {"image"}
        assert len(library.search(image=photos / "red-dots.png", k=3)) == 3


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_similarities_are_the_weighed_mean_less_the_hubness_of_photos(
    captions: CaptionSet, photos: Path, tmp_path: Path, weight: float
) -> None:
    saved = train_captions(captions, CaptionsRecipe(validation=0, concepts=weight), tmp_path / "made")
    pixels = [np.asarray(Image.open(photos / f"{colour}-{shape}.png")) for colour, shape in SAID]
    asked = ["blue dots", "a cat"]
    image, text = resolve(str(saved.path))
    network = saved.network()

    def uncorrected(sentences: list[str] | None = None) -> np.ndarray:
        features, concepts = photo_views(pixels)
        vectors, meanings = sentence_views(asked if sentences is None else sentences)
        learned = mapped(network.texts, vectors) @ mapped(network.images, features).T
        return learned + weight * meanings @ concepts.T

    learned_from = [line.partition(",")[2] for line in (photos / "captions.csv").read_text().splitlines()[1:]]
    halves = np.sort(uncorrected(learned_from), axis=0)[-NEAREST:].mean(axis=0) / 2
    expected = uncorrected() - (halves - halves.mean())
    rows = image.encode_batch(pixels)
    np.testing.assert_allclose(text.encode_batch(asked) @ rows.T, expected, atol=1e-5)
    lengths = np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(lengths, lengths[0], atol=1e-5)
    assert lengths[0] ** 2 == pytest.approx(1 + weight + np.abs(halves - halves.mean()).max() ** 2, abs=1e-4)


def test_what_says_nothing_stays_nothing(captions: CaptionSet, tmp_path: Path) -> None:
    saved = train_captions(captions, CaptionsRecipe(validation=0), tmp_path / "made")
    bank = saved.network().bank
    nothing = np.zeros((2, len(bank.questions[0])), np.float32)
    assert not correct_photos(nothing, bank).any()
    assert not correct_sentences(nothing).any()


def test_folders_of_before_have_no_bank_and_go_on(captions: CaptionSet, photos: Path, tmp_path: Path) -> None:
    recipe = CaptionsRecipe(validation=0, concepts=2.0)
    network = fit_network(captions, recipe)
    sizes = {"images": WIDTH, "texts": DIM, "outputs": network.outputs}
    record = ModelFolder(
        architecture=Architecture(name=ARCHITECTURE, arguments=sizes),
        preprocessing=PhotosAndSentences(digests=source_digests(), concepts=2.0),
        descriptor=Descriptor(space="former", dim=network.outputs + DIM),
    )
    image, text = resolve(str(record.save(tmp_path / "former", network).path))
    pixels = np.asarray(Image.open(photos / "blue-dots.png"))
    assert image.encode([pixels]).shape == text.encode(["blue dots"]).shape == (1, network.outputs + DIM)


def test_a_folder_is_refused_where_it_does_not_stand_on_what_it_learned_from(tmp_path: Path) -> None:
    model = train_captions(synthetic(20), CaptionsRecipe(validation=0), tmp_path / "made")
    card = model.path / "model.json"
    record = json.loads(card.read_text())
    for name in ("photo", "sentences", "concepts"):
        changed = {**record, "preprocessing": json.loads(json.dumps(record["preprocessing"]))}
        changed["preprocessing"]["digests"][name] = "0" * 16
        card.write_text(json.dumps(changed))
        with pytest.raises(EncoderError, match=f"was trained on {name} .digest 0+., which is now .* train again"):
            resolve(str(model.path))
    card.write_text(json.dumps(record | {"descriptor": record["descriptor"] | {"dim": 50}}))
    with pytest.raises(EncoderError, match="does not give what model"):
        resolve(str(model.path))
    card.write_text(json.dumps(record))
    assert len(resolve(str(model.path))) == 2
    assert ModelFolder.load(model.path).recipe["image_ridge"] == 3.0


def lines(folder: Path, text: str, name: str = "table.csv") -> Path:
    table = folder / name
    table.write_bytes(text.encode())
    return table


def rows_of(table: Path) -> list[tuple[str, str]]:
    return [(path, sentence) for _, path, sentence in rows_in(table)[0]]


def test_tables_of_several_kinds_are_read(tmp_path: Path) -> None:
    expected = [("a.jpg", 'a man, they say "tall"'), ("a.jpg", "two")]
    quoted = 'a.jpg,"a man, they say ""tall"""\na.jpg,two\n'
    assert rows_of(lines(tmp_path, quoted)) == expected
    assert rows_of(lines(tmp_path, "\ufeffimage,caption\r\n" + quoted.replace("\n", "\r\n"))) == expected
    tabs = 'a.jpg\ta man, they say "tall"\n\na.jpg\ttwo\n'
    assert rows_of(lines(tmp_path, tabs, "t.tsv")) == expected
    swapped = 'Caption\tid\tFile\na man, they say "tall"\t1\ta.jpg\ntwo\t2\ta.jpg\n'
    assert rows_of(lines(tmp_path, swapped, "t.txt")) == expected
    assert rows_of(lines(tmp_path, "image,caption\n" + quoted, "captions.txt")) == expected
    assert rows_of(lines(tmp_path, 'a.jpg\t"quoted" at first\n', "t.tsv")) == [("a.jpg", '"quoted" at first')]
    excel = "File Name;Caption\r\na.jpg;ein Mädchen, das lacht\r\n"
    (tmp_path / "excel.csv").write_bytes(excel.encode("cp1252"))
    assert rows_of(tmp_path / "excel.csv") == [("a.jpg", "ein Mädchen, das lacht")]
    objects = '{"file_name": "a.jpg", "text": "two"}\n'
    assert rows_of(lines(tmp_path, objects, "metadata.jsonl")) == [("a.jpg", "two")]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("a.jpg,\n", "t.csv", "line 1: a.jpg has no caption"),
        ("path,caption\na.jpg,   \n", "t.csv", "line 2: a.jpg has no caption"),
        ("a.jpg one\n", "t.tsv", "line 1: a.jpg one has no caption"),
        (",one\n", "t.csv", "line 1: no path"),
        ("", "t.csv", "is empty"),
        ("a.jpg,a man, a dog\n", "t.csv", "3 columns, not a path and a caption"),
        ("x", "t.json", "is no table"),
        ("x" * 200_000 + ",one\n", "t.csv", "a path of 200,000 characters"),
        ("a.jpg," + "x" * 2_000_000, "t.csv", "cannot be read"),
    ],
)
def test_broken_tables_are_refused_in_one_line(tmp_path: Path, text: str, name: str, said: str) -> None:
    table = lines(tmp_path, text, name)
    with pytest.raises(TrainingError, match=said) as refused:
        read_captions(table)
    assert "\n" not in str(refused.value)
    assert name in str(refused.value)


def test_missing_tables_folders_and_too_few_photos_are_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"none.csv cannot be read"):
        read_captions(tmp_path / "none.csv")
    table = lines(tmp_path, "red-dots.png,red dots\n")
    with pytest.raises(TrainingError, match="no folder: say with --pictures"):
        read_captions(table, tmp_path / "nowhere")
    with pytest.raises(TrainingError, match=r"0 readable photos.*red-dots\.png"):
        read_captions(table)
    with pytest.raises(TrainingError, match="1 readable photos with captions; at least 8"):
        read_captions(table, photos)
    with pytest.raises(TrainingError, match="it was trained on English"):
        read_captions(lines(tmp_path, "red-dots.png,красные точки\n"), photos)
    whole = synthetic(12)
    same = replace(whole, vectors=np.ones_like(whole.vectors))
    for refused, said in ((whole.subset(np.arange(3)), "3 photos with captions"), (same, "are all the same")):
        with pytest.raises(TrainingError, match=said):
            train_captions(refused, CaptionsRecipe(), tmp_path / "model")


def test_what_is_left_out_is_told_and_costs_nothing_else(photos: Path, captions: CaptionSet, tmp_path: Path) -> None:
    (tmp_path / "copy.png").write_bytes((photos / "red-dots.png").read_bytes())
    (tmp_path / "broken.png").write_bytes((photos / "red-dots.png").read_bytes()[:60])
    (tmp_path / "words.txt").write_text("no photo")
    for photo in photos.glob("*.png"):
        (tmp_path / photo.name).write_bytes(photo.read_bytes())
    table = lines(
        tmp_path,
        (photos / "captions.csv").read_text()
        + "\nred-dots.png,red dots on white\nmissing.png,a cat\nbroken.png,a dog\nwords.txt,a text\n"
        + "blue-dots.png,синие точки\ncopy.png,the same again\nred-dots.png#3,red dots on white\nred-dots.png,\n",
    )
    read = read_captions(table)
    reasons = {Path(failure.path).name: failure.reason for failure in read.failed}
    assert set(reasons) == {"missing.png", "broken.png", "words.txt", "blue-dots.png", "table.csv"}
    assert reasons["table.csv"] == "line 33: red-dots.png has no caption"
    assert "line 30 is not in Latin letters" in reasons["blue-dots.png"]
    assert all("\n" not in reason for reason in reasons.values())
    assert len(read) == len(captions) == 12
    assert len(read.owners) == len(captions.owners) + 1
    assert "line 26 repeats an earlier one, as 1 others do: each counts once" in read.notes[0]
    assert "is the same photo as" in read.notes[1]
    np.testing.assert_array_equal(read.features, captions.features)
