"""The grid of positions and what an occluder shows, against loops and numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.data import Preprocess
from convscope.errors import ShapeError, UsageError
from convscope.methods.occlusion.occluders import OccluderGrid, blurred, covering

SIDES = st.integers(1, 9)


def test_positions_include_the_last_row_and_column() -> None:
    """17 pixels, squares of 5 every 4: 0, 4, 8, 12, and 12 + 5 = 17 ends at the edge. 19: one more, clipped."""
    grid = OccluderGrid((17, 19), (5, 5), (4, 4))
    assert grid.starts(0).tolist() == [0, 4, 8, 12]
    assert grid.starts(1).tolist() == [0, 4, 8, 12, 16]
    assert grid.boxes[4].tolist() == [0, 16, 5, 19]
    assert grid.boxes[-1].tolist() == [12, 16, 17, 19]
    inside = OccluderGrid((17, 19), (5, 5), (4, 4), "inside")
    assert inside.starts(1).tolist() == [0, 4, 8, 12, 14]
    assert inside.boxes[-1].tolist() == [12, 14, 17, 19]


@given(SIDES, SIDES, st.integers(1, 12), st.integers(1, 12), SIDES, SIDES, st.sampled_from(["clip", "inside"]))
def test_squares_lie_in_the_image_and_reach_its_corners(
    h: int, w: int, high: int, wide: int, down: int, across: int, border: str
) -> None:
    h, w = min(h, high), min(w, wide)
    grid = OccluderGrid((high, wide), (h, w), (down, across), border)  # type: ignore[arg-type]
    boxes = grid.boxes
    assert len(boxes) == grid.shape[0] * grid.shape[1]
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= [high, wide]).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    # A square ends at the edge unless the stride steps over it, past the square.
    assert (boxes[:, 2:].max(0) == [high, wide]).all()
    if border == "inside":
        assert (boxes[:, 2:] - boxes[:, :2] == [h, w]).all()
    if down <= h and across <= w:
        covered = np.zeros((high, wide), bool)
        for y0, x0, y1, x1 in boxes.tolist():
            covered[y0:y1, x0:x1] = True
        assert covered.all()


@pytest.mark.parametrize("stride", [(2, 3), (1, 1), (5, 4)])
def test_spreading_is_the_mean_over_covering_squares(stride: tuple[int, int]) -> None:
    grid = OccluderGrid((9, 11), (3, 4), stride)
    values = np.random.default_rng(0).normal(size=(2, *grid.shape))
    total, count = np.zeros((2, 9, 11)), np.zeros((9, 11))
    for n, (y0, x0, y1, x1) in enumerate(grid.boxes.tolist()):
        total[:, y0:y1, x0:x1] += values.reshape(2, -1)[:, n, None, None]
        count[y0:y1, x0:x1] += 1
    with np.errstate(invalid="ignore"):
        expected = total / count
    np.testing.assert_allclose(grid.spread(values), expected, atol=1e-12)
    assert np.isnan(expected).any() == (stride == (5, 4))


@pytest.mark.parametrize(
    ("size", "stride", "said"),
    [((0, 3), (1, 1), "positive"), ((3, 3), (1, 0), "positive"), ((11, 3), (1, 1), "larger than the image")],
)
def test_impossible_grids_are_refused(size: tuple[int, int], stride: tuple[int, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        OccluderGrid((10, 10), size, stride)


def test_unknown_borders_are_refused() -> None:
    with pytest.raises(UsageError, match="wrap"):
        OccluderGrid((10, 10), (2, 2), (2, 2), "wrap")  # type: ignore[arg-type]


# -- what covers ------------------------------------------------------------------------------------------------------
GRID = OccluderGrid((6, 8), (4, 2), (1, 1))


def test_grey_is_the_mean_colour_after_normalisation() -> None:
    images = torch.rand(2, 3, 6, 8)
    recipe = Preprocess(6, 8, mean=(0.5, 0.25, 0.75), std=(0.1, 0.2, 0.3))
    grey = covering(images, "grey", grid=GRID, preprocess=recipe)
    assert grey.shape == images.shape
    assert not grey.any()
    same = covering(images, (127.5, 63.75, 191.25), grid=GRID, preprocess=recipe)
    torch.testing.assert_close(same, grey, atol=1e-5, rtol=0)


def test_the_mean_is_that_of_each_image() -> None:
    images = torch.rand(2, 3, 6, 8)
    found = covering(images, "mean", grid=GRID, preprocess=None)
    torch.testing.assert_close(found[1, 2, 3, 4], images[1, 2].mean())


def test_a_colour_without_preprocessing_is_an_input() -> None:
    found = covering(torch.rand(1, 2, 6, 8), (0.5, -1), grid=GRID, preprocess=None)
    assert found[0, :, 2, 2].tolist() == [0.5, -1]


def test_pixels_are_taken_as_they_are() -> None:
    images, given_pixels = torch.rand(2, 2, 3, 6, 8)
    assert torch.equal(covering(images, given_pixels, grid=GRID, preprocess=None), given_pixels)
    assert torch.equal(covering(images, given_pixels[0], grid=GRID, preprocess=None)[1], given_pixels[0])


def test_blurring_a_point_gives_the_gaussian() -> None:
    point = torch.zeros(1, 1, 41, 41, dtype=torch.float64)
    point[0, 0, 20, 20] = 1
    found = blurred(point, sigma=(2.0, 1.0))[0, 0]
    y, x = torch.meshgrid(torch.arange(-20.0, 21), torch.arange(-20.0, 21), indexing="ij")
    expected = torch.exp(-0.5 * ((y / 2) ** 2 + x**2)).double() / (2 * torch.pi * 2)
    torch.testing.assert_close(found, expected, atol=5e-4, rtol=0)
    assert found.sum().item() == pytest.approx(1.0)


def test_blurring_a_plain_image_changes_nothing() -> None:
    plain = torch.full((1, 3, 6, 8), 0.7)
    torch.testing.assert_close(covering(plain, "blur", grid=GRID, preprocess=None), plain)


def test_fills_that_do_not_fit_are_refused() -> None:
    images = torch.rand(2, 3, 6, 8)
    with pytest.raises(UsageError, match="black"):
        covering(images, "black", grid=GRID, preprocess=None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="2 numbers"):
        covering(images, (0.0, 1.0), grid=GRID, preprocess=None)
    with pytest.raises(ShapeError, match=r"\(3, 5, 8\)"):
        covering(images, torch.zeros(3, 5, 8), grid=GRID, preprocess=None)


def test_a_stride_above_the_size_is_said() -> None:
    assert OccluderGrid((17, 19), (5, 5), (4, 4)).gaps == ""
    assert OccluderGrid((17, 19), (5, 5), (5, 5), "inside").gaps == ""
    # Of 9 rows 0, 1, 4, 5, 8 are covered, of 6 columns 0, 1, 4, 5.
    said = "the stride of 4x4 is larger than the square of 2x2: 63 % of the pixels are under no square"
    assert OccluderGrid((9, 6), (2, 2), (4, 4)).gaps == said
    assert round(100 * (1 - 5 / 9 * 4 / 6)) == 63


@pytest.mark.parametrize("name", ["size", "stride"])
def test_numbers_that_no_image_has_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"the occluder's {name} is .*: no image has so many pixels"):
        OccluderGrid((10, 10), **{"size": (2, 2), "stride": (2, 2), name: (1, 10**20)}).boxes  # noqa: B018
