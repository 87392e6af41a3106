"""Pictures as scripts, so that a page opened from disk can read their pixels.

Browsers show such a page its pictures but keep their pixels from it, and then it cannot save a figure as PNG or SVG. A
script that hands over the same bytes as text is no such picture. It is a third larger than what it repeats, so small
atlases have these scripts of their own accord, and any other when it is exported so.
"""

import base64
from pathlib import Path

from convscope.atlas.web import script
from convscope.files import write_bytes

PORTABLE_LIMIT = 64 * 2**20
"""Bytes of the units' pictures up to which an atlas gets them as scripts too."""


def picture_address(layer: str, channel: int) -> str:
    """The data address of a unit's picture; `layer` is an id."""
    return f"sprites/{layer}/{channel}"


def picture_script(layer: str, channel: int, picture: bytes) -> bytes:
    """The script that hands over a unit's picture (WebP) as a data address that an image element takes."""
    text = "data:image/webp;base64," + base64.b64encode(picture).decode()
    return script(picture_address(layer, channel), text)


def unit_pictures(folder: Path, layer: str) -> dict[int, Path]:
    """The pictures of a layer's units by channel, in order; dead units have none."""
    paths = (folder / "pictures" / layer).glob("[0-9]*.webp")
    found = {int(path.stem): path for path in paths if path.stem.isdecimal()}
    return dict(sorted(found.items()))


def write_portable(folder: Path, layers: list[str], *, limit: int = PORTABLE_LIMIT) -> int | None:
    """The bytes of the scripts written for all units' pictures; None, and none written, where they are too large."""
    pictures = {(layer, channel): path for layer in layers for channel, path in unit_pictures(folder, layer).items()}
    if sum(path.stat().st_size for path in pictures.values()) > limit:
        return None
    return sum(
        write_bytes(folder / "data" / f"{picture_address(*unit)}.js", picture_script(*unit, path.read_bytes()))
        for unit, path in pictures.items()
    )


__all__ = ["PORTABLE_LIMIT", "picture_address", "picture_script", "unit_pictures", "write_portable"]
