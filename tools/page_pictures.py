"""Pictures of the page for the documentation: screenshots of `sonolux serve` over a library of the sample, in chromium.

`python -m tools.page_pictures` makes docs/pictures/page-search.png and page-item.png, of 1280 by 800 pixels. The photos
of the sample are free. Needs the extras serve and test, and Debian's chromium.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from sonolux.sample import write_sample

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"

FOLDER = Path(tempfile.gettempdir()) / "things"
"""Of the sample and its library; its name is to be seen, so that it is the same each time."""

SIZE = (1280, 800)

LARGEST = 250_000
"""Bytes of a picture; what would be more is drawn in 256 colours."""

READY_SECONDS = 240.0


def make_pictures() -> None:
    """Make both pictures anew."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("pictures of the page need chromium: apt-get install chromium")
    try:
        FOLDER.mkdir()
    except FileExistsError:
        sys.exit(f"{FOLDER} is there already: move it away, the sample is written to it")
    try:
        with served_sample() as base, sync_playwright() as started:
            browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, reduced_motion="reduce")
            ids = ids_by_name(base)
            page.goto(f"{base}/?q=coffee")
            page.locator(".card.sure").first.wait_for()
            save_picture(page, PICTURES / "page-search.png")
            page.goto(f"{base}/?item={ids['sea.mp3']}&show=item&id={ids['walk.mp3']}&t=30")
            page.locator(".near").first.wait_for()
            save_picture(page, PICTURES / "page-item.png")
            browser.close()
    finally:
        shutil.rmtree(FOLDER)


@contextmanager
def served_sample() -> Iterator[str]:
    """Make a library of the sample, with default spaces, serve it, and yield the address."""
    write_sample(FOLDER)
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "SONOLUX_CACHE": home, "SONOLUX_HUB": "off"}
        sonolux = [sys.executable, "-m", "sonolux"]
        library = Path(home) / "things.sonolux"
        subprocess.run([*sonolux, "add", "--library", library, FOLDER], env=environment, check=True)
        asked = [*sonolux, "serve", "--port", "0", "--library", str(library)]
        with subprocess.Popen(asked, env=environment, stdout=subprocess.PIPE, text=True) as service:
            assert service.stdout is not None
            try:
                found = re.search(r"http://\S+", service.stdout.readline())
                if found is None:
                    sys.exit("the service did not start")
                wait_until_ready(found[0])
                yield found[0]
            finally:
                service.terminate()


def wait_until_ready(base: str) -> None:
    """Return once the models are loaded."""
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{base}/readyz", timeout=10).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


def ids_by_name(base: str) -> dict[str, str]:
    """Return the ids of the library's files by their names."""
    with urllib.request.urlopen(f"{base}/api/v1/items?limit=200", timeout=30) as answer:
        return {Path(item["path"]).name: item["id"] for item in json.load(answer)["items"]}


def save_picture(page: Page, path: Path) -> None:
    """Write a screenshot as a PNG, once nothing more comes."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    make_pictures()
