"""Products with a constant that is another at each position: a learned mask, a window, a scale of places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal
from convscope.graph.changes import Change, Place, PushBase, gather
from convscope.graph.steps.base import Call, Positionwise, PullContext, constants_fit
from convscope.graph.steps.registry import rule
from convscope.kernels.cutting import cut

aten = torch.ops.aten


@rule(aten.mul.Tensor, aten.div.Tensor)
class Weighing(Positionwise):
    """A map times a constant map, or divided by one: linear, and position by position."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """One map of the result's shape, and a constant that says something of single positions."""
        if len(call.inputs) != 1 or len(call.args) < 2 or call.result.layout is None or constants_fit(call):
            return False
        same = call.sources[0].shape == call.result.shape and call.sources[0].layout == call.result.layout
        constant = _constant(call)
        return same and constant is not None and (constant.dim() <= len(call.result.shape) or constant.shape[0] == 1)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal times what stands where it is."""
        if signal.origin is None:
            weights = self._weights()
        else:
            assert self.call.result.layout is not None
            weights = self._on(signal.origin, signal.size(self.call.result.layout))
        return {0: Signal(signal.tensor * weights, signal.origin)}

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The change times what stands where it is."""
        change, layout = changes[0], self.call.result.layout
        if place.origin is None or change.absolute or layout is None:
            return super().push(changes, place, base)
        rows = np.zeros(len(change.tensor), np.int64)
        return Change(change.tensor * gather(self._weights(), layout, rows, place), place, False)

    @property
    def focuses(self) -> bool:
        """It does: what stands at each box is known."""
        return True

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The boxes times what stands where they are."""
        return boxes[0] * self._on(origin, size)

    def _weights(self) -> Tensor:
        """What every entry is multiplied by, (1, ...) of the result's shape."""
        constant = _constant(self.call)
        assert constant is not None
        weights = constant.reciprocal() if self.call.op == "div" else constant
        return weights.expand(1, *self.call.result.shape)

    def _on(self, origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The same on boxes (n, ...) of `size`, zero beyond the map."""
        layout = self.call.result.layout
        assert layout is not None
        rows = torch.zeros(len(origin), dtype=torch.int64)
        return cut(self._weights(), rows, layout, origin, size, 0.0)


def _constant(call: Call) -> Tensor | None:
    """What is multiplied by, or divided by; None where there is no such thing."""
    first, second = call.args[:2]
    if isinstance(second, Tensor):
        return second
    return first if isinstance(first, Tensor) and call.op == "mul" else None
