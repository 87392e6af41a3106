"""The order in memory that compiled loops read, channels side by side, and maps as arrays in that order.

It is a module because everything that compiled loops ask of a tensor is one thing: float32 on a processor, channels
last, no gradient wanted. PyTorch's tensors say channels first whatever their memory is, NumPy's arrays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.kernels import machine


def looped(*maps: Tensor) -> bool:
    """Whether compiled loops read these maps (n, c, h, w), and faster than PyTorch does, without a gradient."""
    return machine.loops_win() and all(
        t.device.type == "cpu"
        and t.dtype == torch.float32
        and t.dim() == 4
        and t.is_contiguous(memory_format=torch.channels_last)
        and not (t.requires_grad and torch.is_grad_enabled())
        for t in maps
    )


def laid_out(tensor: Tensor) -> Tensor:
    """The tensor channels last if it has four dimensions: pooling, cutting boxes and convolution are faster so."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


def by_position(maps: Tensor) -> NDArray[np.float32]:
    """Maps (n, c, h, w), channels last, as an array (n, h, w, c) of the same memory."""
    return maps.detach().numpy().transpose(0, 2, 3, 1)


def positions(maps: Tensor) -> NDArray[np.float32]:
    """Maps (n, c, h, w), channels last, as an array (n * h * w, c) of the same memory."""
    return by_position(maps).reshape(-1, maps.shape[1])


@dataclass(frozen=True)
class RowOrder:
    """A tensor (n, c, h, w) by the rows of its memory, each of `length` = w * c numbers, channels side by side.

    flat: all its memory; strides: numbers from one image to the next, and from one row to the next.
    """

    flat: NDArray[np.float32]
    strides: tuple[int, int]
    length: int

    @classmethod
    def fit(cls, maps: Tensor) -> bool:
        """Whether a tensor has such rows: float32 on a processor, channels side by side, without a gradient."""
        if maps.dtype != torch.float32 or maps.device.type != "cpu" or maps.dim() != 4 or maps.requires_grad:
            return False
        (_, c, _, w), (_, channel, _, column) = maps.shape, maps.stride()
        return not ((c > 1 and channel != 1) or (w > 1 and column != c) or not maps.numel())

    @classmethod
    def of(cls, maps: Tensor) -> RowOrder:
        """The rows of a tensor that has them."""
        (n, c, h, w), (image, _, row, _) = maps.shape, maps.stride()
        span = (n - 1) * image + (h - 1) * row + w * c
        return cls(maps.as_strided((span,), (1,)).numpy(), (image, row), w * c)


__all__ = ["RowOrder", "by_position", "laid_out", "looped", "positions"]
