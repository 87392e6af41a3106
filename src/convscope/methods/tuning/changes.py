"""Changes of images that take one property and leave the others: colour, fine detail, arrangement, direction, place.

Every change is made on whole images, and where a unit of a layer is then is worked out: a mirrored image shows at the
mirrored position, to the pixel, what the unit saw. So that one run of a changed image serves all units of all layers,
whatever their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.graph.nouns import Layer
from convscope.methods.occlusion.occluders import blurred

ChangeKind = Literal["grey", "hue", "blurred", "shuffled", "mirrored", "turned", "moved"]
KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
"""What is done: to grey by luma; colours turned by a third of the circle (red becomes green, green blue, blue red) and
by two thirds; a Gaussian blur; squares moved about within their neighbourhood; left and right exchanged; a quarter turn
to either side; moved up, down, left and right."""

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as everywhere else here
_BLOCK = 4  # squares a side that are exchanged among themselves
_BLUR, _SQUARE, _STEP = 64, 4, 8  # parts of the field: the blur's deviation, a square's side, how far is moved


@dataclass(frozen=True)
class ImageChange:
    """What is done to images, as a whole.

    amount: of hue the thirds of the circle, of blur the deviation in pixels, of squares their side, of turns the
    quarters, anticlockwise, of moves how far. shift: by how many pixels (y, x) the content is
    moved afterwards; the border's pixels are repeated.
    """

    kind: ChangeKind
    amount: int = 0
    shift: tuple[int, int] = (0, 0)

    def made(self, pixels: Tensor) -> Tensor:
        """The changed images of images (n, C, H, W), of any floating type."""
        return _moved(_MADE[self.kind](pixels, self), self.shift)


@dataclass(frozen=True)
class Look:
    """A change, and where in a layer's map what was at a position is after it.

    swapped: y and x are exchanged. reflected: for y and x after that, None where the coordinate stays, else the number
    that it is taken from.
    """

    change: ImageChange
    swapped: bool = False
    reflected: tuple[int | None, int | None] = (None, None)

    def places(
        self, positions: NDArray[np.integer], size: tuple[int, int]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Where positions (n, 2) y, x are after the change, i64 (n, 2), and whether that is on a map of `size`, (n,).

        Those that are not are put at the origin.
        """
        at = np.asarray(positions, np.int64)[:, ::-1] if self.swapped else np.asarray(positions, np.int64)
        at = np.stack([at[:, i] if base is None else base - at[:, i] for i, base in enumerate(self.reflected)], 1)
        inside = np.all((at >= 0) & (at < np.asarray(size)), axis=1)
        return np.where(inside[:, None], at, 0), inside


def looks(layer: Layer, image: tuple[int, int], channels: int) -> dict[ChangeKind, tuple[Look, ...]]:
    """The variants of each kind of change for a layer's units, of which the mean is taken; no kind that makes no sense.

    image: height and width of the input; `channels` of it. Blur, squares and steps go with the layer's field: a
    sixty-fourth, a quarter and an eighth of it, each to a power of two, so that layers share changed images. Images
    that are not square are not turned by a quarter, and only those of three channels lose colour.

    >>> layer = Layer("conv", "conv2d", 8, 4, 4, True, None)
    >>> found = looks(layer, (32, 32), 3)
    >>> found["moved"][0].change.shift, found["blurred"][0].change.amount, found["shuffled"][0].change.amount
    ((4, 0), 1, 8)
    """
    field = min(image) if layer.field is None else min(*layer.field.size, *image)
    step = _power(field / _STEP)
    found: dict[ChangeKind, tuple[Look, ...]] = {}
    if channels == 3:
        found["grey"] = (Look(ImageChange("grey")),)
        found["hue"] = tuple(Look(ImageChange("hue", thirds)) for thirds in (1, 2))
    found["blurred"] = (Look(ImageChange("blurred", _power(field / _BLUR))),)
    found["shuffled"] = (Look(ImageChange("shuffled", _power(field / _SQUARE))),)
    found["mirrored"] = (_mirrored(layer, image),)
    if image[0] == image[1]:
        found["turned"] = tuple(_turned(layer, image, quarters) for quarters in (1, 3))
    found["moved"] = tuple(Look(ImageChange("moved", step, shift)) for shift in ((step, 0), (0, step)))
    return found


def _power(length: float) -> int:
    """The power of two nearest to a length, by ratio, 1 or more."""
    return 2 ** max(0, round(float(np.log2(max(length, 1.0)))))


def _mirrored(layer: Layer, image: tuple[int, int]) -> Look:
    shift, base = _reflection(layer, image, 1)
    return Look(ImageChange("mirrored", shift=(0, shift)), reflected=(None, base))


def _turned(layer: Layer, image: tuple[int, int], quarters: int) -> Look:
    """A quarter turn anticlockwise brings (y, x) to (W - 1 - x, y), three of them to (x, H - 1 - y)."""
    across, along = (0, 1) if quarters == 1 else (1, 0)
    shift, base = _reflection(layer, image, across, of=along)
    shifts, bases = {across: shift, along: _same(layer, along, of=across)}, {across: base, along: None}
    return Look(ImageChange("turned", quarters, (shifts[0], shifts[1])), True, (bases[0], bases[1]))


def _reflection(layer: Layer, image: tuple[int, int], axis: int, *, of: int | None = None) -> tuple[int, int]:
    """By how many pixels to move what was reflected onto an axis, and the number that positions are taken from.

    The field at p covers p * stride + offset and `size` pixels from there. Its reflection is the field at base - p of
    the reflected image once this is moved by the least that makes it one. `of`: the axis that is reflected onto it.
    """
    field, count = layer.field, (layer.height, layer.width)[axis]
    if field is None or not field.regular or not layer.spatial:
        return 0, count - 1
    of = axis if of is None else of
    stride = field.stride[axis]
    if stride < 1 or stride != round(stride) or field.stride[of] != stride:
        return 0, count - 1
    # Begins at length - (p * stride + offset[of] + size[of]); the field at q begins at q * stride + offset[axis].
    least = image[of] - field.offset[of] - field.size[of] - field.offset[axis]
    base = round(least / stride)
    return round(base * stride - least), base


def _same(layer: Layer, axis: int, *, of: int) -> int:
    """By how many pixels to move what was on one axis and is on another, so that fields fall on fields."""
    field = layer.field
    if field is None or not field.regular or not layer.spatial:
        return 0
    return round(field.offset[axis] - field.offset[of])


# -- what is done -----------------------------------------------------------------------------------------------------
def _grey(pixels: Tensor, _: ImageChange) -> Tensor:
    weights = pixels.new_tensor(_LUMA)[:, None, None]
    return (pixels * weights).sum(1, keepdim=True).expand_as(pixels)


def _hue(pixels: Tensor, change: ImageChange) -> Tensor:
    return pixels.roll(change.amount, 1)


def _blurred(pixels: Tensor, change: ImageChange) -> Tensor:
    return blurred(pixels, sigma=(float(change.amount), float(change.amount)))


def _shuffled(pixels: Tensor, change: ImageChange) -> Tensor:
    height, width = pixels.shape[2:]
    at = torch.from_numpy(arrangement((height, width), change.amount)).to(pixels.device)
    return pixels.flatten(2)[..., at.flatten()].reshape_as(pixels)


def arrangement(size: tuple[int, int], side: int) -> NDArray[np.int64]:
    """Which pixel, counted row by row, is put at each place (h, w): squares change places within blocks of 4 x 4.

    What does not fill a square at the right and the bottom stays.

    >>> at = arrangement((8, 8), 1)
    >>> sorted(at[:4, :4].flatten().tolist()) == [8 * y + x for y in range(4) for x in range(4)]
    True
    """
    generator = np.random.default_rng(side)
    at = np.arange(size[0] * size[1], dtype=np.int64).reshape(size)
    made = at.copy()
    rows, columns = size[0] // side, size[1] // side
    for top in range(0, rows, _BLOCK):
        for left in range(0, columns, _BLOCK):
            squares = [
                (slice(y * side, (y + 1) * side), slice(x * side, (x + 1) * side))
                for y in range(top, min(top + _BLOCK, rows))
                for x in range(left, min(left + _BLOCK, columns))
            ]
            for to, source in zip(squares, generator.permutation(len(squares)).tolist(), strict=True):
                made[to] = at[squares[source]]
    return made


def _reflected(pixels: Tensor, _: ImageChange) -> Tensor:
    return pixels.flip(3)


def _rotated(pixels: Tensor, change: ImageChange) -> Tensor:
    return pixels.rot90(change.amount, (2, 3))


def _still(pixels: Tensor, _: ImageChange) -> Tensor:
    return pixels


_MADE = {
    "grey": _grey,
    "hue": _hue,
    "blurred": _blurred,
    "shuffled": _shuffled,
    "mirrored": _reflected,
    "turned": _rotated,
    "moved": _still,
}


def _moved(pixels: Tensor, shift: tuple[int, int]) -> Tensor:
    for dim, by in zip((2, 3), shift, strict=True):
        if by:
            length = pixels.shape[dim]
            at = (torch.arange(length, device=pixels.device) - by).clamp(0, length - 1)
            pixels = pixels.index_select(dim, at)
    return pixels


__all__ = ["KINDS", "ImageChange", "ChangeKind", "Look", "arrangement", "looks"]
