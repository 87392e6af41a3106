"""What answers say of themselves: sentences that can be quoted, all that was asked for, nothing that is not known."""

import inspect
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import convscope as cs
from convscope.data import wrap_dataset
from convscope.errors import ConvscopeError
from convscope.generalisation import Learning
from convscope.live.bench import Bench
from convscope.models.tiny import random_tiny
from convscope.models.weights import save_weights
from convscope.training.measures import Measure, measure, share


@pytest.fixture(scope="module")
def net() -> cs.Network:
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(400, 3))
    return cs.Network.trace(layers, (3, 12, 12))


X = torch.rand(2, 3, 12, 12, generator=torch.Generator().manual_seed(0))


def test_rows_and_words_of_an_occlusion_have_every_unit_and_class_that_was_asked_for(net: cs.Network) -> None:
    found = cs.occlude(net, X, size=4, stride=4, layer="1", units=["0:3", "1:2@4,4"], target=[1, 2])
    row, maps = found.rows()[0], found.found
    assert row["0:3"] == float(maps.uncovered.units[0, 0])
    fall = maps.uncovered.units[0, 1] - maps.covered.units[0, 1]
    assert row["least 1:2@4,4"] == float(maps.covered.units[0, 1].reshape(-1)[fall.argmax()])
    assert row["1:2@4,4 covered"] == ",".join(map(str, maps.grid.boxes[fall.argmax()]))
    assert (row["class"], row["class 2"]) == ("class 1", "class 2")
    assert row["probability 2"] == float(maps.uncovered.probabilities[0, 1])
    assert f"1:2@4,4 falls from {row['1:2@4,4']:.4g} to {row['least 1:2@4,4']:.4g} where" in found.summary
    assert "; class 2 falls from" in found.summary
    y0, x0, y1, x1 = row["covered"].split(",")
    assert f"where rows {y0} to {y1}, columns {x0} to {x1} are covered; " in found.summary
    assert all(line.endswith(" are covered") for line in found.lines)


def test_rows_of_units_alone_have_each_once(net: cs.Network) -> None:
    row = cs.occlude(net, X, size=4, stride=4, layer="1", units=["0:3", "0:1"], target="none").rows()[0]
    assert row["unit"] == "0:3"
    assert "0:1" in row
    assert "0:3" not in row


def test_invariance_says_how_far_features_move_and_what_becomes_of_the_class(net: cs.Network) -> None:
    found = cs.invariance(net, X, transformations={"vertical": [0, 2, 4]}, layers=["0", "3"])
    curve = found.found["vertical"]
    far = [f"{curve.mean(layer)[0].max():.0%}" for layer in ("0", "3")]
    assert found.summary.startswith(
        f"Of 2 images, in the mean: vertical from 0 to 4 px moves features by up to {far[0]} (0) and {far[1]} (3) of "
        f"their length, and the class stays the most probable of {curve.kept.min():.0%} of the images at worst."
    )


def test_invariance_without_a_class_says_nothing_of_one(net: cs.Network) -> None:
    found = cs.invariance(net, X[:1], transformations={"scale": [1, 1.5]}, layers=["0"], target="none")
    assert found.summary.startswith("Of 1 image, in the mean: scale from 1 to 1.5 moves features by up to ")
    assert "class" not in found.summary


def test_a_scan_says_how_many_units_it_looked_at_and_which_responds_most() -> None:
    photos = [np.full((40, 40, 3), value, np.uint8) for value in (20, 200)]
    found = cs.scan(cs.load("zoo:tiny"), photos, layers=["relu1"], k=1)
    strongest = int(found["relu1"].values[:, 0].argmax())
    assert found.summary.startswith("2 images; 16 units of 1 layer, ")
    assert found.summary.endswith(f"{found['relu1'].values[strongest, 0]:.4g}, of relu1:{strongest}")


def test_an_interval_without_width_is_no_interval() -> None:
    alike = measure("AUROC", 3, lambda weights: np.ones(len(weights)))
    assert str(alike) == "AUROC 1.000 (no interval: too few images, all draws of them are alike)"
    assert alike.to_json() == {"name": "AUROC", "value": 1.0, "low": None, "high": None}
    assert "(0.439 to 1.000)" in str(share("accuracy", 3, 3))
    assert "to" in str(Measure("MAE", 0.5, 0.4, 0.6))


def asked_of_networks() -> dict[str, Callable[..., Any]]:
    """Every public function that is asked of a network, or networks, and images."""
    found = {}
    for name in cs.__all__:
        parameters = (
            list(inspect.signature(getattr(cs, name)).parameters) if inspect.isfunction(getattr(cs, name)) else []
        )
        if parameters[:1] in (["net"], ["nets"], ["model"]) and "images" in parameters and name != "project_all":
            found[name] = getattr(cs, name)
    return found


@pytest.fixture(scope="module")
def broken() -> cs.Network:
    """A network some of whose weights are no numbers."""
    module = random_tiny()
    with torch.no_grad():
        module.conv1.weight[0, 0, 0, 0] = float("nan")
        module.fc.bias[1] = float("-inf")
    return cs.Network.trace(module, (3, 32, 32), name="broken", preprocess=cs.Preprocess(32, 32))


TOLD = "weights of broken hold NaN or infinite values, at 'conv1', 'fc': what comes of them says little"


PICTURES = [(np.full((40, 40, 3), 20 * number, np.uint8), number % 2) for number in range(8)]
MORE: dict[str, dict[str, Any]] = {
    "diagnose": {"images": None, "projections": 1},
    "transfer": {
        "images": wrap_dataset(PICTURES),
        "layers": ["fc"],
        "per_class": [1],
        "folds": 1,
        "learning": Learning(grid=(1.0,)),
    },
}
"""Of verbs that look at their images first: what makes them short."""


@pytest.mark.parametrize("verb", asked_of_networks())
def test_weights_that_are_no_numbers_are_said_by_every_verb(
    broken: cs.Network, verb: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    function, more = asked_of_networks()[verb], {"units": "fc:0", "parts": "parts.csv", "layer": "fc", "out": tmp_path}
    needed = [one.name for one in inspect.signature(function).parameters.values() if one.default is one.empty][2:]
    asked = {name: more[name] for name in needed if name in more}
    with suppress(ConvscopeError):  # the images are not there: it is said before
        function(broken, **{"images": tmp_path / "none", **asked, **MORE.get(verb, {})})
    assert [one for one in caplog.messages if one.startswith(TOLD)]


def test_mistakes_of_a_network_of_no_numbers_are_drawn(images: Path) -> None:
    module = random_tiny()
    for parameter in module.parameters():
        parameter.data.fill_(float("nan"))
    broken = cs.Network.trace(module, (3, 32, 32), preprocess=cs.Preprocess(32, 32))
    small: dict[str, Any] = {"layers": ["block2.relu2"], "explain": 1, "most": 1, "size": 16, "stride": 16}
    found = cs.mistakes(broken, images, match="index", limit=4, **small)
    assert all(figure.draw() for figure in found.figures().values())


def test_weights_that_are_no_numbers_are_said_of_every_checkpoint(
    tmp_path: Path, images: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state, run = random_tiny().state_dict(), tmp_path / "diverged"
    save_weights(run / "epoch-1.safetensors", state)
    save_weights(run / "epoch-2.safetensors", {**state, "fc.weight": state["fc.weight"] * np.nan})
    cs.evolve(run, images, model="zoo:tiny", layers=["fc"], units=1, limit=3)
    (said,) = (one for one in caplog.messages if "hold NaN" in one)
    assert "epoch-2.safetensors" in said
    assert "at 'fc'" in said


def test_weights_that_are_no_numbers_are_said_of_the_network_and_by_the_bench(
    broken: cs.Network, caplog: pytest.LogCaptureFixture
) -> None:
    assert broken.summary.endswith("; weights hold NaN or infinite values, at 'conv1', 'fc'")
    assert broken.to_json()["nonfinite"] == ["conv1", "fc"]
    Bench(broken)
    assert [one for one in caplog.messages if one.startswith(TOLD)]
    whole = cs.load("zoo:tiny")
    assert (whole.to_json()["nonfinite"], "NaN" in whole.summary) == ([], False)


def test_constants_that_are_meant_to_be_infinite_are_no_weights_without_numbers() -> None:
    class Masked(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 3)
            self.register_buffer("mask", torch.tensor([0.0, float("-inf"), 0.0, 0.0]))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (self.conv(x).mean((2, 3)) + self.mask).softmax(1)

    assert cs.Network.trace(Masked(), (3, 8, 8)).nonfinite == ()
