"""What units take from single images: projections of the strongest responses to each, for the pages of images.

A unit's own pictures show what it takes from the images that excite it most. These show what the units that respond to
one image take from that image. There are as many as a number of bytes allows: images are taken in an order that is
spread over the collection wherever it ends, and the first whose picture would go beyond ends it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from convscope.atlas.content import portray
from convscope.atlas.ledger import Ledger
from convscope.atlas.patches import Studio
from convscope.atlas.profiles import STRONGEST
from convscope.atlas.render import GREY, TileSize, enlarge
from convscope.atlas.sprites import SpriteGrid, encode
from convscope.atlas.web import read_script, script, short
from convscope.files import write_bytes
from convscope.methods.deconv import ProjectedPixels, Selection, project_all
from convscope.methods.workers import Workers
from convscope.progress import Progress

Json = dict[str, Any]
Strong = Sequence[Sequence[Sequence[float]]]
"""Of an image, layer by layer, the units that respond most: channel, value, share of the maximum, y, x."""

TAKEN_PATH = "pictures/images/{thousand}/taken-{image}.webp"
_CELL = 64  # pixels from one projection to the next, and the longest side of each
_TOGETHER = 8  # images whose projections are made together, at most; the last bits depend on it
_PIXELS = 64 << 20  # bytes of projections that are at hand at a time
_ROUND = 4  # such groups that are begun before it is known how many bytes they take


@dataclass(frozen=True)
class TakenPictures:
    """Everything needed to show what units take from single images.

    layers: names, in the atlas's order. budget: at most so many bytes of pictures and scripts.
    """

    folder: Path
    studio: Studio
    layers: Sequence[str]
    ledger: Ledger
    budget: int

    def write(self, team: Workers, progress: Progress) -> Json:
        """What the manifest says of them, after writing those that are not there yet: bytes, and of how many images."""
        index = self.folder / "data" / "taken" / "index.js"
        if not self._is_whole(index):
            kept = self._make(team, progress)
            about = {
                "images": sorted(kept),
                "bytes": sum(kept.values()),
                "grids": [grid.to_json() for grid in self.grids()],
            }
            write_bytes(index, script("taken/index", about))
            self.ledger.record("taken", [index])
        told = read_script(index)
        return {"budget": self.budget, "bytes": told["bytes"], "images": len(told["images"])}

    def _is_whole(self, index: Path) -> bool:
        """Whether the index is there, and all that it names."""
        return index.exists() and all(path.exists() for i in read_script(index)["images"] for path in self._paths(i))

    def grids(self) -> list[SpriteGrid]:
        """Where the projections of each layer lie in an image's picture: a row for each layer, strongest first."""
        found = []
        for layer in self.layers:
            size = self._size(layer)
            cell = size.height * size.enlarge, size.width * size.enlarge
            found.append(SpriteGrid(len(self.layers), STRONGEST, *cell, _CELL, _CELL, 1, lossless=False))
        return found

    def _size(self, layer: str) -> TileSize:
        return TileSize.of(self.studio.box(layer), _CELL)

    def _make(self, team: Workers, progress: Progress) -> dict[int, int]:
        """The bytes of each image's files, as far as the budget goes."""
        profiles = self.folder / "data" / "profiles"
        about = read_script(profiles / "index.js")
        images, starts = in_spread_order(about["images"]), np.asarray(about["starts"])
        together = self._together()
        groups = [images[first : first + together] for first in range(0, len(images), together)]
        kept: dict[int, int] = {}
        rows: dict[int, Strong] = {}
        progress("taken", 0, len(images))
        for first in range(0, len(groups), _ROUND):
            some = groups[first : first + _ROUND]
            for image in (image for group in some for image in group if image not in rows):
                shard = int(np.searchsorted(starts, image, "right")) - 1
                told = read_script(profiles / f"{shard}.js")["images"]
                rows.update((int(one), seen["layers"]) for one, seen in told.items())
            for number, group in enumerate(team.map(lambda part: self._group(part, rows), some), start=first):
                more = self._keep(number, group, self.budget - sum(kept.values()))
                kept |= more
                if len(more) < len(group):
                    progress("taken", len(images), len(images))
                    return kept
                progress("taken", len(kept), len(images))
        return kept

    def _keep(self, number: int, group: dict[int, tuple[bytes, bytes]], left: int) -> dict[int, int]:
        """The sizes of the images of a group that the bytes left allow, which are written."""
        kept: dict[int, int] = {}
        paths: list[Path] = []
        for image, contents in group.items():
            size = sum(map(len, contents))
            if size > left:
                break
            left -= size
            for path, content in zip(self._paths(image), contents, strict=True):
                if not path.exists():
                    write_bytes(path, content)
                paths.append(path)
            kept[image] = size
        self.ledger.record(f"taken-{number}", paths)
        return kept

    def _paths(self, image: int) -> tuple[Path, Path]:
        picture = TAKEN_PATH.format(thousand=image // 1000, image=image)
        return self.folder / picture, self.folder / "data" / "taken" / f"{image}.js"

    def _together(self) -> int:
        """How many images go together, so that the projections of all layers are at hand."""
        boxes = sum(math.prod(self.studio.box(layer)) for layer in self.layers)
        return max(1, min(_TOGETHER, _PIXELS // (boxes * STRONGEST * self.studio.preprocess.channels * 4)))

    def _group(self, images: Sequence[int], rows: Mapping[int, Strong]) -> dict[int, tuple[bytes, bytes]]:
        """Picture and script of each image: those that are there already, or made now."""
        places = {image: self._paths(image) for image in images}
        if all(path.exists() for pair in places.values() for path in pair):
            return {image: (pair[0].read_bytes(), pair[1].read_bytes()) for image, pair in places.items()}
        pictures = np.full((len(images), len(self.layers) * _CELL, STRONGEST * _CELL, 3), GREY, np.uint8)
        told: list[list[list[list[float]]]] = [[[] for _ in self.layers] for _ in images]
        for at, found in self._projected(images, [rows[image] for image in images]):
            size, seen = self._size(self.layers[at]), found.images.tolist()
            for i, box, shown in zip(seen, found.boxes.tolist(), portray(found.pixels, size.shape), strict=True):
                cell, place = enlarge(shown.part, size.enlarge), len(told[i][at])
                margin = ((0, _CELL - cell.shape[0]), (0, _CELL - cell.shape[1]), (0, 0))
                y, x = at * _CELL, place * _CELL
                pictures[i, y : y + _CELL, x : x + _CELL] = np.pad(cell, margin, mode="edge")
                top, left = box[:2]
                told[i][at].append([*np.add(shown.content, [top, left, top, left]).tolist(), short(shown.part_scale)])
        return {
            image: (encode(pictures[i], lossless=False), script(f"taken/{image}", {"image": image, "layers": told[i]}))
            for i, image in enumerate(images)
        }

    def _projected(self, images: Sequence[int], strong: Sequence[Strong]) -> Iterator[tuple[int, ProjectedPixels]]:
        """What the strongest units of each layer take from each image, by the layer's number."""
        studio, chosen = self.studio, []
        for at, layer in enumerate(self.layers):
            units = [(i, unit) for i, rows in enumerate(strong) for unit in rows[at]]
            if units:
                row, channel = torch.tensor([[i, int(unit[0])] for i, unit in units], device="cpu").T
                places = np.array([unit[3:5] for _, unit in units], np.int64)
                chosen.append((at, Selection(layer, row, channel, places if studio.net.layer(layer).spatial else None)))
        photos = np.stack([studio.photo(image) for image in images])
        inputs = studio.preprocess.normalise(torch.from_numpy(photos).permute(0, 3, 1, 2), dtype=studio.net.dtype)
        rules = {**vars(studio.options), "workers": 1}
        found = project_all(studio.net, inputs, [selection for _, selection in chosen], **rules) if chosen else []
        yield from zip((at for at, _ in chosen), found, strict=True)


def in_spread_order(images: Sequence[int]) -> list[int]:
    """The images in an order of which every beginning is spread over all of them (van der Corput's).

    >>> in_spread_order([10, 11, 12, 13, 14])
    [10, 14, 12, 11, 13]
    """
    count = len(images)
    digits = max(1, (count - 1).bit_length())
    reversed_bits = (int(f"{i:0{digits}b}"[::-1], 2) for i in range(1 << digits))
    return [images[i] for i in reversed_bits if i < count]


__all__ = ["TAKEN_PATH", "TakenPictures", "in_spread_order"]
