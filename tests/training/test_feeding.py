"""Which crops an epoch has: all images once, the paper's ten places, shares of processes that make up the whole."""

from typing import Any

import numpy as np
import pytest
import torch

from convscope.data import open_source
from convscope.errors import SourceError
from convscope.training import Recipe
from convscope.training.feeding import Feed, batch_plan
from convscope.training.pictures import InMemory, cut, mean_picture, open_pictures
from tests.training.shapes import shapes

BLACK = np.zeros(3, np.uint8)


def coordinates(count: int, side: int) -> InMemory:
    """Pictures whose pixels are (row, column, number of the picture)."""
    y, x = np.mgrid[:side, :side].astype(np.uint8)
    images = np.stack([np.stack([y, x, np.full_like(y, number)], axis=2) for number in range(count)])
    return InMemory(images, np.arange(count, dtype=np.int64))


def feed(recipe: Recipe, *, count: int = 10, side: int = 8, size: int = 4, rank: int = 0, world: int = 1) -> Feed:
    return Feed(coordinates(count, side), recipe, size, BLACK, rank, world)


def test_every_image_comes_once_in_an_order_of_its_own_each_epoch() -> None:
    one = feed(Recipe(batch=5))
    orders = [torch.cat([labels for _, labels in one.epoch(epoch)]).tolist() for epoch in (1, 2)]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10))
    assert orders[0] != orders[1]
    again = torch.cat([labels for _, labels in one.epoch(1, threads=3)]).tolist()
    assert again == orders[0]


def test_ten_crops_are_the_corners_and_the_centre_flipped_or_not() -> None:
    seen = set()
    for epoch in range(1, 40):
        for images, _ in feed(Recipe(batch=5, crops="ten")).epoch(epoch):
            for image in images.numpy():
                top, left, right = int(image[0, 0, 0]), int(image[1, 0, 0]), int(image[1, 0, -1])
                assert abs(right - left) == 3
                seen.add((top, min(left, right), left > right))
    assert seen == {(top, left, flip) for top, left in [(0, 0), (0, 4), (4, 0), (4, 4), (2, 2)] for flip in (0, 1)}


def test_pixels_are_those_of_the_plan() -> None:
    recipe = Recipe(batch=10, crops="random", padding=2)
    one = feed(recipe, side=6)
    layout = batch_plan(recipe, 10, 3)
    ((images, labels),) = one.epoch(3)
    assert labels.tolist() == layout.order.tolist()
    assert layout.flipped.any()
    assert not layout.flipped.all()
    for image, row, where, flip in zip(images, layout.order, layout.places, layout.flipped, strict=True):
        padded = np.pad(one.pictures.read(int(row)), [(2, 2), (2, 2), (0, 0)])
        top, left = (min(int(place * 7), 6) for place in where)
        crop = padded[top : top + 4, left : left + 4]
        assert np.array_equal(image.permute(1, 2, 0).numpy(), crop[:, ::-1] if flip else crop)


def test_random_crops_reach_every_place_into_the_padding_and_not_beyond() -> None:
    recipe = Recipe(batch=10, crops="random", padding=1, flips=False)
    tops = set()
    for epoch in range(1, 60):
        for images, _ in feed(recipe, side=5).epoch(epoch):
            # The bottom right pixel is in the picture unless the crop ends in the padding.
            tops |= {int(image[0, -2, 1]) - 2 for image in images.numpy()}
    assert tops == {-1, 0, 1, 2}


def test_what_is_beyond_the_picture_has_the_fill() -> None:
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    out = cut(image, -1, -1, 2, np.array([9, 9, 9], np.uint8))
    assert out.tolist() == [[[9, 9, 9], [9, 9, 9]], [[9, 9, 9], [0, 1, 2]]]
    assert (cut(image, 5, 5, 2, BLACK) == 0).all()


def test_shares_of_two_processes_make_the_batches_of_one() -> None:
    recipe = Recipe(batch=4, crops="random")
    whole = list(feed(recipe).epoch(3))
    halves = [list(feed(recipe, rank=rank, world=2).epoch(3)) for rank in (0, 1)]
    assert len(whole) == len(halves[0]) == 2  # the last two images do not fill a batch
    for (images, labels), even, odd in zip(whole, *halves, strict=True):
        for share, (part, names) in enumerate((even, odd)):
            assert torch.equal(part, images[share::2])
            assert torch.equal(names, labels[share::2])


def test_an_epoch_goes_on_from_any_update() -> None:
    one = feed(Recipe(batch=3, crops="random"))
    rest = list(one.epoch(2, start=2))
    whole = list(one.epoch(2))
    assert len(rest) == 1
    assert torch.equal(rest[0][0], whole[2][0])


def test_fewer_images_than_a_batch_are_one_update() -> None:
    (images, _), *others = feed(Recipe(batch=64)).epoch(1)
    assert len(images) == 10
    assert not others


def test_flips_follow_the_seed() -> None:
    assert batch_plan(Recipe(), 100, 1).flipped.mean() == pytest.approx(0.5, abs=0.2)
    assert not batch_plan(Recipe(flips=False), 100, 1).flipped.any()
    assert (batch_plan(Recipe(seed=1), 100, 1).order != batch_plan(Recipe(), 100, 1).order).any()


def test_streamed_pictures_are_the_decoded_ones() -> None:
    source = shapes(6, side=70)
    for crop_source in ("square", "whole"):
        kept = open_pictures(source, 66, crop_source=crop_source, keep="memory")
        streamed = open_pictures(source, 66, crop_source=crop_source, keep="stream")
        assert kept.labels.tolist() == streamed.labels.tolist() == [0, 1, 2, 3, 0, 1]
        assert all((kept.read(row) == streamed.read(row)).all() for row in range(6))


def test_mean_is_of_the_central_crops() -> None:
    mean = mean_picture(coordinates(4, 6), 4, images=100)
    assert mean[0, :, 0].tolist() == [1, 2, 3, 4]
    assert mean[2].unique().tolist() == [1.5]


def test_images_without_classes_cannot_be_trained_on() -> None:
    with pytest.raises(SourceError, match="training needs classes"):
        open_pictures(open_source([np.zeros((8, 8, 3), np.uint8)]), 8)


@pytest.mark.parametrize("about", [{"crop_source": "square"}, {"crop_source": "whole"}, {"keep": "stream"}])
def test_pictures_none_of_which_can_be_read_are_told_with_reasons(about: dict[str, Any]) -> None:
    source = open_source([(np.zeros((8, 8, 5), np.uint8), 0)] * 2)
    with pytest.raises(
        SourceError, match=r"none of the .*images can be read.*the first, image 0: it has 5 channels, and the"
    ):
        open_pictures(source, 8, **about)
