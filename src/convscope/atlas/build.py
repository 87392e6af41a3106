"""From a network and images to an atlas in a folder: scan, project, draw, record, page."""

import logging
import time
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from convscope.arguments import checked
from convscope.atlas.extras import Extras
from convscope.atlas.finish import Finish, remove, unit_names, write_page
from convscope.atlas.inventory import INTERFERED
from convscope.atlas.layers import LayerBuild
from convscope.atlas.ledger import Ledger
from convscope.atlas.manifest import IMAGE_BYTES, AtlasOptions, AtlasRequest, FolderState, begin, look, reopen, request
from convscope.atlas.patches import Studio
from convscope.atlas.profiles import Profile, profile
from convscope.atlas.reading import Atlas
from convscope.atlas.taken import TakenPictures
from convscope.atlas.tunings import write_tunings
from convscope.data import Images, Source
from convscope.data.unchanged import Moment
from convscope.errors import StoreError
from convscope.files import write_json
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
    lrn: LrnRule | None = None,
    gates: Gates | None = None,
    options: PullOptions | None = None,
    tuning: bool = True,
    image_bytes: int = IMAGE_BYTES,
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
        image_bytes: the pages of images show what units take from them, for as many images, evenly spread, as so many
            bytes hold; 0 for none, and none are made without whole images.
        seed: what random weights were drawn with; recorded.
        batch, workers: images decoded together and threads that share the work; they do not change what is shown.
        progress: called with the stages "scan", "profile", "project LAYER" and "control LAYER" for each layer,
            "images", "taken", "tuning", and "finish".

    Raises:
        UsageError: for options that make no sense. UnknownLayer: for layers that do not exist.
        StoreError: if the folder holds something else (both are named) or cannot be written. SourceError: if the
            collection cannot be read. ImageError: where it was changed meanwhile.

    >>> import tempfile
    >>> import numpy as np
    >>> from convscope.models import load
    >>> photos = [np.full((40, 40, 3), value, np.uint8) for value in (20, 200)]
    >>> atlas = build_atlas(load("zoo:tiny"), photos, tempfile.mkdtemp() + "/atlas", layers=["relu1"], k=1)
    >>> atlas.outcome, atlas.page.name
    ('made', 'index.html')
    """
    expect_network(net)
    folder, source = Path(out), collection(images, limit=limit, channels=net.input_shape[0])
    names = chosen_layers(net, layers, net.layers.stages())
    how = pull_options(options, rule=rule, smooth=smooth, overlap=overlap, lrn=lrn, gates=gates)
    rules = {**vars(how), "gates": how.treated if net.gated else None}
    asked = AtlasOptions(
        _in_order(net, names), k, tile, thumb, limit, **rules, tuning=tuning, image_bytes=image_bytes, seed=seed
    )
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
        remove(folder / "work")
        return Atlas.open(folder, outcome="unchanged")
    manifest, ledger = _begin(folder, wanted, state)
    before = Moment.of(source, wanted.data["fingerprint"])
    crops = Crops()
    found = distributed_scan(net, source, store=folder / "store", crops=crops, progress=progress, **shared)
    thumbs = folder / "pictures" / "images" if options.thumb else None
    studio = Studio(net, source, preprocess, options.pull, options.tile, options.thumb, thumbs, crops, ledger.note)
    kept = folder / "work" / "profile.safetensors"
    seen = profile(studio, options.layers, keep=kept, progress=progress)
    ledger.record("profile", [kept])
    builds = _layers(studio, found, options, folder, seen, ledger)
    pictures, failed = [build.pictures for build in builds], frozenset(failure.index for failure in found.failures)
    with one_thread_workers(net.device, workers) as team:
        records = [build.make(pool=team.pool, progress=progress) for build in builds]
        extras = Extras(folder, studio, records, pictures, seen, team, ledger, failed).write(progress)
        taken = None
        if options.image_bytes and thumbs is not None:
            taken = TakenPictures(folder, studio, options.layers, ledger, options.image_bytes).write(team, progress)
        if options.tuning:
            tops = {build.id: build.top for build in builds}
            write_tunings(folder, studio, tops, team, ledger, progress)
    before.expect_unchanged()
    Finish(folder, net, source, found, builds, records, options, extras, ledger, taken).write(manifest, progress)
    return Atlas.open(folder, outcome="made" if state == "nothing" else "continued")


def _layers(
    studio: Studio, found: KeptScan, options: AtlasOptions, folder: Path, seen: Profile, ledger: Ledger
) -> list[LayerBuild]:
    """What makes the pictures and the record of each layer."""
    return [
        LayerBuild(
            folder,
            number,
            studio.net.layer(name, gates=options.pull.treated),
            found[name].topk,
            _statistics(found, name),
            studio,
            seen.values[name],
            unit_names(studio.net, name),
            ledger,
        )
        for number, name in enumerate(options.layers)
    ]


def _begin(folder: Path, wanted: AtlasRequest, state: FolderState) -> tuple[Json, Ledger]:
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


__all__ = ["build_atlas"]
