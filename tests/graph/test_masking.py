"""Writings of what a mask picks: chosen from all numbers, and refused where that would do harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import TraceError
from convscope.graph import Network
from convscope.methods.deconv import deconv
from tests.graph import nets

SHAPE = (2, 7, 6)


def scaled(x: Tensor) -> Tensor:
    x[x < 0] *= 0.1
    return x


def written(x: Tensor) -> Tensor:
    x[x < 0] = x[x < 0] * 0.1
    return x


def of_two(x: Tensor) -> Tensor:
    y = 2 * x
    x[y > 0.3] = x[y > 0.3] + y[y > 0.3].tanh()
    return x


def root(x: Tensor) -> Tensor:
    x[x > 0] = x[x > 0].sqrt()
    return x


def summed(x: Tensor) -> Tensor:
    return x * x[x > 0].sum()


def between(function: Callable[[Tensor], Tensor]) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 4, 3), nets.Lambda(function), nn.Conv2d(4, 3, 2)).double()


@pytest.mark.parametrize("function", [scaled, written, of_two])
def test_what_is_written_where_a_mask_is_runs_and_goes_back_as_autograd_has_it(function: Callable) -> None:
    module, image = between(function), torch.randn(1, *SHAPE, dtype=torch.float64)
    net = Network.trace(module, SHAPE)
    with torch.no_grad():
        torch.testing.assert_close(net.run(image)[net.output], module(image), rtol=1e-12, atol=1e-14)
    leaf = image.clone().requires_grad_()
    (expected,) = torch.autograd.grad(module(leaf)[0, 1, 2, 1], leaf)
    found = deconv(net, image, f"{net.output}:1@2,1", rule="gradient", signal="one").full()
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("function", [scaled, written])
def test_numbers_that_are_scaled_where_they_are_negative_are_a_leaky_relu(function: Callable) -> None:
    net, image = Network.trace(between(function), SHAPE), torch.randn(1, *SHAPE, dtype=torch.float64)
    spelled = Network.trace(between(nn.LeakyReLU(0.1)), SHAPE)
    one, other = (deconv(this, image, f"{this.output}:1@2,1") for this in (net, spelled))
    torch.testing.assert_close(one.full(), other.full(), rtol=1e-12, atol=1e-14)
    assert one.report.treatment == other.report.treatment == "1 leaky_relu rectified (not a ReLU)"


@pytest.mark.parametrize("function", [root, summed])
def test_what_cannot_be_done_to_all_numbers_is_refused(function: Callable) -> None:
    with pytest.raises(TraceError, match=r"depends on what is in the images .*: write it for tensors of one size"):
        Network.trace(between(function), SHAPE)
