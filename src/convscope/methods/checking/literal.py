"""A network's steps as autograd runs them, each rule of going back written out: what projections are held against.

Every step is run by its own operation, whole, and autograd carries signals back: no boxes, no rule of a step, no
switches found again take part. What a rule changes (the positive part at activations, gates that are constants) stands
here a second time, after its definition, and so does what counts as an activation where the operation says it.

Run with weights of structure instead of the network's own (all positive, all activations straight), nothing cancels and
nothing is dead: the gradient's support is then what a unit can see at all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph import Network, PullOptions
from convscope.graph.running import as_map
from convscope.graph.steps import Step
from convscope.graph.steps.conv import Conv2d, ConvTranspose2d, Linear
from convscope.graph.steps.normalisation import BatchNorm
from convscope.graph.steps.pointwise import Product, Rectifier, SmoothActivation
from convscope.graph.steps.rearranging import Chain
from convscope.graph.steps.strongest import strongest

aten = torch.ops.aten

_RECTIFIED = {
    *(aten.relu.default, aten.relu6.default, aten.leaky_relu.default, aten.prelu.default, aten.rrelu.default),
    *(aten._prelu_kernel.default, aten.elu.default, aten.selu.default, aten.celu.default, aten.silu.default),
    *(aten.gelu.default, aten.hardswish.default, aten.mish.default, aten.softplus.default),
    strongest,
}
_BOUNDED = {aten.hardtanh.default, aten.clamp.default, aten.clamp_min.default}
_BATCH_NORMS = {
    aten.batch_norm.default,
    aten._native_batch_norm_legit_no_training.default,
    aten.cudnn_batch_norm.default,
}
_STATISTICS = {aten.group_norm.default, aten.instance_norm.default, aten.layer_norm.default}
_MAX_POOLS = {aten.max_pool2d.default, aten.max_pool2d_with_indices.default}


@dataclass
class _Current:
    """The rules that count when signals go back; None for those of structure."""

    options: PullOptions


class _Activation(torch.autograd.Function):
    """An activation `made` of `source` by the maker's own operations: back by the rule that counts then."""

    @staticmethod
    def forward(ctx: Any, source: Tensor, made: Tensor, current: _Current, straight: bool) -> Tensor:
        ctx.current, ctx.straight = current, straight
        return made.view_as(made)

    @staticmethod
    def backward(ctx: Any, *arrived: Any) -> Any:
        (signal,) = arrived
        rule = ctx.current.options.rule
        if ctx.straight:
            return signal, None, None, None
        if rule == "gradient":
            return None, signal, None, None
        kept = signal.clamp(min=0)
        return (kept, None, None, None) if rule == "deconvnet" else (None, kept, None, None)


class _Gate(torch.autograd.Function):
    """A gate: what arrives goes on into it, or nothing does where gates are held."""

    @staticmethod
    def forward(ctx: Any, gate: Tensor, current: _Current) -> Tensor:
        ctx.current = current
        return gate.view_as(gate)

    @staticmethod
    def backward(ctx: Any, *arrived: Any) -> Any:
        return (None if ctx.current.options.holds else arrived[0]), None


class _Response(torch.autograd.Function):
    """Local response normalisation: passed by, or differentiated."""

    @staticmethod
    def forward(ctx: Any, source: Tensor, made: Tensor, current: _Current) -> Tensor:
        ctx.current = current
        return made.view_as(made)

    @staticmethod
    def backward(ctx: Any, *arrived: Any) -> Any:
        return (arrived[0], None, None) if ctx.current.options.lrn == "identity" else (None, arrived[0], None)


class _Laid(torch.autograd.Function):
    """Nothing, but for the gradient's memory: PyTorch's backward of some norms is wrong for channels last (2.13)."""

    @staticmethod
    def forward(ctx: Any, made: Tensor) -> Tensor:
        return made.view_as(made)

    @staticmethod
    def backward(ctx: Any, *arrived: Any) -> Any:
        return arrived[0].contiguous()


class Literal:
    """One run of a network on one image (1, C, H, W), whose `wanted` values may be asked for signals.

    structure: a generator that weights are drawn from instead of the network's own, see above.
    """

    def __init__(
        self, net: Network, image: Tensor, wanted: Collection[int], *, structure: torch.Generator | None = None
    ) -> None:
        self._net, self._structure = net, structure
        self._current = _Current(PullOptions())
        self.image = image.detach().clone().contiguous().requires_grad_()
        with torch.enable_grad():
            self._values = self._run(set(wanted))

    def value(self, index: int) -> Tensor:
        """A value, channels second."""
        return as_map(self._net.values[index], self._values[index])

    def signal(self, options: PullOptions, index: int, at: tuple[int, ...]) -> Tensor:
        """What one unit, at (channel, y, x) or (channel,) of a value, carries back to the image: (C, H, W)."""
        return self._back(options, self.value(index)[(0, *at)])

    def support(self, options: PullOptions, index: int, position: tuple[int, int] | None) -> tuple[int, int, int, int]:
        """The box y0 x0 y1 x1 around all pixels that reach any channel at a position; 0 0 0 0 where none does."""
        value = self.value(index)[0]
        there = value if position is None else value[:, *position]
        mixture = torch.rand(there.shape, generator=self._structure, dtype=there.dtype, device="cpu") + 0.5
        found = self._back(options, (there * mixture.to(there.device)).sum())
        ys, xs = np.nonzero(found.abs().sum(0).cpu().numpy())
        return (int(ys.min()), int(xs.min()), int(ys.max()) + 1, int(xs.max()) + 1) if len(ys) else (0, 0, 0, 0)

    def _back(self, options: PullOptions, number: Tensor) -> Tensor:
        self._current.options = options
        found = None
        if number.requires_grad:
            (found,) = torch.autograd.grad(number, self.image, retain_graph=True, allow_unused=True)
        return torch.zeros_like(self.image[0]) if found is None else found[0]

    # -- forward ------------------------------------------------------------------------------------------------------
    def _run(self, wanted: set[int]) -> dict[int, Tensor]:
        steps = [step for step in self._net.steps if step.index <= max(wanted)]
        last = {i: step.index for step in steps for i in self._read_by(step)}
        alive: dict[int, Tensor] = {0: self.image}
        for step in steps:
            alive[step.index] = self._made(step, alive)
            for i in [i for i in alive if last.get(i, 0) <= step.index and i not in wanted and i != step.index]:
                del alive[i]
        return alive

    def _read_by(self, step: Step) -> tuple[int, ...]:
        """What making a step's value takes: its inputs, and what the activation that it ends starts from."""
        return (*step.inputs, *(i for inner in self._written_with(step) for i in inner.inputs))

    def _made(self, step: Step, alive: dict[int, Tensor]) -> Tensor:
        given = [
            _Gate.apply(alive[i], self._current) if slot in step.call.held else alive[i]
            for slot, i in enumerate(step.inputs)
        ]
        if step.call.target is aten.glu.default:
            first, second = given[0].chunk(2, int(step.call.bind()["dim"]))
            return first * _Gate.apply(second.sigmoid(), self._current)
        if step.call.target in _BATCH_NORMS and isinstance(step, BatchNorm):
            return given[0] if self._structure is not None else _batch_norm(step, given[0])
        if step.call.target is F.local_response_norm:
            return _Response.apply(given[0], _operation(step, given), self._current)
        if step.call.target in _STATISTICS:
            return _Laid.apply(_operation(step, [t.contiguous() for t in given]))
        source = self._rectified(step)
        if source is not None:
            straight = self._structure is not None
            return _Activation.apply(alive[source], self._by_itself(step, given, alive), self._current, straight)
        return _operation(step, given) if self._structure is None else self._structural(step, given)

    def _rectified(self, step: Step) -> int | None:
        """The value that the activation which makes a step's value is one of; None where none does."""
        standing = self._net.activations.get(step.index)
        if isinstance(standing, Rectifier | SmoothActivation):
            return standing.inputs[0]
        return step.inputs[0] if len(step.inputs) == 1 and rectifier_named(step) else None

    def _by_itself(self, step: Step, given: Sequence[Tensor], alive: dict[int, Tensor]) -> Tensor:
        """An activation's value, its derivative the maker's: what it is written with (the ReLU6 of a hard swish) has no
        rule of its own within it."""
        made: dict[int, Tensor] = {}
        for inner in self._written_with(step):
            made[inner.index] = _operation(inner, [made[i] if i in made else alive[i] for i in inner.inputs])
        return made[step.index] if made else _operation(step, given)

    def _written_with(self, step: Step) -> list[Step]:
        """The steps of the activation that a step ends, in execution order; none where it is one by itself."""
        net = self._net
        return [net.steps[i - 1] for i in sorted(within(net, step.index))] if step.index in net.activations else []

    def _structural(self, step: Step, given: Sequence[Tensor]) -> Tensor:
        """A step's value with positive weights, and with all of a window in the place of its largest."""
        largest = step.call.target in _MAX_POOLS and step.call.pick in (None, 0)  # not where it is
        if largest and len(given) == 1 and given[0].dim() == 4:
            return _mean_of_windows(step, given[0])
        weighted = isinstance(step, Conv2d | ConvTranspose2d | Linear)
        if weighted or (isinstance(step, Product) and step.by_constant):
            return _operation(step.moved(self._positive), given)
        return _operation(step, given)

    def _positive(self, leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or not leaf.is_floating_point():
            return leaf
        drawn = torch.rand(leaf.shape, generator=self._structure, dtype=leaf.dtype, device="cpu") + 0.5
        return drawn.to(leaf.device) / (max(leaf[0].numel(), 1) if leaf.dim() > 1 else 1)


def within(net: Network, index: int) -> set[int]:
    """The values between an activation that is written out and what it starts from."""
    standing, found, waiting = net.activations[index], set[int](), [index]
    while waiting:
        number = waiting.pop()
        if number in found or number in standing.inputs or not net.values[number].depends:
            continue
        found.add(number)
        waiting += net.steps[number - 1].inputs
    return found


def _operation(step: Step, given: Sequence[Tensor]) -> Tensor:
    """What a step's own operation gives, or its operations one after the other."""
    call = step.call
    if isinstance(call.target, Chain):
        return call.target(given[0], call.args[1], len(given[0]))
    return Step.run(step, given)


def rectifier_named(step: Step) -> bool:
    """Whether an operation is an activation that is rectified, by what it is called and by its bounds."""
    target, bound = step.call.target, step.call.bind()
    if target in _RECTIFIED:
        return True
    if target is aten.threshold.default:
        return bound["threshold"] == 0 and bound["value"] == 0
    if target is aten.maximum.default:
        constants = [one for one in step.call.args if isinstance(one, Tensor)]
        return len(constants) == 1 and not constants[0].any()
    if target not in _BOUNDED:
        return False
    low, high = bound.get("min_val", bound.get("min")), bound.get("max_val", bound.get("max"))
    return low == 0 and (high is None or (isinstance(high, int | float) and high > 0))


def _batch_norm(step: Step, x: Tensor) -> Tensor:
    """As it is defined; PyTorch's backward is wrong on one image whose gradient arrives transposed (2.13)."""
    bound = step.call.bind()
    shape = (-1, *[1] * (x.dim() - 2))
    made = (x - bound["running_mean"].view(shape)) / (bound["running_var"].view(shape) + bound["eps"]).sqrt()
    made = made if bound["weight"] is None else made * bound["weight"].view(shape)
    made = made if bound["bias"] is None else made + bound["bias"].view(shape)
    return made.to(x.dtype)  # in autocast the statistics are more precise


def _mean_of_windows(step: Step, x: Tensor) -> Tensor:
    """The mean of each window of a max pooling: all that it could take its value from."""
    bound, rows = step.call.bind(), step.call.result.size
    kernel, padding, dilation = (_pair(bound[name]) for name in ("kernel_size", "padding", "dilation"))
    stride = _pair(bound["stride"]) if bound["stride"] else kernel
    around: list[int] = []
    for axis in (1, 0):  # ceil mode adds windows that begin within the map and end beyond it
        whole = (rows[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1
        around += [padding[axis], max(whole - x.shape[2 + axis] - padding[axis], 0)]
    ones = x.new_full((x.shape[1], 1, *kernel), 1 / (kernel[0] * kernel[1]))
    found = F.conv2d(F.pad(x, around), ones, None, stride, 0, dilation, x.shape[1])
    return found[:, :, : rows[0], : rows[1]]


def _pair(value: Any) -> tuple[int, int]:
    values = [value] if isinstance(value, int) else list(value)
    return int(values[0]), int(values[-1])


__all__ = ["Literal", "rectifier_named", "within"]
