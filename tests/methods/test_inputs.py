"""Images of any kind become the same input."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.data import Preprocess, open_source
from convscope.errors import ImageError, ShapeError, SourceError, UsageError
from convscope.methods import inputs
from convscope.methods.correspondence import correspondence
from convscope.methods.inputs import images_for, remarked_images

IMAGENET = Preprocess(16, 16, resize=20, scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


@pytest.fixture(scope="module")
def net() -> cs.Network:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 14 * 14, 5))
    return cs.Network.trace(layers, (3, 16, 16), preprocess=IMAGENET)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo of another size than the network's input."""
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "dog.png")
    return tmp_path / "dog.png"


def test_every_spelling_of_a_photo_is_the_same_input(net: cs.Network, photo: Path) -> None:
    pixels = np.asarray(Image.open(photo))
    crop = torch.from_numpy(IMAGENET.crop(pixels).copy()).permute(2, 0, 1)
    expected = IMAGENET.normalise(crop[None])
    planes = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
    for given in (
        photo, str(photo), pixels, pixels[None], Image.open(photo), [photo], [str(photo)], (Image.open(photo),),
        open_source([photo]), open_source([pixels]), planes, planes[None], planes.numpy(), crop, expected, expected[0],
        expected.numpy(), expected[0].numpy(), [expected[0]], (expected[0].numpy(),),
    ):  # fmt: skip
        assert torch.equal(images_for(net, given), expected), type(given)


def test_several_kinds_may_be_mixed_in_one_list(net: cs.Network, photo: Path) -> None:
    found = images_for(net, [photo, Image.open(photo), np.asarray(Image.open(photo))])
    assert found.shape == (3, 3, 16, 16)
    assert torch.equal(found[0], found[2])


def test_grey_pixels_become_three_equal_colours(net: cs.Network) -> None:
    grey = np.full((20, 20), 100, np.uint8)
    assert torch.equal(images_for(net, grey), images_for(net, np.repeat(grey[..., None], 3, 2)))


def test_every_method_takes_a_path(net: cs.Network, photo: Path) -> None:
    assert cs.deconv(net, photo, "1:2").pixels.shape == (1, 3, 3, 3)
    assert len(cs.occlude(net, str(photo))) == 1  # also at the default square, though the input is small
    assert cs.invariance(net, photo, transformations={"rotation": [0.0]}).found.curves
    boxes = {"eye": np.array([[2, 2, 6, 6]] * 3)}
    assert correspondence(net, [photo] * 3, boxes, layers=["1"], draws=5).results


def test_floats_that_look_like_pixels_are_refused(net: cs.Network) -> None:
    raw = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 3, 16, 16))).float()
    with pytest.raises(ShapeError, match="give pixels as uint8"):
        images_for(net, raw)
    assert images_for(net, raw / 255).shape == raw.shape  # 0 to 1 may be normalised
    caffe = cs.Network.trace(
        nn.Conv2d(3, 2, 3),
        (3, 16, 16),
        preprocess=Preprocess(16, 16, scale=1.0, mean=(104.0, 117.0, 123.0), std=(1.0, 1.0, 1.0)),
    )
    with pytest.raises(ShapeError, match="values from 0 to 255"):
        images_for(caffe, raw)
    assert torch.equal(images_for(caffe, raw - 115.5), raw - 115.5)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (torch.zeros(1, 3, 16, 17), ShapeError, "takes images of shape"),
        (torch.zeros(2, 3), ShapeError, "takes images of shape"),
        (torch.zeros(1, 4, 16, 16, dtype=torch.uint8), ShapeError, "uint8 pixels"),
        (torch.zeros(1, 3, 16, 16, dtype=torch.int64), ShapeError, "uint8 pixels"),
        ([], ShapeError, "there are no images"),
        (7, UsageError, "names no images"),
        ("nowhere.png", SourceError, "nowhere.png"),
    ],
)
def test_what_is_no_image_is_named(net: cs.Network, given: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        images_for(net, given)


def test_images_that_cannot_be_read_are_errors_not_gaps(net: cs.Network, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(ImageError):
        images_for(net, tmp_path / "broken.png")


def test_a_collection_that_is_too_large_is_sent_elsewhere(net: cs.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "AT_ONCE", 3)
    with pytest.raises(UsageError, match="4 images are more than the 3"):
        images_for(net, open_source([np.zeros((8, 8, 3), np.uint8)] * 4))


def test_a_network_without_preprocessing_takes_normalised_tensors_alone(photo: Path) -> None:
    bare = cs.Network.trace(nn.Conv2d(3, 2, 3), (3, 16, 16))
    assert images_for(bare, torch.rand(3, 16, 16) * 300).shape == (1, 3, 16, 16)
    with pytest.raises(UsageError, match=r"brings no preprocessing.*preprocess='unit'"):
        images_for(bare, photo)


def test_a_projection_shows_the_photo_its_box_and_what_was_taken(net: cs.Network, photo: Path) -> None:
    found = cs.deconv(net, photo, "1:2")
    assert found.photos is not None
    assert found.photos.shape == (1, 16, 16, 3)
    assert np.array_equal(found.photos[0], IMAGENET.crop(np.asarray(Image.open(photo))))
    html = found._repr_html_()
    assert html.count("<img") == html.count('width="224"') == 3  # alone it is large
    assert ">1 projection, 1 relu rectified</div>" in html
    many = cs.deconv(net, [photo] * 2, "1:2")._repr_html_()
    assert many.count("<img") == many.count('width="96"') == 6
    assert ">2 projections, 1 relu rectified</div>" in many
    assert "border:1px solid #fff;outline:1px solid #000" in html  # light and dark
    (box,) = found.boxes.tolist()
    assert f"top:{100 * box[0] / 16:.4g}%" in html


# -- grey images ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grey() -> cs.Network:
    torch.manual_seed(0)
    recipe = Preprocess(8, 8, mean=(0.25,), std=(0.5,))
    return cs.Network.trace(nn.Conv2d(1, 2, 3), (1, 8, 8), preprocess=recipe)


@pytest.mark.parametrize("count", [2, 5, 9])
def test_an_array_of_grey_images_is_as_many_images(grey: cs.Network, count: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (count, 8, 8), np.uint8)
    given = images_for(grey, pixels)
    torch.testing.assert_close(given, torch.from_numpy(pixels)[:, None] / 255 * 2 - 0.5)
    assert torch.equal(given, images_for(grey, pixels[:, None]))
    assert torch.equal(given, images_for(grey, list(pixels)))


def test_an_array_that_may_be_several_things_is_refused_with_the_way_to_say_it(grey: cs.Network) -> None:
    for pixels in (np.zeros((4, 8, 8), np.uint8), torch.zeros(5, 8, 8, dtype=torch.uint8)):
        with pytest.raises(ShapeError, match=r"several grey images are \(n, 1, H, W\), as images\[:, None\]"):
            images_for(grey, pixels)


def test_grey_and_alpha_are_not_taken_for_many_narrow_images(grey: cs.Network) -> None:
    with pytest.raises(ShapeError, match=r"found uint8 \(8, 8, 2\)"):
        images_for(grey, np.zeros((8, 8, 2), np.uint8))


def test_an_input_that_is_being_differentiated_is_taken_by_its_numbers(net: cs.Network) -> None:
    given = torch.randn(1, 3, 16, 16, requires_grad=True)
    assert not images_for(net, given).requires_grad
    assert cs.deconv(net, given, "0:1").pixels.equal(cs.deconv(net, given.detach(), "0:1").pixels)


def test_nan_is_carried_on_and_said(grey: cs.Network) -> None:
    found, remarks = remarked_images(grey, torch.full((1, *grey.input_shape), torch.nan))
    assert found.isnan().all()
    assert remarks == [
        f"images hold NaN or infinite values, which {grey.name} carries on: what comes of them says little"
    ]


def test_floats_on_zero_to_one_are_remarked(grey: cs.Network) -> None:
    assert remarked_images(grey, torch.randn(1, 1, 8, 8))[1] == []
    (said,) = remarked_images(grey, torch.rand(1, 1, 8, 8))[1]
    assert "are taken as normalised, and these lie on 0 to 1" in said
    assert "gives -0.5 to 1.5: if they are pixels, give net.preprocess.normalise(255 * images)" in said


VERBS: dict[str, Callable[[cs.Network, torch.Tensor], Any]] = {
    "deconv": lambda net, images: cs.deconv(net, images, "0:1"),
    "occlude": lambda net, images: cs.occlude(net, images, size=8, parts=[cs.Part("image 0", "eye", (4, 4, 9, 9))]),
    "invariance": lambda net, images: cs.invariance(net, images, transformations=["vertical"], layers=["0"]),
    "correspond": lambda net, images: cs.correspond(
        net, images, [cs.Part(f"image {i}", "eye", (4, 4 + i, 9, 9 + i)) for i in range(2)], layers=["0"], draws=9,
        layer="0", seeds=0,
    ),
    "causes": lambda net, images: cs.causes(net, images, "3:1", layers=["0"]),
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_odd_in_images_is_said_once(net: cs.Network, verb: str, caplog: pytest.LogCaptureFixture) -> None:
    VERBS[verb](net, torch.rand(2, 3, 16, 16))
    assert len([one for one in caplog.messages if "lie on 0 to 1" in one]) == 1


def test_several_grey_images_are_the_same_to_verbs_of_few_images_and_of_many(net: cs.Network) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 20, 24), dtype=np.uint8)
    assert cs.scan(net, pixels, layers=["0"], k=1).images == len(cs.deconv(net, pixels, "0:1")) == 5
    one = cs.scan(net, pixels, layers=["0"], k=2)["0"].values
    assert np.array_equal(one, cs.scan(net, pixels[:, None], layers=["0"], k=2)["0"].values)
    assert np.array_equal(one, cs.scan(net, list(pixels), layers=["0"], k=2)["0"].values)
