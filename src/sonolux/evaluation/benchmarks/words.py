"""Words benchmark: photos found by sentences, names and kinds, with nothing learned from captions and with it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.protocols.captioned_photos import (
    Captioned,
    Questions,
    absence_scores,
    caption_questions,
    category_questions,
    class_questions,
    kind_questions,
    precision_scores,
    rank_photos,
    recall_scores,
    split_captioned,
    time_questions,
    write_captions,
)
from sonolux.evaluation.protocols.photo_search import split_photos
from sonolux.evaluation.scorecard import Scorecard
from sonolux.library import Library
from sonolux.training.alignment.data import read_captions
from sonolux.training.alignment.recipe import CaptionsRecipe
from sonolux.training.alignment.train import train_captions

CONCEPTS, MAP, BOTH = "concepts", "captions-alone", "captions"
"""Spaces: with nothing learned from captions, with nothing else, and with both, as `sonolux train captions` has it."""

PROTOCOLS = CAPTIONS, CATEGORIES, CLASSES, KINDS, PRESENT_CATEGORIES, PRESENT_CLASSES, SPEED = (
    "flickr_captions, first captions",
    "coco64, categories",
    "imagenet_sample, classes",
    "imagenet_sample, kinds",
    "coco64, present or absent",
    "imagenet_sample, present or absent",
    "warm questions",
)

TARGETS = (
    (CAPTIONS, BOTH, "R@1", 0.22),
    (CAPTIONS, BOTH, "R@10", 0.65),
    (CATEGORIES, CONCEPTS, "mAP", 0.52),
    (PRESENT_CATEGORIES, CONCEPTS, "AUC by chance", 0.90),
    (PRESENT_CLASSES, CONCEPTS, "AUC by chance", 0.90),
)
"""Protocol, space, metric, and what was asked."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """A library of photos in all three spaces, and how many."""

    library: Library
    photos: int


def benchmark_words(data: Path, progress: Announce) -> tuple[list[Scorecard], Report]:
    """Learn from the even half of the captioned photos, and measure on what was left out.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    progress : callable
        Called with a line on where it stands.
    """
    learned, scored = split_captioned(data / "flickr_captions")
    coco, sample = data / "coco64", data / "imagenet_sample"
    classes = class_questions(sample)
    cards: list[Scorecard] = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        progress(f"learning from {len(learned)} photos with captions")
        models = _trained(learned, work)
        galleries = {
            "flickr": [photo.path for photo in scored],
            "coco64": sorted(coco.glob("*.jpg")),
            "sample": split_photos(sample)[1],
        }
        for name, photos in galleries.items():
            progress(f"looking at the {len(photos)} photos of {name}")
            with Library(work / f"{name}.sonolux") as library:
                library.add(*photos, spaces=(CONCEPTS, *models), labels=False)
                gallery = Gallery(library, len(photos))
                for space in (CONCEPTS, MAP, BOTH):
                    cards += _cards_of(name, gallery, space, scored, category_questions(coco), classes, sample)
    cards.sort(key=lambda card: PROTOCOLS.index(card.protocol))
    return cards, _report(cards)


def _trained(photos: Sequence[Captioned], work: Path) -> list[str]:
    """Train the space of captions alone, and that of both; return their folders."""
    captions = read_captions(write_captions(photos, work / "captions.csv"))
    # Nothing is held out of the half that is learned from: the other half is there to be scored.
    recipes = {MAP: CaptionsRecipe(concepts=0, validation=0), BOTH: CaptionsRecipe(validation=0)}
    return [str(train_captions(captions, recipe, work / name).path) for name, recipe in recipes.items()]


def _cards_of(
    name: str,
    gallery: Gallery,
    space: str,
    scored: Sequence[Captioned],
    categories: Questions,
    classes: Questions,
    sample: Path,
) -> list[Scorecard]:
    """Score a space on one library."""
    library, count = gallery.library, gallery.photos

    def card(protocol: str, scores: Mapping[str, float], primary: str, questions: int) -> Scorecard:
        return Scorecard(protocol, space, scores, primary, f"{questions} questions, {count} photos")

    if name == "flickr":
        questions = caption_questions(scored)
        relevant = rank_photos(library, questions, space, count)
        return [card(CAPTIONS, recall_scores(relevant), "R@10", len(relevant))]
    if name == "coco64":
        relevant = rank_photos(library, categories, space, count)
        return [
            card(CATEGORIES, precision_scores(relevant), "mAP", len(relevant)),
            card(PRESENT_CATEGORIES, absence_scores(library, categories, space), "AUC by chance", len(categories)),
        ]
    by_name = rank_photos(library, classes, space, count)
    by_kind = rank_photos(library, kind_questions(sample), space, count)
    seconds = time_questions(library, (photo.sentences[1] for photo in scored[:50]), space)
    return [
        card(CLASSES, recall_scores(by_name), "R@10", len(by_name)),
        card(KINDS, precision_scores(by_kind), "mAP", len(by_kind)),
        card(PRESENT_CLASSES, absence_scores(library, classes, space), "AUC by chance", len(classes)),
        card(SPEED, {"a second": 1 / seconds}, "a second", 49),
    ]


def _report(cards: Sequence[Scorecard]) -> Report:
    return Report(
        name="words",
        title="Words find pictures",
        command="sonolux bench words",
        about=(
            "`concepts` has learned from no caption; `captions-alone` and `captions`, which has concepts beside it, by"
            " `sonolux train captions` from the even half of flickr_captions (350 photos, 5 captions each), within"
            " which the weight of concepts is found by cross-validation, as the ridges had been. Scored: the"
            " first captions of the odd half; names of COCO's categories among all 64 photos; the 500 photos of the odd"
            " half of imagenet_sample by the names of their classes, and by words for nine kinds. Present or absent:"
            " a page of ten hits for categories that some photo of COCO shows against those that none does, and for"
            " classes of the odd half against those of the even half, nearly all of which have relatives there; by the"
            " best score, and by the least chance, which decides where nothing is found. Found: the share of questions"
            " to which `--confident` gives any hit at all; it is to be large where the thing is present, and at most"
            " .05 where it is absent. Warm questions:"
            " the median time of one that was not asked before, in one space of the sample. Nothing that is scored"
            " chose anything. Elsewhere, on the same captions: ConSE .10/.36, ridge regression .15/.56, both .18/.60."
        ),
        columns=("protocol", "space", "scores", "split"),
        rows=[[card.protocol, card.method, _shown(card), card.split] for card in cards],
        verdicts=[
            compare_with_target(f"{protocol}, {space}, {metric}", card.scores[metric], target, form=".3f")
            for protocol, space, metric, target in TARGETS
            for card in cards
            if (card.protocol, card.method) == (protocol, space)
        ],
    )


def _shown(card: Scorecard) -> str:
    if card.protocol == SPEED:
        return f"{1000 / card.scores['a second']:.1f} ms"
    return ", ".join(f"{name} {value:.3f}" for name, value in card.scores.items())
