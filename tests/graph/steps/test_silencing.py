"""A network some of whose units are silenced: the same as one whose values are set to zero on the way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from convscope import Network
from convscope.errors import UsageError
from convscope.graph.changes import Unedited
from convscope.graph.pushing import PushPlan, push_once
from convscope.methods.causes import causes
from convscope.methods.deconv import project
from convscope.methods.stepwise import run_stepwise, silenced


class Written(nn.Module):
    """Convolutions, a batch norm, an activation that is written out, paths that meet, a pool, classes."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.left, self.right = nn.Conv2d(6, 4, 1), nn.Conv2d(6, 4, 3, padding=1)
        self.last = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(self.first(x))
        x = nn.functional.max_pool2d(x * (x > 0), 2)
        x = torch.relu(torch.cat([self.left(x), self.right(x)], 1))
        return self.last(x.mean((2, 3)))


@pytest.fixture(scope="module")
def net() -> Network:
    torch.manual_seed(3)
    made = Written().eval()
    made.norm.running_mean.uniform_(-0.1, 0.1)
    made.norm.running_var.uniform_(0.5, 2)
    return Network.trace(made, (3, 12, 12)).to(dtype=torch.float64)


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.randn(1, 3, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


UNITS = ("first:1", "norm:2", "mul:3", "max_pool2d:4@2,3", "cat:5", "relu:0", "mean:7")
"""A convolution's, a norm's, one of an activation that is written out, one position, of paths that met, of a vector."""


def test_every_value_is_as_if_it_were_set_to_zero_on_the_way(net: Network, image: torch.Tensor) -> None:
    named, every = [net.unit(one) for one in UNITS], set(range(len(net.values)))
    quiet, edited = net.silenced(named), run_stepwise(net, image, every, edits=silenced(net, named))
    found = quiet.run_values(image, every)
    assert all(torch.allclose(found[i], edited[i], atol=1e-12) for i in every)
    assert not torch.allclose(quiet.answers(image), net.answers(image))
    assert quiet.layers.names == net.layers.names
    assert quiet.layers.stages() == net.layers.stages()
    assert quiet.fingerprint != net.fingerprint
    assert torch.equal(net.silenced(UNITS[0]).silenced(UNITS[1:]).to("cpu").answers(image), quiet.answers(image))


@pytest.mark.parametrize("unit", UNITS)
def test_what_is_carried_back_is_the_slope_of_the_silenced_network(
    net: Network, image: torch.Tensor, unit: str
) -> None:
    quiet, given = net.silenced([unit, "left:0"]), image.clone().requires_grad_()
    alive = {0: given}
    for step in net.steps:
        alive[step.index] = step.run([alive[i] for i in step.inputs])
        edit = silenced(net, [net.unit(unit), net.unit("left:0")]).get(step.index)
        alive[step.index] = alive[step.index] if edit is None else edit(alive[step.index])
    (slope,) = torch.autograd.grad(alive[net.program.output][0, 2], given)
    found = project(quiet, image, quiet.output, image=[0], channel=[2], rule="gradient", signal="one")
    assert slope.any()
    assert torch.allclose(found.pixels, slope, atol=1e-10)
    assert project(quiet, image, quiet.output, image=[0], channel=[2]).report.rectified == {"relu": 2}


@pytest.mark.parametrize("box", [[2, 3, 6, 7], [0, 0, 12, 12]])
def test_what_an_edit_changes_is_pushed_as_the_silenced_network_runs(
    net: Network, image: torch.Tensor, box: list[int]
) -> None:
    quiet, targets = net.silenced(UNITS), [net.index_of("cat"), net.program.output]
    difference = torch.zeros_like(image)
    difference[..., box[0] : box[2], box[1] : box[3]] = 0.7
    plan = PushPlan.of(quiet, np.array([box]), np.zeros(1, int), targets)
    kept = quiet.run_values(image, plan.needed | set(targets))
    found = push_once(plan, Unedited(quiet.values, kept), difference, targets)
    expected = quiet.run_values(image + difference, set(targets))
    assert all(torch.allclose(found[i], expected[i], atol=1e-10) for i in targets)


def test_what_is_silenced_feeds_nothing_and_all_adds_up(net: Network, image: torch.Tensor) -> None:
    quiet = net.silenced(["relu:0", "relu:3", "norm:2"])
    graph = causes(quiet, image[0], "last:2", ["relu"], most=8)
    fed = {node.unit.channel: node.amount for node in graph.nodes[1:]}
    assert graph.value == pytest.approx(quiet.answers(image)[0, 2].item())
    assert not any(fed.get(channel) for channel in (0, 3))
    assert sum(fed.values()) + graph.balances[0].biases == pytest.approx(graph.value, abs=1e-9)
    deeper = causes(quiet, image[0], "relu:1", ["norm"], most=8).balances[0]
    assert deeper.remainder == pytest.approx(0, abs=1e-9)


def test_what_is_no_number_is_silenced_too() -> None:
    layer = nn.Conv2d(3, 2, 3)
    with torch.no_grad():
        layer.weight[1] = float("nan")
    net = Network.trace(nn.Sequential(layer, nn.Flatten(), nn.Linear(18, 2)), (3, 5, 5))
    assert not net.answers(torch.ones(1, 3, 5, 5)).isfinite().any()
    assert net.silenced("0:1").answers(torch.ones(1, 3, 5, 5)).isfinite().all()


def test_a_difference_of_units_is_not_silenced(net: Network) -> None:
    with pytest.raises(UsageError, match="difference of units"):
        net.silenced("last:1-2")
