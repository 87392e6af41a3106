"""Controls: what a projection looks like when the signal begins with random numbers instead of the unit's activation.

Deconvnet pictures of deep layers can look much alike whatever they begin with (Mahendran & Vedaldi 2016, Salient
deconvolutional networks). A projection that equals its control says more about the image than about the unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph import Network, PullOptions
from convscope.graph.boxes import Signal, paste, whole_origin
from convscope.graph.pulling import Context, needed, pull, seed_signal

SEED = 0


@dataclass(frozen=True)
class Control:
    """Projections of random signals: pixels (n, 3, H, W) on the whole image."""

    pixels: Tensor


def random_signal(channels: int, *, seed: int = SEED) -> Tensor:
    """Positive numbers (channels,), magnitudes of a normal distribution; the same for the same seed.

    >>> bool((random_signal(5) > 0).all()), bool((random_signal(5) == random_signal(5)).all())
    (True, True)
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.randn(channels, generator=generator, dtype=torch.float32, device="cpu").abs()


def control(
    net: Network, images: Tensor, layer: str, positions: NDArray[np.integer] | None, options: PullOptions
) -> Control:
    """Projections (n, 3, H, W) of one random positive seed for all units of a layer, at one position of each image.

    images: normalised (n, C, H, W), one for each position (n, 2), y and x; None for vectors.
    """
    target = net.index_of(layer)
    value, steps = net.values[target], net.cone(layer, options)
    kept = net.run_values(net.check_images(images), needed(steps, net.values, options) | {0, target})
    count = len(images)
    amounts = random_signal(value.shape[(value.channel_dim or 1) - 1]).to(kept[0])
    rows = torch.arange(count, device="cpu")
    at = None if value.layout is None else np.asarray(positions, np.int64)
    signal = _spread(seed_signal(value, torch.zeros_like(rows), at, kept[0].new_ones(count)), amounts)
    found = pull(steps, target, signal, Context(options, kept, net.values, rows.to(kept[0].device)))
    size = net.input_shape[1:]
    if found.origin is None:
        return Control(found.tensor)
    return Control(paste(found, (2, 3), whole_origin(count), size).tensor.clone())


def _spread(one_hot: Signal, amounts: Tensor) -> Signal:
    """The signal of all channels where a signal of channel 0 is."""
    shape = [1] * one_hot.tensor.dim()
    shape[1] = len(amounts)
    spread = one_hot.tensor[:, :1] * amounts.reshape(shape)
    if spread.dim() == 4:
        spread = spread.contiguous(memory_format=torch.channels_last)
    return Signal(spread, one_hot.origin)


def likeness(one: Tensor, other: Tensor) -> NDArray[np.float32]:
    """The cosine of the angle (n,) between pictures (n, 3, h, w): 1 alike, 0 unrelated; NaN where it has none.

    It has none where a picture is zero, or not all numbers.

    >>> likeness(torch.ones(1, 3, 2, 2), -torch.ones(1, 3, 2, 2)).tolist()
    [-1.0]
    """
    a, b = torch.stack([one, other]).flatten(2).double().cpu().numpy()
    with np.errstate(invalid="ignore", over="ignore"):  # weights that are no numbers, or very large
        product, length = (a * b).sum(1), np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        product = np.where(np.isfinite(length), product, np.nan)
    return np.divide(product, length, out=np.full(len(a), np.nan), where=length > 0).round(6).astype(np.float32)


__all__ = ["SEED", "Control", "control", "likeness", "random_signal"]
