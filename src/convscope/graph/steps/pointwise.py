"""Pointwise steps: rectifiers and their kin, other activations, arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph.boxes import Signal
from convscope.graph.changes import Below, Change, Place, PushBase, widen
from convscope.graph.options import PullOptions
from convscope.graph.steps.base import Call, Positionwise, PullContext, Slot, constants_fit
from convscope.graph.steps.registry import rule
from convscope.kernels import edits

aten = torch.ops.aten


class Rectifying(Positionwise):
    """An activation that the deconvnet answers by keeping the positive part of the signal."""

    #: Whether its derivative is zero for half of the inputs, as a ReLU's is.
    blocks: ClassVar[bool] = True

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """The input only where its sign or slope matters."""
        return () if self.only_rectifies(options) else (0,)

    def only_rectifies(self, options: PullOptions) -> bool:
        """Whether nothing but the signal's own sign counts under these options."""
        return options.rule == "deconvnet"

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the ReLU rule."""
        if context.options.rule == "gradient":
            passed = super().pull(signal, context)
        else:
            self.count(context)
            kept = Signal(signal.tensor.clamp_(min=0) if signal.owned else signal.tensor.clamp(min=0), signal.origin)
            passed = {0: kept} if self.only_rectifies(context.options) else super().pull(kept, context)
        if context.options.rule != "gradient" or self.blocks:
            passed = {slot: replace(part, share=signal.share / 2) for slot, part in passed.items()}
        return passed

    def count(self, context: PullContext) -> None:
        """Notes in the report that the signal was rectified here."""
        context.report.rectified[self.op] += 1


class Rectifier(Rectifying):
    """What behaves like a ReLU, with or without an upper bound, however it is written."""


@rule(aten.relu.default)
class ReLU(Rectifying):
    """max(x, 0)."""

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """max(x + d, 0) - max(x, 0), in place."""
        layout = self.call.result.layout
        if layout is None or place.origin is None:
            return super().push(changes, place, base)
        tensor = changes[0].own()
        edits.rectify(tensor, place.origin, Below(base, self.inputs[0]), layout)
        return Change(tensor, place, False)


@rule(aten.hardtanh.default, aten.relu6.default, aten.clamp.default, aten.clamp_min.default, aten.threshold.default)
class ClippedReLU(Rectifying):
    """ReLU in other words: clamp(min=0), ReLU6, threshold(0, 0); an upper bound does not change what it is."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """With zero as the lower bound."""
        bound = call.bind()
        if call.target is aten.relu6.default:
            return True
        if "threshold" in bound:
            return bound["threshold"] == 0 and bound["value"] == 0
        low, high = bound.get("min_val", bound.get("min")), bound.get("max_val", bound.get("max"))
        return low == 0 and (high is None or (isinstance(high, int | float) and high > 0)) and len(call.inputs) == 1

    def __post_init__(self) -> None:
        super().__post_init__()
        high = self.call.bind().get("max_val", self.call.bind().get("max"))
        if self.op != "relu6":
            self.op = "relu6" if high == 6 else "relu" if high is None else self.op


@rule(aten.maximum.default)
class MaximumWithZero(Rectifying):
    """torch.maximum(x, 0)."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Against a constant zero."""
        constants = [a for a in call.args if isinstance(a, Tensor)]
        return len(call.inputs) == 1 and len(constants) == 1 and not constants[0].any()


@rule(
    aten.leaky_relu.default,
    aten.prelu.default,
    aten._prelu_kernel.default,
    aten.rrelu.default,
    aten.elu.default,
    aten.selu.default,
    aten.celu.default,
    aten.silu.default,
    aten.gelu.default,
    aten.hardswish.default,
    aten.mish.default,
    aten.softplus.default,
)
class SmoothActivation(Rectifying):
    """An activation like a ReLU but not one; what becomes of it is the option `smooth`."""

    blocks = False

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """With constant parameters."""
        return len(call.inputs) == 1

    @property
    def focuses(self) -> bool:
        """Parameters are those of channels."""
        return True

    def only_rectifies(self, options: PullOptions) -> bool:
        """As a ReLU, if it is to be treated as one."""
        return options.smooth == "rectify" and super().only_rectifies(options)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the option `smooth`, unless all activations take their gradient."""
        if context.options.rule == "gradient" or context.options.smooth == "rectify":
            return super().pull(signal, context)
        if context.options.smooth == "error":
            raise UsageError(
                f"layer '{self.name}' is {self.op}, not a ReLU, and smooth='error' refuses to rectify there: "
                "choose smooth='rectify' or smooth='gradient'"
            )
        context.report.differentiated[self.op] += 1
        return Positionwise.pull(self, signal, context)

    def count(self, context: PullContext) -> None:
        """Notes that something was rectified that is no ReLU."""
        context.report.smooth[self.op] += 1


@rule(
    aten.sigmoid.default,
    aten.hardsigmoid.default,
    aten.tanh.default,
    aten.hardtanh.default,
    aten.log_sigmoid.default,
    aten.exp.default,
    aten.log.default,
    aten.sqrt.default,
    aten.rsqrt.default,
    aten.pow.Tensor_Scalar,
    aten.pow.Tensor_Tensor,
    aten.square.default,
    aten.abs.default,
    aten.sin.default,
    aten.cos.default,
    aten.erf.default,
    aten.reciprocal.default,
    aten.clamp.default,
    aten.clamp_min.default,
    aten.clamp_max.default,
    aten.maximum.default,
    aten.minimum.default,
    aten.where.self,
)
class Differentiated(Positionwise):
    """A pointwise function that is no rectifier (gates, exponentials ...): its derivative, position by position."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Unless a class registered for rectifiers holds, or constants differ from position to position."""
        rectifies = any(c.accepts(call) for c in (ClippedReLU, MaximumWithZero) if _may_be(c, call))
        return not rectifies and constants_fit(call)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """By the derivative, and counted."""
        (context.report.unnamed if self.unnamed else context.report.differentiated)[self.op] += 1
        return super().pull(signal, context)


def _may_be(cls: type, call: Call) -> bool:
    bounds = (aten.hardtanh.default, aten.clamp.default, aten.clamp_min.default)
    return call.target in (bounds if cls is ClippedReLU else (aten.maximum.default,))


@rule(aten.add.Tensor, aten.sub.Tensor, aten.add.Scalar, aten.sub.Scalar, aten.rsub.Scalar, aten.neg.default)
class Sum(Positionwise):
    """Sums and differences: linear up to a constant; operands that broadcast receive the sum of the signal."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Any operands of maps of one orientation; constants that differ from position to position, too."""
        one = len(call.inputs) == 1 and call.sources[0].layout == call.result.layout
        return constants_fit(call) or (one and call.sources[0].shape == call.result.shape)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal, with the operand's sign and factor; an operand that is broadcast receives a sum of it."""
        factors = self._factors()
        if factors is None:
            return super().pull(signal, context)
        owned = signal.owned and len(factors) == 1
        return {
            slot: Signal(
                signal.tensor if factor == 1 else signal.tensor * factor,
                signal.origin,
                owned or factor != 1,
                signal.share,
            )
            for slot, factor in enumerate(factors)
        }

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """The changes themselves, added up with their signs; constants and what is not changed fall out."""
        factors = self._factors()
        plain = all(self.call.sources[slot].size == self.call.result.size for slot in changes) if place.size else False
        if factors is None or not plain or self.call.result.layout is None:
            return super().push(changes, place, base)
        total: Tensor | None = None
        for slot, change in changes.items():
            tensor = widen(change, self.call.result.layout, place)
            factor = factors[slot]
            if total is None:
                own = tensor is not change.tensor or change.fresh
                total = tensor if own else tensor.clone()
                total = total if factor == 1 else total.mul_(factor)
            else:
                total.add_(tensor, alpha=factor)
        assert total is not None
        return Change(total, place, False)

    @property
    def plain(self) -> bool:
        """Whether it is the sum of two maps of its own shape."""
        return self._factors() == [1.0, 1.0]

    def _factors(self) -> list[float] | None:
        """By what each slot enters the sum; None where one would have to be broadcast over channels."""
        if any(v.shape != self.call.result.shape for v in self.call.sources):
            return None
        alpha = float(self.call.bind().get("alpha", 1))
        signs = {"add": (1.0, alpha), "sub": (1.0, -alpha), "rsub": (-alpha, 1.0), "neg": (-1.0, 0.0)}.get(self.call.op)
        if signs is None:
            return None
        found: list[float] = [0.0] * len(self.inputs)
        for argument, sign in zip(self.call.args, signs, strict=False):
            if isinstance(argument, Slot):
                found[argument.number] += sign
        return found


@rule(aten._to_copy.default, aten.to.dtype, aten.type_as.default)
class Cast(Positionwise):
    """Another dtype, as autocast asks for; rounding aside, nothing happens to a signal."""

    linear = True

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """From floating numbers to floating numbers."""
        return len(call.inputs) == 1 and call.sources[0].floating and call.result.floating

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal."""
        return {0: signal}


@rule(aten.mul.Tensor, aten.mul.Scalar, aten.div.Tensor, aten.div.Scalar)
class Product(Positionwise):
    """Products and quotients; by a constant they are linear."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Any operands of maps of one orientation."""
        return constants_fit(call)

    def needs(self, options: PullOptions) -> tuple[int, ...]:
        """All operands, unless the other is a constant, or taken for one."""
        if self._weighed(options):
            return self.call.held
        return () if self.by_constant else super().needs(options)

    @property
    def by_constant(self) -> bool:
        """Whether it scales one value, channel by channel."""
        return self._scale() is not None

    def _weighed(self, options: PullOptions) -> bool:
        """Whether it is a value of the result's shape, weighed by a gate that is held."""
        held = self.held(options)
        others = [v for slot, v in enumerate(self.call.sources) if slot not in held]
        return len(held) == len(others) == 1 and others[0].shape == self.call.result.shape

    def _scale(self) -> Any:
        """The constant factor of a product with the slot first, or None."""
        if len(self.inputs) != 1 or len(self.call.args) < 2:
            return None
        first, second = self.call.args[:2]
        scales = second if self.call.op in ("mul", "div") and isinstance(second, Tensor | int | float) else None
        if scales is None and self.call.op == "mul" and isinstance(first, Tensor):
            scales = first
        same_shape = self.call.sources[0].shape == self.call.result.shape
        return scales if same_shape else None

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal times the other operand."""
        if self._weighed(context.options):
            (slot,) = self.call.held
            gate = self.operand(slot, signal, context)
            tensor = signal.tensor.mul_(gate) if signal.owned else signal.tensor * gate
            return {1 - slot: Signal(tensor, signal.origin, share=signal.share)}
        scale = self._scale()
        if scale is None:
            if self.unnamed:
                context.report.unnamed[self.op] += 1
            return super().pull(signal, context)
        tensor = signal.tensor / scale if self.call.op == "div" else signal.tensor * scale
        return {0: Signal(tensor, signal.origin, share=signal.share)}

    def push(self, changes: Mapping[int, Change], place: Place, base: PushBase) -> Change:
        """By a constant, the change times it."""
        scale = self._scale()
        if scale is None or place.origin is None:
            return super().push(changes, place, base)
        tensor = changes[0].tensor
        return Change(tensor / scale if self.call.op == "div" else tensor * scale, place, False)


@rule(aten.addcmul.default)
class AddedProduct(Positionwise):
    """a + factor * b * c, position by position."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Any operands of maps of one orientation."""
        return constants_fit(call)


@rule(aten.glu.default)
class GatedHalf(Positionwise):
    """The gated linear unit: the first half of a dimension times the sigmoid of the second, which is a gate."""

    @classmethod
    def accepts(cls, call: Call) -> bool:
        """Halves of a dimension that is no position."""
        return _split_dim(call) not in (*(call.sources[0].layout or ()), 0)

    def pull(self, signal: Signal, context: PullContext) -> dict[int, Signal]:
        """The signal times the gate, in the first half; both halves by the derivative where gates are exact."""
        if not context.options.holds:
            context.report.differentiated["gate"] += 1
            return super().pull(signal, context)
        context.report.held["gate"] += 1
        gate = self.operand(0, signal, context).chunk(2, _split_dim(self.call))[1].sigmoid()
        first = signal.tensor * gate
        both = torch.cat([first, torch.zeros_like(first)], _split_dim(self.call))
        return {0: Signal(both, signal.origin, share=signal.share / 2)}


def _split_dim(call: Call) -> int:
    return int(call.bind()["dim"]) % (len(call.result.shape) + 1)
