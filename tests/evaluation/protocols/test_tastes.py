"""Protocols of tastes: what is held out, what is scored, and listeners who are made up."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sonolux.errors import SonoluxError
from sonolux.evaluation.midi import MidiNote, MidiPart, read_midi, write_midi
from sonolux.evaluation.protocols.simulated_listeners import (
    LISTENERS,
    PLAYS,
    RATE,
    SECONDS,
    SOUNDFONT,
    RenderedItem,
    brightness,
    choose_plays,
    render_items,
)
from sonolux.evaluation.protocols.tastes import (
    hold_out_plays,
    interval,
    read_films,
    read_lastfm,
    roc_curve,
    score_rankings,
    score_unplayed,
    split_cold,
)


def test_a_fifth_of_what_each_user_plays_is_held_out_and_nothing_is_lost() -> None:
    random = np.random.default_rng(0)
    plays = csr_matrix((random.random((30, 50)) < 0.4) * random.integers(1, 9, (30, 50)))
    known, held_out = hold_out_plays(plays)
    assert ((known + held_out) != plays).nnz == 0
    assert known.multiply(held_out).nnz == 0
    shares = np.diff(held_out.indptr) / np.diff(plays.indptr)
    assert abs(shares - 0.2).max() < 0.5 / np.diff(plays.indptr).min() + 1e-9
    assert (hold_out_plays(plays)[1] != held_out).nnz == 0


def test_cold_items_are_others_with_every_seed() -> None:
    known, cold = split_cold(100, 0)
    assert len(cold) == 20 and sorted([*known, *cold]) == list(range(100))
    assert set(cold) != set(split_cold(100, 1)[1])


def test_what_a_user_is_known_to_play_is_not_ranked() -> None:
    users, items = np.ones((1, 1)), np.array([[3.0], [2.0], [1.0]])
    known, held_out = csr_matrix([[1, 0, 0]]), csr_matrix([[0, 1, 0]])
    scores = score_unplayed(users, items, known, held_out)
    assert scores.precision[0] == scores.area[0] == 1


def test_the_interval_holds_the_mean_and_narrows_with_users() -> None:
    random = np.random.default_rng(0)
    values = random.normal(0.5, 0.1, (3, 1000))
    values[0, :100] = np.nan
    mean, low, high = interval(values)
    assert low < mean < high and mean == pytest.approx(np.nanmean(values))
    fewer = interval(values[:, :50])
    assert fewer[2] - fewer[1] > high - low


def test_the_area_below_the_curve_is_the_area_that_is_scored() -> None:
    random = np.random.default_rng(0)
    scores, relevant = random.random((40, 200)), random.random((40, 200)) < 0.1
    curve = roc_curve(scores, relevant)
    area = np.trapezoid(curve, np.linspace(0, 1, len(curve)))
    assert area == pytest.approx(np.nanmean(score_rankings(scores, relevant).area), abs=0.005)


def test_a_set_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SonoluxError, match="needs the set lastfm"):
        read_lastfm(tmp_path)
    with pytest.raises(SonoluxError, match="needs the set movies"):
        read_films(tmp_path)


def test_notes_that_are_written_are_read_again(tmp_path: Path) -> None:
    notes = [MidiNote(0.0, 0.5, 60, 90, ""), MidiNote(0.5, 1.25, 64, 80, ""), MidiNote(130.0, 131.0, 67, 70, "")]
    write_midi(tmp_path / "a.mid", [MidiPart(24, notes[:2]), MidiPart(40, notes[2:])])
    found = read_midi(tmp_path / "a.mid")
    assert [(note.pitch, note.velocity) for note in found] == [(60, 90), (64, 80), (67, 70)]
    for one, other in zip(found, notes, strict=True):
        assert (one.start, one.end) == pytest.approx((other.start, other.end), abs=1e-3)


def test_listeners_play_what_they_like_and_the_same_each_time() -> None:
    properties = np.random.default_rng(1).normal(size=(200, 5))
    plays = choose_plays(properties)
    counts = np.diff(plays.indptr)
    assert plays.shape == (LISTENERS, 200) and PLAYS[0] <= counts.min() and counts.max() <= PLAYS[1]
    assert (choose_plays(properties) != plays).nnz == 0
    # Items that are alike are played by the same listeners more often than others.
    together = (plays.T @ plays).toarray()
    apart = ((properties[:, None] - properties) ** 2).sum(axis=-1)
    pairs = np.triu_indices(200, 1)
    near = apart[pairs] < np.quantile(apart[pairs], 0.05)
    assert together[pairs][near].mean() > 1.1 * together[pairs][~near].mean()


@pytest.mark.skipif(not shutil.which("fluidsynth") or not SOUNDFONT.is_file(), reason="FluidSynth is not installed")
def test_items_are_rendered_one_by_one_and_sound_as_they_should() -> None:
    def item(pitch: int, program: int) -> RenderedItem:
        note = MidiNote(0.0, SECONDS, pitch, 100, "")
        return RenderedItem(0, (MidiPart(program, [note]),), 100.0, False)

    sounds = render_items([item(40, 0), item(88, 73), RenderedItem(0, (), 100.0, False)])
    assert sounds.shape == (3, round(SECONDS * RATE)) and sounds.dtype == np.int16
    loudness = np.abs(sounds.astype(float)).mean(axis=1)
    assert loudness[0] > 20 and loudness[1] > 20 and loudness[2] < 0.05 * loudness[:2].min()
    low, high = (brightness(samples.astype(np.float32)) for samples in sounds[:2])
    assert high > low


@pytest.mark.data
def test_the_real_sets_are_what_they_say(data: Path) -> None:
    plays = read_lastfm(data / "lastfm")
    assert plays.shape == (1892, 17632) and plays.nnz == 92834
    films = read_films(data / "movies")
    assert films.plays.nnz == 35596 and films.plays.shape[1] == len(films.titles) == len(films.posters) == 1887
    assert films.titles[0] == "Grumpier Old Men (1995)" and films.genres[0] == "Comedy, Romance"
    _, cold = split_cold(1887, 0)
    scores = np.random.default_rng(0).random((films.plays.shape[0], len(cold)))
    random = score_rankings(scores, films.plays[:, cold].toarray() != 0)
    assert np.nanmean(random.area) == pytest.approx(0.5, abs=0.02)
    assert np.nanmean(random.precision) == pytest.approx(0.047, abs=0.01)
