"""Registry: things of one kind by name, built in, registered at run time or offered by installed packages.

All kinds go through the same door: what comes with Sonolux is registered as ``"module:attribute"``, which is imported
when it is first wanted; an installed package offers more in a group of entry points, written the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Generic, TypeVar

from sonolux.errors import SonoluxError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")


class Registry(Generic[T]):
    """Entries of one kind by name.

    Parameters
    ----------
    kind : str
        Word for one of them in messages: ``"encoder"``.
    group : str
        Of the entry points in which installed packages offer them: ``"sonolux.encoders"``; none by default.
    error : type of SonoluxError
        What is raised for a name that is not there, and for an entry that cannot be loaded.
    built_in : mapping of str to str
        ``{name: "module:attribute"}`` of those that come with Sonolux.
    otherwise : str
        What can be given in place of a name, for messages.
    """

    def __init__(
        self,
        kind: str,
        group: str = "",
        error: type[SonoluxError] = SonoluxError,
        *,
        built_in: Mapping[str, str] | None = None,
        otherwise: str = "",
    ) -> None:
        self.kind = kind
        self.group = group
        self.error = error
        self.otherwise = otherwise
        self.entries: dict[str, T | str] = dict(built_in or {})

    def register(self, name: str, entry: T | str) -> None:
        """Offer an entry, or ``"module:attribute"`` where it is, under a name; the last one of a name counts."""
        self.entries[name] = entry

    def available(self) -> list[str]:
        """Return all names, sorted; nothing is imported."""
        return sorted({*self.entries, *self.installed})

    def __contains__(self, name: str) -> bool:
        return name in self.entries or name in self.installed

    def get(self, name: str) -> T:
        """Return the entry of a name; what was registered comes before what a package offers.

        Raises
        ------
        SonoluxError
            Of the registry's class: for an unknown name, with the nearest ones; for an entry that cannot be loaded,
            with where it is and why.
        """
        point: EntryPoint | None = None
        if name in self.entries:
            entry = self.entries[name]
            if not isinstance(entry, str):
                return entry
            place = entry
        elif name in self.installed:
            point = self.installed[name]
            place = point.value
        else:
            raise self.unknown(name)
        try:
            if point is not None:
                loaded: T = point.load()
            else:
                module, _, attribute = place.partition(":")
                loaded = getattr(import_module(module), attribute)
        except SonoluxError:
            raise
        except (Exception, SystemExit) as error:  # the code of a package can fail in any way
            reason = " ".join(str(error).split()) or type(error).__name__
            raise self.error(f"{self.kind} {name} of {place} cannot be loaded: {reason}") from error
        return loaded

    def unknown(self, name: str) -> SonoluxError:
        """Return the error for a name that is not there: the nearest names, all of them, and what else can be given."""
        from difflib import get_close_matches

        names = self.available()
        near = get_close_matches(name, names)
        meant = f" (did you mean {' or '.join(near)}?)" if near else ""
        there = f"there are {', '.join(names)}" if names else ""
        instead = f"{'or ' if names else ''}give {self.otherwise}" if self.otherwise else ""
        said = "; ".join(part for part in (there, instead) if part)
        return self.error(f"no {self.kind} {name!r}{meant}{f': {said}' if said else ''}")

    @cached_property
    def installed(self) -> dict[str, EntryPoint]:
        """Entry points of installed packages by name; found once, imported when wanted."""
        if not self.group:
            return {}
        from importlib.metadata import entry_points

        return {point.name: point for point in entry_points(group=self.group)}
