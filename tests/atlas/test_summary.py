"""Dead units, classes and neighbours, by hand."""

import numpy as np
import pytest

from convscope.atlas import summary
from convscope.atlas.summary import class_preference, dead_units, neighbours


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


def test_neighbours_correlate_over_images() -> None:
    base = np.arange(10.0)
    rows = np.stack([base, 3 * base + 5, -base, np.where(base < 5, base, 0), np.zeros(10)])
    found = neighbours(rows.T)
    assert found.statistic == "correlation of strongest responses in 10 images"
    assert found.units[0].tolist() == [1, -1, -1, -1, -1]
    assert found.similarity[0, 0] == 1
    wanted = np.corrcoef(rows[2], rows[3])[0, 1]
    assert found.units[3, 0] == 2
    assert found.similarity[3, 0] == pytest.approx(wanted, abs=1e-6)
    assert (found.units[4] == -1).all()


def test_neighbours_are_the_nearest_of_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "_BLOCK", 7)
    values = np.random.default_rng(0).random((30, 40), np.float32)
    found = neighbours(values)
    assert found.units.shape == (40, 12)
    literal = np.corrcoef(values.T.astype(np.float64))
    np.fill_diagonal(literal, -1)
    for unit, (units, similarity) in enumerate(zip(found.units, found.similarity, strict=True)):
        order = np.argsort(-literal[unit], kind="stable")[:12]
        kept = [other for other in order.tolist() if literal[unit, other] > 0]
        assert units.tolist() == kept + [-1] * (12 - len(kept))
        assert similarity[: len(kept)] == pytest.approx(literal[unit, kept], abs=2e-6)


def test_responses_that_are_no_numbers_count_as_none() -> None:
    values = np.array([[0.0, 0.0], [1.0, 2.0], [np.nan, 0.0], [-np.inf, 0.0]])
    assert neighbours(values).similarity[0, 0] == 1


def test_equal_similarities_are_in_the_order_of_units() -> None:
    found = neighbours(np.repeat([[1.0], [2.0]], 40, axis=1))
    assert found.units[20].tolist() == list(range(12))
