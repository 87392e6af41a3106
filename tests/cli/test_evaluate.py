"""`convscope evaluate`."""

import json
from collections.abc import Callable
from pathlib import Path


def test_rates_by_class_are_shown_and_written(convscope: Callable, images: Path, tmp_path: Path) -> None:
    asked = ("evaluate", "zoo:tiny", images, "--classes", "2", "--match", "index", "--weights", "random")
    done = convscope(*asked, "-o", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    kept = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert {key: done.document[key] for key in kept} == kept
    assert sum(one["images"] for one in kept["classes"]) == kept["images"] == 7
    shown = convscope(*asked, "--views", "ten")
    assert "on 7 images, ten crops" in shown.out
    assert "7 images" in shown.err  # what is looked at is said first
    assert shown.out.splitlines()[0].split() == ["class", "images", "top-1"]


def test_several_networks_are_one_ensemble(convscope: Callable, images: Path) -> None:
    asked = ("evaluate", "zoo:tiny", images, "--classes", "10", "--match", "index", "--weights", "random")
    done = convscope(*asked, "--with", "zoo:tiny", "--json")
    assert done.code == 0, done.err
    assert len(done.document["networks"]) == 2
    assert done.document["top1"] == convscope(*asked, "--json").document["top1"]


def test_images_without_classes_are_refused(convscope: Callable, images: Path) -> None:
    done = convscope("evaluate", "zoo:tiny", images / "odd")
    assert done.code in (2, 4)
    assert "class" in done.err
