"""Named places where a crash test ends the process, so that every window between two steps is tried.

``QUCE_FAILPOINT=name:n`` kills the process with SIGKILL the n-th time it passes ``name``; unset, a pass
costs one comparison.
"""

from __future__ import annotations

import os
import signal

_name, _, _count = os.environ.get("QUCE_FAILPOINT", "").partition(":")
_left = int(_count or 1)


def failpoint(name: str) -> None:
    """Die here if this is the armed failpoint and its count is reached."""
    if not _name or name != _name:
        return
    global _left
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
