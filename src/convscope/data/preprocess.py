"""How an image becomes a network's input, as one description that travels with the model and with its results.

Geometry (resize, centre crop) happens on uint8 RGB pixels on the CPU and is the same pixel for pixel as torchvision's
`Resize` and `CenterCrop` on Pillow images. Colours (scale, mean, standard deviation) are applied to whole batches on
whatever device they are on.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from numbers import Integral
from typing import Any, Literal, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from convscope.errors import ImageError, ShapeError, UsageError, nearest

Interpolation = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]

_LARGEST_SIDE = 1 << 15
"""Of what an image is resized or cropped to; beyond it nothing else would fit into memory."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of ImageNet's RGB channels on a 0..1 scale, as torchvision and timm subtract it."""
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviation of ImageNet's RGB channels on a 0..1 scale, as torchvision and timm divide by it."""
CAFFE_MEAN = (123.0, 117.0, 104.0)
"""Mean of ImageNet's RGB channels on a 0..255 scale, as Caffe's networks subtract it (with scale 1 and std 1)."""


@dataclass(frozen=True)
class Placement:
    """Where a crop lies: the image is resized to (height, width), and the crop begins there at (top, left)."""

    source: tuple[int, int]
    height: int
    width: int
    top: int
    left: int

    def to_source(self, boxes: NDArray[np.number]) -> NDArray[np.float64]:
        """Boxes (n, 4) of crop pixels (y0, x0, y1, x1) as boxes of the original image's pixels, float64.

        >>> Placement((100, 200), 50, 100, 0, 25).to_source(np.array([[0, 0, 50, 50]]))
        array([[  0.,  50., 100., 150.]])
        """
        y = self.source[0] / self.height
        x = self.source[1] / self.width
        offset = np.array([self.top, self.left, self.top, self.left], dtype=np.float64)
        return (np.asarray(boxes, dtype=np.float64) + offset) * np.array([y, x, y, x])


@dataclass(frozen=True)
class Preprocess:
    """The recipe from an RGB image to a network's input of `height` x `width` pixels.

    `resize` is the length that the shortest side is brought to before the centre crop (the long side is truncated to a
    whole pixel, as torchvision does), a pair (height, width) to resize to exactly before the crop (Caffe's habit), or
    None to resize to exactly `height` x `width`. Colours: `(x * scale - mean) / std` for x in 0..255, per RGB channel.

    Raises UsageError where the numbers contradict each other.

    >>> recipe = Preprocess(227, 227, resize=256, scale=1.0, mean=CAFFE_MEAN, std=(1.0, 1.0, 1.0))
    >>> recipe.crop(np.zeros((300, 400, 3), np.uint8)).shape
    (227, 227, 3)
    >>> str(recipe)
    'shortest side to 256 (bilinear), centre crop 227x227'
    """

    height: int
    width: int
    resize: int | tuple[int, int] | None = None
    interpolation: Interpolation = "bilinear"
    scale: float = 1 / 255
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            object.__setattr__(self, name, tuple(float(value) for value in getattr(self, name)))
        if self.resize is not None and not isinstance(self.resize, int):
            object.__setattr__(self, "resize", tuple(int(side) for side in self.resize))
        self._check()

    def _check(self) -> None:
        for side in (self.height, self.width, *self._smallest()):
            if not isinstance(side, Integral) or isinstance(side, bool) or side > _LARGEST_SIDE:
                raise UsageError(f"sides are whole numbers of at most {_LARGEST_SIDE} pixels, found {side!r}")
        if self.height < 1 or self.width < 1:
            raise UsageError(f"a crop of {self.height}x{self.width} pixels has no area: give positive sides")
        if self.interpolation not in get_args(Interpolation):
            known = get_args(Interpolation)
            raise UsageError(
                f"unknown interpolation {self.interpolation!r}{nearest(str(self.interpolation), known)} "
                f"(one of {', '.join(known)})"
            )
        if len(self.mean) != 3 or len(self.std) != 3:
            raise UsageError(f"mean and std have a value per RGB channel, found {len(self.mean)} and {len(self.std)}")
        if not math.isfinite(sum((self.scale, *self.mean, *self.std))):
            raise UsageError(f"colours need finite numbers, found scale {self.scale}, {self.mean} and {self.std}")
        if not self.scale > 0 or not all(value > 0 for value in self.std):
            raise UsageError(f"scale and std divide colours and must be positive, found {self.scale} and {self.std}")
        if isinstance(self.resize, tuple) and len(self.resize) != 2:
            raise UsageError(f"an exact resize is a pair (height, width), found {self.resize}")
        small = self._smallest()
        if small[0] < self.height or small[1] < self.width:
            raise UsageError(
                f"resizing to {self.resize} leaves less than the crop of {self.height}x{self.width} pixels: "
                f"resize to {max(self.height, self.width)} or more, or crop less"
            )

    def _smallest(self) -> tuple[int, int]:
        """The smallest image, as (height, width), that a crop is taken from."""
        if self.resize is None:
            return self.height, self.width
        return (self.resize, self.resize) if isinstance(self.resize, int) else self.resize

    def __str__(self) -> str:
        if isinstance(self.resize, int):
            first = f"shortest side to {self.resize}"
        else:
            height, width = self._smallest()
            first = f"resized to {height}x{width}"
        crop = "" if self.resize is None else f", centre crop {self.height}x{self.width}"
        return f"{first} ({self.interpolation}){crop}"

    def place(self, height: int, width: int) -> Placement:
        """Where the crop of an image of `height` x `width` pixels lies.

        >>> Preprocess(3, 3, resize=3).place(3, 5)
        Placement(source=(3, 5), height=3, width=5, top=0, left=1)
        """
        if height < 1 or width < 1:
            raise ImageError(f"an image of {height}x{width} pixels has no area")
        if not isinstance(self.resize, int):
            new = self._smallest()
        elif width <= height:
            new = (int(self.resize * height / width), self.resize)
        else:
            new = (self.resize, int(self.resize * width / height))
        # round() takes halves to the even side, and torchvision's CenterCrop uses it: (5 - 2) / 2 begins at 2.
        top, left = round((new[0] - self.height) / 2), round((new[1] - self.width) / 2)
        return Placement((height, width), new[0], new[1], top, left)

    def crop(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The (height, width, 3) crop of an (H, W, 3) uint8 RGB image; a view of it where nothing is resized.

        Raises ShapeError for any other array (`decode` makes RGB of grey, palette and other images).
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ShapeError(f"an image is (H, W, 3) uint8 RGB, found {image.shape} {image.dtype}: see decode()")
        place = self.place(image.shape[0], image.shape[1])
        if (place.height, place.width) == image.shape[:2]:
            return image[place.top : place.top + self.height, place.left : place.left + self.width]
        resample = Image.Resampling[self.interpolation.upper()]
        resized = Image.fromarray(image).resize((place.width, place.height), resample)
        box = (place.left, place.top, place.left + self.width, place.top + self.height)
        return np.array(resized.crop(box))

    def normalise(self, batch: Tensor, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """The network input of pixels 0..255, (3, H, W) or (n, 3, H, W): `(x * scale - mean) / std`, on their device.

        Computed in float32 (float64 for float64) and then cast to `dtype`; the memory format is kept.

        >>> recipe = Preprocess(2, 2, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
        >>> recipe.normalise(torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)).amax().round().item()
        1.0
        """
        self._check_planes(batch)
        exact = torch.float64 if dtype == torch.float64 else torch.float32
        factor, offset = self._columns(batch.device, exact)
        pixels = batch.to(exact)
        # One pass over memory; in place where the pixels were converted just now.
        out = None if pixels is batch else pixels
        if batch.ndim == 4 and out is not None and batch.is_contiguous(memory_format=torch.channels_last):
            # Colours are neighbours in memory: a whole row at a time, since three values at a time take thrice as long.
            rows = out.permute(0, 2, 3, 1).flatten(2)
            width = batch.shape[3]
            torch.addcmul(offset.flatten().repeat(width), rows, factor.flatten().repeat(width), out=rows)
            return out.to(dtype)
        return torch.addcmul(offset, pixels, factor, out=out).to(dtype)

    def restore(self, batch: Tensor) -> Tensor:
        """The uint8 pixels that `normalise` made this input from, clipped to 0..255; the inverse of `normalise`."""
        self._check_planes(batch)
        factor, offset = self._columns(batch.device, torch.float32)
        return (batch.float() - offset).div_(factor).round_().clamp_(0, 255).to(torch.uint8)

    def _columns(self, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Factor and offset (3, 1, 1) of `x * factor + offset`, which is `(x * scale - mean) / std`."""
        mean, std = np.asarray(self.mean), np.asarray(self.std)
        columns = torch.from_numpy(np.stack([self.scale / std, -mean / std])).to(device, dtype)
        return columns[0].view(3, 1, 1), columns[1].view(3, 1, 1)

    def _check_planes(self, batch: Tensor) -> None:
        if batch.ndim not in (3, 4) or batch.shape[-3] != 3:
            raise ShapeError(f"pixels are (3, H, W) or (n, 3, H, W), found {tuple(batch.shape)}")

    @property
    def mean_colour(self) -> NDArray[np.uint8]:
        """The colour (3,) that normalises to zero as nearly as a pixel can: what lies beyond an image's border.

        >>> Preprocess(224, 224, resize=256).mean_colour.tolist()
        [124, 116, 104]
        """
        return np.clip(np.rint(np.asarray(self.mean) / self.scale), 0, 255).astype(np.uint8)

    def to_json(self) -> dict[str, Any]:
        """The recipe as numbers, strings and lists, for `json.dumps`."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The recipe that `to_json` described; raises UsageError for keys that are missing or unknown.

        >>> recipe = Preprocess(224, 224, resize=256, interpolation="bicubic")
        >>> Preprocess.from_json(recipe.to_json()) == recipe
        True
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(stored, Mapping):
            raise UsageError(f"a preprocessing description is an object, found a {type(stored).__name__}")
        for key in stored:
            if key not in known:
                raise UsageError(f"a preprocessing description has no {key!r}{nearest(key, known)}")
        if missing := {"height", "width"} - set(stored):
            raise UsageError(f"a preprocessing description needs {' and '.join(sorted(missing))}")
        try:
            return cls(**stored)
        except (TypeError, ValueError, OverflowError) as error:
            if isinstance(error, UsageError):
                raise
            raise UsageError(f"a preprocessing description holds values of other kinds: {error}") from error
