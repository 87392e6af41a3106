"""Reading pickles of NumPy arrays, and nothing else.

A pickle names functions and classes and says how to call them: loading one can run anything. The reader here knows the
few names that NumPy writes arrays with, and puts stand-ins of its own in their places: a pickle reaches no function of
NumPy, and the arrays are made afterwards from the bytes, shapes and types that it held.

A pickle can also say little and mean much: a list that holds itself ten times, ten times over; a memo of two thousand
million places; one string of bytes that is a thousand arrays. So its instructions are counted before they are followed,
and what it holds is counted while it is put together: both stay in proportion to the file.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from convscope.errors import WeightsError

_DEEPEST = 16
_MOST = 1_000_000
"""Instructions that a pickle may have, and values that it may hold, each counted as often as it is held."""
_AXES = 32

_DAMAGE = (
    pickle.UnpicklingError,
    EOFError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    MemoryError,
    RecursionError,
)


def load_arrays(source: Path | bytes, *, name: str | None = None) -> Any:
    """What a pickle of NumPy arrays of numbers in dictionaries, lists and tuples holds, in a file or in bytes.

    `name` is what messages call it, by default its path.

    Raises:
        WeightsError: if the pickle refers to anything else, whatever it is, is out of proportion, or is damaged.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            _check_instructions(file)
            size = file.tell()
            file.seek(0)
            return _Finisher(size).finish(_ArrayUnpickler(file).load())
    except _DAMAGE as error:
        raise WeightsError(
            f"cannot read '{name or source!s}' as a pickle of NumPy arrays: {error}; "
            "if you trust the file, convert it to .safetensors or .npz with the program that wrote it"
        ) from error


def _check_instructions(file: IO[bytes]) -> None:
    """Raise UnpicklingError where following the pickle would take memory that its size does not tell."""
    for count, (code, argument, _) in enumerate(pickletools.genops(file)):
        if count >= _MOST:
            raise pickle.UnpicklingError(f"it has more than {_MOST} instructions")
        # The memo is a list as long as its largest index, and writers count up from zero.
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and isinstance(argument, int) and argument > count:
            raise pickle.UnpicklingError(f"its instruction {count} remembers a value under the number {argument}")


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
    """Stands for numpy.ndarray: called with whatever, it is empty until its state says what it holds."""

    parts: tuple[object, object, object, object] | None = None
    """Bytes, type, shape and "C" or "F"."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, columns_first, content = state
        self.parts = (content, dtype, shape, "F" if columns_first else "C")


class _Buffer(_Array):
    """Stands for the function that arrays are made by in protocol 5; a class, as a pickle can add to a function."""

    def __init__(self, content: object, dtype: object, shape: object, order: object) -> None:
        super().__init__()
        self.parts = (content, dtype, shape, order)


def _array(content: object, dtype: object, shape: object, order: object) -> np.ndarray:
    if (
        isinstance(content, bytes | bytearray)
        and isinstance(dtype, _Dtype)
        and isinstance(shape, tuple)
        and len(shape) <= _AXES
        and all(isinstance(side, int) and 0 <= side < 2**62 for side in shape)
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
        ("numpy.core.numeric", "_frombuffer"): _Buffer,  # protocol 5
        ("numpy._core.numeric", "_frombuffer"): _Buffer,
    }

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return self._ADMITTED[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"it refers to {module_name}.{global_name}, which is no NumPy array") from None


@dataclass
class _Finisher:
    """What a pickle held with arrays for their stand-ins, counted as it is put together."""

    room: int
    """Bytes of arrays that may still be made: as many as the file has."""
    values: int = 0
    made: dict[int, np.ndarray] = field(default_factory=dict)
    """Arrays by the identity of their stand-in, which is one however often it is held."""

    def finish(self, value: Any, depth: int = 0) -> Any:
        """The value, or UnpicklingError."""
        if depth > _DEEPEST:
            raise pickle.UnpicklingError(f"its containers are nested more than {_DEEPEST} deep")
        self.values += 1
        if self.values > _MOST:
            raise pickle.UnpicklingError(f"it holds more than {_MOST} values, some of them many times over")
        if isinstance(value, dict):
            return {self._key(key): self.finish(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.finish(item, depth + 1) for item in value)
        if isinstance(value, _Array) and value.parts is not None:
            return self._array(value)
        if value is None or isinstance(value, str | int | float | bytes):
            return value
        raise pickle.UnpicklingError("it holds something that is neither an array nor a plain value")

    def _key(self, key: Any) -> Any:
        if key is None or isinstance(key, str | int | float | bytes):
            return key
        raise pickle.UnpicklingError(f"a dictionary in it has a key that is no plain value but a {type(key).__name__}")

    def _array(self, stand_in: _Array) -> np.ndarray:
        if id(stand_in) not in self.made and stand_in.parts is not None:
            content = stand_in.parts[0]
            self.room -= len(content) if isinstance(content, bytes | bytearray) else 0
            if self.room < 0:
                raise pickle.UnpicklingError("its arrays are larger together than the file: they share their bytes")
            self.made[id(stand_in)] = _array(*stand_in.parts)
        return self.made[id(stand_in)]
