"""Every kind of image file becomes the RGB pixels it should, or an error that says why not."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from convscope.data import MAX_PIXELS, decode, decoding
from convscope.errors import ImageError
from tests.data.making import encoded, smooth


def pillow(data: bytes) -> np.ndarray:
    """What Pillow alone makes of a file."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


# JPEG


@pytest.mark.parametrize(
    "options", [{}, {"subsampling": 0}, {"subsampling": 1}, {"progressive": True}, {"keep_rgb": True}]
)
@pytest.mark.parametrize("size", [(150, 200), (33, 17), (1, 1)])
def test_jpeg_has_the_pixels_of_pillow(size: tuple[int, int], options: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(smooth(*size), quality=85, **options)
    expected = pillow(data)
    # That it was simplejpeg's work: the way through Pillow is closed.
    monkeypatch.setattr(decoding, "_from_file", None)
    assert np.array_equal(decode(data), expected)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_will_do(kind: type) -> None:
    data = encoded(smooth(9, 7))
    assert np.array_equal(decode(kind(data)), pillow(data))


def test_grey_jpeg() -> None:
    grey = smooth(20, 30)[..., 0]
    image = decode(encoded(grey, quality=95))
    assert image.shape == (20, 30, 3)
    assert (image == image[..., :1]).all()
    assert np.abs(image[..., 0].astype(int) - grey).max() < 12


def test_cmyk_jpeg_is_inverted_as_adobe_does() -> None:
    # Pillow writes Adobe's convention. Ink (0, 128, 255, 51) on white: RGB (255-c)(255-k)/255 = (204, 102, 0).
    ink = Image.new("CMYK", (16, 16), (0, 128, 255, 51))
    image = decode(encoded(ink, quality=100))
    assert np.abs(image.reshape(-1, 3).astype(int) - [204, 102, 0]).max() <= 2
    # One way for all four-channel files: simplejpeg's own conversion differs by a level here and there.
    data = encoded(Image.fromarray(smooth(40, 50)).convert("CMYK"))
    assert np.array_equal(decode(data), pillow(data))


def test_ycck_jpeg() -> None:
    # The stored planes (200, 128, 128, 255), read as YCCK by setting Adobe's transform flag: Y = 200 is grey 200,
    # libjpeg's C = M = Y = 55, which Adobe stores inverted: 200 levels of ink, so 255 - 200 = 55, K = 0 of black.
    stored = Image.new("CMYK", (16, 16), (255 - 200, 255 - 128, 255 - 128, 0))
    data = bytearray(encoded(stored, quality=100))
    adobe = data.index(b"Adobe")
    assert data[adobe + 11] == 0
    data[adobe + 11] = 2
    image = decode(bytes(data))
    assert np.abs(image.astype(int) - 55).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(form: str, orientation: int) -> None:
    stored = np.zeros((6, 4, 3), np.uint8)
    stored[0, 0] = 255  # a corner, whose place tells the eight orientations apart
    stored[:, 3] = 128
    stored = stored.repeat(8, axis=0).repeat(8, axis=1)
    options = {"quality": 100, "subsampling": 0} if form == "JPEG" else {"lossless": True} if form == "WEBP" else {}
    data = encoded(stored, form, exif=exif(orientation), **options)
    plain = Image.fromarray(stored)
    plain.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(plain))
    assert upright.shape == ((48, 32, 3) if orientation < 5 else (32, 48, 3))
    assert np.abs(decode(data).astype(int) - upright).max() < 40 * (form == "JPEG") + 1


def test_orientation_of_a_pillow_image() -> None:
    image = Image.open(io.BytesIO(encoded(smooth(4, 8), "PNG", exif=exif(6))))
    assert decode(image).shape == (8, 4, 3)


def test_nonsense_orientation_is_ignored() -> None:
    assert decode(encoded(smooth(4, 8), exif=exif(77))).shape == (4, 8, 3)


def test_damaged_exif_is_ignored() -> None:
    data = encoded(smooth(16, 8), exif=exif(6))
    at = data.index(b"Exif\0\0") + 6
    image = decode(data[:at] + b"\xff" * 8 + data[at + 8 :])
    assert image.shape == (16, 8, 3)


def test_stray_bytes_between_segments_are_tolerated() -> None:
    data = encoded(smooth(20, 20))
    scan = data.index(b"\xff\xda")
    stray = data[:scan] + b"\0\0\0" + data[scan:]
    with pytest.raises(ValueError, match="extraneous"):
        simplejpeg.decode_jpeg(stray)
    assert np.array_equal(decode(stray), decode(data))


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    "options", [{"form": "JPEG"}, {"form": "JPEG", "progressive": True}, {"form": "PNG"}, {"form": "TIFF"}]
)
def test_truncated_files_are_refused(options: dict, part: float) -> None:
    data = encoded(smooth(150, 200), **options)
    with pytest.raises(ImageError, match=r"truncated|damaged"):
        decode(data[: int(len(data) * part)])


def test_lost_picture_data_is_refused() -> None:
    data = bytearray(encoded(smooth(150, 200), quality=90))
    start = data.index(b"\xff\xda") + 40
    # A marker within the coded data ends it for the decoder; Pillow alone would return a grey remainder.
    data[start : start + 2] = b"\xff\xd9"
    assert pillow(bytes(data)).shape == (150, 200, 3)
    with pytest.raises(ImageError, match="damaged JPEG: Corrupt JPEG data: premature end of data segment"):
        decode(bytes(data))


def test_reduced_decoding_keeps_the_asked_length() -> None:
    data = encoded(smooth(160, 200))
    assert decode(data, at_least=40).shape == (40, 50, 3)
    assert min(decode(data, at_least=41).shape[:2]) >= 41
    assert decode(data, at_least=41).shape[0] < 160
    assert decode(data, at_least=500).shape == (160, 200, 3)
    # Other formats have no such way and are decoded in full.
    assert decode(encoded(smooth(160, 200), "PNG"), at_least=40).shape == (160, 200, 3)


# Other formats and modes


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_lossless_formats_keep_every_pixel(form: str) -> None:
    image = smooth(12, 9) // 64 * 64  # few colours: GIF has 256
    options = {"lossless": True} if form == "WEBP" else {}
    assert np.array_equal(decode(encoded(image, form, **options)), image)


def test_palette() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putpixel((1, 0), 1)
    assert decode(encoded(palette, "PNG")).tolist() == [[[10, 20, 30], [200, 100, 50]]]


def test_palette_with_a_transparent_colour_lies_on_white() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putpixel((1, 0), 1)
    assert decode(encoded(palette, "PNG", transparency=0)).tolist() == [[[255, 255, 255], [200, 100, 50]]]


def test_palette_with_alpha_for_each_colour() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([0, 0, 0, 200, 100, 50])
    palette.putpixel((1, 0), 1)
    # Alpha 128 of 255 over white: 255 * 127 / 255 = 127.
    assert decode(encoded(palette, "PNG", transparency=bytes([128, 255]))).tolist() == [[[127] * 3, [200, 100, 50]]]


def test_alpha_is_composited_on_white() -> None:
    pixels = np.array([[[100, 0, 255, 0], [100, 0, 255, 255], [100, 0, 255, 51], [1, 0, 0, 128]]], np.uint8)
    # 51/255 = 1/5: 100/5 + 255*4/5 = 224; 0 + 204; 51 + 204 = 255. (1*128 + 255*127)/255 = 127.502 rounds to 128.
    expected = [[[255, 255, 255], [100, 0, 255], [224, 204, 255], [128, 127, 127]]]
    assert decode(encoded(pixels, "PNG")).tolist() == expected
    assert decode(pixels).tolist() == expected
    assert decode(Image.fromarray(pixels)).tolist() == expected


def test_grey_with_alpha() -> None:
    image = Image.new("LA", (1, 1), (0, 51))
    assert decode(encoded(image, "PNG")).tolist() == [[[204, 204, 204]]]


def test_premultiplied_alpha() -> None:
    assert decode(Image.new("RGBA", (1, 1), (200, 0, 0, 255)).convert("RGBa")).tolist() == [[[200, 0, 0]]]
    assert decode(Image.new("LA", (1, 1), (200, 255)).convert("La")).tolist() == [[[200, 200, 200]]]


def test_grey_png_with_a_transparent_level() -> None:
    image = Image.fromarray(np.array([[0, 77]], np.uint8))
    assert decode(encoded(image, "PNG", transparency=77))[..., 0].tolist() == [[0, 255]]


def test_one_bit() -> None:
    image = Image.fromarray(np.array([[True, False]]))
    assert decode(encoded(image, "PNG"))[..., 0].tolist() == [[255, 0]]


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled(form: str) -> None:
    levels = np.array([[0, 128, 129, 257 * 100, 65535]], np.uint16)
    # v * 255 / 65535 = v / 257: 128/257 = 0.498 rounds to 0, 129/257 = 0.502 to 1.
    image = decode(encoded(Image.fromarray(levels), form))
    assert image.shape == (1, 5, 3)
    assert image[..., 1].tolist() == [[0, 0, 1, 100, 255]]


def test_16_bit_big_endian_tiff() -> None:
    image = Image.frombytes("I;16B", (2, 1), struct.pack(">HH", 257 * 3, 65535))
    assert decode(encoded(image, "TIFF"))[..., 0].tolist() == [[3, 255]]


def test_16_bit_pgm() -> None:
    assert decode(b"P5 2 1 65535\n" + struct.pack(">HH", 257 * 9, 65535))[..., 0].tolist() == [[9, 255]]


def test_32_bit_integers_without_a_scale_are_refused() -> None:
    with pytest.raises(ImageError, match=r"int32 are read on 0\.\.65535, found 0 to 70000"):
        decode(encoded(Image.fromarray(np.array([[0, 70000]], np.int32)), "TIFF"))


def test_floating_point_tiff() -> None:
    assert decode(encoded(Image.fromarray(np.array([[0, 0.5, 1]], np.float32)), "TIFF"))[..., 0].tolist() == [
        [0, 128, 255]
    ]
    with pytest.raises(ImageError, match=r"read on 0\.\.1, found 0 to 3"):
        decode(encoded(Image.fromarray(np.array([[0, 3]], np.float32)), "TIFF"))


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_animations_show_their_first_frame(form: str) -> None:
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if form == "WEBP" else {}
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:], **options)
    assert (decode(data) == [255, 0, 0]).all()


@pytest.mark.parametrize("mode", ["YCbCr", "HSV", "RGBX", "CMYK"])
def test_pillow_images_of_other_modes(mode: str) -> None:
    image = Image.new("RGB", (2, 2), (200, 100, 50)).convert(mode)
    assert np.abs(decode(image).reshape(-1, 3).astype(int) - [200, 100, 50]).max() <= 3


# Arrays


def test_rgb_pixels_are_passed_on() -> None:
    image = smooth(5, 6)
    assert decode(image) is image


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1)])
def test_grey_arrays(shape: tuple[int, ...]) -> None:
    values = np.arange(6, dtype=np.uint8).reshape(shape)
    image = decode(values)
    assert image.shape == (2, 3, 3)
    assert image[..., 2].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_deep_arrays() -> None:
    assert decode(np.array([[False, True]]))[..., 0].tolist() == [[0, 255]]
    assert decode(np.array([[0, 257 * 8]], np.uint16))[..., 0].tolist() == [[0, 8]]
    assert decode(np.array([[0.0, 0.2]]))[..., 0].tolist() == [[0, 51]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 2, 2), np.uint8), r"found \(2, 2, 2\)"),
        (np.zeros(5, np.uint8), r"found \(5,\)"),
        (np.zeros((2, 2), np.int64), "found int64"),
        (np.array([[np.nan, 1]]), "found nan to nan"),
        (np.array([[-0.1, 1]]), "found -0.1 to 1"),
        (np.zeros((0, 4, 3), np.uint8), "no area"),
        (np.array([["a"]]), "found <U1"),
    ],
)
def test_other_arrays_are_refused(values: np.ndarray, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        decode(values)


# Files that are no images, and images that are too large


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"<html></html>", r"begins with b'<html></html>'"),
        (b"\xff\xd8\xff", "known format"),
        (b"\xff\xd8\xff\xe0\x00", "known format"),
        (b"\x89PNG\r\n\x1a\n", "known format|truncated|damaged"),
        (b"\0" * 100, "known format"),
    ],
)
def test_what_is_no_image(data: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message) as caught:
        decode(data)
    # An address in a message would differ from run to run, and with it the results that hold it.
    assert "0x" not in str(caught.value)


def test_other_values_are_refused() -> None:
    with pytest.raises(ImageError, match="from a str"):
        decode("photo.jpg")  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "TIFF"])
def test_limit_on_pixels(form: str) -> None:
    data = encoded(smooth(20, 30), form)
    assert decode(data, max_pixels=600).shape == (20, 30, 3)
    with pytest.raises(ImageError, match="20x30 pixels are more than the limit of 599"):
        decode(data, max_pixels=599)


def test_limit_holds_for_arrays_and_pillow_images() -> None:
    with pytest.raises(ImageError, match="limit"):
        decode(smooth(20, 30), max_pixels=599)
    with pytest.raises(ImageError, match="limit"):
        decode(Image.fromarray(smooth(20, 30)), max_pixels=599)


def huge_png() -> bytes:
    """A PNG that claims 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", b"")]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_decompression_bombs_are_refused() -> None:
    with pytest.raises(ImageError, match="60000x60000 pixels are more than the limit"):
        decode(huge_png())
    with pytest.raises(ImageError, match=f"60000x60000 pixels are more than the limit of {MAX_PIXELS}"):
        decode(huge_png(), max_pixels=None)
    bmp = (
        b"BM"
        + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
    )
    with pytest.raises(ImageError, match="60000x60000 pixels are more than the limit"):
        decode(bmp)


@settings(max_examples=150, deadline=None)
@given(
    form=st.sampled_from(["JPEG", "PNG", "GIF", "TIFF", "WEBP", "BMP"]),
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.floats(0.1, 1),
)
def test_damaged_files_decode_or_say_why(form: str, places: list[tuple[float, int]], cut: float) -> None:
    data = bytearray(encoded(smooth(24, 20), form))
    for place, value in places:
        data[int(place * len(data))] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns about some of these
        try:
            image = decode(bytes(data[: int(cut * len(data)) + 1]), max_pixels=10**6)
        except ImageError:
            return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
