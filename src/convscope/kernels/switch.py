"""Whether compiled loops run: one switch for all of them, off as well where there is no Numba to compile them.

Both ways give the same answers up to rounding, and rounding decides the last bits of what is stored: `state` is a part
of what identifies a store, so that work of both kinds is not mixed.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal

import torch

from convscope.errors import UsageError

logger = logging.getLogger(__name__)

State = Literal["on", "off"]

VARIABLE = "CONVSCOPE_KERNELS"
_forced: list[State] = []


def state() -> State:
    """Whether compiled loops run: "off" where CONVSCOPE_KERNELS=off or `switched` says so, or Numba is not there.

    Raises:
        UsageError: if CONVSCOPE_KERNELS is neither on nor off.
    """
    return "on" if _asked() == "on" and _there() else "off"


def shown_in(device: torch.device, dtype: torch.dtype) -> State:
    """The state as far as it shows in answers of a network: loops read float32 on a processor, and elsewhere it is all
    the same ("on") whether they run."""
    return state() if device.type == "cpu" and dtype == torch.float32 else "on"


def identity(device: torch.device, dtype: torch.dtype) -> dict[str, State]:
    """What a store is told of the switch beside what else decides its bits: nothing where loops run as usual, else
    {"kernels": "off"}."""
    shown = shown_in(device, dtype)
    return {} if shown == "on" else {"kernels": shown}


@contextmanager
def switched(to: State) -> Iterator[None]:
    """Within it, for all threads, compiled loops run or do not, whatever the environment says; without Numba none do.

    >>> with switched("off"):
    ...     state()
    'off'
    """
    if to not in ("on", "off"):
        raise UsageError(f"switched({to!r}): kernels are 'on' or 'off'")
    _forced.append(to)
    try:
        yield
    finally:
        _forced.pop()


def _asked() -> str:
    if _forced:
        return _forced[-1]
    said = os.environ.get(VARIABLE) or "on"
    if said not in ("on", "off"):
        raise UsageError(f"{VARIABLE}={said} is not a choice: set it to on or off, or leave it out")
    return said


@cache
def _there() -> bool:
    """Whether Numba can be imported; says once if not."""
    try:
        importlib.import_module("convscope.kernels.loops.compiling")
    except (ImportError, OSError) as error:  # OSError: llvmlite's own library does not load
        reason = str(error).partition("\n")[0]
        logger.warning("Numba cannot be imported (%s): all answers are there, but slower", reason)
        return False
    return True


__all__ = ["State", "identity", "shown_in", "state", "switched"]
