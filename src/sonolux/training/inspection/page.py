"""Page of what was found in data: thumbnails and players, worst first; it needs nothing beside itself.

Names and labels come from anywhere: each is escaped once, where it enters the markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sonolux.errors import TrainingError
from sonolux.media.images.thumbnail import View
from sonolux.presentation.html import draw_thumbnail, escaped, sound_player, whole_page
from sonolux.presentation.thumbnails import Thumbnail, thumbnails
from sonolux.training.data.sources import counts_of
from sonolux.training.inspection.findings import (
    BLANK,
    CONFLICT,
    COPIES,
    DOUBT,
    FAR,
    NAMES,
    DataFinding,
    Inspection,
    label_of,
)
from sonolux.types import Modality

SHOWN = 60
"""Findings of a kind that are shown, the worst."""

MEMBERS = 6
"""Files of a finding that are shown."""

PLAYERS = 40
"""Recordings that the page carries, at most."""

HEADINGS = {
    CONFLICT: (
        "In two classes",
        "The same content has several labels: what one teaches, the other denies.",
    ),
    NAMES: ("Classes alike by name", "Give them one name if they are one class."),
    DOUBT: (
        "Doubtful labels",
        "A model that did not learn from these calls them otherwise, surest first.",
    ),
    BLANK: ("Blank", "Nothing to see."),
    FAR: ("Far from all others", "Unlike anything else here: perhaps the wrong file, perhaps a rare and precious one."),
    COPIES: ("More than once", "The same content several times in one class; it is never learned from and scored by."),
}

STYLE = """
.look-label { font-weight: 600; } .look-instead { color: #b3541e; font-weight: 600; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { text-align: left; padding: .15rem 1.2rem .15rem 0; overflow-wrap: anywhere; }
td.count { text-align: right; } ul { padding-left: 1.1rem; overflow-wrap: anywhere; }
"""


def write_inspection(inspection: Inspection, file: Path, table: str) -> None:
    """Write the page.

    Parameters
    ----------
    inspection : Inspection
    file : Path
    table : str
        Name of the table to mend by, which the page names.

    Raises
    ------
    TrainingError
        Where it cannot be written.
    """
    shown = {kind: inspection.of(kind) for kind in HEADINGS}
    views = [View(path) for found in shown.values() for one in found[:SHOWN] for path in _paths(inspection, one)]
    seen = thumbnails(views)
    carried = {view.path for view in list(dict.fromkeys(views))[:PLAYERS]}
    sections = [_overview(inspection, table), _left_out(inspection)]
    sections += [_section(inspection, kind, found, seen, carried) for kind, found in shown.items() if found]
    try:
        page = whole_page(f"{inspection.items.source}: look before you train", "".join(sections), STYLE)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{file} cannot be written: {error}") from error


def _paths(inspection: Inspection, finding: DataFinding) -> list[str]:
    return [inspection.items.paths[row] for row in finding.rows[:MEMBERS]]


def _overview(inspection: Inspection, table: str) -> str:
    counts = counts_of(inspection.items)
    doubted = {finding.rows[0] for finding in inspection.findings if finding.rows}
    worst = dict.fromkeys(counts, 0)
    for row in doubted:
        worst[label_of(inspection.items, row)] += 1
    rows = "".join(
        f'<tr><td>{escaped(name)}</td><td class="count">{count:,}</td><td class="count">{worst[name] or ""}</td></tr>'
        for name, count in sorted(counts.items(), key=lambda one: -one[1])
    )
    told = ""
    if inspection.accuracy is not None:
        told = (
            f"<p>A model of the packaged descriptors that did not learn from them tells {inspection.accuracy:.0%} of"
            f" the {inspection.things} of a class apart, on average.</p>"
        )
    notes = "".join(f"<li>{escaped(note)}</li>" for note in inspection.items.notes)
    return (
        f"<section><header><div><h2>{len(inspection.items):,} {inspection.things}, {len(counts):,} classes</h2>"
        f"<p>Mend the labels in {escaped(table)}, and train on it with --data.</p></div></header>{told}"
        f"<table><tr><th>class</th><th>{inspection.things}</th><th>to look at</th></tr>{rows}</table>"
        f"{f'<ul>{notes}</ul>' if notes else ''}</section>"
    )


def _left_out(inspection: Inspection) -> str:
    if not inspection.failed:
        return ""
    lines = "".join(f"<li>{escaped(one.path)}: {escaped(one.reason)}</li>" for one in inspection.failed[:SHOWN])
    more = len(inspection.failed) - SHOWN
    rest = f"<p>and {more:,} more</p>" if more > 0 else ""
    return f"<section><h2>Left out</h2><ul>{lines}</ul>{rest}</section>"


def _section(
    inspection: Inspection,
    kind: str,
    found: Sequence[DataFinding],
    seen: Mapping[View, Thumbnail],
    carried: set[str],
) -> str:
    heading, note = HEADINGS[kind]
    head = f"<header><div><h2>{heading}: {len(found):,}</h2><p>{escaped(note)}</p></div></header>"
    if kind == NAMES:
        return f"<section>{head}<ul>{''.join(f'<li>{escaped(one.reason)}</li>' for one in found)}</ul></section>"
    cards = "".join(_card(inspection, one, row, seen, carried) for one in found[:SHOWN] for row in one.rows[:MEMBERS])
    more = f"<p>and {len(found) - SHOWN:,} more in the table</p>" if len(found) > SHOWN else ""
    return f'<section>{head}<div class="sx">{cards}</div>{more}</section>'


def _card(
    inspection: Inspection, finding: DataFinding, row: int, seen: Mapping[View, Thumbnail], carried: set[str]
) -> str:
    path = inspection.items.paths[row]
    sounds = inspection.things == "sounds"
    modality = Modality.AUDIO if sounds else Modality.IMAGE
    view = draw_thumbnail(seen.get(View(path), Thumbnail()), modality)
    player = sound_player(path) if sounds and path in carried else ""
    instead = f'<span class="look-instead">{escaped(finding.instead)}?</span>' if finding.instead else ""
    reason = escaped(finding.reason) if row == finding.rows[0] else ""
    return (
        f'<div class="sx-card"><div class="sx-view">{view}</div><div class="sx-about"><div class="sx-facts">'
        f'<span class="look-label">{escaped(label_of(inspection.items, row))}</span>{instead}</div>{player}'
        f'<div class="sx-faint">{reason}</div><a class="sx-path" href="{escaped(Path(path).absolute().as_uri())}">'
        f"{escaped(path).replace('/', '/<wbr>')}</a></div></div>"
    )
