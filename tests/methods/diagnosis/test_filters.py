"""First-layer filters by their weights, with faults planted in them."""

import numpy as np
import pytest
import torch
from torch import nn

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.diagnosis.filters import (
    Filters,
    clipping,
    dominating,
    duplicates,
    filters_of,
    first_filters,
    second_layer,
    typical,
    weak,
)


def noise(count: int = 24, size: int = 7, *, seed: int = 1, scale: float = 0.05) -> torch.Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale


def filters(weights: torch.Tensor, stride: int = 2) -> Filters:
    return Filters("conv", "relu", weights.numpy(), (stride, stride), (1, 1))


def test_rms_is_the_root_of_the_mean_square_over_positions_and_channels() -> None:
    weights = noise(4, 3)
    expected = []
    for row in weights.tolist():
        squares = [value**2 for channel in row for line in channel for value in line]
        expected.append((sum(squares) / len(squares)) ** 0.5)
    assert filters(weights).rms.tolist() == pytest.approx(expected, rel=1e-12)


def test_healthy_filters_have_no_fault() -> None:
    found = filters(noise())
    assert weak(found) == dominating(found) == duplicates(found) == ()
    assert clipping(found).count == 1


def test_dead_filters_are_found_by_their_weights() -> None:
    weights = noise()
    weights[5] = 0
    weights[9] *= 0.001
    weights[11] *= 0.05
    assert weak(filters(weights)) == (5, 9)
    assert weak(filters(weights), share=0.1) == (5, 9, 11)
    assert weak(filters(torch.zeros(3, 3, 5, 5).double())) == (0, 1, 2)


def test_dominating_filter_is_found_and_dead_ones_do_not_lower_the_median() -> None:
    weights = noise(12)
    weights[3] *= 8
    weights[:3] = 0
    found = filters(weights)
    middle = sorted(found.rms[3:].tolist())[4]
    assert typical(found, without=(0, 1, 2)) == pytest.approx(middle, rel=1e-12)
    assert dominating(found, without=(0, 1, 2)) == (3,)
    assert dominating(found, ratio=9, without=(0, 1, 2)) == ()
    weights[7] *= 20
    assert dominating(filters(weights), without=(0, 1, 2)) == (7, 3)


def test_renormalised_filters_share_the_limit() -> None:
    weights = noise(10)
    weights *= torch.linspace(0.5, 4, 10, dtype=torch.float64)[:, None, None, None]
    rms = weights.flatten(1).square().mean(1).sqrt()
    clipped = weights * (0.1 / rms).clamp(max=1)[:, None, None, None]
    above = int((rms > 0.1).sum())
    assert 2 < above < 8
    found = clipping(filters(clipped))
    assert (found.count, found.limit) == (above, pytest.approx(0.1, rel=1e-12))
    assert clipping(filters(weights)).count == 1
    halved = clipped.half().double()  # as checkpoints may be kept
    assert clipping(filters(halved)).count == above


def test_near_duplicates_are_grouped_and_opposites_are_not() -> None:
    weights = noise()
    weights[7] = 3 * weights[2]
    weights[15] = weights[2] + 0.1 * weights[20]
    weights[4] = -weights[10]
    weights[6] = weights[8]
    found = filters(weights)
    assert duplicates(found) == ((2, 7, 15), (6, 8))
    assert duplicates(found, without=(7,)) == ((2, 15), (6, 8))
    close = float(weights[15].flatten() @ weights[2].flatten() / weights[15].norm() / weights[2].norm())
    assert duplicates(found, threshold=(1 + close) / 2) == ((2, 7), (6, 8))


def test_zero_filters_are_no_duplicates_of_each_other() -> None:
    weights = noise(4)
    weights[:2] = 0
    assert duplicates(filters(weights)) == ()


class Plain(nn.Module):
    """Two convolutions of 5x5 and a 1x1 between them."""

    def __init__(self, *, norm: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5, stride=2)
        self.norm1 = nn.BatchNorm2d(6) if norm else nn.Identity()
        self.relu1 = nn.ReLU()
        self.mix = nn.Conv2d(6, 4, 1)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(4, 5, 3)
        self.relu3 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu1(self.norm1(self.conv1(x - 0.5)))
        return self.relu3(self.conv2(self.relu2(self.mix(x))))


def test_first_filters_are_those_of_the_first_convolution() -> None:
    module = Plain()
    net = Network.trace(module, (3, 21, 21))
    found = first_filters(net)
    assert np.array_equal(found.weights, module.conv1.weight.detach().double())
    assert (found.layer, found.output, found.stride, found.kernel) == ("conv1", "relu1", (2, 2), (5, 5))
    assert found.text == "6 filters of 5x5, stride 2"
    assert not found.scaled


def test_factors_of_batch_norm_are_in_the_filters() -> None:
    module = Plain(norm=True).eval()
    assert isinstance(module.norm1, nn.BatchNorm2d)
    with torch.no_grad():
        module.norm1.weight.copy_(torch.arange(1.0, 7.0))
        module.norm1.running_var.fill_(4.0)
    found = first_filters(Network.trace(module, (3, 21, 21)))
    factor = torch.arange(1.0, 7.0).double() / (4 + 1e-5) ** 0.5
    expected = module.conv1.weight.detach().double() * factor[:, None, None, None]
    assert np.allclose(found.weights, expected, rtol=1e-6)
    assert (found.scaled, found.output) == (True, "relu1")


def test_second_layer_is_the_next_convolution_that_looks_at_places() -> None:
    assert second_layer(Network.trace(Plain(), (3, 21, 21))) == "relu3"
    only = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1))
    assert second_layer(Network.trace(only, (3, 9, 9))) == "2"
    assert second_layer(Network.trace(only[:2], (3, 9, 9))) is None


def test_what_has_no_filters_is_refused() -> None:
    net = Network.trace(nn.Sequential(nn.Flatten(), nn.Linear(27, 4)), (3, 3, 3))
    with pytest.raises(UsageError, match="no convolution whose filters"):
        first_filters(net)
    with pytest.raises(UsageError, match="'relu1' of Plain is no convolution but relu"):
        filters_of(Network.trace(Plain(), (3, 21, 21)), "relu1")


def test_typical_of_nothing_is_zero() -> None:
    assert typical(filters(noise(2)), without=(0, 1)) == 0.0
