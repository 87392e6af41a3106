"""Effects cut into shards and merged: the same bytes as in one, and nothing that does not belong together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import convscope as cs
from convscope.data import Preprocess
from convscope.errors import StoreError, UsageError
from convscope.methods.effects import tally
from convscope.stores import effects as keeping

COUNT = 23
HOW: dict[str, Any] = {"layers": ["1", "3"], "batch": 2, "workers": 1}


@cache
def plain() -> cs.Network:
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(3, 5, 3),
        nn.ReLU(),
        nn.Conv2d(5, 4, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
    return cs.Network.trace(layers, (3, 9, 9), preprocess=Preprocess(9, 9))


def photos() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (9, 9, 3), dtype=np.uint8) for _ in range(COUNT)]


def effects(store: Path | None = None, *, net: cs.Network | None = None, **more: Any) -> cs.Effects:
    return cs.effects(net or plain(), photos(), store=store, **{**HOW, **more})


def written(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    effects(folder)
    return folder


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    room = tmp_path_factory.mktemp("shards")
    for i in range(3):
        effects(room / str(i), shard=(i, 3))
    return [room / str(i) for i in range(3)]


def test_merged_shards_are_the_whole_to_the_last_byte_in_any_order(
    whole: Path, shards: list[Path], tmp_path: Path
) -> None:
    found = cs.merge([shards[i] for i in (2, 0, 1)], tmp_path)
    assert isinstance(found, cs.Effects)
    assert found.complete
    assert found["1"].images == COUNT
    assert found["1"].tested
    assert written(tmp_path) == written(whole)
    again: list[str] = []
    effects(tmp_path, progress=lambda stage, done, total: again.append(stage))
    assert set(again) <= {"figures"}  # the sums are there


@pytest.mark.parametrize("count", [2, 40])
def test_shards_may_share_a_folder_and_be_more_than_there_is_work(whole: Path, tmp_path: Path, count: int) -> None:
    net, stages = plain(), list[str]()
    parts = [
        effects(
            tmp_path, net=net, layers=["1"], shard=(i, count), progress=lambda stage, done, total: stages.append(stage)
        )
        for i in range(count)
    ]
    assert sum(part["1"].images for part in parts) == COUNT
    assert stages.count("activations of 1") == -(-COUNT // 2)  # the first round of one serves all
    assert not list(tmp_path.glob("*.csv"))
    cs.merge([tmp_path], tmp_path)
    alone = tmp_path / "alone"
    effects(alone, net=net, layers=["1"])
    there = written(alone)
    assert {name: one for name, one in written(tmp_path).items() if not name.startswith("alone/")} == there


def test_a_shard_says_that_it_is_one_and_goes_on_where_it_stopped(
    shards: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_EVERY", 0.0)

    class Stopped(Exception):
        pass

    def until(stage: str, done: int, total: int) -> None:
        if stage == "effects of 3" and done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        effects(tmp_path, shard=(1, 3), progress=until)
    with pytest.raises(StoreError, match="is not finished: run the same shard again"):
        cs.merge([shards[0], tmp_path, shards[2]], tmp_path / "all")
    told: list[tuple[str, int]] = []
    found = effects(tmp_path, shard=(1, 3), progress=lambda stage, done, total: told.append((stage, done)))
    assert told[0] == ("effects of 3", 4)  # what was told last was not kept
    assert written(tmp_path) == written(shards[1])
    assert "shard 1/3, " in found.summary
    assert "merge the 3 shards" in found.summary
    assert found.to_json()["shard"] == [1, 3]
    assert found["1"].tested == ()


def test_what_is_missing_is_named(shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"shard 1/3 is missing of 1: run what is missing"):
        cs.merge([shards[0], shards[2]], tmp_path)
    with pytest.raises(StoreError, match=r"shards 0/3, 2/3 are missing"):
        cs.merge([shards[1]], tmp_path)
    copy = shutil.copytree(shards[1], tmp_path / "copy")
    (copy / "parts" / "3.1-of-3.safetensors").unlink()
    with pytest.raises(StoreError, match=r"shard 1/3 is missing of 3"):
        cs.merge([shards[0], copy, shards[2]], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def _other(**asked: Any) -> Callable[[Path], None]:
    return lambda folder: effects(folder, **{"shard": (1, 3), **asked}) and None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_other(to="mean"), r"is a shard of another question than .* \(other to: mean, not zero\)"),
        (_other(seed=1), r"is a shard of another question than .* \(other seed: 1, not 0\)"),
        (_other(shard=(0, 2)), "cover the same images of 1: name each shard once, and those of one split only"),
        (_other(shard=(0, 3)), "cover the same images of 1"),
        (lambda folder: folder.mkdir(), "holds no shard of effects, as others do"),
    ],
)
def test_what_is_foreign_is_refused(
    shards: list[Path], tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(tmp_path / "other")
    with pytest.raises(StoreError, match=message):
        cs.merge([shards[0], tmp_path / "other", shards[2]], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_a_damaged_shard_is_named(shards: list[Path], tmp_path: Path) -> None:
    copy = shutil.copytree(shards[1], tmp_path / "copy")
    path = copy / "parts" / "1.1-of-3.safetensors"
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"1\.1-of-3\.safetensors cannot be read.*delete it, and run the same shard"):
        cs.merge([shards[0], copy, shards[2]], tmp_path / "all")
    path.write_bytes(b"nothing")
    with pytest.raises(StoreError, match=r"1\.1-of-3\.safetensors cannot be read"):
        cs.merge([shards[0], copy, shards[2]], tmp_path / "all")


def test_a_folder_takes_the_shards_of_one_question_only(shards: list[Path], whole: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(shards[1], tmp_path / "copy")
    with pytest.raises(StoreError, match=r"holds the answer to another question \(other to: zero, not mean\)"):
        effects(copy, to="mean", shard=(2, 3))
    with pytest.raises(StoreError, match="holds the answer to another question"):
        effects(whole, to="mean", shard=(2, 3))
    with pytest.raises(UsageError, match=r"shard=\(3, 3\) is no shard"):
        effects(shard=(3, 3))
    with pytest.raises(UsageError, match="merge the shards, and call the answer's add_to"):
        effects(shard=(0, 3), atlas=tmp_path)


def test_sums_are_the_same_in_whatever_order_leaves_come() -> None:
    random = np.random.default_rng(0)

    def sums() -> Iterator[tally.EffectSums]:
        for _ in range(11):
            made = tally.EffectSums.empty(2, 3)
            made.total += torch.from_numpy(random.standard_normal((2, 3)) * 10.0 ** random.integers(-9, 9))
            yield made

    every = list(enumerate(sums()))
    totals = set()
    for _ in range(6):
        tree = tally.Folded()
        for place, one in (every[i] for i in random.permutation(len(every))):
            tree.put(place, one)
        found = tree.whole()
        assert found is not None
        assert tree.runs() == [(0, 8), (8, 10), (10, 11)]
        totals.add(found.total.numpy().tobytes())
    assert len(totals) == 1
    for level, place in ((0, 3), (1, 4), (3, 0), (4, 0)):
        with pytest.raises(ValueError, match="count twice"):
            tree.put(place, every[0][1], level)


def test_shards_have_every_leaf_once() -> None:
    for images, batch in ((1, 4), (2, 1), (5, 2), (130, 1), (1000, 8)):
        first, second = tally.leaves(images, batch)
        assert max(len(first), len(second)) <= tally.LEAVES
        assert sum(map(len, (*first, *second))) == images
        starts = [pair for leaf in (*first, *second) for pair in leaf.batches]
        assert [a for a, _ in starts] == [0, *(b for _, b in starts[:-1])]
        assert max(b - a for a, b in starts) <= batch
        for n in (1, 2, 3, 7, 99):
            shared = [leaf for i in range(n) for leaf in tally.leaves_of(images, batch, (i, n))]
            assert sorted(shared) == sorted([*first, *second])
    sizes = [sum(map(len, tally.leaves_of(1000, 8, (i, 4)))) for i in range(4)]
    assert max(sizes) - min(sizes) <= 64
