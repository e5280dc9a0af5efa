from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sonolux.cli import doctor
from sonolux.encoders.packaged import packages
from sonolux.encoders.packaged.packages import PHOTO, VOICES
from sonolux.errors import EncoderError
from sonolux.library.spaces import Spaces


def states(ran) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in ran.records:
        found.setdefault(record["check"], set()).add(record["state"])
    return found


@pytest.mark.usefixtures("reading")
def test_all_is_well(cli) -> None:
    ran = cli("doctor", "--json")
    found = states(ran)
    assert ran.code == 0 and ran.err == "nothing is broken\n"
    for check in ("python", "package", "torch", "codecs", "heif", "cache", "disk", "library", "space"):
        assert found[check] == {"ok"}
    assert found["hub"] == {"note"}
    assert len(cli("doctor").lines) == len(ran.lines)


def test_no_library_is_a_note(cli) -> None:
    ran = cli("doctor", "--json")
    assert ran.code == 0 and states(ran)["library"] == {"note"}


def test_changed_encoder_is_broken(cli, copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(*_: object) -> None:
        raise EncoderError("space hog was written by another")

    monkeypatch.setattr(Spaces, "asker", changed)
    ran = cli("doctor", "--json")
    assert ran.code == 1 and states(ran)["space"] == {"broken"}


def test_damaged_library_is_broken(cli, copied: Path) -> None:
    (copied / "sonolux.json").write_text("{}")
    ran = cli("doctor", "--json")
    assert ran.code == 1 and "broken" in states(ran)["library"]


def test_newer_library_is_broken(cli, copied: Path) -> None:
    record = json.loads((copied / "sonolux.json").read_text())
    text = json.dumps(record).replace('"format": 2', '"format": 999')
    assert text != json.dumps(record)
    (copied / "sonolux.json").write_text(text)
    ran = cli("doctor", "--json")
    assert ran.code == 1 and states(ran)["library"] == {"broken"}


def test_missing_package_and_unwritable_cache_are_broken(
    cli, monkeypatch: pytest.MonkeyPatch, private_home: Path
) -> None:
    (private_home / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(doctor, "PACKAGES", ("sonolux", "no-such-package"))
    ran = cli("doctor", "--json")
    found = states(ran)
    assert ran.code == 1 and found["cache"] == {"broken"} and found["package"] == {"ok", "broken"}
    assert found["library"] == {"note"}, "later checks still run"


def test_of_absent_weights_the_command_is_said_and_why_it_is_one_of_its_own(
    cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = replace(VOICES, name="no-such-package")
    monkeypatch.setattr(packages, "PACKAGES", (absent, replace(PHOTO, name="nor-such-a-one")))
    said = [one["detail"] for one in cli("doctor", "--json").records if one["check"] == "weights"]
    assert "who is speaking: pip install --no-deps resemblyzer==0.1.4 (it depends on webrtcvad" in said[0]
    assert said[1].endswith(PHOTO.command)


def test_every_package_that_comes_alone_says_why() -> None:
    for package in packages.PACKAGES:
        assert ("--no-deps" in package.command) == bool(package.alone), package.name
