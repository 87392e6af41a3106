"""One projection that can be watched, and ended on its way: who waits for it may want another before it is there."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from convscope.errors import ShapeError
from convscope.graph import Network, PullOptions, Unit
from convscope.methods.deconv.engine import DEFAULT_MEMORY, Advanced, ProjectionOrder, Selection, wanted_values
from convscope.methods.deconv.projection import ProjectedPixels
from convscope.methods.stepwise import run_stepwise
from convscope.methods.workers import Workers
from convscope.settings import usual_settings


@usual_settings()
def project_watched(
    net: Network, image: Tensor, unit: Unit, *, options: PullOptions, advanced: Advanced
) -> tuple[ProjectedPixels, Tensor]:
    """The projection of a unit on a normalised image (1, C, H, W), as `project_all` gives it, and its layer's value.

    `advanced` is called after each step, forward and back, with the share that is done; what it raises ends the work.

    Raises:
        ShapeError: for other than one image. UnknownLayer: for a unit that does not exist.

    >>> import torch
    >>> net = Network.trace(torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU()), (3, 16, 16))
    >>> told = []
    >>> image, unit = torch.rand(1, 3, 16, 16), net.unit("1:5")
    >>> found, value = project_watched(net, image, unit, options=PullOptions(), advanced=told.append)
    >>> found.pixels.shape, value.shape, told
    (torch.Size([1, 3, 3, 3]), torch.Size([1, 8, 14, 14]), [0.25, 0.5, 0.75, 1.0])
    """
    batch = net.check_images(image)
    if len(batch) != 1:
        raise ShapeError(f"one image is needed, found {len(batch)}")
    at = None if unit.position is None else [unit.position]
    less = None if unit.minus is None else [unit.minus]
    selection = Selection(unit.layer, [0], [unit.channel], None if at is None else np.array(at), minus=less)
    order = ProjectionOrder.of(net, batch, selection)
    wanted = wanted_values(net, {unit.layer}, options)
    kept = run_stepwise(net, batch, wanted, folding="none", advanced=lambda share: advanced(share / 2))
    found = order.project(
        net, kept, order.rows, options, DEFAULT_MEMORY, Workers.none(), lambda share: advanced((1 + share) / 2)
    )
    assert found is not None
    return found[1], kept[net.index_of(unit.layer)]


__all__ = ["project_watched"]
