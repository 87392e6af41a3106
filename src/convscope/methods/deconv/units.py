"""Projections of units by their names, on every image: what most people ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypedDict, Unpack, overload

import numpy as np
import torch
from torch import Tensor

from convscope.errors import ShapeError
from convscope.graph import Network, UnitLike, is_unit, several
from convscope.graph.options import Gates, LrnRule, OverlapRule, Rule, Smooth
from convscope.methods.deconv.engine import DEFAULT_MEMORY, Selection, SignalSize, project_all
from convscope.methods.deconv.projection import ProjectedPixels
from convscope.methods.inputs import images_for, recipe_of
from convscope.settings import usual_settings

PHOTOS = 64
"""Images that projections keep the pixels of at most, to be shown beside them."""


class _PullArguments(TypedDict, total=False):
    rule: Rule
    smooth: Smooth
    overlap: OverlapRule
    lrn: LrnRule | None
    gates: Gates | None
    signal: SignalSize | Tensor
    memory: int


@overload
def deconv(net: Network, images: Any, units: UnitLike, **options: Unpack[_PullArguments]) -> ProjectedPixels: ...
@overload
def deconv(
    net: Network, images: Any, units: Iterable[UnitLike], **options: Unpack[_PullArguments]
) -> list[ProjectedPixels]: ...
@usual_settings()
def deconv(
    net: Network,
    images: Any,
    units: UnitLike | Iterable[UnitLike],
    *,
    rule: Rule = "deconvnet",
    smooth: Smooth = "rectify",
    overlap: OverlapRule = "sum",
    lrn: LrnRule | None = None,
    gates: Gates | None = None,
    signal: SignalSize | Tensor = "activation",
    memory: int = DEFAULT_MEMORY,
) -> ProjectedPixels | list[ProjectedPixels]:
    """The projections of a unit on each image; of several units, a list in their order.

    A unit is "layer:channel" or "layer:channel@y,x"; without a position it is the strongest of each image (the first in
    reading order of several equal ones). "layer:channel-minus" is the difference of two, whose signal has both signs.
    Layers may be maps or vectors (fully connected layers, class logits). However many units and layers are asked for,
    each image is run forward once.

    Args:
        net: the network.
        images: images of any kind, see `convscope.methods.inputs.images_for`: tensors, paths, pictures, a collection.
        units: one unit, or several.
        rule, smooth, overlap, lrn, gates: see `PullOptions`.
        signal: the signal's size at the unit: the "activation" itself, "one", or a tensor (n,) of one number per image.
        memory: about how many bytes the signals and kept maps of a block may take; blocks are made to fit.

    Raises:
        UsageError: for a malformed unit or option. UnknownLayer: for a layer or unit that does not exist.
        ShapeError: for images or signals of the wrong shape.

    >>> import torch
    >>> layers = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
    >>> net = Network.trace(layers, (3, 16, 16))
    >>> deconv(net, torch.rand(2, 3, 16, 16), "2:5").pixels.shape
    torch.Size([2, 3, 4, 4])
    """
    single = is_unit(units)
    wanted = [net.unit(u) for u in several(units)]
    batch = images_for(net, images)
    count = len(batch)
    if not count:
        raise ShapeError("there are no images to project on")
    if isinstance(signal, Tensor) and signal.shape != (count,):
        raise ShapeError(f"signal has shape {tuple(signal.shape)}; one number per image is needed, shape ({count},)")
    selections = [
        Selection(
            unit.layer,
            torch.arange(count, device="cpu"),
            torch.full((count,), unit.channel, dtype=torch.long, device="cpu"),
            None if unit.position is None else np.tile(unit.position, (count, 1)),
            signal,
            None if unit.minus is None else torch.full((count,), unit.minus, dtype=torch.long, device="cpu"),
        )
        for unit in wanted
    ]
    choices: dict[str, Any] = {"rule": rule, "smooth": smooth, "overlap": overlap, "lrn": lrn, "gates": gates}
    found = project_all(net, batch, selections, memory=memory, **choices)
    recipe = recipe_of(net)
    if count <= PHOTOS and recipe is not None:
        photos = recipe.shown(np.ascontiguousarray(recipe.restore(batch).permute(0, 2, 3, 1).cpu().numpy()))
        found = [replace(one, photos=photos) for one in found]
    return found[0] if single else found


__all__ = ["deconv"]
