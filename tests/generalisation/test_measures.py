"""Mean of per-class accuracies, and VOC's average precision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.generalisation.measures import (
    accuracy_deviation,
    average_precision,
    class_accuracies,
    precision_deviation,
)


def slow_average_precision(scores: list[float], truth: list[int]) -> float:
    """VOC's devkit, literally: a curve by rank, precision made to fall from the right, the area under its steps."""
    ranked = sorted(((s, t) for s, t in zip(scores, truth, strict=True) if t != 0), key=lambda pair: -pair[0])
    positives = sum(t == 1 for _, t in ranked)
    recall, precision, hits = [0.0], [0.0], 0
    for rank, (_, t) in enumerate(ranked, start=1):
        hits += t == 1
        recall.append(hits / positives)
        precision.append(hits / rank)
    recall.append(1.0)
    precision.append(0.0)
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    return sum((recall[i] - recall[i - 1]) * precision[i] for i in range(1, len(recall)))


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        ([1, 1, -1, -1], 1.0),
        ([-1, -1, 1, 1], 1 / 2),  # precision 1/3 at the first hit, raised to the 1/2 of the second
        ([1, -1, 1, -1], 1 / 2 * 1 + 1 / 2 * 2 / 3),
        ([-1, 1, 1, 1], 3 / 4),  # 1/2 and 2/3 are raised to the 3/4 that comes later
        ([1, -1, -1, 1], 1 / 2 * 1 + 1 / 2 * 2 / 4),
    ],
)
def test_average_precision_worked_by_hand(truth: list[int], expected: float) -> None:
    scores = np.array([4.0, 3.0, 2.0, 1.0])
    assert average_precision(scores, np.array(truth)) == pytest.approx(expected)


def test_difficult_images_are_as_good_as_absent() -> None:
    scores, truth = np.array([9, 8, 7, 6, 5.0]), np.array([0, 1, 0, -1, 1])
    kept = truth != 0
    assert average_precision(scores, truth) == average_precision(scores[kept], truth[kept]) == pytest.approx(5 / 6)


def test_order_among_equal_scores_decides_nothing() -> None:
    scores = np.array([1.0, 1.0, 0.0])
    values = {average_precision(scores, np.array(truth)) for truth in ([1, -1, -1], [-1, 1, -1])}
    assert values == {0.5}


def test_class_without_an_image_has_none() -> None:
    assert np.isnan(average_precision(np.array([1.0, 2.0]), np.array([-1, 0])))


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=30).filter(lambda t: 1 in t), st.randoms())
def test_average_precision_is_that_of_the_devkit(truth: list[int], random: object) -> None:
    scores = np.random.default_rng(random.getrandbits(32)).permutation(len(truth)).astype(float)  # pyright: ignore
    found = average_precision(scores, np.array(truth))
    assert found == pytest.approx(slow_average_precision(scores.tolist(), truth))


def test_average_precision_is_the_area_under_scikit_learns_curve_made_to_fall() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(3)
    for _ in range(20):
        scores, truth = random.integers(0, 12, 60).astype(float), random.choice([-1, 1], 60)
        precision, recall, _ = metrics.precision_recall_curve(truth, scores)  # recall falls
        highest = np.maximum.accumulate(precision)
        area = float((-np.diff(recall) * highest[:-1]).sum())
        assert average_precision(scores, truth) == pytest.approx(area)
        assert average_precision(scores, truth) >= metrics.average_precision_score(truth, scores) - 1e-12


@pytest.mark.parametrize("truth", [[1, 1, -1, 1, -1, -1, 1], [1, -1, -1, 1], [-1, 1, -1, -1], [1, 1, 1, -1]])
def test_average_precision_is_scikit_learns_where_precision_falls_by_itself(truth: list[int]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    scores = np.arange(len(truth), 0, -1.0)
    theirs = metrics.average_precision_score(np.array(truth) > 0, scores)
    assert average_precision(scores, np.array(truth)) == pytest.approx(theirs)


def test_mean_of_classes_differs_from_share_of_images() -> None:
    labels = np.array([0] * 8 + [1] * 2)
    found = np.zeros(10, np.int64)
    assert class_accuracies(found, labels, 2).tolist() == [1.0, 0.0]


def test_accuracies_vary_as_images_drawn_within_their_classes_do() -> None:
    random, counts, chances = np.random.default_rng(0), np.array([30, 8, 0, 50]), np.array([0.9, 0.5, 0.0, 0.2])
    means, said = [], []
    for _ in range(4000):
        hits = random.binomial(counts, chances)
        shares = np.divide(hits, counts, out=np.full(4, np.nan), where=counts > 0)
        means.append(np.nanmean(shares))
        said.append(accuracy_deviation(shares, counts) ** 2)
    assert np.mean(said) == pytest.approx(np.var(means), rel=0.06)  # without bias
    assert accuracy_deviation(np.array([1.0, 0.0]), np.array([1, 1])) == pytest.approx(0.5**1.5)  # the largest there is


def test_precisions_vary_as_images_drawn_again_one_by_one() -> None:
    random = np.random.default_rng(4)
    scores, truth = random.integers(0, 9, (40, 3)).astype(float), random.choice([-1, 0, 1], (40, 3))
    truth[:, 2] = -1  # of one class there is no image
    often = np.random.default_rng(0).multinomial(40, [1 / 40] * 40, 300)
    means = []
    for draw in often:
        rows = np.repeat(np.arange(40), draw)
        means.append(np.nanmean([average_precision(scores[rows, c], truth[rows, c]) for c in range(2)]))
    assert precision_deviation(scores, truth) == pytest.approx(np.std(means, ddof=1))
    assert np.isnan(precision_deviation(scores, -np.ones_like(truth)))
