"""What a folder that holds an atlas may hand on to a browser: our page, data as data, pictures as pictures, no more.

The folder may come from a stranger, who can put into it whatever he likes. So what is handed on, by the server, the
notebook or an export, is named by one grammar of paths, and each file is written again from what it means, or refused:
the page is the package's own, a script of data is parsed and made anew, a picture begins as pictures do, a drawing is
drawn again without what acts, and its type is told by us.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from convscope.atlas.names import inside, is_name
from convscope.atlas.vector import redrawn
from convscope.atlas.web import script, value_of
from convscope.errors import StoreError

PAGE_KINDS = {
    "index.html": "text/html; charset=utf-8",
    "embed.html": "text/html; charset=utf-8",
    "atlas.js": "text/javascript; charset=utf-8",
    "atlas-more.js": "text/javascript; charset=utf-8",
    "atlas.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""The files of the page, and what they are."""

MOST = 32 * 2**20
"""Bytes of one file that are read; ours have at most a few million."""

_ID = r"\d{2,9}-[A-Za-z0-9._-]{0,80}"
_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}"
_NUMBER = r"\d{1,12}"
_DATA = re.compile(
    rf"data/(manifest|network|experiments(?:/{_WORD}(?:/{_NUMBER})?)?|results/{_WORD}|atlases|(?:images|profiles|classes|logits|taken)/(?:index|{_NUMBER})"
    rf"|layers/{_ID}(?:/{_NUMBER})?|extras/{_ID}/{_NUMBER}|(?:alike|controls|tuning|responses)/{_ID}|responses/index|sprites/{_ID}/{_NUMBER})\.js"
)
_PICTURE = re.compile(
    rf"pictures/(?:{_ID}/(?:preview|(?:(?:photos|projections|controls|bands|content)-)?{_NUMBER})|images/{_NUMBER}/(?:taken-)?{_NUMBER})\.webp"
)
_WEBP = "data:image/webp;base64,"


@dataclass(frozen=True)
class Published:
    """The content of a file as it is handed on, and its media type."""

    content: bytes
    kind: str


@dataclass(frozen=True)
class _Sort:
    kind: str
    made: Callable[[bytes, str], bytes]


def published(folder: Path, path: str) -> Published:
    """What is handed on for a path of an atlas's folder, such as "pictures/03-features.8/174.webp".

    Raises FileNotFoundError where the path is none of an atlas's, or there is no such file; StoreError where what is
    there is not what it should be, or lies elsewhere.
    """
    if path in PAGE_KINDS:
        return Published(page_file(path), PAGE_KINDS[path])
    sort = _sort(path)
    if sort is None:
        raise FileNotFoundError(f"'{path}' is no file of an atlas's page")
    content = inside(folder, path, most=MOST).read_bytes()
    try:
        return Published(sort.made(content, own_path(path)), sort.kind)
    except ValueError as error:
        raise StoreError(f"{folder / path} is not what an atlas holds there: {error}; make the atlas again") from error


def page_file(name: str) -> bytes:
    """A file of the page, from the package."""
    return files("convscope.atlas.page").joinpath(name).read_bytes()


def is_published(path: str) -> bool:
    """Whether a path is that of a file which is handed on.

    >>> is_published("data/network.js"), is_published("data/evil.js"), is_published("data/../store/network.js")
    (True, False, False)
    """
    return path in PAGE_KINDS or _sort(path) is not None


def own_path(path: str) -> str:
    """The path within the atlas that a file belongs to: that of one beside another begins with its place.

    >>> own_path("atlases/epoch-10/data/network.js"), own_path("data/network.js")
    ('data/network.js', 'data/network.js')
    """
    parts = path.split("/", 2)
    return parts[2] if len(parts) == 3 and parts[0] == "atlases" and is_name(parts[1]) else path


def _sort(path: str) -> _Sort | None:
    own = own_path(path)
    if _DATA.fullmatch(own):
        return _Sort("text/javascript; charset=utf-8", _data)
    if _PICTURE.fullmatch(own):
        return _Sort("image/webp", _webp)
    parts = own.split("/")
    if len(parts) == 3 and parts[0] == "experiments" and is_name(parts[1]) and is_name(parts[2]):
        return _TABLE if parts[2] == "table.csv" else _FIGURES.get(Path(parts[2]).suffix)
    return None


def _data(content: bytes, path: str) -> bytes:
    address = path.removeprefix("data/").removesuffix(".js")
    value = value_of(content, address)
    if address.startswith("sprites/") and not _is_webp_address(value):
        raise ValueError("it hands over something else than a picture")
    return script(address, value)


def _is_webp_address(value: Any) -> bool:
    if not isinstance(value, str) or not value.startswith(_WEBP):
        return False
    try:
        _webp(base64.b64decode(value.removeprefix(_WEBP), validate=True), "")
    except (ValueError, binascii.Error):
        return False
    return True


def _webp(content: bytes, _: str) -> bytes:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise ValueError("it is no WebP picture")
    return content


def _png(content: bytes, _: str) -> bytes:
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("it is no PNG picture")
    return content


def _jpeg(content: bytes, _: str) -> bytes:
    if not content.startswith(b"\xff\xd8\xff"):
        raise ValueError("it is no JPEG picture")
    return content


def _svg(content: bytes, _: str) -> bytes:
    return redrawn(content)


def _csv(content: bytes, _: str) -> bytes:
    if "\0" in content.decode("utf-8"):
        raise ValueError("it is no text")
    return content


_TABLE = _Sort("text/csv; charset=utf-8", _csv)
_FIGURES = {
    ".png": _Sort("image/png", _png),
    ".jpg": _Sort("image/jpeg", _jpeg),
    ".webp": _Sort("image/webp", _webp),
    ".svg": _Sort("image/svg+xml", _svg),
}

__all__ = ["MOST", "PAGE_KINDS", "Published", "is_published", "own_path", "page_file", "published"]
