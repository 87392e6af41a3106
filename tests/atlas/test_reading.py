"""An atlas as Python sees it."""

import numpy as np
import pytest
from PIL import Image

from convscope.atlas import Atlas
from convscope.atlas.reading import arrange, in_cell
from convscope.atlas.render import GREY
from convscope.data import Source
from convscope.errors import UnknownLayer, UsageError


def test_a_unit_has_values_names_places_and_pictures(atlas: Atlas, source: Source) -> None:
    unit, record = Atlas.open(atlas.path).unit("block2.relu2:5"), atlas.record("block2.relu2")
    assert str(unit.unit) == "block2.relu2:5"
    assert unit.values.tolist() == record.values[5].tolist()
    assert unit.names == tuple(source.name(i) for i in unit.images.tolist())
    assert unit.classes == tuple(source.classes[source.label(i)] for i in unit.images.tolist())
    assert unit.positions.tolist() == np.stack([record.y[5], record.x[5]], 1).tolist()
    assert unit.photos.shape == unit.projections.shape == (4, 25, 25, 3)
    assert unit.maximum == unit.values[0]
    assert all(other.layer == "block2.relu2" and 0 < similarity <= 1 for other, similarity in unit.nearest)


def test_small_patches_are_the_images_own_pixels(atlas: Atlas, source: Source) -> None:
    unit = atlas.unit("relu1:0")
    name = unit.names[0]
    pixels = np.asarray(Image.open(source.describe().split(" images in ")[1].split(",")[0] + "/" + name))
    y0, x0, y1, x1 = unit.boxes[0].tolist()
    assert unit.photos[0].shape == (3, 3, 3)
    inside = pixels[max(y0, 0) : min(y1, 32), max(x0, 0) : min(x1, 32)]
    assert (unit.photos[0][max(-y0, 0) :, max(-x0, 0) :][: inside.shape[0], : inside.shape[1]] == inside).all()


def test_a_dead_unit_is_grey(atlas: Atlas) -> None:
    unit = atlas.unit("relu1:1")
    assert unit.dead
    assert unit.maximum == unit.active == 0
    assert (unit.photos == GREY).all()
    assert unit.nearest == ()


@pytest.mark.parametrize(
    ("unit", "error", "said"),
    [
        ("relu1:16", UnknownLayer, "has 16 units, 0 to 15"),
        ("relu2:0", UnknownLayer, "did you mean 'relu1'"),
        ("relu1", UsageError, "not a unit"),
        ("relu1:1@2,3", UsageError, "names a position"),
        (
            "relu1:1-2",
            UsageError,
            "and an atlas shows single units: ask for relu1:1, or relu1:2",
        ),
    ],
)
def test_units_that_are_not_there(atlas: Atlas, unit: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        atlas.unit(unit)


def test_whole_images_are_there_for_winners_only(atlas: Atlas) -> None:
    number = int(atlas.unit("fc:0").images[0])
    assert atlas.image(number).shape == (32, 32, 3)
    with pytest.raises(UsageError, match="among the strongest of no unit"):
        atlas.image(int(atlas.manifest["failures"]["shown"][0]["image"]))


def test_a_montage_has_patches_left_and_projections_right(atlas: Atlas) -> None:
    unit = atlas.unit("fc:3")
    picture = np.asarray(atlas.montage(["fc:3"], cell=32, gap=2))
    assert picture.shape == (66, 2 * 66 + 6, 3)  # 2 x 2 cells each, for k = 4
    assert (picture[:32, :32] == unit.photos[0]).all()
    assert (picture[34:, 34:66] == unit.photos[3]).all()
    assert (picture[:32, 72:104] == unit.projections[0]).all()
    assert (picture[:, 66:72] == 255).all()


def test_a_montage_of_several_units_is_in_rows(atlas: Atlas) -> None:
    one = np.asarray(atlas.montage(["fc:3"], cell=32))
    two = np.asarray(atlas.montage(["relu1:0", "fc:3"], cell=32))
    assert two.shape[1] == one.shape[1]
    assert (two[-one.shape[0] :] == one).all()
    wide = np.asarray(atlas.montage(["fc:3", "fc:3"], columns=2, cell=32))
    assert wide.shape[0] == one.shape[0]
    assert (wide[:, -one.shape[1] :] == one).all()


def test_a_montage_of_nothing_is_refused(atlas: Atlas) -> None:
    with pytest.raises(UsageError, match="no units"):
        atlas.montage([])


def test_small_tiles_are_enlarged_by_a_whole_number_and_large_ones_reduced() -> None:
    tile = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    cell = in_cell(tile, 5)
    assert cell[0:2, 0:2].reshape(-1, 3).tolist() == [tile[0, 0].tolist()] * 4
    assert (cell[4] == 255).all()
    assert in_cell(np.full((20, 10, 3), 7, np.uint8), 8)[4, 4].tolist() == [7, 7, 7]


def test_places_are_as_large_as_the_largest_picture() -> None:
    pictures = [np.zeros((1, 1, 3), np.uint8), np.zeros((2, 3, 3), np.uint8), np.zeros((1, 1, 3), np.uint8)]
    sheet = arrange(pictures, 2, 1)[..., 0]
    assert sheet.shape == (5, 7)
    assert sheet[:2].tolist() == [[0, 255, 255, 255, 0, 0, 0], [255, 255, 255, 255, 0, 0, 0]]
    assert sheet[3].tolist() == [0] + [255] * 6


def test_an_atlas_says_what_it_is(atlas: Atlas) -> None:
    assert "tiny, 3 layers, 15 images" in repr(atlas)
    assert atlas.page.name == "index.html"
    assert atlas.classes == ("cat", "dog", "sea lion")
    assert [layer.name for layer in atlas.layers] == ["relu1", "block2.relu2", "fc"]
    assert atlas.layers[0].tile.enlarge == 37
