"""Other weights: which change, that batch norm meets its own statistics, and that what is above the cascade stays."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
import torch
from torch import Tensor, nn

from convscope.graph import Network
from convscope.graph.steps import Step
from convscope.graph.steps.normalisation import BatchNorm
from convscope.methods.randomising import HOWS, CascadeStage, randomised, stages, weighted


@cache
def network() -> Network:
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 5, 3, bias=False), nn.BatchNorm2d(5),
        nn.ReLU(), nn.Conv2d(5, 6, 3), nn.ReLU(),
    )  # fmt: skip
    for module in layers:
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    return Network.trace(layers.double(), (3, 9, 9))


def tensors(step: Step) -> Iterator[Tensor]:
    bound = step.call.bind()
    yield from (one for name, one in sorted(bound.items()) if isinstance(one, Tensor) and "running" not in name)


def test_batch_norms_go_with_the_convolution_before_them() -> None:
    groups = weighted(network(), "7")
    assert [[step.op for step in group] for group in groups] == [["conv2d", "batch_norm"]] * 2 + [["conv2d"]]
    assert len(weighted(network(), "2")) == 1
    assert [(s.direction, s.count) for s in stages(3)] == [(d, n) for d in ("top", "bottom") for n in (1, 2, 3)]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(
    ("stage", "changed"), [(CascadeStage("top", 1, 3), [2]), (CascadeStage("bottom", 2, 3), [0, 1])]
)
def test_the_steps_of_a_stage_change_and_no_others(how: str, stage: CascadeStage, changed: list[int]) -> None:
    net, images = network(), torch.randn(6, 3, 9, 9, dtype=torch.float64)
    other = randomised(net, "7", stage, how, images=images, seed=0)
    for number, (before, after) in enumerate(zip(weighted(net, "7"), weighted(other, "7"), strict=True)):
        for old, new in zip(before, after, strict=True):
            for one, two in zip(tensors(old), tensors(new), strict=True):
                assert torch.equal(one, two) == (number not in changed)
                if how == "permuted" and number in changed:
                    assert torch.equal(one.flatten().sort().values, two.flatten().sort().values)
    assert net.layers.names == other.layers.names
    assert net.fingerprint != other.fingerprint


@pytest.mark.parametrize("how", ["drawn"])
def test_batch_norm_meets_the_statistics_of_what_comes_in(how: str) -> None:
    net, images = network(), 3 + torch.randn(40, 3, 9, 9, dtype=torch.float64)
    before = net.run(images)["7"].clone()
    other = randomised(net, "7", CascadeStage("bottom", 1, 3), how, images=images, seed=1)
    for step in other.steps:
        if isinstance(step, BatchNorm):
            below = other.run_values(images, {step.inputs[0]}, folding="none")[step.inputs[0]]
            bound = step.call.bind()
            torch.testing.assert_close(bound["running_mean"], below.mean((0, 2, 3)))
            torch.testing.assert_close(bound["running_var"], below.var((0, 2, 3), correction=0))
    assert torch.equal(net.run(images)["7"], before)


def test_drawn_weights_keep_the_scale_and_differ_by_seed() -> None:
    torch.manual_seed(0)
    net = Network.trace(nn.Sequential(nn.Conv2d(3, 64, 5), nn.ReLU(), nn.Conv2d(64, 64, 5)), (3, 12, 12))
    images = torch.randn(2, 3, 12, 12)
    drawn = [randomised(net, "2", CascadeStage("top", 2, 2), "drawn", images=images, seed=seed) for seed in (0, 0, 1)]
    weights = [weighted(one, "2")[1][0].call.bind()["weight"] for one in drawn]
    assert float(weights[0].std()) == pytest.approx((2 / (64 * 25)) ** 0.5, rel=0.02)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
