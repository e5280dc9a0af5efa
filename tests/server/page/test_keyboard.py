"""The page by the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Open = Callable[..., Any]


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('data-index') ?? document.activeElement.localName"))


def test_from_the_box_through_the_grid_to_an_item_and_back(visit: Open) -> None:
    look = visit()
    page = look.go()
    page.locator(".card").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("harbour")
    page.keyboard.press("Enter")
    page.locator(".card.sure").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.locator('.card[data-index="0"]:focus').wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.locator('.card[data-index="2"]:focus').wait_for()
    page.keyboard.press("ArrowDown")
    look.until("document.activeElement.getBoundingClientRect().top > 250")
    here = focused(page)
    page.keyboard.press("Enter")
    page.locator("h1:focus").wait_for()
    page.keyboard.press("Escape")
    page.locator(f'.card[data-index="{here}"]:focus').wait_for()


def test_keys_reach_every_hit_however_far(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=many")
    page.locator(".card").first.focus()
    page.keyboard.press("End")
    page.locator('.card[data-index="9999"]:focus').wait_for()
    page.keyboard.press("ArrowLeft")
    page.locator('.card[data-index="9998"][data-id]:focus').wait_for()
    page.keyboard.press("Home")
    page.locator('.card[data-index="0"]:focus').wait_for()
    for _ in range(40):
        page.keyboard.press("ArrowDown")
    look.until("Number(document.activeElement.dataset.index) > 100")
    # The windows that were passed have come, and with them other rows.
    page.wait_for_timeout(700)
    box = page.locator(".card:focus").bounding_box()
    assert 0 < box["y"] < 800


def test_like_select_play_and_undo(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=harbour")
    page.locator(".card.audio").first.focus()
    page.keyboard.press("Space")
    page.locator(".card.audio [data-plays=true]").wait_for()
    page.keyboard.press("Space")
    page.locator(".card.audio [data-plays=true]").wait_for(state="detached")
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_text("2 selected").wait_for()
    with page.expect_response("**/judgements"):
        page.keyboard.press("l")
    page.wait_for_url("**item=*")
    assert [len(judged["liked"]) for judged in look.state.judgements] == [2]
    with page.expect_response("**/judgements"):
        page.keyboard.press("z")
    page.get_by_text("Taken back.").wait_for()
    assert look.state.judgements == []


def test_help_shows_all_keys_and_gives_the_focus_back(visit: Open) -> None:
    page = visit().go("/?q=harbour")
    page.locator(".card").first.focus()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.locator('.card[data-index="0"]:focus').wait_for()


def test_the_browsers_keys_are_left_alone(visit: Open) -> None:
    page = visit().go("/?q=harbour")
    page.locator(".card").first.focus()
    taken = page.evaluate(
        """() => ["f", "l", "r", "t", "w", "d", "p", "u", "z", "x", "ArrowLeft"].flatMap((key) =>
            [{ ctrlKey: true }, { altKey: true }, { metaKey: true }].map((with_) => {
                const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...with_ });
                document.activeElement.dispatchEvent(event);
                return event.defaultPrevented ? key : "";
            })).filter(Boolean)"""
    )
    assert taken == []
    page.keyboard.press("Control+k")
    assert focused(page) == "input"
    page.keyboard.type("l/u?x")
    assert page.get_by_role("searchbox").input_value() == "l/u?x"


def test_tab_goes_through_the_page_and_every_stop_is_seen(visit: Open) -> None:
    page = visit().go("/?q=harbour")
    page.locator(".card.sure").first.wait_for()
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
                const one = document.activeElement;
                const box = one.closest(".box") ?? one.closest("label") ?? one;
                const shown = [one, box].map((each) => getComputedStyle(each))
                    .some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
                return [one.localName + (one.className ? "." + one.className : ""), shown];
            }"""
        )
        stops.append(found)
    assert [name for name, shown in stops if not shown and name != "body"] == []
    assert sum(name.startswith("div.card") for name, _ in stops) == 1
