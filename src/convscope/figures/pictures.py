"""Projections and filters as pictures, and grids of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.atlas.render import display

Pixels = NDArray[np.uint8]


def shown(signals: Tensor, *, scale: float | None = None) -> Pixels:
    """Signals (n, c, h, w) as pictures (n, h, w, 3) with zero as mid-grey: on their own scales, or all on one.

    Of signals that are neither grey nor RGB the sum over channels is shown.
    """
    return display(signals, scale=None if scale is None else np.full(len(signals), scale, np.float32))


def grid(pictures: Pixels, *, columns: int, gap: int = 1, enlarge: int = 1) -> Pixels:
    """Pictures (n, h, w, 3) side by side in rows of `columns`, white between them; as one picture.

    >>> grid(np.zeros((3, 2, 2, 3), np.uint8), columns=2).shape
    (5, 5, 3)
    """
    n, height, width = pictures.shape[:3]
    rows = math.ceil(n / columns)
    height, width = height * enlarge, width * enlarge
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[y : y + height, x : x + width] = picture.repeat(enlarge, 0).repeat(enlarge, 1)
    return sheet


def squarest(count: int) -> int:
    """How many columns make a grid of `count` pictures as square as it gets.

    >>> squarest(96), squarest(25), squarest(64)
    (10, 5, 8)
    """
    return max(1, math.ceil(math.sqrt(count)))


__all__ = ["grid", "shown", "squarest"]
