"""Threads share one library: they ask while it is added to, closed, and files and spaces come and go."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sonolux.errors import QueryError
from sonolux.library import Library

WORDS = ("amber", "birch", "cedar", "dune")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of small images and texts, each word in a quarter of the texts."""
    folder = tmp_path / "files"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(12):
        Image.fromarray(rng.integers(0, 255, (24, 24, 3), np.uint8)).save(folder / f"{number:02}.png")
    for number in range(40):
        (folder / f"{number:02}.txt").write_text(f"{WORDS[number % 4]} text")
    return folder


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> Any:
    with Library(tmp_path / "l.sonolux") as made:
        made.add(folder, spaces=["bm25", "colour-layout"])
        yield made


def while_asked(asks: list[Callable[[], None]], work: Callable[[], Any], seconds: float = 1.0) -> None:
    """Do some work at least twice while threads ask, one each; raise what any of them raises."""
    over = threading.Event()
    asked = [0] * len(asks)

    def keep_asking(number: int) -> None:
        while not over.is_set():
            asks[number]()
            asked[number] += 1

    done = 0
    with ThreadPoolExecutor(len(asks)) as pool:
        asking = [pool.submit(keep_asking, number) for number in range(len(asks))]
        try:
            end = time.monotonic() + seconds
            while (done < 2 or time.monotonic() < end) and not any(future.done() for future in asking):
                work()
                done += 1
        finally:
            over.set()
        for future in asking:
            future.result()
    assert done > 1
    assert min(asked) > 0


def ask_words(library: Library, folder: Path, number: int) -> Callable[[], None]:
    wanted = {str(folder / f"{n:02}.txt") for n in range(number, 40, 4)}

    def ask() -> None:
        assert {hit.path for hit in library.search(WORDS[number], k=20)} == wanted

    return ask


def ask_image(library: Library, folder: Path, number: int) -> Callable[[], None]:
    pixels = np.asarray(Image.open(folder / f"{number:02}.png"))

    def ask() -> None:
        assert library.search(image=pixels, k=1)[0].path == str(folder / f"{number:02}.png")

    return ask


def test_questions_while_the_library_is_closed(library: Library, folder: Path) -> None:
    asks = [ask_words(library, folder, 0), ask_words(library, folder, 1), ask_image(library, folder, 2)]
    while_asked(asks, library.close)


def test_questions_while_the_library_is_optimized(library: Library, folder: Path) -> None:
    asks = [ask_words(library, folder, 0), ask_image(library, folder, 2)]
    while_asked(asks, library.optimize)


def test_questions_while_files_come_and_go(library: Library, folder: Path, tmp_path: Path) -> None:
    """The others are found all the time; one that is removed while it is asked for is found or not."""
    passing = tmp_path / "passing"
    passing.mkdir()
    for number in range(6):
        (passing / f"{number}.txt").write_text("elm text")

    def ask_passing() -> None:
        found = {Path(hit.path).parent for hit in library.search("elm", k=20)}
        assert found <= {passing}

    def come_and_go() -> None:
        library.add(passing)
        library.remove(passing)

    while_asked([ask_words(library, folder, 3), ask_passing, ask_passing], come_and_go)
    assert len(list(library.items())) == 52


def test_questions_while_a_space_comes_and_goes(library: Library, folder: Path) -> None:
    """Who asks all spaces gets an answer of those there are; who names the one that is gone is told so.

    While the space is filled it does not hold every image yet: one that it holds is nearest to itself.
    """
    answers, refusals = [0], [0]
    pixels, wanted = np.asarray(Image.open(folder / "03.png")), str(folder / "03.png")

    def ask_all() -> None:
        assert wanted in [hit.path for hit in library.search(image=pixels, k=12)]

    def ask_by_name() -> None:
        try:
            hits = library.search(image=pixels, space="colour-histogram", k=12)
        except QueryError as error:
            assert "no space 'colour-histogram'" in str(error)
            refusals[0] += 1
        else:
            paths = [hit.path for hit in hits]
            assert wanted not in paths or paths[0] == wanted
            answers[0] += 1

    def come_and_go() -> None:
        library.add(folder, spaces=["colour-histogram"])
        library.drop_space("colour-histogram")

    while_asked([ask_words(library, folder, 0), ask_all, ask_by_name], come_and_go)
    assert answers[0]
    assert refusals[0]
    assert list(library.info()["spaces"]) == ["bm25", "colour-layout"]


def test_a_walk_through_the_items_goes_on_while_its_own_thread_removes_them(library: Library) -> None:
    for item in library.items():
        library.remove(item.id)
        if item.path.endswith("00.txt"):
            library.close()
    assert list(library.items()) == []


def test_two_first_adds_in_two_threads_both_succeed(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    for text in other.iterdir():
        text.rename(text.with_stem(f"other {text.stem}"))
    with Library(tmp_path / "new.sonolux") as library, ThreadPoolExecutor(2) as pool:
        together = threading.Barrier(2)

        def add(place: Path) -> int:
            together.wait()
            return library.add(place, spaces=["bm25"]).added

        assert sum(pool.map(add, (folder, other))) == 104
        assert len(list(library.items())) == 104


def test_two_first_adds_of_two_programs_one_waits_or_is_told(folder: Path, tmp_path: Path) -> None:
    """Of two libraries at one place the second to make it goes on with the first's, or hears that it is in use."""
    from sonolux.errors import LibraryBusyError

    def add(_: int) -> int:
        with Library(tmp_path / "new.sonolux") as library:
            together.wait()
            try:
                return library.add(folder, spaces=["bm25"]).done
            except LibraryBusyError:
                return 0

    together = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        assert max(pool.map(add, range(2))) == 52


def test_what_is_made_at_first_use_is_made_once(library: Library) -> None:
    for name in ("manifest", "spaces", "calibration"):
        library.close()
        together = threading.Barrier(4)

        def get(name: str = name, together: threading.Barrier = together) -> Any:
            together.wait()
            return getattr(library, name)

        with ThreadPoolExecutor(4) as pool:
            assert len({id(made) for made in [future.result() for future in [pool.submit(get) for _ in range(4)]]}) == 1


def test_a_background_model_is_fitted_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(library.cache_folder(), ignore_errors=True)
    fitted = [0]
    fit = library.calibration._fit

    def count(space: Any) -> Any:
        fitted[0] += 1
        time.sleep(0.05)
        return fit(space)

    monkeypatch.setattr(library.calibration, "_fit", count)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: library.search("amber"), range(8)))
    assert fitted == [1]


def test_close_waits_for_a_question_under_way(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, may_go_on = threading.Event(), threading.Event()
    search = library.index.search

    def slow(*args: Any, **kwargs: Any) -> Any:
        asked.set()
        assert may_go_on.wait(10)
        return search(*args, **kwargs)

    monkeypatch.setattr(library.index, "search", slow)
    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(library.search, "amber", k=20)
        assert asked.wait(10)
        closing = pool.submit(library.close)
        time.sleep(0.1)
        assert not closing.done()
        may_go_on.set()
        assert len(answer.result(10)) == 10
        closing.result(10)
    assert len(library.search("amber", k=20)) == 10
