"""The step that resamples maps: nearest, bilinear and bicubic, the latter two with antialiasing too."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal, paste
from convscope.graph.nouns import Span
from convscope.graph.steps.base import Call, PullContext, Step
from convscope.graph.steps.conv import over_map
from convscope.graph.steps.registry import rule

aten = torch.ops.aten

_APART = 16  # no output reads inputs so far from one another; antialiased, times how many become one


@rule(
    aten.upsample_nearest2d.default,
    aten.upsample_nearest2d.vec,
    aten.upsample_bilinear2d.default,
    aten.upsample_bilinear2d.vec,
    aten.upsample_bicubic2d.default,
    aten.upsample_bicubic2d.vec,
    aten._upsample_bilinear2d_aa.default,
    aten._upsample_bilinear2d_aa.vec,
    aten._upsample_bicubic2d_aa.default,
    aten._upsample_bicubic2d_aa.vec,
)
class Upsample(Step):
    """Resampling: nearest by a whole factor works on boxes, the rest on whole maps."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """On a map."""
        return len(call.inputs) == 1 and over_map(call)

    @cached_property
    def exact(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the same inputs count in either precision; else `place` has those of both."""
        return all(bool((one == other).all()) for one, other in map(self._counting, range(2)))

    def _factor(self) -> tuple[int, int] | None:
        source, result = self.call.sources[0].size, self.call.result.size
        if "nearest" in self.op and not any(r % s for s, r in zip(source, result, strict=True)):
            factor = result[0] // source[0], result[1] // source[1]
            if all(self._given(axis) in (None, factor[axis]) for axis in range(2)):
                return factor
        return None

    def _given(self, axis: int) -> float | None:
        """The factor that was given, by which PyTorch samples even where it is not the ratio of the sizes."""
        bound = self.call.bind()
        factors = bound.get("scale_factors")
        return factors[axis] if factors else bound.get(("scales_h", "scales_w")[axis])

    def place(self, slot: int, axis: int) -> Span | None:
        """The inputs that each output is interpolated from."""
        return self._spans[axis]

    @cached_property
    def _spans(self) -> tuple[Span, Span]:
        return self._span(0), self._span(1)

    def _span(self, axis: int) -> Span:
        """Told by what it does to one input after the other.

        In either precision, as PyTorch reckons in the map's: where that falls on a whole number, a neighbour may count
        in one and not in the other.
        """
        one, other = self._counting(axis)
        read = one | other
        reads = np.full((len(read), max(int(read.sum(1).max()), 1)), -1)
        for at, row in enumerate(read):
            found = np.flatnonzero(row)
            reads[at, : len(found)] = found
        return Span.of_reads(reads)

    def _counting(self, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Which inputs (outputs, inputs) count for each output of an axis, in single and in double precision."""
        if axis not in self._counted:
            count = self.call.sources[0].size[axis]
            single, double = (
                self._of_each(axis, count, kind).T.numpy() != 0 for kind in (torch.float32, torch.float64)
            )
            self._counted[axis] = (single, double)
        return self._counted[axis]

    @cached_property
    def _counted(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        return {}

    def _of_each(self, axis: int, count: int, dtype: torch.dtype) -> Tensor:
        """What each input alone gives, (inputs, outputs) of an axis.

        Inputs so far apart that no output reads two of them are tried together: an output's is the one nearest to what
        it makes of the inputs' own numbers.
        """
        apart = self._apart(axis, count)
        at = torch.arange(count, device="cpu")
        line = (at % apart == torch.arange(apart, device="cpu")[:, None]).to(dtype)
        found = self._of_lines(line, axis)
        if apart == count:
            return found
        made, place = found.new_zeros(count, found.shape[1]), torch.arange(found.shape[1], device="cpu")
        centre = self._of_lines(at.to(dtype)[None], axis)[0]
        for first in range(apart):
            nearest = (((centre - first) / apart).round() * apart + first).long()
            inside = (nearest >= 0) & (nearest < count)
            made[nearest[inside], place[inside]] = found[first, inside]
        return made

    def _apart(self, axis: int, count: int) -> int:
        """How far apart inputs are of which no output reads two; as many as there are where there are few."""
        shrunk = -(-count // self.call.result.size[axis]) if "_aa" in self.op else 1
        return min(_APART * shrunk, count)

    def _of_lines(self, lines: Tensor, axis: int) -> Tensor:
        """What the step makes of maps that are alike along the other axis: lines (n, inputs) as (n, outputs)."""
        other = self.call.sources[0].size[1 - axis]
        across = lines[None, :, :, None] if axis == 0 else lines[None, :, None, :]
        shape = (1, *lines.shape, other) if axis == 0 else (1, len(lines), other, lines.shape[1])
        return self.run([across.expand(shape)])[0].select(2 - axis, 0)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The sum over the outputs that repeat an input."""
        factor = self._factor()
        if factor is None or signal.origin is None:
            return super().pull(signal, context)
        scale, size = np.asarray(factor), np.asarray(signal.size((2, 3)))
        first = signal.origin // scale
        count = (-(-(signal.origin + size) // scale) - first).max(0)
        wide = paste(signal, (2, 3), first * scale, (int(count[0] * scale[0]), int(count[1] * scale[1]))).tensor
        n, c = wide.shape[:2]
        blocks = wide.reshape(n, c, int(count[0]), factor[0], int(count[1]), factor[1])
        return {0: Signal(blocks.sum((3, 5)), first)}
