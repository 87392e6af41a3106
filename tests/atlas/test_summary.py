"""Dead units, classes and neighbours, by hand."""

import numpy as np
import pytest

from convscope.atlas.summary import (
    CLASS_CORRELATION,
    SHARED_IMAGES,
    class_preference,
    dead_units,
    neighbours,
)


def test_dead_is_zero_everywhere_and_nothing_else() -> None:
    maximum = np.array([0, 0, -1, 1, -np.inf], np.float32)
    mean = np.array([0, -1, -2, 0.5, np.nan], np.float32)
    assert dead_units(maximum, mean).tolist() == [True, False, False, False, False]


def test_top_classes_are_by_mean_then_by_number() -> None:
    means = np.array([[1.0, 4.0, 4.0, np.nan, 0.0]])
    found = class_preference(means, np.array([2, 2, 2, 0, 2]))
    assert found is not None
    assert found.top.tolist() == [[1, 2, 0, 4]]
    assert found.mean.tolist() == [[4.0, 4.0, 1.0, 0.0]]
    # the others' mean is (1 + 4 + 0) / 3
    assert found.selectivity.tolist() == [pytest.approx((4 - 5 / 3) / (4 + 5 / 3))]


def test_selectivity_runs_from_zero_to_one() -> None:
    found = class_preference(
        np.array([[2.0, 2.0], [3.0, 0.0], [0.0, 0.0], [-1.0, -2.0], [5.0, -9.0]]), np.array([1, 1])
    )
    assert found is not None
    assert found.selectivity.tolist() == pytest.approx([0.0, 1.0, np.nan, np.nan, 1.0], nan_ok=True)


@pytest.mark.parametrize("count", [None, np.array([5, 0, 0])])
def test_there_is_no_preference_without_two_classes(count: np.ndarray | None) -> None:
    assert class_preference(None if count is None else np.ones((2, 3)), count) is None


def test_without_labels_neighbours_share_images() -> None:
    images = np.array([[1, 2, 3, 4], [1, 2, 3, 9], [4, 7, 8, -1], [5, 6, 7, 1]])
    values = np.array([[9, 8, 7, 6], [9, 8, 7, 6], [9, 8, 7, -np.inf], [9, 8, 7, 0]], np.float32)
    found = neighbours(images, values)
    assert found.statistic == SHARED_IMAGES
    # unit 0: three of four images with unit 1, one of four and three with unit 2; its image 1 is a zero of unit 3
    assert found.units[0].tolist() == [1, 2, -1, -1]
    assert found.similarity[0].tolist() == pytest.approx([3 / 4, 1 / np.sqrt(12), 0, 0], abs=1e-6)
    assert found.units[3].tolist() == [2, -1, -1, -1]
    assert found.similarity[3, 0] == pytest.approx(1 / 3, abs=1e-6)


def test_with_labels_neighbours_correlate_over_classes() -> None:
    base = np.arange(10.0)
    means = np.stack([base, 3 * base + 5, -base, np.where(base < 5, base, 0), np.zeros(10)])
    found = neighbours(np.zeros((5, 1), int), np.ones((5, 1)), means, np.ones(10, int))
    assert found.statistic == CLASS_CORRELATION
    assert found.units[0].tolist() == [1, -1, -1, -1, -1]
    assert found.similarity[0, 0] == 1
    wanted = np.corrcoef(means[2], means[3])[0, 1]
    assert found.units[3, 0] == 2
    assert found.similarity[3, 0] == pytest.approx(wanted, abs=1e-6)
    assert (found.units[4] == -1).all()


def test_classes_without_images_do_not_count() -> None:
    means = np.full((2, 12), np.nan)
    means[:, :9] = np.random.default_rng(0).random((2, 9))
    count = np.array([1] * 9 + [0] * 3)
    found = neighbours(np.zeros((2, 1), int), np.ones((2, 1)), means, count)
    assert found.similarity[0, 0] == pytest.approx(max(0, np.corrcoef(means[0, :9], means[1, :9])[0, 1]), abs=1e-6)


def test_few_classes_say_too_little() -> None:
    found = neighbours(np.array([[1], [1]]), np.ones((2, 1)), np.ones((2, 3)), np.ones(3, int))
    assert found.statistic == SHARED_IMAGES


def test_equal_similarities_are_in_the_order_of_units() -> None:
    found = neighbours(np.zeros((40, 3), int), np.ones((40, 3)))
    assert found.units[20].tolist() == list(range(12))
