"""The last stage of a build: what is about the atlas as a whole, and the manifest that says that it is finished."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.atlas.attach import list_script
from convscope.atlas.classes import SHARD_CLASSES, class_shards, logit_layers, logit_shards
from convscope.atlas.database import LayerRow, UnitRow, write_database
from convscope.atlas.experiments import index_script, write_lost_results
from convscope.atlas.extras import CONTROLS_PATH, controls_address
from convscope.atlas.inventory import INVENTORY, LISTS
from convscope.atlas.layers import LayerBuild
from convscope.atlas.ledger import Ledger
from convscope.atlas.manifest import AtlasOptions, layer_json
from convscope.atlas.portable import write_portable
from convscope.atlas.published import PAGE_KINDS, page_file
from convscope.atlas.store import LayerRecord
from convscope.atlas.taken import TAKEN_PATH
from convscope.atlas.tunings import tuning_address
from convscope.atlas.web import numbers, printable, read_script, script
from convscope.atlas.webdata import SHARD_IMAGES, image_shards, network_data
from convscope.data import Source
from convscope.errors import StoreError
from convscope.files import write_bytes, write_json, writing
from convscope.graph import Network
from convscope.progress import Progress
from convscope.stores.scan import KeptScan

_FAILURES_SHOWN = 50

Json = dict[str, Any]


def unit_names(net: Network, layer: str) -> tuple[str, ...] | None:
    """The names of a layer's units: those of the classes where they are the output's, None for any other layer."""
    if net.classes is None or not net.listed_output or layer not in logit_layers(net):
        return None
    return net.head.names(net.classes)


def write_page(folder: Path) -> dict[str, int]:
    """Copy the page into an atlas where it is not there already, and lists that are lost; the sizes of its files."""
    sizes = {}
    for name in PAGE_KINDS:
        data = page_file(name)
        path = folder / name
        if not path.exists() or path.read_bytes() != data:
            write_bytes(path, data)
        sizes[name] = len(data)
    for path, made in ((LISTS[0], index_script), (LISTS[1], list_script)):
        if not _is_list(folder, path):
            write_bytes(folder / path, made(folder))
    write_lost_results(folder)
    return sizes


def _is_list(folder: Path, path: str) -> bool:
    """Whether a list that other commands add to is there and whole."""
    try:
        return isinstance(read_script(folder / path), list)
    except (OSError, StoreError):
        return False


def remove(work: Path) -> None:
    """Remove the folder of unfinished work, if there is one."""
    with writing(work):
        if work.exists():
            shutil.rmtree(work)


@dataclass(frozen=True)
class Finish:
    """The last stage: everything that is about the atlas as a whole."""

    folder: Path
    net: Network
    source: Source
    scan: KeptScan
    builds: Sequence[LayerBuild]
    records: Sequence[LayerRecord]
    options: AtlasOptions
    extras: Json
    ledger: Ledger
    taken: Json | None = None

    def write(self, manifest: Json, progress: Progress) -> None:
        """Write tables, data scripts, page and manifest, the manifest last, and remove what is not needed any more."""
        progress("finish", 0, 4)
        sizes = write_page(self.folder)
        sizes |= self._write_images()
        progress("finish", 1, 4)
        sizes |= self._write_network() | self._write_classes()
        progress("finish", 2, 4)
        sizes |= {"atlas.sqlite": self._write_database()}
        portable = write_portable(self.folder, [build.id for build in self.builds])
        sizes |= {"data/sprites/": portable or 0, "data/alike/": _bytes_of(self.folder / "data" / "alike")}
        sizes |= {
            f"data/{name}/": _bytes_of(self.folder / "data" / name)
            for name in ("controls", "profiles", "responses", "taken", "tuning")
        }
        progress("finish", 3, 4)
        about = self._described() | {"portable": portable is not None, "files": _listed(sizes)}
        inventory = self.ledger.finish(self._files(), [self.folder / path for path in (*PAGE_KINDS, *LISTS)])
        done = manifest | about | {"inventory": inventory.entry(), "complete": True}
        # All that they name is on disk by now: after a power cut there is no manifest, or a whole atlas.
        write_bytes(self.folder / INVENTORY, inventory.content, durable=True)
        write_bytes(self.folder / "data" / "manifest.js", script("manifest", done), durable=True)
        write_json(self.folder / "manifest.json", done, durable=True)
        remove(self.folder / "work")
        progress("finish", 4, 4)

    def _files(self) -> list[Path]:
        """What was written here."""
        data = self.folder / "data"
        scripts = [path for name in ("images", "classes", "logits") for path in (data / name).glob("*.js")]
        return [
            self.folder / "atlas.sqlite",
            data / "network.js",
            *sorted([*scripts, *(data / "sprites").rglob("*.js")]),
        ]

    def _described(self) -> Json:
        failures = self.scan.failures
        shown = [
            {"image": f.index, "name": printable(f.name), "reason": printable(f.reason)}
            for f in failures[:_FAILURES_SHOWN]
        ]
        layers = [
            b.entry(r, layer_json(b.layer)) | self._control(b.id)
            for b, r in zip(self.builds, self.records, strict=True)
        ]
        return {
            "failures": {"count": len(failures), "shown": shown},
            "units": sum(layer["channels"] for layer in layers),
            "layers": layers,
            "paths": {
                "sprite": "pictures/{layer}/{channel}.webp",
                "photos": "pictures/{layer}/photos-{sheet}.webp",
                "projections": "pictures/{layer}/projections-{sheet}.webp",
                "preview": "pictures/{layer}/preview.webp",
                **self._bands_path(),
                "content": "pictures/{layer}/content-{channel}.webp",
                "controls": CONTROLS_PATH,
                "image": "pictures/images/{thousand}/{image}.webp" if self.options.thumb else None,
                "layer": "layers/{layer}",
                "units": "layers/{layer}/{shard}",
                "images": "images/{shard}",
                "classes": "classes/{shard}",
                "logits": "logits/{shard}",
                "network": "network",
                "extras": "extras/{layer}/{shard}",
                "profiles": "profiles/{shard}",
                "alike": "alike/{layer}",
                "responses": "responses/{layer}",
                "likeness": "controls/{layer}",
                **({"tuning": tuning_address("{layer}")} if self.options.tuning else {}),
                "sprites": "sprites/{layer}/{channel}",
                **({"taken": TAKEN_PATH} if self.taken else {}),
            },
            "extras": self.extras,
            **({"taken": self.taken} if self.taken else {}),
            "images": {"shard": SHARD_IMAGES},
            "classes": {"shard": SHARD_CLASSES},
        }

    def _control(self, id: str) -> Json:
        """How like its control a projection of the layer is."""
        told = read_script(self.folder / "data" / f"{controls_address(id)}.js")
        return {"control": {"median": told["median"], "units": told["units"]}}

    def _bands_path(self) -> Json:
        """Where the single channels of a unit are, if they are kept."""
        kept = any(build.pictures.singles for build in self.builds)
        return {"bands": "pictures/{layer}/bands-{channel}.webp"} if kept else {}

    def _write_images(self) -> dict[str, int]:
        sizes, numbers_of_shards, winners = {}, [], 0
        for number, value in image_shards(self.records, self.source):
            path = f"data/images/{number}.js"
            sizes[path] = write_bytes(self.folder / path, script(f"images/{number}", value))
            numbers_of_shards.append(number)
            winners += len(value["images"])
        index = {"size": SHARD_IMAGES, "shards": numbers_of_shards, "count": winners}
        path = "data/images/index.js"
        return {
            "data/images/": sum(sizes.values()),
            path: write_bytes(self.folder / path, script("images/index", index)),
        }

    def _write_network(self) -> dict[str, int]:
        treated = self.options.pull.treated
        data = network_data(
            self.net, self.options.layers, lambda layer: layer_json(self.net.layer(layer.name, gates=treated))
        )
        path = "data/network.js"
        return {path: write_bytes(self.folder / path, script("network", data))}

    def _write_classes(self) -> dict[str, int]:
        shown, names = self.options.layers, unit_names(self.net, self.net.output)
        scripts = [*class_shards(self.records, self.source), *logit_shards(self.net, shown, names)]
        sizes = {"data/classes/": 0, "data/logits/": 0}
        for address, value in scripts:
            place = f"data/{address.partition('/')[0]}/"
            sizes[place] += write_bytes(self.folder / f"data/{address}.js", script(address, value))
        return sizes

    def _write_database(self) -> int:
        rows = [
            LayerRow(b.id, b.layer.name, b.layer.op, b.layer.channels, b.layer.height, b.layer.width)
            for b in self.builds
        ]
        units = (row for b, r in zip(self.builds, self.records, strict=True) for row in unit_rows(r, b.names))
        return write_database(
            self.folder / "atlas.sqlite", self.source, failures=self.scan.failures, layers=rows, units=units
        )


def _bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.js"))


def _listed(sizes: dict[str, int]) -> list[Json]:
    return [{"path": path, "bytes": size} for path, size in sorted(sizes.items())]


def unit_rows(record: LayerRecord, names: Sequence[str] | None) -> Iterator[UnitRow]:
    """The rows of a layer's units for the table."""
    columns = [numbers(column) for column in (record.maximum, record.mean, record.active)]
    preference = record.preference
    for channel, (maximum, mean, active) in enumerate(zip(*columns, strict=True)):
        best = -1 if preference is None else int(preference.top[channel, 0])
        yield UnitRow(
            layer=record.layer.name,
            channel=channel,
            name=None if names is None else printable(names[channel]),
            maximum=maximum,
            mean=mean,
            active=active,
            dead=bool(record.dead[channel]),
            nan=int(record.nan[channel]),
            selectivity=None if preference is None else numbers(preference.selectivity[channel : channel + 1])[0],
            top_class=None if best < 0 else best,
        )


__all__ = ["Finish", "remove", "unit_names", "write_page"]
