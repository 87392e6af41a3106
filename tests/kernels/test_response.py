"""Response normalisation and its gradient, both ways, against PyTorch's in float64."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from convscope.kernels import State, machine
from convscope.kernels.response import Response, gradient, normalise

SHAPES = [(2, 12, 6, 7), (3, 37, 1, 1), (2, 1, 4, 4)]


def drawn(shape: tuple[int, ...], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Maps and what arrives at them, channels last."""
    maps, arriving = 3 * torch.randn(shape, dtype=dtype), torch.randn(shape, dtype=dtype)
    return maps.contiguous(memory_format=torch.channels_last), arriving.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", [1, 4, 5, 30])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("beta", [0.75, 0.6])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 2e-6), (torch.float64, 1e-12)])
def test_both_ways_are_those_of_pytorch(
    size: int, shape: tuple[int, ...], beta: float, dtype: torch.dtype, tolerance: float, way: State
) -> None:
    maps, arriving = drawn(shape, dtype)
    exact = maps.double().requires_grad_()
    output = nn.LocalResponseNorm(size, alpha=0.3, beta=beta, k=1.5)(exact)
    (slope,) = torch.autograd.grad(output, exact, arriving.double())
    response = Response(size, 0.3, beta, 1.5)
    found, slopes = normalise(maps, response), gradient(maps, arriving, response)
    assert found.dtype == slopes.dtype == dtype
    torch.testing.assert_close(found.double(), output, rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(slopes.double(), slope, rtol=tolerance, atol=tolerance)


def test_the_compiled_loop_takes_the_common_exponent_on_few_threads(compiled: None) -> None:
    maps, arriving = drawn((2, 12, 6, 7), torch.float32)
    common, other = Response(5, 0.3, 0.75, 1.5), Response(5, 0.3, 0.6, 1.5)
    with machine.pretend(threads=2):
        assert normalise.accepts(maps, common)
        assert gradient.accepts(maps, arriving, common)
        assert not normalise.accepts(maps, other)
        assert not gradient.accepts(maps, arriving.double(), common)
    with machine.pretend(threads=3):
        assert not normalise.accepts(maps, common)
