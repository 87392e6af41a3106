"""Classes as the page knows them: the units that answer to each, and the weights that its logit is computed with.

Two kinds have names: those of the collection, by the labels of its images, and those of the network, by its logits.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from convscope.atlas.connections import Connections, Wiring
from convscope.atlas.store import LayerRecord
from convscope.atlas.summary import class_index
from convscope.atlas.web import numbers, printable, short
from convscope.data import Source
from convscope.graph import Network

SHARD_CLASSES = 64
ANSWERING = 12
"""Units of a layer that are listed with a class, at most."""

Json = dict[str, Any]
ClassScore = tuple[int, float, float]
"""A unit, the mean of its strongest responses to a class's images, and how selective it is for the class."""


def answering(record: LayerRecord) -> dict[int, list[ClassScore]]:
    """For each class with images, the units of a layer that answer to it, the most selective for it first.

    See `class_index`, which they are ordered by; units that answer to the other classes more are left out. Nothing
    without labels of two classes or more.
    """
    if record.class_mean is None or record.class_count is None or (record.class_count > 0).sum() < 2:
        return {}
    seen = np.flatnonzero(record.class_count > 0)
    index = np.round(class_index(record.class_mean[:, seen]), 4)
    found = {}
    for place, number in enumerate(seen.tolist()):
        order = np.argsort(-np.nan_to_num(index[:, place], nan=-1), kind="stable")[:ANSWERING]
        units = order[index[order, place] > 0]
        means, indices = numbers(record.class_mean[units, number]), index[units, place].tolist()
        found[number] = list(zip(units.tolist(), means, indices, strict=True))
    return found


def class_shards(records: Sequence[LayerRecord], source: Source) -> Iterator[tuple[str, Json]]:
    """The scripts of the collection's classes: for each address its value; last the index, with names and counts."""
    found = [answering(record) for record in records]
    counts = next((r.class_count for r in records if r.class_count is not None), np.zeros(0, np.int64))
    labelled = sorted({number for one in found for number in one})
    for first in range(0, len(counts), SHARD_CLASSES):
        mine = [number for number in labelled if first <= number < first + SHARD_CLASSES]
        classes = {str(number): [one.get(number, []) for one in found] for number in mine}
        yield f"classes/{first // SHARD_CLASSES}", {"first": first, "classes": classes}
    names = [printable(name) for name in source.classes] if len(counts) else []
    yield "classes/index", {"names": names, "images": counts.tolist()}


def logit_shards(net: Network, shown: Sequence[str], names: Sequence[str] | None) -> Iterator[tuple[str, Json]]:
    """The scripts of the network's classes: for each address its value; last the index, with their names.

    `layers` of it are those whose channels are the logits, one by one; `names` are those of the output's channels. An
    output whose units have no names (a detector's boxes and scores) is no layer, and has none.
    """
    if not net.listed_output:
        yield "logits/index", {"names": [], "layers": [], "note": ""}
        return
    wired: Connections = Wiring(net, shown).of(net.output)
    named = list(names or ())
    for first in range(0, len(named), SHARD_CLASSES):
        rows = wired.incoming[first : first + SHARD_CLASSES]
        incoming = [[[layer, unit, short(weight)] for layer, unit, weight in joints] for joints in rows]
        yield f"logits/{first // SHARD_CLASSES}", {"first": first, "incoming": incoming}
    layers = logit_layers(net) if named else []
    yield "logits/index", {"names": [printable(n) for n in named], "layers": layers, "note": wired.incoming_note}


def logit_layers(net: Network) -> list[str]:
    """The layers whose channels are the output's, one by one, from the output back to the one that makes them."""
    wiring, index = Wiring(net, ()), net.index_of(net.output)
    names = [wiring.name(index)]
    count = wiring.channels(index)
    while (runs := wiring.behind(index)) and len(runs) == 1 and runs[0].count == count:
        index = runs[0].source
        if index == 0 or wiring.channels(index) != count:
            break
        names.append(wiring.name(index))
    return list(dict.fromkeys(names))


__all__ = ["ANSWERING", "SHARD_CLASSES", "answering", "class_shards", "logit_layers", "logit_shards"]
