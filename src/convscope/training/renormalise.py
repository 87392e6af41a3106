"""The paper's check on filters that dominate: none may have a root mean square above a limit."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def conv_weights(module: nn.Module) -> list[Tensor]:
    """The weights of all convolutions of a module, in order."""
    return [part.weight for part in module.modules() if isinstance(part, nn.Conv2d)]


@torch.no_grad()
def renormalise(weights: Iterable[Tensor], limit: float = 0.1) -> None:
    """Scale each filter (row of a weight tensor) whose root mean square exceeds `limit` down to it, in place.

    Section 3.1 of the paper: RMS over a whole filter, all of its input maps, after every update.

    >>> filters = torch.stack([torch.full((1, 2, 2), 0.4), torch.full((1, 2, 2), 0.04)])
    >>> renormalise([filters])
    >>> [round(value, 6) for value in filters.flatten(1)[:, 0].tolist()]
    [0.1, 0.04]
    """
    for weight in weights:
        rms = weight.square().mean(dim=tuple(range(1, weight.ndim)), keepdim=True).sqrt_()
        # Exactly 1 for the filters within the limit: they keep their bits.
        weight.mul_((limit / rms).clamp_(max=1.0))
