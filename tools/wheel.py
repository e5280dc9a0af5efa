"""Contents of a wheel, checked before it is published: ``python tools/wheel.py dist/*.whl``.

Nothing but the package, its licence said, the weights that it needs inside. Needs nothing but Python.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from email.parser import Parser

LICENCE = "Apache-2.0 AND BSD-3-Clause AND LicenseRef-WordNet-3.0"
LICENCE_FILES = ("LICENSE", "image_classes.tsv", "LICENSE-lit.txt")
NEEDED = (
    "sonolux/py.typed",
    "sonolux/cli/__init__.py",
    "sonolux/encoders/packaged/image_classes.tsv",
    "sonolux/fingerprints/model/model.safetensors",
    "sonolux/retrieval/backgrounds/photo.npz",
    "sonolux/server/page/index.html",
    "sonolux/server/page/elements/app.js",
    "sonolux/server/page/vendor/lit-html.js",
)
LINKS = ("Homepage", "Documentation", "Issues", "Changelog")

LARGEST = 10 * 2**20
"""Bytes of a wheel; the weights inside take a fifth of it."""


def faults(path: str) -> Iterator[str]:
    """Yield what is wrong with a wheel, in a line each."""
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        said = Parser().parsestr(wheel.read(metadata).decode("utf-8"))
        size = sum(info.compress_size for info in wheel.infolist())
    yield from (f"{name} is missing" for name in NEEDED if name not in names)
    package = f"sonolux-{said['Version']}.dist-info/"
    yield from (f"{name} does not belong there" for name in names if not name.startswith(("sonolux/", package)))
    yield from (f"{name} does not belong there" for name in names if "__pycache__" in name)
    if said["License-Expression"] != LICENCE:
        yield f"License-Expression is {said['License-Expression']!r}, not {LICENCE!r}"
    kept = [name.rpartition("/")[2] for name in said.get_all("License-File", [])]
    yield from (f"licence file {name} is missing" for name in LICENCE_FILES if name not in kept)
    links = [link.partition(",")[0] for link in said.get_all("Project-URL", [])]
    yield from (f"link {name} is missing" for name in LINKS if name not in links)
    if size > LARGEST:
        yield f"holds {size:,} bytes, more than {LARGEST:,}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("name one wheel: python tools/wheel.py dist/sonolux-X.whl")
    found = list(faults(sys.argv[1]))
    print("\n".join(found) or f"{sys.argv[1]}: nothing is wrong")
    sys.exit(bool(found))
