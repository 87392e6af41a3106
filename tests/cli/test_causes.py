"""`convscope causes`."""

from collections.abc import Callable
from pathlib import Path

import pytest

import convscope as cs


def test_the_graphs_are_those_of_the_library(convscope: Callable, images: Path, tmp_path: Path) -> None:
    asked = ("-u", "fc:1-0", "--layers", "block2.relu2,relu1", "--most", 3, "--nodes", "positions", "--limit", 1)
    done = convscope("causes", "zoo:tiny", images, "-o", tmp_path / "out", *asked, "--json")
    assert done.code == 0
    net = cs.load("zoo:tiny")
    found = cs.causes(net, str(images), "fc:1-0", layers=["relu1", "block2.relu2"], most=3, nodes="positions", limit=1)
    (graph,) = done.document["graphs"]
    assert [node["unit"] for node in graph["nodes"]] == [str(node.unit) for node in found[0].nodes]
    assert graph["balances"][0]["biases"] == pytest.approx(found[0].balances[0].biases, rel=1e-4)
    assert (tmp_path / "out" / "usual.csv").is_file()


def test_by_default_the_most_probable_class_is_asked_about(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("causes", "zoo:tiny", images, "-o", tmp_path / "out", "--limit", 1)
    assert done.code == 0
    assert "by other ways" in done.out
    assert "fc:" in done.out


def test_layers_that_do_not_feed_the_unit_are_refused(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("causes", "zoo:tiny", images, "-o", tmp_path / "out", "-u", "relu1:0", "--layers", "fc")
    assert done.code == 2
    assert "layer 'fc' does not feed 'relu1'" in done.err
