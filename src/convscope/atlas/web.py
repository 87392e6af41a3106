"""Data for the page, as classic scripts: `__atlas("layers/03-fc", {...});`.

A page opened from disk may add script elements, and nothing else that brings data (modules, fetch and workers are
blocked on file://). So every piece of data is a call of one function with its address and its value.

A script that came with an atlas is read as data, never run: `value_of` admits our own beginning, strict JSON and our
own end, and whoever gives it on writes it anew with `script`.
"""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.errors import StoreError


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


def value_of(content: bytes, address: str) -> Any:
    """The value that the script of an address hands over.

    Raises ValueError for everything else than what `script` could have written, up to white space in the JSON: another
    address, other code around the value, numbers or keys that mean something else in a script than in JSON.

    >>> value_of(script("a", {"name": [1, None]}), "a")
    {'name': [1, None]}
    >>> value_of(b'__atlas("a",1);alert(1);', "a")
    Traceback (most recent call last):
    ValueError: it is no script of the data 'a'
    """
    head, tail = f"__atlas({json.dumps(address)},".replace("<", "\\u003c"), ");\n"
    text = content.decode("ascii", "surrogateescape")
    if not (text.startswith(head) and text.endswith(tail) and text.isascii()):
        raise ValueError(f"it is no script of the data '{address}'")
    try:
        value = json.loads(text[len(head) : -len(tail)], parse_constant=_refuse)
        again = script(address, value)
    except RecursionError as error:
        raise ValueError("its lists are nested too deeply") from error
    if b'"__proto__":' in again:  # a key in JSON, but a prototype in a script
        raise ValueError("it has a key '__proto__'")
    return value


def parsed(text: str | bytes) -> Any:
    """The value of a JSON text, whose numbers are all such that `script` can hand them on.

    Raises ValueError where it is none, or has others; RecursionError where it is nested too deeply.
    """
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def _finite(digits: str) -> float:
    return float(digits) if math.isfinite(float(digits)) else _refuse(digits)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


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


def short(value: float | np.floating) -> float:
    """The number with six significant digits, which is what a page needs of it.

    >>> short(1 / 3)
    0.333333
    """
    return float(f"{value:.6g}")


def printable(text: str) -> str:
    """The text with what no encoding can hold (parts of file names that are not UTF-8) replaced by U+FFFD.

    >>> printable("caf\\udce9.jpg")
    'caf\\ufffd.jpg'
    """
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def read_script(path: Path) -> Any:
    """The value that a data script of an atlas hands over; raises StoreError where it is no such script."""
    parts = path.parts
    place = len(parts) - 1 - parts[::-1].index("data")
    try:
        return value_of(path.read_bytes(), "/".join(parts[place + 1 :]).removesuffix(".js"))
    except ValueError as error:
        raise StoreError(f"{path} is no data script ({error}): build the atlas again") from error
