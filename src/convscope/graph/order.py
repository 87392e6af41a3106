"""Maps in the order that compiled loops read, channels side by side: float32 on a processor, channels last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_FEW_THREADS = 3  # up to which one compiled loop is faster than PyTorch's operations, which threads share


def looped(*maps: Tensor) -> bool:
    """Whether compiled loops read these maps (n, c, h, w), and faster than PyTorch does, without a gradient."""
    return torch.get_num_threads() <= _FEW_THREADS and all(
        t.device.type == "cpu"
        and t.dtype == torch.float32
        and t.dim() == 4
        and t.is_contiguous(memory_format=torch.channels_last)
        and not (t.requires_grad and torch.is_grad_enabled())
        for t in maps
    )


def by_position(maps: Tensor) -> NDArray[np.float32]:
    """Maps (n, c, h, w), channels last, as an array (n, h, w, c) of the same memory."""
    return maps.detach().numpy().transpose(0, 2, 3, 1)


@dataclass(frozen=True)
class Rows:
    """A tensor (n, c, h, w) by the rows of its memory, each of `length` = w * c numbers, channels side by side.

    flat: all its memory; strides: numbers from one image to the next, and from one row to the next.
    """

    flat: NDArray[np.float32]
    strides: tuple[int, int]
    length: int

    @classmethod
    def of(cls, maps: Tensor) -> Rows | None:
        """The rows; None where the tensor is not of float32 on a processor, in another order, or of a gradient."""
        if maps.dtype != torch.float32 or maps.device.type != "cpu" or maps.dim() != 4 or maps.requires_grad:
            return None
        (n, c, h, w), (image, channel, row, column) = maps.shape, maps.stride()
        if (c > 1 and channel != 1) or (w > 1 and column != c) or not maps.numel():
            return None
        span = (n - 1) * image + (h - 1) * row + w * c
        return cls(maps.as_strided((span,), (1,)).numpy(), (image, row), w * c)
