"""Options and steps that every command of ``sonolux train`` shares: recipe, what was read, progress, result."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar

import typer

from sonolux.cli.exit_codes import SOME_FAILED
from sonolux.cli.output import Output, shown_path

if TYPE_CHECKING:
    from sonolux.checkpoints.folder import ModelFolder
    from sonolux.training.loop.trained import TrainingProgress
    from sonolux.types import Failure

ADD = "sonolux add FOLDER --space"
"""What is done next with a descriptor."""

OutOption = Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the model to be.", show_default=False)]
EpochsOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Passes over all that is learned from, at most.", show_default=False),
]
SeedOption = Annotated[int, typer.Option(metavar="N", min=0, help="Of everything that is drawn.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Anything else of the recipe, as JSON.", show_default=False),
]
LicenceOption = Annotated[
    str, typer.Option(metavar="TEXT", help="Licence of the weights, for the card.", show_default=False)
]
DevicesOption = Annotated[
    int,
    typer.Option(
        "--devices",
        metavar="N",
        min=1,
        help="GPUs that share each batch, or processes on the CPU; the model is that of one.",
    ),
]
GroupByOption = Annotated[
    str,
    typer.Option(
        "--group-by",
        metavar="HOW",
        help="What belongs together, and is never on both sides of a split: folder, name (up to its last number), time"
        " (photos of a burst), a column of the table, or a regular expression that finds it in the path.",
        show_default=False,
    ),
]
FilesOption = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="That paths are relative to (that of the table).", show_default=False),
]
TowerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tower",
        metavar="MODALITY=ENCODER",
        help="What describes a modality (image=photo, audio=mfcc, text=sentences); repeat it to join several.",
        show_default=False,
    ),
]
ThawedOption = Annotated[
    str | None,
    typer.Option(
        "--thawed",
        metavar="LAYER",
        help="Layer from which the network of pictures learns too, such as blocks.11 or head; without, it stays.",
        show_default=False,
    ),
]
WORTH_SAYING = 10.0
"""Seconds from which it is said beforehand how long something takes."""

RateOption = Annotated[int, typer.Option(metavar="HERTZ", min=1_000, help="Samples a second that are heard.")]


def prepare_training(
    method: str, out: Path, settings: Sequence[str] | None, talk: Output, devices: int = 1, **options: Any
) -> Any:
    """Return the recipe that a command asks for, once it is sure that the training can begin.

    Parameters
    ----------
    method : str
    out : Path
        Folder of the model to be.
    settings : sequence of str or None
        Of ``--set``.
    talk : Output
        Takes a line for every old spelling.
    devices : int
        That share each batch.
    **options
        Fields of the recipe; None for what was not asked.
    """
    from sonolux.training.loop.devices import on_devices
    from sonolux.training.loop.run import check_ready
    from sonolux.training.recipes import make_recipe

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", FutureWarning)
        recipe = make_recipe(method, settings or [], **options)
    for warning in said:
        talk.complain(str(warning.message))
    with on_devices(devices):
        check_ready(recipe, out)
    return recipe


class Read(Protocol):
    """What is learned from, and the files that could not be read."""

    @property
    def failed(self) -> Sequence[Failure]:
        """These files."""
        ...


Items = TypeVar("Items", bound=Read)


def report_read(read: Items, counted: Callable[[Items], str], talk: Output) -> Items:
    """Say what was read, and what was left out; return it."""
    for failure in read.failed:
        talk.complain(f"left out: {shown_path(failure.path)}: {failure.reason}")
    for note in getattr(read, "notes", ()):
        talk.say(note)
    talk.say(counted(read))
    return read


def grouped(read: Items, data: Path, by: str, talk: Output) -> Items:
    """Keep together what belongs together, and say what that is; return what was read, with its groups."""
    from sonolux.training.data.groups import group_items
    from sonolux.training.data.splits import unlearned_classes

    items, notes = group_items(read, data, by)
    for note in notes:
        talk.say(note)
    for name in unlearned_classes(items):
        talk.complain(f"class {name} has nothing to learn from: it is in the parts that choose and score alone")
    return items


def report_choice(saved: ModelFolder, talk: Output) -> None:
    """Say which of several models was chosen, and what the best of each other kind would have scored."""
    told = list(saved.scores.get("candidates", {}).items())
    if not told:
        return
    (best, reached), *others = told
    source = best.split(",")[0]
    said = [f"{best} ({reached:.2f})"]
    same = next((one for one in others if one[0].split(",")[0] == source), None)
    other = next((one for one in others if one[0].split(",")[0] != source), None)
    said += [f"{name} ({score:.2f})" for name, score in filter(None, (same, other))]
    talk.say(f"chosen: {said[0]}{'; next: ' + '; '.join(said[1:]) if said[1:] else ''}; {saved.data['scored_by']}")
    network = saved.scores.get("network")
    if network and "not_tried" in network:
        talk.say(f"{network['name']}: {network['not_tried']}")
    elif network:
        talk.say(
            f"{network['name']}: {network['reached']:.2f}, where the best of these reached {network['beside']:.2f}"
        )


def report_time(seconds: float, talk: Output) -> None:
    """Say how long it will take, where that is worth a line."""
    from sonolux.training.classification.rival import in_words

    if seconds > WORTH_SAYING:
        talk.say(f"about {in_words(seconds)}")


def train_and_report(
    learn: Callable[[TrainingProgress | None], ModelFolder], read: Read, then: str, talk: Output, devices: int = 1
) -> None:
    """Train, on devices that share each batch, and say what was reached and by which command, `then`, it is used next.

    Raises
    ------
    typer.Exit
        Afterwards, where files had been left out.
    """
    from sonolux.training.loop.devices import on_devices

    with progress_bar(talk) as progress, on_devices(devices):
        saved = learn(progress)
    report_choice(saved, talk)
    report_model(saved, talk, then)
    if read.failed:
        raise typer.Exit(SOME_FAILED)


def report_model(saved: ModelFolder, out: Output, then: str) -> None:
    """Print what a training reached, and the command that uses the model next."""
    if out.as_json:
        out.record({"model": str(saved.path), "digest": saved.digest, "scores": saved.scores, "data": saved.data})
        return
    from sonolux.training.scoring.wording import scores_in_words

    scores = scores_in_words(saved.scores)
    model = shown_path(str(saved.path))
    out.line(f"{model}: {scores or 'done'}; next: {then} {model}")


@contextmanager
def progress_bar(out: Output) -> Iterator[TrainingProgress | None]:
    """Show where a training stands, with the time left: a bar where someone watches, else a line an epoch."""
    if out.quiet:
        yield None
        return
    if not out.lively:
        yield _line_an_epoch(out)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    columns: list[Any] = [BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.description}")]
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done, line: bar.update(task, completed=done, description=line)


def _line_an_epoch(out: Output) -> TrainingProgress:
    told = ""

    def tell(done: float, line: str) -> None:
        nonlocal told
        epoch = line.split(",", maxsplit=1)[0]
        if epoch != told:
            told = epoch
            out.say(f"{done:.0%} {line}")

    return tell
