"""What a part of an atlas keeps: the chosen units and what they show, and nothing of the others.

Scripts with the chosen units alone, contact sheets without the pictures of others, the pages of the images that are
left, and the units that some units link to.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any
from urllib.parse import quote

import numpy as np

from convscope.atlas.pictures import PREVIEW_UNITS, SHEET_UNITS
from convscope.atlas.portraits import LISTED
from convscope.atlas.reading import Atlas, AtlasLayer
from convscope.atlas.render import GREY, Pixels, fit
from convscope.atlas.sprites import SpriteGrid, compose, decode_picture, encode, take_apart
from convscope.atlas.webdata import SHARD_IMAGES, SHARD_UNITS

Json = dict[str, Any]
ReadFile = Callable[[str], Any]
"""The value of a data address of the atlas; None where it is not there."""

_QUALITY = 90  # of what is encoded a second time


def part_of_extras(value: Json, channels: Collection[int]) -> Json:
    """The extras of some units; the others keep their places, which the page counts by."""
    empty: Json = {"bands": [], "incoming": [], "outgoing": [], "control": None}
    units = [
        {**unit, "bands": []} if value["first"] + i in channels else empty for i, unit in enumerate(value["units"])
    ]
    return {**value, "units": units, "images": {}}


def part_of_units(value: Json, channels: Collection[int]) -> Json:
    """The script of a layer's units with some of them alone, and the images that they name."""
    units = [unit for unit in value["units"] if unit["channel"] in channels]
    used = {str(image) for unit in units for image in unit["images"]}
    return {**value, "units": units, "images": {k: about for k, about in value["images"].items() if k in used}}


def sheet_cells(content: bytes, grid: SpriteGrid, cells: Collection[int]) -> list[Pixels]:
    """The pictures of a contact sheet, plain grey but for some cells; raises ValueError where it is no such sheet."""
    (found,) = take_apart(decode_picture(content), grid, SHEET_UNITS)
    blank = np.full_like(found[0], GREY)
    return [picture if cell in cells else blank for cell, picture in enumerate(found)]


def sheet_of(cells: Sequence[Pixels], grid: SpriteGrid) -> bytes:
    """Pictures as a contact sheet."""
    return encode(compose(grid, np.stack(cells)), lossless=grid.lossless, quality=_QUALITY)


def preview_of(content: bytes, photos: Sequence[Pixels], projections: Sequence[Pixels], grid: SpriteGrid) -> bytes:
    """The preview of a layer with photos and projections of some of its units, the first of them, in place of others.

    Raises ValueError where the content is no such preview.
    """
    take_apart(decode_picture(content), grid, 0)
    blank = np.full((PREVIEW_UNITS, grid.height, grid.width, 3), GREY, np.uint8)
    rows = []
    for pictures in (photos, projections):
        row = blank.copy()
        for place, picture in enumerate(pictures[:PREVIEW_UNITS]):
            row[place] = fit(np.ascontiguousarray(picture), (grid.height, grid.width))
        rows.append(row)
    return encode(compose(grid, np.concatenate(rows)), lossless=grid.lossless, quality=_QUALITY)


def image_pages(
    shards: Sequence[Json], read: ReadFile, layers: Mapping[int, tuple[int, Collection[int]]]
) -> Iterator[tuple[str, Json]]:
    """The scripts, by address, of the images that scripts of units name, with the kept units that each is strongest on.

    layers: by their number in the atlas their number in the part, and the units that are kept.
    """
    images: dict[int, Json] = {}
    classes: dict[str, str] = {}
    for shard in shards:
        images |= {int(number): {"name": one["name"], "label": one["label"]} for number, one in shard["images"].items()}
        classes |= shard["classes"]
    wins: dict[int, list[list[int]]] = {}
    for number in sorted({image // SHARD_IMAGES for image in images}):
        for image, one in (read(f"images/{number}") or {"images": {}})["images"].items():
            wins[int(image)] = [
                [layers[at][0], channel, rank]
                for at, channel, rank in one["wins"]
                if at in layers and channel in layers[at][1]
            ]
    numbers = sorted(images)
    used = list(dict.fromkeys(image // SHARD_IMAGES for image in numbers))
    for shard in used:
        table = {str(i): {**images[i], "wins": wins.get(i, [])} for i in numbers if i // SHARD_IMAGES == shard}
        yield f"images/{shard}", {"first": shard * SHARD_IMAGES, "images": table, "classes": classes}
    yield "images/index", {"size": SHARD_IMAGES, "shards": used, "count": len(images)}
    listed = numbers[:LISTED]
    names, labels = ([images[i][key] for i in listed] for key in ("name", "label"))
    about = {"starts": [], "count": len(images), "images": listed, "names": names, "labels": labels, "classes": classes}
    yield "profiles/index", about


def linked(atlas: Atlas, named: Sequence[tuple[AtlasLayer, int]], read: ReadFile, *, most: int) -> list[str]:
    """The units named, as LAYER:UNIT, and after them those that their pages link to, `most` in all.

    Those that respond alike, and those joined by weights in and out, in turn.
    """
    at = {layer.name: layer for layer in atlas.layers}
    found = dict.fromkeys(f"{layer.name}:{channel}" for layer, channel in named)
    turns = [turn for layer, channel in named for turn in _links(layer, channel, read)]
    for link in chain.from_iterable(zip_longest(*turns)):
        if link is not None and len(found) < most and link[0] in at and 0 <= link[1] < at[link[0]].layer.channels:
            found[f"{link[0]}:{link[1]}"] = None
    return list(found)


def _links(layer: AtlasLayer, channel: int, read: ReadFile) -> list[list[tuple[str, int]]]:
    """The units that a unit's page links to: like it, into it, and out of it."""
    number, place = divmod(channel, SHARD_UNITS)
    units = {unit["channel"]: unit for unit in read(f"layers/{layer.id}/{number}")["units"]}
    near = [(layer.name, int(other)) for other, _ in units[channel]["nearest"]] if channel in units else []
    extras = (read(f"extras/{layer.id}/{number}") or {"units": []})["units"]
    joined = extras[place] if place < len(extras) else {"incoming": [], "outgoing": []}
    return [near, *([(name, int(unit)) for name, unit, _ in joined[way]] for way in ("incoming", "outgoing"))]


def unit_view(layer: str, channel: int) -> str:
    """The address of a unit's page, as the page itself spells it.

    >>> unit_view("features.8", 174), unit_view("a/b #1", 2)
    ('#/u/features.8:174', '#/u/a/b%20%231:2')
    """
    return "#/u/" + quote(f"{layer}:{channel}", safe="/:!*'()~-._")


__all__ = [
    "ReadFile",
    "image_pages",
    "linked",
    "part_of_extras",
    "part_of_units",
    "preview_of",
    "sheet_cells",
    "sheet_of",
    "unit_view",
]
