from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

import pytest

from tools import wheel
from tools.lowest import PROJECT, lowest

METADATA = f"""Metadata-Version: 2.4
Name: sonolux
Version: 1.2
License-Expression: {wheel.LICENCE}
License-File: LICENSE
License-File: src/sonolux/encoders/packaged/image_classes.tsv
License-File: src/sonolux/server/page/vendor/LICENSE-lit.txt
{"".join(f"Project-URL: {name}, https://example.org{chr(10)}" for name in wheel.LINKS)}
"""


def made(folder: Path, metadata: str = METADATA, *, without: str = "", extra: str = "") -> str:
    path = folder / "sonolux-1.2-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        for name in wheel.NEEDED:
            if name != without:
                file.writestr(name, "")
        if extra:
            file.writestr(extra, "")
        file.writestr("sonolux-1.2.dist-info/METADATA", metadata)
    return str(path)


def test_a_whole_wheel_has_no_faults(tmp_path: Path) -> None:
    assert list(wheel.faults(made(tmp_path))) == []


def test_each_fault_is_told(tmp_path: Path) -> None:
    weights = "sonolux/fingerprints/model/model.safetensors"
    assert list(wheel.faults(made(tmp_path, without=weights))) == [f"{weights} is missing"]
    assert list(wheel.faults(made(tmp_path, extra="tests/test_a.py"))) == ["tests/test_a.py does not belong there"]
    bare = METADATA.replace(wheel.LICENCE, "MIT").replace("License-File: LICENSE\n", "")
    assert list(wheel.faults(made(tmp_path, bare.replace("Homepage", "Home")))) == [
        f"License-Expression is 'MIT', not {wheel.LICENCE!r}",
        "licence file LICENSE is missing",
        "link Homepage is missing",
    ]


def test_project_says_what_the_wheel_is_checked_for() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    assert project["license"] == wheel.LICENCE
    assert set(project["urls"]) == set(wheel.LINKS)


def test_every_dependency_names_its_lowest_version() -> None:
    pins = list(lowest(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]))
    assert "numpy==2.0" in pins and "torch==2.13" in pins and "qdrant-client==1.20" in pins
    assert len({pin.partition("==")[0] for pin in pins}) == len(pins)


def test_a_dependency_without_a_lowest_version_is_refused() -> None:
    with pytest.raises(ValueError, match="'numpy' names no lowest version: write numpy>=X"):
        list(lowest({"dependencies": ["numpy"]}))
