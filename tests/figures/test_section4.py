"""Figures of occlusion, invariance and correspondence show the numbers that they are given."""

from __future__ import annotations

from collections import OrderedDict
from itertools import combinations

import numpy as np
import pytest
import torch
from torch import nn

from convscope.errors import ShapeError, UsageError
from convscope.graph import Network
from convscope.methods.correspondence.comparing import correspondence
from convscope.methods.invariance.measuring import invariance
from convscope.methods.occlusion.occluders import OccluderGrid
from convscope.methods.occlusion.occlusion import OcclusionMaps, join_occlusions, occlude

pytest.importorskip("matplotlib")

from matplotlib.backends.backend_agg import FigureCanvasAgg

from convscope.figures import correspondence as parts_figure
from convscope.figures import invariance as curves_figure
from convscope.figures import occlusion as occlusion_figure
from convscope.figures.occlusion import ShownPhoto
from convscope.figures.style import rendered


def network() -> Network:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 10 * 14, 6))
    return Network.trace(layers, (3, 12, 16), name="small", classes=[f"class {i}, other name" for i in range(6)])


def found(count: int = 2) -> OcclusionMaps:
    return occlude(network(), 3 * torch.randn(count, 3, 12, 16), size=4, stride=3, layer="1")


def photos(count: int = 2) -> list[ShownPhoto]:
    random = np.random.default_rng(0)
    tile = random.integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return [ShownPhoto(random.integers(0, 256, (12, 16, 3), dtype=np.uint8), f"photo {i}", tile) for i in range(count)]


def test_occlusion_has_the_papers_panels_with_the_grids_values() -> None:
    result = found()
    drawn = occlusion_figure.draw(result, photos(), classes=network().classes)
    for row in range(2):
        panels = [a for a in drawn.axes if a.get_title(loc="left")][6 * row : 6 * row + 6]
        heats = [panels[i].collections[0].get_array().reshape(result.grid.shape) for i in (1, 3)]
        assert np.allclose(heats[0], result.activation[row])
        assert np.allclose(heats[1], result.probability[row])
        assert np.allclose(panels[5].images[1].get_array(), result.attribution()[row])
        assert f"map {result.channels[row]}" in panels[1].get_title(loc="left")
        legend = [text.get_text() for text in panels[4].get_legend().get_texts()]
        labels = np.unique(result.label[row])
        assert len(legend) == min(len(labels), 5)
        assert all(one.startswith("class ") or "other" in one for one in legend)
    assert "4x4 px, every 3" in drawn.texts[0].get_text()
    assert rendered(drawn)[:4] == b"\x89PNG"


def test_cells_lie_about_the_squares_centres() -> None:
    grid = OccluderGrid((12, 16), (4, 4), (3, 3))
    edges = occlusion_figure.edges(grid, 0)
    centres = [(y0 + y1) / 2 - 0.5 for y0, _, y1, _ in grid.boxes.reshape(*grid.shape, 4)[:, 0].tolist()]
    assert len(edges) == grid.shape[0] + 1
    assert all(low < centre < high for low, centre, high in zip(edges[:-1], centres, edges[1:], strict=True))
    one = OccluderGrid((12, 16), (12, 16), (1, 1))
    assert occlusion_figure.edges(one, 1).tolist() == [-0.5, 15.5]


def test_projections_are_framed_and_trimmed() -> None:
    tile = np.full((20, 20, 3), 128, np.uint8)
    tile[8:12, 5:9] = 255
    assert occlusion_figure.trimmed(tile).shape == (6, 6, 3)
    assert occlusion_figure.trimmed(np.full((4, 4, 3), 128, np.uint8)).shape == (4, 4, 3)
    (photo,) = photos(1)
    alone = occlusion_figure.draw(found(1), [photo])
    many = occlusion_figure.draw(found(1), [ShownPhoto(photo.pixels, "", tile, [tile] * 8)])
    count = [len(next(a for a in d.axes if "projections" in a.get_title(loc="left")).child_axes) for d in (alone, many)]
    assert count == [1, 9]


def test_photos_must_be_those_of_the_result() -> None:
    with pytest.raises(ShapeError, match="2 images of 12x16"):
        occlusion_figure.draw(found(), photos(1))
    with pytest.raises(UsageError, match="no images"):
        occlusion_figure.draw(found(), [])


def test_results_of_several_images_are_joined() -> None:
    net, images = network(), torch.randn(3, 3, 12, 16)
    options = {"size": 4, "stride": 3, "layer": "1", "units": "0:1"}
    whole = occlude(net, images, **options)
    joined = join_occlusions([occlude(net, images[:1], **options), occlude(net, images[1:], **options)])
    assert np.allclose(joined.probability, whole.probability, atol=1e-6)
    assert np.allclose(joined.covered.units, whole.covered.units, atol=1e-5)
    assert joined.strongest == whole.strongest
    with pytest.raises(UsageError, match="cannot be joined"):
        join_occlusions([whole, occlude(net, images, size=5, stride=3, layer="1")])
    with pytest.raises(UsageError, match="nothing to join"):
        join_occlusions([])


@pytest.mark.parametrize("count", [1, 3, 12])
def test_invariance_draws_every_curve(count: int) -> None:
    images = torch.randn(count, 3, 12, 16)
    result = invariance(
        network(), images, transformations={"vertical": [-2, 0, 2], "rotation": [0, 90, 180]}, layers=["1"]
    )
    for distance, table in (("relative", "relative"), ("raw", "distances")):
        drawn = curves_figure.draw(result, distance=distance, names=["a", "b", "c"], untrained=[result])  # type: ignore[arg-type]
        assert len(drawn.axes) == 4
        values = getattr(result["rotation"], table)["1"]
        lines = [line.get_ydata() for line in drawn.axes[2].lines]
        assert all(any(np.allclose(line, row) for line in lines if len(line) == 3) for row in values)
        assert any(np.allclose(line, values.mean(0)) for line in lines if len(line) == 3)
        dashed = [line.get_ydata() for line in drawn.axes[2].lines if line.get_linestyle() == "--"]
        assert len(dashed) == 1
        assert np.allclose(dashed[0], values.mean(0))
    assert rendered(drawn)[:4] == b"\x89PNG"


def test_labels_of_many_layers_do_not_run_into_each_other() -> None:
    torch.manual_seed(0)
    blocks = [nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU()) for _ in range(6)]
    named = nn.Sequential(OrderedDict((f"denseblock{i}_denselayer", one) for i, one in enumerate(blocks)))
    net = Network.trace(nn.Sequential(named, nn.Flatten(), nn.Linear(3 * 36, 5)), (3, 6, 6))
    layers = [f"0.denseblock{i}_denselayer.1" for i in range(6)]
    result = invariance(net, torch.randn(2, 3, 6, 6), transformations={"vertical": [0, 1]}, layers=layers)
    drawn = curves_figure.draw(result, examples={"vertical": [np.zeros((6, 6, 3), np.uint8)]})
    FigureCanvasAgg(drawn).draw()
    panels = [panel for panel in drawn.axes if panel.lines]
    assert len({panel.get_title() for panel in panels}) == len(panels) == 7
    for texts in ([panel.title for panel in panels], [panel.xaxis.label for panel in panels]):
        for one, other in combinations([text.get_window_extent() for text in texts], 2):
            assert not one.overlaps(other)


def test_correspondence_puts_parts_at_their_means() -> None:
    boxes = {"eye": np.array([[2, 2, 6, 6], [3, 4, 7, 8], [5, 1, 9, 5]])}
    boxes["nose"] = boxes["eye"] + 2
    result = correspondence(network(), torch.randn(3, 3, 12, 16), boxes, layers=["1", "3"], draws=9)
    for measure, name in (("all", "mean"), ("changed", "among_changed")):
        drawn = parts_figure.draw(result, measure=measure)  # type: ignore[arg-type]
        for panel, layer in zip(drawn.axes, ("1", "3"), strict=True):
            dots = [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "o"]
            assert dots == pytest.approx([getattr(result[layer, part], name) for part in ("eye", "nose")])
        assert rendered(drawn)[:4] == b"\x89PNG"
    with pytest.raises(UsageError, match="measure='some'"):
        parts_figure.draw(result, measure="some")  # type: ignore[arg-type]
