"""The page over a real library: what a first-time reader does, in a browser, with `sonolux serve` beneath.

The library is the sample's, with the spaces that it has by default; the service is a process of its own, as a person
starts it. Tests change the library one after the other, and each leaves it as it was.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sonolux.sample import write_sample

pytestmark = pytest.mark.timeout(600)

Open = Callable[..., Any]
SERIOUS = ("serious", "critical")
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
CHROMIUM = shutil.which("chromium")


@dataclass(frozen=True)
class Served:
    """A service: where it is, what its root is, and the ids of its files by their names."""

    base: str
    root: Path
    ids: dict[str, str]

    def ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.base}/api/v1/{path}", timeout=30) as answer:
            return json.load(answer)


def environment(home: Path) -> dict[str, str]:
    """Return one that knows no test: the service outlives each of them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "XDG", "SONOLUX"))}
    return {**kept, "HOME": str(home), "SONOLUX_HUB": "off", "SONOLUX_CACHE": str(home / "cache")}


@pytest.fixture(scope="session")
def real_library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A library of the sample and its folder, with default spaces; made once."""
    folder = tmp_path_factory.mktemp("real")
    write_sample(folder / "sample")
    made = subprocess.run(
        [sys.executable, "-m", "sonolux", "add", "--library", folder / "library.sonolux", folder / "sample"],
        env=environment(folder), capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder / "library.sonolux", folder / "sample"


@pytest.fixture(scope="session")
def served(real_library: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`sonolux serve` over a copy of it."""
    if CHROMIUM is None:
        pytest.skip("the page is tested in Debian's chromium, which is not installed")
    home = tmp_path_factory.mktemp("service")
    location = shutil.copytree(real_library[0], home / "library.sonolux")
    asked = ["serve", "--port", "0", "--root", real_library[1], "--library", location]
    log = home / "log"
    with (
        log.open("w") as told,
        subprocess.Popen(
            [sys.executable, "-m", "sonolux", *asked],
            env=environment(home), stdout=subprocess.PIPE, stderr=told, text=True,
        ) as started,
    ):  # fmt: skip
        assert started.stdout is not None
        try:
            base = re.search(r"http://\S+", started.stdout.readline())[0]  # type: ignore[index]
            wait_until_ready(base, log)
            with urllib.request.urlopen(f"{base}/api/v1/items?limit=200", timeout=30) as answer:
                items = json.load(answer)["items"]
            yield Served(base, real_library[1], {Path(item["path"]).name: item["id"] for item in items})
        finally:
            started.terminate()
            started.wait(60)


def wait_until_ready(base: str, log: Path) -> None:
    end = time.monotonic() + 240
    while True:
        try:
            urllib.request.urlopen(f"{base}/readyz", timeout=10).close()
            return
        except OSError:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.3)


@pytest.fixture
def look(served: Served, chromium: Any, watched: Open) -> Open:
    """Return a function that opens a window upon the real service."""

    def open_window(**given: Any) -> Any:
        found = watched(chromium, served.base, reduced_motion="reduce", **given)
        found.page.set_default_timeout(30_000)
        return found

    return open_window


def ask(page: Any, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q="))
    page.locator(".summary", has_text=re.compile(r"result|for sure")).wait_for()


def paths_of(page: Any, kind: str = "sure") -> list[str]:
    """Return the names of the files on the cards."""
    page.locator(".card[data-id]").first.wait_for()
    return [
        Path(path).name
        for path in page.locator(f".card.{kind} .caption [title]:first-child").evaluate_all(
            "(names) => names.map((name) => name.title)"
        )
    ]


# -- finding -------------------------------------------------------------------------------------------------


def test_a_reader_browses_asks_and_comes_to_nothing_found(look: Open) -> None:
    page = look().go()
    page.get_by_text("In the library").wait_for()
    assert page.locator(".card[data-id]").count() > 10
    page.locator(".card.audio").first.wait_for()
    ask(page, "a cat")
    assert {"cat.jpg", "cat_cut.jpg", "a_day_out.mp4", "cat_diary.txt"} <= set(paths_of(page))
    # What holds the words is said to, where chance alone would not tell.
    assert "has the words" in page.locator(".card", has_text="cat_diary.txt").first.inner_text()
    assert "by chance" in page.locator(".card.image").first.inner_text()
    ask(page, "zeppelin xylophone quicksilver")
    page.get_by_text("Nothing found that chance does not explain").wait_for()
    assert page.locator(".card.sure").count() == 0


def test_a_recording_that_is_dropped_finds_its_like(look: Open, served: Served) -> None:
    page = look().go()
    page.locator(".card[data-id]").first.wait_for()
    page.evaluate(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "mine.mp3", { type: "audio/mpeg" }));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        list((served.root / "sounds" / "sea.mp3").read_bytes()),
    )
    page.wait_for_url("**upload=*")
    page.locator(".chip", has_text="mine.mp3").wait_for()
    page.locator(".summary", has_text="sure result").wait_for()
    assert paths_of(page)[0] == "sea.mp3"
    # A sound has no picture, and is not asked for one.
    assert page.locator(".chip img").count() == 0


def test_a_document_that_is_dropped_finds_texts_and_pictures_of_what_it_tells(
    look: Open, served: Served, tmp_path: Path
) -> None:
    """By the words of a file of an office program, which no browser reads."""
    letter = tmp_path / "letter.docx"
    write_docx(letter, html.escape((served.root / "texts" / "cat_diary.txt").read_text()))
    page = look().go()
    page.get_by_label("Ask with a file").set_input_files(letter)
    page.wait_for_url("**upload=*")
    page.locator(".chip", has_text="words of letter.docx").wait_for()
    page.locator(".summary", has_text="sure result").wait_for()
    assert paths_of(page)[0] == "cat_diary.txt"
    page.get_by_role("button", name="Pictures").click()
    page.wait_for_url("**view=image*")
    assert paths_of(page, "image")[0] in ("cat.jpg", "cat_cut.jpg")


def write_docx(path: Path, text: str) -> None:
    with zipfile.ZipFile(path, "w") as package:
        name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        body = f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
        package.writestr("word/document.xml", f'<w:document xmlns:w="{name}"><w:body>{body}</w:body></w:document>')


def test_a_file_of_the_library_that_is_dropped_finds_itself(look: Open, served: Served) -> None:
    page = look().go()
    page.get_by_label("Ask with a file").set_input_files(served.root / "texts" / "cat_diary.txt")
    page.wait_for_url("**upload=*")
    page.locator(".summary", has_text="sure result").wait_for()
    assert paths_of(page)[0] == "cat_diary.txt"


def test_what_was_asked_with_is_kept_in_the_library(look: Open, served: Served, tmp_path: Path) -> None:
    mine = tmp_path / "#1 100% <b>.jpg"
    mine.write_bytes((served.root / "photos" / "cat.jpg").read_bytes() + bytes(7))
    page = look().go()
    page.get_by_label("Ask with a file").set_input_files(mine)
    page.get_by_role("button", name="Keep it in the library").click()
    page.locator(".toast", has_text="is in the library now").get_by_role("button", name="Open").click()
    page.locator("h1", has_text="Chelsea the cat").wait_for()
    page.locator(".picture img").wait_for()
    assert page.locator(".picture img").evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    kept = served.root / "uploads" / "#1 100% b.jpg"
    assert kept.read_bytes() == mine.read_bytes()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove").click()
    page.locator(".toast", has_text="being taken out").wait_for()
    until(lambda: not served.ask("items?where=%7B%22folder%22:%22" + str(kept.parent) + "%22%7D")["items"])
    shutil.rmtree(kept.parent)


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_more_like_this_finds_by_example(look: Open) -> None:
    page = look().go("/?view=audio")
    card = page.locator(".card", has_text="Synthetic sea").filter(has_not_text="rough").first
    card.locator("[data-act=like]").click()
    page.wait_for_url("**item=*")
    page.locator(".summary", has_text="sure result").wait_for()
    assert {"sea_rough.flac", "walk.mp3"} <= set(paths_of(page))


def test_the_first_thumbnails_come_soon_after_enter(look: Open) -> None:
    """Loosely: the machine has other work; `sonolux bench serve` measures it."""
    window = look()
    page = window.go()
    page.locator(".card[data-id] img").first.wait_for()
    page.get_by_role("searchbox").fill("a cat in the grass")
    began = time.monotonic()
    page.keyboard.press("Enter")
    page.wait_for_url("**q=a+cat*")
    seen = "[...document.querySelectorAll('.card[data-id] img')].slice(0, 6)"
    window.until(f"{seen}.length > 3 && {seen}.every((image) => image.complete && image.naturalWidth)", 30)
    assert time.monotonic() - began < 10


def test_the_microphone_names_its_song(served: Served, chromium: Any, watched: Open, tmp_path: Path) -> None:
    sound, rate = soundfile.read(served.root / "sounds" / "plucked_tune.flac", dtype="float32")
    soundfile.write(tmp_path / "heard.wav", np.tile(sound, 4), rate, subtype="PCM_16")
    flags = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    heard = f"--use-file-for-fake-audio-capture={tmp_path / 'heard.wav'}"
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*flags, heard])
    window = watched(browser, served.base)
    page = window.go()
    page.set_default_timeout(30_000)
    page.get_by_role("button", name="Ask with the microphone").click()
    page.locator(".seconds", has_text="0:08").wait_for()
    page.get_by_role("button", name="Stop, and ask with what was recorded").click()
    page.wait_for_url("**upload=*")
    page.get_by_role("button", name="Name this recording").click()
    page.locator(".toast", has_text="It is plucked_tune.flac").wait_for()
    page.locator(".summary", has_text=re.compile("result|for sure")).wait_for()
    assert paths_of(page, "audio")[0].startswith("plucked_tune")
    page.locator(".toast").get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="Plucked tune").wait_for()
    assert window.wrong == []
    page.context.close()
    browser.close()


# -- narrowing and weighing ----------------------------------------------------------------------------------


FACETS = "[...document.querySelectorAll('#filters .facet-value .value')].map((one) => one.innerText).join(' ')"


def test_facets_narrow_and_none_leads_to_nothing(look: Open) -> None:
    window = look()
    page = window.go("/?q=coffee")
    page.locator(".summary", has_text="result").wait_for()
    page.locator("#filters .facet-value").first.wait_for()
    page.wait_for_timeout(500)
    # No sound is among what was found: it is not offered.
    assert page.get_by_role("checkbox", name="Sound").count() == 0
    names = page.locator("#filters .facet-value .value").all_inner_texts()
    assert {"Pictures", "Text", "beverage"} <= set(names)
    for name in names[:: max(1, len(names) // 6)]:
        box = page.get_by_role("checkbox", name=re.compile(f"^{re.escape(name)} ")).first
        box.check()
        page.wait_for_url("**where.*")
        page.locator(".card[data-id]").first.wait_for()
        assert page.get_by_role("heading", name="Nothing found").count() == 0
        page.get_by_role("button", name=re.compile("^Without .*" + re.escape(name) + "$")).click()
        page.wait_for_url(re.compile(r"\?q=coffee$"))
        window.until(f"{FACETS} === {json.dumps(' '.join(names))}", 30)
    page.get_by_role("checkbox", name="beverage").check()
    page.locator(".chip.facet").wait_for()
    page.locator(".summary", has_text=re.compile("^3 ")).wait_for()
    assert set(paths_of(page)) == {"coffee.jpg", "coffee_small.jpg", "a_day_out.mp4"}


def test_weights_and_minus_rank_anew(look: Open, served: Served) -> None:
    page = look().go(f"/?q=coffee&item={served.ids['moon.jpg']}")
    page.locator(".summary", has_text="result").wait_for()
    before = paths_of(page, "card")
    for _ in range(2):
        with page.expect_response("**/search"):
            page.get_by_role("button", name="Heavier: moon.jpg").click()
    page.get_by_text("×4").wait_for()
    page.locator("sx-app [aria-busy=false]").first.wait_for()
    assert paths_of(page, "card") != before
    with page.expect_response("**/search") as answered:
        page.get_by_role("button", name="Away from moon.jpg").click()
    hits = [Path(hit["path"]).name for hit in answered.value.json()["hits"]]
    assert hits[0].startswith("coffee") and "moon.jpg" not in hits[:5]
    page.locator(".chip.minus").wait_for()
    # Words, too, may be what is not wanted; what is alone may not.
    page.get_by_role("button", name="Away from moon.jpg").click()
    page.locator(".chip.minus").wait_for(state="detached")
    with page.expect_response("**/search") as answered:
        page.get_by_role("button", name="Away from coffee").click()
    names = [Path(hit["path"]).name for hit in answered.value.json()["hits"]]
    assert names.index("galaxies.jpg") < names.index("coffee.jpg")
    assert page.get_by_role("button", name="Away from moon.jpg").count() == 0


def test_the_address_brings_question_place_and_focus_back(look: Open) -> None:
    page = look(height=500).go("/?q=coffee")
    page.locator(".card.image").first.wait_for()
    page.locator("sx-results").evaluate("(grid) => grid.scrollTo(0, 500)")
    page.wait_for_url("**at=*")
    card = page.locator(".card.image.doubtful").nth(2)
    card.scroll_into_view_if_needed()
    id_ = card.get_attribute("data-id")
    card.click()
    page.locator(".item h1").wait_for()
    page.go_back()
    page.locator(f".card:focus[data-id='{id_}']").wait_for()
    page.reload()
    page.locator(f".card:focus[data-id='{id_}']").wait_for()
    assert page.get_by_role("searchbox").input_value() == "coffee"


def test_a_search_is_saved_asked_again_and_forgotten(look: Open, served: Served) -> None:
    window = look()
    page = window.go("/?q=coffee&where.modality=image")
    page.locator(".card.image").first.wait_for()
    page.get_by_role("button", name="Saved").click()
    page.get_by_label("Keep this search as").fill("breakfast & <b>")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Forget breakfast & <b>").wait_for()
    assert [one["name"] for one in served.ask("saved")["saved"]] == ["breakfast & <b>"]
    page = window.go("/")
    page.get_by_role("button", name="Saved").click()
    page.get_by_role("button", name="breakfast & <b>", exact=True).click()
    page.wait_for_url("**q=coffee&where.modality=image")
    page.locator(".summary", has_text="sure result").wait_for()
    assert paths_of(page)[0] == "coffee.jpg"
    page.get_by_role("button", name="Saved").click()
    page.get_by_role("button", name="Forget breakfast & <b>").click()
    page.get_by_text("None is kept yet.").wait_for()


# -- items ---------------------------------------------------------------------------------------------------


def test_a_picture_has_its_labels_and_neighbours(look: Open, served: Served) -> None:
    window = look()
    page = window.go("/?q=a+cat")
    page.locator(".card.image").first.click()
    page.get_by_role("heading", name="Chelsea the cat").wait_for()
    page.locator(".labels", has_text="Egyptian cat").wait_for()
    page.get_by_text("by chance").first.wait_for()
    window.until("document.querySelector('.frame img')?.naturalWidth > 400")
    page.locator(".near img").nth(3).wait_for()
    # The library has no layer of a network as a space: it says how one is made.
    page.locator(".neighbours", has_text="sonolux add --space photo@blocks.6 FOLDER").wait_for()


def test_a_sound_is_seen_and_plays(look: Open, served: Served) -> None:
    window = look()
    page = window.go(f"/?show=item&id={served.ids['birdsong.ogg']}")
    page.locator(".strip .wave path").wait_for(state="attached")
    window.until("document.querySelector('.spectrogram')?.naturalWidth > 100", 30)
    page.locator("h1").click()
    page.keyboard.press("Space")
    window.until("document.querySelector('sx-player audio')?.currentTime > 0.3", 30)
    page.keyboard.press("Space")
    # What is near is a sound, too: it is seen as one.
    page.locator(".near .wave path[d]:not([d=''])").first.wait_for(state="attached")


def test_a_video_has_its_shots(look: Open, served: Served) -> None:
    window = look()
    page = window.go(f"/?show=item&id={served.ids['a_day_out.mp4']}")
    page.get_by_role("button", name="shot, 0:08 to 0:12").click()
    window.until("document.querySelector('sx-player video')?.currentTime >= 8", 30)
    page.get_by_role("button", name=re.compile("Egyptian cat, ")).first.wait_for()


def test_a_text_is_read_where_the_words_are(look: Open) -> None:
    page = look().go("/?q=crema&view=text")
    page.locator(".card.sure").first.click()
    page.get_by_role("heading", name="How we make coffee").wait_for()
    assert page.locator(".document mark").all_inner_texts() == ["crema"]


# -- judging and changing ------------------------------------------------------------------------------------


def test_judgements_by_keys_are_kept_and_taken_back(look: Open, served: Served) -> None:
    page = look().go("/?q=coffee")
    cards = page.locator(".card.sure[data-id]")
    cards.first.wait_for()
    for key, number in (("l", 0), ("u", 1)):
        page.goto(f"{served.base}/?q=coffee")
        cards.nth(number).focus()
        with page.expect_response("**/judgements"):
            page.keyboard.press(key)
        page.wait_for_url("**item=*")
    kept = [(one["query"], Path(one["path"]).name, one["liked"]) for one in served.ask("judgements")["judgements"]]
    assert kept == [("coffee", "coffee.jpg", True), ("coffee", "coffee_small.jpg", False)]
    with page.expect_response("**/judgements") as answered:
        page.get_by_role("button", name="Undo").click()
    assert answered.value.json() == {"withdrawn": 1}
    page.get_by_text("Taken back.").wait_for()
    assert [one["liked"] for one in served.ask("judgements")["judgements"]] == [True]


def test_a_folder_is_added_with_progress_and_an_item_removed(look: Open, served: Served) -> None:
    folder = served.root / "new"
    folder.mkdir()
    for number in range(60):
        (folder / f"heron {number}.txt").write_text(f"Heron {number} stands in the reeds of the estuary.")
    try:
        window = look()
        page = window.go("/?show=library")
        page.locator(".figures", has_text="37").wait_for()
        page.locator(".space", has_text="sentences").wait_for()
        page.get_by_label("Folder or file").fill("/etc")
        window.expected = ("403",)
        page.get_by_role("button", name="Add", exact=True).click()
        page.locator(".toast.bad", has_text="only what lies beneath").wait_for()
        page.get_by_label("Folder or file").fill(str(folder))
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("progressbar").wait_for()
        page.locator(".job.done", has_text="added 60").wait_for(timeout=120_000)
        page.locator(".figures", has_text="97").wait_for()
        ask(page, "heron 7")
        page.locator(".card.sure").first.click()
        page.locator(".document", has_text="Heron").wait_for()
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Remove", exact=True).click()
        page.get_by_role("button", name="See the job").click()
        page.locator(".job:first-child.done", has_text="removed 1").wait_for()  # others may have gone before
        page.locator(".figures", has_text="96").wait_for()
        page.get_by_label("Folder or file").fill(str(folder))
        page.locator(".path-form").get_by_role("button", name="Remove").click()
        page.locator(".job.done", has_text="removed 59").wait_for()
        page.locator(".figures", has_text="37").wait_for()
    finally:
        shutil.rmtree(folder)


def test_the_map_is_drawn_and_looked_at(look: Open) -> None:
    window = look()
    window.expected = ("404",)  # there is no map yet: chromium tells of the answer
    page = window.go("/?show=map")
    page.get_by_role("button", name="Draw the map").click()
    if find_spec("openTSNE") is None:
        page.get_by_role("alert").get_by_text("pip install 'sonolux[map]'").wait_for()
        return
    page.get_by_text(re.compile(r"\d+ items, by ")).wait_for(timeout=120_000)
    page.get_by_label("Colour by").select_option("folder")
    page.get_by_role("list", name="Colours").get_by_text("photos").wait_for()
    page.get_by_role("button", name="Nearer").click()
    page.get_by_role("button", name="Only what is in view").click()
    page.wait_for_url("**where.map=*")
    page.get_by_role("button", name="See the results").click()
    page.get_by_text(re.compile(r"\d+ in the library")).wait_for()
    page.get_by_role("button", name="Without Map an area of it").click()
    page.go_back()
    page.go_back()
    page.get_by_role("button", name="Whole map").click()
    page.get_by_text(re.compile(r"\d+ items, by ")).wait_for()
    assert page.locator(".map-side li").count() > 15
    page.locator(".map-field img").first.wait_for()
    page.locator(".map-side li button").first.click()
    page.locator(".item h1").wait_for()


# -- for you -------------------------------------------------------------------------------------------------


def test_three_likes_find_what_sounds_like_them_and_are_forgotten(look: Open, served: Served) -> None:
    page = look().go("/?show=for-you&view=audio")
    page.get_by_text("Nothing is known of you yet.").wait_for()
    for name in ("sea.mp3", "birdsong.ogg", "bells.mp3"):
        with page.expect_response("**/api/v1/interactions"):
            page.locator(f'.card[data-id="{served.ids[name]}"] [data-act=like]').click()
    page.get_by_text("items by what you like").wait_for()
    # Birds, then the sea, then bells: of all sounds it is nearest to each of the three.
    assert paths_of(page, "audio")[0] == "walk.mp3"
    because = page.locator(".because").all_inner_texts()
    assert all(re.match(r"like .+, by its sound$", one) for one in because) and len(because) == 7
    page.get_by_role("button", name="Station", exact=True).click()
    page.locator(".station-what .link").wait_for()
    with page.expect_response("**/recommendations/next"):
        page.get_by_role("button", name=re.compile("^Skip ")).click()
    assert served.ask("interactions/taste?user=me") == {"liked": 3, "disliked": 1, "items": 4}
    page.get_by_role("button", name="Stop the station").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Playlist").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "#EXTM3U" and any(line.endswith("/walk.mp3") for line in lines)
    page.get_by_role("button", name="me", exact=True).click()
    page.on("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_text("Forgotten.").wait_for()
    assert served.ask("interactions/users")["users"] == []


# -- looks ---------------------------------------------------------------------------------------------------

VIEWS = {
    "start": "/",
    "found": "/?q=coffee",
    "sounds": "/?view=audio",
    "passages": "/?q=coffee&view=text",
    "doubtful": "/?q=zeppelin+xylophone+quicksilver",
    "image": "/?q=a+cat&show=item&id=cat.jpg",
    "video": "/?show=item&id=a_day_out.mp4&t=2",
    "audio": "/?show=item&id=sea.mp3",
    "text": "/?q=coffee&show=item&id=coffee.md",
    "library": "/?show=library",
    "for-you": "/?show=for-you",
}


WIDER = """(width) => [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > width).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(390, 844, "light"), pytest.param(1280, 800, "dark", marks=pytest.mark.long)]
)
def test_every_view_fits_and_is_accessible(
    look: Open, served: Served, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    window = look(width=width, height=height, color_scheme=scheme)
    for name, address in VIEWS.items():
        page = window.go(re.sub(r"id=([\w.]+)", lambda found: f"id={served.ids[found[1]]}", address))
        page.locator(".card[data-id], .item h1, .figures").first.wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=tmp_path / f"{name}.png")
        wide = page.evaluate(WIDER, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, wide)
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        assert [(name, one["id"], one["nodes"][0]["html"][:160]) for one in found if one["impact"] in SERIOUS] == []


def test_a_passage_is_cut_between_lines_and_fills_its_card(look: Open) -> None:
    page = look(width=390, height=844).go("/?q=coffee")
    page.locator(".card.text .passage").first.wait_for()
    beyond = page.locator(".card.text .passage").evaluate_all(
        "(passages) => passages.map((one) => one.getBoundingClientRect().bottom"
        " - one.parentElement.getBoundingClientRect().bottom)"
    )
    assert max(beyond) <= 0
    page = look().go("/?q=a+cat")
    page.locator(".card.text .passage").first.wait_for()
    empty = page.locator(".card.text.sure .passage").evaluate_all(
        "(passages) => passages.map((one) => 1 - one.offsetHeight / one.parentElement.clientHeight)"
    )
    assert max(empty) < 0.5
