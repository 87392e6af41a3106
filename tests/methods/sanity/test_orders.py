"""Tiles of a field and the orders they are covered in, against loops over pixels."""

from __future__ import annotations

import numpy as np
import torch

from convscope.methods.sanity.orders import Tiles, centred, contrast, shifted


def test_tiles_are_those_of_the_field_within_the_image() -> None:
    """A field that begins at (-2, 1) and is 7 x 6, tiles of 3, on a box that is larger, of an image of 6 x 5."""
    field, origin, size = np.array([-2, 1, 5, 7]), np.array([-3, 0]), (9, 8)
    tiles = Tiles.of(field, origin, size, (6, 5), 3)
    found: dict[tuple[int, int], int] = {}
    for y in range(9):
        for x in range(8):
            at = (y - 3, x)
            inside = 0 <= at[0] < 5 and 1 <= at[1] < 5
            if not inside:
                assert tiles.number[y, x] == -1
            else:
                tile = ((at[0] + 2) // 3, (at[1] - 1) // 3)
                assert found.setdefault(tile, int(tiles.number[y, x])) == tiles.number[y, x]
    assert sorted(found.values()) == list(range(tiles.count))
    assert tiles.count == 6


def test_the_most_important_tile_comes_first_and_equal_ones_by_chance() -> None:
    tiles = Tiles.of(np.array([0, 0, 6, 6]), np.array([0, 0]), (6, 6), (6, 6), 2)
    importance = np.zeros((6, 6))
    importance[2:4, 4:6], importance[0, 0], importance[5, 5] = 1.0, 3.0, 2.0
    ranks = [tiles.ranks(importance, np.random.default_rng(seed)) for seed in range(20)]
    for rank in ranks:  # sums over tiles, 4, 3 and 2
        assert [rank[2, 4], rank[0, 0], rank[5, 5]] == [0, 1, 2]
        assert sorted(np.unique(rank)) == list(range(9))
        assert (rank[:2, :2] == rank[0, 0]).all()
    assert len({int(rank[0, 2]) for rank in ranks}) > 3
    drawn = {int(tiles.drawn(np.random.default_rng(seed))[0, 0]) for seed in range(40)}
    assert len(drawn) > 6


def test_the_centre_is_that_of_the_field_and_falls_off_by_its_quarter() -> None:
    found = centred(np.array([-2, 4, 6, 12]), np.array([-4, 0]), (10, 16))
    for y in range(10):
        for x in range(16):
            away = ((y - 4 + 0.5 - 2) ** 2 + (x + 0.5 - 8) ** 2) / 2.0**2
            assert np.isclose(found[y, x], np.exp(-0.5 * away), rtol=1e-12)


def test_contrast_is_the_deviation_within_two_pixels() -> None:
    image = torch.zeros(1, 2, 20, 20, dtype=torch.float64)
    image[0, 0, :, 10:] = 1.0
    image[0, 1] = 5.0  # flat: none
    found = contrast(image)[0]
    at = torch.arange(-6, 7, dtype=torch.float64)
    weight = torch.exp(-0.5 * (at / 2) ** 2)
    weight /= weight.sum()
    for x in (8, 9, 10):
        share = float(weight[(x + at) >= 10].sum())
        assert np.isclose(float(found[10, x]), np.sqrt(share - share**2), rtol=0, atol=1e-6)
    assert float(found[10, 1]) < 1e-6


def test_a_shifted_picture_is_the_same_picture_elsewhere() -> None:
    picture = np.arange(64.0).reshape(8, 8)
    seen = set()
    for seed in range(30):
        moved = shifted(picture, np.random.default_rng(seed))
        assert sorted(moved.ravel()) == sorted(picture.ravel())
        y, x = (int(one[0]) for one in np.nonzero(moved == 0))
        assert 2 <= y <= 6
        assert 2 <= x <= 6
        seen.add((y, x))
    assert len(seen) > 10
