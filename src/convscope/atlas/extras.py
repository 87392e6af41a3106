"""What the pages of units and images show beyond the strongest responses, in scripts of their own beside the others.

Samples of lower responses, weights in and out, controls, how alike units are, and the strongest units of images:
README.md describes the scripts. Made after the layers; what is there, from a build that was stopped, is kept.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convscope.atlas import common
from convscope.atlas.alike import alike
from convscope.atlas.connections import Connections, Wiring
from convscope.atlas.content import portray
from convscope.atlas.controls import layer_controls
from convscope.atlas.ledger import Ledger
from convscope.atlas.patches import Studio
from convscope.atlas.pictures import SHEET_UNITS, PictureFolder
from convscope.atlas.portraits import SHARD_PORTRAITS, Portraits
from convscope.atlas.profiles import Profile, bands
from convscope.atlas.render import GREY, Pixels, fit
from convscope.atlas.sprites import compose, encode
from convscope.atlas.store import LayerRecord
from convscope.atlas.web import numbers, script, short
from convscope.atlas.webdata import SHARD_UNITS, class_table, image_table
from convscope.data import load_image
from convscope.files import write_bytes
from convscope.methods.deconv import project
from convscope.methods.sanity.controls import SEED, control, likeness
from convscope.methods.workers import Workers
from convscope.progress import Progress

Json = dict[str, Any]

CONTROLS_PATH = "pictures/{layer}/controls-{sheet}.webp"
_TOGETHER = 8  # controls projected together


@dataclass(frozen=True)
class Extras:
    """Everything needed to make the extras of an atlas in `folder`.

    pictures: as for its layers. found: how strongly sampled images excite the units. team: shares the work.
    """

    folder: Path
    studio: Studio
    records: Sequence[LayerRecord]
    pictures: Sequence[PictureFolder]
    found: Profile
    team: Workers
    ledger: Ledger
    unreadable: frozenset[int] = frozenset()

    def write(self, progress: Progress) -> Json:
        """What the manifest says of the extras, after writing those that are not there yet."""
        about: Json = {
            "shard": SHARD_UNITS,
            "profileShard": SHARD_PORTRAITS,
            "controls": True,
            "alike": True,
            "seed": SEED,
        }
        self._make(progress)
        return about

    def _make(self, progress: Progress) -> None:
        wiring: Wiring | None = None
        for record, pictures in zip(self.records, self.pictures, strict=True):
            last = self.folder / "data" / "extras" / record.id / f"{(len(record.values) - 1) // SHARD_UNITS}.js"
            controls = self.folder / "data" / f"{controls_address(record.id)}.js"
            if not (last.exists() and controls.exists()):
                wiring = wiring or Wiring(self.studio.net, [one.layer.name for one in self.records])
                self._make_layer(record, pictures, wiring.of(record.layer.name), progress)
        path = self.folder / "data" / "responses" / "index.js"
        write_bytes(path, script("responses/index", common.index(self.studio.source, self.found.images)))
        self.ledger.record("responses", [path])
        Portraits(self.folder, self.studio, self.records, self.ledger, self.unreadable).write(
            self.found, self.team, progress
        )

    def _make_layer(self, record: LayerRecord, pictures: PictureFolder, wired: Connections, progress: Progress) -> None:
        data, found = self.folder / "data", self.found
        components = alike(found.values[record.layer.name]).to_json(record.id, len(found.images))
        written = [data / "alike" / f"{record.id}.js"]
        write_bytes(written[0], script(f"alike/{record.id}", components))
        told = common.layer_responses(record.id, found.values[record.layer.name], found.images)
        written.append(data / "responses" / f"{record.id}.js")
        write_bytes(written[-1], script(f"responses/{record.id}", told))
        similar = self._controls(record, pictures, progress)
        address = controls_address(record.id)
        written.append(data / f"{address}.js")
        write_bytes(written[-1], script(address, layer_controls(record.id, similar)))
        for number, value in unit_extras(record, self.studio, found, wired, similar):
            address = f"extras/{record.id}/{number}"
            written.append(data / f"{address}.js")
            write_bytes(written[-1], script(address, value))
        sheets = range(-(-len(record.values) // SHEET_UNITS))
        self.ledger.record(f"extras-{record.id}", [*written, *(pictures.sheet_path("controls", i) for i in sheets)])

    def _controls(self, record: LayerRecord, pictures: PictureFolder, progress: Progress) -> NDArray[np.float32]:
        """The likeness (C,) of each unit's first projection and its control, after writing the controls' sheets."""
        count = len(record.values)
        cells = np.full((count, *pictures.cell.shape, 3), GREY, np.uint8)
        similar = np.full(count, np.nan, np.float32)
        units = np.flatnonzero((record.images[:, 0] >= 0) & (record.values[:, 0] != 0))
        stage = f"control {record.layer.name}"
        progress(stage, 0, len(units))
        done, lock = 0, threading.Lock()

        def make(part: NDArray[np.int64]) -> None:
            nonlocal done
            cells[part], similar[part] = self._control(record, part, pictures)
            with lock:
                done += len(part)
                progress(stage, done, len(units))

        self.team.map(make, [units[first : first + _TOGETHER] for first in range(0, len(units), _TOGETHER)])
        for number, start in enumerate(range(0, count, SHEET_UNITS)):
            picture = compose(pictures.sheet, cells[start : start + SHEET_UNITS])
            write_bytes(pictures.sheet_path("controls", number), encode(picture, lossless=pictures.sheet.lossless))
        return similar

    def _control(
        self, record: LayerRecord, units: NDArray[np.int64], pictures: PictureFolder
    ) -> tuple[Pixels, NDArray[np.float32]]:
        studio, name = self.studio, record.layer.name
        photos = np.stack(
            [load_image(studio.source, int(image), studio.preprocess) for image in record.images[units, 0]]
        )
        images = studio.preprocess.normalise(torch.from_numpy(photos).permute(0, 3, 1, 2)).to(studio.net.dtype)
        positions = np.stack([record.y[units, 0], record.x[units, 0]], axis=1).astype(np.int64)
        options = studio.options
        own = project(
            studio.net,
            images,
            name,
            image=torch.arange(len(units), device="cpu"),
            channel=torch.from_numpy(units),
            position=positions if record.layer.spatial else None,
            rule=options.rule,
            smooth=options.smooth,
            overlap=options.overlap,
            lrn=options.lrn,
            gates=options.gates,
        )
        random = control(studio.net, images, name, positions if record.layer.spatial else None, options).pixels
        fields = torch.stack([_cut(p, box) for p, box in zip(random, record.boxes[units, 0], strict=True)])
        tiles = [fit(shown.whole, pictures.cell.shape) for shown in portray(fields, pictures.tile.shape)]
        return np.stack(tiles), likeness(own.full(), random)


def controls_address(id: str) -> str:
    """The address of a layer's script with its units' likeness to their controls."""
    return f"controls/{id}"


def _cut(pixels: torch.Tensor, box: NDArray[np.integer]) -> torch.Tensor:
    """The pixels (3, H, W) in a box, zero beyond the image."""
    y0, x0, y1, x1 = (int(edge) for edge in box)
    out = pixels.new_zeros(pixels.shape[0], y1 - y0, x1 - x0)
    top, left, bottom, right = max(0, y0), max(0, x0), min(pixels.shape[1], y1), min(pixels.shape[2], x1)
    if top < bottom and left < right:
        out[:, top - y0 : bottom - y0, left - x0 : right - x0] = pixels[:, top:bottom, left:right]
    return out


def unit_extras(
    record: LayerRecord, studio: Studio, found: Profile, wired: Connections, similar: NDArray[np.float32]
) -> Iterator[tuple[int, Json]]:
    """The scripts with the extras of units, 64 to a script: their number and value."""
    channels, source = len(record.values), studio.source
    for number, first in enumerate(range(0, channels, SHARD_UNITS)):
        span = range(first, min(first + SHARD_UNITS, channels))
        units = [_unit(record, studio, found, wired, similar, channel) for channel in span]
        images = {s["image"] for unit in units for band in unit["bands"] for s in band["samples"]}
        yield (
            number,
            {
                "layer": record.id,
                "first": first,
                "units": units,
                "images": image_table(source, images),
                "classes": class_table(source, (source.label(image) for image in images)),
                "incoming": wired.incoming_note,
                "outgoing": wired.outgoing_note,
            },
        )


def _unit(
    record: LayerRecord,
    studio: Studio,
    found: Profile,
    wired: Connections,
    similar: NDArray[np.float32],
    channel: int,
) -> Json:
    name, width = record.layer.name, record.layer.width
    values, places = found.values[name][:, channel], found.places[name][:, channel]
    listed = []
    # The strongest are shown as such: samples of the rest are of other images.
    rest = np.where(np.isin(found.images, record.images[channel]), -np.inf, values).astype(np.float32)
    for band in bands(rest, float(record.maximum[channel])):
        rows = list(band.rows)
        at = np.stack([places[rows] // width, places[rows] % width], axis=1)
        boxes = studio.net.crops(name, at, gates=studio.options.treated).tolist() if rows else []
        samples = [
            {"image": int(found.images[row]), "value": value, "box": box}
            for row, value, box in zip(rows, numbers(values[rows]), boxes, strict=True)
        ]
        listed.append({"low": short(band.low), "high": short(band.high), "samples": samples})
    likely = None if np.isnan(similar[channel]) else round(float(similar[channel]), 4)
    shown = record.images[channel, 0] >= 0 and record.values[channel, 0] != 0
    return {
        "bands": listed,
        "incoming": [[layer, unit, short(weight)] for layer, unit, weight in wired.incoming[channel]],
        "outgoing": [[layer, unit, short(weight)] for layer, unit, weight in wired.outgoing[channel]],
        "control": {"similarity": likely} if shown else None,
    }


__all__ = ["CONTROLS_PATH", "Extras", "controls_address", "unit_extras"]
