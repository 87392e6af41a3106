"""Boxes pasted, cleared and united, against loops over pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from convscope.graph.boxes import Signal, paste, settle, unite, whole
from convscope.graph.nouns import Value

VALUE = Value((3, 5, 6), (2, 3))


def literal_whole(signal: Signal, extent: tuple[int, int]) -> Tensor:
    """The signal (n, c, h, w) added pixel by pixel into zero maps."""
    assert signal.origin is not None
    n, c, h, w = signal.tensor.shape
    out = torch.zeros(n, c, *extent, dtype=signal.tensor.dtype)
    for i in range(n):
        for y in range(h):
            for x in range(w):
                at = (signal.origin[i, 0] + y, signal.origin[i, 1] + x)
                if 0 <= at[0] < extent[0] and 0 <= at[1] < extent[1]:
                    out[i, :, at[0], at[1]] += signal.tensor[i, :, y, x]
    return out


ORIGINS = np.asarray([[0, 0], [-2, 1], [3, 4], [1, -1], [5, 6], [-4, -4]])


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 6), (5, 2), (8, 8)])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_settle_clears_what_lies_beyond_the_map_and_changes_nothing_else(
    size: tuple[int, int], memory: torch.memory_format
) -> None:
    tensor = torch.randn(len(ORIGINS), 3, *size).contiguous(memory_format=memory)
    before = Signal(tensor.clone(), ORIGINS.copy())
    expected = literal_whole(before, VALUE.size)
    after = settle(Signal(tensor.clone(), ORIGINS.copy()), VALUE)
    assert torch.equal(literal_whole(after, VALUE.size), expected)
    outside = literal_whole(Signal(after.tensor.abs(), after.origin), VALUE.size).sum()
    assert torch.isclose(after.tensor.abs().sum(), outside), "something is left beyond the map"


def test_settle_takes_the_whole_axis_where_the_box_is_as_large_as_the_map() -> None:
    settled = settle(Signal(torch.randn(6, 3, 5, 2), ORIGINS.copy()), VALUE)
    assert settled.origin is not None
    assert settled.size((2, 3)) == (5, 2)
    assert (settled.origin[:, 0] == 0).all()
    assert (settled.origin[:, 1] == ORIGINS[:, 1]).all()


def test_settle_leaves_a_shared_tensor_as_it_is() -> None:
    tensor = torch.ones(1, 3, 2, 2)
    settled = settle(Signal(tensor, np.asarray([[-1, -1]]), owned=False), VALUE)
    assert tensor.sum() == 12
    assert settled.tensor.sum() == 3


@pytest.mark.parametrize("sizes", [((2, 3), (2, 3)), ((1, 1), (4, 2)), ((5, 6), (2, 2)), ((3, 1), (1, 3))])
def test_unite_is_the_sum_of_both(sizes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    n = 4
    origins = [np.random.randint(-1, 4, (n, 2)) for _ in sizes]
    origins = [np.zeros((n, 2), np.int64) if size == (5, 6) else o for o, size in zip(origins, sizes, strict=True)]
    a, b = (
        settle(Signal(torch.randn(n, 3, *size, dtype=torch.float64), o.astype(np.int64)), VALUE)
        for size, o in zip(sizes, origins, strict=True)
    )
    expected = literal_whole(a, VALUE.size) + literal_whole(b, VALUE.size)
    united = unite(a, b, VALUE)
    assert torch.allclose(literal_whole(united, VALUE.size), expected)
    assert torch.allclose(whole(united, VALUE), expected)


def test_unite_of_equal_boxes_does_not_change_the_operands() -> None:
    a, b = (Signal(torch.ones(1, 3, 2, 2), np.asarray([[1, 1]])) for _ in range(2))
    assert unite(a, b, VALUE).tensor.sum() == 24
    assert a.tensor.sum() == b.tensor.sum() == 12


def test_unite_with_nothing_is_the_signal() -> None:
    signal = Signal(torch.ones(1, 3, 2, 2), np.asarray([[1, 1]]))
    assert unite(None, signal, VALUE) is signal


def test_paste_to_the_same_box_is_no_copy() -> None:
    signal = Signal(torch.ones(2, 3, 2, 2), np.asarray([[1, 1], [0, 3]]))
    assert signal.origin is not None
    assert paste(signal, (2, 3), signal.origin.copy(), (2, 2)) is signal


def test_paste_moves_boxes_one_by_one() -> None:
    signal = Signal(torch.arange(8.0).reshape(2, 1, 2, 2), np.asarray([[1, 1], [0, 3]]))
    moved = paste(signal, (2, 3), np.asarray([[0, 1], [1, 2]]), (2, 2))
    assert moved.tensor[0, 0].tolist() == [[0, 0], [0, 1]]
    assert moved.tensor[1, 0].tolist() == [[0, 6], [0, 0]]


def test_a_vector_has_no_box_to_paste() -> None:
    with pytest.raises(ValueError, match="on maps"):
        paste(Signal(torch.ones(1, 3)), (2, 3), np.zeros((1, 2), np.int64), (1, 1))
