"""What music sounds like, and its tags, by the networks of a package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from contracts.encoder_contract import EncoderContract
from sonolux.annotators import resolve as annotator_called
from sonolux.annotators.music_tags import MusicTags
from sonolux.encoders import Encoder, resolve
from sonolux.encoders.packaged.music import (
    BANDS,
    MSD_TAGS,
    MTT_TAGS,
    PATCH,
    RATE,
    Heard,
    MusicEncoder,
    MusicNetworks,
    as_torch,
    log_mel_patches,
    music_networks,
    musicnn_weights,
)
from sonolux.encoders.packaged.packages import MUSIC
from sonolux.errors import ModelError
from sonolux.media.containers.audio import load_audio
from sonolux.models.musicnn import Musicnn

pytestmark = pytest.mark.skipif(MUSIC.state != "ready", reason="musicnn is not installed")


class TestMusic(EncoderContract):
    """Of whatever comes; what is no music is below."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        encoder = MusicEncoder(music_networks())
        encoder.least = 0.0
        return encoder

    @pytest.fixture
    def altered(self) -> Encoder:
        other = replace(MUSIC, files={name: hash_[::-1] for name, hash_ in MUSIC.files.items()})
        return MusicEncoder(MusicNetworks(other))

    def test_it_is_found_by_its_name(self) -> None:
        [encoder] = resolve("music")
        assert (encoder.space, encoder.dim, encoder.licence) == ("music", 200, "ISC")


class TestSpectra:
    @pytest.mark.parametrize(
        ("samples", "shape"),
        [
            (0, (1, 1, BANDS)),
            (1, (1, 1, BANDS)),
            (256 * (PATCH - 1), (1, PATCH, BANDS)),
            (256 * PATCH, (2, PATCH, BANDS)),
            (10 * RATE, (4, PATCH, BANDS)),
        ],
    )
    def test_a_sound_is_seen_to_its_end_in_patches(self, samples: int, shape: tuple[int, ...]) -> None:
        assert log_mel_patches(np.zeros(samples, np.float32)).shape == shape

    def test_they_are_those_of_librosa(self) -> None:
        librosa = pytest.importorskip("librosa")
        sound = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
        power = librosa.feature.melspectrogram(y=sound, sr=RATE, n_fft=512, hop_length=256, n_mels=BANDS).T
        np.testing.assert_allclose(log_mel_patches(sound)[0], np.log10(10_000 * power + 1), atol=1e-4)


class TestWeights:
    def test_each_weight_has_its_place_in_the_checkpoint(self) -> None:
        names = {name for name in Musicnn().state_dict() if not name.endswith("num_batches_tracked")}
        places = musicnn_weights()
        assert places.keys() == names
        assert len(set(places.values())) == len(names)

    def test_a_convolution_is_turned_as_torch_has_it(self) -> None:
        """Against the sum of products that TensorFlow's order (frames, bands, inputs, outputs) means."""
        kernel = np.random.default_rng(0).standard_normal((3, 2, 1, 5)).astype(np.float32)
        sound = np.random.default_rng(1).standard_normal((4, 2)).astype(np.float32)
        expected = [np.einsum("tb,tbio->o", sound[place : place + 3], kernel) for place in range(2)]
        found = torch.nn.functional.conv2d(torch.from_numpy(sound)[None, None], as_torch(kernel))
        np.testing.assert_allclose(found[0, :, :, 0].T, expected, rtol=1e-5)

    def test_a_changed_file_is_refused_when_it_is_wanted(self) -> None:
        other = replace(MUSIC, files=dict.fromkeys(MUSIC.files, "0" * 64))
        with pytest.raises(ModelError, match="damaged or was changed"):
            MusicNetworks(other).hear(np.zeros(RATE, np.float32))

    def test_nothing_is_loaded_before_it_is_wanted(self) -> None:
        networks = MusicNetworks()
        assert MusicEncoder(networks).digest and MusicTags(networks).digest
        assert not networks._networks.done


def test_a_tag_that_both_know_has_the_greater_probability() -> None:
    msd, mtt = np.zeros(50, np.float32), np.zeros(50, np.float32)
    msd[MSD_TAGS.index("guitar")], mtt[MTT_TAGS.index("guitar")] = 0.25, 0.5
    heard = Heard(np.zeros(200, np.float32), msd, mtt)
    assert heard.tags["guitar"] == 0.5
    assert heard.musical == 0.125
    assert len(heard.tags) == len({*MSD_TAGS, *MTT_TAGS})


@pytest.mark.parametrize("sound", [np.zeros(0), np.zeros(3 * RATE), np.random.default_rng(0).normal(0, 0.1, 3 * RATE)])
def test_silence_and_noise_are_no_music(sound: np.ndarray) -> None:
    [music] = resolve("music")
    assert not music.encode_one(sound.astype(np.float32)).any()
    assert annotator_called("music-tags").annotate_one(sound.astype(np.float32)) == []
    assert music.encode_queries([sound.astype(np.float32)]).any()  # whoever asks, asks of music


@pytest.mark.data
class TestRecordings:
    @pytest.mark.parametrize(
        ("name", "tags"),
        [
            ("Hungarian_Dance_number_5_-_Allegro_in_F_sharp_minor_(string_orchestra)", {"classical", "violin"}),
            ("442789__lena-orsa__happy-music-pistachio-ice-cream-ragtime", {"piano", "jazz"}),
            ("sorohanro_-_solo-trumpet-06", {"jazz"}),
            ("Karissa_Hobbs_-_Lets_Go_Fishin", {"guitar", "folk"}),
        ],
    )
    def test_music_is_called_what_it_is(self, data: Path, name: str, tags: set[str]) -> None:
        samples = load_audio(str(data / "recordings" / f"{name}.ogg"), RATE, 12).samples
        said = annotator_called("music-tags").annotate_one(samples)
        assert tags <= {one.label for one in said[:6]}

    @pytest.mark.parametrize("name", ["198-209-0000", "3436-172162-0000", "pibble", "glacier-bay-humpback"])
    def test_readers_dogs_and_whales_are_no_music(self, data: Path, name: str) -> None:
        samples = load_audio(str(data / "recordings" / f"{name}.ogg"), RATE, 10).samples
        assert annotator_called("music-tags").annotate_one(samples) == []
