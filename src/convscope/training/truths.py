"""What is true of images beside a class: numbers from a table, or masks from a folder."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data import Preprocess, Source
from convscope.data.allowance import USUAL, Allowance
from convscope.data.decoding import stored_values
from convscope.errors import ImageError, SourceError, UsageError, nearest
from convscope.files import read_regular, text_of
from convscope.tables import counted

Truth = str | PathLike[str] | Mapping[str, Any] | Sequence[Any] | NDArray[Any]
"""A CSV file or a folder of masks; numbers by image name; or numbers (n, outputs) in the order of the images."""

UNLABELLED = 255
"""What pixels of masks have that belong to no class, as in PASCAL VOC."""

PICTURES = (".png", ".bmp", ".tif", ".tiff", ".gif")
_LARGEST_TABLE = 1 << 30


@dataclass(frozen=True)
class Truths:
    """Numbers (c,) by image name or number, in the order of `columns`, which are () where they have no names."""

    numbers: Mapping[str | int, NDArray[np.float64]]
    columns: tuple[str, ...] = ()
    of: str = "truth="

    @classmethod
    def given(cls, truth: Truth) -> Truths:
        """The numbers that were given.

        Raises:
            SourceError: for a file that holds none. UsageError: for what is of no known kind.
        """
        if isinstance(truth, str | PathLike):
            return cls._read(Path(truth))
        if isinstance(truth, Mapping):
            return cls._alike({str(name): _numbers(value, str(name)) for name, value in truth.items()})
        if not isinstance(truth, Iterable):
            raise UsageError(f"truth={truth!r}: give a CSV file, a folder of masks, or numbers of each image")
        return cls._alike({number: _numbers(value, f"image {number}") for number, value in enumerate(truth)})

    @classmethod
    def _alike(cls, numbers: Mapping[str | int, NDArray[np.float64]]) -> Truths:
        """Numbers without names, of which each image has as many."""
        counts = {len(values): name for name, values in numbers.items()}
        if len(counts) > 1:
            told = " and ".join(f"{count} of {name!r}" for count, name in list(counts.items())[:2])
            raise UsageError(f"truth= has {told}: give each image as many numbers")
        return cls(numbers)

    @classmethod
    def _read(cls, path: Path) -> Truths:
        try:
            text = text_of(read_regular(path, _LARGEST_TABLE))
            rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row)]
        except (OSError, ValueError, csv.Error) as error:
            raise SourceError(f"truth={str(path)!r} cannot be read as a CSV file: {error}") from error
        rows = _without_index(rows)
        if len(rows) < 2 or len(rows[0]) < 2:
            raise SourceError(f"truth={str(path)!r}: a first line of names, then lines of an image and its numbers")
        columns = tuple(cell.strip() for cell in rows[0][1:])
        if (twice := next((one for one in columns if one and columns.count(one) > 1), None)) is not None:
            raise SourceError(f"truth={str(path)!r}: two columns are called {twice!r}")
        numbers: dict[str | int, NDArray[np.float64]] = {}
        for row in rows[1:]:
            name = row[0].strip()
            if len(row) != len(rows[0]):
                raise SourceError(f"truth={str(path)!r}: {name!r} has {len(row)} cells, the first line {len(rows[0])}")
            if name in numbers:
                raise SourceError(f"truth={str(path)!r}: {name!r} stands there twice")
            numbers[name] = _numbers(row[1:], f"{path}, {name!r}")
        return cls(numbers, columns, str(path))

    def for_source(self, source: Source, wanted: Sequence[str] | None, count: int) -> dict[int, NDArray[np.float64]]:
        """The `count` numbers of each image that has them, by its number; columns as `wanted` names them.

        Raises:
            UsageError: where no image has any, or there are others than the network's outputs.
        """
        order = self._order(wanted, count)
        found: dict[int, NDArray[np.float64]] = {}
        for index in range(len(source)):
            name = source.name(index)
            keys: tuple[str | int, ...] = (index, name, PurePosixPath(name).name, PurePosixPath(name).stem)
            key = next((key for key in keys if key in self.numbers), None)
            if key is not None:
                found[index] = self.numbers[key][order]
        if not found:
            first = next(iter(self.numbers), None)
            raise UsageError(
                f"{self.of} names none of the images: it has {first!r}, they are called {source.name(0)!r} and so on"
            )
        return found

    def _order(self, wanted: Sequence[str] | None, count: int) -> list[int]:
        have = len(next(iter(self.numbers.values()), ()))
        if self.columns and wanted and set(self.columns) & set(wanted):
            missing = [name for name in wanted if name not in self.columns]
            if missing:
                raise UsageError(f"{self.of} has no column {missing[0]!r}{nearest(missing[0], self.columns)}")
            return [self.columns.index(name) for name in wanted]
        if have != count:
            raise UsageError(
                f"{self.of} has {counted(have, 'number')} an image, and the network {counted(count, 'output')}"
            )
        return list(range(count))


def _without_index(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The rows without a first column that numbers them and has no name, as pandas writes an index.

    >>> _without_index([["", "image", "age"], ["0", "a.png", "31"]])
    [['image', 'age'], ['a.png', '31']]
    """
    head, *others = rows or [[]]
    unnamed = len(head) > 2 and (not head[0].strip() or head[0].startswith("Unnamed: "))
    if unnamed and [row[0].strip() for row in others] == [str(number) for number in range(len(others))]:
        return [row[1:] for row in rows]
    return list(rows)


def _numbers(value: Any, what: str) -> NDArray[np.float64]:
    try:
        found = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise SourceError(f"the truth of {what} are no numbers: {error}") from error
    if found.ndim != 1 or not all(map(math.isfinite, found.tolist())):
        raise SourceError(f"the truth of {what} are not finite numbers: {value!r}")
    return found


# -- masks ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Masks:
    """Files of a folder in which each pixel is the number of its class, by the image's name without its ending."""

    folder: Path
    files: Mapping[str, Sequence[Path]] = field(repr=False)

    @classmethod
    def open(cls, folder: str | PathLike[str], endings: Sequence[str] = PICTURES) -> Masks:
        """The masks of a folder and its folders; raises SourceError where there is none."""
        place = Path(folder)
        found = sorted(path for path in place.rglob("*") if path.suffix.lower() in endings)
        if not found:
            what = "masks (png, bmp, tif or gif, a pixel a class)"
            what = what if endings == PICTURES else f"numbers ({', '.join(endings)})"
            raise SourceError(f"truth={str(folder)!r} is no folder of {what}")
        files: dict[str, list[Path]] = {}
        for path in found:
            plain = path.relative_to(place).with_suffix("")
            for name in dict.fromkeys((plain.as_posix(), plain.name)):
                files.setdefault(name, []).append(path)
        return cls(place, {name: tuple(paths) for name, paths in files.items()})

    def path(self, name: str) -> Path | None:
        """The mask of an image of that name; raises UsageError where two may be meant."""
        plain = PurePosixPath(name)
        for text in (str(plain.parent / plain.stem), plain.stem):
            own = [path for path in self.files.get(text, ()) if str(self._plain(path)) == text]
            found = own or self.files.get(text, ())
            if len(found) > 1:
                two = " and ".join(path.relative_to(self.folder).as_posix() for path in found[:2])
                raise UsageError(
                    f"truth={str(self.folder)!r} has two masks for {name}, {two}: keep the one that is meant"
                )
            if found:
                return found[0]
        return None

    def _plain(self, path: Path) -> PurePosixPath:
        return PurePosixPath(path.relative_to(self.folder).as_posix()).with_suffix("")

    def read(
        self,
        path: Path,
        like: tuple[int, int],
        recipe: Preprocess,
        size: tuple[int, ...],
        *,
        allowance: Allowance = USUAL,
    ) -> NDArray[np.uint8]:
        """The classes (h, w) of a mask of an image of `like` pixels, cut as the image is, at the output's `size`.

        Raises:
            ImageError: for a file that is no mask, is larger than is allowed, or of another size than its image.
        """
        mask = _read(path, allowance)
        if mask.shape != tuple(like):
            raise ImageError(f"{path.name}: a mask of {_by(mask.shape)} pixels for an image of {_by(like)}")
        nearest_pixels = Preprocess(recipe.height, recipe.width, resize=recipe.resize, interpolation="nearest")
        cut = nearest_pixels.crop(np.repeat(mask[:, :, None], 3, 2))[:, :, 0]
        rows, columns = (((np.arange(n) + 0.5) * have / n).astype(int) for n, have in zip(size, cut.shape, strict=True))
        return cut[rows][:, columns]


def _read(path: Path, allowance: Allowance) -> NDArray[np.uint8]:
    try:
        values = stored_values(allowance.read(path), max_pixels=allowance.pixels)
    except ImageError as error:
        raise ImageError(f"{path.name} cannot be read as a mask: {error}") from error
    if values.min() < 0 or values.max() > UNLABELLED:
        raise ImageError(f"{path.name} holds {int(values.max())}: classes are numbered 0 to 254")
    return values.astype(np.uint8)


def _by(size: Sequence[int]) -> str:
    return "x".join(map(str, size))


__all__ = ["UNLABELLED", "Truth", "Masks", "Truths"]
