"""Where in its field a projection is, and how strongly it is shown: what an atlas keeps of each to look at.

A deep unit's projection fills a small part of a large field. So the part that holds most of its energy is found, it
decides what is black and white, and of fields that are larger than what is kept it is kept once more by itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from convscope.atlas.render import Pixels, display, visible

SHARE = 0.95
"""The part of a projection's energy, the sum of its squares, that its content holds."""
SATURATED = 0.02
"""The fraction of the content's values that are shown as black or white though they are larger still."""
_LEAST = 1 / 3  # of the field's sides: what is around says what it is a part of
_SMALL = 12  # pixels: fields up to which there is nothing to enlarge
_GRAIN = 64  # places along a side that are looked at; a larger field's are some pixels wide

Window = tuple[int, int, int, int]
"""y0 x0 y1 x1 within a field, half-open."""


@dataclass(frozen=True, eq=False)
class ShownContent:
    """A projection as it is kept: its `content` within the field; the whole field, and the content alone, in the tile's
    size (h, w, 3); the magnitudes that are black or white in each."""

    content: Window
    whole: Pixels
    part: Pixels
    scale: float
    part_scale: float


def window(pixels: NDArray[np.floating]) -> Window:
    """The smallest part of a field, of its shape, that holds `SHARE` of the energy of a projection (C, h, w) on it.

    At least a third of the field's sides; the whole of a small field, and of a projection that is zero.

    >>> spot = np.zeros((1, 30, 30)); spot[0, 20:24, 3:7] = 1
    >>> window(spot)
    (17, 2, 27, 12)
    """
    height, width = pixels.shape[1:]
    finite = np.nan_to_num(pixels.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    most = np.abs(finite).max(initial=0.0)
    if max(height, width) <= _SMALL or most == 0:
        return (0, 0, height, width)
    grain = math.ceil(max(height, width) / _GRAIN)
    sums = _sums(np.square(finite / most).sum(0), grain)
    wanted, rows, columns = SHARE * sums[-1, -1] * (1 - 1e-12), sums.shape[0] - 1, sums.shape[1] - 1
    longest = max(rows, columns)
    low, high = math.ceil(_LEAST * longest), longest
    while low < high:
        middle = (low + high) // 2
        if _best(sums, _sides(middle, rows, columns))[0] >= wanted:
            high = middle
        else:
            low = middle + 1
    _, y, x = _best(sums, _sides(low, rows, columns))
    tall, wide = (min(side, round(side * low / longest)) for side in (height, width))
    top, left = min(y * grain, height - tall), min(x * grain, width - wide)
    return (top, left, top + tall, left + wide)


def _sides(longest: int, rows: int, columns: int) -> tuple[int, int]:
    most = max(rows, columns)
    return max(1, round(rows * longest / most)), max(1, round(columns * longest / most))


def _sums(energy: NDArray[np.float64], grain: int) -> NDArray[np.float64]:
    """Sums of the energy above and to the left of each corner of a grid of so many pixels."""
    edges = [np.arange(0, side, grain) for side in energy.shape]
    cells = np.add.reduceat(np.add.reduceat(energy, edges[0], axis=0), edges[1], axis=1)
    return np.pad(cells.cumsum(0).cumsum(1), ((1, 0), (1, 0)))


def _best(sums: NDArray[np.float64], sides: tuple[int, int]) -> tuple[float, int, int]:
    """The most energy in a part of so many places, and where; in the middle of all parts that hold it."""
    tall, wide = sides
    inside = sums[tall:, wide:] - sums[:-tall, wide:] - sums[tall:, :-wide] + sums[:-tall, :-wide]
    most = inside.max()
    ys, xs = np.nonzero(inside >= most * (1 - 1e-9))
    at = len(ys) // 2
    return float(most), int(ys[at]), int(xs[at])


def portray(pixels: Tensor | NDArray[np.floating], size: tuple[int, int]) -> list[ShownContent]:
    """Projections (n, C, h, w) as they are kept in `size` (height, width), which is the field's or smaller.

    Each has a scale of its own, the largest magnitude in its content but for the fraction `SATURATED` of the values
    that are larger, as they are after they were reduced; and the largest of all where that would be zero.
    """
    raw = pixels.detach().float().cpu().numpy() if isinstance(pixels, Tensor) else pixels
    return [_portrayed(one, values, size) for one, values in zip(raw, visible(raw), strict=True)]


def _portrayed(pixels: NDArray[np.floating], values: NDArray[np.float32], size: tuple[int, int]) -> ShownContent:
    y0, x0, y1, x1 = found = window(pixels)
    whole = _resized(values, size)
    along, across = size[0] / values.shape[1], size[1] / values.shape[2]
    inner = whole[:, math.floor(y0 * along) : math.ceil(y1 * along), math.floor(x0 * across) : math.ceil(x1 * across)]
    cut = values[:, y0:y1, x0:x1]
    part = _resized(cut, size)
    scale, part_scale = _scale(inner), _scale(part if cut.size > part.size else cut)
    return ShownContent(found, _drawn(whole, scale), _drawn(part, part_scale), scale, part_scale)


def _drawn(values: NDArray[np.float32], scale: float) -> Pixels:
    return display(values[None], scale=np.array([scale], np.float32))[0]


def _resized(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Values (C, h, w) in another size: reduced by averaging, see `_resampling`."""
    if values.shape[1:] == size:
        return values
    wanted, how = (size[1], size[0]), _resampling(values.shape[1], size[0])
    return np.stack([np.asarray(Image.fromarray(np.ascontiguousarray(one)).resize(wanted, how)) for one in values])


def _resampling(before: int, after: int) -> Image.Resampling:
    """Averages where it gets smaller; squares where it gets so much larger that they can be seen; else smooth."""
    if after <= before:
        return Image.Resampling.HAMMING
    return Image.Resampling.NEAREST if after >= 2 * before else Image.Resampling.BILINEAR


def _scale(values: NDArray[np.float32]) -> float:
    sizes = np.abs(values).ravel()
    place = max(0, len(sizes) - 1 - int(SATURATED * len(sizes)))
    scale = np.partition(sizes, place)[place]
    return float(scale if scale > 0 else sizes.max())


def cut(patch: Pixels, part: Sequence[int], size: tuple[int, int]) -> Pixels:
    """A part of a patch (h, w, 3) in `size`, as `portray` brings a projection's content into it."""
    y0, x0, y1, x1 = part
    inner = np.ascontiguousarray(patch[y0:y1, x0:x1])
    if inner.shape[:2] == size:
        return inner
    return np.asarray(Image.fromarray(inner).resize((size[1], size[0]), _resampling(inner.shape[0], size[0])))


__all__ = ["SATURATED", "SHARE", "ShownContent", "Window", "cut", "portray", "window"]
