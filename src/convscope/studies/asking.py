"""What studies are asked with: collections, classes to follow, atlases to show the answer in."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from convscope.atlas import Atlas
from convscope.data import Images, Naming, Source, cached, open_source
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.inputs import are_planes
from convscope.methods.targets import Target, class_number, follows_nothing, target_of
from convscope.methods.workers import cores


def collection(
    images: Images,
    *,
    limit: int | None = None,
    cache: str | PathLike[str] | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    root: str | PathLike[str] | None = None,
    tile_size: int | tuple[int, int] | None = None,
    tile_stride: int | tuple[int, int] | None = None,
    naming: Naming = "kept",
) -> Source:
    """The collection that image files, or one spelling of a collection, stand for.

    limit: at most so many images, evenly spread. cache: a folder that keeps decoded images. max_pixels,
    max_bytes: what one image may cost; root: where a list's paths begin; tile_size, tile_stride: the windows of large
    rasters; naming: whether names are "numbered". All as for `open_source`.

    Raises:
        UsageError: for no images at all. SourceError: for a collection that cannot be opened.
    """
    images = _each(images)
    if are_planes(images) and all(torch.as_tensor(one).is_floating_point() for one in images):
        raise UsageError(
            "floating-point tensors are a network's input already, and this looks at pixels of a collection: give them "
            "as uint8, or paths, pictures, a folder"
        )
    if isinstance(images, list | tuple):
        if not len(images):
            raise UsageError("no images: name image files, a folder, or a collection such as samples:")
        images = images[0] if len(images) == 1 and isinstance(images[0], str | Path) else list(images)
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


def _each(images: Images) -> Any:
    """Pictures and arrays as a list of images, which `open_source` takes for a data set."""
    if isinstance(images, Image.Image):
        return [images]
    if isinstance(images, np.ndarray | torch.Tensor) and images.ndim < 4:
        return [images]
    return images


def expect_network(net: object) -> None:
    """Raise UsageError for what is no traced network: a module, or the name of one."""
    if isinstance(net, Network):
        return
    if isinstance(net, torch.nn.Module):
        raise UsageError(
            f"a {type(net).__name__} is a module, and a network is asked: trace it first, as in Network.trace(module, "
            "(channels, height, width), preprocess=...)"
        )
    more = f": load it first, as in load({net!r})" if isinstance(net, str) else ": the network comes first, then images"
    raise UsageError(f"a {type(net).__name__} is no network{more}")


def threads_of(workers: int | None) -> int:
    """How many threads decode images ahead, where so many workers were asked for; one a core by default.

    Raises:
        UsageError: for none.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"workers={workers}: one thread or more is needed")
    return cores() if workers is None else workers


def targets_for(net: Network, source: Source | None, indices: Sequence[int], asked: Target) -> Target:
    """The classes to follow in some images of a collection: as asked for, or each image's own for "labels".

    Raises:
        UsageError: where an image has no label, or the network no class of that name.
    """
    listed = [asked] if isinstance(asked, str | int) else asked
    if isinstance(listed, torch.Tensor) or not listed:
        return listed if isinstance(listed, torch.Tensor) else None
    if "labels" not in listed:
        return listed if follows_nothing(net, listed) else [_followed(net, one) for one in listed]
    if source is None:
        raise UsageError("target='labels': tensors have no labels: give the classes, or a collection that has some")
    if len(listed) > 1:
        raise UsageError("target='labels': give either the images' own classes or others, not both")
    found = []
    for index in indices:
        label = source.label(index)
        if label < 0:
            raise UsageError(f"target='labels': {source.name(index)} has no class in {source.describe()}")
        found.append(_own_class(net, source.classes[label] if source.classes else label))
    return torch.tensor(found, dtype=torch.int64, device="cpu")


def _followed(net: Network, asked: int | str) -> int | str:
    """What is followed, by its number, and where in the output."""
    channel, region = target_of(net, asked)
    return channel if region is None else f"{channel}@{region}"


def _own_class(net: Network, label: int | str) -> int:
    """The channel of an image's own class; that of the one class of a network with one output, whatever the image's."""
    if net.head.kind == "binary":
        return 0
    numbered = isinstance(label, int) or label.isdigit()
    return net.head.first + int(label) if numbered else class_number(net, label)


def atlas_of(atlas: Atlas | str | PathLike[str] | None, net: Network | None = None) -> Atlas | None:
    """The atlas that an answer is to be shown in; raises UsageError where it is of another network."""
    if atlas is None:
        return None
    opened = atlas if isinstance(atlas, Atlas) else Atlas.open(Path(atlas))
    model = opened.manifest["model"]
    if net is not None and model["fingerprint"] != net.fingerprint:
        raise UsageError(f"the atlas in {opened.path} is of another network ({model['name']}) than {net.name}")
    return opened


__all__ = ["atlas_of", "collection", "expect_network", "targets_for", "threads_of"]
