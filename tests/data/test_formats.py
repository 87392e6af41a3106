"""A file is known by its content, and no file makes a program start."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.data import Preprocess, batches, decode, open_source
from convscope.data.formats import FORMATS, open_image
from convscope.data.sources.base import IMAGE_SUFFIXES
from convscope.errors import ImageError
from tests.data.making import encoded, smooth

POSTSCRIPT = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 8 8
%%EndComments
0.5 setgray 0 0 8 8 rectfill showpage
%%EOF
"""
_MARK = "ghostscript-was-here"


@pytest.fixture
def ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of a mark that a `gs` found first on the path leaves when it is started."""
    mark = tmp_path / _MARK
    program = tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n", encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return mark


@pytest.mark.skipif(sys.platform == "win32", reason="the mark is left by a shell script")
def test_the_mark_would_be_left(ghostscript: Path) -> None:
    """Pillow, asked to open anything, does start what it takes for Ghostscript: so the tests below can fail."""
    program = (
        "import io, sys; from PIL import Image\n"
        "try: Image.open(io.BytesIO(sys.stdin.buffer.read())).load()\n"
        "except Exception: pass"
    )
    subprocess.run([sys.executable, "-c", program], input=POSTSCRIPT, check=True)
    assert ghostscript.exists()


@pytest.mark.parametrize("header", [b"", b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 32, len(POSTSCRIPT)) + b"\0" * 20])
def test_postscript_starts_nothing(header: bytes, ghostscript: Path) -> None:
    with pytest.raises(ImageError, match=r"^PostScript, which is not an image format that is read \(read are JPEG, "):
        decode(header + POSTSCRIPT)
    assert not ghostscript.exists()


def test_a_folder_with_postscript_under_an_image_name(tmp_path: Path, ghostscript: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.jpg").write_bytes(POSTSCRIPT)
    (photos / "b.jpg").write_bytes(encoded(smooth(8, 8)))
    (batch,) = batches(open_source(photos), Preprocess(8, 8))
    assert batch.indices.tolist() == [1]
    assert [failure.name for failure in batch.failures] == ["a.jpg"]
    assert "PostScript" in batch.failures[0].reason
    assert not ghostscript.exists()


def test_a_pillow_image_of_postscript_is_not_loaded(ghostscript: Path) -> None:
    image = Image.open(io.BytesIO(POSTSCRIPT))
    with pytest.raises(ImageError, match=r"a Pillow image of the format EPS, which is not read .*convert\('RGB'\)"):
        decode(image)
    assert not ghostscript.exists()


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"\xd7\xcd\xc6\x9a" + b"\0" * 30, "a Windows metafile"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"PK\x03\x04" + b"\0" * 30, "a ZIP archive"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIF"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        (b"GRIB" + b"\0" * 30, "GRIB"),
    ],
)
def test_what_is_not_read_is_named(start: bytes, name: str) -> None:
    with pytest.raises(ImageError, match=f"^{name}.*, which is not an image format that is read"):
        decode(start)


@pytest.mark.parametrize("form", ["DDS", "PCX", "SGI", "MSP", "SPIDER", "ICNS", "XBM", "BLP", "FITS"])
def test_other_formats_of_pillow_are_left_alone(form: str) -> None:
    mode = {"MSP": "1", "XBM": "1", "SPIDER": "F", "BLP": "P"}.get(form, "RGB")
    image = Image.fromarray(smooth(16, 16)).convert(mode)
    if form == "FITS":
        data = b"SIMPLE  =                    T" + b" " * 3000
    elif form == "ICNS":
        data = encoded(Image.new("RGBA", (128, 128)), form)
    else:
        data = encoded(image, form)
    with pytest.raises(ImageError, match=r"not an image"):
        decode(data)


SAVED = {"JPEG": "JPEG", "PNG": "PNG", "GIF": "GIF", "BMP": "BMP", "DIB": "DIB", "TIFF": "TIFF", "WEBP": "WEBP"}
SAVED |= {"AVIF": "AVIF", "JPEG2000": "JPEG2000", "PPM": "PPM", "ICO": "ICO", "TGA": "TGA", "MPO": "JPEG"}


@pytest.mark.parametrize("form", SAVED)
def test_every_format_that_is_promised_is_read(form: str) -> None:
    options = {"save_all": True, "append_images": [Image.new("RGB", (16, 16))]} if form == "MPO" else {}
    data = encoded(smooth(16, 16), form, **options)
    with open_image(data) as image:
        assert image.format == SAVED[form]
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.array_equal(decode(data), expected)


def test_every_ending_of_an_image_stands_for_a_format_that_is_read() -> None:
    Image.init()
    others = {".dcm", ".heic", ".heif"}  # DICOM has a reader of its own; HEIF is named, with what to do
    named = {Image.EXTENSION[suffix] for suffix in IMAGE_SUFFIXES - others}
    assert named <= {*FORMATS, "MPO"}


def test_every_format_has_its_decoder() -> None:
    for name, form in FORMATS.items():
        decoder = Image.OPEN[name][0]
        # JPEG's is a function that makes an MPO of one with more pictures.
        assert name == "JPEG" or (decoder.__module__, decoder.__name__) == (f"PIL.{form.module}", form.decoder)


def test_only_some_formats_may_be_wanted() -> None:
    with pytest.raises(ImageError, match="known format"):
        open_image(encoded(smooth(8, 8), "PNG"), only=("WEBP",))
