"""Channels and ranges: what becomes of values of any type and number, against the rules written out."""

import io
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.data import Preprocess, decode, decode_for, look, rasters
from convscope.data.rasters import Raster, pixels_for
from convscope.errors import ImageError, UsageError


def recipe(channels: int, **about: object) -> Preprocess:
    return Preprocess(4, 4, mean=(0.5,) * channels, std=(0.25,) * channels, **about)  # type: ignore[arg-type]


def png(values: np.ndarray) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(values).save(memory, "PNG")
    return memory.getvalue()


def colours(seed: int = 0, shape: tuple[int, ...] = (6, 5, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


# Channels


def test_grey_becomes_rgb_by_repeating_and_stays_itself_for_one_channel() -> None:
    grey = colours(shape=(6, 5))
    assert np.array_equal(decode_for(png(grey), recipe(3)), np.stack([grey] * 3, -1))
    assert np.array_equal(decode_for(png(grey), recipe(1))[..., 0], grey)


@pytest.mark.parametrize("kind", ["png", "array", "image"])
def test_rgb_becomes_grey_by_its_luma_as_pillow_has_it(kind: str) -> None:
    rgb = colours()
    given = {"png": png(rgb), "array": rgb, "image": Image.fromarray(rgb)}[kind]
    assert np.array_equal(decode_for(given, recipe(1))[..., 0], np.asarray(Image.fromarray(rgb).convert("L")))


def test_opacity_is_composited_where_it_is_not_a_channel_that_is_wanted() -> None:
    rgba = colours(shape=(6, 5, 4))
    assert np.array_equal(decode_for(png(rgba), recipe(4)), rgba)
    assert np.array_equal(decode_for(png(rgba), recipe(3)), decode(png(rgba)))
    white = Image.new("RGBA", (5, 6), "white")
    white.alpha_composite(Image.fromarray(rgba))
    expected = np.asarray(white.convert("RGB").convert("L")).astype(int)
    assert np.abs(decode_for(png(rgba), recipe(1))[..., 0].astype(int) - expected).max() <= 2


@pytest.mark.parametrize(("found", "wanted"), [(13, 3), (13, 1), (3, 13), (1, 4), (2, 3)])
def test_other_numbers_of_channels_must_match(found: int, wanted: int) -> None:
    with pytest.raises(ImageError, match=f"it has {found} channels?, and the network takes {wanted}"):
        decode_for(colours(shape=(6, 5, found)), recipe(wanted))


@pytest.mark.parametrize(
    ("mode", "format", "count"),
    [("L", "PNG", 1), ("L", "JPEG", 1), ("1", "PNG", 1), ("LA", "PNG", 2), ("RGB", "PNG", 3), ("RGBA", "PNG", 4)],
)  # fmt: skip
def test_the_channels_that_a_file_has_are_those_that_are_said(mode: str, format: str, count: int) -> None:
    memory = io.BytesIO()
    Image.new(mode, (5, 4)).save(memory, format)
    with pytest.raises(ImageError, match=f"it has {count} channels?, and the network takes 5"):
        decode_for(memory.getvalue(), recipe(5))


def test_channels_first_and_last_are_told_by_their_number() -> None:
    values = colours(shape=(6, 5, 13))
    assert np.array_equal(decode_for(values, recipe(13)), values)
    assert np.array_equal(decode_for(np.ascontiguousarray(values.transpose(2, 0, 1)), recipe(13)), values)


# Ranges


def test_a_range_is_linear_and_is_not_rounded() -> None:
    values = np.array([[0, 1, 2047, 4095]], np.uint16)
    found = decode_for(values, recipe(1, range=(0, 4095)))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0, :, 0], values[0] / 4095 * 255, rtol=1e-6)
    assert len(np.unique(decode_for(np.arange(4096, dtype=np.uint16)[None], recipe(1, range=(0, 4095))))) == 4096


def test_what_lies_beyond_a_range_is_cut_off() -> None:
    values = np.array([[-2000.0, -1000.0, -300.0, 400.0, 3000.0]])
    found = decode_for(values, recipe(1, range=(-1000, 400)))
    np.testing.assert_allclose(found[0, :, 0], [0, 0, 127.5, 255, 255], rtol=1e-5)


def test_twelve_bits_in_sixteen_are_never_nearly_black() -> None:
    dark = np.linspace(0, 4095, 64 * 64).reshape(64, 64).astype(np.uint16)
    for given in (dark, png(dark)):
        with pytest.raises(ImageError, match=r"go to 4095 \(12 bits\).*nearly black.*range=\(low, high\)"):
            decode(given)
        with pytest.raises(ImageError, match="nearly black"):
            decode_for(given, recipe(1))
        with pytest.raises(ImageError, match=r"nearly black .* the file tells no range, .* say range=\(low, high\)"):
            decode_for(given, recipe(1, range="file"))
    assert decode_for(png(dark), recipe(1, range=(0, 4095))).max() == 255
    assert len(np.unique(look(png(dark)))) == 256


def test_sixteen_bits_in_full_and_nothing_at_all_are_read_as_before() -> None:
    full = np.array([[0, 257 * 7, 65535]], np.uint16)
    assert decode_for(png(full), recipe(1))[0, :, 0].tolist() == [0, 7, 255]
    assert decode_for(np.zeros((3, 3), np.uint16), recipe(1)).tolist() == np.zeros((3, 3, 1)).tolist()


def test_a_pgm_says_its_range() -> None:
    values = np.array([[0, 100, 4095]], np.uint16)
    pgm = b"P5 # made by a scanner\n3 1\n4095\n" + values.astype(">u2").tobytes()
    np.testing.assert_allclose(decode_for(pgm, recipe(1, range="file"))[0, :, 0], values[0] / 4095 * 255, rtol=1e-6)
    np.testing.assert_allclose(decode_for(pgm, recipe(1, range=(0, 200)))[0, :, 0], [0, 127.5, 255], rtol=1e-6)


def test_colours_of_sixteen_bits_in_a_png_keep_them() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    values = np.random.default_rng(1).integers(0, 65536, (4, 5, 3), np.uint16)
    encoded = bytes(imagecodecs.png_encode(values))
    np.testing.assert_allclose(decode_for(encoded, recipe(3, range=(0, 65535))), values / 257, rtol=1e-5, atol=1e-3)
    with pytest.raises(ImageError, match="nearly black"):
        decode(bytes(imagecodecs.png_encode(values // 32)))


@pytest.mark.parametrize("values", [np.array([[-1.5, 2.0]]), np.array([[0.5, np.nan]])])
def test_floats_beyond_one_need_a_range(values: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r"floating-point pixels are read on 0..1.*range="):
        decode_for(values, recipe(1))


def test_what_is_no_number_becomes_the_mean_colour() -> None:
    values = np.array([[0.0, np.nan, 1.0]])
    found = decode_for(values, recipe(1, range=(0, 1)))
    np.testing.assert_allclose(found[0, :, 0], [0, 127.5, 255])
    with pytest.raises(ImageError, match="holds no data"):
        decode_for(np.full((2, 2), np.nan), recipe(1, range=(0, 1)))


def test_normalised_values_are_used_as_they_are() -> None:
    values = np.random.default_rng(0).normal(size=(4, 4, 3)).astype(np.float32)
    one = recipe(3, range="normalised")
    pixels = one.crop(decode_for(values, one))
    assert np.array_equal(pixels, values)
    import torch

    assert np.array_equal(one.normalise(torch.from_numpy(pixels).permute(2, 0, 1)).numpy(), values.transpose(2, 0, 1))
    shown = np.clip(np.rint((values * 0.25 + 0.5) * 255), 0, 255).astype(np.uint8)
    assert np.array_equal(one.shown(pixels), shown)
    with pytest.raises(ImageError, match="not normalised"):
        decode_for(colours(), one)


def test_the_range_of_a_collection_is_not_for_one_image() -> None:
    with pytest.raises(UsageError, match="found over a collection"):
        decode_for(np.array([[0, 9]], np.uint16), recipe(1, range="collection"))


# Files


def test_arrays_are_image_files(tmp_path: Path) -> None:
    values = colours(shape=(6, 5, 13))
    np.save(tmp_path / "a.npy", values)
    assert np.array_equal(decode_for((tmp_path / "a.npy").read_bytes(), recipe(13)), values)
    np.save(tmp_path / "b.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ImageError, match="Python objects"):
        decode((tmp_path / "b.npy").read_bytes())
    with pytest.raises(ImageError, match="more than the limit"):
        decode_for((tmp_path / "a.npy").read_bytes(), recipe(13), max_pixels=29)


def test_an_array_that_says_more_than_it_holds_is_refused_before_there_is_room_for_it() -> None:
    memory = io.BytesIO()
    np.lib.format.write_array_header_1_0(memory, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 1 << 20)})
    with pytest.raises(ImageError, match="says that it holds"):
        decode(memory.getvalue())


def test_heic_is_named_with_the_remedy() -> None:
    with pytest.raises(ImageError, match=r"HEIF \(HEIC.*save it as JPEG"):
        decode_for(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", recipe(1))


# What is shown


def test_one_channel_is_shown_grey_and_of_more_the_bands() -> None:
    pixels = colours(shape=(4, 4, 13))
    assert np.array_equal(recipe(13, bands=(4, 3, 2)).shown(pixels), pixels[..., [3, 2, 1]])
    assert np.array_equal(recipe(13, bands=(8,)).shown(pixels), np.repeat(pixels[..., 7:8], 3, -1))
    assert np.array_equal(recipe(13).shown(pixels), pixels[..., :3])
    assert np.array_equal(recipe(2).shown(pixels[..., :2]), np.repeat(pixels[..., :1], 3, -1))
    assert recipe(3).shown(colours()) is not None
    for bands in ((0,), (14,), (1, 2), (1.5,)):
        with pytest.raises(UsageError, match="bands are one or three"):
            recipe(13, bands=bands)


def test_headers_that_a_pattern_would_try_for_ever() -> None:
    """A 16-bit PGM with long runs of blanks and a largest value that is written with zeros."""
    blanks = b" " * 60
    data = b"P5" + blanks + b"2" + blanks + b"1 0000065535 " + struct.pack(">2H", 0, 65535)
    assert decode_for(data, Preprocess(1, 2, mean=(0.5,), std=(0.25,), range="file")).ravel().tolist() == [0.0, 255.0]
    commented = b"P5\n# of 1000\n2 # wide\n1\n01000\n" + struct.pack(">2H", 0, 1000)
    assert decode_for(commented, Preprocess(1, 2, mean=(0.5,), std=(0.25,), range="file")).ravel().tolist() == [0, 255]


def test_deep_pictures_are_converted_by_strips_and_take_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    gaps = np.where(colours(shape=(50, 40, 4)) < 40, np.nan, colours(1, (50, 40, 4)) / 255)
    gaps[4:9] = np.nan
    few = [
        Raster(gaps, (0, 1), alpha=True),
        Raster(gaps[..., :3], (0, 0.5), 0.25),
        Raster(gaps[..., :1], inverted=True),
    ]
    wanted = [recipe(channels, range=(0, 1)) for channels in (3, 1)]
    whole = [pixels_for(one, how) for one in few for how in wanted]
    monkeypatch.setattr(rasters, "_STRIP", 130)
    assert all(map(np.array_equal, whole, [pixels_for(one, how) for one in few for how in wanted]))
    large = Raster(np.broadcast_to(np.uint16([50_000, 1, 2, 3]), (1000, 1000, 4)), alpha=True)
    monkeypatch.setattr(rasters, "_STRIP", 1 << 14)
    tracemalloc.start()
    assert pixels_for(large, recipe(3)).nbytes == 3_000_000
    assert tracemalloc.get_traced_memory()[1] < 6_000_000
    tracemalloc.stop()
