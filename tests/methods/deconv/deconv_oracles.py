"""Three ways to compute a deconvnet that share nothing with ours: patched activations, a literal chain, and captum."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from captum.attr import NeuronDeconvolution
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


def relative(found: Tensor, expected: Tensor) -> float:
    """|found - expected| / |expected| in L2; the expected must not be zero, or all would be infinitely wrong."""
    size = float(expected.norm())
    assert size > 0, "the projection to compare with is zero"
    return float((found - expected).norm()) / size


# -- patched activations ----------------------------------------------------------------------------------------------
class Rectified(torch.autograd.Function):
    """Any pointwise activation forward; the positive part of the signal backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, activation: Callable[[Tensor], Tensor]) -> Tensor:
        return activation(x)

    @staticmethod
    def backward(ctx: Any, *signals: Tensor) -> tuple[Tensor, None]:
        return signals[0].clamp(min=0), None


class PatchedActivations(TorchFunctionMode):
    """Within it every activation is Rectified, however it is spelled; in-place forms write their input as they do."""

    PLAIN = (
        F.relu,
        torch.relu,
        Tensor.relu,
        F.silu,
        F.gelu,
        F.hardswish,
        F.leaky_relu,
        F.elu,
        F.mish,
        F.relu6,
        F.hardtanh,
    )
    IN_PLACE = (torch.relu_, Tensor.relu_, F.relu_)

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        clamps = (Tensor.clamp, torch.clamp, Tensor.clamp_, torch.clamp_, Tensor.clamp_min, torch.clamp_min)
        low = kwargs.get("min", args[1] if len(args) > 1 else None) if function in clamps else None
        if function not in self.PLAIN + self.IN_PLACE and not isinstance(low, int | float):
            return function(*args, **kwargs)
        if function in clamps and low != 0:
            return function(*args, **kwargs)
        x, rest = args[0], args[1:]
        in_place = kwargs.pop("inplace", False) or function in (*self.IN_PLACE, Tensor.clamp_, torch.clamp_)
        if function is F.leaky_relu or function is F.elu:
            rest = rest[:1]  # what may follow is `inplace`
        elif function in (F.relu, F.silu, F.hardswish, F.mish, F.relu6):
            in_place, rest = in_place or bool(rest), ()
        with torch._C.DisableTorchFunction():
            y = Rectified.apply(x, lambda t: function(t.clone() if in_place else t, *rest, **kwargs))
            return x.copy_(y) if in_place else y


def patched_projection(run: Callable[[Tensor], Tensor], image: Tensor, index: tuple[int, ...]) -> Tensor:
    """The projection (C, H, W) of the unit at `index` of run(image)[0], seeded with its activation."""
    leaf = image.detach().repeat(2, 1, 1, 1).requires_grad_()  # two: see benchmarks._oracles.NodeOracle
    with PatchedActivations():
        value = run(leaf)[(0, *index)]
    return torch.autograd.grad(value, leaf, value.detach())[0][0]


# -- captum -----------------------------------------------------------------------------------------------------------
def captum_projection(
    model: nn.Module, layer: nn.Module, image: Tensor, index: tuple[int, ...], kind: type = NeuronDeconvolution
) -> Tensor:
    """captum's answer (C, H, W) for a unit of a layer, seeded with one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind(model, layer).attribute(image.clone().requires_grad_(), neuron_selector=index)[0].detach()


# -- a literal chain --------------------------------------------------------------------------------------------------
class Chain:
    """A deconvnet written out for a plain stack: conv_transpose2d, scatter_add_, clamp, LRN's formula."""

    def __init__(self, layers: Sequence[nn.Module], *, lrn: Literal["identity", "gradient"] = "identity") -> None:
        self.layers = list(layers)
        self.lrn = lrn

    def forward(self, image: Tensor) -> Tensor:
        """The stack's output; keeps what the way back needs."""
        self.inputs: list[Tensor] = []
        x = image
        with torch.no_grad():
            for layer in self.layers:
                self.inputs.append(x.clone())
                x = layer(x.clone())
        return x

    def backward(self, signal: Tensor) -> Tensor:
        """The signal at the image."""
        with torch.no_grad():
            for layer, x in zip(self.layers[::-1], self.inputs[::-1], strict=True):
                signal = self._back(layer, x, signal)
        return signal

    def _back(self, layer: nn.Module, x: Tensor, signal: Tensor) -> Tensor:
        if isinstance(layer, nn.Conv2d):
            return conv_back(layer, x, signal)
        if isinstance(layer, nn.ReLU):
            return signal.clamp(min=0)
        if isinstance(layer, nn.MaxPool2d):
            _, at = F.max_pool2d(
                x, layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode, return_indices=True
            )
            wide = torch.zeros_like(x).flatten(2)
            return wide.scatter_add_(2, at.flatten(2), signal.flatten(2)).reshape(x.shape)
        if isinstance(layer, nn.LocalResponseNorm):
            return signal if self.lrn == "identity" else lrn_back(layer, x, signal)
        if isinstance(layer, nn.Linear):
            return signal @ layer.weight
        if isinstance(layer, nn.Flatten | nn.Unflatten):
            return signal.reshape(x.shape)
        assert isinstance(layer, nn.Dropout), layer
        return signal


def conv_back(layer: nn.Conv2d, x: Tensor, signal: Tensor) -> Tensor:
    """The transposed convolution, with the rows and columns that the stride left unread put back as zeros."""
    extra = [
        x.shape[2 + a] + 2 * layer.padding[a] - layer.dilation[a] * (layer.kernel_size[a] - 1) - 1  # type: ignore[operator]
        for a in range(2)
    ]
    return F.conv_transpose2d(
        signal,
        layer.weight,
        None,
        layer.stride,
        layer.padding,
        tuple(e % s for e, s in zip(extra, layer.stride, strict=True)),
        layer.groups,
        layer.dilation,
    )


def lrn_back(layer: nn.LocalResponseNorm, x: Tensor, signal: Tensor) -> Tensor:
    """d/dx_j of sum_i g_i x_i d_i^-b with d_i = k + a/n sum over i's n neighbours of x^2, channel by channel."""
    n, channels = layer.size, x.shape[1]
    near = [range(max(i - n // 2, 0), min(i + (n - 1) // 2 + 1, channels)) for i in range(channels)]
    d = torch.stack([layer.k + layer.alpha / n * (x[:, list(r)] ** 2).sum(1) for r in near], 1)
    out = signal * d**-layer.beta
    for i, neighbours in enumerate(near):
        common = signal[:, i] * x[:, i] * d[:, i] ** (-layer.beta - 1)
        for j in neighbours:
            out[:, j] -= 2 * layer.alpha * layer.beta / n * x[:, j] * common
    return out
