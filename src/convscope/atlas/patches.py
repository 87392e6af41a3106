"""The patches and projections of some units of a layer, as tiles: images are read again, each once, and shared out.

The strongest responses of many units fall on few images. So the work is cut by image: a job holds some images and all
projections on them, as many as fit its memory, and an image is read and run forward once for all its units. What a job
computes depends on the responses and the options alone, never on how many threads share the jobs.
"""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope.atlas.content import cut, portray
from convscope.atlas.render import GREY, Pixels, TileSize, crop_patch, display, fit, scale_of, without_beyond
from convscope.atlas.sprites import encode
from convscope.data import Preprocess, Source, load_image
from convscope.errors import ImageError, SourceError
from convscope.files import write_bytes
from convscope.graph import Network, PullOptions
from convscope.methods.deconv import project
from convscope.methods.scan import TopK
from convscope.methods.scan.crops import Crops

logger = logging.getLogger(__name__)

BLOCK_BYTES = 512 << 20
"""About how many bytes the tiles of a block of units take."""
Tick = Callable[[int], None]
"""Told how many pieces of work are done, each time that some are."""

BANDS_KEPT = 32
"""Channels up to which each is also kept by itself."""
_JOB_IMAGES = 32
_JOB_PIXELS = 64 << 20  # bytes of projections that are at hand at a time


@dataclass(frozen=True, eq=False)
class Picks:
    """Responses of one layer to show: arrays (n,), positions (n, 2) y, x.

    `channels` counts from the layer's first unit, `ranks` from 0, `images` are numbers in the source.
    """

    channels: NDArray[np.int64]
    ranks: NDArray[np.int64]
    images: NDArray[np.int64]
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.channels)

    @classmethod
    def of(cls, top: TopK, channels: range) -> Self:
        """The responses of some units that are there and not zero, by image, then by unit and rank.

        What a unit that is zero takes from an image is nothing, and its place is arbitrary.
        """
        rows = slice(channels.start, channels.stop)
        images = top.images[rows]
        unit, rank = np.nonzero(_shown(top)[rows])
        order = np.argsort(images[unit, rank], kind="stable")
        unit, rank = unit[order], rank[order]
        positions = top.positions[rows][unit, rank].astype(np.int64)
        return cls(unit + channels.start, rank, images[unit, rank], positions)

    @staticmethod
    def count(top: TopK) -> NDArray[np.int64]:
        """How many responses each unit of the layer has to show."""
        return _shown(top).sum(axis=1)

    def part(self, start: int, stop: int) -> Self:
        """The responses [start, stop)."""
        run = slice(start, stop)
        return type(self)(self.channels[run], self.ranks[run], self.images[run], self.positions[run])

    def jobs(self, *, images: int, responses: int) -> Iterator[Self]:
        """Runs of at most so many images and responses."""
        start, seen = 0, 0
        for at in range(len(self)):
            new = at == start or self.images[at] != self.images[at - 1]
            if at > start and (at - start == responses or (new and seen == images)):
                yield self.part(start, at)
                start, seen, new = at, 0, True
            seen += new
        if start < len(self):
            yield self.part(start, len(self))


def _shown(top: TopK) -> NDArray[np.bool_]:
    return top.found & (top.values != 0)


@dataclass(frozen=True, eq=False)
class UnitTiles:
    """What is shown of some units: photos and projections (units, k, h, w, 3), grey where there is no response.

    scales: (units, k) the magnitude that is black or white in a projection; activations: (units, k) the response as
    the projection found it again; both 0 where there is none. report: what was done at the layer's steps.
    content: i32 (units, k, 4) where in its image, y0 x0 y1 x1, most of a projection's energy is; part_photos,
    part_projections, part_scales: the same of that part alone.
    bands: (units, cells, h, w) each channel by itself as grey, of images of other than one or three channels, see
    `Studio.bands`.
    """

    photos: Pixels
    projections: Pixels
    scales: NDArray[np.float32]
    activations: NDArray[np.float32]
    report: str
    bands: Pixels
    content: NDArray[np.int32]
    part_photos: Pixels
    part_projections: Pixels
    part_scales: NDArray[np.float32]

    @classmethod
    def blank(cls, units: int, k: int, size: TileSize, bands: int = 0) -> Self:
        """Tiles of nothing, with so many cells of single channels."""
        shape = (units, k, *size.shape, 3)
        empty, single = np.zeros((units, k), np.float32), np.full((units, bands, *size.shape), GREY, np.uint8)
        blank, other, part, another = (np.full(shape, GREY, np.uint8) for _ in range(4))
        content = np.zeros((units, k, 4), np.int32)
        return cls(blank, other, empty, empty.copy(), "", single, content, part, another, empty.copy())


def _nothing(path: Path, content: bytes) -> None:
    """Nothing."""


@dataclass(frozen=True)
class Studio:
    """What making tiles needs besides the responses.

    `thumbs` is the folder of whole images, None for none; `written` is told of each and of its content. `crops` are at
    hand from the scan; those that are not are read again and added.
    """

    net: Network
    source: Source
    preprocess: Preprocess
    options: PullOptions
    tile: int
    thumb: int
    thumbs: Path | None
    crops: Crops
    written: Callable[[Path, bytes], None] = _nothing

    def size(self, layer: str) -> TileSize:
        """The tile size of a layer."""
        return TileSize.of(self.box(layer), self.tile)

    def bands(self, k: int) -> int:
        """Cells of single channels that are kept of a unit: for each channel the k photos, then the first projection.

        None of grey and RGB images, and none of more than `BANDS_KEPT` channels.
        """
        channels = self.preprocess.channels
        return 0 if channels in (1, 3) or channels > BANDS_KEPT else channels * (k + 1)

    def box(self, layer: str) -> tuple[int, int]:
        """(height, width) in pixels of the receptive fields of a layer, all of one size."""
        y0, x0, y1, x1 = self.net.crops(layer, np.zeros((1, 2), np.int64), gates=self.options.treated)[0].tolist()
        return y1 - y0, x1 - x0

    def tiles(self, top: TopK, channels: range, *, pool: Executor | None, tick: Tick) -> UnitTiles:
        """The tiles of some units of a layer; jobs are shared out over the pool's threads, `tick` is told of each.

        Raises SourceError where an image that was scanned cannot be read any more.
        """
        size = self.size(top.layer)
        made = UnitTiles.blank(len(channels), top.k, size, self.bands(top.k))
        todo = Picks.of(top, channels)
        reports: set[str] = set()
        for count, report in self._all(top.layer, todo, made, channels.start, pool):
            reports.add(report)
            tick(count)
        return replace(made, report=max(reports, default=""))

    def _all(
        self, layer: str, todo: Picks, made: UnitTiles, first: int, pool: Executor | None
    ) -> Iterator[tuple[int, str]]:
        """Do all jobs; yields the responses of each that is done, and its report."""
        most = max(1, _JOB_PIXELS // (math.prod(self.box(layer)) * self.preprocess.channels * 4))
        jobs = todo.jobs(images=_JOB_IMAGES, responses=most)
        if pool is None:
            for job in jobs:
                yield len(job), self._job(layer, job, made, first)
            return
        futures = {pool.submit(self._job, layer, job, made, first): len(job) for job in jobs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            for future in futures:
                future.cancel()

    def _job(self, layer: str, job: Picks, made: UnitTiles, first: int) -> str:
        """Fill the places of a job's responses; jobs share no place."""
        numbers, row = np.unique(job.images, return_inverse=True)
        photos = np.stack([self.photo(int(number)) for number in numbers])
        found = project(
            self.net,
            self.preprocess.normalise(torch.from_numpy(photos).permute(0, 3, 1, 2), dtype=self.net.dtype),
            layer,
            image=torch.from_numpy(row),
            channel=torch.from_numpy(job.channels),
            position=job.positions,
            rule=self.options.rule,
            smooth=self.options.smooth,
            overlap=self.options.overlap,
            lrn=self.options.lrn,
            gates=self.options.gates,
            workers=1,
        )
        size, fill, boxes = made.photos.shape[2:4], self.preprocess.mean_colour, found.boxes.tolist()
        for i, shown in enumerate(portray(found.pixels, size)):
            unit, rank = at = int(job.channels[i] - first), int(job.ranks[i])
            crop = crop_patch(photos[row[i]], boxes[i], fill)
            patch = without_beyond(self.preprocess.shown(crop), boxes[i], photos.shape[1:3])
            top, left = boxes[i][:2]
            made.photos[at], made.part_photos[at] = fit(patch, size), cut(patch, shown.content, size)
            made.projections[at], made.part_projections[at] = shown.whole, shown.part
            made.scales[at], made.part_scales[at] = shown.scale, shown.part_scale
            made.content[at] = np.add(shown.content, [top, left, top, left])
            if made.bands.shape[1]:
                self._single(made, (unit, rank), (crop, boxes[i], photos.shape[1:3]), found.pixels[i])
        made.activations[job.channels - first, job.ranks] = found.values.float().cpu().numpy()
        return found.report.of_many

    def _single(
        self,
        made: UnitTiles,
        at: tuple[int, int],
        where: tuple[NDArray[Any], Sequence[int], Sequence[int]],
        pixels: Tensor,
    ) -> None:
        """Bring a response's channels into their cells, each by itself; projections are on one scale.

        where: the crop, its box, and the size of the photo.
        """
        (unit, rank), k, size = at, made.photos.shape[1], made.photos.shape[2:4]
        channels = range(self.preprocess.channels)
        levels = without_beyond(self.preprocess.levels(where[0], [channel + 1 for channel in channels]), *where[1:])
        for channel in channels:
            made.bands[unit, channel * k + rank] = fit(np.ascontiguousarray(levels[..., channel]), size)
        if rank == 0:
            scale = np.repeat(scale_of(pixels.reshape(1, 1, -1, pixels.shape[-1])), len(channels))
            for channel, shown in enumerate(display(pixels[:, None], scale=scale)):
                cell = fit(np.ascontiguousarray(shown[..., 0]), size)
                made.bands[unit, len(channels) * k + channel] = cell

    def photo(self, number: int) -> NDArray[Any]:
        """The crop of an image; its small version is written on the way if it is not there yet."""
        photo = self.crops.get(number)
        if photo is None:
            photo = self._read(number)
            self.crops.add(np.array([number]), photo[None])
        self.keep_small(number, photo)
        return photo

    def keep_small(self, number: int, photo: NDArray[Any]) -> None:
        """Write the small version of a whole image, if such are kept and it is not there yet."""
        if self.thumbs is None:
            return
        path = self.thumbs / thumb_path(number)
        if not path.exists():
            size = TileSize.of(photo.shape[:2], self.thumb)
            whole = np.ascontiguousarray(self.preprocess.shown(photo))
            content = encode(fit(whole, size.shape), lossless=False, quality=75)
            write_bytes(path, content)
            self.written(path, content)

    def complete_small(self, numbers: Iterable[int]) -> None:
        """Write the small versions of images that are not there: lost with a part that was made in another run."""
        for number in numbers:
            if self.thumbs is not None and not (self.thumbs / thumb_path(number)).exists():
                self.photo(number)

    def _read(self, number: int) -> NDArray[Any]:
        try:
            return load_image(self.source, number, self.preprocess)
        except ImageError as error:
            raise SourceError(
                f"image {number} ({self.source.name(number)}) was there for the scan and cannot be read now: {error}; "
                "bring the collection back to what it was, or begin in another folder"
            ) from error


def thumb_path(number: int) -> str:
    """The path of a whole image within the folder of whole images, a thousand to a folder.

    >>> thumb_path(12034)
    '12/12034.webp'
    """
    return f"{number // 1000}/{number}.webp"
