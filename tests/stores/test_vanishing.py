"""A store whose folder is removed while work goes on: the answer is that of one that was left alone, or an error."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import convscope as cs
from convscope.data import Source
from convscope.errors import StoreError
from convscope.generalisation import Learning, draw_folds, measure_transfer
from convscope.stores.evolution import evolution
from convscope.stores.occlusion import occlude_source
from tests.cli.conftest import write_images


def scanned(source: Source, store: Path | None, tell: Any) -> Any:
    found = cs.scan(cs.load("zoo:tiny"), source, layers=["conv1", "fc"], batch=4, store=store, progress=tell)
    return [found[layer].values.tolist() for layer in found]


def cached(source: Source, store: Path | None, tell: Any) -> Any:
    return scanned(source if store is None else cs.cached(source, store), None, tell)


def occluded(source: Source, store: Path | None, tell: Any) -> Any:
    answers = occlude_source(cs.load("zoo:tiny"), source, size=16, stride=16, store=store, progress=tell)
    return [one.found.covered.logits.tolist() for one in answers]  # type: ignore[union-attr]


def transferred(source: Source, store: Path | None, tell: Any) -> Any:
    target = cs.open_target(str(source.root))  # type: ignore[attr-defined]
    folds = draw_folds(target, per_class=(3,), folds=1)
    how = Learning(grid=(1.0,), parts=2)
    net = cs.load("zoo:tiny")
    found = measure_transfer(net, target, layers=["conv1", "fc"], folds=folds, learning=how, store=store, progress=tell)
    return found.csv()


def evolved(source: Source, store: Path | None, tell: Any) -> Any:
    steps = [(epoch, cs.load("zoo:tiny", seed=epoch)) for epoch in (1, 2)]
    return evolution(steps, source, layers=["fc"], units=2, sample=6, store=store, progress=tell).to_json()


@pytest.mark.parametrize(
    "work", [scanned, cached, occluded, *(pytest.param(one, marks=pytest.mark.slow) for one in (transferred, evolved))]
)
def test_a_folder_that_is_removed_midway_is_said_or_made_again(tmp_path: Path, work: Callable[..., Any]) -> None:
    source = cs.open_source(write_images(tmp_path / "images", 12))
    expected = work(source, None, None)
    for moment in (1, 2, 3, 5, 8):
        told, store = 0, tmp_path / f"{moment}" / "store"

        def vanish(*what: Any, moment: int = moment, store: Path = store) -> None:
            nonlocal told
            told += 1
            if told == moment:
                shutil.rmtree(store.parent, ignore_errors=True)

        try:
            found = work(source, store, vanish)
        except StoreError as error:
            assert str(store) in str(error)  # noqa: PT017  either is well
        else:
            assert found == expected, moment
