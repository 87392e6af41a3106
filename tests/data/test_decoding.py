"""Every kind of image file becomes the RGB pixels it should, or an error that says why not."""

import io
import struct
import subprocess
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from convscope.data import MAX_PIXELS, colours, decode, decoding, slow_formats
from convscope.data.jpeg import count_scans, read_header
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
    assert decode(np.array([[0, 257 * 200]], np.uint16))[..., 0].tolist() == [[0, 200]]
    assert decode(np.array([[0.0, 0.2]]))[..., 0].tolist() == [[0, 51]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 2, 2), np.uint8), r"found \(2, 2, 2\)"),
        (np.zeros(5, np.uint8), r"found \(5,\)"),
        (np.zeros((2, 2), np.int64), "found int64"),
        (np.array([[np.nan, 1]]), "found none and 1 that are no data|found 1 to 1 and 1|none and 2"),
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
        (b"<html></html>", 'begins with the text "<html></html>"'),
        (b"\xff\xd8\xff", "known format"),
        (b"\xff\xd8\xff\xe0\x00", "known format"),
        (b"\x89PNG\r\n\x1a\n", "known format|truncated|damaged"),
        (b"\0" * 100, "known format .it begins with the bytes 00 00"),
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


# What decoding costs


def many_scans(image: np.ndarray, count: int, **options: object) -> bytes:
    """A progressive JPEG whose last scan is there `count` times."""
    data = encoded(image, progressive=True, **options)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpegs_of_many_scans_are_refused(mode: str) -> None:
    image = np.asarray(Image.fromarray(smooth(40, 60)).convert(mode))
    picture = Image.fromarray(image, mode) if mode == "CMYK" else Image.fromarray(image)
    usual = encoded(picture, progressive=True)
    assert np.array_equal(decode(usual), pillow(usual))
    data = usual[: usual.rindex(b"\xff\xda")] + usual[usual.rindex(b"\xff\xda") : -2] * 200 + usual[-2:]
    with pytest.raises(ImageError, match="a JPEG of more than 100 scans, which a picture of 40x60 pixels"):
        decode(data)


def test_larger_jpegs_may_have_fewer_scans() -> None:
    data = many_scans(smooth(40, 60), 30)
    assert decode(data).shape == (40, 60, 3)
    with pytest.raises(ImageError, match="more than 20 scans"):
        decode(data, max_pixels=40 * 60)


def test_scans_hidden_behind_stray_bytes_are_counted() -> None:
    data = many_scans(smooth(40, 60), 200)
    first = data.index(b"\xff\xda")
    hidden = data[:first] + b"\0\0\0" + data[first:]
    with pytest.raises(ImageError, match="more than 100 scans"):
        decode(hidden)


def test_a_baseline_jpeg_of_a_scan_a_component_is_counted() -> None:
    """Decoders keep the whole picture for these, as for progressive ones, and read all scans before they show it."""
    data = encoded(smooth(16, 16), subsampling=0)
    at = data.index(b"\xff\xda")
    one = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x00" * 8
    with pytest.raises(ImageError, match="more than 100 scans"):
        decode(data[:at] + one * 300 + b"\xff\xd9")


def test_only_the_first_picture_of_a_file_is_counted() -> None:
    data = encoded(smooth(16, 24), progressive=True)
    header = read_header(data)
    assert header is not None
    assert header.scan is not None
    scans = count_scans(data, header.scan, 1000)
    assert 5 < scans < 20
    # A motion photo has a film behind it, in whose bytes anything may stand.
    assert count_scans(data + b"\xff\xda" * 500, header.scan, 1000) == scans
    assert np.array_equal(decode(data + b"\xff\xda" * 500), decode(data))


def test_markers_within_segments_are_not_counted() -> None:
    data = encoded(smooth(16, 24), progressive=True)
    first = data.index(b"\xff\xda")
    comment = b"\xff\xda" * 150
    said = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    # Between two scans, where tables stand, too.
    second = data.index(b"\xff\xda", first + 2)
    table = data.rindex(b"\xff\xc4", first, second) if b"\xff\xc4" in data[first:second] else second
    assert np.array_equal(decode(data[:table] + said + data[table:]), decode(data))


def test_ordinary_jpegs_are_not_searched() -> None:
    header = read_header(encoded(smooth(16, 24)))
    assert header is not None
    assert header.scan is None


def test_icons_that_are_larger_inside_are_refused() -> None:
    icon = bytearray(encoded(smooth(16, 16), "ICO"))
    picture = encoded(smooth(300, 400), "PNG")
    offset = struct.unpack_from("<I", icon, 18)[0]
    struct.pack_into("<I", icon, 14, len(picture))
    with pytest.raises(ImageError, match="300x400 pixels are more than the limit of 100000"):
        decode(bytes(icon[:offset]) + picture, max_pixels=100_000)


def test_comments_in_a_ppm_of_text_take_no_time_and_change_nothing() -> None:
    wanted = decode(b"P3 2 1 255 1 2 3 4 5 6")
    assert decode(b"P3 2 1 # wide\n 255 1 2 # red\r 3 4 5 6#").tolist() == wanted.tolist()
    began = time.process_time()
    assert decode(b"P3 2 1 255 " + b"#\n" * 1_000_000 + b"1 2 3 4 5 6").tolist() == wanted.tolist()
    assert time.process_time() - began < 4  # Pillow's way takes more than ten seconds


@pytest.mark.parametrize("start", [b"P6", b"Pf", b"P2", b"P5 #"])
def test_a_ppm_of_nothing_but_a_header_is_refused(start: bytes) -> None:
    with pytest.raises(ImageError, match="its header has more than 65536 bytes"):
        decode(start + b" " * 70_000 + b"\n4 4 255\n" + bytes(48))


def test_a_png_of_parts_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    part = struct.pack(">I", 3) + b"tEXtk\0v" + struct.pack(">I", zlib.crc32(b"tEXtk\0v"))
    data = encoded(smooth(8, 8), "PNG")
    data = data[:33] + 50 * part + data[33:]
    assert decode(data).shape == (8, 8, 3)
    monkeypatch.setattr(slow_formats, "_MOST_CHUNKS", 50)
    with pytest.raises(ImageError, match="a PNG of more than 50 parts"):
        decode(data)


def runs(count: int) -> bytes:
    """A BMP with run-length coding whose runs all begin beyond the first row's end."""
    head = struct.pack("<IiiHHIIiiII", 40, 4, 4, 1, 8, 1, 2 * count, 0, 0, 256, 0)
    return (
        b"BM"
        + struct.pack("<IHHI", 1078 + 2 * count, 0, 0, 1078)
        + head
        + bytes(1024)
        + b"\4\1"
        + b"\1\1" * (count - 1)
    )


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_a_jpeg_of_tags_without_end_is_refused(mode: str) -> None:
    """Pillow puts segments together one by one, each time anew: a million of them, 18 MB, take hours."""
    plain = encoded(Image.fromarray(smooth(40, 30)).convert(mode), exif=exif(1))
    segment = b"\xff\xe1\0\x10Exif\0\0" + bytes(8)
    assert decode(plain[:2] + segment + plain[2:]).shape == (40, 30, 3)
    with pytest.raises(ImageError, match="more than 256 segments of EXIF"):
        decode(plain[:2] + segment * 300 + plain[2:])


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (runs(60), "a BMP with run-length coding of 1198 bytes"),
        (runs(60)[14:], "a BMP with run-length coding of 1184 bytes"),
        (b"P3 20 10 255 " + b"1 " * 600, "a PPM in plain text of 1213 bytes"),
        (b"P6 20 20 7\n" + bytes(1200), "a PPM whose largest value is not 255 of 1211 bytes"),
        (b"P6 20 10 65535 " + bytes(1200), "a PPM whose largest value is not 255 of 1215 bytes"),
        (b"\0\0\1\0" + bytes(1100), "an icon of 1104 bytes"),
    ],
)
def test_what_is_read_step_by_step_may_have_fewer_bytes(
    data: bytes, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_formats, "MOST_BYTES", 1000)
    with pytest.raises(ImageError, match=f"{what}, more than the 1000 that are read of such: save it as PNG"):
        decode(data)


def test_tiff_tiles_that_are_larger_than_the_picture_are_refused() -> None:
    def entry(tag: int, kind: int, value: int) -> bytes:
        return struct.pack("<HHII", tag, kind, 1, value)

    tags = [(256, 4, 16), (257, 4, 16), (258, 3, 8), (259, 3, 1), (262, 3, 1), (277, 3, 1)]
    tags += [(322, 4, 16_000), (323, 4, 16_000), (324, 4, 8), (325, 4, 256_000_000)]
    data = b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(entry(*tag) for tag in tags) + b"\0" * 300
    with pytest.raises(ImageError, match="16000x16000 pixels are more than the limit"):
        decode(data)


FORMS = {"RGB": "PNG", "RGBA": "PNG", "P": "PNG", "LA": "PNG", "L": "PNG", "1": "PNG", "I;16": "PNG", "CMYK": "TIFF"}
FORMS |= {"F": "TIFF", "I;16B": "TIFF", "RGBa": "", "La": ""}


@pytest.mark.parametrize("mode", FORMS)
def test_strips_make_no_difference(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.fromarray(smooth(50, 40))
    if mode.startswith("I;16"):
        levels = np.asarray(image.convert("L")).astype(">u2" if mode.endswith("B") else "<u2") * 257
        image = Image.frombytes(mode, (40, 50), levels.astype(">u2" if mode.endswith("B") else "<u2").tobytes())
    elif mode == "F":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.float32) / 255)
    else:
        image.putalpha(image.convert("L"))
        image = image.convert({"RGBa": "RGBA", "La": "LA"}.get(mode, mode)).convert(mode)
    options = {"transparency": 3} if mode == "P" else {}
    payload = encoded(image, FORMS[mode], **options) if FORMS[mode] else image
    whole = decode(payload)
    monkeypatch.setattr(colours, "_STRIP", 130)
    assert np.array_equal(decode(payload), whole)


def test_strips_of_deep_arrays_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (30, 20, 4)).astype(np.uint16)
    whole = decode(values)
    monkeypatch.setattr(colours, "_STRIP", 70)
    assert np.array_equal(decode(values), whole)
    with pytest.raises(ImageError, match=r"found 0 to 2"):
        decode(np.concatenate([np.zeros((30, 20)), np.full((1, 20), 2.0)]))


MEASURE = """
import resource, sys
from pathlib import Path
from convscope.data import decode
decode(Path(sys.argv[2]).read_bytes())
data = Path(sys.argv[1]).read_bytes()
before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024
shape = decode(data).shape
# Not ru_maxrss, which begins with that of the process that started this one.
peak = next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))
print((peak - before) * 1024 / (shape[0] * shape[1]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts kilobytes as Linux does")
@pytest.mark.parametrize(("mode", "form", "most"), [("RGB", "PNG", 9), ("RGBA", "PNG", 10), ("P", "PNG", 7)])
def test_memory_of_one_file_is_in_proportion_to_its_pixels(tmp_path: Path, mode: str, form: str, most: float) -> None:
    Image.new(mode, (4000, 4000), 5).save(tmp_path / "large", form)
    Image.new(mode, (8, 8), 5).save(tmp_path / "small", form)
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "large"), str(tmp_path / "small")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert float(done.stdout) < most


def test_max_pixels_beyond_pillows_own_limit_admits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    image = smooth(20, 30)
    for form in ("PNG", "BMP", "GIF", "PPM"):
        assert decode(encoded(image, form)).shape == (20, 30, 3)
