"""DICOM images made here, without anybody's data: rescaling, windows, frames, compression, and what is not kept."""

import io
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope.data import Preprocess, decode, decode_for, open_source
from convscope.errors import ImageError
from tests.data.making import many_scans
from tests.data.test_lossless import encoded

pydicom = pytest.importorskip("pydicom")

RUNS, JPEG = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.51"
EXPLICIT, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
LOSSLESS, JPEG_LS, JPEG_2000 = (f"1.2.840.10008.1.2.4.{number}" for number in (70, 80, 90))


def dicom(values: np.ndarray, *, syntax: str = EXPLICIT, frames: list[bytes] | None = None, **tags: Any) -> bytes:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    meta.TransferSyntaxUID = UID(syntax)
    found = FileDataset("made", {}, file_meta=meta, preamble=bytes(128))
    several = values.ndim == 3 and values.shape[2] != 3
    found.Rows, found.Columns = values.shape[1:3] if several else values.shape[:2]
    if several:
        found.NumberOfFrames = len(values)
    found.SamplesPerPixel = 3 if values.ndim == 3 and not several else 1
    found.PhotometricInterpretation = "RGB" if found.SamplesPerPixel == 3 else "MONOCHROME2"
    if found.SamplesPerPixel == 3:
        found.PlanarConfiguration = 0
    found.BitsAllocated = 8 * values.dtype.itemsize
    found.BitsStored = found.BitsAllocated
    found.PixelRepresentation = int(values.dtype.kind == "i")
    found.PatientName = "Doe^Jane"
    for name, value in tags.items():
        setattr(found, name, value)
    found.HighBit = found.BitsStored - 1
    if frames is None:
        found.PixelData = values.tobytes()
    else:
        found.PixelData = encapsulate(frames)
        found["PixelData"].is_undefined_length = True
    found["PixelData"].VR = "OW"
    memory = io.BytesIO()
    found.save_as(memory, enforce_file_format=True)
    return memory.getvalue()


def deflated(whole: bytes) -> bytes:
    """The same file, all after its first group deflated, as the standard's PS3.5 A.5 has it."""
    stream = io.BytesIO(whole)
    stream.seek(132)
    pydicom.filereader._read_file_meta_info(stream)
    at, packer = stream.tell(), zlib.compressobj(wbits=-zlib.MAX_WBITS)
    syntax = EXPLICIT.encode().ljust(20, b"\0")
    head = whole[:at].replace((20).to_bytes(2, "little") + syntax, (22).to_bytes(2, "little") + DEFLATED.encode())
    return head + packer.compress(whole[at:]) + packer.flush()


def recipe(channels: int = 1, **about: Any) -> Preprocess:
    return Preprocess(4, 4, mean=(0.5,) * channels, std=(0.25,) * channels, **about)


TWELVE = np.linspace(0, 4095, 64, dtype=np.uint16).reshape(8, 8)


def test_bits_stored_are_the_range_where_nothing_else_says() -> None:
    data = dicom(TWELVE, BitsStored=12)
    np.testing.assert_allclose(decode_for(data, recipe(range="file"))[..., 0], TWELVE / 4095 * 255, rtol=1e-5)
    assert decode(data)[..., 0].max() == 255  # and without a range it is not nearly black


def test_rescaling_comes_first_then_the_window_or_the_range_that_is_asked_for() -> None:
    about = {"BitsStored": 12, "RescaleSlope": "1", "RescaleIntercept": "-1024"}
    units = TWELVE.astype(float) - 1024
    windowed = dicom(TWELVE, WindowCenter=["40", "300"], WindowWidth=["400", "1500"], **about)
    low = 40 - 0.5 - 399 / 2
    expected = np.clip((units - low) / 399, 0, 1) * 255
    np.testing.assert_allclose(decode_for(windowed, recipe(range="file"))[..., 0], expected, rtol=1e-4, atol=1e-3)
    asked = np.clip((units + 1000) / 1400, 0, 1) * 255
    found = decode_for(windowed, recipe(range=(-1000, 400)))[..., 0]
    np.testing.assert_allclose(found, asked, rtol=1e-4, atol=1e-3)


def test_monochrome1_is_white_where_values_are_low() -> None:
    plain, white = (dicom(TWELVE, BitsStored=12, PhotometricInterpretation=f"MONOCHROME{n}") for n in (2, 1))
    one = recipe(range="file")
    np.testing.assert_allclose(decode_for(white, one), 255 - decode_for(plain, one), atol=1e-3)


def test_signed_values_and_padding() -> None:
    signed = np.linspace(-1000, 1000, 64).round().astype(np.int16).reshape(8, 8)
    signed[0, 0] = -2000
    data = dicom(signed, PixelPaddingValue=-2000)
    found = decode_for(data, recipe(range=(-1000, 1000)))[..., 0]
    assert found[0, 0] == np.float32(127.5)
    np.testing.assert_allclose(found[1:], (signed[1:] + 1000.0) / 2000 * 255, rtol=1e-4, atol=1e-3)


def test_of_several_frames_the_first_or_all_as_channels() -> None:
    frames = np.stack([TWELVE, TWELVE[::-1], TWELVE.T, TWELVE // 2, TWELVE[:, ::-1]])
    data = dicom(frames, BitsStored=12)
    one = decode_for(data, recipe(range="file"))
    np.testing.assert_allclose(one[..., 0], TWELVE / 4095 * 255, rtol=1e-5)
    all_five = decode_for(data, recipe(5, range="file"))
    np.testing.assert_allclose(all_five, frames.transpose(1, 2, 0) / 4095 * 255, rtol=1e-5, atol=1e-3)
    about = {"BitsStored": 12, "PhotometricInterpretation": "MONOCHROME1", "WindowCenter": 2048.5, "WindowWidth": 2048}
    three = decode_for(dicom(frames[:3], **about), recipe(3, range="file"))  # no colours, though there are three
    expected = 255 - np.clip((frames[:3] - 1024.5) / 2047, 0, 1) * 255
    np.testing.assert_allclose(three, expected.transpose(1, 2, 0), atol=1e-2)


def test_colours() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    assert np.array_equal(decode(dicom(rgb)), rgb)


@pytest.mark.parametrize(("syntax", "codec"), [(JPEG_LS, "jpegls_encode"), (JPEG_2000, "jpeg2k_encode")])
def test_compressed_without_loss(syntax: str, codec: str) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    options = {"codecformat": "j2k", "level": 0} if codec == "jpeg2k_encode" else {}
    encoded = bytes(getattr(imagecodecs, codec)(TWELVE, **options))
    data = dicom(TWELVE, syntax=syntax, frames=[encoded], BitsStored=12)
    np.testing.assert_allclose(decode_for(data, recipe(range="file"))[..., 0], TWELVE / 4095 * 255, rtol=1e-5)


def test_a_stream_larger_than_its_header_says_is_refused() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    encoded = bytes(imagecodecs.jpegls_encode(np.tile(TWELVE, (8, 8))))
    data = dicom(TWELVE, syntax=JPEG_LS, frames=[encoded], BitsStored=12)
    with pytest.raises(ImageError, match="says that it has 64x64 pixels, and the file 8x8"):
        decode_for(data, recipe(range="file"))


@pytest.mark.parametrize("name", ["57", "70"])
def test_the_lossless_mode_of_jpeg(name: str) -> None:
    frames = [encoded(one[..., None], 12, 1) for one in (TWELVE, TWELVE.T)]
    data = dicom(np.stack([TWELVE, TWELVE.T]), syntax=LOSSLESS[:-2] + name, frames=frames, BitsStored=12)
    assert np.array_equal(decode_for(data, recipe(range=(0, 255)))[..., 0], np.minimum(TWELVE, 255))
    both = decode_for(data, recipe(2, range="file"))
    np.testing.assert_allclose(both, np.stack([TWELVE, TWELVE.T], 2) / 4095 * 255, atol=1e-4)
    cut = dicom(TWELVE, syntax=LOSSLESS, frames=[frames[0][:40]], BitsStored=12)
    with pytest.raises(ImageError, match="damaged lossless JPEG"):
        decode(cut)


def test_a_file_that_is_deflated_as_a_whole_has_the_same_pixels() -> None:
    whole = dicom(TWELVE, BitsStored=12, RescaleSlope="2", RescaleIntercept="-100")
    found = decode_for(deflated(whole), recipe(range="file"))
    assert np.array_equal(found, decode_for(whole, recipe(range="file")))


def test_colours_of_a_palette() -> None:
    tables = np.random.default_rng(0).integers(0, 65536, (3, 256), np.uint16)
    tags = {}
    for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tags[f"{name}PaletteColorLookupTableData"] = table.tobytes()
    numbers = np.arange(64, dtype=np.uint8).reshape(8, 8)
    found = decode_for(dicom(numbers, PhotometricInterpretation="PALETTE COLOR", **tags), recipe(3, range="file"))
    np.testing.assert_allclose(found, np.moveaxis(tables[:, numbers], 0, -1) / 257, atol=1e-3)


def test_frames_are_images_of_their_own_where_pages_are_asked_for(tmp_path: Path) -> None:
    frames = np.stack([TWELVE, TWELVE[::-1], TWELVE.T])
    (tmp_path / "film.dcm").write_bytes(dicom(frames, BitsStored=12))
    source = open_source(f"pages:{tmp_path}")
    assert [source.name(index) for index in range(len(source))] == ["film.dcm@1", "film.dcm@2", "film.dcm@3"]
    for index, frame in enumerate(frames):
        found = decode_for(source.read(index), recipe(range="file"))
        np.testing.assert_allclose(found[..., 0], frame / 4095 * 255, atol=1e-4)


def test_what_is_too_large_deflated_or_damaged_is_an_error_of_one_image() -> None:
    with pytest.raises(ImageError, match="more than the limit of 63"):
        decode_for(dicom(TWELVE, BitsStored=12), recipe(), max_pixels=63)
    with pytest.raises(ImageError, match="inflates to more than 1600 bytes"):
        decode_for(deflated(dicom(np.zeros((60, 60), np.uint16), BitsStored=12)), recipe(), max_pixels=100)
    with pytest.raises(ImageError):
        decode(dicom(TWELVE)[:300])
    with pytest.raises(ImageError):
        decode(dicom(TWELVE)[:-40])


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(ImageError, match=r"convscope\[dicom\]"):
        decode(dicom_bytes())


def dicom_bytes() -> bytes:
    return bytes(128) + b"DICM" + bytes(64)


def test_a_stream_of_too_many_scans_or_channels_is_refused() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    still = many_scans(64, 0)
    flat = np.zeros((64, 64), np.uint8)
    assert decode_for(dicom(flat, syntax=JPEG, frames=[still]), recipe()).shape == (64, 64, 1)
    with pytest.raises(ImageError, match="a JPEG of more than 20 scans"):
        decode_for(dicom(flat, syntax=JPEG, frames=[many_scans(64, 2000)]), recipe())
    many = imagecodecs.jpeg2k_encode(np.zeros((40, 64, 64), np.uint8), planar=True, codecformat="j2k")
    with pytest.raises(ImageError, match="says that it has 40 channels, and the file 1"):
        decode_for(dicom(flat, syntax=JPEG_2000, frames=[many]), recipe())


def run_lengths(runs: bytes) -> bytes:
    return struct.pack("<16I", 1, 64, *([0] * 14)) + runs + b"\0" * (len(runs) % 2)


def test_runs_that_become_more_than_the_picture_are_refused() -> None:
    flat = np.full((8, 8), 7, np.uint8)
    whole = dicom(flat, syntax=RUNS, frames=[run_lengths(b"\xc1\x07")])  # 64 times 7
    assert decode_for(whole, recipe(range=(0, 255))).tolist() == [[[7.0]] * 8] * 8
    bomb = dicom(flat, syntax=RUNS, frames=[run_lengths(b"\x81\x07" * 2_000_000)])
    tracemalloc.start()
    with pytest.raises(ImageError, match="its run-length coding becomes more than"):
        decode_for(bomb, recipe())
    assert tracemalloc.get_traced_memory()[1] < 40 << 20  # eight times the file, and not 64
    tracemalloc.stop()


def test_other_ways_to_compress_are_named() -> None:
    with pytest.raises(ImageError, match=r"transfer syntax 1\.2\.840\.10008\.1\.2\.4\.201 are not read"):
        decode_for(dicom(TWELVE, syntax="1.2.840.10008.1.2.4.201", frames=[b"\xff\x4f\xff\x51"]), recipe())


def test_sequences_of_more_items_than_an_image_has_are_refused() -> None:
    whole = dicom(np.full((8, 8), 7, np.uint8))
    at = 144 + int.from_bytes(whole[140:144], "little")  # where what stands before the image ends
    items = b"\xfe\xff\x00\xe0\0\0\0\0" * 500_001
    sequence = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + items + b"\xfe\xff\xdd\xe0\0\0\0\0"
    with pytest.raises(ImageError, match="more than 500000 items"):
        decode(whole[:at] + sequence + whole[at:])
