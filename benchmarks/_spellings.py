"""Activations as people write them: each spelling beside PyTorch's own function of the same values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.graph.options import Rule, Smooth

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Spelling:
    """`written` computes what `plain` does, which is the activation `name`; `kind` as in `convscope.graph.known`."""

    text: str
    name: str
    kind: Literal["rectifier", "smooth", "derivative"]
    plain: Function
    written: Function

    def ruled(self, rule: Rule, smooth: Smooth) -> Function:
        """PyTorch's own function with a backward that is the rule, word for word."""
        spelling = self

        class Ruled(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Tensor) -> Tensor:
                ctx.save_for_backward(x)
                return spelling.plain(x)

            @staticmethod
            def backward(ctx: Any, signal: Tensor) -> Tensor:  # type: ignore[override]
                (x,) = ctx.saved_tensors
                with torch.enable_grad():
                    leaf = x.detach().requires_grad_()
                    (slope,) = torch.autograd.grad(spelling.plain(leaf).sum(), leaf)
                differentiated = spelling.kind == "derivative" or (spelling.kind == "smooth" and smooth == "gradient")
                if rule == "gradient" or differentiated:
                    return signal * slope
                return signal.clamp(min=0) * (slope if rule == "guided" else 1)

        return Ruled.apply


def _per_channel(x: Tensor) -> Tensor:
    return ((torch.arange(x.shape[1]) + 1) / 16).to(x.dtype).reshape(-1, 1, 1)


def _prelu(x: Tensor) -> Tensor:
    return F.prelu(x, _per_channel(x).flatten())


def _written_over(x: Tensor) -> Tensor:
    x[x < 0] = 0
    return x


def _quick_gelu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


def _gelu_tanh(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


def _hardsigmoid(x: Tensor) -> Tensor:
    """Not PyTorch's own, whose derivative has 1/6 in float32 also where all else is float64 (torch 2.13)."""
    return torch.where(x.abs() < 3, x / 6 + 0.5, (x > 0).to(x.dtype))


def _softplus(x: Tensor) -> Tensor:
    return torch.logaddexp(x, torch.zeros_like(x))


def _relus() -> list[tuple[str, Function]]:
    return [
        ("x * (x > 0)", lambda x: x * (x > 0)),
        ("x * (x > 0).float()", lambda x: x * (x > 0).to(x.dtype)),
        ("x.mul_(x > 0)", lambda x: x.mul_(x > 0)),
        ("where(x > 0, x, 0.0)", lambda x: torch.where(x > 0, x, 0.0)),
        ("where(x > 0, x, tensor(0.0))", lambda x: torch.where(x > 0, x, torch.tensor(0.0, dtype=x.dtype))),
        ("where(x < 0, zeros_like(x), x)", lambda x: torch.where(x < 0, torch.zeros_like(x), x)),
        ("where(x >= 0, x, zeros(x.shape))", lambda x: torch.where(x >= 0, x, torch.zeros(x.shape, dtype=x.dtype))),
        ("max(x, zeros_like(x))", lambda x: torch.max(x, torch.zeros_like(x))),
        ("maximum(x, tensor(0.0))", lambda x: torch.maximum(x, torch.tensor(0.0, dtype=x.dtype))),
        ("-min(-x, tensor(0.0))", lambda x: -torch.min(-x, torch.tensor(0.0, dtype=x.dtype))),
        ("masked_fill(x < 0, 0)", lambda x: x.masked_fill(x < 0, 0.0)),
        ("masked_fill(x < 0, tensor(0))", lambda x: x.masked_fill(x < 0, torch.tensor(0.0, dtype=x.dtype))),
        ("x[x < 0] = 0", _written_over),
        ("(x + abs(x)) / 2", lambda x: (x + x.abs()) / 2),
        ("0.5 * (x + abs(x))", lambda x: 0.5 * (x + torch.abs(x))),
        ("x * (sign(x) + 1) / 2", lambda x: x * (x.sign() + 1) / 2),
        ("x - x.clamp(max=0)", lambda x: x - x.clamp(max=0)),
        ("threshold(x, 0, 0)", lambda x: F.threshold(x, 0, 0)),
    ]


def _others() -> list[tuple[str, str, Literal["rectifier", "smooth", "derivative"], Function, Function]]:
    root = math.sqrt(2 / math.pi)
    return [
        ("clamp(x, 0, 6)", "relu6", "rectifier", F.relu6, lambda x: x.clamp(0, 6)),
        ("min(max(x, 0), 6)", "relu6", "rectifier", F.relu6, lambda x: x.clamp(min=0).clamp(max=6)),
        ("max(x, 0.1 x)", "leaky_relu", "smooth", lambda x: F.leaky_relu(x, 0.1), lambda x: torch.max(x, 0.1 * x)),
        (
            "where(x > 0, x, 0.1 x)", "leaky_relu", "smooth", lambda x: F.leaky_relu(x, 0.1),
            lambda x: torch.where(x > 0, x, x * 0.1),
        ),
        (
            "relu(x) - 0.1 relu(-x)", "leaky_relu", "smooth", lambda x: F.leaky_relu(x, 0.1),
            lambda x: F.relu(x) - 0.1 * F.relu(-x),
        ),
        (
            "0.55 x + 0.45 abs(x)", "leaky_relu", "smooth", lambda x: F.leaky_relu(x, 0.1),
            lambda x: 0.55 * x + 0.45 * x.abs(),
        ),
        ("where(x > 0, x, w x)", "prelu", "smooth", _prelu, lambda x: torch.where(x > 0, x, _per_channel(x) * x)),
        ("clamp(x, 0) + w clamp(x, max=0)", "prelu", "smooth", _prelu,
         lambda x: x.clamp(min=0) + _per_channel(x) * x.clamp(max=0)),
        ("where(x > 0, x, exp(x) - 1)", "elu", "smooth", F.elu, lambda x: torch.where(x > 0, x, torch.exp(x) - 1)),
        (
            "relu(x) - relu(0.7 (1 - exp(x)))", "elu", "smooth", lambda x: F.elu(x, 0.7),
            lambda x: F.relu(x) - F.relu(0.7 * (1 - torch.exp(x))),
        ),
        (
            "max(0, x) + min(0, 2 (exp(x / 2) - 1))", "celu", "smooth", lambda x: F.celu(x, 2.0),
            lambda x: x.clamp(min=0) + (2 * (torch.exp(x / 2) - 1)).clamp(max=0),
        ),
        (
            "1.05... where(x > 0, x, 1.67... expm1(x))", "selu", "smooth", F.selu,
            lambda x: 1.0507009873554805 * torch.where(x > 0, x, 1.6732632423543772 * torch.expm1(x)),
        ),
        ("x * sigmoid(x)", "silu", "smooth", F.silu, lambda x: x * torch.sigmoid(x)),
        ("x / (1 + exp(-x))", "silu", "smooth", F.silu, lambda x: x / (1 + torch.exp(-x))),
        (
            "x * sigmoid(1.702 x)", "quick_gelu", "smooth", _quick_gelu,
            lambda x: x / (1 + torch.exp(-1.702 * x)),
        ),
        (
            "0.5 x (1 + erf(x / sqrt(2)))", "gelu", "smooth", F.gelu,
            lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
        ),
        ("x * ndtr(x)", "gelu", "smooth", F.gelu, lambda x: x * torch.special.ndtr(x)),
        (
            "0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3)))", "gelu", "smooth", _gelu_tanh,
            lambda x: 0.5 * x * (1 + torch.tanh(root * (x + 0.044715 * x**3))),
        ),
        ("x * tanh(softplus(x))", "mish", "smooth", F.mish, lambda x: x * torch.tanh(F.softplus(x))),
        (
            "x * tanh(log(1 + exp(x)))", "mish", "smooth", F.mish,
            lambda x: x * torch.tanh(torch.log(1 + torch.exp(x))),
        ),
        ("x * relu6(x + 3) / 6", "hardswish", "smooth", F.hardswish, lambda x: x * F.relu6(x + 3) / 6),
        ("x * (relu6(x + 3) / 6)", "hardswish", "smooth", F.hardswish, lambda x: x * (F.relu6(x + 3) / 6)),
        ("x * clamp(x / 6 + 0.5, 0, 1)", "hardswish", "smooth", F.hardswish, lambda x: x * (x / 6 + 0.5).clamp(0, 1)),
        ("log(1 + exp(x))", "softplus", "smooth", _softplus, lambda x: torch.log(1 + torch.exp(x))),
        (
            "relu(x) + log1p(exp(-abs(x)))", "softplus", "smooth", _softplus,
            lambda x: F.relu(x) + torch.log1p(torch.exp(-x.abs())),
        ),
        ("relu6(x + 3) / 6", "hardsigmoid", "derivative", _hardsigmoid, lambda x: F.relu6(x + 3) / 6),
        ("clamp(x / 6 + 0.5, 0, 1)", "hardsigmoid", "derivative", _hardsigmoid, lambda x: (x / 6 + 0.5).clamp(0, 1)),
        ("1 / (1 + exp(-x))", "sigmoid", "derivative", torch.sigmoid, lambda x: 1 / (1 + torch.exp(-x))),
        ("0.5 (1 + tanh(x / 2))", "sigmoid", "derivative", torch.sigmoid, lambda x: 0.5 * (1 + torch.tanh(x / 2))),
        ("2 sigmoid(2 x) - 1", "tanh", "derivative", torch.tanh, lambda x: 2 * torch.sigmoid(2 * x) - 1),
        ("x / (1 + abs(x))", "softsign", "derivative", F.softsign, lambda x: x / (1 + x.abs())),
        ("-softplus(-x)", "log_sigmoid", "derivative", F.logsigmoid, lambda x: -F.softplus(-x)),
        ("log(sigmoid(x))", "log_sigmoid", "derivative", F.logsigmoid, lambda x: torch.log(torch.sigmoid(x))),
    ]  # fmt: skip


SPELLINGS = (
    *(Spelling(text, "relu", "rectifier", F.relu, written) for text, written in _relus()),
    *(Spelling(text, name, kind, plain, written) for text, name, kind, plain, written in _others()),
)
"""Some fifty of them."""
