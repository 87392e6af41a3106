"""Boxes as views of memory: which of them are one tensor, and that they are those of their images."""

import numpy as np
import pytest
import torch

from convscope.kernels.views import add_into, gather, padded, runs


def test_runs_are_stretches_of_even_steps() -> None:
    image = np.array([0, 0, 0, 0, 1, 1])
    origin = np.array([[0, 0], [0, 2], [0, 4], [1, 4], [1, 4], [1, 4]])
    assert list(runs(image, origin)) == [(0, 3, 0, 2), (3, 4, 0, 0), (4, 6, 0, 0)]


@pytest.mark.parametrize("step", [-1, 0, 2])
def test_gathered_boxes_are_those_of_each_image(step: int) -> None:
    base = torch.randn(2, 3, 9, 8).contiguous(memory_format=torch.channels_last)
    image = np.array([0, 0, 0, 1, 1])
    origin = np.array([[4 + step * i, 2 * (i % 3)] for i in range(5)])
    origin[:, 0] = np.clip(origin[:, 0], 0, 5)
    found = gather(base, (2, 3), image, origin, (4, 3))
    for n, (i, (y, x)) in enumerate(zip(image, origin, strict=True)):
        assert torch.equal(found[n], base[i, :, y : y + 4, x : x + 3])


def test_what_lies_outside_is_dropped_where_boxes_are_added() -> None:
    outer, inner = torch.zeros(1, 1, 3, 3), torch.ones(1, 1, 2, 2)
    add_into(outer, inner, (2, 3), (-1, 2))
    assert outer[0, 0].tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
    add_into(outer, inner, (2, 3), (3, 0))
    assert outer.sum() == 1


def test_padding_stands_around_the_map() -> None:
    found = padded(torch.ones(1, 1, 1, 2), (2, 3), (1, 0), (0, 2), 5.0)
    assert found[0, 0].tolist() == [[5, 5, 5, 5], [1, 1, 5, 5]]
