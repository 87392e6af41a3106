"""Many small pictures in one file."""

import numpy as np
import pytest

from convscope.atlas.render import GREY, TileSize
from convscope.atlas.sprites import SpriteGrid, compose, decode_picture, encode, sprite_grid, take_apart
from convscope.errors import ShapeError


def tiles(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def test_nine_cells_stand_three_by_three_with_projections_on_the_right() -> None:
    grid = SpriteGrid.of(9, (2, 2), columns=3, panels=2)
    photos, projections = np.full((9, 2, 2, 3), 10, np.uint8), np.full((9, 2, 2, 3), 20, np.uint8)
    photos[5], projections[5] = 11, 21
    picture = compose(grid, photos, projections)
    assert picture.shape == (6, 12, 3)
    assert picture[::2, ::2, 0].tolist() == [
        [10, 10, 10, 20, 20, 20],
        [10, 10, 11, 20, 20, 21],
        [10, 10, 10, 20, 20, 20],
    ]


def test_corners_of_cells() -> None:
    grid = SpriteGrid.of(9, (100, 112), columns=3, panels=2)
    assert grid.corner(0, 0) == (0, 0)
    assert grid.corner(0, 4) == (112, 112)
    assert grid.corner(1, 4) == (112, 3 * 112 + 112)
    assert grid.shape == (336, 672)


@pytest.mark.parametrize(("k", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (4, 2, 2), (5, 2, 3), (9, 3, 3), (16, 4, 4)])
def test_a_sprite_is_as_square_as_k_allows(k: int, rows: int, columns: int) -> None:
    grid = sprite_grid(k, TileSize(8, 8, 1))
    assert (grid.rows, grid.columns) == (rows, columns)


@pytest.mark.parametrize("tile", [(3, 5), (20, 32), (33, 17), (112, 112)])
def test_taking_apart_undoes_composing(tile: tuple[int, int]) -> None:
    grid = SpriteGrid.of(7, tile, columns=3, panels=2)
    photos, projections = tiles(7, *tile), tiles(7, *tile)[::-1]
    again = take_apart(compose(grid, photos, projections), grid, 7)
    assert (again[0] == photos).all()
    assert (again[1] == projections).all()


def test_missing_cells_are_grey() -> None:
    grid = SpriteGrid.of(4, (2, 2), columns=2, panels=1)
    picture = compose(grid, tiles(3, 2, 2))
    assert (picture[2:, 2:] == GREY).all()


def test_wrong_tiles_are_refused() -> None:
    grid = SpriteGrid.of(4, (2, 2), columns=2, panels=2)
    with pytest.raises(ShapeError, match="2 panels"):
        compose(grid, tiles(4, 2, 2))
    with pytest.raises(ShapeError, match="its grid"):
        take_apart(np.zeros((1, 1, 3), np.uint8), grid, 4)


def test_small_tiles_are_kept_exactly() -> None:
    grid = SpriteGrid.of(9, (11, 11), columns=3, panels=2)
    assert grid.lossless
    photos = tiles(9, 11, 11)
    again = take_apart(decode_picture(encode(compose(grid, photos, photos), lossless=True)), grid, 9)
    assert (again[0] == photos).all()


def test_large_tiles_spread_over_one_pixel_of_their_neighbours_at_most() -> None:
    grid = SpriteGrid.of(4, (50, 50), columns=2, panels=1)
    assert not grid.lossless
    plain = np.full((4, 50, 50, 3), GREY, np.uint8)
    plain[0] = (255, 0, 0)
    again = take_apart(decode_picture(encode(compose(grid, plain), lossless=False)), grid, 4)[0]
    assert np.abs(again[1:, 1:, 1:].astype(int) - GREY).max() <= 4
    assert np.abs(again[0].astype(int) - [255, 0, 0]).max() <= 12


def test_files_depend_on_pixels_alone() -> None:
    picture = tiles(1, 64, 64)[0]
    assert encode(picture, lossless=False) == encode(picture.copy(), lossless=False)


def test_a_grid_survives_json() -> None:
    grid = SpriteGrid.of(9, (100, 112), columns=3, panels=2)
    assert SpriteGrid.from_json(grid.to_json()) == grid
