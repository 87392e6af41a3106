"""What results of other commands give the page beyond figures and tables: kept, exported, published, replaced."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import nn

import convscope as cs
from convscope.atlas import Atlas
from convscope.atlas.charts import Chart, Series
from convscope.atlas.experiments import add_experiment, experiments
from convscope.atlas.export import export_atlas
from convscope.atlas.inventory import is_recorded
from convscope.atlas.planning import plan_export
from convscope.atlas.published import is_published, published
from convscope.atlas.sprites import decode_picture, encode
from convscope.atlas.verifying import verify_atlas
from convscope.atlas.web import read_script
from convscope.data.sources.select import limit
from convscope.errors import StoreError, UsageError
from convscope.graph import Network
from convscope.studies.pictures import numbers_in


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, list[np.ndarray], Path]:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(784, 5))
    net = Network.trace(module, (3, 16, 16), preprocess=cs.Preprocess(16, 16), classes=list("abcde"))
    photos = [np.random.default_rng(i).integers(0, 256, (16, 16, 3), np.uint8) for i in range(6)]
    folder = tmp_path_factory.mktemp("built") / "atlas"
    cs.build_atlas(net, photos, folder, layers=["1"], k=2, tuning=False)
    return net, photos, folder


@pytest.fixture
def small(built: tuple[Network, list[np.ndarray], Path], tmp_path: Path) -> tuple[Network, list[np.ndarray], Atlas]:
    net, photos, folder = built
    shutil.copytree(folder, tmp_path / "atlas")
    return net, photos, Atlas.open(tmp_path / "atlas")


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
    assert path in plan_export(atlas)
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


def listed(atlas: Atlas) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in read_script(atlas.path / "data" / "experiments.js")}


def test_the_list_is_short_and_the_rest_of_a_result_is_a_script_of_its_own(
    small: tuple[Network, list[np.ndarray], Atlas],
) -> None:
    atlas = small[2]
    rows = [{"layer": "1", "rule": "deconvnet", "verdict": "neither", "note": "x" * 50} for _ in range(200)]
    summary = "First " + "word " * 100 + "\n\nSecond."
    add_experiment(atlas.path, "one", title="One", kind="other", table=rows, summary=summary, images=range(300))
    add_experiment(atlas.path, "two", title="Two", kind="sanity", table=rows[:1], settings={"seed": 1, "layers": ["1"]})
    assert (atlas.path / "data" / "experiments.js").stat().st_size < 2500
    one, two = (listed(atlas)[name] for name in ("one", "two"))
    assert (one["shown"], one["images"], len(one["glimpse"])) == (None, [], 4)
    assert one["summary"].startswith("First word")
    assert one["summary"].endswith(" …")
    assert len(one["summary"]) < 210
    assert (two["verdicts"], two["settings"]) == ([["1", "deconvnet", "neither"]], {"layers": ["1"]})
    whole = read_script(atlas.path / "data" / "results" / "one.js")
    assert (whole["summary"], whole["images"], whole["shown"]["count"]) == (summary, list(range(300)), 200)
    assert verify_atlas(atlas.path) == []
    (atlas.path / "data" / "results" / "one.js").unlink()
    assert [finding.path for finding in verify_atlas(atlas.path)] == ["data/results/one.js"]


def test_results_that_an_older_atlas_lacks_are_written_with_its_page(
    small: tuple[Network, list[np.ndarray], Atlas],
) -> None:
    net, photos, atlas = small
    add_experiment(atlas.path, "one", title="One", kind="other", table=[{"a": 1}])
    path = atlas.path / "data" / "results" / "one.js"
    before = path.read_bytes()
    path.unlink()
    cs.build_atlas(net, photos, atlas.path, layers=["1"], k=2, tuning=False)
    assert path.read_bytes() == before


def test_charts_words_parts_and_pictures_go_where_the_experiment_goes(
    small: tuple[Network, list[np.ndarray], Atlas], tmp_path: Path
) -> None:
    atlas = small[2]
    picture = encode(np.zeros((4, 4, 3), np.uint8), lossless=True)
    chart = Chart("Curve", "share", [0.0, 1.0], [Series("a", [1.0, 3.0])])
    more = {"charts": [chart], "columns": {"a": ("A", "What it is.")}, "parts": [{"x": 1}, {"x": 2}]}
    add_experiment(atlas.path, "one", title="One", kind="other", table=[{"a": 1}], pictures={"0.webp": picture}, **more)
    assert read_script(atlas.path / "data" / "experiments" / "one.js") == {
        "charts": [chart.to_json()],
        "columns": {"a": ["A", "What it is."]},
    }
    assert listed(atlas)["one"]["sketch"] == [[0, 100]]
    export_atlas(atlas, tmp_path / "out")
    for path in ("data/experiments/one/1.js", "experiments/one/0.webp", "data/results/one.js"):
        assert published(tmp_path / "out", path).content == published(atlas.path, path).content
    assert verify_atlas(tmp_path / "out") == []
    (atlas.path / "data" / "experiments" / "one" / "1.js").unlink()
    assert [finding.path for finding in verify_atlas(atlas.path)] == ["data/experiments/one/1.js"]
    add_experiment(atlas.path, "one", title="One", kind="other")
    assert not (atlas.path / "data" / "experiments" / "one").exists()
    assert listed(atlas)["one"]["sketch"] == []


def test_pictures_are_webp_files_of_their_own(small: tuple[Network, list[np.ndarray], Atlas]) -> None:
    shared = {"title": "One", "kind": "other", "figures": {"curve.webp": b""}}
    for name in ("../x.webp", "x.svg", "curve.webp"):
        with pytest.raises(UsageError, match="picture"):
            add_experiment(small[2].path, "one", pictures={name: b""}, **shared)


def test_strange_parts_pictures_and_sketches_of_a_stranger_are_refused(
    small: tuple[Network, list[np.ndarray], Atlas],
) -> None:
    atlas = small[2]
    path = add_experiment(atlas.path, "one", title="One", kind="other") / "experiment.json"
    said = json.loads(path.read_text())
    for strange in (
        {"pictures": ["../../x.webp"]},
        {"parts": -1},
        {"parts": True},
        {"sketch": [["<b>"]]},
        {"sketch": 3},
    ):
        path.write_text(json.dumps({**said, **strange}))
        with pytest.raises(StoreError, match="no description of an experiment"):
            experiments(atlas.path)


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


def test_pictures_of_covered_images_come_along_where_the_atlas_has_others(
    small: tuple[Network, list[np.ndarray], Atlas],
) -> None:
    net, photos, atlas = small
    cs.occlude(net, [255 - photo for photo in photos[:2]], size=8, stride=8, atlas=atlas)
    (entry,) = experiments(atlas.path)
    assert (entry.images, entry.pictures) == ((), ("0.webp", "1.webp"))
    shown = decode_picture((atlas.path / "experiments" / "occlusion" / "1.webp").read_bytes())
    assert shown.shape == (16, 16, 3)
    assert abs(shown.astype(int) - (255 - photos[1])).mean() < 60  # noise, as a lossy file keeps it


def test_effects_give_all_their_pairs(small: tuple[Network, list[np.ndarray], Atlas]) -> None:
    net, photos, atlas = small
    answer = cs.effects(net, photos, layers=["1"], limit=4, atlas=atlas)
    told = read_script(atlas.path / "data" / "experiments" / "effects.js")["pairs"]
    wanted = {(row["unit"], row["class"]): row["change"] for row in answer.pairs()}
    assert {(unit, name) for unit, name, *_ in told[: len(wanted)]} == set(wanted)
    assert all(change == pytest.approx(wanted[unit, name], rel=1e-4) for unit, name, change, *_ in told[: len(wanted)])
    tested = {(row["unit"], row["class"]): row for row in answer.tested()}
    assert {(unit, name) for unit, name, *_, verdict in told if verdict is not None} == set(tested)
    for unit, name, *_, verdict in told:
        pair = tested.get((unit, name))
        held = pair is not None and pair["adjusted"] < 0.05 and (pair["excess"] < 0) == (pair["chosen_excess"] < 0)
        assert verdict == (None if pair is None else "no" if not held else "more" if pair["excess"] < 0 else "less")
    assert len({tuple(row[:2]) for row in told}) == len(told)
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
    assert "nan" not in answer.tables()[0].text()  # of positions and groups, which have no controls


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
    kept = plan_export(atlas)
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
