"""Reading pickles as data: what a pickle says is written down, and nothing of it is looked up, called or changed.

A pickle is a program for a small machine with a stack: it names functions and classes and says how to call them, so
loading one with `pickle` can run anything. The machine here follows the same instructions and has no way to reach
Python: a name becomes a `Named`, a call a `Made` that says what would have been called with what. What the reader of a
file knows, such as arrays and tensors, is made afterwards from these, by `convscope.models.described` and by the
functions below; the rest (Namespaces, dates, enums, classes of a stranger's package) stays a description.

A pickle can also say little and mean much: a list that holds itself ten times, ten times over; a memo of two thousand
million places; one string of bytes that is a thousand arrays. So its instructions are counted, the memo is a
dictionary, and what arrays are made of is counted: all stays in proportion to the file.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from convscope.errors import WeightsError

MOST = 1_000_000
"""Instructions that a pickle of arrays may have, and values that it may hold, each counted as often as it is held."""
_DEEPEST = 16
_AXES = 32

DAMAGE = (
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
"""What a pickle that is damaged, or meant to do damage, makes of being read."""


# -- what a pickle says -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Named:
    """A function or class that a pickle refers to; it is not looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Made:
    """What calling `maker` would have made, and what would have been done to it then; nothing is called."""

    maker: Any
    arguments: Any = ()
    state: Any = None
    items: list[Any] = field(default_factory=list)
    pairs: dict[Any, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.maker) if isinstance(self.maker, Named) else "something made by a function"


@dataclass(frozen=True, eq=False)
class Persistent:
    """What a pickle leaves to its reader to find: torch's storages."""

    what: Any


Admit = Callable[[Named], None]
"""Raises UnpicklingError for a name that a pickle must not have."""

# No program that saves weights refers to these; a file that does was made to run them.
_PROGRAM_NAMES = (
    "os posix nt subprocess sys shutil socket runpy importlib pty ctypes _ctypes code codeop webbrowser pdb bdb timeit "
    "marshal imp pydoc cProfile profile commands multiprocessing pkgutil zipimport http urllib ftplib"
)
_BUILTIN_NAMES = "eval exec compile __import__ open input breakpoint globals locals setattr delattr vars"
_PROGRAMS, _BUILTINS = frozenset(_PROGRAM_NAMES.split()), frozenset(_BUILTIN_NAMES.split())


def admit_descriptions(named: Named) -> None:
    """Raise UnpicklingError for names that only a file made to do damage has; whatever else it names is described."""
    root = named.module.partition(".")[0]
    hostile = root in _PROGRAMS or (root in ("builtins", "__builtin__") and named.name.split(".")[0] in _BUILTINS)
    if hostile:
        raise pickle.UnpicklingError(
            f"it asks for {named} to be run, which nothing that saves weights does: do not load it anywhere"
        )


def read_pickle(file: IO[bytes], *, admit: Admit = admit_descriptions, most: int = MOST) -> Any:
    """What the pickle at the file's place holds, with `Named`, `Made` and `Persistent` for all that is not plain.

    The file is left after the pickle's end. Raises one of `DAMAGE` where it has more than `most` instructions, names
    what is not admitted, or is none.
    """
    machine = _Machine(admit)
    for count, (code, argument, _) in enumerate(pickletools.genops(file)):
        if count >= most:
            raise pickle.UnpicklingError(f"it has more than {most} instructions")
        # Writers count up from zero.
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and isinstance(argument, int) and argument > count:
            raise pickle.UnpicklingError(f"its instruction {count} remembers a value under the number {argument}")
        machine.follow(code.name, argument)
    return machine.stack.pop()


_CONSTANT_CODES = (
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE "
    "SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
)
_CONSTANTS = frozenset(_CONSTANT_CODES.split())
_PLAIN = (str, int, float, bytes, type(None))


class _Machine:
    """The stack of a pickle, its marks and its memo."""

    def __init__(self, admit: Admit) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.admit = admit
        self.makers: dict[str, Callable[[], Any]] = {
            "NONE": lambda: None,
            "NEWTRUE": lambda: True,
            "NEWFALSE": lambda: False,
            "EMPTY_LIST": list,
            "EMPTY_TUPLE": tuple,
            "EMPTY_DICT": dict,
            "EMPTY_SET": list,  # sets would hash what they hold
            "LIST": self.since_mark,
            "FROZENSET": self.since_mark,
            "TUPLE": lambda: tuple(self.since_mark()),
            "TUPLE1": lambda: self.last(1),
            "TUPLE2": lambda: self.last(2),
            "TUPLE3": lambda: self.last(3),
            "DICT": lambda: _add_pairs({}, self.since_mark()),
            "STACK_GLOBAL": lambda: self.named(*self.last(2)),
            "REDUCE": lambda: Made(*self.last(2)),
            "NEWOBJ": lambda: Made(*self.last(2)),
            "NEWOBJ_EX": lambda: Made(*self.last(3)[:2]),
            "OBJ": self.made_since_mark,
            "BINPERSID": lambda: Persistent(self.stack.pop()),
            "DUP": lambda: self.stack[-1],
        }
        self.doers: dict[str, Callable[[], Any]] = {
            "STOP": lambda: None,
            "MARK": self.mark,
            "POP": self.pop,
            "POP_MARK": self.since_mark,
            "APPEND": lambda: self.add_items([self.stack.pop()]),
            "APPENDS": lambda: self.add_items(self.since_mark()),
            "ADDITEMS": lambda: self.add_items(self.since_mark()),
            "SETITEM": lambda: self.add_pairs(self.last(2)),
            "SETITEMS": lambda: self.add_pairs(self.since_mark()),
            "BUILD": self.build,
            "MEMOIZE": lambda: self.memo.__setitem__(len(self.memo), self.stack[-1]),
        }

    def follow(self, code: str, argument: Any) -> None:
        """Do what one instruction says, to descriptions alone; raises UnpicklingError for one that has no place."""
        if code in _CONSTANTS:
            self.stack.append(argument)
        elif code in ("BINGET", "GET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif code in ("BINPUT", "PUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif code in self.makers:
            made = self.makers[code]()  # which may put another stack in place
            self.stack.append(made)
        elif code in self.doers:
            self.doers[code]()
        elif code == "GLOBAL":
            self.stack.append(self.named(*argument.split(" ", 1)))
        elif code == "INST":
            made = Made(self.named(*argument.split(" ", 1)), tuple(self.since_mark()))
            self.stack.append(made)
        elif code == "PERSID":
            self.stack.append(Persistent(argument))
        elif code not in ("PROTO", "FRAME"):
            raise pickle.UnpicklingError(f"its instruction {code} needs more than the file")

    def named(self, module: Any, name: Any) -> Named:
        if not isinstance(module, str) or not isinstance(name, str):
            raise pickle.UnpicklingError("it refers to something whose name is no text")
        found = Named(module, name)
        self.admit(found)
        return found

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        found, self.stack = self.stack, self.below.pop()
        return found

    def last(self, count: int) -> tuple[Any, ...]:
        if len(self.stack) < count:
            raise pickle.UnpicklingError("it takes more from its stack than there is")
        found = tuple(self.stack[-count:])
        del self.stack[-count:]
        return found

    def pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.since_mark()

    def made_since_mark(self) -> Made:
        maker, *arguments = self.since_mark()
        return Made(maker, tuple(arguments))

    def add_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Made):
            target.items += items
        elif isinstance(target, list):
            target += items
        else:
            raise pickle.UnpicklingError(f"it adds to a {type(target).__name__}")

    def add_pairs(self, flat: list[Any] | tuple[Any, ...]) -> None:
        target = self.stack[-1]
        if not isinstance(target, Made | dict):
            raise pickle.UnpicklingError(f"it sets items of a {type(target).__name__}")
        _add_pairs(target.pairs if isinstance(target, Made) else target, flat)

    def build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, Made):
            raise pickle.UnpicklingError(f"it changes a {type(target).__name__}")
        target.state = state


def _add_pairs(target: dict[Any, Any], flat: list[Any] | tuple[Any, ...]) -> dict[Any, Any]:
    for key, value in zip(flat[::2], flat[1::2], strict=True):
        # Deeper tuples are not hashed: that would follow them as deep as they go.
        plain = isinstance(key, (*_PLAIN, Made, Named)) or (
            isinstance(key, tuple) and all(isinstance(part, _PLAIN) for part in key)
        )
        if not plain:
            raise pickle.UnpicklingError(f"a dictionary in it has a {type(key).__name__} for a key")
        target[key] = value
    return target


# -- arrays -----------------------------------------------------------------------------------------------------------
_CORES = ("numpy.core", "numpy._core")
_ARRAYS = (
    Named("numpy", "ndarray"),
    *(Named(f"{core}.multiarray", "_reconstruct") for core in _CORES),
)
_BUFFERS = tuple(Named(f"{core}.numeric", "_frombuffer") for core in _CORES)  # protocol 5
_DTYPE = Named("numpy", "dtype")


def load_arrays(source: Path | bytes, *, name: str | None = None) -> Any:
    """What a pickle of NumPy arrays of numbers in dictionaries, lists and tuples holds, in a file or in bytes.

    `name` is what messages call it, by default its path.

    Raises:
        WeightsError: if the pickle refers to anything else, whatever it is, is out of proportion, or is damaged.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            held = read_pickle(file, admit=_admit_arrays)
            return _Finisher(file.tell()).finish(held)
    except DAMAGE as error:
        raise WeightsError(
            f"cannot read '{name or source!s}' as a pickle of NumPy arrays: {error}; "
            "if you trust the file, convert it to .safetensors or .npz with the program that wrote it"
        ) from error


def _admit_arrays(named: Named) -> None:
    if named not in (*_ARRAYS, *_BUFFERS, _DTYPE):
        raise pickle.UnpicklingError(f"it refers to {named}, which is no NumPy array")


def array_parts(value: Any) -> tuple[Any, Any, Any, Any] | None:
    """The bytes, type, shape and order ("C" or "F") that a pickled array is said to have; None for what is no array."""
    if not isinstance(value, Made):
        return None
    if value.maker in _BUFFERS and isinstance(value.arguments, tuple) and len(value.arguments) == 4:
        return value.arguments
    if value.maker in _ARRAYS and isinstance(value.state, tuple) and len(value.state) == 5:
        _, shape, dtype, columns_first, content = value.state
        return content, dtype, shape, "F" if columns_first else "C"
    return None


def array_of(content: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    """The array of these parts, in memory of its own; raises UnpicklingError where they do not fit together."""
    kind, flat = dtype_of(dtype), bytes_of(content)
    if (
        flat is not None
        and isinstance(shape, tuple)
        and len(shape) <= _AXES
        and all(type(side) is int and 0 <= side < 2**62 for side in shape)
        and len(flat) == prod(shape) * kind.itemsize
    ):
        shaped = np.frombuffer(flat, kind).reshape(shape, order="F" if order == "F" else "C")
        # A copy, as bytes cannot be written to; in the machine's byte order, as torch has no other.
        return shaped.astype(kind.newbyteorder("="), order="C", copy=True)
    raise pickle.UnpicklingError("an array in it is not made of bytes, a type and a shape that fit")


def dtype_of(value: Any) -> np.dtype[Any]:
    """The type of numbers that a pickle describes; raises UnpicklingError for any other type."""
    known = isinstance(value, Made) and value.maker == _DTYPE and isinstance(value.arguments, tuple)
    code = next(iter(value.arguments), None) if known else None
    dtype = np.dtype(code) if isinstance(code, str) else None
    if dtype is None or dtype.kind not in "biuf":
        raise pickle.UnpicklingError(f"an array of dtype {code!r} is not a plain array of numbers")
    state: Any = value.state
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else None
    return dtype.newbyteorder(order) if order in ("<", ">") else dtype


def bytes_of(value: Any) -> bytes | bytearray | None:
    """The bytes that a pickle says in one of its ways; older protocols have none of their own."""
    if isinstance(value, bytes | bytearray):
        return value
    if isinstance(value, str):  # Python 2
        return value.encode("latin-1")
    if isinstance(value, Made) and str(value.maker) == "_codecs.encode" and isinstance(value.arguments, tuple):
        text, *encoding = value.arguments
        return text.encode("latin-1") if isinstance(text, str) and encoding == ["latin1"] else None
    return None


@dataclass
class _Finisher:
    """What a pickle held with arrays for their descriptions, counted as it is put together."""

    room: int
    """Bytes of arrays that may still be made: as many as the file has."""
    values: int = 0
    made: dict[int, np.ndarray] = field(default_factory=dict)
    """Arrays by the identity of their description, which is one however often it is held."""

    def finish(self, value: Any, depth: int = 0) -> Any:
        """The value, or UnpicklingError."""
        if depth > _DEEPEST:
            raise pickle.UnpicklingError(f"its containers are nested more than {_DEEPEST} deep")
        self.values += 1
        if self.values > MOST:
            raise pickle.UnpicklingError(f"it holds more than {MOST} values, some of them many times over")
        if isinstance(value, dict):
            return {self._key(key): self.finish(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.finish(item, depth + 1) for item in value)
        parts = array_parts(value)
        if parts is not None:
            return self._array(value, *parts)
        if isinstance(value, _PLAIN):
            return value
        raise pickle.UnpicklingError("it holds something that is neither an array nor a plain value")

    def _key(self, key: Any) -> Any:
        if isinstance(key, _PLAIN):
            return key
        raise pickle.UnpicklingError(f"a dictionary in it has a key that is no plain value but a {type(key).__name__}")

    def _array(self, described: Made, content: Any, *rest: Any) -> np.ndarray:
        if id(described) not in self.made:
            self.room -= len(bytes_of(content) or b"")
            if self.room < 0:
                raise pickle.UnpicklingError("its arrays are larger together than the file: they share their bytes")
            self.made[id(described)] = array_of(content, *rest)
        return self.made[id(described)]
