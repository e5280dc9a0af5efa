"""Exit codes of the command line, beside 0 for all done.

2 is a command line that cannot be read, 130 an interrupt.
"""

from __future__ import annotations

REFUSED = 1
SOME_FAILED = 3
"""Some files failed, or could only be read in part."""
