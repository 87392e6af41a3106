"""The statistics of claims, against literal loops and numbers worked by hand."""

import math
import random

import numpy as np
import pytest

from convscope.methods.intervals import tail
from convscope.methods.paper.statistics import (
    halves,
    invariance_gain,
    later,
    least_margin,
    mean_of,
    more_than_elsewhere,
    parts_alike,
    resampled,
    sections_together,
    selectivity,
    selectivity_gain,
    student,
    together,
)

GENERATOR = np.random.default_rng(5)


def drawn_again(rows: list[tuple[float, ...]], of, times: int = 4000) -> tuple[float, float]:
    """A percentile interval by a literal loop, with another generator; its ends as far out as so few rows ask for."""
    pick, found = random.Random(3), []
    for _ in range(times):
        some = [rows[pick.randrange(len(rows))] for _ in rows]
        found.append(of([sum(column) / len(some) for column in zip(*some, strict=True)]))
    found.sort()
    beyond = tail(len(rows))
    return found[round(beyond * times)], found[min(round((1 - beyond) * times), times - 1)]


def test_less_way_of_the_late_layer_over_images() -> None:
    early, late = GENERATOR.uniform(0.5, 1.0, 20), GENERATOR.uniform(0.1, 0.4, 20)
    found = invariance_gain(early, late)
    assert found.value == pytest.approx(1 - sum(late.tolist()) / sum(early.tolist()))
    low, high = drawn_again(
        list(zip(early.tolist(), late.tolist(), strict=True)), lambda means: 1 - means[1] / means[0]
    )
    assert (found.low, found.high) == (pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01))
    assert found.count == 20


def test_an_image_whose_features_are_zero_does_not_count() -> None:
    found = invariance_gain(np.array([1.0, np.nan, 1.0]), np.array([0.5, 0.5, 0.5]))
    assert (found.value, found.count) == (0.5, 2)


def test_covering_objects_is_over_what_there_is() -> None:
    before, cost, elsewhere = np.array([0.8, 0.6, 1.0]), np.array([0.5, 0.3, 0.1]), np.array([0.1, 0.1, 0.1])
    found = more_than_elsewhere(before, cost, elsewhere)
    assert found.value == pytest.approx((0.4 + 0.2 + 0.0) / (0.8 + 0.6 + 1.0))
    low, high = drawn_again(
        list(zip(before.tolist(), (cost - elsewhere).tolist(), strict=True)), lambda means: means[1] / means[0]
    )
    assert (found.low, found.high) == (pytest.approx(low, abs=0.03), pytest.approx(high, abs=0.03))


def test_one_row_has_no_interval_and_none_no_number() -> None:
    one, none = mean_of(np.array([2.0])), mean_of(np.zeros(0))
    assert (one.value, one.count) == (2.0, 1)
    assert math.isnan(one.low)
    assert math.isnan(none.value)
    assert none.count == 0


def test_the_same_seed_draws_the_same_rows() -> None:
    table = GENERATOR.normal(size=(9, 1))
    first, second, other = (resampled(table, lambda means: means[:, 0], seed=seed) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_an_interval_of_a_mean_is_near_students() -> None:
    values = GENERATOR.normal(size=400)
    drawn, exact = mean_of(values), student(values)
    assert drawn.value == pytest.approx(exact.value)
    assert (drawn.low, drawn.high) == (pytest.approx(exact.low, abs=0.02), pytest.approx(exact.high, abs=0.02))


def test_parts_take_the_mean_of_gains_and_the_worst_rank() -> None:
    own = [(0.06, 0.05, 0.08), (0.09, 0.08, 0.10)]
    found = parts_alike(own, [0.1, 0.1], [0.01, 0.04], images=7, corrected=True)
    assert found.value == pytest.approx((0.4 + 0.1) / 2)
    assert (found.low, found.high) == (pytest.approx((0.2 + 0.0) / 2), pytest.approx((0.5 + 0.2) / 2))
    assert (found.p, found.count) == (0.04, 7)
    assert parts_alike(own, [0.1, 0.1], [0.03, 0.04], images=7, corrected=False).p == pytest.approx(0.06)  # Holm's


def test_random_weights_parts_have_no_interval() -> None:
    found = parts_alike([(0.06, math.nan, math.nan)], [0.1], [0.02], images=7, corrected=False)
    assert found.value == pytest.approx(0.4)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_upper_layers_settle_later_by_units_of_halves() -> None:
    settled = [np.array([0, 1, 0]), np.array([9, 9]), np.array([3, 4, 4])]  # of three, the middle counts for neither
    found = later(settled, 5)
    assert found.value == pytest.approx((3 + 4 + 4) / 3 / 4 - (0 + 1 + 0) / 3 / 4)
    assert found.count == 5
    assert found.low > 0.5
    # Means 1/3, 9, 11/3: of the six orders of three layers, these and the sorted ones rise as much or more.
    assert found.p == 3 / 6


def test_however_many_units_settle_late_the_order_is_of_layers() -> None:
    early, late = np.zeros(200, np.int64), np.full(200, 4)
    assert later([early, late], 5).p == 1 / 2, "of two layers one order of two is as late"
    assert later([early, early + 1, late - 1, late], 5).p == 1 / 24
    assert later([early, early + 1, late - 1, late, late + 1], 6).p == 1 / 120


def test_layers_that_settle_alike_are_in_no_order() -> None:
    found = later([np.array([1, 2, 3]), np.array([1, 2, 3])], 5)
    assert (found.value, found.p) == (0, 1)


def test_settling_takes_two_layers_and_units() -> None:
    assert "two layers" in later([np.array([1, 2])], 5).lacking
    assert "no unit" in later([np.zeros(0, np.int64), np.array([1])], 5).lacking


def test_sections_are_over_the_larger_of_both_alone_seed_by_seed() -> None:
    base, one, other = np.array([0.2, 0.3, 0.2]), np.array([0.3, 0.3, 0.2]), np.array([0.2, 0.4, 0.3])
    both = np.array([0.6, 0.7, 0.7])
    found = sections_together(base, one, other, both)
    each = [0.4 - 0.1, 0.4 - 0.1, 0.5 - 0.1]
    assert found.value == pytest.approx(sum(each) / 3)
    spread = math.sqrt(sum((value - found.value) ** 2 for value in each) / 2)
    assert found.high - found.value == pytest.approx(4.302653 * spread / math.sqrt(3), rel=1e-5)  # t of 2 degrees


def test_together_is_beyond_the_mean_of_each_alone() -> None:
    alone = np.array([[True, False, True, False], [False, False, True, True]])
    found = together(np.array([True, False, True, True]), alone)
    assert found.value == pytest.approx(3 / 4 - (2 / 4 + 2 / 4) / 2)
    assert found.count == 4


def test_the_least_margin_decides_with_the_largest_p() -> None:
    found = least_margin([(0.2, 0.1, 0.3), (0.05, -0.1, 0.2)], [0.01, 0.2], [8, 7])
    assert (found.value, found.low, found.high, found.p, found.count) == (0.05, -0.1, 0.2, 0.2, 7)


# -- selectivity ------------------------------------------------------------------------------------------------------
def literal(table: np.ndarray, labels: list[int], half: list[int]) -> list[float]:
    """Selectivity by loops."""
    found = []
    for unit in range(table.shape[1]):
        means = [
            {
                label: np.mean([max(float(v), 0.0) for v, k, h in zip(table[:, unit], labels, half, strict=True)
                                if k == label and h == side])
                for label in sorted(set(labels))
            }
            for side in (0, 1)
        ]  # fmt: skip
        sides = []
        for chosen, judged in ((0, 1), (1, 0)):
            best = max(means[chosen], key=lambda label: (means[chosen][label], -label))
            a = means[judged][best]
            b = np.mean([value for label, value in means[judged].items() if label != best])
            total = sum(means[judged].values())
            sides.append((a - b) / total if total > 0 else math.nan)
        found.append(sum(sides) / 2)
    return found


def test_selectivity_is_what_loops_say() -> None:
    table, labels = GENERATOR.normal(0.3, 1.0, (60, 7)), GENERATOR.integers(0, 3, 60)
    half = halves(labels)
    np.testing.assert_allclose(selectivity(table, labels, half), literal(table, labels.tolist(), half.tolist()))


def test_a_silent_unit_has_none() -> None:
    labels = np.array([0, 0, 1, 1])
    assert np.isnan(selectivity(np.full((4, 1), -1.0), labels, halves(labels))).all()


def test_noise_looks_selective_by_few_images_and_does_not_here() -> None:
    labels = np.repeat(np.arange(10), 4)
    table = GENERATOR.exponential(size=(40, 2000))
    means = np.stack([table[labels == label].mean(0) for label in range(10)])
    naive = (means.max(0) - (means.sum(0) - means.max(0)) / 9) / means.sum(0)
    assert naive.mean() > 0.08
    found = selectivity(table, labels, halves(labels))
    assert abs(found.mean()) < 3 * found.std() / math.sqrt(len(found)) < 0.02


def test_late_units_that_know_a_class_gain_and_noise_does_not() -> None:
    labels = np.repeat(np.arange(4), 10)
    noise = GENERATOR.exponential(size=(40, 30))
    knowing = noise[:, :20] * 0.1 + (labels[:, None] == np.arange(20) % 4)
    found = selectivity_gain(noise, knowing, labels, draws=60)
    assert found.low > 0.3
    assert found.low < found.value < found.high
    assert found.count == 10
    nothing = selectivity_gain(noise, GENERATOR.exponential(size=(40, 30)), labels, draws=60)
    assert nothing.low < 0 < nothing.high


def test_selectivity_takes_two_classes() -> None:
    found = selectivity_gain(np.ones((4, 2)), np.ones((4, 2)), np.zeros(4, np.int64))
    assert "two classes" in found.lacking
