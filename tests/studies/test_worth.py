"""`sanity` as an answer: rows, words, files, figures, an entry of an atlas; what is kept goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import convscope as cs
from convscope.errors import UsageError
from convscope.figures.sanity import draw_deletion
from convscope.methods.sanity.covering import FILLS
from convscope.methods.sanity.judging import Margins
from convscope.methods.sanity.orders import CONTROLS
from convscope.studies import worth
from convscope.studies.charting import of_sanity
from tests.methods.sanity.planted import photos, planted

ASKED = {"units": 5, "each": 2, "seeds": 1, "side": 2}


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> cs.Sanity:
    return cs.sanity(planted(), photos(16), store=tmp_path_factory.mktemp("sanity"), **ASKED)


def test_rows_words_and_tables_say_the_verdict(answer: cs.Sanity) -> None:
    (row,) = answer.rows()
    assert (row["layer"], row["rule"], row["units"], row["verdict"]) == ("1", "deconvnet", 5, "what")
    assert row["p"] == row["p_corrected"] <= 0.05
    assert row["low"] <= row["margin"] <= row["high"]
    assert [row[f"under_{fill}"] for fill in ("mean", "blur", "other")] == ["what"] * 3
    (one,) = answer.layers
    worst = one.looked.deletion[:, ["mean", "blur", "other"].index(row["hardest_fill"])]
    names = ("projection", "gaussian", "contrast", "signal", "other", "shifted", "random")
    control = worst[:, names.index(row["hardest"])].mean()
    assert row["margin"] == pytest.approx(control - row["own_area"])
    assert row["own_area"] == pytest.approx(worst[:, 0].mean())
    assert "say something about their unit" in answer.summary
    assert [len(table.rows) for table in answer.tables()] == [1, 1, 1]
    assert any("takes 20 images" in remark for remark in answer.remarks())
    json.dumps(answer.to_json(), allow_nan=False)


def test_what_is_drawn_is_the_margin_of_the_table_where_p_values_are_equal(answer: cs.Sanity) -> None:
    shape = answer.layers[0].deletion.mean.shape
    mean = -np.arange(1.0, 1 + np.prod(shape)).reshape(shape)  # the hardest is the last of all
    one = replace(answer.layers[0], deletion=Margins(mean, mean - 0.5, mean + 0.5, np.ones(shape)))
    (margin,) = of_sanity([one])[0].series
    (row,) = replace(answer, layers=(one,)).rows()
    assert (margin.values, margin.low, margin.high) == ([row["margin"]], [row["low"]], [row["high"]])
    assert row["margin"] == -np.prod(shape)
    panel = draw_deletion([one]).axes[-1]
    assert row["margin"] in [float(line.get_xdata()[0]) for line in panel.lines]


def test_another_image_and_another_unit_have_names_of_their_own(answer: cs.Sanity) -> None:
    shape = answer.layers[0].deletion.mean.shape
    p = np.zeros(shape)
    p[FILLS.index("other"), CONTROLS.index("other")] = 1.0
    worst = replace(answer, layers=(replace(answer.layers[0], deletion=replace(answer.layers[0].deletion, p=p)),))
    assert "other unit (another image)" in worst.tables()[0].rows[0]


def test_it_comes_back_as_it_was_saved(answer: cs.Sanity) -> None:
    folder = answer.kept.folder
    back = cs.Sanity.load(folder)
    assert back.rows() == answer.rows()
    assert {"sanity.csv", "sanity.json", "sanity.safetensors"} <= {path.name for path in folder.iterdir()}
    assert set(answer.kept.figures) in ({"deletion.png", "likeness.png"}, set())


def test_what_is_kept_is_not_looked_at_again(answer: cs.Sanity, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was looked at again")

    monkeypatch.setattr(worth, "look_at_cases", never)
    monkeypatch.setattr(worth, "cascade", never)
    again = cs.sanity(planted(), photos(16), store=answer.kept.folder, **ASKED)
    assert again.rows() == answer.rows()
    with pytest.raises(AssertionError, match="again"):
        cs.sanity(planted(), photos(16), store=answer.kept.folder, **ASKED | {"side": 3})


def test_a_part_that_is_damaged_is_made_again(answer: cs.Sanity, tmp_path: Path) -> None:
    store = tmp_path / "copy"
    (store / "parts").mkdir(parents=True)
    for path in (answer.kept.folder / "parts").iterdir():
        (store / "parts" / path.name).write_bytes(path.read_bytes()[:-1] + b"\0")
    stages: list[str] = []
    again = cs.sanity(planted(), photos(16), store=store, progress=lambda stage, *_: stages.append(stage), **ASKED)
    assert again.rows() == answer.rows()
    assert set(stages) - {"figures"} == {"responses", "1 deconvnet"}


def test_claims_about_single_units_take_twenty_images() -> None:
    images = photos(16).repeat(2, 1, 1, 1) * 1.0
    found = cs.sanity(planted(), images, units=["1:1", "1:4"], each=10, seeds=1, side=2)
    rows = found.unit_rows()
    assert [row["unit"] for row in rows] == [1, 4]
    assert all(row["what"] and row["corrected"] >= row["p"] for row in rows)
    assert [row["verdict"] for row in found.rows()] == ["cannot tell"]  # of the layer: two units


def test_several_rules_are_judged_each_and_corrected_together() -> None:
    found = cs.sanity(planted(), photos(16), rules=("deconvnet", "gradient"), **ASKED)
    assert [row["rule"] for row in found.rows()] == ["deconvnet", "gradient"]
    alone = [one.p_every() for one in found.layers]
    least = min(1.0, 2 * min(alone))
    assert found.p_every == pytest.approx([least if p == min(alone) else max(p, least) for p in alone])
    np.testing.assert_allclose(found.layers[0].areas()[:, 0], found.layers[1].areas()[:, 0])  # one linear layer


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"rules": "deconvnet"}, "give a list"),
        ({"rules": ()}, "give a list"),
        ({"side": 0}, "1 or more"),
        ({"confidence": 2.0}, "share from 0.5"),
        ({"units": ["1:1"]}, "two or more"),
        ({"rules": ("magic",)}, "magic"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        cs.sanity(planted(), photos(16), **asked)
