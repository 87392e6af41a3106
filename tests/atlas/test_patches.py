"""Tiles against one literal crop and one projection at a time, and how the work is cut."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from convscope.atlas.content import cut, portray
from convscope.atlas.patches import Picks, Studio, UnitTiles, thumb_path
from convscope.atlas.render import GREY, crop_patch
from convscope.data import Preprocess, Source, load_image
from convscope.graph import Network, PullOptions
from convscope.methods.deconv import deconv
from convscope.methods.scan import TopK
from convscope.methods.scan.crops import Crops
from convscope.methods.scan.topk import TopKTable
from convscope.stores.scan import scan


class Counting:
    """A source that counts how often each image is read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.reads: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.source, name)

    def __len__(self) -> int:
        return len(self.source)

    def read(self, index: int) -> object:
        self.reads.append(index)
        return self.source.read(index)


def table(images: list[list[int]], values: list[list[float]] | None = None) -> TopK:
    rows = np.array(images, np.int64)
    numbers = np.ones(rows.shape, np.float32) if values is None else np.array(values, np.float32)
    return TopK("a", numbers, rows, np.zeros((*rows.shape, 2), np.int32))


@pytest.fixture
def studio(net: Network, source: Source) -> Studio:
    assert isinstance(net.preprocess, Preprocess)
    return Studio(net, source, net.preprocess, PullOptions(), 112, 0, None, Crops())


def quiet(count: int) -> None:
    """A tick that nobody hears."""


@pytest.mark.parametrize("layer", ["relu1", "block2.relu2", "fc"])
def test_tiles_are_the_crops_and_projections_of_each_response(
    net: Network, source: Source, studio: Studio, layer: str
) -> None:
    top = scan(net, source, layers=[layer], k=4)[layer].topk
    with ThreadPoolExecutor(2) as pool:
        made = studio.tiles(top, range(3, 9), pool=pool, tick=quiet)
    for channel in range(3, 9):
        for rank in range(4):
            image, place = int(top.images[channel, rank]), top.positions[channel, rank].tolist()
            photo = load_image(source, image, studio.preprocess)
            at = f"@{place[0]},{place[1]}" if net.layers[layer].spatial else ""
            x = studio.preprocess.normalise(torch.from_numpy(photo).permute(2, 0, 1))
            alone = deconv(net, x, f"{layer}:{channel}{at}")
            if top.values[channel, rank] == 0:
                assert (made.photos[channel - 3, rank] == GREY).all()
                assert made.scales[channel - 3, rank] == 0
                continue
            wanted = crop_patch(photo, alone.boxes[0].tolist(), np.full(3, GREY))  # padding is of one grey
            np.testing.assert_array_equal(made.photos[channel - 3, rank], wanted)
            (shown,) = portray(alone.pixels, wanted.shape[:2])
            difference = made.projections[channel - 3, rank].astype(int) - shown.whole
            assert np.abs(difference).max() <= 1
            assert made.scales[channel - 3, rank] == pytest.approx(shown.scale, rel=1e-4)
            y0, x0, y1, x1 = shown.content
            assert (made.content[channel - 3, rank] - np.tile(alone.boxes[0, :2], 2) == [y0, x0, y1, x1]).all()
            np.testing.assert_array_equal(
                made.part_photos[channel - 3, rank], cut(wanted, shown.content, wanted.shape[:2])
            )
            assert made.activations[channel - 3, rank] == pytest.approx(float(top.values[channel, rank]), rel=1e-4)


def counted(studio: Studio, source: Source, crops: Crops) -> tuple[Studio, Counting]:
    counting = Counting(source)
    return replace(studio, source=counting, crops=crops), counting  # type: ignore[arg-type]


def test_an_image_is_read_once_for_all_units_of_all_blocks(net: Network, source: Source, studio: Studio) -> None:
    found = scan(net, source, layers=["relu1", "fc"], k=4)
    mine, counting = counted(studio, source, Crops())
    for layer, channels in (("fc", range(5)), ("fc", range(5, 10)), ("relu1", range(3))):
        mine.tiles(found[layer].topk, channels, pool=None, tick=quiet)
    wanted = {*found["fc"].images.flatten().tolist(), *found["relu1"].images[:3].flatten().tolist()}
    assert sorted(counting.reads) == sorted(wanted)


def test_images_that_do_not_fit_the_memory_are_read_again_for_a_block(
    net: Network, source: Source, studio: Studio
) -> None:
    top = scan(net, source, layers=["fc"], k=4)["fc"].topk
    mine, counting = counted(studio, source, Crops(memory=0))
    assert_same(mine.tiles(top, range(10), pool=None, tick=quiet), studio.tiles(top, range(10), pool=None, tick=quiet))
    assert sorted(counting.reads) == sorted(set(top.images.flatten().tolist()))


def test_what_the_scan_kept_is_not_read_again(net: Network, source: Source, studio: Studio) -> None:
    crops = Crops()
    top = scan(net, source, layers=["fc"], k=4, crops=crops)["fc"].topk
    mine, counting = counted(studio, source, crops)
    made = mine.tiles(top, range(10), pool=None, tick=quiet)
    assert counting.reads == []
    assert_same(made, studio.tiles(top, range(10), pool=None, tick=quiet))


def assert_same(one: UnitTiles, other: UnitTiles) -> None:
    np.testing.assert_array_equal(one.photos, other.photos)
    np.testing.assert_array_equal(one.projections, other.projections)


def test_every_response_is_in_one_job() -> None:
    picks = Picks.of(table([[3, 1, 2], [1, 0, 2], [2, 5, 1]]), range(3))
    assert picks.images.tolist() == [0, 1, 1, 1, 2, 2, 2, 3, 5]
    jobs = list(picks.jobs(images=2, responses=100))
    assert [job.images.tolist() for job in jobs] == [[0, 1, 1, 1], [2, 2, 2, 3], [5]]
    jobs = list(picks.jobs(images=10, responses=2))
    assert [job.images.tolist() for job in jobs] == [[0, 1], [1, 1], [2, 2], [2, 3], [5]]
    assert [job.channels.tolist() for job in jobs] == [[1, 0], [1, 2], [0, 1], [2, 0], [2]]


def test_missing_responses_and_zeros_are_left_out() -> None:
    picks = Picks.of(table([[3, -1], [4, 5]], [[1.0, -np.inf], [2.0, 0.0]]), range(2))
    assert picks.images.tolist() == [3, 4]
    assert Picks.count(table([[3, -1], [4, 5]], [[1.0, -np.inf], [2.0, 0.0]])).tolist() == [1, 1]


def test_channels_count_from_the_layers_first_unit() -> None:
    picks = Picks.of(table([[0], [1], [2], [3]]), range(2, 4))
    assert picks.channels.tolist() == [2, 3]
    assert picks.images.tolist() == [2, 3]


def test_units_without_any_response_make_no_job(studio: Studio) -> None:
    none = TopKTable.empty(2, 3).layer("fc", slice(None))
    assert not list(Picks.of(none, range(2)).jobs(images=1, responses=1))
    made = studio.tiles(none, range(2), pool=None, tick=quiet)
    assert (made.photos == GREY).all()
    assert made.report == ""


def test_whole_images_are_a_thousand_to_a_folder() -> None:
    assert thumb_path(0) == "0/0.webp"
    assert thumb_path(999) == "0/999.webp"
    assert thumb_path(1_281_166) == "1281/1281166.webp"
