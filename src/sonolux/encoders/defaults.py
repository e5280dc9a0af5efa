"""Default encoders of a new library: classical and packaged ones, models of the hub where they can be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

CLASSICAL = ("colour-histogram", "colour-layout", "hog", "mfcc", "chroma", "bm25")

SHIPPED = ("photo",)
"""Tuned here, and part of the package; see `sonolux.encoders.trained.shipped`."""

HUB = (
    "google/siglip2-base-patch16-224",  # images and text
    "laion/clap-htsat-unfused",  # sound and text
    "sentence-transformers/all-MiniLM-L6-v2",  # text
)


def default_specs() -> tuple[list[str], str]:
    """Return the specifications of the default encoders, and one line that says which and why."""
    from sonolux.encoders.hub.state import hub_state

    states = {name: hub_state(name) for name in HUB}
    found = [name for name in HUB if states[name] != "absent"]
    return [*CLASSICAL, *SHIPPED, *found], _line(found, states)


def _line(found: Sequence[str], states: Mapping[str, str]) -> str:
    always = f"classical descriptors ({', '.join(CLASSICAL)}) need no model, {', '.join(SHIPPED)} comes with Sonolux"
    if not found:
        return f"{always}; no hub model is cached or reachable, so words find words, not what pictures show"
    models = ", ".join(f"{name} ({states[name]})" for name in found)
    missing = [name for name in states if name not in found]
    absent = f"; not cached or reachable: {', '.join(missing)}" if missing else ""
    return f"{always}; from the hub: {models}{absent}"
