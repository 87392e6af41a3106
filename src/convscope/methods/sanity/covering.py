"""Deletion and insertion: how a unit's activation falls as tiles of its field are covered, and rises as they are shown.

Exact and cheap by `Focus`: forward on the boxes that one position needs. What covers is out of any distribution of
images, so that only what holds under several fills is to be believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph.focusing import Focus
from convscope.methods.occlusion.occluders import blurred

Filling = Literal["mean", "blur", "other"]
FILLS: tuple[Filling, ...] = get_args(Filling)
"""What covers: the image's mean colour, the image blurred by a quarter of the field, the place in another image."""
FILL_WORDS: dict[Filling, str] = {"mean": "mean", "blur": "blur", "other": "another image"}

_ENTRIES = 4 << 20  # of pixels that are put together at a time

LEVELS = 8
"""Into so many equal parts of its tiles a field is covered, one after the other."""


@dataclass(frozen=True, eq=False)
class Areas:
    """The areas under the curves of deletion and insertion of a case, f64 (fills, orders): 1 is the unit's scale."""

    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]


def filled(image: Tensor, other: Tensor, field: tuple[int, int]) -> Tensor:
    """What covers an image (C, H, W), in the order of FILLS: (fills, C, H, W); `other` is another image."""
    deviation = (max(field[0] / 4, 1.0), max(field[1] / 4, 1.0))
    mean = image.mean((1, 2), keepdim=True).expand_as(image)
    return torch.stack([mean, blurred(image[None], sigma=deviation)[0], other])


def areas(
    plan: Focus,
    base: Tensor,
    fills: Tensor,
    ranks: NDArray[np.int64],
    position: NDArray[np.int64],
    channel: int,
    scale: float,
) -> Areas:
    """The areas of a unit at `position` (2,), as tiles are covered and shown in several orders.

    base: (C, h, w) the pixels of its box; fills: (fills, C, h, w) what covers. ranks: (orders, h, w) when each pixel
    comes, see `Tiles.ranks`. A curve goes through 0, 1/8 ... of the tiles, and its area is the mean over the share that
    is covered (shown), by the trapezoidal rule, over `scale`.
    """
    count = int(ranks[0].max()) + 1
    steps = np.rint(np.arange(LEVELS + 1) * count / LEVELS).astype(np.int64)
    at = torch.from_numpy(ranks).to(base.device)
    inner = torch.from_numpy(steps[1:-1]).to(base.device)[None, :, None, None]
    gone = (at[:, None] >= 0) & (at[:, None] < inner)  # (orders, levels, h, w): the first so many
    kept = at[:, None] >= inner  # all but those
    everything = at[0] >= 0
    ends = [base, *(torch.where(everything, fill, base) for fill in fills)]
    found = _activations(plan, torch.stack(ends), position, channel)
    first, last = found[0], found[1:]
    deletion, insertion = (np.zeros((len(fills), len(ranks))) for _ in range(2))
    masks = torch.cat([gone, kept], 1)[:, :, None]  # (orders, 2 levels, 1, h, w)
    at_once = max(1, _ENTRIES // (masks.shape[1] * base.numel()))
    for f, fill in enumerate(fills):
        half = (first + last[f]) / 2
        for start in range(0, len(ranks), at_once):
            some = masks[start : start + at_once]
            inside = _activations(plan, torch.where(some, fill, base).flatten(0, 1), position, channel)
            falling, rising = inside.reshape(len(some), 2, LEVELS - 1).sum(2).T
            deletion[f, start : start + at_once] = (half + falling) / LEVELS
            insertion[f, start : start + at_once] = (half + rising) / LEVELS
    return Areas(deletion / scale, insertion / scale)


def _activations(plan: Focus, pixels: Tensor, position: NDArray[np.int64], channel: int) -> NDArray[np.float64]:
    at = np.tile(position, (len(pixels), 1))
    return plan.read(pixels, at)[:, channel].double().cpu().numpy()


__all__ = ["FILLS", "FILL_WORDS", "LEVELS", "Areas", "Filling", "areas", "filled"]
