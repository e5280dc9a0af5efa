"""Taste benchmark: what people play next, and what they make of things that nobody has played yet, from content."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonolux.checkpoints.audio_input import frames_heard
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.benchmarks.taste_curves import draw_curves
from sonolux.evaluation.benchmarks.taste_films import DATED, FUSED, FUSED_UNDATED, POSTER, measure_films
from sonolux.evaluation.benchmarks.taste_methods import (
    PUBLISHED,
    TOLD,
    ColdSplit,
    Measured,
    Measurements,
    add_method,
    add_references,
    bag_rows,
)
from sonolux.evaluation.protocols.simulated_listeners import (
    LISTENERS,
    RATE,
    SimulatedListening,
    simulate_listening,
)
from sonolux.evaluation.protocols.tastes import (
    SEEDS,
    hold_out_plays,
    interval,
    read_films,
    read_lastfm,
    score_unplayed,
)
from sonolux.evaluation.scorecard import Scorecard
from sonolux.training.data.sounds import COEFFICIENTS, SoundSet, make_sound_input
from sonolux.training.recommendation.factorisation import factorise
from sonolux.training.recommendation.recipe import FactorisationRecipe

ABOUT = (
    "Over the users who have something to find, with 95 % bootstrap intervals over users; average precision is divided "
    "by min(relevant, 500)."
)
ABOUT_LASTFM = (
    "HetRec 2011: 20 % of each user's artists held out, seed 0, ranked among all that the user is not known to play; "
    "factors and ridge chosen on an inner split of the plays learned from."
)
ABOUT_FILMS = (
    "MovieLens: 20 % of the films unknown while learning, {seeds} seeds from 0; each user ranks these alone, and those "
    "rated are right. Factors were chosen on inner splits of the known films. mlr, linear and mlp learn from bags of "
    "words, visual ones of posters, cnn from pixels, of a model that learned from poster and words, the latter by "
    "regression; networks fused late leave a tenth of the known films to the weights. What is told the plays does not "
    "compete: it is a bound. The published order is of sound and of many more items: with 1,500 known films an MLP "
    "learns less than ridge regression, while on posters networks lead, as published. ROC curves: pictures/{picture}."
)
ABOUT_LISTENERS = (
    "Simulated listeners, no people: {users} whose tastes depend on tempo, mode, density, register and timbre of songs "
    "of POP909 in versions rendered by FluidSynth (`evaluation/protocols/simulated_listeners.py` has all parameters); "
    "20 % of the songs cold, {seeds} seeds from 0. What is told the plays does not compete: it is a bound. Published: "
    "A. van den Oord et al. 2013, on the Million Song Dataset. ROC curves: pictures/{picture}."
)
TITLES = {
    "lastfm": "Taste: what people play next",
    "films": "Taste: films that nobody has seen yet",
    "listeners": "Taste: songs that nobody has played yet, simulated listeners",
}

LASTFM = FactorisationRecipe(factors=32, alpha=1.0, confidence="log", regularisation=5.0, iterations=15)
HEARD_FACTORS = FactorisationRecipe(factors=16, alpha=4.0, confidence="linear", regularisation=5.0, iterations=15)
"""The first chosen on an inner split of what is known; the other as it is."""

ASKED = {"lastfm": (0.130, 0.87), "films": (0.115, 0.70)}
"""mAP@500 and AUC."""

SOUND = "sound"

HEARD_METHODS = {"mlr": (), "linear": (), "mlp": ("epochs=30",), "cnn-mse": ("epochs=30",), "cnn-wpe": ("epochs=30",)}
"""Methods and their settings, from bags of words to networks on spectrograms."""

FRAMES_A_SECOND = 50

DRAWN_OF_FILMS = (
    *(("", "random"), (POSTER, "mlr"), (POSTER, "linear"), (POSTER, "mlp"), (POSTER, "cnn-mse"), (POSTER, "cnn-wpe")),
    *((DATED, "mlr"), (DATED, "linear"), (DATED, "mlp")),
    *((FUSED_UNDATED, "linear, fused late"), (FUSED, "linear, fused late"), (FUSED, "linear, fused early")),
    *((TOLD, "popularity"), (TOLD, "WMF")),
)
"""Curves of the picture: all of them would not be told apart."""

MeasuredRows = dict[tuple[str, str], Measured]
"""What was measured, by content and method."""


def benchmark_lastfm(data: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Measure factors of plays on Last.fm; `data` is the folder of the data sets."""
    measured: MeasuredRows = {}
    ours, own = measure_lastfm(data / "lastfm", measured, progress)
    verdicts = _verdicts("Last.fm, WMF", measured["", "WMF"], ASKED["lastfm"])
    verdicts.append(f"seconds of an iteration of ALS: {ours:.3f} here, {own:.3f} by implicit alone")
    return _scorecards("Last.fm", measured), _report("lastfm", measured, verdicts, ABOUT_LASTFM)


def benchmark_films(
    data: Path, work: Path, picture: Path, progress: Announce, seeds: int = len(SEEDS)
) -> tuple[list[Scorecard], Report]:
    """Measure every method on films that are cold, and draw their ROC curves; `work` keeps what is measured."""
    measured = measure_films(read_films(data / "movies"), work / "films", progress, SEEDS[:seeds]).measured()
    draw_curves({_named(*key): measured[key].curve for key in DRAWN_OF_FILMS}, picture)
    verdicts = [
        *_verdicts("contents fused late", measured[FUSED, "linear, fused late"], ASKED["films"]),
        *_verdicts("the same without the year", measured[FUSED_UNDATED, "linear, fused late"], ASKED["films"]),
        _order(measured, POSTER),
        _order(measured, DATED),
    ]
    about = ABOUT_FILMS.format(seeds=seeds, picture=picture.name)
    return _scorecards("films, cold", measured), _report("films", measured, verdicts, about)


def benchmark_listeners(
    data: Path, work: Path, picture: Path, progress: Announce, seeds: int = len(SEEDS)
) -> tuple[list[Scorecard], Report]:
    """Measure every method for simulated listeners, and draw their ROC curves; `work` keeps what is rendered."""
    heard = simulate_listening(data / "pop909", work)
    measured = measure_heard(heard, progress, SEEDS[:seeds], work / "listeners").measured()
    draw_curves({_named(*key): one.curve for key, one in measured.items()}, picture)
    verdicts = [_order(measured, SOUND)]
    about = ABOUT_LISTENERS.format(users=LISTENERS, seeds=seeds, picture=picture.name)
    cards = _scorecards("simulated listeners, cold", measured)
    return cards, _report("listeners", measured, verdicts, about)


def measure_lastfm(folder: Path, measured: MeasuredRows, progress: Announce) -> tuple[float, float]:
    """Measure factors of plays; return seconds an iteration takes, ours and implicit's own."""
    known, held_out = hold_out_plays(read_lastfm(folder))
    progress(f"Last.fm: {known.nnz:,} plays learned from, {held_out.nnz:,} held out")
    began = time.perf_counter()
    factors = factorise(known, LASTFM)
    ours = (time.perf_counter() - began) / LASTFM.iterations
    random = np.random.default_rng(0)
    listeners = np.asarray((known > 0).sum(axis=0), np.float64).T
    ones = np.ones((known.shape[0], 1))
    for method, users, items in (
        ("random", random.random((known.shape[0], 1)), random.random((known.shape[1], 1))),
        ("popularity", ones, listeners),
        ("WMF", factors.users, factors.items),
    ):
        scores = score_unplayed(users, items, known, held_out)
        measured["", method] = Measured(scores.precision[None], scores.area[None], np.zeros(0))
    return ours, implicit_seconds(known)


def implicit_seconds(plays: Any) -> float:
    """Return the seconds of one iteration of implicit itself, on the same confidences."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    from sonolux.training.recommendation.factorisation import confidences_of

    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            LASTFM.factors, LASTFM.regularisation, iterations=LASTFM.iterations, random_state=0
        )
        confidences = confidences_of(plays, LASTFM).astype(np.float32)
        began = time.perf_counter()
        model.fit(confidences, show_progress=False)
    return (time.perf_counter() - began) / LASTFM.iterations


def measure_heard(
    heard: SimulatedListening, progress: Announce, seeds: tuple[int, ...] = SEEDS, work: Path | None = None
) -> Measurements:
    """Measure every method on songs that are cold, for simulated listeners; `work` keeps each seed that is measured."""
    table = Measurements(work, repr((HEARD_FACTORS, HEARD_METHODS, FRAMES_A_SECOND, heard.plays.nnz)))
    cepstra, levels = sound_set(heard, COEFFICIENTS), sound_set(heard, 0)
    for seed in seeds:
        known, cold = heard.split(seed)
        split = ColdSplit(heard.plays, known, cold, HEARD_FACTORS, seed)

        def measure(one: Measurements, split: ColdSplit = split) -> None:
            targets = split.targets()
            add_references(one, split)
            bags = bag_rows(cepstra, split)
            for method, settings in HEARD_METHODS.items():
                content = levels if method.startswith("cnn") else bags
                add_method(one, SOUND, content, method, targets, split, settings)

        table.add_seed(seed, measure)
        progress(f"simulated listeners: seed {seed} measured")
    return table


def sound_set(heard: SimulatedListening, coefficients: int) -> SoundSet:
    """Return sounds as cepstra, or as levels."""
    how = make_sound_input(RATE, coefficients, hop=RATE // FRAMES_A_SECOND)
    return SoundSet(
        "simulated listeners",
        [frames_heard(samples, how).half() for samples in heard.sounds],
        how,
        paths=tuple(map(str, range(len(heard.sounds)))),
    )


def _scorecards(protocol: str, measured: MeasuredRows) -> list[Scorecard]:
    cards = []
    for key, one in measured.items():
        scores: dict[str, float] = {}
        for metric, values in (("mAP@500", one.precision), ("AUC", one.area)):
            mean, low, high = interval(values)
            scores |= {metric: mean, f"{metric} low": low, f"{metric} high": high}
        cards.append(Scorecard(f"taste: {protocol}", _named(*key), scores, "mAP@500", f"{len(one.area)} seeds from 0"))
    return cards


def _report(name: str, measured: MeasuredRows, verdicts: list[str], about: str) -> Report:
    rows = []
    for (content, method), one in measured.items():
        published = PUBLISHED.get(method) if name == "listeners" else None
        told = f"{published[0]:.3f} / {published[1]:.3f}" if published else ""
        rows.append((content, method, _shown(one.precision), _shown(one.area), told))
    some = max(len(one.area) for one in measured.values())
    option = f" --seeds {some}" if name != "lastfm" and some < len(SEEDS) else ""
    shown = slice(None) if name == "listeners" else slice(-1)
    return Report(
        name=f"taste-{name}",
        title=TITLES[name],
        command=f"sonolux bench taste {name} --data ../shared/data{option}",
        about=f"{about} {ABOUT}",
        columns=("content", "method", "mAP@500", "AUC", "published, on other data")[shown],
        rows=[row[shown] for row in rows],
        verdicts=verdicts,
    )


def _verdicts(what: str, one: Measured, asked: tuple[float, float]) -> list[str]:
    reached = interval(one.precision)[0], interval(one.area)[0]
    return [
        compare_with_target(f"{what}, {metric}", *pair, form=".3f")
        for metric, *pair in zip(("mAP@500", "AUC"), reached, asked, strict=True)
    ]


def _shown(values: NDArray[np.float64]) -> str:
    mean, low, high = interval(values)
    return f"{mean:.3f} ({low:.3f} to {high:.3f})"


def _named(content: str, method: str) -> str:
    return f"{method}, {content}" if content else method


def _order(measured: MeasuredRows, content: str) -> str:
    """Return the methods in the order of their AUC on one content, beside the published order of these."""
    areas = {method: interval(one.area)[0] for (name, method), one in measured.items() if name == content}
    ours = sorted(areas, key=lambda method: -areas[method])
    published = sorted(set(areas) & set(PUBLISHED), key=lambda method: -PUBLISHED[method][1])
    return f"by AUC, {content}: {' > '.join(ours)} (published, of sound: {' > '.join(published)})"
