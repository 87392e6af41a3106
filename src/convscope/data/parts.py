"""Parts of objects: boxes with names on images, as a CSV file that people and the annotation page write.

Columns `image`, `part`, `y0`, `x0`, `y1`, `x1`: the image's name in its collection, and a half-open box in pixels of
the image file. A part called `object` is where masks that parts are compared with lie. Other columns are passed over.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convscope.arguments import checked
from convscope.data.preprocess import Placement
from convscope.errors import UsageError, nearest
from convscope.files import read_regular, text_of

COLUMNS = ("image", "part", "y0", "x0", "y1", "x1")
OBJECT = "object"
_LARGEST = 1 << 28  # bytes of a table
_SHOWN = 2  # names of images that a message lists


@dataclass(frozen=True)
class Part:
    """One part on one image: a half-open box y0 x0 y1 x1 in pixels of the image file."""

    image: str
    part: str
    box: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        y0, x0, y1, x1 = self.box
        if not (0 <= y0 < y1 < math.inf and 0 <= x0 < x1 < math.inf):
            box = f"{y0:g},{x0:g},{y1:g},{x1:g}"
            raise UsageError(f"part '{self.part}' of {self.image}: box {box} is empty or begins before the image")


@checked
def read_parts(path: str | PathLike[str], *, empty: Literal["refuse", "allow"] = "refuse") -> tuple[Part, ...]:
    """The parts in the CSV file at `path`, in its order; where it holds none, `empty` "allow" gives none.

    Raises:
        UsageError: if it cannot be read, lacks a column, or a row is malformed or given twice.

    >>> import tempfile
    >>> from pathlib import Path
    >>> table = Path(tempfile.mkdtemp()) / "parts.csv"
    >>> _ = table.write_text("image,part,y0,x0,y1,x1\\na.jpg,nose,3,4,9,12\\n")
    >>> read_parts(table)
    (Part(image='a.jpg', part='nose', box=(3.0, 4.0, 9.0, 12.0)),)
    """
    try:
        text = text_of(read_regular(path, _LARGEST))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a table of parts: {error}") from error
    return parse_parts(text, name=str(path), empty=empty)


def parse_parts(
    text: str, *, name: str = "the table", empty: Literal["refuse", "allow"] = "refuse"
) -> tuple[Part, ...]:
    """The parts in the text of a CSV file.

    >>> parse_parts("image,part,y0,x0,y1,x1\\na.jpg,nose,3,4,9,12\\n")
    (Part(image='a.jpg', part='nose', box=(3.0, 4.0, 9.0, 12.0)),)
    """
    reader = csv.DictReader(io.StringIO(text))
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    except csv.Error as error:
        raise UsageError(f"{name}, line 1: {error}") from error
    if missing:
        raise UsageError(f"{name} has no column {', '.join(missing)}: parts are a CSV with {','.join(COLUMNS)}")
    found: dict[tuple[str, str], Part] = {}
    for row in _rows(reader, name):
        try:
            part = _part_of(row)
        except UsageError as error:
            raise UsageError(f"{name}, line {reader.line_num}: {error}") from error
        if (part.image, part.part) in found:
            raise UsageError(f"{name}, line {reader.line_num}: '{part.part}' of {part.image} is given twice")
        found[part.image, part.part] = part
    if not found and empty == "refuse":
        raise UsageError(f"{name} holds no parts: draw some with `convscope annotate`")
    return tuple(found.values())


def _rows(reader: csv.DictReader[str], name: str) -> Iterator[dict[str, str | None]]:
    try:
        yield from reader
    except csv.Error as error:
        raise UsageError(f"{name}, line {reader.line_num}: {error}") from error


def _part_of(row: Mapping[str, str | None]) -> Part:
    """The part that a row of a table says."""
    cells = {column: (row[column] or "").strip() for column in COLUMNS}
    empty = [column for column in COLUMNS if not cells[column]]
    if empty:
        raise UsageError(f"nothing in column {', '.join(empty)}")
    numbers = []
    for column in COLUMNS[2:]:
        try:
            numbers.append(float(cells[column]))
        except ValueError:
            raise UsageError(f"{column} is '{cells[column]}', which is no number") from None
    y0, x0, y1, x1 = numbers
    return Part(cells["image"], cells["part"], (y0, x0, y1, x1))


def format_parts(parts: Iterable[Part]) -> str:
    """The text of a CSV file of parts, sorted by image and part; whole numbers without a point."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for part in sorted(parts, key=lambda p: (p.image, p.part)):
        writer.writerow([part.image, part.part, *(f"{v:.10g}" for v in part.box)])
    return out.getvalue()


def box_on_input(part: Part, placement: Placement, size: tuple[int, int]) -> NDArray[np.int64]:
    """The box (4,) in pixels of a network's input of `size`, where the image was placed: whole pixels, clipped to it.

    Raises:
        UsageError: if no pixel of it is in the input.
    """
    scale = np.array([placement.height / placement.source[0], placement.width / placement.source[1]] * 2)
    moved = np.asarray(part.box) * scale - np.array([placement.top, placement.left] * 2)
    low, high = np.floor(moved[:2] + 1e-6), np.ceil(moved[2:] - 1e-6)
    box = np.concatenate([np.clip(low, 0, size), np.clip(high, 0, size)]).astype(np.int64)
    if (box[2:] <= box[:2]).any():
        raise UsageError(
            f"part '{part.part}' of {part.image} lies outside what the network sees of the image (a centre crop of "
            f"{size[0]}x{size[1]}): take it out of the table"
        )
    return box


def of_images(parts: Sequence[Part], names: Sequence[str]) -> dict[str, list[Part]]:
    """The parts by image, of images that are named in full or by the end of their path.

    Raises:
        UsageError: if an image is not among the names, or is several of them.
    """
    ends: dict[str, list[str]] = {}
    whole = set(names)
    for name in whole:
        pieces = name.replace("\\", "/").split("/")
        for i in range(len(pieces)):
            ends.setdefault("/".join(pieces[i:]), []).append(name)
    found: dict[str, list[Part]] = {}
    for part in parts:
        known = ends.get(part.image, [])
        full = part.image if part.image in whole else known[0] if len(known) == 1 else None
        if full is None:
            problem = f"is the end of {len(known)} images' names" if known else "is not among the images"
            called = f": they are called {', '.join(list(names)[:_SHOWN])}{' ...' if len(names) > _SHOWN else ''}"
            more = "" if known else nearest(part.image, ends) or called
            raise UsageError(f"image '{part.image}' of the parts {problem}{more}")
        found.setdefault(full, []).append(part)
    return found


__all__ = ["COLUMNS", "OBJECT", "Part", "box_on_input", "format_parts", "of_images", "parse_parts", "read_parts"]
