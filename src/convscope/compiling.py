"""Loops that Numba compiles: for what PyTorch would read its operands from memory several times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Loop = TypeVar("Loop", bound=Callable[..., Any])


def loop(function: Loop) -> Loop:
    """The function compiled when it is first called, for other threads to run beside it.

    What is compiled is kept for the next process, beside the module or in the user's cache, where one can be written.
    """
    compiled: Any
    try:
        compiled = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:  # "no locator available": neither can be
        compiled = numba.njit(nogil=True, error_model="numpy")(function)
    return compiled
