"""Reading pickles of NumPy arrays, and nothing else.

A pickle names functions and classes and says how to call them: loading one can run anything. The reader here knows four
names, all of NumPy, and gives each a meaning of its own that can only make an array of numbers.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from convscope.errors import WeightsError


def load_arrays(path: Path) -> Any:
    """What a pickle of NumPy arrays in plain containers holds; nothing but arrays is ever constructed.

    Raises:
        WeightsError: if the pickle refers to anything else, whatever it is, or is damaged.
    """
    try:
        with path.open("rb") as file:
            return _ArrayUnpickler(file).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise WeightsError(
            f"cannot read '{path}' as a pickle of NumPy arrays: {error}; "
            "if you trust the file, convert it to .safetensors or .npz with the program that wrote it"
        ) from error


class _Array:
    """Stands for numpy.ndarray in a pickle, so that the class itself cannot be called from there."""


def _empty_array(*_: object) -> np.ndarray:
    # Its shape, dtype and bytes follow in the pickle as the array's state.
    return np.ndarray((0,), np.int8)


def _numeric_dtype(spec: object, *_: object) -> np.dtype:
    dtype = np.dtype(spec) if isinstance(spec, str) else None
    if dtype is None or dtype.kind not in "biuf":
        raise pickle.UnpicklingError(f"an array of dtype {spec!r} is not a plain array of numbers")
    return dtype


class _ArrayUnpickler(pickle.Unpickler):
    _ADMITTED: Mapping[tuple[str, str], Any] = {
        ("numpy.core.multiarray", "_reconstruct"): _empty_array,
        ("numpy._core.multiarray", "_reconstruct"): _empty_array,
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _numeric_dtype,
    }

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return self._ADMITTED[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"it refers to {module_name}.{global_name}, which is no NumPy array") from None
