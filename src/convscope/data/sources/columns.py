"""What tables of images have in common: usual names of columns, and cells that hold an encoded image."""

from pathlib import Path
from typing import Any

from convscope.errors import ImageError

IMAGE_COLUMNS = ("image", "img", "jpg", "jpeg", "png", "picture", "photo", "bytes")
"""Column names that are taken for the images where several columns could be."""
LABEL_COLUMNS = ("label", "labels", "class", "class_index", "cls", "target", "fine_label")
"""Column names that are taken for the label, in this order."""


def image_bytes(value: Any) -> bytes:
    """The encoded image of a table's cell: bytes, or a mapping with `bytes`, or with the `path` of a file.

    Raises ImageError for an empty cell, and for a file that cannot be read.

    >>> image_bytes({"bytes": b"abc", "path": "x.jpg"})
    b'abc'
    """
    if isinstance(value, dict):
        if value.get("bytes") is None and value.get("path"):
            try:
                return Path(value["path"]).read_bytes()
            except OSError as error:
                raise ImageError(f"the table names a file that cannot be read: {error.strerror or error}") from error
        value = value.get("bytes")
    if not isinstance(value, bytes):
        raise ImageError("the table's cell holds no image" if value is None else f"a {type(value).__name__}, not bytes")
    return value
