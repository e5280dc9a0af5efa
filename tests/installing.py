"""Packages that are installed for one test: a dist-info folder on the search path, as pip writes it."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from sonolux.registry import Registry


def write_package(site: Path, group: str, name: str, value: str, source: str = "") -> None:
    """Write a distribution that offers one entry point, and the module that `value` names, into a site folder."""
    info = site / "from_a_package-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: from-a-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {value}\n")
    if source:
        (site / f"{value.partition(':')[0]}.py").write_text(source)


def install(
    monkeypatch: pytest.MonkeyPatch, site: Path, registry: Registry, name: str, value: str, source: str = ""
) -> None:
    """Install such a distribution for a registry, until the end of the test."""
    write_package(site, registry.group, name, value, source)
    monkeypatch.delitem(sys.modules, value.partition(":")[0], raising=False)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(registry, "installed", {point.name: point for point in entry_points(group=registry.group)})
