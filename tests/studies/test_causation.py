"""Causes over a collection: what usually feeds a unit, and what an atlas and figures show of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.atlas.experiments import experiments
from convscope.data import Preprocess, open_source
from convscope.data.sources import wrap_dataset
from convscope.methods.causes import causes
from convscope.studies import causation
from convscope.studies.causes_shown import node_boxes, node_pictures, squared
from convscope.studies.pictures import look_at


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


def test_of_many_images_those_that_are_shown_lead_to_what_fed_units(
    planted: cs.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causation, "IMAGES_LISTED", 2)
    monkeypatch.setattr(causation, "DRAWN", 1)
    source = open_source(wrap_dataset([(np.full((12, 12, 3), 60 * n, np.uint8), 0) for n in range(3)]))
    atlas = cs.build_atlas(planted, source, tmp_path / "atlas", layers=["3"], k=1, tuning=False)
    cs.causes(planted, source, "3:3", layers=["1"], most=2, atlas=atlas)
    (one,) = experiments(atlas.path)
    assert one.images == (0,)


def test_figures_are_drawn_of_the_first_graphs(
    planted: cs.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causation, "DRAWN", 1)
    images = torch.randint(0, 256, (2, 3, 12, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    found = cs.causes(planted, images, ["3:3", "3:3-0"], layers=["1"], most=2, store=tmp_path)
    assert len(found) == 4
    assert list(found.figures()) == ["00000-image_0-00-3_3_{}_{}.png".format(*found[0].unit.position or ())]
    assert [row["image"] for row in found.rows()][::4] == ["image 0", "image 1"]
    # As JSON: every node with its place in the pixels, and in the file that holds its patch and what it takes there.
    first, second, *_ = json.loads((tmp_path / "causes.json").read_text())["graphs"]
    y, x = found[0].nodes[1].unit.position or (-1, -1)
    assert first["nodes"][1]["box"] == [y, x, y + 3, x + 3]
    with Image.open(tmp_path / first["pictures"]) as opened:
        sheet = np.asarray(opened.convert("RGB"))
    assert sheet.shape == (160, 80 * len(first["nodes"]), 3)
    assert "pictures" not in second
    again = cs.Causes.load(tmp_path)
    again.save(tmp_path / "copy")
    assert (tmp_path / "copy" / first["pictures"]).read_bytes() == (tmp_path / first["pictures"]).read_bytes()
    assert again.to_json() == found.to_json()


def test_the_picture_of_a_node_is_its_patch_above_what_it_takes(planted: cs.Network) -> None:
    pixels = np.full((12, 12, 3), 40, np.uint8)
    pixels[2:7, 3:8] = (250, 10, 10)
    pictures = look_at(planted, pixels)
    graph = causes(planted, pictures.inputs[0], "3:3", ["1"], most=2)
    shown = node_pictures(planted, pictures, 0, graph)
    boxes = node_boxes(planted, graph)
    for node, (patch, taken), (y0, x0, y1, x1) in zip(graph.nodes, shown, boxes.tolist(), strict=True):
        inside = patch[max(0, -y0) : patch.shape[0] - max(0, y1 - 12), max(0, -x0) : patch.shape[1] - max(0, x1 - 12)]
        np.testing.assert_array_equal(inside, pixels[max(0, y0) : min(12, y1), max(0, x0) : min(12, x1)])
        assert patch.shape == taken.shape
        assert node.unit.layer == "3" or (y1 - y0, x1 - x0) == (3, 3)
    assert squared(shown[1][0], 80).shape == (80, 80, 3)


def test_where_there_are_no_classes_units_are_asked_for(planted: cs.Network) -> None:
    with pytest.raises(cs.ConvscopeError, match="name units, such as '3:0'"):
        cs.causes(planted, torch.zeros(1, 3, 12, 12, dtype=torch.float64))
