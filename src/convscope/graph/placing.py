"""Where units look: exact receptive fields of every position, composed step by step from the input on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import torch

from convscope.graph.nouns import Field, Pattern, Span, Value, repeating
from convscope.graph.steps import Step
from convscope.graph.tracking import Entries, of_nothing, of_positions, through, to_positions
from convscope.settings import usual_settings

_NOTHING = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Reach:
    """What the positions of one axis of a map see of the image.

    `low`, `high`: for every position the pixels [low, high) that can influence it, within the image. `pattern`: the
    box of position p if maps had no borders; None where there is no such rule.
    """

    low: np.ndarray
    high: np.ndarray
    pattern: Pattern | None

    def through(self, span: Span, extent: int) -> Reach:
        """The reach of a step's output positions, given its geometry on an input axis of `extent` positions."""
        low, high = np.full(len(span.start), _NOTHING), np.full(len(span.start), -1)
        for inputs in span.each_read(extent):
            # Input by input: positions that see nothing (in padding, between the kernels of a transposed convolution)
            # and holes between those that are read count for nothing.
            read = inputs >= 0
            low[read] = np.minimum(low[read], self.low[inputs[read]])
            high[read] = np.maximum(high[read], self.high[inputs[read]])
        pattern = None
        if self.pattern is not None and span.nominal is not None:
            pattern = self.pattern.through(span.nominal, span.step)
        return Reach(low, high, pattern)

    def union(self, other: Reach) -> Reach:
        """The reach of positions that see what either sees."""
        both = self.pattern is not None and other.pattern is not None
        pattern = self.pattern.union(other.pattern) if both else None  # pyright: ignore[reportOptionalMemberAccess, reportArgumentType]
        return Reach(np.minimum(self.low, other.low), np.maximum(self.high, other.high), pattern)

    def covers(self, extent: int) -> bool:
        """Whether the positions together see all of an axis of the image."""
        return bool(self.low.min(initial=extent) <= 0 and self.high.max(initial=0) >= extent)

    def inside(self) -> np.ndarray:
        """For every position whether the pattern's box holds what it sees: not where a border folds back."""
        if self.pattern is None:
            return np.zeros(len(self.low), bool)
        low, high = self.pattern.at(np.arange(len(self.low)))
        return (high > low) & (low <= self.low) & (high >= self.high)

    def boxes(self, extent: int) -> tuple[np.ndarray, np.ndarray]:
        """For every position its box [low, high): the pattern's where that is what it sees, be it beyond an image of
        `extent` pixels, but for patterns as large as that.

        One pixel at the border for a position that sees nothing.
        """
        low, high = np.where(self.high < 0, 0, self.low), np.where(self.high < 0, 1, self.high)
        if self.pattern is not None:
            nominal = self.pattern.at(np.arange(len(low)))
            seen = (np.maximum(nominal[0], 0) == self.low) & (np.minimum(nominal[1], extent) == self.high)
            use = seen & (nominal[1] - nominal[0] < extent)
            low, high = np.where(use, nominal[0], low), np.where(use, nominal[1], high)
        return low, high


@dataclass(frozen=True)
class Seen:
    """What the entries of a value see of the image: `reach` (y, x), None where every entry may see all of it.

    exact: whether each entry sees just that; else it may see less. together: whether all entries together see the
    whole image. entries: what each sees by itself, where rows and columns do not tell; kept while later values ask.
    """

    reach: tuple[Reach, Reach] | None
    exact: bool = True
    together: bool = True
    entries: Entries | None = None

    def whole(self, image: tuple[int, int]) -> bool:
        """Whether every entry may see all of the image."""
        if self.reach is None:
            return True
        return all(bool((r.low <= 0).all() and (r.high >= n).all()) for r, n in zip(self.reach, image, strict=True))


@usual_settings()
def seen(steps: Sequence[Step], values: Sequence[Value], *, held: bool = False) -> list[Seen]:
    """What the entries of every value see; with gates `held`, they let nothing through."""
    image = values[0].size
    first = tuple(Reach(np.arange(n), np.arange(n) + 1, Pattern.affine(1, 0, 1)) for n in image)
    found = [Seen((first[0], first[1]))]
    last = {number: at for at, step in enumerate(steps) for number in step.inputs}
    for at, step in enumerate(steps):
        slots = [s for s in range(len(step.inputs)) if not (held and s in step.call.held)]
        slots = [s for s in slots if values[step.inputs[s]].depends]
        with torch.device("cpu"):  # also while a module is traced, which may rely on what is set
            found.append(_seen_by(step, slots, found, values))
        for number in step.inputs:
            if last[number] == at and found[number].entries is not None:
                found[number] = replace(found[number], entries=None)
    return found


def _seen_by(step: Step, slots: Sequence[int], found: Sequence[Seen], values: Sequence[Value]) -> Seen:
    """What the entries of a step's output see, through its inputs at `slots`."""
    below = [found[step.inputs[slot]] for slot in slots]
    parts = [_parts(step, slots, axis, found, values) for axis in range(2)] if step.call.result.layout else [None]
    rows, columns = parts[0], parts[-1]
    if not rows or not columns or any(b.entries is not None for b in below):
        tracked = _tracked(step, slots, found, values)
        if tracked is not None:
            return tracked
    if not rows or not columns:
        together = bool(below) and all(b.together for b in below)
        alike = step.exact and bool(below) and all(b.exact and b.whole(values[0].size) for b in below)
        return Seen(None, alike or (together and step.reads_all), together)
    exact = step.exact and all(b.exact for b in below) and _meet_whole(rows, columns) and _meet_whole(columns, rows)
    reach = reduce(Reach.union, rows), reduce(Reach.union, columns)
    covered = all(r.covers(n) for r, n in zip(reach, values[0].size, strict=True))
    return Seen(reach, exact, covered)


def _tracked(step: Step, slots: Sequence[int], found: Sequence[Seen], values: Sequence[Value]) -> Seen | None:
    """What the entries of a step's output see each by itself; None where that is not known, or all of the image."""
    image, inputs = values[0].size, list[Entries]()
    if not slots:
        return None
    for slot, number in enumerate(step.inputs):
        entries = _entries(found[number], values[number], image) if slot in slots else of_nothing(values[number])
        if entries is None:
            return None
        inputs.append(entries)
    entries = through(step, inputs)
    if entries is None or entries.everything(image):
        return None
    value, together = step.call.result, all(found[step.inputs[slot]].together for slot in slots)
    if value.layout is None:
        return Seen(None, entries.exact, together, entries)
    axes, alike = list[Reach](), entries.exact
    for low, high, same in to_positions(entries, value, image):
        none, alike = (high <= low).numpy(), alike and same
        starts, stops = np.where(none, _NOTHING, low.numpy()), np.where(none, -1, high.numpy())
        axes.append(Reach(starts, stops, repeating(starts, stops)))
    covered = all(r.covers(n) for r, n in zip(axes, image, strict=True))
    return Seen((axes[0], axes[1]), alike, covered, None if alike else entries)


def _entries(what: Seen, value: Value, image: tuple[int, int]) -> Entries | None:
    """What each entry of a value sees, which rows and columns tell where they can."""
    if what.entries is not None or what.reach is None or value.layout is None or not value.batched:
        return what.entries
    lows, highs = ([getattr(one, name) for one in what.reach] for name in ("low", "high"))
    return of_positions(lows, highs, value, image, what.exact)


def _parts(
    step: Step, slots: Sequence[int], axis: int, found: Sequence[Seen], values: Sequence[Value]
) -> list[Reach] | None:
    """What a step's positions see through each of its inputs on an axis; None where that is not known of one."""
    parts = []
    for slot in slots:
        number = step.inputs[slot]
        reach, span = found[number].reach, step.place(slot, axis)
        if reach is None or span is None:
            return None
        parts.append(reach[axis].through(span, values[number].size[axis]))
    return parts


def _meet_whole(here: Sequence[Reach], there: Sequence[Reach]) -> bool:
    """Whether positions that see nothing through a part on one axis lose nothing on the other by it.

    A map with a border of zeros that meets another: in the rows of the border the other alone is seen, and axis by axis
    that cannot be told.
    """
    for at, part in enumerate(here):
        others = [one for number, one in enumerate(there) if number != at]
        if not others or not (part.high <= part.low).any():
            continue
        rest, mine = reduce(Reach.union, others), there[at]
        if not ((mine.high <= mine.low) | ((rest.low <= mine.low) & (rest.high >= mine.high))).all():
            return False
    return True


# -- for people -------------------------------------------------------------------------------------------------------
def field_of(what: Seen, image: tuple[int, int]) -> Field | None:
    """The field to show for a layer; None where every unit sees the whole image."""
    if what.reach is None:
        return None
    if all(r.pattern is not None for r in what.reach):
        stride, offset, size = zip(*(r.pattern.summary() for r in what.reach if r.pattern), strict=True)
        regular = all(len(r.pattern.start) == 1 and _plain(r) for r in what.reach if r.pattern)
        return Field(stride, offset, size, regular, what.exact)
    if what.whole(image):
        return None
    stride, offset, size = zip(*(_average(r, n) for r, n in zip(what.reach, image, strict=True)), strict=True)
    return Field(stride, offset, size, False, what.exact)


def _plain(reach: Reach) -> bool:
    """Whether what every position sees lies in the pattern's box."""
    return bool((reach.inside() | (reach.high <= reach.low)).all())


def _average(reach: Reach, extent: int) -> tuple[float, float, int]:
    seen = np.flatnonzero(reach.high > reach.low)
    if not len(seen):
        return 0.0, 0.0, 0
    # Near the borders the reach is cut off; what can be told is told from the positions between.
    inner = seen[(reach.low[seen] > 0) & (reach.high[seen] < extent)]
    first, last = (inner if len(inner) > 1 else seen)[[0, -1]]
    stride = float(reach.low[last] - reach.low[first]) / max(int(last - first), 1)
    size = int((reach.high - reach.low)[seen].max())
    return stride, float(reach.low[first]) - int(first) * stride, size


# -- boxes ------------------------------------------------------------------------------------------------------------
def reach_of(what: Seen, positions: np.ndarray, image: tuple[int, int]) -> np.ndarray:
    """The boxes (n, 4) y0 x0 y1 x1 of the pixels that positions (n, 2) can see, within the image; 0 0 0 0 for none."""
    boxes = np.tile(np.asarray([0, 0, *image], np.int64), (len(positions), 1))
    if what.reach is not None:
        for axis in range(2):
            boxes[:, axis] = what.reach[axis].low[positions[:, axis]]
            boxes[:, axis + 2] = what.reach[axis].high[positions[:, axis]]
    boxes[(boxes[:, 2:] <= boxes[:, :2]).any(1)] = 0
    return boxes


def boxes_of(what: Seen, positions: np.ndarray, image: tuple[int, int]) -> np.ndarray:
    """The receptive fields (n, 4) y0 x0 y1 x1 of positions (n, 2), each of its own size where they differ."""
    boxes = np.tile(np.asarray([0, 0, *image], np.int64), (len(positions), 1))
    if what.reach is not None:
        for axis, extent in enumerate(image):
            low, high = what.reach[axis].boxes(extent)
            boxes[:, axis], boxes[:, axis + 2] = low[positions[:, axis]], high[positions[:, axis]]
    return boxes


def crops_of(what: Seen, positions: np.ndarray, image: tuple[int, int]) -> np.ndarray:
    """Boxes (n, 4) y0 x0 y1 x1 that hold the fields of positions (n, 2), all of one size for a layer; an axis that
    could be seen whole is the image's."""
    count = len(positions)
    boxes = np.empty((count, 4), np.int64)
    for axis, extent in enumerate(image):
        low, size = np.zeros(count, np.int64), extent
        if what.reach is not None:
            lows, size = _of_one_size(what.reach[axis])
            low = lows[positions[:, axis]]
        if size >= extent:
            low, size = np.zeros(count, np.int64), extent
        boxes[:, axis], boxes[:, axis + 2] = low, low + size
    return boxes


def _of_one_size(reach: Reach) -> tuple[np.ndarray, int]:
    """For every position where its box begins, and the size of the largest."""
    if _plain(reach) and reach.pattern is not None:
        lows, highs = reach.pattern.at(np.arange(len(reach.low)))
        empty = highs <= lows
        return np.where(empty, 0, lows), max(int(np.where(empty, 0, highs - lows).max()), 1)
    lows = np.where(reach.high < 0, 0, reach.low)  # what sees nothing gets a box at the border
    return lows, max(int((reach.high - lows).max()), 1)


__all__ = ["Reach", "Seen", "boxes_of", "crops_of", "field_of", "reach_of", "seen"]
