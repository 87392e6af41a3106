"""What tables of images have in common: usual names of columns, and cells that hold an image, encoded or as numbers."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data.allowance import Allowance
from convscope.errors import ImageError

IMAGE_COLUMNS = ("image", "img", "jpg", "jpeg", "png", "picture", "photo", "bytes")
"""Column names that are taken for the images where several columns could be."""
LABEL_COLUMNS = (
    "label", "labels", "class", "class_index", "class_id", "cls", "target", "targets", "fine_label", "category",
)  # fmt: skip
"""Column names that are taken for the label, in this order, whatever their case."""


def column_key(name: str) -> str:
    """The name of a column as those above are written.

    >>> column_key(" Image Path"), column_key("File-Name"), column_key("imagePath"), column_key("filename")
    ('image_path', 'file_name', 'image_path', 'file_name')
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    key = re.sub(r"[\s\-_]+", "_", spaced).lower()
    return re.sub(r"^(image|img|file|class|label)(path|name|file|index|id)$", r"\1_\2", key)


def label_columns(names: Iterable[str]) -> list[str]:
    """The columns of those names that are taken for the label, the likeliest first."""
    known = {column_key(name): name for name in names}
    return [known[usual] for usual in LABEL_COLUMNS if usual in known]


def image_bytes(value: Any, allowance: Allowance) -> bytes:
    """The encoded image of a table's cell: bytes, or a mapping with `bytes`, or with the `path` of a file.

    Raises ImageError for an empty cell, for a file that cannot be read, and for more bytes than are allowed.

    >>> image_bytes({"bytes": b"abc", "path": "x.jpg"}, Allowance())
    b'abc'
    """
    if isinstance(value, dict):
        if value.get("bytes") is None and value.get("path"):
            try:
                return allowance.read(value["path"])
            except ImageError as error:
                said = str(error).removeprefix("the file ")
                raise ImageError(f"the table names a file that {said}") from error
        value = value.get("bytes")
    if not isinstance(value, bytes):
        raise ImageError("the table's cell holds no image" if value is None else f"a {type(value).__name__}, not bytes")
    allowance.admit(len(value))
    return value


def nested_array(value: Any, dtype: str | None, allowance: Allowance) -> NDArray[Any]:
    """The values (H, W) or of three sides of a table's cell that holds lists of lists of numbers.

    Raises ImageError for an empty cell, for lists of different lengths, and for more bytes than are allowed.

    >>> nested_array([[1, 2], [3, 4]], "uint8", Allowance()).dtype
    dtype('uint8')
    """
    if value is None:
        raise ImageError("the table's cell holds no image")
    try:
        found = np.array(value, dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise ImageError(f"the table's cell holds no array: {error}") from error
    if found.ndim not in (2, 3) or found.dtype.kind not in "buif":
        raise ImageError(f"the table's cell holds {found.dtype} {found.shape}, and an image has two or three sides")
    allowance.admit(found.nbytes)
    return found
