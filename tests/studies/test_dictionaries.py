"""`directions` as an answer: held-out images, what is kept, and every other verb on the layer that it makes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.data import Preprocess, wrap_dataset
from convscope.errors import ImageError, StoreError, UnknownLayer, UsageError
from convscope.methods.directions.sampling import Sampling
from convscope.models.dictionaries import read_dictionary
from convscope.stores import directions as keeping
from tests.graph.test_directions import coded

SIDE, CHANNELS, COUNT = 14, 6, 12
ASKED: dict[str, Any] = {"layer": "1", "n": 10, "active": 2, "updates": 60, "positions": 400, "beside": []}


@pytest.fixture(scope="module")
def net() -> cs.Network:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, CHANNELS, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(CHANNELS, 5, 3), nn.ReLU(),
                           nn.AdaptiveAvgPool2d(1), nn.Flatten())  # fmt: skip
    return cs.Network.trace(layers, (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE))


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(COUNT)]


@pytest.fixture(scope="module")
def answer(net: cs.Network, pictures: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> cs.Directions:
    return cs.directions(net, pictures, store=tmp_path_factory.mktemp("directions"), **ASKED)


@pytest.fixture(scope="module")
def more(net: cs.Network, answer: cs.Directions) -> cs.Network:
    return net.with_directions(answer.dictionary)


# -- positions --------------------------------------------------------------------------------------------------------
def test_positions_are_drawn_evenly_each_image_by_itself(net: cs.Network, pictures: list[np.ndarray]) -> None:
    source = cs.open_source(pictures)
    some = Sampling.of(net, "1", [3, 7, 8], positions=30, seed=1)
    assert (some.each, len(some)) == (10, 30)
    rows = np.empty((30, CHANNELS), np.float32)
    some.fill(net, source, rows, batch=2)
    inputs = net.preprocess.normalise(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))
    maps = net.run(inputs, ["1"])["1"]
    for n, image in enumerate((3, 7, 8)):
        places = some.places(image)
        assert len(set(places.tolist())) == 10
        assert places.tolist() == Sampling.of(net, "1", [8, image], positions=20, seed=1).places(image).tolist()
        for row, place in zip(rows[10 * n : 10 * n + 10], places.tolist(), strict=True):
            expected = maps[image, :, place // 12, place % 12].numpy()
            np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-5)
    assert some.places(3).tolist() != Sampling.of(net, "1", [3, 7, 8], positions=30, seed=2).places(3).tolist()
    every = Sampling.of(net, "1", [0, 1], positions=10_000, seed=0)
    assert (every.each, every.places(0).tolist()) == (144, list(range(144)))
    few = Sampling.of(net, "1", range(100), positions=4, seed=0)
    assert (few.indices, few.each) == ((0, 33, 66, 99), 1)


def test_images_that_cannot_be_read_are_left_out(net: cs.Network, pictures: list[np.ndarray], tmp_path: Path) -> None:
    for n, one in enumerate(pictures):
        Image.fromarray(one).save(tmp_path / f"{n:02}.png")
    (tmp_path / "05.png").write_bytes(b"none")
    found = cs.directions(net, tmp_path, **ASKED).found
    assert found.images + found.held[1] == COUNT - 1
    for path in tmp_path.iterdir():
        path.write_bytes(b"none")
    with pytest.raises(ImageError, match="none of the 11 images could be read"):
        cs.directions(net, tmp_path, **ASKED)


# -- what is said -----------------------------------------------------------------------------------------------------
def test_it_is_held_against_images_that_it_was_not_learned_from(
    net: cs.Network, pictures: list[np.ndarray], answer: cs.Directions
) -> None:
    found, made = answer.found, answer.dictionary
    assert (found.images, found.held[1], found.positions) == (11, 1, 11 * 36)
    assert [one.name for one in found.compared] == ["directions", "principal components", "own units"]
    other = cs.directions(net, pictures[:10], validation=pictures[10:], **ASKED)
    assert (other.found.images, other.found.held) == (10, (2 * 50, 2))
    inputs = net.preprocess.normalise(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))
    layer = net.run(inputs[10:], ["1"])["1"]
    module = net.with_directions(made)
    code = coded(other.dictionary, layer)
    again = torch.einsum("ndhw,dc->nchw", code, torch.from_numpy(other.dictionary.decoder))
    again = again + torch.from_numpy(other.dictionary.offset)[:, None, None]
    answers = net.run(inputs[10:])[net.output].argmax(1)
    rebuilt = nn.functional.max_pool2d(again, 2)
    second = net.steps[net.index_of("3") - 1].run([rebuilt])
    agreed = (second.relu().mean((2, 3)).argmax(1) == answers).float().mean()
    assert other.found.compared[0].agreement == pytest.approx(float(agreed))
    assert module.directions == ("1~sae",)


def test_rows_words_files_and_figures_say_it(answer: cs.Directions, tmp_path: Path) -> None:
    rows = answer.rows()
    assert [row["direction"] for row in rows] == [f"1~sae:{n}" for n in range(10)]
    best = np.abs(answer.dictionary.decoder[3]).argmax()
    assert rows[3]["unit_1"] == f"1:{best}"
    assert rows[3]["part_1"] == pytest.approx(answer.dictionary.decoder[3, best])
    assert "own units" in answer.summary
    assert "of the variance by" in answer.summary
    assert [row["name"] for row in answer.comparison()] == [one.name for one in answer.compared]
    folder = answer.kept.folder
    back = cs.Directions.load(folder)
    assert (back.rows()[0]["direction"], back.summary) == ("1~sae:0", answer.summary)
    assert {"comparison.csv", "directions.csv", "directions.json", "dictionary.safetensors"} <= {
        path.name for path in folder.iterdir()
    }
    path = answer.write(tmp_path / "d.safetensors")
    assert back.write(path) == path  # the same answer
    for place in (path, folder):
        assert np.array_equal(read_dictionary(place).decoder, answer.dictionary.decoder)


@pytest.mark.parametrize("kind", ["nmf", "pca"])
def test_other_kinds_are_layers_too(net: cs.Network, pictures: list[np.ndarray], kind: Any) -> None:
    pytest.importorskip("sklearn")
    found = cs.directions(net, pictures, **ASKED | {"kind": kind, "n": 5, "active": 2})
    more = net.with_directions(found.dictionary)
    assert more.layers[f"1~{kind}"].channels == 5
    assert found.dictionary.active == (None if kind == "pca" else 2)
    assert found.compared[0].active <= 2


def test_little_and_what_is_not_known_is_said(net: cs.Network, pictures: list[np.ndarray]) -> None:
    labelled = wrap_dataset([(one, n % 5 if n != 10 else -1) for n, one in enumerate(pictures)], classes=list("abcde"))
    few = cs.directions(net, labelled, validation=labelled, match="index", **ASKED | {"positions": 5, "updates": 2})
    assert (few.found.positions, few.found.held) == (5, (8 * COUNT, COUNT))
    answers = net.run(net.preprocess.normalise(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)))[net.output]
    right = [int(answers[n].argmax()) == n % 5 for n in range(COUNT) if n != 10]
    assert (few.found.labelled, few.found.accuracy) == (COUNT - 1, pytest.approx(np.mean(right)))
    assert few.found.compared[0].accuracy is not None
    assert few.remarks()[0].startswith("outputs are matched with classes by their order: output 0 is a, 1 is b")
    assert few.remarks()[1:] == [
        "n=10 directions were learned from 5 positions: give more images",
        f"{COUNT - 1} of {COUNT} held-out images have labels: what is right is of these",
    ]
    flat = cs.directions(net, pictures, validation=[np.zeros((SIDE, SIDE, 3), np.uint8)], **ASKED | {"updates": 2})
    assert flat.remarks() == ["the 100 held-out positions do not vary: no share of them is explained"]
    assert "nan" not in flat.summary
    assert flat.to_json()["compared"][0]["explained"] is None


def test_a_dictionary_is_called_as_asked_and_written_where_nothing_else_is_lost(
    net: cs.Network, pictures: list[np.ndarray], tmp_path: Path
) -> None:
    asked = ASKED | {"updates": 2, "kind": "pca", "n": 3}
    file, stages = tmp_path / "new" / "d.safetensors", list[str]()
    told: dict[str, Any] = {"progress": lambda stage, *_: stages.append(stage)}
    one = cs.directions(net, pictures, name="one", out=file, **asked)
    assert "another draw of the same positions" in one.summary
    other = cs.directions(net, pictures, name="other", **asked).dictionary
    assert net.with_directions([read_dictionary(file), other]).directions == ("1~one", "1~other")
    cs.directions(net, pictures, name="one", out=file, **asked)  # the same again
    before = file.read_bytes()
    (tmp_path / "thesis.txt").write_text("mine")
    for path, more, said in (
        (file, {"seed": 1}, "a file of directions that answer another question: name another file"),
        (tmp_path / "thesis.txt", {}, "a file of another kind"),
        (tmp_path, {}, "is no file: name a file for the directions"),
        (tmp_path / "thesis.txt" / "d", {}, "cannot write"),
    ):
        with pytest.raises(StoreError, match=said):
            cs.directions(net, pictures, name="one", out=path, **asked | more | told)
    assert not stages, "before anything is learned"
    with pytest.raises(UsageError, match="name='a b': a dictionary's name is letters"):
        cs.directions(net, pictures, name="a b", **asked | told)
    seeded = cs.directions(net, pictures, name="one", **asked | {"seed": 1})
    with pytest.raises(StoreError, match="another question"):
        seeded.write(file)
    assert (file.read_bytes(), (tmp_path / "thesis.txt").read_text()) == (before, "mine")


# -- what is kept -----------------------------------------------------------------------------------------------------
def test_what_is_kept_is_not_made_again(
    net: cs.Network, pictures: list[np.ndarray], answer: cs.Directions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    shutil.copytree(answer.kept.folder, store)
    stages: list[str] = []
    again = cs.directions(net, pictures, store=store, progress=lambda stage, *_: stages.append(stage), **ASKED)
    assert set(stages) == {"answers with 1 rebuilt"}
    assert np.array_equal(again.dictionary.decoder, answer.dictionary.decoder)
    with pytest.raises(StoreError, match=r"another question \(other learning"):
        cs.directions(net, pictures, store=store, **ASKED | {"n": 11})
    # A position that is not as it was written: positions are read off again, and nothing else is other.
    (first, *_) = sorted((store / "parts").glob("positions-*.f32"))
    content = bytearray(first.read_bytes())
    content[5] ^= 255
    first.write_bytes(content)
    stages.clear()
    again = cs.directions(net, pictures, store=store, progress=lambda stage, *_: stages.append(stage), **ASKED)
    assert len({stage for stage in stages if "positions" in stage}) == 1
    assert again.summary == answer.summary


def test_one_that_was_stopped_goes_on_where_it_was(
    net: cs.Network, pictures: list[np.ndarray], answer: cs.Directions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_EVERY", 0.0)

    def stopping(stage: str, done: int, total: int) -> None:
        if stage == "positions of 1" and done > 4:
            raise KeyboardInterrupt

    asked = ASKED | {"batch": 2, "store": tmp_path / "store"}
    with pytest.raises(KeyboardInterrupt):
        cs.directions(net, pictures, progress=stopping, **asked)
    told: list[int] = []
    found = cs.directions(
        net, pictures, progress=lambda s, d, n: told.append(d) if s == "positions of 1" else None, **asked
    )
    assert told[0] == 6  # four were kept
    whole = cs.directions(net, pictures, **asked | {"store": None})
    assert np.array_equal(found.dictionary.decoder, whole.dictionary.decoder)


def test_positions_of_one_that_was_stopped_are_believed_by_their_content(
    net: cs.Network, pictures: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_EVERY", 0.0)

    def stopping(stage: str, done: int, total: int) -> None:
        if stage == "positions of 1" and done > 4:
            raise KeyboardInterrupt

    asked = ASKED | {"batch": 2, "store": tmp_path / "store"}
    with pytest.raises(KeyboardInterrupt):
        cs.directions(net, pictures, progress=stopping, **asked)
    (data,) = (tmp_path / "store" / "parts").glob("*.f32")
    content = bytearray(data.read_bytes())
    content[5] ^= 255
    data.write_bytes(content)
    (bad,) = cs.verify(tmp_path / "store").findings
    assert (bad.path, bad.problem) == (f"parts/{data.name}", "is not as it was written")
    found = cs.directions(net, pictures, **asked)
    whole = cs.directions(net, pictures, **asked | {"store": None})
    assert np.array_equal(found.dictionary.decoder, whole.dictionary.decoder)


def test_directions_do_not_depend_on_how_many_threads_learn_and_are_told_as_one_stage(
    net: cs.Network, pictures: list[np.ndarray]
) -> None:
    stages, answers = list[tuple[str, int, int]](), list[cs.Directions]()
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            asked = ASKED | {"updates": 100}
            answers.append(cs.directions(net, pictures, progress=lambda *told: stages.append(told), **asked))
            assert torch.get_num_threads() == threads
            assert stages[-2][:2] == ("directions of 1", 200)
            names = [name for name, *_ in stages]
            assert sum(a != b for a, b in pairwise(names)) == 3  # one stage after the other
            told = [(done, total) for name, done, total in stages if name == "directions of 1"]
            assert told == [(50, 200), (100, 200), (150, 200), (200, 200)]
            stages.clear()
    finally:
        torch.set_num_threads(before)
    one, two = (answered.found for answered in answers)
    assert np.array_equal(one.dictionary.encoder, two.dictionary.encoder)
    assert np.array_equal(one.again, two.again)


def test_what_stops_one_of_several_that_learn_stops_the_others(net: cs.Network, pictures: list[np.ndarray]) -> None:
    told = list[int]()

    def stopping(stage: str, done: int, total: int) -> None:
        told.append(total if stage == "directions of 1" else 0)
        if told[-1]:
            raise KeyboardInterrupt

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(KeyboardInterrupt):
            cs.directions(net, pictures, progress=stopping, **ASKED | {"updates": 10**7})  # which would take an hour
    finally:
        torch.set_num_threads(before)
    assert told.count(2 * 10**7) == 1


def test_factors_stand_beside_and_other_kinds_where_they_are_asked_for(
    net: cs.Network, pictures: list[np.ndarray], answer: cs.Directions, tmp_path: Path
) -> None:
    pytest.importorskip("sklearn")
    store = tmp_path / "store"
    found = cs.directions(net, pictures, store=store, **ASKED | {"beside": None})
    assert [one.name for one in found.compared] == [
        "directions", "non-negative factors", "principal components", "own units",
    ]  # fmt: skip
    assert np.array_equal(found.dictionary.decoder, answer.dictionary.decoder)
    alone = cs.directions(net, pictures, kind="nmf", **ASKED | {"beside": ["sae", "sae"]})
    assert len(alone.compared) == 4
    assert [one.name for one in alone.compared][:2] == ["directions", "an autoencoder"]
    one, other = ({way.name: way for way in answers.compared} for answers in (found, alone))
    assert replace(other["directions"], name="") == replace(one["non-negative factors"], name="")
    assert replace(other["an autoencoder"], name="") == replace(one["directions"], name="")
    assert one["non-negative factors"].active == pytest.approx(ASKED["active"], abs=0.1)  # of equal ones all stay
    assert "by non-negative factors" in found.summary
    with pytest.raises(StoreError, match="another question"):
        cs.directions(net, pictures, store=store, **ASKED)
    with pytest.raises(UsageError, match=r"beside=\['pca'\]: 'pca' stands there anyway"):
        cs.directions(net, pictures, **ASKED | {"beside": ["pca"]})
    (why,) = cs.directions(net, pictures, **ASKED | {"beside": None, "layer": "0", "updates": 2}).remarks()
    assert why.startswith("no non-negative factors stand beside: layer '0' has negative values")


def test_space_is_asked_for_before_anything_is_run(
    net: cs.Network, pictures: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 100}))
    with pytest.raises(StoreError, match=r"the disk is full: .* has 100 bytes free, and 396 positions take 9,504"):
        cs.directions(net, pictures, store=tmp_path / "store", **ASKED)
    assert not list(tmp_path.rglob("*.f32"))
    monkeypatch.setattr(keeping, "MOST_BYTES", 2400)
    with pytest.raises(UsageError, match="positions=400: of layer '1' at most 100 are taken"):
        cs.directions(net, pictures, **ASKED)


def test_what_makes_no_sense_is_refused(net: cs.Network, pictures: list[np.ndarray]) -> None:
    with pytest.raises(UnknownLayer, match="layer '17' is not in"):
        cs.directions(net, pictures, **ASKED | {"layer": "17"})
    with pytest.raises(UsageError, match="one image alone says nothing"):
        cs.directions(net, pictures[:1], **ASKED)
    with pytest.raises(UsageError, match="positions=1"):
        cs.directions(net, pictures, **ASKED | {"positions": 1})
    with pytest.raises(UsageError, match="active=0: of 10 directions 1 to 10"):
        cs.directions(net, pictures, **ASKED | {"active": 0})


# -- every verb on the layer that they make ---------------------------------------------------------------------------
def test_every_verb_takes_directions_for_units(
    net: cs.Network, more: cs.Network, pictures: list[np.ndarray], answer: cs.Directions, tmp_path: Path
) -> None:
    inputs = net.preprocess.normalise(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))
    code = coded(answer.dictionary, net.run(inputs, ["1"])["1"])
    top = cs.scan(more, pictures, layers=["1", "1~sae"], k=3, store=tmp_path / "scan")
    best, at = code.flatten(2).max(2).values.sort(0, descending=True)
    np.testing.assert_allclose(top["1~sae"].values, best[:3].T, rtol=1e-4, atol=1e-5)
    direction = int(best[0].argmax())
    assert top["1~sae"].images[direction, 0] == at[0, direction]
    with pytest.raises(StoreError):  # a network without them is another one
        cs.scan(net, pictures, layers=["1"], k=3, store=tmp_path / "scan")
    unit = f"1~sae:{direction}"
    projected = cs.deconv(more, pictures, unit, store=tmp_path / "deconv", limit=2)
    assert str(projected.rows()[0]["unit"]).startswith(unit)
    covered = cs.occlude(more, pictures, units=[unit], layer="1~sae", size=6, stride=4, limit=2)
    assert len(covered) == 2
    effects = cs.effects(more, pictures, layers=["1~sae"], workers=1)
    assert np.abs(effects["1~sae"].change).max() > 0
    fed = cs.causes(more, pictures, layers=["1~sae", "0"], limit=1)
    assert max(abs(balance.remainder) for balance in fed[0].balances) < 1e-5
    assert cs.causes(more, pictures, unit, layers=["1"], limit=1)[0].of("1")
    worth = cs.sanity(more, pictures, layers=["1~sae"], units=3, each=2, seeds=1, side=3)
    assert worth.rows()[0]["layer"] == "1~sae"
    tuned = cs.tuning(more, pictures, layers=["1~sae"], k=2)["1~sae"]
    assert np.isfinite(tuned.kept[direction]).any()
    checked = cs.check(more, pictures, layers=["1", "1~sae"])
    assert {one.verdict for one in checked.evidence} <= {"holds", "not tried"}


def test_an_atlas_shows_them_beside_their_layer_with_their_closest_units(
    more: cs.Network, pictures: list[np.ndarray], answer: cs.Directions, tmp_path: Path
) -> None:
    atlas = cs.build_atlas(more, pictures, tmp_path / "atlas", layers=["1", "1~sae"], k=2, tile=16, thumb=0)
    assert [layer.name for layer in atlas.layers] == ["1", "1~sae"]
    folder = tmp_path / "atlas" / "data" / "extras"
    (script,) = folder.glob("01-*/0.js")
    text = script.read_text("utf-8")
    said = json.loads(text[text.index("{") : text.rindex("}") + 1])
    nearest = answer.dictionary.nearest(6)
    for unit, closest in zip(said["units"], nearest, strict=True):
        assert [(layer, number) for layer, number, _ in unit["incoming"]] == [("1", number) for number, _ in closest]
        np.testing.assert_allclose([part for *_, part in unit["incoming"]], [part for _, part in closest], rtol=1e-4)
    assert said["incoming"].startswith("The closest units")
    answer.add_to(atlas)


def test_a_container_is_its_last_layer_and_that_is_said(pictures: list[np.ndarray], tmp_path: Path) -> None:
    block = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    net = cs.Network.trace(nn.Sequential(block, nn.Flatten()), (3, SIDE, SIDE), preprocess=Preprocess(SIDE, SIDE))
    answer = cs.directions(net, pictures, store=tmp_path, **{**ASKED, "layer": "0", "n": 4, "updates": 5})
    assert answer.remarks() == ["'0' is of several layers: its last is taken, 0.1"]
    assert cs.Directions.load(tmp_path).remarks() == answer.remarks()
    assert "found again" in answer.tables()[1].head
    more = net.with_directions(answer.dictionary)
    assert more.layers["0"].name == "0.1"
    assert (more.layers["0~sae"].name, str(more.unit("0~sae:3"))) == ("0.1~sae", "0.1~sae:3")
