"""The library speaks of arguments, a command of its options: messages are said in the words of the place.

A library's message writes an argument as `name=value`. Where the command that was run has an option of that name, the
message says `--name value`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

_ARGUMENT = re.compile(
    r"(?<!\w\()(?<![\w.`/])(?P<name>[a-z_]+)=(?P<value>'[^']*'|\"[^\"]*\"|\(\w+, \w+\)|[^\s,;:)'\"]+)?"
)


_OBJECTS = {"net.layers lists them": "run `convscope layers MODEL`"}
"""What is done with objects, and with commands."""

running: ContextVar[Callable[..., Any] | None] = ContextVar("running", default=None)
"""The command that is run."""


def in_words(message: str) -> str:
    """The message in the words of the command that is run."""
    return in_words_of(running.get(), message)


def in_words_of(command: Callable[..., Any] | None, message: str) -> str:
    """The message with arguments that are options of the command written as options.

    >>> def scan(model: str, /, *, k: int = 9, input_size: str | None = None) -> None: ...
    >>> in_words_of(scan, "k=0: keep one; give the side as input_size=224, or batch=3")
    '--k 0: keep one; give the side as --input-size 224, or batch=3'
    >>> in_words_of(scan, "19 layers: net.layers lists them")
    '19 layers: run `convscope layers MODEL`'
    """
    known = options_of(command) if command is not None else {}
    for said, here in _OBJECTS.items() if command is not None else ():
        message = message.replace(said, here)

    def spelled(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in known:
            return match[0]
        value = re.sub(r"^\((\w+), (\w+)\)$", r"\1:\2" if name == "range" else r"\1x\2", match["value"] or "")
        return " ".join((known[name], value.strip("'\""))).rstrip()

    return _ARGUMENT.sub(spelled, message)


def options_of(command: Callable[..., Any]) -> dict[str, str]:
    """The options of a command, by the name of the argument: its own and those of its groups."""
    found: dict[str, str] = {}
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        group = next((one for one in _plain_types(hints.get(name)) if is_dataclass(one)), None)
        if group is not None:
            found |= {f.name: _option(f.name) for f in fields(group)}
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            found[name] = _named(hints.get(name)) or _option(name)
    return found


def _option(name: str) -> str:
    return f"--{name.strip('_').replace('_', '-')}"


def _plain_types(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) is Annotated:
        return _plain_types(get_args(hint)[0])
    return get_args(hint) or (hint,)


def _named(hint: Any) -> str | None:
    """The name that an annotation gives an option, where it gives one."""
    for extra in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
        given = getattr(extra, "name", None)
        if given:
            return str(given if isinstance(given, str) else given[0])
    return None


__all__ = ["in_words", "in_words_of", "options_of", "running"]
