"""Which output of a network is which class of a collection: by name, or by an order that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from convscope.data import Source
from convscope.errors import UsageError, nearest
from convscope.graph import Network

Match = Literal["name", "index"]
_TOLD = 10  # outputs by name
_NEAR = 0.75  # of the letters of two classes: names of things are short and many


def match_classes(source: Source, answers: tuple[str, ...] | None, outputs: int, match: Match) -> NDArray[np.int64]:
    """For each class of the images, its number among the network's outputs.

    Names match where they are equal, or equal the first of several that commas separate ("tench, Tinca tinca"),
    whatever their case. Where the network or the images have no names, the classes are taken by their order if there
    are as many of them as outputs (see `matched_by`); otherwise only where "index" asks for it.

    Raises:
        UsageError: where a class has no output, or it is not clear which one is its.
    """
    if match not in ("name", "index"):
        raise UsageError(f"classes are matched by 'name' or by 'index', found {match!r}")
    count = len(source.classes) or 1 + max(source.label(index) for index in range(len(source)))
    if matched_by(source, answers, match) == "index":
        _check_counts(source, answers, count, outputs, match)
        return np.arange(count)
    known: dict[str, int] = {}
    for number, name in enumerate(answers or ()):
        for spelled in (name, name.partition(",")[0]):
            known.setdefault(_plain(spelled), number)
    missing = [name for name in source.classes if _plain(name) not in known]
    if missing:
        few = 2 * len(missing) <= count  # where hardly any is known, what is near is so by chance
        names = [name.partition(",")[0] for name in answers or ()]
        raise UsageError(
            f"the network has no class {missing[0]!r}: {len(missing)} of the images' {count} classes are unknown to "
            f"it; match='index' takes them by their order{nearest(missing[0], names, least=_NEAR) if few else ''}"
        )
    return np.array([known[_plain(name)] for name in source.classes])


def match_one(source: Source, classes: tuple[str, ...] | None, match: Match) -> NDArray[np.bool_]:
    """For each class of the images, whether it is the one class that a network with a single score answers about.

    classes: the network's names: of the one class, or of both sides; None where they have none.

    Raises:
        UsageError: where it is not clear which one is it.
    """
    if classes is not None and len(classes) == 1 and source.classes and match == "name":
        there = np.array([_plain(one) == _plain(classes[0]) for one in source.classes])
        if not there.any():
            raise UsageError(f"no class of the images is called '{classes[0]}': {source.describe()}")
        return there
    two = classes if classes is not None and len(classes) == 2 else None
    return match_classes(source, two, 2, match).astype(bool)


def matched_by(source: Source, answers: tuple[str, ...] | None, match: Match) -> Match:
    """How classes and outputs are matched: by "index" where that is asked for, or where one side has no names."""
    if match == "index" or answers is None:
        return "index"
    # Classes called 0, 1, 10, 2 are names that look like numbers where the network calls its outputs so.
    numbers_known = bool(source.classes) and set(source.classes) <= set(answers)
    return "name" if is_named(source) or numbers_known else "index"


@dataclass(frozen=True)
class Matched:
    """What a network's outputs are called, None where that is not known, and what each was taken for by its order, in
    words; nothing where names decided."""

    classes: tuple[str, ...] | None
    order: tuple[str, ...]

    @classmethod
    def of(cls, net: Network, source: Source, match: Match) -> Matched:
        """Of a network and images: outputs without names are called as the classes that they are by their order."""
        head, own = net.head, net.classes
        one = head.kind == "binary"
        if head.kind not in ("binary", "classes") or (one and own is not None and len(own) == 1 and match == "name"):
            return cls(own, ())
        answers = own if one and own is not None and len(own) == 2 else None if one else head.names(own)
        if not source.classes or matched_by(source, answers, match) == "name" or not (answers or is_named(source)):
            return cls(own, ())
        whole = len(source.classes) == (2 if one else head.classes)
        order = tuple(
            f"{number + (0 if one else head.first) if answers is None else answers[number]} is {name}"
            for number, name in enumerate(source.classes)
            if answers is None or number < len(answers)
        )
        return cls(source.classes if own is None and whole else own, order)


def in_words(order: Sequence[str]) -> list[str]:
    """That outputs were taken for classes by their order, and some of these; nothing where they were not.

    >>> in_words(["0 is cat", "1 is dog"]), in_words([])
    (['outputs are matched with classes by their order: output 0 is cat, 1 is dog'], [])
    """
    if not order:
        return []
    more = f", and {len(order) - _TOLD} more" if len(order) > _TOLD else ""
    return [f"outputs are matched with classes by their order: output {', '.join(order[:_TOLD])}{more}"]


def is_named(source: Source) -> bool:
    """Whether the classes of images have names, other than their own numbers."""
    return bool(source.classes) and source.classes != tuple(map(str, range(len(source.classes))))


def _check_counts(source: Source, answers: tuple[str, ...] | None, count: int, outputs: int, match: Match) -> None:
    """Raise UsageError where classes cannot be outputs by their order, or nobody said that they are."""
    found = f"the images have {count} classes and the network {outputs} outputs"
    if count > outputs:
        raise UsageError(f"{found}, so not all of them can be right: take images of its classes ({source.describe()})")
    if match == "name" and count != outputs:
        why = "the network does not name its outputs" if answers is None else "the images' classes have no names"
        remedy = "classes= names the outputs" if answers is None else "labels that are names are found by name"
        raise UsageError(
            f"{found}, and {why}, so which output is which class is not known: {remedy}, and match='index' takes the "
            f"classes as the first {count} outputs, in their order"
        )


def _plain(name: str) -> str:
    return name.strip().replace("_", " ").lower()


__all__ = ["Match", "Matched", "in_words", "is_named", "match_classes", "match_one", "matched_by"]
