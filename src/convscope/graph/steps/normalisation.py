"""Normalisation: batch norm as its linear map, local response norm by option, layer and group norms by derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph.boxes import Signal, whole, whole_origin
from convscope.graph.changes import Change, Place, PushBase
from convscope.graph.nouns import Span
from convscope.graph.options import PullOptions, Report
from convscope.graph.steps.base import Call, Positionwise, PullContext, Step
from convscope.graph.steps.registry import rule
from convscope.kernels import response
from convscope.kernels.response import Response

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
        tensor = signal.tensor.mul_(self.scale) if signal.owned else signal.tensor * self.scale
        return {0: Signal(tensor, signal.origin, share=signal.share)}

    @property
    def focuses(self) -> bool:
        """Statistics are those of channels."""
        return True

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The change times the channel's factor."""
        return Change(changes[0].own().mul_(self.scale), place, False)


@rule(F.local_response_norm)
class LocalResponseNorm(Positionwise):
    """Local response normalisation across channels, recognised in the chain of operations it is exported as."""

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """The input, for the gradient."""
        return () if options.lrn == "identity" else (0,)

    def run(self, inputs: Sequence[Tensor]) -> Tensor:
        """Of maps without PyTorch's pooling of a volume, which takes several times as long."""
        (x,) = inputs
        if x.dim() != 4 or self.call.result.layout != (2, 3) or torch.is_grad_enabled():
            return super().run(inputs)
        return response.normalise(x, self.response)

    @cached_property
    def response(self) -> Response:
        """Its window and constants."""
        return Response(*(self.call.kwargs[name] for name in ("size", "alpha", "beta", "k")))

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the option `lrn`."""
        if context.options.lrn == "identity":
            context.report.identity[self.op] += 1
            return {0: signal}
        context.report.differentiated[self.op] += 1
        if signal.origin is None or self.call.result.layout != (2, 3):
            return super().pull(signal, context)
        x = context.forward_on(self.inputs[0], signal.origin, signal.size((2, 3)))
        return {0: Signal(response.gradient(x, signal.tensor, self.response), signal.origin)}


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

    @property
    def reads_all(self) -> bool:
        """Through the statistics."""
        return True

    def run(self, inputs: Sequence[Tensor]) -> Tensor:
        """On channels-first memory: torch 2.13's channels-last kernels lose two of float32's bits in the statistics."""
        return super().run([t.contiguous() for t in inputs])

    def place(self, slot: int, axis: int) -> Span | None:
        """Everything, through the statistics."""
        return None

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the derivative, of a signal whose memory is channels first.

        PyTorch's backward of instance norm is wrong for a gradient whose memory is channels last (torch 2.13 on CPU).
        """
        origin = None if signal.origin is None else whole_origin(len(signal.tensor))
        return super().pull(Signal(whole(signal, self.call.result).contiguous(), origin), context)

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
