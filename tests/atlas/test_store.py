"""What is written comes back, in tensors, tables and scripts alike."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from convscope.atlas import Atlas, LayerRecord
from convscope.atlas.database import write_database
from convscope.atlas.names import layer_id
from convscope.atlas.store import read_tensors, write_tensors
from convscope.atlas.webdata import unit_data
from convscope.data import Source
from convscope.errors import StoreError
from convscope.files import write_with
from convscope.graph import Network
from convscope.stores.scan import scan
from tests.atlas.conftest import CLASSES, LAYERS
from tests.atlas.test_web import value_of


def data(atlas: Atlas, address: str) -> dict:
    found = value_of((atlas.path / "data" / f"{address}.js").read_bytes())
    assert isinstance(found, dict)
    return found


def query(atlas: Atlas, text: str) -> list[tuple]:
    with closing(sqlite3.connect(atlas.path / "atlas.sqlite")) as connection:
        return connection.execute(text).fetchall()


@pytest.mark.parametrize("name", LAYERS)
def test_the_record_is_what_the_scan_found(net: Network, source: Source, atlas: Atlas, name: str) -> None:
    name = net.layers[name].name
    found, record = scan(net, source, layers=[name], k=4)[name], atlas.record(name)
    assert found.statistics is not None
    np.testing.assert_array_equal(record.values, found.values)
    np.testing.assert_array_equal(record.images, found.images)
    np.testing.assert_array_equal(np.stack([record.y, record.x], -1), found.positions)
    np.testing.assert_array_equal(record.mean, found.statistics.mean)
    np.testing.assert_array_equal(record.histogram, found.statistics.histogram)
    assert found.statistics.class_mean is not None
    assert record.class_mean is not None
    np.testing.assert_array_equal(record.class_mean, found.statistics.class_mean)


@pytest.mark.parametrize("name", LAYERS)
def test_responses_are_found_again_when_they_are_projected(net: Network, atlas: Atlas, name: str) -> None:
    record = atlas.record(net.layers[name].name)
    shown = record.values != 0
    np.testing.assert_allclose(record.activations[shown], record.values[shown], rtol=1e-4, atol=1e-6)
    assert (record.activations[~shown] == 0).all()
    assert record.mismatch < 1e-5


def test_boxes_are_the_networks(net: Network, atlas: Atlas) -> None:
    record = atlas.record("relu1")
    for channel, rank in ((0, 0), (5, 3)):
        y, x = int(record.y[channel, rank]), int(record.x[channel, rank])
        assert record.boxes[channel, rank].tolist() == [y - 1, x - 1, y + 2, x + 2]
    assert (atlas.record("fc").boxes == [0, 0, 32, 32]).all()


def test_a_record_survives_its_file(atlas: Atlas, tmp_path: Path) -> None:
    record = atlas.record("fc")
    record.save(tmp_path / "a.safetensors")
    again = LayerRecord.load(tmp_path / "a.safetensors")
    assert again.layer == record.layer
    assert (again.id, again.count, again.report) == (record.id, record.count, record.report)
    assert set(again.tensors()) == set(record.tensors())
    for key, array in record.tensors().items():
        assert again.tensors()[key].dtype == array.dtype
        np.testing.assert_array_equal(again.tensors()[key], array)
    again.save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_unit_scripts_say_what_the_record_says(atlas: Atlas) -> None:
    for layer in atlas.layers:
        record, shard = atlas.record(layer.name), data(atlas, f"layers/{layer.id}/0")
        assert shard["layer"] == layer.id
        assert [unit["channel"] for unit in shard["units"]] == list(range(layer.layer.channels))
        for unit in shard["units"]:
            channel = unit["channel"]
            assert np.float32(unit["values"]).tolist() == record.values[channel].tolist()
            assert unit["images"] == record.images[channel].tolist()
            assert list(zip(unit["y"], unit["x"], strict=True)) == list(
                zip(record.y[channel].tolist(), record.x[channel].tolist(), strict=True)
            )
            assert unit["boxes"] == record.boxes[channel].tolist()
            assert np.float32(unit["mean"]) == record.mean[channel]
            assert unit["dead"] == bool(record.dead[channel])
            first, counts = unit["histogram"]["first"], unit["histogram"]["counts"]
            assert record.histogram[channel, first : first + len(counts)].tolist() == counts
            assert sum(counts) == record.histogram[channel].sum()
            assert all(str(image) in shard["images"] for image in unit["images"])


def test_unit_scripts_name_images_and_classes(atlas: Atlas, source: Source) -> None:
    shard = data(atlas, f"layers/{atlas.layers[0].id}/0")
    for image, about in shard["images"].items():
        assert about == {"name": source.name(int(image)), "label": source.label(int(image))}
    assert shard["classes"] == {str(i): name for i, name in enumerate(CLASSES)}


def test_the_units_of_the_output_have_the_names_of_the_classes(atlas: Atlas) -> None:
    logits = atlas.layers[-1]
    assert logits.entry["units"]["named"]
    assert data(atlas, f"layers/{logits.id}")["names"][3] == "thing 3"
    assert data(atlas, f"layers/{logits.id}/0")["units"][3]["name"] == "thing 3"
    assert "names" not in data(atlas, f"layers/{atlas.layers[0].id}")


def test_layer_scripts_have_a_number_for_each_unit(atlas: Atlas) -> None:
    for layer in atlas.layers:
        found, record = data(atlas, f"layers/{layer.id}"), atlas.record(layer.name)
        for key in ("maximum", "mean", "active"):
            assert np.float32(found[key]).tolist() == getattr(record, key).tolist()
        assert found["dead"] == np.flatnonzero(record.dead).tolist()
        assert len(found["histogram"]["edges"]) == len(found["histogram"]["counts"]) + 1
        assert found["histogram"]["edges"][0] is None
        assert record.preference is not None
        assert found["topClass"] == record.preference.top[:, 0].tolist()


def test_image_scripts_list_the_units_that_images_win(atlas: Atlas) -> None:
    shard = data(atlas, "images/0")
    wins = {
        (number, channel, rank): image
        for number, layer in enumerate(atlas.layers)
        for (channel, rank), image in np.ndenumerate(atlas.record(layer.name).images)
        if atlas.record(layer.name).values[channel, rank] != 0
    }
    listed = {tuple(win): int(image) for image, about in shard["images"].items() for win in about["wins"]}
    assert listed == wins
    assert data(atlas, "images/index") == {"size": 256, "shards": [0], "count": len(shard["images"])}


def test_the_network_script_has_all_layers_and_what_they_are_computed_from(net: Network, atlas: Atlas) -> None:
    found = data(atlas, "network")
    names = [layer["name"] for layer in found["layers"]]
    assert names == list(net.layers.names)
    inputs = {layer["name"]: [names[i] if i >= 0 else "image" for i in layer["inputs"]] for layer in found["layers"]}
    assert inputs["conv1"] == ["image"]
    assert inputs["relu1"] == ["bn1"]
    assert set(inputs["block2.add"] if "block2.add" in inputs else inputs["add_1"]) == {
        "block2.bn2",
        "block2.shortcut.bn",
    }
    assert [layer["name"] for layer in found["layers"] if layer["shown"]] == atlas.manifest["options"]["layers"]


def test_the_tables_hold_images_classes_failures_and_units(atlas: Atlas, source: Source) -> None:
    assert query(atlas, "SELECT * FROM images ORDER BY id") == [
        (i, source.name(i), source.label(i)) for i in range(len(source))
    ]
    assert query(atlas, "SELECT name FROM classes ORDER BY id") == [(name,) for name in CLASSES]
    ((image, name, reason),) = query(atlas, "SELECT * FROM failures")
    assert (image, name, reason) == tuple(atlas.manifest["failures"]["shown"][0].values())
    record = atlas.record("fc")
    rows = query(atlas, "SELECT channel, name, maximum, dead, top_class FROM units WHERE layer = 'fc' ORDER BY channel")
    assert record.preference is not None
    assert rows == [
        (c, f"thing {c}", pytest.approx(record.maximum[c]), int(record.dead[c]), int(record.preference.top[c, 0]))
        for c in range(10)
    ]
    assert query(atlas, "SELECT id, channels FROM layers ORDER BY id")[0] == ("00-relu1", 16)


def test_tables_are_the_same_bytes_each_time(source: Source, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_database(tmp_path / name, source, failures=[], layers=[], units=[])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_manifest_is_its_script(atlas: Atlas) -> None:
    stored = json.loads((atlas.path / "manifest.json").read_text())
    assert data(atlas, "manifest") == stored == atlas.manifest
    assert stored["complete"]
    listed = {atlas.path / file["path"] for file in stored["files"]}
    for file in stored["files"]:
        path = atlas.path / file["path"]
        # A folder stands for all files in it that are not listed themselves.
        inside = [p for p in path.rglob("*") if p.is_file() and p not in listed] if path.is_dir() else [path]
        assert file["bytes"] == sum(p.stat().st_size for p in inside), path


def test_the_first_view_is_small(atlas: Atlas) -> None:
    page = ["index.html", "atlas.js", "atlas.css", "data/manifest.js"]
    previews = [f"pictures/{layer.id}/preview.webp" for layer in atlas.layers]
    assert sum((atlas.path / path).stat().st_size for path in page + previews) <= 300_000


def test_values_that_are_not_finite_are_null(atlas: Atlas) -> None:
    record = atlas.record("fc")
    missing = record.values.copy(), record.images.copy()
    missing[0][0, 2:], missing[1][0, 2:] = -np.inf, -1
    missing[0][0, 0] = np.inf
    changed = LayerRecord(**{**vars(record), "values": missing[0], "images": missing[1]})
    found = unit_data(changed, 0, None)
    assert found["values"] == [None, pytest.approx(float(record.values[0, 1]))]
    assert len(found["images"]) == len(found["boxes"]) == 2


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"\x00" * 40)
    with pytest.raises(StoreError, match=r"a\.safetensors cannot be read"):
        LayerRecord.load(tmp_path / "a.safetensors")
    write_tensors(tmp_path / "b.safetensors", {"x": np.zeros(2)}, {"id": "x"})
    assert read_tensors(tmp_path / "b.safetensors")[1] == {"id": "x"}
    with pytest.raises(StoreError, match="cannot be read"):
        read_tensors(tmp_path / "missing.safetensors")


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def stop(temporary: Path) -> None:
        temporary.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_with(path, stop)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_layer_ids_are_different_where_file_systems_are_not() -> None:
    names = ["relu", "ReLU", "con", "a/b", "a:b", "x" * 300, "..", "a."]
    ids = [layer_id(i, name) for i, name in enumerate(names)]
    assert len({found.lower() for found in ids}) == len(names)
    assert all(len(found) < 100 and not set(found) & set('/\\:*?"<>| ') for found in ids)
    assert ids[2] == "02-con"
    assert not ids[7].endswith(".")
