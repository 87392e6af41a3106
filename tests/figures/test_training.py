"""Figures of trainings: what they show of their numbers."""

from pathlib import Path

import numpy as np
import pytest

from convscope.errors import UsageError
from convscope.figures.style import rendered
from convscope.figures.training import draw_ablation, draw_confusion, draw_curves
from convscope.graph import Head
from convscope.training import AblationTrial, AblationTrials, ClassAccuracy, Config, EpochLog

pytest.importorskip("matplotlib")


def log(epoch: int, *, val: float | None) -> EpochLog:
    return EpochLog(epoch, 0.01 / epoch, 2.0 / epoch, 0.8 / epoch, val, val, val, 0, 100.0, 1.0)


def test_curves_leave_out_epochs_that_were_not_validated() -> None:
    drawn = draw_curves([log(1, val=None), log(2, val=0.5), log(3, val=None), log(4, val=0.25)])
    loss, error, rate = drawn.axes
    training, validation = error.lines
    assert np.asarray(training.get_xdata()).tolist() == [1, 2, 3, 4]
    assert np.asarray(validation.get_xdata()).tolist() == [2, 4]
    assert np.asarray(validation.get_ydata()).tolist() == [50, 25]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]  # pyright: ignore
    assert np.asarray(rate.lines[0].get_ydata())[1] == 0.005
    assert rendered(drawn) == rendered(drawn)


def test_several_trainings_are_named() -> None:
    drawn = draw_curves({"seed 0": [log(1, val=0.5)], "seed 1": [log(1, val=None)]})
    said = [text.get_text() for text in drawn.axes[0].get_legend().get_texts()]  # pyright: ignore
    assert said == ["seed 0, training", "seed 0, validation", "seed 1, training"]
    with pytest.raises(UsageError, match="no epoch to draw"):
        draw_curves([])


def test_confusion_writes_shares_of_rows() -> None:
    confusion = np.array([[3, 1], [0, 0]])
    found = ClassAccuracy(
        ("net",), "centre", ("cat", "dog"), ("cat", "dog"), np.arange(2), confusion, np.array([4, 0]), (),
        Head("", "fc", 2, (), 1, "classes", ""),
    )  # fmt: skip
    axes = draw_confusion(found).axes[0]
    assert sorted(text.get_text() for text in axes.texts) == ["25", "75"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog"]


def test_ablation_sets_the_papers_errors_beside_ours() -> None:
    trials = tuple(
        AblationTrial(name, seed, "net", 10, 0.1, value + 0.01 * seed, 0.05)
        for name, value in (("base", 0.3), ("no-3-4", 0.4))
        for seed in (0, 1)
    )
    ours, paper = draw_ablation(AblationTrials(Config("mine"), trials)).axes
    assert [label.get_text() for label in ours.get_yticklabels()] == ["base", "no layers 3, 4"]
    shown = {round(float(x), 2) for line in paper.lines for x in np.asarray(line.get_xdata())}
    assert shown == {33.1, 38.4, 41.8, 45.4}
    with pytest.raises(UsageError, match="no trial"):
        draw_ablation(AblationTrials(Config("mine"), ()))


def test_figures_are_files(tmp_path: Path) -> None:
    from convscope.figures.style import save

    assert save(draw_curves([log(1, val=0.5)]), tmp_path / "curves.svg").stat().st_size > 1000
