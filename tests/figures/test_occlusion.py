"""The figure of an occlusion: what can be read on it."""

import numpy as np
import pytest
import torch

from convscope.graph import Network
from convscope.methods.occlusion.occlusion import OcclusionMaps, occlude

pytest.importorskip("matplotlib")

import itertools

from matplotlib.backends.backend_agg import FigureCanvasAgg

from convscope.figures.occlusion import ShownPhoto, draw


@pytest.fixture(scope="module")
def found() -> OcclusionMaps:
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(400, 3))
    return occlude(Network.trace(layers, (3, 12, 12)), torch.rand(1, 3, 12, 12), size=4, stride=2, layer="1")


@pytest.mark.parametrize("span", [1e-4, 9e-4, 3e-3, 0.5])
def test_the_numbers_on_a_scale_never_run_together(found: OcclusionMaps, span: float) -> None:
    shape = (1, 1, *found.grid.shape)
    covered = np.linspace(0.1279, 0.1279 + span, np.prod(shape), dtype=np.float32).reshape(shape)
    found.covered.probabilities[:] = covered
    found.uncovered.probabilities[:] = 0.128
    made = draw(found, [ShownPhoto(np.zeros((12, 12, 3), np.uint8))])
    FigureCanvasAgg(made).draw()
    for axes in [inner for panel in made.axes for inner in (panel, *panel.child_axes)]:
        low, high = axes.get_xlim()
        ticks = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        shown = [text for at, text in ticks if low <= at <= high and text.get_text()]
        boxes = sorted((text.get_window_extent() for text in shown), key=lambda box: box.x0)
        assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes)), [text.get_text() for text in shown]


def test_what_is_no_number_everywhere_is_drawn_without_a_word(found: OcclusionMaps) -> None:
    found.covered.probabilities[:] = np.nan
    FigureCanvasAgg(draw(found, [ShownPhoto(np.zeros((12, 12, 3), np.uint8))])).draw()
