"""Reading pickles of NumPy arrays, and nothing else.

A pickle names functions and classes and says how to call them: loading one can run anything. The reader here knows the
few names that NumPy writes arrays with, and puts stand-ins of its own in their places: a pickle reaches no function of
NumPy, and the arrays are made afterwards from the bytes, shapes and types that it held.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from convscope.errors import WeightsError

_DEEPEST = 16


def load_arrays(path: Path) -> Any:
    """What a pickle of NumPy arrays of numbers in dictionaries, lists and tuples holds.

    Raises:
        WeightsError: if the pickle refers to anything else, whatever it is, or is damaged.
    """
    try:
        with path.open("rb") as file:
            return _finished(_ArrayUnpickler(file).load())
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, LookupError, MemoryError) as error:
        raise WeightsError(
            f"cannot read '{path}' as a pickle of NumPy arrays: {error}; "
            "if you trust the file, convert it to .safetensors or .npz with the program that wrote it"
        ) from error


class _Dtype:
    """Stands for numpy.dtype; what its state adds is the byte order."""

    def __init__(self, code: object, *_: object) -> None:
        dtype = np.dtype(code) if isinstance(code, str) else None
        if dtype is None or dtype.kind not in "biuf":
            raise pickle.UnpicklingError(f"an array of dtype {code!r} is not a plain array of numbers")
        self.dtype = dtype

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stands for numpy.ndarray: called with whatever, it is empty until its state or `_from_buffer` fills it."""

    array: np.ndarray | None = None

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, columns_first, content = state
        self.array = _array(content, dtype, shape, "F" if columns_first else "C")


def _from_buffer(content: object, dtype: object, shape: object, order: object) -> _Array:
    made = _Array()
    made.array = _array(content, dtype, shape, order)
    return made


def _array(content: object, dtype: object, shape: object, order: object) -> np.ndarray:
    if (
        isinstance(content, bytes | bytearray)
        and isinstance(dtype, _Dtype)
        and isinstance(shape, tuple)
        and all(isinstance(side, int) and side >= 0 for side in shape)
        and len(content) == prod(shape) * dtype.dtype.itemsize
    ):
        flat = np.frombuffer(content, dtype.dtype)
        shaped = flat.reshape(shape, order="F" if order == "F" else "C")
        # A copy, as bytes cannot be written to; in the machine's byte order, as torch has no other.
        return shaped.astype(dtype.dtype.newbyteorder("="), order="C", copy=True)
    raise pickle.UnpicklingError("an array in it is not made of bytes, a type and a shape that fit")


class _ArrayUnpickler(pickle.Unpickler):
    _ADMITTED: Mapping[tuple[str, str], Any] = {
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Dtype,
        ("numpy.core.multiarray", "_reconstruct"): _Array,
        ("numpy._core.multiarray", "_reconstruct"): _Array,
        ("numpy.core.numeric", "_frombuffer"): _from_buffer,  # protocol 5
        ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    }

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return self._ADMITTED[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"it refers to {module_name}.{global_name}, which is no NumPy array") from None


def _finished(value: Any, depth: int = 0) -> Any:
    """The value with arrays for their stand-ins."""
    if depth > _DEEPEST:
        raise pickle.UnpicklingError(f"its containers are nested more than {_DEEPEST} deep")
    if isinstance(value, dict):
        return {key: _finished(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_finished(item, depth + 1) for item in value)
    if isinstance(value, _Array) and value.array is not None:
        return value.array
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    raise pickle.UnpicklingError("it holds something that is neither an array nor a plain value")
