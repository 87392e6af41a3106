"""Windows of rasters and slides that are larger than a network's input: each window is an image.

Only what a window needs is decoded: of a TIFF the strips or tiles under it, of an `.npy` file its rows. A tile is named
by its file and the row and column of its first pixel. Windows stand every `stride` pixels; the last row and column are
moved in, so that the border is seen. Of values that hold no data, the file's own no-data value or those that are no
numbers, each becomes its channel's mean; a window without any data is left out, and counted.

The fingerprint covers names and sizes of the files, their shapes and types, and where the windows are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import USUAL, Allowance
from convscope.data.damage import damage_as
from convscope.data.npz import MAGIC
from convscope.data.rasters import Raster
from convscope.data.sources.arrays import array_at
from convscope.data.sources.base import PicklableLock, hash_items, is_image_name, natural_key
from convscope.data.tiff import BYTES_A_PIXEL, MARKS, check_pieces, decode_piece, described, first_page, nodata
from convscope.errors import ImageError, SourceError, UsageError
from convscope.files import kind_of
from convscope.shown import brief

SIZE = 256
"""Pixels on a side of a window, where nothing else is asked for."""
_MOST = 10_000_000
"""Windows of a collection at most: the whole list of them is made."""
_KEPT = 32 << 20
"""Bytes of decoded pieces that are kept for the next window, of each file."""


@dataclass(frozen=True, eq=False)
class TiffRaster:
    """A page of a TIFF file, of which windows are read."""

    path: Path
    shape: tuple[int, int, int]
    dtype: str
    _kept: OrderedDict[int, NDArray[Any] | None] = field(default_factory=OrderedDict, repr=False)
    _lock: PicklableLock = field(default_factory=PicklableLock, repr=False)

    @classmethod
    def open(cls, path: Path) -> TiffRaster:
        """The first page of a file; raises SourceError or ImageError where it cannot be read by windows."""
        with _opened(path) as file:
            page = first_page(file)
            if page.dtype is None or page.imagedepth != 1:
                raise SourceError(f"{path} is a TIFF of a kind that is not read by windows")
            shape = int(page.imagelength), int(page.imagewidth), int(page.samplesperpixel)
            return cls(path, shape, str(page.dtype))

    def window(self, top: int, left: int, height: int, width: int, *, most: int) -> Raster:
        """The values of a window, and what the file says of them; no strip or tile may have more pixels than `most`.

        Raises ImageError where they cannot be read.
        """
        with self._lock, _opened(self.path) as file:
            page = first_page(file)
            if (int(page.imagelength), int(page.imagewidth), int(page.samplesperpixel)) != self.shape:
                raise ImageError(f"{self.path.name} is not the file any more that it was when it was opened")
            check_pieces(page, most)
            room = height * width * self.shape[2] * np.dtype(self.dtype).itemsize
            if room > most * BYTES_A_PIXEL:
                raise ImageError(
                    f"a window of {self.shape[2]} channels takes {room} bytes: ask for a smaller tile_size="
                )
            out = np.full((height, width, self.shape[2]), nodata(page) or 0, page.dtype)  # where a piece is not there
            tall, wide = int(page.chunks[0]), int(page.chunks[1])
            across, down = -(-self.shape[1] // wide), -(-self.shape[0] // tall)
            planes = self.shape[2] if int(page.planarconfig) == 2 and self.shape[2] > 1 else 1
            for plane in range(planes):
                channels = slice(plane, plane + 1) if planes > 1 else slice(None)
                for row in range(top // tall, -(-(top + height) // tall)):
                    for column in range(left // wide, -(-(left + width) // wide)):
                        found = self._piece(page, (plane * down + row) * across + column)
                        _paste(out[..., channels], found, row * tall - top, column * wide - left)
            return described(page, out)

    def _piece(self, page: Any, number: int) -> NDArray[Any] | None:
        """A decoded strip or tile (h, w, C), from memory where it was needed lately; None for one that is not there."""
        if number not in self._kept:
            self._kept[number] = decode_piece(page, number)
            size = sum(0 if piece is None else piece.nbytes for piece in self._kept.values())
            while size > _KEPT and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                size -= 0 if gone is None else gone.nbytes
        self._kept.move_to_end(number)
        return self._kept[number]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": OrderedDict()}


@dataclass(frozen=True, eq=False)
class ArrayRaster:
    """An array of an `.npy` file, of which windows are read."""

    path: Path
    shape: tuple[int, int, int]
    dtype: str
    first: bool
    """Whether its channels come before its rows."""

    @classmethod
    def open(cls, path: Path) -> ArrayRaster:
        """The array of a file (H, W), (H, W, C) or (C, H, W), of which the shortest side is the channels'."""
        array = array_at(path)
        if array.ndim not in (2, 3) or array.dtype.kind not in "buif" or 0 in array.shape:
            raise SourceError(f"{path} holds {array.dtype} {array.shape}: a raster is (H, W), (H, W, C) or (C, H, W)")
        first = array.ndim == 3 and array.shape[0] < array.shape[2]
        sides = array.shape if array.ndim == 3 else (*array.shape, 1)
        height, width, channels = (sides[1], sides[2], sides[0]) if first else sides
        return cls(path, (height, width, channels), str(array.dtype), first)

    def window(self, top: int, left: int, height: int, width: int, *, most: int) -> Raster:
        """The values of a window, of at most so many pixels."""
        if height * width > most:
            raise ImageError(f"a window of {height}x{width} pixels has more than {most}")
        array = array_at(self.path)
        rows, columns = slice(top, top + height), slice(left, left + width)
        if self.first:
            return Raster(np.ascontiguousarray(array[:, rows, columns].transpose(1, 2, 0)))
        found = np.array(array[rows, columns])
        return Raster(found if found.ndim == 3 else found[..., None])


Windowed = TiffRaster | ArrayRaster


@brief
@dataclass(frozen=True, eq=False)
class TileSource:
    """The windows of rasters. Made by `open_tiles`."""

    place: Path
    rasters: tuple[Windowed, ...] = field(repr=False)
    size: tuple[int, int]
    stride: tuple[int, int]
    first: NDArray[np.int64] = field(repr=False)  # each raster's first window, then their number
    kind: str = "tiles"
    classes: tuple[str, ...] = ()
    allowance: Allowance = USUAL

    def __len__(self) -> int:
        return int(self.first[-1])

    def where(self, index: int) -> tuple[int, int, int, int, int]:
        """Of a window: the number of its raster, and its top, left, height and width there, in pixels."""
        number = int(np.searchsorted(self.first, index, side="right")) - 1
        raster = self.rasters[number]
        along = list(zip(raster.shape, self.size, self.stride, strict=False))
        row, column = divmod(index - int(self.first[number]), count_along(*along[1]))
        height, width = (min(side, whole) for whole, side, _ in along)
        return number, start_of(row, *along[0]), start_of(column, *along[1]), height, width

    def name(self, index: int) -> str:
        """The file, and the row and column of the window's first pixel, as `scene.tif@512,1024`."""
        number, top, left, *_ = self.where(index)
        return f"{self._file(number)}@{top},{left}"

    def _file(self, number: int) -> str:
        path = self.rasters[number].path
        return path.relative_to(self.place).as_posix() if path != self.place else path.name

    def label(self, index: int) -> int:
        """-1: windows have no classes."""
        return -1

    def places(self) -> list[Path]:
        """The files that images are read from."""
        return [raster.path for raster in self.rasters]

    def read(self, index: int) -> Raster:
        """The window's values; raises ImageError where they cannot be read, or none holds data."""
        number, top, left, height, width = self.where(index)
        if height * width > self.allowance.pixels:
            raise ImageError(f"a window of {height}x{width} pixels has more than {self.allowance.pixels}")
        try:
            with damage_as("file"):
                found = self.rasters[number].window(top, left, height, width, most=self.allowance.pixels)
        except SourceError as error:
            raise ImageError(str(error)) from error
        if found.extremes() is None:
            raise ImageError("the window holds no data")
        return found

    def fingerprint(self) -> str:
        """SHA-256 over files, shapes and windows; see the module."""
        items = [(self._file(number), -1, raster.path.stat().st_size) for number, raster in enumerate(self.rasters)]
        shapes = "\n".join(f"{raster.shape} {raster.dtype}" for raster in self.rasters)
        said = f"{self.size} {self.stride}\n{shapes}".encode()
        return hash_items(self.kind, (), items, more=[said, self.allowance.mark()])

    def describe(self) -> str:
        """One line: how many windows of what size, and of which files."""
        size = "x".join(map(str, self.size))
        step = "" if self.stride == self.size else f", every {'x'.join(map(str, self.stride))}"
        count = len(self.rasters)
        files = f"{count} rasters in {self.place}" if count > 1 else str(self.place)
        return f"{len(self)} windows of {size} pixels{step} in {files}"


def open_tiles(
    path: Path, size: int | tuple[int, int] | None = None, stride: int | tuple[int, int] | None = None
) -> TileSource:
    """The windows of a raster, or of all TIFF and .npy files of a folder: of `size` pixels, every `stride` pixels.

    `size` is by default `SIZE`, `stride` by default as much. Raises UsageError for sizes that make no sense,
    SourceError where there is nothing to read by windows.
    """
    side = _pair(SIZE if size is None else size, "tile_size")
    step = side if stride is None else _pair(stride, "tile_stride")
    paths = _paths(path)
    rasters = tuple(_open(one) for one in paths)
    counts = [
        count_along(one.shape[0], side[0], step[0]) * count_along(one.shape[1], side[1], step[1]) for one in rasters
    ]
    if sum(counts) > _MOST:
        raise SourceError(f"{path} has {sum(counts)} windows, more than {_MOST}: ask for a larger tile_stride=")
    return TileSource(path, rasters, side, step, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def count_along(extent: int, size: int, stride: int) -> int:
    """How many windows there are along an axis.

    >>> count_along(10, 4, 4), count_along(3, 4, 4)
    (3, 1)
    """
    return -(-max(extent - size, 0) // stride) + 1


def start_of(number: int, extent: int, size: int, stride: int) -> int:
    """The first pixel of a window along an axis: the last one is moved in.

    >>> [start_of(number, 10, 4, 4) for number in range(3)]
    [0, 4, 6]
    """
    return min(number * stride, max(extent - size, 0))


def _pair(value: int | Sequence[int], name: str) -> tuple[int, int]:
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or not all(isinstance(one, int) and 1 <= one <= 1 << 15 for one in pair):
        raise UsageError(f"{name}={value!r}: give the side of a square in pixels, or (height, width)")
    return pair


def _paths(path: Path) -> list[Path]:
    kind = kind_of(path)
    if kind == "file":
        return [path]
    if kind != "folder":
        raise SourceError(f"{path} is no file and no folder: tiles: reads windows of a TIFF or an .npy file")
    files = sorted((p for p in path.rglob("*") if kind_of(p) == "file"), key=lambda p: natural_key(str(p)))
    found = [p for p in files if p.suffix.lower() in (".tif", ".tiff", ".svs", ".npy")]
    if not found:
        others = sum(is_image_name(p.name) for p in files)
        raise SourceError(f"no TIFF and no .npy file in {path} ({others} other images): only those are read by windows")
    return found


def _open(path: Path) -> Windowed:
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    if start.startswith(MAGIC):
        return ArrayRaster.open(path)
    if start.startswith(MARKS):
        try:
            with damage_as("TIFF"):
                return TiffRaster.open(path)
        except (SourceError, ImageError) as error:
            raise SourceError(f"{path}: {error}") from error
    raise SourceError(f"{path} is neither a TIFF nor an .npy file: only those are read by windows")


def _opened(path: Path) -> Any:
    """The open TIFF of a path; other files that it names as parts of it are left alone."""
    try:
        import tifffile
    except ImportError as error:
        raise ImageError("install 'convscope[tiff]' (tifffile and imagecodecs) to read windows of a TIFF") from error
    if kind_of(path) != "file":
        raise ImageError(f"{path.name} is no regular file")
    return tifffile.TiffFile(path, _multifile=False)


def _paste(out: NDArray[Any], piece: NDArray[Any] | None, top: int, left: int) -> None:
    """Bring what lies within the window of a piece, whose first pixel is at (top, left) of it."""
    if piece is None:
        return
    rows = slice(max(top, 0), min(top + piece.shape[0], out.shape[0]))
    columns = slice(max(left, 0), min(left + piece.shape[1], out.shape[1]))
    if rows.stop > rows.start and columns.stop > columns.start:
        out[rows, columns] = piece[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]


__all__ = ["SIZE", "TileSource", "count_along", "open_tiles", "start_of"]
