"""Switches and what meets in them: max pooling backwards, against PyTorch's indices and literal loops."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.graph import Network, PullOptions
from convscope.graph.boxes import Signal
from convscope.graph.options import OverlapRule
from convscope.graph.pulling import Context
from convscope.graph.steps.pool import MaxPool2d, unpool
from tests.graph import nets

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


def literal_unpool(signal: Tensor, switches: Tensor, size: tuple[int, int], overlap: OverlapRule) -> Tensor:
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


@cache
def traced(shape: tuple[int, int, int], *pool: tuple[str, object]) -> Network:
    return Network.trace(nn.MaxPool2d(**dict(pool)), shape)  # type: ignore[arg-type]


def pull_max_pool(x: Tensor, signal: Signal, overlap: OverlapRule, **pool: object) -> Signal:
    net = traced(tuple(x.shape[1:]), *pool.items()).to(dtype=x.dtype)  # type: ignore[arg-type]
    (step,) = net.steps
    assert isinstance(step, MaxPool2d)
    assert signal.origin is not None
    context = Context(PullOptions(overlap=overlap), {0: x}, net.values, torch.arange(len(x)))
    return step.pull(signal, context)[0]


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("overlap", ["sum", "max", "overwrite"])
def test_switches_are_those_of_max_pool2d(name: str, ties: bool, overlap: OverlapRule) -> None:
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
def test_collisions_against_the_loop(overlap: OverlapRule) -> None:
    signal = torch.randint(-2, 3, (3, 2, 4, 5)).double()
    switches = torch.randint(0, 12, (3, 2, 4, 5))
    expected = literal_unpool(signal, switches, (3, 4), overlap)
    assert torch.equal(unpool(signal, switches, (3, 4), overlap), expected)


@pytest.mark.parametrize(
    ("overlap", "centre"), [("sum", 1.0 + 2 - 5 + 4), ("max", 4.0), ("overwrite", 4.0)], ids=["sum", "max", "overwrite"]
)
def test_one_maximum_in_four_windows(overlap: OverlapRule, centre: float) -> None:
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


def test_where_an_axis_is_gone_rows_are_not_taken_for_it() -> None:
    """What has lost its columns is listed as a map of channels by rows, each of which sees its row."""
    net = Network.trace(nets.Lambda(lambda x: x.unsqueeze(1).amax(-1)), (3, 4, 6))
    layer = net.layers[net.output]
    assert (layer.height, layer.width) == (3, 4)
    at = torch.cartesian_prod(torch.arange(3), torch.arange(4))
    reach = net.reach(layer.name, at)
    assert (reach[:, 0] <= at[:, 1]).all()
    assert (reach[:, 2] > at[:, 1]).all()
    assert not layer.exact
