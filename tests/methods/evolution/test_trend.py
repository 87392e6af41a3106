"""Whether later layers settle later: layers are what is ordered, units what is drawn again."""

import math

import numpy as np
import pytest

from convscope.methods.evolution.trend import settled_at, trend
from convscope.methods.intervals import DRAWS


def layers(*means: float, units: int = 20, spread: float = 2.0) -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [random.normal(mean, spread, units) for mean in means]


def test_later_layers_settle_later_where_they_do() -> None:
    found = trend(layers(5, 10, 20, 30, 40))
    assert (found.tau, found.p, found.floor) == (1.0, 1 / 120, 1 / 120)
    assert found.said.startswith("later layers settle later (")
    backwards = trend(layers(40, 30, 20, 10, 5))
    assert (backwards.tau, backwards.p) == (-1.0, 1.0)
    assert backwards.said.startswith("later layers are not seen to settle later")


def test_many_units_of_few_layers_are_no_more_layers() -> None:
    found = trend(layers(5, 10, 20, units=2000))
    assert found.tau == 1.0
    assert found.p == pytest.approx(1 / 6)
    assert "cannot be told of so few" in found.said
    assert trend(layers(5)).said == "one layer has no trend"


def test_units_are_drawn_again_layer_by_layer() -> None:
    epochs = layers(10, 11, 12, 13, units=6, spread=3.0)
    generator = np.random.default_rng(0)
    drawn = [one[generator.integers(6, size=(DRAWS, 6))].mean(1) for one in epochs]
    taus = []
    for draw in range(DRAWS):
        means = [one[draw] for one in drawn]
        rising = sum(np.sign(b - a) for i, a in enumerate(means) for b in means[i + 1 :])
        taus.append(rising / 6)
    found = trend(epochs)
    assert (found.low, found.high) == pytest.approx(np.quantile(taus, (0.025, 0.975)).tolist())
    assert found.low < found.tau


def test_a_layer_of_which_no_unit_counts_is_left_out() -> None:
    empty = np.zeros(0)
    assert trend([empty, *layers(5, 9, 14, 30)]).layers == 4
    assert math.isnan(settled_at("1", empty).mean)
    assert math.isnan(settled_at("1", np.full(5, 3.0)).low)
    one = settled_at("1", np.array([1.0, 2.0, 9.0]))
    assert one.low < one.mean == 4.0 < one.high
    assert trend([np.full(3, 8.0)] * 4).said == "all layers settle at the same time"
