"""Steps that put maps together: concatenation, stacking, and assignment to some of the channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal
from convscope.graph.changes import Change, Place, PushBase
from convscope.graph.nouns import Span
from convscope.graph.steps.base import Call, Positionwise, PullContext, Slot, Step
from convscope.graph.steps.registry import rule
from convscope.kernels.views import add_into, empty_map

aten = torch.ops.aten


@rule(aten.cat.default)
class Cat(Step):
    """Concatenation; along channels each input receives its slice of the signal."""

    linear = True
    exact = True

    @property
    def dim(self) -> int:
        """The dimension that is joined."""
        return int(self.call.bind().get("dim", 0)) % (len(self.call.result.shape) + 1)

    @property
    def parts(self) -> tuple[int, ...] | None:
        """The channels of each map, where maps (n, c, h, w) alone, each another, are joined along channels."""
        maps = all(v.layout == (2, 3) for v in (*self.call.sources, self.call.result))
        numbers = [part.number for part in self.call.bind()["tensors"] if isinstance(part, Slot)]
        whole = len(numbers) == len(self.call.bind()["tensors"]) and numbers == list(range(len(self.inputs)))
        return tuple(v.shape[0] for v in self.call.sources) if maps and whole and self.dim == 1 else None

    def _along_channels(self) -> bool:
        result = self.call.result
        same = all(v.layout == result.layout for v in self.call.sources)
        return self.dim > 0 and same and self.dim not in (result.layout or ())

    def place(self, slot: int, axis: int) -> Span | None:
        """Position p reads position p, unless positions are joined."""
        result = self.call.result
        if result.layout is None or not self._along_channels():
            return None
        return Span.regular(result.size[axis], 1, 0, 1)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """Each input's slice; an input that occurs twice receives the sum."""
        if not self._along_channels():
            return super().pull(signal, context)
        found: dict[int, Signal] = {}
        at = 0
        for part in self.call.bind()["tensors"]:
            if isinstance(part, Slot):
                length = self.call.sources[part.number].shape[self.dim - 1]
                tensor = signal.tensor.narrow(self.dim, at, length)
                if part.number in found:
                    tensor = tensor + found[part.number].tensor
                found[part.number] = Signal(tensor, signal.origin, signal.owned, signal.share)
            else:
                length = part.shape[self.dim]
            at += length
        return found

    @property
    def focuses(self) -> bool:
        """Along channels, of maps alone."""
        return self._along_channels() and all(isinstance(part, Slot) for part in self.call.bind()["tensors"])

    def focus(self, boxes: Sequence[Tensor], origin: np.ndarray, size: tuple[int, int]) -> Tensor:
        """The boxes side by side."""
        return self.run(boxes)

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The changes side by side, zero for parts that are not changed."""
        if not self._along_channels() or place.size is None or self.call.result.layout is None:
            return super().push(changes, place, base)
        layout = self.call.result.layout
        first = next(iter(changes.values()))
        shape = [len(first.tensor), *self.call.result.shape]
        shape[layout[0]], shape[layout[1]] = place.size
        out, at = empty_map(first.tensor, shape).zero_(), 0
        for part in self.call.bind()["tensors"]:
            constant = not isinstance(part, Slot)
            length = part.shape[self.dim] if constant else self.call.sources[part.number].shape[self.dim - 1]
            if not constant and part.number in changes:
                inner = changes[part.number].place.on_map()[0][0] - place.on_map()[0][0]
                add_into(out.narrow(self.dim, at, length), changes[part.number].tensor, layout, inner)
            at += length
        return Change(out, place, False)


@rule(aten.stack.default)
class Stack(Positionwise):
    """Maps side by side in a new dimension."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Of one layout, which they keep."""
        layouts = {source.layout for source in call.sources}
        return len(layouts) == 1 and (None in layouts) == (call.result.layout is None)


@rule(aten.slice_scatter.default)
class SliceScatter(Positionwise):
    """x with some of its channels replaced: what assignment to a slice is exported as."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """A slice of a dimension that is no position, of maps of one layout."""
        dim = int(call.bind()["dim"]) % (len(call.result.shape) + 1)
        alike = all(source.layout == call.result.layout for source in call.sources)
        return alike and dim not in (0, *(call.result.layout or ()))
