"""Whole experiments, on small sets."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import convscope as cs
from convscope.errors import StoreError, UsageError
from convscope.generalisation import (
    Learning,
    Pooling,
    draw_folds,
    measure_transfer,
    open_target,
    protocol,
    transfer_layers,
)
from convscope.generalisation.tables import interval_table, layer_table, paper_table7, size_table, tables
from convscope.models.tiny import random_tiny
from tests.generalisation import layouts
from tests.mutations import mutate

QUICK = Learning(grid=(1.0, 10.0), parts=2)
COUNTS = {"BACKGROUND_Google": 12, "accordion": 12, "yin_yang": 12}


@pytest.fixture(scope="module")
def net() -> cs.Network:
    return cs.load("zoo:tiny")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> cs.TargetSet:
    return open_target(f"caltech101:{layouts.caltech101(tmp_path_factory.mktemp('caltech'), COUNTS)}")


@pytest.fixture(scope="module")
def result(net: cs.Network, target: cs.TargetSet) -> cs.TransferScores:
    folds = draw_folds(target, per_class=(3, 6), folds=3, test=5)
    others = {"random": cs.load("zoo:tiny", seed=5)}
    return measure_transfer(net, target, layers=["relu1", "gap"], folds=folds, others=others, learning=QUICK)  # pyright: ignore


def test_there_is_a_score_for_every_layer_classifier_size_fold_and_network(result: cs.TransferScores) -> None:
    assert len(result.scores) == 2 * 2 * 2 * 3 * 2
    assert len({(s.weights, s.layer, s.classifier, s.per_class, s.fold) for s in result.scores}) == 48
    assert all(s.train == 3 * s.per_class and s.test == 15 for s in result.scores)
    assert all(np.isclose(s.value, np.mean(s.by_class)) for s in result.scores)


def test_colours_are_told_apart(result: cs.TransferScores) -> None:
    row = result.row("relu1", "softmax", 6)
    assert row is not None
    assert row.mean > 0.8


def test_rows_are_means_and_deviations_over_folds(result: cs.TransferScores) -> None:
    values = [s.value for s in result.scores if (s.weights, s.layer, s.classifier, s.per_class) == ROW]
    row = result.row("gap", "svm", 3, weights="random")
    assert row is not None
    assert (row.folds, row.mean, row.std) == (3, pytest.approx(np.mean(values)), pytest.approx(np.std(values, ddof=1)))


ROW = ("random", "gap", "svm", 3)


def test_intervals_are_over_images_and_folds_both(result: cs.TransferScores) -> None:
    row = next(row for row in result.rows() if row.images > 0 and row.std > 0)
    key = (row.weights, row.layer, row.classifier, row.per_class)
    scores = [s for s in result.scores if (s.weights, s.layer, s.classifier, s.per_class) == key]
    images = []
    for score in scores:  # five images a class, of three classes
        variances = [share * (1 - share) / 4 for share in score.by_class]
        images.append(sum(variances) / 9)
        assert score.deviation == pytest.approx(np.sqrt(images[-1]))
    reach = 1.959964 * np.sqrt(np.mean(images) + np.var([s.value for s in scores], ddof=1) / 3)
    assert row.interval == pytest.approx((row.mean - reach, min(row.mean + reach, 1.0)), abs=1e-6)
    assert replace(row, std=float("nan"), folds=1).interval[0] == pytest.approx(row.mean - 1.959964 * row.images)
    assert replace(row, mean=0.99).interval[1] == 1.0
    assert cs.TransferScores.from_json(result.to_json()).rows() == result.rows()
    cells = [cell for line in interval_table(result, row.per_class).rows for cell in line]
    assert f"{100 * row.interval[0]:.1f} to {100 * row.interval[1]:.1f}" in cells


def test_same_seed_same_scores(net: cs.Network, target: cs.TargetSet, result: cs.TransferScores) -> None:
    folds = draw_folds(target, per_class=(3, 6), folds=3, test=5)
    again = measure_transfer(net, target.source, layers=["gap"], folds=folds, learning=QUICK)  # a spelling would do
    before = [s.value for s in result.scores if (s.weights, s.layer) == ("own", "gap")]
    assert [s.value for s in again.scores] == before


def test_test_images_are_never_learned_from(
    net: cs.Network, target: cs.TargetSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fold,) = draw_folds(target, per_class=(4,), folds=1)
    seen: list[int] = []
    space_of = protocol.Space.of

    def watch(rows: np.ndarray, **more: object) -> object:
        seen.append(len(rows))
        return space_of(rows, **more)  # pyright: ignore

    learned: list[np.ndarray] = []
    learn = protocol.learn
    monkeypatch.setattr(protocol.Space, "of", watch)
    monkeypatch.setattr(protocol, "learn", lambda t, s, rows, c, h: learned.append(rows) or learn(t, s, rows, c, h))
    measure_transfer(net, target, layers=["fc"], folds=[fold], learning=QUICK)
    assert seen == [12]
    assert all(np.array_equal(rows, fold.train) for rows in learned)


def test_features_that_are_no_numbers_are_said(target: cs.TargetSet) -> None:
    module = random_tiny()
    module.fc.weight.data.fill_(float("nan"))
    broken = cs.Network.trace(module, (3, 32, 32), name="broken", preprocess=cs.Preprocess(32, 32))
    (fold,) = draw_folds(target, per_class=(1,), folds=1)
    with pytest.raises(UsageError, match="'fc': the features of 3 of 3 training images are NaN or infinite"):
        measure_transfer(broken, target, layers=["fc"], folds=[fold], learning=QUICK)


def test_one_image_a_class_is_enough(net: cs.Network, target: cs.TargetSet) -> None:
    (fold,) = draw_folds(target, per_class=(1,), folds=1)
    found = measure_transfer(net, target, layers=["relu1"], folds=[fold])
    assert [(score.train, score.c) for score in found.scores] == [(3, 10.0)] * 2


def test_voc_is_judged_by_average_precision(net: cs.Network, tmp_path: Path) -> None:
    kinds = ("aeroplane", "dog", "sofa")
    images = {
        f"2008_{i:06}": ("train" if i % 2 else "val", [(kinds[i // 2 % 3], 20, 0), ("person", 5, int(i % 5 == 0))])
        for i in range(36)
    }
    voc = open_target(f"voc2012:{layouts.voc2012(tmp_path, images)}")
    found = measure_transfer(net, voc, layers=["relu1"])
    assert found.measure == "average precision"
    assert {s.classifier for s in found.scores} == {"softmax", "svm"}
    for score in found.scores:
        seen = [i for i, value in enumerate(score.by_class) if not np.isnan(value)]
        assert {voc.classes[i] for i in seen} == {*kinds, "person"}
        assert score.value == pytest.approx(np.nanmean(score.by_class))
        assert score.value > 0.6
    (table,) = tables(found)
    assert table.rows[-2][-1] == "79.0"
    assert all(" to " in cell for cell in table.rows[-1][1:-1])
    assert table.head[1:3] == ("relu1, exclusive softmax", "relu1, one against the rest")


def test_result_is_saved_whole(result: cs.TransferScores, tmp_path: Path) -> None:
    result.save(tmp_path)
    loaded = cs.TransferScores.load(tmp_path)
    assert loaded.rows() == result.rows()
    assert len((tmp_path / "transfer.csv").read_text().splitlines()) == 1 + len(result.rows())
    assert len((tmp_path / "classes.csv").read_text().splitlines()) == 1 + 3 * len(result.scores)
    path = tmp_path / "transfer.json"
    whole = path.read_text()
    at = whole.index('"value": 0.') + len('"value": 0.')
    for text in ("{}", f"{whole[:at]}{(int(whole[at]) + 1) % 10}{whole[at + 1 :]}"):
        path.write_text(text)
        with pytest.raises(StoreError, match="cannot be read as a result of a transfer experiment: it"):
            cs.TransferScores.load(tmp_path)


def thirty(result: cs.TransferScores) -> tuple[cs.generalisation.FoldScore, ...]:
    """The scores as if at 30 a class."""
    return tuple(replace(score, per_class=30) for score in result.scores if score.per_class == 6)


def test_tables_have_the_papers_numbers_beside_ours(result: cs.TransferScores) -> None:
    by_layer = layer_table(result, 6)
    assert by_layer.head == ("layer", "features", "softmax", "svm", "softmax, random weights", "svm, random weights")
    assert [row[0] for row in by_layer.rows] == ["relu1", "gap"]
    assert "paper" not in size_table(result).markdown()  # it has no numbers for 3 and 6
    assert [row[0] for row in layer_table(replace(result, scores=thirty(result)), 30).rows][2:] == [
        f"paper: layer {number}" for number in (1, 2, 3, 4, 5, 7)
    ]
    assert paper_table7("caltech256")[4] == ("5", "65.6 ± 0.3", "65.7 ± 0.5")


def test_default_layers_are_stages_vectors_and_output() -> None:
    net = cs.load("zoo:tiny")
    assert transfer_layers(net)[-2:] == ["gap", "fc"]
    assert set(net.layers.stages()) < set(transfer_layers(net))


def test_interrupted_experiment_makes_only_what_is_missing(
    net: cs.Network,
    target: cs.TargetSet,
    result: cs.TransferScores,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folds, made, learn = draw_folds(target, per_class=(3, 6), folds=3, test=5), [0], protocol.learn

    def stop_at_fourth(*given: object) -> object:
        made[0] += 1
        if made[0] == 4:
            raise KeyboardInterrupt
        return learn(*given)  # pyright: ignore

    def again(**more: object) -> cs.TransferScores:
        return measure_transfer(net, target, layers=["gap"], folds=folds, learning=QUICK, store=tmp_path, **more)  # pyright: ignore

    monkeypatch.setattr(protocol, "learn", stop_at_fourth)
    with pytest.raises(KeyboardInterrupt):
        again()
    whole = again()
    assert made[0] == 4 + 12 - 3
    assert again().scores == whole.scores
    assert made[0] == 13
    before = [s for s in result.scores if (s.weights, s.layer) == ("own", "gap")]
    assert [s.value for s in whole.scores] == [s.value for s in before]


def test_kept_scores_are_of_the_same_network_images_and_learning(
    net: cs.Network, target: cs.TargetSet, tmp_path: Path
) -> None:
    folds = draw_folds(target, per_class=(3,), folds=1)

    def count(network: cs.Network, of: cs.TargetSet, how: Learning, pooling: Pooling | None = None) -> int:
        measure_transfer(network, of, layers=["relu1"], folds=folds, learning=how, pooling=pooling, store=tmp_path)
        return len(list((tmp_path / "scores").iterdir()))

    one = Learning(("svm",), grid=(1.0, 10.0), parts=2)
    assert [count(net, target, one) for _ in range(2)] == [1, 1]
    assert count(cs.load("zoo:tiny", seed=5), target, one) == 2
    assert count(net, replace(target, labels=np.roll(target.labels, 1)), one) == 3
    assert count(net, target, replace(one, grid=(1.0,))) == 4
    assert count(net, target, replace(one, scaling="norm")) == 5
    assert count(net, target, one, Pooling("max")) == 6


def test_damaged_score_is_named(net: cs.Network, target: cs.TargetSet, tmp_path: Path) -> None:
    folds = draw_folds(target, per_class=(3,), folds=1)
    measure_transfer(net, target, layers=["fc"], folds=folds, learning=QUICK, store=tmp_path)
    path = next((tmp_path / "scores").iterdir())
    path.write_text("{}")
    with pytest.raises(StoreError, match=f"{path.name} is no score"):
        measure_transfer(net, target, layers=["fc"], folds=folds, learning=QUICK, store=tmp_path)


@pytest.fixture(scope="module")
def measured(
    net: cs.Network, target: cs.TargetSet, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[dict]]:
    """A store of scores, and these."""
    store = tmp_path_factory.mktemp("measured")
    folds = draw_folds(target, per_class=(3,), folds=1)
    found = measure_transfer(net, target, layers=["fc"], folds=folds, learning=QUICK, store=store)
    return store, found.to_json()["scores"]


@pytest.mark.parametrize("seed", range(40))
def test_scores_are_those_that_were_kept_or_named_or_made_again(
    net: cs.Network, target: cs.TargetSet, measured: tuple[Path, list[dict]], tmp_path: Path, seed: int
) -> None:
    kept, expected = measured
    shutil.copytree(kept, tmp_path / "store")
    done = mutate(tmp_path / "store" / "scores", seed)
    folds = draw_folds(target, per_class=(3,), folds=1)
    try:
        found = measure_transfer(net, target, layers=["fc"], folds=folds, learning=QUICK, store=tmp_path / "store")
    except StoreError as error:
        assert "delete it, and the same command makes it again" in str(error)  # noqa: PT017 either outcome is right
    else:
        assert found.to_json()["scores"] == expected, done


def test_a_score_under_another_name_is_not_believed(
    net: cs.Network, target: cs.TargetSet, measured: tuple[Path, list[dict]], tmp_path: Path
) -> None:
    shutil.copytree(measured[0], tmp_path / "store")
    one, other = sorted((tmp_path / "store" / "scores").iterdir())[:2]
    other.write_bytes(one.read_bytes())
    folds = draw_folds(target, per_class=(3,), folds=1)
    with pytest.raises(StoreError, match="it was written as"):
        measure_transfer(net, target, layers=["fc"], folds=folds, learning=QUICK, store=tmp_path / "store")


def test_bad_requests_are_refused() -> None:
    with pytest.raises(UsageError, match="choose from softmax, svm"):
        Learning(("lda",))  # pyright: ignore
    with pytest.raises(UsageError, match="positive"):
        Learning(grid=(0.0,))
