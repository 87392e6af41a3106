"""What changes of single channels make of rectified sums, both ways, against the sums themselves."""

from __future__ import annotations

import pytest
import torch

from convscope.kernels import State
from convscope.kernels.silencing import rectified_changes


@pytest.mark.parametrize(("positions", "classes", "share"), [(7, 3, 0.5), (12, 600, 0.2), (5, 513, 1.0), (1, 1, 0.0)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-13)])
def test_both_ways_are_the_difference_of_the_sums(
    positions: int, classes: int, share: float, dtype: torch.dtype, tolerance: float, way: State
) -> None:
    torch.manual_seed(0)
    before, weight = torch.randn(positions, classes, dtype=dtype), torch.randn(9, classes, dtype=dtype)
    change = torch.randn(9, positions, dtype=dtype) * (torch.rand(9, positions) < share)
    found = rectified_changes(before, weight, change)
    assert found.dtype == dtype
    for unit in range(9):
        after = before.double() + change[unit].double()[:, None] * weight[unit].double()
        expected = after.relu().sum(0) - before.double().relu().sum(0)
        torch.testing.assert_close(found[unit].double(), expected, rtol=tolerance, atol=positions * tolerance)
