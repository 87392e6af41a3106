"""Steps that take away from a map or add a border: slices, single channels, constant padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal
from convscope.graph.changes import Change, Place, PushBase, widen
from convscope.graph.nouns import Span
from convscope.graph.steps.base import Call, Positionwise, PullContext, Step
from convscope.graph.steps.registry import rule

aten = torch.ops.aten


@rule(aten.slice.Tensor)
class Slice(Positionwise):
    """x[..., start:stop:step, ...] of channels or positions."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Forward steps within a sample."""
        bound = call.bind()
        numbers = all(v is None or isinstance(v, int) for v in (bound["start"], bound["end"], bound["step"]))
        return (
            numbers
            and int(bound["dim"]) % (len(call.result.shape) + 1) > 0
            and call.result.layout == call.sources[0].layout
        )

    def __post_init__(self) -> None:
        super().__post_init__()
        bound = self.call.bind()
        self.dim = int(bound["dim"]) % (len(self.call.result.shape) + 1)
        extent = self.call.sources[0].shape[self.dim - 1]
        self.start, _, self.step = slice(bound["start"], bound["end"], bound["step"]).indices(extent)

    @property
    def axis(self) -> int | None:
        """0 where rows are sliced, 1 where columns are, None otherwise."""
        layout = self.call.result.layout or ()
        return layout.index(self.dim) if self.dim in layout else None

    def place(self, slot: int, axis: int) -> Span | None:
        """On the sliced axis position p reads start + p * step."""
        if axis != self.axis:
            return super().place(slot, axis)
        return Span.regular(self.call.result.size[axis], self.step, self.start, 1)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal moved to where it was taken from, with zeros between."""
        if self.axis is None or signal.origin is None:
            return super().pull(signal, context)
        origin = signal.origin.copy()
        origin[:, self.axis] = origin[:, self.axis] * self.step + self.start
        shape = list(signal.tensor.shape)
        shape[self.dim] = (shape[self.dim] - 1) * self.step + 1
        tensor = signal.tensor.new_zeros(shape)
        index = [slice(None)] * len(shape)
        index[self.dim] = slice(None, None, self.step)
        tensor[tuple(index)] = signal.tensor
        return {0: Signal(tensor, origin)}

    @property
    def focuses(self) -> bool:
        """Of maps that keep their dimensions."""
        return self.call.sources[0].layout is not None

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """Every `step`-th position of the boxes, which begin at one; or the channels that are kept."""
        if self.axis is None:
            return self.run(boxes)
        index = [slice(None)] * boxes[0].dim()
        index[self.dim] = slice(None, None, self.step)
        return boxes[0][tuple(index)]

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The change of the channels that are kept; slices of positions run whole."""
        if self.axis is not None or place.size is None:
            return Step.push(self, changes, place, base)
        return Change(self.run([changes[0].tensor]), place, False, fresh=False)


@rule(aten.select.int, aten.channel_shuffle.default)
class ChannelChoice(Positionwise):
    """One entry of a dimension that is no position, or channels in another order."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Unless positions or samples are chosen."""
        if call.target is aten.channel_shuffle.default:
            return call.sources[0].layout == (2, 3)
        source = call.sources[0]
        dim = int(call.bind()["dim"]) % (len(source.shape) + 1)
        return dim > 0 and dim not in (source.layout or ()) and (source.layout is None) == (call.result.layout is None)


@rule(aten.pad.default, aten.constant_pad_nd.default)
class ConstantPad(Step):
    """Padding with a constant (negative: cropping) of positions and channels."""

    linear = True
    exact = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Constant mode, with known amounts, not of the batch."""
        bound = call.bind()
        known = all(isinstance(v, int) for v in bound["pad"]) and len(bound["pad"]) // 2 <= len(call.result.shape)
        return bound.get("mode", "constant") == "constant" and known and call.sources[0].layout == call.result.layout

    def _low(self, dim: int) -> int:
        amounts = self.call.bind()["pad"]
        at = 2 * (len(self.call.result.shape) - dim)
        return int(amounts[at]) if at < len(amounts) else 0

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads p minus what was padded before."""
        result = self.call.result
        if result.layout is None:
            return None
        return Span.regular(result.size[axis], 1, -self._low(result.layout[axis]), 1)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The same boxes, seen from the map that was padded; padded channels are dropped."""
        result, source = self.call.result, self.call.sources[0]
        others = [d for d in range(1, len(result.shape) + 1) if d not in (result.layout or ())]
        if result.layout is None or signal.origin is None or any(self._low(d) < 0 for d in others):
            return super().pull(signal, context)
        tensor = signal.tensor
        for dim in others:
            if result.shape[dim - 1] != source.shape[dim - 1]:
                if source.shape[dim - 1] + self._low(dim) > result.shape[dim - 1]:
                    return super().pull(signal, context)
                tensor = tensor.narrow(dim, self._low(dim), source.shape[dim - 1])
        low = np.asarray([self._low(d) for d in result.layout])
        # The box moves over its map, and what then lies outside will be cleared: not in somebody else's tensor.
        return {0: Signal(tensor.clone(), signal.origin - low)}

    @property
    def focuses(self) -> bool:
        """Of positions with zeros, or less of them."""
        result, source = self.call.result, self.call.sources[0]
        others = [d for d in range(1, len(result.shape) + 1) if d not in (result.layout or ())]
        same = all(result.shape[d - 1] == source.shape[d - 1] and self._low(d) == 0 for d in others)
        return result.layout is not None and same and not self.call.bind().get("value")

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The same boxes, in which zeros stand beyond the map."""
        return boxes[0]

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The same boxes, cut where padding is negative: the constant does not change."""
        result, source = self.call.result, self.call.sources[0]
        others = [d for d in range(1, len(result.shape) + 1) if d not in (result.layout or ())]
        same = all(result.shape[d - 1] == source.shape[d - 1] and self._low(d) == 0 for d in others)
        if result.layout is None or place.origin is None or not same:
            return super().push(changes, place, base)
        old, size = changes[0].place.on_map()
        low = np.asarray([self._low(d) for d in result.layout])
        moved = Change(changes[0].tensor, Place(old + low, size), False)
        return Change(widen(moved, result.layout, place), place, False, fresh=False)
