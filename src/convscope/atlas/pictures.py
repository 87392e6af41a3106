"""The picture files of a layer: a sprite for each unit, contact sheets for the whole."""

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convscope.atlas.patches import Tick, UnitTiles
from convscope.atlas.render import GREY, Pixels, TileSize, fit
from convscope.atlas.sprites import SpriteGrid, compose, encode, sprite_grid
from convscope.files import write_bytes

SHEET_UNITS = 64
PREVIEW_UNITS = 10
_PREVIEW_CELL = 48
_SHEET_COLUMNS = 8
_CELL = 64  # the longest side of a contact sheet's picture, in pixels


@dataclass(frozen=True)
class PictureCount:
    """How many picture files a layer has, and their bytes together."""

    count: int
    bytes: int


@dataclass(frozen=True)
class PictureFolder:
    """Where and how the pictures of one layer are kept."""

    folder: Path
    k: int
    tile: TileSize
    singles: int = 0
    """Cells of single channels, see `Studio.bands`."""
    parts: bool = False
    """Whether the parts where projections are are kept by themselves: of fields that are reduced."""

    @property
    def bands(self) -> SpriteGrid | None:
        """The grid of a unit's single channels, None where there are none."""
        if not self.singles:
            return None
        return SpriteGrid.of(self.singles, self.tile.shape, columns=math.ceil(math.sqrt(self.singles)), panels=1)

    @property
    def sprite(self) -> SpriteGrid:
        """The grid of a unit's sprite."""
        return sprite_grid(self.k, self.tile)

    @property
    def cell(self) -> TileSize:
        """The size of a contact sheet's pictures: as small as the tiles, or reduced."""
        return TileSize.of(self.tile.shape, _CELL)

    @property
    def sheet(self) -> SpriteGrid:
        """The grid of a contact sheet."""
        return SpriteGrid.of(SHEET_UNITS, self.cell.shape, columns=_SHEET_COLUMNS, panels=1)

    def unit_path(self, channel: int) -> Path:
        """The sprite of a unit."""
        return self.folder / f"{channel}.webp"

    def bands_path(self, channel: int) -> Path:
        """The single channels of a unit."""
        return self.folder / f"bands-{channel}.webp"

    def part_path(self, channel: int) -> Path:
        """The sprite of a unit with the parts of the fields where its projections are."""
        return self.folder / f"content-{channel}.webp"

    def sheet_path(self, kind: str, number: int) -> Path:
        """A contact sheet of photos or projections."""
        return self.folder / f"{kind}-{number}.webp"

    def write_sprites(
        self, tiles: UnitTiles, channels: range, blank: Iterable[int], *, pool: Executor | None, tick: Tick
    ) -> None:
        """Write the sprites of some units, but not of those in `blank`, which have nothing to show."""
        without = set(blank)
        todo = [channel for channel in channels if channel not in without]

        def write(channel: int) -> None:
            row = channel - channels.start
            picture = compose(self.sprite, tiles.photos[row], tiles.projections[row])
            write_bytes(self.unit_path(channel), encode(picture, lossless=self.sprite.lossless))
            if self.parts:
                part = compose(self.sprite, tiles.part_photos[row], tiles.part_projections[row])
                write_bytes(self.part_path(channel), encode(part, lossless=self.sprite.lossless))
            if self.bands is not None:
                single = compose(self.bands, np.repeat(tiles.bands[row][..., None], 3, axis=3))
                write_bytes(self.bands_path(channel), encode(single, lossless=self.bands.lossless))

        for _ in shared_out(write, todo, pool):
            tick(1)

    def cells(self, tiles: UnitTiles) -> tuple[Pixels, Pixels]:
        """The strongest photo and projection of each unit, (units, h, w, 3), in the size of a contact sheet.

        Of both the part alone where the projection is.
        """
        kinds, size = (tiles.part_photos, tiles.part_projections), self.cell.shape
        photos, projections = ([fit(tile, size) for tile in kind[:, 0]] for kind in kinds)
        return np.stack(photos), np.stack(projections)

    def write_sheets(self, photos: Pixels, projections: Pixels) -> int:
        """The number of sheets of each kind written for all units' cells (units, h, w, 3)."""
        starts = range(0, len(photos), SHEET_UNITS)
        for kind, cells in (("photos", photos), ("projections", projections)):
            for number, start in enumerate(starts):
                picture = compose(self.sheet, cells[start : start + SHEET_UNITS])
                write_bytes(self.sheet_path(kind, number), encode(picture, lossless=self.sheet.lossless))
        return len(starts)

    @property
    def preview_cell(self) -> TileSize:
        """The size of the preview's pictures."""
        return TileSize.of(self.tile.shape, _PREVIEW_CELL)

    @property
    def preview(self) -> SpriteGrid:
        """The grid of the preview: patches in its first row, the projections of the same units in its second."""
        return SpriteGrid.of(2 * PREVIEW_UNITS, self.preview_cell.shape, columns=PREVIEW_UNITS, panels=1)

    def write_preview(self, photos: Pixels, projections: Pixels, alive: Sequence[int]) -> list[int]:
        """Write the preview of a layer from all units' cells; the units shown, evenly spread over those alive."""
        shown = [alive[i * len(alive) // PREVIEW_UNITS] for i in range(PREVIEW_UNITS)] if alive else []
        shown = list(dict.fromkeys(shown))
        grid = self.preview
        blank = np.full((PREVIEW_UNITS, grid.height, grid.width, 3), GREY, np.uint8)
        rows = []
        for cells in (photos, projections):
            row = blank.copy()
            for place, channel in enumerate(shown):
                row[place] = fit(cells[channel], (grid.height, grid.width))
            rows.append(row)
        picture = compose(grid, np.concatenate(rows))
        write_bytes(self.folder / "preview.webp", encode(picture, lossless=grid.lossless))
        return shown

    def files(self, alive: Iterable[int], count: int) -> list[Path]:
        """The files of a layer of `count` units, those in `alive` with pictures of their own."""
        sheets, alive = range(-(-count // SHEET_UNITS)), list(alive)
        return [
            *(self.unit_path(channel) for channel in alive),
            *(self.bands_path(channel) for channel in alive if self.singles),
            *(self.part_path(channel) for channel in alive if self.parts),
            *(self.sheet_path(kind, number) for kind in ("photos", "projections") for number in sheets),
            self.folder / "preview.webp",
        ]

    def measure(self) -> PictureCount:
        """How much there is of what is written here; later additions have no part in it."""
        kinds = ("[0-9]*.webp", "photos-*.webp", "projections-*.webp", "preview.webp", "bands-*.webp", "content-*.webp")
        sizes = [path.stat().st_size for kind in kinds for path in self.folder.glob(kind)]
        return PictureCount(len(sizes), sum(sizes))


def shared_out(work: Callable[[int], None], items: Iterable[int], pool: Executor | None) -> Iterable[None]:
    """Do the work for every item, here or by the pool's threads; one None for each that is done."""
    if pool is None:
        for item in items:
            yield work(item)
        return
    waiting: set[Future[None]] = set()
    try:
        for item in items:
            waiting.add(pool.submit(work, item))
        while waiting:
            done, waiting = wait(waiting, return_when="FIRST_COMPLETED")
            for future in done:
                yield future.result()
    finally:
        for future in waiting:
            future.cancel()
