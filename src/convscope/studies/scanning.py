"""The strongest responses of every unit over a collection, by as many processes as were started."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

from convscope.arguments import checked
from convscope.data import Images
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.scan.found import Scanned
from convscope.methods.scan.scanning import Statistics
from convscope.processes import launched
from convscope.progress import Progress
from convscope.shown import Shown
from convscope.stores import scan as keeping
from convscope.stores.distributed import distributed_scan
from convscope.stores.scan import KeptScan
from convscope.studies.answer import Answer, Row, Saved
from convscope.studies.asking import collection, expect_network
from convscope.studies.pictures import left_out
from convscope.tables import TextTable, without_nan

_HEAD = ("layer", "units", "never active", "with NaN", "strongest", "value")


class Scan(KeptScan, Answer):
    """The k strongest responses of every unit of some layers, and statistics: by layer, `scan["features.8"]`.

    `save` and `load` keep it whole, as its parts and layers; scans of different shards `merge`.
    """

    saved: Saved | None = None

    @classmethod
    def of(cls, found: Scanned, folder: str | PathLike[str] | None = None) -> Scan:
        """The answer for what was found, and kept in a folder."""
        made = cls(found._state, photos=found.photos)
        made.saved = None if folder is None else Saved(Path(folder), {})
        return made

    def with_images(self, net: Network, source: Images) -> Self:
        """The same scan, which shows patches of its images in a notebook; for one that was loaded from a folder.

        Raises:
            UsageError: if another network or other images were scanned.
        """
        found = super().with_images(net, source)
        found.saved = self.saved
        return found

    @property
    def summary(self) -> str:
        """How many images and units were looked at, and which responds most."""
        rows = self.rows()
        units, most = sum(row["units"] for row in rows), max(rows, key=lambda row: row["value"] or 0.0)
        left = f" ({len(self.failures)} could not be read)" if self.failures else ""
        part = "" if self.complete else f", a part of {self.identity.images}; merge the parts when all are done"
        never = [row["never_active"] for row in rows]
        said = (
            f"{_counted(self.images, 'image')}{left}{part}; {_counted(units, 'unit')} of {_counted(len(rows), 'layer')}"
        )
        if None not in never:
            said += f", {sum(never) or 'none'} never active"
        if most["strongest"] is not None:
            said += f"; the strongest response is {most['value']:.4g}, of {most['strongest']}"
        return said

    def rows(self) -> list[Row]:
        """One row a layer; None where the scan counted no statistics or nothing responded."""
        return [self._row(name) for name in self]

    def _row(self, name: str) -> dict[str, Any]:
        one = self[name]
        strongest = int(one.values[:, 0].argmax())
        seen = bool(one.topk.found.any())
        return {
            "name": name,
            "units": one.values.shape[0],
            "never_active": None if one.statistics is None else int((one.statistics.active == 0).sum()),
            "with_nan": None if one.statistics is None else int((one.statistics.nan > 0).sum()),
            "strongest": f"{name}:{strongest}" if seen else None,
            "value": one.values[strongest, 0].item() if seen else None,
        }

    def to_json(self) -> dict[str, Any]:
        """What was scanned, what could not be read, and the layers."""
        failures = [{"index": one.index, "name": one.name, "reason": one.reason} for one in self.failures]
        return without_nan(
            {
                "network": self.network,
                "images": self.images,
                "complete": self.complete,
                "failures": failures,
                "layers": self.rows(),
            }
        )

    def tables(self) -> Sequence[TextTable]:
        """One row a layer."""
        return [TextTable("", _HEAD, tuple(map(_cells, self.rows())))]

    def remarks(self) -> list[str]:
        """The images that were left out."""
        return [left_out(one) for one in self.failures]

    @checked
    def save(self, folder: str | PathLike[str], *, progress: Progress | None = None) -> Saved:
        """Write the scan into a folder: one file a layer if it is complete, else one part for `load` and `merge`.

        Parts in the folder whose images this scan covers are removed. It has no figures to tell of.

        Raises:
            StoreError: if the folder holds another scan, or cannot be written.
        """
        self.write(folder)
        self.saved = Saved(Path(folder), {})
        return self.saved

    @classmethod
    @checked
    def load(cls, folder: str | PathLike[str]) -> Self:
        """The scan in a folder; of an unfinished one, what its parts hold together.

        Raises:
            StoreError: if there is none, a file cannot be read, or the parts do not belong together.
        """
        found = super().load(folder)
        found.saved = Saved(Path(folder), {})
        return found

    def _repr_html_(self) -> str:
        return Shown._repr_html_(self)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _cells(layer: Row) -> tuple[str, ...]:
    counts = ("" if layer[key] is None else str(layer[key]) for key in ("units", "never_active", "with_nan"))
    value = "" if layer["value"] is None else f"{layer['value']:.4g}"
    return layer["name"], *counts, layer["strongest"] or "", value


@checked
def scan(
    net: Network,
    images: Images,
    *,
    store: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    k: int = 9,
    batch: int = 32,
    workers: int | None = None,
    shard: tuple[int, int] = (0, 1),
    statistics: Statistics = "all",
    limit: int | None = None,
    cache: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Scan:
    """The k strongest responses of every unit of some layers to images, and statistics (Fig. 2 shows nine).

    An image gives a unit one candidate, the first position of the spatial maximum of the layer's output; order: value
    descending, then image number, so that the result depends neither on batches nor on workers or shards. Values are
    float32 whatever the network's dtype. NaN positions never count. Where torchrun started several processes they share
    the images, and each is given the whole scan.

    Args:
        net: a network with preprocessing.
        images: a collection, or pixels of any kind, see docs/grammar.md.
        store: a folder that keeps finished work: a repeated call goes on from it. Several processes need one.
        layers: by default one for each spatial stage.
        k: responses kept for each unit, at most one from an image.
        limit: at most so many images, evenly spread. cache: a folder that keeps decoded images.
        batch: images decoded together and held ready; the network itself sees micro-batches of a fixed size.
        workers: threads that run the network, by default one a core.
        shard: (i, n) looks at every n-th micro-batch from the i-th; the n results `merge` to the whole.
        statistics: "all", "units" (no means by class), or "none". Means by class need labels, and are left out where
            their table would take more than 512 MiB.
        progress: called with the number of images done, as "scan".

    Raises:
        UsageError: if an option makes no sense, or several processes are given a shard or no folder. UnknownLayer: if a
            layer does not exist. SourceError: if there is no image, or none that can be read. StoreError: if the folder
            holds another scan, or cannot be written.

    >>> from convscope.models import load
    >>> import numpy as np
    >>> photos = [np.full((40, 40, 3), value, np.uint8) for value in (20, 200)]
    >>> found = scan(load("zoo:tiny"), photos, layers=["relu1"], k=2)
    >>> found["relu1"].values.shape, found.rows()[0]["units"]
    ((16, 2), 16)
    """
    expect_network(net)
    source = collection(images, limit=limit, cache=cache, channels=net.input_shape[0])
    how: dict[str, Any] = {"layers": layers, "k": k, "batch": batch, "workers": workers, "statistics": statistics}
    if launched():
        if store is None:
            raise UsageError("several processes share a scan through a folder: give one as store=")
        how |= {} if tuple(shard) == (0, 1) else {"shard": shard}
        found = distributed_scan(net, source, store=store, progress=progress, **how)
    else:
        found = keeping.scan(net, source, shard=shard, store=store, progress=progress, **how)
    return Scan.of(found, store)


__all__ = ["Scan", "scan"]
