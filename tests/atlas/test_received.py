"""Atlases of strangers: exported, attached, shown in a notebook and read, none of their scripts or links come along."""

import contextlib
import json
import shutil
import sqlite3
from importlib.resources import files
from pathlib import Path

import pytest

from convscope.atlas import Atlas, export
from convscope.atlas.attach import attach
from convscope.atlas.experiments import add_experiment, experiments
from convscope.atlas.verifying import verify_atlas
from convscope.atlas.web import script
from convscope.errors import StoreError
from convscope.notebook.atlas import answer
from tests.atlas.conftest import tree
from tests.atlas.received import ACTIVE, EVIL, link, reseal, rewrite, with_experiment, with_scripts

NAMES = ("../../../evil", "/tmp/evil", "03-a/../../evil", "..", "", "03-a\0", "03-" + "a" * 300, 3, None)


@pytest.fixture
def received(atlas: Atlas, tmp_path: Path) -> Atlas:
    shutil.copytree(atlas.path, tmp_path / "mail" / "received")
    return Atlas.open(tmp_path / "mail" / "received")


@pytest.mark.parametrize("name", NAMES)
def test_layers_are_named_by_plain_names(received: Atlas, name: object) -> None:
    rewrite(received.path, lambda manifest: manifest["layers"][0].update(id=name))
    with pytest.raises(StoreError, match=r"layers\[0\].id: .* is no name of a layer"):
        Atlas.open(received.path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.pop("layers"), "lacks the entry 'layers'"),
        (lambda m: m.update(paths=3), "paths: 3 is not"),
        (lambda m: m.pop("complete"), "not finished"),
        (lambda m: m.update(complete="yes"), "not finished"),
        (lambda m: m.update(layers={}), "layers: {} is not what"),
        (lambda m: m["layers"][0].update(channels=10**12), "channels: 1000000000000 is not"),
        (lambda m: m["layers"][0].update(channels=True), "channels: True is not"),
        (lambda m: m["layers"][0]["sprite"].update(height=1e9), "sprite.height: 1000000000.0 is"),
        (lambda m: m["layers"][0].update(units=None), "units: None is no object"),
        (lambda m: m["layers"].append(m["layers"][0]), "a name given twice"),
        (lambda m: m["layers"][0]["field"].update(size=["a", "b"]), "no receptive field"),
        (lambda m: m.update(subset={"../a": [1]}), "no choice of units"),
        (lambda m: m.update(subset={"fc": [-1]}), "no choice of units"),
        (lambda m: m.update(schema=[1]), "schema"),
        (lambda m: m.update(schema=2, versions=7), "schema 2"),
        (lambda m: m["model"].pop("name"), "model.name"),
        (lambda m: m["failures"].update(shown=[1]), "failures.shown"),
    ],
)
def test_manifests_of_another_shape_are_refused_by_entry(received: Atlas, change: object, said: str) -> None:
    rewrite(received.path, change)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=said.replace("[", r"\[").replace("{", r"\{")):
        Atlas.open(received.path)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff\xfe", b"null", b"{", b""])
def test_what_is_no_manifest_is_said(received: Atlas, content: bytes) -> None:
    (received.path / "manifest.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"manifest\.json"):
        Atlas.open(received.path)


@pytest.mark.parametrize("number", ["NaN", "-1e999"])
def test_numbers_that_no_script_can_hand_on_are_refused(received: Atlas, number: str) -> None:
    with_experiment(received)
    experiment, manifest = received.path / "experiments" / "curve" / "experiment.json", received.path / "manifest.json"
    for path in (experiment, manifest):
        path.write_text(path.read_text().replace("{", f'{{"odd": {number}, ', 1))
    with pytest.raises(StoreError, match=rf"curve.experiment\.json .*{number} is no number of JSON"):
        experiments(received.path)
    with pytest.raises(StoreError, match=rf"manifest\.json .*{number} is no number of JSON"):
        Atlas.open(received.path)


def test_a_name_never_becomes_a_path_in_an_export(received: Atlas, tmp_path: Path) -> None:
    # As a caller finds it who holds an atlas that changes under him.
    received.manifest["layers"][0]["id"] = "../../../evil"
    received.__dict__.pop("layers", None)
    (tmp_path / "mail" / "evil.js").write_bytes(script("layers/../../../evil", {"images": {}}))
    before = set(tree(tmp_path))
    with pytest.raises(StoreError, match=r"leads out of the folder"):
        export.export_folder(export.plan_export(received), tmp_path / "out" / "a" / "b")
    with pytest.raises(StoreError, match=r"leads out of the folder"):
        export.export_zip(export.plan_export(received), tmp_path / "all.zip")
    assert set(tree(tmp_path)) == before


def test_an_export_holds_our_page_and_none_of_their_scripts(received: Atlas, atlas: Atlas, tmp_path: Path) -> None:
    with_experiment(received, ACTIVE)
    with_scripts(received.path)
    export.export_folder(export.plan_export(received), tmp_path / "out")
    found = tree(tmp_path / "out")
    assert not [path for path, content in found.items() if EVIL in content]
    assert not [path for path in found if "evil" in path or path == "experiments/curve/x.js"]
    for name in ("index.html", "atlas.js", "atlas-more.js", "atlas.css", "icon.svg"):
        assert found[name] == files("convscope.atlas.page").joinpath(name).read_bytes()
    assert b"script" not in found["experiments/curve/curve.svg"]
    own = {path: content for path, content in tree(atlas.path).items() if path.startswith(("data/", "pictures/"))}
    for path in set(own) - {"data/experiments.js", "data/manifest.js"}:
        assert found[path] == own[path], path


def test_an_export_of_an_atlas_of_ours_has_its_bytes(atlas: Atlas, tmp_path: Path) -> None:
    export.export_folder(export.plan_export(atlas), tmp_path / "out")
    own = {path: content for path, content in tree(atlas.path).items() if not path.startswith("store/")}
    told = {
        "manifest.json",
        "data/manifest.js",
        "inventory.json",
    }  # which say what was left out, and by which parts made
    found = tree(tmp_path / "out")
    assert set(found) == set(own)
    for path in set(own) - told:
        assert found[path] == own[path], path


@pytest.mark.parametrize("where", ["data/network.js", "data/layers/00-relu1/0.js", "data/images/0.js"])
def test_an_export_refuses_data_that_is_code(received: Atlas, tmp_path: Path, where: str) -> None:
    (received.path / where).write_bytes(EVIL)
    with pytest.raises(StoreError, match=r"is not what an atlas holds there"):
        export.plan_export(received)


def test_single_files_and_parts_refuse_data_that_is_code(received: Atlas) -> None:
    (received.path / "data" / "layers" / "02-fc" / "0.js").write_bytes(b'__atlas("layers/02-fc/0",{});alert(1);\n')
    with pytest.raises(StoreError, match=r"is not what an atlas holds there"):
        export.plan_export(received, units=["fc:1"])


@pytest.mark.parametrize("value", [[], {"units": 3, "first": 0}, {"units": [{}], "images": {"../..": 1}}, "text"])
def test_parts_of_strange_shards_are_refused(received: Atlas, value: object) -> None:
    for address in ("layers/02-fc/0", "extras/02-fc/0"):
        (received.path / "data" / f"{address}.js").write_bytes(script(address, value))
    with pytest.raises(StoreError, match=r"does not hold what an atlas does"):
        export.plan_export(received, units=["fc:1"])


@pytest.mark.parametrize("where", ["pictures/00-relu1/0.webp", "data/network.js", "atlas.sqlite", "manifest.json"])
def test_links_out_of_the_folder_are_refused(received: Atlas, tmp_path: Path, where: str) -> None:
    secret = tmp_path / "secret"
    shutil.copy(received.path / where, secret)
    link(secret, received.path / where)
    with pytest.raises(StoreError, match=r"leads out of the folder"):
        export.export_zip(export.plan_export(Atlas.open(received.path)), tmp_path / "all.zip")
    assert not (tmp_path / "all.zip").exists()


def test_links_out_of_the_folder_are_not_read_either(received: Atlas, tmp_path: Path) -> None:
    for where in ("pictures/02-fc/1.webp", "layers/00-relu1.safetensors"):
        (tmp_path / "outside").mkdir(exist_ok=True)
        shutil.copy(received.path / where, tmp_path / "outside" / Path(where).name)
        link(tmp_path / "outside" / Path(where).name, received.path / where)
    with pytest.raises(StoreError, match=r"leads out of the folder"):
        received.unit("fc:1")
    with pytest.raises(StoreError, match=r"leads out of the folder"):
        received.record("relu1")


def test_links_within_the_folder_are_files(received: Atlas) -> None:
    path = received.path / "pictures" / "02-fc" / "1.webp"
    path.rename(path.with_name("one"))
    link(path.with_name("one"), path)
    assert received.unit("fc:1").photos.any()


@pytest.mark.parametrize("table", ["images", "classes"])
def test_columns_that_are_computed_are_not_read(received: Atlas, table: str) -> None:
    with contextlib.closing(sqlite3.connect(received.path / "atlas.sqlite")) as connection, connection:
        connection.execute(f"DROP TABLE {table}")
        text = "name TEXT GENERATED ALWAYS AS (hex(zeroblob(400000000)))"  # 800 MB for each of its rows
        connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, class INTEGER, {text})")
        connection.executemany(f"INSERT INTO {table} (id, class) VALUES (?, 0)", [(n,) for n in range(20)])
    reseal(received.path)
    with pytest.raises(StoreError, match="columns that are computed"):
        Atlas.open(received.path).unit("fc:1")


def test_experiments_name_files_of_their_own(received: Atlas, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    with_experiment(received)
    path = received.path / "experiments" / "curve" / "experiment.json"
    about = json.loads(path.read_text())
    outside = "../../../../secret.csv"
    for change in ({"table": outside}, {"figures": [outside]}, {"name": "../curve"}, {"images": ["x"]}, {"title": 3}):
        path.write_text(json.dumps(about | change))
        with pytest.raises(StoreError, match=r"no description of an experiment"):
            experiments(received.path)
    path.write_text(json.dumps(about))
    link(tmp_path / "secret.csv", received.path / "experiments" / "curve" / "table.csv")
    with pytest.raises(StoreError, match=r"leads out of the folder"):
        add_experiment(received.path, "other", title="Other", kind="other")


def test_parts_that_an_experiment_only_claims_to_have_are_not_looked_for_without_end(received: Atlas) -> None:
    add_experiment(received.path, "curve", title="Curve", kind="other", table=[{"a": 1}], data={}, parts=[{"b": 1}])
    path = received.path / "experiments" / "curve" / "experiment.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "parts": 10**15}))
    reseal(received.path)
    planned = export.plan_export(Atlas.open(received.path)).paths()
    assert [path for path in planned if path.startswith("data/experiments/curve/")] == ["data/experiments/curve/0.js"]
    damaged = [one.path for one in verify_atlas(received.path)]
    assert [path for path in damaged if path.startswith("data/experiments/curve/")] == ["data/experiments/curve/1.js"]


def test_nothing_is_written_through_a_link(received: Atlas, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (received.path / "experiments").symlink_to(tmp_path / "outside")
    with pytest.raises(StoreError, match=r"leads out of the folder"):
        add_experiment(received.path, "other", title="Other", kind="other")
    assert not list((tmp_path / "outside").iterdir())


def test_attached_atlases_bring_no_scripts(received: Atlas, atlas: Atlas, tmp_path: Path) -> None:
    shutil.copytree(atlas.path, tmp_path / "own")
    with_scripts(received.path)
    place = attach(tmp_path / "own", received.path, "theirs")
    assert not [path for path, content in tree(place).items() if EVIL in content]
    (received.path / "data" / "network.js").unlink()  # the attached one is the same file
    (received.path / "data" / "network.js").write_bytes(EVIL)
    reseal(received.path)
    with pytest.raises(StoreError, match=r"is not what an atlas holds there"):
        attach(tmp_path / "own", received.path, "theirs")
    assert (place / "data" / "network.js").read_bytes() == (atlas.path / "data" / "network.js").read_bytes()
    assert Atlas.open(place).unit("fc:1").photos.any()


def test_atlases_beside_one_are_exported_without_scripts(received: Atlas, atlas: Atlas, tmp_path: Path) -> None:
    shutil.copytree(atlas.path, received.path / "atlases" / "theirs")
    with_scripts(received.path / "atlases" / "theirs")
    export.export_folder(export.plan_export(received), tmp_path / "out")
    found = {path for path in tree(tmp_path / "out") if path.startswith("atlases/theirs/")}
    assert "atlases/theirs/data/manifest.js" in found
    assert not [path for path in found if "evil" in path or "store/" in path or path.endswith("html")]
    rewrite(received.path / "atlases" / "theirs", lambda m: m["layers"][0].update(id="../../../../evil"))
    with pytest.raises(StoreError, match=r"is no name of a layer"):
        export.plan_export(received)


def test_a_notebook_is_answered_with_data_alone(received: Atlas) -> None:
    with_experiment(received, ACTIVE)
    (received.path / "data" / "network.js").write_bytes(EVIL)
    (received.path / "pictures" / "02-fc" / "1.webp").write_bytes(b"<html>")
    assert "error" in answer(received, {"id": 1, "address": "network"})[0]
    assert "error" in answer(received, {"id": 1, "picture": "pictures/02-fc/1.webp"})[0]
    assert "error" in answer(received, {"id": 1, "picture": "experiments/curve/table.csv"})[0]
    reply, (content,) = answer(received, {"id": 1, "picture": "experiments/curve/curve.svg"})
    assert reply["type"] == "image/svg+xml"
    assert b"script" not in content
