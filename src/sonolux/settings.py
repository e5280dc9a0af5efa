"""Settings of this process; see `sonolux.settings_model` for what there is.

The model is imported when a setting is first asked for: decoding processes, of which many start, seldom ask for one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sonolux.errors import SonoluxError

if TYPE_CHECKING:
    from sonolux.settings_model import Settings


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read from the environment once.

    Raises
    ------
    SonoluxError
        Where a variable holds what its setting cannot be.
    """
    from pydantic import ValidationError

    from sonolux.settings_model import Settings

    try:
        return Settings()
    except ValidationError as error:
        wrong = error.errors()[0]
        name = f"SONOLUX_{'_'.join(map(str, wrong['loc']))}".upper()
        raise SonoluxError(f"{name} cannot be {wrong['input']!r}: {wrong['msg'].lower()}") from None
