"""P-values of several tests, by hand."""

import numpy as np
import pytest

from convscope.methods.corrections import benjamini_yekutieli, holm


def test_corrections_by_hand() -> None:
    assert holm([0.5, 0.001]) == [0.5, 0.002]
    assert holm([]) == benjamini_yekutieli(np.array([])).tolist() == []
    factor = 3 * (1 + 1 / 2 + 1 / 3)
    expected = [factor * 0.001, 1.0, factor * 0.002 / 2]
    assert benjamini_yekutieli(np.array([0.001, 0.9, 0.002])).tolist() == pytest.approx(expected)
    assert np.isnan(benjamini_yekutieli(np.array([np.nan, 0.2]))).tolist() == [True, False]
