"""Parts of a photo covered by hand: stamps of a square, or of a brush, wherever they were put."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import at_least
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.inputs import recipe_of
from convscope.methods.occlusion.occluders import Fill, OccluderGrid, covering
from convscope.shown import brief


@brief
@dataclass(frozen=True)
class Cover:
    """What covers a part: stamps of `size` pixels, squares or discs, with their centres `at` (n, 2) y, x.

    >>> net = Network.trace(torch.nn.Conv2d(3, 2, 3), (3, 8, 8))
    >>> Cover(((4, 4),), 2).over(net, torch.ones(1, 3, 8, 8))[0, 0, 2:6].tolist()[1]
    [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    """

    at: tuple[tuple[float, float], ...]
    size: int
    fill: Fill = "grey"
    shape: Literal["square", "disc"] = "square"

    def __post_init__(self) -> None:
        at_least(1, size=self.size)
        for name, found, known in (("fill", self.fill, Fill), ("shape", self.shape, Literal["square", "disc"])):
            if found not in get_args(known):
                raise UsageError(f"{name}={found!r} is not a choice; choose one of {', '.join(get_args(known))}")

    def mask(self, image: tuple[int, int]) -> NDArray[np.bool_]:
        """Which pixels are covered, (H, W). A square's first pixel is its centre less half the size, rounded."""
        found = np.zeros(image, bool)
        rows, columns = np.ogrid[: image[0], : image[1]]
        for y, x in self.at:
            if self.shape == "disc":
                found |= (rows - y) ** 2 + (columns - x) ** 2 <= (self.size / 2) ** 2
            else:
                y0, x0 = (round(centre - self.size / 2) for centre in (y, x))
                found[max(y0, 0) : max(y0 + self.size, 0), max(x0, 0) : max(x0 + self.size, 0)] = True
        return found

    def shown(self, net: Network, images: Tensor) -> Tensor:
        """What stands where it is covered, as `occlude` has it: (n, C, H, W), or as wide as it must be."""
        side = min(self.size, *net.input_shape[1:])
        grid = OccluderGrid(net.input_shape[1:], (side, side), (1, 1))
        return covering(images, self.fill, grid=grid, preprocess=recipe_of(net))

    def over(self, net: Network, images: Tensor) -> Tensor:
        """The network's inputs (n, C, H, W), covered."""
        mask = torch.from_numpy(self.mask(net.input_shape[1:])).to(images.device)
        return torch.where(mask, self.shown(net, images), images)


__all__ = ["Cover"]
