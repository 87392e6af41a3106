"""In which order the tiles of a receptive field are covered: by a projection, and by controls that know nothing of it.

Everything lies on one box of pixels for each case, that of `Focus`, which holds the field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from convscope.methods.occlusion.occluders import blurred

Order = Literal["projection", "gaussian", "contrast", "signal", "other", "shifted", "random"]
CONTROLS: tuple[Order, ...] = ("gaussian", "contrast", "signal", "other", "shifted", "random")
"""What knows nothing of the unit: how near the field's centre, local contrast there, a random signal's projection,
other units' projections, the projection itself moved within its field, chance."""
CONTROL_WORDS: dict[Order, str] = dict(
    zip(CONTROLS, ("gaussian", "contrast", "random signal", "other unit", "shifted", "chance"), strict=True)
)

_CONTRAST = 2.0  # pixels: the deviation of the window that contrast is taken in
_WITHIN = 4.0  # a field spans so many deviations of the Gaussian at its centre


@dataclass(frozen=True, eq=False)
class Tiles:
    """The tiles of a field, square but at its borders: i64 (h, w), which one every pixel is of, -1 for those of none.

    Only what lies within both the field and the image is of a tile.
    """

    number: NDArray[np.int64]
    count: int

    @classmethod
    def of(
        cls,
        field: NDArray[np.int64],
        origin: NDArray[np.int64],
        size: tuple[int, int],
        image: tuple[int, int],
        side: int,
    ) -> Tiles:
        """The tiles of a field y0 x0 y1 x1, `side` pixels each, on the box of `size` that begins at `origin`."""
        axes = []
        for axis in range(2):
            at = origin[axis] + np.arange(size[axis])
            inside = (at >= max(field[axis], 0)) & (at < min(field[axis + 2], image[axis]))
            axes.append(np.where(inside, (at - field[axis]) // side, -1))
        across = int(axes[1].max(initial=-1)) + 1
        number = np.where((axes[0][:, None] >= 0) & (axes[1] >= 0), axes[0][:, None] * across + axes[1], -1)
        seen, place = np.unique(number[number >= 0], return_inverse=True)
        number[number >= 0] = place.reshape(-1)
        return cls(number, len(seen))

    def sums(self, importance: NDArray[np.floating]) -> NDArray[np.float64]:
        """The sum of an importance (h, w) over every tile (count,)."""
        inside = self.number >= 0
        return np.bincount(self.number[inside], importance[inside], self.count).astype(np.float64)

    def ranks(self, importance: NDArray[np.floating], generator: np.random.Generator) -> NDArray[np.int64]:
        """When every pixel (h, w) is covered, from 0 for the tile of most importance; -1 for those of no tile.

        Tiles of equal importance come in an order that is drawn.
        """
        order = np.lexsort((generator.permutation(self.count), -self.sums(importance)))
        return self._by_order(order)

    def drawn(self, generator: np.random.Generator) -> NDArray[np.int64]:
        """The same in an order of chance."""
        return self._by_order(generator.permutation(self.count))

    def _by_order(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        rank = np.empty(self.count + 1, np.int64)
        rank[order], rank[-1] = np.arange(self.count), -1
        return rank[self.number]


def centred(field: NDArray[np.int64], origin: NDArray[np.int64], size: tuple[int, int]) -> NDArray[np.float64]:
    """A Gaussian (h, w) at the centre of a field, which spans four of its deviations, on the box at `origin`."""
    axes = []
    for axis in range(2):
        length = float(field[axis + 2] - field[axis])
        at = origin[axis] + np.arange(size[axis]) + 0.5 - (field[axis] + length / 2)
        axes.append(np.exp(-0.5 * (at * _WITHIN / length) ** 2))
    return axes[0][:, None] * axes[1]


def contrast(images: Tensor) -> Tensor:
    """The local contrast (n, H, W) of images (n, C, H, W): the deviation within two pixels, summed over channels."""
    wide = images.double()
    sigma = (_CONTRAST, _CONTRAST)
    variance = blurred(wide.square(), sigma=sigma) - blurred(wide, sigma=sigma).square()
    return variance.clamp_min(0).sqrt().sum(1)


def shifted(magnitude: NDArray[np.floating], generator: np.random.Generator) -> NDArray[np.floating]:
    """A picture (h, w) moved round within its own box, on both axes by at least a quarter of it."""
    by = []
    for length in magnitude.shape:
        least = -(-length // 4)
        by.append(int(generator.integers(least, max(length - least, least) + 1)))
    return np.roll(magnitude, by, (0, 1))


__all__ = ["CONTROLS", "CONTROL_WORDS", "Order", "Tiles", "centred", "contrast", "shifted"]
