"""The words the whole package uses for what a network consists of: layers, units, receptive fields, geometry
of one axis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.errors import UsageError

_UNIT = re.compile(r"^(?P<layer>.+?):(?P<channel>\d+)(?:@(?P<y>\d+),(?P<x>\d+))?$")


@dataclass(frozen=True)
class Field:
    """The receptive field of a layer's units, as (y, x) pairs in input pixels.

    The unit at position p sees the input pixels [p * stride + offset, p * stride + offset + size) on each axis; the box
    may reach beyond the image, where it sees zeros. `regular` is False where strides of meeting paths differ or a
    resampling lies between: stride and offset are then averages and `size` is the largest.
    """

    stride: tuple[float, float]
    offset: tuple[float, float]
    size: tuple[int, int]
    regular: bool = True

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
    not spatial)."""

    name: str
    op: str
    channels: int
    height: int
    width: int
    spatial: bool
    field: Field | None

    @property
    def shape(self) -> tuple[int, ...]:
        """(channels, height, width) of a map, (channels,) of a vector."""
        return (self.channels, self.height, self.width) if self.spatial else (self.channels,)


@dataclass(frozen=True, order=True)
class Unit:
    """A unit, spelled "layer:channel", or "layer:channel@y,x" for one position of a map.

    >>> Unit.parse("features.8:174@3,5")
    Unit(layer='features.8', channel=174, position=(3, 5))
    >>> str(Unit("fc8", 281))
    'fc8:281'
    """

    layer: str
    channel: int
    position: tuple[int, int] | None = None

    @classmethod
    def parse(cls, text: str) -> Unit:
        """The unit that `text` spells.

        Raises:
            UsageError: if the text is not of the form layer:channel or layer:channel@y,x.
        """
        found = _UNIT.match(text)
        if found is None:
            raise UsageError(
                f"'{text}' is not a unit: write LAYER:CHANNEL or LAYER:CHANNEL@Y,X, such as features.8:174@3,5"
            )
        position = None if found["y"] is None else (int(found["y"]), int(found["x"]))
        return cls(found["layer"], int(found["channel"]), position)

    def __str__(self) -> str:
        at = "" if self.position is None else f"@{self.position[0]},{self.position[1]}"
        return f"{self.layer}:{self.channel}{at}"


@dataclass(frozen=True)
class Value:
    """What is known at trace time of one tensor that flows through the graph.

    `shape` excludes the batch dimension; `layout` names the (y, x) dimensions of the full tensor, None where the
    tensor is no map; `batched` says that dimension 0 is the batch and nothing else; `depends` that it depends on the
    image; `batch_at` is (dimension, factor, offset) of a dimension whose length is factor * batch + offset, None where
    no dimension depends on the batch.
    """

    shape: tuple[int, ...]
    layout: tuple[int, int] | None
    batched: bool = True
    depends: bool = True
    floating: bool = True
    batch_at: tuple[int, int, int] | None = (0, 1, 0)

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
class Span:
    """Geometry of a step on one axis: output position p reads the inputs [start[p], stop[p]), which may lie beyond
    the map.

    `affine` is (stride, offset, size) when start[p] = p * stride + offset and stop - start = size everywhere, else
    None.
    """

    start: np.ndarray
    stop: np.ndarray
    affine: tuple[int, int, int] | None = None

    @classmethod
    def regular(cls, count: int, stride: int, offset: int, size: int) -> Span:
        """The span of a sliding window: `count` outputs, windows of `size` inputs every `stride`, the first
        at `offset`."""
        start = np.arange(count, dtype=np.int64) * stride + offset
        return cls(start, start + size, (stride, offset, size))

    @classmethod
    def everything(cls, count: int, extent: int) -> Span:
        """The span of a step each of whose outputs reads all `extent` inputs."""
        return cls(np.zeros(count, np.int64), np.full(count, extent, np.int64))
