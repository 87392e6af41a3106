"""Every error convscope raises on purpose, under one base, with the process exit code it ends a command with.

A message says what was asked, what was found and what to do about it.
"""

import difflib
from collections.abc import Iterable


class ConvscopeError(Exception):
    """Base of all errors that a user can cause and mend; `exit_code` is what the command line ends with.

    >>> try:
    ...     raise UnknownLayer("layer 'conv6' is not in this model; did you mean 'conv5'?")
    ... except ConvscopeError as error:
    ...     print(f"{error} ({type(error).exit_code})")
    layer 'conv6' is not in this model; did you mean 'conv5'? (2)
    """

    exit_code = 1


class UsageError(ConvscopeError):
    """An argument is malformed or contradicts another."""

    exit_code = 2


class WrongType(UsageError, TypeError):
    """An argument is of a kind that is not taken."""


class UnknownLayer(UsageError, KeyError):
    """A layer or unit that the network does not have."""

    def __str__(self) -> str:
        # KeyError would show the repr of the message.
        return str(self.args[0]) if self.args else ""


class NoSuchItem(UsageError, IndexError):
    """A number beyond those that there are."""


class ShapeError(UsageError, ValueError):
    """A tensor has not the shape that was asked for."""


class TraceError(ConvscopeError):
    """torch.export could not turn the model into a graph."""

    exit_code = 3


class RandomAnswers(TraceError):
    """A network gives another answer each time, and that was not allowed."""


class WeightsError(ConvscopeError):
    """A weights file is missing, of the wrong kind, or does not fit the model."""

    exit_code = 3


class SourceError(ConvscopeError):
    """An image collection is missing, empty or unreadable as a whole."""

    exit_code = 4


class ImageError(ConvscopeError):
    """One image cannot be decoded; collections record it and go on."""

    exit_code = 4


class StoreError(ConvscopeError):
    """A result folder belongs to something else, is of another version, or cannot be written."""

    exit_code = 5


class MissingExtra(ConvscopeError, ImportError):
    """An optional package is needed and not installed."""

    exit_code = 6


_NEAR = 0.6  # of the letters of two names, which they share: below, a suggestion is noise


def missing_extra(package: str, extra: str, *, purpose: str) -> MissingExtra:
    """The error to raise when `package` is not importable, naming the extra that brings it.

    >>> str(missing_extra("matplotlib", "plot", purpose="draw figures"))
    "matplotlib is needed to draw figures: install 'convscope[plot]'"
    """
    return MissingExtra(f"{package} is needed to {purpose}: install 'convscope[{extra}]'")


def nearest(name: str, known: Iterable[str], *, least: float = _NEAR) -> str:
    """A '; did you mean ...?' clause for a name that is not among the known ones, or an empty string.

    least: the share of letters that two names have in common.

    >>> nearest("conv6", ["conv5", "fc", "conv5"]), nearest("rel", ["raw", "relative"]), nearest("heat", ["net"])
    ("; did you mean 'conv5'?", "; did you mean 'relative'?", '')
    """
    text, names = str(name), list(dict.fromkeys(known))
    begun = [one for one in names if len(text) > 1 and one.startswith(text)]
    close = list(dict.fromkeys([*difflib.get_close_matches(text, names, n=3, cutoff=least), *begun]))[:3]
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
