"""Where an edit of some pixels can be seen at every value: boxes followed forward, for many edits at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.graph.nouns import Span, Value
from convscope.graph.steps import Step


@dataclass(frozen=True)
class Extent:
    """Of n edits, the boxes [low, high) (n, 2) of a map that they reach, clipped to it; empty arrays for a vector.

    A box holds at least one position: what an edit reaches nothing of is recomputed at one.
    """

    low: np.ndarray
    high: np.ndarray

    @property
    def size(self) -> np.ndarray:
        """(n, 2) heights and widths."""
        return self.high - self.low


def reached(span: Span, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The output positions [first, last) that read any input in [low, high) on one axis, one pair per edit."""
    count = len(span.start)
    if (np.diff(span.start) < 0).any() and span.reads is not None:
        return _reached_backwards(span, low, high)
    # Other windows never run backwards, so both ends are sorted. Where one is empty it reads nothing.
    first = np.searchsorted(np.maximum.accumulate(span.stop), low, side="right")
    last = np.searchsorted(np.minimum.accumulate(span.start[::-1])[::-1], high, side="left")
    first = np.minimum(first, count - 1)
    return first, np.clip(last, first + 1, count)


def _reached_backwards(span: Span, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of windows in any order (a flip, a border that folds back), from the first to the last that reads."""
    count = len(span.start)
    reads = (span.start < high[:, None]) & (span.stop > low[:, None]) & (span.stop > span.start)
    first, last = reads.argmax(1), count - reads[:, ::-1].argmax(1)
    return np.where(reads.any(1), first, 0), np.where(reads.any(1), last, 1)


def whole_extent(value: Value, count: int) -> Extent:
    """The whole map, for `count` edits."""
    if value.layout is None:
        nothing = np.empty((count, 0), np.int64)
        return Extent(nothing, nothing)
    return Extent(np.zeros((count, 2), np.int64), np.tile(np.asarray(value.size, np.int64), (count, 1)))


def extents(steps: Sequence[Step], values: Sequence[Value], boxes: np.ndarray) -> dict[int, Extent]:
    """For each value that edits of `boxes` (n, 4) y0 x0 y1 x1, within the image, can change: where."""
    found = {0: Extent(boxes[:, :2].astype(np.int64), boxes[:, 2:].astype(np.int64))}
    for step in steps:
        changed = [slot for slot, number in enumerate(step.inputs) if number in found]
        if changed:
            found[step.index] = _extent_of(step, changed, found, values, len(boxes))
    return found


def _extent_of(
    step: Step, changed: Sequence[int], found: dict[int, Extent], values: Sequence[Value], count: int
) -> Extent:
    value = values[step.index]
    if value.layout is None:
        return whole_extent(value, count)
    low = np.full((count, 2), np.iinfo(np.int64).max)
    high = np.zeros((count, 2), np.int64)
    for slot in changed:
        below = found[step.inputs[slot]]
        for axis in range(2):
            span = step.place(slot, axis) if below.low.shape[1] else None
            if span is None:
                return whole_extent(value, count)
            first, last = reached(span, below.low[:, axis], below.high[:, axis])
            low[:, axis] = np.minimum(low[:, axis], first)
            high[:, axis] = np.maximum(high[:, axis], last)
    return Extent(low, high)
