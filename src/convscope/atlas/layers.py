"""One layer of an atlas: projected, drawn and recorded, block of units by block of units.

A layer is done when its record is there, which is written last; a block when its part is. Both end with a receipt (see
`ledger.py`), without which they would not be there when a build that was stopped goes on from the finished ones.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas.ledger import Ledger
from convscope.atlas.names import layer_id
from convscope.atlas.patches import BLOCK_BYTES, Picks, Studio, Tick
from convscope.atlas.pictures import SHEET_UNITS, PictureFolder
from convscope.atlas.store import DrawnUnits, LayerRecord, read_tensors, write_tensors
from convscope.atlas.summary import dead_units
from convscope.atlas.web import script
from convscope.atlas.webdata import SHARD_UNITS, layer_data, unit_shards
from convscope.data import Source
from convscope.files import write_bytes
from convscope.graph import Layer
from convscope.methods.scan import LayerStatistics, TopK
from convscope.progress import Progress

Json = dict[str, Any]


@dataclass(frozen=True)
class UnitBlock:
    """A finished block of units."""

    path: Path
    channels: range


@dataclass(frozen=True)
class LayerBuild:
    """Everything needed to make one layer of the atlas in `out`.

    responses: (n, C) the strongest response of each unit in each of the sampled images. names: of the units, for class
    logits.
    """

    out: Path
    number: int
    layer: Layer
    top: TopK
    statistics: LayerStatistics
    studio: Studio
    responses: NDArray[np.float32]
    names: tuple[str, ...] | None
    ledger: Ledger

    @property
    def id(self) -> str:
        """The layer's name in paths."""
        return layer_id(self.number, self.layer.name)

    @property
    def record_path(self) -> Path:
        """The file that says that the layer is done."""
        return self.out / "layers" / f"{self.id}.safetensors"

    @property
    def pictures(self) -> PictureFolder:
        """Where its pictures are."""
        size, singles = self.studio.size(self.layer.name), self.studio.bands(self.top.k)
        parts = size.shape != self.studio.box(self.layer.name)
        return PictureFolder(self.out / "pictures" / self.id, self.top.k, size, singles, parts)

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Which units are zero everywhere."""
        return dead_units(self.statistics.maximum, self.statistics.mean)

    def parts(self) -> Iterator[UnitBlock]:
        """The blocks of units whose tiles fit the memory together."""
        height, width = self.pictures.tile.shape
        cells = self.top.k * 3 * 4 + self.pictures.singles
        size = max(1, BLOCK_BYTES // (cells * height * width))
        for number, first in enumerate(range(0, self.layer.channels, size)):
            channels = range(first, min(first + size, self.layer.channels))
            yield UnitBlock(self.out / "work" / f"{self.id}.{number}.safetensors", channels)

    def make(self, *, pool: Executor | None, progress: Progress) -> LayerRecord:
        """The record of the layer, after all its files were written; what is there already is kept."""
        if self.record_path.exists():
            return LayerRecord.load(self.record_path)
        self._make_parts(pool, progress)
        found = [read_tensors(part.path) for part in self.parts()]
        joined = {name: np.concatenate([tensors[name] for tensors, _ in found]) for name in found[0][0]}
        self.pictures.write_sheets(joined["photos"], joined["projections"])
        alive = np.flatnonzero(~self.dead).tolist()
        self.pictures.write_preview(joined["photos"], joined["projections"], alive)
        positions = self.top.positions.reshape(-1, 2).clip(0)
        boxes = self.studio.net.crops(self.layer.name, positions, gates=self.studio.options.treated).numpy()
        drawn = DrawnUnits(
            boxes=boxes.reshape(self.layer.channels, self.top.k, 4),
            scales=joined["scales"],
            activations=joined["activations"],
            content=joined["content"],
            part_scales=joined["part_scales"],
            report=max(about["report"] for _, about in found),
        )
        record = LayerRecord.of(self.id, self.layer, self.top, self.statistics, drawn=drawn, responses=self.responses)
        self._write_data(record, self.studio.source)
        record.save(self.record_path)
        self.ledger.record(f"layer-{self.id}", self._files(alive))
        for part in self.parts():
            part.path.unlink(missing_ok=True)
        self.ledger.forget(self._receipt(part) for part in self.parts())
        return record

    def _files(self, alive: list[int]) -> list[Path]:
        count, data = self.layer.channels, self.out / "data" / "layers"
        shards = [data / self.id / f"{number}.js" for number in range(-(-count // SHARD_UNITS))]
        return [self.record_path, data / f"{self.id}.js", *shards, *self.pictures.files(alive, count)]

    def _receipt(self, part: UnitBlock) -> str:
        return f"block-{part.path.stem}"

    def _make_parts(self, pool: Executor | None, progress: Progress) -> None:
        """Make the parts that are not there yet; the stage counts responses projected and units drawn."""
        alive, found = ~self.dead, Picks.count(self.top)
        done, total = 0, int(found.sum() + alive.sum())

        def tick(count: int) -> None:
            nonlocal done
            done += count
            progress(f"project {self.layer.name}", done, total)

        tick(0)
        for part in self.parts():
            if part.path.exists():
                mine = slice(part.channels.start, part.channels.stop)
                tick(int(found[mine].sum() + alive[mine].sum()))
            else:
                self._make_part(part, pool, tick)

    def _make_part(self, part: UnitBlock, pool: Executor | None, tick: Tick) -> None:
        tiles = self.studio.tiles(self.top, part.channels, pool=pool, tick=tick)
        self.pictures.write_sprites(tiles, part.channels, np.flatnonzero(self.dead).tolist(), pool=pool, tick=tick)
        photos, projections = self.pictures.cells(tiles)
        tensors = {
            "photos": photos,
            "projections": projections,
            "scales": tiles.scales,
            "activations": tiles.activations,
            "content": tiles.content,
            "part_scales": tiles.part_scales,
        }
        write_tensors(part.path, tensors, {"report": tiles.report})
        alive = [channel for channel in part.channels if not self.dead[channel]]
        drawn = [self.pictures.unit_path(channel) for channel in alive]
        drawn += [self.pictures.bands_path(channel) for channel in alive if self.pictures.singles]
        drawn += [self.pictures.part_path(channel) for channel in alive if self.pictures.parts]
        self.ledger.record(self._receipt(part), [part.path, *drawn])

    def _write_data(self, record: LayerRecord, source: Source) -> None:
        folder = self.out / "data" / "layers"
        for number, value in unit_shards(record, source, self.names):
            write_bytes(folder / self.id / f"{number}.js", script(f"layers/{self.id}/{number}", value))
        data = layer_data(record, source, self.names)
        write_bytes(folder / f"{self.id}.js", script(f"layers/{self.id}", data))

    def entry(self, record: LayerRecord, describe: Json) -> Json:
        """The layer's row in the manifest."""
        pictures = self.pictures
        measured = pictures.measure()
        data = self.out / "data" / "layers"
        scripts = [data / f"{self.id}.js", *(data / self.id).glob("*.js")]
        return {
            "id": self.id,
            **describe,
            "units": {
                "count": self.layer.channels,
                "dead": int(record.dead.sum()),
                "silent": int(((record.active == 0) & ~record.dead).sum()),
                "nan": int((record.nan > 0).sum()),
                "named": self.names is not None,
            },
            "tile": {"height": pictures.tile.height, "width": pictures.tile.width, "enlarge": pictures.tile.enlarge},
            "sprite": pictures.sprite.to_json(),
            "content": {"kept": pictures.parts},
            **({} if pictures.bands is None else {"bands": pictures.bands.to_json()}),
            "sheet": {
                "units": SHEET_UNITS,
                "count": -(-self.layer.channels // SHEET_UNITS),
                "enlarge": pictures.cell.enlarge,
                **pictures.sheet.to_json(),
            },
            "preview": {"enlarge": pictures.preview_cell.enlarge, **pictures.preview.to_json()},
            "shard": {"units": SHARD_UNITS, "count": -(-self.layer.channels // SHARD_UNITS)},
            "neighbours": record.near.statistic,
            "report": record.report,
            "mismatch": float(f"{record.mismatch:.3g}") if np.isfinite(record.mismatch) else None,
            "bytes": {
                "record": self.record_path.stat().st_size,
                "pictures": measured.bytes,
                "data": sum(path.stat().st_size for path in scripts),
            },
            "pictures": measured.count,
        }
