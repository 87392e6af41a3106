"""The filters of a network's first layer, and what can be said of them by their weights alone.

Zeiler & Fergus 2014 look at them (Fig. 6 a-c, section 4.1): some are dead, some are nearly the same, one dominates
where training does not renormalise them. Here each of these is a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.graph.folding import folded
from convscope.graph.steps import Step
from convscope.graph.steps.conv import Conv2d
from convscope.graph.steps.normalisation import BatchNorm
from convscope.graph.steps.pointwise import ClippedReLU, MaximumWithZero, ReLU, SmoothActivation
from convscope.shown import brief

_FOLLOWING = (BatchNorm, ReLU, ClippedReLU, MaximumWithZero, SmoothActivation)


@brief
@dataclass(frozen=True, eq=False)
class Filters:
    """The n filters of a convolution, as they act on its input.

    weights: (n, c, h, w) float64; where a batch norm follows, its factors are in them. layer: the
    convolution; output: the layer that its activation gives, the convolution itself where there is none. stride,
    dilation: (y, x). scaled: whether a batch norm's factors are in the weights.
    """

    layer: str
    output: str
    weights: NDArray[np.float64]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    scaled: bool = False

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def kernel(self) -> tuple[int, int]:
        """(height, width) in weights."""
        return self.weights.shape[2], self.weights.shape[3]

    @cached_property
    def rms(self) -> NDArray[np.float64]:
        """(n,) the root of the mean square of each filter's weights, over positions and input channels."""
        return torch.from_numpy(self.weights).flatten(1).square().mean(1).sqrt().numpy()

    @property
    def text(self) -> str:
        """The geometry in words, such as "96 filters of 7x7, stride 2"."""
        height, width = self.kernel
        stride = self.stride[0] if self.stride[0] == self.stride[1] else f"{self.stride[0]}x{self.stride[1]}"
        return f"{len(self)} filters of {height}x{width}, stride {stride}"


def filters_of(net: Network, layer: str) -> Filters:
    """The filters of a convolution; raises UsageError where the layer is none."""
    step = net.steps[net.index_of(layer) - 1]
    if not isinstance(step, Conv2d):
        raise UsageError(f"layer '{layer}' of {net.name} is no convolution but {step.op}: name one that has filters")
    after = _after(net, step)
    norm = after if isinstance(after, BatchNorm) else None
    weights = (step if norm is None else folded(step, norm)).weight
    plain = weights.detach().to("cpu", torch.float64).contiguous(memory_format=torch.contiguous_format).numpy()
    return Filters(step.name, _activation(net, step).name, plain, step.stride, step.dilation, norm is not None)


def first_filters(net: Network) -> Filters:
    """The filters of the network's first convolution.

    Raises:
        UsageError: if it has none.

    >>> from torch import nn
    >>> net = Network.trace(nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU()), (3, 21, 21))
    >>> found = first_filters(net)
    >>> found.text, found.output, found.rms.shape
    ('8 filters of 5x5, stride 2', '1', (8,))
    """
    for step in net.steps:
        if isinstance(step, Conv2d) and step.name in net.layers:
            return filters_of(net, step.name)
    raise UsageError(f"{net.name} has no convolution whose filters could be looked at")


def second_layer(net: Network) -> str | None:
    """The layer that the second convolution's activation gives, None where there is no second.

    A convolution of 1x1 mixes maps and does not look at their positions: it counts only where there is no other.
    """
    convolutions = [s for s in net.steps if isinstance(s, Conv2d) and s.name in net.layers]
    later = [s for s in convolutions[1:] if convolutions[0] in net.cone(s.name)]
    wide = [s for s in later if max(s.kernel) > 1] or later
    return _activation(net, wide[0]).name if wide else None


def _after(net: Network, step: Step) -> Step | None:
    """The one step that reads this step's output, None where several do or none."""
    readers = [s for s in net.steps if step.index in s.inputs]
    return readers[0] if len(readers) == 1 else None


def _activation(net: Network, step: Step) -> Step:
    """The activation of a convolution, batch norm in between or not; the last of the three that there is."""
    found = step
    while (after := _after(net, found)) is not None and isinstance(after, _FOLLOWING):
        found = after
        if not isinstance(after, BatchNorm):
            break
    return found if found.name in net.layers else step


# -- what the weights say ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Clipping:
    """Filters that share the largest root mean square, which is what rescaling to a limit leaves behind.

    limit: the largest root mean square. count: how many filters are within `tolerance` of it, relatively.
    """

    limit: float
    count: int
    tolerance: float


def weak(filters: Filters, *, share: float = 0.01) -> tuple[int, ...]:
    """The filters whose root mean square is below `share` of the median filter's, or zero: dead by their weights."""
    middle = float(np.median(filters.rms))
    return tuple(np.flatnonzero((filters.rms < share * middle) | (filters.rms == 0)).tolist())


def dominating(filters: Filters, *, ratio: float = 5.0, without: Sequence[int] = ()) -> tuple[int, ...]:
    """The filters whose root mean square is above `ratio` times the median's, strongest first.

    The median is that of the filters that are not in `without`. On a scale shared by all, the median filter's contrast
    is then below 1 / ratio.
    """
    limit = ratio * typical(filters, without=without)
    return tuple(i for i in np.argsort(-filters.rms, kind="stable").tolist() if limit < filters.rms[i])


def typical(filters: Filters, *, without: Sequence[int] = ()) -> float:
    """The median root mean square of the filters that are not in `without`; 0 where there are no others."""
    rest = np.delete(filters.rms, list(without))
    return float(np.median(rest)) if len(rest) else 0.0


def clipping(filters: Filters, *, tolerance: float = 1e-3) -> Clipping:
    """How many filters have the largest root mean square, up to a relative `tolerance` for rounding.

    One filter always has it. Training that rescales filters above a limit to the limit leaves several; training without
    does not make two filters equal to a thousandth but by chance.
    """
    limit = float(filters.rms.max())
    count = int((filters.rms >= limit * (1 - tolerance)).sum()) if limit > 0 else 0
    return Clipping(limit, count, tolerance)


def duplicates(
    filters: Filters, *, threshold: float = 0.95, without: Sequence[int] = ()
) -> tuple[tuple[int, ...], ...]:
    """Groups of filters that are nearly the same but for their strength, the largest group first.

    Two filters belong together where the cosine between their weights is at least `threshold`, and groups are what is
    so connected. Filters of opposite sign are no duplicates: behind a rectifier they respond to opposite patterns.
    """
    flat = torch.from_numpy(filters.weights).flatten(1)
    norms = flat.norm(dim=1, keepdim=True)
    cosine = ((flat @ flat.T) / (norms * norms.T).clamp_min(torch.finfo(torch.float64).tiny)).numpy()
    alike = cosine >= threshold
    np.fill_diagonal(alike, val=False)
    dead = np.zeros(len(filters), np.bool_)
    dead[list(without)] = True
    alike &= ~(dead[:, None] | dead[None, :])
    groups, seen = [], dead
    for start in range(len(filters)):
        group, waiting = [], [start]
        while waiting:
            at = waiting.pop()
            if not seen[at]:
                seen[at] = True
                group.append(at)
                waiting.extend(np.flatnonzero(alike[at]).tolist())
        if len(group) > 1:
            groups.append(tuple(sorted(group)))
    return tuple(sorted(groups, key=lambda g: (-len(g), g)))


__all__ = [
    "Clipping",
    "Filters",
    "clipping",
    "dominating",
    "duplicates",
    "filters_of",
    "first_filters",
    "second_layer",
    "typical",
    "weak",
]
