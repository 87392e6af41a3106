"""Normalisation: batch norm as its linear map, local response norm by option, layer and group norms by derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph.boxes import Signal
from convscope.graph.changes import Base, Change, Place
from convscope.graph.nouns import Span
from convscope.graph.options import PullOptions, Report
from convscope.graph.order import by_position, looped
from convscope.graph.steps.base import Call, Positionwise, PullContext, Step
from convscope.graph.steps.registry import rule

aten = torch.ops.aten


@rule(aten.batch_norm.default, aten._native_batch_norm_legit_no_training.default, aten.cudnn_batch_norm.default)
class BatchNorm(Positionwise):
    """Batch normalisation with its running statistics: a factor and a shift for every channel."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """With constant statistics, not those of the batch."""
        bound = call.bind()
        constant = isinstance(bound["running_mean"], Tensor) and isinstance(bound["running_var"], Tensor)
        return len(call.inputs) == 1 and constant and not bound.get("training", False) and call.pick in (None, 0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.op = "batch_norm"
        bound = self.call.bind()
        scale = (bound["running_var"] + bound["eps"]).rsqrt()
        if bound["weight"] is not None:
            scale = scale * bound["weight"]
        self.scale = scale.reshape(-1, *[1] * (len(self.call.result.shape) - 1))

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal times the channel's factor."""
        return {0: Signal(signal.tensor * self.scale, signal.origin, share=signal.share)}

    def push(self, changes: Mapping[int, Change], place: Place, base: Base) -> Change:
        """The change times the channel's factor."""
        return Change(changes[0].own().mul_(self.scale), place, False)


def _positions(maps: Tensor) -> NDArray[np.float32]:
    """Maps (n, c, h, w), channels last, as an array (positions, c) of the same memory."""
    return by_position(maps).reshape(-1, maps.shape[1])


@rule(F.local_response_norm)
class LocalResponseNorm(Positionwise):
    """Local response normalisation across channels, recognised in the chain of operations it is exported as."""

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """The input, for the gradient."""
        return () if options.lrn == "identity" else (0,)

    def run(self, inputs: Sequence[Tensor]) -> Tensor:
        """The same by shifted sums over channels: PyTorch pools a volume for it, which takes several times as long."""
        (x,) = inputs
        if x.dim() != 4 or self.call.result.layout != (2, 3) or torch.is_grad_enabled():
            return super().run(inputs)
        if self._looped(x):
            from convscope.graph import response  # imported where it is needed: Numba takes half a second

            out = torch.empty_like(x)
            response.normalise_response(_positions(x), *self._window(), _positions(out))
            return out
        x = x.movedim(1, -1)
        d, beta = self._divisor(x), self.call.kwargs["beta"]
        return _negative_power(d, beta).mul_(x).movedim(-1, 1)

    def _looped(self, *maps: Tensor) -> bool:
        """Whether `response` reads the maps, and faster than PyTorch, whose operations share out over threads."""
        return self.call.kwargs["beta"] == 0.75 and looped(*maps)

    def _window(self) -> tuple[int, int, float, float]:
        """Channels before and after each that are summed, the factor of the sum, and k."""
        size, alpha, k = (self.call.kwargs[name] for name in ("size", "alpha", "k"))
        return size // 2, (size - 1) // 2, alpha / size, k

    def _divisor(self, x: Tensor) -> Tensor:
        """k + alpha / n sum(x^2) for maps (..., channels), of which channel c sees c - n // 2 to c + (n - 1) // 2."""
        before, after, factor, k = self._window()
        return _window_sum(x.square(), before, after).mul_(factor).add_(k)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the option `lrn`."""
        if context.options.lrn == "identity":
            context.report.identity[self.op] += 1
            return {0: signal}
        context.report.differentiated[self.op] += 1
        if signal.origin is None or self.call.result.layout != (2, 3):
            return super().pull(signal, context)
        x = context.forward_on(self.inputs[0], signal.origin, signal.size((2, 3)))
        return {0: Signal(self._gradient(x, signal.tensor), signal.origin)}

    def _gradient(self, x: Tensor, g: Tensor) -> Tensor:
        """g / d^beta - 2 alpha beta / n x sum(g x / d^(beta + 1)), with y = x / d^beta, d = k + alpha / n sum(x^2)."""
        if self._looped(x, g):
            from convscope.graph import response  # imported where it is needed: Numba takes half a second

            out = torch.empty_like(x)
            response.response_gradient(_positions(x), _positions(g), *self._window(), _positions(out))
            return out
        size, alpha, beta = (self.call.kwargs[name] for name in ("size", "alpha", "beta"))
        x, g = x.movedim(1, -1), g.movedim(1, -1)
        d = self._divisor(x)
        scaled = g * _negative_power(d, beta)
        shares = _window_sum((scaled * x).div_(d), (size - 1) // 2, size // 2)
        return scaled.addcmul_(x, shares, value=-2 * beta * alpha / size).movedim(-1, 1)


def _window_sum(x: Tensor, before: int, after: int) -> Tensor:
    """The sums of windows of the last dimension, from so many entries before each to so many after it.

    Shifted additions: on channels-last maps they are up to six times faster than a product with a band matrix.
    """
    total, length = x.clone(), x.shape[-1]
    for shift in range(1, min(after, length - 1) + 1):
        total[..., : length - shift] += x[..., shift:]
    for shift in range(1, min(before, length - 1) + 1):
        total[..., shift:] += x[..., : length - shift]
    return total


def _negative_power(d: Tensor, beta: float) -> Tensor:
    """d ** -beta; by roots, which have vector instructions, for the exponent that everybody uses."""
    if beta == 0.75:
        root = d.rsqrt()
        return root.sqrt().mul_(root)
    return d.pow(-beta)


@rule(aten.layer_norm.default)
class LayerNorm(Positionwise):
    """Layer normalisation over dimensions that are no positions (channels-last maps): each position alone."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Unless a normalised dimension is a position."""
        if len(call.inputs) != 1:
            return False
        rank = len(call.sources[0].shape) + 1
        normalised = range(rank - len(call.bind()["normalized_shape"]), rank)
        return not any(dim in normalised for dim in call.sources[0].layout or ())

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the derivative."""
        context.report.differentiated[self.op] += 1
        return super().pull(signal, context)


@rule(aten.softmax.int, aten._softmax.default, aten.log_softmax.int, aten._log_softmax.default)
class Softmax(Positionwise):
    """Softmax over a dimension that is no position."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Unless it runs over positions."""
        rank = len(call.sources[0].shape) + 1
        return int(call.bind()["dim"]) % rank not in (call.sources[0].layout or ())

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the derivative."""
        context.report.differentiated[self.op] += 1
        return super().pull(signal, context)


@rule(aten.group_norm.default, aten.instance_norm.default, aten.layer_norm.default)
class MapNorm(Step):
    """Normalisation by statistics of the whole map (group, instance, layer norm over positions): whole map,
    derivative."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Where the statistics are those of one image."""
        return call.target is not aten.layer_norm.default or not LayerNorm.accepts(call)

    def run(self, inputs: Sequence[Tensor]) -> Tensor:
        """On channels-first memory: torch 2.13's channels-last kernels lose two of float32's bits in the statistics."""
        return super().run([t.contiguous() for t in inputs])

    def place(self, slot: int, axis: int) -> Span | None:
        """Everything, through the statistics."""
        return None

    def note(self, report: Report) -> None:
        """The derivative includes that of the statistics."""
        report.differentiated[self.op] += 1


def match_lrn(x: Any, divisor: Any) -> dict[str, Any] | None:
    """The arguments of the `F.local_response_norm(x, ...)` that `x / divisor` is, as FX nodes; None if it is not one.

    torch exports it as div(x, pow(k + alpha * avg(pad(x * x)), beta)), with views around the average.
    """
    views = (
        aten.view.default,
        aten.squeeze.dim,
        aten.unsqueeze.default,
        aten.reshape.default,
        aten._unsafe_view.default,
    )

    def step(node: Any, *targets: Any) -> Any:
        while getattr(node, "target", None) in views:
            node = node.args[0]
        return node if getattr(node, "target", None) in targets else None

    power = step(divisor, aten.pow.Tensor_Scalar)
    plus = power and step(power.args[0], aten.add.Tensor, aten.add.Scalar)
    times = plus and step(plus.args[0], aten.mul.Tensor, aten.mul.Scalar)
    average = times and step(times.args[0], aten.avg_pool3d.default, aten.avg_pool2d.default)
    padded = average and step(average.args[0], aten.pad.default, aten.constant_pad_nd.default)
    square = padded and step(padded.args[0], aten.mul.Tensor, aten.pow.Tensor_Scalar)
    if not square:
        return None
    squares = (square.args[1] is x) if square.target is aten.mul.Tensor else square.args[1] == 2
    numbers = all(isinstance(v, int | float) for v in (power.args[1], plus.args[1], times.args[1]))
    if square.args[0] is not x or not squares or not numbers:
        return None
    size = int(average.args[1][0])
    low, high = list(padded.args[1])[-2:]
    if (int(low), int(high)) != (size // 2, (size - 1) // 2):
        return None
    return {"size": size, "alpha": float(times.args[1]), "beta": float(power.args[1]), "k": float(plus.args[1])}
