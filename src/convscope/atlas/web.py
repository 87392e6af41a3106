"""Data for the page, as classic scripts: `__atlas("layers/03-fc", {...});`.

A page opened from disk may add script elements, and nothing else that brings data (modules, fetch and workers are
blocked on file://). So every piece of data is a call of one function with its address and its value.
"""

import json
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray


def script(address: str, value: Any) -> bytes:
    """The script, in ASCII, that hands `value` to the page under `address`.

    Every character beyond ASCII is escaped, whatever encoding the page is read in, and U+2028 and U+2029 with them;
    `<` too, so that no text can end the script or begin a comment, wherever the script is put. Raises ValueError for
    numbers that JSON does not have: use `numbers` for arrays.

    >>> script("a", {"name": "</script>"})
    b'__atlas("a",{"name":"\\\\u003c/script>"});\\n'
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return f"__atlas({json.dumps(address)},{text});\n".replace("<", "\\u003c").encode("ascii")


def numbers(values: NDArray[Any]) -> list[Any]:
    """An array as nested lists for JSON; floating-point numbers in their shortest exact form, None where not finite.

    >>> numbers(np.array([[0.1, np.nan], [1.0, -np.inf]], np.float32))
    [[0.1, None], [1.0, None]]
    """
    if values.dtype.kind in "iub":
        return values.tolist()
    if values.ndim > 1:
        return [numbers(row) for row in values]
    return [float(text) if np.isfinite(x) else None for x, text in zip(values, values.astype(str), strict=True)]


def printable(text: str) -> str:
    """The text with what no encoding can hold (parts of file names that are not UTF-8) replaced by U+FFFD.

    >>> printable("caf\\udce9.jpg")
    'caf\\ufffd.jpg'
    """
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
