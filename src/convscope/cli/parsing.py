"""From the text of options to values: one way for lists, numbers, sizes and colours."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from convscope.errors import UsageError

_N = TypeVar("_N", int, float)


def parse_names(text: str | None, option: str, known: Sequence[str] = ()) -> list[str] | None:
    """Names separated by commas, one or more, of the known ones if these are given; None without text.

    >>> parse_names("conv1, conv5", "layers"), parse_names(None, "layers")
    (['conv1', 'conv5'], None)
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names and not known:
        raise UsageError(f"--{option} {text!r} names none: give names separated by commas")
    if not names or any(known and name not in known for name in names):
        raise UsageError(f"--{option} {text!r}: choose from {', '.join(known)}, separated by commas")
    return names


def parse_numbers(
    text: str | None, option: str, kind: type[_N], *, zero: Literal["refused", "admitted"] = "refused"
) -> tuple[_N, ...]:
    """Positive numbers separated by commas, or zero too; none without text.

    >>> parse_numbers("15,30", "per-class", int), parse_numbers(None, "c", float)
    ((15, 30), ())
    """
    if text is None:
        return ()
    found = _numbers(text, kind)
    if found is None:
        raise UsageError(f"--{option} {text!r}: give numbers separated by commas")
    if min(found) < 0 or (zero == "refused" and min(found) == 0):
        raise UsageError(f"--{option} {text!r}: numbers {'from' if zero == 'admitted' else 'above'} 0 are meant")
    return found


def _numbers(text: str, kind: type[_N]) -> tuple[_N, ...] | None:
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError:
        return None


def parse_pair(text: str | None, option: str) -> tuple[int, int] | None:
    """Height and width from `48` or `32x64`; None without text.

    >>> parse_pair("48", "size"), parse_pair("32x64", "size")
    ((48, 48), (32, 64))
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)(?:x(\d+))?", text.strip())
    if match is None:
        raise UsageError(f"--{option} {text!r}: give 48 for a square or 32x64 for height and width")
    return int(match[1]), int(match[2] or match[1])


def parse_channels(text: str | None, option: str) -> tuple[float, ...] | float | None:
    """One number for all channels, or several separated by commas for each; None without text.

    >>> parse_channels("0.1307", "mean"), parse_channels("0.5,0.25", "std")
    (0.1307, (0.5, 0.25))
    """
    if text is None:
        return None
    numbers = _numbers(text, float)
    if numbers is None:
        raise UsageError(f"--{option} {text!r}: give a number such as 0.5, or one for each channel, as 0.5,0.4,0.3")
    return numbers[0] if len(numbers) == 1 else numbers


def parse_side(text: str | None, option: str) -> int | tuple[int, int] | None:
    """One side from `256`, or height and width from `256x320`; None without text.

    >>> parse_side("256", "resize"), parse_side("256x320", "input-size")
    (256, (256, 320))
    """
    pair = parse_pair(text, option)
    return pair if pair is None or "x" in (text or "") else pair[0]


def parse_fill(text: str) -> Any:
    """What covers: a name, one number for a grey, or one for each channel.

    >>> parse_fill("blur"), parse_fill("127.5"), parse_fill("255,0,0")
    ('blur', (127.5,), (255.0, 0.0, 0.0))
    """
    numbers = _numbers(text, float)
    if numbers is None:
        return text
    if not all(0 <= n <= 255 for n in numbers):
        raise UsageError(f"--fill {text}: give a number from 0 to 255, or one for each channel")
    return numbers


def parse_changes(texts: list[str] | None, option: str) -> dict[str, Any]:
    """The values by name of texts such as epochs=5, spelled as TOML has them, or texts themselves.

    >>> parse_changes(["epochs=5", "crops=random", "steps = [1, 2]"], "set")
    {'epochs': 5, 'crops': 'random', 'steps': [1, 2]}
    """
    found: dict[str, Any] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--{option} {text!r} is no change: write it as epochs=5")
        try:
            found[name.strip()] = tomllib.loads(f"value = {value}")["value"]
        except (ValueError, RecursionError):  # no TOML, or numbers of too many digits
            found[name.strip()] = value.strip()
    return found


__all__ = [
    "parse_changes", "parse_channels", "parse_fill", "parse_names", "parse_numbers", "parse_pair", "parse_side",
]  # fmt: skip
