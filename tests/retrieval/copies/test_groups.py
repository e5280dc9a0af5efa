from __future__ import annotations

from sonolux.retrieval.copies.groups import group_files
from sonolux.retrieval.copies.links import Link, components
from sonolux.retrieval.copies.looking import LibraryFile
from sonolux.types import Span


def file(name: str, width: int = 100, size: int = 1000, content: str = "", duration: float = 0.0) -> LibraryFile:
    return LibraryFile(name, f"/{name}", content or name, size, width, 100, "", duration)


def never(_: LibraryFile, __: LibraryFile) -> None:
    return None


def test_the_largest_is_kept_and_links_are_seen_from_it() -> None:
    files = [file("small", 50), file("large", 200)]
    [group] = group_files(files, [Link("small", "large", "copy", ("turned left", "larger"))], never)
    assert group.files == ("large", "small") and group.kind == "copies"
    assert group.links["small"].alterations == ("turned right", "smaller")


def test_what_was_made_from_another_is_not_kept() -> None:
    files = [file("photo", 100), file("screenshot", 300)]
    [group] = group_files(files, [Link("photo", "screenshot", "copy", ("framed",))], never)
    assert group.files == ("photo", "screenshot")


def test_more_pixels_in_fewer_bytes_were_made_up() -> None:
    files = [file("photo.jpg", 100, 9000), file("enlarged.jpg", 300, 4000)]
    [group] = group_files(files, [Link("photo.jpg", "enlarged.jpg", "copy")], never)
    assert group.files[0] == "photo.jpg"


def test_no_chains_of_copies() -> None:
    """Files that have nothing in common but a third are not one group (czkawka issues 429 and 556)."""
    files = [file("a", 300), file("b", 200), file("c", 100), file("d", 90)]
    links = [Link("a", "b", "copy"), Link("b", "c", "copy"), Link("c", "d", "copy")]
    groups = group_files(files, links, never)
    assert sorted(sorted(group.files) for group in groups) == [["a", "b"], ["c", "d"]]
    asked = []

    def compare(first: LibraryFile, second: LibraryFile) -> Link:
        asked.append((first.id, second.id))
        return Link(first.id, second.id, "copy")

    [group] = group_files(files, links, compare)
    assert group.files == ("a", "b", "c", "d") and asked == [("a", "c"), ("a", "d")]


def test_what_is_a_copy_of_the_kept_one_at_another_size_is_its_copy() -> None:
    files = [file("enlarged", 300), file("photo", 200), file("text", 200), file("other", 190)]
    links = [
        Link("enlarged", "photo", "copy", ("smaller",)),
        Link("text", "photo", "copy", ("overlaid",)),
        Link("other", "text", "copy"),
    ]
    [group] = group_files(files, links, never)
    assert group.files == ("enlarged", "photo", "text")
    assert group.links["text"] == Link("enlarged", "text", "copy", ("overlaid", "smaller"))


def test_two_photos_of_one_page_are_no_copies() -> None:
    """What only parts of a third have in common is no chain either."""
    files = [file("photo", 200), file("page", 100), file("another", 90)]
    links = [Link("photo", "page", "copy", ("framed",)), Link("another", "page", "copy", ("framed",))]
    [group] = group_files(files, links, never)
    assert group.files == ("photo", "page")


def test_identical_files_are_named_so_and_go_along_with_copies() -> None:
    """Files of the same bytes are not just very similar (czkawka issue 244)."""
    files = [file("a", content="x"), file("b", content="x"), file("c", 50), file("d", 50, content="c")]
    groups = group_files(files, [], never)
    assert [(group.kind, set(group.files)) for group in groups] == [
        ("identical", {"a", "b"}),
        ("identical", {"c", "d"}),
    ]
    [group] = group_files(files, [Link("a", "c", "copy", ("smaller",))], never)
    assert group.kind == "copies" and group.files[0] == "a" and set(group.files) == {"a", "b", "c", "d"}
    assert group.links["b"].relation == "identical" and group.links["d"].alterations == ("smaller",)


def test_parts_hang_on_the_one_that_is_kept() -> None:
    files = [file("film", 200, duration=60), file("same", 100, duration=60), file("clip", 100, duration=5)]
    spans = Span(0, 5), Span(20, 25)
    links = [
        Link("film", "same", "copy", ("smaller",)),
        Link("clip", "film", "part", ("longer",), spans),
        Link("clip", "same", "part", ("longer",), spans),
    ]
    copies, parts = group_files(files, links, never)
    assert copies.files == ("film", "same") and parts.files == ("film", "clip")
    assert parts.links["clip"].spans == (Span(20, 25), Span(0, 5)) and parts.links["clip"].alterations == ("trimmed",)


def test_similar_ones_are_told_once() -> None:
    files = [file("a", 200), file("b", 100), file("c", 150)]
    links = [Link("a", "b", "copy"), Link("b", "c", "similar"), Link("a", "c", "similar")]
    copies, similar = group_files(files, links, never)
    assert (copies.kind, similar.kind, similar.files) == ("copies", "similar", ("a", "c"))


def test_a_long_chain_costs_no_recursion() -> None:
    """Eighteen ten thousands of images overran the stack elsewhere (imagededup issue 103)."""
    pairs = [(f"{n:06}", f"{n + 1:06}") for n in range(50_000)]
    [group] = components(pairs)
    assert len(group) == 50_001
