"""Invariance of networks whose output is no vector of classes, and of units: against the module itself, in float64."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.invariance import Curve, InvarianceCurves, invariance
from convscope.methods.invariance.transforms import Frame, transformation
from tests.graph import headed
from tests.graph.headed import SHAPE, network

AMOUNTS = {"vertical": [0, 3, -4], "rotation": [40]}


def photos(count: int = 3) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(count, *SHAPE, dtype=torch.float64)


def measured(net: Network, x: Tensor, **options: Any) -> InvarianceCurves:
    return invariance(net, x, transformations=AMOUNTS, batch=2, **options)


@torch.no_grad()
def check(
    found: InvarianceCurves, x: Tensor, table: Callable[[Curve], np.ndarray], ask: Callable[[Tensor], Any]
) -> None:
    for curve in found.curves:
        for column, value in enumerate(curve.values.tolist()):
            moved = transformation(curve.transformation).apply(x, value, Frame())
            expected = [float(ask(moved[i : i + 1])) for i in range(len(x))]
            np.testing.assert_allclose(table(curve)[:, column], expected, atol=1e-10)


def test_the_probability_of_one_logit_and_whether_it_is_there() -> None:
    module, x = headed.OneLogit(), photos()
    found = measured(network(module), x)
    assert found.targets.tolist() == [0, 0, 0]
    check(found, x, lambda c: c.probabilities, lambda y: 1 / (1 + (-module(y)[0, 0]).exp()))
    check(found, x, lambda c: c.labels, lambda y: module(y)[0, 0] > 0)
    before = (module(x)[:, 0] > 0).numpy()
    for curve in found.curves:
        np.testing.assert_array_equal(curve.kept, (curve.labels == before[:, None]).mean(0))


def test_labels_and_values_and_softmax_in_the_network() -> None:
    x = photos()
    for module, options, ask in (
        (headed.Ending("sigmoid"), {"target": 2}, lambda y: y[0, 2]),
        (headed.Ending("softmax"), {"target": 1}, lambda y: y[0, 1]),
        (headed.Ending("log_softmax"), {"target": 1}, lambda y: y[0, 1].exp()),
        (headed.Trunk(), {"target": 3}, lambda y: (y[0].exp() / y[0].exp().sum())[3]),
    ):
        found = measured(network(module), x, **options)
        check(found, x, lambda c: c.probabilities, lambda y, m=module, a=ask: a(m(y)))
    module = headed.Trunk(2)
    found = measured(network(module, scores="none"), x, target=1)
    check(found, x, lambda c: c.probabilities, lambda y: module(y)[0, 1])


def test_a_map_over_a_box_a_sequence_at_a_step_and_a_detector() -> None:
    x, unet, steps, detector = photos(), headed.UNet(), headed.Steps(), headed.Detector()
    found = measured(network(unet), x, target="1@2,3,9,18")
    check(found, x, lambda c: c.probabilities, lambda y: unet(y)["out"].softmax(1)[0, 1, 2:9, 3:18].mean())
    found = measured(network(unet), x)
    assert found.targets.tolist() == unet(x)["out"].softmax(1).mean((2, 3)).argmax(1).tolist()
    check(found, x, lambda c: c.labels, lambda y: unet(y)["out"].softmax(1).mean((2, 3)).argmax())
    found = measured(network(steps), x, target="4@8")
    check(found, x, lambda c: c.probabilities, lambda y: steps(y).softmax(2)[0, 8, 4])
    found = measured(network(detector), x, target="5@87")
    check(found, x, lambda c: c.probabilities, lambda y: detector(y)[0][0, 5, 87])
    assert json.loads(json.dumps(found.to_json()))["region"] == "87"


@pytest.mark.parametrize("reduce", ["sum", "max"])
def test_units_alone_where_nothing_is_a_class(reduce: Any) -> None:
    module, x = headed.Hard(), photos()
    found = measured(network(module), x, units=["deep:3", "stem:1@2,0", "stem:1-2@2,0"], reduce=reduce)
    deep = lambda y: module.deep(module.stem(y).relu())[0, 3]  # noqa: E731
    check(found, x, lambda c: c.units["deep:3"], lambda y: deep(y).sum() if reduce == "sum" else deep(y).max())
    check(found, x, lambda c: c.units["stem:1@2,0"], lambda y: module.stem(y)[0, 1, 2, 0])
    less = lambda y: module.stem(y)[0, 1, 2, 0] - module.stem(y)[0, 2, 2, 0]  # noqa: E731
    check(found, x, lambda c: c.units["stem:1-2@2,0"], less)
    assert found.head is None
    assert all(np.isnan(curve.probabilities).all() for curve in found.curves)
    assert next(iter(found.rows()))["stem:1@2,0"] == found.curves[0].units["stem:1@2,0"][0, 0]
    mean, _ = found["vertical"].mean("deep:3")
    np.testing.assert_allclose(mean, found["vertical"].units["deep:3"].mean(0))
    with pytest.raises(UsageError, match="'argmax', is not a floating-point tensor"):
        measured(network(module), x)


def test_usual_layers_leave_out_an_output_that_is_none() -> None:
    net = network(headed.Detector())
    found = invariance(net, photos(), transformations={"vertical": [0]})
    assert found.layers == (net.layers.stages()[0], net.layers.stages()[-1])[: len(found.layers)]
    assert net.output not in found.layers
