"""Figures of evolution: units by checkpoints, with jumps marked, and curves of settling."""

import numpy as np
import pytest
import torch

pytest.importorskip("matplotlib")

from convscope.errors import UsageError
from convscope.figures.evolution import draw_settling, draw_units
from convscope.figures.style import rendered
from convscope.graph import Unit
from convscope.methods.evolution.histories import FeatureHistory, LayerEvolution, UnitHistory
from convscope.methods.evolution.settling import settling

EPOCHS = (1, 2, 5, 10)


def history(layer: str, channel: int, images: list[int], size: int = 7) -> UnitHistory:
    pixels = torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(channel))
    zeros = np.zeros((4, 2), np.int64)
    return UnitHistory(
        Unit(layer, channel), np.ones(4, np.float32), np.array(images), zeros, pixels, np.zeros((4, 4), np.int64)
    )


@pytest.fixture
def found() -> FeatureHistory:
    random = np.random.default_rng(0)
    layers = []
    for name in ("relu1", "relu2", "relu3"):
        last = random.normal(size=(20, 6))
        tables = [(last + noise * random.normal(size=(20, 6))).astype(np.float32) for noise in (3, 1, 0.2, 0)]
        images = np.array([[e * 10 + u for u in range(6)] for e in range(3)] + [[20 + u for u in range(6)]])
        layers.append(
            LayerEvolution(name, images, np.ones((4, 6), np.float32), np.zeros((4, 6, 4), np.int32), settling(tables))
        )
    units = (
        history("relu1", 0, [3, 3, 3, 4]),
        history("relu1", 5, [1, 2, 2, 2]),
        history("relu3", 2, [0, 1, 2, 3], size=90),
    )
    return FeatureHistory("net", "images", EPOCHS, units, tuple(layers), 20, 0.9, {})


def test_every_layer_with_units_is_a_block_of_cells(found: FeatureHistory) -> None:
    drawn = draw_units(found)
    blocks = [axes for axes in drawn.axes if axes.images]
    assert [axes.get_title(loc="left").partition(",")[0] for axes in blocks] == ["relu1", "relu3"]
    heights = [np.asarray(axes.images[0].get_array()).shape for axes in blocks]
    assert heights == [(2 * 64 + 6, 4 * 64 + 18, 3), (64, 4 * 64 + 18, 3)]
    assert [text.get_text() for text in blocks[0].texts] == ["0", "5", "1", "2", "5", "10"]


def test_jumps_are_marked_between_the_cells(found: FeatureHistory) -> None:
    blocks = [axes for axes in draw_units(found).axes if axes.images]
    marks = [[(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines] for axes in blocks]
    step = 64 + 6
    assert marks[0] == [(3 * step - 3.5, 0), (step - 3.5, step)]
    assert [x for x, _ in marks[1]] == [step - 3.5, 2 * step - 3.5, 3 * step - 3.5]


def test_layers_can_be_chosen_and_one_without_units_is_refused(found: FeatureHistory) -> None:
    assert len([axes for axes in draw_units(found, layers=["relu3"]).axes if axes.images]) == 1
    with pytest.raises(UsageError, match="no unit of these layers"):
        draw_units(found, layers=["relu2"])


def test_settling_has_a_curve_a_layer_and_marks_where_it_settles(found: FeatureHistory) -> None:
    final, previous, image = draw_settling(found).axes
    curves = [line for line in final.lines if line.get_label() in ("relu1", "relu2", "relu3")]
    assert [line.get_ydata().tolist() for line in curves] == [one.settling.final.tolist() for one in found.layers]
    dots = [line.get_xdata() for line in final.lines if line.get_marker() == "o"]
    assert [int(np.atleast_1d(x)[0]) for x in dots] == [found.settled(one.layer) for one in found.layers]
    assert len(previous.lines) == len(image.lines) == 3


def test_the_same_result_gives_the_same_bytes(found: FeatureHistory) -> None:
    assert rendered(draw_units(found)) == rendered(draw_units(found))
    assert rendered(draw_settling(found), "svg") == rendered(draw_settling(found), "svg")
