"""Default encoders of a new library: classical and packaged ones, models of the hub where they can be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sonolux.encoders.packaged.package import Package
from sonolux.encoders.packaged.packages import PHOTO, SENTENCES

CLASSICAL = ("colour-histogram", "colour-layout", "hog", "mfcc", "chroma", "bm25")

PACKAGED: Mapping[str, tuple[Package, ...]] = {
    "photo": (PHOTO,),
    "sentences": (SENTENCES,),
    "concepts": (PHOTO, SENTENCES),
}
"""Encoders of a new library, and the packages that bring their weights, which are installed with Sonolux."""

HUB = (
    "google/siglip2-base-patch16-224",  # images and text
    "laion/clap-htsat-unfused",  # sound and text
    "sentence-transformers/all-MiniLM-L6-v2",  # text
)

SENTENCE_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
"""Of `HUB`: the model that is `sentences` too, and left out where that is there: one sentence model a library."""


def default_specs() -> tuple[list[str], str]:
    """Return the specifications of the default encoders, and one line that says which and why."""
    from sonolux.encoders.hub.state import hub_state

    packaged = [name for name, needed in PACKAGED.items() if all(package.state == "ready" for package in needed)]
    wanted = [name for name in HUB if name != SENTENCE_MODEL or "sentences" not in packaged]
    states = {name: hub_state(name) for name in wanted}
    found = [name for name in wanted if states[name] != "absent"]
    return [*CLASSICAL, *packaged, *found], _line(packaged, found, states)


def _line(packaged: Sequence[str], found: Sequence[str], states: Mapping[str, str]) -> str:
    said = [f"classical descriptors ({', '.join(CLASSICAL)}) need no model"]
    if packaged:
        said.append(f"{', '.join(packaged)} come in packages")
    lacking = {package.name: package for needed in PACKAGED.values() for package in needed if package.state != "ready"}
    said += [
        f"{package.gives} needs {package.name} {package.version}: {package.command}" for package in lacking.values()
    ]
    if "concepts" in packaged:
        said.append("words find what pictures show")
    if found:
        said.append("from the hub: " + ", ".join(f"{name} ({states[name]})" for name in found))
    missing = [name for name in states if name not in found]
    if missing:
        said.append(f"not cached or reachable on the hub: {', '.join(missing)}")
    return "; ".join(said)
