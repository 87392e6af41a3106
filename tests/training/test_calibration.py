"""Whether answers are as sure as they are right."""

import numpy as np
import pytest

from convscope.training.calibration import calibration


def test_answers_that_are_right_as_often_as_they_say_are_told_from_those_that_are_not() -> None:
    random = np.random.default_rng(0)
    said = random.uniform(0.3, 1.0, 2000)
    true = calibration(said, random.random(2000) < said)
    assert true.gap <= true.chance < 0.05
    assert true.summary.endswith(": as sure as right.")
    bold = calibration(said, random.random(2000) < said - 0.2)
    assert bold.gap == pytest.approx(0.2, abs=0.03)
    assert bold.summary.endswith(": too sure.")
    shy = calibration(said, random.random(2000) < np.minimum(said + 0.2, 1))
    assert shy.summary.endswith(": not sure enough.")


def test_bins_hold_as_many_images_each_and_their_means() -> None:
    said = np.linspace(0.05, 0.95, 45)
    right = np.arange(45) % 3 == 0
    found = calibration(said, right)
    rows = [range(11), range(11, 22), range(22, 33), range(33, 45)]
    assert found.sure == pytest.approx([said[list(some)].mean() for some in rows])
    assert found.right == pytest.approx([right[list(some)].mean() for some in rows])
    sizes = [len(some) for some in rows]
    assert found.gap == pytest.approx(np.average(np.abs(found.sure - found.right), weights=sizes))
    assert ((found.low < found.right) & (found.right < found.high)).all()


def test_of_too_few_images_nothing_is_said() -> None:
    assert calibration(np.full(19, 0.5), np.zeros(19, bool)) is None
    assert calibration(np.full(20, np.nan), np.zeros(20, bool)) is None
