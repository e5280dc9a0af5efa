"""The classical methods: beside scikit-learn and faiss where these have them, and by what defines them."""

from __future__ import annotations

import shutil
from pathlib import Path

import faiss
import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

import sonolux as sx
from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders import resolve
from sonolux.encoders.base import normalised
from sonolux.errors import SonoluxError, TrainingError
from sonolux.models import registry
from sonolux.training.data.images import read_images
from sonolux.training.data.splits import split_items
from sonolux.training.hashing.train import train_codes
from sonolux.training.loop.warm_start import size_of
from sonolux.training.projections.fisher import fit_fisher
from sonolux.training.projections.itq import fit_itq, rotation
from sonolux.training.projections.lsh import fit_lsh
from sonolux.training.projections.pca import fit_pca
from sonolux.training.projections.spectral import fit_spectral, waves
from sonolux.training.recipes import make_recipe

METHODS = ("pca", "whiten", "fisher", "lsh", "itq", "spectral")


def inputs(n: int = 200, d: int = 12) -> np.ndarray:
    random = np.random.default_rng(0)
    return (random.standard_normal((n, d)) * np.linspace(3, 0.5, d) + 1).astype(np.float32)


def applied(network: torch.nn.Module, rows: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network(torch.from_numpy(rows)).numpy()


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize(("n", "d"), [(200, 12), (20, 50)])
def test_principal_components_are_those_of_scikit_learn(n: int, d: int, whiten: bool) -> None:
    rows = inputs(n, d)
    expected = PCA(6, whiten=whiten, svd_solver="full").fit_transform(rows.astype(float))
    found = applied(fit_pca(rows, 6, whiten=whiten), rows)
    # Axes have no direction; scikit-learn divides by n - 1.
    signs = np.sign((found * expected).sum(axis=0))
    scale = np.sqrt((n - 1) / n) if whiten else 1.0
    np.testing.assert_allclose(found * signs * scale, expected, atol=5e-3)


def test_fisher_directions_separate_as_scikit_learn_says() -> None:
    random = np.random.default_rng(1)
    labels = np.repeat(np.arange(4), 30)
    rows = (random.standard_normal((120, 8)) + random.standard_normal((4, 8))[labels] * 2).astype(np.float32)
    found = applied(fit_fisher(rows, labels), rows)
    expected = LinearDiscriminantAnalysis(solver="eigen").fit_transform(rows, labels)
    assert found.shape == (120, 3)
    for axis in range(3):
        assert abs(np.corrcoef(found[:, axis], expected[:, axis])[0, 1]) > 0.999


def test_fisher_directions_hold_for_images_that_were_not_learned_from() -> None:
    random = np.random.default_rng(2)
    people, light = 10 * random.standard_normal((20, 300)), 30 * random.standard_normal((3, 300))
    labels = np.repeat(np.arange(20), 5)
    learned, asked = (
        (people[labels] + random.standard_normal((100, 3)) @ light + 12 * random.standard_normal((100, 300)))
        for _ in range(2)
    )
    network = fit_fisher(learned.astype(np.float32), labels)
    known, found = (applied(network, rows.astype(np.float32)) for rows in (learned, asked))
    nearest = np.linalg.norm(found[:, None] - known[None], axis=2).argmin(axis=1)
    assert (labels[nearest] == labels).mean() > 0.9
    plain = np.linalg.norm(asked[:, None] - learned[None], axis=2).argmin(axis=1)
    assert (labels[plain] == labels).mean() < 0.8


def test_fisher_gives_a_direction_less_than_classes_from_two_of_each() -> None:
    labels = np.repeat(np.arange(6), 2)
    assert applied(fit_fisher(inputs(12, 40), labels), inputs(12, 40)).shape == (12, 5)


def test_hyperplanes_pass_through_the_mean_and_angles_become_distances() -> None:
    rows = inputs(400, 16)
    bits = applied(fit_lsh(rows, 4096, seed=0), rows) > 0
    centred = rows - rows.mean(axis=0)
    cosines = centred[0] @ centred[1:].T / np.linalg.norm(centred[0]) / np.linalg.norm(centred[1:], axis=1)
    differing = (bits[0] != bits[1:]).mean(axis=1)
    np.testing.assert_allclose(differing, np.arccos(cosines) / np.pi, atol=0.05)


def test_itq_turns_and_does_not_stretch() -> None:
    coordinates = inputs(300, 16)
    turned = rotation(coordinates - coordinates.mean(axis=0), seed=0)
    np.testing.assert_allclose(turned @ turned.T, np.eye(16), atol=1e-6)


def test_itq_is_as_near_to_its_bits_as_that_of_faiss() -> None:
    rows = inputs(2000, 16)
    rows -= rows.mean(axis=0)
    ours = applied(fit_itq(rows, 16, seed=0), rows)
    oracle = faiss.ITQMatrix(16)
    oracle.train(rows)
    theirs = oracle.apply(rows)
    losses = [float(((x - np.sign(x) * np.abs(x).mean()) ** 2).mean()) for x in (ours, theirs)]
    assert losses[0] < 1.05 * losses[1]


def test_more_itq_bits_than_directions_are_refused() -> None:
    with pytest.raises(TrainingError, match="give at most 12 bits"):
        fit_itq(inputs(200, 12), 16, seed=0)


def test_spectral_waves_are_the_smoothest() -> None:
    extent = np.array([4.0, 1.0])
    frequency = waves(extent, 6)
    # Half periods on the long axis: 1 to 4 come before 1 on the short one, which is as smooth as the fourth.
    np.testing.assert_allclose(np.sort(frequency.sum(axis=0)), np.pi * np.array([0.25, 0.5, 0.75, 1, 1, 1.25]))
    assert ((frequency > 0).sum(axis=0) == 1).all()


def test_spectral_bits_halve_even_data() -> None:
    rows = np.random.default_rng(0).uniform(0, [8, 4, 2], (4000, 3)).astype(np.float32)
    bits = applied(fit_spectral(rows, 4), rows) > 0
    assert (np.abs(bits.mean(axis=0) - 0.5) < 0.06).all()


@pytest.mark.parametrize("method", METHODS)
def test_each_method_trains_and_searches(method: str, shapes: Path, tmp_path: Path) -> None:
    recipe = make_recipe(method, bits=32, image_size=16, validation=0.2)
    saved = train_codes(read_images(shapes, 16), recipe, tmp_path / method)
    assert 0 < saved.scores["precision@10"] <= 1
    kind = "float" if method in ("pca", "whiten", "fisher") else "binary"
    assert ModelFolder.load(tmp_path / method).descriptor.kind == kind
    with sx.Library(tmp_path / "l.sonolux") as library:
        library.add(shapes / "bars", spaces=[str(tmp_path / method)])
        assert library.search(image=shapes / "bars" / "3.png", k=1)[0].path.endswith("bars/3.png")


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of a small random network, with a preparation of its own."""
    torch.manual_seed(0)
    arguments = {"widths": [8, 16], "strides": [1, 2]}
    record = ModelFolder(
        architecture=Architecture(name="small-resnet", arguments=arguments),
        preprocessing=Preprocessing(width=24, height=24, mean=(0.4, 0.5, 0.6), deviation=(0.2, 0.3, 0.4)),
        descriptor=Descriptor(space="net", dim=10),
    )
    return record.save(tmp_path_factory.mktemp("start") / "net", registry.build("small-resnet", arguments)).path


@pytest.mark.parametrize("layer", ["", "@stage2", "@stage1:max"])
@pytest.mark.parametrize("method", METHODS)
def test_each_method_projects_a_layer(method: str, layer: str, network: Path, shapes: Path, tmp_path: Path) -> None:
    images = read_images(shapes, 24)
    spec = f"{network}{layer}"
    train_codes(images, make_recipe(method, bits=8, image_size=24, pretrained=spec, validation=0.2), tmp_path / method)
    shutil.copytree(tmp_path / method, tmp_path / "elsewhere" / method)  # It needs no other folder.
    saved = ModelFolder.load(tmp_path / "elsewhere" / method)
    [start], [made] = resolve(spec), resolve(str(saved.path))
    assert saved.preprocessing == ModelFolder.load(network).preprocessing
    by_hand = applied(saved.network()[-1], start.encode(list(images.pixels)))
    described = made.encode(list(images.pixels))
    if made.kind == "binary":
        assert (np.unpackbits(described, axis=1) == (by_hand > 0)).mean() > 0.999
    else:
        np.testing.assert_allclose(described, normalised(by_hand), atol=2e-3)
    assert 0 < saved.scores["precision@10"] <= 1


def test_whitened_descriptors_have_variance_one_and_no_correlation(network: Path, shapes: Path, tmp_path: Path) -> None:
    images = read_images(shapes, 24)
    recipe = make_recipe("whiten", bits=6, image_size=24, pretrained=f"{network}@stage2", validation=0.2)
    saved = train_codes(images, recipe, tmp_path / "white")
    learned, _ = split_items(images, 0.2, 0)
    [start] = resolve(recipe.pretrained)
    white = applied(saved.network()[-1], start.encode(list(learned.pixels)))
    np.testing.assert_allclose(white.T @ white / len(white), np.eye(6), atol=0.02)


def test_a_projection_can_start_from_a_projection(network: Path, shapes: Path, tmp_path: Path) -> None:
    images = read_images(shapes, 24)
    train_codes(
        images,
        make_recipe("pca", bits=12, image_size=24, pretrained=f"{network}@stage2", validation=0.2),
        tmp_path / "pca",
    )
    recipe = make_recipe("itq", bits=8, image_size=24, pretrained=str(tmp_path / "pca"), validation=0.2)
    assert train_codes(images, recipe, tmp_path / "itq").descriptor.kind == "binary"


@pytest.mark.parametrize(("method", "start"), [("whiten", "hog"), ("itq", "colour-histogram")])
def test_the_descriptors_of_any_encoder_are_projected(method: str, start: str, shapes: Path, tmp_path: Path) -> None:
    images = read_images(shapes, 64)
    saved = train_codes(
        images, make_recipe(method, bits=16, image_size=64, pretrained=start, validation=0.2), tmp_path / method
    )
    [source], [made] = resolve(start), resolve(str(saved.path))
    by_hand = applied(saved.network(), source.encode(list(images.pixels)))
    described = made.encode(list(images.pixels))
    if method == "itq":
        np.testing.assert_array_equal(np.unpackbits(described, axis=1), by_hand > 0)
    else:
        np.testing.assert_allclose(described, normalised(by_hand), atol=1e-4)
    with sx.Library(tmp_path / "l.sonolux") as library:
        library.add(shapes / "bars", spaces=[str(saved.path)])
        hits = library.search(image=shapes / "bars" / "3.png", k=24)
    # Gradients do not tell bars of other colours apart: several are as near as can be.
    assert any(hit.path.endswith("bars/3.png") for hit in hits if hit.score > hits[0].score - 1e-5)


@pytest.mark.parametrize(
    ("start", "side", "why"),
    [
        ("nowhere", 24, "no encoder 'nowhere'"),
        ("mfcc", 24, "mfcc sees no pictures, so pca cannot start from it"),
        ("{network}@stage9", 24, "no layer 'stage9': there are stem"),
        ("{network}", 16, "takes pictures of 24 pixels, not 16: say --image-size 24"),
    ],
)
def test_a_start_that_cannot_be_is_refused(
    start: str, side: int, why: str, network: Path, shapes: Path, tmp_path: Path
) -> None:
    recipe = make_recipe("pca", bits=8, image_size=side, pretrained=start.format(network=network))
    with pytest.raises(SonoluxError, match=why):
        train_codes(read_images(shapes, side), recipe, tmp_path / "m")


def test_a_network_that_averages_takes_larger_images(network: Path, shapes: Path, tmp_path: Path) -> None:
    recipe = make_recipe("pca", bits=6, image_size=48, pretrained=f"{network}@stage2", validation=0.2)
    saved = train_codes(read_images(shapes, 48), recipe, tmp_path / "larger")
    assert (saved.images.width, saved.images.height) == (48, 48)
    assert saved.data["before"] == {**ModelFolder.load(network).data, "licence": ModelFolder.load(network).licence}
    assert resolve(str(saved.path))[0].encode([np.zeros((20, 20, 3), np.uint8)]).shape == (1, 6)
    recipe = make_recipe("pca", bits=6, image_size=48, pretrained=f"{network}@stage2:flatten", validation=0.2)
    train_codes(read_images(shapes, 48), recipe, tmp_path / "flat")


def test_a_network_of_one_size_refuses_larger_images(shapes: Path, tmp_path: Path) -> None:
    arguments = {"sizes": [3 * 24 * 24, 8]}
    record = ModelFolder(
        architecture=Architecture(name="mlp", arguments=arguments),
        preprocessing=Preprocessing(width=24, height=24),
        descriptor=Descriptor(space="m", dim=8),
    )
    start = str(record.save(tmp_path / "mlp", registry.build("mlp", arguments)).path)
    with pytest.raises(TrainingError, match="takes pictures of 24 pixels, not 48: say --image-size 24"):
        train_codes(
            read_images(shapes, 48),
            make_recipe("pca", bits=6, image_size=48, pretrained=start, validation=0.2),
            tmp_path / "m",
        )


@pytest.mark.parametrize(("source", "side"), [("{network}", 24), ("{network}@stage2", 24), ("hog", None), ("", None)])
def test_the_size_of_images_is_taken_over(source: str, side: int | None, network: Path) -> None:
    assert size_of(source.format(network=network)) == side
