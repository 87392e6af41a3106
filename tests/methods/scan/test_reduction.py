"""Reading maxima, sums, counts and positions off outputs, against loops over every position."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from convscope.graph import Network
from convscope.graph.fusing import After, Output
from convscope.methods.scan import reduction
from convscope.methods.scan.reduction import reduce, reduce_output
from convscope.methods.scan.topk import Threshold
from tests.graph.test_fusing import POOLED

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
    with np.errstate(invalid="ignore"):
        ours, theirs = reduce(output), reduce(output.contiguous())
    for name in ("maxima", "active", "nan", "places"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    np.testing.assert_allclose(ours.sums, theirs.sums, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("memory_format", FORMATS)
def test_places_are_those_of_maxima_that_beat_the_threshold(memory_format: torch.memory_format) -> None:
    output = torch.randint(-2, 3, (4, 6, 9, 7)).float().contiguous(memory_format=memory_format)
    every, images = reduce(output), np.arange(10, 13)
    threshold = Threshold(np.float32([-np.inf, 2, 1, np.inf, -1, 0]), np.int64([99, 11, 5, 5, 12, 13]))
    some = reduce(output, images=images, threshold=threshold)
    np.testing.assert_array_equal(some.maxima, every.maxima[:3])
    beaten = threshold.beaten(some.maxima, images)
    assert beaten.any()
    np.testing.assert_array_equal(some.places[beaten], every.places[:3][beaten])
    known = some.places >= 0
    np.testing.assert_array_equal(some.places[known], every.places[:3][known])
    assert not known[some.maxima < threshold.values].any()


@pytest.mark.parametrize("rectify", [False, True])
@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("shape", [(3, 20, 5, 7), (3, 20)])
def test_what_comes_after_is_done_to_maps_that_were_read(
    shape: tuple[int, ...], scaled: bool, added: bool, rectify: bool
) -> None:
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
    after = After(factor if scaled else None, shift if scaled else None, other if added else None, rectify)
    found = reduce(output, images=np.arange(2), after=after)  # the third fills up
    assert after.done
    for name in ("maxima", "sums", "active", "nan", "places"):
        np.testing.assert_array_equal(getattr(found, name), getattr(before, name)[:2])
    torch.testing.assert_close(output, expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", POOLED)
def test_a_reduction_does_what_comes_after(name: str) -> None:
    """What is read off outputs is the same whether they come in parts, and so is what the network makes of them."""
    torch.manual_seed(0)
    net, images = Network.trace(POOLED[name]().eval(), (4, 14, 10)), torch.randn(3, 4, 14, 10)
    layers = [layer.name for layer in net.layers]
    expected = net.run(images, layers)
    for asked in (layers, *([layer, layers[-1]] for layer in layers)):
        done = 0
        for output in net.each_output(images, dict.fromkeys(asked)):
            whole = reduce(expected[output.layer].contiguous(memory_format=torch.channels_last))
            channels = whole.maxima.shape[1]
            threshold = Threshold(np.full(channels, -np.inf, np.float32), np.full(channels, 99))
            found = reduce_output(output, statistics=True, images=np.arange(3), threshold=threshold)
            np.testing.assert_allclose(found.maxima, whole.maxima, rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(found.sums, whole.sums, rtol=1e-5, atol=1e-4)
            np.testing.assert_array_equal(found.places, whole.places)
            done += output.after is not None and output.after.done and output.after.pool is not None
        assert done or asked is not layers or name == "dilated"


def test_a_layer_s_sums_do_not_depend_on_whether_it_comes_in_parts() -> None:
    parts = tuple(torch.randn(2, c, 9, 13).contiguous(memory_format=torch.channels_last) for c in (300, 20, 100))
    threshold = Threshold(np.full(420, -np.inf, np.float32), np.full(420, 99))
    options = {"statistics": True, "images": np.arange(2), "threshold": threshold}
    whole = torch.cat(parts, 1)
    one, several = (reduce_output(Output("layer", p), **options) for p in ((whole,), parts))  # type: ignore[arg-type]
    for name in ("maxima", "sums", "active", "places"):
        np.testing.assert_array_equal(getattr(several, name), getattr(one, name))
    parts[1][0, 3, 2, 2] = torch.nan
    found = reduce_output(Output("layer", parts), **options)  # type: ignore[arg-type]
    assert found.nan is not None
    assert found.nan.sum() == found.nan[0, 303] == 1


def test_maps_in_another_order_are_left_as_they_are() -> None:
    output = torch.randn(2, 3, 4, 5)
    last, kept = output.contiguous(memory_format=torch.channels_last), output.clone()
    for maps, other in ((output, None), (last, output), (last.double(), None)):
        after = After(None, None, other, rectify=True)
        reduce(maps, after=after)
        assert not after.done
        assert torch.equal(maps.float(), kept)


def test_sums_of_large_maps_keep_their_digits() -> None:
    output = (torch.rand(1, 8, 300, 300) + 1).contiguous(memory_format=torch.channels_last)
    exact = output.double().sum((2, 3)).numpy()
    np.testing.assert_allclose(reduce(output).sums, exact, rtol=3e-7)


def test_slices_of_larger_tensors() -> None:
    check(outputs(torch.float32, torch.contiguous_format, shape=(4, 8, 5, 5))[:, ::2, 1:4, 1:])
    check(outputs(torch.float32, torch.channels_last, shape=(4, 8, 5, 5))[1:3])


def test_vectors_are_maps_of_one_position() -> None:
    vectors = torch.tensor([[1.0, -2.0], [torch.nan, 0.0]])
    found = reduce(vectors)
    np.testing.assert_array_equal(found.maxima, [[1, -2], [np.nan, 0]])
    np.testing.assert_array_equal(found.active, [[1, 0], [0, 0]])
    np.testing.assert_array_equal(found.sums, [[1, -2], [0, 0]])
    assert found.nan is not None
    assert found.nan.tolist() == [[0, 0], [1, 0]]
    assert found.places.tolist() == [[0, 0], [-1, 0]]


def test_dead_maps_have_their_maximum_at_the_first_position_and_no_minus_zero() -> None:
    output = torch.zeros(1, 1, 2, 2)
    output[0, 0, 0, 0] = -0.0
    found = reduce(output)
    assert not np.signbit(found.maxima).any()
    assert found.places.tolist() == [[0]]


def test_float64_positions_are_those_of_the_rounded_values() -> None:
    output = torch.tensor([1.0, 1.0 + 2.0**-40, 0.0, 0.5], dtype=torch.float64).view(1, 1, 2, 2)
    found = reduce(output, statistics=False)
    assert found.maxima.tolist() == [[1.0]]
    assert found.places.tolist() == [[0]]


def test_half_precision_sums_are_float32() -> None:
    output = torch.full((1, 1, 64, 64), 0.1, dtype=torch.float16)
    found = reduce(output)
    assert found.sums[0, 0] == pytest.approx(4096 * float(output[0, 0, 0, 0]), rel=1e-6)
    assert found.active.tolist() == [[4096.0]]


def test_without_statistics_nothing_is_summed() -> None:
    found = reduce(torch.ones(1, 2, 3, 3), statistics=False)
    assert found.maxima.tolist() == [[1, 1]]
    assert found.sums.tolist() == [[0, 0]]
