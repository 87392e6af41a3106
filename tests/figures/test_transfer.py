"""Figures of transfer."""

import pytest

from convscope.errors import UsageError
from convscope.generalisation import FoldScore, TransferScores

pytest.importorskip("matplotlib")
from convscope.figures.transfer import layer_figure, size_figure


def made(sizes: tuple[int | None, ...] = (15, 30)) -> TransferScores:
    scores = [
        FoldScore(weights, layer, kind, size, fold, value + fold / 100, 0.5, 1.0, 10, 10)  # pyright: ignore
        for weights in ("own", "random")
        for layer, value in (("conv1", 0.3), ("conv5", 0.8))
        for kind in ("softmax", "svm")
        for size in sizes
        for fold in (0, 1)
    ]
    scores += [FoldScore("scratch", "", "softmax", size, 0, 0.2, 0.2, float("nan"), 10, 10) for size in sizes]
    return TransferScores("net", "set", "caltech101", ("a", "b"), "accuracy", {}, tuple(scores))


def test_layers_are_in_order_with_a_line_each() -> None:
    (axes,) = layer_figure(made()).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["conv1", "conv5"]
    lines = {one.get_label(): one.lines[0].get_ydata() for one in axes.containers}
    assert lines["linear SVM"].tolist() == pytest.approx([30.5, 80.5])
    assert set(lines) == {"softmax", "linear SVM", "softmax, random weights", "linear SVM, random weights"}


def test_sizes_have_the_best_layer_and_the_papers_points() -> None:
    (axes,) = size_figure(made()).axes
    assert any("on conv5" in str(one.get_label()) for one in axes.containers)
    paper = next(line for line in axes.lines if line.get_label() == "paper")
    assert paper.get_ydata() == pytest.approx([83.8, 86.5])


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="no scores at 7 images a class"):
        layer_figure(made(), 7)
    with pytest.raises(UsageError, match="published split"):
        size_figure(made((None,)))
