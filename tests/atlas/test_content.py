"""Where a projection is in its field, and how it is shown: against slow searches, and numbers worked by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from convscope import deconv
from convscope.atlas import build_atlas
from convscope.atlas.content import SATURATED, SHARE, cut, portray, window
from convscope.atlas.planning import plan_export
from convscope.atlas.sprites import SpriteGrid, decode_picture, take_apart
from convscope.data import Source, load_image
from convscope.graph import Network


def energy(pixels: np.ndarray, part: tuple[int, int, int, int]) -> float:
    y0, x0, y1, x1 = part
    return float(np.square(pixels[:, y0:y1, x0:x1]).sum() / np.square(pixels).sum())


def smallest(pixels: np.ndarray) -> int:
    """The least side of a square with the share, of all squares."""
    side = pixels.shape[1]
    for wide in range(-(-side // 3), side + 1):
        for y in range(side - wide + 1):
            for x in range(side - wide + 1):
                if energy(pixels, (y, x, y + wide, x + wide)) >= SHARE:
                    return wide
    return side


@pytest.mark.parametrize("seed", range(4))
def test_the_content_is_the_smallest_square_that_holds_the_share(seed: int) -> None:
    draw = np.random.default_rng(seed)
    place = draw.uniform(5, 25, 2)[:, None, None]
    grid = np.mgrid[:30, :30]
    pixels = draw.normal(size=(3, 30, 30)) * np.exp(-np.square(grid - place).sum(0) / 40)
    y0, x0, y1, x1 = part = window(pixels)
    assert y1 - y0 == x1 - x0 == smallest(pixels)
    assert energy(pixels, part) >= SHARE


def test_of_large_fields_it_is_found_to_a_few_pixels_and_within_the_field() -> None:
    pixels = np.zeros((3, 207, 207))
    pixels[:, 150:207, 160:207] = 1
    part = window(pixels)
    y0, _, y1, x1 = part
    assert energy(pixels, part) >= SHARE
    assert (y1, x1) == (207, 207)
    assert 69 <= y1 - y0 <= 73


def test_it_has_the_shape_of_the_field_and_is_the_whole_of_what_is_small_or_zero() -> None:
    wide = np.zeros((1, 20, 60))
    wide[0, 5, 50] = 2
    y0, x0, y1, x1 = window(wide)
    assert (y1 - y0, x1 - x0) == (7, 20)
    assert y0 <= 5 < y1
    assert x0 <= 50 < x1
    assert window(np.ones((3, 12, 12))) == (0, 0, 12, 12)
    assert window(np.zeros((3, 40, 40))) == (0, 0, 40, 40)
    assert window(np.full((3, 40, 40), np.nan)) == (0, 0, 40, 40)
    loud = np.full((1, 40, 40), np.float32(3e38))  # its squares have no number
    assert window(loud) == (0, 0, 40, 40) or energy(loud / 3e38, window(loud)) >= SHARE


def test_black_and_white_is_what_two_in_a_hundred_of_the_content_reach() -> None:
    pixels = np.zeros((1, 1, 30, 30), np.float32)
    pixels[0, 0, :10, :10] = np.linspace(1, 100, 100).reshape(10, 10)
    pixels[0, 0, 29, 29] = 1e-3
    (shown,) = portray(pixels, (30, 30))
    y0, x0, y1, x1 = shown.content
    inside = np.sort(pixels[0, 0, y0:y1, x0:x1].ravel())
    assert shown.scale == inside[len(inside) - 1 - int(SATURATED * len(inside))]
    assert shown.part_scale == shown.scale
    assert shown.whole[0, 0].tolist() == [128 + round(127 * 1 / shown.scale)] * 3
    assert (shown.whole == 255).all(axis=2).sum() == 1 + int(SATURATED * len(inside))
    assert shown.part.shape == shown.whole.shape == (30, 30, 3)


def test_what_is_reduced_is_as_strong_as_what_is_not() -> None:
    """Signs that alternate cancel where pixels are averaged: the scale is of what is left of them."""
    pixels = np.zeros((1, 1, 200, 200), np.float32)
    pixels[0, 0, 80:120, 80:120] = np.random.default_rng(0).normal(size=(40, 40))
    (shown,) = portray(pixels, (100, 100))
    contrast = [np.abs(one[..., 0].astype(int) - 128) for one in (shown.whole, shown.part)]
    assert shown.scale < shown.part_scale / 1.5
    assert all((one > 120).mean() > 0.001 for one in contrast)
    assert contrast[1].mean() > 3 * contrast[0].mean()


def test_zero_is_grey_and_nothing_is_grey_everywhere() -> None:
    (shown,) = portray(np.zeros((1, 3, 30, 30), np.float32), (20, 20))
    assert (shown.whole == 128).all()
    assert (shown.part == 128).all()
    assert (shown.scale, shown.part_scale) == (0, 0)


def test_of_reduced_fields_the_content_is_kept_by_itself(net: Network, source: Source, tmp_path: Path) -> None:
    atlas = build_atlas(net, source, tmp_path / "out", layers=["relu1", "block2"], k=2, tile=9)
    assert [layer.entry["content"]["kept"] for layer in atlas.layers] == [False, True]
    assert not list((atlas.path / "pictures" / "00-relu1").glob("content-*"))
    record, layer = atlas.record("block2.relu2"), atlas.layers[1]
    unit = int(np.flatnonzero(~record.dead)[0])
    picture = decode_picture((atlas.path / "pictures" / layer.id / f"content-{unit}.webp").read_bytes())
    photos, projections = take_apart(picture, SpriteGrid.from_json(layer.entry["sprite"]), 2)
    y, x = record.y[unit, 0], record.x[unit, 0]
    image = net.preprocess.normalise(
        torch.from_numpy(load_image(source, int(record.images[unit, 0]), net.preprocess).transpose(2, 0, 1))
    )
    alone = deconv(net, image, f"block2.relu2:{unit}@{y},{x}")
    (shown,) = portray(alone.pixels, (9, 9))
    assert np.abs(projections[0].astype(int) - shown.part).max() <= 1
    assert (record.content[unit, 0] == np.add(shown.content, np.tile(record.boxes[unit, 0, :2], 2))).all()
    assert record.part_scales[unit, 0] == pytest.approx(shown.part_scale, rel=1e-4)
    sheet = decode_picture((atlas.path / "pictures" / layer.id / "photos-0.webp").read_bytes())
    cells = take_apart(sheet, SpriteGrid.from_json(layer.entry["sheet"]), unit + 1)[0]
    assert (cells[unit] == photos[0]).all()
    assert f"pictures/{layer.id}/content-{unit}.webp" in plan_export(atlas, units=[f"block2.relu2:{unit}"])


def test_a_photo_is_cut_as_its_projection_is() -> None:
    photo = np.arange(30 * 30 * 3, dtype=np.uint8).reshape(30, 30, 3)
    assert (cut(photo, (5, 6, 15, 16), (10, 10)) == photo[5:15, 6:16]).all()
    assert (cut(photo, (5, 6, 15, 16), (20, 20))[::2, ::2] == photo[5:15, 6:16]).all()
    assert cut(photo, (0, 0, 30, 30), (20, 20)).shape == (20, 20, 3)
