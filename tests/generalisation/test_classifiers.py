"""Softmax regression and support vector machines."""

import numpy as np
import pytest
import torch

from convscope.errors import ShapeError, UsageError
from convscope.generalisation.classifiers import (
    Classifier,
    Scaler,
    Space,
    choose_c,
    class_targets,
    signs,
    solve,
    stratified_parts,
    train_classifier,
)

SHAPES = [(90, 12), (40, 70)]  # more images than features, and fewer


def problem(n: int, d: int, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(n)
    labels = np.arange(n) % classes
    rows = random.normal(size=(classes, d))[labels] + 2 * random.normal(size=(n, d)) * np.exp(random.normal(size=d))
    return rows + 5, labels


@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize("c", [0.1, 10.0, 300.0])
def test_softmax_is_scikit_learns(n: int, d: int, c: float) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rows, labels = problem(n, d)
    ours = train_classifier(rows, labels, "softmax", c=c, dtype=torch.float64, tolerance=1e-10)
    scaled = ours.scaler(torch.from_numpy(rows)).numpy()
    theirs = linear.LogisticRegression(C=c, tol=1e-10, max_iter=20000).fit(scaled, labels)
    mine = ours.scores(rows).log_softmax(1).exp().numpy()
    assert np.abs(mine - theirs.predict_proba(scaled)).max() < 1e-4
    assert ours.gap <= 1e-10


@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize("c", [0.1, 10.0])
def test_svm_is_scikit_learns(n: int, d: int, c: float) -> None:
    svm = pytest.importorskip("sklearn.svm")
    rows, labels = problem(n, d)
    ours = train_classifier(rows, labels, "svm", c=c, dtype=torch.float64, tolerance=1e-10)
    scaled = ours.scaler(torch.from_numpy(rows)).numpy()
    # liblinear's intercept has a cost, which a large scale makes small.
    theirs = svm.LinearSVC(C=c, tol=1e-9, max_iter=200_000, dual=False, intercept_scaling=1000).fit(scaled, labels)
    assert np.abs(ours.scores(rows).numpy() - theirs.decision_function(scaled)).max() < 1e-3


@pytest.mark.parametrize("kind", ["softmax", "svm"])
def test_solution_is_a_minimum_of_the_objective_as_it_is_written(kind: Classifier) -> None:
    rows, labels = problem(30, 6)
    c = 3.0
    model = train_classifier(rows, labels, kind, c=c, dtype=torch.float64, tolerance=1e-12)
    x = model.scaler(torch.from_numpy(rows))

    def objective(w: torch.Tensor, b: torch.Tensor) -> float:
        scores, loss = x @ w + b, 0.0
        for row, label in zip(scores, labels.tolist(), strict=True):
            if kind == "softmax":
                loss += float(row.logsumexp(0) - row[label])
            else:
                loss += sum(max(0.0, 1 - (1 if k == label else -1) * float(s)) ** 2 for k, s in enumerate(row))
        return c * loss + 0.5 * float(w.square().sum())

    least = objective(model.weights, model.intercepts)
    for seed in range(20):
        random = torch.Generator().manual_seed(seed)
        dw = 1e-3 * torch.randn(model.weights.shape, generator=random, dtype=torch.float64)
        db = 1e-3 * torch.randn(model.intercepts.shape, generator=random, dtype=torch.float64)
        assert objective(model.weights + dw, model.intercepts + db) > least


def test_gap_bounds_the_distance_from_the_minimum() -> None:
    rows, labels = problem(60, 20)
    space = Space.of(rows, dtype=torch.float64)
    targets = class_targets(torch.from_numpy(labels), 4, "softmax").double()
    best = solve(space, targets, "softmax", 10.0, tolerance=1e-12)

    def value(one: object) -> float:
        scores = space.turned @ one.weights + one.intercepts  # pyright: ignore
        return float(-10 * (scores.log_softmax(1) * targets).sum() + one.weights.square().sum() / 2)  # pyright: ignore

    for most in (5, 10, 15):
        early = solve(space, targets, "softmax", 10.0, tolerance=0.0, most=most)
        assert 0 <= value(early) / value(best) - 1 <= early.gap * 1.001


def test_images_that_do_not_count_change_nothing() -> None:
    rows, labels = problem(40, 8, classes=2)
    targets = signs(torch.from_numpy(labels), 2).double()
    targets[:10] = 0
    all_of_it = Space.of(rows, dtype=torch.float64)
    kept = torch.arange(10, 40)
    without = solve(all_of_it, targets, "svm", 1.0, rows=kept, tolerance=1e-10)
    masked = solve(all_of_it, targets, "svm", 1.0, tolerance=1e-10)
    assert torch.allclose(masked.weights, without.weights, atol=1e-4)


def test_each_class_may_have_its_own_c() -> None:
    rows, labels = problem(50, 9, classes=3)
    space = Space.of(rows, dtype=torch.float64)
    targets = signs(torch.from_numpy(labels), 3).double()
    together = solve(space, targets, "svm", torch.tensor([0.1, 1.0, 10.0]), tolerance=1e-11)
    for k, c in enumerate((0.1, 1.0, 10.0)):
        alone = solve(space, targets[:, k : k + 1], "svm", c, tolerance=1e-11)
        assert torch.allclose(together.weights[:, k], alone.weights[:, 0], atol=1e-3)


def test_scale_comes_from_the_training_rows_alone() -> None:
    rows = np.array([[1.0, 10.0, 7.0], [3.0, 30.0, 7.0]])
    scaler = Scaler.of(torch.from_numpy(rows))
    assert scaler.shift.tolist() == [2, 20, 7]
    scaled = scaler(torch.from_numpy(rows))
    assert torch.allclose(scaled, torch.tensor([[-1.0, -1, 0], [1, 1, 0]], dtype=torch.float64) / 2**0.5)
    other = scaler(torch.tensor([[5.0, 20, 1000]], dtype=torch.float64))  # what never changed says nothing
    assert torch.allclose(other, torch.tensor([[3 / 2**0.5, 0, 0]], dtype=torch.float64))


@pytest.mark.parametrize("scaling", ["standard", "norm"])
def test_training_rows_have_length_one_on_average(scaling: str) -> None:
    rows = torch.from_numpy(problem(50, 20)[0])
    scaled = Scaler.of(rows, scaling)(rows)  # pyright: ignore
    assert float(scaled.square().sum(1).mean()) == pytest.approx(1)


def test_turning_keeps_all_products() -> None:
    for n, d in SHAPES:
        rows = torch.from_numpy(problem(n, d)[0])
        space = Space.of(rows, dtype=torch.float64)
        scaled = space.scaler(rows)
        assert torch.allclose(space.turned @ space.turned.T, scaled @ scaled.T, atol=1e-9)
        weights = torch.randn(space.turned.shape[1], 2, dtype=torch.float64)
        assert torch.allclose(scaled @ space.back(weights), space.turned @ weights, atol=1e-9)


def test_rows_that_are_all_alike_are_no_error() -> None:
    model = train_classifier(np.ones((4, 3)), np.array([0, 1, 0, 1]))
    assert torch.isfinite(model.scores(np.ones((1, 3)))).all()


def test_c_is_chosen_by_the_parts_left_out() -> None:
    rows, labels = problem(60, 10)
    space = Space.of(rows, dtype=torch.float64)
    targets = class_targets(torch.from_numpy(labels), 4, "softmax").double()
    parts = stratified_parts(labels, count=3)
    seen: list[np.ndarray] = []

    def judge(scores: torch.Tensor, held: np.ndarray) -> np.ndarray:
        seen.append(held)
        assert len(scores) == len(held)
        return np.array([(scores.argmax(1).numpy() == labels[held]).mean()])

    choice = choose_c(space, targets, "softmax", judge, parts, grid=(0.01, 1.0, 100.0))
    assert choice.c in choice.grid
    assert choice.scores[:, 0].max() == choice.scores[choice.grid.index(choice.c), 0]
    assert sorted(np.concatenate(seen[:3]).tolist()) == list(range(60))


def test_parts_have_their_share_of_every_label() -> None:
    labels = np.repeat([0, 1, -1], [9, 6, 3])
    parts = stratified_parts(labels, count=3)
    assert sorted(np.concatenate(parts).tolist()) == list(range(18))
    for part in parts:
        assert [(labels[part] == k).sum() for k in (0, 1, -1)] == [3, 2, 1]


def test_bad_requests_are_refused() -> None:
    with pytest.raises(ShapeError, match="training rows"):
        Space.of(np.zeros((0, 3)))
    with pytest.raises(UsageError, match="classifier 'lda'"):
        train_classifier(*problem(8, 3), "lda")  # pyright: ignore
