"""Vendoring of JavaScript packages: pinned versions from npm, checked and copied into the page, with their licences.

``python -m tools.vendor`` fetches each package of ``tools/page/vendored.json`` by ``npm pack``, compares its archive
with the integrity (SHA-512, base64) that is written there, and copies the files named. A package without an integrity
is one that is new: it is written down, to be committed. Imports by a bare name become imports of the file beside, for a
page without an import map, which its content security policy would have to admit.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).parent / "page" / "vendored.json"
PAGE = "src/sonolux/server/page/vendor"

IMPORT = re.compile(r"""((?:from|import)\s*)(["'])((?:@lit/)?[a-z][^"']*|\.\.?/[^"']*)\2""")
"""An import of another module, by a bare or a relative name."""
SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=.*\n?$")

BESIDE = {
    "@lit/reactive-element": "reactive-element.js",
    "lit-html": "lit-html.js",
}
"""Bare names, and the vendored files that they are."""


def integrity_of(archive: Path) -> str:
    """Return the subresource integrity of a file, as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def with_local_imports(source: str) -> str:
    """Rewrite imports of a module so that each names a file beside it, and drop the reference to its source map."""

    def local(found: re.Match[str]) -> str:
        lead, quote, name = found.groups()
        return f"{lead}{quote}./{BESIDE.get(name, Path(name).name)}{quote}"

    return SOURCE_MAP.sub("\n", IMPORT.sub(local, source))


def fetch_package(name: str, version: str, folder: Path) -> Path:
    """Download a package's archive by npm, and return where it lies."""
    command = ["npm", "pack", f"{name}@{version}", "--json", "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    told = json.loads(done.stdout)
    packed = told[0] if isinstance(told, list) else next(iter(told.values()))
    return folder / str(packed["filename"]).replace("@", "").replace("/", "-")


def unpack_package(archive: Path, package: dict[str, Any], name: str) -> None:
    """Copy the files and the licence of an archive into the page; a licence other than the one agreed is an error."""
    target = ROOT / package.get("folder", PAGE)
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        read = {member.name: tar.extractfile(member) for member in tar.getmembers() if member.isfile()}
        content = {path.removeprefix("package/"): file.read() for path, file in read.items() if file}
    licence = json.loads(content["package.json"])["license"]
    if licence != package["licence"]:
        raise SystemExit(f"{name}: its licence is {licence}, not {package['licence']}: read it before it is vendored")
    for inside, outside in package["files"].items():
        source = content[inside].decode()
        # A program of one file, as axe is, imports nothing and stays as it is.
        (target / outside).write_text(source if "folder" in package else with_local_imports(source))
    (target / f"LICENSE-{name.replace('@', '').replace('/', '-')}.txt").write_bytes(content["LICENSE"])


def main() -> None:
    """Fetch, check and copy every package of the list."""
    packages: dict[str, dict[str, Any]] = json.loads(LIST.read_text())
    with tempfile.TemporaryDirectory() as folder:
        for name, package in packages.items():
            archive = fetch_package(name, package["version"], Path(folder))
            integrity = integrity_of(archive)
            if package.setdefault("integrity", integrity) != integrity:
                raise SystemExit(f"{name} {package['version']}: its archive is {integrity}, not {package['integrity']}")
            unpack_package(archive, package, name)
    LIST.write_text(json.dumps(packages, indent=2) + "\n")


if __name__ == "__main__":
    main()
