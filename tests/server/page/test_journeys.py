"""What people do on the page, from words to a judgement, as a browser sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Open = Callable[..., Any]
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082"
)


def ask(page: Any, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.keyboard.press("Enter")
    page.locator(".card.sure, .card.doubtful, .empty").first.wait_for()


def test_words_find_and_the_address_is_the_question(visit: Open) -> None:
    look = visit()
    page = look.go()
    ask(page, "old harbour")
    assert look.address() == "/?q=old+harbour"
    page.get_by_text("31 sure results of 240").wait_for()
    assert "1 in 160,000" in page.locator(".card").first.inner_text()
    page.get_by_role("button", name="Sound").click()
    page.wait_for_url("**view=audio")
    page.go_back()
    page.wait_for_url(re.compile("harbour$"))
    assert page.get_by_role("searchbox").input_value() == "old harbour"
    page.reload()
    page.get_by_text("31 sure results of 240").wait_for()


def test_back_from_an_item_is_the_same_place_and_focus(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=many")
    page.locator(".card.image").first.wait_for()
    page.locator("sx-results").evaluate("(grid) => grid.scrollTo(0, 4000)")
    page.wait_for_url("**at=*")
    # Named by its place: the cards of the document are others once it has scrolled.
    index = page.locator(".card.image[data-id]").nth(14).get_attribute("data-index")
    card = page.locator(f'.card[data-index="{index}"]')
    card.scroll_into_view_if_needed()
    name, before = card.get_attribute("data-id"), page.locator("sx-results").evaluate("(grid) => grid.scrollTop")
    card.click()
    page.locator("h1").wait_for()
    page.go_back()
    page.locator(".card[data-id]:focus").wait_for()
    assert page.locator(".card:focus").get_attribute("data-id") == name
    assert abs(page.locator("sx-results").evaluate("(grid) => grid.scrollTop") - before) < 260
    page.reload()
    page.locator(".card[data-id]:focus").wait_for()
    assert page.locator(".card:focus").get_attribute("data-id") == name


def test_more_like_this_asks_again_and_is_kept_and_undone(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=harbour")
    card = page.locator(".card.image").nth(1)
    card.hover()
    name = card.get_attribute("data-id")
    with page.expect_response("**/judgements"):
        card.locator("[data-act=like]").click()
    page.wait_for_url("**item=*")
    page.get_by_text("More like this.").wait_for()
    assert look.state.judgements == [{"text": "harbour", "liked": [name], "disliked": []}]
    with page.expect_response("**/judgements"):
        page.get_by_role("button", name="Undo").click()
    page.wait_for_url(re.compile("q=harbour$"))
    page.get_by_text("Taken back.").wait_for()
    assert look.state.judgements == []


def test_less_like_several_is_one_judgement(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=harbour")
    page.locator(".card").nth(1).wait_for()
    page.locator(".card").nth(0).focus()
    page.keyboard.press("x")
    page.locator(".card").nth(1).focus()
    page.keyboard.press("x")
    with page.expect_response("**/judgements"):
        page.get_by_role("button", name="Less like these").click()
    page.locator(".chip.minus").nth(1).wait_for()
    assert [len(judged["disliked"]) for judged in look.state.judgements] == [2]
    assert look.address().count("item=%7E-1%7E") == 2


def test_weights_are_in_the_address_and_the_question(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=harbour")
    page.get_by_role("button", name="Heavier: harbour").click()
    page.wait_for_url("**q=%7E2%7Eharbour")
    page.get_by_text("×2").wait_for()
    with page.expect_request("**/search") as asked:
        page.get_by_role("button", name="Heavier: harbour").click()
    assert asked.value.post_data_json["parts"] == [{"kind": "text", "text": "harbour", "weight": 4}]


@pytest.mark.parametrize("way", ["chosen", "pasted", "dropped"])
def test_a_picture_asks(visit: Open, way: str) -> None:
    look = visit()
    page = look.go()
    page.locator(".card").first.wait_for()
    if way == "chosen":
        page.locator("input[type=file]").set_input_files(
            {"name": "mine <b>.png", "mimeType": "image/png", "buffer": PICTURE}
        )
    else:
        page.evaluate(
            """([way, bytes]) => {
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(bytes)], "mine <b>.png", { type: "image/png" }));
                const given = { bubbles: true, cancelable: true };
                const event = way === "pasted" ? new ClipboardEvent("paste", { clipboardData: data, ...given })
                  : new DragEvent("drop", { dataTransfer: data, ...given });
                document.body.dispatchEvent(event);
            }""",
            [way, list(PICTURE)],
        )
    page.wait_for_url("**upload=*")
    page.locator(".chip", has_text="mine <b>.png").wait_for()
    page.get_by_text("31 sure results").wait_for()


def test_a_text_file_asks_with_its_words(visit: Open) -> None:
    page = visit().go()
    page.locator("input[type=file]").set_input_files(
        {"name": "note.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
    )
    page.wait_for_url("**upload=*")
    page.locator(".chip", has_text="words of note.pdf").wait_for()
    assert page.locator(".chip img").count() == 0


def test_what_is_asked_with_is_kept_in_the_library(visit: Open) -> None:
    look = visit()
    page = look.go()
    page.locator("input[type=file]").set_input_files(
        {"name": "mine <b>.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    page.get_by_role("button", name="Keep it in the library: mine <b>.png").click()
    page.locator(".toast", has_text="mine <b>.png is in the library now").wait_for()
    asked = [line for line in look.state.requests if line.startswith("POST /api/v1/jobs")]
    again = page.get_by_role("button", name="It is in the library: mine <b>.png")
    again.press("Enter")  # it says that it is disabled, and is there for who reads by ear
    assert asked == [line for line in look.state.requests if line.startswith("POST /api/v1/jobs")]
    with page.expect_response("**/api/v1/items/50310000-0000-0000-0000-000000000007"):
        page.locator(".toast").get_by_role("button", name="Open").click()
    page.wait_for_url("**id=50310000-0000-0000-0000-000000000007*")
    page.wait_for_load_state("networkidle")
    # It is a chip of the question still, which an upload may be.
    page.go_back()
    again.wait_for()


def test_files_of_the_device_are_added_on_the_page_of_the_library(visit: Open) -> None:
    look = visit()
    page = look.go("/?show=library")
    page.get_by_label("Files of this device").set_input_files(
        [
            {"name": "a.png", "mimeType": "image/png", "buffer": PICTURE},
            {"name": "b.png", "mimeType": "image/png", "buffer": PICTURE},
        ]
    )
    page.locator(".toast", has_text="2 files are in the library now").wait_for()
    page.locator(".job", has_text="2 uploads").wait_for()
    dropped = """([name, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
        document.querySelector("[data-takes-files]").dispatchEvent(
          new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(dropped, ["c.png", list(PICTURE)])
    page.locator(".toast", has_text="c.png is in the library now").wait_for()
    assert "upload=" not in look.address()  # it is not asked with
    assert look.state.jobs[0]["summary"]["kept"][0]["path"] == "/home/ada/Media/uploads/c.png"
    page.get_by_label("Folder of the copies").select_option("/mnt/photos")
    page.evaluate(dropped, ["d.png", list(PICTURE)])
    page.locator(".toast", has_text="d.png is in the library now").wait_for()
    assert look.state.jobs[0]["summary"]["kept"][0]["path"] == "/mnt/photos/uploads/d.png"


def test_a_hit_is_dragged_into_the_box(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=harbour")
    card = page.locator(".card.image").nth(2)
    card.drag_to(page.locator("sx-search-box"))
    page.wait_for_url("**item=*")
    page.locator(".chip img").wait_for()


def test_facets_narrow_and_lead_back(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=harbour")
    page.get_by_role("checkbox", name="sea").check()
    page.wait_for_url("**where.keywords=sea")
    assert page.get_by_label("nowhere").count() == 0
    page.get_by_role("button", name="Without Keywords sea").click()
    page.wait_for_url(re.compile("q=harbour$"))
    assert not page.get_by_role("checkbox", name="sea").is_checked()


def test_a_line_parts_the_sure_from_the_rest(visit: Open) -> None:
    page = visit().go("/?q=harbour")
    page.locator(".card").first.wait_for()
    page.locator("sx-results").evaluate("(grid) => grid.scrollTo(0, 1500)")
    page.get_by_text("What follows may be chance").wait_for()
    above = page.locator(".divider").bounding_box()["y"]
    boxes = page.locator(".card.sure").evaluate_all(
        "(cards) => cards.map((card) => card.getBoundingClientRect().bottom)"
    )
    below = page.locator(".card.doubtful").evaluate_all(
        "(cards) => cards.map((card) => card.getBoundingClientRect().top)"
    )
    assert max(boxes) <= above + 12 < min(below)


def test_nothing_found_says_so_and_offers_the_doubtful(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=doubtful")
    page.get_by_text("Nothing found that chance does not explain").wait_for()
    assert page.locator(".divider").count() == 1
    assert page.locator(".card.doubtful").count() > 4
    page = look.go("/?q=zero")
    page.get_by_role("heading", name="Nothing found").wait_for()


def test_a_problem_is_told_in_its_words(visit: Open) -> None:
    look = visit()
    look.expected += ("422",)
    page = look.go("/?q=wrong")
    page.get_by_role("alert").get_by_text("did you mean 'camera'?").wait_for()


def test_sort_by_date_orders_the_sure_alone(visit: Open) -> None:
    page = visit().go("/?q=harbour&sort=date")
    page.locator(".card.sure").first.wait_for()
    assert page.locator(".card.doubtful").count() == 0
    years = page.locator(".card .name").evaluate_all("(names) => names.map((name) => name.title.split('/')[4])")
    assert years == sorted(years, reverse=True)


def test_an_expired_ranking_is_asked_again(visit: Open) -> None:
    look = visit()
    look.expected += ("410",)
    page = look.go("/?q=many")
    page.locator(".card").first.wait_for()
    look.state.expired = {"r0"}
    with page.expect_response("**/search"):
        page.locator("sx-results").evaluate("(grid) => grid.scrollTo(0, 60000)")
    page.wait_for_url("**at=*")
    at = page.url.rsplit("at=")[1]
    page.locator(f'.card[data-index="{at}"][data-id]').wait_for()
    # Two windows may be under way when the ranking expires, and each of them asks.
    assert sum(request == "POST /api/v1/search" for request in look.state.requests) in (2, 3)


def test_markup_in_names_is_text(visit: Open) -> None:
    page = visit().go("/?q=harbour")
    page.get_by_text("<img src=x onerror=alert(1)><b>bold.jpg").first.wait_for()
    assert page.locator("b", has_text="bold").count() == 0
    assert page.locator("img[src=x]").count() == 0


def test_hover_plays_from_the_second_and_stops_to_load(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=harbour")
    page.locator(".card.video").first.wait_for()
    # By the page's own clock: a test is late where other programs have the processor.
    page.evaluate(
        """() => {
            document.addEventListener("pointerover", () => { window.rested ??= performance.now(); }, true);
            new MutationObserver(() => {
                if (document.querySelector("video.preview")) window.shown ??= performance.now();
            }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    page.locator(".card.video").first.hover()
    film = page.locator("video.preview.playing")
    film.wait_for()
    assert page.evaluate("window.shown - window.rested") > 120
    assert film.evaluate("(video) => video.muted && video.currentTime >= 2.5 - 0.2")
    handle = film.element_handle()
    page.mouse.move(5, 5)
    page.locator("video.preview").wait_for(state="detached")
    assert handle.evaluate("(video) => [video.paused, video.getAttribute('src')]") == [True, None]


def test_nothing_moves_for_people_who_want_less_motion(visit: Open) -> None:
    page = visit(reduced_motion="reduce").go("/?q=harbour")
    page.locator(".card.video").first.hover()
    page.wait_for_timeout(600)
    assert page.locator("video.preview").count() == 0


def test_the_item_page_plays_at_its_second_and_jumps(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=ferry")
    page.locator(".card.video").first.click()
    page.wait_for_url("**t=2.5*")
    look.until("document.querySelector('sx-player video')?.currentTime > 2.3")
    page.get_by_role("button", name="0:04 as far as the lighthouse").click()
    look.until("document.querySelector('sx-player video').currentTime > 4.4")
    page.get_by_role("button", name="engine, 0:03 to 0:07, 91 percent").wait_for()
    page.get_by_role("button", name="Name this recording").click()
    page.get_by_text("night ferry <live>.flac").wait_for()
    page.get_by_role("combobox", name="by").select_option("words")
    page.locator(".near").nth(5).wait_for()
    # Layers of a network are spaces of their own, in the order in which they are done.
    layers = page.get_by_role("combobox", name="by").locator("optgroup[label='Layers of clip'] option")
    assert layers.all_inner_texts() == ["blocks.6", "blocks.11"]
    with page.expect_request("**/neighbours?space=clip%40blocks.6*"):
        page.get_by_role("combobox", name="by").select_option("clip@blocks.6")


def test_the_player_asks_for_the_version_for_browsers(visit: Open) -> None:
    look = visit()
    look.state.broken_media = True
    page = look.go("/?q=ferry")
    page.locator(".card.video").first.click()
    look.until("document.querySelector('sx-player video')?.readyState > 0")
    assert any(request.endswith("/media/web") for request in look.state.requests)


def test_boxes_and_read_text_lie_on_the_picture(visit: Open) -> None:
    page = visit().go("/?q=harbour")
    page.locator(".card.image").first.click()
    page.locator(".region", has_text="EXIT <b>only</b>").wait_for()
    page.wait_for_function("document.querySelector('.frame img').naturalWidth > 0")
    frame, box = page.locator(".frame img").bounding_box(), page.locator(".region.label").bounding_box()
    assert abs((box["x"] - frame["x"]) / frame["width"] - 0.2) < 0.02
    page.get_by_label("Boxes and text that was read").uncheck()
    assert page.locator(".region").count() == 0


def test_searches_are_saved_with_the_library(visit: Open) -> None:
    look = visit()
    page = look.go("/?q=harbour&where.keywords=sea")
    page.get_by_role("button", name="Saved").click()
    page.get_by_label("Keep this search as").fill("sea & harbour <3")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Forget sea & harbour <3").wait_for()
    assert json.loads(json.dumps(look.state.saved))["sea & harbour <3"]["search"]["where"] == {"keywords": ["sea"]}
    page = look.go("/")
    page.get_by_role("button", name="Saved").click()
    page.get_by_role("button", name="sea & harbour <3", exact=True).click()
    page.wait_for_url("**q=harbour&where.keywords=sea")


def test_a_search_of_filters_alone_is_saved_by_what_it_narrows_to(visit: Open) -> None:
    look = visit()
    page = look.go("/?where.keywords=sea&view=image")
    page.get_by_role("button", name="Saved").click()
    assert page.get_by_label("Keep this search as").input_value() == "Keywords sea, Medium Pictures"
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Forget Keywords sea, Medium Pictures").wait_for()
    page = look.go("/")
    page.get_by_role("button", name="Saved").click()
    page.get_by_role("button", name="Keywords sea, Medium Pictures", exact=True).click()
    page.wait_for_url("**where.keywords=sea&where.modality=image")


def test_a_saved_search_that_the_page_cannot_hold_says_so(visit: Open) -> None:
    look = visit()
    asked = {"parts": [{"kind": "filter", "where": ["artist=Ada"]}]}
    look.state.saved = {"by <ada>": {"name": "by <ada>", "search": asked, "changed": 1.7e9}}
    page = look.go("/")
    page.get_by_role("button", name="Saved").click()
    page.get_by_role("button", name="by <ada>", exact=True).click()
    page.get_by_role("alert").get_by_text("“by <ada>” asks with the items of a filter").wait_for()
    assert look.address() == "/"


def test_the_library_page_follows_a_job(visit: Open) -> None:
    look = visit()
    page = look.go("/?show=library")
    page.get_by_text("2,400").first.wait_for()
    progress = page.get_by_role("progressbar")
    progress.wait_for()
    before = progress.evaluate("(bar) => bar.value")
    look.until(f"document.querySelector('progress').value > {before}")
    page.get_by_label("Folder or file").fill("/home/ada/New")
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator(".job", has_text="/home/ada/New").wait_for()
    page.locator("summary", has_text="1 file could not be read").first.click()
    page.get_by_text("ends in the middle of a frame").first.wait_for()


def test_a_token_is_asked_for_and_taken(visit: Open) -> None:
    look = visit()
    look.expected += ("401",)
    look.state.token = "right"
    page = look.go("/?q=harbour")
    page.get_by_label("Token").fill("left")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").get_by_text("not the token").wait_for()
    page.get_by_label("Token").fill("right")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("31 sure results of 240").wait_for()


def test_the_map_is_looked_at_and_lassoed(visit: Open, tmp_path: Path) -> None:
    page = visit().go("/?show=map")
    page.get_by_text("2,400 items").first.wait_for()
    page.locator(".map-field img").first.wait_for()
    page.get_by_role("button", name="Lasso").click()
    page.mouse.move(300, 200)
    page.mouse.down()
    for x, y in ((600, 200), (600, 600), (300, 600), (300, 210)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    page.get_by_text("in the area").wait_for()
    page.wait_for_url("**where.map=*show=map")
    told = page.locator(".map-side [role=status]").inner_text()
    # The address is the question: another window sees the same, and so does whoever comes back.
    page.reload()
    page.locator(".map-side [role=status]", has_text=told).wait_for()
    page.get_by_role("button", name="See the results").click()
    page.locator(".chip", has_text="an area of it").wait_for()
    page.go_back()
    page.get_by_role("button", name="Whole map").click()
    page.get_by_text("2,400 items").first.wait_for()
    page.locator(".map-side li button").first.click()
    page.locator("h1").wait_for()


def test_the_map_is_coloured_by_what_somebody_chooses(visit: Open) -> None:
    page = visit().go("/?show=map")
    page.get_by_role("list", name="Colours").get_by_text("Pictures").wait_for()
    page.get_by_label("Colour by").select_option("label")
    page.get_by_role("list", name="Colours").get_by_text("3 others").wait_for()
    page.get_by_role("list", name="Colours").get_by_text("none").wait_for()
    # The list says the same in words.
    page.locator(".map-side li", has_text="label 3").first.wait_for()
    # There each file has its own value, though it is one of many that are grey.
    page.locator(".map-side li", has_text="label 9").first.wait_for()
    # Folders go without those above all of them.
    page.get_by_label("Colour by").select_option("folder")
    page.get_by_role("list", name="Colours").get_by_text("2019/0", exact=True).wait_for()
    # The address tells it too; an area keeps it, and a key that is none is left alone.
    page.reload()
    page.get_by_role("list", name="Colours").get_by_text("2019/0", exact=True).wait_for()
    assert page.get_by_label("Colour by").input_value() == "folder"
    page.get_by_role("button", name="Only what is in view").click()
    page.wait_for_url("**where.map=*colour=folder")
    page = visit().go("/?show=map&colour=nonsense")
    page.get_by_role("list", name="Colours").get_by_text("Pictures").wait_for()


def test_the_map_is_narrowed_by_keys_alone(visit: Open) -> None:
    page = visit().go("/?show=map")
    page.get_by_text("2,400 items").first.wait_for()
    page.locator(".map-field canvas").focus()
    for key in ("+", "+", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_url("**where.map=*")
    page.get_by_text("in the area").wait_for()
    assert page.locator(".map-side [role=status]").inner_text() != "2,400 items in the area"
