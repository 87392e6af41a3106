"""Cheaper memory for large tensors that come and go: kept for the next one, in large pages; and code that is kept."""

from __future__ import annotations

import ctypes
import os
import sys

# What glibc's <malloc.h> calls the settings of mallopt.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def keep_freed_memory() -> bool:
    """Whether the process now keeps memory that it frees, for its next large tensor, instead of returning it.

    Tensors of tens of megabytes that come and go otherwise cost a page fault for every 4 KiB each time: a fifth of the
    time of projecting deep units, a third of running SqueezeNet. All threads then share one pool, since those of single
    threads hold no large blocks, and PyTorch is asked for large pages (`THP_MEM_ALLOC_ENABLE`, which counts only before
    its first tensor). No result changes. Works with the GNU C library, for the whole process, and cannot be undone: the
    command line does it, a program that wants the same calls it once at its start.

    oneDNN, which generates code for every shape of a convolution, is asked to keep that of 8,192 shapes, not of 1,024,
    also before its first convolution (`ONEDNN_PRIMITIVE_CACHE_CAPACITY`): occlusion and projections run through more
    than 1,024, and otherwise each is generated again every time, a ninth of the time of occluding ResNet-18. It
    takes some tens of KB for a shape.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8192")
    if not sys.platform.startswith("linux"):
        return False
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = ((_M_MMAP_THRESHOLD, 1 << 30), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_ARENA_MAX, 1))
    return all(bool(mallopt(name, value)) for name, value in settings)


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` is PyTorch's word for memory that is not there, on an accelerator or on the CPU."""
    if type(error).__name__ == "OutOfMemoryError" and type(error).__module__.startswith("torch"):
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)
