"""Long rankings: few cards in the document, no long task, a jump to any place, however high the list would be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Open = Callable[..., Any]

SCROLL = """async () => {
    const grid = document.querySelector("sx-results");
    let most = 0, steps = 0;
    for (const sign of [1, -1]) {
        for (;;) {
            grid.scrollBy(0, sign * 9600);
            await new Promise(requestAnimationFrame);
            most = Math.max(most, document.querySelectorAll(".card").length);
            steps++;
            if (sign < 0 ? grid.scrollTop <= 0 : grid.scrollTop >= grid.scrollHeight - grid.clientHeight - 1) break;
            if (steps > 3000) throw new Error("no end");
        }
    }
    await new Promise((resolve) => setTimeout(resolve, 400));
    return { most, steps, top: grid.scrollTop };
}"""


def longest_task(trace: dict[str, Any]) -> float:
    """Return the milliseconds of processor of the longest task of a page's main thread.

    By its processor's time, for a task is long on the clock, too, where other programs have the processor.
    """
    events = trace["traceEvents"]
    main = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        one for one in events if one.get("ph") == "X" and (one["pid"], one["tid"]) in main and "RunTask" in one["name"]
    ]
    return max(float(one.get("tdur", 0)) for one in tasks) / 1000


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (3840, 2160)])
def test_ten_thousand_from_end_to_end_and_back(visit: Open, chromium: Any, width: int, height: int) -> None:
    page = visit(width, height).go("/?q=many")
    page.locator(".card.sure").first.wait_for()
    page.wait_for_timeout(500)
    chromium.start_tracing(page=page, categories=["toplevel"])
    measured = page.evaluate(SCROLL)
    longest = longest_task(json.loads(chromium.stop_tracing()))
    assert measured["steps"] > 20
    assert measured["most"] <= 400
    # A wall of pixels is drawn by the processor here: how long that takes says more of the machine than of the page.
    assert 0 < longest <= (100 if width < 3000 else 500)
    assert measured["top"] == 0
    page.locator('.card[data-index="0"][data-id]').wait_for()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_jump_by_the_scroll_bar_among_a_million(visit: Open, share: float) -> None:
    page = visit().go("/?q=million")
    page.locator(".card.sure").first.wait_for()
    page.locator("sx-results").evaluate(
        "(grid, share) => grid.scrollTo(0, share * (grid.scrollHeight - grid.clientHeight))", share
    )
    page.wait_for_url("**at=*")
    at = int(page.url.rsplit("at=")[1].split("&")[0])
    assert abs(at / 1_000_000 - share) < 0.03
    page.locator(f'.card[data-index="{at}"][data-id]').wait_for()
    assert page.locator(".card").count() <= 400


def test_the_last_of_a_million_by_the_scroll_bar(visit: Open) -> None:
    page = visit().go("/?q=million")
    page.locator(".card.sure").first.wait_for()
    page.locator("sx-results").evaluate("(grid) => grid.scrollTo(0, grid.scrollHeight)")
    page.locator('.card[data-index="999999"][data-id]').wait_for()
    assert page.locator('.card[data-index="999999"]').bounding_box()["y"] < 800


@pytest.mark.parametrize("number", [1, 123_456, 765_432, 1_000_000])
def test_a_jump_by_number_among_a_million(visit: Open, number: int) -> None:
    page = visit().go("/?q=million")
    page.locator(".card.sure").first.wait_for()
    page.get_by_label("Go to").fill(str(number))
    page.keyboard.press("Enter")
    card = page.locator(f'.card[data-index="{number - 1}"][data-id]:focus')
    card.wait_for()
    assert 0 < card.bounding_box()["y"] < 800


def test_small_moves_far_down_are_small(visit: Open) -> None:
    """A million hits are higher than an element may be: still a wheel moves what is seen by as much as it turns."""
    page = visit().go("/?q=million&at=500000")
    page.locator(".card[data-id]").first.wait_for()
    page.wait_for_timeout(400)
    card = page.locator('.card[data-index="500010"]')
    before = card.bounding_box()["y"]
    page.mouse.move(700, 500)
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(500)
    assert abs(before - card.bounding_box()["y"] - 120) < 2
    page.mouse.wheel(0, -120)
    page.wait_for_timeout(500)
    assert abs(before - card.bounding_box()["y"]) < 2
