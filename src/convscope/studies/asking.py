"""What studies are asked with: collections, classes to follow, atlases to show the answer in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import torch

from convscope.arguments import at_least
from convscope.atlas import Atlas
from convscope.data import Source
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.inputs import collection, expect_network
from convscope.methods.targets import Target, class_number, follows_nothing, target_of
from convscope.methods.workers import cores


def each_network(nets: Network | Iterable[Network]) -> Iterator[Network]:
    """The network, or one network after the other; raises UsageError for what is none."""
    several: Iterable[Any] = (
        nets if isinstance(nets, Iterable) and not isinstance(nets, str | torch.nn.Module) else [nets]
    )
    for net in several:
        expect_network(net)
        yield net


def threads_of(workers: int | None) -> int:
    """How many threads decode images ahead, where so many workers were asked for; one a core by default.

    Raises:
        UsageError: for none.
    """
    at_least(1, workers=workers)
    return cores() if workers is None else workers


def targets_for(net: Network, source: Source | None, indices: Sequence[int], asked: Target) -> Target:
    """The classes to follow in some images of a collection: as asked for, or each image's own for "labels".

    Raises:
        UsageError: where an image has no label, or the network no class of that name.
    """
    listed = [asked] if isinstance(asked, str | int) else asked
    if isinstance(listed, torch.Tensor) or not listed:
        return listed if isinstance(listed, torch.Tensor) else None
    if "labels" not in listed:
        return listed if follows_nothing(net, listed) else [_followed(net, one) for one in listed]
    if source is None:
        raise UsageError("target='labels': tensors have no labels: give the classes, or a collection that has some")
    if len(listed) > 1:
        raise UsageError("target='labels': give either the images' own classes or others, not both")
    found = []
    for index in indices:
        label = source.label(index)
        if label < 0:
            raise UsageError(f"target='labels': {source.name(index)} has no class in {source.describe()}")
        found.append(_own_class(net, source, index))
    return torch.tensor(found, dtype=torch.int64, device="cpu")


def _followed(net: Network, asked: int | str) -> int | str:
    """What is followed, by its number, and where in the output."""
    channel, region = target_of(net, asked)
    return channel if region is None else f"{channel}@{region}"


def _own_class(net: Network, source: Source, index: int) -> int:
    """The channel of an image's own class."""
    label = source.label(index)
    name = source.classes[label] if source.classes else str(label)
    if net.head.kind == "binary":
        if not _is_the_one(net, source, label, name):
            raise UsageError(
                f"target='labels': {net.name} has one output, that of '{net.head.target_name(0, net.classes)}', and "
                f"{source.name(index)} is of '{name}': leave the target out, and the one output is followed throughout"
            )
        return 0
    return net.head.first + int(name) if name.isdigit() else class_number(net, name)


def _is_the_one(net: Network, source: Source, label: int, name: str) -> bool:
    """Whether images of a class are those that have the one class of a network: by its name, else the second of two."""
    names = list(net.classes or ())
    if 1 <= len(names) <= 2 and name.strip().casefold() == names[-1].strip().casefold():
        return True
    unnamed = not names or (len(names) == 2 and name.isdigit())
    return unnamed and len(source.classes) in (0, 2) and label == 1


def atlas_of(atlas: Atlas | str | PathLike[str] | None, net: Network | None = None) -> Atlas | None:
    """The atlas that an answer is to be shown in; raises UsageError where it is of another network."""
    if atlas is None:
        return None
    opened = atlas if isinstance(atlas, Atlas) else Atlas.open(Path(atlas))
    model = opened.manifest["model"]
    if net is not None and model["fingerprint"] != net.fingerprint:
        raise UsageError(f"the atlas in {opened.path} is of another network ({model['name']}) than {net.name}")
    return opened


def units_or_count(given: list[str] | None, usual: int) -> int | list[str]:
    """The units that are named, or how many of each layer.

    >>> units_or_count(["conv1:3"], 6), units_or_count(["8"], 6), units_or_count(None, 6)
    (['conv1:3'], 8, 6)
    """
    if given is None:
        return usual
    return int(given[0]) if len(given) == 1 and given[0].isdigit() else given


__all__ = ["atlas_of", "collection", "each_network", "expect_network", "targets_for", "threads_of", "units_or_count"]
