"""Accounts: a unit's activation as what each value below it gives, and what the steps on the way add by themselves.

On one image a piecewise linear network is a linear function of each of its values, plus constants: where switches,
gates and normalisers stay as they were, a step's output is the sum of its inputs, each times its slope, and of a bias.
So a signal of one at a unit, carried down by these slopes, makes of every value that is met at some depth its share,
and of every step that is passed the share of its bias; shares and biases together are the activation. A bias is
computed from what the step adds to zero, never as what is left of the activation: what is left says how far this is
from the truth, which is nothing but where a step is curved (`Account.curved`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from convscope.graph.boxes import Signal, settle, unite, whole, whole_origin
from convscope.graph.nouns import Value
from convscope.graph.options import PullOptions
from convscope.graph.pulling import Context
from convscope.graph.steps import Slot, Step
from convscope.graph.steps.conv import Conv2d, ConvTranspose2d, Linear
from convscope.graph.steps.joining import Cat
from convscope.graph.steps.normalisation import BatchNorm, LayerNorm, LocalResponseNorm, MapNorm
from convscope.graph.steps.pointwise import Cast, GatedHalf, Product, ReLU, Sum
from convscope.graph.steps.pool import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d, Reduce, Statistic
from convscope.graph.steps.resampling import Upsample
from convscope.graph.steps.reshaping import Permute, Reshape
from convscope.graph.steps.silencing import Silenced
from convscope.graph.steps.slicing import ChannelChoice, Slice

AS_THEY_WERE = PullOptions(rule="gradient", gates="held")
"""How signals go: by the derivative, gates held."""

_ADDS_NOTHING = (AvgPool2d, AdaptiveAvgPool2d, Reduce, Reshape, Permute, Upsample, ChannelChoice, Cast, Slice)
_FROM_ZERO = {"relu", "leaky_relu", "prelu", "prelu_kernel", "rrelu", "abs", "topk"}
"""Elementwise functions of straight pieces whose lines all pass zero."""
_BOUNDED = {"relu6", "clamp", "hardtanh", "hardsigmoid", "clamp_min", "clamp_max", "maximum", "minimum", "threshold"}
"""Those whose lines do not."""


@dataclass
class Account:
    """Signals on their way down: `pending` at the values that they have come to, `biases` (n,) what was added by then.

    curved: the steps on the way that are no linear functions of their inputs, even with all held that can be.
    """

    pending: dict[int, Signal]
    biases: Tensor
    curved: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, target: int, signal: Signal) -> Account:
        """Signals that have just been put in at a value."""
        return cls({target: signal}, torch.zeros(len(signal.tensor), dtype=torch.float64, device=signal.tensor.device))

    def carried(self, steps: Sequence[Step], floor: int, context: Context) -> Account:
        """The account at the depth of value `floor`: no signal is pending at a value that is made after it.

        `context` holds the forward values that `asked` names, with the options `AS_THEY_WERE`.
        """
        pending, biases, curved = dict(self.pending), self.biases.clone(), Counter(self.curved)
        passed = [step for step in reversed(steps) if step.index > floor]
        with torch.no_grad():
            for done, step in enumerate(passed):
                if context.advanced is not None:
                    context.advanced(done / len(passed))
                arrived = pending.pop(step.index, None)
                if arrived is None:
                    continue
                if isinstance(step, Silenced):  # what is silenced is fed by nothing, and adds nothing
                    arrived, step = step.heard(arrived), step.inner
                if not step.call.result.depends:  # the same for every image: a constant
                    biases += shares(arrived, step.call.result, context.forward(step.index))
                    continue
                added = shift(step, context)
                if added is not None:
                    biases += shares(arrived, step.call.result, added)
                if is_curved(step, context.options):
                    curved[step.op] += 1
                for slot, part in _slopes(step, arrived, context).items():
                    number = step.inputs[slot]
                    value = context.values[number]
                    if slot not in step.held(context.options) and (value.floating or value.complex):
                        pending[number] = unite(pending.get(number), settle(part, value), value)
        return Account(pending, biases, curved)


def asked(steps: Sequence[Step], floor: int, options: PullOptions = AS_THEY_WERE) -> set[int]:
    """The forward values that an account down to `floor` will ask for, those that it ends at among them."""
    wanted: set[int] = {floor}
    for step in steps:
        if step.index <= floor:
            continue
        wanted.update(step.inputs[slot] for slot in step.needs(options))
        wanted.update(number for number in step.inputs if number <= floor or not step.linear)
        if not step.call.result.depends:
            wanted.add(step.index)
    return wanted


def shares(signal: Signal, value: Value, factor: Tensor) -> Tensor:
    """The sum (n,) of signals times what stands there, in float64; `factor` may be broadcast, and lack the batch."""
    factor = factor.reshape(*[1] * (len(value.shape) + 1 - factor.dim()), *factor.shape)
    tensor = signal.tensor
    if value.layout is not None and all(factor.shape[dim] == 1 for dim in value.layout):
        tensor = tensor.sum(value.layout, keepdim=True, dtype=torch.float64)
    else:
        tensor = whole(signal, value)
    return (tensor.double() * factor.double()).flatten(1).sum(1)


# -- what a step adds -------------------------------------------------------------------------------------------------
def shift(step: Step, context: Context) -> Tensor | None:
    """What a step adds to what its inputs give on these images, to be broadcast over its output; None for nothing."""
    if isinstance(step, Conv2d | ConvTranspose2d):
        bias = step.call.bind()["bias"]
        return None if bias is None else bias[:, None, None]
    if isinstance(step, Linear):
        return step.call.bind()["bias"]
    if isinstance(step, BatchNorm):
        bound = step.call.bind()
        moved = -bound["running_mean"].reshape(step.scale.shape) * step.scale
        return moved if bound["bias"] is None else moved + bound["bias"].reshape(step.scale.shape)
    if isinstance(step, LayerNorm | MapNorm):
        bias = step.call.bind()["bias"]
        if bias is None or not _has_scale(step):
            return None
        return bias if isinstance(step, LayerNorm) or step.op == "layer_norm" else _per_channel(bias, step)
    if step.linear:
        return _of_zero(step, context)
    if step.op in _BOUNDED and len(step.inputs) == 1 and not is_curved(step, context.options):
        return _of_line(step, context)
    return None


def _of_zero(step: Step, context: Context) -> Tensor | None:
    """What a linear step makes of zeros."""
    if isinstance(step, _ADDS_NOTHING) or (isinstance(step, Sum) and len(step.inputs) == 2):
        return None
    if isinstance(step, Cat) and all(isinstance(part, Slot) for part in step.call.bind()["tensors"]):
        return None
    like = next(iter(context.kept.values()))
    zeros = []
    for number, value in zip(step.inputs, step.call.sources, strict=True):
        zeros.append(like.new_zeros(1, *value.shape) if value.batched else torch.zeros_like(context.forward(number)))
    return step.run(zeros)


def _of_line(step: Step, context: Context) -> Tensor:
    """Where the lines that the inputs lie on meet zero: of a ReLU6 above 6, and of a clamp beyond its bounds, these."""
    with torch.enable_grad():
        x = context.forward(step.inputs[0]).detach().requires_grad_()
        y = step.run([x])
        (slope,) = torch.autograd.grad(y.sum(), x)
    return y.detach() - slope * x.detach()


# -- the slopes -------------------------------------------------------------------------------------------------------
def _slopes(step: Step, signal: Signal, context: Context) -> Mapping[int, Signal]:
    """The signal at each input: as the step pulls it, with what normalises as it was."""
    if isinstance(step, ReLU) and len(x := context.kept[step.inputs[0]]) == 1 and _is_all(signal, step.call.result):
        return {0: Signal(signal.tensor * (x > 0), signal.origin, share=signal.share / 2)}  # read once for all signals
    if isinstance(step, LocalResponseNorm):
        x = context.forward(step.inputs[0]).movedim(1, -1)
        factor = step.response.divisor(x).pow(-step.response.beta).movedim(-1, 1)
        return {0: _everywhere(whole(signal, step.call.result) * factor, step.call.result)}
    if isinstance(step, LayerNorm | MapNorm) and _has_scale(step):
        return {0: _everywhere(_centred(step, whole(signal, step.call.result), context), step.call.result)}
    if _is_quotient(step):
        below = context.forward(step.inputs[1])
        return {0: _everywhere(whole(signal, step.call.result) / below, step.call.result)}
    return step.pull(signal, context)


def _is_all(signal: Signal, value: Value) -> bool:
    """Whether a signal is on the whole of a value."""
    return value.layout is None or (signal.size(value.layout) == value.size and not np.any(signal.origin))


def _everywhere(tensor: Tensor, value: Value) -> Signal:
    return Signal(tensor, None if value.layout is None else whole_origin(len(tensor)))


def _has_scale(step: Step) -> bool:
    """Whether a norm's own numbers are constants, and its statistics the image's."""
    bound = step.call.bind()
    constant = all(bound.get(name) is None or isinstance(bound[name], Tensor) for name in ("weight", "bias"))
    return constant and bool(bound.get("use_input_stats", True))


def _per_channel(numbers: Tensor, step: Step) -> Tensor:
    return numbers.reshape(-1, *[1] * (len(step.call.result.shape) - 1))


def _centred(step: Step, signal: Tensor, context: Context) -> Tensor:
    """The signal through a norm whose deviation is held: what is left of it is a mean taken off, and a factor."""
    bound, x = step.call.bind(), context.forward(step.inputs[0])
    weight = bound["weight"]
    if step.op == "layer_norm":
        dims = len(bound["normalized_shape"])
        signal = signal if weight is None else signal * weight
        x, grouped = x.flatten(-dims), signal.flatten(-dims)
    else:
        groups = int(bound["num_groups"]) if "num_groups" in bound else x.shape[1]
        signal = signal if weight is None else signal * _per_channel(weight, step)
        x, grouped = x.reshape(len(x), groups, -1), signal.reshape(len(signal), groups, -1)
    factor = (x.var(-1, keepdim=True, correction=0) + bound["eps"]).rsqrt()
    carried = grouped * factor
    return (carried - carried.mean(-1, keepdim=True)).reshape(signal.shape)


def _is_quotient(step: Step) -> bool:
    """Whether it is one value over another, which is taken for what normalises it."""
    slots = _slots(step)
    shapes = step.call.sources[:1] and step.call.sources[0].shape == step.call.result.shape
    return isinstance(step, Product) and step.op == "div" and slots == [0, 1] and bool(shapes)


def _slots(step: Step) -> list[int]:
    return [argument.number for argument in step.call.args if isinstance(argument, Slot)]


def is_curved(step: Step, options: PullOptions) -> bool:
    """Whether a step is no linear function of its inputs, whatever can be held being held."""
    if step.linear or isinstance(step, MaxPool2d | AdaptiveMaxPool2d | LocalResponseNorm | GatedHalf):
        return False
    if isinstance(step, LayerNorm | MapNorm):
        return not _has_scale(step)
    if isinstance(step, Statistic):
        return step.op not in ("amax", "amin", "max", "min")
    if isinstance(step, Product):
        once = len(_slots(step)) == 1 and (step.op == "mul" or isinstance(step.call.args[0], Slot))
        return not (once or len(step.held(options)) == 1 or _is_quotient(step))
    return step.op not in _FROM_ZERO | _BOUNDED


__all__ = ["AS_THEY_WERE", "Account", "asked", "is_curved", "shares", "shift"]
