"""Which sizes of images a module runs on, found without computing: for messages about a size that is not known."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator

import torch
from torch import nn

_USUAL = (32, 64, 96, 128, 224, 256, 384, 512)
_LARGEST = 320  # side that is tried where only some fit
_FAILURES = (
    RuntimeError, ValueError, TypeError, LookupError, AssertionError, AttributeError, ArithmeticError, NameError,
    ImportError, OSError,
)  # fmt: skip
"""What layers raise of an image that they do not fit, and a module's own code of a device without numbers."""


def fitting_sides(module: nn.Module, channels: int) -> tuple[int, ...]:
    """The sides of square images that a module runs on, where that is one or a few: a layer after the maps decides it.

    It is empty where it runs on two or more usual ones, so that its layers decide nothing, or where it cannot be tried.

    >>> fitting_sides(nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2)), 1)
    (8, 9)
    >>> fitting_sides(nn.Conv2d(1, 4, 3), 1)
    ()
    """
    try:
        tried = copy.deepcopy(module).to("meta").eval()
    except _FAILURES:
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if sum(1 for _ in _runs(tried, channels, _USUAL)) > 1:
            return ()
        return tuple(_runs(tried, channels, range(1, _LARGEST + 1)))


def _runs(module: nn.Module, channels: int, sides: range | tuple[int, ...]) -> Iterator[int]:
    for side in sides:
        try:
            with torch.no_grad():
                module(torch.empty((1, channels, side, side), device="meta"))
        except _FAILURES:
            continue
        yield side


def said(sides: tuple[int, ...]) -> str:
    """What the sides say, in words; "" for none.

    >>> said((8, 9)), said((28,)), said(tuple(range(220, 232)))
    ('its layers fit images of 8x8 or 9x9 alone', 'its layers fit images of 28x28 alone', \
'its layers fit images of 220x220 to 231x231 alone')
    """
    if not sides:
        return ""
    words = [f"{side}x{side}" for side in sides]
    run = len(sides) > 2 and sides[-1] - sides[0] == len(sides) - 1
    listed = f"{words[0]} to {words[-1]}" if run else " or ".join(words) if len(words) < 6 else ""
    return f"its layers fit images of {listed} alone" if listed else ""


__all__ = ["fitting_sides", "said"]
