"""What libraries that decode images raise on damaged files, and the one error that stands for all of it.

One file must not end a scan of a million. The list is what mutated files made them raise: an error of any other kind is
a fault of ours, and passes.
"""

from __future__ import annotations

import lzma
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from convscope.errors import ImageError, SourceError

DAMAGE: tuple[type[BaseException], ...] = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # NotImplementedError among them, and all of imagecodecs' errors
    MemoryError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    Warning,  # raised where the user turned warnings into errors
)
"""Errors of Python and of what comes with it."""
_OWN = {"tifffile": ("TiffFileError",), "pydicom.errors": ("InvalidDicomError", "BytesLengthException")}
"""Errors of libraries that derive from none of these."""


def damage() -> tuple[type[BaseException], ...]:
    """All errors that a damaged file makes libraries raise, as far as they are imported."""
    own = (getattr(sys.modules[module], name, None) for module, names in _OWN.items() if module in sys.modules
           for name in names)  # fmt: skip
    return (*DAMAGE, *(error for error in own if isinstance(error, type)))


@contextmanager
def damage_as(name: str) -> Iterator[None]:
    """A block whose errors of decoding become one ImageError about a damaged `name`.

    >>> with damage_as("file"):
    ...     raise struct.error("unpack requires a buffer of 4 bytes")
    Traceback (most recent call last):
    convscope.errors.ImageError: damaged file: unpack requires a buffer of 4 bytes
    """
    try:
        yield
    except (ImageError, SourceError):
        raise
    except damage() as error:
        raise damaged(error, name) from error


def damaged(error: BaseException, name: str) -> ImageError:
    """The error to raise for what a library raised."""
    word = "truncated" if "truncated" in str(error).lower() else "damaged"
    return ImageError(f"{word} {name}: {plain(error)}")


def plain(error: BaseException) -> str:
    """The message of an error of another library, the same in every run: without addresses of objects."""
    text = str(error).partition(" at 0x")[0].strip().rstrip(".")
    return text or type(error).__name__


__all__ = ["DAMAGE", "damage", "damage_as", "damaged", "plain"]
