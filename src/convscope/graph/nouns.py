"""The words the whole package uses for what a network consists of: layers, units, receptive fields, geometry
of one axis."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import total_ordering
from numbers import Integral
from typing import Literal, TypeGuard, cast

import numpy as np

from convscope.arguments import checked
from convscope.errors import UsageError

_UNIT = re.compile(r"^(?P<layer>.+?):(?P<channel>\d+)(?:-(?P<minus>\d+))?(?:@(?P<y>\d+),(?P<x>\d+))?$")


@dataclass(frozen=True)
class Field:
    """The receptive field of a layer's units, as (y, x) pairs in input pixels.

    The unit at position p sees the input pixels [p * stride + offset, p * stride + offset + size) on each axis; the box
    may reach beyond the image, where it sees zeros. `regular` is False where the boxes of positions differ, as behind a
    resampling: they then move by `stride` on average, none begins before p * stride + `offset`, and `size` is the
    largest; behind a border that folds back or wraps, which pixels close to it see more of, that of the others.
    `Network.boxes` gives the box of each. `exact` is False where boxes may be larger than what is seen, because an
    operation below has no rule. Gates are held; `Layer.gates` says whether there were any.
    """

    stride: tuple[float, float]
    offset: tuple[float, float]
    size: tuple[int, int]
    regular: bool = True
    exact: bool = True

    @property
    def unseen(self) -> float:
        """The share of pixels that lie between the units' fields, where these are further apart than they are long.

        >>> Field((4, 4), (0, 0), (3, 2)).unseen
        0.625
        """
        seen = [min(size / stride, 1.0) if stride else 1.0 for size, stride in zip(self.size, self.stride, strict=True)]
        return 1 - seen[0] * seen[1]


@dataclass(frozen=True)
class Layer:
    """One addressable layer: a map of `channels` units over height x width positions, or a vector (1 x 1,
    not spatial).

    field: None where units see the whole image; `exact` is False where they may see less. gates: "held" where gates lie
    below, and `field` is what is seen with these held constant; "exact" where it is what is seen through them, too;
    "part" where the layer is a part of a gate itself; "none" where no gate lies below.
    """

    name: str
    op: str
    channels: int
    height: int
    width: int
    spatial: bool
    field: Field | None
    exact: bool = True
    gates: Literal["none", "held", "exact", "part"] = "none"

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width) of a map, (channels,) of a vector."""
        return (self.channels, self.height, self.width) if self.spatial else (self.channels,)


@total_ordering
@dataclass(frozen=True)
class Unit:
    """A unit, spelled "layer:channel", or "layer:channel@y,x" for one position of a map.

    "layer:channel-minus" is the difference of two units of a layer, such as two logits, and a unit like any other: its
    activation is the first's less the second's, at each position.

    >>> Unit.parse("features.8:174@3,5")
    Unit(layer='features.8', channel=174, position=(3, 5), minus=None)
    >>> str(Unit("fc8", 281)), str(Unit("fc8", 281, minus=282))
    ('fc8:281', 'fc8:281-282')
    """

    layer: str
    channel: int
    position: tuple[int, int] | None = None
    minus: int | None = None

    @classmethod
    @checked
    def parse(cls, text: str) -> Unit:
        """The unit that `text` spells.

        Raises:
            UsageError: if the text is not of the form layer:channel or layer:channel@y,x, or layer:channel-minus.
        """
        found = _UNIT.match(text)
        if found is None:
            raise UsageError(
                f"'{text}' is not a unit: write LAYER:CHANNEL or LAYER:CHANNEL@Y,X, such as features.8:174@3,5, or the "
                "difference of two units of a layer, LAYER:CHANNEL-CHANNEL"
            )
        position = None if found["y"] is None else (int(found["y"]), int(found["x"]))
        minus = None if found["minus"] is None else int(found["minus"])
        return cls(found["layer"], int(found["channel"]), position, minus)

    @classmethod
    def of(cls, given: UnitLike) -> Unit:
        """The unit that is given as itself, as text, or as a layer and a channel.

        Raises:
            UsageError: for text that is no unit.

        >>> str(Unit.of(("features.8", 174)))
        'features.8:174'
        """
        if isinstance(given, Unit):
            return given
        return cls.parse(given) if isinstance(given, str) else cls(given[0], int(given[1]))

    def __str__(self) -> str:
        less = "" if self.minus is None else f"-{self.minus}"
        at = "" if self.position is None else f"@{self.position[0]},{self.position[1]}"
        return f"{self.layer}:{self.channel}{less}{at}"

    def __lt__(self, other: Unit) -> bool:
        return self._key < other._key

    @property
    def _key(self) -> tuple[str, int, tuple[int, ...], int]:
        return self.layer, self.channel, self.position or (), -1 if self.minus is None else self.minus

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels that it reads: of a difference that which counts, and that which is taken away."""
        return (self.channel,) if self.minus is None else (self.channel, self.minus)

    @property
    def parts(self) -> tuple[Unit, ...]:
        """The units that it reads: itself, or the two of a difference."""
        return tuple(Unit(self.layer, channel, self.position) for channel in self.channels)

    def alone(self, why: str) -> Unit:
        """Itself, where it is one unit.

        Raises:
            UsageError: for a difference, with `why` it cannot be one here.
        """
        if self.minus is not None:
            first, second = self.parts
            raise UsageError(f"'{self}' is a difference of units, and {why}: ask for {first}, or {second}")
        return self


UnitLike = Unit | str | tuple[str, int]
"""How a unit is given: itself, "layer:channel", or a layer and a channel."""


def is_unit(given: UnitLike | Iterable[UnitLike]) -> TypeGuard[UnitLike]:
    """Whether one unit is given, and not several.

    >>> is_unit(("conv1", 3)), is_unit(("conv1:3", "conv1:4"))
    (True, False)
    """
    if isinstance(given, str | Unit):
        return True
    if not (isinstance(given, list | tuple) and len(given) == 2 and isinstance(given[1], Integral)):
        return False
    return ":" not in str(given[0])  # which is a unit already, and what follows no channel


def several(units: UnitLike | Iterable[UnitLike]) -> list[UnitLike]:
    """One unit, or several, as a list."""
    return [units] if is_unit(units) else list(cast(Iterable[UnitLike], units))


@dataclass(frozen=True)
class Value:
    """What is known at trace time of one tensor that flows through the graph.

    `shape` excludes the batch dimension; `layout` names the (y, x) dimensions of the full tensor, None where the
    tensor is no map; `batched` says that dimension 0 is the batch and nothing else; `depends` that it depends on the
    image; `batch_at` is (dimension, factor, offset) of a dimension whose length is factor * batch + offset, None where
    no dimension depends on the batch; `floating` that its numbers are real, `complex` that they are complex (a Fourier
    transform's), which carry signals but are no units.
    """

    shape: tuple[int, ...]
    layout: tuple[int, int] | None
    batched: bool = True
    depends: bool = True
    floating: bool = True
    batch_at: tuple[int, int, int] | None = (0, 1, 0)
    complex: bool = False

    @property
    def carries(self) -> bool:
        """Whether a signal can arrive at it."""
        return self.depends and (self.floating or self.complex)

    def batch_of(self, lengths: Sequence[int]) -> int:
        """The number of images in a tensor of these dimensions; 1 where they do not tell."""
        if self.batch_at is None:
            return 1
        dim, factor, offset = self.batch_at
        return (lengths[dim] - offset) // factor

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of a map."""
        if self.layout is None:
            raise ValueError("a tensor without layout has no height and width")
        return self.shape[self.layout[0] - 1], self.shape[self.layout[1] - 1]

    @property
    def channel_dim(self) -> int | None:
        """The one dimension of the full tensor that is neither batch nor position, or None if there is not
        exactly one."""
        rest = [d for d in range(1, len(self.shape) + 1) if self.layout is None or d not in self.layout]
        return rest[0] if len(rest) == 1 else None

    @property
    def addressable(self) -> bool:
        """Whether the tensor is a map with one channel dimension or a vector, so that its units have names."""
        return self.batched and self.depends and self.floating and self.channel_dim is not None


@dataclass(frozen=True)
class Pattern:
    """Boxes that repeat along an axis: position p has [start[q] + r * shift, stop[q] + r * shift) with q = p % period
    and r = p // period, the period being the length of `start`.

    A phase that holds nothing has start > stop. Everything is as if maps had no borders.
    """

    shift: int
    start: tuple[int, ...]
    stop: tuple[int, ...]

    @classmethod
    def affine(cls, stride: int, offset: int, size: int) -> Pattern:
        """Position p has [p * stride + offset, + size)."""
        return cls(stride, (offset,), (offset + size,))

    def at(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The boxes [low, high) of positions."""
        turns, phase = np.divmod(np.asarray(positions), len(self.start))
        moved = turns * self.shift
        return np.asarray(self.start)[phase] + moved, np.asarray(self.stop)[phase] + moved

    def through(self, windows: Pattern, step: int = 1) -> Pattern | None:
        """What windows over these positions hold, every `step`-th of which they read; None for a very long period."""
        inner, outer = len(self.start), len(windows.start)
        period = outer * inner // math.gcd(inner, windows.shift)
        if windows.shift <= 0 or period > _LONGEST:
            return None
        low, high = windows.at(np.arange(period))
        boxes = [_hull(self, np.arange(a, b, step)) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
        shift = self.shift * (period // outer * windows.shift // inner)
        return Pattern(shift, *zip(*boxes, strict=True)).simplest()

    def union(self, other: Pattern) -> Pattern | None:
        """The boxes that hold both; None where they do not move alike."""
        a, b = len(self.start), len(other.start)
        period = math.lcm(a, b)
        if self.shift * b != other.shift * a or period > _LONGEST:
            return None
        mine, others = self.at(np.arange(period)), other.at(np.arange(period))
        start, stop = np.minimum(mine[0], others[0]), np.maximum(mine[1], others[1])
        return Pattern(self.shift * (period // a), tuple(start.tolist()), tuple(stop.tolist())).simplest()

    def simplest(self) -> Pattern:
        """The same with the shortest period."""
        whole = len(self.start)
        for period in range(1, whole):
            if whole % period or self.shift * period % whole:
                continue
            shorter = Pattern(self.shift * period // whole, self.start[:period], self.stop[:period])
            start, stop = shorter.at(np.arange(whole))
            if tuple(start.tolist()) == self.start and tuple(stop.tolist()) == self.stop:
                return shorter
        return self

    def summary(self) -> tuple[float, float, int]:
        """(stride, offset, size): what a position moves the box by, where the first begins, and how large the largest
        is."""
        full = [q for q in range(len(self.start)) if self.stop[q] > self.start[q]]
        stride = self.shift / len(self.start)
        offset = min((self.start[q] - q * stride for q in full), default=0.0)
        size = max((self.stop[q] - self.start[q] for q in full), default=0)
        whole = stride.is_integer() and float(offset).is_integer()
        return (int(stride), int(offset), size) if whole else (stride, offset, size)


_LONGEST = 256  # positions of a period
_BEYOND = 1 << 40


def _hull(pattern: Pattern, positions: np.ndarray) -> tuple[int, int]:
    low, high = pattern.at(positions)
    full = high > low
    return int(low[full].min(initial=_BEYOND)), int(high[full].max(initial=-_BEYOND))


@dataclass(frozen=True)
class Span:
    """Geometry of a step on one axis: output position p reads every `step`-th of the inputs [start[p], stop[p]), which
    may lie beyond the map.

    `affine` is (stride, offset, size) when start[p] = p * stride + offset and stop - start = size everywhere, else
    None; `pattern` is where windows begin and end if maps had no borders, where that repeats otherwise. `reads` (count,
    k) are the very inputs that are read, -1 for none, where windows have other holes.
    """

    start: np.ndarray
    stop: np.ndarray
    affine: tuple[int, int, int] | None = None
    pattern: Pattern | None = None
    step: int = 1
    reads: np.ndarray | None = None

    @classmethod
    def of_reads(cls, reads: np.ndarray) -> Span:
        """The span of outputs each of which reads the inputs in its row of `reads` (count, k), -1 standing for none."""
        there = reads >= 0
        start = np.where(there, reads, _BEYOND).min(1)
        stop = np.where(there, reads, -1).max(1) + 1
        empty = stop <= start
        start, stop = np.where(empty, 0, start), np.where(empty, 0, stop)
        return cls(start, stop, None, repeating(start, stop), reads=reads)

    @classmethod
    def regular(cls, count: int, stride: int, offset: int, size: int, step: int = 1) -> Span:
        """The span of a sliding window: `count` outputs, windows of `size` inputs every `stride`, the first
        at `offset`."""
        start = np.arange(count, dtype=np.int64) * stride + offset
        return cls(start, start + size, (stride, offset, size), step=step)

    @classmethod
    def everything(cls, count: int, extent: int) -> Span:
        """The span of a step each of whose outputs reads all `extent` inputs."""
        return cls(np.zeros(count, np.int64), np.full(count, extent, np.int64))

    @property
    def nominal(self) -> Pattern | None:
        """Where windows begin and end, if maps had no borders."""
        return self.pattern if self.affine is None else Pattern.affine(*self.affine)

    def each_read(self, extent: int) -> Iterator[np.ndarray]:
        """The inputs that every output reads of `extent`, one of each (count,) at a time; -1 where it reads no more."""
        if self.reads is not None:
            yield from self.reads.T
            return
        first = self.start + np.maximum(-(self.start // self.step), 0) * self.step
        stop = np.minimum(self.stop, extent)
        for at in range(0, int((stop - first).max(initial=0)), self.step):
            yield np.where(first + at < stop, first + at, -1)


def repeating(start: np.ndarray, stop: np.ndarray) -> Pattern | None:
    """The pattern that most windows follow, judged from the middle: at the borders they may fold back or wrap."""
    count = len(start)
    for period in range(1, min(count // 2, _MOST_PHASES) + 1):
        first = (count - period) // 2 // period * period
        shift = int(start[first + period] - start[first]) if first + period < count else 0
        if shift <= 0:
            continue
        moved = first // period * shift
        phases = slice(first, first + period)
        pattern = Pattern(shift, tuple((start[phases] - moved).tolist()), tuple((stop[phases] - moved).tolist()))
        low, high = pattern.at(np.arange(count))
        if 2 * ((low == start) & (high == stop)).sum() > count:
            return pattern
    return None


_MOST_PHASES = 16
