"""The push motion over the graph: what edits of some pixels make of any value, recomputing only what they change.

Every edit has its true box at every value (`extents`). Step by step, the edits whose boxes have one shape and one place
relative to what the step reads go through it together. Linear steps act on the change alone; pointwise steps and
pooling take from the unedited value what they need; a box as large as the map holds the new value itself and runs
forward.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from convscope.graph.changes import (
    Change,
    Place,
    Unedited,
    UneditedRows,
    add_base,
    gather,
    is_signed,
    whole,
    whole_inputs,
)
from convscope.graph.extents import Extent, extents
from convscope.graph.folding import fold_norms
from convscope.graph.network import Network
from convscope.graph.nouns import Value
from convscope.graph.pulling import cone
from convscope.graph.steps import Positionwise, Step
from convscope.kernels.views import empty_map

Reader = Callable[[np.ndarray, Change, UneditedRows], None]
"""Called as reader(edits, change, base) with the numbers (m,) of edits and what they make of the value it reads."""

_ROWS = 256  # edits that go through a step in one call, at most
_CHUNK = 4 << 20  # bytes of one output: more leaves the caches, and gains nothing


@dataclass
class PushPlan:
    """Everything known of a push before it starts: its steps, where each edit is seen, and how much that costs."""

    net: Network
    image: np.ndarray
    steps: list[Step]
    extents: dict[int, Extent]
    last_use: dict[int, int]
    single: set[int]

    @classmethod
    def of(cls, net: Network, boxes: np.ndarray, image: np.ndarray, targets: Sequence[int]) -> PushPlan:
        """The plan of reading `targets` (values) for edits of `boxes` (n, 4) of the images `image` (n,)."""
        wanted: dict[int, Step] = {}
        for target in targets:
            wanted |= {s.index: s for s in cone(net.steps, target)}
        steps = fold_norms([wanted[i] for i in sorted(wanted)], set(targets))
        where = extents(steps, net.values, boxes)
        steps = [s for s in steps if s.index in where]
        uses: dict[int, list[int]] = {}
        for step in steps:
            for number in step.inputs:
                uses.setdefault(number, []).append(step.index)
        last = {number: users[-1] for number, users in uses.items()}
        single = {number for number, users in uses.items() if len(users) == 1}
        return cls(net, image, steps, where, last, single)

    def __len__(self) -> int:
        return len(self.image)

    @property
    def needed(self) -> set[int]:
        """The values of the unedited images that the push will ask for."""
        return {i for s in self.steps for i in (s.index, *s.inputs)} | {0}

    # -- what it costs ------------------------------------------------------------------------------------------------
    def operations(self) -> tuple[float, float]:
        """The multiplications and additions for one edit on average: of the push, and of running whole maps again."""
        pushed = whole = 0.0
        for step in self.steps:
            each, value = step.operations(), self.net.values[step.index]
            whole += each * (value.size[0] * value.size[1] if value.layout else 1)
            pushed += each * self.area(step.index)
        return pushed, whole

    def area(self, number: int) -> float:
        """How many positions of a value an edit changes, on average; 1 for vectors."""
        value = self.net.values[number]
        return float(self.extents[number].size.prod(1).mean()) if value.layout else 1.0

    def bytes_each(self) -> int:
        """About how much memory an edit takes at most, of all that is held at one time."""
        held, most = 0.0, 0.0
        sizes = {number: self._bytes_of(number) for number in self.extents}
        for step in self.steps:
            held += sizes[step.index]
            most = max(most, held)
            held -= sum(sizes[i] for i in set(step.inputs) if i in sizes and self.last_use.get(i) == step.index)
            held -= sizes[step.index] if step.index not in self.last_use else 0
        return int(most) + 1

    def _bytes_of(self, number: int) -> float:
        value = self.net.values[number]
        share = self.area(number) / math.prod(value.size) if value.layout else 1.0
        return math.prod(value.shape) * share * self.net.dtype.itemsize

    # -- how it goes --------------------------------------------------------------------------------------------------
    def segments(self) -> Iterator[list[Step]]:
        """Steps that go through together: one, and the chain of pointwise steps that alone uses its result."""
        at = 0
        while at < len(self.steps):
            chain = [self.steps[at]]
            while at + len(chain) < len(self.steps) and self._follows(chain[-1], self.steps[at + len(chain)]):
                chain.append(self.steps[at + len(chain)])
            yield chain
            at += len(chain)

    def _follows(self, step: Step, other: Step) -> bool:
        changed = [i for i in other.inputs if i in self.extents]
        same = changed == [step.index] and step.index in self.single
        return same and isinstance(other, Positionwise) and other.keeps_place


@dataclass
class _Held:
    """The changes of one value for the edits of a tile, as they came: pieces, and where each edit's row is."""

    pieces: list[Change]
    piece: np.ndarray
    row: np.ndarray

    @classmethod
    def empty(cls, count: int) -> _Held:
        return cls([], np.full(count, -1), np.full(count, -1))

    def put(self, rows: np.ndarray, change: Change) -> None:
        self.piece[rows], self.row[rows] = len(self.pieces), np.arange(len(rows))
        self.pieces.append(change)

    def take(self, rows: np.ndarray, place: Place) -> Change:
        """The change of some edits, all of one size, as one tensor; a view where they lie together."""
        pieces, at = self.piece[rows], self.row[rows]
        cuts = np.flatnonzero((np.diff(pieces) != 0) | (np.diff(at) != 1)) + 1
        first = self.pieces[pieces[0]]
        if not len(cuts):
            together = first.tensor[at[0] : at[-1] + 1] if len(rows) < len(first.tensor) else first.tensor
            return Change(together, place, first.absolute, fresh=False)
        out = empty_map(first.tensor, (len(rows), *first.tensor.shape[1:]))
        for start, stop in zip([0, *cuts.tolist()], [*cuts.tolist(), len(rows)], strict=True):
            source = self.pieces[pieces[start]].tensor
            out[start:stop].copy_(source[at[start] : at[stop - 1] + 1])
        return Change(out, place, first.absolute)


class Tile:
    """Some of a plan's edits, carried through all of its steps together."""

    def __init__(self, plan: PushPlan, shared: Unedited, rows: np.ndarray) -> None:
        self.plan = plan
        self.shared = shared
        self.rows = rows
        self.values: Sequence[Value] = plan.net.values
        self.held: dict[int, _Held] = {}

    def push(
        self, difference: Tensor, readers: Mapping[int, Reader], advanced: Callable[[float], None] | None = None
    ) -> None:
        """Carries the edits' `difference` to the images (b, C, H, W) on, handing every reader what it reads.

        `advanced` is called with the share of the work that is done; what it raises ends the work.
        """
        done, total = 0.0, self.plan.operations()[0] or 1.0
        with torch.inference_mode():
            self.held[0] = self._pixels(difference)
            for chain in self.plan.segments():
                self._segment(chain, readers)
                done += sum(step.operations() * self.plan.area(step.index) for step in chain)
                if advanced is not None:
                    advanced(min(done / total, 1.0))
                for step in chain:
                    for number in step.inputs:
                        if self.plan.last_use.get(number, 0) <= step.index:
                            self.held.pop(number, None)

    def _pixels(self, difference: Tensor) -> _Held:
        held, extent, value = _Held.empty(len(self.rows)), self.plan.extents[0], self.values[0]
        for group in _alike(extent.size[self.rows]):
            rows = self.rows[group]
            place, base = _place(extent, rows), self.shared.rows(self.plan.image[rows])
            change = Change(gather(difference, (2, 3), base.image, place), place, False)
            held.put(group, add_base(change, value, base.value(0), base.image) if place.is_whole(value) else change)
        return held

    def _segment(self, chain: Sequence[Step], readers: Mapping[int, Reader]) -> None:
        head, last = chain[0], chain[-1]
        keep = last.index in self.plan.last_use
        out = _Held.empty(len(self.rows))
        for group in self._groups(head):
            for part in self._chunks(head, group):
                rows = self.rows[part]
                base = self.shared.rows(self.plan.image[rows])
                inputs = {
                    slot: self.held[number].take(part, _place(self.plan.extents[number], rows))
                    for slot, number in enumerate(head.inputs)
                    if number in self.plan.extents
                }
                change = self._advance(head, inputs, rows, base, readers)
                for step in chain[1:]:
                    change = self._advance(step, {0: change}, rows, base, readers)
                if keep:
                    out.put(part, change)
        if keep:
            self.held[last.index] = out

    def _advance(
        self, step: Step, inputs: dict[int, Change], rows: np.ndarray, base: UneditedRows, readers: Mapping[int, Reader]
    ) -> Change:
        """The change that one step makes of its inputs' changes, absolute if it fills the map."""
        value = self.values[step.index]
        place = _place(self.plan.extents[step.index], rows)
        absolute = any(c.absolute for c in inputs.values())
        if absolute and place.is_whole(value):
            change = Change(step.rerun(whole_inputs(step.inputs, inputs, base)), place, True)
        elif absolute:  # all of a map, within more of the next: a border of zeros does not change
            change = Step.push(step, inputs, place, base)
        elif not all(map(is_signed, inputs.values())):  # what turned is no difference to a linear step
            on_boxes = isinstance(step, Positionwise)
            change = Positionwise.push(step, inputs, place, base) if on_boxes else Step.push(step, inputs, place, base)
        else:
            change = step.push(inputs, place, base)
        if change.absolute != place.is_whole(value):
            change = add_base(change, value, base.value(step.index), base.image, -1 if change.absolute else 1)
        if step.index in readers:
            readers[step.index](rows, change, base)
        return change

    def _groups(self, step: Step) -> list[np.ndarray]:
        """The tile's edits in groups of one geometry: sizes of all boxes, and where the step's windows begin."""
        out = self.plan.extents[step.index]
        columns = [out.size[self.rows]]
        for slot, number in enumerate(step.inputs):
            if number not in self.plan.extents:
                continue
            below = self.plan.extents[number]
            columns.append(below.size[self.rows])
            for axis in range(below.low.shape[1]):
                span = step.place(slot, axis) if out.low.shape[1] else None
                if span is not None:
                    low = below.low[self.rows, axis] - span.start[out.low[self.rows, axis]]
                    columns.append(low[:, None])
        return _alike(np.concatenate(columns, 1))

    def _chunks(self, step: Step, group: np.ndarray) -> list[np.ndarray]:
        value = self.values[step.index]
        size = self.plan.extents[step.index].size[self.rows[group[0]]]
        if value.layout is None:
            return [group]
        per_row = value.shape[(value.channel_dim or 1) - 1] * int(size.prod()) * 4
        count = max(1, min(_ROWS, _CHUNK // per_row, len(group)))
        return np.array_split(group, -(-len(group) // max(count, min(8, len(group)))))


def push_once(
    plan: PushPlan,
    unedited: Unedited,
    difference: Tensor,
    targets: Iterable[int],
    advanced: Callable[[float], None] | None = None,
) -> dict[int, Tensor]:
    """The targets' whole values after the plan's one edit, a `difference` to the image; where it reaches none, none."""
    found: dict[int, Tensor] = {}

    def reader(index: int) -> Reader:
        def read(_: np.ndarray, change: Change, base: UneditedRows) -> None:
            found[index] = whole(change, plan.net.values[index], base.value(index), base.image).clone()

        return read

    Tile(plan, unedited, np.arange(1)).push(difference, {index: reader(index) for index in targets}, advanced)
    return found


def _place(extent: Extent, rows: np.ndarray) -> Place:
    if not extent.low.shape[1]:
        return Place(None, None)
    size = extent.high[rows[0]] - extent.low[rows[0]]
    return Place(extent.low[rows], (int(size[0]), int(size[1])))


def _alike(keys: np.ndarray) -> list[np.ndarray]:
    """The numbers of the rows of `keys` (n, m), grouped by equal rows, each group ascending."""
    if not keys.shape[1] or len(keys) == 1:
        return [np.arange(len(keys))]
    _, inverse = np.unique(keys, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    order = np.argsort(inverse, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(inverse[order])) + 1)
