"""Shards of one question put together again: scans, and effects."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from convscope.arguments import checked
from convscope.data import Failure
from convscope.errors import StoreError, UsageError
from convscope.methods.scan.scanning import refuse_unreadable
from convscope.stores import effects as keeping
from convscope.stores.effects import Shard
from convscope.studies.answer import finished
from convscope.studies.consequence import Effects, effects_from
from convscope.studies.questions import Question
from convscope.studies.scanning import Scan
from convscope.tables import apart


@checked
def merge(parts: Sequence[str | PathLike[str]], store: str | PathLike[str]) -> Scan | Effects:
    """The answers of different shards of the same images as one, kept in a folder; the order of parts does not matter.

    It is the same to the last byte as that of all images at once.

    Args:
        parts: the folders of the shards: of a scan, or of effects.
        store: the folder of the whole.

    Raises:
        UsageError: for no parts. StoreError: for parts that do not belong together, or cannot be read or written; of
            effects also where some are missing.

    >>> import tempfile
    >>> import numpy as np
    >>> from convscope.models import load
    >>> from convscope.studies.scanning import scan
    >>> net, room = load("zoo:tiny"), Path(tempfile.mkdtemp())
    >>> photos = [np.full((40, 40, 3), value, np.uint8) for value in range(40)]
    >>> for i in range(2):
    ...     part = scan(net, photos, layers=["relu1"], shard=(i, 2), store=room / str(i))
    >>> merge([room / "0", room / "1"], room / "all").images
    40
    """
    if not parts:
        raise UsageError("nothing to merge: name the folders of one or more scans, or of shards of effects")
    shards = [keeping.shards_in(part) for part in parts]
    if not any(shards):
        return _scans(parts, store)
    for part, found in zip(parts, shards, strict=True):
        if not found:
            raise StoreError(f"{part} holds no shard of effects, as others do: name folders of one question")
    return _effects([shard for found in shards for shard in found], Path(store))


def _scans(parts: Sequence[str | PathLike[str]], store: str | PathLike[str]) -> Scan:
    found = Scan.load(parts[0])
    for part in parts[1:]:
        found = found.merge(Scan.load(part))
    refuse_unreadable(found).save(store)
    return found


def _effects(shards: Sequence[Shard], store: Path) -> Effects:
    first = shards[0]
    asked = _expect_one_question(shards)
    Effects.expect_place(store, asked)
    by_layer = {layer: [one for one in shards if one.said["layer"] == layer] for layer in asked["layers"]}
    if gone := [layer for layer, some in by_layer.items() if not some]:
        raise StoreError(f"there is no shard of {gone[0]}, which was asked about: run what is missing, and name all")
    made = {layer: keeping.merged(some) for layer, some in by_layer.items()}
    failures = [Failure(index, name, reason) for index, name, reason in first.said["failures"]]
    answer = effects_from([found for found, _ in made.values()], failures, first.said["about"], (0, 1))
    finished(answer, store=store, asked=asked)
    for layer, some in by_layer.items():  # last: until then another attempt has all that it needs
        keeping.write_merged(store, some, made[layer][1])
    return answer


def _expect_one_question(shards: Sequence[Shard]) -> Question:
    """What all of them were asked; raises StoreError where one was asked something else, or is of another machine."""
    first, *others = (Question(one.said["about"]["question"], one.said["about"]["words"]) for one in shards)
    for shard, other in zip(shards[1:], others, strict=True):
        if other != first:
            words = {name: (other.words[name], first.words[name]) for name in first.words if name in other.words}
            raise StoreError(
                f"{shard.path} is a shard of another question than {shards[0].path} ({apart(other, first, words)}): "
                "merge the shards of one"
            )
    keys: dict[str, str] = {}
    for shard in shards:
        if keys.setdefault(shard.said["layer"], shard.said["of"]) != shard.said["of"]:
            raise StoreError(
                f"{shard.path} was computed in another way than the other shards (with compiled loops, and without): "
                "run it again as they were"
            )
    return first


__all__ = ["merge"]
