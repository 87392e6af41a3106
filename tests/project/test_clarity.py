"""What the comparison of directions with units measures: noise is nothing, what was planted is found."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import convscope as cs
from benchmarks import _clarity as clarity
from benchmarks import directions
from convscope.data import Preprocess
from tests.cli.conftest import write_images

CLASSES, EACH = 4, 20


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return np.repeat(np.arange(CLASSES), EACH)


@pytest.fixture(scope="module")
def half(labels: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).permutation(len(labels)) % 2 == 0


def test_noise_is_not_selective_however_rare_and_a_unit_of_a_class_is(labels: np.ndarray, half: np.ndarray) -> None:
    draw = np.random.default_rng(1)
    rare = draw.random((len(labels), 400)) * (draw.random((len(labels), 400)) < 0.1)
    index, area = clarity.selectivity(rare, labels, half)
    by_chance, _ = clarity.selectivity(rare, clarity.shuffled(labels, half), half)
    assert abs(np.nanmean(index) - np.nanmean(by_chance)) < 0.08
    assert abs(area.mean() - 0.5) < 0.02
    means, others = clarity.by_class(rare, labels, CLASSES)
    assert ((means - others) / (means + others)).max(0).mean() > 0.3  # chosen where it is measured
    planted = (labels == 2)[:, None] + 0.5 * draw.random((len(labels), 1))
    index, area = clarity.selectivity(planted, labels, half)
    a, b = planted[labels == 2].mean(), planted[labels != 2].mean()
    assert index[0] == pytest.approx((a - b) / (a + b), abs=0.03)
    assert area[0] == 1


def test_the_nine_agree_where_their_features_do(labels: np.ndarray) -> None:
    features = np.eye(len(labels))[labels]
    values = np.stack([labels == 1, np.arange(len(labels)) % 9 == 0, labels == -1], 1).astype(float)
    values[:8, 2] = 1  # eight images alone
    found = clarity.agreement(values, features)
    assert found[0] == 1
    of = labels[np.arange(len(labels)) % 9 == 0]
    assert found[1] == pytest.approx(np.mean([of[i] == of[j] for i in range(9) for j in range(9) if i != j]))
    assert np.isnan(found[2])


def test_effects_are_those_of_running_again_and_their_class_is_chosen_on_the_other_half() -> None:
    torch.manual_seed(0)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5))
    layers = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), *head)
    net = cs.Network.trace(layers, (3, 10, 10), preprocess=Preprocess(10, 10))
    pictures = [np.random.default_rng(i).integers(0, 256, (10, 10, 3), np.uint8) for i in range(6)]
    half, units = np.arange(6) % 2 == 0, np.array([0, 4])
    found = clarity.of_effects(net, cs.open_source(pictures), "1", units, half)
    inputs = net.preprocess.normalise(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))
    change = []
    for unit in units:
        maps = net.run(inputs, ["1"])["1"].clone()
        before = head(maps)
        maps[:, unit] = 0
        change.append((head(maps) - before).detach().numpy())
    for n, unit in enumerate(units):
        falls = [-change[n][one].mean(0) for one in (half, ~half)]
        scores = [(b[a.argmax()] - b.mean()) / b.std() for a, b in (falls, falls[::-1])]
        assert found["focus of effects"].values[n] == pytest.approx(np.mean(scores), rel=1e-3), unit
        assert found["same class"].values[n] == (falls[0].argmax() == falls[1].argmax())


def test_the_comparison_prints_a_row_for_each_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    net, file = cs.load("zoo:tiny"), tmp_path / "sae.safetensors"
    images = write_images(tmp_path / "photos", 12)
    learned = {"layer": "block2.relu2", "n": 8, "active": 3, "updates": 20, "positions": 200, "beside": []}
    cs.directions(net, images, **learned).write(file)
    monkeypatch.setattr(directions, "DRAWS", 10)
    more = ["--tuning", "8", "--effects", "4", "--sanity", "2", "--side", "32"]
    monkeypatch.setattr("sys.argv", ["directions", "zoo:tiny", str(images), "--directions", str(file), *more])
    directions.main()
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert rows[0][0] == "| measure"
    names = [row[0].removeprefix("| ") for row in rows]
    assert {"selectivity", "steady", "focus of effects", "same class", "area of deletion"} <= set(names)
    assert any(name.startswith("agreement by") for name in names)
