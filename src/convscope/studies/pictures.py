"""The images of a collection that studies of a few images look at, read once, and what they are called."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.atlas import Atlas
from convscope.atlas.render import TileSize, fit
from convscope.atlas.sprites import encode
from convscope.data import Failure, Images, Source, batches
from convscope.data.sources.select import spread
from convscope.errors import ImageError
from convscope.graph import Network
from convscope.methods.inputs import are_planes, input_of, preprocess_of, recipe_of, remarked_images
from convscope.shown import brief
from convscope.studies.asking import collection

logger = logging.getLogger(__name__)

PICTURE = 224
"""Pixels of the longest side of a photo that an answer gives to an atlas's page."""


@brief
@dataclass(frozen=True)
class SeenImages:
    """The images of a collection that an answer is about: their names and numbers there, in order.

    failures: those that could not be read. collection: the fingerprint of all.
    """

    names: tuple[str, ...]
    indices: tuple[int, ...]
    failures: tuple[Failure, ...]
    collection: str

    @property
    def remarks(self) -> list[str]:
        """What is said of those that could not be read."""
        return [left_out(failure) for failure in self.failures]

    def in_atlas(self, atlas: Atlas) -> tuple[int, ...]:
        """Their numbers in the atlas's collection, where it is the same, or theirs is some of it by a limit."""
        return numbers_in(atlas, self.collection, self.indices, len(self.names) + len(self.failures))

    def describe(self) -> str:
        """Which they are, in a few words."""
        more = len(self.names) - 2
        return ", ".join(self.names[:2]) + (f" and {more} more" if more > 0 else "")

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class ReadImages:
    """Images that could be read: pictures (n, H, W, 3) of their crops to look at, and the network's input (n, C, H, W).

    source: the collection that they are of; None for images that were given as the network's input.
    """

    source: Source | None
    seen: SeenImages
    pixels: NDArray[np.uint8]
    inputs: Tensor

    def __len__(self) -> int:
        return len(self.seen)


def look_at(
    net: Network, images: Images, *, limit: int | None = None, indices: Sequence[int] | None = None
) -> ReadImages:
    """Images of any kind, as the network sees them: see `convscope.methods.inputs.images_for`.

    limit: at most so many of them, evenly spread. Those that cannot be read are left out.

    Raises:
        ImageError: where none can be. And what `images_for` and `open_source` raise.
    """
    if not are_planes(images):
        return read_pictures(net, collection(images, limit=limit), indices=indices)
    batch, remarks = remarked_images(net, images)
    for remark in remarks:
        logger.warning("%s", remark)
    chosen = spread(len(batch), limit).tolist() if indices is None else list(indices)
    return given_pictures(net, batch[chosen], [f"image {i}" for i in chosen])


def given_pictures(net: Network, batch: Tensor, names: Sequence[str]) -> ReadImages:
    """Images (n, C, H, W) that were given as the network's input, by what they are called."""
    digest = hashlib.sha256(batch.cpu().contiguous().numpy().tobytes()).hexdigest()
    seen = SeenImages(tuple(names), tuple(range(len(names))), (), digest)
    return ReadImages(None, seen, shown_pixels(net, batch), batch)


def shown_pixels(net: Network, batch: Tensor) -> NDArray[np.uint8]:
    """The pixels (n, H, W, 3) of a network's input, for people: its preprocessing undone.

    For a network without preprocessing each image's values from the least to the largest.
    """
    recipe = recipe_of(net)
    if recipe is not None:
        return recipe.shown(np.ascontiguousarray(recipe.restore(batch.cpu()).permute(0, 2, 3, 1).numpy()))
    spans = batch.cpu().float().flatten(1)
    low, high = (getattr(spans, name)(1).values[:, None, None, None] for name in ("min", "max"))
    shown = ((batch.cpu().float() - low) / (high - low).clamp_min(1e-12) * 255).round().to(torch.uint8)
    shown = shown[:, :3] if shown.shape[1] >= 3 else shown[:, :1].repeat(1, 3, 1, 1)
    return np.ascontiguousarray(shown.permute(0, 2, 3, 1).numpy())


def numbers_in(atlas: Atlas, collection: str, indices: Sequence[int], count: int) -> tuple[int, ...]:
    """The numbers that images of a collection have in an atlas's; () where it is neither that nor a limited part of it.

    collection: the fingerprint of that of the images, which are `indices` of its `count`.
    """
    data = atlas.manifest["data"]
    if data["fingerprint"] == collection:
        return tuple(indices)
    if not 0 < count < data["count"] or max(indices, default=0) >= count:
        return ()
    chosen = spread(data["count"], count)
    said = hashlib.sha256(data["fingerprint"].encode() + chosen.tobytes()).hexdigest()  # as `Subset.fingerprint`
    return tuple(chosen[list(indices)].tolist()) if said == collection else ()


def crop_of(net: Network, image: Tensor) -> NDArray[Any]:
    """The pixels (H, W, C) that a network's input (C, H, W) is made from."""
    return np.ascontiguousarray(preprocess_of(net).restore(image.cpu()).permute(1, 2, 0).numpy())


def read_pictures(net: Network, source: Source, *, indices: Sequence[int] | None = None) -> ReadImages:
    """The images of a collection as the network sees them; those that cannot be read are left out.

    Raises:
        ImageError: where none can be.
    """
    found: list[int] = []
    pixels, failures = [], []
    recipe = preprocess_of(net, source)
    for part in batches(source, recipe, indices=indices):
        failures += part.failures
        found += part.indices.tolist()
        pixels.append(part.images.permute(0, 2, 3, 1).numpy())
    if not found:
        raise none_readable(source, failures)
    crops = np.concatenate(pixels)
    return ReadImages(source, seen_in(source, found, failures), recipe.shown(crops), input_of(net, crops))


def seen_in(source: Source, indices: Sequence[int], failures: Sequence[Failure]) -> SeenImages:
    """Some images of a collection."""
    return SeenImages(tuple(source.name(i) for i in indices), tuple(indices), tuple(failures), source.fingerprint())


def none_readable(source: Source, failures: Sequence[Failure] = ()) -> ImageError:
    """The error to raise where no image of a collection could be read, with the first reason."""
    why = f"; the first, {failures[0].name}: {failures[0].reason}" if failures else ""
    return ImageError(f"none of the {len(source)} images could be read ({source.describe()}){why}")


def left_out(failure: Failure) -> str:
    """What is said of an image that could not be read."""
    return f"left out {failure.name}: {failure.reason}"


def photo_picture(pixels: NDArray[np.uint8], most: int = PICTURE) -> bytes:
    """A photo (H, W, 3) as a small WebP file, its longest side `most` pixels, for the page of an atlas."""
    size = TileSize.of(pixels.shape[:2], most)
    return encode(fit(np.ascontiguousarray(pixels), size.shape), lossless=False, quality=75)


def file_name(index: int, name: str) -> str:
    """A file's name, without an ending, for an image of a collection.

    >>> file_name(3, "cats/my cat.jpeg")
    '00003-cats_my_cat'
    """
    stem, dot, ending = name.rpartition(".")
    stem = stem if dot and len(ending) <= 5 else name
    return f"{index:05}-{re.sub(r'[^A-Za-z0-9_-]+', '_', stem)[-60:]}"


def short_name(name: str) -> str:
    """An image's name for a figure: of a path to a file, the file without its ending.

    >>> short_name("dogs/n02085936.jpg"), short_name("chelsea/y0x0s300")
    ('n02085936', 'chelsea/y0x0s300')
    """
    path = PurePosixPath(name.replace("\\", "/"))
    return path.stem if path.suffix else name


__all__ = [
    "ReadImages",
    "SeenImages",
    "crop_of",
    "file_name",
    "given_pictures",
    "left_out",
    "look_at",
    "none_readable",
    "photo_picture",
    "read_pictures",
    "seen_in",
    "short_name",
    "shown_pixels",
]
