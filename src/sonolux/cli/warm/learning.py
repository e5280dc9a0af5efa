"""Factors of what people play, learned by the service that holds a library: a job, followed until it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sonolux.cli.output import Output
from sonolux.cli.warm.following import job_looks
from sonolux.cli.warm.service import Service
from sonolux.errors import LibraryError, TrainingError

if TYPE_CHECKING:
    from sonolux.training.loop.trained import TrainingProgress


def factors_by_service(
    service: Service, recipe: dict[str, Any], out: Output, progress: TrainingProgress | None, *, update: bool
) -> dict[str, Any]:
    """Have factors learned; return what `sonolux.library.interactions.factors.FactorSummary` says, as plain data.

    Parameters
    ----------
    service : Service
    recipe : dict
        Resolved, of `sonolux.training.recommendation.recipe.FactorisationRecipe`.
    out : Output
    progress : callable, or None
    update : bool
        Whether only what was played since gets factors.

    Raises
    ------
    TrainingError
        Where nothing can be learned.
    LibraryError
        Where somebody else cancels it.
    """
    id_ = service.ask("POST", "jobs", {"kind": "factors", "params": {"recipe": recipe, "update": update}})["id"]
    try:
        for job in job_looks(service, id_, out):
            if progress is not None and job["total"]:
                progress(job["done"] / job["total"], job["phase"])
    except KeyboardInterrupt:
        service.ask("DELETE", f"jobs/{id_}")
        out.say("stopped: the job is cancelled, and factors stay as they were")
        raise
    if job["state"] == "failed":
        raise TrainingError(job["reason"])
    if job["state"] == "cancelled":
        raise LibraryError("somebody has cancelled it: factors stay as they were")
    names = ("users", "items", "interactions", "factors", "written", "seconds")
    return {name: job["summary"][name] for name in names}
