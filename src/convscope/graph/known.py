"""Activations by what they compute: which known one, if any, a function of one number is.

A function is judged by its values and slopes in float64, on numbers that lie dense around zero and reach far.
Parameters (a slope, a bound) are read off it at a few numbers and checked at all others. What is asked for is equality:
an activation that is scaled, shifted or turned round is not that activation, and what scales it is a step of its own.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

log = logging.getLogger(__name__)

ActivationKind = Literal["rectifier", "smooth", "derivative"]
"""How a signal goes back: a ReLU's rule, the rule for what is like one, or the derivative."""

_FAR = 80.0
_RELATIVE = 1e-9
_LEAST = 1e-30  # slopes below are none: a slope of 1e-20 is told from none
_ROUNDING = 1e-14  # of curves that saturate: 1 + erf(x) loses so much where it vanishes
_TIED = 1e-12  # so near zero, exp(x) - 1 may be zero, and a comparison with zero a tie
_AT_ONCE = 1 << 18  # numbers that a function is tried on, at most: fewer for each of many channels


@dataclass(frozen=True)
class Known:
    """An activation that was found: its name, as PyTorch's if it has one, and how a signal goes back through it."""

    name: str
    kind: ActivationKind


@dataclass(frozen=True)
class _Curve:
    """A function's values `y` and slopes `s` at the numbers `x` (g, 1); both (g, p) for p channels."""

    x: Tensor
    y: Tensor
    s: Tensor

    def at(self, number: float) -> tuple[Tensor, Tensor]:
        """Value and slope (p,) at a number that was tried."""
        (row,) = torch.nonzero(self.x[:, 0] == number)[0].tolist()
        return self.y[row], self.s[row]


def recognise(function: Callable[[Tensor], Tensor], shape: tuple[int, ...] = ()) -> Known | None:
    """The activation that a function equals in every channel, or None.

    function: of a float64 tensor (g, *shape), entry by entry, on the CPU. shape: 1 in all dimensions but those along
    which it has constants of its own.

    >>> recognise(lambda x: x * (x > 0))
    Known(name='relu', kind='rectifier')
    >>> recognise(lambda x: 2 * x.clamp(min=0)) is None
    True
    """
    few = _curve(function, shape, _few(), slopes=False)
    if few is None or not _may_be_known(few):
        return None
    curve = _curve(function, shape, _numbers(math.prod(shape)), slopes=True)
    if curve is None:
        return None
    return next(_matches(curve), None)


# -- what is tried ----------------------------------------------------------------------------------------------------
_FITTED = (-80.0, -1.0, 0.0, 0.5, 1.0, 2.0, 80.0)


def _few() -> Tensor:
    return torch.tensor([0.0, 79.0, 80.0, -79.0, -80.0], dtype=torch.float64, device="cpu")


def _numbers(channels: int) -> Tensor:
    """The numbers to try, those that parameters are read at among them; none of the others is a likely kink."""
    count = max(40, min(400, _AT_ONCE // (2 * max(channels, 1))))
    near = torch.logspace(-30, math.log10(0.97 * _FAR), count // 2, dtype=torch.float64, device="cpu")
    far = torch.linspace(0.0137, 0.9931 * _FAR, count - count // 2, dtype=torch.float64, device="cpu")
    fitted = torch.tensor(_FITTED, dtype=torch.float64, device="cpu")
    return torch.cat([-near, near, -far, far, fitted])


def _curve(
    function: Callable[[Tensor], Tensor], shape: tuple[int, ...], numbers: Tensor, *, slopes: bool
) -> _Curve | None:
    """The function's curve; None where it is not finite, or has no slope but at zero."""
    x = numbers.reshape(-1, *[1] * len(shape)).expand(-1, *shape).clone()
    try:
        with torch.enable_grad():
            x.requires_grad_(slopes)
            y = function(x)
            if y.shape != x.shape or (slopes and not y.requires_grad):
                return None
            (s,) = torch.autograd.grad(y.sum(), x) if slopes else (torch.zeros_like(x),)
    except (RuntimeError, TypeError) as error:  # it has no derivative in PyTorch, or takes no float64
        log.info("a function that cannot be tried: %s", error)
        return None
    rows = len(numbers)
    curve = _Curve(numbers[:, None], y.detach().double().reshape(rows, -1), s.reshape(rows, -1))
    away = curve.x[:, 0] != 0
    return curve if bool(curve.y.isfinite().all() and curve.s[away].isfinite().all()) else None


def _may_be_known(curve: _Curve) -> bool:
    """Whether a look at few numbers leaves it possible: it passes zero, or one of three values there, and then is flat
    or rises by what it is given."""
    zero, high, higher = curve.y[0], curve.y[1], curve.y[2]
    passes = bool((zero == 0).all())
    half = bool((zero - 0.5).abs().max() < 1e-6)  # a sigmoid
    turned = bool((zero < 0).all()) and bool((higher.abs() < 1e-6).all())  # log_sigmoid
    raised = bool((zero > 0).all()) and bool((higher - 80.0).abs().max() < 1)  # softplus
    rise = higher - high
    known = (rise.abs() < 1e-3) | ((rise - 1).abs() < 1e-3) | ((rise - _SELU).abs() < 1e-3)
    return (passes or half or turned or raised) and bool(known.all())


# -- what it is compared with -----------------------------------------------------------------------------------------
_SELU = 1.0507009873554804934193349852946


def _matches(curve: _Curve) -> Iterator[Known]:
    """The activations that a curve equals, the plainest first."""
    for family in (_straight, _smooth, _gates):
        for name, kind, reference, possible in family(curve):
            exact = name in _STRAIGHT
            if bool(possible) and _equal(curve, reference, strict=exact):
                yield Known(name, kind)


_STRAIGHT = {"relu", "relu6", "clamp", "leaky_relu", "prelu", "hardtanh", "hardswish", "hardsigmoid"}
_Candidate = tuple[str, ActivationKind, Callable[[Tensor], Tensor], Tensor | bool]


def _straight(curve: _Curve) -> Iterator[_Candidate]:
    """Those made of straight pieces."""
    (low, left), (high, _) = curve.at(-_FAR), curve.at(_FAR)
    flat = high < _FAR
    yield "relu", "rectifier", torch.relu, (left == 0).all() & ~flat.any()
    top = "relu6" if bool((high == 6).all()) else "clamp"
    yield (
        top,
        "rectifier",
        lambda x: torch.minimum(x.clamp(min=0), high),
        flat.all() & (high > 0).all() & (low == 0).all(),
    )
    one = bool((left == left[0]).all())
    curved = (left >= 0).all() & (left != 1).any() & ~flat.any()
    yield "leaky_relu" if one else "prelu", "smooth", lambda x: torch.where(x > 0, x, left * x), curved
    between = (high > 0).all() & (low < 0).all() & flat.all() & (low > -_FAR).all()
    yield "hardtanh", "derivative", lambda x: torch.minimum(torch.maximum(x, low), high), between
    yield "hardswish", "smooth", lambda x: x * (x + 3).clamp(0, 6) / 6, True
    yield "hardswish", "smooth", lambda x: x * F.hardsigmoid(x), True  # PyTorch's derivative rounds 1/6 to float32
    for slope in (1 / 6, 0.2):  # PyTorch's, and Keras's
        yield "hardsigmoid", "derivative", partial(_hard_sigmoid, slope), True


def _hard_sigmoid(slope: float, x: Tensor) -> Tensor:
    return (slope * x + 0.5).clamp(0, 1)


def _smooth(curve: _Curve) -> Iterator[_Candidate]:
    """Those that are like a ReLU, and curved."""
    (low, _), (_, left), (one, _), (two, _) = curve.at(-_FAR), curve.at(-1.0), curve.at(1.0), curve.at(2.0)
    alpha = -low / -math.expm1(-_FAR)
    yield "elu", "smooth", lambda x: torch.where(x > 0, x, alpha * torch.expm1(x)), (alpha > 0).all()
    width = -1 / left.log()
    celu = (left > 0).all() & (left < 1).all()
    yield "celu", "smooth", lambda x: torch.where(x > 0, x, width * torch.expm1(x.clamp(max=0) / width)), celu
    yield "selu", "smooth", F.selu, True
    inside = (one > 0.5).all() & (one < 1).all()
    beta = one.logit()
    name = next((name for name, b in (("silu", 1.0), ("quick_gelu", 1.702)) if _near(beta, b)), "swish")
    yield name, "smooth", lambda x: x * torch.sigmoid(beta * x), inside
    scale = torch.erfinv(2 * one - 1)
    yield "gelu", "smooth", lambda x: x * 0.5 * torch.erfc(-scale * x), inside & _near(scale, math.sqrt(0.5), 1e-4)
    u, v = torch.atanh(2 * one - 1), torch.atanh(two - 1)
    cube = (v - 2 * u) / 6
    linear = u - cube
    tanh = inside & _near(linear, math.sqrt(2 / math.pi), 1e-4) & _near(cube / linear, 0.044715, 1e-3)
    yield "gelu", "smooth", lambda x: 0.5 * x * (1 + torch.tanh(linear * x + cube * x**3)), tanh
    yield "mish", "smooth", F.mish, True


def _gates(curve: _Curve) -> Iterator[_Candidate]:
    """Those that saturate on both sides, and those whose value at zero is not zero."""
    yield "softsign", "derivative", F.softsign, True
    yield "tanh", "derivative", torch.tanh, True
    yield "sigmoid", "derivative", torch.sigmoid, True
    zero = curve.at(0.0)[0]
    beta = math.log(2) / zero
    yield "softplus", "smooth", lambda x: torch.logaddexp(beta * x, torch.zeros_like(x)) / beta, (zero > 0).all()
    turned = (zero > 0).all()
    yield "softplus", "smooth", lambda x: torch.where(beta * x > 20, x, (beta * x).exp().log1p() / beta), turned
    yield "log_sigmoid", "derivative", F.logsigmoid, True
    yield "log_sigmoid", "derivative", lambda x: -F.softplus(-x), True


def _near(found: Tensor, number: float, by: float = _RELATIVE) -> bool:
    return bool(((found - number).abs() <= by * abs(number)).all())


def _equal(curve: _Curve, reference: Callable[[Tensor], Tensor], *, strict: bool) -> bool:
    """Whether values and slopes are equal: relatively, and zero at zero exactly where the reference is.

    strict: with no allowance for rounding, as straight pieces need none.
    """
    with torch.enable_grad():
        x = curve.x.expand(-1, curve.y.shape[1]).clone().requires_grad_()
        y = reference(x)
        (s,) = torch.autograd.grad(y.sum(), x)
    y = y.detach()
    zero = curve.x[:, 0] == 0
    if not bool((~(y[zero] == 0) | (curve.y[zero] == 0)).all()):
        return False
    least = _LEAST if strict else _ROUNDING
    values = (curve.y - y).abs() <= _RELATIVE * y.abs() + least * (1 if strict else 10)
    slopes = (curve.s - s).abs() <= _RELATIVE * s.abs() + least
    size = curve.x[:, 0].abs()
    kinks = zero if strict else size < _TIED
    kinks = kinks | torch.isin(curve.x[:, 0], curve.x.new_tensor(_FITTED))
    return bool(values.all() and (slopes | kinks[:, None]).all())
