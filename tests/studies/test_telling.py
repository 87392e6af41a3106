"""What the command line can ask for and say, Python can: amounts of a transformation as text, a training in lines."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import convscope as cs
from convscope.data import wrap_dataset
from convscope.errors import UsageError
from convscope.studies.training import Told


def test_transformations_are_asked_for_in_text() -> None:
    net = cs.Network.trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (3, 8, 8))
    images = torch.rand(1, 3, 8, 8)
    found = cs.invariance(net, images, transformations=["scale=1:1.4:0.2", "vertical=0,2"], layers=["1"]).found
    assert [curve.transformation for curve in found.curves] == ["scale", "vertical"]
    assert [list(curve.values) for curve in found.curves] == [[1.0, 1.2, 1.4], [0.0, 2.0]]
    for text in ("scale=1:2", "scale=1:2:0", "scale=2:1:0.1", "scale=0:9999:1"):
        with pytest.raises(UsageError, match=rf"transformations='{text}': give amounts as scale=1:1.8:0.1"):
            cs.invariance(net, images, transformations=[text])


def test_a_training_is_told_in_lines(tmp_path: Path) -> None:
    items = [(np.full((72, 72, 3), 60 * (i % 2), np.uint8), i % 2) for i in range(4)]
    lines: list[str] = []
    told = Told(lines.append)
    small = {"epochs": 1, "width": 0.02, "batch": 2}
    images = wrap_dataset(items, classes=["dark", "light"])
    cs.train(
        "imagenette-zfnet", images, tmp_path, changes=small, device="cpu", on_start=told.start, on_epoch=told.epoch
    )
    assert lines[0].startswith("imagenette-zfnet: 8c7/2-")
    assert lines[2] == "no validation images"
    assert lines[3].startswith("epoch 1/1: loss ")


def test_random_weights_are_told_of_while_they_are_drawn_and_looked_at() -> None:
    net = cs.Network.trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (3, 8, 8))
    told: list[tuple[str, int, int]] = []
    cs.invariance(
        net, torch.rand(1, 3, 8, 8), transformations={"vertical": [0, 1]}, seeds=2, seed=3,
        progress=lambda *said: told.append(said),
    )  # fmt: skip
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == [
        "transform", "draw random weights, seed 3", "transform, random weights, seed 3",
        "draw random weights, seed 4", "transform, random weights, seed 4",
    ]  # fmt: skip
    assert ("draw random weights, seed 3", 0, 1) in told
