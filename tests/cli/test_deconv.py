"""`convscope deconv`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import convscope as cs
from convscope.data import load_image


def middle() -> str:
    """A layer with a receptive field smaller than the image."""
    return next(layer.name for layer in cs.load("zoo:tiny").layers if layer.field and layer.field.size[0] > 3)


@pytest.mark.slow
def test_pictures_of_every_image_and_unit(convscope: Callable, images: Path, tmp_path: Path) -> None:
    units = [f"{middle()}:0", f"{middle()}:1@2,3"]
    done = convscope("deconv", "zoo:tiny", images, "-u", units[0], "-u", units[1], "-o", tmp_path / "out", "--json")
    assert done.code == 0
    made = done.document["projections"]
    assert len(made) == 7 * 2
    assert all((tmp_path / "out" / one["picture"]).is_file() for one in made)
    assert {one["unit"] for one in made if one["unit"].startswith(f"{middle()}:1")} == {units[1]}


def test_document_and_picture_agree_with_the_library(convscope: Callable, images: Path, tmp_path: Path) -> None:
    photo = images / "even" / "0.png"
    unit = f"{middle()}:2"
    done = convscope("deconv", "zoo:tiny", photo, "-u", unit, "-o", tmp_path / "out", "--rule", "guided", "--json")
    (one,) = done.document["projections"]

    net = cs.load("zoo:tiny")
    crop = load_image(cs.open_source(str(photo)), 0, net.preprocess)
    batch = net.preprocess.normalise(torch.from_numpy(np.ascontiguousarray(crop)).permute(2, 0, 1)[None])
    expected = cs.deconv(net, batch, unit, rule="guided")
    assert one["unit"] == str(expected.units[0])
    assert one["value"] == pytest.approx(float(expected.values[0]))
    assert one["box"] == expected.boxes[0].tolist()

    shown = np.asarray(Image.open(tmp_path / "out" / one["picture"]))
    height, width = expected.pixels.shape[2:]
    times = 224 // max(height, width)
    assert shown.shape == (height * times, 2 * width * times + 8, 3)
    y0, x0, y1, x1 = expected.boxes[0].tolist()
    if y0 >= 0 and x0 >= 0 and y1 <= crop.shape[0] and x1 <= crop.shape[1]:
        assert np.array_equal(shown[::times, : width * times : times], crop[y0:y1, x0:x1])
    strongest = np.unravel_index(int(expected.pixels[0].abs().argmax()), expected.pixels[0].shape)
    level = shown[strongest[1] * times, width * times + 8 + strongest[2] * times, strongest[0]]
    assert level == (255 if expected.pixels[0][strongest] > 0 else 1)


def test_text_has_a_line_a_picture_and_says_what_was_done(convscope: Callable, images: Path, tmp_path: Path) -> None:
    done = convscope("deconv", "zoo:tiny", images / "even", "-u", f"{middle()}:0", "-o", tmp_path / "out")
    assert len(done.out.splitlines()) == 4
    assert "rectified" in done.err


def test_unreadable_image_is_said_and_left_out(convscope: Callable, images: Path, tmp_path: Path) -> None:
    (images / "odd" / "1.png").write_bytes(b"no image")
    done = convscope("deconv", "zoo:tiny", images, "-u", f"{middle()}:0", "-o", tmp_path / "out", "--json")
    assert done.code == 0
    assert len(done.document["projections"]) == 6
    assert "left out odd/1.png" in done.err


def test_no_readable_image_is_an_error(convscope: Callable, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    done = convscope("deconv", "zoo:tiny", tmp_path / "a.png", "-u", f"{middle()}:0", "-o", tmp_path / "out")
    assert done.code == 4
    assert "none of the 1 images could be read" in done.err


def test_no_image_is_misuse(convscope: Callable, tmp_path: Path) -> None:
    done = convscope("deconv", "zoo:tiny", "-u", f"{middle()}:0", "-o", tmp_path / "out")
    assert done.code == 2
    assert "no images: name image files" in done.err
