"""Mistakes over a collection: what was planted is found, work goes on where it stopped, and the page has all of it."""

from __future__ import annotations

import csv
import io
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import convscope as cs
from convscope.atlas.experiments import experiments
from convscope.atlas.web import value_of
from convscope.data import Preprocess, wrap_dataset
from convscope.errors import ImageError, SourceError, StoreError, UsageError
from convscope.figures.mistakes import first_of_layers
from convscope.methods.mistakes import Explaining
from convscope.stores.sealing import seal, unseal
from convscope.studies import mistakes_cases, mistaking
from tests.studies.failing import CLASSES, MISLED, PLAIN, RED, SIDE, misled_network, write_misleading

HOW: dict[str, Any] = {"layers": ["1"], "size": 5, "stride": 2, "most": 3, "workers": 1}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_misleading(tmp_path_factory.mktemp("misleading") / "images")


@pytest.fixture(scope="module")
def found(room: Path) -> cs.Mistakes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mistaking, "DRAWN", 1)
        return cs.mistakes(misled_network(), str(room), store=room.with_name("out"), **HOW)


def script(folder: Path, address: str) -> Any:
    """What a script of the page hands over."""
    return value_of((folder / "data" / f"{address}.js").read_bytes(), address)


def test_the_unit_that_was_planted_explains_every_mistake(found: cs.Mistakes) -> None:
    assert found.images == 18
    assert len(found) == 3
    assert found.pairs == [(1, 2, 2), (0, 2, 1)]
    assert [row["image"] for row in found.rows()] == ["green/5.png", "green/2.png", "blue/1.png"]  # worst first
    assert {row["unit"].partition("@")[0] for row in found.rows()} == {f"1:{RED}"}
    assert {(row["silenced_answer"], row["covered_answer"]) for row in found.rows()} == {
        ("green", "green"), ("blue", "blue")
    }  # fmt: skip
    y0, x0, y1, x1 = map(int, found.rows()[0]["covered"].split(","))
    assert y0 <= 4
    assert x0 <= 6
    assert y1 >= 9
    assert x1 >= 11  # the red square
    first, *_ = found.units()
    assert (first["unit"], first["mistakes"], first["changed"], first["repaired"]) == (f"1:{RED}", 3, 3, 3)
    (share, _) = found.silencing()
    assert (share["units"], share["changed"], share["repaired"], share["control_changed"]) == ("first", 1, 1, 0)
    assert "covering a square of 5x5 brings back 3" in found.summary
    assert found.lines[0].startswith("green/5.png: answered red (")
    assert found.lines[0].endswith(f"so does silencing 1:{RED}")  # all of its map: it has no position


def test_what_is_told_of_answers_is_what_the_network_says(found: cs.Mistakes, room: Path) -> None:
    net = misled_network()
    for row in found.rows():
        logits = net.run(PLAIN.normalise(pixels_of(room / row["image"])))["4"][0]
        answer, label = (float(logits[CLASSES.index(row[name])]) for name in ("answer", "label"))
        assert row["answer_logit"] == pytest.approx(answer, rel=1e-5)
        assert row["contrast"] == pytest.approx(answer - label, rel=1e-5)
        shares = logits.softmax(0)
        assert row["label_score"] == pytest.approx(float(shares[CLASSES.index(row["label"])]), rel=1e-4)
        assert row["rank"] == 2


def test_of_a_network_in_double_precision_answers_are_told_in_it(room: Path) -> None:
    net = misled_network().to(dtype=torch.float64)
    found = cs.mistakes(net, str(room), **HOW | {"explain": 1})
    logits = net.run(PLAIN.normalise(pixels_of(room / found.names[0]), dtype=torch.float64))["4"][0].numpy()
    truth, answer = int(found.found.truth[0]), int(found.found.answer[0])
    np.testing.assert_allclose(found.found.numbers[0], logits[[answer, truth]], rtol=1e-12)
    assert found.found.contrast[0] == pytest.approx(float(found.cases[0].explained.contrast), rel=1e-12)


def test_outputs_without_names_are_called_as_the_classes_that_they_are_by_order(room: Path) -> None:
    named, net, how = misled_network(), misled_network(None), {**HOW, "explain": 0}
    found = cs.mistakes(net, str(room), **how)
    folders = sorted(one.name for one in room.iterdir())
    assert {row["label"] for row in found.rows()} <= set(folders)
    assert {found.answers[n] for n in range(len(folders))} == set(folders)
    said = f"outputs are matched with classes by their order: output 0 is {folders[0]}, 1 is {folders[1]}"
    assert found.remarks()[0].startswith(said)
    effects = cs.effects(net, str(room), layers=["1"], workers=1)
    assert (effects.classes, effects.remarks()[0]) == (tuple(folders), found.remarks()[0])
    assert found.to_json()["order"] == effects.to_json()["order"] == list(found.order)
    assert not any("by their order" in one for one in cs.mistakes(named, str(room), **how).remarks())
    asked = cs.mistakes(named, str(room), match="index", **how)
    assert f"output {CLASSES[0]} is {folders[0]}" in asked.remarks()[0]
    assert asked.answers == CLASSES


def test_a_figure_shows_the_first_units_of_every_layer(found: cs.Mistakes) -> None:
    why = found.cases[0].explained
    assert first_of_layers(replace(why, layer=np.repeat([0, 1, 2], [10, 10, 2]))) == [0, 1, 2, 10, 11, 12, 20, 21]
    assert first_of_layers(replace(why, layer=np.zeros(20, np.int64))) == list(range(9))
    assert first_of_layers(replace(why, layer=np.zeros(0, np.int64))) == []


def pixels_of(path: Path) -> torch.Tensor:
    from PIL import Image

    return torch.from_numpy(np.asarray(Image.open(path)).copy()).permute(2, 0, 1)[None]


def test_images_that_are_alike_are_told_with_their_labels(found: cs.Mistakes) -> None:
    green = found.cases[0].similar
    right = green.truth == green.answer
    assert right.tolist() == [True] * 4 + [False] * 2  # the other two mistakes
    assert int(found.found.images[0]) not in green.images.tolist()
    assert sorted(green.likeness[:4].tolist(), reverse=True) == green.likeness[:4].tolist()
    assert green.of == 17
    assert green.as_labelled == 5
    assert green.as_answered == 6


def test_the_page_has_every_mistake(found: cs.Mistakes) -> None:
    folder = found.page.parent
    for name in ("index.html", "mistakes.js", "mistakes.css", "icon.svg"):
        assert (folder / name).is_file()
    manifest = script(folder, "manifest")
    assert (manifest["images"], manifest["mistakes"], manifest["explained"]) == (18, 3, 3)
    assert [manifest["names"][str(n)] for n in (0, 1, 2)] == list(CLASSES)
    assert manifest["pairs"] == [[1, 2, 2], [0, 2, 1]]
    rows = script(folder, "rows/0")
    assert [row["name"] for row in rows] == [row["image"] for row in found.rows()]
    for row in rows:
        full = script(folder, f"mistakes/{row['i']}")
        assert full["layers"][0]["units"][0]["unit"] == f"1:{RED}"
        assert len(full["places"]) == len(manifest["boxes"])
        for name in ("photo", "projection", "heat", "units-0"):
            assert (folder / "pictures" / str(row["i"]) / f"{name}.webp").read_bytes()[8:12] == b"WEBP"
        for one in (row, *full["similar"]["right"], *full["similar"]["wrong"]):
            assert (folder / "pictures" / "thumbs" / f"{one['i']}.webp").is_file()
    listed = list(csv.DictReader(io.StringIO((folder / "mistakes.csv").read_text())))
    assert [row["image"] for row in listed] == [row["image"] for row in found.rows()]


def test_a_loaded_answer_brings_its_page_along(found: cs.Mistakes, tmp_path: Path) -> None:
    again = cs.Mistakes.load(found.page.parent)
    again.save(tmp_path / "copy")
    there = {path.relative_to(tmp_path / "copy") for path in (tmp_path / "copy").rglob("*.webp")}
    assert there == {path.relative_to(found.page.parent) for path in found.page.parent.rglob("*.webp")}
    assert script(tmp_path / "copy", "rows/0") == script(found.page.parent, "rows/0")


def test_a_picture_that_is_not_as_it_was_written_is_made_again(
    room: Path, found: cs.Mistakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As power cuts leave them: there, and empty."""
    monkeypatch.setattr(mistaking, "DRAWN", 1)
    out = tmp_path / "out"
    shutil.copytree(found.page.parent, out)
    index = int(found.found.images[0])
    hurt = [out / "pictures" / str(index) / "photo.webp", out / "pictures" / "thumbs" / f"{index}.webp"]
    hurt[0].write_bytes(b"")
    hurt[1].write_bytes(hurt[1].read_bytes()[:-1] + b"?")
    cs.Mistakes.load(out).save(tmp_path / "copy")  # without the images: what is damaged is not passed on
    assert not any((tmp_path / "copy" / path.relative_to(out)).exists() for path in hurt)
    cs.mistakes(misled_network(), str(room), store=out, **HOW)
    for path in hurt:
        assert path.read_bytes() == (found.page.parent / path.relative_to(out)).read_bytes()


def test_an_image_that_is_replaced_meanwhile_is_said(room: Path, tmp_path: Path) -> None:
    images = shutil.copytree(room, tmp_path / "images")

    def replacing(stage: str, done: int, total: int) -> None:
        if stage == "features" and done == total:
            shutil.copy(images / "red" / "0.png", images / "green" / "5.png")

    with pytest.raises(ImageError, match=r"green/5\.png is another image than a moment ago"):
        cs.mistakes(misled_network(), str(images), progress=replacing, **HOW)


def test_what_another_version_kept_is_made_again(room: Path, found: cs.Mistakes, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(found.page.parent, out)
    for path in (out / "parts").glob("0*.safetensors"):
        arrays, said = unseal(path.read_bytes())
        path.write_bytes(seal({name: one for name, one in arrays.items() if name != "parts"}, said))
    assert cs.mistakes(misled_network(), str(room), store=out, **HOW).to_json() == found.to_json()


def test_what_was_explained_is_not_explained_again(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: cs.Mistakes
) -> None:
    net, looked, explain = misled_network(), list[int](), Explaining.explain

    class Stopped(Exception):
        pass

    def counted(self: Explaining, *args: Any) -> Any:
        looked.append(1)
        return explain(self, *args)

    def until(stage: str, done: int, total: int) -> None:
        if stage == "mistakes" and done == 2:
            raise Stopped

    monkeypatch.setattr(Explaining, "explain", counted)
    out = tmp_path / "out"
    with pytest.raises(Stopped):
        cs.mistakes(net, str(room), store=out, progress=until, **HOW)
    assert len(looked) == 2
    assert not (out / "index.html").exists()
    stages: list[str] = []
    one = cs.mistakes(net, str(room), store=out, explain=1, progress=lambda s, d, t: stages.append(s), **HOW)
    assert (len(looked), len(one.cases), len(one)) == (2, 1, 3)
    assert "features" not in stages
    made = {path: path.stat().st_mtime_ns for path in (out / "pictures").rglob("*.webp")}
    whole = cs.mistakes(net, str(room), store=out, **HOW)  # more of the same question goes on
    assert len(looked) == 3
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert whole.to_json() == found.to_json()
    assert (out / "mistakes.json").read_bytes() == (found.page.parent / "mistakes.json").read_bytes()
    with pytest.raises(StoreError, match=r"holds the answer to another question \(other most: 3, not 2\)"):
        cs.mistakes(net, str(room), store=out, **{**HOW, "most": 2})
    assert len(looked) == 3


def test_after_the_first_it_is_told_how_long_the_others_will_take(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mistakes_cases, "_WORTH_SAYING", 0.0)
    told: list[tuple[str, int, int]] = []
    with caplog.at_level("INFO", "convscope.estimates"):
        cs.mistakes(misled_network(), str(room), store=tmp_path, explain=1, **HOW)
        assert caplog.messages == []  # none are left
        how = {**HOW, "store": tmp_path}
        cs.mistakes(misled_network(), str(room), progress=lambda *said: told.append(said), **how)
    (message,) = caplog.messages
    assert re.fullmatch(r"mistakes: the first took \d+\.\d s, 1 more take about .*", message)
    assert [one for one in told if one[0] == "mistakes"] == [("mistakes", n, 3) for n in range(4)]


def test_of_many_mistakes_the_worst_and_some_of_each_pair_are_explained(room: Path) -> None:
    net = misled_network()
    assert [case.row for case in cs.mistakes(net, str(room), explain=1, **HOW).cases] == [0]
    two = cs.mistakes(net, str(room), explain=2, **HOW)
    assert [case.row for case in two.cases] == [0, 1]  # green as red is twice as frequent as blue as red
    assert two.rows()[2]["unit"] is None
    assert cs.mistakes(net, str(room), explain=0, **HOW).cases == ()


def test_of_one_logit_the_threshold_says_what_is_a_mistake(room: Path) -> None:
    torch.manual_seed(0)
    layers: Any = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1))
    with torch.no_grad():
        layers[0].weight.zero_()
        layers[0].bias.fill_(0.1)
        layers[0].weight[1, 1], layers[0].bias[1] = 1.0, 0.0  # green
        layers[0].weight[3, 0], layers[0].bias[3] = 1.0, 0.0  # red
        layers[4].weight.copy_(torch.tensor([[0.0, 1.0, 0.0, -6.0]]))
        layers[4].bias.fill_(-0.05)
    about = {"preprocess": PLAIN, "classes": ["green"]}
    net = cs.Network.trace(layers, (3, SIDE, SIDE), **about)
    found = cs.mistakes(net, str(room), **HOW)
    assert {(row["label"], row["answer"]) for row in found.rows()} == {("green", "not green")}
    assert sorted(row["image"] for row in found.rows()) == [f"{label}/{n}.png" for label, n in MISLED[:2]]
    for row in found.rows():
        assert row["answer_logit"] < 0 < row["contrast"] == -row["answer_logit"]
        assert row["unit"].startswith("1:3@")
        assert row["silenced_answer"] == "green"
    assert "(" in found.lines[0]
    assert found.lines[0].count("says green;") == 1


def test_maps_and_images_without_labels_are_refused(room: Path) -> None:
    net = cs.Network.trace(nn.Conv2d(3, 3, 1), (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE))
    with pytest.raises(UsageError, match="evaluate judges maps by masks"):
        cs.mistakes(net, str(room))
    with pytest.raises(SourceError, match="mistakes are told by labels, and no image has one"):
        cs.mistakes(misled_network(), str(room / "blue"))
    with pytest.raises(UsageError, match="explain=-1"):
        cs.mistakes(misled_network(), str(room), explain=-1)


def test_a_network_without_mistakes_says_so_and_images_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    grey = np.zeros((SIDE, SIDE, 3), np.uint8)
    items = [(grey + np.array((0, 0, 90), np.uint8), 0), (grey + np.array((0, 90, 0), np.uint8), 1)]
    found = cs.mistakes(misled_network(), wrap_dataset(items), match="index", store=tmp_path / "none", **HOW)
    assert (len(found), found.accuracy, found.rows()) == (0, 1.0, [])
    assert "0 of 2 images are answered wrongly" in found.summary
    assert script(tmp_path / "none", "manifest")["mistakes"] == 0
    images = write_misleading(tmp_path / "images")
    (images / "red" / "0.png").write_bytes(b"no picture")
    told = cs.mistakes(misled_network(), str(images), explain=0, **HOW)
    assert [failure.name for failure in told.failures] == ["red/0.png"]
    assert told.remarks()[0].startswith("left out red/0.png")
    assert told.images == 17


def test_an_atlas_of_the_network_shows_it_and_is_linked(room: Path, tmp_path: Path) -> None:
    net = misled_network()
    atlas = cs.build_atlas(net, str(room), tmp_path / "atlas", layers=["1"], workers=1)
    cs.mistakes(net, str(room), store=tmp_path / "out", explain=1, atlas=atlas, **HOW)
    assert script(tmp_path / "out", "manifest")["atlas"] == "../atlas/index.html"
    (shown,) = experiments(atlas.path)
    assert (shown.kind, shown.units[0], len(shown.images)) == ("mistakes", f"1:{RED}", 1)
    assert "3 of 18 images are answered wrongly" in shown.summary
