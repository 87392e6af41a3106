"""Tables of strongest responses against sorting everything."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.errors import ShapeError
from convscope.methods.scan.topk import TopKTable, Winners


def literal(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Values and images (channels, k) by sorting every column with Python, slowly."""
    values = np.full((scores.shape[1], k), -np.inf, np.float32)
    images = np.full((scores.shape[1], k), -1, np.int64)
    for channel in range(scores.shape[1]):
        column = [(-value, image) for image, value in enumerate(scores[:, channel].tolist()) if value == value]
        for rank, (value, image) in enumerate(sorted(column)[:k]):
            values[channel, rank], images[channel, rank] = -value, image
    return values, images


def feed(table: TopKTable, scores: np.ndarray, images: np.ndarray) -> None:
    """What a worker does: compare with the threshold, then update with what beats it."""
    rows, channels = np.nonzero(table.threshold().beaten(scores[images], images))
    places = np.stack([images[rows], channels], axis=1).astype(np.int32)  # any function of image and channel
    table.update(Winners(channels, scores[images][rows, channels], images[rows], places))


def build(scores: np.ndarray, k: int, chunks: list[np.ndarray]) -> TopKTable:
    table = TopKTable.empty(scores.shape[1], k)
    for images in chunks:
        feed(table, scores, images)
    return table


def same(one: TopKTable, other: TopKTable) -> bool:
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in ("values", "images", "positions")
    )


# Few distinct values, so that most comparisons are ties; infinite and missing ones among them.
matrices = st.integers(1, 12).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 1.0, np.inf, np.nan]), min_size=3, max_size=3),
        min_size=n,
        max_size=n,
    )
)


def test_equals_torch_topk_over_the_whole_matrix() -> None:
    scores = np.random.default_rng(0).permutation(20_000 * 64).reshape(20_000, 64).astype(np.float32)
    table = build(scores, 9, np.split(np.arange(20_000), 625))
    values, images = torch.from_numpy(scores).topk(9, dim=0)
    assert (table.values == values.T.numpy()).all()
    assert (table.images == images.T.numpy()).all()


def test_ties_go_to_the_lower_image() -> None:
    scores = np.random.default_rng(1).integers(0, 4, (500, 8)).astype(np.float32)
    values, images = literal(scores, 9)
    table = build(scores, 9, np.array_split(np.arange(500), 40))
    assert (table.values == values).all()
    assert (table.images == images).all()
    assert (table.positions[..., 0] == images).all()
    assert (table.positions[..., 1] == np.arange(8)[:, None]).all()


@given(matrices, st.integers(1, 6), st.randoms())
def test_order_of_arrival_does_not_show(rows: list[list[float]], k: int, random) -> None:
    scores = np.array(rows, np.float32)
    chunks = [np.array([i]) for i in range(len(scores))]
    random.shuffle(chunks)
    table = build(scores, k, chunks)
    values, images = literal(scores, k)
    assert table.values.tolist() == values.tolist()
    assert table.images.tolist() == images.tolist()


@given(matrices, st.integers(1, 5), st.randoms())
@settings(max_examples=60)
def test_merging_is_commutative_and_associative(rows: list[list[float]], k: int, random) -> None:
    scores = np.array(rows, np.float32)
    owner = np.array([random.randrange(3) for _ in rows])
    a, b, c = (build(scores, k, [np.array([i]) for i in np.flatnonzero(owner == part)]) for part in range(3))
    left, right, back = a.copy(), b.copy(), c.copy()
    left.merge(b)
    left.merge(c)
    right.merge(c)
    right.merge(a)
    back.merge(b)
    back.merge(a)
    whole = build(scores, k, [np.arange(len(rows))])
    assert same(left, right)
    assert same(left, back)
    assert same(left, whole)


def test_fewer_images_than_places_leave_the_rest_empty() -> None:
    table = build(np.array([[3.0]], np.float32), 3, [np.array([0])])
    assert table.values.tolist() == [[3.0, -np.inf, -np.inf]]
    assert table.images.tolist() == [[0, -1, -1]]
    assert table.positions[0, 1:].tolist() == [[-1, -1], [-1, -1]]
    assert table.layer("x", slice(0, 1)).found.tolist() == [[True, False, False]]


def test_a_response_of_minus_infinity_comes_before_an_empty_place() -> None:
    table = build(np.array([[-np.inf], [-5.0]], np.float32), 3, [np.array([0, 1])])
    assert table.images.tolist() == [[1, 0, -1]]


def test_nan_is_no_candidate() -> None:
    table = build(np.array([[np.nan], [-5.0], [np.nan]], np.float32), 2, [np.array([0, 1, 2])])
    assert table.images.tolist() == [[1, -1]]


def test_an_outdated_threshold_changes_nothing() -> None:
    scores = np.random.default_rng(2).integers(0, 5, (64, 4)).astype(np.float32)
    chunks = np.split(np.arange(64), 8)
    table, old = TopKTable.empty(4, 3), TopKTable.empty(4, 3).threshold()
    for images in chunks:
        rows, channels = np.nonzero(old.beaten(scores[images], images))
        found = scores[images][rows, channels]
        table.update(Winners(channels, found, images[rows], np.zeros((len(rows), 2), np.int32)))
    assert (table.images == literal(scores, 3)[1]).all()


def test_only_what_comes_before_the_last_entry_beats_the_threshold() -> None:
    table = build(np.array([[1.0], [2.0], [2.0]], np.float32), 2, [np.array([1, 2])])
    found = table.threshold().beaten(np.array([[2.0], [2.0], [3.0], [np.nan]], np.float32), np.array([1, 2, 3, 4]))
    assert found.tolist() == [[True], [False], [True], [False]]
    found = table.threshold().beaten(np.array([[2.0], [1.5]], np.float32), np.array([5, 6]))
    assert found.tolist() == [[False], [False]]


def test_threshold_is_a_copy() -> None:
    table = TopKTable.empty(1, 1)
    threshold = table.threshold()
    feed(table, np.array([[1.0]], np.float32), np.array([0]))
    assert threshold.values.tolist() == [-np.inf]


def test_tables_of_other_shape_do_not_merge() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 3\) and \(2, 4\)"):
        TopKTable.empty(2, 3).merge(TopKTable.empty(2, 4))


def test_no_winners_change_nothing() -> None:
    table = TopKTable.empty(2, 2)
    none = np.zeros(0, np.int64)
    table.update(Winners(none, np.zeros(0, np.float32), none, np.zeros((0, 2), np.int32)))
    assert (table.images == -1).all()
