"""Fixed-point sums: exact, whatever the order of their terms."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.methods.scan.exact import FRACTION_BITS, LIMIT, LOW_BITS, ExactSum, split

# float32 numbers that the resolution of 2**-48 holds exactly: at least 2**-25 in magnitude, or zero.
held = st.one_of(st.just(0.0), st.floats(2.0**-25, 2.0**34, width=32), st.floats(-(2.0**34), -(2.0**-25), width=32))


def exact_value(total: ExactSum) -> list[Fraction]:
    return [
        Fraction((int(high) << LOW_BITS) + int(low), 1 << FRACTION_BITS)
        for high, low in zip(total.high.ravel(), total.low.ravel(), strict=True)
    ]


def added(terms: np.ndarray) -> ExactSum:
    total = ExactSum.zeros(*terms.shape[1:])
    total.add(terms)
    return total


@given(st.lists(held, min_size=1, max_size=40))
def test_sum_is_the_exact_sum(terms: list[float]) -> None:
    total = added(np.array(terms, np.float32)[:, None])
    assert exact_value(total) == [sum(map(Fraction, terms))]
    assert total.value()[0] == pytest.approx(math.fsum(terms), rel=1e-15, abs=1e-12)


@given(st.lists(st.floats(width=32), min_size=1, max_size=30), st.randoms())
def test_order_and_grouping_do_not_show(terms: list[float], random) -> None:
    whole = added(np.array(terms, np.float32)[:, None])
    random.shuffle(terms)
    cut = random.randint(0, len(terms))
    left, right = (added(np.array(part, np.float32).reshape(-1, 1)) for part in (terms[:cut], terms[cut:]))
    right.merge(left)
    assert (right.high.tolist(), right.low.tolist()) == (whole.high.tolist(), whole.low.tolist())


def test_low_limb_stays_in_its_range() -> None:
    total = ExactSum.zeros(1)
    for term in (-(2.0**-48), -1.0, 5.0, -(2.0**-30)):
        total.add(np.array([[term]], np.float32))
        assert 0 <= total.low[0] < 2**LOW_BITS
    assert exact_value(total) == [Fraction(4) - Fraction(1, 2**48) - Fraction(1, 2**30)]


def test_terms_below_the_resolution_are_rounded_to_it() -> None:
    total = added(np.array([[2.0**-49 * 1.5], [2.0**-60]], np.float32))
    assert exact_value(total) == [Fraction(1, 2**48)]


def test_terms_out_of_range_are_clipped_and_flagged() -> None:
    terms = np.array([[np.inf, -np.inf, np.nan, 2.0**36, 1.0]], np.float32)
    total = ExactSum.zeros(5)
    assert total.add(terms).tolist() == [1, 1, 1, 1, 0]
    assert total.value().tolist() == [LIMIT, -LIMIT, 0.0, LIMIT, 1.0]


def test_512_terms_at_the_limit_fit_into_one_addition() -> None:
    total = added(np.full((512, 1), np.nextafter(np.float32(LIMIT), np.float32(0))))
    assert exact_value(total) == [512 * Fraction(float(np.nextafter(np.float32(LIMIT), np.float32(0))))]


def test_rows_may_repeat_and_negative_rows_are_left_out() -> None:
    total = ExactSum.zeros(3, 2)
    total.add_at(np.array([2, 0, 2, -1]), np.array([[1, 2], [3, 4], [5, 6], [7, 8]], np.float32))
    assert total.value().tolist() == [[3, 4], [0, 0], [6, 8]]


def test_limbs_have_the_sign_of_their_term() -> None:
    high, low, _ = split(np.array([-17.25]))
    assert high.tolist() == [-1]
    assert low.tolist() == [-1.25 * 2**48]


def test_copy_is_independent() -> None:
    total = ExactSum.zeros(1)
    copy = total.copy()
    total.add(np.ones((1, 1), np.float32))
    assert copy.value().tolist() == [0.0]
