"""Planted dictionaries found again, and what a dictionary does against loops over rows."""

from __future__ import annotations

import builtins
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from convscope.errors import MissingExtra, UsageError
from convscope.graph import Dictionary
from convscope.methods.directions import judging
from convscope.methods.directions.learning import DictionaryLearning, components, learned

SOURCES, CHANNELS, ACTIVE = 20, 16, 3
Rows = np.ndarray[Any, np.dtype[np.float32]]


@cache
def planted(sign: str = "any", count: int = 6000, channels: int = CHANNELS) -> tuple[Rows, Rows]:
    """20 sources in fewer channels, and rows that are sums of three of them each, of amounts of their own."""
    draw = np.random.default_rng(0)
    sources = draw.normal(size=(SOURCES, channels))
    if sign == "positive":
        sources = np.abs(sources) * (draw.random(sources.shape) < 0.3)
    sources /= np.linalg.norm(sources, axis=1, keepdims=True)
    amounts = np.zeros((count, SOURCES))
    for row in amounts:
        row[draw.choice(SOURCES, ACTIVE, replace=False)] = draw.uniform(0.5, 1.5, ACTIVE)
    return sources.astype(np.float32), (amounts @ sources).astype(np.float32)


def recovered(sources: Rows, found: Dictionary) -> int:
    return int(((sources @ found.decoder.T).max(1) >= 0.95).sum())


def test_an_autoencoder_finds_sparse_sources_again() -> None:
    sources, rows = planted()
    found = learned(rows, DictionaryLearning("sae", 32, ACTIVE, updates=1500), layer="x")
    assert recovered(sources, found) >= 19
    held = planted(count=6500)[1][6000:]
    assert judging.explained(judging.by_directions(found), held)[0] > 0.9
    # Directions drawn at random find none: the bar is one.
    other = learned(rows, DictionaryLearning("sae", 32, ACTIVE, updates=1, rate=1e-9), layer="x")
    assert recovered(sources, other) == 0


@pytest.mark.slow
def test_factors_find_sources_without_negative_parts_again_and_their_encoder_is_what_is_reported() -> None:
    pytest.importorskip("sklearn")
    sources, rows = planted("positive", 3000, 32)
    found = learned(rows, DictionaryLearning("nmf", SOURCES, None, updates=800), layer="x")
    assert recovered(sources, found) >= 19
    assert found.decoder.min() >= 0
    said = judging.explained(judging.by_directions(found), rows)[0]
    assert said > 0.9
    inverse = replace(found, encoder=np.linalg.pinv(found.decoder).T.astype(np.float32), bias=np.zeros_like(found.bias))
    assert abs(judging.explained(judging.by_directions(inverse), rows)[0] - said) > 0.01, "the encoder's, and not its"


def test_a_penalty_makes_an_autoencoder_sparse() -> None:
    _, rows = planted()
    few, many = (learned(rows, DictionaryLearning("sae", 32, None, penalty, 1000), layer="x") for penalty in (0.3, 0.0))
    (_, sparse), (_, dense) = (judging.explained(judging.by_directions(one), rows) for one in (few, many))
    assert sparse < 0.7 * dense


def test_components_are_those_of_scikit_learn_with_a_sign_of_their_own() -> None:
    decomposition = pytest.importorskip("sklearn.decomposition")
    rows = planted()[1]
    found = learned(rows, DictionaryLearning("pca", 5), layer="x")
    theirs = decomposition.PCA(5, svd_solver="full").fit(rows.astype(np.float64)).components_
    np.testing.assert_allclose(np.abs((found.decoder * theirs).sum(1)), 1, atol=1e-5)
    assert (found.decoder[np.arange(5), np.abs(found.decoder).argmax(1)] > 0).all()
    flipped = components(np.ascontiguousarray(-rows))[1][:5]
    np.testing.assert_allclose(flipped, found.decoder, atol=1e-5)
    assert found.active is None


def test_the_same_seed_learns_the_same_and_another_another() -> None:
    rows = planted()[1]
    asked = DictionaryLearning("sae", 12, 2, updates=30)
    one, again, other = (learned(rows, a, layer="x") for a in (asked, asked, replace(asked, seed=1)))
    assert np.array_equal(one.decoder, again.decoder)
    assert np.array_equal(one.bias, again.bias)
    assert not np.array_equal(one.decoder, other.decoder)
    np.testing.assert_allclose(np.linalg.norm(one.decoder, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("kind", "active"), [("sae", 3), ("sae", None), ("pca", None)])
def test_what_is_said_of_a_dictionary_is_what_loops_say(kind: Any, active: int | None) -> None:
    rows = planted()[1][:40].copy()
    found = learned(rows, DictionaryLearning(kind, 9, active, updates=40), layer="x")
    codes = np.zeros((40, 9))
    for row, code in zip(rows.astype(np.float64), codes, strict=True):
        code[:] = found.encoder.astype(np.float64) @ row + found.bias
        if kind == "sae":
            for j in np.argsort(-code)[active or 9 :]:
                code[j] = 0
            np.maximum(code, 0, out=code)
    left = rows - (codes @ found.decoder + found.offset)
    share = 1 - (left**2).sum() / ((rows - rows.mean(0)) ** 2).sum()
    explained, count = judging.explained(judging.by_directions(found), rows)
    assert explained == pytest.approx(share, abs=1e-5)
    assert count == pytest.approx((codes != 0).sum(1).mean())
    often, strength = judging.activity(found, rows)
    np.testing.assert_allclose(often, (codes != 0).mean(0))
    for j in np.flatnonzero(often):
        assert strength[j] == pytest.approx(np.abs(codes[codes[:, j] != 0, j]).mean(), rel=1e-5)
    assert np.isnan(strength[often == 0]).all()


def test_rivals_have_as_many_numbers_at_a_position_on_average() -> None:
    rows, eye = np.abs(planted()[1][:2000]), np.eye(CHANNELS, dtype=np.float32)
    few = np.full(CHANNELS, -0.5, np.float32)
    # At most five are left at a position, and fewer than five are above their threshold at most of them.
    found = Dictionary("d", "x", "sae", eye, few, eye, -few, 5)
    more = Dictionary("d", "x", "nmf", eye, np.zeros(CHANNELS, np.float32), eye, np.zeros(CHANNELS, np.float32), 9)
    ways = judging.compared(found, rows, rows, active=5, beside=[more])
    assert [way.name for way in ways[:3]] == ["directions", "non-negative factors", "principal components"]
    said = [judging.explained(way, rows) for way in ways]
    mean = np.minimum((rows > 0.5).sum(1), 5).mean()
    assert 1 < mean < 4.5
    np.testing.assert_allclose([active for _, active in said], mean, atol=0.01)
    factors = [
        judging.explained(judging.by_directions(more, "", count), rows)[0] for count in (int(mean), int(mean) + 1)
    ]
    share = mean - int(mean)
    assert said[1][0] == pytest.approx((1 - share) * factors[0] + share * factors[1], abs=0.01)
    assert said[1][0] == pytest.approx(judging.explained(judging.by_units(mean), rows)[0], abs=1e-6)
    # Of what has fewer no more are asked than there are.
    wide = judging.compared(replace(found, bias=-few, active=None), rows, np.maximum(rows - 0.5, 0), active=None)
    assert judging.explained(wide[2], np.maximum(rows - 0.5, 0))[0] > 0.999


def test_units_that_are_not_among_the_strongest_are_zero_or_at_their_mean_whichever_is_better() -> None:
    rows, draw = planted()[1], np.random.default_rng(0)
    rectified = np.zeros_like(rows)  # of every row five are above zero
    np.put_along_axis(rectified, draw.random(rows.shape).argsort(1)[:, :5], draw.exponential(size=(len(rows), 5)), 1)
    for values, mean in ((rows + np.arange(CHANNELS, dtype=np.float32), True), (rectified, False)):
        found = learned(values, DictionaryLearning("sae", 32, ACTIVE, updates=3), layer="x")
        way = judging.compared(found, values, values, active=ACTIVE)[-1]
        assert way.name == ("own units, others at their mean" if mean else "own units")
        middle = values.mean(0, np.float64) if mean else np.zeros(CHANNELS)
        kept = np.tile(middle, (len(values), 1))
        for row, out in zip(values, kept, strict=True):
            for unit in np.argsort(-np.abs(row - middle))[:ACTIVE]:
                out[unit] = row[unit]
        share = 1 - ((values - kept) ** 2).sum() / ((values - values.mean(0)) ** 2).sum()
        assert judging.explained(way, values)[0] == pytest.approx(share, abs=1e-4)
    whole = judging.by_components(*components(rows), CHANNELS)
    assert judging.explained(whole, rows)[0] == pytest.approx(1, abs=1e-6)
    assert np.isnan(judging.explained(whole, rows[:1])[0]), "of what does not vary no share is explained"


def test_copies_and_what_is_found_again_are_by_the_largest_cosine() -> None:
    made = np.array([[1, 0, 0], [0.98, 0.198997, 0], [0, 0, 1]], np.float32)
    none = np.zeros(3, np.float32)
    one = Dictionary("d", "x", "sae", made, none, made, none)
    np.testing.assert_allclose(judging.largest_cosines(one), [0.98, 0.98, 0], atol=1e-6)
    other = replace(one, decoder=np.array([[0, 1, 0], [0, 0, -1], [1, 0, 0]], np.float32))
    np.testing.assert_allclose(judging.largest_cosines(one, other), [1, 0.98, 0], atol=1e-6)
    signless = replace(one, kind="pca"), replace(other, kind="pca")
    np.testing.assert_allclose(judging.largest_cosines(*signless), [1, 0.98, 1], atol=1e-6)


def test_what_cannot_be_learned_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = planted()[1]
    with pytest.raises(UsageError, match="layer 'x' has negative values"):
        learned(rows, DictionaryLearning("nmf", 4, 2), layer="x")
    with pytest.raises(UsageError, match="layer 'x' has 16 channels, and no more components"):
        learned(rows, DictionaryLearning("pca", 17), layer="x")
    with pytest.raises(UsageError, match="no finite numbers"):
        learned(
            np.where(np.arange(CHANNELS) == 3, np.inf, rows).astype(np.float32),
            DictionaryLearning(count=4, active=1),
            layer="x",
        )
    with pytest.raises(UsageError, match="two or more are needed"):
        learned(rows[:1], DictionaryLearning(count=4, active=1), layer="x")
    for wrong, said in (({"count": 0}, "n=0"), ({"active": 0}, "active=0"), ({"active": 999}, "active=999"),
                        ({"penalty": -1.0}, "penalty=-1"), ({"updates": 0}, "updates=0")):  # fmt: skip
        with pytest.raises(UsageError, match=said):
            DictionaryLearning(**wrong)
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"find non-negative factors: install 'convscope\[transfer\]'"):
        learned(np.abs(rows), DictionaryLearning("nmf", 4, 2), layer="x")
