"""JPEG's lossless mode, against an encoder written out from the standard (T.81, annex H), and against imagecodecs'."""

from contextlib import suppress

import numpy as np
import pytest

from convscope import kernels
from convscope.data.lossless import decode_lossless
from convscope.errors import ImageError

GUESSES = {
    1: lambda a, b, c: a,
    2: lambda a, b, c: b,
    3: lambda a, b, c: c,
    4: lambda a, b, c: a + b - c,
    5: lambda a, b, c: a + ((b - c) >> 1),
    6: lambda a, b, c: b + ((a - c) >> 1),
    7: lambda a, b, c: (a + b) >> 1,
}


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def encoded(values: np.ndarray, bits: int, predictor: int, *, shift: int = 0, restart: int = 0) -> bytes:
    """A stream of values (H, W, C): every size of a difference has a code of five bits, its own number."""
    height, width, count = values.shape
    parts = b"".join(bytes([number, 0x11, 0]) for number in range(count))
    table = bytes([0, 0, 0, 0, 0, 17, *([0] * 11), *range(17)])
    names = b"".join(bytes([number, 0]) for number in range(count))
    head = segment(0xC3, bytes([bits, *height.to_bytes(2, "big"), *width.to_bytes(2, "big"), count]) + parts)
    head += segment(0xC4, table) + (segment(0xDD, (restart * width).to_bytes(2, "big")) if restart else b"")
    head += segment(0xDA, bytes([count]) + names + bytes([predictor, 0, shift]))
    rows = restart or height
    pieces = [interval(values[top : top + rows].astype(int) >> shift, bits - shift, predictor)
              for top in range(0, height, rows)]  # fmt: skip
    data = b"".join(piece + bytes([0xFF, 0xD0 + number % 8]) for number, piece in enumerate(pieces[:-1])) + pieces[-1]
    return b"\xff\xd8" + head + data + b"\xff\xd9"


def interval(values: np.ndarray, bits: int, predictor: int) -> bytes:
    out = ""
    for y, x, c in np.ndindex(values.shape):
        if x and y:
            a, b, d = (int(values[y - dy, x - dx, c]) for dy, dx in ((0, 1), (1, 0), (1, 1)))
            guess = GUESSES[predictor](a, b, d)
        elif x or y:
            guess = int(values[y, x - 1, c] if x else values[y - 1, x, c])
        else:
            guess = 1 << (bits - 1)
        difference = (int(values[y, x, c]) - guess + 32767) % 65536 - 32767
        size = abs(difference).bit_length()
        out += f"{size:05b}"
        if 0 < size < 16:
            out += f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}"
    out += "1" * (-len(out) % 8)
    return bytes(int(out[at : at + 8], 2) for at in range(0, len(out), 8)).replace(b"\xff", b"\xff\x00")


def drawn(bits: int, components: int = 1, rows: int = 7) -> np.ndarray:
    smooth = np.add.outer(np.arange(rows) * 5, np.arange(9) * 3)[..., None] + np.arange(components)
    noise = np.random.default_rng(bits).integers(0, 1 << bits, (rows, 9, components))
    return np.where(noise % 5 == 0, noise, smooth % (1 << bits)).astype(np.uint16)


@pytest.mark.parametrize("way", ["on", "off"])
@pytest.mark.parametrize("predictor", GUESSES)
def test_every_predictor_gives_the_samples_back(way: kernels.State, predictor: int) -> None:
    with kernels.switched(way):
        for bits, components, restart in ((12, 1, 0), (16, 1, 3), (8, 3, 2)):
            values = drawn(bits, components)
            found = decode_lossless(encoded(values, bits, predictor, restart=restart), values.shape[:2])
            assert np.array_equal(found.reshape(values.shape), values)


def test_bits_that_were_left_out_are_zero() -> None:
    values = drawn(12)
    found = decode_lossless(encoded(values, 12, 1, shift=3), (7, 9))
    assert np.array_equal(found, values[..., 0] >> 3 << 3)


def test_streams_of_another_encoder() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    values = drawn(12, rows=40)[..., 0]
    stream = imagecodecs.ljpeg_encode(values, bitspersample=12)
    assert np.array_equal(decode_lossless(stream, values.shape), values)


def test_what_is_larger_or_damaged_is_one_error() -> None:
    values = drawn(12)
    whole = encoded(values, 12, 6, restart=3)
    with pytest.raises(ImageError, match="says that it has 7x9 pixels, and the file 7x8"):
        decode_lossless(whole, (7, 8))
    with pytest.raises(ImageError, match="not of the lossless mode"):
        decode_lossless(whole.replace(b"\xff\xc3", b"\xff\xc0"), (7, 9))
    for cut in range(len(whole) - 2):
        with pytest.raises(ImageError, match="damaged lossless JPEG"):
            decode_lossless(whole[:cut], (7, 9))
    draw = np.random.default_rng(0)
    for _ in range(1500):
        data = np.frombuffer(whole, np.uint8).copy()
        places = draw.integers(0, int(draw.choice([60, len(data)])), 2)
        data[places] = draw.integers(0, 256, 2)
        with suppress(ImageError):
            assert decode_lossless(data.tobytes(), (7, 9)).shape[0] <= 7
