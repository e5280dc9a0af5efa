"""The face identification protocol: gallery and probes, and baselines that were measured on these files before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sonolux.evaluation.descriptors import DescribeImageSet, describe_by_encoder, describe_by_pixels
from sonolux.evaluation.protocols.faces import read_faces
from sonolux.training.data.images import ImageSet
from sonolux.training.hashing.projection import inputs_of
from sonolux.training.projections.pca import fit_pca

pytestmark = pytest.mark.data


def test_faces_are_known_by_their_pixels_as_measured(data: Path) -> None:
    protocol = read_faces(data)
    assert (len(protocol.gallery), len(protocol.probes)) == (150, 300)
    card = protocol.score("pixels", describe_by_pixels)
    assert card.scores["rank-1"] == pytest.approx(0.553, abs=0.03)
    assert card.scores["DIR@1%"] <= card.scores["DIR@10%"] <= card.scores["rank-1"] + 0.1


def test_projections_learn_from_the_gallery_alone_and_for_the_open_set_without_the_strangers(data: Path) -> None:
    protocol, galleries = read_faces(data), []

    def learn(gallery: ImageSet) -> DescribeImageSet:
        galleries.append({gallery.classes[label] for label in gallery.labels})
        return describe_by_pixels

    assert protocol.score_learned("pixels", learn).scores == protocol.score("pixels", describe_by_pixels).scores
    assert [len(people) for people in galleries] == [30, 20]
    assert not galleries[1] & {f"s{person}" for person in range(21, 31)}


def test_an_encoder_is_measured_by_its_own_metric(data: Path, tmp_path: Path) -> None:
    from sonolux.encoders.trained.encoder import TrainedEncoder
    from sonolux.training.hashing.recipes import ProjectionRecipe
    from sonolux.training.hashing.train import train_codes

    protocol = read_faces(data)
    train_codes(protocol.gallery, ProjectionRecipe(bits=60, image_size=64, validation=0.1), tmp_path / "eigenfaces")
    card = protocol.score("eigenfaces", describe_by_encoder(TrainedEncoder(tmp_path / "eigenfaces")))
    assert 0.5 < card.scores["rank-1"] < 0.7


def test_eigenfaces_are_images(data: Path) -> None:
    gallery: ImageSet = read_faces(data).gallery
    network = fit_pca(inputs_of(gallery), 20)
    first = network.matrix[:, 0].reshape(3, 64, 64).numpy()
    # Grey images have grey components, and the first is smooth: light from one side or all over.
    np.testing.assert_allclose(first[0], first[2], atol=1e-4)
    assert np.abs(np.diff(first[0], axis=1)).mean() < 0.25 * np.abs(first[0]).mean()
