"""Crops, colours and sizes, by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.atlas.render import GREY, TileSize, crop_patch, display, enlarge, fit, scale_of
from convscope.errors import ShapeError, UsageError


def numbered(height: int, width: int) -> np.ndarray:
    """An image whose red channel counts its pixels, from 1, and whose blue channel is 200."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.arange(1, height * width + 1).reshape(height, width)
    image[..., 2] = 200
    return image


def test_a_crop_inside_is_the_images_own_pixels() -> None:
    patch = crop_patch(numbered(3, 3), (1, 0, 3, 2), (9, 9, 9))
    assert patch[..., 0].tolist() == [[4, 5], [7, 8]]
    assert (patch[..., 2] == 200).all()


def test_a_crop_beyond_the_image_has_the_fill_there() -> None:
    patch = crop_patch(numbered(3, 3), (-1, 2, 2, 5), (50, 60, 70))
    assert patch[..., 0].tolist() == [[50, 50, 50], [3, 50, 50], [6, 50, 50]]
    assert patch[0, 0].tolist() == [50, 60, 70]
    assert patch[1, 0].tolist() == [3, 0, 200]


def test_a_crop_that_holds_the_image_surrounds_it() -> None:
    patch = crop_patch(numbered(2, 2), (-1, -2, 3, 3), (0, 0, 0))
    assert patch.shape == (4, 5, 3)
    assert patch[1:3, 2:4, 0].tolist() == [[1, 2], [3, 4]]
    assert patch[..., 0].sum() == 1 + 2 + 3 + 4


def test_a_crop_wholly_beyond_the_image_is_fill() -> None:
    assert (crop_patch(numbered(2, 2), (5, -9, 8, -7), (1, 2, 3)) == [1, 2, 3]).all()


def test_a_crop_is_a_copy() -> None:
    image = numbered(2, 2)
    crop_patch(image, (0, 0, 2, 2), (0, 0, 0))[:] = 0
    assert image[0, 0, 0] == 1


@given(y0=st.integers(-6, 6), x0=st.integers(-6, 6), height=st.integers(1, 9), width=st.integers(1, 9))
def test_crops_agree_with_looking_up_each_pixel(y0: int, x0: int, height: int, width: int) -> None:
    image = numbered(4, 5)
    expected = np.zeros((height, width, 3), np.uint8)
    for i in range(height):
        for j in range(width):
            y, x = y0 + i, x0 + j
            expected[i, j] = image[y, x] if 0 <= y < 4 and 0 <= x < 5 else (7, 8, 9)
    assert (crop_patch(image, (y0, x0, y0 + height, x0 + width), (7, 8, 9)) == expected).all()


@pytest.mark.parametrize("box", [(0, 0, 0, 3), (0, 3, 2, 1)])
def test_a_box_without_area_is_refused(box: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="no area"):
        crop_patch(numbered(3, 3), box, (0, 0, 0))


def test_a_crop_of_anything_without_channels_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(H, W, C\)"):
        crop_patch(np.zeros((3, 3), np.uint8), (0, 0, 1, 1), (0, 0, 0))


def test_display_is_symmetric_about_grey() -> None:
    # scale 4: -4 -> 128 - 127, 0 -> 128, 1 -> 128 + 31.75, 2 -> 128 + 63.5 (to the even 64), 4 -> 255
    pixels = torch.tensor([-4.0, 0.0, 1.0, 2.0, 4.0]).expand(1, 3, 1, 5)
    assert display(pixels)[0, 0, :, 1].tolist() == [1, 128, 160, 192, 255]
    assert display(-pixels)[0, 0, :, 1].tolist() == [255, 128, 96, 64, 1]


def test_display_has_one_scale_a_patch_for_all_its_channels() -> None:
    pixels = torch.zeros(2, 3, 1, 1)
    pixels[0, :, 0, 0] = torch.tensor([2.0, -1.0, 0.0])
    pixels[1, :, 0, 0] = torch.tensor([0.002, -0.001, 0.0])
    first, second = display(pixels)[:, 0, 0].tolist()
    # -1 of 2 is -63.5 levels, rounded to the even -64
    assert first == second == [255, 64, 128]


@pytest.mark.parametrize("value", [0.0, -0.0, float("nan")])
def test_display_of_nothing_is_grey(value: float) -> None:
    assert (display(torch.full((1, 3, 2, 2), value)) == GREY).all()


def test_display_survives_infinities() -> None:
    shown = display(torch.tensor([float("inf"), float("-inf"), 1.0]).expand(1, 3, 1, 3))
    assert shown[0, 0, :, 0].tolist() == [255, 1, 128]


@given(st.floats(1e-37, 1e30))
def test_display_does_not_depend_on_the_size_of_the_signal(scale: float) -> None:
    pixels = torch.tensor([[-1.0, 0.25], [0.5, 1.0]]).expand(1, 3, 2, 2)
    assert (display(pixels * scale).astype(int) - display(pixels) <= 1).all()


def test_display_of_one_channel_is_grey_levels() -> None:
    assert display(torch.tensor([[[[1.0, -1.0]]]]))[0, 0].tolist() == [[255] * 3, [1] * 3]


def test_display_takes_projections_only() -> None:
    with pytest.raises(ShapeError, match="projections"):
        display(torch.zeros(3, 4, 4))


def test_a_few_large_values_do_not_hide_the_rest() -> None:
    pixels = torch.full((1, 3, 10, 10), 1.0)  # 300 values, of which one may be cut off
    pixels[0, 0, 0, 0] = 100.0
    assert scale_of(pixels).tolist() == [1.0]
    assert display(pixels)[0, 0, 0].tolist() == [255, 255, 255]
    pixels[0, 0, 0, 1] = -100.0
    assert scale_of(pixels).tolist() == [100.0]
    assert display(pixels)[0, 0, :3, 0].tolist() == [255, 1, 129]


def test_a_scale_can_be_given() -> None:
    pixels = torch.tensor([[-1.0, 1.0], [2.0, 8.0]]).expand(1, 3, 2, 2)
    assert display(pixels, scale=np.array([2.0], np.float32))[0, ..., 0].tolist() == [[64, 192], [255, 255]]


def test_a_projection_of_very_few_pixels_is_still_seen() -> None:
    pixels = torch.zeros(1, 3, 20, 20)
    pixels[0, 1, 3, 3] = -2.0
    assert scale_of(pixels).tolist() == [2.0]
    assert display(pixels)[0, 3, 3].tolist() == [128, 1, 128]


def test_the_scale_is_the_largest_magnitude() -> None:
    assert scale_of(torch.tensor([[[[0.5, -3.0]]], [[[1.0, 2.0]]]])).tolist() == [3.0, 2.0]


def test_large_fields_are_reduced_with_their_shape() -> None:
    assert TileSize.of((227, 227), 112) == TileSize(112, 112, 1)
    assert TileSize.of((100, 227), 112) == TileSize(49, 112, 1)
    assert TileSize.of((5000, 3), 112) == TileSize(112, 1, 1)


def test_small_fields_are_kept_and_enlarged_by_a_whole_number() -> None:
    assert TileSize.of((112, 112), 112) == TileSize(112, 112, 1)
    assert TileSize.of((56, 10), 112) == TileSize(56, 10, 2)
    assert TileSize.of((3, 3), 112) == TileSize(3, 3, 37)


def test_a_tile_has_pixels() -> None:
    with pytest.raises(UsageError, match="0 pixels"):
        TileSize.of((3, 3), 0)


def test_fit_keeps_what_has_the_size() -> None:
    patch = numbered(3, 4)
    assert fit(patch, (3, 4)) is patch


def test_fit_averages() -> None:
    patch = np.zeros((4, 4, 3), np.uint8)
    patch[:, 2:] = 200
    small = fit(patch, (2, 2))[..., 0]
    assert (small[0] == small[1]).all()
    assert small[0, 0] < 30
    assert small[0, 1] > 170


def test_enlarge_repeats_pixels() -> None:
    assert enlarge(numbered(1, 2), 3)[..., 0].tolist() == [[1, 1, 1, 2, 2, 2]] * 3
