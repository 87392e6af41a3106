"""What an atlas's page is given of an evolution: which image and place excites each unit most, epoch by epoch.

What is kept of a layer is its first epoch whole, and of each later one the units whose image or place is another. The
images are those of the atlas where the collection is the same; pictures of what it does not show come along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.atlas import Atlas
from convscope.atlas.content import portray
from convscope.atlas.names import is_inside
from convscope.atlas.patches import thumb_path
from convscope.atlas.render import TileSize
from convscope.atlas.sprites import SpriteGrid, compose, encode
from convscope.data import Preprocess, Source, load_image
from convscope.errors import ImageError
from convscope.methods.evolution import FeatureHistory, LayerEvolution
from convscope.studies.pictures import numbers_in, photo_picture

PICTURES = 400
"""Images at most that come along, those that excite units most often: some 3 MB."""
_TILE = 96  # pixels of a projection's longer side


@dataclass(frozen=True)
class EpochPhotos:
    """Where images of an evolution are, and how its network sees them."""

    source: Source
    recipe: Preprocess


@dataclass(frozen=True)
class Epochs:
    """What a page is given: `data` of all, a part for each layer, and pictures by file name."""

    data: dict[str, Any]
    parts: list[dict[str, Any]]
    pictures: dict[str, bytes]


def epochs_of(
    found: FeatureHistory, atlas: Atlas, *, photos: EpochPhotos | None, collection: str, count: int, size: Sequence[int]
) -> Epochs:
    """What a page shows of an evolution over `count` images, which the network sees in `size`: height, width."""
    often = Counter(np.concatenate([one.images[one.images >= 0].ravel() for one in found.layers]).tolist())
    numbers = sorted(often)
    known = numbers_in(atlas, collection, numbers, count) or tuple(-1 for _ in numbers)
    named = dict(zip(numbers, known, strict=True))
    pictures = {} if photos is None else _pictures(photos, atlas, named, often)
    units, shown = _units(found)
    data = {
        "epochs": list(found.epochs),
        "input": list(size),
        "layers": [{"layer": one.layer, "units": one.images.shape[1]} for one in found.layers],
        "own": sorted(int(name.partition(".")[0]) for name in pictures),
        "images": {str(number): at for number, at in named.items() if at >= 0},
        "units": units,
    }
    return Epochs(data, [_layer(one) for one in found.layers], pictures | shown)


def _pictures(photos: EpochPhotos, atlas: Atlas, named: Mapping[int, int], often: Counter[int]) -> dict[str, bytes]:
    """Pictures of the images that the atlas does not show, by their number in the evolution's collection."""
    missing = [n for n, at in named.items() if at < 0 or not is_inside(atlas.path, f"pictures/images/{thumb_path(at)}")]
    made: dict[str, bytes] = {}
    for number in sorted(missing, key=lambda one: (-often[one], one))[:PICTURES]:
        try:
            made[f"{number}.webp"] = photo_picture(
                photos.recipe.shown(load_image(photos.source, number, photos.recipe))
            )
        except ImageError:  # it could be read before: the page says that it is not there
            continue
    return made


def _layer(one: LayerEvolution) -> dict[str, Any]:
    """A layer's steps [unit, image, y0, x0, y1, x1], and by epoch each unit's response and its likeness to the end."""
    steps, before = [], np.full((one.images.shape[1], 5), -2, np.int64)
    for images, boxes in zip(one.images, one.boxes, strict=True):
        now = np.concatenate([images[:, None], boxes], axis=1)
        new = np.flatnonzero((now != before).any(1))
        steps.append([[unit, *now[unit].tolist()] for unit in new.tolist()])
        before = now
    return {
        "layer": one.layer,
        "steps": steps,
        "values": [_rounded(row, 3) for row in one.values],
        "like": [_rounded(row, 2) for row in one.settling.unit_likeness],
    }


def _rounded(row: NDArray[np.floating], digits: int) -> list[float | None]:
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in row.tolist()]


def _units(found: FeatureHistory) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Of the units that were followed the projection at every epoch: where its picture is, and the pictures."""
    listed: dict[str, Any] = {}
    pictures: dict[str, bytes] = {}
    for number, one in enumerate(found.units):
        pixels = one.pixels.float()
        tile = TileSize.of(pixels.shape[2:], _TILE)
        empty = one.images < 0
        tiles = [shown.whole for shown in portray(torch.nan_to_num(pixels), tile.shape)]
        grid = SpriteGrid.of(len(tiles), tile.shape, columns=min(8, len(tiles)), panels=1)
        cells = np.stack([np.full_like(cell, 128) if gone else cell for cell, gone in zip(tiles, empty, strict=True)])
        name = f"unit-{number}.webp"
        pictures[name] = encode(compose(grid, cells), lossless=grid.lossless)
        listed[str(one.unit)] = {"picture": name, "grid": grid.to_json()}
    return listed, pictures


__all__ = ["PICTURES", "Epochs", "EpochPhotos", "epochs_of"]
