"""Verbs of a few images take them as anything: the numbers are the same, and so is what is shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import convscope as cs
from convscope.data import open_source
from convscope.errors import ImageError, UsageError

SIDE = 24
PREPROCESS = cs.Preprocess(SIDE, SIDE, resize=30)


@pytest.fixture(scope="module")
def net() -> cs.Network:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 11 * 11, 5))
    return cs.Network.trace(layers, (3, SIDE, SIDE), preprocess=PREPROCESS, classes=tuple("abcde"))


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo of another size and shape than the network's input."""
    path = tmp_path_factory.mktemp("photos") / "dog.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (36, 50, 3), dtype=np.uint8)).save(path)
    return path


def pixels_of(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).copy()


def crop_of(path: Path) -> torch.Tensor:
    """uint8 (3, H, W) of the input's size."""
    return torch.from_numpy(np.ascontiguousarray(PREPROCESS.crop(pixels_of(path)))).permute(2, 0, 1)


KINDS: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "text": str,
    "folder": lambda path: path.parent,
    "spelling": lambda path: f"folder:{path.parent}",
    "collection": lambda path: open_source([path]),
    "list of paths": lambda path: [path],
    "Pillow image": Image.open,
    "list of Pillow images": lambda path: [Image.open(path)],
    "array": pixels_of,
    "batch of arrays": lambda path: pixels_of(path)[None],
    "list of arrays": lambda path: [pixels_of(path)],
    "uint8 tensor": lambda path: torch.from_numpy(pixels_of(path)).permute(2, 0, 1),
    "batch of uint8 tensors": lambda path: torch.from_numpy(pixels_of(path)).permute(2, 0, 1)[None],
    "uint8 tensor of the input's size": crop_of,
    "tensor": lambda path: PREPROCESS.normalise(crop_of(path)[None])[0],
    "batch of tensors": lambda path: PREPROCESS.normalise(crop_of(path)[None]),
    "list of tensors": lambda path: [PREPROCESS.normalise(crop_of(path)[None])[0]],
    "array of floats": lambda path: PREPROCESS.normalise(crop_of(path)[None]).numpy(),
}


def projected(net: cs.Network, images: Any) -> list[Any]:
    found = cs.deconv(net, images, "1:2")
    assert found.photos is not None
    return [found.pixels.numpy(), found.boxes.numpy(), found.values.numpy(), found.photos]


def covered(net: cs.Network, images: Any) -> list[Any]:
    answer = cs.occlude(net, images, size=8, stride=4, target="b", units="1:3")
    covered = answer.found.covered
    return [covered.logits, covered.probabilities, covered.activations, covered.units, answer.found.uncovered.logits]


def moved(net: cs.Network, images: Any) -> list[Any]:
    answer = cs.invariance(net, images, transformations={"rotation": [0.0, 20.0]}, layers=["1"])
    (curve,) = answer.found.curves
    return [curve.distances["1"], curve.probabilities, *answer.examples["rotation"]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ask", [projected, covered, moved])
def test_the_numbers_do_not_depend_on_how_an_image_is_given(
    net: cs.Network, photo: Path, ask: Callable[[cs.Network, Any], list[Any]], kind: str
) -> None:
    expected = ask(net, photo)
    for mine, theirs in zip(ask(net, KINDS[kind](photo)), expected, strict=True):
        assert mine.dtype == theirs.dtype
        assert np.array_equal(mine, theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_shows_the_image_however_it_was_given(net: cs.Network, photo: Path, kind: str) -> None:
    images = KINDS[kind](photo)
    shown = cs.deconv(net, images, "1:2").figures()
    assert [figure.draw() for figure in shown.values()] == [
        figure.draw() for figure in cs.deconv(net, photo, "1:2").figures().values()
    ]
    (figure,) = cs.occlude(net, images, size=8, stride=8).figures().values()
    assert figure.draw()[:4] == b"\x89PNG"


@pytest.mark.parametrize("ask", [projected, covered, moved])
def test_several_images_are_taken_evenly_spread(net: cs.Network, ask: Callable, photo: Path) -> None:
    batch = torch.rand(5, 3, SIDE, SIDE)
    verbs = {projected: cs.deconv, covered: cs.occlude, moved: cs.invariance}
    more: dict[Any, Any] = {projected: {"units": "1:2"}, covered: {}, moved: {}}
    found = verbs[ask](net, batch, limit=2, **more[ask])
    assert found.seen.names == ("image 0", "image 2")
    arrays = [np.random.default_rng(i).integers(0, 256, (30, 30, 3), dtype=np.uint8) for i in range(5)]
    assert verbs[ask](net, arrays, limit=2, **more[ask]).seen.names == ("image 0", "image 2")


def test_images_that_cannot_be_read_are_left_out_and_named(net: cs.Network, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    found = cs.deconv(net, [photo, tmp_path / "broken.png"], "1:2")
    assert len(found) == 1
    assert "broken.png" in found.remarks()[0]
    with pytest.raises(ImageError, match="none of the 1 images could be read"):
        cs.invariance(net, tmp_path / "broken.png")


def test_tensors_of_a_network_without_preprocessing_are_shown_by_their_range(photo: Path) -> None:
    bare = cs.Network.trace(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 16, 16))
    found = cs.deconv(bare, torch.linspace(-3, 5, 256).reshape(1, 16, 16), "1:0")
    assert found.photos is not None
    assert found.photos.shape == (1, 16, 16, 3)
    assert (found.photos.min(), found.photos.max()) == (0, 255)
    with pytest.raises(UsageError, match="brings no preprocessing"):
        cs.deconv(bare, photo, "1:0")


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_projections_of_other_numbers_are_kept_too(dtype: torch.dtype, photo: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).to(dtype)
    net = cs.Network.trace(layers, (3, SIDE, SIDE), preprocess=PREPROCESS)
    found = cs.deconv(net, photo, "1:2", store=tmp_path)
    again = cs.Projection.load(tmp_path)
    assert again.pixels.dtype == dtype
    assert torch.equal(again.pixels, found.pixels)
