"""Constructors store: nothing is loaded, hashed or built before the first batch, and changed weights are found then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import sonolux as sx
from contracts.encoder_contract import images
from contracts.executor_contract import model_folder
from sonolux import sample
from sonolux.checkpoints import digest
from sonolux.encoders import resolve
from sonolux.errors import ModelError

HEAVY = {"torch", "transformers", "safetensors"}


def loaded_after(code: str, *arguments: str) -> set[str]:
    """Return which heavy packages a program has imported at its end."""
    program = f"import sys\n{code}\nprint(*({HEAVY} & set(sys.modules)), end='')"
    command = [sys.executable, "-c", program, *arguments]
    return set(subprocess.check_output(command, text=True, env=os.environ).split())


@pytest.mark.parametrize("spec", ["photo", "photo-code", "photo@blocks.10:max", "sentences"])
def test_what_packages_bring_imports_no_torch(spec: str) -> None:
    code = (
        "from sonolux.encoders import resolve; [e] = resolve(sys.argv[1]); e.digest, e.spec\n"
        "assert '@' in sys.argv[1] or e.as_space().dim in (256, 384)"
    )
    assert loaded_after(code, spec) == set()


@pytest.mark.parametrize("family", ["clip", "siglip", "clap", "dinov2", "resnet", "minilm"])
def test_a_checkpoint_reads_its_configuration_alone(family: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(family)
    code = (
        "from sonolux.checkpoints import digest\n"
        "def refuse(path): raise AssertionError(f'{path} is hashed')\n"
        "digest.file_sha256 = refuse\n"
        "from sonolux.encoders import resolve\n"
        "for e in resolve(sys.argv[1]): e.as_space(), e.licence"
    )
    assert loaded_after(code, str(folder)) == set()


def test_a_layer_of_a_checkpoint_waits(resnet: Path) -> None:
    code = "from sonolux.encoders import resolve; resolve(sys.argv[1])"
    assert loaded_after(code, f"{resnet}@encoder.stages.1:max") == set()


def test_no_fingerprint_network_for_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.fingerprints.neural_codes import fingerprint_encoder

    fingerprint_encoder.cache_clear()
    read: list[Path] = []
    load = ModelFolder.load.__func__
    monkeypatch.setattr(ModelFolder, "load", classmethod(lambda cls, path: read.append(Path(path)) or load(cls, path)))
    sample.write_sample(tmp_path / "things")
    with sx.Library(tmp_path / "l.sonolux") as library:
        library.add(tmp_path / "things" / "photos", spaces=["hog"])
    assert read == []


def changed(folder: Path) -> None:
    """Change a single weight; name, size and record stay."""
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)


def test_changed_weights_are_refused_when_they_are_loaded(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "net")
    changed(folder)
    [encoder] = resolve(str(folder))
    with pytest.raises(ModelError, match=r"the digest does not fit: the weights or the record were changed") as refused:
        encoder.encode(images(1))
    assert "\n" not in str(refused.value)


def test_changed_weights_end_an_add_in_one_line(tmp_path: Path) -> None:
    sample.write_sample(tmp_path / "things")
    folder = model_folder(tmp_path / "net")
    changed(folder)
    with sx.Library(tmp_path / "l.sonolux") as library:
        with pytest.raises(ModelError, match="the digest does not fit"):
            library.add(tmp_path / "things" / "photos", spaces=[str(folder)])
        assert library.info()["files"] == 0


def test_hashes_of_weights_are_kept_until_the_file_changes(
    resnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(resnet, tmp_path / "net"))
    hashed: list[str] = []
    sha256 = digest.file_sha256
    monkeypatch.setattr(digest, "file_sha256", lambda path: hashed.append(path.name) or sha256(path))
    monkeypatch.setattr(digest, "WORTH_KEEPING", 0)
    first = resolve(str(folder))[0].digest
    assert "model.safetensors" in hashed
    hashed.clear()
    assert resolve(str(folder))[0].digest == first
    assert hashed == []
    tensors = load_file(folder / "model.safetensors")
    name = next(name for name in tensors if name.endswith("weight"))
    tensors[name] = np.asarray(tensors[name] + 1)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    assert resolve(str(folder))[0].digest != first
    assert hashed == ["model.safetensors"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"sha256": 3}', b"\xff\xfe"])
def test_a_damaged_record_of_hashes_is_made_again(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "WORTH_KEEPING", 0)
    file = tmp_path / "weights"
    file.write_bytes(b"1234")
    first = digest.kept_sha256(file)
    [record] = digest.records().iterdir()
    record.write_bytes(content)
    assert digest.kept_sha256(file) == first == digest.file_sha256(file)


def test_hashes_need_no_place_to_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "WORTH_KEEPING", 0)
    (tmp_path / "occupied").write_text("a file where the folder would be")
    monkeypatch.setattr(digest, "records", lambda: tmp_path / "occupied" / "digests")
    (tmp_path / "weights").write_bytes(b"1234")
    assert digest.kept_sha256(tmp_path / "weights") == digest.file_sha256(tmp_path / "weights")
