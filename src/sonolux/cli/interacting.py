"""``sonolux interactions``: who played and rated what, kept with the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.exit_codes import SOME_FAILED
from sonolux.cli.options import JsonOption, LibraryOption, QuietOption
from sonolux.cli.output import Output, shown_path
from sonolux.cli.tastes import check_user

if TYPE_CHECKING:
    from sonolux.library import Library

app = typer.Typer(
    help="Keep who played and rated what, for `sonolux recommend`; none of it leaves the machine.",
    no_args_is_help=True,
)

TOP = 5
"""Users and items that `info` shows."""

UserOption = Annotated[
    str, typer.Option("--user", metavar="NAME", help="Id of a user, as you have it.", show_default=False)
]


@app.command("import")
def import_file(
    file: Annotated[str, typer.Argument(metavar="FILE", help="csv, HetRec, MovieLens, scrobbles, or JSON lines.")],
    user: Annotated[
        str, typer.Option("--user", metavar="NAME", help="Whose the rows are that name nobody.", show_default=False)
    ] = "",
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Keep the plays and ratings in a file; items are matched by id, path, or artist and title.

    It takes csv with any delimiter (columns such as user, item, artist, title, plays, rating, time), HetRec and
    MovieLens files, Last.fm scrobbles, Rockbox logs and ListenBrainz JSON lines. An export that has grown can be
    imported again.
    """
    from sonolux.cli.warm.interacting import import_by_service
    from sonolux.cli.warm.service import find_service

    out = Output(as_json=as_json, quiet=quiet)
    check_user(user)
    service = find_service(library)
    if service is not None:
        summary = import_by_service(service, file, user)
    else:
        from sonolux.library import Library

        with Library(library) as opened:
            summary = asdict(opened.import_interactions(file, user=user))
    _report(summary, out)
    if summary["wrong"]:
        raise typer.Exit(SOME_FAILED)


@app.command()
def info(library: LibraryOption = None, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Say how many interactions there are, of how many users, and what most of them played."""
    from sonolux.cli.warm.interacting import name_of
    from sonolux.cli.warm.service import find_service

    out = Output(as_json=as_json, quiet=quiet)
    service = find_service(library)
    if service is not None:
        data = service.ask("GET", "interactions/summary")
        most = [(name_of(one), one["item"], one["users"]) for one in data.pop("most_played")]
    else:
        from sonolux.library import Library

        with Library(library) as opened:
            kept = opened.interactions
            most = [(_name(opened, item), item, count) for item, count in kept.most_played(TOP)]
            data = {"interactions": kept.count(), "users": len(kept.users()), "items": len(kept.items())}
    if as_json:
        out.record({**data, "most_played": [{"item": item, "users": count} for _, item, count in most]})
        return
    out.line(f"interactions: {data['interactions']:,}, users: {data['users']:,}, items: {data['items']:,}")
    if most:
        out.table((">users", "item"), [(f"{count:,}", name) for name, _, count in most])


@app.command("list")
def list_interactions(
    user: UserOption,
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List what a user played, rated and skipped, the latest first."""
    from sonolux.cli.warm.interacting import rows_of_user
    from sonolux.cli.warm.service import find_service

    out = Output(as_json=as_json, quiet=quiet)
    check_user(user)
    service = find_service(library)
    if service is not None:
        rows = list(rows_of_user(service, user)) if user else []
    else:
        from sonolux.library import Library

        with Library(library) as opened:
            rows = [{**row._asdict(), "path": _name(opened, row.item)} for row in opened.interactions.of_user(user)]
    if as_json:
        for row in rows:
            out.record(row)
    elif rows:
        out.table(("kind", ">weight", "time", "item"), list(map(_row, rows)))
    else:
        out.line(f"nothing is known of {user}")


@app.command()
def remove(
    user: UserOption, library: LibraryOption = None, as_json: JsonOption = False, quiet: QuietOption = False
) -> None:
    """Remove all that is kept of a user, the name too.

    Factors that were learned stay as they are until they are learned again: they hold no user, but what all users
    played has shaped them.
    """
    from sonolux.cli.warm.service import find_service

    out = Output(as_json=as_json, quiet=quiet)
    check_user(user)
    service = find_service(library)
    if service is not None:
        told = service.ask("DELETE", "interactions/users", {"user": user}) if user else {}
        removed, learned = told.get("removed", 0), told.get("learned", False)
    else:
        from sonolux.library import Library

        with Library(library) as opened:
            removed = opened.interactions.remove_user(user)
            learned = removed and "factors" in (opened.spaces.names() if opened.exists() else ())
    if as_json:
        out.record({"removed": removed})
    else:
        out.line(f"{removed:,} removed")
    if learned:
        out.say("factors were learned with them too: run `sonolux train factors` to learn them without")


def _report(summary: Mapping[str, Any], out: Output) -> None:
    """Print what an import kept, as `sonolux.library.interactions.importing.ImportSummary` has it."""
    if out.as_json:
        own = ("rows", "kept", "users", "items", "unmatched", "wrong", "future", "seconds")
        named = [{"name": name, "rows": rows} for name, rows in summary["names"]]
        failed = [{"line": line, "reason": reason} for line, reason in summary["failed"]]
        lists = {"names": named, "failed": failed}
        told = {**summary, **lists}
        out.record({name: told[name] for name in (*own[:-1], *lists, own[-1])})
        return
    out.line(
        f"{summary['kept']:,} of {summary['rows']:,} rows kept in {summary['seconds']:.1f} s (users:"
        f" {summary['users']:,}, items: {summary['items']:,})"
    )
    if summary["unmatched"]:
        out.say(f"not in the library: {summary['unmatched']:,} rows, and how many name each:")
        for name, rows in summary["names"]:
            out.say(f"  {name} ({rows:,})")
    if summary["future"]:
        out.say(f"still to come: the times of {summary['future']:,} rows, which are kept as if they had none")
    for line, reason in summary["failed"]:
        out.complain(f"left out: line {line:,}: {reason}")
    if summary["wrong"] > len(summary["failed"]):
        out.complain(f"left out: {summary['wrong'] - len(summary['failed']):,} more rows")


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    when = datetime.fromtimestamp(row["time"], UTC).strftime("%Y-%m-%d %H:%M") if row["time"] else ""
    return row["kind"], f"{row['weight']:g}", when, row["path"]


def _name(library: Library, item: str) -> str:
    """Return the path of an item, or its id where it is gone."""
    from sonolux.errors import SonoluxError

    try:
        return shown_path(library.item(item).path)
    except SonoluxError:
        return item
