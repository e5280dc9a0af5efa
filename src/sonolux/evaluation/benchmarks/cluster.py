"""Keywords on a cluster of several shards: how many of the ten best are those of one shard.

The cluster is `sonolux.evaluation.sharded_client.ShardedClient`: in-process shards, each of which weighs by itself what
it is left to weigh. Both ways of weighing are compared with themselves in one shard. Texts of about one length that
hold a word once score alike, so of questions of one word the ten best are often any ten of hundreds: two numbers are
told, how many of the ten score in one shard as high as its own tenth, and how many are the very same texts.
"""

from __future__ import annotations

import gzip
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from scipy.sparse import csr_array

from sonolux.encoders.classical.bm25 import STOP_WORDS, Bm25
from sonolux.encoders.words import words_of_text
from sonolux.errors import MediaError
from sonolux.evaluation.benchmarks.report import Announce, Report, compare_with_target
from sonolux.evaluation.benchmarks.search import numbered_id
from sonolux.evaluation.scorecard import Scorecard
from sonolux.evaluation.sharded_client import ShardedClient
from sonolux.index import Point
from sonolux.index.cluster.remote import RemoteIndex
from sonolux.types import Space

BEST = 10
TARGET = 0.98
ROUNDING = 1e-5
"""Of a score, by which two that are equal may differ."""

LONGEST = 4
"""Words of a question of several, at most; two at least."""

COMMAND = "sonolux bench cluster"
COUNTED = "Sonolux, counted over all shards"


class ShardAgreement(NamedTuple):
    """Shares of the ten best: as good as those of one shard, and the very same."""

    as_good: float
    same: float


def benchmark_cluster(
    data: Path, texts: int = 10_000, questions: int = 200, shards: int = 3, seed: int = 0, say: Announce = print
) -> tuple[list[Scorecard], Report]:
    """Ask one shard and several the same questions.

    Parameters
    ----------
    data : Path
        Folder of the data sets.
    texts : int
        Captions in the library.
    questions : int
        Of one word, and of several.
    shards : int
    seed : int
    say : callable

    Raises
    ------
    MediaError
        Where the captions are not there.
    """
    held, others = held_and_other_captions(data, texts)
    asked = draw_questions(others, questions, random.Random(seed))
    encoder = Bm25()
    rows = encoder.encode_batch(held)
    vectors = {name: encoder.encode_queries(words) for name, words in asked.items()}
    right: dict[str, dict[str, list[dict[str, float]]]] = {}
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    for name, exact_idf in (("the engine, in each shard", False), (COUNTED, True)):
        for parts, most in ((1, texts), (shards, BEST)):  # of one shard all, for all that score as its tenth are right
            say(f"{name}: {texts:,} texts, shards: {parts}")
            with filled(rows, parts, exact_idf) as index:
                answers = {kind: [_found(index, row, most) for row in _rows(asks)] for kind, asks in vectors.items()}
            (right if parts == 1 else found)[name] = answers
    agreements = {
        (name, kind): compare_with_one_shard(right[name][kind], answers[kind])
        for name, answers in found.items()
        for kind in asked
    }
    split = f"{texts} captions in {shards} shards, {questions} questions of each kind"
    cards = []
    for name in found:
        scores = {kind: agreements[name, kind].same for kind in asked}
        cards.append(Scorecard("keywords-in-shards", name, scores, next(iter(asked)), split, seed))
    return cards, _report(agreements, texts, questions, shards, seed)


def held_and_other_captions(data: Path, texts: int) -> tuple[list[str], list[str]]:
    """Return so many different captions, and those that come after them."""
    file = data / "multi30k" / "train.en.gz"
    try:
        lines = list(dict.fromkeys(gzip.decompress(file.read_bytes()).decode().splitlines()))
    except OSError as error:
        raise MediaError(f"cannot read {file}: {error}") from error
    return lines[:texts], lines[texts:]


def draw_questions(captions: Sequence[str], questions: int, draw: random.Random) -> dict[str, list[str]]:
    """Return questions of one word, and of several, of captions that are not in the library."""
    several: list[str] = []
    single: list[str] = []
    while len(several) < questions:
        words = list(dict.fromkeys(word for word in words_of_text(draw.choice(captions)) if word not in STOP_WORDS))
        if len(words) >= LONGEST:
            single.append(draw.choice(words))
            several.append(" ".join(draw.sample(words, draw.randint(2, LONGEST))))
    return {"one word": single, "two to four words": several}


@contextmanager
def filled(rows: csr_array, shards: int, exact_idf: bool) -> Iterator[RemoteIndex]:
    """Open an index in so many shards that holds the rows."""
    with warnings.catch_warnings(), closing(ShardedClient(shards)) as client:
        warnings.simplefilter("ignore", UserWarning)  # of the in-process mode: it has no payload indexes
        client_: Any = client
        index = RemoteIndex(client_, "bench", exact_idf=exact_idf)
        index.create(spaces=[Space(Bm25.space, Bm25.dim, "dot", "sparse")])
        index.upsert([Point(numbered_id(n), {Bm25.space: row}) for n, row in enumerate(_rows(rows))])
        yield index


def compare_with_one_shard(right: Sequence[dict[str, float]], answers: Sequence[dict[str, float]]) -> ShardAgreement:
    """Compare answers with all that one shard found, best first.

    Questions that nothing answers do not count.
    """
    good, same = [], []
    for scores, found in zip(right, answers, strict=True):
        if not scores:
            continue
        best = list(scores)[:BEST]
        least = scores[best[-1]] * (1 - ROUNDING)
        good.append(sum(scores.get(id_, 0.0) >= least for id_ in found) / len(best))
        same.append(len(set(best) & set(found)) / len(best))
    return ShardAgreement(fmean(good), fmean(same))


def _found(index: RemoteIndex, row: csr_array, most: int) -> dict[str, float]:
    return {hit.id: hit.score for hit in index.search(Bm25.space, row, most, keys=())} if row.nnz else {}


def _rows(matrix: csr_array) -> Iterator[csr_array]:
    for number in range(matrix.shape[0]):
        yield matrix[[number]]


def _report(
    agreements: dict[tuple[str, str], ShardAgreement], texts: int, questions: int, shards: int, seed: int
) -> Report:
    options = {"--texts": (texts, 10_000), "--questions": (questions, 200), "--shards": (shards, 3)}
    given = [f" {option} {value}" for option, (value, default) in options.items() if value != default]
    rows = [[name, kind, f"{one.as_good:.3f}", f"{one.same:.3f}"] for (name, kind), one in agreements.items()]
    ours = {kind: one.same for (name, kind), one in agreements.items() if name == COUNTED}
    return Report(
        name="cluster",
        title="Keywords in several shards",
        command=f"{COMMAND}{''.join(given)}",
        about=f"{texts:,} captions of Multi30k in {shards} in-process shards that stand for those of a cluster,"
        f" {questions} questions of each kind from captions that are not among them, seed {seed}. Of the ten best, how"
        " many score as high in one shard that weighs in the same way as its own tenth, and how many are the very same"
        " texts, though hundreds may score alike.",
        columns=("terms are weighed by", "questions of", "as good", "the very same"),
        rows=rows,
        verdicts=[
            compare_with_target(f"the very same as in one shard, {kind}", reached, TARGET, form=".3f")
            for kind, reached in ours.items()
        ],
    )
