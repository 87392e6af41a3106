"""Random weights of any network: every module's own, children first, by a seed, and what has none is said."""

import copy

import pytest
import torch
from torch import Tensor, nn

from convscope.models.initial import Kept, redrawn
from convscope.models.tiny import random_tiny


class Scaled(nn.Module):
    """A module with a parameter and a statistic of its own, and no `reset_parameters`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3)
        self.gamma = nn.Parameter(torch.full((channels,), 0.5))
        self.register_buffer("mean", torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return (self.conv(x) - self.mean[:, None, None]) * self.gamma[:, None, None]


class Whole(nn.Module):
    """A module that has the last word on its children's weights, as constructors have."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.normal_(self.conv.weight, std=7.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Needy(nn.Linear):
    """A module whose `reset_parameters` needs what nobody here can give."""

    def reset_parameters(self, std: float | None = None, *, gain: float = 1.0) -> None:
        super().reset_parameters()

    def again(self) -> None:
        self.reset_parameters = lambda std: None  # type: ignore[method-assign]


def test_every_parameter_is_drawn_as_its_module_does_it() -> None:
    module = random_tiny(seed=3)
    torch.nn.init.constant_(module.fc.weight, 5)
    module.bn1.running_mean.fill_(9)
    kept = redrawn(module, seed=4)
    assert kept == Kept()
    # By hand: the modules in order of construction, one generator.
    expected = random_tiny(seed=1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        for part in expected.modules():  # the parents here have no weights of their own
            if isinstance(part, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
                part.reset_parameters()
    for name, value in module.state_dict().items():
        assert torch.equal(value, expected.state_dict()[name]), name
    assert torch.equal(module.bn1.running_mean, torch.zeros(16))


def test_one_seed_one_network_and_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    made = [random_tiny(), random_tiny(), random_tiny()]
    for module, seed in zip(made, (1, 1, 2), strict=True):
        redrawn(module, seed=seed)
    assert torch.equal(made[0].fc.weight, made[1].fc.weight)
    assert not torch.equal(made[0].fc.weight, made[2].fc.weight)
    assert torch.equal(before, torch.get_rng_state())


def test_what_has_no_reset_stays_and_is_said() -> None:
    module = nn.Sequential(Scaled(4), nn.ReLU(), nn.MultiheadAttention(4, 2))
    before = copy.deepcopy(module.state_dict())
    kept = redrawn(module, seed=11)
    assert kept.names == ("0.gamma", "2.in_proj_weight", "2.in_proj_bias")
    assert kept.numbers == 4 + 48 + 12
    assert kept.buffers == ("0.mean",)
    assert kept.said == (
        "kept as they are: 64 numbers of 0.gamma, 2.in_proj_weight, 2.in_proj_bias, whose modules have no "
        "reset_parameters; and the statistics 0.mean"
    )
    for name in (*kept.names, *kept.buffers):
        assert torch.equal(module.state_dict()[name], before[name])
    assert not torch.equal(module.state_dict()["0.conv.weight"], before["0.conv.weight"])
    assert all(torch.isfinite(value).all() for value in module.state_dict().values())
    assert Kept().said == ""


def test_a_parent_has_the_last_word_as_in_its_constructor() -> None:
    module = Whole()
    redrawn(module, seed=0)
    assert 5 < float(module.conv.weight.detach().std()) < 9
    assert float(module.conv.bias.detach().abs().max()) < 1  # which the parent leaves to the child


def test_a_reset_that_needs_arguments_is_none() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), Needy(4, 2))
    module[1].again()
    assert redrawn(module, seed=0).names == ("1.weight", "1.bias")


def test_a_frozen_and_a_shared_weight_are_drawn_once() -> None:
    module = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)).requires_grad_(False)
    module[1].weight = module[0].weight
    assert redrawn(module, seed=0) == Kept()
    assert module[1].weight is module[0].weight
    assert not module[0].weight.requires_grad


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_numbers_keep_their_kind(dtype: torch.dtype) -> None:
    module = random_tiny().to(dtype)
    redrawn(module, seed=0)
    assert module.fc.weight.dtype == dtype
