"""The learning rate as a function of what has happened so far, so that nothing of it needs to be kept or restored."""

from __future__ import annotations

import math
from collections.abc import Sequence

from convscope.training.recipe import Recipe


def epoch_rate(recipe: Recipe, epoch: int, errors: Sequence[float]) -> float:
    """The learning rate of an epoch (counted from 1), given the validation errors so far, before any warm-up.

    >>> recipe = Recipe(patience=2)
    >>> epoch_rate(recipe, 3, [0.9, 0.5]), epoch_rate(recipe, 5, [0.9, 0.5, 0.5, 0.6])
    (0.01, 0.001)
    """
    if recipe.schedule == "steps":
        return recipe.learning_rate * recipe.factor ** sum(epoch > step for step in recipe.steps)
    if recipe.schedule == "cosine":
        return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (epoch - 1) / recipe.epochs))
    return plateau_rate(recipe, errors)


def plateau_rate(recipe: Recipe, errors: Sequence[float]) -> float:
    """The rate after these validation errors: lowered each time that `patience` of them brought no new best.

    After a drop the count starts again, and the best so far stays the one to beat.
    """
    rate, best, waited = recipe.learning_rate, math.inf, 0
    for error in errors:
        if error < best:
            best, waited = error, 0
            continue
        waited += 1
        if waited >= recipe.patience:
            rate, waited = max(rate * recipe.factor, min(rate, recipe.smallest_rate)), 0
    return rate


def update_rate(recipe: Recipe, rate: float, done: float) -> float:
    """The rate of one update of an epoch whose rate is `rate`, after `done` epochs (a fraction), with its warm-up.

    >>> update_rate(Recipe(warmup=2), 0.01, 0.5)
    0.0025
    """
    return rate * min(1.0, done / recipe.warmup) if recipe.warmup > 0 else rate
