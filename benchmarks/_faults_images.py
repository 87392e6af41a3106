"""Damaged images of every format and in every kind of collection: a picture, the same twice, or an error that says why.

An image has no checksum of ours: a changed byte may be another picture. What may not be is an unforeseen error, a hang,
or a picture that differs from one reading to the next.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks._faults_running import Try, emptied
from tests.mutations import mutate

_RANDOM = np.random.default_rng(0)
_PIXELS = np.array(
    Image.fromarray(_RANDOM.integers(0, 256, (12, 14, 3), dtype=np.uint8)).resize((140, 120), Image.Resampling.BICUBIC)
)


def _saved(form: str, mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(_PIXELS).convert(mode).save(out, form, **options)
    return out.getvalue()


def _deep() -> bytes:
    out = io.BytesIO()
    Image.fromarray(_PIXELS[..., 0].astype(np.uint16) * 257).save(out, "PNG")
    return out.getvalue()


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return _saved("JPEG", exif=exif)


def _frames(form: str) -> bytes:
    frames = [Image.fromarray(np.roll(_PIXELS, at, 0)) for at in (5, 9)]
    return _saved(form, save_all=True, append_images=frames)


def _bands() -> bytes:
    from tests.data.test_tiff import tiff

    return tiff(np.dstack([_PIXELS, _PIXELS[..., :2]]).astype(np.uint16) * 9)


def _dicom() -> bytes:
    from tests.data.test_dicom import dicom

    return dicom(_PIXELS[..., 0].astype(np.uint16) * 9)


def _array() -> bytes:
    out = io.BytesIO()
    np.save(out, _PIXELS)
    return out.getvalue()


FORMS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "JPEG": ("jpg", partial(_saved, "JPEG")),
    "JPEG, progressive": ("jpg", partial(_saved, "JPEG", progressive=True)),
    "JPEG, grey": ("jpg", partial(_saved, "JPEG", "L")),
    "JPEG, CMYK": ("jpg", partial(_saved, "JPEG", "CMYK")),
    "JPEG, turned": ("jpg", _turned),
    "PNG": ("png", partial(_saved, "PNG")),
    "PNG, palette": ("png", partial(_saved, "PNG", "P")),
    "PNG, alpha": ("png", partial(_saved, "PNG", "RGBA")),
    "PNG, 16 bits": ("png", _deep),
    "GIF": ("gif", partial(_saved, "GIF", "P")),
    "GIF, frames": ("gif", partial(_frames, "GIF")),
    "TIFF": ("tif", partial(_saved, "TIFF")),
    "TIFF, deflate": ("tif", partial(_saved, "TIFF", compression="tiff_deflate")),
    "TIFF, LZW": ("tif", partial(_saved, "TIFF", compression="tiff_lzw")),
    "WebP": ("webp", partial(_saved, "WEBP")),
    "WebP, lossless": ("webp", partial(_saved, "WEBP", lossless=True)),
    "BMP": ("bmp", partial(_saved, "BMP")),
    "PPM": ("ppm", partial(_saved, "PPM")),
    "TIFF, 5 bands": ("tif", _bands),
    "DICOM": ("dcm", _dicom),
    "array": ("npy", _array),
    "JPEG 2000": ("jp2", partial(_saved, "JPEG2000")),
}


# -- collections ------------------------------------------------------------------------------------------------------
def _pack(folder: Path) -> str:
    files = [_saved("PNG"), _saved("JPEG"), _saved("GIF", "P")]
    np.savez(
        folder / "pack.npz",
        data=np.frombuffer(b"".join(files), np.uint8),
        offsets=np.cumsum([0, *map(len, files)]),
        labels=np.arange(3),
        classes=np.array(["ape", "bee", "cat"]),
    )
    return f"npz:{folder / 'pack.npz'}"


def _tar(folder: Path) -> str:
    with tarfile.open(folder / "shard.tar", "w") as archive:
        for number in range(3):
            for ending, content in (("png", _saved("PNG")), ("cls", str(number).encode())):
                info = tarfile.TarInfo(f"{number}.{ending}")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return f"tar:{folder / 'shard.tar'}"


def _parquet(folder: Path) -> str:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"image": [_saved("PNG"), _saved("JPEG")], "label": [0, 1]})
    parquet.write_table(table, folder / "table.parquet")
    return f"parquet:{folder / 'table.parquet'}"


def _list(folder: Path) -> str:
    (folder / "a.png").write_bytes(_saved("PNG"))
    (folder / "list.txt").write_text("a.png\tape\na.png\tbee\n")
    return f"list:{folder / 'list.txt'}"


def _tiles(folder: Path) -> str:
    Image.fromarray(_PIXELS).save(folder / "large.tif", compression="tiff_deflate")
    return f"tiles:{folder / 'large.tif'}"


def _stack(folder: Path) -> str:
    (folder / "stack.tif").write_bytes(_frames("TIFF"))
    return f"pages:{folder / 'stack.tif'}"


COLLECTIONS: dict[str, Callable[[Path], str]] = {
    "npz": _pack, "tar": _tar, "parquet": _parquet, "list": _list, "tiles": _tiles, "pages": _stack,
}  # fmt: skip


@dataclass(frozen=True)
class DamagedImage:
    """A try for each number: an image, or a collection, is damaged by the seed and the number, and read."""

    root: Path
    what: str
    seed: int

    def __call__(self, number: int) -> Try:
        """The outcome of one try."""
        folder = emptied(self.root / "images" / f"{self.what}-{number}")
        try:
            if self.what in COLLECTIONS:
                spec: Any = COLLECTIONS[self.what](folder)
            else:
                ending, made = FORMS[self.what]
                (folder / f"a.{ending}").write_bytes(made())
                spec = folder
            mutate(folder, self.seed * 1_000_003 + number)
            return _read(spec, channels=5 if self.what == "TIFF, 5 bands" else 3)
        finally:
            shutil.rmtree(folder)


def _read(spec: Any, *, channels: int) -> Try:
    """How reading a collection ends, every image as a crop and, where it has colours, whole, twice."""
    import convscope as cs
    from convscope.data import Preprocess, load_image
    from convscope.errors import ImageError

    recipe = Preprocess(32, 32, mean=(0.5,) * channels, std=(0.5,) * channels)
    how: dict[str, Any] = {"tile_size": 48} if str(spec).startswith("tiles:") else {}
    source, said, ways = cs.open_source(spec, **how), "", (None, recipe) if channels == 3 else (recipe,)
    for index in range(len(source)):
        try:
            pairs = [[load_image(source, index, to) for to in ways] for _ in range(2)]
        except ImageError as error:
            said = str(error)
            continue
        if not all(np.array_equal(one, other) for one, other in zip(*pairs, strict=True)):
            return Try("wrong", f"{spec}: two readings of image {index} differ")
    return Try("named", said) if said else Try("right")
