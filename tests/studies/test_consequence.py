"""Effects over a collection: whose images are a class's, what is kept, and what an answer says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import convscope as cs
from convscope.data import Preprocess, batches
from convscope.errors import StoreError, UsageError
from convscope.figures.effects import draw
from convscope.stores import effects as keeping
from convscope.studies.consequence import Own
from convscope.studies.effects_shown import in_turn
from tests.studies.conftest import write_pictures


def test_labels_are_those_that_fit(images: Path) -> None:
    net = cs.load("zoo:tiny", classes=["even", "odd", *map(str, range(8))])
    found = cs.effects(net, str(images), layers=["gap"], workers=1)
    assert found.own == "labels"
    assert found["gap"].shown.tolist() == [4, 4, *[0] * 8]
    assert np.isnan(found["gap"].own[:, 2:]).all()
    assert {row["class"] for row in found.pairs()} <= {"even", "odd", *map(str, range(8))}
    assert cs.effects(net, str(images), layers=["gap"], own="answers", workers=1).own == "answers"


@pytest.mark.parametrize(("own", "counted"), [("labels", "right answers"), ("answers", "answers as before")])
def test_answers_are_called_right_where_labels_say_so(images: Path, tmp_path: Path, own: Own, counted: str) -> None:
    net = cs.load("zoo:tiny", classes=["even", "odd", *map(str, range(8))])
    found = cs.effects(net, str(images), layers=["gap"], own=own, workers=1)
    out = tmp_path / "atlas"
    cs.build_atlas(net, str(images), out, layers=["gap"], k=1, thumb=0, tuning=False)
    entry = found.entry(cs.Atlas.open(out))
    drawn = [draw(found["gap"], counted).axes[0].get_ylabel(), *(chart.y for chart in entry.charts)]
    assert f"{counted} change most" in found.summary
    assert drawn == [f"change of {counted} (%)", f"change of {counted}, %"]


def test_units_are_by_default_of_the_last_stage_that_the_output_comes_from(images: Path) -> None:
    class MapBeside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last, self.kind = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            x = self.first(x).relu()
            return {"kind": self.kind(x.mean((2, 3))), "map": self.last(nn.functional.max_pool2d(x, 2)).relu()}

    net = cs.Network.trace(MapBeside(), (3, 16, 16), preprocess=Preprocess(16, 16), classes=["even", "odd"])
    assert list(cs.effects(net, str(images), workers=1)) == ["relu"]


def test_labels_that_do_not_fit_are_refused_where_they_are_asked_for(images: Path) -> None:
    net = cs.load("zoo:tiny")
    with pytest.raises(UsageError):
        cs.effects(net, str(images), layers=["gap"], own="labels")
    assert cs.effects(net, str(images), layers=["gap"], workers=1).own == "answers"
    with pytest.raises(UsageError, match="was not silenced: gap were"):
        cs.effects(net, str(images), layers=["gap"], workers=1)["fc"]


def test_a_repeated_call_goes_on_and_another_question_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, net = write_pictures(tmp_path), cs.load("zoo:tiny")
    (images / "even" / "0.png").write_bytes(b"no picture")
    monkeypatch.setattr(keeping, "_EVERY", 0.0)
    steps: list[str] = []

    class Stopped(Exception):
        pass

    def until(stage: str, done: int, total: int) -> None:
        steps.append(f"{stage} {done}")
        if stage == "effects of gap" and done == 3:
            raise Stopped

    how = {"layers": ["gap"], "batch": 3, "workers": 1, "store": tmp_path / "out"}
    with pytest.raises(Stopped):
        cs.effects(net, str(images), progress=until, **how)
    # What was told last was not kept yet: the sums of the first round were.
    later: list[str] = []
    found = cs.effects(net, str(images), progress=lambda stage, done, total: later.append(f"{stage} {done}"), **how)
    assert not [step for step in later if step.startswith("activations")]
    assert [failure.name for failure in found.failures] == ["even/0.png"]
    whole = cs.effects(net, str(images), **{**how, "store": None})
    np.testing.assert_array_equal(found["gap"].change, whole["gap"].change)
    again: list[str] = []
    cs.effects(net, str(images), progress=lambda stage, done, total: again.append(stage), **how)
    assert set(again) <= {"figures"}
    with pytest.raises(StoreError, match=r"holds the answer to another question \(other to: zero, not mean\)"):
        cs.effects(net, str(images), to="mean", progress=lambda stage, done, total: again.append(stage), **how)
    assert set(again) <= {"figures"}


def test_an_atlas_is_told_of_every_unit_and_class_first(images: Path) -> None:
    net = cs.load("zoo:tiny")
    found = cs.effects(net, str(images), layers=["block2.relu2"], own="answers", workers=1)
    rows = in_turn(found.pairs())
    assert sorted(map(str, rows)) == sorted(map(str, found.pairs()))
    units, classes = ({row[key] for row in found.pairs()} for key in ("unit", "class"))
    first = rows[: len(units) + len(classes)]
    assert {row["unit"] for row in first} == units
    assert {row["class"] for row in first} == classes
    assert rows[0]["change"] == min(row["change"] for row in rows)


def test_of_one_logit_images_of_either_class_are_answered(images: Path) -> None:
    torch.manual_seed(1)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1))
    source, recipe = cs.open_source(str(images)), Preprocess(16, 16)
    x = recipe.normalise(next(iter(batches(source, recipe, size=8))).images)
    layers[4].bias.data -= layers(x).median().detach()
    net = cs.Network.trace(layers, (3, 16, 16), preprocess=recipe, classes=["odd"])
    found = cs.effects(net, str(images), layers=["1"], own="labels", workers=1)["1"]
    truth = torch.tensor([source.name(i).startswith("odd") for i in range(8)])
    assert found.shown.tolist() == [4, 4]
    for unit in range(4):
        maps = layers[:2](x)
        maps[:, unit] = 0
        now = layers[2:](maps)[:, 0] > 0
        share = ((now == truth).float().mean() - ((layers(x)[:, 0] > 0) == truth).float().mean()).item()
        assert found.accuracy[unit] == pytest.approx(share)
    assert found.accuracy.any()
    assert found.lost[:, 0].any()


def test_values_and_several_labels_have_no_right_answers(images: Path) -> None:
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    for scores in ("none", "sigmoid"):
        net = cs.Network.trace(layers, (3, 16, 16), preprocess=Preprocess(16, 16), scores=scores)
        answer = cs.effects(net, str(images), layers=["1"], workers=1)
        assert np.isnan(answer["1"].accuracy).all()
        assert f"scores change most without {answer['1'].silenced[answer['1'].worst[0]]} (" in answer.summary
        assert "no answer is right or wrong" in answer.remarks()[-1]
        assert answer.to_json()["layers"][0]["units"][0]["accuracy"] is None
        assert len(answer.tables()) == len(answer.drawings()) == 1
