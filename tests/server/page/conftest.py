"""A browser that looks at the page over the mock service, and fails a test for what a person would not see.

An error on the console, a request of another host, a promise that nobody caught: each fails the test in which it
happens, but for what a test says it expects.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="the page is tested in a browser, by playwright")

import importlib.util  # noqa: E402
import sys  # noqa: E402

CHROMIUM = shutil.which("chromium")


def load_mock() -> Any:
    name = "page_mock_service"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("mock_service.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Twelve seconds of a bar that moves."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(120):
            picture = np.zeros((90, 160, 3), np.uint8)
            picture[:, number : number + 12] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser; its driver keeps an event loop in this thread, so it ends with the file that looks at it."""
    if CHROMIUM is None:
        pytest.skip("the page is tested in Debian's chromium, which is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page that somebody looks at, what the mock remembers, and what went wrong."""

    page: Any
    base: str
    state: Any
    wrong: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def go(self, address: str = "/") -> Any:
        self.page.goto(self.base + address)
        return self.page

    def until(self, expression: str, seconds: float = 8) -> None:
        """Wait until an expression holds; playwright's own way compiles it in the page, which its policy forbids."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.03)

    def address(self) -> str:
        return str(self.page.url).removeprefix(self.base)


@pytest.fixture
def watched() -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a window of a browser upon a service; at the end nothing may have gone wrong."""
    visits: list[Visit] = []

    def open_window(browser: Any, base: str, *, width: int = 1280, height: int = 800, **options: Any) -> Visit:
        page = browser.new_context(viewport={"width": width, "height": height}, **options).new_page()
        page.set_default_timeout(8000)
        found = Visit(page, base, None)
        page.on(
            "console",
            lambda said: found.wrong.append(f"{said.text} {said.location['url']}") if is_fault(said) else None,
        )
        page.on("pageerror", lambda error: found.wrong.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((base, "blob:", "data:")) else found.wrong.append(asked.url),
        )
        visits.append(found)
        return found

    yield open_window
    for one in visits:
        one.page.context.close()
    assert [text for one in visits for text in one.wrong if not any(known in text for known in one.expected)] == []


def is_fault(message: Any) -> bool:
    """Whether a browser's remark says that something is wrong; of what it says besides, only what is of the page."""
    return message.type in ("error", "warning") or message.text.startswith("[DOM]")


MISSING = "status of 404"
"""What chromium itself says of a picture that the service answers there is none of."""


@pytest.fixture
def visit(chromium: Any, film: bytes, watched: Callable[..., Visit]) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens a window of a size upon the mock, with options of playwright's `new_context`."""
    server, state = load_mock().start()
    state.video = film
    opened: list[Visit] = []

    def open_window(width: int = 1280, height: int = 800, **options: Any) -> Visit:
        found = watched(chromium, f"http://127.0.0.1:{server.server_port}", width=width, height=height, **options)
        found.state = state
        found.expected = (MISSING,)
        opened.append(found)
        return found

    yield open_window
    # Before the service ends: what a page still asks for then would be a fault.
    for one in opened:
        one.page.context.close()
    server.shutdown()
    server.server_close()
