"""`convscope mistakes`."""

from collections.abc import Callable
from pathlib import Path

import convscope as cs
from tests.cli.conftest import write_images


def test_the_mistakes_are_those_of_the_library(convscope: Callable, tmp_path: Path) -> None:
    images, out = write_images(tmp_path / "images", 4), tmp_path / "out"
    how = (
        "--match",
        "index",
        "--explain",
        1,
        "--most",
        2,
        "--layers",
        "block2.relu2",
        "--size",
        "16",
        "--stride",
        "16x8",
    )
    done = convscope("mistakes", "zoo:tiny", images, "-o", out, *how, "--json")
    assert done.code == 0
    found = cs.mistakes(
        cs.load("zoo:tiny"), str(images), match="index", explain=1, most=2, layers=["block2.relu2"], size=16,
        stride=(16, 8),
    )  # fmt: skip
    assert [row["image"] for row in done.document["mistakes"]] == [row["image"] for row in found.rows()]
    assert done.document["causes"] == found.to_json()["causes"]
    assert (out / "index.html").is_file()
    again = convscope("mistakes", "zoo:tiny", images, "-o", out, *how)
    assert again.code == 0
    assert "answered" in again.out
    assert str(out / "index.html") in again.out


def test_images_whose_labels_the_network_does_not_know_are_refused(convscope: Callable, tmp_path: Path) -> None:
    done = convscope("mistakes", "zoo:tiny", write_images(tmp_path / "images", 4), "-o", tmp_path / "out")
    assert done.code == 2
    assert "--match index takes the classes as the first 2 outputs" in done.err
