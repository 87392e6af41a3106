"""Boxes cut from maps and cleared beyond them, both ways, against loops over pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from convscope.kernels import State
from convscope.kernels.cutting import _cut_indexed as cut_indexed
from convscope.kernels.cutting import clear, cut


def literal_cut(source: Tensor, image: list[int], origin: np.ndarray, size: tuple[int, int], fill: float) -> Tensor:
    """Pixel by pixel, from maps (n, c, h, w)."""
    out = torch.full((len(image), source.shape[1], *size), fill, dtype=source.dtype)
    for n, row in enumerate(image):
        for y in range(size[0]):
            for x in range(size[1]):
                at = (origin[n, 0] + y, origin[n, 1] + x)
                if 0 <= at[0] < source.shape[2] and 0 <= at[1] < source.shape[3]:
                    out[n, :, y, x] = source[row, :, at[0], at[1]]
    return out


ORIGINS = np.asarray([[0, 0], [-2, 1], [3, 4], [1, -1], [5, 6], [-4, -4]])
IMAGES = [0, 1, 1, 0, 1, 0]


DTYPES = [torch.float32, torch.float64]


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (5, 6), (7, 9)])
@pytest.mark.parametrize("fill", [0.0, -torch.inf])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", DTYPES)
def test_cut_copies_pixel_by_pixel(
    size: tuple[int, int], fill: float, memory: torch.memory_format, dtype: torch.dtype, way: State
) -> None:
    source = torch.randn(2, 3, 5, 6, dtype=dtype).contiguous(memory_format=memory)
    expected = literal_cut(source, IMAGES, ORIGINS, size, fill)
    assert torch.equal(cut(source, torch.tensor(IMAGES), (2, 3), ORIGINS, size, fill), expected)
    assert torch.equal(cut_indexed(source, torch.tensor(IMAGES), (2, 3), ORIGINS, size, fill), expected)


@pytest.mark.parametrize("layout", [(1, 2), (1, 3), (2, 3)])
def test_cut_follows_the_layout(layout: tuple[int, int], way: State) -> None:
    source = torch.randn(2, 3, 5, 6)
    expected = literal_cut(source, IMAGES, ORIGINS, (3, 2), 0.0)
    turned = source.movedim((2, 3), layout)
    for function in (cut, cut_indexed):
        found = function(turned, torch.tensor(IMAGES), layout, ORIGINS, (3, 2), 0.0)
        assert torch.equal(found.movedim(layout, (2, 3)), expected)


def test_whole_maps_are_picked_by_row(way: State) -> None:
    source = torch.randn(3, 2, 4, 4).contiguous(memory_format=torch.channels_last)
    found = cut(source, torch.tensor([2, 2, 0]), (2, 3), np.zeros((3, 2), np.int64), (4, 4))
    assert torch.equal(found, source[[2, 2, 0]])


@pytest.mark.parametrize("layout", [(1, 2), (2, 3)])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", DTYPES)
def test_clearing_sets_sides_to_zero_and_nothing_else(
    layout: tuple[int, int], memory: torch.memory_format, dtype: torch.dtype, way: State
) -> None:
    low = np.asarray([[0, 0], [2, -1], [9, 0], [0, 3], [1, 1]])
    high = np.asarray([[0, 0], [-3, 2], [0, 0], [4, 3], [2, 9]])
    boxes = torch.rand(5, 4, 5, 6, dtype=dtype).add_(1).contiguous(memory_format=memory)
    boxes[3, 1, 2, 2] = torch.nan
    expected = boxes.clone()
    rows, columns = boxes.shape[layout[0]], boxes.shape[layout[1]]
    for n in range(5):
        for axis, (dim, length) in enumerate(zip(layout, (rows, columns), strict=True)):
            for at in range(length):
                if at < low[n, axis] or at >= length - high[n, axis]:
                    expected[n].select(dim - 1, at).zero_()
    clear(boxes, layout, low, high)
    torch.testing.assert_close(boxes, expected, rtol=0, atol=0, equal_nan=True)


def test_a_compiled_loop_is_what_cuts_channels_last_maps(compiled: None) -> None:
    maps, where = torch.zeros(1, 3, 5, 6).contiguous(memory_format=torch.channels_last), np.asarray([[1, 1]])
    assert cut.accepts(maps, torch.tensor([0]), (2, 3), where, (2, 2))
    assert not cut.accepts(maps.double(), torch.tensor([0]), (2, 3), where, (2, 2))
    assert not cut.accepts(maps.contiguous(), torch.tensor([0]), (2, 3), where, (2, 2))
    assert clear.accepts(maps, (2, 3), where, where)
    assert not clear.accepts(maps, (1, 2), where, where)
