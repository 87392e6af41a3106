"""Mistakes of outputs that are no choice among classes: values that are off, and several labels at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.atlas.web import value_of
from convscope.errors import UsageError
from convscope.methods.effects import Silencer
from tests.studies.failing import PLAIN, SIDE, write_misleading

HOW: dict[str, Any] = {"layers": ["1"], "size": 5, "stride": 2, "most": 3, "workers": 1}
BLUE, GREEN, RED = range(3)


def coloured(votes: list[list[float]], **about: Any) -> cs.Network:
    """Means of what is blue, green and red, unit by unit of layer "1", weighed by `votes` into outputs."""
    layers: Any = nn.Sequential(
        nn.Conv2d(3, 3, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, len(votes))
    )
    with torch.no_grad():
        layers[0].weight.zero_()
        layers[0].bias.zero_()
        for unit, colour in ((BLUE, 2), (GREEN, 1), (RED, 0)):
            layers[0].weight[unit, colour] = 1
        layers[4].weight.copy_(torch.tensor(votes))
        layers[4].bias.zero_()
    return cs.Network.trace(layers, (3, SIDE, SIDE), preprocess=PLAIN, **about)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_misleading(tmp_path_factory.mktemp("misleading") / "images")


def names(room: Path) -> list[str]:
    return sorted(path.relative_to(room).as_posix() for path in room.rglob("*.png"))


def values_of(room: Path, net: cs.Network) -> dict[str, np.ndarray]:
    pixels = (
        torch.from_numpy(np.asarray(Image.open(room / name)).copy()).permute(2, 0, 1)[None] for name in names(room)
    )
    inputs = map(PLAIN.normalise, pixels)
    return {
        name: net.run(one)["4"][0].numpy().astype(np.float64) for name, one in zip(names(room), inputs, strict=True)
    }


@pytest.fixture(scope="module")
def regression(room: Path) -> tuple[cs.Network, dict[str, list[float]], cs.Mistakes]:
    """How green an image is, and ten times how blue: misled by anything red, which adds to the first."""
    net = coloured([[0.0, 1.0, 1.0], [10.0, 0.0, 0.0]], classes=["green", "blue"], scores="none")
    honest = coloured([[0.0, 1.0, 0.0], [10.0, 0.0, 0.0]], scores="none")
    truth = {
        name: [float(value[0]), float(value[1]) + 0.01]
        for name, value in values_of(room, honest).items()
        if "red" not in name
    }
    truth["blue/3.png"][1] += 2.0  # the answer is too low
    found = cs.mistakes(net, str(room), truth=truth, store=room.with_name("values"), explain=9, **HOW)
    return net, truth, found


def test_values_that_are_off_are_told_by_what_is_usual(
    regression: tuple[cs.Network, dict[str, list[float]], cs.Mistakes], room: Path
) -> None:
    net, truth, found = regression
    answered = values_of(room, net)
    off = np.array([answered[name] - truth[name] for name in truth])
    usual = np.abs(off).mean(0)
    expected = sorted(
        ((name, k) for i, name in enumerate(truth) for k in range(2) if abs(off[i, k]) > usual[k]),
        key=lambda one: -abs(answered[one[0]][one[1]] - truth[one[0]][one[1]]) / usual[one[1]],
    )
    assert found.images == 12
    assert found.asked == 24
    told = [(row["image"], int(row["answer"].startswith("blue"))) for row in found.rows()]
    assert told == expected
    assert {name for name, k in told if k == 0} == {
        "green/2.png",
        "green/5.png",
        "blue/1.png",
    }  # those with red in them
    for row, (name, k) in zip(found.rows(), told, strict=True):
        error = answered[name][k] - truth[name][k]
        assert row["answer"] == f"{('green', 'blue')[k]} too {'high' if error > 0 else 'low'}"
        assert row["value"] == pytest.approx(answered[name][k], rel=1e-5)
        assert row["true"] == pytest.approx(truth[name][k])
        assert row["contrast"] == pytest.approx(abs(error), rel=1e-4)
        assert row["times_usual"] == pytest.approx(abs(error) / usual[k], rel=1e-4)
    low = next(row for row in found.rows() if row["image"] == "blue/3.png")
    assert low["answer"] == "blue too low"
    assert "further off than on average" in found.summary
    assert "3 are green too high" in found.summary
    assert any("is true, green too high: " in line for line in found.lines)


def test_what_adds_to_a_value_explains_it_and_silencing_it_brings_it_close(
    regression: tuple[cs.Network, dict[str, list[float]], cs.Mistakes],
) -> None:
    net, _, found = regression
    silencer = Silencer(net, "1")
    for case, row in zip(found.cases, found.rows(), strict=True):
        if not row["answer"].startswith("green"):
            continue
        why = case.explained
        assert row["unit"].startswith(f"1:{RED}@") or row["unit"].startswith(f"1:{GREEN}@")
        assert float(why.contrast) == pytest.approx(row["contrast"], rel=1e-4)
        assert float(why.parts[0] + why.biases[0]) == pytest.approx(row["value"], rel=1e-4)
        (red,) = np.flatnonzero(why.channel == RED)
        assert why.silenced[red] == pytest.approx(row["value"] - why.amount[red] - row["true"], abs=1e-4)
        assert found.answers[why.silenced_answers[red]] == "green close"
        assert row["covered_answer"] == "green close"
        y0, x0, y1, x1 = map(int, row["covered"].split(","))
        assert (y0, x0) <= (4, 6) <= (y1, x1)
    low = next(case for case, row in zip(found.cases, found.rows(), strict=True) if row["image"] == "blue/3.png")
    assert len(low.explained) == 0  # nothing takes away from it: it should be more
    assert float(low.explained.contrast) > 0 > float(low.explained.parts[0])
    assert silencer.takes_channels


def test_the_page_of_values_has_every_output_of_an_image(
    regression: tuple[cs.Network, dict[str, list[float]], cs.Mistakes],
) -> None:
    _, _, found = regression
    folder = found.page.parent

    def script(address: str) -> Any:
        return value_of((folder / "data" / f"{address}.js").read_bytes(), address)

    manifest, rows = script("manifest"), script("rows/0")
    assert (manifest["kind"], manifest["images"], manifest["asked"]) == ("values", 12, 24)
    assert len({row["key"] for row in rows}) == len(found)
    for row in rows:
        full = script(f"mistakes/{row['key']}")
        assert row["key"] == f"{row['i']}-{row['t'] // 3}"
        assert full["z"] == pytest.approx(row["z"])
        assert full["best"] == []
        assert (folder / "pictures" / row["key"] / "photo.webp").is_file()
    similar = next(case.similar for case in found.cases if "green" in found.answers[found.truth_of(case)])
    assert similar.of == 11
    assert similar.as_answered + similar.as_labelled <= 11
    again = cs.Mistakes.load(folder)
    assert again.to_json() == found.to_json()
    assert [name for name in again.figures() if name != "pairs.png"]


def test_each_of_several_labels_is_a_question_of_its_own(room: Path, tmp_path: Path) -> None:
    net = coloured([[20.0, -1.0, -90.0], [-1.0, 20.0, -90.0]], classes=["blue", "green"], scores="sigmoid")
    truth = {name: [float("blue" in name), float("green" in name)] for name in names(room)}
    found = cs.mistakes(net, str(room), truth=truth, store=tmp_path, explain=9, **HOW)
    answered = values_of(room, net)
    wrong = {(name, k) for name in truth for k in range(2) if (answered[name][k] > 0) != bool(truth[name][k])}
    called = {"blue": 0, "green": 1}
    assert {(row["image"], called[row["label"].removeprefix("not ")]) for row in found.rows()} == wrong
    assert ("green/5.png", 1) in wrong
    assert found.asked == 36
    assert [row["contrast"] for row in found.rows()] == sorted((row["contrast"] for row in found.rows()), reverse=True)
    row = next(row for row in found.rows() if (row["image"], row["label"]) == ("green/5.png", "green"))
    assert row["answer"] == "not green"
    assert row["contrast"] == pytest.approx(-answered["green/5.png"][1], rel=1e-4)
    assert row["answer_score"] == pytest.approx(1 / (1 + np.exp(answered["green/5.png"][1])), rel=1e-4)
    assert row["unit"].startswith(f"1:{RED}@")
    assert row["silenced_answer"] == row["covered_answer"] == "green"
    assert "answers about labels of 18 images are wrong" in found.summary
    case = next(case for case in found.cases if found.rows()[case.row] == row)
    assert [found.answers[code] for code in case.best] == ["blue", "green"] or case.best[0] % 2 == 1


def test_truth_that_makes_no_sense_is_refused(room: Path) -> None:
    values = coloured([[0.0, 1.0, 1.0]], scores="none")
    with pytest.raises(UsageError, match="give their true values as truth="):
        cs.mistakes(values, str(room))
    with pytest.raises(UsageError, match="the collection itself says the images' classes, not truth="):
        cs.mistakes(coloured([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]], classes=["blue", "green", "red"]), str(room),
                    truth={"blue/1.png": [1, 0, 0]})  # fmt: skip
    maps = cs.Network.trace(nn.Conv2d(3, 3, 1), (3, SIDE, SIDE), preprocess=PLAIN)
    with pytest.raises(UsageError, match="evaluate judges maps by masks, and occlude and causes ask about a place"):
        cs.mistakes(maps, str(room))


def test_of_one_class_what_is_true_may_be_given(room: Path) -> None:
    net = coloured([[0.0, 20.0, -90.0]])
    truth = {name: [float("green" in name)] for name in names(room)}
    given = cs.mistakes(net, str(room), truth=truth, **HOW)
    named = cs.mistakes(coloured([[0.0, 20.0, -90.0]], classes=["green"]), str(room), **HOW)
    assert [row["image"] for row in given.rows()] == [row["image"] for row in named.rows()]
    assert [row["silenced"] for row in given.rows()] == [row["silenced"] for row in named.rows()]
