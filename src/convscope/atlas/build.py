"""From a network and images to an atlas in a folder: scan, project, draw, record, page."""

import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from convscope.arguments import checked
from convscope.atlas.attach import list_script
from convscope.atlas.database import LayerRow, UnitRow, write_database
from convscope.atlas.experiments import index_script
from convscope.atlas.extras import CONTROLS_PATH, Extras, controls_address
from convscope.atlas.inventory import INTERFERED, INVENTORY, LISTS
from convscope.atlas.layers import LayerBuild
from convscope.atlas.ledger import Ledger
from convscope.atlas.manifest import AtlasOptions, AtlasRequest, Found, begin, layer_json, look, reopen, request
from convscope.atlas.patches import Studio
from convscope.atlas.portable import write_portable
from convscope.atlas.profiles import profile
from convscope.atlas.published import PAGE_KINDS, page_file
from convscope.atlas.reading import Atlas
from convscope.atlas.store import LayerRecord
from convscope.atlas.tunings import tuning_address, write_tunings
from convscope.atlas.web import numbers, printable, read_script, script
from convscope.atlas.webdata import SHARD_IMAGES, image_shards, network_data
from convscope.data import Images, Source
from convscope.errors import StoreError
from convscope.files import write_bytes, write_json, writing
from convscope.graph import Network
from convscope.graph.options import Gates, LrnRule, OverlapRule, PullOptions, Rule, Smooth, pull_options
from convscope.methods.inputs import chosen_layers, collection, expect_network, preprocess_of
from convscope.methods.scan import LayerStatistics
from convscope.methods.scan.crops import Crops
from convscope.methods.workers import one_thread_workers
from convscope.processes import rank
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.stores.distributed import distributed_scan
from convscope.stores.scan import KeptScan

logger = logging.getLogger(__name__)

_FAILURES_SHOWN = 50
_GLANCE = 0.5  # seconds between looks at what another process does

Json = dict[str, Any]


@checked
@usual_settings()
def build_atlas(
    net: Network,
    images: Images,
    out: str | PathLike[str],
    *,
    layers: Sequence[str] | None = None,
    k: int = 9,
    tile: int = 112,
    thumb: int = 224,
    limit: int | None = None,
    rule: Rule = "deconvnet",
    smooth: Smooth = "rectify",
    overlap: OverlapRule = "sum",
    lrn: LrnRule = "identity",
    gates: Gates | None = None,
    options: PullOptions | None = None,
    tuning: bool = True,
    seed: int = 0,
    batch: int = 32,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Atlas:
    """The atlas of a network over an image collection, made in the folder `out`, whose `index.html` a browser opens.

    A build that was stopped, for whatever reason, goes on from its finished parts when it is asked for again, and ends
    with the same bytes; a finished one is left as it is. `Atlas.outcome` says which it was.

    Args:
        net: a network with a preprocessing description.
        images: a collection, or pixels of any kind, see docs/grammar.md.
        out: a folder that is new, empty, or holds this very atlas.
        layers: the layers to show; by default one for each spatial stage (`net.layers.stages()`).
        k: responses shown for each unit, at most one from an image.
        tile: the longest side in pixels of a patch as it is kept; thumb: that of whole images, 0 for none.
        limit: at most so many images, evenly spread over the collection.
        rule, smooth, overlap, lrn, gates: how projections are made, see `PullOptions`; or all of them as `options`.
        tuning: also say what units are tuned to, see `tuning`: their strongest images are run again in grey, turned ...
        seed: what random weights were drawn with; recorded.
        batch, workers: images decoded together and threads that share the work; they do not change what is shown.
        progress: called with the stages "scan", "profile", "project LAYER" and "control LAYER" for each layer,
            "images", "tuning", and "finish".

    Raises:
        UsageError: for options that make no sense. UnknownLayer: for layers that do not exist.
        StoreError: if the folder holds something else (both are named) or cannot be written. SourceError: if the
            collection cannot be read.

    >>> import tempfile
    >>> import numpy as np
    >>> from convscope.models import load
    >>> photos = [np.full((40, 40, 3), value, np.uint8) for value in (20, 200)]
    >>> atlas = build_atlas(load("zoo:tiny"), photos, tempfile.mkdtemp() + "/atlas", layers=["relu1"], k=1)
    >>> atlas.outcome, atlas.page.name
    ('made', 'index.html')
    """
    expect_network(net)
    folder, source = Path(out), collection(images, limit=limit)
    names = chosen_layers(net, layers, net.layers.stages())
    how = pull_options(options, rule=rule, smooth=smooth, overlap=overlap, lrn=lrn, gates=gates)
    rules = {**vars(how), "gates": how.treated if net.gated else None}
    asked = AtlasOptions(_in_order(net, names), k, tile, thumb, limit, **rules, tuning=tuning, seed=seed)
    try:
        return _build(net, source, folder, asked, batch=batch, workers=workers, progress=progress or silent)
    except FileNotFoundError as error:
        if not Path(str(error.filename)).is_relative_to(folder):
            raise
        raise StoreError(f"{error.filename} is gone: {INTERFERED}") from error


def _in_order(net: Network, names: Sequence[str]) -> tuple[str, ...]:
    """The names in execution order, each once: the order in which they were asked for makes no other atlas."""
    wanted = set(names)
    return tuple(name for name in net.layers.names if name in wanted)


def _build(
    net: Network,
    source: Source,
    folder: Path,
    options: AtlasOptions,
    *,
    batch: int,
    workers: int | None,
    progress: Progress,
) -> Atlas:
    preprocess = preprocess_of(net, source)
    wanted = request(net, source, options, preprocess)
    shared: dict[str, Any] = {"layers": options.layers, "k": options.k, "batch": batch, "workers": workers}
    if rank() > 0:
        return _help(net, source, folder, wanted, shared)
    state = look(folder, wanted)
    if state == "complete":
        logger.info("%s is complete", folder)
        write_page(folder)
        _remove(folder / "work")
        return Atlas.open(folder, outcome="unchanged")
    manifest, ledger = _begin(folder, wanted, state)
    crops = Crops()
    found = distributed_scan(net, source, store=folder / "store", crops=crops, progress=progress, **shared)
    thumbs = folder / "pictures" / "images" if options.thumb else None
    studio = Studio(net, source, preprocess, options.pull, options.tile, options.thumb, thumbs, crops, ledger.note)
    kept = folder / "work" / "profile.safetensors"
    seen = profile(studio, options.layers, keep=kept, progress=progress)
    ledger.record("profile", [kept])
    builds = [
        LayerBuild(
            folder,
            number,
            net.layer(name, gates=options.pull.treated),
            found[name].topk,
            _statistics(found, name),
            studio,
            seen.values[name],
            unit_names(net, name),
            ledger,
        )
        for number, name in enumerate(options.layers)
    ]
    with one_thread_workers(net.device, workers) as team:
        records = [build.make(pool=team.pool, progress=progress) for build in builds]
        extras = Extras(
            folder,
            studio,
            records,
            [build.pictures for build in builds],
            seen,
            team,
            ledger,
            frozenset(failure.index for failure in found.failures),
        ).write(progress)
        if options.tuning:
            tops = {build.id: build.top for build in builds}
            write_tunings(folder, studio, tops, team, ledger, progress)
    Finish(folder, net, source, found, builds, records, options, extras, ledger).write(manifest, progress)
    return Atlas.open(folder, outcome="made" if state == "nothing" else "continued")


def _begin(folder: Path, wanted: AtlasRequest, state: Found) -> tuple[Json, Ledger]:
    """The manifest as it was begun, and what of the atlas is there already and believed."""
    if state == "nothing":
        return begin(folder, wanted), Ledger.begin(folder)
    manifest, finished = reopen(folder)
    ledger = Ledger.begin(folder, finished=finished)
    write_json(folder / "manifest.json", manifest)
    return manifest, ledger


def _help(net: Network, source: Source, folder: Path, wanted: AtlasRequest, shared: dict[str, Any]) -> Atlas:
    """The atlas that the first of several processes builds, once it has: the others scan their share of the images."""
    while not (folder / "manifest.json").exists():
        time.sleep(_GLANCE)
    if look(folder, wanted) != "complete":
        distributed_scan(net, source, store=folder / "store", **shared)
        while look(folder, wanted) != "complete":
            time.sleep(_GLANCE)
    return Atlas.open(folder, outcome="continued")


def _statistics(found: KeptScan, layer: str) -> LayerStatistics:
    statistics = found[layer].statistics
    if statistics is None:
        raise StoreError(f"the scan has no statistics of layer '{layer}': scan into another folder, with statistics")
    return statistics


def unit_names(net: Network, layer: str) -> tuple[str, ...] | None:
    """The names of a layer's units: those of the classes for the model's output, None for any other layer."""
    if net.classes is None or layer != net.output:
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
    return sizes


def _is_list(folder: Path, path: str) -> bool:
    """Whether a list that other commands add to is there and whole."""
    try:
        return isinstance(read_script(folder / path), list)
    except (OSError, StoreError):
        return False


def _remove(work: Path) -> None:
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

    def write(self, manifest: Json, progress: Progress) -> None:
        """Write tables, data scripts, page and manifest, the manifest last, and remove what is not needed any more."""
        progress("finish", 0, 4)
        sizes = write_page(self.folder)
        sizes |= self._write_images()
        progress("finish", 1, 4)
        sizes |= self._write_network()
        progress("finish", 2, 4)
        sizes |= {"atlas.sqlite": self._write_database()}
        portable = write_portable(self.folder, [build.id for build in self.builds])
        sizes |= {"data/sprites/": portable or 0, "data/alike/": _bytes_of(self.folder / "data" / "alike")}
        sizes |= {
            f"data/{name}/": _bytes_of(self.folder / "data" / name) for name in ("controls", "profiles", "tuning")
        }
        progress("finish", 3, 4)
        about = self._described() | {"portable": portable is not None, "files": _listed(sizes)}
        inventory = self.ledger.finish(self._files(), [self.folder / path for path in (*PAGE_KINDS, *LISTS)])
        done = manifest | about | {"inventory": inventory.entry(), "complete": True}
        # All that they name is on disk by now: after a power cut there is no manifest, or a whole atlas.
        write_bytes(self.folder / INVENTORY, inventory.content, durable=True)
        write_bytes(self.folder / "data" / "manifest.js", script("manifest", done), durable=True)
        write_json(self.folder / "manifest.json", done, durable=True)
        _remove(self.folder / "work")
        progress("finish", 4, 4)

    def _files(self) -> list[Path]:
        """What was written here."""
        data = self.folder / "data"
        scripts = (*(data / "images").glob("*.js"), *(data / "sprites").rglob("*.js"))
        return [self.folder / "atlas.sqlite", data / "network.js", *sorted(scripts)]

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
                "controls": CONTROLS_PATH,
                "image": "pictures/images/{thousand}/{image}.webp" if self.options.thumb else None,
                "layer": "layers/{layer}",
                "units": "layers/{layer}/{shard}",
                "images": "images/{shard}",
                "network": "network",
                "extras": "extras/{layer}/{shard}",
                "profiles": "profiles/{shard}",
                "alike": "alike/{layer}",
                "likeness": "controls/{layer}",
                **({"tuning": tuning_address("{layer}")} if self.options.tuning else {}),
                "sprites": "sprites/{layer}/{channel}",
            },
            "extras": self.extras,
            "images": {"shard": SHARD_IMAGES},
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


__all__ = ["build_atlas", "write_page"]
