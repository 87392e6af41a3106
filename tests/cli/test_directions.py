"""`convscope directions`, and `--directions` of the other commands."""

from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs


def test_what_is_learned_is_attached_by_its_file(convscope: Callable, images: Path, tmp_path: Path) -> None:
    file = tmp_path / "d.safetensors"
    asked = ("--layer", "relu1", "-n", 6, "--active", 2, "--updates", 5, "--positions", 100, "--empty-beside")
    done = convscope("directions", "zoo:tiny", images, "-o", file, "--name", "own", *asked, "--json")
    assert done.code == 0, done.err
    assert done.document["n"] == 6
    found = cs.directions(
        cs.load("zoo:tiny"), images, layer="relu1", n=6, active=2, updates=5, positions=100, beside=[]
    )
    assert done.document["compared"][0]["explained"] == pytest.approx(found.compared[0].explained, rel=1e-6)
    listed = convscope("layers", "zoo:tiny", "--directions", file)
    assert "relu1~own " in listed.out
    shown = convscope(
        "deconv", "zoo:tiny", next(images.rglob("*.png")), "--directions", file, "-u", "relu1~own:5", "-o", tmp_path
    )
    assert shown.code == 0, shown.err
    assert "relu1~own:5@" in shown.out
    small = convscope("layers", "zoo:tiny", "--directions", file, "--input-size", 48)
    assert small.code != 0
    assert "or on it with other weights or at another size of its input than 3 x 48 x 48" in small.err
    before = file.read_bytes()
    again = convscope("directions", "zoo:tiny", images, "-o", file, *asked)
    assert again.code == 5
    assert "directions that answer another question" in again.err
    assert file.read_bytes() == before
    missing = convscope("layers", "zoo:tiny", "--directions", tmp_path / "none")
    assert missing.code == 3
    assert "there is no file of directions" in missing.err
