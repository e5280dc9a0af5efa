from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders import resolve
from sonolux.models import registry

ARGUMENTS = {"widths": [8, 12], "strides": [1, 2]}
COLOURS = {"blue": (20, 30, 220), "green": (30, 200, 40), "red": (220, 20, 30), "rose": (200, 40, 60)}


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    record = ModelFolder(
        architecture=Architecture(name="small-resnet", arguments=ARGUMENTS),
        preprocessing=Preprocessing(width=16, height=16),
        descriptor=Descriptor(space="net", dim=10),
    )
    return record.save(tmp_path_factory.mktemp("models") / "net", registry.build("small-resnet", ARGUMENTS)).path


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of plain colours, each with a little noise of its own."""
    random = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in COLOURS.items():
        pixels = np.clip(np.array(colour) + random.integers(-20, 20, (20, 30, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    return folder


def test_layers_are_listed_with_what_they_give(cli, model: Path) -> None:
    ran = cli("layers", model)
    assert (ran.code, ran.err) == (0, "")
    rows = [line.split("  ") for line in ran.lines]
    table = {row[0]: [cell.strip() for cell in row[1:] if cell.strip()] for row in rows}
    assert table["layer"] == ["output", "parameters"]
    assert table["stem"] == ["8 x 16 x 16", str(9 * 3 * 8 + 2 * 8)]
    assert table["linear"] == ["10", str(12 * 10 + 10)]
    records = cli("layers", model, "--json").records
    assert [record["layer"] for record in records] == list(table)[1:]
    assert records[3] == {"layer": "stem", "output": [8, 16, 16], "parameters": 9 * 3 * 8 + 2 * 8}


def test_the_nearest_are_those_of_the_encoder(cli, model: Path, images: Path) -> None:
    ran = cli("layers", model, images / "red.png", "--data", images, "-k", 2, "--pooling", "max", "--json")
    assert ran.code == 0
    for record in ran.records:
        names = [Path(found["path"]).stem for found in record["nearest"]]
        [encoder] = resolve(f"{model}@{record['layer']}:max")
        rows = dict(
            zip(COLOURS, encoder.encode([np.asarray(Image.open(images / f"{n}.png")) for n in COLOURS]), strict=True)
        )
        scores = {name: float(rows["red"] @ rows[name]) for name in COLOURS if name != "red"}
        assert names == sorted(scores, key=scores.__getitem__, reverse=True)[:2]
        np.testing.assert_allclose(
            [found["score"] for found in record["nearest"]], sorted(scores.values())[:0:-1], atol=1e-5
        )
        assert [found["rank"] for found in record["nearest"]] == [1, 2]


def test_they_are_printed_and_drawn(cli, model: Path, images: Path) -> None:
    asked = ("layers", model, images / "red.png", "--data", images, "--layer", "stem", "--layer", "linear")
    ran = cli(*asked, "-k", 3, "--grid", "near.png")
    assert ran.code == 0 and ran.err.splitlines() == ["3 pictures, 2 layers", "drawn: near.png"]
    assert [line.split()[0] for line in ran.lines] == ["layer", "stem", "linear"]
    first = Path(ran.lines[1].split("  ")[-1].split(", ")[0]).stem
    drawn = np.asarray(Image.open("near.png"), np.int64)
    assert drawn.shape[0] == 3 * 76 + 4
    # The question stands above the hits; colours are those of the files.
    left = drawn.shape[1] - 3 * 76
    middles = [drawn[4 + row * 76 + 36, left + 36] for row in (0, 1)]
    np.testing.assert_allclose(middles, [COLOURS["red"], COLOURS[first]], atol=25)


def test_a_checkpoint_of_the_hub_has_layers_too(cli, tmp_path: Path) -> None:
    from transformers import ResNetConfig, ResNetModel

    sizes = {"embedding_size": 4, "hidden_sizes": [4, 8], "depths": [1, 1], "layer_type": "basic"}
    ResNetModel(ResNetConfig(**sizes)).save_pretrained(tmp_path / "net")
    settings = '{"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 32}, "crop_pct": 0.875}'
    (tmp_path / "net" / "preprocessor_config.json").write_text(settings)
    records = cli("layers", tmp_path / "net", "--json").records
    assert [record["layer"] for record in records][:2] == ["embedder", "encoder.stages.0.layers.0"]
    assert records[1]["output"] == [4, 8, 8]


def test_bad_files_are_left_out(cli, model: Path, images: Path) -> None:
    (images / "note.txt").write_text("no picture")
    (images / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    ran = cli("layers", model, images / "red.png", "--data", images, "--layer", "stem")
    assert ran.code == 3
    left = sorted(line for line in ran.err.splitlines() if line.startswith("left out: "))
    assert left[0].startswith("left out: pictures/broken.png: ") and "no picture" in left[1]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["pictures/red.png"], 2, "go together"),
        (["--data", "pictures"], 2, "go together"),
        (["pictures/red.png", "--data", "pictures", "--layer", "stage9"], 1, "no layer 'stage9': there are stem"),
        (["pictures/red.png", "--data", "pictures", "--pooling", "sum"], 1, "pooling must be one of"),
        (["pictures/gone.png", "--data", "pictures"], 1, "pictures/gone.png: "),
        (["pictures/red.png", "--data", "pictures/red.png"], 1, "holds no other picture"),
    ],
)
def test_what_cannot_be_asked_is_refused(cli, model: Path, images: Path, words: list[str], code: int, why: str) -> None:
    ran = cli("layers", model, *words)
    assert ran.code == code
    assert why in " ".join(ran.err.replace("│", " ").split())


def test_what_has_no_layers_is_refused(cli) -> None:
    ran = cli("layers", "hog")
    assert ran.code == 1 and "hog has no layers to choose from" in ran.err
