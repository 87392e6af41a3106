"""How what is found shows itself: in a notebook, and as one line where it is printed."""

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from os import PathLike, fspath
from textwrap import shorten
from typing import Any, TypeVar

LINE = 110
"""Characters of the line that something is printed as, at most."""

_WIDE = 40  # characters of a field's value


class Shown:
    """Something that a notebook displays; how, `convscope.notebook` knows, which is loaded when it is asked.

    The rooms that compute import nothing that draws. This is the only way back up, and it is by name.
    """

    def _repr_html_(self) -> str:
        return import_module("convscope.notebook").html_of(self)


C = TypeVar("C", bound=type[Any])


def brief(kind: C) -> C:
    """The class, whose instances are printed as one line: what they describe themselves as, else their fields.

    Arrays are shown by their shape, long lists by their length. For dataclasses that hold such.

    >>> from dataclasses import dataclass
    >>> @brief
    ... @dataclass
    ... class Found:
    ...     layer: str
    ...     rows: list[int]
    >>> Found("conv1", list(range(1000)))
    <Found: layer 'conv1', rows of 1000>
    """
    kind.__repr__ = _line  # pyright: ignore[reportAttributeAccessIssue] (a class of any kind)
    return kind


def _line(self: Any) -> str:
    said = getattr(self, "sentence", None) or getattr(self, "describe", None)
    if said is None:
        values = ((one.name, getattr(self, one.name)) for one in fields(self) if one.repr)
        said = ", ".join(f"{name} {_short(value)}" for name, value in values if value is not None)
    return shorten(f"<{type(self).__name__}: {said() if callable(said) else said}>", LINE, placeholder=" ...>")


def _short(value: Any) -> str:
    """A value in a few characters."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{type(value).__name__} ({', '.join(map(str, shape))})"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple | list | Mapping | set | frozenset):
        shown = "(" + ", ".join(map(str, value)) + ")"
        return shown if len(value) <= 3 and len(shown) <= _WIDE and shown.isprintable() else f"of {len(value)}"
    text = fspath(value) if isinstance(value, PathLike) else value
    if isinstance(text, str):
        return repr(text if len(text) <= _WIDE else f"{text[: _WIDE - 3]}...")
    text = str(text)
    plain = len(text) <= _WIDE and text.isprintable() and not text.startswith("<")
    return text if plain else type(value).__name__


__all__ = ["LINE", "Shown", "brief"]
