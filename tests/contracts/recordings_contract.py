"""What every catalog of recordings keeps: inherit `RecordingsContract` and give it a fixture `opened`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sonolux.errors import LibraryError
from sonolux.fingerprints.calibration import places_of
from sonolux.fingerprints.extraction import extract_fingerprints
from sonolux.fingerprints.landmarks import QueryLandmarks
from sonolux.fingerprints.matching import Match, MemoryCatalog
from sonolux.fingerprints.neural_codes import fingerprint_encoder
from sonolux.fingerprints.recordings import SAMPLES, RecordingCatalog
from sonolux.fingerprints.segment import Fingerprint, build_segment
from sonolux.fingerprints.stream import find_matches
from tunes import RATE, faster, noisy, tune

CHECKS = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.differing_executors)
"""Of hypothesis, which do not know of a contract that several classes inherit."""

TUNES = 6
SECONDS = 45


def prints(seed: int, landmarks: int = 200, peaks: int = 50, frames: int = 1000, encoder: str = "x") -> Fingerprint:
    chance = np.random.default_rng(seed)
    return Fingerprint(
        frames,
        chance.integers(0, 2**20, landmarks).astype(np.uint32),
        chance.integers(0, frames, landmarks),
        np.sort(chance.integers(0, frames, peaks)),
        chance.integers(0, 600, peaks).astype(np.float32) / 4,
        chance.integers(0, 256, (seed % 5, 2)).astype(np.uint8),
        encoder,
    )


def kept(catalog: RecordingCatalog) -> dict[str, Fingerprint]:
    return {identity: one for identity, _, one in catalog.recordings()}


def same(one: Fingerprint, other: Fingerprint) -> bool:
    pairs = [sorted(zip(each.hashes.tolist(), each.anchors.tolist(), strict=True)) for each in (one, other)]
    whole = one.frames == other.frames and pairs[0] == pairs[1]
    peaks = np.array_equal(one.times, other.times) and np.array_equal(one.bands, other.bands)
    return whole and peaks and one.codes.tolist() == other.codes.tolist()


changes = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), max_size=4)),
        st.tuples(st.just("delete"), st.lists(st.integers(0, 9), max_size=4)),
    ),
    max_size=8,
)


def some_tunes() -> list[tuple[str, str, Fingerprint]]:
    encoder = fingerprint_encoder()
    found = [
        (f"tune {seed}", f"/music/{seed}.wav", extract_fingerprints([tune(seed, SECONDS)], encoder))
        for seed in range(TUNES)
    ]
    return build_segment(found).kept(set())  # bands in quarters, as they are kept


def asked(catalog: Any, sound: np.ndarray) -> list[Match]:
    return find_matches(catalog, [sound], encoder=fingerprint_encoder())


class RecordingsContract:
    """The contract; ``opened`` opens a new catalog by its name, or another opener of one that is there."""

    @pytest.fixture(scope="class")
    @classmethod
    def taken(cls) -> list[tuple[str, str, Fingerprint]]:
        return some_tunes()

    @settings(max_examples=10, suppress_health_check=[*CHECKS])
    @given(steps=changes)
    def test_it_is_a_dictionary(self, opened: Callable[[str], RecordingCatalog], fresh: Any, steps: list) -> None:
        catalog, expected = opened(name := fresh()), {}
        for what, given_ in steps:
            if what == "add":
                catalog.add([(str(number), "a.wav", prints(seed)) for number, seed in given_])
                expected |= {str(number): prints(seed) for number, seed in given_}
            else:
                there = {str(number) for number in given_} & expected.keys()
                assert catalog.delete([str(number) for number in given_]) == len(there)
                expected = {name: one for name, one in expected.items() if name not in there}
            assert len(catalog) == len(expected)
            assert catalog.is_empty() == (not expected)
            assert {track.id for track in catalog.tracks()} == expected.keys()
        for each in (catalog, opened(name)):
            found = kept(each)
            assert found.keys() == expected.keys()
            assert all(same(found[name], expected[name]) for name in expected)

    def test_nothing_is_made_before_the_first_recording(
        self, opened: Callable[[str], RecordingCatalog], fresh: Any
    ) -> None:
        catalog = opened(fresh())
        assert not catalog.exists() and catalog.is_empty() and len(catalog) == 0
        catalog.add([])
        catalog.note([])
        assert (catalog.delete(["x"]), list(catalog.recordings()), list(catalog.samples)) == (0, [], [])
        assert not catalog.whole().segments
        assert asked(catalog, tune(1, 5)) == []
        assert not catalog.exists()

    def test_names_need_not_be_unicode(self, opened: Callable[[str], RecordingCatalog], fresh: Any) -> None:
        catalog = opened(fresh())
        catalog.add([("1", "/music/\udcff\n.wav", prints(1))])
        assert [track.path for track in catalog.tracks()] == ["/music/\udcff\n.wav"]
        assert [path for _, path, _ in catalog.recordings()] == ["/music/\udcff\n.wav"]

    def test_what_is_empty_and_what_is_long(self, opened: Callable[[str], RecordingCatalog], fresh: Any) -> None:
        day = 24 * 3600 * 125 // 4
        late = Fingerprint(
            day, np.array([7], np.uint32), np.array([day - 1]), np.array([day - 1]), np.array([3.25], np.float32)
        )
        nothing = prints(0, landmarks=0, peaks=0)
        catalog = opened(fresh())
        catalog.add([("late", "a.wav", late), ("nothing", "b.wav", nothing)])
        found = kept(catalog)
        assert same(found["late"], late) and same(found["nothing"], nothing)

    def test_the_model_is_remembered(self, opened: Callable[[str], RecordingCatalog], fresh: Any) -> None:
        catalog = opened(name := fresh())
        assert catalog.model == ""
        catalog.choose("/models/mine")
        catalog.add([("1", "a.wav", prints(1))])
        assert catalog.model == opened(name).model == "/models/mine"

    def test_what_wrong_places_score_is_forgotten_with_its_model(
        self, opened: Callable[[str], RecordingCatalog], fresh: Any
    ) -> None:
        catalog = opened(name := fresh())
        catalog.note([(10.0, 5.0)])
        for model, samples in (("", 1), ("/models/mine", 0)):
            catalog.choose(model)
            assert (catalog.model, len(catalog.samples), len(opened(name).samples)) == (model, samples, samples)

    def test_the_latest_scores_are_kept(self, opened: Callable[[str], RecordingCatalog], fresh: Any) -> None:
        catalog = opened(name := fresh())
        for first in (0, 200):
            catalog.note([(2.0, float(score)) for score in range(first, first + 200)])
        assert [score for _, score in opened(name).samples] == list(range(400 - SAMPLES, 400))
        catalog.note([(5.0, 1.0)], anew=True)
        assert list(catalog.samples) == list(opened(name).samples) == [(5.0, 1.0)]

    def test_all_is_whole(
        self, opened: Callable[[str], RecordingCatalog], fresh: Any, taken: Sequence[tuple[str, str, Fingerprint]]
    ) -> None:
        catalog = opened(fresh())
        catalog.add([(identity, path, one) for identity, path, one in taken])
        catalog.add([("other", "b.wav", prints(3))])
        catalog.delete(["tune 1"])
        whole = catalog.whole()
        places = places_of(whole)
        assert places.keys() == {"tune 0", *(f"tune {seed}" for seed in range(2, TUNES)), "other"}
        for identity, _, one in taken:
            if identity in places:
                segment, number = places[identity]
                assert same(whole.segments[segment].fingerprint(number), one)

    @pytest.fixture(scope="class")
    @classmethod
    def tunes(
        cls, opened: Callable[[str], RecordingCatalog], taken: Sequence[tuple[str, str, Fingerprint]]
    ) -> RecordingCatalog:
        catalog = opened("tunes")
        catalog.add(taken[:4])
        catalog.add([("gone", "gone.wav", taken[0][2])])
        catalog.add(taken[4:])
        catalog.delete(["gone"])
        return catalog

    @pytest.mark.parametrize(
        "change",
        [
            lambda sound: sound,
            lambda sound: noisy(sound, 5),
            lambda sound: faster(sound, 1.03),
            lambda sound: faster(sound, 0.97),
            lambda sound: np.concatenate([noisy(sound, 0)[: 3 * RATE], np.zeros(RATE, np.float32), tune(77, 3)]),
        ],
    )
    @pytest.mark.parametrize(("seed", "start", "seconds"), [(0, 0, 4), (3, 17, 10), (5, 30, 14)])
    def test_matches_are_those_of_one_segment_in_memory(
        self,
        tunes: RecordingCatalog,
        taken: Sequence[tuple[str, str, Fingerprint]],
        change: Callable[[np.ndarray], np.ndarray],
        seed: int,
        start: int,
        seconds: int,
    ) -> None:
        sound = change(tune(seed, SECONDS)[start * RATE : (start + seconds) * RATE])
        found = asked(tunes, sound)
        expected = asked(MemoryCatalog([build_segment(taken)], [set()]), sound)
        assert [(one.id, one.path) for one in found] == [(one.id, one.path) for one in expected]
        for one, other in zip(found, expected, strict=True):
            assert one.start == pytest.approx(other.start, abs=0.1)
            assert (one.query_start, one.query_end) == pytest.approx((other.query_start, other.query_end), abs=1.0)
            assert one.speed == pytest.approx(other.speed, abs=0.004)
            assert one.score == pytest.approx(other.score, rel=0.15)

    def test_what_is_not_there_is_not_found(self, tunes: RecordingCatalog) -> None:
        for seed in (50, 51):
            assert asked(tunes, tune(seed, 10)) == []
        nothing = QueryLandmarks(np.zeros(0, np.uint32), np.zeros(0, np.int64), np.zeros(0, np.int64))
        assert tunes.near(nothing) is not None

    def test_a_newer_format_is_refused_in_one_line(
        self,
        opened: Callable[[str], RecordingCatalog],
        fresh: Any,
        write_format: Callable[[RecordingCatalog, Any], None],
    ) -> None:
        catalog = opened(fresh())
        catalog.add([("1", "a.wav", prints(1))])
        for version, words in ((99, "a newer Sonolux"), (0, "another Sonolux"), ("old", "another Sonolux")):
            write_format(catalog, version)
            catalog.close()
            for refused in (
                lambda: list(catalog.tracks()),
                lambda: catalog.add([("2", "a.wav", prints(2))]),
                lambda: catalog.delete(["1"]),
                lambda: places_of(catalog.whole()),
            ):
                with pytest.raises(LibraryError, match=rf"^[^\n]*{words} \(format {version}, this one reads \d\)$"):
                    refused()
