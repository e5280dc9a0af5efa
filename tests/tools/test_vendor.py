"""The tool that vendors JavaScript, and what it has vendored."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

import pytest

from tools import vendor

PAGE = vendor.ROOT / vendor.PAGE


def test_imports_become_files_beside() -> None:
    source = (
        'import{a as t}from"@lit/reactive-element";import"lit-html";'
        'export*from"lit-element/lit-element.js";\n//# sourceMappingURL=x.map'
    )
    assert vendor.with_local_imports(source) == (
        'import{a as t}from"./reactive-element.js";import"./lit-html.js";export*from"./lit-element.js";\n'
    )


def test_every_package_is_pinned_and_has_its_licence_beside() -> None:
    for name, package in json.loads(vendor.LIST.read_text()).items():
        folder = vendor.ROOT / package.get("folder", vendor.PAGE)
        assert package["integrity"].startswith("sha512-")
        assert (folder / f"LICENSE-{name.replace('@', '').replace('/', '-')}.txt").stat().st_size > 500
        assert all((folder / file).is_file() for file in package["files"].values())


def test_vendored_modules_import_each_other_alone() -> None:
    for path in PAGE.glob("*.js"):
        names = re.findall(r"""(?:from|import)\s*["']([^"']+)["']""", path.read_text())
        assert all((PAGE / name).is_file() for name in names), (path, names)


def test_another_licence_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "thing.tgz"
    content = json.dumps({"license": "Proprietary"}).encode()
    with tarfile.open(archive, "w:gz") as tar:
        entry = tarfile.TarInfo("package/package.json")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    with pytest.raises(SystemExit, match="its licence is Proprietary, not MIT"):
        vendor.unpack_package(archive, {"licence": "MIT", "files": {}, "folder": str(tmp_path)}, "thing")
