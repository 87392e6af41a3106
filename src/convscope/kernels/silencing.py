"""What changes of single channels make of a 1x1 convolution, a ReLU and a sum over positions.

It is a kernel because PyTorch writes and reads, for every channel, a map of all outputs at all positions, which is used
once; and where a channel is zero already, nothing changes, which is left out here.
"""

from __future__ import annotations

import torch
from torch import Tensor

from convscope.kernels import machine
from convscope.kernels.kernel import Kernel

_AT_ONCE = 1 << 22  # numbers of a block that PyTorch makes


def _in_float32(before: Tensor, weight: Tensor, change: Tensor) -> bool:
    """On a processor, where loops win."""
    return machine.loops_win() and all(
        one.dtype == torch.float32 and one.device.type == "cpu" and not (one.requires_grad and torch.is_grad_enabled())
        for one in (before, weight, change)
    )


def _where_it_changes(before: Tensor, weight: Tensor, change: Tensor) -> Tensor:
    from convscope.kernels.loops import silencing as loops

    out = torch.empty(len(change), before.shape[1])
    rows, weights, changes = (one.detach().contiguous().numpy() for one in (before, weight, change))
    loops.rectified_changes(rows, weights, changes, out.numpy())
    return out


def _in_blocks(before: Tensor, weight: Tensor, change: Tensor) -> Tensor:
    rows, total = max(1, _AT_ONCE // max(before.numel(), 1)), before.relu().sum(0)
    out = before.new_empty(len(change), before.shape[1])
    for first in range(0, len(change), rows):
        part = slice(first, first + rows)
        after = torch.addcmul(before, change[part, :, None], weight[part, None, :])
        out[part] = after.relu_().sum(1) - total
    return out


rectified_changes = Kernel(accepts=_in_float32, compiled=_where_it_changes, plain=_in_blocks)
"""What each of u changes (u, p) of one channel each adds to the sums over positions of relu(before), (u, k).

before (p, k): what is rectified, at p positions; weight (u, k): by what each changed channel enters it.
"""

__all__ = ["rectified_changes"]
