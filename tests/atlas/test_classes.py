"""Classes: the units that answer to each, by a slow count of their own, and the weights of each logit."""

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from convscope.atlas import Atlas, build_atlas
from convscope.atlas.finish import unit_names
from convscope.atlas.planning import plan_export
from convscope.atlas.summary import class_index
from convscope.atlas.web import read_script
from convscope.data import Preprocess
from convscope.graph import Network
from tests.atlas.conftest import CLASSES, LAYERS


def data(atlas: Atlas, address: str) -> dict:
    return read_script(atlas.path / "data" / f"{address}.js")


def test_units_that_answer_to_a_class_are_those_most_selective_for_it(atlas: Atlas) -> None:
    index, shard = data(atlas, "classes/index"), data(atlas, "classes/0")
    assert index["names"] == list(CLASSES)
    assert index["images"] == [5, 5, 4]
    for number in range(3):
        for place, layer in enumerate(atlas.layers):
            record = atlas.record(layer.name)
            means = np.maximum(record.class_mean.astype(float), 0)
            wanted = []
            for unit, row in enumerate(means):
                rest = np.delete(row, number).mean()
                if row[number] > rest:
                    wanted.append((-round((row[number] - rest) / (row[number] + rest), 4), unit))
            found = shard["classes"][str(number)][place]
            assert [unit for unit, _, _ in found] == [unit for _, unit in sorted(wanted)[:12]]
            for unit, mean, how in found:
                assert np.float32(mean) == record.class_mean[unit, number]
                assert how == pytest.approx(-dict(map(reversed, wanted))[unit])


def test_the_unit_s_own_selectivity_is_that_for_its_first_class(atlas: Atlas) -> None:
    record = atlas.record("fc")
    index = class_index(record.class_mean)
    best = index[np.arange(len(index)), record.preference.top[:, 0]]
    np.testing.assert_array_equal(best.astype(np.float32), record.preference.selectivity)


def test_an_output_that_is_no_layer_has_no_logits_and_an_atlas_all_the_same(tmp_path: Path) -> None:
    trunk = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2))
    head = nn.Sequential(nn.Conv2d(4, 6, 3), nn.Flatten(2))  # of (n, 4 + classes, anchors)
    net = Network.trace(nn.Sequential(trunk, head), (3, 16, 16), classes=["cat", "dog"], preprocess=Preprocess(16, 16))
    assert not net.listed_output
    photos = [np.full((16, 16, 3), value, np.uint8) for value in (20, 200)]
    made = build_atlas(net, photos, tmp_path / "atlas", k=1)
    assert made.outcome == "made"
    assert data(made, "logits/index")["names"] == []


def test_logits_are_named_with_the_strongest_weights_into_each(atlas: Atlas, net: Network) -> None:
    index, shard = data(atlas, "logits/index"), data(atlas, "logits/0")
    assert index["names"] == [f"thing {i}" for i in range(10)]
    assert "fc" in index["layers"]
    assert "fc" in index["note"]
    weight = next(step.weight for step in net.steps if step.name == "fc").detach().numpy()
    for logit, joints in enumerate(shard["incoming"]):
        strongest = np.argsort(-np.abs(weight[logit]), kind="stable")[:8]
        assert [unit for _, unit, _ in joints] == strongest.tolist()
        assert [w for _, _, w in joints] == pytest.approx(weight[logit, strongest].tolist(), rel=1e-5)


def test_units_of_every_layer_up_to_the_output_are_named_as_the_logits_that_they_are() -> None:
    made = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ).eval()
    net = Network.trace(made, (3, 8, 8), classes=["mug", "pot"])
    named = [layer.name for layer in net.layers if unit_names(net, layer.name) == ("mug", "pot")]
    assert named == ["1", "2", "3", "4"]
    assert unit_names(net, "0") is None


def test_exports_of_a_part_name_logits_and_have_no_pages_of_classes(atlas: Atlas) -> None:
    whole, part, few = plan_export(atlas), plan_export(atlas, layers=[LAYERS[0]]), plan_export(atlas, units=["fc:1"])
    assert {"data/classes/index.js", "data/classes/0.js", "data/logits/0.js"} <= set(whole.paths())
    assert "data/classes/index.js" not in part
    assert "data/logits/0.js" in part
    assert "data/logits/index.js" in few
    assert "data/logits/0.js" not in few
    assert b'"classes":{"shard"' in whole.made["data/manifest.js"]
    assert b'"classes":{"shard"' not in part.made["data/manifest.js"]
