"""Max pooling and unpooling, both ways, against PyTorch's own and its indices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from convscope.kernels import State, machine
from convscope.kernels.pooling import MaxPooling, largest, put_back, switches_on

POOLINGS = [
    MaxPooling((3, 3), (2, 2)),
    MaxPooling((3, 3), (2, 2), (1, 1)),
    MaxPooling((3, 3), (2, 2), ceil=True),
    MaxPooling((2, 2), (2, 2)),
    MaxPooling((2, 2), (2, 2), (1, 1), ceil=True),
    MaxPooling((2, 2), (3, 3), ceil=True),
    MaxPooling((5, 2), (1, 3), (2, 0)),
    MaxPooling((3, 3), (1, 1), (1, 1)),
    MaxPooling((1, 1), (4, 4)),
    MaxPooling((13, 11), (13, 11)),
    MaxPooling((2, 3), (2, 1), (1, 1), (3, 2)),
]
DTYPES = [torch.float32, torch.float64]


def by_torch(pooling: MaxPooling) -> dict[str, Any]:
    """The arguments of `F.max_pool2d`."""
    return {
        "kernel_size": pooling.kernel,
        "stride": pooling.stride,
        "padding": pooling.before,
        "dilation": pooling.dilation,
        "ceil_mode": pooling.ceil,
    }


def maps(channels: int, dtype: torch.dtype) -> Tensor:
    """Few distinct numbers, so that ties abound, with NaN and minus infinity among them."""
    x = torch.randint(-3, 4, (3, channels, 13, 11)).to(dtype).contiguous(memory_format=torch.channels_last)
    x[1, :, 4:6, 3] = torch.nan
    x[2, :, :, :5] = -torch.inf
    return x


@pytest.mark.parametrize("pooling", POOLINGS, ids=str)
@pytest.mark.parametrize("channels", [1, 6, 80])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format])
def test_maxima_are_those_of_pytorch(
    pooling: MaxPooling, channels: int, dtype: torch.dtype, memory: torch.memory_format, way: State
) -> None:
    x = maps(channels, dtype).contiguous(memory_format=memory)
    for some in (x, x[:, :, :12].contiguous(memory_format=memory)) if pooling.kernel != (13, 11) else (x,):
        expected = F.max_pool2d(some, **by_torch(pooling))
        assert pooling.size(tuple(some.shape[2:])) == tuple(expected.shape[2:])
        found = largest(some, pooling)
        torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)
        assert found.is_contiguous(memory_format=memory)


@pytest.mark.parametrize("extent", range(5, 12))
@pytest.mark.parametrize("ceil", [False, True])
def test_sizes_are_those_of_pytorch(extent: int, ceil: bool) -> None:
    for kernel, stride, before, dilation in ((3, 2, 1, 1), (2, 3, 0, 1), (3, 1, 1, 2), (2, 2, 1, 1), (2, 4, 1, 3)):
        pooling = MaxPooling((kernel, 2), (stride, 2), (before, 0), (dilation, 1), ceil)
        made = F.max_pool2d(torch.zeros(1, 1, extent, 9), **by_torch(pooling))
        assert pooling.size((extent, 9)) == tuple(made.shape[2:])


@pytest.mark.parametrize(
    "pooling", [MaxPooling((3, 3), (2, 2)), MaxPooling((2, 2), (2, 2)), MaxPooling((1, 3), (1, 1))]
)
@pytest.mark.parametrize("channels", [1, 6, 80])
@pytest.mark.parametrize("dtype", DTYPES)
def test_signals_go_back_to_where_pytorch_s_indices_say(
    pooling: MaxPooling, channels: int, dtype: torch.dtype, way: State
) -> None:
    """On boxes within, across and beyond the border, with ties and NaN, of images in any order."""
    x, image = maps(channels, dtype)[:2], torch.tensor([0, 1, 1, 0, 1])
    x[0, :, 8:, :5] = -torch.inf
    origin = np.asarray([[0, 0], [-2, 1], [1, 0], [3, 2], [-1, 3]])
    signal = torch.randn(5, channels, 3, 2, dtype=dtype).contiguous(memory_format=torch.channels_last)
    found = put_back(signal, x, image, origin, pooling)
    below, switches = switches_on(x, image, origin, (3, 2), pooling)
    expected = torch.zeros(5, channels, *below.shape[2:], dtype=torch.float64)
    expected.flatten(2).scatter_add_(2, switches.flatten(2), signal.double().flatten(2))
    for i, (y, x0) in enumerate(origin.tolist()):  # what lies beyond the map is dropped, either way
        for row in range(below.shape[2]):
            for column in range(below.shape[3]):
                if not (0 <= y + row < 13 and 0 <= x0 + column < 11):
                    expected[i, :, row, column] = found[i, :, row, column] = 0
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-6 if dtype == torch.float32 else 1e-12)


def test_the_compiled_loops_take_what_they_are_the_faster_way_for(compiled: None) -> None:
    x, common = maps(6, torch.float32), POOLINGS[0]
    with machine.pretend(threads=1):
        assert largest.accepts(x, common)
        assert not largest.accepts(x, MaxPooling((5, 2), (1, 3)))
        assert not largest.accepts(x, MaxPooling((3, 3), (2, 2), dilation=(2, 2)))
        assert not largest.accepts(x.double(), common)
        assert not largest.accepts(x.contiguous(), common)
        assert not largest.accepts(x.clone().requires_grad_(), common)
        assert put_back.accepts(x, x, torch.tensor([0]), np.zeros((1, 2), np.int64), MaxPooling((1, 3), (1, 1)))
    with machine.pretend(threads=8):
        assert not largest.accepts(x, common)
