"""Changes through rectifiers and max pooling, both ways, against doing it to the edited maps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.kernels import State, machine
from convscope.kernels.edits import pool, rectify
from convscope.kernels.pooling import MaxPooling

IMAGE = np.asarray([0, 0, 1, 0])
DTYPES = [(torch.float32, 1e-6), (torch.float64, 1e-12)]


class Maps:
    """Maps of two unedited images, of which `IMAGE` says which each copy is an edit of."""

    def __init__(self, dtype: torch.dtype, channels: int = 5) -> None:
        self.maps = torch.randn(2, channels, 9, 8, dtype=dtype).contiguous(memory_format=torch.channels_last)
        self.image = IMAGE
        self.made: dict[str, Tensor] = {}

    def derived(self, name: str, make: Callable[[Tensor], Tensor]) -> Tensor:
        return self.made.setdefault(name, make(self.maps))

    def edited(self, change: Tensor, origin: np.ndarray) -> Tensor:
        """The copies themselves."""
        copies = self.maps[torch.from_numpy(self.image)].clone()
        for n, (y, x) in enumerate(origin.tolist()):
            copies[n, :, y : y + change.shape[2], x : x + change.shape[3]] += change[n]
        return copies


def drawn(size: tuple[int, int], dtype: torch.dtype, channels: int = 5) -> Tensor:
    return torch.randn(4, channels, *size, dtype=dtype).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (9, 8)])
def test_a_rectified_change_is_the_difference_of_rectified_maps(
    size: tuple[int, int], dtype: torch.dtype, tolerance: float, way: State
) -> None:
    known, change = Maps(dtype), drawn(size, dtype)
    origin = np.minimum([[0, 0], [2, 3], [6, 6], [1, 4]], np.asarray([9, 8]) - size)
    before = known.maps[torch.from_numpy(IMAGE)].relu()
    expected = known.edited(change, origin).relu() - before
    rectify(change, origin, known, (2, 3))
    for n, (y, x) in enumerate(origin.tolist()):
        there = expected[n, :, y : y + size[0], x : x + size[1]]
        torch.testing.assert_close(change[n], there, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    "pooling", [MaxPooling((3, 3), (2, 2), (1, 1)), MaxPooling((2, 2), (2, 2)), MaxPooling((3, 3), (1, 1), (1, 1))]
)
@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize("asked", ["difference", "maxima"])
def test_pooled_changes_are_those_of_edited_maps(
    pooling: MaxPooling, dtype: torch.dtype, tolerance: float, asked: str, way: State
) -> None:
    """Also where the boxes that are asked for see less, or more, than the change; their windows beyond the border."""
    known, change = Maps(dtype), drawn((3, 2), dtype)
    old = np.asarray([[2, 2], [2, 4], [4, 2], [4, 4]])
    stride = np.asarray(pooling.stride)
    pooled = F.max_pool2d(known.maps, pooling.kernel, pooling.stride, pooling.before)
    edited = F.max_pool2d(known.edited(change, old), pooling.kernel, pooling.stride, pooling.before)
    for origin in (old // stride - 1, old // stride):
        size = (2, 2)
        found = pool(change, old, known, origin, size, pooling, pooled if asked == "difference" else None)
        assert found.shape == (4, 5, 2, 2)
        for n, (y, x) in enumerate(origin.tolist()):
            expected = edited[n, :, y : y + 2, x : x + 2]
            if asked == "difference":
                expected = expected - pooled[IMAGE[n], :, y : y + 2, x : x + 2]
            torch.testing.assert_close(found[n], expected, rtol=0, atol=tolerance)


def test_compiled_loops_take_float32_in_their_order(compiled: None) -> None:
    known, change, at = Maps(torch.float32), drawn((3, 2), torch.float32), np.zeros((4, 2), np.int64)
    pooling = MaxPooling((3, 3), (2, 2))
    with machine.pretend(threads=1):
        assert rectify.accepts(change, at, known, (2, 3))
        assert not rectify.accepts(change.double(), at, known, (2, 3))
        assert not rectify.accepts(change, at, known, (1, 2))
        assert pool.accepts(change, at, known, at, (1, 1), pooling, None)
        assert not pool.accepts(change.contiguous(), at, known, at, (1, 1), pooling, None)
        assert not pool.accepts(change, at, known, at, (1, 1), MaxPooling((3, 3), (2, 2), dilation=(2, 2)), None)


def test_changes_may_be_views_with_gaps_between_rows_and_boxes(way: State) -> None:
    known, wide = Maps(torch.float32), drawn((5, 6), torch.float32)
    change, origin = wide[:, :, 1:4, 2:4], np.asarray([[0, 0], [2, 3], [6, 6], [1, 4]])
    expected = known.edited(change, origin).relu() - known.maps[torch.from_numpy(IMAGE)].relu()
    around = wide.clone()
    rectify(change, origin, known, (2, 3))
    for n, (y, x) in enumerate(origin.tolist()):
        torch.testing.assert_close(change[n], expected[n, :, y : y + 3, x : x + 2], rtol=0, atol=1e-6)
    around[:, :, 1:4, 2:4] = change
    assert torch.equal(wide, around), "what lies around the change stays"
