"""What one image of a collection may cost: time and memory of a file are bounded, and the bounds are options.

A source carries its allowance with it, from `open_source` to wherever an image of it is read and decoded.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

from convscope.errors import ImageError, UsageError
from convscope.files import read_regular

MAX_PIXELS = 89_478_485
"""The most pixels an image may have by default. Decoding takes up to 9 bytes of memory a pixel besides the file, for
each thread that does it (0.8 GB for a picture at the limit), and three more where the picture is turned upright; PNG of
16 bits in colours takes up to 12, WebP up to 16, JPEG 2000 up to 20."""
MAX_BYTES = 1 << 29
"""The most bytes the file of an image may have by default: 512 MiB, or six bytes for each of `MAX_PIXELS`."""
_MORE_BYTES = "max_bytes= admits more"


@dataclass(frozen=True)
class Allowance:
    """What one image may cost: the pixels it may have, and the bytes its file may have.

    Raises UsageError for less than one of either.
    """

    pixels: int = MAX_PIXELS
    file_bytes: int = MAX_BYTES

    def __post_init__(self) -> None:
        if self.pixels < 1 or self.file_bytes < 1:
            raise UsageError(f"an image has at least one pixel and one byte, found {self.pixels} and {self.file_bytes}")

    def mark(self) -> bytes:
        """What it adds to a fingerprint, as other images may be left out under it: nothing for the usual one."""
        return b"" if self == USUAL else f"allowance\0{self.pixels}\0{self.file_bytes}\n".encode()

    def read(self, path: Any) -> bytes:
        """The bytes of an image's file; raises ImageError where it cannot be read, is no regular file, or has more."""
        try:
            return read_regular(path, self.file_bytes)
        except ValueError as error:
            if "more than the limit" not in str(error):
                raise ImageError(f"the file is not read: {error}") from error
            raise ImageError(f"the file is not read: {error}: {_MORE_BYTES}") from error
        except OSError as error:
            raise ImageError(f"the file cannot be read: {error.strerror or error}") from error

    def admit(self, size: int) -> None:
        """Raise ImageError where an image's encoded bytes, not yet read, are more than they may be."""
        if size > self.file_bytes:
            raise ImageError(f"the image has {size} bytes, more than the limit of {self.file_bytes}: {_MORE_BYTES}")


USUAL = Allowance()
"""The allowance of a source that nothing else was said of."""


def allowance_of(source: Any) -> Allowance:
    """The allowance that a source carries, or the usual one for a source that knows of none."""
    found = getattr(source, "allowance", None)
    return found if isinstance(found, Allowance) else USUAL


def allowed(source: Any, *, max_pixels: int | None = None, max_bytes: int | None = None) -> Any:
    """The source with another allowance, as far as one is given; also where it is a part or a cache of another.

    Raises UsageError for a source that carries none.
    """
    if max_pixels is None and max_bytes is None:
        return source
    now = allowance_of(source)
    wanted = Allowance(
        now.pixels if max_pixels is None else max_pixels, now.file_bytes if max_bytes is None else max_bytes
    )
    parts = {part.name for part in fields(source)} if hasattr(source, "__dataclass_fields__") else set()
    if "allowance" in parts:
        return replace(source, allowance=wanted)
    for name in ("source", "inner"):
        if name in parts:
            inner = allowed(getattr(source, name), max_pixels=wanted.pixels, max_bytes=wanted.file_bytes)
            return replace(source, **{name: inner})
    raise UsageError(
        f"max_pixels= and max_bytes= mean nothing to a {type(source).__name__}: give them where its images are opened"
    )
