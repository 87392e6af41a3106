"""Where units look: exact receptive fields of every position, composed step by step from the input on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.graph.nouns import Field, Span, Value
from convscope.graph.steps import Step

_NOTHING = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Reach:
    """What the positions of one axis of a map see of the image.

    `low`, `high`: for every position the pixels [low, high) that can influence it, within the image. `affine`:
    (stride, offset, size) such that position p has the box [p * stride + offset, + size) if maps had no borders;
    None where no such numbers exist.
    """

    low: np.ndarray
    high: np.ndarray
    affine: tuple[int, int, int] | None

    def through(self, span: Span, extent: int) -> Reach:
        """The reach of a step's output positions, given its geometry on an input axis of `extent` positions."""
        start, stop = np.clip(span.start, 0, extent), np.clip(span.stop, 0, extent)
        # Positions that see nothing (in padding, between the kernels of a transposed convolution) are passed over: the
        # least of what a position and all after it see, and the most of what it and all before it see.
        least, most = np.minimum.accumulate(self.low[::-1])[::-1], np.maximum.accumulate(self.high)
        low, high = least[np.minimum(start, extent - 1)], most[np.maximum(stop - 1, 0)]
        empty = (stop <= start) | (high <= low)
        low, high = np.where(empty, _NOTHING, low), np.where(empty, -1, high)
        affine = None
        if self.affine is not None and span.affine is not None:
            (stride, offset, size), (s, o, k) = self.affine, span.affine
            affine = (stride * s, offset + o * stride, size + (k - 1) * stride)
        return Reach(low, high, affine)

    def union(self, other: Reach) -> Reach:
        """The reach of positions that see what either sees."""
        affine = None
        if self.affine is not None and other.affine is not None and self.affine[0] == other.affine[0]:
            offset = min(self.affine[1], other.affine[1])
            end = max(self.affine[1] + self.affine[2], other.affine[1] + other.affine[2])
            affine = (self.affine[0], offset, end - offset)
        return Reach(np.minimum(self.low, other.low), np.maximum(self.high, other.high), affine)


Reaches = tuple[Reach, Reach] | None


def reaches(steps: Sequence[Step], values: Sequence[Value]) -> list[Reaches]:
    """For each value the reach of its (y, x) positions; None where every entry may see the whole image."""
    first = tuple(Reach(np.arange(n), np.arange(n) + 1, (1, 0, 1)) for n in values[0].size)
    found: list[Reaches] = [(first[0], first[1])]
    for step in steps:
        found.append(_reach_of(step, found, values))
    return found


def _reach_of(step: Step, found: Sequence[Reaches], values: Sequence[Value]) -> Reaches:
    """The reach of a step's output, the union over its inputs that depend on the image."""
    if step.call.result.layout is None:
        return None
    axes: list[Reach] = []
    for axis in range(2):
        total: Reach | None = None
        for slot, number in enumerate(step.inputs):
            if not values[number].depends:
                continue
            below, span = found[number], step.place(slot, axis)
            if below is None or span is None:
                return None
            part = below[axis].through(span, values[number].size[axis])
            total = part if total is None else total.union(part)
        if total is None:
            return None
        axes.append(total)
    return axes[0], axes[1]


def field_of(reach: Reaches, image: tuple[int, int]) -> Field | None:
    """The field to show for a layer; None where every unit sees the whole image."""
    if reach is None:
        return None
    if all(r.affine is not None for r in reach):
        stride, offset, size = zip(*(r.affine for r in reach if r.affine), strict=True)
        return Field(stride, offset, size)
    if all((r.low <= 0).all() and (r.high >= n).all() for r, n in zip(reach, image, strict=True)):
        return None
    stride, offset, size = zip(*(_average(r, n) for r, n in zip(reach, image, strict=True)), strict=True)
    return Field(stride, offset, size, regular=False)


def _average(reach: Reach, extent: int) -> tuple[float, float, int]:
    seen = np.flatnonzero(reach.high > reach.low)
    if not len(seen):
        return 0.0, 0.0, 0
    # Near the borders the reach is cut off; what can be told is told from the positions between.
    inner = seen[(reach.low[seen] > 0) & (reach.high[seen] < extent)]
    first, last = (inner if len(inner) > 1 else seen)[[0, -1]]
    stride = float(reach.low[last] - reach.low[first]) / max(int(last - first), 1)
    size = int((reach.high - reach.low)[seen].max())
    return stride, float(reach.low[first] - first * stride), size


def reach_of(reach: Reaches, positions: np.ndarray, image: tuple[int, int]) -> np.ndarray:
    """The boxes (n, 4) y0 x0 y1 x1 of the pixels that positions (n, 2) can see, within the image; 0 0 0 0 for none."""
    boxes = np.tile(np.asarray([0, 0, *image], np.int64), (len(positions), 1))
    if reach is not None:
        for axis in range(2):
            boxes[:, axis] = reach[axis].low[positions[:, axis]]
            boxes[:, axis + 2] = reach[axis].high[positions[:, axis]]
    boxes[(boxes[:, 2:] <= boxes[:, :2]).any(1)] = 0
    return boxes


def boxes_of(reach: Reaches, positions: np.ndarray, image: tuple[int, int]) -> np.ndarray:
    """Receptive-field boxes (n, 4) y0 x0 y1 x1 of positions (n, 2), all of one size; an axis seen whole is
    the image's."""
    count = len(positions)
    boxes = np.empty((count, 4), np.int64)
    for axis, extent in enumerate(image):
        if reach is None:
            low, size = np.zeros(count, np.int64), extent
        elif (affine := reach[axis].affine) is not None:
            low, size = positions[:, axis] * affine[0] + affine[1], affine[2]
        else:
            lows = np.where(reach[axis].high < 0, 0, reach[axis].low)  # what sees nothing gets a box at the border
            low, size = lows[positions[:, axis]], max(int((reach[axis].high - lows).max()), 1)
        if size >= extent:
            low, size = np.zeros(count, np.int64), extent
        boxes[:, axis], boxes[:, axis + 2] = low, low + size
    return boxes
