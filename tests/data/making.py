"""Small images for the tests of this folder, as pixels and as files."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def smooth(height: int, width: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """A colourful picture without sharp edges, which JPEG keeps well."""
    noise = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return np.array(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC))


def encoded(image: Image.Image | NDArray[np.generic], form: str = "JPEG", **options: Any) -> bytes:
    """The image as a file's bytes."""
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, form, **options)
    return stream.getvalue()


def colour_file(path: Path, level: int, *, side: int = 8) -> Path:
    """A grey PNG of one level, written to `path` with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(np.full((side, side, 3), level, np.uint8), "PNG"))
    return path


def many_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan stands there again and again."""
    memory = io.BytesIO()
    Image.new("L", (side, side)).save(memory, "JPEG", progressive=True)
    content = memory.getvalue()
    last = content[content.rfind(b"\xff\xda") : -2]
    return content[:-2] + last * scans + b"\xff\xd9"


def listed_again(path: Path, times: int) -> None:
    """Lists the archive's last member so many times more, each time at the same bytes of the file."""
    content = path.read_bytes()
    end = content.rfind(b"PK\x05\x06")
    entry = content[content.rfind(b"PK\x01\x02") : end]
    tail = bytearray(content[end:])
    count, size = struct.unpack_from("<H", tail, 10)[0], struct.unpack_from("<I", tail, 12)[0]
    struct.pack_into("<HHI", tail, 8, count + times, count + times, size + times * len(entry))
    path.write_bytes(content[:end] + entry * times + bytes(tail))
