"""The crops of an image that a network's answer is averaged over: the centre, or the paper's ten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from convscope.data import Preprocess
from convscope.errors import UsageError
from convscope.training.pictures import Pixels, cut
from convscope.training.recipe import CropSource

Views = Literal["centre", "ten"]


@dataclass(frozen=True)
class Viewer:
    """How images become views of one network's input size.

    The image is brought to the preprocessing's size before its crop, and `padding` pixels of mean colour are put around
    it; "square" then takes its central square, "whole" all of it.
    """

    preprocess: Preprocess
    views: Views = "centre"
    crop_source: CropSource = "square"
    padding: int | None = None
    """None: as much as the paper has around its crops (16 for 224), where the image is no larger than the crop."""

    def __post_init__(self) -> None:
        if self.views not in ("centre", "ten"):
            raise UsageError(f"views are 'centre' or 'ten', found {self.views!r}")
        if self.padding is not None and self.padding < 0:
            raise UsageError(f"padding is zero or more pixels, found {self.padding}")
        if self.views == "ten" and self._room() == 0:
            raise UsageError(
                f"ten crops of {self.preprocess} without padding are one crop five times: give padding, such as 16"
            )

    def _room(self) -> int:
        """Pixels around the centre crop of a square image, on each side."""
        side = self.preprocess.place(*self._square()).height
        return (side - self.preprocess.height) // 2 + self.margin

    def _square(self) -> tuple[int, int]:
        return self.preprocess.height, self.preprocess.width

    @property
    def margin(self) -> int:
        """The padding in use."""
        if self.padding is not None:
            return self.padding
        place = self.preprocess.place(*self._square())
        spare = place.height > self.preprocess.height or place.width > self.preprocess.width
        return 0 if spare or self.views == "centre" else round(self.preprocess.height * 16 / 224)

    def __len__(self) -> int:
        """Views of an image."""
        return 1 if self.views == "centre" else 10

    def cut(self, image: Pixels) -> Tensor:
        """The views (v, C, height, width) of an (H, W, C) image: the four corners and the centre, then flipped.

        The first of ten is top left, then top right, bottom left, bottom right, centre.
        """
        if self.views == "centre":
            return _planes([self.preprocess.crop(image)])
        recipe = self.preprocess
        place = recipe.place(image.shape[0], image.shape[1])
        canvas = replace(recipe, height=place.height, width=place.width, resize=None).crop(image)
        if self.crop_source == "square":
            canvas = _central_square(canvas)
        crops = [
            cut_rectangle(canvas, top, left, recipe) for top, left in corners(canvas.shape[:2], recipe, self.margin)
        ]
        return _planes([*crops, *(crop[:, ::-1] for crop in crops)])


def corners(image: tuple[int, ...], crop: Preprocess, margin: int = 0) -> list[tuple[int, int]]:
    """(top, left) of five crops: the corners of the image with its margin, and the centre.

    >>> corners((6, 8), Preprocess(4, 4))
    [(0, 0), (0, 4), (2, 0), (2, 4), (1, 2)]
    """
    bottom, right = image[0] - crop.height, image[1] - crop.width
    ends = [(top, left) for top in (-margin, bottom + margin) for left in (-margin, right + margin)]
    return [*ends, (round(bottom / 2), round(right / 2))]


def cut_rectangle(image: Pixels, top: int, left: int, recipe: Preprocess) -> Pixels:
    """The crop of a recipe's size that begins at (top, left), with mean colour beyond the image."""
    size = max(recipe.height, recipe.width)
    return cut(image, top, left, size, recipe.mean_colour)[: recipe.height, : recipe.width]


def _central_square(image: Pixels) -> Pixels:
    side = min(image.shape[:2])
    top, left = round((image.shape[0] - side) / 2), round((image.shape[1] - side) / 2)
    return image[top : top + side, left : left + side]


def _planes(crops: list[Pixels]) -> Tensor:
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)
