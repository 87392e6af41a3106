"""Boxes cut from maps and cleared beyond them, by a run of memory after the other: the loops of `kernels.cutting`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from convscope.kernels.loops.compiling import loop

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@loop
def cut_boxes(maps: Floats, image: Ints, origin: Ints, fill: float, out: Floats) -> None:
    """Fill in the boxes (n, h, w, channels) that begin at origin[i] on maps[image[i]], with `fill` beyond the map."""
    _, height, width, channels = maps.shape
    n, high, wide, _ = out.shape
    length = wide * channels
    flat, made, empty = maps.reshape(-1), out.reshape(-1), np.float32(fill)
    for i in range(n):
        top, left = origin[i]
        first, last = min(max(-left, 0), wide), max(min(width - left, wide), 0)
        for y in range(high):
            at = (i * high + y) * length
            if not 0 <= top + y < height or first >= last:
                made[at : at + length] = empty
                continue
            start = ((image[i] * height + top + y) * width + left + first) * channels
            count = (last - first) * channels
            made[at : at + first * channels] = empty
            made[at + first * channels : at + last * channels] = flat[start : start + count]
            made[at + last * channels : at + length] = empty


@loop
def clear_beyond(boxes: Floats, before: Ints, after: Ints) -> None:
    """Set to zero the first before[i] and the last after[i] rows and columns of box i of (n, h, w, channels)."""
    n, high, wide, _ = boxes.shape
    for i in range(n):
        first, last = min(max(before[i, 0], 0), high), max(high - max(after[i, 0], 0), 0)
        left, right = min(max(before[i, 1], 0), wide), max(wide - max(after[i, 1], 0), 0)
        if first >= last or left >= right:
            boxes[i] = 0
            continue
        boxes[i, :first] = 0
        boxes[i, last:] = 0
        for y in range(first, last):
            boxes[i, y, :left] = 0
            boxes[i, y, right:] = 0
