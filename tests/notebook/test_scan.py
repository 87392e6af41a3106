"""What a scan shows of itself in a notebook: the pixels that each unit saw, or numbers where the images are unknown."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from convscope.data import Preprocess, load_image
from convscope.errors import ImageError, UsageError
from convscope.graph import Network
from convscope.methods.deconv import deconv
from convscope.stores.scan import KeptScan, scan

SIZE = 16
PLAIN = Preprocess(SIZE, SIZE, scale=1 / 255, mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0))


class Photos:
    """Six random images; names and a class that are no names."""

    kind = "made"
    classes = ("<b>one</b>", "two & three")
    lost = False

    def __len__(self) -> int:
        return 6

    def name(self, index: int) -> str:
        return f'"><script>{index}</script>.png'

    def label(self, index: int) -> int:
        return index % 3 - 1

    def read(self, index: int) -> NDArray[np.uint8]:
        if self.lost:
            raise ImageError("it is gone")
        return np.random.default_rng(index).integers(0, 256, (SIZE, SIZE, 3), np.uint8)

    def fingerprint(self) -> str:
        return "6" * 64

    def describe(self) -> str:
        return "six images"


@pytest.fixture(scope="module")
def net() -> Network:
    torch.manual_seed(0)
    second = nn.Conv2d(8, 4, 3, stride=2)
    with torch.no_grad():
        second.weight[1] = -1.0
        second.get_parameter("bias")[1] = -100.0
    module = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), second, nn.ReLU())
    return Network.trace(module, (3, SIZE, SIZE), name="<i>net</i>", preprocess=PLAIN)


def pictures(html: str) -> list[NDArray[np.uint8]]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def test_table_shows_the_pixels_that_units_saw(net: Network) -> None:
    source = Photos()
    found = scan(net, source, layers=["1"], k=3, workers=1)
    shown = pictures(found["1"].show([2])._repr_html_())
    assert len(shown) == 3
    for picture, image, (y, x) in zip(
        shown, found["1"].images[2].tolist(), found["1"].positions[2].tolist(), strict=True
    ):
        photo = np.full((SIZE + 2, SIZE + 2, 3), PLAIN.mean_colour, np.uint8)
        photo[1:-1, 1:-1] = source.read(image)
        assert (picture == photo[y : y + 3, x : x + 3]).all()  # a 3 x 3 field around (y, x)


def test_all_of_it_shows_itself_with_names_escaped(net: Network) -> None:
    found = scan(net, Photos(), k=2, workers=1)
    layer = found.layers[-1]
    for shown, least in ((found, 4), (found[layer], 6), (found[layer].show([0]), 2), (found[layer].topk, 0)):
        html = shown._repr_html_()
        assert len(pictures(html)) >= least
        assert "<script" not in html
        assert "<i>net" not in html
        assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert f"{layer}:1<" not in found[layer]._repr_html_()  # zero everywhere: nothing to show of itself
    assert f"{layer}:0<" in found[layer]._repr_html_()
    assert "&lt;b&gt;one" in found[layer]._repr_html_()


def test_loaded_scan_shows_numbers_until_it_is_told_its_images(net: Network, tmp_path: Path) -> None:
    made = scan(net, Photos(), k=2, workers=1, store=tmp_path / "scan")
    loaded = KeptScan.load(tmp_path / "scan")
    layer = loaded.layers[0]
    html = loaded[layer]._repr_html_()
    assert not pictures(html)
    value, image, (y, x) = (t[0, 0].tolist() for t in (made[layer].values, made[layer].images, made[layer].positions))
    assert f"<td>{value:.4g}</td><td>{image}</td><td>{y}, {x}</td>" in html
    told = loaded.with_images(net, Photos())
    assert told[layer]._repr_html_() == made[layer]._repr_html_()
    assert pictures(scan(net, Photos(), k=2, workers=1, store=tmp_path / "scan")[layer]._repr_html_())


def test_other_images_and_other_networks_are_refused(net: Network) -> None:
    found = scan(net, Photos(), k=2, workers=1)

    class Others(Photos):
        def fingerprint(self) -> str:
            return "7" * 64

    with pytest.raises(UsageError, match="no scan of the images six images"):
        found.with_images(net, Others())
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())
    with pytest.raises(UsageError, match="no scan of the network another"):
        found.with_images(Network.trace(module, (3, SIZE, SIZE), name="another", preprocess=PLAIN), Photos())
    with pytest.raises(UsageError, match="units 0 to 3, there is no 4"):
        found[found.layers[-1]].show([4])


def test_halves_merge_to_a_scan_that_knows_its_images(net: Network) -> None:
    halves = [scan(net, Photos(), k=2, workers=1, shard=(i, 2)) for i in range(2)]
    assert len(pictures(halves[0].merge(halves[1])._repr_html_())) >= 4


def test_images_that_are_gone_are_named_not_raised(net: Network) -> None:
    source = Photos()
    found = scan(net, source, k=2, workers=1)
    source.lost = True
    html = found[found.layers[0]].show([0])._repr_html_()
    assert "it is gone" in html
    assert not pictures(html)


def test_a_unit_is_projected_where_it_was_strongest_in_every_image_but_the_one_left_out() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.MaxPool2d(2))
    net = Network.trace(module, (3, SIZE, SIZE), preprocess=PLAIN)
    photos = Photos()
    found = scan(net, photos, layers=["2"], k=4)
    top = found["2"].topk
    taken = found.project("2:3")
    assert taken is not None
    order = top.images[3].tolist()
    pixels = np.stack([load_image(photos, i, PLAIN) for i in order])
    inputs = PLAIN.normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2))
    expected = deconv(net, inputs, "2:3")  # each image's strongest position, which is the scan's
    assert taken.units == expected.units
    torch.testing.assert_close(taken.pixels, expected.pixels)
    torch.testing.assert_close(taken.values, torch.from_numpy(top.values[3]))
    fewer = found.project("2:3", besides=pixels[1], most=2)
    assert fewer is not None
    torch.testing.assert_close(fewer.pixels, expected.pixels[[0, 2]])


def test_what_responds_to_nothing_is_not_projected_and_unknown_images_are_asked_for(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())
    module[0].bias.data[1] = -1e6
    net = Network.trace(module, (3, SIZE, SIZE), preprocess=PLAIN)
    found = scan(net, Photos(), layers=["1"], k=2)
    assert found.project("1:1") is None
    found.write(tmp_path / "scan")
    loaded = KeptScan.load(tmp_path / "scan")
    with pytest.raises(UsageError, match="with_images"):
        loaded.project("1:0")
    again, first = loaded.with_images(net, Photos()).project("1:0"), found.project("1:0")
    assert again is not None
    assert first is not None
    torch.testing.assert_close(again.pixels, first.pixels)
