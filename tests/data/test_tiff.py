"""TIFF files as tifffile writes them: planes, pages, bits, tags, and what one may cost."""

import io
import struct
import tracemalloc
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from convscope.data import Preprocess, decode, decode_for
from convscope.errors import ImageError
from tests.data.making import many_scans
from tests.data.test_lossless import encoded

tifffile = pytest.importorskip("tifffile")


def tiff(values: np.ndarray, **about: Any) -> bytes:
    memory = io.BytesIO()
    tifffile.imwrite(memory, values, **about)
    return memory.getvalue()


def recipe(channels: int, **about: Any) -> Preprocess:
    return Preprocess(4, 4, mean=(0.5,) * channels, std=(0.25,) * channels, **about)


def values(bands: int, most: int = 10000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, most + 1, (20, 30, bands), np.uint16)


@pytest.mark.parametrize("layout", ["chunky", "planar", "pages", "tiled", "planar tiles"])
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_thirteen_bands_of_sixteen_bits(layout: str, compression: str | None) -> None:
    bands = values(13)
    first = np.ascontiguousarray(bands.transpose(2, 0, 1))
    about = {"compression": compression, "photometric": "minisblack"}
    data = {
        "chunky": lambda: tiff(bands, planarconfig="contig", **about),
        "planar": lambda: tiff(first, planarconfig="separate", **about),
        "pages": lambda: tiff(first, **about),
        "tiled": lambda: tiff(bands, planarconfig="contig", tile=(16, 16), **about),
        "planar tiles": lambda: tiff(first, planarconfig="separate", tile=(16, 16), **about),
    }[layout]()
    found = decode_for(data, recipe(13, range=(0, 10000)))
    np.testing.assert_allclose(found, bands / 10000 * 255, rtol=1e-5, atol=1e-4)


def test_of_pages_that_are_not_as_many_as_channels_the_first_is_taken() -> None:
    pages = values(5).transpose(2, 0, 1).copy()
    data = tiff(pages, photometric="minisblack")
    np.testing.assert_allclose(decode_for(data, recipe(1, range=(0, 10000)))[..., 0], pages[0] / 10000 * 255, rtol=1e-5)


def test_four_bands_are_bands_and_opacity_is_opacity() -> None:
    bands = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    plain = tiff(bands, photometric="minisblack", planarconfig="contig")
    assert np.array_equal(decode_for(plain, recipe(4)), bands)
    with pytest.raises(ImageError, match="it has 4 channels, and the network takes 3"):
        decode_for(plain, recipe(3, range=(0, 255)))
    deep = bands.astype(np.uint16) * 257
    rgba = tiff(deep, photometric="rgb", extrasamples=["unassalpha"])
    share = bands[..., 3:] / 255
    np.testing.assert_allclose(
        decode_for(rgba, recipe(3, range="file")), bands[..., :3] * share + 255 * (1 - share), rtol=1e-4, atol=1e-3
    )


def test_floats_no_data_and_white_is_zero() -> None:
    floats = np.linspace(-50, 50, 600, dtype=np.float32).reshape(20, 30)
    floats[0, 0] = -9999
    data = tiff(floats, extratags=[(42113, "s", 0, "-9999", True)])
    found = decode_for(data, recipe(1, range=(-50, 50)))[..., 0]
    assert found[0, 0] == np.float32(127.5)
    np.testing.assert_allclose(found[1:], (floats[1:] + 50) / 100 * 255, rtol=1e-4, atol=1e-3)
    inverted = tiff(values(1)[..., 0], photometric="miniswhite")
    plain = tiff(values(1)[..., 0], photometric="minisblack")
    one = recipe(1, range=(0, 10000))
    np.testing.assert_allclose(decode_for(inverted, one), 255 - decode_for(plain, one), atol=1e-3)


def test_a_file_says_its_range_by_its_tags() -> None:
    deep = values(1, 4095)[..., 0]
    tagged = tiff(deep, extratags=[(341, "H", 1, 4095, True), (340, "H", 1, 0, True)])
    np.testing.assert_allclose(decode_for(tagged, recipe(1, range="file"))[..., 0], deep / 4095 * 255, rtol=1e-5)
    assert decode(tagged).max() > 250  # also where nobody says anything: never nearly black
    with pytest.raises(ImageError, match="nearly black"):
        decode(tiff(deep))


def test_plain_colours_are_pillows_as_before() -> None:
    from PIL import Image

    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    memory = io.BytesIO()
    Image.fromarray(rgb).save(memory, "TIFF")
    assert np.array_equal(decode(memory.getvalue()), rgb)
    assert np.array_equal(decode(tiff(rgb, photometric="rgb", compression="zlib")), rgb)


def test_a_large_image_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(ImageError, match="more than the limit of 599"):
        decode_for(tiff(values(13), planarconfig="contig", photometric="minisblack"), recipe(13), max_pixels=599)


def test_a_strip_that_inflates_without_end_takes_no_more_than_its_image() -> None:
    bomb = zlib.compress(bytes(1 << 26), 9)
    honest = tiff(values(13), planarconfig="contig", photometric="minisblack", compression="zlib")
    with tifffile.TiffFile(io.BytesIO(honest)) as file:
        page = file.pages[0]
        tags = {name: page.tags[name].valueoffset for name in ("StripOffsets", "StripByteCounts")}
        single = len(page.dataoffsets) == 1
    assert single
    data = bytearray(honest)
    # Both tags have one value each, which stands in the tag itself.
    for name, value in (("StripOffsets", len(honest)), ("StripByteCounts", len(bomb))):
        form = "<I" if name == "StripOffsets" or len(bomb) > 65535 else "<H"
        struct.pack_into(form, data, tags[name], value)
    tracemalloc.start()
    with suppress(ImageError):  # it may be cut off at the image's size, or be called damaged
        assert decode_for(bytes(data) + bomb, recipe(13, range=(0, 10000))).shape == (20, 30, 13)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 23


def test_other_files_that_a_tiff_names_are_left_alone(tmp_path: Any) -> None:
    secret = np.full((20, 30), 77, np.uint8)
    tifffile.imwrite(tmp_path / "other.ome.tif", secret, metadata={"axes": "YX"})
    xml = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        'DimensionOrder="XYCZT" Type="uint16" SizeX="30" SizeY="20" SizeC="2" SizeZ="1" SizeT="1"><TiffData IFD="0" '
        'PlaneCount="1"/><TiffData FirstC="1" IFD="0"><UUID FileName="other.ome.tif">urn:uuid:1</UUID></TiffData>'
        "</Pixels></Image></OME>"
    )
    data = tiff(values(1)[..., 0], description=xml, metadata=None)
    (tmp_path / "first.ome.tif").write_bytes(data)
    with pytest.raises(ImageError, match="it has 1 channel"):
        decode_for(data, recipe(2, range=(0, 10000)))


@pytest.mark.parametrize("cut", [8, 40, 200, 2000])
def test_damaged_files_are_errors_of_one_image(cut: int) -> None:
    whole = tiff(values(13), planarconfig="contig", photometric="minisblack", compression="zlib")
    with pytest.raises(ImageError):
        decode_for(whole[:cut], recipe(13, range=(0, 10000)))


def test_without_the_extra_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from convscope.data import tiff as module

    monkeypatch.setattr(module, "_tifffile", lambda: None)
    with pytest.raises(ImageError, match=r"convscope\[tiff\]"):
        decode_for(tiff(values(13), planarconfig="contig", photometric="minisblack"), recipe(13, range=(0, 10000)))


def test_the_lossless_mode_of_jpeg_never_reaches_a_decoder() -> None:
    from convscope.data.streams import check_stream

    plain = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01"
    check_stream(plain, (16, 32, 3))
    for stream in (plain.replace(b"\xc0", b"\xc3"), plain + b"\xff\xc3\x00\x0b", plain[:2] + b"\xff\xc3" + plain[2:]):
        with pytest.raises(ImageError, match="lossless mode"):
            check_stream(stream, (16, 32, 3))


def lossless_tiff(pieces: list[bytes], shape: tuple[int, ...], dtype: Any, **about: Any) -> bytes:
    """A TIFF of pieces that are encoded as JPEG already."""
    memory = io.BytesIO()
    with tifffile.TiffWriter(memory) as file:
        file.write(iter(pieces), shape=shape, dtype=dtype, compression=7, **about)
    return memory.getvalue()


@pytest.mark.parametrize("tables", ["in each piece", "once for all"])
@pytest.mark.parametrize("layout", ["strips", "tiles"])
def test_the_lossless_mode_of_jpeg_is_read_by_our_own_decoder(
    layout: str, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import imagecodecs

    monkeypatch.setattr(imagecodecs, "jpeg_decode", lambda *a, **k: pytest.fail("another decoder was given it"))
    deep = np.random.default_rng(0).integers(0, 4096, (32, 48), np.uint16)
    if layout == "strips":
        parts, about = [deep[:20], deep[20:]], {"rowsperstrip": 20}
    else:
        padded = np.pad(deep, ((0, 0), (0, 16)))
        parts = [padded[top : top + 16, left : left + 32] for top in (0, 16) for left in (0, 32)]
        about = {"tile": (16, 32)}
    pieces = [encoded(part[..., None], 12, 1) for part in parts]
    if tables == "once for all":
        table = pieces[0][pieces[0].index(b"\xff\xc4") : pieces[0].index(b"\xff\xda")]
        pieces = [piece.replace(table, b"") for piece in pieces]
        about["extratags"] = [(347, 7, len(table) + 4, b"\xff\xd8" + table + b"\xff\xd9", True)]
    data = lossless_tiff(pieces, deep.shape, np.uint16, photometric="minisblack", **about)
    found = decode_for(data, recipe(1, range=(0, 4095)))
    np.testing.assert_allclose(found[..., 0], deep / 4095 * 255, rtol=1e-5)


def test_damage_in_lossless_jpeg_is_an_error_of_one_image() -> None:
    deep = np.random.default_rng(0).integers(0, 4096, (20, 30, 1), np.uint16)
    piece = encoded(deep, 12, 1)
    size = piece.index(b"\xff\xc3") + 5
    larger = piece[:size] + (4000).to_bytes(2, "big") + piece[size + 2 :]
    for edited, said in ((piece[: len(piece) // 3], "damaged lossless JPEG"), (larger, "says that it has 4000x30"),
                         (encoded(deep[:10], 12, 1), "10x30 pixels, and the file says more")):  # fmt: skip
        data = lossless_tiff([edited], (20, 30), np.uint16, photometric="minisblack")
        with pytest.raises(ImageError, match=said):
            decode_for(data, recipe(1, range=(0, 4095)))


def test_colours_in_lossless_jpeg() -> None:
    colours = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), np.uint16)
    data = lossless_tiff([encoded(colours, 16, 4)], colours.shape, np.uint16, photometric="rgb")
    found = decode_for(data, recipe(3, range=(0, 65535)))
    np.testing.assert_allclose(found, colours / 65535 * 255, rtol=1e-5)


def jpeg_strips(strip: bytes, side: int, count: int, *, said: int | None = None) -> bytes:
    """A TIFF of so many strips of JPEG, all of them the same bytes of the file."""
    entries = [(256, 4, side), (257, 4, side * count), (258, 3, 8), (259, 3, 7), (262, 3, 1), (273, 4, None),
               (277, 3, 1), (278, 4, side), (279, 4, None), (339, 3, 2)]  # fmt: skip
    after = 8 + 2 + 12 * len(entries) + 4
    begin = after + 8 * count
    lists = struct.pack("<I", begin) * count + struct.pack("<I", said or len(strip)) * count
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    for tag, kind, value in entries:
        if value is None:
            values, at = lists[:4] if tag == 273 else lists[-4:], after + (4 * count if tag == 279 else 0)
            head += struct.pack("<HHI", tag, kind, count) + (values if count == 1 else struct.pack("<I", at))
        else:
            head += struct.pack("<HHII", tag, kind, 1, value)
    return head + struct.pack("<I", 0) + lists + strip


def test_a_piece_of_too_many_scans_is_refused_at_once() -> None:
    assert decode_for(jpeg_strips(many_scans(64, 0), 64, 1), recipe(1, range=(-128, 127))).shape == (64, 64, 1)
    with pytest.raises(ImageError, match="a JPEG of more than 20 scans"):
        decode_for(jpeg_strips(many_scans(64, 2000), 64, 1), recipe(1, range=(-128, 127)))


def test_strips_that_share_their_bytes_out_of_proportion_are_refused() -> None:
    strip = many_scans(8, 0) + bytes(1 << 16)
    with pytest.raises(ImageError, match="its pieces say that they have"):
        decode_for(jpeg_strips(strip, 8, 50), recipe(1, range=(-128, 127)))


def test_pages_after_those_that_are_wanted_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    data = tiff(np.zeros((300, 8, 8), np.uint16), photometric="minisblack")
    sought: list[int] = []
    seek = tifffile.TiffPages._seek
    monkeypatch.setattr(
        tifffile.TiffPages, "_seek", lambda pages, at, *rest: (sought.append(at), seek(pages, at, *rest))
    )
    decode_for(data, recipe(1, range=(0, 10)))
    assert all(0 <= at <= 2 for at in sought)
