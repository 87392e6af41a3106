"""What results of other commands give the page beyond figures and tables: kept, exported, published, replaced."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

import convscope as cs
from convscope.atlas import Atlas
from convscope.atlas.experiments import add_experiment, experiments
from convscope.atlas.inventory import is_recorded
from convscope.atlas.planning import plan
from convscope.atlas.published import is_published, published
from convscope.atlas.verifying import verify_atlas
from convscope.atlas.web import read_script
from convscope.data.sources.select import limit
from convscope.errors import StoreError
from convscope.graph import Network
from convscope.studies.pictures import numbers_in


@pytest.fixture
def small(tmp_path: Path) -> tuple[Network, list[np.ndarray], Atlas]:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(784, 5))
    net = Network.trace(module, (3, 16, 16), preprocess=cs.Preprocess(16, 16), classes=list("abcde"))
    photos = [np.random.default_rng(i).integers(0, 256, (16, 16, 3), np.uint8) for i in range(6)]
    return net, photos, cs.build_atlas(net, photos, tmp_path / "atlas", layers=["1"], k=2, tuning=False)


def test_data_of_an_experiment_is_a_script_that_goes_where_the_atlas_goes(
    small: tuple[Network, list[np.ndarray], Atlas],
) -> None:
    atlas = small[2]
    path = "data/experiments/one.js"
    add_experiment(atlas.path, "one", title="One", kind="other", data={"values": [1, None]})
    assert experiments(atlas.path)[0].data
    assert read_script(atlas.path / path) == {"values": [1, None]}
    assert is_published(path)
    assert not is_recorded(path)
    assert not is_published("data/experiments/../manifest.js")
    assert not is_published("data/experiments/.hidden.js")
    assert path in plan(atlas)
    assert verify_atlas(atlas.path) == []
    (atlas.path / path).write_bytes(b"window.hacked = 1;")
    with pytest.raises(StoreError, match="not what an atlas holds"):
        published(atlas.path, path)
    assert [finding.path for finding in verify_atlas(atlas.path)] == [path]
    add_experiment(atlas.path, "one", title="One", kind="other")
    assert not (atlas.path / path).exists()
    assert verify_atlas(atlas.path) == []
    old = atlas.path / "experiments" / "one" / "experiment.json"
    said = json.loads(old.read_text())
    del said["data"]
    old.write_text(json.dumps(said))
    assert not experiments(atlas.path)[0].data


def test_occlusion_gives_every_place_and_links_to_images_of_a_limited_collection(
    small: tuple[Network, list[np.ndarray], Atlas],
) -> None:
    net, photos, atlas = small
    answer = cs.occlude(net, photos, size=8, stride=8, limit=3, atlas=atlas)
    (entry,) = experiments(atlas.path)
    assert entry.images == (0, 2, 4)
    told = read_script(atlas.path / "data" / "experiments" / "occlusion.js")
    assert told["shape"] == [2, 2]
    assert told["boxes"] == answer.found.grid.boxes.tolist()
    for row, one in enumerate(told["images"]):
        assert one["image"] == (0, 2, 4)[row]
        score, followed = one["grids"]
        assert score["of"] == answer.rows()[row]["class"]
        assert followed["of"] == str(answer.found.strongest[row])
        for grid, measured in ((score, "probability"), (followed, "activation")):
            before, after = answer.found.measured(measured)
            assert grid["before"] == pytest.approx(float(before[row]), rel=1e-3)
            assert grid["after"] == pytest.approx(after[row].ravel().tolist(), rel=1e-3)


def test_effects_give_all_their_pairs(small: tuple[Network, list[np.ndarray], Atlas]) -> None:
    net, photos, atlas = small
    answer = cs.effects(net, photos, layers=["1"], limit=4, atlas=atlas)
    told = read_script(atlas.path / "data" / "experiments" / "effects.js")["pairs"]
    wanted = {(row["unit"], row["class"]): row["change"] for row in answer.pairs()}
    assert {(unit, name) for unit, name, _, _ in told} == set(wanted)
    assert all(change == pytest.approx(wanted[unit, name], rel=1e-4) for unit, name, change, _ in told)
    assert experiments(atlas.path)[0].images == (0, 1, 3, 4)


def test_effects_give_what_silencing_each_unit_does_by_channel(
    small: tuple[Network, list[np.ndarray], Atlas],
) -> None:
    net, photos, atlas = small
    units = ["1:3", "1:0", "1:1@2,2"]
    answer = cs.effects(net, photos, units=units, groups=[["1:0", "1:1"]], limit=4, atlas=atlas)
    told = read_script(atlas.path / "data" / "experiments" / "effects.js")["layers"]["1"]
    layer = answer["1"]
    assert [value is None for value in told["lost"]] == [False, True, True, False]
    assert told["lost"][3] == pytest.approx(-layer.accuracy[0], rel=1e-4)
    assert told["falls"][0] == pytest.approx(-layer.change[1].min(), rel=1e-4)


def test_causes_give_graphs_with_a_picture_of_every_node(small: tuple[Network, list[np.ndarray], Atlas]) -> None:
    net, photos, atlas = small
    answer = cs.causes(net, photos[:2], ["3:2", "3:0-1"], layers=["1"], most=3, atlas=atlas)
    told = read_script(atlas.path / "data" / "experiments" / "causes.js")
    assert [graph["unit"] for graph in told["graphs"]] == [str(graph.unit) for graph in answer.graphs]
    for graph, shown in zip(answer.graphs, told["graphs"], strict=True):
        with Image.open(atlas.path / "experiments" / "causes" / shown["sheet"]) as sheet:
            assert sheet.size == (80 * len(graph.nodes), 160)
        for node, one in zip(graph.nodes, shown["nodes"], strict=True):
            assert one["amount"] == pytest.approx(node.amount, rel=1e-5)
            y, x = node.unit.position or (0, 0)
            assert one["box"] == ([0, 0, 16, 16] if node.unit.position is None else [y, x, y + 3, x + 3])
        balance = shown["balances"][0]
        total = balance["parts"] + balance["others"] + balance["biases"] + balance["remainder"]
        assert total == pytest.approx(shown["value"], rel=1e-4, abs=1e-4)
        assert [edge[:2] for edge in shown["edges"]] == [[edge.cause, edge.effect] for edge in graph.edges]
    assert [row[:2] for row in told["usual"]] == [[row["unit"], row["cause"]] for row in answer.usual()]
    assert verify_atlas(atlas.path) == []
    kept = plan(atlas)
    assert "experiments/causes/nodes-0.webp" in kept
    assert is_published("experiments/causes/nodes-0.webp")


def test_images_of_another_collection_are_not_taken_for_the_atlas_s(
    small: tuple[Network, list[np.ndarray], Atlas],
) -> None:
    _, photos, atlas = small
    whole = atlas.manifest["data"]["fingerprint"]
    part = limit(cs.open_source(photos), 3).fingerprint()
    assert numbers_in(atlas, whole, [1, 5], 6) == (1, 5)
    assert numbers_in(atlas, part, [0, 2], 3) == (0, 4)
    assert numbers_in(atlas, part, [0, 2], 4) == ()
    assert numbers_in(atlas, part, [3], 3) == ()
    assert numbers_in(atlas, hashlib.sha256(b"").hexdigest(), [0], 3) == ()
    assert numbers_in(atlas, part, [], 0) == ()
