"""Switches and what meets in them: max pooling backwards, against PyTorch's indices and literal loops."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.graph import Network, PullOptions
from convscope.graph.boxes import Signal, settle
from convscope.graph.nouns import Value
from convscope.graph.options import Overlap
from convscope.graph.order import looped
from convscope.graph.pulling import Context
from convscope.graph.steps.pool import MaxPool2d, unpool

POOLS: dict[str, dict[str, object]] = {
    "3/2": {"kernel_size": 3, "stride": 2},
    "2/2": {"kernel_size": 2, "stride": 2},
    "padded": {"kernel_size": 3, "stride": 2, "padding": 1},
    "ceil": {"kernel_size": 3, "stride": 2, "ceil_mode": True},
    "padded ceil": {"kernel_size": 2, "stride": 2, "padding": 1, "ceil_mode": True},
    "dilated": {"kernel_size": 2, "stride": 1, "dilation": 3},
    "uneven": {"kernel_size": (1, 3), "stride": (2, 1), "padding": (0, 1)},
    "sparse": {"kernel_size": 2, "stride": 3},
}


def literal_unpool(signal: Tensor, switches: Tensor, size: tuple[int, int], overlap: Overlap) -> Tensor:
    """One window after the other in reading order."""
    n, c, h, w = signal.shape
    out = torch.zeros(n, c, *size, dtype=signal.dtype)
    taken = torch.zeros(n, c, *size, dtype=torch.bool)
    for i in range(n):
        for j in range(c):
            for y in range(h):
                for x in range(w):
                    value = signal[i, j, y, x]
                    if value == 0:
                        continue
                    at = (i, j, *divmod(int(switches[i, j, y, x]), size[1]))
                    if overlap == "sum":
                        out[at] += value
                    elif overlap == "overwrite" or not taken[at] or value > out[at]:
                        out[at] = value
                    taken[at] = True
    return out


def pull_max_pool(x: Tensor, signal: Signal, overlap: Overlap, **pool: object) -> Signal:
    net = Network.trace(nn.MaxPool2d(**pool), tuple(x.shape[1:])).to(dtype=x.dtype)  # type: ignore[arg-type]
    (step,) = net.steps
    assert isinstance(step, MaxPool2d)
    assert signal.origin is not None
    context = Context(PullOptions(overlap=overlap), {0: x}, net.values, torch.arange(len(x)))
    return step.pull(signal, context)[0]


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("overlap", ["sum", "max", "overwrite"])
def test_switches_are_those_of_max_pool2d(name: str, ties: bool, overlap: Overlap) -> None:
    pool = POOLS[name]
    x = torch.randint(0, 3, (2, 3, 9, 8)).double() if ties else torch.randn(2, 3, 9, 8, dtype=torch.float64)
    out, switches = F.max_pool2d(x, **pool, return_indices=True)  # type: ignore[arg-type]
    signal = torch.randn_like(out)
    found = pull_max_pool(x, Signal(signal.clone(), np.zeros((2, 2), np.int64)), overlap, **pool)
    expected = literal_unpool(signal, switches, (9, 8), overlap)
    wide = torch.zeros(2, 3, 9, 8, dtype=torch.float64)
    assert found.origin is not None
    for n, (y, x0) in enumerate(found.origin.tolist()):
        for row in range(found.tensor.shape[2]):
            for column in range(found.tensor.shape[3]):
                at = (y + row, x0 + column)
                if 0 <= at[0] < 9 and 0 <= at[1] < 8:
                    wide[n, :, at[0], at[1]] = found.tensor[n, :, row, column]
                else:
                    assert not found.tensor[n, :, row, column].any(), "padding has won a window"
    assert torch.allclose(wide, expected, atol=0, rtol=1e-12)


@pytest.mark.parametrize("overlap", ["sum", "max", "overwrite"])
def test_collisions_against_the_loop(overlap: Overlap) -> None:
    signal = torch.randint(-2, 3, (3, 2, 4, 5)).double()
    switches = torch.randint(0, 12, (3, 2, 4, 5))
    expected = literal_unpool(signal, switches, (3, 4), overlap)
    assert torch.equal(unpool(signal, switches, (3, 4), overlap), expected)


@pytest.mark.parametrize(
    ("overlap", "centre"), [("sum", 1.0 + 2 - 5 + 4), ("max", 4.0), ("overwrite", 4.0)], ids=["sum", "max", "overwrite"]
)
def test_one_maximum_in_four_windows(overlap: Overlap, centre: float) -> None:
    # The middle of a 5 x 5 map is the maximum of all four 3 x 3 windows that a stride of 2 makes.
    x = torch.zeros(1, 1, 5, 5)
    x[0, 0, 2, 2] = 1
    signal = Signal(torch.tensor([[[[1.0, 2.0], [-5.0, 4.0]]]]), np.zeros((1, 2), np.int64))
    found = pull_max_pool(x, signal, overlap, kernel_size=3, stride=2).tensor
    expected = torch.zeros(5, 5)
    expected[2, 2] = centre
    assert torch.equal(found[0, 0], expected)


def test_a_window_without_signal_takes_no_part() -> None:
    signal, switches = torch.tensor([[[[0.0, -3.0, 0.0]]]]), torch.tensor([[[[1, 1, 1]]]])
    choices: tuple[Literal["sum", "max", "overwrite"], ...] = ("sum", "max", "overwrite")
    for overlap in choices:
        assert unpool(signal, switches, (1, 3), overlap).tolist() == [[[[0.0, -3.0, 0.0]]]]


def test_the_first_of_equal_maxima_is_the_switch() -> None:
    signal = Signal(torch.tensor([[[[7.0]]]]), np.zeros((1, 2), np.int64))
    found = pull_max_pool(torch.ones(1, 1, 2, 2), signal, "sum", kernel_size=2)
    assert found.tensor.tolist() == [[[[7.0, 0.0], [0.0, 0.0]]]]


def test_average_pooling_by_hand() -> None:
    # Padding 1 on a 3 x 3 map, kernel 2, stride 2: the corner window holds one pixel and three zeros.
    net = Network.trace(nn.AvgPool2d(2, 2, 1), (1, 3, 3))
    signal = Signal(torch.tensor([[[[4.0]]]]), np.asarray([[0, 0]]))
    found = net.steps[0].pull(signal, Context(PullOptions(), {}, net.values, torch.tensor([0])))[0]
    assert found.origin is not None
    assert found.origin.tolist() == [[-1, -1]]
    assert found.tensor.tolist() == [[[[1.0, 1.0], [1.0, 1.0]]]]
    net = Network.trace(nn.AvgPool2d(2, 2, 1, count_include_pad=False), (1, 3, 3))
    found = net.steps[0].pull(signal, Context(PullOptions(), {}, net.values, torch.tensor([0])))[0]
    assert found.tensor[0, 0, 1, 1] == 4.0


WINDOWS = [
    {"kernel_size": 3, "stride": 2},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 3, "stride": 2, "ceil_mode": True},
    {"kernel_size": 2},
    {"kernel_size": 2, "padding": 1, "ceil_mode": True},
    {"kernel_size": (5, 2), "stride": (1, 3), "padding": (2, 0)},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": 1, "stride": 4},
    {"kernel_size": (13, 11)},
]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("channels", [1, 6, 80])
def test_the_compiled_maxima_are_those_of_pytorch(window: dict[str, Any], channels: int) -> None:
    x = torch.randint(-3, 4, (3, channels, 13, 11)).float().contiguous(memory_format=torch.channels_last)
    x[1, :, 4:6, 3] = torch.nan
    x[2, :, :, :5] = -torch.inf
    step = Network.trace(nn.MaxPool2d(**window), (channels, 13, 11)).steps[0]
    assert isinstance(step, MaxPool2d)
    assert looped(x)
    made = step.run([x])
    assert made.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(made, F.max_pool2d(x, **window), rtol=0, atol=0, equal_nan=True)
    other = x[:, :, :12].contiguous(memory_format=torch.channels_last)  # not the size that was traced
    if window["kernel_size"] != (13, 11):
        torch.testing.assert_close(step.run([other]), F.max_pool2d(other, **window), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(
    "window", [{"kernel_size": 3, "stride": 2}, {"kernel_size": 2}, {"kernel_size": (1, 3), "stride": 1}]
)
@pytest.mark.parametrize("channels", [1, 6, 80])
def test_compiled_unpooling_is_that_of_pytorch(window: dict[str, Any], channels: int) -> None:
    """On boxes within, across and beyond the border, with ties and NaN, of images in any order."""
    maps = torch.randint(-3, 4, (2, channels, 13, 11)).float().contiguous(memory_format=torch.channels_last)
    maps[1, :, 4:6, 3] = torch.nan
    maps[0, :, 8:, :5] = -torch.inf
    net = Network.trace(nn.MaxPool2d(**window), (channels, 13, 11))
    step, image = net.steps[0], torch.tensor([0, 1, 1, 0, 1])
    assert isinstance(step, MaxPool2d)
    origin = np.asarray([[0, 0], [-2, 1], [1, 0], [3, 2], [-1, 3]])
    signal = torch.randn(5, channels, 3, 2).contiguous(memory_format=torch.channels_last)
    found = step.pull(Signal(signal, origin), Context(PullOptions(), {0: maps}, net.values, image))[0]
    other = Context(PullOptions(), {0: maps.double()}, net.values, image)
    expected = step.pull(Signal(signal.double(), origin), other)[0]
    extent = Value((channels, 13, 11), (2, 3))
    assert looped(maps, signal)
    torch.testing.assert_close(
        settle(found, extent).tensor.double(), settle(expected, extent).tensor, rtol=0, atol=1e-6
    )
