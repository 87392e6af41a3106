"""Occlusion of networks whose output is no vector of classes: against loops over the module itself, in float64."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.errors import UnknownLayer, UsageError
from convscope.graph import Network
from convscope.methods.occlusion.occlusion import OcclusionMaps, join_occlusions, occlude, one_of
from tests.graph import headed
from tests.graph.headed import SHAPE, made, network

METHODS = ("incremental", "whole")
WIDE = 4 * (SHAPE[1] - 2) * (SHAPE[2] - 2)


def photos(count: int = 2) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(count, *SHAPE, dtype=torch.float64)


def covered(net: Network, x: Tensor, target: Any = None, **options: Any) -> OcclusionMaps:
    return occlude(net, x, **({"size": 5, "stride": 4} | options), target=target)


@torch.no_grad()
def by_loop(found: OcclusionMaps, x: Tensor, ask: Callable[[Tensor], float]) -> tuple[list[float], np.ndarray]:
    """What `ask` says of every image, and of every copy with a part covered: (n,) and (n, rows, columns)."""
    before, after = [], []
    for image in x:
        before.append(ask(image[None]))
        for y0, x0, y1, x1 in found.grid.boxes.tolist():
            copy = image.clone()
            copy[:, y0:y1, x0:x1] = 0
            after.append(ask(copy[None]))
    return before, np.array(after).reshape(len(x), *found.grid.shape)


def check(
    found: OcclusionMaps, x: Tensor, of: Any, ask: Callable[[Tensor], Any], at: int = 0, scale: float = 1
) -> None:
    expected = by_loop(found, x, lambda copy: float(ask(copy)))
    for ours, theirs in zip(found.measured(of, target=at), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6 * scale, rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_one_logit_is_that_of_class_1(method: Any) -> None:
    module, x = headed.OneLogit(), photos()
    found = covered(network(module), x, method=method)
    assert found.targets.tolist() == [[0], [0]]
    check(found, x, "logit", lambda y: module(y)[0, 0])
    check(found, x, "probability", lambda y: 1 / (1 + (-module(y)[0, 0]).exp()))
    assert 0.01 < found.probability.min() < found.probability.max() < 0.99
    _, there = by_loop(found, x, lambda y: float(module(y)[0, 0] > 0))
    np.testing.assert_array_equal(found.label, there)
    np.testing.assert_allclose(found.covered.confidences, np.maximum(found.probability, 1 - found.probability))


@pytest.mark.parametrize("method", METHODS)
def test_labels_each_have_a_probability_of_their_own(method: Any) -> None:
    for module, scores in ((headed.Ending("sigmoid"), "auto"), (headed.Trunk(), "sigmoid")):
        x, net = photos(), network(module, scores=scores)
        found = covered(net, x, [2, 0], method=method)
        for at, number in enumerate((2, 0)):

            def ask(
                y: Tensor, number: int = number, module: nn.Module = module, end: bool = scores == "auto"
            ) -> Tensor:
                return module(y)[0, number] if end else 1 / (1 + (-module(y)[0, number]).exp())

            check(found, x, "probability", ask, at)


def test_values_are_followed_as_they_are() -> None:
    module, x = headed.Trunk(2), photos()
    found = covered(network(module, scores="none"), x, 1)
    check(found, x, "probability", lambda y: module(y)[0, 1], scale=10)
    check(found, x, "logit", lambda y: module(y)[0, 1], scale=10)
    single = covered(network(headed.OneLogit(), scores="none"), x)
    assert single.targets.tolist() == [[0], [0]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("end", ["", "sigmoid"])
def test_a_channel_of_a_map_is_summed_over_it_a_box_or_at_a_place(method: Any, end: str) -> None:
    module, x = headed.UNet(end=end), photos()
    net = network(module)
    found = covered(net, x, ["1", "2@3,4", "0@2,1,9,18"], method=method)
    assert found.method.startswith(method)
    places = ((1, slice(None), slice(None)), (2, 3, 4), (0, slice(2, 9), slice(1, 18)))
    for at, (channel, rows, columns) in enumerate(places):

        def part(y: Tensor, *, scored: bool, c: int = channel, r: Any = rows, k: Any = columns) -> Tensor:
            maps = module(y)["out"]
            return (maps if not scored or end else maps.exp() / maps.exp().sum(1, keepdim=True))[0, c, r, k]

        check(found, x, "logit", lambda y, part=part: part(y, scored=False).sum(), at, scale=100)
        check(found, x, "probability", lambda y, part=part: part(y, scored=True).mean(), at)


@pytest.mark.parametrize("method", METHODS)
def test_the_most_probable_class_of_a_map_is_that_of_the_largest_mean(method: Any) -> None:
    module, x = headed.UNet(), photos()
    found = covered(network(module), x, method=method)

    def means(y: Tensor) -> Tensor:
        return module(y)["out"].softmax(1)[0].mean((1, 2))

    before, labels = by_loop(found, x, lambda y: int(means(y).argmax()))
    np.testing.assert_array_equal(found.label, labels)
    assert found.targets[:, 0].tolist() == before
    np.testing.assert_allclose(
        found.covered.confidences, by_loop(found, x, lambda y: float(means(y).max()))[1], atol=2e-6
    )


def test_maps_that_are_channels_last_or_of_one_channel() -> None:
    class Last(headed.UNet):
        def forward(self, y: Tensor) -> Tensor:  # type: ignore[override]
            return super().forward(y)["out"].permute(0, 2, 3, 1)

    x = photos()
    module = Last()
    found = covered(network(module), x, "2@0,0,4,4")
    check(found, x, "logit", lambda y: module(y)[0, :4, :4, 2].sum(), scale=100)
    single = headed.UNet(1)
    found = covered(network(single), x)
    check(found, x, "probability", lambda y: single(y)["out"].sigmoid().mean())

    class Flat(headed.UNet):
        def forward(self, y: Tensor) -> Tensor:  # type: ignore[override]
            return super().forward(y)["out"][:, 0]

    depth = Flat(1)
    net = network(depth)
    assert net.head.summary == "one output at each of 16x18 positions: taken as the logit of class 1 (sigmoid)"
    check(covered(net, x, "0@2,3,9,9"), x, "logit", lambda y: depth(y)[0, 2:9, 3:9].sum(), scale=100)


@pytest.mark.parametrize("method", METHODS)
def test_steps_of_a_sequence_and_anchors_of_a_detector(method: Any) -> None:
    steps, x = headed.Steps(), photos()
    net = network(steps)
    if method == "incremental" and covered(net, x).method.startswith("whole"):
        method = "auto"  # a recurrent layer that starts from zeros of the batch's size cannot be pushed through
    found = covered(net, x, ["4@8", "1@2,5", "0"], method=method)
    check(found, x, "logit", lambda y: steps(y)[0, 8, 4], 0, scale=10)
    check(found, x, "probability", lambda y: steps(y).softmax(2)[0, 2:5, 1].mean(), 1)
    check(found, x, "logit", lambda y: steps(y)[0, :, 0].sum(), 2, scale=10)
    detector = headed.Detector()
    net = network(detector, classes=["cat", "dog", "bird"])
    found = covered(net, x, ["dog@87", "bird", "0@3"], method=method if method != "auto" else "incremental")
    check(found, x, "probability", lambda y: detector(y)[0][0, 5, 87], 0)
    check(found, x, "logit", lambda y: detector(y)[0][0, 6].sum(), 1, scale=10)
    check(found, x, "probability", lambda y: detector(y)[0][0, 0, 3], 2, scale=10)
    assert set(np.unique(found.label)) <= {4, 5, 6}  # classes alone are ever the most probable, boxes never


def test_places_that_are_not_in_the_output_are_refused() -> None:
    net = network(headed.UNet())
    for target, message in (
        ("1@16,0", r"'@16,0' is no place.*16x18, counted from 0"),
        ("1@1,2,3", "2 or 4 numbers say where in its 16x18 positions"),
        ("1@4,4,4,9", "is no place"),
        ("7", "classes 0 to 2: 7 was asked for"),
        ("sky", "no class 'sky': its classes have no names, give a number below 3"),
    ):
        with pytest.raises(UsageError, match=message):
            covered(net, photos(), target)
    with pytest.raises(UsageError, match="it has no positions"):
        covered(network(headed.Trunk()), photos(), "1@0,0")
    with pytest.raises(UsageError, match="names no class"):
        covered(net, photos(), [])


@pytest.mark.parametrize("method", METHODS)
def test_units_alone_where_nothing_is_a_class(method: Any) -> None:
    x, module = photos(), headed.Hard()
    net = network(module)
    found = covered(net, x, units=["deep:3@1,2", "stem:1"], method=method)
    check(found, x, 0, lambda y: module.deep(module.stem(y).relu())[0, 3, 1, 2])
    check(found, x, 1, lambda y: module.stem(y)[0, 1].sum(), scale=100)
    assert (found.head, found.targets.shape) == (None, (2, 0))
    assert (found.label == -1).all()
    assert np.isnan(found.covered.confidences).all()
    with pytest.raises(UsageError, match="no class was followed"):
        _ = found.probability
    with pytest.raises(UsageError, match="'argmax', is not a floating-point tensor"):
        covered(net, x)
    alone = covered(network(headed.Trunk()), x, "none", units=["deep:3"])
    assert (alone.head, alone.subject) == (None, 0)


def test_what_was_assumed_is_written_where_it_is_not_the_usual() -> None:
    x = photos()
    usual = covered(network(headed.Trunk()), x)
    assert not {"output", "regions"} & set(usual.to_json())
    one = covered(network(headed.OneLogit()), x)
    assert json.loads(json.dumps(one.to_json()))["output"]["kind"] == "binary"
    placed = covered(network(headed.UNet()), x, "1@0,2")
    assert placed.to_json()["regions"] == ["0,2"]
    assert next(iter(placed.rows()))["region0"] == "0,2"
    parts = [one_of(placed, 0), one_of(placed, 1)]
    np.testing.assert_array_equal(join_occlusions(parts).probability, placed.probability)
    with pytest.raises(UsageError, match="cannot be joined"):
        join_occlusions([one_of(placed, 0), one_of(covered(network(headed.UNet()), x, "1"), 1)])


def test_a_target_may_be_a_difference_of_logits_or_a_unit() -> None:
    module = made(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(WIDE, 3)))
    net, x = Network.trace(module, SHAPE, classes=["a", "b", "1:2"]), photos()
    found = covered(net, x, "3:2-0")
    assert (found.subject, [str(unit) for unit in found.units], found.targets.shape) == (0, ["3:2-0"], (2, 0))
    check(found, x, 0, lambda copy: module(copy)[0, 2] - module(copy)[0, 0])
    both = covered(net, x, ["b", "3:2-0", "1:3@2,2"], units=["1:1"])
    assert [str(unit) for unit in both.units] == ["3:2-0", "1:3@2,2", "1:1"]
    assert both.targets.tolist() == [[1], [1]]
    np.testing.assert_array_equal(both.measured(0)[1], found.measured(0)[1])
    assert covered(net, x, "1:2").targets.tolist() == [[2], [2]]  # which is the name of a class
    with pytest.raises(UnknownLayer, match="layer 'fc9' is not in"):
        covered(net, x, "fc9:2-0")
