"""Aligned spaces: what pairs may be, what heads learn from them, and their use in a library."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from making import photographs, tone, write_video, write_wav
from sonolux.checkpoints.inputs import Towers
from sonolux.encoders import resolve
from sonolux.errors import EncoderError, TrainingError
from sonolux.library import Library
from sonolux.library.annotated_pairs import annotated_lines
from sonolux.training.alignment.heads import choose_epochs, first_ranks, fit_heads, score_pairs
from sonolux.training.alignment.pair_reading import read_pairs
from sonolux.training.alignment.pair_sources import table_lines
from sonolux.training.alignment.pairs import PairSet
from sonolux.training.alignment.recipe import AlignRecipe
from sonolux.training.alignment.train import train_align
from sonolux.training.losses.info_nce import info_nce
from sonolux.training.losses.ranking_hinge import ranking_hinge

TOWERS = {"image": ["colour-layout"], "audio": ["mfcc"], "text": ["sentences"]}
COLOURS = {"red": (220, 20, 20), "green": (20, 180, 20), "blue": (20, 20, 220), "white": (250, 250, 250)}
PITCHES = {"red": 220, "green": 880, "blue": 1760, "white": 3520}
RECIPE = AlignRecipe(dim=16, epochs=20, validation=0, learning_rate=1e-2, dropout=0)


def write_table(path: Path, rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plain pictures of four colours, four of each, and tones of a pitch for each colour."""
    folder = tmp_path_factory.mktemp("colours")
    random = np.random.default_rng(0)
    for colour, rgb in COLOURS.items():
        for number in range(4):
            pixels = np.clip(np.array(rgb) + random.normal(0, 12, (32, 32, 3)), 0, 255).astype(np.uint8)
            pixels[: 4 + number] = 0
            Image.fromarray(pixels).save(folder / f"{colour}{number}.png")
            write_wav(folder / f"{colour}{number}.wav", tone(PITCHES[colour] + 3 * number, 1))
    return folder


@pytest.fixture(scope="module")
def pairs(folder: Path) -> PairSet:
    lines = [("image", "audio")]
    lines += [(f"{colour}{n}.png", f"{colour}{n}.wav") for colour in COLOURS for n in range(4)]
    return read_pairs(write_table(folder / "pairs.csv", lines), TOWERS, known="")


def write_sounding_video(path: Path, seconds: int, heard_seconds: int) -> None:
    """Write pictures that change every second, with a tone."""
    import av

    with av.open(str(path), "w") as container:
        shown, heard = container.add_stream("mpeg4", rate=10), container.add_stream("aac", rate=22_050)
        shown.width, shown.height, shown.pix_fmt = 64, 48, "yuv420p"
        for number in range(10 * seconds):
            pixels = np.full((48, 64, 3), 60 * (number // 10) % 255, np.uint8)
            pixels[:24] = 200
            container.mux(shown.encode(av.VideoFrame.from_ndarray(pixels)))
        samples = (0.5 * np.sin(np.arange(22_050 * heard_seconds) / 9)).astype(np.float32)
        for start in range(0, len(samples), 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
            frame.rate, frame.pts = 22_050, start
            container.mux(heard.encode(frame))
        container.mux(shown.encode(None))
        container.mux(heard.encode(None))


def made(groups: int = 30, seed: int = 0, third: bool = False) -> PairSet:
    """Pairs of two views, or three, of what is the same below; of the third, every other pair lacks one."""
    random = np.random.default_rng(seed)
    below = random.normal(size=(groups, 4)).astype(np.float32)
    names = ("image", "audio", "text")[: 2 + third]
    views = {name: below @ random.normal(size=(4, 12)).astype(np.float32) for name in names}
    rows = np.stack([np.arange(groups)] * len(names), axis=1)
    if third:
        views["text"] = views["text"][::2]
        rows[:, 2] = np.where(np.arange(groups) % 2 == 0, np.arange(groups) // 2, -1)
    towers = Towers(towers={"image": ("a",), "audio": ("b",)}, digests={"a": "0"})
    return PairSet("made", towers, views, {}, rows)


def test_sounds_find_pictures_and_pictures_sounds_in_a_library(pairs: PairSet, folder: Path, tmp_path: Path) -> None:
    saved = train_align(pairs, RECIPE, tmp_path / "seen-and-heard")
    assert {str(one.modality) for one in resolve(str(saved.path))} == {"image", "audio"}
    with Library(tmp_path / "library") as library:
        library.add(folder, spaces=[str(saved.path)])
        for colour in COLOURS:
            image = library.search(audio=folder / f"{colour}1.wav", where={"modality": "image"}, k=4)
            sound = library.search(image=folder / f"{colour}1.png", where={"modality": "audio"}, k=4)
            for hits in (image, sound):
                assert sum(Path(hit.path).name.startswith(colour) for hit in hits) >= 3


def test_a_model_is_the_same_again_and_knows_its_towers(pairs: PairSet, folder: Path, tmp_path: Path) -> None:
    once, again = (train_align(pairs, RECIPE, tmp_path / name) for name in ("once", "again"))
    rows = [
        np.asarray(encoder.encode([np.asarray(Image.open(folder / "red0.png"))]))
        for saved in (once, again)
        for encoder in resolve(str(saved.path))
        if encoder.modality == "image"
    ]
    assert np.array_equal(*rows)
    card = once.path / "model.json"
    card.write_text(card.read_text().replace(pairs.towers.digests["mfcc"], "0" * 8))
    with pytest.raises(EncoderError, match="was trained on mfcc"):
        resolve(str(once.path))


@pytest.mark.parametrize("loss", ["contrastive", "triplet"])
@pytest.mark.parametrize("third", [False, True])
def test_heads_learn_what_belongs_together(loss: str, third: bool) -> None:
    learned, judged = made(120, third=third).subset(np.arange(90)), made(120, third=third).subset(np.arange(90, 120))
    recipe = AlignRecipe(loss=loss, dim=8, epochs=30, batch_size=32, learning_rate=1e-2, dropout=0)
    scores = score_pairs(fit_heads(learned, recipe, 30), judged, 0.0)
    assert len(scores) == (12 if third else 4)
    assert all(score >= 0.8 for name, score in scores.items() if "recall-10" in name)
    assert all(score >= 0.3 for score in scores.values())


def test_a_last_batch_of_one_pair_and_pairs_that_all_belong_together_do_no_harm() -> None:
    one = made(33)
    together = PairSet("made", one.towers, one.views, {}, np.stack([np.zeros(33, int), np.arange(33)], axis=1))
    for pairs in (one, together):
        network = fit_heads(pairs, AlignRecipe(batch_size=32, dim=4), 2)
        assert all(torch.isfinite(parameter).all() for parameter in network.parameters())


def test_pairs_that_say_nothing_teach_nothing() -> None:
    drawn = made(60)
    mixed = PairSet("mixed", drawn.towers, drawn.views, {}, np.random.default_rng(0).permuted(drawn.pairs, axis=0))
    _, epochs, weight = choose_epochs(mixed, AlignRecipe(epochs=5, dim=8))
    assert (1 <= epochs <= 5, weight) == (True, 0.0)


def test_what_was_known_is_kept_where_little_is_learned() -> None:
    drawn = made(24)
    known = {name: np.eye(24, dtype=np.float32) for name in drawn.views}
    random = np.random.default_rng(1)
    noise = {name: random.normal(size=(24, 12)).astype(np.float32) for name in drawn.views}
    _, _, weight = choose_epochs(PairSet("noise", drawn.towers, noise, known, drawn.pairs), AlignRecipe(epochs=3))
    assert weight > 0


@given(st.integers(2, 8), st.integers(0, 1000))
@settings(max_examples=20)
def test_losses_are_least_where_pairs_are_told(count: int, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    rows = torch.nn.functional.normalize(torch.randn(count, 16, generator=chance))
    others = torch.nn.functional.normalize(torch.randn(count, 16, generator=chance))
    for loss in (lambda a, b: info_nce(a, b, 0.1), lambda a, b: ranking_hinge(a, b, 0.2)):
        assert loss(rows, rows) <= loss(rows, others) + 1e-6
    everything = torch.ones(count, count, dtype=torch.bool)
    assert float(ranking_hinge(rows, others, 0.2, everything)) == 0
    assert float(info_nce(rows, others, 0.1, everything)) == pytest.approx(0, abs=1e-6)


def test_first_ranks_by_brute_force() -> None:
    random = np.random.default_rng(0)
    likeness = random.integers(0, 4, (20, 9)).astype(np.float32)
    right = random.random((20, 9)) < 0.3
    right[:, 0] = True
    for row, answers, rank in zip(likeness, right, first_ranks(likeness, right), strict=True):
        order = sorted(range(9), key=lambda one: (-row[one], answers[one]))
        assert rank == 1 + next(place for place, one in enumerate(order) if answers[one]) - sum(0 for _ in ())


def test_groups_hang_together() -> None:
    drawn = made(4)
    rows = np.array([[0, 0], [0, 1], [1, 2], [2, 3], [3, 3]])
    one = PairSet("made", drawn.towers, drawn.views, {}, rows)
    assert one.groups.tolist() == [0, 0, 1, 2, 2]
    some = one.subset(np.array([2]))
    assert some.pairs.tolist() == [[0, 0], [1, 0]]
    assert np.array_equal(some.views["image"], drawn.views["image"][2:])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "is empty"),
        ([("image",), ("red0.png",)], "names 1 known columns"),
        ([("colour", "shape"), ("a", "b")], "names 0 known columns"),
        ([("image", "audio"), ("red0.png", "")], "column 'audio' is empty"),
        ([("image", "audio", "text"), ("red0.png", "red0.wav", "")], "column 'text' is empty"),
        ([("image", "audio"), ("red0.png", ""), ("", "red0.wav")], "no line has two things"),
        ([("image", "audio"), ("no.png", "no.wav")], "nothing that can be read belongs"),
        ([("image", "audio"), ("red0.wav", "red0.png")], "nothing that can be read belongs"),
    ],
)
def test_tables_that_teach_nothing_are_refused(
    folder: Path, tmp_path: Path, lines: list[tuple[str, ...]], said: str
) -> None:
    with pytest.raises(TrainingError, match=said):
        read_pairs(write_table(tmp_path / "pairs.csv", lines), TOWERS, folder=folder, known="")


def test_missing_and_broken_files_are_left_out_and_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture at all")
    lines = [("picture", "sound"), ("absent.png", str(folder / "red0.wav")), ("broken.png", str(folder / "red1.wav"))]
    lines += [(str(folder / f"{colour}0.png"), str(folder / f"{colour}0.wav")) for colour in COLOURS]
    read = read_pairs(write_table(tmp_path / "pairs.csv", lines), TOWERS, known="")
    assert len(read.pairs) == 4
    assert {Path(failure.path).name for failure in read.failed} == {"absent.png", "broken.png"}
    with pytest.raises(TrainingError, match="at least 8 are needed"):
        read.check()


def test_a_modality_that_is_all_the_same_is_refused() -> None:
    drawn = made()
    views = {**drawn.views, "audio": np.ones_like(drawn.views["audio"])}
    with pytest.raises(TrainingError, match="audio is all the same"):
        PairSet("made", drawn.towers, views, {}, drawn.pairs).check()


def test_seconds_of_a_video_are_pairs(tmp_path: Path) -> None:
    write_sounding_video(tmp_path / "film.mp4", 4, 3)  # nothing is heard at its end
    write_video(tmp_path / "silent.mp4", photographs()[:1])
    read = read_pairs(tmp_path, TOWERS, known="")
    assert (read.pairs.tolist(), list(read.views)) == ([[0, 0], [1, 1], [2, 2]], ["image", "audio"])
    assert [Path(failure.path).name for failure in read.failed] == ["silent.mp4"]
    with pytest.raises(TrainingError, match="no second of a video has both"):
        read_pairs(tmp_path / "silent.mp4", TOWERS, known="")


def test_words_said_of_items_are_pairs(folder: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "library") as library:
        library.add(folder, spaces=["colour-layout"])
        with pytest.raises(TrainingError, match="nothing is said of any image or sound"):
            annotated_lines(library)


def test_columns_by_their_other_names(tmp_path: Path) -> None:
    table = write_table(tmp_path / "films.csv", [("Poster", "Title", "year"), ("1.jpg", "Heat", "1995")])
    (line,) = table_lines(table)
    assert [(thing.kind, Path(thing.value).name) for thing in line] == [("image", "1.jpg"), ("text", "Heat")]


def test_tables_as_a_spreadsheet_of_windows_writes_them(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_bytes("Picture;Words\r\npictures\\red0.png;ein Mädchen\r\nred1.png;\r\n".encode("cp1252"))
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "red0.png").write_bytes((folder / "red0.png").read_bytes())
    lines = table_lines(table)
    assert [(thing.kind, thing.value) for line in lines for thing in line] == [
        ("image", str(tmp_path / "pictures" / "red0.png")),
        ("text", "ein Mädchen"),
        ("image", str(tmp_path / "red1.png")),
    ]


def test_an_unknown_tower_is_said(folder: Path) -> None:
    with pytest.raises(TrainingError, match="no tower of 'smell'"):
        read_pairs(folder / "pairs.csv", {"smell": ["nose"]})
    with pytest.raises(EncoderError, match="has no encoder of audio"):
        read_pairs(folder / "pairs.csv", {"audio": ["photo"]})
