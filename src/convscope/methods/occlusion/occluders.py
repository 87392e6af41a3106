"""What covers a part of an image, and where: the grid of positions, and the pixels an occluder shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from convscope.arguments import expected
from convscope.errors import ShapeError, UsageError

Border = Literal["clip", "inside"]
Fill = Literal["grey", "mean", "blur"]


@dataclass(frozen=True)
class OccluderGrid:
    """The positions of an occluder of `size` (height, width), every `stride` pixels, on images of `image` size.

    The last row and column reach the image's edge whatever the stride: with border "clip" they stand on the grid and
    are clipped there, with "inside" they are moved in so that every square is whole.

    >>> grid = OccluderGrid((10, 8), (4, 4), (3, 3))
    >>> grid.shape, grid.boxes[-1].tolist()
    ((3, 3), [6, 6, 10, 8])
    """

    image: tuple[int, int]
    size: tuple[int, int]
    stride: tuple[int, int]
    border: Border = "clip"

    def __post_init__(self) -> None:
        for name in ("size", "stride"):
            if min(getattr(self, name)) < 1:
                raise UsageError(f"the occluder's {name} is {getattr(self, name)}: both numbers must be positive")
            if max(getattr(self, name)) >= 1 << 31:
                raise UsageError(f"the occluder's {name} is {getattr(self, name)}: no image has so many pixels")
        expected("border", self.border, Border)
        if any(s > n for s, n in zip(self.size, self.image, strict=True)):
            raise UsageError(
                f"an occluder of {self.size[0]}x{self.size[1]} pixels is larger than the image of "
                f"{self.image[0]}x{self.image[1]}"
            )

    def starts(self, axis: int) -> NDArray[np.int64]:
        """The first pixel of every row (axis 0) or column (axis 1) of positions."""
        extent, size, stride = self.image[axis], self.size[axis], self.stride[axis]
        starts = np.arange(self.shape[axis]) * stride
        return np.minimum(starts, extent - size) if self.border == "inside" else np.minimum(starts, extent - 1)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of positions."""
        rows, columns = (-(-(self.image[i] - self.size[i]) // self.stride[i]) + 1 for i in (0, 1))
        return rows, columns

    @cached_property
    def boxes(self) -> NDArray[np.int64]:
        """(rows * columns, 4) y0 x0 y1 x1 in reading order, half-open, within the image."""
        low = np.stack(np.meshgrid(self.starts(0), self.starts(1), indexing="ij"), -1).reshape(-1, 2)
        return np.concatenate([low, np.minimum(low + np.asarray(self.size), np.asarray(self.image))], 1)

    @property
    def gaps(self) -> str:
        """What a stride above the size leaves out, in words; nothing where every pixel is under a square.

        >>> OccluderGrid((10, 10), (2, 2), (4, 4)).gaps
        'the stride of 4x4 is larger than the square of 2x2: 64 % of the pixels are under no square'
        """
        covered = np.zeros(self.image, bool)
        for y0, x0, y1, x1 in self.boxes.tolist():
            covered[y0:y1, x0:x1] = True
        if covered.all():
            return ""
        stride, size = ("x".join(map(str, pair)) for pair in (self.stride, self.size))
        share = f"{100 * float(1 - covered.mean()):.0f} % of the pixels"
        return f"the stride of {stride} is larger than the square of {size}: {share} are under no square"

    def spread(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Per pixel the mean over the squares that cover it, (..., H, W), of values on the grid (..., rows, columns).

        Pixels that no square covers (a stride above the size) are NaN.
        """
        flat = np.asarray(values, np.float64).reshape(*values.shape[:-2], -1)
        height, width = self.image
        corners = np.zeros((*flat.shape[:-1], height + 1, width + 1))
        counts = np.zeros((height + 1, width + 1))
        y0, x0, y1, x1 = self.boxes.T
        # A box is four corners of its sums along both axes.
        for y, x, sign in ((y0, x0, 1), (y0, x1, -1), (y1, x0, -1), (y1, x1, 1)):
            np.add.at(counts, (y, x), sign)
            np.add.at(np.moveaxis(corners, (-2, -1), (0, 1)), (y, x), sign * np.moveaxis(flat, -1, 0))
        total = corners.cumsum(-2).cumsum(-1)[..., :height, :width]
        covered = counts.cumsum(-2).cumsum(-1)[:height, :width]
        return np.divide(total, covered, out=np.full_like(total, np.nan), where=covered > 0)

    def to_json(self) -> dict[str, Any]:
        """The grid as numbers and lists."""
        return {
            "image": list(self.image),
            "size": list(self.size),
            "stride": list(self.stride),
            "border": self.border,
            "shape": list(self.shape),
        }


def pair(value: int | Sequence[int], name: str) -> tuple[int, int]:
    """(height, width) from one number or two.

    >>> pair(16, "size"), pair((16, 8), "size")
    ((16, 16), (16, 8))
    """
    numbers = (value, value) if isinstance(value, int) else tuple(int(v) for v in value)
    if len(numbers) != 2:
        raise UsageError(f"{name}={value!r}: give one number, or height and width")
    return numbers


def square_for(
    image: tuple[int, int], size: int | Sequence[int] | None, stride: int | Sequence[int] | None
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The square's size and steps on an input (height, width): those given, or usual ones.

    Usual is about a fifth of the shorter side, 48 for 224 pixels, and a sixth of the square.

    >>> square_for((224, 224), None, None), square_for((32, 48), None, None)
    (((48, 48), (8, 8)), ((7, 7), (1, 1)))
    """
    side = max(1, round(min(image) * 48 / 225))
    square = (side, side) if size is None else pair(size, "size")
    if stride is not None:
        return square, pair(stride, "stride")
    return square, (max(1, round(square[0] / 6)), max(1, round(square[1] / 6)))


def covering(images: Tensor, fill: Fill | Sequence[float] | Tensor, *, grid: OccluderGrid, preprocess: Any) -> Tensor:
    """What stands where an occluder is, (n, C, H, W) or as wide as it must be, in the network's normalised input.

    fill: "grey" is the mean colour (zero after normalisation), "mean" the mean of the image itself, "blur" the image
    blurred by a Gaussian of half the occluder; numbers are a colour, one for each channel or one for all, 0 to 255
    where the network has a preprocessing, else a normalised input; a tensor (C, H, W) or (n, C, H, W) is taken as is.

    Raises:
        UsageError: for another fill. ShapeError: for a tensor that does not fit the images.
    """
    if isinstance(fill, Tensor):
        try:
            return fill.to(images).expand_as(images)
        except RuntimeError as error:
            raise ShapeError(
                f"a fill of shape {tuple(fill.shape)} does not fit images of shape {tuple(images.shape)}: give "
                "(C, H, W) or (n, C, H, W)"
            ) from error
    if fill == "grey":
        # The mean colour is what normalisation maps to zero, with or without rounding to a pixel.
        return torch.zeros_like(images[:1]).expand_as(images)
    if fill == "mean":
        return images.mean((2, 3), keepdim=True).expand_as(images)
    if fill == "blur":
        return blurred(images, sigma=(grid.size[0] / 2, grid.size[1] / 2))
    if isinstance(fill, str):
        raise UsageError(f"fill={fill!r} is not a choice; choose one of {', '.join(get_args(Fill))}, or give a colour")
    colour = torch.tensor([float(v) for v in fill], dtype=images.dtype, device=images.device)
    if len(colour) == 1:
        colour = colour.expand(images.shape[1])
    if len(colour) != images.shape[1]:
        raise UsageError(f"a colour of {len(colour)} numbers does not fit images of {images.shape[1]} channels")
    if preprocess is not None:
        colour = preprocess.normalise(colour[:, None, None], dtype=images.dtype)
    return colour.reshape(1, -1, 1, 1).expand_as(images)


def blurred(images: Tensor, *, sigma: tuple[float, float]) -> Tensor:
    """The images (n, C, H, W) after a Gaussian of `sigma` (y, x) pixels; the border repeats its last pixel."""
    out = images.flatten(0, 1)[:, None]
    for axis, width in enumerate(sigma):
        if width <= 0:
            continue
        reach = max(1, round(3 * width))
        at = torch.arange(-reach, reach + 1, dtype=images.dtype, device=images.device)
        kernel = torch.exp(-0.5 * (at / width) ** 2)
        kernel = (kernel / kernel.sum()).reshape((1, 1, -1, 1) if axis == 0 else (1, 1, 1, -1))
        padding = (0, 0, reach, reach) if axis == 0 else (reach, reach, 0, 0)
        out = F.conv2d(F.pad(out, padding, mode="replicate"), kernel)
    return out.reshape_as(images)


def describe_fill(fill: Fill | Sequence[float] | Tensor) -> str:
    """The fill in words, for records."""
    if isinstance(fill, Tensor):
        return "given image"
    return fill if isinstance(fill, str) else "colour " + ",".join(f"{v:g}" for v in fill)


__all__ = ["Border", "Fill", "OccluderGrid", "blurred", "covering", "describe_fill", "pair", "square_for"]
