"""Units of a layer silenced one by one on an image, pushed to the output: only what changes is computed, exactly.

A changed channel stays one as far as steps keep channels apart: activations, pooling, batch norm, concatenation, sums.
Into the next convolution or linear layer it goes alone, with its own part of the weights, and is added to what the
image gave there; from then on whole maps run forward, for several units at once. Where all that follows is a 1x1
convolution, a ReLU and a mean over positions, `kernels.silencing` does it in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.graph.folding import fold_norms
from convscope.graph.fusing import plan
from convscope.graph.nouns import Value
from convscope.graph.pulling import cone
from convscope.graph.steps import Step
from convscope.graph.steps.conv import Conv2d, Linear
from convscope.graph.steps.joining import Cat
from convscope.graph.steps.normalisation import BatchNorm
from convscope.graph.steps.pointwise import ClippedReLU, Differentiated, ReLU, SmoothActivation, Sum
from convscope.graph.steps.pool import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d, Reduce
from convscope.graph.steps.reshaping import Reshape
from convscope.kernels.silencing import rectified_changes

_POINTWISE = (ReLU, ClippedReLU, SmoothActivation, Differentiated)
_POOLING = (MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d)
AT_ONCE = 64
"""Units that go through whole maps together, at most."""


@dataclass(frozen=True)
class Narrow:
    """The new value of one channel of each edit: (n, 1, h, w) of a map, (n, width) of a vector that maps became.

    channels: (n,) which they are: entries channels * width to (channels + 1) * width of such a vector.
    """

    tensor: Tensor
    channels: Tensor

    @property
    def width(self) -> int:
        """Entries of a channel, in a vector."""
        return self.tensor.shape[1]


class Silencer:
    """What setting units of a layer to other values makes of a network's output, planned once.

    base: the values of an image that it asks for, by their numbers.

    Raises:
        UsageError: where the output does not depend on the layer, or is no vector.
    """

    def __init__(self, net: Network, layer: str) -> None:
        self.net, self.layer = net, net.layers[layer].name
        self.start, self.output = net.index_of(layer), net.program.output
        after = _after(net, self.start)
        if not after or after[-1].index != self.output:
            raise UsageError(f"layer '{self.layer}' is not one that the output '{net.output}' is computed from")
        if net.values[self.output].layout is not None or len(net.values[self.output].shape) != 1:
            raise UsageError(f"effects are those on a vector of scores, and '{net.output}' of {net.name} is none")
        if not net.program.any_batch or not all(net.values[step.index].batched for step in after):
            raise UsageError(f"effects need a network that runs any number of images, and {net.name} mixes them")
        self._affected = {self.start, *(step.index for step in after)}
        self._steps = fold_norms(after, {self.output})
        self._narrow, self._wide = self._parted()

    @cached_property
    def base(self) -> set[int]:
        """The values of the unedited image that are asked for."""
        found = {self.start, self.output}
        for step in self._narrow:
            found |= {step.index, *step.inputs}
        for step in self._steps:
            found |= {number for number in step.inputs if number not in self._affected}
        found |= {n for s in self._wide for n in s.inputs if n in self._kept_narrow}
        return found

    @property
    def takes_channels(self) -> bool:
        """Whether single channels of the layer can be pushed: its channels come first."""
        value = self.net.values[self.start]
        return value.layout in ((2, 3), None) and value.channel_dim == 1

    @property
    def one_by_one(self) -> bool:
        """Whether what becomes of a unit does not depend, to the last bit, on which others are pushed with it."""
        return self._head is not None

    @property
    def base_of_groups(self) -> set[int]:
        """The values of the unedited image that groups of units ask for."""
        return {self.start, self.output} | {n for s in self._steps for n in s.inputs if n not in self._affected}

    # -- how it goes --------------------------------------------------------------------------------------------------
    def _parted(self) -> tuple[list[Step], list[Step]]:
        """The steps that a channel stays one in, or that one goes into; and the rest, on whole maps."""
        alone, narrow, wide, kept = {self.start}, list[Step](), list[Step](), set[int]()
        if not self.takes_channels:
            self._kept_narrow: set[int] = {self.start}
            return [], list(self._steps)
        for step in self._steps:
            changed = [n for n in step.inputs if n in self._affected]
            if len(changed) == 1 and changed[0] in alone and (keeps(step) or _widens(step)):
                narrow.append(step)
                alone |= {step.index} if keeps(step) else set()
            else:
                wide.append(step)
                kept |= alone & set(changed)
        self._kept_narrow = kept | ({self.output} & alone)
        return narrow, wide

    def outputs(self, base: Mapping[int, Tensor], channels: Tensor, values: Tensor) -> Tensor:
        """The output (n, k) of the image of these `base` values, each of one image, where `channels` (n,) of the layer
        have new `values` (n, h, w), or (n,) of a vector."""
        edits = Narrow(values[:, None], channels)
        if self._head is not None:
            return self._through_head(base, edits)
        parts = [slice(first, first + AT_ONCE) for first in range(0, len(channels), AT_ONCE)]
        return torch.cat([self._pushed(base, Narrow(edits.tensor[p], channels[p])) for p in parts])

    def outputs_of_groups(self, base: Mapping[int, Tensor], layers: Tensor) -> Tensor:
        """The output (n, k) where the whole layer has new values `layers` (n, ...)."""
        found = []
        for part in layers.split(AT_ONCE):
            alive = {number: _copies(base[number], len(part)) for number in self.base_of_groups} | {self.start: part}
            found.append(self._run(alive, tuple(self._steps)))
        return torch.cat(found)

    def _pushed(self, base: Mapping[int, Tensor], edits: Narrow) -> Tensor:
        held, whole = {self.start: edits}, dict[int, Tensor]()
        with torch.inference_mode():
            for step in self._narrow:
                (slot,) = (s for s, n in enumerate(step.inputs) if n in held)
                if keeps(step):
                    held[step.index] = advance(step, slot, held[step.inputs[slot]], base)
                else:
                    whole[step.index] = enter(step, held[step.inputs[slot]], base)
            for number in self._kept_narrow:
                whole[number] = widened(held[number], base[number])
            count = len(edits.channels)
            others = {n for s in self._wide for n in s.inputs} - self._affected
            alive = {number: _copies(base[number], count) for number in others}
            return self._run(alive | whole, tuple(self._wide))

    def _run(self, alive: dict[int, Tensor], steps: tuple[Step, ...]) -> Tensor:
        with torch.inference_mode():
            for action in plan(steps, frozenset({self.output}), fold=self.net.folding == "fold"):
                alive[action.index] = action.run([alive[i] for i in action.inputs])
                for i in action.spent:
                    del alive[i]
        return alive[self.output]

    # -- in one -------------------------------------------------------------------------------------------------------
    @cached_property
    def _head(self) -> Conv2d | None:
        """The 1x1 convolution that all which follows begins with, where a ReLU and a mean over positions end it."""
        *before, last = self._narrow or [None]
        if not isinstance(last, Conv2d) or any(not keeps(step) for step in before if step is not None):
            return None
        plain = last.kernel == last.stride == (1, 1) and last.before == (0, 0) and last.groups == 1
        at, kinds = last.index, []
        for step in self._wide:
            if step.inputs != (at,):
                return None
            kinds.append("rectify" if isinstance(step, ReLU) else "mean" if _means(step) else "shape")
            if kinds[-1] == "shape" and not isinstance(step, Reshape):
                return None
            at = step.index
        ends = kinds[:2] == ["rectify", "mean"] and all(kind == "shape" for kind in kinds[2:])
        return last if plain and ends and self._kept_narrow == set() else None

    @cached_property
    def _by_channel(self) -> Tensor:
        """What each channel enters the scores by, (c, k)."""
        assert self._head is not None
        return self._head.weight.flatten(1).T.contiguous()

    def _through_head(self, base: Mapping[int, Tensor], edits: Narrow) -> Tensor:
        head = self._head
        assert head is not None
        with torch.inference_mode():
            held, at = edits, self.start
            for step in self._narrow[:-1]:
                slot = step.inputs.index(at)
                held, at = advance(step, slot, held, base), step.index
            change = (held.tensor - base[at][0].index_select(0, held.channels)[:, None]).flatten(1)
            before = base[head.index][0].flatten(1).T.contiguous()
            weight = self._by_channel.index_select(0, held.channels)
            return base[self.output] + rectified_changes(before, weight, change) / before.shape[0]


# -- one channel ------------------------------------------------------------------------------------------------------
def keeps(step: Step) -> bool:
    """Whether a step makes of one changed channel one changed channel."""
    source, result = step.call.sources[0], step.call.result
    if isinstance(step, Cat):
        return step.parts is not None
    if isinstance(step, Sum):
        return step.plain and step.call.result.layout == (2, 3)
    if isinstance(step, Reshape):
        same = source.layout == (2, 3) and len(source.shape) == 3 and len(result.shape) == 1
        return same or (source.shape == result.shape and source.layout == result.layout)
    if len(step.inputs) != 1 or source.channel_dim != 1 or result.channel_dim != 1:
        return False
    if isinstance(step, BatchNorm):
        return True
    if isinstance(step, Reduce):
        return source.layout == (2, 3) and step.dims == {2, 3}
    constant = any(isinstance(a, Tensor) and a.numel() > 1 for a in (*step.call.args, *step.call.kwargs.values()))
    return isinstance(step, (*_POINTWISE, *_POOLING)) and not constant


def _widens(step: Step) -> bool:
    """Whether one channel goes into a step with its own part of the weights."""
    if isinstance(step, Linear):
        return len(step.call.sources[0].shape) == 1 and step.call.sources[0].layout is None
    return isinstance(step, Conv2d) and step.groups == 1


def advance(step: Step, slot: int, edits: Narrow, base: Mapping[int, Tensor]) -> Narrow:
    """The changed channels after a step that keeps them."""
    tensor, channels = edits.tensor, edits.channels
    if isinstance(step, Cat):
        parts = step.parts or ()
        return Narrow(tensor, channels + sum(parts[:slot]))
    if isinstance(step, Sum):
        old, sums = (base[n][0].index_select(0, channels)[:, None] for n in (step.inputs[slot], step.index))
        return Narrow(sums + (tensor - old), channels)
    if isinstance(step, BatchNorm):
        bound, factor = step.call.bind(), step.scale.flatten()[channels]
        shift = -bound["running_mean"][channels] * factor
        shift = shift if bound["bias"] is None else shift + bound["bias"][channels]
        shape = (-1, *[1] * (tensor.dim() - 1))
        return Narrow(tensor * factor.reshape(shape) + shift.reshape(shape), channels)
    if isinstance(step, Reshape):
        return Narrow(tensor.flatten(1) if len(step.call.result.shape) == 1 else tensor, channels)
    return Narrow(step.run([tensor]), channels)


def enter(step: Step, edits: Narrow, base: Mapping[int, Tensor]) -> Tensor:
    """The whole output of a convolution or linear layer that one changed channel of each edit goes into."""
    old = widen_none(base[step.inputs[0]], edits)
    change, before = edits.tensor - old, base[step.index]
    if isinstance(step, Linear):
        weight = step.weight.reshape(len(step.weight), -1, edits.width).index_select(1, edits.channels)
        return torch.einsum("onw,nw->no", weight, change) + before
    assert isinstance(step, Conv2d)
    weight = step.weight.index_select(1, edits.channels).permute(1, 2, 3, 0).flatten(1, 2)  # (n, taps, out)
    low = step.before
    high = [step.dilation[a] * (step.kernel[a] - 1) - low[a] if step.call.bind()["padding"] == "same" else low[a]
            for a in range(2)]  # fmt: skip
    padded = F.pad(change, (low[1], high[1], low[0], high[0]))
    taps = F.unfold(padded, step.kernel, dilation=step.dilation, stride=step.stride).transpose(1, 2)
    height, width = before.shape[2:]
    rows = before[0].flatten(1).T
    out = torch.baddbmm(rows.expand(len(taps), *rows.shape), taps, weight)
    return out.transpose(1, 2).unflatten(2, (height, width))


def widen_none(base: Tensor, edits: Narrow) -> Tensor:
    """What the changed channels were, in the shape that they have."""
    if edits.tensor.dim() == 4:
        return base[0].index_select(0, edits.channels)[:, None]
    return base[0].reshape(-1, edits.width).index_select(0, edits.channels)


def widened(edits: Narrow, base: Tensor) -> Tensor:
    """The whole value, of each edit a copy with its channel changed."""
    out, rows = _copies(base, len(edits.channels)), torch.arange(len(edits.channels))
    if out.dim() == 4:
        out[rows, edits.channels] = edits.tensor[:, 0]
        return out
    out.reshape(len(out), -1, edits.width)[rows, edits.channels] = edits.tensor
    return out


def _copies(base: Tensor, count: int) -> Tensor:
    tensor = base.expand(count, *base.shape[1:])
    return tensor.clone(memory_format=torch.channels_last if base.dim() == 4 else torch.contiguous_format)


def _means(step: Step) -> bool:
    value: Value = step.call.result
    if isinstance(step, AdaptiveAvgPool2d):
        return value.size == (1, 1)
    return isinstance(step, Reduce) and step.op == "mean" and step.dims == {2, 3}


def _after(net: Network, start: int) -> list[Step]:
    """The steps from a value to the output that what depends on it goes through."""
    reached, found = {start}, list[Step]()
    for step in cone(net.steps, net.program.output):
        if reached & set(step.inputs):
            reached.add(step.index)
            found.append(step)
    return found


__all__ = ["AT_ONCE", "Narrow", "Silencer", "advance", "enter", "keeps", "widened"]
