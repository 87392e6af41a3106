"""Margins and verdicts: against loops, and on cases whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.methods.sanity import judging
from convscope.methods.sanity.judging import layer_verdict, margins, unit_p


def test_resampling_draws_units_and_images_whole() -> None:
    """Each resampling is a mean over cases in which a unit's and an image's multiplicities multiply."""
    generator = np.random.default_rng(0)
    units, images = np.repeat(np.arange(3), 4), np.tile([0, 1, 2, 5], 3)
    differences = generator.normal(size=(12, 2, 3))
    found = margins(differences, units, images, seed=4)
    literal = np.random.default_rng(4)
    of_unit = literal.multinomial(3, [1 / 3] * 3, judging.RESAMPLES)
    of_image = literal.multinomial(4, [1 / 4] * 4, judging.RESAMPLES)
    place = {0: 0, 1: 1, 2: 2, 5: 3}
    means = []
    for row in range(judging.RESAMPLES):
        total, weight = np.zeros((2, 3)), 0
        for case in range(12):
            times = of_unit[row, units[case]] * of_image[row, place[int(images[case])]]
            total, weight = total + times * differences[case], weight + times
        means.append(total / weight)
    expected = np.asarray(means)
    np.testing.assert_allclose(found.mean, differences.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found.low, np.percentile(expected, 2.5, axis=0), rtol=1e-9)
    np.testing.assert_allclose(found.high, np.percentile(expected, 97.5, axis=0), rtol=1e-9)
    np.testing.assert_allclose(found.p, (1 + (expected <= 0).sum(0)) / (1 + judging.RESAMPLES), rtol=1e-12)


def test_units_that_share_images_are_no_more_evidence_than_the_images() -> None:
    """Fifty units that all see the same ten images: what differs by image alone has the interval of ten."""
    effect = np.random.default_rng(0).normal(0.3, 1.0, 10)
    units, images = np.repeat(np.arange(50), 10), np.tile(np.arange(10), 50)
    shared = margins(effect[images][:, None, None], units, images)
    apart = margins(effect[images][:, None, None], np.arange(500), np.arange(500))
    width = [float((one.high - one.low)[0, 0]) for one in (shared, apart)]
    assert width[0] > 3 * width[1]
    assert width[0] == pytest.approx(2 * 1.96 * effect.std() / np.sqrt(10), rel=0.2)


def test_cases_that_are_no_numbers_are_no_evidence() -> None:
    found = margins(np.full((4, 1, 2), np.nan), np.arange(4), np.arange(4))
    assert np.isnan([found.mean, found.low, found.high]).all()
    assert found.p.tolist() == [[1.0, 1.0]]


def test_no_effect_is_rarely_found() -> None:
    generator, found = np.random.default_rng(1), 0
    units, images = np.repeat(np.arange(8), 6), generator.integers(0, 20, 48)
    for seed in range(60):
        drawn = np.random.default_rng(seed)
        noise = drawn.normal(size=8)[units] + drawn.normal(size=20)[images] + drawn.normal(size=48)
        found += float(margins(noise[:, None, None], units, images, seed=seed).p[0, 0]) <= 0.05
    assert found <= 8  # of 60; 3 are to be expected


@pytest.mark.parametrize(
    ("every", "chance", "units", "images", "said"),
    [
        (0.01, 0.01, 8, 40, "what"),
        (0.06, 0.01, 8, 40, "where, not what"),
        (0.06, 0.06, 8, 40, "neither"),
        (0.01, 0.01, 3, 40, "cannot tell"),
        (0.01, 0.01, 8, 9, "cannot tell"),
    ],
)
def test_verdicts(every: float, chance: float, units: int, images: int, said: str) -> None:
    assert layer_verdict(every, chance, units=units, images=images) == said


def test_a_single_unit_is_judged_by_its_worst_control() -> None:
    generator = np.random.default_rng(2)
    good = generator.normal(1.0, 0.5, (20, 2, 3))
    assert unit_p(good) == pytest.approx(1 / 5000)
    good[:, 1, 2] = generator.normal(0.0, 0.5, 20)
    assert unit_p(good) > 0.02
