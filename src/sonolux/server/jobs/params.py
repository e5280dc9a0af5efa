"""Parameters of each kind of job, checked when it is queued and again when it is run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from sonolux.errors import QueryError, TrainingError
from sonolux.media.paths import from_stored
from sonolux.training.recipes import make_recipe
from sonolux.training.recommendation.recipe import RIDGES_OF_FACTORS, FactorisationRecipe

METHODS = tuple(RIDGES_OF_FACTORS)
"""By which factors are learned."""

FileId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class JobParams(BaseModel):
    """What a job is to do; an unknown parameter is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class AddParams(JobParams):
    """Files and folders to add, as stored text, and uploads to keep and add; the options are those of `Library.add`.

    Uploads are copied to a folder of a root, ``into`` or the first one, see `sonolux.server.kept_uploads`; paths lie
    beneath the roots of the service. Whoever serves the library may add from ``anywhere``, and have encoders loaded as
    ``spaces`` names them: see `OWNERS`.
    """

    paths: Annotated[list[Annotated[str, Field(min_length=1, max_length=4096)]], Field(max_length=1000)] = Field(
        default_factory=list
    )
    uploads: Annotated[list[FileId], Field(max_length=1000)] = Field(default_factory=list)
    into: Annotated[str, Field(max_length=4096)] = ""
    prune: bool = False
    fingerprints: bool = True
    labels: bool = True
    skip_copies: bool = False
    spaces: Annotated[list[Annotated[str, Field(min_length=1, max_length=4096)]], Field(max_length=64)] = Field(
        default_factory=list
    )
    anywhere: bool = False

    @model_validator(mode="after")
    def _check_something_is_given(self) -> Self:
        if not self.paths and not self.uploads:
            raise PydanticCustomError("missing", "paths or uploads have to be given")
        return self


OWNERS = ("spaces", "anywhere")
"""Parameters that only whoever serves the library may give, by the service's own socket."""


class RemoveParams(JobParams):
    """Ids of files to remove from the library; the files themselves stay."""

    ids: Annotated[list[FileId], Field(min_length=1, max_length=100_000)]


class AnnotateParams(JobParams):
    """The name of an annotator, and which files it is to look at: ids, or a filter, or all."""

    annotator: Annotated[str, Field(min_length=1, max_length=100)]
    ids: Annotated[list[FileId], Field(max_length=100_000)] = Field(default_factory=list)
    where: Annotated[dict[str, Any], Field(max_length=64)] = Field(default_factory=dict)


class CopiesParams(JobParams):
    """How copies are looked for, as in `Library.copies`."""

    near: bool = True
    thorough: bool = True


class MapParams(JobParams):
    """The space that is laid out on a plane; by default the learned one that holds most files."""

    space: Annotated[str, Field(max_length=200)] = ""


class FactorsParams(JobParams):
    """How factors of what people play are learned, by the fields of a recipe; or whether only new items get any.

    See `sonolux.training.recommendation.recipe.FactorisationRecipe`.
    """

    recipe: Annotated[dict[str, Any], Field(max_length=32)] = Field(default_factory=dict)
    update: bool = False

    @model_validator(mode="after")
    def _check_recipe(self) -> Self:
        try:
            self.made()
        except TrainingError as error:
            raise PydanticCustomError("recipe", "{reason}", {"reason": str(error)}) from None
        return self

    def made(self) -> FactorisationRecipe:
        """Return the recipe."""
        options = {"method": "wmf", **self.recipe}
        if options["method"] not in METHODS:
            raise TrainingError(f"method is one of {', '.join(METHODS)}")
        recipe: FactorisationRecipe = make_recipe(**options)
        return recipe


class OptimizeParams(JobParams):
    """Nothing."""


PARAMS: dict[str, type[JobParams]] = {
    "add": AddParams,
    "remove": RemoveParams,
    "annotate": AnnotateParams,
    "copies": CopiesParams,
    "map": MapParams,
    "factors": FactorsParams,
    "optimize": OptimizeParams,
}
"""By the kind of job; what runs it stands in `sonolux.server.jobs.kinds`."""


def check_params(kind: str, params: object) -> JobParams:
    """Return the parameters of a job.

    Raises
    ------
    QueryError
        For an unknown kind, or parameters that do not fit it: one line that names the first.
    """
    if kind not in PARAMS:
        raise QueryError(f"no kind of job {kind[:50]!r}: there are {', '.join(PARAMS)}")
    try:
        return PARAMS[kind].model_validate(params)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, wrong["loc"]))
        raise QueryError(f"a job {kind} cannot be queued: {place or 'params'}: {wrong['msg'].lower()}") from None


def beneath_roots(paths: Sequence[str], roots: Sequence[str]) -> list[str]:
    """Return the real paths of files and folders, given as stored text, links followed.

    Raises
    ------
    QueryError
        For one that lies beneath none of the roots.
    """
    allowed = [os.path.realpath(os.path.expanduser(root)) for root in roots]
    found = []
    for path in map(from_stored, paths):
        try:
            real = os.path.realpath(path)
        except ValueError:  # a NUL
            raise QueryError(f"{path!r} is no path") from None
        within = any(real == root or real.startswith(root.rstrip("/") + "/") for root in allowed)
        if not path.startswith("/") or not within:
            names = f"only what lies beneath {', '.join(allowed)}" if allowed else "the service has no root"
            raise QueryError(f"{path!r} cannot be added: {names}")
        found.append(real)
    return found


def root_called(name: str, roots: Sequence[str]) -> str:
    """Return the root of a service that is meant by its path as stored text; QueryError where it is none of them."""
    wanted = from_stored(name)
    for root in roots:
        if "\0" not in wanted and os.path.realpath(wanted) == os.path.realpath(os.path.expanduser(root)):
            return root
    raise QueryError(f"uploads are kept in a root of the service, which {name!r} is not: {', '.join(roots)}")
