"""How a patch and a projection become pixels to look at: crops, colours, and the size they are kept in.

A crop is the unit's exact receptive-field box; what lies beyond the image is grey. A projection is shown
with zero as mid-grey on a scale that is symmetric and its own. Both are kept in the same size, so that a pixel of one
lies under the same pixel of the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from convscope.errors import ShapeError, UsageError
from convscope.methods.scan.images import crop_patch

Pixels = NDArray[np.uint8]

GREY = 128
"""The grey of a projection's zero, of what lies beyond an image, and of a cell that holds nothing."""
SATURATED = 0.005
"""The fraction of a projection's values that may be shown as black or white though they are larger still."""
_REACH = 127  # levels from grey to the extremes, the same both ways: 1 to 255


@dataclass(frozen=True)
class TileSize:
    """The size in which a layer's patches are kept, in pixels, and how many times larger they should be shown.

    Receptive fields larger than the limit are reduced to it, with their shape. Smaller ones are kept pixel for pixel:
    they are enlarged when they are shown, by a whole number, so that their pixels can be seen as they are.
    """

    height: int
    width: int
    enlarge: int

    @classmethod
    def of(cls, box: Sequence[int], limit: int) -> Self:
        """The tile size for receptive fields of `box` (height, width) pixels where a tile has at most `limit`.

        >>> TileSize.of((11, 11), 112)
        TileSize(height=11, width=11, enlarge=10)
        >>> TileSize.of((224, 112), 112)
        TileSize(height=112, width=56, enlarge=1)
        """
        if limit < 1:
            raise UsageError(f"a tile has {limit} pixels: give 1 or more")
        height, width = int(box[0]), int(box[1])
        longest = max(height, width)
        if longest <= limit:
            return cls(height, width, limit // longest)
        return cls(max(1, round(height * limit / longest)), max(1, round(width * limit / longest)), 1)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width


def scale_of(pixels: Tensor | NDArray[np.floating], *, saturated: float = SATURATED) -> NDArray[np.float32]:
    """The magnitude (n,) of each projection (n, C, h, w) that `display` shows as black or white.

    It is the largest magnitude, leaving out the fraction `saturated` of the values that are larger still; and the
    largest of all where that would be zero.

    >>> scale_of(np.array([[[[0.5, -2.0]]], [[[0.0, np.nan]]]])).tolist()
    [2.0, 0.0]
    >>> scale_of(np.array([[[[0.0, -3.0, 2.0, 1.0]]]]), saturated=0.25).tolist()
    [2.0]
    """
    return _scale(visible(pixels), saturated)


def _scale(values: NDArray[np.float32], saturated: float) -> NDArray[np.float32]:
    if not values.size:
        return np.zeros(len(values), np.float32)
    sizes = np.abs(values).reshape(len(values), -1)
    count = sizes.shape[1]
    place = max(0, count - 1 - int(saturated * count))
    sizes.partition(place, axis=1)
    scale = sizes[:, place]
    return np.where(scale > 0, scale, sizes[:, place:].max(axis=1))


def display(pixels: Tensor | NDArray[np.floating], *, scale: NDArray[np.floating] | None = None) -> Pixels:
    """Projections (n, C, h, w) as uint8 images (n, h, w, 3): zero is 128, minus the scale 1, plus the scale 255.

    The scale (n,) is by default each projection's own (`scale_of`); what lies beyond it is cut off. Without
    that, a few pixels of a deep layer's projection would leave the rest of it invisible. A projection that is zero
    everywhere is grey everywhere; NaN counts as zero. Three channels are colours, one becomes grey levels, and of
    others the sum over channels does. Raises ShapeError for other shapes.

    >>> display(np.array([[[[-4.0, 0.0, 1.0, 2.0]]]]))[0, 0, :, 0].tolist()
    [1, 128, 160, 192]
    """
    if pixels.ndim != 4 or not pixels.shape[1]:
        raise ShapeError(f"projections are (n, C, h, w), found {tuple(pixels.shape)}")
    values = visible(pixels)
    reach = (_scale(values, SATURATED) if scale is None else scale)[:, None, None, None]
    # Divided first: 127 / scale overflows for the smallest signals.
    with np.errstate(over="ignore"):  # what is more than a reach away from zero is black or white, however far
        parts = np.divide(values, reach, where=reach > 0, out=np.zeros_like(values))
    levels = GREY + np.rint(np.clip(parts, -1, 1, out=parts) * _REACH)
    shown = levels.astype(np.uint8).transpose(0, 2, 3, 1)
    return np.repeat(shown, 3, axis=3) if shown.shape[3] == 1 else np.ascontiguousarray(shown)


def visible(pixels: Tensor | NDArray[np.floating]) -> NDArray[np.float32]:
    """The channels that are shown, as float32: one or three as they are, of others their sum; without NaN."""
    values = _finite(pixels)
    return values if values.shape[1] in (1, 3) else values.sum(axis=1, keepdims=True)


def _finite(pixels: Tensor | NDArray[np.floating]) -> NDArray[np.float32]:
    values = pixels.detach().float().cpu().numpy() if isinstance(pixels, Tensor) else pixels.astype(np.float32)
    largest = float(np.finfo(np.float32).max)
    return np.nan_to_num(values, nan=0.0, posinf=largest, neginf=-largest)


def without_beyond(patch: Pixels, box: Sequence[int], image: Sequence[int]) -> Pixels:
    """The patch (h, w, channels) of a box, grey where that lies beyond an image of so many (height, width) pixels.

    >>> without_beyond(np.zeros((2, 2, 1), np.uint8), (-1, 0, 1, 2), (5, 5))[..., 0].tolist()
    [[128, 128], [0, 0]]
    """
    y0, x0 = box[:2]
    within = slice(max(0, -y0), max(0, image[0] - y0)), slice(max(0, -x0), max(0, image[1] - x0))
    shown = np.full_like(patch, GREY)
    shown[within] = patch[within]
    return shown


def fit(patch: Pixels, size: tuple[int, int]) -> Pixels:
    """The patch (h, w, 3) or (h, w) in `size` (height, width): itself where it is so large, else reduced by averaging.

    The Hamming window of Pillow has no negative parts: grey stays grey, and nothing rings at edges.

    >>> fit(np.full((4, 4, 3), 128, np.uint8), (2, 2)).tolist()[0]
    [[128, 128, 128], [128, 128, 128]]
    """
    if patch.shape[:2] == size:
        return patch
    return np.asarray(Image.fromarray(patch).resize((size[1], size[0]), Image.Resampling.HAMMING))


def enlarge(patch: Pixels, times: int) -> Pixels:
    """The patch (h, w, 3) with every pixel repeated to a square of `times` x `times`.

    >>> enlarge(np.arange(6, dtype=np.uint8).reshape(1, 2, 3), 2)[..., 0].tolist()
    [[0, 0, 3, 3], [0, 0, 3, 3]]
    """
    return patch.repeat(times, axis=0).repeat(times, axis=1)


__all__ = [
    "GREY",
    "SATURATED",
    "Pixels",
    "TileSize",
    "crop_patch",
    "display",
    "enlarge",
    "fit",
    "scale_of",
    "visible",
    "without_beyond",
]
