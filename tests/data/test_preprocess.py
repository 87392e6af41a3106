"""Geometry is torchvision's, pixel for pixel; colours follow the formula; recipes survive JSON."""

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convscope.data import CAFFE_MEAN, IMAGENET_MEAN, IMAGENET_STD, Placement, Preprocess, decode
from convscope.errors import ShapeError, UsageError
from tests.data.making import smooth


def numbered(height: int, width: int) -> np.ndarray:
    """Pixels whose red is their row and green their column."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.arange(height)[:, None]
    image[..., 1] = np.arange(width)
    return image


def test_centre_of_3x5_image() -> None:
    crop = Preprocess(3, 3, resize=3).crop(numbered(3, 5))
    assert crop[:, :, 0].tolist() == [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
    assert crop[:, :, 1].tolist() == [[1, 2, 3]] * 3


@pytest.mark.parametrize(
    ("width", "left"),
    # (width - 2) / 2 is 0.5, 1, 1.5, 2, 2.5, 3, 3.5: halves go to the even side.
    [(3, 0), (4, 1), (5, 2), (6, 2), (7, 2), (8, 3), (9, 4)],
)
def test_halves_round_to_the_even_side(width: int, left: int) -> None:
    assert Preprocess(2, 2, resize=2).place(2, width).left == left


def test_long_side_is_truncated() -> None:
    # 256 * 500 / 375 = 341.33; 256 * 499 / 333 = 383.6.
    recipe = Preprocess(224, 224, resize=256)
    assert recipe.place(375, 500) == Placement((375, 500), 256, 341, 16, 58)
    assert recipe.place(499, 333) == Placement((499, 333), 383, 256, 80, 16)


def test_crop_without_resize_is_a_view() -> None:
    image = smooth(256, 300)
    crop = Preprocess(227, 227, resize=256).crop(image)
    assert np.shares_memory(crop, image)
    assert np.array_equal(crop, image[14:241, 36:263])


def test_exact_resize_changes_the_aspect() -> None:
    image = smooth(40, 90)
    crop = Preprocess(20, 30, resize=None, interpolation="bicubic").crop(image)
    expected = np.asarray(Image.fromarray(image).resize((30, 20), Image.Resampling.BICUBIC))
    assert np.array_equal(crop, expected)


def test_exact_resize_and_crop() -> None:
    image = smooth(40, 90)
    crop = Preprocess(20, 20, resize=(24, 26)).crop(image)
    expected = np.asarray(Image.fromarray(image).resize((26, 24), Image.Resampling.BILINEAR))[2:22, 3:23]
    assert np.array_equal(crop, expected)


def test_crop_is_writable() -> None:
    # torch.from_numpy warns about arrays that are not.
    assert Preprocess(8, 8, resize=9).crop(smooth(30, 20)).flags.writeable


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    resize=st.integers(8, 40),
    crop=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    method=st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]),
)
def test_equal_to_torchvision(
    torchvision: ModuleType, height: int, width: int, resize: int, crop: tuple[int, int], method: str
) -> None:
    from torchvision.transforms import functional

    image = smooth(height, width)
    mode = functional.InterpolationMode(method)
    expected = functional.center_crop(functional.resize(Image.fromarray(image), resize, mode), list(crop))
    ours = Preprocess(*crop, resize=resize, interpolation=method).crop(image)  # type: ignore[arg-type]
    assert np.array_equal(ours, np.asarray(expected))


def test_placement_leads_back_to_the_image() -> None:
    # 100x200 to 50x100, crop 40x40 from (5, 30): crop pixel (10, 20) begins at ((5+10)*2, (30+20)*2).
    place = Preprocess(40, 40, resize=50).place(100, 200)
    assert place.to_source(np.array([[10, 20, 12, 24], [0, 0, 40, 40]])).tolist() == [
        [30, 100, 34, 108],
        [10, 60, 90, 140],
    ]


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)]
)
def test_other_arrays_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ShapeError, match=r"\(H, W, 3\) uint8"):
        Preprocess(2, 2).crop(image)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-6), (torch.float16, 2e-3)])
def test_normalise_follows_the_formula(dtype: torch.dtype, tolerance: float) -> None:
    batch = torch.randint(0, 256, (2, 3, 4, 5), dtype=torch.uint8)
    result = Preprocess(4, 5).normalise(batch, dtype=dtype)
    assert result.dtype == dtype
    for channel in range(3):
        expected = (batch[:, channel].double() / 255 - IMAGENET_MEAN[channel]) / IMAGENET_STD[channel]
        assert (result[:, channel].double() - expected).abs().max() < tolerance


def test_normalise_takes_single_images_and_leaves_its_input() -> None:
    image = torch.rand(3, 4, 4) * 255
    before = image.clone()
    recipe = Preprocess(4, 4)
    assert torch.equal(recipe.normalise(image), recipe.normalise(image[None])[0])
    assert torch.equal(image, before)


def test_normalise_keeps_channels_last() -> None:
    batch = torch.randint(0, 256, (2, 4, 5, 3), dtype=torch.uint8).permute(0, 3, 1, 2)
    assert Preprocess(4, 5).normalise(batch).is_contiguous(memory_format=torch.channels_last)


def test_normalise_gives_the_same_bits_in_either_memory_format() -> None:
    batch = torch.randint(0, 256, (3, 7, 9, 3), dtype=torch.uint8).permute(0, 3, 1, 2)
    recipe = Preprocess(7, 9)
    assert torch.equal(recipe.normalise(batch), recipe.normalise(batch.contiguous()))


def test_normalise_lets_gradients_through() -> None:
    image = torch.rand(1, 3, 2, 2, requires_grad=True)
    Preprocess(2, 2, scale=1.0, mean=(0, 0, 0), std=(2, 4, 5)).normalise(image).sum().backward()
    assert image.grad is not None
    assert torch.allclose(image.grad[0, :, 0, 0], torch.tensor([0.5, 0.25, 0.2]))


@pytest.mark.parametrize("recipe", [Preprocess(4, 4), Preprocess(4, 4, scale=1.0, mean=CAFFE_MEAN, std=(1, 1, 1))])
def test_restore_inverts_normalise(recipe: Preprocess) -> None:
    batch = torch.arange(256, dtype=torch.uint8).repeat(3).view(3, 16, 16)
    assert torch.equal(recipe.restore(recipe.normalise(batch)), batch)


def test_restore_clips() -> None:
    assert Preprocess(1, 1).restore(torch.full((3, 1, 1), 100.0)).tolist() == [[[255]], [[255]], [[255]]]


def test_normalise_refuses_other_shapes() -> None:
    with pytest.raises(ShapeError, match=r"found \(1, 4, 2, 2\)"):
        Preprocess(2, 2).normalise(torch.zeros(1, 4, 2, 2))


def test_mean_colour_normalises_to_nearly_zero() -> None:
    recipe = Preprocess(1, 1, scale=1.0, mean=CAFFE_MEAN, std=(1, 1, 1))
    assert recipe.mean_colour.tolist() == [123, 117, 104]
    assert recipe.mean_colour.dtype == np.uint8
    assert recipe.normalise(torch.from_numpy(recipe.mean_colour).view(3, 1, 1)).abs().max() == 0
    # 127.5 lies between two levels; a mean beyond the range is clipped.
    odd = Preprocess(1, 1, mean=(0.5, -1, 2), std=(1, 1, 1))
    assert odd.mean_colour.tolist() == [128, 0, 255]


@pytest.mark.parametrize("resize", [None, 256, (256, 300)])
def test_json_round_trip(resize: int | tuple[int, int] | None) -> None:
    recipe = Preprocess(224, 200, resize=resize, interpolation="bicubic", scale=1.0, mean=(1, 2, 3), std=(4, 5, 6))
    assert Preprocess.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_json_with_unknown_key() -> None:
    with pytest.raises(UsageError, match="no 'resise'; did you mean 'resize'"):
        Preprocess.from_json({"height": 1, "width": 1, "resise": 3})


def test_json_without_size() -> None:
    with pytest.raises(UsageError, match="needs height and width"):
        Preprocess.from_json({"resize": 3})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"height": 0, "width": 2}, "no area"),
        ({"height": 224, "width": 224, "resize": 200}, "resize to 224 or more"),
        ({"height": 4, "width": 4, "resize": (4, 3)}, "leaves less than the crop"),
        ({"height": 4, "width": 4, "resize": (4, 4, 4)}, "pair"),
        ({"height": 4, "width": 4, "interpolation": "bicubik"}, "did you mean 'bicubic'"),
        ({"height": 4, "width": 4, "mean": (0.5,)}, "mean has 1, std has 3: give both"),
        ({"height": 4, "width": 4, "std": (1, 0, 1)}, "must be positive"),
        ({"height": 4, "width": 4, "scale": 0}, "must be positive"),
    ],
)
def test_contradictions_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Preprocess(**arguments)


@pytest.mark.data
def test_squeezenet_input(data_dir: Path) -> None:
    # Caffe's numbers (data/squeezenet/README.md); shortest side 256 is what reproduces its accuracy on these images.
    recipe = Preprocess(227, 227, resize=256, scale=1.0, mean=CAFFE_MEAN, std=(1, 1, 1))
    path = min((data_dir / "imagenet_samples" / "images").iterdir())
    pixels = torch.from_numpy(recipe.crop(decode(path.read_bytes()))).permute(2, 0, 1)
    image = recipe.normalise(pixels[None])
    assert image.shape == (1, 3, 227, 227)
    assert -123 <= image.min() < image.max() <= 151


@pytest.mark.parametrize("recipe", [Preprocess(6, 5, resize=8), Preprocess(6, 5, resize=(9, 12)), Preprocess(6, 5)])
@pytest.mark.parametrize("moved", [(0, 0), (1, -1), (50, 50), (-50, -50)])
def test_a_moved_crop_is_a_part_of_the_resized_image(recipe: Preprocess, moved: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 31, 3), np.uint8)
    place, whole = recipe.place(20, 31, moved=moved), recipe.resized(image)
    assert whole.shape[:2] == (place.height, place.width)
    part = whole[place.top : place.top + 6, place.left : place.left + 5]
    assert np.array_equal(recipe.crop(image, moved=moved), part)
    assert part.shape == (6, 5, 3)
    middle = recipe.place(20, 31)
    room = (place.height - 6 - middle.top, place.width - 5 - middle.left)
    for axis, (now, before) in enumerate(((place.top, middle.top), (place.left, middle.left))):
        assert now - before == min(max(moved[axis], -before), room[axis])
