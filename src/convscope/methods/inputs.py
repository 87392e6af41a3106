"""From images of any kind to a network's input: the one way, for every method."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from convscope.data import (
    Images,
    Naming,
    Preprocess,
    Source,
    cached,
    decode_for,
    load_image,
    open_source,
    settled,
)
from convscope.data.recipes import named, no_preprocessing
from convscope.errors import ShapeError, UsageError
from convscope.graph import Network

logger = logging.getLogger(__name__)


AT_ONCE = 1024
"""Images that a method of a few images takes at most: they and what is found of them are held in memory together."""


def collection(
    images: Images,
    *,
    limit: int | None = None,
    cache: str | os.PathLike[str] | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    root: str | os.PathLike[str] | None = None,
    tile_size: int | tuple[int, int] | None = None,
    tile_stride: int | tuple[int, int] | None = None,
    naming: Naming = "kept",
    channels: int | None = None,
) -> Source:
    """The collection that image files, or one spelling of a collection, stand for.

    limit: at most so many images, evenly spread. cache: a folder that keeps decoded images. max_pixels,
    max_bytes: what one image may cost; root: where a list's paths begin; tile_size, tile_stride: the windows of large
    rasters; naming: whether names are "numbered". All as for `open_source`. channels: that the network takes, by which
    an array (n, H, W) is told to be n grey images.

    Raises:
        UsageError: for no images at all. SourceError: for a collection that cannot be opened.
    """
    images = _each(images, channels)
    if are_planes(images) and all(torch.as_tensor(one).is_floating_point() for one in images):
        raise UsageError(
            "floating-point tensors are a network's input already, and this looks at pixels of a collection: give them "
            "as uint8, or paths, pictures, a folder"
        )
    if isinstance(images, list | tuple):
        _expect_one_kind(images)
        if not len(images):
            raise UsageError("no images: name image files, a folder, or a collection such as samples:")
        images = images[0] if len(images) == 1 and isinstance(images[0], str | os.PathLike) else list(images)
    source = open_source(
        images,
        limit=limit,
        root=root,
        max_pixels=max_pixels,
        max_bytes=max_bytes,
        tile_size=tile_size,
        tile_stride=tile_stride,
        naming=naming,
    )
    return source if cache is None else cached(source, cache)


def _each(images: Images, channels: int | None) -> Any:
    """Pictures and arrays as a list of images, which `open_source` takes for a data set."""
    if isinstance(images, Image.Image):
        return [images]
    whole = isinstance(images, np.ndarray) and images.dtype.kind in "ui"
    if whole and channels is not None and _are_grey(images, channels):
        return list(images)
    if isinstance(images, np.ndarray | torch.Tensor) and images.ndim < 4:
        return [images]
    return images


def _expect_one_kind(images: Sequence[Any]) -> None:
    paths = [one for one in images if isinstance(one, str | os.PathLike)]
    if paths and len(paths) < len(images):
        raise UsageError(
            f"a list of images has {len(paths)} paths, such as {os.fspath(paths[0])!r}, and {len(images) - len(paths)} "
            "pictures: give paths alone, or pictures alone"
        )


def expect_network(net: object) -> None:
    """Raise UsageError for what is no traced network: a module, or the name of one. Of weights without numbers it is
    said that they are carried on."""
    if isinstance(net, Network):
        if net.nonfinite:
            logger.warning(
                "weights of %s %s: what comes of them says little; give other weights, such as those of a checkpoint "
                "from before", net.name, net.broken,
            )  # fmt: skip
        return
    if isinstance(net, torch.nn.Module):
        raise UsageError(
            f"a {type(net).__name__} is a module, and a network is asked: trace it first, as in Network.trace(module, "
            "(channels, height, width), preprocess=...)"
        )
    more = f": load it first, as in load({net!r})" if isinstance(net, str) else ": the network comes first, then images"
    what = {str: "text", int: "a number"}.get(type(net), f"a {type(net).__name__}")
    raise UsageError(f"{what} is no network{more}")


def chosen_layers(net: Network, layers: Sequence[str] | None, usual: Sequence[str]) -> list[str]:
    """The names of the layers that were asked for, or of the usual ones where that was left open (None).

    Raises:
        UsageError: for none at all. UnknownLayer: for a layer that does not exist.
    """
    if isinstance(layers, str):
        raise UsageError(f"layers={layers!r}: give a list of names, such as [{layers!r}]")
    if layers is not None and not len(layers):
        raise UsageError("layers=[]: name one layer or more, or leave layers out for the usual ones")
    return [net.layers[name].name for name in (usual if layers is None else layers)]


def preprocess_of(net: Network, source: Source | None = None) -> Preprocess:
    """The network's preprocessing; for the images of a source with numbers for the range of a collection.

    A preprocessing that is a name ("imagenet", "unit") is that for the network's input.

    Raises:
        UsageError: if it has none, or one that makes images of another size or of other channels.
    """
    found, (channels, height, width) = recipe_of(net), net.input_shape
    if found is None:
        raise no_preprocessing(net.name, channels)
    if (found.height, found.width) != (height, width):
        raise UsageError(
            f"the preprocessing of {net.name} makes images of shape ({channels}, {found.height}, {found.width}), the "
            f"network takes {tuple(net.input_shape)}: trace it for that shape, or change the preprocessing"
        )
    return found if source is None else settled(found, source)


def recipe_of(net: Network) -> Preprocess | None:
    """What a network's preprocessing says of colours, for its channels, whatever size it is of; None where it has none.

    Raises:
        UsageError: for one of other channels.
    """
    found, (channels, height, width) = net.preprocess, net.input_shape
    if found is None:
        return None
    return named(found, height, width, channels) if isinstance(found, str) else found.for_channels(channels)


def input_of(net: Network, pixels: NDArray[Any] | Sequence[NDArray[Any]]) -> Tensor:
    """The network's input (n, C, H, W), on its device, for crops of images: pixels (n, H, W, C), or n of (H, W, C)."""
    stacked = np.stack(pixels) if not isinstance(pixels, np.ndarray) else np.ascontiguousarray(pixels)
    batch = torch.from_numpy(stacked).permute(0, 3, 1, 2)
    return preprocess_of(net).normalise(batch, dtype=net.dtype).to(net.device)


def images_for(net: Network, images: Any) -> Tensor:
    """The network's input (n, C, H, W), on its device and with its dtype, for images of any of these kinds.

    | images | are |
    | --- | --- |
    | a floating-point tensor (C, H, W) or (n, C, H, W) | normalised already: taken as they are |
    | a uint8 tensor (C, H, W) or (n, C, H, W) | pixels; of the input's size they are cropped already |
    | a NumPy array (H, W), (H, W, C), (n, H, W, C), or one as a tensor would be | pixels where they are uint8 |
    | one (n, H, W) of uint8, n and W neither 1, 3, 4 nor the network's channels, W not 2 | n grey images |
    | a path, a Pillow image | one image |
    | a `Source`, or a spelling of a collection (`open_source`) | all of its images |
    | a list or tuple of paths, Pillow images, arrays, or of tensors (C, H, W) | these images |

    What is not normalised is cropped and normalised by the network's preprocessing. Of what is odd in them nothing is
    said here, see `remarked_images`.

    Raises:
        ShapeError: for tensors and arrays of other shapes, or floats that are not normalised but look like pixels.
        UsageError: for images of no known kind, none or too many, or a network without preprocessing where it is
            needed. ImageError, SourceError: for what cannot be read.

    >>> net = Network.trace(torch.nn.Conv2d(3, 2, 3), (3, 8, 8), preprocess=Preprocess(8, 8))
    >>> images_for(net, np.zeros((20, 30, 3), np.uint8)).shape
    torch.Size([1, 3, 8, 8])
    """
    return remarked_images(net, images)[0]


def remarked_images(net: Network, images: Any) -> tuple[Tensor, list[str]]:
    """What `images_for` gives, and what is worth knowing of it, which whoever was given the images says once."""
    if isinstance(images, np.ndarray) and images.dtype.kind == "f":
        images = torch.from_numpy(images)
    if isinstance(images, list | tuple) and _is_normalised(images):
        shapes = {tuple(one.shape) for one in images}
        if len(shapes) > 1:
            raise ShapeError(f"images of one size are needed, found {' and '.join(map(str, sorted(shapes)))}")
        images = torch.stack([torch.as_tensor(one) for one in images])
    if isinstance(images, Tensor) and images.is_floating_point():
        return _normalised(net, (images[None] if images.dim() == 3 else images).detach())
    pixels = list(_pixels(images, preprocess_of(net)))
    if not pixels:
        raise ShapeError("there are no images")
    return input_of(net, pixels), []


def _is_normalised(images: Any) -> bool:
    """Whether they are images of floating-point numbers, taken as they are: a batch, one, or a list of such."""
    if isinstance(images, list | tuple):
        return bool(images) and all(_is_normalised(one) and one.ndim == 3 for one in images)
    if isinstance(images, np.ndarray):
        return images.dtype.kind == "f" and images.ndim in (3, 4)
    return isinstance(images, Tensor) and images.is_floating_point()


def are_planes(images: Any) -> bool:
    """Whether they are tensors, or arrays laid out like them, channels first: a batch, one image, or a list of such.

    >>> are_planes(torch.zeros(3, 8, 8, dtype=torch.uint8)), are_planes(np.zeros((8, 8, 3), np.uint8))
    (True, False)
    """
    if isinstance(images, list | tuple):
        return bool(images) and all(are_planes(one) for one in images)
    if isinstance(images, np.ndarray):
        return images.ndim in (3, 4) and (images.dtype.kind == "f" or images.shape[-1] not in (1, 3, 4))
    return isinstance(images, Tensor)


def _normalised(net: Network, batch: Tensor) -> tuple[Tensor, list[str]]:
    remarks: list[str] = []
    channels = net.input_shape[0]
    if batch.dim() == 4 and batch.shape[1] != channels == batch.shape[3]:
        raise ShapeError(
            f"floating-point arrays are channels first and normalised, found {tuple(batch.shape)}: give pixels as "
            f"uint8 (H, W, {channels}), or numbers as (n, {', '.join(map(str, net.input_shape))})"
        )
    checked = net.check_images(batch)
    if not bool(batch.isfinite().all()):
        remarks.append(
            f"images hold NaN or infinite values, which {net.name} carries on: what comes of them says little"
        )
    recipe = recipe_of(net)
    if recipe is not None and recipe.range != "normalised" and len(batch):
        pixels = torch.tensor([0, 255], dtype=torch.uint8, device="cpu").repeat(recipe.channels, 1)[:, :, None]
        ends = recipe.normalise(pixels)
        low, high = float(ends.min()), float(ends.max())
        # Pixels are never negative, and larger than anything normalised, or whole numbers.
        seen = (*batch.aminmax(), (batch == batch.round()).all())
        least, most, whole = torch.stack([one.to(batch.dtype) for one in seen]).tolist()
        if least >= 0 and most <= 1 and not whole and (low < 0 or high > 1):
            remarks.append(
                "floating-point images are taken as normalised, and these lie on 0 to 1, where the preprocessing of "
                f"{net.name} gives {low:.3g} to {high:.3g}: if they are pixels, give "
                "net.preprocess.normalise(255 * images)"
            )
        if least >= 0 and (most > 2 * high - low or (most > high and whole)):
            raise ShapeError(
                f"floating-point images are normalised already, and these have values from {least:g} to {most:g}; "
                f"{net.name} takes {low:.3g} to {high:.3g}: give pixels as uint8, or net.preprocess.normalise(images)"
            )
    return checked, remarks


def _pixels(images: Any, preprocess: Preprocess) -> Iterator[NDArray[Any]]:
    """The crops (H, W, C) of images that are not normalised."""
    if isinstance(images, Tensor):
        yield from _of_planes(images.detach().cpu().numpy(), preprocess)
    elif isinstance(images, np.ndarray) and _are_grey(images, preprocess.channels):
        for one in images:
            yield preprocess.crop(decode_for(one, preprocess))
    elif isinstance(images, np.ndarray) and _planes_first(images, preprocess.channels):
        yield from _of_planes(images, preprocess)
    elif isinstance(images, np.ndarray):
        for one in images if images.ndim == 4 else [images]:
            yield preprocess.crop(decode_for(one, preprocess))
    elif isinstance(images, Image.Image):
        yield preprocess.crop(decode_for(images, preprocess))
    elif isinstance(images, list | tuple) and not all(isinstance(one, str | os.PathLike) for one in images):
        for one in images:
            yield from _pixels(one, preprocess)
    elif isinstance(images, list | tuple) and not images:
        return
    else:
        source = open_source(images)
        if len(source) > AT_ONCE:
            raise UsageError(
                f"{source.describe()}: {len(source)} images are more than the {AT_ONCE} that are taken together; take "
                "open_source(..., limit=)"
            )
        for index in range(len(source)):
            yield load_image(source, index, preprocess)


def _are_grey(images: NDArray[Any], channels: int) -> bool:
    """Whether pixels of three dimensions are (n, H, W) and nothing else: no number of channels stands at either end.

    Two at the last one are grey and alpha, as Pillow's "LA" has them.
    """
    return (
        images.ndim == 3
        and images.shape[0] not in (1, 3, 4, channels)
        and images.shape[-1] not in (1, 2, 3, 4, channels)
    )


def _planes_first(images: NDArray[Any], channels: int) -> bool:
    """Whether pixels of three or four dimensions have their channels before their rows."""
    if images.ndim not in (3, 4) or images.shape[-1] == channels:
        return False
    return images.shape[-3] == channels or images.shape[-1] not in (1, 3, 4)


def _of_planes(planes: NDArray[Any], preprocess: Preprocess) -> Iterator[NDArray[Any]]:
    """The crops of pixels with channels first, (C, H, W) or (n, C, H, W)."""
    batch, count = planes[None] if planes.ndim == 3 else planes, preprocess.channels
    whole = batch.dtype == np.uint8 or (preprocess.range is not None and batch.dtype.kind in "ui")
    if not whole or batch.ndim != 4 or batch.shape[1] not in {1, 3, count}:
        raise ShapeError(
            f"images are floating point and normalised, or uint8 pixels ({count}, H, W) or (n, {count}, H, W); found "
            f"{planes.dtype} {planes.shape}; several grey images are (n, 1, H, W), as images[:, None] makes them"
        )
    cropped = batch.shape[2:] == (preprocess.height, preprocess.width)
    for one in batch:
        pixels = decode_for(np.ascontiguousarray(one.transpose(1, 2, 0)), preprocess)
        yield pixels if cropped else preprocess.crop(pixels)


def asked_of(net: Network, source: Source, layers: Sequence[str]) -> str:
    """What is asked of which images, in a line; with what is assumed of images of other than RGB and 8 bits."""
    recipe = preprocess_of(net, source)
    assumed = "" if recipe.channels == 3 and recipe.range is None else f"; images {recipe}"
    return f"{net.name} on {source.describe()}; layers {', '.join(layers)}{assumed}"


__all__ = [
    "AT_ONCE",
    "are_planes",
    "chosen_layers",
    "collection",
    "expect_network",
    "images_for",
    "input_of",
    "preprocess_of",
    "recipe_of",
    "remarked_images",
]
