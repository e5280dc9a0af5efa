"""``sonolux train sounds``, ``events`` and ``speech``: from your own recordings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonolux.cli.inspecting import (
    CheckOption,
    KnownLabelOption,
    OptionalOutOption,
    find_data,
    look_briefly,
    report_look,
    wanted_out,
)
from sonolux.cli.learning import (
    ADD,
    DevicesOption,
    EpochsOption,
    GroupByOption,
    LicenceOption,
    OutOption,
    RateOption,
    SeedOption,
    SetOption,
    grouped,
    prepare_training,
    report_read,
    report_time,
    train_and_report,
)
from sonolux.cli.options import JsonOption, QuietOption
from sonolux.cli.output import Output

if TYPE_CHECKING:
    from sonolux.training.data.sounds import SoundSet
    from sonolux.training.data.sources import FoundFiles


def sounds(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: Annotated[
        Path,
        typer.Option(
            metavar="PATH", help="Folder of sounds, a folder a class, or table with path,label.", show_default=False
        ),
    ],
    out: OptionalOutOption = None,
    check: CheckOption = False,
    label: KnownLabelOption = "",
    arch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Network: cnn, lstm, gru, crnn, transformer; or bag-of-words, without labels.",
            show_default=False,
        ),
    ] = None,
    pretrained: Annotated[
        str,
        typer.Option(
            "--from", metavar="MODEL", help="none for a network (crnn) from random weights.", show_default=False
        ),
    ] = "",
    group_by: GroupByOption = "",
    rate: RateOption = 16_000,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    devices: DevicesOption = 1,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a descriptor of sounds, which names them too, from a folder a class.

    With no other option it takes what installed packages and classical features hear, compares classifiers on them by
    cross-validation, and is done in seconds. With --arch, or any option of a network, a network is trained. With --arch
    bag-of-words it needs no labels: typical moments of all sounds become words, and a sound is how often it holds each.
    Stop a training at any time and run it again: it goes on from the last whole epoch. Look first: --check writes a
    page of what is wrong with the labels, and a table to mend them by.
    """
    from sonolux.training.classification.sounds import (
        ARCHITECTURES,
        BAG_OF_WORDS,
        train_sounds,
        train_words,
        with_enough_epochs,
    )
    from sonolux.training.data.sounds import COEFFICIENTS, RATE, make_sound_input, read_sounds

    talk = Output(as_json=as_json, quiet=quiet)
    if pretrained not in ("", "none"):
        raise typer.BadParameter(f"--from is none, for random weights, not {pretrained}")
    if arch not in (None, *ARCHITECTURES, BAG_OF_WORDS):
        raise typer.BadParameter(f"--arch is one of {', '.join((*ARCHITECTURES, BAG_OF_WORDS))}, not {arch}")
    found = find_data(data, label, "sounds")
    if check:
        report_look(data, found, "sounds", talk, rate)
        return
    out = wanted_out(out)
    if not (arch or pretrained or epochs or setting or rate != RATE or devices > 1):
        name_by_features(data, found, out, seed, group_by, licence, talk)
        return
    arch = arch or "crnn"
    named = arch in ARCHITECTURES
    method, architecture = ("sounds", f"sound-{arch}") if named else (BAG_OF_WORDS, None)
    recipe = prepare_training(method, out, setting, talk, devices, seed=seed, epochs=epochs, architecture=architecture)
    how = make_sound_input(rate, 0 if named else COEFFICIENTS, **recipe.listening.chosen())
    heard = report_read(read_sounds(found, how), _counted, talk)
    if not named:
        train_and_report(lambda _: train_words(heard, recipe, out, licence), heard, ADD, talk)
        return
    if epochs is None and not any(one.startswith("epochs=") for one in setting or []):
        recipe = with_enough_epochs(recipe, len(heard))
    heard = grouped(heard, data, group_by, talk)
    look_briefly(heard, talk)
    train_and_report(lambda progress: train_sounds(heard, recipe, out, licence, progress), heard, ADD, talk, devices)


def name_by_features(
    data: Path, found: Path | FoundFiles, out: Path, seed: int, group_by: str, licence: str, talk: Output
) -> None:
    """Train names of sounds in seconds, on descriptors that need no training."""
    from sonolux.training.classification.automatic import sound_sources, train_sound_features
    from sonolux.training.classification.expected_time import features_seconds
    from sonolux.training.data.sounds import make_sound_input, read_sounds
    from sonolux.training.data.sources import check_classes

    sources, note = sound_sources()
    recipe = prepare_training("features", out, None, talk, seed=seed, sources=sources)
    if note:
        talk.say(note)
    heard = grouped(report_read(read_sounds(found, make_sound_input()), _counted, talk), data, group_by, talk)
    check_classes(heard)
    look_briefly(heard, talk)
    report_time(features_seconds(heard, recipe), talk)
    train_and_report(
        lambda progress: train_sound_features(heard, recipe, out, licence, progress),
        heard,
        "sonolux label SOUND --model",
        talk,
    )


def events(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="Folder of clips, a folder a class, or table with path,label and, where known, start,end.",
            show_default=False,
        ),
    ],
    out: OutOption,
    group_by: GroupByOption = "",
    rate: RateOption = 16_000,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    devices: DevicesOption = 1,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a network that says what sounds when.

    Clips are mixed into scenes, over noise, so that the truth is known. Stop it at any time and run it again: it goes
    on from the last whole epoch.
    """
    from sonolux.training.data.event_groups import group_event_data
    from sonolux.training.data.events import read_event_data
    from sonolux.training.events.train import make_event_input, train_events

    talk = Output(as_json=as_json, quiet=quiet)
    recipe = prepare_training("events", out, setting, talk, devices, seed=seed, epochs=epochs)
    heard = report_read(
        read_event_data(data, make_event_input(rate)),
        lambda read: f"{len(read.classes):,} classes: {', '.join(read.classes)}",
        talk,
    )
    heard, notes = group_event_data(heard, data, group_by)
    for note in notes:
        talk.say(note)
    train_and_report(
        lambda progress: train_events(heard, recipe, out, licence, progress),
        heard,
        "sonolux events RECORDING --model",
        talk,
        devices,
    )


def speech(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="Table with path,text, or folder of speech (Common Voice, LJSpeech, Kaldi, CMU Sphinx).",
            show_default=False,
        ),
    ],
    out: OutOption,
    group_by: GroupByOption = "",
    rate: Annotated[int, typer.Option(metavar="HERTZ", min=4_000, help="Samples a second that are heard.")] = 16_000,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    devices: DevicesOption = 1,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a network that writes down what is said, from recordings and their words.

    It need not be told when each word is said. Stop it at any time and run it again: it goes on from the last whole
    epoch.
    """
    from sonolux.training.data.utterances import read_utterances
    from sonolux.training.speech.train import train_speech

    talk = Output(as_json=as_json, quiet=quiet)
    recipe = prepare_training("speech", out, setting, talk, devices, seed=seed, epochs=epochs)
    # Without a word in the recipe the network takes two frames at once.
    stacked = int(recipe.arguments.get("arguments", {}).get("stacked", 2))
    utterances = report_read(
        read_utterances(data, rate, stacked=stacked),
        lambda read: f"{len(read):,} utterances, {sum(map(len, read.words)):,} words",
        talk,
    )
    utterances = grouped(utterances, data, group_by, talk)
    train_and_report(
        lambda progress: train_speech(utterances, recipe, out, licence, progress),
        utterances,
        "sonolux transcribe RECORDING --model",
        talk,
        devices,
    )


def fingerprints(  # noqa: PLR0913, PLR0917 - one parameter an option
    out: OutOption,
    data: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Folder of recordings; without, music that is made up.", show_default=False),
    ] = None,
    epochs: EpochsOption = None,
    seed: SeedOption = 0,
    devices: DevicesOption = 1,
    setting: SetOption = None,
    licence: LicenceOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train a network that knows a second of a recording again, in noise, through telephones and at another speed.

    `sonolux identify` weighs what it says beside landmarks. Stop it at any time and run it again: it goes on from the
    last whole epoch.
    """
    from sonolux.training.data.clips import made_clips, read_clips
    from sonolux.training.fingerprints.train import train_fingerprints

    talk = Output(as_json=as_json, quiet=quiet)
    recipe = prepare_training("fingerprints", out, setting, talk, devices, seed=seed, epochs=epochs)
    clips = report_read(
        made_clips(seed=seed) if data is None else read_clips(data), lambda read: f"{len(read):,} clips", talk
    )
    train_and_report(
        lambda progress: train_fingerprints(clips, recipe, out, licence, progress),
        clips,
        "sonolux fingerprint FOLDER --model",
        talk,
        devices,
    )


def _counted(read: SoundSet) -> str:
    return f"{len(read):,} sounds, {len(read.classes) or 'no'} classes"
