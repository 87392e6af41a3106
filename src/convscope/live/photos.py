"""A photo on the bench: decoded by the guarded decoder, resized once, cropped wherever the crop is moved to.

It is held in memory only, and as small as the network's recipe makes it; what it was decoded from is let go of.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from convscope.data import Allowance, Preprocess, Source, allowance_of, decode_for, look
from convscope.data.decoding import Payload
from convscope.errors import ImageError
from convscope.graph import Network
from convscope.methods.inputs import input_of, preprocess_of

ALLOWED = Allowance(pixels=64_000_000, file_bytes=64 << 20)
"""What one photo may cost: an own one may have so many pixels, and its file so many bytes."""
_LARGEST = 1 << 24  # pixels of what it is resized to: a strip of one row would become millions wide
_THUMB = 96  # pixels of a small picture's longest side, on screens of one pixel a point

Moved = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture (H, W, C) resized as the network's recipe says, of which it sees a crop.

    number: its place in the collection, None for an own one. size: (height, width) of the file. recipe: what is done
    to it.
    """

    name: str
    whole: NDArray[Any]
    size: tuple[int, int]
    recipe: Preprocess
    number: int | None = None

    @classmethod
    def of(
        cls, payload: Payload, recipe: Preprocess, *, name: str, number: int | None = None, pixels: int = ALLOWED.pixels
    ) -> Photo:
        """The photo that a file's bytes, or an image of a collection, are.

        Raises ImageError where it cannot be read, or has more than `pixels`.
        """
        try:
            image = decode_for(payload, recipe, max_pixels=pixels)
        except ImageError as error:
            raise ImageError(f"{name}: {_for_people(error)}") from error
        place = recipe.place(*image.shape[:2])
        if place.height * place.width > _LARGEST:
            raise ImageError(
                f"{name}: an image of {image.shape[0]}x{image.shape[1]} pixels is so long that it would be resized to "
                f"{place.height}x{place.width}: cut out the part to look at"
            )
        whole = np.ascontiguousarray(recipe.resized(image))
        return cls(name, whole.copy() if whole.base is not None else whole, image.shape[:2], recipe, number)

    @classmethod
    def in_collection(cls, net: Network, source: Source, number: int) -> Photo:
        """An image of a collection. Raises ImageError where it cannot be read."""
        recipe = preprocess_of(net, source)
        pixels = allowance_of(source).pixels
        return cls.of(source.read(number), recipe, name=source.name(number), number=number, pixels=pixels)

    @cached_property
    def rooms(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """How far the crop can be moved: (least, most) down, and right."""
        far = 1 << 30
        low, middle, high = (self._corner((by, by)) for by in (-far, 0, far))
        return (low[0] - middle[0], high[0] - middle[0]), (low[1] - middle[1], high[1] - middle[1])

    def _corner(self, moved: Moved) -> tuple[int, int]:
        """The crop's first row and column in `whole`."""
        place = self.recipe.place(*self.size, moved=moved)
        return place.top, place.left

    def crop(self, moved: Moved = (0, 0)) -> NDArray[Any]:
        """The crop (height, width, C)."""
        top, left = self._corner(moved)
        return self.whole[top : top + self.recipe.height, left : left + self.recipe.width]

    def inputs(self, net: Network, moved: Moved = (0, 0)) -> Tensor:
        """The network's input (1, C, H, W)."""
        return input_of(net, [self.crop(moved)])

    def shown(self) -> dict[str, Any]:
        """What the page is told of it: the resized picture, and where the crop lies in it."""
        top, left = self._corner((0, 0))
        return {
            "name": self.name,
            "number": self.number,
            "size": list(self.size),
            "picture": png(self.recipe.shown(self.whole)),
            "whole": list(self.whole.shape[:2]),
            "crop": [top, left, self.recipe.height, self.recipe.width],
            "rooms": [list(way) for way in self.rooms],
        }


def small(source: Source, number: int) -> bytes:
    """A small picture of an image of a collection, as JPEG. Raises ImageError where it cannot be read."""
    pixels = look(source.read(number), max_pixels=allowance_of(source).pixels, at_least=_THUMB)
    picture, out = Image.fromarray(pixels), io.BytesIO()
    picture.thumbnail((2 * _THUMB, 2 * _THUMB))
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def _for_people(error: ImageError) -> str:
    """What is wrong with a photo, for somebody at a page, where no argument can be given.

    >>> _for_people(ImageError("9x9 pixels are more than the limit of 64: max_pixels= admits more"))
    '9x9 pixels are more than the limit of 64: make it smaller'
    """
    said, argument, _ = str(error).partition(": max_pixels=")
    return f"{said}: make it smaller" if argument else said


def png(pixels: NDArray[np.uint8]) -> str:
    """A picture (h, w, 3) as PNG in base64."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return base64.b64encode(out.getvalue()).decode("ascii")


__all__ = ["ALLOWED", "Moved", "Photo", "png", "small"]
