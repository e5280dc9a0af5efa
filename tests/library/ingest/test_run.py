"""Every file ends up in the library exactly once, whatever happened to it before."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sonolux.errors import EncoderError, LibraryError, QueryError
from sonolux.library import Library
from sonolux.types import Item

FILES = 16


def paths(library: Library) -> Counter[str]:
    return Counter(item.path for item in library.items())


def windows_of(library: Library, path: Path | str) -> list[Item]:
    return [span for span in library.spans_of(library.item(path).id) if span.kind == "window"]


def store_encoder(library: Library, space: str, **changes: str) -> None:
    """Change what the manifest says of the first encoder of a space."""

    def change(meta: dict[str, Any]) -> dict[str, Any]:
        meta["spaces"][space][0].update(changes)
        return meta

    library.index.update_meta(change)


def test_each_file_is_in_once(library: Library, media: Path) -> None:
    files = [path for path in media.rglob("*") if path.is_file()]
    assert paths(library) == Counter(map(str, files))
    assert library.info()["modalities"] == {"image": 9, "audio": 3, "video": 1, "text": 3}


def test_long_things_have_spans_that_cover_them(library: Library, media: Path) -> None:
    mix = library.spans_of(library.item(media / "sounds" / "long mix.wav").id)
    assert {span.kind for span in mix} == {"window"}
    assert mix[0].span.start == 0
    assert mix[-1].span.end == pytest.approx(30, abs=0.1)
    shots = library.spans_of(library.item(media / "videos" / "slides.mp4").id)
    assert [round(shot.span.start) for shot in shots] == [0, 2, 4]
    essay = library.spans_of(library.item(media / "texts" / "essay.md").id)
    assert any("xylophone" in passage.text for passage in essay)


def test_what_is_unchanged_is_skipped(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own)
        before = {item.path: item.id for item in library.items()}
        os.utime(own / "texts" / "poem.txt", (1, 1))
        again = library.add(own)
        assert (again.added, again.unchanged, again.updated, again.moved) == (0, FILES, 0, 0)
        assert {item.path: item.id for item in library.items()} == before


def test_a_changed_file_keeps_its_item_and_loses_its_old_spans(own: Path, tmp_path: Path) -> None:
    essay = own / "texts" / "essay.md"
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own)
        before = library.item(essay).id
        assert library.search("xylophone", spaces="bm25")[0].path == str(essay)
        essay.write_text("# Another essay\n\n" + "Now it is about marmalade. " * 100)
        summary = library.add(own)
        assert (summary.updated, summary.unchanged) == (1, FILES - 1)
        assert library.item(essay).id == before
        assert library.search("xylophone", spaces="bm25") == []
        assert library.search("marmalade")[0].path == str(essay)


def test_a_moved_file_keeps_its_item_and_is_found_by_its_new_name(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own)
        old, new = own / "photos" / "coffee.png", own / "texts" / "espresso.png"
        before = library.item(old).id
        (old).rename(new)
        shutil.move(own / "sounds" / "long mix.wav", own / "medley.wav")
        summary = library.add(own)
        assert (summary.moved, summary.unchanged, summary.added) == (2, FILES - 2, 0)
        assert library.item(new).id == before
        assert library.search("espresso", spaces="bm25")[0].id == before
        assert library.search("coffee", spaces="bm25") == []
        assert {span.path for span in library.spans_of(library.item(own / "medley.wav").id)} == {
            str(own / "medley.wav")
        }


def test_a_copy_is_an_item_of_its_own(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own)
        shutil.copy(own / "photos" / "moon.png", own / "photos" / "twin.png")
        assert library.add(own).added == 1
        groups = library.duplicates(near=False)
        assert [sorted(Path(item.path).name for item in group) for group in groups] == [["moon.png", "twin.png"]]


def test_a_copy_where_a_moved_file_was_is_no_second_life_of_it(own: Path, tmp_path: Path) -> None:
    moon = own / "photos" / "moon.png"
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own)
        before = library.item(moon).id
        moon.rename(own / "luna.png")
        library.add(own)
        shutil.copy(own / "luna.png", moon)
        assert library.add(own).added == 1
        assert library.item(own / "luna.png").id == before
        assert library.item(moon).id != before


def test_deleted_files_leave_only_with_prune(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own)
        (own / "texts" / "poem.txt").unlink()
        (own / "sounds" / "long mix.wav").unlink()
        assert library.add(own).removed == 0
        assert sum(paths(library).values()) == FILES
        assert library.add(own / "photos", prune=True).removed == 0
        assert library.add(own, prune=True).removed == 2
        assert sum(paths(library).values()) == FILES - 2
        assert all(Path(item.path).exists() for item in library.items(spans=True))


def test_a_folder_in_the_place_of_a_file_is_not_that_file(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text("a heron")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(folder, spaces=["bm25"])
        (folder / "a.txt").unlink()
        (folder / "a.txt").mkdir()
        (folder / "a.txt" / "b.txt").write_text("an egret")
        summary = library.add(folder, prune=True)
        assert (summary.added, summary.removed) == (1, 1)
        assert [item.path for item in library.items()] == [str(folder / "a.txt" / "b.txt")]


def test_a_folder_that_is_gone_is_no_reason_to_forget_its_files(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own)
        own.rename(tmp_path / "unplugged")
        with pytest.raises(LibraryError, match="nothing to add"):
            library.add(own, prune=True)
        (tmp_path / "more").mkdir()
        summary = library.add(own, tmp_path / "more", prune=True)
        assert (summary.removed, len(summary.failed)) == (0, 1)
        assert sum(paths(library).values()) == FILES


def test_a_path_that_is_not_there_makes_no_library(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="nowhere is not there"):
        Library(tmp_path / "l.sonolux").add(tmp_path / "nowhere")
    assert not (tmp_path / "l.sonolux").exists()


def test_bad_files_cost_only_themselves(own: Path, tmp_path: Path) -> None:
    (own / "empty.jpg").touch()
    (own / "noise.txt").write_bytes(bytes(range(256)) * 40)
    (own / "cut.png").write_bytes((own / "photos" / "moon.png").read_bytes()[:9000])
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(own)
        assert summary.added == FILES
        assert sorted(Path(failure.path).name for failure in summary.failed) == ["cut.png", "empty.jpg", "noise.txt"]
        assert all(failure.reason and "\n" not in failure.reason for failure in summary.failed)


def test_media_read_in_part_are_in_with_what_is_there(cases: Path, tmp_path: Path) -> None:
    kinds = ("partly-read", "duration", "late-sound", "phase-inverted")
    with Library(tmp_path / "l.sonolux") as library:
        summary = library.add(*(cases / kind for kind in kinds), spaces=["mfcc"], fingerprints=False)
        assert (summary.added, summary.failed) == (7, [])
        told = {Path(failure.path).name: failure.reason for failure in summary.partly}
        assert told == {
            "cut.flac": "breaks off after 3.5 s of 10.0 s",
            "tail_cut.mp4": "breaks off after 4.9 s of 12.0 s",
            "tail_cut.mkv": "breaks off after 5.0 s of 12.0 s",
        }
        stored = {Path(item.path).name: item for item in library.items()}
        lasts = {"joined.mp3": 12.0, "zero_tail.mp3": 4.0, "cut.flac": 3.5, "tail_cut.mkv": 5.0, "late_sound.mkv": 12.0}
        for name, seconds in lasts.items():
            assert stored[name].metadata["duration"] == pytest.approx(seconds, abs=0.1)
            assert stored[name].metadata.get("partly") == told.get(name)
        [window] = windows_of(library, stored["late_sound.mkv"].path)
        assert (window.span.start, window.span.end) == pytest.approx((5.0, 7.0), abs=0.05)
        heard = library.search(audio=cases / "phase-inverted" / "phase_inverted.flac", k=1)
        assert heard[0].title == "" and Path(heard[0].path).name == "phase_inverted.flac"


def test_spans_that_stand_elsewhere_now_are_written_anew(cases: Path, tmp_path: Path) -> None:
    """An older version counted samples: what it wrote of a film whose sound begins late stood at its beginning."""
    film = shutil.copy(cases / "late-sound" / "late_sound.mkv", tmp_path / "film.mkv")
    with Library(tmp_path / "l.sonolux") as library:
        library.add(film, spaces=["mfcc"], fingerprints=False)
        [window] = windows_of(library, film)
        library.index.set_payload([window.id], {"start": 0.0, "end": 2.0})
        library.add(film, spaces=["chroma"], fingerprints=False)
        library.add(film, fingerprints=False)
        [window] = windows_of(library, film)
        assert window.span.start == pytest.approx(5.0, abs=0.05)
        assert library.search(audio=film, k=1, spaces=["mfcc"])[0].span == window.span


@pytest.mark.parametrize("name", ["new\nline.txt", "quo\"te's.txt", "émoji 🐈.txt", os.fsdecode(b"latin-\xff.txt")])
def test_any_name_can_be_added_found_and_removed(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / name).write_text("A walrus reads the newspaper.")
    with Library(tmp_path / "l.sonolux") as library:
        assert library.add(folder).added == 1
        assert library.search("walrus")[0].path == str(folder / name)
        assert library.add(folder).unchanged == 1
        assert library.remove(folder / name) == 1
        assert library.search("walrus") == []


def test_a_space_is_added_later_without_touching_the_others(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own, spaces=["hog", "bm25"])
        before = {p.id: p.vectors["hog"].tolist() for p in library.index.scroll(spaces=["hog"]) if "hog" in p.vectors}
        summary = library.add(own, spaces=["mfcc", "colour-layout"])
        assert (summary.added, summary.updated, summary.unchanged) == (0, FILES - 3, 3)
        after = {p.id: p.vectors["hog"].tolist() for p in library.index.scroll(spaces=["hog"]) if "hog" in p.vectors}
        assert after == before
        assert library.info()["spaces"]["colour-layout"] == len(before)
        assert library.info()["spaces"]["mfcc"] > 2
        assert library.add(own).unchanged == FILES


def test_a_dropped_space_is_encoded_again_when_it_is_added_again(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own, spaces=["hog", "colour-layout"])
        count = library.info()["spaces"]["hog"]
        library.drop_space("hog")
        assert list(library.info()["spaces"]) == ["colour-layout"]
        library.add(own, spaces=["hog"])
        assert library.info()["spaces"]["hog"] == count


def test_an_encoder_that_changed_is_refused_with_the_way_out(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own, spaces=["hog"])
        store_encoder(library, "hog", digest="another")
        library.close()
        for attempt in (lambda: library.add(own), lambda: library.search(image=own / "photos" / "moon.png")):
            with pytest.raises(EncoderError, match="spaces --drop hog"):
                attempt()


def test_all_spaces_whose_encoders_changed_are_named_at_once_and_the_way_out_leads_out(
    own: Path, tmp_path: Path
) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own, spaces=["hog", "colour-layout", "colour-histogram"])
        before = library.info()["spaces"]
        for name in ("hog", "colour-histogram"):
            store_encoder(library, name, digest="another")
    with Library(tmp_path / "l.sonolux") as library:
        with pytest.raises(EncoderError, match="changed too") as refusal:
            library.add(own)
        dropped, added = (re.findall(rf"--{option} ([a-z-]+)", str(refusal.value)) for option in ("drop", "space"))
        assert set(dropped) == set(added) == {"hog", "colour-histogram"}
        for name in dropped:
            library.drop_space(name)
        library.add(own, spaces=added)
        assert library.info()["spaces"] == before


def test_a_model_folder_that_is_gone_is_named_with_the_way_out(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own / "photos", spaces=["hog"])
        store_encoder(library, "hog", spec=str(tmp_path / "gone"))
        library.close()
        with pytest.raises(EncoderError, match=r"space hog has lost its encoder.*spaces --drop hog"):
            library.search(image=own / "photos" / "moon.png")


def test_removing_by_id_file_and_folder(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own)
        assert library.remove(library.item(own / "photos" / "moon.png").id) == 1
        assert library.remove(own / "sounds", own / "texts" / "essay.md") == 4
        assert sum(paths(library).values()) == FILES - 5
        assert not any("sounds" in item.path for item in library.items(spans=True))
        with pytest.raises(QueryError, match=r"nowhere"):
            library.remove(own / "photos", own / "nowhere")
        assert sum(paths(library).values()) == FILES - 5


def test_no_library_no_answer(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="sonolux add"):
        Library(tmp_path / "none.sonolux").search("anything")


def test_a_library_of_a_newer_format_is_refused(own: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "l.sonolux") as library:
        library.add(own / "texts")
        library.index.update_meta(lambda meta: {**meta, "format": 99})
    with pytest.raises(LibraryError, match="newer"), Library(tmp_path / "l.sonolux") as library:
        library.search("poem")


def test_export_holds_every_item_and_descriptor(library: Library, tmp_path: Path) -> None:
    import json

    import numpy as np

    count = library.export(tmp_path / "out")
    items = [json.loads(line) for line in (tmp_path / "out" / "items.jsonl").read_text().splitlines()]
    assert count == len(items) == library.info()["files"] + library.info()["spans"]
    ids = (tmp_path / "out" / "hog.ids.txt").read_text().split()
    rows = np.load(tmp_path / "out" / "hog.npy")
    assert len(ids) == len(rows) == library.info()["spaces"]["hog"]
    stored = library.index.fetch(ids[:1], spaces=["hog"])[0].vectors["hog"]
    assert np.array_equal(rows[0], stored)
    with pytest.raises(LibraryError, match="not empty"):
        library.export(tmp_path / "out")
