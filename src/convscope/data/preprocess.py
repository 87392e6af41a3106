"""How an image becomes a network's input, as one description that travels with the model and with its results.

Geometry (resize, centre crop) happens on pixels on the CPU and is, for uint8, the same pixel for pixel as torchvision's
`Resize` and `CenterCrop` on Pillow images. Colours (scale, mean, standard deviation) are applied to whole batches on
whatever device they are on.

A network has any number of input channels, and its images as many: there is a mean and a standard deviation for each.
Pixels are on 0..255 whatever a file holds. Without a `range` they are uint8, and files of more than 8 bits are rounded
to that; with one they are float32, and nothing is rounded.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from convscope.errors import ImageError, ShapeError, UsageError, nearest

Resampling = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
NamedRange = Literal["file", "collection", "normalised"]
Range = tuple[float, float] | NamedRange
"""Which values of a file become 0 and 255: two numbers; or those that each "file" says of itself; or the least and the
largest of a "collection"; or "normalised" for values that are the network's input already."""

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
    """The recipe from an image to a network's input of `height` x `width` pixels.

    `resize` is the length that the shortest side is brought to before the centre crop (the long side is truncated to a
    whole pixel, as torchvision does), a pair (height, width) to resize to exactly before the crop (Caffe's habit), or
    None to resize to exactly `height` x `width`. Colours: `(x * scale - mean) / std` for x in 0..255, with a mean and a
    std for each channel: there are as many channels as means, three (RGB) by default. One number stands for all.

    `range` says which values of a file are 0 and 255 (see `Range`); what lies beyond them is cut off. None is for files
    of 8 bits, and for others the range of their type, rounded to 8 bits. `bands` says which channels, counted from 1,
    are shown as red, green and blue (or one as grey) where there are neither one nor three: the first three by default.

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
    interpolation: Resampling = "bilinear"
    scale: float = 1 / 255
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    range: Range | None = None
    bands: tuple[int, ...] | None = None

    if TYPE_CHECKING:  # what is given, of which the fields are the tuples

        def __init__(
            self,
            height: int,
            width: int,
            resize: int | Sequence[int] | None = None,
            interpolation: Resampling = "bilinear",
            scale: float = 1 / 255,
            mean: float | Sequence[float] = IMAGENET_MEAN,
            std: float | Sequence[float] = IMAGENET_STD,
            range: Sequence[float] | NamedRange | None = None,
            bands: int | Sequence[int] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in ("mean", "std")}
        count = max(len(_numbers(value)) for value in given.values())
        for name, value in given.items():
            object.__setattr__(self, name, _numbers(value) * (count if isinstance(value, Real) else 1))
        if self.range is not None and not isinstance(self.range, str):
            object.__setattr__(self, "range", _numbers(self.range))
        if self.bands is not None:
            object.__setattr__(self, "bands", tuple(self.bands) if isinstance(self.bands, Sequence) else (self.bands,))
        if self.resize is not None and not isinstance(self.resize, int):
            object.__setattr__(self, "resize", tuple(int(side) for side in self.resize))
        self._check()

    def _check(self) -> None:
        for side in (self.height, self.width, *self._smallest()):
            if not isinstance(side, Integral) or isinstance(side, bool) or side > _LARGEST_SIDE:
                raise UsageError(f"sides are whole numbers of at most {_LARGEST_SIDE} pixels, found {side!r}")
        if self.height < 1 or self.width < 1:
            raise UsageError(f"a crop of {self.height}x{self.width} pixels has no area: give positive sides")
        if self.interpolation not in get_args(Resampling):
            known = get_args(Resampling)
            raise UsageError(
                f"unknown interpolation {self.interpolation!r}{nearest(str(self.interpolation), known)} "
                f"(one of {', '.join(known)})"
            )
        if len(self.mean) != len(self.std) or not self.mean:
            raise UsageError(
                f"mean and std have a value for each channel, or one number for all: mean has {len(self.mean)}, std "
                f"has {len(self.std)}: give both"
            )
        self._check_shown()
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

    def _check_shown(self) -> None:
        if isinstance(self.range, str) and self.range not in get_args(NamedRange):
            raise UsageError(
                f"unknown range {self.range!r}{nearest(self.range, get_args(NamedRange))} "
                f"(two numbers, or one of {', '.join(get_args(NamedRange))})"
            )
        if isinstance(self.range, tuple) and not (
            len(self.range) == 2 and math.isfinite(sum(self.range)) and self.range[0] < self.range[1]
        ):
            raise UsageError(f"a range is two numbers, the lower first, found {self.range}")
        bands = self.bands
        if bands is not None and (
            len(bands) not in (1, 3)
            or not all(isinstance(b, Integral) and not isinstance(b, bool) and 1 <= b <= self.channels for b in bands)
        ):
            raise UsageError(
                f"bands are one or three of the channels, counted from 1 to {self.channels}, found {bands}"
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
        count = "" if self.channels == 3 else f", {self.channels} channel{'s' * (self.channels > 1)}"
        return f"{first} ({self.interpolation}){crop}{count}{self._range_text()}"

    def _range_text(self) -> str:
        if self.range is None:
            return ""
        if isinstance(self.range, tuple):
            return f", values {self.range[0]:g} to {self.range[1]:g}"
        return {
            "file": ", values as each file says",
            "collection": ", values from the least to the largest of the collection",
            "normalised": ", values normalised already",
        }[self.range]

    @property
    def channels(self) -> int:
        """How many channels its images have."""
        return len(self.mean)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its pixels: uint8, or float32 where a range is given."""
        return np.dtype(np.uint8) if self.range is None else np.dtype(np.float32)

    def for_channels(self, count: int) -> Self:
        """The same for images of so many channels, where one number stands for all of them.

        Raises UsageError where there are others.

        >>> Preprocess(8, 8, mean=(0.5,), std=(0.5,)).for_channels(4).mean
        (0.5, 0.5, 0.5, 0.5)
        """
        if self.channels == count:
            return self
        if len({*zip(self.mean, self.std, strict=True)}) > 1:
            raise UsageError(
                f"mean and std are for {self.channels} channels, and the network takes {count}: give one number for "
                "each channel, or one for all"
            )
        return replace(self, mean=self.mean[:1] * count, std=self.std[:1] * count)

    def place(self, height: int, width: int, *, moved: tuple[int, int] = (0, 0)) -> Placement:
        """Where the crop of an image of `height` x `width` pixels lies: in the middle, or `moved` (down, right) off it.

        It is moved as far as the resized image reaches, in pixels of that.

        >>> Preprocess(3, 3, resize=3).place(3, 5)
        Placement(source=(3, 5), height=3, width=5, top=0, left=1)
        >>> Preprocess(3, 3, resize=3).place(3, 5, moved=(7, 7)).left
        2
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
        top, left = (
            min(max(at + by, 0), room)
            for at, by, room in zip((top, left), moved, (new[0] - self.height, new[1] - self.width), strict=True)
        )
        return Placement((height, width), new[0], new[1], top, left)

    def crop(self, image: NDArray[Any], *, moved: tuple[int, int] = (0, 0)) -> NDArray[Any]:
        """The (height, width, C) crop of an (H, W, C) image of its dtype; a view of it where nothing is resized.

        What is no number, as where a raster has no data, becomes the mean colour. `moved`: as for `place`. Raises
        ShapeError for any other array (`decode` and `decode_for` make such images of files, and of grey, palette and
        other images).
        """
        image = self._admitted(image)
        place = self.place(image.shape[0], image.shape[1], moved=moved)
        if (place.height, place.width) == image.shape[:2]:
            return image[place.top : place.top + self.height, place.left : place.left + self.width]
        box = (place.left, place.top, place.left + self.width, place.top + self.height)
        return self._resized(image, (place.height, place.width), box)

    def resized(self, image: NDArray[Any]) -> NDArray[Any]:
        """The whole (H, W, C) image resized, which `crop` takes its part of; itself where nothing is resized.

        Raises ShapeError as `crop`.

        >>> Preprocess(3, 3, resize=4).resized(np.zeros((8, 16, 3), np.uint8)).shape
        (4, 8, 3)
        """
        image = self._admitted(image)
        place = self.place(image.shape[0], image.shape[1])
        size = (place.height, place.width)
        return image if size == image.shape[:2] else self._resized(image, size, (0, 0, place.width, place.height))

    def _admitted(self, image: NDArray[Any]) -> NDArray[Any]:
        """The image, with numbers everywhere."""
        if image.ndim != 3 or image.shape[2] != self.channels or image.dtype != self.dtype:
            kind = "RGB" if self.channels == 3 else f"with {self.channels} channel{'s' * (self.channels > 1)}"
            raise ShapeError(
                f"an image is (H, W, {self.channels}) {self.dtype} {kind}, found {image.shape} {image.dtype}: "
                "see decode()"
            )
        if image.dtype != np.uint8 and np.isnan(image).any():
            image = np.where(np.isnan(image), self.mean_colour, image)
        return image

    def _resized(self, image: NDArray[Any], to: tuple[int, int], box: tuple[int, int, int, int]) -> NDArray[Any]:
        resample, size = Image.Resampling[self.interpolation.upper()], (to[1], to[0])
        if image.shape[2] == 3 and image.dtype == np.uint8:
            return np.array(Image.fromarray(image).resize(size, resample).crop(box))
        out = np.empty((box[3] - box[1], box[2] - box[0], image.shape[2]), image.dtype)
        for channel in range(image.shape[2]):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            out[..., channel] = np.asarray(plane.resize(size, resample).crop(box))
        return out

    def normalise(self, batch: Tensor, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """The network input of pixels 0..255, (C, H, W) or (n, C, H, W): `(x * scale - mean) / std`, on their device.

        Computed in float32 (float64 for float64) and then cast to `dtype`; the memory format is kept. What is
        normalised already is cast alone.

        >>> recipe = Preprocess(2, 2, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
        >>> recipe.normalise(torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)).amax().round().item()
        1.0
        """
        self._check_planes(batch)
        if self.range == "normalised":
            return batch.to(dtype)
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
        """The pixels that `normalise` made this input from, clipped to 0..255; the inverse of `normalise`.

        uint8, or float32 where a range is given.
        """
        self._check_planes(batch)
        if self.range == "normalised":
            return batch.float()
        factor, offset = self._columns(batch.device, torch.float32)
        pixels = (batch.float() - offset).div_(factor)
        return pixels.clamp_(0, 255) if self.range is not None else pixels.round_().clamp_(0, 255).to(torch.uint8)

    def shown(self, pixels: NDArray[Any]) -> NDArray[np.uint8]:
        """Pixels (..., C) as pictures (..., 3) uint8 to look at: one channel is grey, of several `bands` are shown.

        RGB pixels of 8 bits are returned as they are.

        >>> Preprocess(1, 1, mean=0.5, std=0.5).shown(np.full((1, 1, 1), 7, np.uint8)).tolist()
        [[[7, 7, 7]]]
        """
        if pixels.dtype == np.uint8 and self.channels == 3 and self.bands is None:
            return pixels
        chosen = self.levels(pixels, self.shown_bands)
        return np.repeat(chosen, 3, axis=-1) if chosen.shape[-1] == 1 else np.ascontiguousarray(chosen)

    def levels(self, pixels: NDArray[Any], bands: Sequence[int]) -> NDArray[np.uint8]:
        """Some channels, counted from 1, of pixels (..., C) as levels of grey (..., bands) to look at."""
        at = [band - 1 for band in bands]
        chosen: NDArray[Any] = pixels[..., at]
        if self.range == "normalised":
            chosen = (chosen * np.asarray(self.std)[at] + np.asarray(self.mean)[at]) / self.scale
        if chosen.dtype == np.uint8:
            return chosen
        return np.clip(np.rint(np.nan_to_num(chosen, nan=0.0)), 0, 255).astype(np.uint8)

    @property
    def shown_bands(self) -> tuple[int, ...]:
        """The channels that are shown, counted from 1: one as grey, or three as red, green and blue.

        >>> Preprocess(8, 8, mean=(0.5,) * 13, std=0.25, bands=(4, 3, 2)).shown_bands
        (4, 3, 2)
        """
        if self.bands is not None:
            return self.bands
        return (1, 2, 3) if self.channels >= 3 else (1,)

    def _columns(self, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Factor and offset (C, 1, 1) of `x * factor + offset`, which is `(x * scale - mean) / std`."""
        return _columns_on(self.scale, self.mean, self.std, device, dtype)

    def _check_planes(self, batch: Tensor) -> None:
        count = self.channels
        if batch.ndim not in (3, 4) or batch.shape[-3] != count:
            raise ShapeError(f"pixels are ({count}, H, W) or (n, {count}, H, W), found {tuple(batch.shape)}")

    @property
    def mean_colour(self) -> NDArray[Any]:
        """The colour (C,) that normalises to zero as nearly as a pixel can: what lies beyond an image's border.

        >>> Preprocess(224, 224, resize=256).mean_colour.tolist()
        [124, 116, 104]
        """
        if self.range == "normalised":
            return np.zeros(self.channels, np.float32)
        colour = np.asarray(self.mean) / self.scale
        if self.range is not None:
            return np.clip(colour, 0, 255).astype(np.float32)
        return np.clip(np.rint(colour), 0, 255).astype(np.uint8)

    def to_json(self) -> dict[str, Any]:
        """The recipe as numbers, strings and lists, for `json.dumps`; range and bands where they are given."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value is not None or name not in ("range", "bands")
        }

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


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def _columns_on(
    scale: float, mean: tuple[float, ...], std: tuple[float, ...], device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """`Preprocess._columns`, made once: a device would be sent them with each batch. Who takes them only reads them."""
    factor, offset = scale / np.asarray(std), -np.asarray(mean) / np.asarray(std)
    columns = torch.from_numpy(np.stack([factor, offset])).to(device, dtype)
    return columns[0].view(-1, 1, 1), columns[1].view(-1, 1, 1)


def _numbers(value: Any) -> tuple[float, ...]:
    return tuple(float(one) for one in (value if isinstance(value, Sequence | np.ndarray) else (value,)))
