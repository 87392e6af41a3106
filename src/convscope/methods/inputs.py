"""From pixels to a network's input: the one way, for every method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data import Preprocess
from convscope.errors import UsageError
from convscope.graph import Network


def preprocess_of(net: Network) -> Preprocess:
    """The network's preprocessing.

    Raises:
        UsageError: if it has none, or one that makes images of another size.
    """
    found = net.preprocess
    if found is None:
        raise UsageError(
            f"{net.name} has no preprocessing, so images cannot become its input: say what is done to them with "
            "preprocess= (of load or Network.trace)"
        )
    if (3, found.height, found.width) != tuple(net.input_shape):
        raise UsageError(
            f"the preprocessing of {net.name} makes images of shape (3, {found.height}, {found.width}), the network "
            f"takes {tuple(net.input_shape)}: trace it for that shape, or change the preprocessing"
        )
    return found


def input_of(net: Network, pixels: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> Tensor:
    """The network's input (n, 3, H, W), on its device, for crops of images: uint8 (n, H, W, 3), or n of (H, W, 3)."""
    stacked = np.stack(pixels) if not isinstance(pixels, np.ndarray) else np.ascontiguousarray(pixels)
    batch = torch.from_numpy(stacked).permute(0, 3, 1, 2)
    return preprocess_of(net).normalise(batch, dtype=net.dtype).to(net.device)


__all__ = ["input_of", "preprocess_of"]
