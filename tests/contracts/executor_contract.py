"""What every executor does: the same descriptors, one line for what cannot be encoded, and an end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sonolux as sx
from sonolux.checkpoints.folder import Architecture, ModelFolder
from sonolux.checkpoints.inputs import Preprocessing
from sonolux.checkpoints.outputs import Descriptor
from sonolux.encoders import resolve
from sonolux.encoders.batch import Batch, Encoded, encode_all
from sonolux.encoders.executor import Executor
from sonolux.errors import EncoderError, ModelError
from sonolux.media.segment import Audio, Image
from sonolux.models.mlp import Mlp
from sonolux.sample import write_sample
from sonolux.settings import settings


def images(count: int = 5) -> Batch:
    draw = np.random.default_rng(1)
    contents = [Image(draw.integers(0, 256, (40 + number, 50, 3), np.uint8)) for number in range(count)]
    return Batch(contents, list(range(count)), [frozenset({"hog", "colour-layout", "photo"})] * count)


def model_folder(path: Path) -> Path:
    """Write a model folder with an untrained network."""
    sizes = [192, 16]
    record = ModelFolder(
        architecture=Architecture(name="mlp", arguments={"sizes": sizes}),
        preprocessing=Preprocessing(width=8, height=8),
        descriptor=Descriptor(space=path.name, dim=16),
    )
    return record.save(path, Mlp(sizes)).path


def alike(one: object, other: object, within: float = 0.0) -> bool:
    """Tell whether two descriptors, rows of numbers or of terms, are equal, by default to the last bit."""
    parts = [(each.indices, each.data) if hasattr(each, "indices") else (each,) for each in (one, other)]
    return all(a.shape == b.shape and np.allclose(a, b, rtol=0, atol=within) for a, b in zip(*parts, strict=True))


def same(one: Encoded, other: Encoded) -> bool:
    return one.failures == other.failures and all(
        a.keys() == b.keys() and all(alike(a[space], b[space]) for space in a)
        for a, b in zip(one.rows, other.rows, strict=True)
    )


class ExecutorContract:
    """Inherit it and give a fixture `executor`, and `setting`, the name by which the settings choose it.

    Where batches of a library are others than those of threads, `within` says how far descriptors may differ for that.
    """

    setting: str
    within: float = 0.0

    def test_descriptors_are_those_of_the_encoders(self, executor: Executor) -> None:
        encoders = [*resolve("hog"), *resolve("colour-layout"), *resolve("photo")]
        batch = images()
        encoded = executor.submit(encoders, batch).result()
        assert all(row.keys() == {"hog", "colour-layout", "photo"} for row in encoded.rows)
        assert same(encoded, encode_all(encoders, batch))

    def test_many_batches_come_back_as_they_were_given(self, executor: Executor) -> None:
        encoders = resolve("hog")
        batches = [images(count) for count in (1, 7, 3, 2, 5, 4)]
        futures = [executor.submit(encoders, batch) for batch in batches]
        for batch, future in zip(batches, futures, strict=True):
            assert same(future.result(), encode_all(encoders, batch))

    def test_words_sounds_and_nothing(self, executor: Executor) -> None:
        words = Batch(["a dog on a beach", ""], [0, 1], [frozenset({"bm25"})] * 2)
        said = executor.submit(resolve("bm25"), words).result()
        # Two words that count, and two stop words.
        assert same(said, encode_all(resolve("bm25"), words)) and said.rows[0]["bm25"].nnz == 4
        assert said.rows[1] == {}
        sound = np.sin(np.arange(22_050) / 10).astype(np.float32)
        heard = executor.submit(resolve("mfcc"), Batch([Audio(sound, 22_050)], [0], [frozenset({"mfcc"})])).result()
        assert heard.rows[0]["mfcc"].shape == (57,)
        assert executor.submit(resolve("hog"), Batch([], [], [])).result() == Encoded([])

    def test_a_content_is_written_where_it_is_wanted(self, executor: Executor) -> None:
        batch = images(2)
        batch = Batch(batch.contents, batch.files, [frozenset({"hog"}), frozenset()])
        rows = executor.submit([*resolve("hog"), *resolve("colour-layout")], batch).result().rows
        assert [sorted(row) for row in rows] == [["hog"], []]

    def test_an_input_that_cannot_be_encoded_costs_its_own_file(self, executor: Executor) -> None:
        batch = images(4)
        batch = Batch(
            [*batch.contents, Image(np.zeros((5, 5), np.uint8))], [0, 1, 2, 3, 2], batch.spaces + batch.spaces[:1]
        )
        encoded = executor.submit([*resolve("hog"), *resolve("colour-layout")], batch).result()
        assert list(encoded.failures) == [2]
        assert encoded.failures[2].startswith("hog cannot encode it: ") and "\n" not in encoded.failures[2]
        assert all("hog" in encoded.rows[number] for number in (0, 1, 3))
        assert encoded.rows[4] == {} and "colour-layout" not in encoded.rows[2]

    def test_a_model_that_cannot_be_loaded_ends_the_run(self, executor: Executor, tmp_path: Path) -> None:
        folder = model_folder(tmp_path / "net")
        (folder / "model.safetensors").write_bytes(b"no weights at all")
        batch = images(2)
        batch = Batch(batch.contents, batch.files, [frozenset({"net"})] * 2)
        with pytest.raises(ModelError, match="the digest does not fit") as refused:
            executor.submit(resolve(str(folder)), batch).result()
        assert isinstance(refused.value, EncoderError) and "\n" not in str(refused.value)
        assert executor.submit(resolve("hog"), images(1)).result().rows[0].keys() == {"hog"}

    def test_it_ends(self, executor: Executor) -> None:
        executor.submit(resolve("hog"), images(1)).result()
        executor.close()
        with pytest.raises(RuntimeError):
            executor.submit(resolve("hog"), images(1))

    def test_libraries_are_the_same(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        if self.setting == "threads":
            pytest.skip("what the others are compared with")
        write_sample(tmp_path / "things")
        monkeypatch.setenv("SONOLUX_WORKERS", "1")
        one = held(tmp_path, "threads", monkeypatch)
        other = held(tmp_path, self.setting, monkeypatch)
        assert one.keys() == other.keys() and len(one) > 20
        for item, vectors in one.items():
            assert vectors.keys() == other[item].keys()
            for space, vector in vectors.items():
                assert alike(vector, other[item][space], self.within), (item, space)


def held(folder: Path, setting: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    """Return the descriptors of a library that was made under a setting, by the id of the item."""
    on = "ray" if setting == "ray" else None
    if on is None:
        monkeypatch.setenv("SONOLUX_EXECUTOR", setting)
    settings.cache_clear()
    with sx.Library(folder / f"{setting}-again.sonolux") as library:
        things = folder / "things"
        assert library.add(things / "photos", things / "texts", spaces=["hog", "photo", "bm25"], on=on).failed == []
        points = list(library.index.scroll(spaces=library.spaces.names(), keys=("path", "start")))
    return {f"{point.payload['path']} {point.payload.get('start')}": point.vectors for point in points}
