"""Arrays and what is said of them as one safetensors file that tells whether it is as it was written.

The file's metadata holds a SHA-256 over the names, types, shapes and contents of the arrays and over what is said. Any
reader of safetensors reads it; ours believes nothing that does not hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from convscope.files import parse_json

__all__ = ["Arrays", "header_of", "said_in", "seal", "unseal"]

Arrays = dict[str, NDArray[Any]]

_KEY = "convscope"  # of the metadata: one key only, since safetensors writes several in no fixed order


def seal(arrays: Arrays, said: Mapping[str, Any]) -> bytes:
    """The bytes of a file with these arrays; `said` is plain values.

    >>> unseal(seal({"a": np.arange(3)}, {"count": 3}))
    ({'a': array([0, 1, 2])}, {'count': 3})
    """
    return save(arrays, {_KEY: _dump({"said": said, "sha256": _digest(arrays, said)})})


def unseal(content: bytes) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of a file, and what is said of them.

    Raises:
        ValueError: if the bytes are no such file, or not as they were written.
    """
    sealed = _sealed(header_of(content))
    try:
        arrays = load(content)
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"no safetensors: {error}") from error
    if sealed.get("sha256") != _digest(arrays, sealed["said"]):
        raise ValueError("its content is not what its checksum says")
    return arrays, sealed["said"]


def header_of(start: bytes) -> bytes:
    """The JSON text that a safetensors file begins with, of the file or of its first bytes; "" where it is cut off."""
    size = int.from_bytes(start[:8], "little")
    return start[8 : 8 + size] if len(start) >= 8 + size else b""


def said_in(header: bytes) -> dict[str, Any]:
    """What a file says of its arrays, which are not looked at; raises ValueError where it says nothing."""
    return _sealed(header)["said"]


def _sealed(header: bytes) -> dict[str, Any]:
    found = parse_json(header)
    metadata = found.get("__metadata__") if isinstance(found, dict) else None
    text = metadata.get(_KEY) if isinstance(metadata, dict) else None
    sealed = parse_json(text) if isinstance(text, str) else None
    if not isinstance(sealed, dict) or not isinstance(sealed.get("said"), dict):
        raise ValueError("it does not say what it is, or is of an earlier version")
    return sealed


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)


def _digest(arrays: Arrays, said: Mapping[str, Any]) -> str:
    found = hashlib.sha256(_dump(said).encode())
    for name, array in sorted(arrays.items()):
        found.update(f"\0{name!r}{array.dtype.str}{array.shape}\0".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
