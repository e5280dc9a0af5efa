"""Label of what is none of a model's classes: of what is less like them than nearly all that they hold."""

from __future__ import annotations

NONE = "none"
"""Label of what is none of the classes; a class of this name may be learned as well."""
