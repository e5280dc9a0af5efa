"""Benchmark of several senses: digits that are seen, heard and named, and genres of films from poster and title."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.encoders import resolve
from sonolux.encoders.trained.aligned import project_rows
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.protocols.film_genres import (
    FOLDS,
    answer_in_folds,
    gain_of_areas,
    precision_areas,
    read_film_genres,
)
from sonolux.evaluation.protocols.three_senses import (
    IMAGES,
    TESTED,
    WORDS,
    DescribedDigits,
    align_digits,
    heard_digits,
    paired_digits,
    recall_by_digit,
    seen_digits,
)
from sonolux.evaluation.scorecard import Scorecard
from sonolux.training.fusion.data import FusionSet
from sonolux.training.fusion.learn import answer_of, choose_passes, fit_fusion, score_answers
from sonolux.training.fusion.recipe import FuseRecipe

EAR = "whisper"

FUSIONS = ("early", "late", "attention")

RECIPES = {name: FuseRecipe(fusion=name) for name in FUSIONS}
RECIPES["attention, adversarial"] = FuseRecipe(fusion="attention", adversarial=0.1)
"""Of each row of fusion; the adversary has no target of its own."""

ALONE = replace(FuseRecipe(), fusion="early", modality_dropout=0.0)
"""Of a model of one modality: the same network."""

PASSES = 15
"""Over the digits: ten thousand pairs, of which few passes are enough."""

MOST = 20
"""Passes over the films, at most."""

IMAGE_AUDIO, AUDIO_IMAGE = 0.95, 0.90

CLEAN, NOISY = "", ", learned in noise"
"""Ends of the names of rows: of what learned from things as they are, and from half of them in noise."""

SHARE = 0.5
"""Of pictures and sounds that are in noise, where it is learned from."""

LOST = 0.01
"""Of accuracy, at most, with one modality removed, against the model of the other alone."""

Answers = Mapping[str, NDArray[np.float32]]


class DigitsPart(NamedTuple):
    """Name and title of the table of a part, the part by name, and how sounds are described."""

    name: str
    title: str
    part: str
    how: str


def benchmark_digits(data: Path, work: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Measure digits that are seen, named, and heard by the packaged network of speech."""
    heard = heard_digits(data, resolve(EAR)[0], work, progress)
    how = f"sounds by {EAR}, which learned from the speech of others"
    return _benchmark(data, work, progress, heard, DigitsPart("senses", "Three senses of a digit", "digits", how))


def benchmark_trained_digits(data: Path, work: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Measure digits that are seen, named, and heard by a network that learns from those recordings alone."""
    heard = heard_digits(data, None, work, progress)
    title = "Three senses of a digit, heard by a network of its own"
    how = "sounds by a network that Sonolux trained on those that are learned from"
    return _benchmark(data, work, progress, heard, DigitsPart("senses-trained", title, "digits-trained", how))


def _benchmark(
    data: Path, work: Path, progress: Announce, heard: DescribedDigits, part: DigitsPart
) -> tuple[list[Scorecard], Report]:
    seen = seen_digits(data, work, progress)
    recalls = _recalls(seen, heard)
    accuracies = _digit_accuracies(seen, heard, progress)
    split = f"{TESTED} images, 2 speakers left out"
    cards = [Scorecard(f"three {part.name}", "aligned", recalls, "image to sound", split)]
    cards += [Scorecard(f"fused {part.part}", name, each, "in noise", split) for name, each in accuracies.items()]
    return cards, _digits_report(recalls, accuracies, part)


def benchmark_genres(data: Path, work: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Measure genres of films from poster and title; descriptors are kept in `work`."""
    films = read_film_genres(data / "movies", work, progress)
    answers = _film_answers(films, progress)
    areas = {name: precision_areas(each, films.answers) for name, each in answers.items()}
    split = f"{len(films)} films, {FOLDS} folds"
    cards = [
        Scorecard("film genres", name, {"micro": micro, "macro": macro}, "micro", split)
        for name, (micro, macro) in areas.items()
    ]
    return cards, _films_report(films, answers, areas)


def _recalls(seen: DescribedDigits, heard: DescribedDigits) -> dict[str, float]:
    network = align_digits(seen, heard)
    words = np.asarray(resolve("sentences")[0].encode_queries(list(WORDS)))
    images, sounds = project_rows(network, "image", seen.tested), project_rows(network, "audio", heard.tested)
    names, digits = project_rows(network, "text", words), np.arange(10)
    return {
        "image to sound": recall_by_digit(images, seen.tested_digits, sounds, heard.tested_digits),
        "sound to image": recall_by_digit(sounds, heard.tested_digits, images, seen.tested_digits),
        "word to image": recall_by_digit(names, digits, images, seen.tested_digits),
        "word to sound": recall_by_digit(names, digits, sounds, heard.tested_digits),
        "image to word": recall_by_digit(images, seen.tested_digits, names, digits),
        "sound to word": recall_by_digit(sounds, heard.tested_digits, names, digits),
    }


def _digit_accuracies(seen: DescribedDigits, heard: DescribedDigits, progress: Announce) -> dict[str, dict[str, float]]:
    learned, tested = paired_digits(seen, heard)
    found: dict[str, dict[str, float]] = {}
    for suffix, share in ((CLEAN, 0.0), (NOISY, SHARE)):
        for name in ("image", "audio"):
            progress(f"digits by {name} alone{suffix}")
            network = fit_fusion(learned.only(name), replace(ALONE, in_noise=share), PASSES)
            shown = {"clean": tested.only(name), "in noise": tested.only(name).in_noise()}
            found[f"{name} alone{suffix}"] = {where: _accuracy(network, items) for where, items in shown.items()}
        for fusion, recipe in RECIPES.items():
            progress(f"digits, {fusion}{suffix}")
            network = fit_fusion(learned, replace(recipe, in_noise=share), PASSES)
            views = {"clean": tested, "in noise": tested.in_noise()}
            views |= {f"without {name}": tested.without(name) for name in ("image", "audio")}
            found[f"{fusion}{suffix}"] = {where: _accuracy(network, items) for where, items in views.items()}
    return found


def _accuracy(network: object, items: FusionSet) -> float:
    return score_answers(answer_of(network, items), items)  # type: ignore[arg-type]


def _film_answers(films: FusionSet, progress: Announce) -> Answers:
    found: dict[str, NDArray[np.float32]] = {}
    for name, modality in (("poster", "image"), ("title", "text")):
        progress(f"films by {name}")
        alone = films.only(modality)
        (found[f"{name} alone"],) = answer_in_folds(alone, _learner(replace(ALONE, epochs=MOST)), alone)
    for fusion, recipe in RECIPES.items():
        progress(f"films, {fusion}")
        views = (films, films.without("text"), films.without("image"))
        names = (fusion, f"{fusion}, title missing", f"{fusion}, poster missing")
        found |= dict(zip(names, answer_in_folds(films, _learner(replace(recipe, epochs=MOST)), *views), strict=True))
    return found


def _learner(recipe: FuseRecipe) -> Callable[[FusionSet], Callable[[FusionSet], NDArray[np.float32]]]:
    def learn(items: FusionSet) -> Callable[[FusionSet], NDArray[np.float32]]:
        network = fit_fusion(items, recipe, choose_passes(items, recipe))
        return lambda asked: answer_of(network, asked)

    return learn


def _digits_report(
    recalls: Mapping[str, float], accuracies: Mapping[str, Mapping[str, float]], part: DigitsPart
) -> Report:
    wheres = ("clean", "in noise", "without image", "without audio")
    rows = [
        (name, *(f"{each[where]:.1%}" if where in each else "" for where in wheres))
        for name, each in accuracies.items()
    ]
    return Report(
        name=part.name,
        title=part.title,
        command=f"sonolux bench senses --part {part.part}",
        about=(
            f"MNIST ({IMAGES:,} images learned from, {TESTED:,} test images) and spoken digits (four speakers learned "
            "from, two that seed 0 drew left out: 1,000 recordings). Images are described by a network that Sonolux "
            f"trained on those that are learned from, {part.how}, names by the packaged sentence model. Aligned: a "
            "space that all three share; the share of questions whose nearest answer is of the same digit. Fused: each "
            "test image with a recording of the same digit. In noise: half the pixels are others, drawn at random, and "
            "white noise is as loud as the voice; those that learned in noise had half of the pictures and recordings "
            f"in noise of any strength up to that. Ten passes to align, {PASSES} to fuse; nothing was chosen by what "
            "is tested."
        ),
        columns=("fused", *wheres),
        rows=[*rows, *((f"aligned: {name}", f"{value:.1%}", "", "", "") for name, value in recalls.items())],
        verdicts=_digit_verdicts(recalls, accuracies),
    )


def _digit_verdicts(recalls: Mapping[str, float], accuracies: Mapping[str, Mapping[str, float]]) -> list[str]:
    verdicts = [
        compare_with_target("image to sound", recalls["image to sound"], IMAGE_AUDIO, form=".3f"),
        compare_with_target("sound to image", recalls["sound to image"], AUDIO_IMAGE, form=".3f"),
    ]
    for suffix in (CLEAN, NOISY):
        best = max(accuracies[f"{name} alone{suffix}"]["in noise"] for name in ("image", "audio"))
        for fusion in FUSIONS:
            each, name = accuracies[f"{fusion}{suffix}"], f"{fusion}{suffix}"
            verdicts.append(compare_with_target(f"{name}, in noise", each["in noise"], best, form=".3f"))
            for missing, left in (("image", "audio"), ("audio", "image")):
                lost = accuracies[f"{left} alone{suffix}"]["clean"] - each[f"without {missing}"]
                verdicts.append(
                    compare_with_target(f"{name}, lost without {missing}", lost, LOST, at_most=True, form=".3f")
                )
    return verdicts


def _films_report(films: FusionSet, answers: Answers, areas: Mapping[str, tuple[float, float]]) -> Report:
    verdicts = []
    for fusion in FUSIONS:
        for name in ("poster alone", "title alone"):
            micro, macro = gain_of_areas(answers[fusion], answers[name], films.answers)
            met = "met" if micro[0] > 0 and macro[0] > 0 else "**missed**"
            verdicts.append(
                f"{fusion} against {name}: micro {micro[0]:+.3f} to {micro[1]:+.3f}, macro {macro[0]:+.3f} to"
                f" {macro[1]:+.3f} (above 0 asked: {met})"
            )
    return Report(
        name="films",
        title="Genres of films from poster and title",
        command="sonolux bench senses --part films",
        about=(
            f"{len(films):,} films of MovieLens with {len(films.names)} genres that at least twenty have, each film "
            f"answered for by models of four of {FOLDS} folds (seed 0); the number of passes was found on a fifth of "
            "what is learned from. Posters by photo, titles with their year by sentences. Area under the curve of "
            "precision and recall over all answers (micro), and its mean over genres (macro). By chance: "
            f"{films.answers.mean():.3f}. Intervals: bootstrap over films, 95 %."
        ),
        columns=("from", "micro", "macro"),
        rows=[(name, f"{micro:.3f}", f"{macro:.3f}") for name, (micro, macro) in areas.items()],
        verdicts=verdicts,
    )
