"""Maps in the order that compiled loops read, channels side by side: float32 on a processor, channels last."""

from __future__ import annotations

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
