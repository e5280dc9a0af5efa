"""Pictures compared: whether one was made from the other, and how.

Two pictures are laid upon each other as a whole, within their borders, or as their local features say, and are copies
where the aligned pixels agree. Of what agrees in most places, but not in some, the grain decides: what is pasted or
written over a photograph leaves the grain of the rest, and a second exposure has its own. Everything that was chosen by
looking at data was chosen on half of the photos of ``sonolux bench copies``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonolux.features.pdq import TURNS, turned_image
from sonolux.retrieval.copies.aligned import PixelAgreement, agreement, colour_difference, luma, stretched
from sonolux.retrieval.copies.inner import inner_picture
from sonolux.retrieval.copies.links import Relation
from sonolux.retrieval.copies.local_features import LocalFeatures, lies_within, local_features

SAME_SHARE, SAME_CHANGED = 0.75, 0.001
"""PixelAgreement from which, and change up to which, whole pictures are one."""

SAME_PLACE = 0.75
"""Pixels by which the quarters of whole pictures may be off each other: the next exposure of a burst is by more."""

PART_SHARE, PART_CHANGED = 0.8, 0.02
"""The same where one lies within the other: local features align less exactly."""

NEAR_SHARE, NEAR_CHANGED = 0.9, 0.05
"""The same where nearly everything agrees: of small pictures a few pixels beside a border are much."""

OVERLAID_SHARE, SAME_GRAIN = 0.35, 0.955
"""PixelAgreement from which, and correlation of grain from which, something was laid over a picture."""

SIMILAR_SHARE = 0.4
"""PixelAgreement from which two pictures show one scene."""

WITHIN = 0.96
"""Share of a picture that lies upon another, from which it lies within it; for the rest, local features miss."""

ALL_OF_IT = 0.94
"""Share of both pictures from which neither is a crop of the other: they are compared as a whole then."""

INSIDE, TRIMMED, LEVEL = 0.99, 0.03, 0.05
"""Share of a picture that lies upon another, by how much more that is than of the other, and degrees up to which it may
lie turned, for a crop that lacks hardly anything. Of two exposures, which have one size, either shows what the other
lacks."""

UPRIGHT = 1.0
"""Degrees by which a crop may seem turned; two takes are held less level."""

SHAPE = 0.03
"""By which widths may differ at one height before a picture counts as stretched."""

TONE, SPOT = 6.5, 40.0
"""Mean and .999 quantile of the difference of colours, of 255, up to which a picture was only encoded again. JPEG of
quality 20 and a quarter of the size make 5.2 and 29 at most, on half of the photos; toning and writing over make more.
"""

COLOURLESS, COLOURED = 3.0, 8.0
"""Mean difference of a pixel's channels, of 255, up to which a picture has no colours, and from which it has."""


@dataclass(frozen=True)
class ComparedPicture:
    """A picture with what is compared of it, each computed when it is first wanted.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (h, w, 3)
    size : tuple of int
        Width and height of the file, in pixels.
    described : LocalFeatures or None
        Its local features, where they are known already.
    """

    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    described: LocalFeatures | None = None
    _turns: dict[int, ComparedPicture] = field(default_factory=dict)

    @cached_property
    def luma(self) -> NDArray[np.float32]:
        """Luma (h, w)."""
        return luma(self.pixels)

    @cached_property
    def features(self) -> LocalFeatures:
        """Local features of the luma, within its borders: the text of a page is on other pages too."""
        if self.described is not None:
            return self.described
        if self.inner is None:
            return local_features(self.luma)
        left, upper, right, lower = self.inner
        return local_features(self.luma[upper:lower, left:right]).shifted(left, upper)

    @cached_property
    def inner(self) -> tuple[int, int, int, int] | None:
        """Box of the picture within borders; None for none."""
        return inner_picture(self.pixels)

    @cached_property
    def colours(self) -> float:
        """Mean difference of the largest and the least channel of a pixel."""
        return float((self.pixels.max(axis=2) - self.pixels.min(axis=2)).mean())

    def turned(self, turn: int) -> ComparedPicture:
        """Return the picture turned, see `sonolux.features.pdq.TURNS`."""
        if turn == 0:
            return self
        if turn not in self._turns:
            size = self.size if turn % 2 == 0 else self.size[::-1]
            self._turns[turn] = ComparedPicture(turned_image(self.pixels, turn), size)
        return self._turns[turn]


class Verdict(NamedTuple):
    """What two pictures have to do with each other, and what was done to the first to make the second."""

    relation: Relation
    alterations: tuple[str, ...]


class _Placed(NamedTuple):
    """One way to lay the second picture upon the first, how far they agree, and in what their frames differ."""

    agreement: PixelAgreement
    frame: str
    transform: NDArray[np.float64]
    borders: bool = False
    """Whether both have borders that are compared too: the borders of strangers agree."""
    part: bool = False
    """Whether one is laid as a crop of the other."""


def compare_pictures(
    first: ComparedPicture, second: ComparedPicture, turn: int | None = None, *, thorough: bool = True
) -> Verdict | None:
    """Return what two pictures have to do with each other; None for strangers.

    Parameters
    ----------
    first, second : ComparedPicture
    turn : int, optional
        Of the first, by which their hashes are alike; None where they are not.
    thorough : bool
        Whether local features are compared as well.
    """
    found = None
    if turn is not None:
        upright = first.turned(turn)
        placed = max(_by_frames(upright, second), key=lambda one: one.agreement.share)
        found = _judged(upright, second, placed, _turning(turn))
        if found is not None and found.relation == "copy":
            return found
    for mirror in (0, 4) if thorough else ():
        seen = _by_features(first, second, mirror)
        if seen is not None and (found is None or seen.relation == "copy"):
            return seen
    return found


def turn_of_same_pixels(first: ComparedPicture, second: ComparedPicture) -> int | None:
    """Return how the first of two pictures is turned where it has the very pixels of the second; None where it has not.

    Then the files differ in nothing but their packing and what they say of themselves: the way up, a date, a title.
    """
    for turn in range(len(TURNS)):
        size = first.size if turn % 2 == 0 else first.size[::-1]
        if size == second.size and np.array_equal(turned_image(first.pixels, turn), second.pixels):
            return turn
    return None


def is_same_picture(first: ComparedPicture, second: ComparedPicture) -> bool:
    """Tell whether two pictures differ in size and encoding alone: nothing was turned, cut, toned or laid over."""
    if turn_of_same_pixels(first, second) == 0:
        return True
    verdict = compare_pictures(first, second, 0, thorough=False)
    if verdict is None or verdict.relation != "copy" or not {"smaller", "larger"}.issuperset(verdict.alterations):
        return False
    apart = colour_difference(first.pixels, second.pixels)
    return bool(apart.mean() <= TONE and np.quantile(apart, 0.999) <= SPOT)


def may_be_one(first: LocalFeatures, second: LocalFeatures) -> bool:
    """Tell whether the local features of two pictures agree on a way to lay one upon the other, mirrored or not."""
    return any(lies_within(each, second) is not None for each in (first, first.mirrored(0)))


def _by_features(first: ComparedPicture, second: ComparedPicture, mirror: int) -> Verdict | None:
    """Compare the first picture, mirrored or not, with the second where local features say that it lies."""
    own = first.features.mirrored(first.pixels.shape[1]) if mirror else first.features
    transform = lies_within(own, second.features)
    if transform is None:
        return None
    quarter, angle = _turn_of(transform)
    if abs(angle) > UPRIGHT:
        return None
    base = first.turned(mirror)
    turning = _turning(mirror + quarter)
    upright = base.turned(quarter)
    seen = agreement(base.luma, second.luma, transform)
    less, more = sorted((seen.first, seen.second))
    trimmed = more >= INSIDE and more - less >= TRIMMED and abs(angle) <= LEVEL and upright.size != second.size
    if less < ALL_OF_IT or trimmed:
        return _judged(upright, second, _Placed(seen, "", transform, part=True), turning)
    placed = max(_by_frames(upright, second), key=lambda one: one.agreement.share)
    # Features are of what is within borders: that these agree as well is no chance.
    return _judged(upright, second, placed._replace(borders=False), turning)


def _by_frames(first: ComparedPicture, second: ComparedPicture) -> Iterator[_Placed]:
    """Yield the ways to lay pictures upon each other, all of them or what is within their borders."""
    for one, inner in ((first.inner, True), (None, False)):
        for other, other_inner in ((second.inner, True), (None, False)):
            if (inner and one is None) or (other_inner and other is None):
                continue
            cut, other_cut = _cut(first, one), _cut(second, other)
            transform = stretched((cut.shape[0], cut.shape[1]), (other_cut.shape[0], other_cut.shape[1]))
            frame = "" if inner == other_inner else "framed" if other_inner else "without frame"
            whole = not (inner or other_inner)
            bordered = first.inner is not None and second.inner is not None
            yield _Placed(agreement(cut, other_cut, transform), frame, transform, borders=whole and bordered)


def _cut(picture: ComparedPicture, box: tuple[int, int, int, int] | None) -> NDArray[np.float32]:
    if box is None:
        return picture.luma
    left, upper, right, lower = box
    return picture.luma[upper:lower, left:right]


def _judged(
    first: ComparedPicture, second: ComparedPicture, placed: _Placed, turning: tuple[str, ...]
) -> Verdict | None:
    seen = placed.agreement
    whole = not placed.part and min(seen.first, seen.second) >= ALL_OF_IT
    within = max(seen.first, seen.second) >= WITHIN
    told = [*turning, *((placed.frame,) if placed.frame else ())]
    if within and not whole:
        told.append(_within(first, second, second_is_part=seen.second > seen.first))
    told += _looks(first, second, placed)
    # Borders are found to a pixel or so, and local features align to as much.
    exact = whole and not placed.frame
    limits = ((SAME_SHARE, SAME_CHANGED),) if exact else ((PART_SHARE, PART_CHANGED), (NEAR_SHARE, NEAR_CHANGED))
    agrees = any(seen.share >= share and seen.changed <= changed for share, changed in limits)
    in_place = not exact or seen.shift <= SAME_PLACE
    if (whole or within) and in_place and agrees:
        return Verdict("copy", tuple(told))
    overlaid = in_place and seen.share >= OVERLAID_SHARE and seen.grain >= SAME_GRAIN and not placed.borders
    if (whole or within) and overlaid:
        return Verdict("copy", (*told, "overlaid"))
    return Verdict("similar", turning) if seen.share >= SIMILAR_SHARE and not placed.borders else None


def _within(first: ComparedPicture, second: ComparedPicture, *, second_is_part: bool) -> str:
    """Return what it is called that one picture is part of the other: a crop, or what is within a frame."""
    if second_is_part:
        return "without frame" if first.inner else "cropped"
    return "framed" if second.inner else "wider"


def _looks(first: ComparedPicture, second: ComparedPicture, placed: _Placed) -> list[str]:
    """Return in what the looks of two pictures differ."""
    told = []
    x, y = (float(np.hypot(*placed.transform[:, axis])) for axis in (0, 1))
    if not placed.frame and abs(x / y - 1) > SHAPE:
        told.append("stretched")
    if first.colours >= COLOURED and second.colours <= COLOURLESS:
        told.append("without colours")
    if second.colours >= COLOURED and first.colours <= COLOURLESS:
        told.append("coloured")
    (width, height), (other_width, other_height) = first.size, second.size
    whole = placed.agreement.first > ALL_OF_IT < placed.agreement.second
    same_part = whole and not placed.frame and not placed.part
    if same_part and abs(width * height / max(other_width * other_height, 1) - 1) > SHAPE:
        told.append("smaller" if width * height > other_width * other_height else "larger")
    return told


def _turning(turn: int) -> tuple[str, ...]:
    return (TURNS[turn],) if turn else ()


def _turn_of(transform: NDArray[np.float64]) -> tuple[int, float]:
    """Return by how many quarter turns to the left the second picture lies turned, and the degrees that remain."""
    angle = float(np.degrees(np.arctan2(transform[1, 0], transform[0, 0])))
    quarter = round(angle / 90)
    return quarter % 4, angle - 90 * quarter
