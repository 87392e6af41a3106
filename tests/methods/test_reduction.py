"""Reading maxima, sums, counts and positions off outputs, against loops over every position."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from convscope.methods import reduction
from convscope.methods.reduction import Maps, locate, reduce

FORMATS = [torch.contiguous_format, torch.channels_last]
DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64]


def outputs(dtype: torch.dtype, memory_format: torch.memory_format, *, shape=(5, 4, 3, 7)) -> Tensor:
    values = torch.randint(-6, 7, shape).to(dtype) / 4
    return values.contiguous(memory_format=memory_format)


def literal(output: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Maximum, first position, sum, positive positions and NaN positions of each map, by looking at each number."""
    n, channels, height, width = output.shape
    maxima, sums = np.full((n, channels), np.nan), np.zeros((n, channels))
    places, active, nan = np.zeros((n, channels, 2), int), np.zeros((n, channels)), np.zeros((n, channels), int)
    for i, c, y, x in np.ndindex(n, channels, height, width):
        value = output[i, c, y, x].item()
        if math.isnan(value):
            nan[i, c] += 1
            continue
        sums[i, c] += value
        active[i, c] += value > 0
        if math.isnan(maxima[i, c]) or value > maxima[i, c]:
            maxima[i, c], places[i, c] = value, (y, x)
    return maxima, places, sums, active, nan


def check(output: Tensor) -> None:
    maps = Maps.of(output)
    found = reduce(maps, statistics=True)
    maxima, places, sums, active, nan = literal(output)
    assert found.maxima.dtype == np.float32
    np.testing.assert_array_equal(found.maxima, maxima.astype(np.float32))
    np.testing.assert_array_equal(found.sums, sums.astype(np.float32))
    np.testing.assert_array_equal(found.active, active)
    np.testing.assert_array_equal(np.zeros_like(nan) if found.nan is None else found.nan, nan)
    rows, channels = np.nonzero(~np.isnan(maxima))
    at = locate(maps, found.rows, rows, channels, found.maxima[rows, channels])
    np.testing.assert_array_equal(at, places[rows, channels])


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_and_memory_order(dtype: torch.dtype, memory_format: torch.memory_format) -> None:
    check(outputs(dtype, memory_format))


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_positions_are_left_out(dtype: torch.dtype, memory_format: torch.memory_format) -> None:
    output = outputs(dtype, memory_format)
    output[torch.rand(output.shape) < 0.2] = torch.nan
    output[1, 2] = torch.nan
    output[2, 1] = -torch.inf
    output[2, 1, 0, 0] = torch.nan
    with np.errstate(invalid="ignore"):
        check(output)


@pytest.mark.parametrize("memory_format", FORMATS)
def test_blocks_do_not_show(memory_format: torch.memory_format, monkeypatch: pytest.MonkeyPatch) -> None:
    output = outputs(torch.float32, memory_format)
    output[3, 3, 1] = torch.nan
    monkeypatch.setattr(reduction, "_BLOCK", 2 * 4 * 21)
    check(output)
    monkeypatch.setattr(reduction, "_BLOCK", 1)
    check(output)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 1, 3, 3), (2, 5, 1, 1), (1, 3, 1, 6), (3, 2, 6, 1)])
@pytest.mark.parametrize("memory_format", FORMATS)
def test_degenerate_shapes(shape: tuple[int, ...], memory_format: torch.memory_format) -> None:
    check(outputs(torch.float32, memory_format, shape=shape))


@pytest.mark.parametrize("channels", [2, 15, 70])
def test_one_pass_finds_what_torch_finds(channels: int) -> None:
    output = torch.randn(3, channels, 23, 17).contiguous(memory_format=torch.channels_last)
    output[0, ::3, 5, 0] = torch.nan  # first in its row
    output[1, ::2, 0, 16] = torch.nan
    output[2, ::5] = torch.inf
    output[2, 0, 22] = -torch.inf
    maps = Maps.of(output)
    assert maps.last
    with np.errstate(invalid="ignore"):
        once, torchs = reduction._in_one_pass(maps, True), reduction._by_torch(maps, True)
    for ours, theirs in zip((once[0], once[2], once[3]), (torchs[0], torchs[2], torchs[3]), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_allclose(once[1], torchs[1], rtol=1e-5, atol=1e-4)
    alone = reduction._in_one_pass(maps, False)
    np.testing.assert_array_equal(alone[0], once[0])
    np.testing.assert_array_equal(alone[3], once[3])


def test_sums_of_large_maps_keep_their_digits() -> None:
    output = (torch.rand(1, 8, 300, 300) + 1).contiguous(memory_format=torch.channels_last)
    exact = output.double().sum((2, 3)).numpy()
    np.testing.assert_allclose(reduce(Maps.of(output), statistics=True).sums, exact, rtol=3e-7)


def test_slices_of_larger_tensors() -> None:
    check(outputs(torch.float32, torch.contiguous_format, shape=(4, 8, 5, 5))[:, ::2, 1:4, 1:])
    check(outputs(torch.float32, torch.channels_last, shape=(4, 8, 5, 5))[1:3])


def test_vectors_are_maps_of_one_position() -> None:
    vectors = torch.tensor([[1.0, -2.0], [torch.nan, 0.0]])
    maps = Maps.of(vectors)
    found = reduce(maps, statistics=True)
    np.testing.assert_array_equal(found.maxima, [[1, -2], [np.nan, 0]])
    np.testing.assert_array_equal(found.active, [[1, 0], [0, 0]])
    np.testing.assert_array_equal(found.sums, [[1, -2], [0, 0]])
    assert found.nan is not None
    assert found.nan.tolist() == [[0, 0], [1, 0]]
    assert locate(maps, found.rows, np.array([0]), np.array([1]), np.float32([-2])).tolist() == [[0, 0]]


def test_dead_maps_have_their_maximum_at_the_first_position_and_no_minus_zero() -> None:
    output = torch.zeros(1, 1, 2, 2)
    output[0, 0, 0, 0] = -0.0
    maps = Maps.of(output)
    found = reduce(maps, statistics=True)
    assert not np.signbit(found.maxima).any()
    assert locate(maps, found.rows, np.array([0]), np.array([0]), found.maxima[0]).tolist() == [[0, 0]]


def test_float64_positions_are_those_of_the_rounded_values() -> None:
    output = torch.tensor([1.0, 1.0 + 2.0**-40, 0.0, 0.5], dtype=torch.float64).view(1, 1, 2, 2)
    maps = Maps.of(output)
    found = reduce(maps, statistics=False)
    assert found.maxima.tolist() == [[1.0]]
    assert locate(maps, found.rows, np.array([0]), np.array([0]), found.maxima[0]).tolist() == [[0, 0]]


def test_half_precision_sums_are_float32() -> None:
    output = torch.full((1, 1, 64, 64), 0.1, dtype=torch.float16)
    found = reduce(Maps.of(output), statistics=True)
    assert found.sums[0, 0] == pytest.approx(4096 * float(output[0, 0, 0, 0]), rel=1e-6)
    assert found.active.tolist() == [[4096.0]]


def test_without_statistics_nothing_is_summed() -> None:
    found = reduce(Maps.of(torch.ones(1, 2, 3, 3)), statistics=False)
    assert found.maxima.tolist() == [[1, 1]]
    assert found.sums.tolist() == [[0, 0]]
