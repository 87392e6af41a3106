"""Keeping freed memory for the next block of work, where the C library would hand it back to the system each time."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


def keep_freed_memory() -> bool:
    """Whether the process now keeps memory that it frees, for its next large tensor, instead of returning it.

    Tensors of tens of megabytes that come and go otherwise cost a page fault for every 4 KiB each time: a fifth of the
    time of projecting deep units. Works with the GNU C library, for the whole process, and cannot be undone; the
    command line does it, a program that wants the same calls it once at its start.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    largest = 2**31 - 1
    return bool(mallopt(_M_MMAP_THRESHOLD, 1 << 30)) and bool(mallopt(_M_TRIM_THRESHOLD, largest))
