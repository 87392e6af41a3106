"""Pages of TIFF files as images of their own."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import convscope as cs
from convscope.data import Preprocess, decode_for, load_image, open_source
from convscope.data.located import as_file
from convscope.errors import ImageError, SourceError

tifffile = pytest.importorskip("tifffile")

STACK = np.random.default_rng(0).integers(0, 10000, (5, 12, 16), np.uint16)
GREY = Preprocess(12, 16, mean=(0.5,), std=(0.25,), range=(0, 10000))


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """A stack of five pages, one of two, and a picture, in two classes."""
    for name in ("cells", "dust"):
        (tmp_path / name).mkdir()
    tifffile.imwrite(tmp_path / "cells" / "a.tif", STACK, photometric="minisblack")
    tifffile.imwrite(tmp_path / "dust" / "b.tif", STACK[:2], photometric="minisblack", compression="zlib")
    Image.fromarray(np.full((12, 16), 255, np.uint8)).save(tmp_path / "dust" / "c.png")
    return tmp_path


def test_every_page_is_an_image_of_its_files_class(stacks: Path) -> None:
    source = open_source(f"pages:{stacks}")
    names = [*(f"cells/a.tif@{page}" for page in range(1, 6)), "dust/b.tif@1", "dust/b.tif@2", "dust/c.png"]
    assert [source.name(index) for index in range(len(source))] == names
    assert [source.label(index) for index in range(len(source))] == [0] * 5 + [1] * 3
    assert source.classes == ("cells", "dust")
    for index, page in enumerate([*STACK, *STACK[:2]]):
        np.testing.assert_allclose(load_image(source, index, GREY)[..., 0], page / 10000 * 255, atol=1e-3)
    assert (load_image(source, 7, Preprocess(12, 16)) == 255).all()


def test_a_collection_of_pages_travels_and_has_a_fingerprint_of_its_own(stacks: Path) -> None:
    source = open_source(f"pages:{stacks}")
    again = pickle.loads(pickle.dumps(source))  # noqa: S301 (made here)
    assert again.fingerprint() == source.fingerprint() != open_source(stacks).fingerprint()
    assert (again.name(6), len(again)) == ("dust/b.tif@2", 8)
    assert open_source(f"pages:{stacks}", max_pixels=100).fingerprint() != source.fingerprint()
    with pytest.raises(ImageError, match="more than the limit of 100"):
        open_source(f"pages:{stacks}", max_pixels=100).read(0)


def test_one_file_is_a_collection_and_the_range_is_that_of_all_pages(tmp_path: Path) -> None:
    pages = np.stack([np.full((8, 8), 100, np.uint16), np.full((8, 8), 900, np.uint16)])
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    source = open_source(f"pages:{tmp_path}/a.tif")
    recipe = Preprocess(8, 8, mean=(0.5,), std=(0.5,), range="collection")
    assert load_image(source, 1, recipe).max() == 255
    assert load_image(source, 0, recipe).max() == 0


def test_colours_of_a_palette(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (3, 256), np.uint16) * 257
    numbers = np.arange(160, dtype=np.uint8).reshape(2, 8, 10)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in numbers:
            file.write(page, photometric="palette", colormap=colours)
    source = open_source(f"pages:{tmp_path}/a.tif")
    found = decode_for(source.read(1), Preprocess(8, 10))
    assert np.array_equal(found, np.moveaxis(colours[:, numbers[1]], 0, -1) // 257)


def test_a_damaged_file_is_one_image_that_cannot_be_read(stacks: Path) -> None:
    path = stacks / "cells" / "a.tif"
    path.write_bytes(path.read_bytes()[:200])
    source = open_source(f"pages:{stacks}")
    assert (source.name(0), source.name(1)) == ("cells/a.tif", "dust/b.tif@1")
    with pytest.raises(ImageError):
        load_image(source, 0, GREY)


def test_only_files_have_pages() -> None:
    with pytest.raises(SourceError, match="pages: are those of files"):
        open_source("pages:samples:")


def test_a_page_can_be_kept_as_a_file(stacks: Path, tmp_path: Path) -> None:
    ending, content = as_file(open_source(f"pages:{stacks}"), 3)
    assert ending == ".npy"
    (tmp_path / "page.npy").write_bytes(content)
    assert np.array_equal(np.load(tmp_path / "page.npy")[..., 0], STACK[3])


def test_pages_are_scanned(stacks: Path) -> None:
    import torch

    net = cs.Network.trace(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU()), (1, 12, 16), preprocess=GREY)
    found = cs.scan(net, f"pages:{stacks}/cells", k=5)
    assert sorted(found["1"].topk.images[0].tolist()) == [0, 1, 2, 3, 4]
