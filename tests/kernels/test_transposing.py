"""Transposed convolutions of signals that are mostly zero, against PyTorch's on all entries in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.graph import Network
from convscope.graph.boxes import Signal, whole_origin
from convscope.graph.options import PullOptions
from convscope.graph.pulling import Context, seed_signal
from convscope.kernels import State, machine
from convscope.kernels.transposing import Transposed, transpose

# images, channels, few, map, kernel, stride: one and several blocks of channels (128) and of vectors (96 numbers), the
# last of each full or not; stretches (256 positions) of many images, of one, of parts of one.
SHAPES = [
    (3, 5, 3, (4, 6), (3, 2), (1, 2)),
    (2, 130, 20, (20, 17), (3, 3), (1, 1)),
    (300, 16, 1, (1, 1), (7, 7), (2, 2)),
    (2, 257, 7, (30, 11), (5, 5), (3, 3)),
    (40, 96, 3, (5, 5), (11, 11), (4, 4)),
    (2, 8, 4, (6, 6), (1, 1), (2, 3)),
    (1, 33, 17, (300, 2), (2, 3), (1, 1)),
    (5, 128, 32, (16, 16), (3, 3), (1, 1)),
    (3, 31, 16, (2, 100), (1, 6), (1, 1)),
]


def drawn(shape: tuple[int, ...], share: float) -> Tensor:
    """Signals, channels last, of which about a share is not zero."""
    return (torch.randn(shape) * (torch.rand(shape) < share)).contiguous(memory_format=torch.channels_last)


def weighed(weight: Tensor, stride: tuple[int, int]) -> Transposed:
    return Transposed(weight, stride, (1, 1), 1)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 1.0])
@pytest.mark.parametrize(("n", "channels", "few", "size", "kernel", "stride"), SHAPES)
def test_what_is_not_zero_makes_the_whole_convolution(
    n: int,
    channels: int,
    few: int,
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    share: float,
    vectors: machine.VectorWidth,
    compiled: None,
) -> None:
    x, weight = drawn((n, channels, *size), share), torch.randn(channels, few, *kernel)
    expected = F.conv_transpose2d(x.double(), weight.double(), stride=stride)
    found = transpose.compiled(x, weighed(weight, stride), share)
    assert found.shape == expected.shape
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=2e-6 * (1 + expected.abs().max().item()))


def test_both_ways_of_listing_make_the_same_bits(compiled: None) -> None:
    x, transposed = drawn((3, 150, 9, 7), 0.2), weighed(torch.randn(150, 12, 3, 3), (2, 2))
    with machine.pretend(vectors="avx512"):
        by_vectors = transpose.compiled(x, transposed, 0.2)
    with machine.pretend(vectors="narrow"):
        assert torch.equal(transpose.compiled(x, transposed, 0.2), by_vectors)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.float64, 1e-11)])
@pytest.mark.parametrize("few", [1, 3, 20])
@pytest.mark.parametrize(
    "geometry", [((1, 1), (1, 1), 1), ((2, 2), (1, 1), 1), ((2, 1), (1, 2), 1), ((1, 1), (1, 1), 2)]
)
def test_both_ways_are_those_of_pytorch(
    few: int,
    geometry: tuple[tuple[int, int], tuple[int, int], int],
    dtype: torch.dtype,
    tolerance: float,
    way: State,
) -> None:
    stride, dilation, groups = geometry
    x, weight = drawn((2, 32, 7, 6), 0.1).to(dtype), torch.randn(32, few, 3, 3, dtype=dtype)
    exact = F.conv_transpose2d(x.double(), weight.double(), stride=stride, dilation=dilation, groups=groups)
    found = transpose(x, Transposed(weight, stride, dilation, groups), 0.1)
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), exact, rtol=0, atol=tolerance)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (16, 16), (23, 19)])
def test_an_image_s_bits_do_not_depend_on_the_others(
    size: tuple[int, int], vectors: machine.VectorWidth, compiled: None
) -> None:
    x, transposed = drawn((7, 150, *size), 0.2), weighed(torch.randn(150, 12, 3, 3), (2, 2))
    together = transpose.compiled(x, transposed, 0.2)
    for i in range(7):
        assert torch.equal(transpose.compiled(x[i : i + 1], transposed, 0.2), together[i : i + 1])


def test_a_single_entry_gives_its_row_of_the_weight(way: State) -> None:
    x, weight = torch.zeros(1, 20, 2, 2).contiguous(memory_format=torch.channels_last), torch.randn(20, 4, 3, 3)
    x[0, 17, 1, 0] = 2
    expected = torch.zeros(1, 4, 5, 5)
    expected[0, :, 2:, :3] = 2 * weight[17]
    assert torch.equal(transpose(x, weighed(weight, (2, 2)), 0.1), expected)


def test_it_pays_where_little_is_left(compiled: None) -> None:
    wide, narrow = (weighed(torch.randn(64, *shape), (1, 1)) for shape in ((64, 3, 3), (1, 1, 1)))
    x = drawn((2, 64, 5, 5), 0.1)
    assert [transpose.accepts(x, wide, share) for share in (0.1, 0.5, 0.8, 1.0)] == [True, True, False, False]
    assert not transpose.accepts(x, narrow, 0.1), "fifteen in sixteen places of its vectors are empty"
    assert not transpose.accepts(x.double(), wide, 0.1)
    assert not transpose.accepts(x, Transposed(wide.weight, (1, 1), (2, 2), 1), 0.1)
    assert not transpose.accepts(x, Transposed(wide.weight, (1, 1), (1, 1), 2), 0.1)


def pulled(net: Network, signal: Tensor, share: float) -> Signal:
    context = Context(PullOptions(), {}, net.values, torch.arange(len(signal)))
    return net.steps[0].pull(Signal(signal, whole_origin(len(signal)), share=share), context)[0]


@pytest.mark.parametrize("share", [0.05, 0.9])
def test_a_convolution_pulls_alike_either_way(share: float, way: State) -> None:
    net = Network.trace(nn.Conv2d(24, 40, 3, stride=2, padding=1), (24, 20, 20))
    signal = drawn((3, 40, 10, 10), share)
    found, expected = pulled(net, signal, share), pulled(net.to(dtype=torch.float64), signal.double(), share)
    torch.testing.assert_close(found.tensor.double(), expected.tensor, rtol=0, atol=1e-5)
    assert found.origin is not None
    assert (found.origin == expected.origin).all()


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_what_is_not_finite_stays_where_it_belongs(value: float, vectors: machine.VectorWidth, way: State) -> None:
    net = Network.trace(nn.Conv2d(20, 3, 1), (20, 4, 4))
    x = drawn((3, 3, 4, 4), 0.1)
    expected = pulled(net, x, 0.1)
    x[1, 1, 3, 3] = value
    found = pulled(net, x, 0.1)
    for i in (0, 2):
        assert torch.equal(found.tensor[i], expected.tensor[i])
    assert not found.tensor[1, :, 3, 3].isfinite().any()
    assert found.tensor.isfinite().sum() == found.tensor.numel() - 20


def test_what_a_signal_came_through_says_how_much_of_it_is_not_zero() -> None:
    """Max pooling leaves a quarter, and rectifying half of that; a sum and a concatenation change nothing."""
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 4, 1)
    )
    net, image = Network.trace(module.eval(), (3, 8, 8)), torch.randn(2, 3, 8, 8)
    kept = net.run_values(image, {step.index for step in net.steps} | {0})
    signal, seen = Signal(torch.randn(2, 8, 4, 4), whole_origin(2)), []
    for step in reversed(net.steps[:-1]):
        signal = step.pull(signal, Context(PullOptions(), kept, net.values, torch.arange(2)))[0]
        seen.append((step.op, signal.share))
    assert seen == [("max_pool2d", 0.25), ("relu", 0.125), ("batch_norm", 0.125), ("conv2d", 1.0)]
    assert seed_signal(net.values[1], torch.tensor([0]), np.zeros((1, 2)), torch.ones(1)).share == 1 / 8
