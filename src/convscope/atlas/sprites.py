"""Many small pictures in one file: the sprite of a unit and the contact sheet of a layer, as WebP.

A unit's sprite holds its k patches on the left and their k projections on the right, cell by cell in the same order.
A contact sheet holds one picture for each of 64 units. Cells of a lossy file begin at multiples of 16 pixels, the size
of a block of the codec: what one cell shows does not spread over the next (its colour still touches one pixel there,
since WebP keeps colours at half the resolution and smooths them).
"""

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.atlas.render import GREY, Pixels, TileSize
from convscope.data import decode
from convscope.errors import ImageError, ShapeError

_BLOCK = 16
_LOSSLESS_SIDE = 32  # up to this size a tile is kept exactly: its pixels are looked at one by one
_QUALITY = 80
_EFFORT = 3  # of 0 to 6: one step less is 3 % larger, one more takes half as long again and saves nothing


@dataclass(frozen=True)
class SpriteGrid:
    """Where the cells of a file lie: cell i is at row i // columns, column i % columns of its panel.

    A cell's picture is `height` x `width` pixels at the top left of its cell; the next cell begins `pitch_y` below and
    `pitch_x` to the right. Panels lie side by side.
    """

    rows: int
    columns: int
    height: int
    width: int
    pitch_y: int
    pitch_x: int
    panels: int
    lossless: bool

    @classmethod
    def of(cls, cells: int, tile: tuple[int, int], *, columns: int, panels: int) -> "SpriteGrid":
        """The grid for `cells` pictures a panel of `tile` (height, width) pixels.

        >>> SpriteGrid.of(9, (100, 112), columns=3, panels=2)
        SpriteGrid(rows=3, columns=3, height=100, width=112, pitch_y=112, pitch_x=112, panels=2, lossless=False)
        """
        lossless = max(tile) <= _LOSSLESS_SIDE
        step = 1 if lossless else _BLOCK
        pitch_y, pitch_x = (math.ceil(side / step) * step for side in tile)
        return cls(math.ceil(cells / columns), columns, *tile, pitch_y, pitch_x, panels, lossless)

    @property
    def cells(self) -> int:
        """The number of cells of one panel."""
        return self.rows * self.columns

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the file in pixels."""
        return self.rows * self.pitch_y, self.panels * self.columns * self.pitch_x

    def corner(self, panel: int, cell: int) -> tuple[int, int]:
        """The place (y, x) of a cell's first pixel."""
        row, column = divmod(cell, self.columns)
        return row * self.pitch_y, (panel * self.columns + column) * self.pitch_x

    def to_json(self) -> dict[str, int | bool]:
        """The grid as JSON numbers, under the names that the page reads."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "height": self.height,
            "width": self.width,
            "pitchY": self.pitch_y,
            "pitchX": self.pitch_x,
            "panels": self.panels,
            "lossless": self.lossless,
        }

    @classmethod
    def from_json(cls, stored: dict[str, int | bool]) -> "SpriteGrid":
        """The grid that `to_json` described."""
        numbers = (int(stored[k]) for k in ("rows", "columns", "height", "width", "pitchY", "pitchX", "panels"))
        return cls(*numbers, lossless=bool(stored["lossless"]))


def sprite_grid(k: int, tile: TileSize) -> SpriteGrid:
    """The grid of a unit's sprite: two panels, as square as k allows, 3 x 3 for nine."""
    return SpriteGrid.of(k, tile.shape, columns=math.ceil(math.sqrt(k)), panels=2)


def compose(grid: SpriteGrid, *panels: NDArray[np.uint8]) -> Pixels:
    """One picture of all panels' tiles, each panel (n, height, width, 3) with n up to the grid's cells.

    Cells without a tile are grey. The space between a tile and the next repeats the tile's border, which costs a
    lossy file least.
    """
    if len(panels) != grid.panels or any(p.shape[1:] != (grid.height, grid.width, 3) for p in panels):
        found = ", ".join(str(p.shape) for p in panels)
        raise ShapeError(f"the grid takes {grid.panels} panels of (n, {grid.height}, {grid.width}, 3), found {found}")
    picture = np.full((*grid.shape, 3), GREY, np.uint8)
    margin = ((0, grid.pitch_y - grid.height), (0, grid.pitch_x - grid.width), (0, 0))
    for number, tiles in enumerate(panels):
        for cell, tile in enumerate(tiles[: grid.cells]):
            y, x = grid.corner(number, cell)
            picture[y : y + grid.pitch_y, x : x + grid.pitch_x] = np.pad(tile, margin, mode="edge")
    return picture


def take_apart(picture: Pixels, grid: SpriteGrid, count: int) -> list[Pixels]:
    """The first `count` tiles (count, height, width, 3) of each panel: the inverse of `compose`."""
    if picture.shape != (*grid.shape, 3):
        raise ShapeError(f"the picture is {picture.shape}, its grid says {(*grid.shape, 3)}")
    panels = []
    for number in range(grid.panels):
        corners = [grid.corner(number, cell) for cell in range(count)]
        tiles = [picture[y : y + grid.height, x : x + grid.width] for y, x in corners]
        panels.append(np.stack(tiles) if tiles else np.empty((0, grid.height, grid.width, 3), np.uint8))
    return panels


def encode(picture: Pixels, *, lossless: bool, quality: int = _QUALITY) -> bytes:
    """The picture as a WebP file; the same bytes for the same pixels and the same release of the codec."""
    memory = io.BytesIO()
    Image.fromarray(picture).save(memory, "WEBP", lossless=lossless, quality=quality, method=_EFFORT)
    return memory.getvalue()


def decode_picture(data: bytes) -> Pixels:
    """The RGB pixels of a WebP file; raises ValueError where it is none, or damaged."""
    try:
        return decode(data)
    except ImageError as error:
        raise ValueError(str(error)) from error
