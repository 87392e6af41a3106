"""Student's t against printed tables and closed forms."""

import numpy as np
import pytest

from convscope.methods.student import quantile, two_sided


def test_student_s_t_is_that_of_the_tables() -> None:
    for degrees, t in ((1, 12.706204736), (5, 2.570581836), (30, 2.042272456), (1000, 1.962339081)):
        assert quantile(0.95, degrees) == pytest.approx(t, rel=1e-9)
        assert two_sided(t, degrees) == pytest.approx(0.05, rel=1e-8)
    for t in (0.3, -1.7, 40.0):  # of one and two degrees there are closed forms
        assert two_sided(t, 1) == pytest.approx(1 - 2 / np.pi * np.arctan(abs(t)), rel=1e-12)
        assert two_sided(t, 2) == pytest.approx(1 - abs(t) / np.sqrt(2 + t * t), rel=1e-10)
    assert np.isnan(two_sided(1.0, 0))
