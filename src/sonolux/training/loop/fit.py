"""Training loop with checkpoints: Lightning's, resumed after whatever ended it, within one epoch.

While a model is being trained its folder holds ``unfinished/``: the last whole epoch and the best one by held-out
score. Both are written whole or not at all.
"""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from sonolux.checkpoints.device import chosen_device
from sonolux.errors import TrainingError
from sonolux.training.loop.devices import devices_asked
from sonolux.training.loop.image_learner import ImageLearner
from sonolux.training.loop.learner import Learner
from sonolux.training.loop.memory import check_step
from sonolux.training.loop.processes import SharedTraining, fit_in_processes
from sonolux.training.loop.trained import TrainingProgress
from sonolux.training.loop.workspace import UNFINISHED
from sonolux.training.recipes import stored_recipe

REMARKS = (".*does not have many workers", ".*LeafSpec.*is deprecated", "Checkpoint directory .* exists")
LAST, BEST = "last", "best"


def fit(learner: Learner, folder: Path, progress: TrainingProgress | None = None) -> None:
    """Train a learner to the end of its recipe, or until its held-out score no longer rises; leave its best weights.

    Several devices share each batch where `sonolux.training.loop.devices.on_devices` says so.

    Parameters
    ----------
    learner : Learner
    folder : Path
        Of the model to be; an unfinished training of the same recipe and data in it is taken up.
    progress : callable, optional
        What is raised from it, `sonolux.errors.Cancelled` for one, ends the training and comes out of here.

    Raises
    ------
    TrainingError
        Where the folder holds an unfinished training of another recipe or data, the loss is no number any more, a batch
        cannot be shared by the devices, or one of their processes ends.
    """
    unfinished = folder / UNFINISHED
    _check_resumable(learner, unfinished / f"{LAST}.ckpt")
    device = chosen_device()
    if isinstance(learner, ImageLearner) and hasattr(learner, "images"):
        check_step(learner.network, learner.batch_size, learner.images.shape[-1], device)
    count = devices_asked() if learner.shared() else 1
    if count > 1:
        best = fit_in_processes(_job(learner, unfinished, count, device), progress)
    else:
        devices = 1 if device.index is None or device.type == "cpu" else [device.index]
        best = fit_here(
            learner, unfinished, progress, accelerator=device.type, devices=devices, precision=_precision(device)
        )
    learner.load_state_dict(torch.load(best, map_location="cpu", weights_only=True)["state_dict"])
    learner.cpu().eval()


def fit_here(
    learner: Learner,
    unfinished: Path,
    progress: TrainingProgress | None,
    callbacks: Sequence[Callback] = (),
    **how: Any,
) -> Path:
    """Train a learner in this process, alone or as one of several; return the checkpoint of its best epoch.

    Parameters
    ----------
    learner : Learner
    unfinished : Path
        Folder of checkpoints, whose last is taken up.
    progress : callable or None
    callbacks : sequence of Callback
        More of them.
    **how
        Of Lightning's trainer: ``accelerator``, ``devices``, ``precision``, ``strategy``.
    """
    last = unfinished / f"{LAST}.ckpt"
    checkpoints = ModelCheckpoint(unfinished, BEST, monitor="score", mode="max", enable_version_counter=False)
    # A callback of its own: `save_last` would save only after epochs that are the best so far.
    every_epoch = ModelCheckpoint(unfinished, LAST, enable_version_counter=False)
    every = [*callbacks, _Diverging(), checkpoints, every_epoch, *_stopping(learner.recipe.patience)]
    if progress is not None:
        every.append(_Reporting(progress))
    with _quiet(), _interruptible():
        trainer = Trainer(
            **how,
            max_epochs=learner.recipe.epochs,
            callbacks=every,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            reload_dataloaders_every_n_epochs=1,
            use_distributed_sampler=False,
        )
        trainer.fit(learner, ckpt_path=last if last.exists() else None, weights_only=True)
    return Path(checkpoints.best_model_path)


def _job(learner: Learner, unfinished: Path, count: int, device: torch.device) -> SharedTraining:
    """Return what so many processes are to do; TrainingError where a batch does not come out even."""
    batch = learner.batch_size
    if batch % count:
        fitting = max(batch - batch % (2 * count), 2 * count)
        raise TrainingError(
            f"a batch of {batch} is not shared evenly by {count} devices: --set {learner.batch_option}={fitting}"
        )
    cores = torch.get_num_threads() // count if device.type == "cpu" else 1
    # Odd: see `Learner.train_dataloader`.
    threads = max(cores, 1) if batch // count % 2 == 0 else 1
    return SharedTraining(learner, unfinished, count, threads, device.type, _precision(device))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's remarks to itself: advice on worker processes, of which images in memory need none."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.WARNING)
    with warnings.catch_warnings():
        for message in REMARKS:
            warnings.filterwarnings("ignore", message=message)
        try:
            yield
        finally:
            logger.setLevel(level)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let KeyboardInterrupt out: Lightning makes SystemExit of it, and the process deaf to the next one."""
    own = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as ended:
        if isinstance(ended.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    finally:
        if own:
            signal.signal(signal.SIGINT, handler)


def _check_resumable(learner: Learner, last: Path) -> None:
    if not last.exists():
        return
    try:
        found = torch.load(last, map_location="cpu", weights_only=True)["sonolux"]
    except Exception as error:  # whatever a damaged file makes torch raise
        raise TrainingError(f"{last} cannot be read: remove {last.parent} to start again ({error})") from error
    differing = _differing(found, learner)
    if differing:
        raise TrainingError(
            f"{last.parent} is an unfinished training with other {', '.join(differing)}:"
            " train into another folder, or remove it"
        )


def _differing(found: dict[str, Any], learner: Learner) -> list[str]:
    """Return in what an unfinished training differs from a learner: ``data``, and fields of the recipe."""
    data = ["data"] if found["data"] != learner.fingerprint else []
    recipe = stored_recipe(found["recipe"])
    if type(recipe) is not type(learner.recipe):
        return [*data, "method"]
    names = [one.name for one in fields(recipe)]
    return data + [name for name in names if getattr(recipe, name) != getattr(learner.recipe, name)]


def _stopping(patience: int) -> list[Callback]:
    return [EarlyStopping("score", mode="max", patience=patience)] if patience else []


def _precision(device: torch.device) -> Any:
    """Return bfloat16 where the processor multiplies it faster than float32, and full precision elsewhere."""
    if device.type == "cuda":
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    able = torch.cpu.get_capabilities()
    fast = device.type == "cpu" and (able.get("avx512_bf16") or able.get("amx_bf16"))
    return "bf16-mixed" if fast else "32-true"


class _Diverging(Callback):
    """Ends a training whose loss is no number: none of its weights will ever be again."""

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look at the loss."""
        loss = outputs["loss"]
        if not bool(torch.isfinite(loss)):
            assert isinstance(pl_module, Learner)
            recipe = pl_module.recipe
            rate = min(recipe.learning_rate / 10, type(recipe)().learning_rate)
            raise TrainingError(
                f"the loss is {float(loss)} in epoch {trainer.current_epoch + 1}:"
                f" learning_rate={recipe.learning_rate:g} is too high here; try --set learning_rate={rate:g}"
            )


class _Reporting(Callback):
    """Tells where a training stands, after every batch."""

    def __init__(self, progress: TrainingProgress) -> None:
        self.progress = progress

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report."""
        assert isinstance(pl_module, Learner)
        epochs = pl_module.recipe.epochs
        done = (trainer.current_epoch + (batch_idx + 1) / trainer.num_training_batches) / epochs
        line = f"epoch {trainer.current_epoch + 1} of {epochs}, loss {float(outputs['loss']):.3f}"
        if pl_module.history:
            line += f", held-out score {pl_module.history[-1].score:.3f}"
        self.progress(min(done, 1.0), line)
