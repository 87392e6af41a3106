"""What each data script of the page holds: see README.md of this folder for the format in words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.store import LayerRecord
from convscope.atlas.web import numbers, printable
from convscope.data import Source
from convscope.graph import Network
from convscope.graph.nouns import Layer

SHARD_UNITS = 64
SHARD_IMAGES = 256

Json = dict[str, Any]
Describe = Callable[[Layer], Json]


def _finite(value: np.floating | float) -> float | None:
    return numbers(np.asarray([value]))[0]


def class_table(source: Source, classes: Iterable[int]) -> dict[str, str]:
    """The names of the classes that occur, by their number."""
    return {str(c): printable(source.classes[c]) for c in sorted(set(classes)) if 0 <= c < len(source.classes)}


def image_table(source: Source, images: Iterable[int]) -> dict[str, Json]:
    """Name and label of the images that occur, by their number."""
    return {str(i): {"name": printable(source.name(i)), "label": source.label(i)} for i in sorted(set(images))}


def layer_data(record: LayerRecord, source: Source, names: Sequence[str] | None) -> Json:
    """What the grid of a layer needs: one number a unit in each column; `names` are those of output units."""
    best = None if record.preference is None else record.preference.top[:, 0]
    data: Json = {
        "id": record.id,
        "name": record.layer.name,
        "maximum": numbers(record.maximum),
        "mean": numbers(record.mean),
        "active": numbers(record.active),
        "dead": np.flatnonzero(record.dead).tolist(),
        "nan": np.flatnonzero(record.nan).tolist(),
        "histogram": {"edges": numbers(record.edges), "counts": record.histogram.sum(0).tolist()},
    }
    if record.preference is not None and best is not None:
        data["selectivity"] = numbers(record.preference.selectivity)
        data["topClass"] = best.tolist()
        data["classes"] = class_table(source, best.tolist())
    if names is not None:
        data["names"] = [printable(name) for name in names]
    return data


def unit_shards(record: LayerRecord, source: Source, names: Sequence[str] | None) -> Iterator[tuple[int, Json]]:
    """The scripts with everything about single units, 64 to a script: their number and value."""
    channels = len(record.values)
    for number, first in enumerate(range(0, channels, SHARD_UNITS)):
        units = [unit_data(record, channel, names) for channel in range(first, min(first + SHARD_UNITS, channels))]
        images = {image for unit in units for image in unit["images"]}
        classes = {source.label(image) for image in images} | {c for unit in units for c, _ in unit["classes"]}
        yield (
            number,
            {
                "layer": record.id,
                "first": first,
                "units": units,
                "images": image_table(source, images),
                "classes": class_table(source, classes),
            },
        )


def unit_data(record: LayerRecord, channel: int, names: Sequence[str] | None) -> Json:
    """Everything about one unit; lists of responses hold those that are there, strongest first."""
    count = int((record.images[channel] >= 0).sum())
    row = (channel, slice(0, count))
    near, preference = record.near, record.preference
    data: Json = {
        "channel": channel,
        "maximum": _finite(record.maximum[channel]),
        "mean": _finite(record.mean[channel]),
        "active": _finite(record.active[channel]),
        "dead": bool(record.dead[channel]),
        "nan": int(record.nan[channel]),
        "values": numbers(record.values[row]),
        "images": record.images[row].tolist(),
        "y": record.y[row].tolist(),
        "x": record.x[row].tolist(),
        "boxes": record.boxes[row].tolist(),
        "scales": numbers(record.scales[row]),
        "content": record.content[row].tolist(),
        "partScales": numbers(record.part_scales[row]),
        "histogram": sparse_histogram(record.histogram[channel]),
        "classes": [],
        "nearest": _pairs(near.units[channel], near.similarity[channel]),
    }
    if preference is not None:
        data["classes"] = _pairs(preference.top[channel], preference.mean[channel])
        data["selectivity"] = _finite(preference.selectivity[channel])
    if names is not None:
        data["name"] = printable(names[channel])
    return data


def _pairs(keys: NDArray[np.integer], values: NDArray[np.floating]) -> list[list[Any]]:
    kept = keys >= 0
    return [[int(key), value] for key, value in zip(keys[kept], numbers(values[kept]), strict=True)]


def sparse_histogram(counts: NDArray[np.integer]) -> Json:
    """The counts from the first bin that is not empty to the last.

    >>> sparse_histogram(np.array([0, 0, 3, 0, 1, 0]))
    {'first': 2, 'counts': [3, 0, 1]}
    """
    filled = np.flatnonzero(counts)
    if not len(filled):
        return {"first": 0, "counts": []}
    return {"first": int(filled[0]), "counts": counts[filled[0] : filled[-1] + 1].tolist()}


def image_shards(records: Sequence[LayerRecord], source: Source) -> Iterator[tuple[int, Json]]:
    """The scripts with the units that each image is among the strongest of, 256 image numbers to a script.

    A win is [layer's number in the manifest, channel, rank from 0]. Responses of zero are no wins. Scripts without
    images are left out.
    """
    wins: dict[int, list[list[int]]] = defaultdict(list)
    for number, record in enumerate(records):
        channels, ranks = np.nonzero((record.images >= 0) & (record.values != 0))
        for channel, rank in sorted(zip(channels.tolist(), ranks.tolist(), strict=True), key=lambda at: at[::-1]):
            wins[int(record.images[channel, rank])].append([number, channel, rank])
    shards: dict[int, list[int]] = defaultdict(list)
    for image in sorted(wins):
        shards[image // SHARD_IMAGES].append(image)
    for number, images in shards.items():
        table = image_table(source, images)
        for image in images:
            table[str(image)]["wins"] = wins[image]
        labels = class_table(source, (source.label(image) for image in images))
        yield number, {"first": number * SHARD_IMAGES, "images": table, "classes": labels}


def network_data(net: Network, shown: Sequence[str], describe: Describe) -> Json:
    """The layers of the whole network in execution order, each with the numbers of the layers it is computed from.

    -1 is the image. `shown` are the layers of the atlas; `describe` gives a layer as JSON.
    """
    place = {name: number for number, name in enumerate(net.layers.names)}
    sources: dict[int, list[int]] = {0: [-1]}
    inputs: dict[str, list[int]] = {}
    for step in net.steps:
        above = (
            list(dict.fromkeys(n for i in step.inputs for n in sources[i])) if net.values[step.index].depends else []
        )
        if step.name in place:
            inputs[step.name] = above
            sources[step.index] = [place[step.name]]
        else:
            sources[step.index] = above
    wanted = set(shown)
    layers = [{**describe(x), "inputs": inputs[x.name], "shown": x.name in wanted} for x in net.layers]
    return {"name": net.name, "input": list(net.input_shape), "output": net.output, "layers": layers}
