"""The learning rate, followed by hand."""

import math

import pytest

from convscope.training import Recipe
from convscope.training.schedule import epoch_rate, plateau_rate, update_rate


def test_plateau_waits_then_divides_and_waits_again() -> None:
    recipe = Recipe(patience=2, learning_rate=1.0, factor=0.1)
    #        best  best  no   no->drop  no   best  no   no->drop
    errors = [0.9, 0.8, 0.8, 0.85, 0.81, 0.7, 0.7, 0.9]
    rates = [plateau_rate(recipe, errors[:seen]) for seen in range(len(errors) + 1)]
    assert rates == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01])


def test_plateau_stops_at_the_smallest_rate() -> None:
    recipe = Recipe(patience=1, learning_rate=1.0, smallest_rate=0.05)
    assert plateau_rate(recipe, [0.5] * 10) == pytest.approx(0.05)
    assert plateau_rate(Recipe(learning_rate=0.01, smallest_rate=0.05, patience=1), [0.5] * 10) == 0.01


def test_steps_divide_after_their_epochs() -> None:
    recipe = Recipe(schedule="steps", steps=(2, 4), learning_rate=1.0)
    assert [epoch_rate(recipe, epoch, []) for epoch in range(1, 6)] == pytest.approx([1, 1, 0.1, 0.1, 0.01])


def test_cosine_begins_at_the_rate_and_ends_near_zero() -> None:
    recipe = Recipe(schedule="cosine", epochs=4, learning_rate=2.0)
    expected = [1 + math.cos(math.pi * done / 4) for done in range(4)]
    assert [epoch_rate(recipe, epoch, []) for epoch in range(1, 5)] == pytest.approx(expected)


def test_warm_up_rises_update_by_update() -> None:
    recipe = Recipe(warmup=2)
    assert [update_rate(recipe, 1.0, done) for done in (0, 0.5, 1.5, 2, 3)] == [0, 0.25, 0.75, 1, 1]
    assert update_rate(Recipe(), 1.0, 0) == 1.0
