"""Occlusion of a collection: each image's answer is kept when it is known, and is the one a call of its own gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import convscope as cs
from convscope import kernels
from convscope.data import Failure, Preprocess, load_image
from convscope.errors import ImageError, ShapeError, SourceError, StoreError, UsageError
from convscope.graph import Network
from convscope.methods.occlusion.occlusion import OcclusionMaps, occlude
from convscope.stores import occlusion as occlusion_store
from convscope.stores.occlusion import Covered, from_bytes, occlude_source, to_bytes
from tests.mutations import mutate

SIZE = 14
PLAIN = Preprocess(SIZE, SIZE, scale=1 / 255, mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0))
OPTIONS: dict[str, Any] = {"size": 5, "stride": 4, "units": ["0:1", "0:2@3,3"]}


class Photos:
    """Random images, one of which cannot be read."""

    kind = "made"
    classes = ()
    broken = 2

    def __init__(self, count: int = 11) -> None:
        self.count = count
        self.asked: list[int] = []

    def __len__(self) -> int:
        return self.count

    def name(self, index: int) -> str:
        return f"{index}.png"

    def label(self, index: int) -> int:
        return -1

    def read(self, index: int) -> NDArray[np.uint8]:
        self.asked.append(index)
        if index == self.broken:
            raise ImageError("truncated file")
        return np.random.default_rng(index).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)

    def fingerprint(self) -> str:
        return f"photos {self.count}"

    def describe(self) -> str:
        return f"{self.count} photos"


@pytest.fixture(scope="module")
def net() -> Network:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 12 * 12, 6))
    return Network.trace(layers, (3, SIZE, SIZE), preprocess=PLAIN, name="small")


def same(one: OcclusionMaps, other: OcclusionMaps, *, exactly: bool = True) -> None:
    for part in ("covered", "uncovered"):
        for key, array in vars(getattr(one, part)).items():
            theirs = getattr(getattr(other, part), key)
            assert array.dtype == theirs.dtype
            np.testing.assert_allclose(array, theirs, atol=0 if exactly else 1e-5, rtol=0)
    assert (one.grid, one.layer, one.units, one.fill, one.network) == (
        other.grid, other.layer, other.units, other.fill, other.network,
    )  # fmt: skip
    assert one.strongest == other.strongest
    assert one.targets.tolist() == other.targets.tolist()


def test_every_image_has_the_answer_of_a_call_of_its_own(net: Network) -> None:
    photos = Photos()
    targets = torch.arange(11) % 6
    answers = list(occlude_source(net, photos, target=targets, **OPTIONS))
    assert [one.index for one in answers] == list(range(11))
    assert answers[2] == Failure(2, "2.png", "truncated file")
    for one in answers:
        if isinstance(one, Covered):
            image = torch.from_numpy(load_image(photos, one.index, PLAIN)).permute(2, 0, 1)[None]
            alone = occlude(net, PLAIN.normalise(image), target=targets[one.index : one.index + 1], **OPTIONS)
            same(one.found, alone, exactly=False)


def test_what_is_stored_is_what_was_found(net: Network) -> None:
    found = occlude(net, torch.randn(1, 3, SIZE, SIZE), target=[1, 4], border="inside", **OPTIONS)
    back = from_bytes(to_bytes(found))
    same(back, found)
    assert back.method == found.method
    assert back.settings == found.settings
    np.testing.assert_array_equal(back.attribution(), found.attribution())
    stale = to_bytes(found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(occlusion_store, "SCHEMA", 99)
        with pytest.raises(StoreError, match="schema 1, this convscope reads 99"):
            from_bytes(stale)


@pytest.mark.parametrize("seed", range(40))
def test_answers_that_were_damaged_are_made_again(net: Network, tmp_path: Path, seed: int) -> None:
    whole = list(occlude_source(net, Photos(4), store=tmp_path, **OPTIONS))
    mutate(tmp_path, seed)
    for one, other in zip(whole, occlude_source(net, Photos(4), store=tmp_path, **OPTIONS), strict=True):
        if isinstance(one, Covered) and isinstance(other, Covered):
            same(one.found, other.found, exactly=False)
        else:
            assert one == other


def test_a_stopped_run_goes_on_where_it_was(net: Network, tmp_path: Path) -> None:
    whole = list(occlude_source(net, Photos(), **OPTIONS))
    walk = occlude_source(net, Photos(), store=tmp_path, **OPTIONS)
    for _ in range(3):
        next(walk)
    walk.close()  # as by a kill: eight images were asked about together
    assert len(list(tmp_path.glob("*.npz"))) == 7
    photos, told = Photos(), []
    again = list(occlude_source(net, photos, store=tmp_path, progress=lambda *said: told.append(said[1:]), **OPTIONS))
    assert photos.asked == [2, 8, 9, 10]
    positions = 16
    assert told[-1] == (11 * positions, 11 * positions)
    assert min(done for done, _ in told) >= 8 * positions
    assert [isinstance(one, Covered) and one.kept for one in again] == [i < 8 and i != 2 for i in range(11)]
    for one, other in zip(again, whole, strict=True):
        if isinstance(one, Covered) and isinstance(other, Covered):
            same(one.found, other.found)
        else:
            assert one == other


@pytest.mark.parametrize("change", [{"stride": 5}, {"target": 3}, {"units": ["0:3"]}, {"fill": torch.ones(3, 14, 14)}])
def test_answers_to_another_question_are_not_replaced(net: Network, tmp_path: Path, change: dict[str, Any]) -> None:
    list(occlude_source(net, Photos(4), store=tmp_path, **OPTIONS))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(StoreError, match=r"another question \(other (options|target).*\): choose another folder"):
        list(occlude_source(net, Photos(4), store=tmp_path, **{**OPTIONS, **change}))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(StoreError, match=r"other images"):
        list(occlude_source(net, Photos(5), store=tmp_path, **OPTIONS))


def test_answers_without_their_question_are_made_again(net: Network, tmp_path: Path) -> None:
    list(occlude_source(net, Photos(4), store=tmp_path, **OPTIONS))
    said = json.loads((tmp_path / "question.json").read_text())
    (tmp_path / "question.json").write_text(json.dumps({**said, "target": 3}))
    photos = Photos(4)
    again = list(occlude_source(net, photos, store=tmp_path, **OPTIONS))
    assert photos.asked == [0, 1, 2, 3]
    assert not any(isinstance(one, Covered) and one.kept for one in again)
    assert json.loads((tmp_path / "question.json").read_text()) == said


@pytest.mark.skipif(kernels.state() == "off", reason="compiled loops are off")
def test_answers_found_without_compiled_loops_are_not_mixed_with_others(net: Network, tmp_path: Path) -> None:
    list(occlude_source(net, Photos(3), store=tmp_path, **OPTIONS))
    assert "kernels" not in json.loads((tmp_path / "question.json").read_text())
    with kernels.switched("off"), pytest.raises(StoreError, match="other kernels"):
        list(occlude_source(net, Photos(3), store=tmp_path, **OPTIONS))
    with kernels.switched("off"):
        list(occlude_source(net, Photos(3), store=tmp_path / "off", **OPTIONS))
    assert json.loads((tmp_path / "off" / "question.json").read_text())["kernels"] == "off"


def test_a_damaged_answer_is_made_again(net: Network, tmp_path: Path) -> None:
    list(occlude_source(net, Photos(4), store=tmp_path, **OPTIONS))
    path = tmp_path / "00001.npz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    photos = Photos(4)
    list(occlude_source(net, photos, store=tmp_path, workers=1, **OPTIONS))
    assert photos.asked == [1, 2, 0, 3]  # then those it was made with
    assert path.read_bytes() != content[: len(content) // 2]


def test_mistakes_are_named(net: Network, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no images"):
        next(occlude_source(net, Photos(0), **OPTIONS))
    with pytest.raises(ShapeError, match="each of 4 images"):
        next(occlude_source(net, Photos(4), target=torch.tensor([1, 2]), **OPTIONS))
    with pytest.raises(UsageError, match="larger than the image"):
        next(occlude_source(net, Photos(4), size=99, store=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_an_answer_that_was_lost_is_made_again_to_the_same_bits(tmp_path: Path) -> None:
    """Images that are computed together decide each other's last bits: so what was stopped goes on with all of them."""
    net = cs.load("zoo:tiny")
    random = np.random.default_rng(0)
    photos = [random.integers(0, 256, (40, 40, 3), dtype=np.uint8) for _ in range(5)]
    options: dict[str, Any] = {"size": 16, "stride": 16, "store": tmp_path}
    list(occlude_source(net, photos, **options))
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.npz")}
    for lost in (("00002.npz",), ("00000.npz", "00004.npz"), ("00001.npz", "00002.npz", "00003.npz", "00004.npz")):
        for name in lost:
            (tmp_path / name).unlink()
        answers = list(occlude_source(net, photos, **options))
        assert [one.index for one in answers if isinstance(one, Covered) and not one.kept] == [int(n[:5]) for n in lost]
        assert {path.name: path.read_bytes() for path in tmp_path.glob("*.npz")} == before
