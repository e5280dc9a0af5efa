"""``sonolux show``, ``list`` and ``info``: what is in the library."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonolux.cli.options import JsonOption, LibraryOption, QuietOption, WhereOption
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.types import Annotation, Item

FACTS = ("location", "created", "files", "modalities", "spans", "regions", "spaces")
"""What `Library.info` tells, in its order."""


def show(
    target: Annotated[str, typer.Argument(metavar="ID|PATH", help="Id of an item, or path of a file.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show an item: where it is, what its file says of itself, what was said of it, its spans and regions."""
    from sonolux.library import Library
    from sonolux.presentation.data import annotation_as_data, item_as_data, part_as_data
    from sonolux.presentation.wording import snippet

    out = Output(as_json=as_json, quiet=quiet)
    with Library(library) as opened:
        item = opened.item(target)
        spans = opened.spans_of(item.id) if item.kind == "file" else []
        said = opened.annotations(item.id)
    if as_json:
        annotations = [annotation_as_data(annotation) for annotation in said]
        out.record({**item_as_data(item), "annotations": annotations, "spans": [part_as_data(part) for part in spans]})
        return
    told = {"path": shown_path(item.path), "id": item.id, "modality": str(item.modality), "kind": item.kind}
    if item.kind != "file":
        told |= {"file": item.file, "where": _where(item)}
    _print_pairs(out, told | _readable(item.metadata))
    if item.text:
        out.line()
    for line in item.text.splitlines():
        out.line(line)
    _print_annotations(out, item, said)
    if spans:
        out.line()
        out.table(("span", "id", "where", "text"), [(s.kind, s.id, _where(s), snippet(s.text)) for s in spans])


def list_items(
    library: LibraryOption = None,
    where: WhereOption = None,
    spans: Annotated[
        bool, typer.Option("--spans", metavar="", help="List shots, windows, passages and regions too.")
    ] = False,
    k: Annotated[
        int | None, typer.Option("-k", metavar="N", min=1, help="At most so many.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List the files of the library, or those that satisfy a filter."""
    from sonolux.library import Library
    from sonolux.presentation.data import item_as_data
    from sonolux.retrieval.filters import parse_conditions

    out = Output(as_json=as_json, quiet=quiet)
    count = 0
    with Library(library) as opened:
        most = None if k is None else min(k, sys.maxsize)
        for item in islice(opened.items(parse_conditions(where or []), spans=spans), most):
            count += 1
            if as_json:
                out.record(item_as_data(item))
            else:
                told = (f"{item.modality!s:5}", _where(item), shown_path(item.path), _said(item))
                out.line("  ".join(part for part in told if part))
    out.say(f"{count:,} {'item' if spans else 'file'}{'s' if count != 1 else ''}")


def info(library: LibraryOption = None, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Count what is in the library; of one on a cluster, say what a lost node would cost."""
    from sonolux.cli.warm.service import find_service
    from sonolux.errors import LibraryError

    out = Output(as_json=as_json, quiet=quiet)
    service = find_service(library)
    if service is not None:
        told = service.ask("GET", "info")
        facts = {key: told[key] for key in FACTS}
    else:
        from sonolux.library import Library

        with Library(library) as opened:
            try:
                facts = opened.info()
            except LibraryError:
                _print_cluster(out, opened.index.cluster_state())  # whose node may be the reason
                raise
            if cluster := opened.index.cluster_state():
                facts["cluster"] = cluster
    if as_json:
        out.record(facts)
        return
    counted = ", ".join(f"{count:,} {modality}" for modality, count in facts["modalities"].items())
    pairs = {name: facts[name] for name in ("location", "created")}
    pairs["files"] = f"{facts['files']:,}" + (f" ({counted})" if counted else "")
    pairs["spans"] = f"{facts['spans']:,}"
    if facts["regions"]:
        pairs["regions"] = f"{facts['regions']:,}"
    _print_pairs(out, pairs | _told_of_cluster(facts.get("cluster")))
    out.line()
    out.table((">descriptors", "space"), [(f"{count:,}", name) for name, count in facts["spaces"].items()])


def _print_cluster(out: Output, cluster: Mapping[str, Any]) -> None:
    if out.as_json and cluster:
        out.record({"cluster": cluster})
    elif cluster:
        _print_pairs(out, _told_of_cluster(cluster))


def _told_of_cluster(cluster: Mapping[str, Any] | None) -> dict[str, str]:
    """Return in words how a library lies on its cluster, nothing for one in a folder."""
    if cluster is None:
        return {}
    nodes = f"{cluster['nodes']:,}"
    if cluster["silent"]:
        nodes += f", of which {len(cluster['silent']):,} do not answer: {', '.join(cluster['silent'])}"
    shards = f"{cluster['shards']:,}, on {cluster['copies']:,} nodes each"
    if cluster["copies"] == 1:
        shards = f"{cluster['shards']:,}, on one node each"
    if cluster["missing"]:
        shards += f"; {cluster['missing']:,} missing"
    return {"nodes": nodes, "shards": shards, "lost node": f"costs {cluster['lost_node']}"}


def _print_annotations(out: Output, item: Item, said: Sequence[Annotation]) -> None:
    """Print labels under each other, then captions, transcripts and lines of text, each whole."""
    from sonolux.presentation.wording import place_in_words

    labels = [one for one in said if one.kind == "label"]
    if labels:
        out.line()
        rows = [
            (f"{one.probability:.4f}", one.label, place_in_words(one.span, one.region), one.annotator) for one in labels
        ]
        out.table((">probability", "label", "where", "annotator"), rows)
    texts = [one for one in said if one.kind != "label"]
    if texts:
        out.line()
    for one in texts:
        where = place_in_words(one.span, one.region)
        about = ", ".join(filter(None, (where, one.annotator, f"{one.probability:.4f}")))
        out.line(f"{one.kind} ({about}): {one.label}")


def _print_pairs(out: Output, pairs: Mapping[str, Any]) -> None:
    width = max(map(len, pairs))
    for name, value in pairs.items():
        out.line(f"{name:{width}}  {value}")


def _readable(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata with lists, and the times and sizes of the file system, as people write them."""
    told: dict[str, Any] = {key: "; ".join(v) if isinstance(v, list) else v for key, v in metadata.items()}
    if "mtime" in told:
        told["mtime"] = datetime.fromtimestamp(told["mtime"] // 10**9, UTC).isoformat()
    if "size" in told:
        told["size"] = f"{told['size']:,} bytes"
    return told


def _where(item: Item) -> str:
    from sonolux.presentation.wording import place_in_words

    return place_in_words(item.span, item.region)


def _said(item: Item) -> str:
    from sonolux.presentation.wording import snippet

    return snippet(item.text or str(item.metadata.get("title", "")))
