"""Crops of a collection, in order and in batches, decoded by threads while the network works on earlier ones.

What comes out depends on the source, the preprocessing, the indices and the batch size alone: neither on the number of
threads nor on their timing. An image that cannot be read or decoded is left out of its batch and reported there.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.data.ahead import made_ahead
from convscope.data.allowance import allowance_of
from convscope.data.cache import CachedSource
from convscope.data.decoding import decode, decode_for
from convscope.data.preprocess import Preprocess
from convscope.data.ranges import settled
from convscope.data.sources.base import Source
from convscope.data.sources.opening import open_source
from convscope.errors import ImageError, UsageError

logger = logging.getLogger(__name__)

Decoding = Literal["full", "reduced"]

_PIECE = 4  # images a task: few enough to spread a batch over threads, enough to pay for the task


@dataclass(frozen=True)
class Failure:
    """An image that could not be read: its number and name in the source, and why."""

    index: int
    name: str
    reason: str


class Unread(Protocol):
    """An image that could not be read."""

    @property
    def name(self) -> str:
        """Its name in the source."""
        ...

    @property
    def reason(self) -> str:
        """Why."""
        ...


def first_reasons(failures: Sequence[Unread], most: int = 3) -> str:
    """The first images that could not be read and why, each reason once, whatever numbers are in it.

    >>> first_reasons([Failure(0, "a.jpg", "it has 3 bits"), Failure(1, "b.jpg", "it has 4 bits")])
    'the first, a.jpg: it has 3 bits'
    """
    told = {_without_numbers(failure.reason): failure for failure in reversed(failures)}
    first, *others = [failure for failure in failures if told[_without_numbers(failure.reason)] is failure][:most]
    return f"the first, {first.name}: {first.reason}" + "".join(f"; {one.name}: {one.reason}" for one in others)


def _without_numbers(reason: str) -> str:
    return re.sub(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", "0", reason)


@dataclass(frozen=True, eq=False)
class Batch:
    """Crops of one stretch of the indices; n is smaller than the stretch where images failed, and may be 0.

    `indices` (n,) int64 are numbers in the source, `images` (n, C, height, width) pixels with the preprocessing's
    channels and dtype (RGB and uint8, if it does not say otherwise) in channels-last memory order, `labels` (n,) int64
    with -1 where there is none, `failures` the images left out.
    """

    indices: NDArray[np.int64]
    images: Tensor
    labels: NDArray[np.int64]
    failures: tuple[Failure, ...]

    def __len__(self) -> int:
        return len(self.indices)


def load_image(
    source: Source, index: int, preprocess: Preprocess | None = None, *, max_pixels: int | None = None
) -> NDArray[Any]:
    """One image of a source as (H, W, 3) uint8 RGB; where a `preprocess` is given its crop, as that says.

    It may have `max_pixels` pixels, by default as many as the source was opened with.

    Raises ImageError where it cannot be read or decoded.
    """
    max_pixels = allowance_of(source).pixels if max_pixels is None else max_pixels
    if preprocess is None:
        return decode(source.read(index), max_pixels=max_pixels)
    return _crop_of(source, index, settled(preprocess, source), max_pixels, None)


def load_pixels(source: Source, index: int, preprocess: Preprocess) -> NDArray[Any]:
    """One whole image of a source, (H, W, C), with the channels and the range that a preprocessing says.

    Raises ImageError where it cannot be read or decoded.
    """
    recipe = settled(preprocess, source)
    return decode_for(source.read(index), recipe, max_pixels=allowance_of(source).pixels)


def _crop_of(source: Source, index: int, preprocess: Preprocess, max_pixels: int, at_least: int | None) -> NDArray[Any]:
    """The crop of an image, from the source's cache where it has one."""

    def make() -> NDArray[Any]:
        return preprocess.crop(decode_for(source.read(index), preprocess, max_pixels=max_pixels, at_least=at_least))

    if isinstance(source, CachedSource):
        return source.crop(index, preprocess, "full" if at_least is None else "reduced", make)
    return make()


def batches(
    source: Source | Any,
    preprocess: Preprocess,
    *,
    indices: Sequence[int] | NDArray[np.integer] | None = None,
    size: int = 32,
    threads: int = 2,
    ahead: int = 4,
    decoding: Decoding = "full",
    memory: Literal["plain", "pinned"] = "plain",
) -> Iterator[Batch]:
    """Batches of crops of the images `indices` (default: all), in that order, `size` indices to a batch.

    `source` may be whatever `open_source` takes.

    `threads` decode and crop at most `ahead` batches beyond the one in use; with 0 the caller's thread does. The
    threads end when the iterator does, is closed, or is interrupted. `decoding` "reduced" lets JPEGs be decoded at
    the smallest size that resizing can start from: faster on large photos, and not the same pixels. Memory "pinned"
    makes copies to a CUDA device asynchronous. Images may have as many pixels as the source was opened with.

    Raises UsageError for arguments that make no sense. Bad images are in each batch's `failures`.

    >>> from convscope.data import open_source
    >>> source = open_source([np.full((8, 8, 3), value, np.uint8) for value in (10, 20, 30)])
    >>> [batch.images[:, 0, 0, 0].tolist() for batch in batches(source, Preprocess(4, 4), size=2)]
    [[10, 20], [30]]
    """
    if size < 1 or threads < 0 or ahead < 1:
        raise UsageError(f"size and ahead are at least 1 and threads 0 or more, found {size}, {ahead} and {threads}")
    if decoding not in get_args(Decoding):
        raise UsageError(f"unknown decoding {decoding!r} (one of {', '.join(get_args(Decoding))})")
    source = open_source(source)
    chosen = np.arange(len(source)) if indices is None else np.asarray(indices, dtype=np.int64).reshape(-1)
    outside = chosen[(chosen < 0) | (chosen >= len(source))]
    if len(outside):
        raise UsageError(f"there is no image {outside[0]}: {source.describe()}")
    preprocess, most = settled(preprocess, source), allowance_of(source).pixels
    loader = _Loader(source, preprocess, _at_least(preprocess, decoding), most, memory == "pinned")
    stretches = [chosen[start : start + size] for start in range(0, len(chosen), size)]
    return _serial(loader, stretches) if threads == 0 else _threaded(loader, stretches, threads, ahead)


def _at_least(preprocess: Preprocess, decoding: Decoding) -> int | None:
    """The length that both sides of an image decoded at reduced size must keep."""
    if decoding == "full":
        return None
    if isinstance(preprocess.resize, int):
        return preprocess.resize
    return max(preprocess.resize or (preprocess.height, preprocess.width))


@dataclass(frozen=True)
class _Loader:
    """How images come into a batch's memory."""

    source: Source
    preprocess: Preprocess
    at_least: int | None
    max_pixels: int
    pinned: bool

    def begin(self, indices: NDArray[np.int64]) -> "_Pending":
        shape = (len(indices), self.preprocess.height, self.preprocess.width, self.preprocess.channels)
        dtype = torch.uint8 if self.preprocess.dtype == np.uint8 else torch.float32
        # Fresh memory for each batch: whoever holds an earlier one never sees it change.
        images = torch.empty(shape, dtype=dtype, device="cpu", pin_memory=self.pinned)
        return _Pending(indices, images, np.full(len(indices), -1, np.int64), [None] * len(indices))

    def fill(self, pending: "_Pending", places: range) -> None:
        """Bring the images of these places of a batch into its memory, or their failures into its list."""
        memory = pending.images.numpy()
        for place in places:
            index = int(pending.indices[place])
            try:
                memory[place] = _crop_of(self.source, index, self.preprocess, self.max_pixels, self.at_least)
                pending.labels[place] = self.source.label(index)
            except ImageError as error:
                pending.failures[place] = Failure(index, self.source.name(index), str(error))
                logger.info("image %d left out: %s", index, error)


@dataclass(frozen=True)
class _Pending:
    """A batch in the making; each task writes to its own places."""

    indices: NDArray[np.int64]
    images: Tensor  # (n, H, W, C)
    labels: NDArray[np.int64]
    failures: list[Failure | None]

    def finish(self) -> Batch:
        failures = tuple(failure for failure in self.failures if failure is not None)
        images, indices, labels = self.images, self.indices, self.labels
        if failures:
            kept = np.array([failure is None for failure in self.failures])
            images, indices, labels = images[torch.from_numpy(kept)], indices[kept], labels[kept]
        return Batch(indices.astype(np.int64, copy=False), images.permute(0, 3, 1, 2), labels, failures)


def _serial(loader: _Loader, stretches: Sequence[NDArray[np.int64]]) -> Iterator[Batch]:
    for indices in stretches:
        pending = loader.begin(indices)
        loader.fill(pending, range(len(indices)))
        yield pending.finish()


def _threaded(loader: _Loader, stretches: Sequence[NDArray[np.int64]], threads: int, ahead: int) -> Iterator[Batch]:
    def start(pool: ThreadPoolExecutor, indices: NDArray[np.int64]) -> Callable[[], Batch]:
        pending = loader.begin(indices)
        starts = range(0, len(indices), _PIECE)
        pieces = [range(at, min(at + _PIECE, len(indices))) for at in starts]
        tasks = [pool.submit(loader.fill, pending, piece) for piece in pieces]

        def finish() -> Batch:
            for task in tasks:
                task.result()
            return pending.finish()

        return finish

    return made_ahead(stretches, start, threads=threads, ahead=ahead)
