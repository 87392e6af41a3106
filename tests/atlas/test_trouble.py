"""What goes wrong around an atlas ends in one error: damage, numbers that are none, folders that vanish."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import convscope as cs
from convscope.atlas import Atlas, build_atlas
from convscope.atlas.store import LayerRecord, read_tensors, write_tensors
from convscope.atlas.verifying import verify_atlas
from convscope.data import Source, open_source
from convscope.errors import SourceError, StoreError
from convscope.graph import Network
from convscope.models.tiny import random_tiny
from convscope.models.weights import save_weights
from tests.atlas.conftest import LAYERS
from tests.atlas.received import reseal

pytestmark = pytest.mark.usefixtures("epoch")


@pytest.fixture
def copy(atlas: Atlas, tmp_path: Path) -> Path:
    shutil.copytree(atlas.path, tmp_path / "copy")
    return tmp_path / "copy"


# -- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["zeros", "cut", "garbage", "empty tables", "no rows", "a view", "other types"])
def test_a_damaged_table_is_said(copy: Path, content: str) -> None:
    opened, path = Atlas.open(copy), copy / "atlas.sqlite"
    whole = path.read_bytes()
    if content == "zeros":
        path.write_bytes(bytes(len(whole)))
    elif content == "cut":
        path.write_bytes(whole[:5000])
    elif content == "garbage":
        path.write_bytes(whole[:100] + bytes(range(256)) * (len(whole) // 256))
    else:
        changes = {
            "empty tables": "DROP TABLE images; DROP TABLE classes",
            "no rows": "DELETE FROM images; DELETE FROM classes",
            "a view": "DROP TABLE images; CREATE VIEW images AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id "
            "FROM n) SELECT id, 'a' AS name, 1 AS class FROM n; DROP TABLE classes",
            "other types": "DROP TABLE images; CREATE TABLE images (id, name, class); "
            "WITH RECURSIVE n(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM n WHERE id < 50) "
            "INSERT INTO images SELECT id, x'00', 'cat' FROM n",
        }
        with sqlite3.connect(path) as connection:
            connection.executescript(changes[content])
        connection.close()
    with pytest.raises(StoreError, match=r"atlas\.sqlite.*run the command that made the atlas again"):
        opened.unit("fc:1")


def test_a_class_that_has_no_name_is_said(copy: Path) -> None:
    with sqlite3.connect(copy / "atlas.sqlite") as connection:
        connection.execute("UPDATE images SET class = 99")
    connection.close()
    reseal(copy)
    with pytest.raises(StoreError, match=r"atlas\.sqlite"):
        Atlas.open(copy).unit("fc:1")


@pytest.mark.parametrize("change", ["missing", "shape", "type", "about", "layer", "cut", "zeros", "images"])
def test_a_damaged_record_is_said(copy: Path, change: str) -> None:
    path = copy / "layers" / "02-fc.safetensors"
    tensors, about = read_tensors(path)
    whole = path.read_bytes()
    if change == "missing":
        del tensors["values"]
    elif change == "shape":
        tensors["boxes"] = tensors["boxes"][:3]
    elif change == "type":
        tensors["images"] = tensors["images"].astype(np.float32)
    elif change == "about":
        del about["layer"]
    elif change == "layer":
        about["layer"] = {"name": "fc"}
    elif change == "images":
        tensors["images"] = np.full_like(tensors["images"], 1 << 60)
    write_tensors(path, tensors, about)
    if change == "cut":
        path.write_bytes(whole[:1000])
    elif change == "zeros":
        path.write_bytes(bytes(len(whole)))
    reseal(copy)
    with pytest.raises(StoreError, match=r"(02-fc\.safetensors|atlas\.sqlite).*again"):
        Atlas.open(copy).unit("fc:1")


def test_a_record_that_is_as_it_was_loads(copy: Path) -> None:
    path = copy / "layers" / "02-fc.safetensors"
    assert LayerRecord.load(path).values.tolist() == load_file(path)["values"].tolist()


@pytest.mark.parametrize("content", [b"", b"RIFF\0\0\0\0WEBP", b"GIF89a"])
def test_a_damaged_whole_image_is_said(copy: Path, content: bytes) -> None:
    opened = Atlas.open(copy)
    number = int(opened.unit("fc:0").images[0])
    (copy / "pictures" / "images" / "0" / f"{number}.webp").write_bytes(content)
    with pytest.raises(StoreError, match=rf"{number}\.webp is damaged"):
        opened.image(number)


# -- numbers that are none --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("conv1.weight", float("nan"), 3),
        ("conv1.weight", float("inf"), -1),
        ("block1.conv2.weight", float("nan"), -1),
        ("block1.conv2.weight", 3e38, 3),
        ("block2.bn2.bias", float("inf"), 3),
        ("block2.bn2.bias", 3e38, -1),
        ("fc.weight", float("nan"), 3),
        ("fc.weight", 3e38, -1),
        ("fc.bias", float("inf"), -1),
    ],
)
def test_weights_that_are_no_numbers_make_an_atlas(
    source: Source, tmp_path: Path, name: str, value: float, count: int
) -> None:
    module = random_tiny()
    with torch.no_grad():
        dict(module.named_parameters())[name].view(-1)[:count] = value
    save_weights(tmp_path / "broken.safetensors", module.state_dict())
    broken = cs.load("zoo:tiny", weights=tmp_path / "broken.safetensors")
    made = build_atlas(broken, source, tmp_path / "out", layers=LAYERS, k=4)
    assert verify_atlas(made.path) == []
    assert Atlas.open(made.path).unit("fc:1").unit.channel == 1


# -- images -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    folder = tmp_path / "unreadable"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.png").write_bytes(b"no image")
    return folder


def test_no_readable_image_makes_no_atlas(net: Network, unreadable: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none of the 5 images of the collection can be read; the first, 0\.png: "):
        build_atlas(net, open_source(unreadable), tmp_path / "out", layers=LAYERS, k=4)
    with pytest.raises(StoreError):
        Atlas.open(tmp_path / "out")


# -- folders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["scan", "profile", "project relu1", "project fc", "control fc", "images", "finish"])
def test_a_folder_that_vanishes_is_said_or_made_whole(net: Network, source: Source, tmp_path: Path, stage: str) -> None:
    out = tmp_path / "out"

    def vanish(name: str, done: int, total: int) -> None:
        if name == stage:
            shutil.rmtree(out, ignore_errors=True)

    try:
        made = build_atlas(net, source, out, layers=LAYERS, k=4, progress=vanish)
    except StoreError as error:
        assert "while the atlas was made" in str(error)  # noqa: PT017  either is well
        with pytest.raises(StoreError):
            Atlas.open(out)
    else:
        if stage == "finish" and not out.exists():
            pytest.fail("an atlas was made that is not there")
        assert verify_atlas(made.path) == []
