"""`convscope correspond`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

TABLE = "image,part,y0,x0,y1,x1\neven/0.png,eye,5,5,15,15\nodd/1.png,eye,6,6,16,16\neven/2.png,eye,4,4,14,14\n"


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """A table of one part on three images."""
    path = tmp_path / "parts.csv"
    path.write_text(TABLE)
    return path


def test_the_parts_of_a_table_are_compared(convscope: Callable, images: Path, parts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ("correspond", "zoo:tiny", images, "--parts", parts, "-o", out, "--draws", "20", "--layers", "relu1")
    done = convscope(*asked, "--json")
    assert done.code == 0, done.err
    names = json.loads((out / "correspondence.json").read_text())["names"]
    assert names == ["even/0.png", "even/2.png", "odd/1.png"]
    assert {path.suffix for path in out.iterdir()} == {".csv", ".json", ".png", ".safetensors"}
    assert len((out / "untrained.csv").read_text().splitlines()) == 1 + 3
    assert len(done.document["figures"]) == 2
    again = convscope(*asked)
    lines = again.out.splitlines()
    assert lines[0] == "Of all features"
    assert lines[1].split()[:3] == ["layer", "part", "images"]
    assert "Decided at relu1, by the share of all features whose change differs in sign" in again.out
    assert "3 images, 20 sets of masks of each kind" in again.out
    assert "none of the paper's ranks is below 0.048; ranks among places are not below" in again.err
    assert "2 ranks, corrected after Holm" in again.err
    (kept,) = json.loads((out / "correspondence.json").read_text())["results"]
    assert lines[1].split()[7:10] == ["floor", "corrected", "untrained"]
    assert lines[2].split()[9] == f"{kept['floor']:.4f}"
    assert f"{kept['disjoint']} disjoint places, of which none is below {kept['floor']:.2g}" in again.out
    changed = next(line for line in lines[lines.index("Of the features that change") :] if line.startswith("relu1"))
    assert f"{kept['low_among_changed']:.4f} to {kept['high_among_changed']:.4f}" in changed


def test_what_does_not_fit_the_images_is_named(convscope: Callable, images: Path, parts: Path, tmp_path: Path) -> None:
    asked = ("correspond", "zoo:tiny", images, "-o", tmp_path / "out")
    parts.write_text(TABLE + "odd/99.png,eye,1,1,9,9\n")
    missing = convscope(*asked, "--parts", parts)
    assert (missing.code, "odd/99.png" in missing.err) == (2, True)
    parts.write_text(TABLE + "odd/3.png,eye,1,1,9,999\n")
    beyond = convscope(*asked, "--parts", parts)
    assert (beyond.code, "reaches beyond the image of 40x40" in beyond.err) == (4, True)
    parts.write_text("image,part,y0,x0,y1,x1\neven/0.png,object,1,1,9,9\n")
    none = convscope(*asked, "--parts", parts)
    assert (none.code, "no part besides 'object'" in none.err) == (2, True)
    certain = convscope(*asked, "--parts", parts, "--confidence", "1.5")
    assert (certain.code, "--confidence 1.5: give a share" in certain.err) == (2, True)
