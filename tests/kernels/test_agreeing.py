"""How many signs two masks share, both ways, against the signs themselves."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.kernels import State
from convscope.kernels.agreeing import Packed, overlaps, pack


@pytest.mark.parametrize("features", [1, 63, 64, 65, 1000])
def test_both_ways_count_what_signs_share(features: int, way: State) -> None:
    random = np.random.default_rng(features)
    lots = [random.integers(-1, 2, size=(rows, features)).astype(np.int8) for rows in (4, 3)]
    lots[0][0, : features // 2] = 0  # a row whose words begin later, and one without any
    lots[1][2] = 0
    one, other = (Packed.of(pack(lot)) for lot in lots)
    rows = np.array([(a, b) for a in range(4) for b in range(3)])
    both = [int(((lots[0][a] != 0) & (lots[1][b] != 0)).sum()) for a, b in rows]
    same = [int((lots[0][a] * lots[1][b] > 0).sum()) for a, b in rows]
    assert overlaps(one, other, rows).tolist() == [list(pair) for pair in zip(both, same, strict=True)]
    assert one.changed.tolist() == (lots[0] != 0).sum(1).tolist()
    assert overlaps(one, other, rows[:0]).shape == (0, 2)


def test_nothing_around_a_box_is_kept() -> None:
    signs = np.zeros((2, 64 * 100), np.int8)
    signs[0, 64 * 40 : 64 * 42] = 1
    packed = Packed.of(pack(signs))
    assert packed.bytes == 2 * 2 * 8
    assert packed.spans[0].tolist() == [0, 40, 42]
    assert Packed.of([]).bytes == len(Packed.of([])) == 0
