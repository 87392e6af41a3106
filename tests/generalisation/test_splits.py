"""Which images are learned from and judged by."""

import re
from pathlib import Path

import numpy as np
import pytest

from convscope.errors import SourceError, UsageError
from convscope.generalisation import TargetSet, draw_folds, load_splits, open_target, published_fold, save_splits
from tests.generalisation import layouts
from tests.generalisation.test_datasets import VOC


def target(counts: tuple[int, ...]) -> TargetSet:
    labels = np.repeat(np.arange(len(counts)), counts)
    images = [(np.full((4, 4, 3), i % 256, np.uint8), int(label)) for i, label in enumerate(labels)]
    return open_target(images)


def test_parts_are_disjoint_and_have_the_asked_sizes() -> None:
    some = target((12, 9, 40))
    for fold in draw_folds(some, per_class=(2, 5), folds=3, test=6, seed=1):
        assert not np.intersect1d(fold.train, fold.test).size
        assert np.bincount(some.labels[fold.train]).tolist() == [fold.per_class] * 3
        left = [min(6, n - fold.per_class) for n in (12, 9, 40)]
        assert np.bincount(some.labels[fold.test]).tolist() == left


def test_draws_differ_between_folds_and_seeds_and_agree_with_themselves() -> None:
    some = target((20, 20))
    first, again, other = (draw_folds(some, per_class=(5,), folds=2, seed=seed) for seed in (0, 0, 1))
    assert [f.train.tolist() for f in first] == [f.train.tolist() for f in again]
    assert first[0].train.tolist() != first[1].train.tolist()
    assert first[0].train.tolist() != other[0].train.tolist()


def test_smaller_training_parts_lie_within_larger_ones_and_share_the_test_part() -> None:
    few, many = draw_folds(target((40, 40)), per_class=(4, 10), folds=1, test=20)
    assert np.isin(few.train, many.train).all()
    assert few.test.tolist() == many.test.tolist()


def test_class_with_too_few_images_is_named() -> None:
    with pytest.raises(SourceError, match="class '1' has 3 images: 3 a class to learn from leave none"):
        draw_folds(target((9, 3)), per_class=(3,))


def test_splits_are_saved_and_belong_to_their_images(tmp_path: Path) -> None:
    some = target((9, 8))
    folds = draw_folds(some, per_class=(3,), folds=2)
    save_splits(folds, tmp_path / "splits.json", target=some, seed=0)
    loaded = load_splits(tmp_path / "splits.json", target=some)
    assert [(f.per_class, f.train.tolist(), f.test.tolist()) for f in loaded] == [
        (f.per_class, f.train.tolist(), f.test.tolist()) for f in folds
    ]
    with pytest.raises(SourceError, match="splits other images"):
        load_splits(tmp_path / "splits.json", target=target((9, 9)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"number": 1', '"number": 0', "its content is not what its checksum says"),
        ('"train": [', '"train": [99, ', "names images that are not among the 17 of"),
        ('"train": [', '"train": [-1, ', "names images that are not among the 17 of"),
        ('"train": [', f'"train": [{10**30}, ', "cannot be read as splits"),
        ('"train": [', f'"train": {"[" * 5000}', "cannot be read as splits"),
    ],
)
def test_splits_that_were_changed_are_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    some, path = target((9, 8)), tmp_path / "splits.json"
    save_splits(draw_folds(some, per_class=(3,), folds=2), path, target=some, seed=0)
    text = path.read_text().replace(before, after, 1)
    path.write_text(text if "checksum" in said else re.sub(r',\n "sha256": "\w+"', "", text))  # which older ones lack
    with pytest.raises(SourceError, match=said):
        load_splits(path, target=some)


def test_published_sets_are_taken_as_they_are_and_may_not_meet(tmp_path: Path) -> None:
    voc = open_target(f"voc2012:{layouts.voc2012(tmp_path, VOC)}")
    fold = published_fold(voc)
    assert (fold.train.tolist(), fold.test.tolist()) == (voc.sets["train"].tolist(), voc.sets["val"].tolist())
    with pytest.raises(UsageError, match="2 images in common"):
        published_fold(voc, train="trainval", test="val")
    with pytest.raises(UsageError, match="no set 'vla'"):
        published_fold(voc, test="vla")
