"""What a damaged file makes libraries raise is one error of that image; a fault of ours is not hidden among them."""

import lzma

import pytest

from convscope.data import decode, decoding
from convscope.data.damage import damage, damage_as
from convscope.errors import ImageError

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


class Fault(Exception):
    """An error that no library is known to raise."""


def libraries() -> list[type[Exception]]:
    tifffile, errors = pytest.importorskip("tifffile"), pytest.importorskip("pydicom.errors")
    return [tifffile.TiffFileError, errors.InvalidDicomError, errors.BytesLengthException, lzma.LZMAError]


def test_errors_of_libraries_that_derive_from_no_usual_one_are_known() -> None:
    for error in libraries():
        with pytest.raises(ImageError, match=r"^damaged file: so it said$"), damage_as("file"):
            raise error("so it said")
    assert Fault not in damage()


def test_what_no_library_raises_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise Fault("ours")

    monkeypatch.setattr(decoding, "raster_of", broken)
    with pytest.raises(Fault):
        decode(PNG)
