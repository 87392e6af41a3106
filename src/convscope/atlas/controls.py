"""Controls: what a projection looks like when the signal begins with random numbers instead of the unit's activation.

Deconvnet pictures of deep layers can look much alike whatever they begin with (Mahendran & Vedaldi 2016, Salient
deconvolutional networks). A projection that equals its control says more about the image than about the unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.atlas.web import numbers
from convscope.graph import Network, PullOptions
from convscope.graph.boxes import Signal, paste, whole_origin
from convscope.graph.pulling import Context, needed, pull, seed_signal

SEED = 0

ALIKE = 0.9
"""Layers whose units' projections are more like their controls than this, by the median, are said to be so."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Control:
    """Projections of random seeds: pixels (n, 3, H, W) on the whole image."""

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
    a, b = (picture.flatten(1).double().cpu().numpy() for picture in (one, other))
    with np.errstate(invalid="ignore", over="ignore"):  # weights that are no numbers, or very large
        product, length = (a * b).sum(1), np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        product = np.where(np.isfinite(length), product, np.nan)
    return np.divide(product, length, out=np.full(len(a), np.nan), where=length > 0).round(6).astype(np.float32)


def layer_controls(id: str, similar: NDArray[np.floating]) -> Json:
    """What a layer's script says of its units' likeness (C,) to their controls: of each, the median, and of how many.

    >>> layer_controls("00-conv1", np.array([0.5, np.nan, 0.25, 0.75]))
    {'layer': '00-conv1', 'similarity': [0.5, None, 0.25, 0.75], 'median': 0.5, 'units': 3}
    """
    rounded = np.round(similar.astype(np.float64), 4)
    known = rounded[~np.isnan(rounded)]
    median = round(float(np.median(known)), 4) if len(known) else None
    return {"layer": id, "similarity": numbers(rounded), "median": median, "units": len(known)}


def said_of(layers: Sequence[tuple[str, float | None]]) -> str | None:
    """What has to be known of layers, given with their likeness to the controls; None where none is above `ALIKE`.

    >>> said_of([("conv1", 0.31), ("conv5", 0.97)])
    "conv5: projections look much like a random signal's from the same place: they say where, hardly what"
    """
    names = [name for name, likeness in layers if likeness is not None and likeness > ALIKE]
    if not names:
        return None
    return f"{', '.join(names)}: projections look much like a random signal's from the same place: {_MEANING}"


_MEANING = "they say where, hardly what"

__all__: Sequence[str] = ["ALIKE", "Control", "control", "layer_controls", "likeness", "random_signal", "said_of"]
