"""Steps that only name the same numbers otherwise: changes of shape, permutations, and where positions go in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal, whole, whole_origin
from convscope.graph.changes import Change, Place, PushBase
from convscope.graph.nouns import Span
from convscope.graph.steps.base import Call, Positionwise, PullContext, Slot, Step
from convscope.graph.steps.registry import rule

aten = torch.ops.aten

VIEWS = (
    aten.view.default,
    aten.reshape.default,
    aten._unsafe_view.default,
    aten.flatten.using_ints,
    aten.unflatten.int,
    aten.squeeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
    aten.unsqueeze.default,
)
PERMUTATIONS = (aten.permute.default, aten.transpose.int, aten.t.default, aten.movedim.intlist)


@rule(*VIEWS)
class Reshape(Step):
    """A change of shape; one that leaves the positions alone (channel shuffle) works on boxes."""

    linear = True
    exact = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Within samples."""
        return call.sources[0].batched and call.result.batched

    def __post_init__(self) -> None:
        super().__post_init__()
        self.op = "flatten" if len(self.call.result.shape) == 1 else "reshape"

    def _keeps_positions(self) -> bool:
        source, result = self.call.sources[0], self.call.result
        return reshaped_layout(source.shape, source.layout, result.shape) is not None and result.layout is not None

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads position p, if there still are positions."""
        if not self._keeps_positions():
            return None
        return Span.regular(self.call.result.size[axis], 1, 0, 1)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal in the old shape."""
        source, result = self.call.sources[0], self.call.result
        if signal.origin is not None and self._keeps_positions():
            assert source.layout is not None
            assert result.layout is not None
            shape = list(source.shape)
            for dim, length in zip(source.layout, signal.size(result.layout), strict=True):
                shape[dim - 1] = length
            return {0: Signal(signal.tensor.reshape(len(signal.tensor), *shape), signal.origin, signal.owned)}
        tensor = whole(signal, result)
        return {
            0: Signal(
                tensor.reshape(len(tensor), *source.shape),
                whole_origin(len(tensor)) if source.layout else None,
                signal.owned,
            )
        }

    @property
    def focuses(self) -> bool:
        """Where positions stay."""
        return self._keeps_positions()

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The boxes in the new shape."""
        shape, layout = list(self.call.result.shape), self.call.result.layout or ()
        for dim, length in zip(layout, size, strict=True):
            shape[dim - 1] = length
        return boxes[0].reshape(len(boxes[0]), *shape)

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The change in the new shape."""
        result = self.call.result
        if place.size is None or result.layout is None or not self._keeps_positions():
            return super().push(changes, place, base)
        shape = list(result.shape)
        shape[result.layout[0] - 1], shape[result.layout[1] - 1] = place.size
        return Change(changes[0].tensor.reshape(len(changes[0].tensor), *shape), place, False, fresh=False)


@rule(*PERMUTATIONS)
class Permute(Positionwise):
    """Another order of dimensions, the batch staying first."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Within samples, positions staying rows before columns."""
        source, result = call.sources[0], call.result
        return source.batched and result.batched and permuted_layout(call) == result.layout

    @property
    def focuses(self) -> bool:
        """Of maps."""
        return self.call.sources[0].layout is not None and self.call.result.layout is not None

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The inverse order."""
        order = permutation(self.call)
        return {0: Signal(signal.tensor.permute(*np.argsort(order).tolist()), signal.origin, signal.owned)}


def permutation(call: Call) -> list[int]:
    """The order of dimensions that a permuting call makes, `result[d] = source[order[d]]`."""
    rank = len(call.sources[0].shape) + 1
    marker: Tensor = torch.empty(*range(2, rank + 2), device="meta")
    args = [marker if isinstance(a, Slot) else a for a in call.args]
    result: Any = call.target(*args, **call.kwargs)
    return [int(size) - 2 for size in result.shape]


def permuted_layout(call: Call) -> tuple[int, int] | None:
    """Where the positions of a map go in a permutation; None if there were none or they no longer are rows, columns."""
    layout = call.sources[0].layout
    if layout is None:
        return None
    order = permutation(call)
    y, x = order.index(layout[0]), order.index(layout[1])
    return (y, x) if 0 < y < x else None


def reshaped_layout(
    source: tuple[int, ...], layout: tuple[int, int] | None, result: tuple[int, ...]
) -> tuple[int, int] | None:
    """Where the positions are after a reshape that regroups only the dimensions before or after them, else None."""
    if layout is None or len(result) < 2:
        return None
    extent = (source[layout[0] - 1], source[layout[1] - 1])
    if layout == (len(source) - 1, len(source)) and result[-2:] == extent:
        return (len(result) - 1, len(result))
    if layout == (1, 2) and result[:2] == extent:
        return (1, 2)
    return None
