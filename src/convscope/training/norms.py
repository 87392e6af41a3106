"""Local response normalisation for training: the same function as PyTorch's, in a fraction of its time.

PyTorch composes it of padding, a pool in three dimensions, a power and a division, each with a gradient of its own,
which together cost as much as all convolutions of a ZFNet on a CPU. Here the sums over neighbouring maps are a matrix
product with a band of ones, and the gradient is written out.
"""

from __future__ import annotations

from typing import Any

import torch
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


def use_training_norms(module: nn.Module) -> nn.Module:
    """The module with its normalisations replaced by quicker ones, in place; its weights and their names stay."""
    for part in module.modules():
        for name, child in part.named_children():
            if type(child) is nn.LocalResponseNorm:
                setattr(part, name, TrainingNorm(child.size, child.alpha, child.beta, child.k))
            if type(child) is MeanImage:
                quick = TrainingMean(child.image.shape[0], child.image.shape[1])
                quick.image = child.image
                setattr(part, name, quick)
    return module


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


__all__: list[str] = ["TrainingNorm", "band", "use_training_norms"]
