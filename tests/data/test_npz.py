"""Arrays come out of .npz files as NumPy reads them, and no file takes memory that its size does not tell."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from convscope.data.npz import read_npz
from convscope.data.sources import open_pack
from convscope.errors import SourceError, WeightsError
from convscope.models.weights import read_weights
from tests.data.making import listed_again


def header(shape: str, descr: str = "<f4") -> bytes:
    """The beginning of an .npy file that claims this shape."""
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def written(path: Path, members: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_those_that_numpy_reads(tmp_path: Path, save) -> None:
    arrays = {
        "a": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        "columns": np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3)),
        "names": np.array(["a", "long name"]),
        "scalar": np.array(3.5),
        "empty": np.zeros((0, 3), np.uint8),
        "no text": np.array(["", ""]),
        "big": np.arange(3, dtype=">i4"),
    }
    save(tmp_path / "a.npz", **arrays)
    found = read_npz(tmp_path / "a.npz")
    assert list(found) == list(arrays)
    with np.load(tmp_path / "a.npz") as theirs:
        for name, array in found.items():
            assert array.dtype == theirs[name].dtype
            assert array.flags.f_contiguous == theirs[name].flags.f_contiguous
            assert np.array_equal(array, theirs[name])


LYING = {
    "more than there is": header("(250000000000,)") + b"\0" * 40,
    "a little more": header("(11,)") + b"\0" * 40,
    "less": header("(9,)") + b"\0" * 40,
    "negative sides": header("(-2, -5)") + b"\0" * 40,
    "no shape": header("'x'") + b"\0" * 40,
    "no type": header("(10,)", "what") + b"\0" * 40,
    "objects": header("(5,)", "|O") + b"\0" * 40,
    "a later version": b"\x93NUMPY\x09\x00" + header("(10,)")[8:] + b"\0" * 40,
    "no array": b"just text",
    "no python": header("((((((" * 20) + b"\0" * 40,
}


@pytest.mark.parametrize("content", LYING.values(), ids=LYING)
def test_headers_that_lie_are_refused(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path / "a.npz", {"w.npy": content})
    with pytest.raises(WeightsError, match=r"cannot read .*as an \.npz pack"):
        read_weights(path)
    with pytest.raises(SourceError, match=r"cannot be read as an \.npz pack"):
        open_pack(path)


def test_what_inflates_without_end_is_refused_before_it_does(tmp_path: Path) -> None:
    size = 3 << 30
    begin = header(f"({size},)", "|u1")
    path = written(tmp_path / "a.npz", {name: begin + bytes(1 << 20) for name in ("v.npy", "w.npy")}, compression=8)
    # Entries that say three gigabytes each, as those of a file of six megabytes of packed zeros would.
    actual, claimed = (struct.pack("<I", count + len(begin)) for count in (1 << 20, size))
    path.write_bytes(path.read_bytes().replace(actual, claimed))
    assert path.stat().st_size < 10_000
    with pytest.raises(WeightsError, match=rf"inflate to {2 * (size + len(begin))} bytes, .*without compression"):
        read_weights(path)


def test_a_limit_on_inflation_is_an_argument(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(10_000))
    np.savez(tmp_path / "b.npz", a=np.zeros(10_000))
    with pytest.raises(ValueError, match="more than the limit of 1000"):
        read_npz(tmp_path / "a.npz", max_inflated=1000)
    assert read_npz(tmp_path / "a.npz", max_inflated=100_000)["a"].shape == (10_000,)
    assert read_npz(tmp_path / "b.npz", max_inflated=1000)["a"].shape == (10_000,)


def test_changed_bytes_are_noticed(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.arange(1000))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[2000] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"Bad CRC|complete ZIP"):
        read_npz(tmp_path / "a.npz")


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.arange(4))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match="encrypted"):
        read_npz(tmp_path / "a.npz")


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros(9))
    listed_again(tmp_path / "a.npz", 40)
    with pytest.raises(ValueError, match="41 members have 1 names"):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("descr", ["'<U0'", "'|V0'", "[]", "[('a', '<f4', (0,))]"])
def test_values_of_no_bytes_are_refused(tmp_path: Path, descr: str) -> None:
    """Of which a header of a few bytes may say any number."""
    said = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1000000000000,)}}\n".encode()
    path = written(tmp_path / "a.npz", {"classes.npy": b"\x93NUMPY\x01\0" + struct.pack("<H", len(said)) + said})
    with pytest.raises(ValueError, match=r"holds values of no bytes|is not a valid dtype|Unable to allocate"):
        read_npz(path)
