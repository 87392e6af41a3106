"""Causes over a collection: what usually feeds a unit, and what an atlas and figures show of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import convscope as cs
from convscope.data import Preprocess
from convscope.studies import causation


@pytest.fixture(scope="module")
def planted() -> cs.Network:
    """A detector, unit 3 of layer "3", that units 1 and 4 below it feed, the first twice as much."""
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 5, 3), nn.ReLU()).double()
    for layer, bias in ((layers[0], 0.1), (layers[2], 0.05)):
        layer.bias.data.fill_(bias)  # type: ignore[operator, union-attr]
    weight = layers[2].weight.data.zero_()  # type: ignore[operator, union-attr]
    weight[3, 1], weight[3, 4] = 1.0, 0.5
    layers[0].weight.data[4] = layers[0].weight.data[1]  # type: ignore[index, operator, union-attr]
    return cs.Network.trace(layers, (3, 12, 12), preprocess=Preprocess(12, 12))


def test_what_usually_feeds_a_unit_is_what_was_planted(planted: cs.Network) -> None:
    images = torch.randn(5, 3, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = cs.causes(planted, images, "3:3", layers=["1"])
    first, second = found.usual()
    assert [row["cause"] for row in (first, second)] == ["1:1", "1:4"]
    amounts = np.stack([graph.amounts["1"] for graph in found.graphs])
    assert first["mean"] == pytest.approx(amounts[:, 1].mean(), rel=1e-12)
    assert first["error"] == pytest.approx(amounts[:, 1].std(ddof=1) / np.sqrt(5), rel=1e-12)
    assert first["mean"] == pytest.approx(2 * second["mean"], rel=1e-9)
    assert (first["among"], first["images"]) == (5, 5)
    assert all(abs(graph.balances[0].biases - 0.05) < 1e-12 for graph in found.graphs)
    assert "What usually feeds them" in [table.title for table in found.tables()]


def test_figures_are_drawn_of_the_first_graphs(
    planted: cs.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causation, "DRAWN", 1)
    images = torch.randint(0, 256, (2, 3, 12, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    found = cs.causes(planted, images, ["3:3", "3:3-0"], layers=["1"], most=2, store=tmp_path)
    assert len(found) == 4
    assert list(found.figures()) == ["00000-image_0-00-3_3_{}_{}.png".format(*found[0].unit.position or ())]
    assert [row["image"] for row in found.rows()][::4] == ["image 0", "image 1"]


def test_where_there_are_no_classes_units_are_asked_for(planted: cs.Network) -> None:
    with pytest.raises(cs.ConvscopeError, match="name units, such as '3:0'"):
        cs.causes(planted, torch.zeros(1, 3, 12, 12, dtype=torch.float64))
