"""`convscope atlas`."""

from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs
from convscope.atlas import Atlas, controls
from tests.cli.conftest import write_images

FEW = ("--layers", "conv1,block1.relu2", "-k", 3)


def test_page_is_made_and_named(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", *FEW)
    assert done.code == 0
    page = tmp_path / "out" / "index.html"
    assert page.stat().st_size > 0
    assert done.out.splitlines()[-1] == f"open {page}"
    told = [f"{layer.likeness:.2f}" for layer in Atlas.open(tmp_path / "out").layers]
    assert [line.split()[3] for line in done.out.splitlines()[1:3]] == told
    assert [line.split()[:2] for line in done.out.splitlines()[1:3]] == [["conv1", "16"], ["block1.relu2", "16"]]
    assert "layers conv1, block1.relu2" in done.err
    for stage in ("scan: 7/7", "project conv1: ", "finish: 4/4"):
        assert stage in done.err


def test_json_agrees_with_the_atlas(convscope: Callable, images: Path, tmp_path: Path) -> None:
    (images / "odd" / "3.png").write_bytes(b"no image")
    done = convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", *FEW, "--json", "--rule", "guided")
    document = done.document
    atlas = Atlas.open(tmp_path / "out")
    assert document["page"] == str(atlas.page)
    assert (document["outcome"], document["units"], document["failures"]) == ("made", 32, 1)
    assert document["layers"] == [
        {"name": at.name, "units": at.layer.channels, "dead": at.dead, "likeness": at.likeness} for at in atlas.layers
    ]
    assert atlas.manifest["options"]["rule"] == "guided"
    assert "left out odd/3.png" in done.err


def test_layers_that_look_like_their_controls_are_named_at_the_end(
    convscope: Callable, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", *FEW)
    first, second = (layer.likeness for layer in Atlas.open(tmp_path / "out").layers)
    assert first is not None
    assert second is not None
    monkeypatch.setattr(controls, "ALIKE", max(first, second) - 1e-4)
    done = convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", *FEW)
    name = "conv1" if first > second else "block1.relu2"
    (said,) = (line for line in done.out.splitlines()[-3:] if "projections look" in line)
    assert said.startswith(f"{name}: projections look much like a random signal's")
    monkeypatch.setattr(controls, "ALIKE", 1.0)
    again = convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", *FEW)
    assert "projections look" not in again.out


def test_default_layers_are_the_stages(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", "-k", 1, "--thumb", 0, "--json")
    assert [layer["name"] for layer in done.document["layers"]] == list(cs.load("zoo:tiny").layers.stages())


def test_atlas_that_is_done_says_so(convscope: Callable, images: Path, tmp_path: Path) -> None:
    convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", *FEW)
    again = convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", *FEW)
    assert again.code == 0
    assert "nothing is left to do" in again.err
    assert again.out.splitlines()[-1] == f"open {tmp_path / 'out' / 'index.html'}"


def test_limit_takes_some_of_the_images(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", *FEW, "--limit", 4)
    assert done.code == 0
    assert Atlas.open(tmp_path / "out").manifest["data"]["count"] == 4
    assert "4 of 7 images" in done.err


def test_folder_of_another_atlas_is_left_alone(convscope: Callable, images: Path, tmp_path: Path) -> None:
    convscope("atlas", "zoo:tiny", images, "-o", tmp_path / "out", *FEW)
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    others = write_images(tmp_path / "others", 3, seed=1)
    for model, source, seed in (("zoo:tiny", others, 0), ("zoo:tiny", images, 1)):
        done = convscope("atlas", model, source, "-o", tmp_path / "out", *FEW, "--seed", seed)
        assert (done.code, done.out) == (5, "")
        assert "holds an atlas of other" in done.err
    assert "seed 0" in done.err
    assert "seed 1" in done.err
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before


def test_folder_with_other_files_is_left_alone(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("atlas", "zoo:tiny", images, "-o", images)
    assert done.code == 5
    assert "holds other files" in done.err
