"""Crops of winners kept while scanning: those of the final winners, within the memory, the same as when read again."""

import numpy as np
import pytest
import torch

from convscope.data import Preprocess, load_image, open_source
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.scan.crops import Crops
from convscope.stores.scan import scan

SIZE = 6
BYTES = SIZE * SIZE * 3


@pytest.fixture
def net() -> Network:
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
    return Network.trace(layers, (3, SIZE, SIZE), preprocess=Preprocess(SIZE, SIZE))


@pytest.fixture
def pictures() -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    # Ever brighter, so that the last images win and the first lose their places.
    return [generator.integers(0, 2 + 2 * i, (8, 9, 3)).astype(np.uint8) for i in range(120)]


def test_all_winners_are_kept_as_they_would_be_read(net: Network, pictures: list[np.ndarray]) -> None:
    crops, source = Crops(), open_source(pictures)
    found = scan(net, source, layers=["1"], k=3, crops=crops, workers=2)
    for image in found["1"].images.flatten().tolist():
        kept = crops.get(image)
        assert kept is not None
        np.testing.assert_array_equal(kept, load_image(source, image, net.preprocess))


def test_little_memory_goes_to_the_images_that_still_win(net: Network, pictures: list[np.ndarray]) -> None:
    # Room for 20 crops: the first 20 images take it, lose, and must give it up to the last.
    crops = Crops(memory=20 * BYTES)
    found = scan(net, open_source(pictures), layers=["1"], k=3, crops=crops, workers=1)
    winners = set(found["1"].images.flatten().tolist())
    assert len(winners) <= 12
    assert crops.bytes <= 20 * BYTES
    assert min(winners) > 20
    kept = [image for image in winners if crops.get(image) is not None]
    assert kept, "the last images should have taken the places of the first"


def test_the_scan_is_the_same_with_and_without(net: Network, pictures: list[np.ndarray]) -> None:
    source = open_source(pictures)
    one, other = (scan(net, source, layers=["1"], k=3, crops=crops) for crops in (None, Crops()))
    assert np.array_equal(one["1"].values, other["1"].values)
    assert np.array_equal(one["1"].images, other["1"].images)


def test_crops_are_copies() -> None:
    crops, batch = Crops(), np.ones((1, 2, 2, 3), np.uint8)
    crops.add(np.array([3]), batch)
    batch[:] = 9
    kept = crops.get(3)
    assert kept is not None
    assert (kept == 1).all()


def test_crowded_after_an_eighth_of_the_memory_was_turned_away() -> None:
    crops = Crops(memory=16 * 12)
    crops.add(np.arange(16), np.zeros((16, 2, 2, 3), np.uint8))
    crops.add(np.array([16, 17]), np.zeros((2, 2, 2, 3), np.uint8))
    assert not crops.crowded
    crops.add(np.array([18]), np.zeros((1, 2, 2, 3), np.uint8))
    assert crops.crowded
    crops.only(np.array([2, 3]))
    assert not crops.crowded
    assert (len(crops), crops.bytes) == (2, 24)


def test_negative_memory_is_refused() -> None:
    with pytest.raises(UsageError, match="memory=-1 bytes for crops"):
        Crops(memory=-1)
