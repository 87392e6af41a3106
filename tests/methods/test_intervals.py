"""Intervals against what they are, written out: every toss of every coin, every draw, every order."""

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest

from convscope.methods.intervals import DRAWS, around, crossed, means, paired, rising_p, tail, tau
from convscope.methods.paper.statistics import mean_of


def tossed(gained: int, lost: int) -> float:
    """Of all ways that fair coins can fall, how many fall as unevenly or more so."""
    tosses = gained + lost
    falls = [sum(fall) for fall in itertools.product((0, 1), repeat=tosses)]
    return sum(abs(2 * fall - tosses) >= abs(gained - lost) for fall in falls) / len(falls)


@pytest.mark.parametrize(
    ("gained", "lost", "both", "neither"), [(5, 1, 3, 2), (0, 4, 9, 0), (3, 3, 1, 1), (0, 0, 4, 1)]
)
def test_paired_answers_are_counted_cell_by_cell(gained: int, lost: int, both: int, neither: int) -> None:
    one = np.array([True] * gained + [False] * lost + [True] * both + [False] * neither)
    other = np.array([False] * gained + [True] * lost + [True] * both + [False] * neither)
    found, cells = paired(one, other), {"gained": gained + 0.5, "lost": lost + 0.5}
    count = sum(cells.values()) + both + 0.5 + neither + 0.5
    shares = {name: cell / count for name, cell in cells.items()}
    middle = shares["gained"] - shares["lost"]
    reach = 1.959964 * math.sqrt((shares["gained"] + shares["lost"] - middle**2) / count)
    assert found.difference == pytest.approx((gained - lost) / len(one))
    assert (found.low, found.high) == pytest.approx((middle - reach, middle + reach), abs=1e-6)
    assert found.p == pytest.approx(tossed(gained, lost))


def test_the_pair_decides_and_not_the_shares() -> None:
    right = np.arange(200) < 150
    shifted, fewer = np.roll(right, 60), right & (np.arange(200) % 15 > 0)
    assert shifted.sum() > fewer.sum()  # by its share, the second is further away
    apart, together = paired(right, shifted), paired(right, fewer)
    assert apart.low < 0 < apart.high
    assert 0 < together.low < together.high < apart.high
    assert together.p < 0.01 < apart.p == 1


def test_rows_and_columns_are_both_drawn_again_draw_by_draw() -> None:
    table = np.random.default_rng(5).normal(size=(3, 7))
    generator, found = np.random.default_rng(0), []
    rows = generator.multinomial(3, [1 / 3] * 3, 50)
    columns = generator.multinomial(7, [1 / 7] * 7, 50)
    for of_rows, of_columns in zip(rows, columns, strict=True):
        often = [table[i, j] for i in range(3) for j in range(7) for _ in range(of_rows[i] * of_columns[j])]
        assert len(often) == 21
        found.append(sum(often) / 21)
    assert crossed(table, draws=50) == pytest.approx(np.quantile(found, (0.025, 0.975)).tolist())


def test_what_rows_have_in_common_is_no_evidence_of_its_own() -> None:
    images = np.random.default_rng(1).normal(size=400)
    once, often = crossed(images[None]), crossed(np.tile(images, (50, 1)))
    assert often == pytest.approx(once, abs=0.02)  # as wide, though it has fifty times as many numbers
    assert all(math.isnan(end) for end in crossed(np.full((3, 5), 2.0)))


def test_means_are_drawn_again_and_none_is_made_of_equal_numbers() -> None:
    values = np.stack([np.arange(12.0), np.full(12, 3.0)], 1)
    low, high = means(values)
    generator = np.random.default_rng(0)
    drawn = [
        np.mean([number for number, often in zip(values[:, 0], draw, strict=True) for _ in range(often)])
        for draw in generator.multinomial(12, [1 / 12] * 12, DRAWS)
    ]
    assert (low[0], high[0]) == pytest.approx(np.quantile(drawn, (0.025, 0.975)).tolist())
    assert math.isnan(low[1])
    assert math.isnan(high[1])
    assert np.isnan(means(np.zeros((0, 2)))).all()
    assert all(math.isnan(end) for end in around(0.5, 0.0))


def slow_tau(values: list[float]) -> float:
    pairs = [(a, b) for i, a in enumerate(values) for b in values[i + 1 :]]
    rising, falling = sum(b > a for a, b in pairs), sum(b < a for a, b in pairs)
    return (rising - falling) / math.sqrt((rising + falling) * len(pairs))


@pytest.mark.parametrize("values", [[1.0, 3.0, 2.0, 4.0], [2.0, 2.0, 5.0], [3.0, 1.0, 1.0, 0.0, 7.0]])
def test_all_orders_are_tried(values: list[float]) -> None:
    assert tau(values) == pytest.approx(slow_tau(values))
    orders = [slow_tau(list(order)) for order in itertools.permutations(values)]
    assert rising_p(values) == pytest.approx(sum(one >= slow_tau(values) - 1e-12 for one in orders) / len(orders))


def test_of_many_layers_orders_are_drawn_and_equal_ones_have_no_trend() -> None:
    rising = [float(n) for n in range(10)]
    assert rising_p(rising) == pytest.approx(1 / 40320)  # the order that there is
    assert rising_p(rising[::-1]) == 1.0
    assert rising_p(rising) == rising_p(rising, seed=3)
    assert math.isnan(rising_p([2.0, 2.0]))
    assert math.isnan(tau([]))


# -- of few things ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("count", "student"), [(3, 4.30265), (5, 2.77645), (15, 2.14479), (40, 2.02269)])
def test_ends_of_few_things_are_as_far_out_as_students(count: int, student: float) -> None:
    # Draws have the deviation that divides by n, Student's the one that divides by n - 1.
    reach = -NormalDist().inv_cdf(tail(count)) * math.sqrt((count - 1) / count)
    assert reach == pytest.approx(student, rel=1e-4)


def test_an_interval_of_few_things_holds_what_it_is_to_hold() -> None:
    random, held, plain = np.random.default_rng(4), 0, 0
    for _ in range(400):
        values = random.normal(size=6)
        found = mean_of(values)
        held += found.low <= 0 <= found.high
        draws = random.choice(values, (400, 6)).mean(1)
        plain += np.quantile(draws, 0.025) <= 0 <= np.quantile(draws, 0.975)
    assert plain / 400 < 0.9, "the percentiles alone are too narrow"
    assert 0.92 < held / 400 < 0.98
