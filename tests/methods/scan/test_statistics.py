"""Counts and means of units against counting by hand."""

import bisect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.methods.scan.statistics import (
    HISTOGRAM_BINS,
    HISTOGRAM_EDGES,
    LayerStatistics,
    SampledResponses,
    StatisticsTable,
    histogram_bins,
)


def literal_bin(value: float) -> int:
    """Bins hold their edge nearer to zero: the lower one from zero on, the upper one below."""
    edges = HISTOGRAM_EDGES.tolist()
    if value >= 0:
        return min(bisect.bisect_right(edges, value) - 1, HISTOGRAM_BINS - 1)
    return max(bisect.bisect_left(edges, value) - 1, 0) if value > -math.inf else 0


def responses(
    maxima: np.ndarray, *, labels: list[int] | None = None, nan: np.ndarray | None = None
) -> SampledResponses:
    maxima = np.asarray(maxima, np.float32)
    return SampledResponses(
        maxima, maxima * 2, (maxima > 0).astype(np.float32), nan, np.array(labels or [-1] * len(maxima), np.int64)
    )


def whole(table: StatisticsTable, positions: int = 4) -> LayerStatistics:
    return table.layer("x", slice(None), positions=positions, maximum=np.zeros(len(table.nan), np.float32))


def test_there_are_64_bins_between_ascending_edges() -> None:
    assert len(HISTOGRAM_EDGES) == HISTOGRAM_BINS + 1 == 65
    assert (np.diff(HISTOGRAM_EDGES) > 0).all()
    assert (HISTOGRAM_EDGES.astype(np.float32) == HISTOGRAM_EDGES).all()


@given(st.floats(allow_nan=False, width=32))
def test_bins_agree_with_the_edges(value: float) -> None:
    subnormal = 0 < abs(value) < 2.0**-126
    expected = (23 if value > 0 else 22) if subnormal else literal_bin(value)
    assert histogram_bins(np.float32([value])).tolist() == [expected]


@pytest.mark.parametrize("edge", HISTOGRAM_EDGES[1:-1].tolist())
def test_bins_hold_the_edge_nearer_to_zero(edge: float) -> None:
    at = np.float32(edge)
    around = np.float32([np.nextafter(at, np.float32(-np.inf)), at, np.nextafter(at, np.float32(np.inf))])
    lower, here, upper = histogram_bins(around).tolist()
    if edge > 0:
        assert lower + 1 == here == upper
    elif edge < 0:
        assert lower == here == upper - 1
    else:
        assert (lower, here, upper) == (22, 23, 23)


def test_hand_worked_statistics() -> None:
    """Two images, two units on 2 x 2 maps: sums 2 + 6 and 0 + -2, positive positions 1 + 1 and 0 + 0."""
    table = StatisticsTable.empty(2, 3)
    table.update(responses([[1.0, 0.0], [3.0, -1.0]], labels=[2, 0]))
    found = whole(table)
    assert found.count == 2
    assert found.mean.tolist() == [1.0, -0.25]
    assert found.active.tolist() == [0.25, 0.0]
    assert found.histogram.sum(1).tolist() == [2, 2]
    assert np.flatnonzero(found.histogram[1]).tolist() == [11, 23]
    assert found.class_count is not None
    assert found.class_count.tolist() == [1, 0, 1]
    assert found.class_mean is not None
    assert found.class_mean[:, [0, 2]].tolist() == [[3.0, 1.0], [-1.0, 0.0]]
    assert np.isnan(found.class_mean[:, 1]).all()


def test_nan_positions_are_left_out_of_the_fractions() -> None:
    table = StatisticsTable.empty(1, None)
    table.update(responses([[3.0], [np.nan]], nan=np.array([[1], [4]])))
    table.update(SampledResponses(*(np.zeros((1, 1), np.float32),) * 3, None, np.array([-1])))
    found = whole(table)
    assert found.nan.tolist() == [5]
    assert found.histogram.sum().item() == 2
    # 12 positions, 5 of them NaN. The sum of the second map is NaN here, counts as 0 and is flagged.
    assert found.mean.tolist() == [np.float32(6 / 7)]
    assert found.saturated.tolist() == [1]
    assert found.class_mean is None
    assert found.class_count is None


def test_nothing_seen_is_nan() -> None:
    found = whole(StatisticsTable.empty(2, None))
    assert np.isnan(found.mean).all()
    assert np.isnan(found.active).all()
    assert found.count == 0


def test_images_without_a_label_belong_to_no_class() -> None:
    table = StatisticsTable.empty(1, 2)
    table.update(responses([[1.0], [2.0], [3.0]], labels=[-1, 1, 1]))
    found = whole(table)
    assert found.class_count is not None
    assert found.class_count.tolist() == [0, 2]
    assert found.class_mean is not None
    assert found.class_mean[0, 1].item() == 2.5


@given(st.lists(st.floats(width=32), min_size=1, max_size=12), st.randoms())
def test_any_split_gives_the_same_table(values: list[float], random) -> None:
    maxima = np.array(values, np.float32)[:, None]
    with np.errstate(over="ignore"):
        given_ = responses(maxima, labels=[i % 3 for i in range(len(values))])
    one = StatisticsTable.empty(1, 3)
    one.update(given_)
    parts = [StatisticsTable.empty(1, 3) for _ in range(3)]
    for i in random.sample(range(len(values)), len(values)):
        rows = slice(i, i + 1)
        parts[random.randrange(3)].update(
            SampledResponses(given_.maxima[rows], given_.sums[rows], given_.active[rows], None, given_.labels[rows])
        )
    random.shuffle(parts)
    for part in parts[1:]:
        parts[0].merge(part)
    merged, direct = whole(parts[0]), whole(one)
    for name in ("mean", "active", "saturated", "histogram", "class_mean", "class_count"):
        assert getattr(merged, name).tobytes() == getattr(direct, name).tobytes(), name
    assert merged.count == direct.count


def test_copy_is_independent() -> None:
    table = StatisticsTable.empty(1, 2)
    copy = table.copy()
    table.update(responses([[1.0]], labels=[0]))
    assert copy.count == 0
    assert copy.histogram.sum() == 0
    assert copy.class_count is not None
    assert copy.class_count.sum() == 0
