"""Images moved, scaled, turned, lightened and blurred by known amounts, with border and interpolation said outright."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.errors import UsageError, nearest
from convscope.methods.occlusion.occluders import blurred

Outside = Literal["mean", "edge", "reflect"]
Interpolation = Literal["bilinear", "bicubic", "nearest"]


@dataclass(frozen=True)
class Frame:
    """What pixels are: how those between are found, what lies outside, and what numbers a colour 0 to 1 becomes.

    outside: the "mean" colour (zero after normalisation), the "edge" repeated, or the image "reflect"ed. Colours are
    (x - mean) / std of x from 0 to 1; without them the numbers themselves are scaled.
    """

    outside: Outside = "mean"
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name, allowed in (("outside", Outside), ("interpolation", Interpolation)):
            if getattr(self, name) not in get_args(allowed):
                choices = ", ".join(get_args(allowed))
                raise UsageError(f"{name}={getattr(self, name)!r} is not a choice; choose one of {choices}")

    @classmethod
    def of(cls, preprocess: Any, *, outside: Outside = "mean", interpolation: Interpolation = "bilinear") -> Frame:
        """The frame of a network with that preprocessing, or none."""
        if preprocess is None:
            return cls(outside, interpolation)
        # Preprocessing scales 0..255; here colours run from 0 to 1.
        factor = 1 / (255 * preprocess.scale)
        mean, std = (tuple(v * factor for v in part) for part in (preprocess.mean, preprocess.std))
        return cls(outside, interpolation, mean, std)

    def colours(self, images: Tensor) -> Tensor:
        """The images as colours from 0 to 1, where that is known."""
        mean, std = self._columns(images)
        return images * std + mean

    def inputs(self, colours: Tensor) -> Tensor:
        """Colours, clipped to 0 to 1 where that is their range, as the network takes them."""
        mean, std = self._columns(colours)
        return ((colours if self.mean is None else colours.clamp(0, 1)) - mean) / std

    def _columns(self, like: Tensor) -> tuple[Tensor, Tensor]:
        mean, std = self.mean or (0.0,), self.std or (1.0,)
        return (torch.tensor(v, dtype=like.dtype, device=like.device).reshape(1, -1, 1, 1) for v in (mean, std))  # type: ignore[return-value]

    def sample(self, images: Tensor, matrix: Sequence[Sequence[float]]) -> Tensor:
        """Images whose pixel (y, x), from the centre, is that of the given ones at `matrix` @ (y, x, 1)."""
        height, width = images.shape[2:]
        centre = ((height - 1) / 2, (width - 1) / 2)
        y, x = torch.meshgrid(
            torch.arange(height, dtype=torch.float64, device="cpu") - centre[0],
            torch.arange(width, dtype=torch.float64, device="cpu") - centre[1],
            indexing="ij",
        )
        rows = [row[0] * y + row[1] * x + row[2] for row in matrix]
        # grid_sample wants (x, y) in -1..1 over pixel centres.
        spans = [max(c, 0.5) for c in centre]
        grid = torch.stack([rows[1] / spans[1], rows[0] / spans[0]], -1).to(images)[None]
        mode = {"mean": "zeros", "edge": "border", "reflect": "reflection"}[self.outside]
        return F.grid_sample(
            images, grid.expand(len(images), -1, -1, -1), mode=self.interpolation, padding_mode=mode, align_corners=True
        )


def translated(images: Tensor, amount: tuple[float, float], frame: Frame) -> Tensor:
    """Images moved (down, right) by pixels; whole pixels are moved exactly, whatever the interpolation."""
    down, right = amount
    if down == int(down) and right == int(right) and frame.outside in ("mean", "edge"):
        return _shifted(images, (int(down), int(right)), frame.outside)
    return frame.sample(images, [[1, 0, -down], [0, 1, -right]])


def _shifted(images: Tensor, amount: tuple[int, int], outside: Outside) -> Tensor:
    height, width = images.shape[2:]
    if outside == "edge":
        rows = (torch.arange(height, device=images.device) - amount[0]).clamp(0, height - 1)
        columns = (torch.arange(width, device=images.device) - amount[1]).clamp(0, width - 1)
        return images[:, :, rows][:, :, :, columns]
    out = torch.zeros_like(images)
    down, right = (max(-n, min(a, n)) for a, n in zip(amount, (height, width), strict=True))
    source = images[:, :, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)]
    out[:, :, max(down, 0) : height - max(-down, 0), max(right, 0) : width - max(-right, 0)] = source
    return out


def scaled(images: Tensor, factor: float, frame: Frame) -> Tensor:
    """Images enlarged about their centre by a factor."""
    if factor <= 0:
        raise UsageError(f"an image cannot be enlarged by a factor of {factor}: give a positive one")
    return images if factor == 1 else frame.sample(images, [[1 / factor, 0, 0], [0, 1 / factor, 0]])


def rotated(images: Tensor, degrees: float, frame: Frame) -> Tensor:
    """Images turned about their centre, counter-clockwise; quarter turns of squares move pixels exactly."""
    if degrees % 90 == 0 and (images.shape[2] == images.shape[3] or degrees % 180 == 0):
        return torch.rot90(images, int(degrees // 90) % 4, (2, 3))
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return frame.sample(images, [[cosine, sine, 0], [-sine, cosine, 0]])


def lightened(images: Tensor, factor: float, frame: Frame) -> Tensor:
    """Images whose colours are multiplied by a factor, and clipped where their range is known."""
    return images if factor == 1 else frame.inputs(frame.colours(images) * factor)


def contrasted(images: Tensor, factor: float, frame: Frame) -> Tensor:
    """Images whose colours are moved away from each image's mean by a factor (0: plain grey), and clipped."""
    colours = frame.colours(images)
    middle = colours.mean((1, 2, 3), keepdim=True)
    return images if factor == 1 else frame.inputs(middle + (colours - middle) * factor)


def softened(images: Tensor, sigma: float, frame: Frame) -> Tensor:
    """Images blurred by a Gaussian of sigma pixels."""
    return blurred(images, sigma=(sigma, sigma))


@dataclass(frozen=True)
class Transformation:
    """A way to change an image by a number: its name, the number that changes nothing, its usual range, its unit."""

    name: str
    apply: Callable[[Tensor, float, Frame], Tensor]
    identity: float
    values: tuple[float, ...]
    unit: str


def _steps(first: float, last: float, step: float) -> tuple[float, ...]:
    return tuple(round(first + i * step, 6) for i in range(round((last - first) / step) + 1))


#: The paper's three (Fig. 5; the ranges are those of its axes) and others, by name.
TRANSFORMATIONS: dict[str, Transformation] = {
    t.name: t
    for t in (
        Transformation("vertical", lambda x, v, f: translated(x, (v, 0), f), 0, _steps(-60, 60, 4), "px"),
        Transformation("horizontal", lambda x, v, f: translated(x, (0, v), f), 0, _steps(-60, 60, 4), "px"),
        Transformation("scale", scaled, 1, _steps(1, 1.8, 0.05), "ratio"),
        Transformation("rotation", rotated, 0, _steps(0, 360, 10), "degrees"),
        Transformation("brightness", lightened, 1, _steps(0.2, 1.8, 0.1), "factor"),
        Transformation("contrast", contrasted, 1, _steps(0, 2, 0.1), "factor"),
        Transformation("blur", softened, 0, _steps(0, 6, 0.5), "px"),
    )
}
PAPER = ("vertical", "scale", "rotation")
_MOST = 1000  # amounts of one transformation


def spelled(text: str) -> tuple[str, tuple[float, ...] | None]:
    """A transformation and its amounts, None for the usual ones, from a text such as "scale=0.5:2:0.1".

    >>> spelled("scale=1:1.4:0.2"), spelled("blur")
    (('scale', (1.0, 1.2, 1.4)), ('blur', None))
    """
    name, given, amounts = text.partition("=")
    if not given:
        return name.strip(), None
    wrong = UsageError(
        f"transformations={text!r}: give amounts as scale=1:1.8:0.1 (first, last, step) or scale=1,1.5,2"
    )
    number = r"-?\d+(?:\.\d+)?"
    if re.fullmatch(rf"{number}(?:,{number})*", amounts):
        return name.strip(), tuple(float(part) for part in amounts.split(","))
    match = re.fullmatch(rf"({number}):({number}):({number})", amounts)
    if match is None:
        raise wrong
    first, last, step = (float(part) for part in match.groups())
    if step == 0 or (last - first) / step < 0 or (last - first) / step > _MOST:
        raise wrong
    return name.strip(), tuple(round(first + i * step, 9) for i in range(int((last - first) / step + 1e-6) + 1))


def transformation(name: str) -> Transformation:
    """The transformation of that name.

    Raises:
        UsageError: if there is none; the message names the nearest.

    >>> transformation("rotation").values[:3]
    (0, 10, 20)
    """
    if name not in TRANSFORMATIONS:
        known = ", ".join(TRANSFORMATIONS)
        raise UsageError(f"no transformation '{name}'{nearest(name, TRANSFORMATIONS)} (there are: {known})")
    return TRANSFORMATIONS[name]


__all__ = [
    "PAPER",
    "TRANSFORMATIONS",
    "Frame",
    "Interpolation",
    "Outside",
    "Transformation",
    "spelled",
    "transformation",
]
