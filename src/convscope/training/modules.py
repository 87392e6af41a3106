"""Modules for training: the same functions as PyTorch's, in less time. In evaluation mode they are PyTorch's.

PyTorch composes local response normalisation of padding, a pool in three dimensions, a power and a division, each with
a gradient of its own, which together cost as much as all convolutions of a ZFNet on a CPU. Here the sums over
neighbouring maps are a matrix product with a band of ones, and the gradient is written out.

A rectifier before a max pool waits until after it, where there are four times fewer values: values and gradients are
the same to the last bit, since the largest of a window is rectified either way, and a window that has nothing above
zero passes no gradient.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.models.networks import MeanImage


class TrainingNorm(nn.LocalResponseNorm):
    """`nn.LocalResponseNorm` that is quicker where gradients are wanted; elsewhere it is that module."""

    def forward(self, input: Tensor) -> Tensor:
        """x / (k + alpha / size * sum of squares over neighbouring maps) ** beta."""
        if not (torch.is_grad_enabled() and input.requires_grad and input.ndim == 4):
            return super().forward(input)
        return _Normalise.apply(input, self.size, self.alpha, self.beta, self.k)


class TrainingMean(MeanImage):
    """`MeanImage` that overwrites its input while it trains: the trainer makes a new one for every batch."""

    def forward(self, x: Tensor) -> Tensor:
        """`x - image`."""
        if self.training and torch.is_grad_enabled() and not x.requires_grad:
            return x.sub_(self.image)
        return super().forward(x)


class WaitingReLU(nn.ReLU):
    """`nn.ReLU` that leaves its work to the `RectifyingPool` after it while it trains."""

    def forward(self, input: Tensor) -> Tensor:
        """`input` itself in training, max(input, 0) in evaluation."""
        return input if self.training else super().forward(input)


class RectifyingPool(nn.MaxPool2d):
    """`nn.MaxPool2d` that rectifies what it gives while it trains."""

    def forward(self, input: Tensor) -> Tensor:
        """The largest of each window, in training at least 0."""
        largest: Any = super().forward(input)  # a pair only where indices are asked for
        return F.relu_(largest) if self.training else largest


def use_training_modules(module: nn.Module) -> nn.Module:
    """The module with parts replaced by quicker ones, in place; its weights and their names stay."""
    for part in module.modules():
        if isinstance(part, nn.Sequential):
            _rectify_later(part)
        for name, child in part.named_children():
            if type(child) is nn.LocalResponseNorm:
                setattr(part, name, TrainingNorm(child.size, child.alpha, child.beta, child.k))
            if type(child) is MeanImage:
                quick = TrainingMean(child.image.shape[0], child.image.shape[1])
                # As batches lie in memory: subtracted eight times as fast.
                quick.image = child.image[None].contiguous(memory_format=torch.channels_last)[0]
                setattr(part, name, quick)
    return module


def _rectify_later(sequence: nn.Sequential) -> None:
    for (first, before), (second, after) in pairwise(list(sequence.named_children())):
        if type(before) is nn.ReLU and type(after) is nn.MaxPool2d and not after.return_indices:
            setattr(sequence, first, WaitingReLU())
            pool = RectifyingPool(
                after.kernel_size, after.stride, after.padding, after.dilation, ceil_mode=after.ceil_mode
            )
            setattr(sequence, second, pool)


def band(maps: int, size: int, like: Tensor) -> Tensor:
    """(maps, maps): 1 where map j is among the `size` neighbours that normalise map i, as PyTorch counts them.

    >>> band(4, 2, torch.zeros(1)).tolist()[1]
    [1.0, 1.0, 0.0, 0.0]
    """
    at = torch.arange(maps, device=like.device)
    away = at[None, :] - at[:, None]
    return ((away >= -(size // 2)) & (away <= (size - 1) // 2)).to(like.dtype)


class _Normalise(torch.autograd.Function):
    """y = x * s ** -beta with s = k + B x**2, and dx = g s**-beta - 2 beta x B' (g x s**(-beta - 1)).

    Rows of the matrices are positions, columns are maps.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
        rows = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
        weights = band(x.shape[1], size, x) * (alpha / size)
        sums = torch.addmm(torch.full((1,), k, dtype=x.dtype, device=x.device), rows.square(), weights.T)
        power = _power(sums, beta)
        ctx.save_for_backward(rows, sums, power, weights)
        ctx.beta, ctx.shape = beta, x.shape
        return _image(rows * power, x.shape)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None, None]:
        rows, sums, power, weights = ctx.saved_tensors
        scaled = grads[0].permute(0, 2, 3, 1).reshape(rows.shape) * power
        shared = (scaled * rows).div_(sums) @ weights
        return _image(scaled.addcmul_(rows, shared, value=-2 * ctx.beta), ctx.shape), None, None, None, None


def _image(rows: Tensor, shape: torch.Size) -> Tensor:
    n, channels, height, width = shape
    return rows.view(n, height, width, channels).permute(0, 3, 1, 2)


def _power(sums: Tensor, beta: float) -> Tensor:
    """sums ** -beta; roots are several times quicker than powers."""
    if beta != 0.75:
        return sums.pow(-beta)
    root = sums.rsqrt()
    return root * root.sqrt()


__all__: list[str] = ["TrainingMean", "TrainingNorm", "RectifyingPool", "WaitingReLU", "band", "use_training_modules"]
