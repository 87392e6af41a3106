"""Rearrangements of a map's entries, and 1x1 convolutions in other words, told by what they do to numbers.

Pixel shuffles, space to depth by views and permutations, borders that fold back or wrap, rolls, flips, unfolding and
choices by index have in common that each entry they give is one they were given, or a constant. Which, they tell
themselves: they are run once on the entries' own numbers. In the same way a matrix product or an einsum with constants
is recognised as a 1x1 convolution by what it does, on a map as it is or folded up and unfolded again (`Chain`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal
from convscope.graph.nouns import Span, Value
from convscope.graph.options import PullOptions
from convscope.graph.steps.base import Call, PullContext, Slot, Step, fill, tensors_in
from convscope.graph.steps.registry import rule
from convscope.graph.steps.reshaping import PERMUTATIONS, VIEWS

aten = torch.ops.aten

#: What takes one tensor and moves, repeats or leaves out its entries.
_MOVES = (
    aten.pixel_shuffle.default,
    aten.pixel_unshuffle.default,
    aten.roll.default,
    aten.flip.default,
    aten.rot90.default,
    aten.index.Tensor,
    aten.index_select.default,
    aten.reflection_pad2d.default,
    aten.replication_pad2d.default,
    aten.pad.default,
    aten.expand.default,
    aten.repeat.default,
    aten.tile.default,
    aten.repeat_interleave.self_int,
)
_PARTS = (*VIEWS, *PERMUTATIONS, aten.slice.Tensor, aten.select.int, aten.im2col.default, aten.unfold.default)
_MIXES = (aten.matmul.default, aten.einsum.default, aten.linear.default, aten.mm.default, aten.bmm.default)
MOVES = frozenset((*_MOVES, *_PARTS))
"""What takes one tensor, and moves, repeats or leaves out its entries."""
CHAINED = frozenset((*MOVES, *_MIXES))
"""What may follow one another between two maps, the tensors between being none, and be one step."""


@dataclass(frozen=True)
class Chain:
    """Operations one after the other, each of the one before: the target of a call that stands for them all.

    The call's arguments are a slot and, for every operation, its (arguments, keywords), in which Slot(0) is what the
    operation before made.
    """

    targets: tuple[Callable[..., Any], ...]

    @property
    def __name__(self) -> str:
        """The plain name of what it is."""
        return "mix" if any(target in _MIXES for target in self.targets) else "rearrange"

    def __str__(self) -> str:
        return " > ".join(map(str, self.targets))

    def __call__(self, x: Tensor, parts: Sequence[tuple[Any, Any]], batch: int) -> Tensor:
        """What the last operation gives."""
        for target, (args, kwargs) in zip(self.targets, parts, strict=True):
            x = target(*fill(args, [x], batch), **fill(kwargs, [x], batch))
        return x


def chain(calls: Sequence[Call]) -> Call:
    """One call for several, each of which takes what the one before made; the source of the first is its own."""
    parts = tuple((call.args, call.kwargs) for call in calls)
    target = Chain(tuple(call.target for call in calls))
    return Call(target, (Slot(0), parts), {}, calls[0].inputs, calls[0].sources, calls[-1].result)


def _run(call: Call, x: Tensor) -> Tensor:
    """What a call makes of its one input (b, ...)."""
    if isinstance(call.target, Chain):
        return call.target(x, call.args[1], len(x))
    return call.target(*fill(call.args, [x], len(x)), **fill(call.kwargs, [x], len(x)))


def _between_maps(call: Call) -> bool:
    """Whether a call makes a map of one map, sample by sample."""
    values = (*call.sources, call.result)
    return len(call.inputs) == 1 and all(v.batched and v.layout and v.floating and v.channel_dim for v in values)


def _as_double(call: Call) -> Call:
    """The call with its constants in float64."""
    return Call(call.target, _doubled(call.args), _doubled(call.kwargs), call.inputs, call.sources, call.result)


def _doubled(tree: Any) -> Any:
    if isinstance(tree, Tensor):
        return tree.double().cpu() if tree.is_floating_point() else tree.cpu()
    if isinstance(tree, list | tuple):
        return type(tree)(_doubled(v) for v in tree)
    return {k: _doubled(v) for k, v in tree.items()} if isinstance(tree, dict) else tree


def _channels_first(tensor: Tensor, value: Value) -> Tensor:
    """A tensor (b, ...) of a map as (b, channels, height, width)."""
    return tensor.movedim(value.channel_dim or 1, 1)


# -- rearrangements ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Sources:
    """Where the entries of a map (channels, height, width) come from in another: numbers in C order, -1 for constants.

    rows: the row that an entry of a channel and row comes from, -1 where none does; columns likewise.
    """

    entries: Tensor
    rows: np.ndarray
    columns: np.ndarray

    @classmethod
    def of(cls, call: Call) -> Sources | None:
        """Those of a call that makes a map of one map; None where entries are not merely moved, or rows mixed with
        columns."""
        # Two images, which must not mix; one where the program is for one at a time.
        return cls._of_images(call, 2) or cls._of_images(call, 1)

    @classmethod
    def _of_images(cls, call: Call, batch: int) -> Sources | None:
        value = call.sources[0]
        count = int(np.prod(value.shape))
        numbers = torch.arange(1, batch * count + 1, dtype=torch.float64).reshape(batch, *value.shape)
        try:
            plain = _run(_as_double(call), numbers)
            turned = _run(_as_double(call), -numbers)
        except (RuntimeError, NotImplementedError):
            return None
        found = torch.where(plain == -turned, plain - 1, -1.0).clamp(-1, batch * count).long()
        if not _moves(call, found, plain, numbers.shape):
            return None
        found = _channels_first(found, call.result).reshape(batch, -1, *call.result.size)
        alike = [torch.where(one < 0, -1, one - n * count) for n, one in enumerate(found)]
        if any(not torch.equal(one, alike[0]) or int(one.max()) >= count for one in alike):
            return None
        first = alike[0]
        index = np.unravel_index(first.clamp(min=0).numpy().reshape(-1), value.shape)
        y, x = (index[d - 1].reshape(first.shape) for d in value.layout or ())
        none = (first < 0).numpy()
        rows, columns = _one_for_all(y, none, 2), _one_for_all(x, none, 1)
        return None if rows is None or columns is None else cls(first.int(), rows, columns)


def _moves(call: Call, found: Tensor, constants: Tensor, shape: torch.Size) -> bool:
    """Whether a call gives the entries with these numbers, and constants where they are below 0, whatever it is given.

    A sum of entries and a bias looks like a constant, or like another entry, where only their numbers are tried.
    """
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    if int(found.max()) >= drawn.numel():
        return False
    expected = torch.where(found < 0, constants, drawn.reshape(-1)[found.clamp(min=0)])
    return torch.equal(_run(_as_double(call), drawn), expected)


def _one_for_all(source: np.ndarray, none: np.ndarray, axis: int) -> np.ndarray | None:
    """The one source along an axis, -1 where there is none; None where there are several."""
    most = np.where(none, -1, source).max(axis)
    least = np.where(none, 1 << 40, source).min(axis)
    return most if ((most == least) | (most < 0)).all() else None


@rule(
    aten.expand.default, aten.pixel_shuffle.default, aten.pixel_unshuffle.default, aten.roll.default, aten.flip.default
)
@rule(aten.reflection_pad2d.default, aten.replication_pad2d.default, aten.repeat.default)
class LinearFallback(Step):
    """Rearrangements without a rule on boxes: linear, so their adjoint needs no forward values; whole map."""

    linear = True


@rule(*_MOVES, Chain)
class Rearranged(Step):
    """Entries of a map in another order, some of them repeated or left out: a projection finds its way back."""

    linear = True
    exact = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """From map to map, rows by rows and columns by columns."""
        constant = call.target is aten.pad.default and call.bind().get("mode", "constant") == "constant"
        return not constant and _between_maps(call) and Sources.of(call) is not None

    @cached_property
    def sources(self) -> Sources:
        """Where entries come from."""
        found = Sources.of(self.call)
        assert found is not None
        return found

    def run(self, inputs: Sequence[Tensor]) -> Tensor:
        """The operations as they are."""
        return _run(self.call, inputs[0])

    @cached_property
    def _spans(self) -> tuple[Span, Span]:
        rows, columns = (np.unique(reads.T, axis=1) for reads in (self.sources.rows, self.sources.columns))
        return Span.of_reads(rows), Span.of_reads(columns)

    def place(self, slot: int, axis: int) -> Span | None:
        """The rows, or columns, that any channel comes from."""
        return self._spans[axis]

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """Nothing."""
        return ()

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """Each entry's signal where the entry came from, added up; what constants take is lost."""
        source, result = self.call.sources[0], self.call.result
        assert signal.origin is not None
        assert result.layout is not None
        boxes = [self._below(axis, signal.origin[:, axis], signal.size(result.layout)[axis]) for axis in range(2)]
        origin = np.stack([low for low, _ in boxes], 1)
        size = (boxes[0][1], boxes[1][1])
        tensor = _channels_first(signal.tensor, result)
        made = tensor.new_zeros(len(tensor), source.shape[(source.channel_dim or 1) - 1] * size[0] * size[1])
        for n in range(len(tensor)):
            to, kept = self._targets(signal.origin[n], (tensor.shape[2], tensor.shape[3]), origin[n], size)
            made[n].index_add_(0, to.to(tensor.device), tensor[n].reshape(-1)[kept.to(tensor.device)])
        made = made.reshape(len(tensor), -1, *size).movedim(1, source.channel_dim or 1)
        return {0: Signal(made, origin)}

    def _below(self, axis: int, origin: np.ndarray, size: int) -> tuple[np.ndarray, int]:
        """Where the boxes that boxes on an axis come from begin, and how large the largest is."""
        span, count = self._spans[axis], self.call.result.size[axis]
        at = origin[:, None] + np.arange(size)
        there = (at >= 0) & (at < count)
        at = np.clip(at, 0, count - 1)
        there &= span.stop[at] > span.start[at]
        low = np.where(there, span.start[at], 1 << 40).min(1)
        high = np.where(there, span.stop[at], -1).max(1)
        low = np.where(high < 0, 0, low)
        return low, max(int((high - low).max()), 1)

    def _targets(
        self, at: np.ndarray, size: tuple[int, int], origin: np.ndarray, below: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """Where the entries of one box go in the box below, and which of them do, both flat."""
        source = self.call.sources[0]
        entries = self.sources.entries
        low = [max(int(o), 0) for o in at]
        high = [max(min(int(o) + s, n), k) for o, s, n, k in zip(at, size, entries.shape[1:], low, strict=True)]
        part = entries[:, low[0] : high[0], low[1] : high[1]].long()
        flat = torch.arange(entries.shape[0] * size[0] * size[1]).reshape(-1, *size)
        flat = flat[:, low[0] - at[0] : high[0] - at[0], low[1] - at[1] : high[1] - at[1]]
        kept = flat[part >= 0]
        index = torch.unravel_index(part[part >= 0], source.shape)
        assert source.layout is not None
        y, x = (index[d - 1] for d in source.layout)
        channel = index[(source.channel_dim or 1) - 1]
        to = (channel * below[0] + y - int(origin[0])) * below[1] + x - int(origin[1])
        return to, kept


# -- 1x1 convolutions -------------------------------------------------------------------------------------------------
_EQUAL = 1e-9


@rule(*_MIXES, Chain)
class Mixed(Step):
    """A 1x1 convolution in other words: a matrix product or an einsum over the channels of every position."""

    linear = True
    exact = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """From map to map, where every position is mixed alike and alone."""
        if call.target is aten.linear.default or not _between_maps(call):
            return False
        return call.sources[0].size == call.result.size and _weight(call) is not None

    @cached_property
    def weight(self) -> Tensor:
        """(channels out, channels in), of the constants' dtype and device; without constants in float64, on the CPU."""
        found = _weight(self.call)
        assert found is not None
        constants = [t for t in tensors_in((self.call.args, self.call.kwargs)) if t.is_floating_point()]
        return found.to(constants[0]) if constants else found

    def run(self, inputs: Sequence[Tensor]) -> Tensor:
        """The operations as they are."""
        return _run(self.call, inputs[0])

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads position p."""
        return Span.regular(self.call.result.size[axis], 1, 0, 1)

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """Nothing."""
        return ()

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The transposed weight."""
        source, result = self.call.sources[0], self.call.result
        last = signal.tensor.movedim(result.channel_dim or 1, -1)
        return {0: Signal((last @ self.weight.to(last)).movedim(-1, source.channel_dim or 1), signal.origin)}


def _weight(call: Call) -> Tensor | None:
    """The weight (channels out, channels in) of the 1x1 convolution that a call is, in float64; None if it is none.

    A linear function that equals another at a point drawn at random is that other, but for a chance of nothing.
    """
    found = _weight_of_images(call, 2)
    return _weight_of_images(call, 1) if found is None else found


def _weight_of_images(call: Call, batch: int) -> Tensor | None:
    source = call.sources[0]
    channels, double = source.shape[(source.channel_dim or 1) - 1], _as_double(call)

    def apply(x: Tensor) -> Tensor:
        """For maps (b, channels, height, width)."""
        return _channels_first(_run(double, x.movedim(1, source.channel_dim or 1)), call.result)

    try:
        shift = apply(torch.zeros(batch, channels, *source.size, dtype=torch.float64))
        if shift.dim() != 4:
            return None
        columns, places = [], source.size[0] * source.size[1]
        for first in range(0, channels, places):
            # Channel by channel at a position of its own.
            some = torch.arange(first, min(first + places, channels))
            ones = torch.zeros(batch, channels, places, dtype=torch.float64)
            ones[:, some, some - first] = 1
            columns.append((apply(ones.reshape(batch, channels, *source.size)) - shift).flatten(2)[0, :, : len(some)])
        weight = torch.cat(columns, 1)
        generator = torch.Generator().manual_seed(0)
        drawn = torch.randn(batch, channels, *source.size, generator=generator, dtype=torch.float64)
        made = apply(drawn)
    except (RuntimeError, ValueError, IndexError):
        return None
    expected = torch.einsum("dc,bchw->bdhw", weight, drawn) + shift[:1]
    alike = made.shape == expected.shape and bool(((made - expected).abs() <= _EQUAL * (1 + expected.abs())).all())
    even = bool(((shift - shift[:1, :, :1, :1]).abs() <= _EQUAL).all())
    return weight if alike and even else None


__all__ = ["CHAINED", "MOVES", "Chain", "Mixed", "Rearranged", "Sources", "chain"]
