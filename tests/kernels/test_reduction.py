"""Reading maxima, sums, counts and positions off outputs, both ways, against loops over every position."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from convscope import kernels
from convscope.kernels import State, reduction
from convscope.kernels.pooling import MaxPooling
from convscope.kernels.reduction import Asked, Bar, Following, MapStatistics, Read, Reduced
from convscope.methods.scan.topk import Threshold

FORMATS = [torch.contiguous_format, torch.channels_last]
DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64]


def outputs(dtype: torch.dtype, memory_format: torch.memory_format, *, shape=(5, 4, 3, 7)) -> Tensor:
    values = torch.randint(-6, 7, shape).to(dtype) / 4
    return values.contiguous(memory_format=memory_format)


def read(
    *parts: Tensor,
    images: NDArray[np.int64] | None = None,
    bar: Bar | None = None,
    statistics: MapStatistics = "all",
    following: Following | None = None,
) -> Read:
    """What is asked of an output, by default of all images and all positions."""
    images = np.arange(len(parts[0])) if images is None else images
    return reduction.reduce(parts, Asked(images, bar, statistics), following)


def reduce(*parts: Tensor, statistics: MapStatistics = "all") -> Reduced:
    return read(*parts, statistics=statistics).reduced


def fetched(*outputs: Tensor, statistics: MapStatistics = "all") -> list[Reduced] | None:
    """The same, reduced one by one and fetched together."""
    asked = Asked(np.arange(len(outputs[0])), None, statistics)
    return reduction.fetched([reduction.reduce_there(one, asked) for one in outputs])


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
    found = reduce(output)
    maxima, places, sums, active, nan = literal(output)
    assert found.maxima.dtype == np.float32
    np.testing.assert_array_equal(found.maxima, maxima.astype(np.float32))
    np.testing.assert_array_equal(found.sums, sums.astype(np.float32))
    np.testing.assert_array_equal(found.active, active)
    np.testing.assert_array_equal(np.zeros_like(nan) if found.nan is None else found.nan, nan)
    flat = places[..., 0] * output.shape[3] + places[..., 1]
    np.testing.assert_array_equal(found.places, np.where(np.isnan(maxima), -1, flat))


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_and_memory_order(dtype: torch.dtype, memory_format: torch.memory_format, way: State) -> None:
    check(outputs(dtype, memory_format))


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_positions_are_left_out(dtype: torch.dtype, memory_format: torch.memory_format, way: State) -> None:
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
def test_degenerate_shapes(shape: tuple[int, ...], memory_format: torch.memory_format, way: State) -> None:
    check(outputs(torch.float32, memory_format, shape=shape))


@pytest.mark.parametrize("channels", [2, 15, 70])
def test_one_reading_finds_what_torch_finds(channels: int, compiled: None) -> None:
    output = torch.randn(3, channels, 23, 17).contiguous(memory_format=torch.channels_last)
    output[0, ::3, 5, 0] = torch.nan  # first in its row
    output[1, ::2, 0, 16] = torch.nan
    output[2, ::5] = torch.inf
    output[2, 0, 22] = -torch.inf
    assert reduction.reduce.accepts([output], Asked(np.arange(3)), None)
    with np.errstate(invalid="ignore"):
        ours = reduce(output)
        with kernels.switched("off"):
            theirs = reduce(output)
    for name in ("maxima", "active", "nan", "places"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    np.testing.assert_allclose(ours.sums, theirs.sums, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("memory_format", FORMATS)
def test_places_are_those_of_maxima_that_beat_the_bar(memory_format: torch.memory_format, way: State) -> None:
    output = torch.randint(-2, 3, (4, 6, 9, 7)).float().contiguous(memory_format=memory_format)
    every, images = reduce(output), np.arange(10, 13)
    bar = Threshold(np.float32([-np.inf, 2, 1, np.inf, -1, 0]), np.int64([99, 11, 5, 5, 12, 13]))
    some = read(output, images=images, bar=bar).reduced
    np.testing.assert_array_equal(some.maxima, every.maxima[:3])
    beaten = bar.beaten(some.maxima, images)
    assert beaten.any()
    np.testing.assert_array_equal(some.places[beaten], every.places[:3][beaten])
    known = some.places >= 0
    np.testing.assert_array_equal(some.places[known], every.places[:3][known])
    assert not known[some.maxima < bar.values].any()


def pooled_by_torch(values: Tensor, pooling: MaxPooling) -> Tensor:
    return torch.nn.functional.max_pool2d(
        values, pooling.kernel, pooling.stride, pooling.before, pooling.dilation, pooling.ceil
    )


@pytest.mark.parametrize("pooling", [None, MaxPooling((3, 3), (2, 2), (1, 1)), MaxPooling((2, 2), (2, 2), ceil=True)])
@pytest.mark.parametrize("rectify", [False, True])
@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("shape", [(3, 20, 5, 7), (3, 20)])
def test_what_follows_is_done_to_maps_that_were_read(
    shape: tuple[int, ...], scaled: bool, added: bool, rectify: bool, pooling: MaxPooling | None, compiled: None
) -> None:
    if pooling is not None and len(shape) == 2:
        return
    output, other = (outputs(torch.float32, torch.contiguous_format, shape=shape).clone() for _ in range(2))
    if len(shape) == 4:
        output, other = (t.contiguous(memory_format=torch.channels_last) for t in (output, other))
    output[1, 3] = torch.nan
    factor, shift = torch.randint(1, 4, (20,)).float(), torch.randint(-3, 4, (20,)).float()
    by_channel = (1, 20, *[1] * (len(shape) - 2))
    expected = output * factor.view(by_channel) + shift.view(by_channel) if scaled else output.clone()
    expected = expected + other if added else expected
    expected = expected.relu() if rectify else expected
    before = reduce(output.clone())
    following = Following(
        factor if scaled else None, shift if scaled else None, other if added else None, rectify, pooling
    )
    found = read(output, images=np.arange(2), following=following)  # the third fills up
    assert found.followed
    assert found.whole is output
    for name in ("maxima", "sums", "active", "nan", "places"):
        np.testing.assert_array_equal(getattr(found.reduced, name), getattr(before, name)[:2])
    torch.testing.assert_close(output, expected, rtol=0, atol=0, equal_nan=True)
    if pooling is None:
        assert found.pooled is None
    else:
        assert found.pooled is not None
        expected = pooled_by_torch(expected, pooling)
        torch.testing.assert_close(found.pooled, expected, rtol=0, atol=0, equal_nan=True)


def in_parts() -> tuple[Tensor, ...]:
    return tuple(torch.randn(2, c, 9, 13).contiguous(memory_format=torch.channels_last) for c in (300, 20, 100))


def test_a_layer_s_sums_do_not_depend_on_whether_it_comes_in_parts(way: State) -> None:
    parts = in_parts()
    one, several = reduce(torch.cat(parts, 1)), reduce(*parts)
    for name in ("maxima", "sums", "active", "places"):
        np.testing.assert_array_equal(getattr(several, name), getattr(one, name))
    parts[1][0, 3, 2, 2] = torch.nan
    found = reduce(*parts)
    assert found.nan is not None
    assert found.nan.sum() == found.nan[0, 303] == 1


def test_parts_are_pooled_into_one_map(compiled: None) -> None:
    parts, pooling = in_parts(), MaxPooling((3, 3), (2, 2), ceil=True)
    found = read(*parts, following=Following(pooling=pooling))
    assert found.followed
    assert found.whole is None
    assert found.pooled is not None
    assert torch.equal(found.pooled, pooled_by_torch(torch.cat(parts, 1), pooling))


def test_parts_of_which_one_cannot_be_read_in_place_are_put_together(way: State) -> None:
    parts = in_parts()
    parts = (parts[0], parts[1].contiguous(), parts[2])
    found = read(*parts)
    assert found.whole is not None
    assert torch.equal(found.whole, torch.cat(parts, 1))
    np.testing.assert_array_equal(found.reduced.maxima, torch.cat(parts, 1).amax((2, 3)).numpy())


def test_maps_that_the_loop_does_not_read_are_left_as_they_are(way: State) -> None:
    output = torch.randn(2, 3, 4, 5)
    last, kept = output.contiguous(memory_format=torch.channels_last), output.clone()
    for maps, other in ((output, None), (last, output), (last.double(), None)):
        found = read(maps, following=Following(other=other, rectify=True))
        assert not found.followed
        assert torch.equal(maps.float(), kept)


def test_switched_off_what_follows_is_left_to_the_network() -> None:
    output = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    kept = output.clone()
    with kernels.switched("off"):
        found = read(output, following=Following(rectify=True, pooling=MaxPooling((2, 2), (2, 2))))
    assert not found.followed
    assert found.pooled is None
    assert torch.equal(output, kept)


def test_sums_of_large_maps_keep_their_digits(way: State) -> None:
    output = (torch.rand(1, 8, 300, 300) + 1).contiguous(memory_format=torch.channels_last)
    exact = output.double().sum((2, 3)).numpy()
    np.testing.assert_allclose(reduce(output).sums, exact, rtol=3e-7)


def test_slices_of_larger_tensors(way: State) -> None:
    check(outputs(torch.float32, torch.contiguous_format, shape=(4, 8, 5, 5))[:, ::2, 1:4, 1:])
    check(outputs(torch.float32, torch.channels_last, shape=(4, 8, 5, 5))[1:3])


def test_vectors_are_maps_of_one_position(way: State) -> None:
    vectors = torch.tensor([[1.0, -2.0], [torch.nan, 0.0]])
    found = reduce(vectors)
    np.testing.assert_array_equal(found.maxima, [[1, -2], [np.nan, 0]])
    np.testing.assert_array_equal(found.active, [[1, 0], [0, 0]])
    np.testing.assert_array_equal(found.sums, [[1, -2], [0, 0]])
    assert found.nan is not None
    assert found.nan.tolist() == [[0, 0], [1, 0]]
    assert found.places.tolist() == [[0, 0], [-1, 0]]


def test_dead_maps_have_their_maximum_at_the_first_position_and_no_minus_zero(way: State) -> None:
    output = torch.zeros(1, 1, 2, 2)
    output[0, 0, 0, 0] = -0.0
    found = reduce(output)
    assert not np.signbit(found.maxima).any()
    assert found.places.tolist() == [[0]]


def test_float64_positions_are_those_of_the_rounded_values() -> None:
    output = torch.tensor([1.0, 1.0 + 2.0**-40, 0.0, 0.5], dtype=torch.float64).view(1, 1, 2, 2)
    found = reduce(output, statistics="none")
    assert found.maxima.tolist() == [[1.0]]
    assert found.places.tolist() == [[0]]


def test_half_precision_sums_are_float32() -> None:
    output = torch.full((1, 1, 64, 64), 0.1, dtype=torch.float16)
    found = reduce(output)
    assert found.sums[0, 0] == pytest.approx(4096 * float(output[0, 0, 0, 0]), rel=1e-6)
    assert found.active.tolist() == [[4096.0]]


def test_without_statistics_nothing_is_summed(way: State) -> None:
    found = reduce(torch.ones(1, 2, 3, 3), statistics="none")
    assert found.maxima.tolist() == [[1, 1]]
    assert found.sums.tolist() == [[0, 0]]


# -- fetched together -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_fetched_together_is_what_is_read_one_by_one(
    dtype: torch.dtype, memory_format: torch.memory_format
) -> None:
    maps, vector = outputs(dtype, memory_format), torch.randint(-6, 7, (5, 9)).to(dtype) / 4
    both = fetched(maps, vector)
    assert both is not None
    for found, output in zip(both, (maps, vector[:, :, None, None]), strict=True):
        maxima, places, sums, active, _ = literal(output.double())
        assert np.array_equal(found.maxima, maxima)
        assert not np.signbit(found.maxima[found.maxima == 0]).any()
        assert np.array_equal(found.places, places[..., 0] * output.shape[3] + places[..., 1])
        assert np.allclose(found.sums, sums, rtol=1e-6)
        assert np.array_equal(found.active, active)
        assert found.nan is None


def test_what_has_nan_is_not_fetched_together() -> None:
    maps = outputs(torch.float32, torch.channels_last)
    maps[1, 2, 0, 3] = torch.nan
    assert fetched(outputs(torch.float32, torch.channels_last), maps) is None


def test_statistics_that_are_not_asked_for_are_zero() -> None:
    (found,) = fetched(outputs(torch.float32, torch.channels_last), statistics="none") or ()
    assert not found.sums.any()
    assert not found.active.any()
