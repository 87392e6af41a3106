"""Agreement of signs: numbers worked by hand, packing, and statistics against their definitions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from convscope.kernels.agreeing import Packed, pack
from convscope.methods.correspondence.agreement import Pairs, Shares, bootstrap, hamming, rank_among_places, rank_test
from convscope.methods.intervals import tail

# Three images, five features. By hand: 1 and 2 differ in features 1 (+ against 0), 3 (- against +) and 4 (0 against -);
# 1 and 3 in 0 (+ against -) and 3 (- against 0); 2 and 3 in 0, 1, 3 and 4. In feature 2 all are zero and agree.
SIGNS = np.array([[1, 1, 0, -1, 0], [1, 0, 0, 1, -1], [-1, 1, 0, 0, 0]])
BY_HAND = [[0, 3, 2], [3, 0, 4], [2, 4, 0]]


def test_three_images_by_hand() -> None:
    assert hamming(SIGNS).tolist() == BY_HAND
    # Delta sums over ordered pairs: twice 3 + 2 + 4.
    assert hamming(SIGNS).sum() == 18


def test_what_changes_by_hand() -> None:
    images = [Packed.of([row]) for row in pack(SIGNS.astype(np.int8))]
    pairs = Pairs.of(images, np.zeros((1, 3), np.int64), 5)
    assert pairs.changed.tolist() == [[3, 3, 2]]
    # 1 or 2 changes features 0, 1, 3, 4; 1 or 3 changes 0, 1, 3; 2 or 3 changes 0, 1, 3, 4.
    assert pairs.either[0].tolist() == [[3, 4, 3], [4, 3, 4], [3, 4, 2]]


@pytest.mark.parametrize("features", [1, 7, 8, 9, 64, 1001])
def test_packed_signs_are_compared_as_single_ones(features: int) -> None:
    random = np.random.default_rng(features)
    signs = random.integers(-1, 2, size=(4, features))
    for i, j in itertools.product(range(4), repeat=2):
        assert hamming(signs)[i, j] == sum(int(a != b) for a, b in zip(signs[i], signs[j], strict=True))


def test_sets_take_of_each_image_the_mask_that_they_name() -> None:
    random = np.random.default_rng(0)
    signs = random.integers(-1, 2, size=(3, 4, 70)).astype(np.int8)  # three images, four masks
    images, rows = [Packed.of(pack(one)) for one in signs], random.integers(0, 4, size=(6, 3))
    found, shares = Pairs.of(images, rows, 70), Shares.of(images, rows, 70)
    for s, chosen in enumerate(rows):
        taken = [signs[i, row] for i, row in enumerate(chosen)]
        for i, j in itertools.permutations(range(3), 2):
            assert found.differ[s, i, j] == (taken[i] != taken[j]).sum()
            assert found.either[s, i, j] == ((taken[i] != 0) | (taken[j] != 0)).sum()
        differ = [(a != b).sum() for a, b in itertools.permutations(taken, 2)]
        either = [((a != 0) | (b != 0)).sum() for a, b in itertools.permutations(taken, 2)]
        assert shares.means[s] == pytest.approx(np.mean(differ) / 70)
        assert shares.among[s] == pytest.approx(np.sum(differ) / np.sum(either))
        assert shares.changed[s].tolist() == [(one != 0).sum() for one in taken]


def test_rank_counts_what_is_as_small_and_itself() -> None:
    others = np.array([0.2, 0.1, 0.3, 0.1])
    assert rank_test(0.05, others) == 1 / 5
    assert rank_test(0.1, others) == 3 / 5  # equal ones count
    assert rank_test(0.4, others) == 1


def test_where_nothing_changes_nothing_is_shown() -> None:
    assert rank_test(float("nan"), np.array([0.2, 0.1])) == 1
    assert rank_test(0.15, np.array([0.2, np.nan, 0.1])) == 2 / 3


def test_rank_is_uniform_where_the_value_is_one_of_the_others() -> None:
    random = np.random.default_rng(3)
    ranks = [rank_test(random.normal(), random.normal(size=19)) for _ in range(2000)]
    for level in (0.05, 0.25, 0.5):
        assert np.mean(np.array(ranks) <= level + 1e-9) == pytest.approx(level, abs=0.03)


def test_bootstrap_is_the_mean_over_pairs_of_drawn_images() -> None:
    pairs = np.array([[9.0, 1, 2], [1, 9, 6], [2, 6, 9]])  # the diagonal must not matter
    # All 27 draws of three images, one by one, with all their ordered pairs of different images.
    changed = np.array([[5.0, 8, 9], [8, 5, 7], [9, 7, 5]])
    means, shares = [], []
    for drawn in itertools.product(range(3), repeat=3):
        chosen = [(a, b) for a, b in itertools.product(drawn, repeat=2) if a != b]
        if chosen:
            means.append(np.mean([pairs[one] for one in chosen]))
            shares.append(sum(pairs[one] for one in chosen) / sum(changed[one] for one in chosen))
    found = bootstrap(
        pairs, [np.ones((3, 3)), changed], confidence=0.5, generator=np.random.default_rng(0), samples=20000
    )
    beyond = tail(3, 0.5)
    assert 0.1 < beyond < 0.17
    for (low, high), every in zip(found, (means, shares), strict=True):
        assert low == pytest.approx(np.quantile(every, beyond, method="inverted_cdf"), abs=1e-9)
        assert high == pytest.approx(np.quantile(every, 1 - beyond, method="inverted_cdf"), abs=1e-9)


def test_sets_are_no_evidence_beyond_the_places_that_they_are_drawn_from() -> None:
    # Of n places that share nothing and a part that is like any of them, it is the best one time in n + 1.
    random, places = np.random.default_rng(2), 24
    best = []
    for _ in range(4000):
        at = random.normal(size=1 + places)
        sets = at[1 + random.integers(places, size=500)]
        best.append(rank_among_places(rank_test(at[0], sets), places))
    for level in (0.05, 0.1, 0.3):
        assert level - 0.045 < np.mean(np.array(best) <= level) < level + 0.01
    assert min(best) == rank_among_places(1 / 501, places) > 1 / (1 + places)


def test_bootstrap_intervals_hold_the_mean_and_grow_with_confidence() -> None:
    random = np.random.default_rng(1)
    noise = random.random((12, 12))
    pairs = (noise + noise.T) / 2
    mean = pairs[~np.eye(12, dtype=bool)].mean()
    every = [np.ones((12, 12))]
    (narrow,) = bootstrap(pairs, every, confidence=0.5, generator=np.random.default_rng(0))
    (wide,) = bootstrap(pairs, every, confidence=0.99, generator=np.random.default_rng(0))
    assert wide[0] < narrow[0] < mean < narrow[1] < wide[1]
    assert bootstrap(pairs, every, confidence=0.5, generator=np.random.default_rng(0)) == [narrow]
