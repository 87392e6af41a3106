"""The images of an occlusion with the projections that stand beside its maps: panel (c) of the paper's Fig. 7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.atlas.render import display
from convscope.figures.occlusion import ShownPhoto
from convscope.graph import Network
from convscope.methods.deconv import deconv
from convscope.methods.inputs import preprocess_of
from convscope.methods.occlusion.occlusion import OcclusionMaps
from convscope.stores.scan import KeptScan

Pixels = NDArray[Any]

OTHERS = 8
"""Projections of other images beside an image's own: with it they are nine."""


def photo_of(
    net: Network,
    found: OcclusionMaps,
    image: int,
    pixels: Pixels,
    *,
    name: str = "",
    scan: KeptScan | None = None,
    others: Sequence[Pixels] = (),
) -> ShownPhoto:
    """An image of an occlusion as its figure shows it: with what the followed map takes from it and from other images.

    pixels: (H, W, C) as the network sees them. scan: a scan that knows its images and has the followed layer; the
    images that excite the map most, but for this one, are projected. others: such projections from elsewhere.

    Raises:
        UsageError: for a network without preprocessing, or a scan that does not know its images.

    >>> from convscope.data import Preprocess
    >>> from convscope.methods.occlusion.occlusion import occlude
    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten())
    >>> net = Network.trace(layers, (3, 12, 12), preprocess=Preprocess(12, 12))
    >>> found = occlude(net, torch.rand(1, 3, 12, 12), size=4, stride=4)
    >>> photo_of(net, found, 0, np.zeros((12, 12, 3), np.uint8)).projection.shape
    (3, 3, 3)
    """
    unit = found.strongest[image]
    batch = torch.from_numpy(np.ascontiguousarray(pixels)[None]).permute(0, 3, 1, 2)
    recipe = preprocess_of(net)
    taken = deconv(net, recipe.normalise(batch, dtype=net.dtype).to(net.device), unit)
    elsewhere = None
    if scan is not None and unit.layer in scan:
        elsewhere = scan.project(unit, besides=pixels, most=OTHERS)
    if elsewhere is not None:
        others = (*others, *display(elsewhere.pixels))
    return ShownPhoto(recipe.shown(pixels), name, display(taken.pixels)[0], tuple(others[:OTHERS]))


__all__ = ["OTHERS", "photo_of"]
