"""The strongest responses of every unit over a collection, by as many processes as were started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

from convscope.data import Source
from convscope.errors import UsageError
from convscope.graph import Network
from convscope.methods.scan.scanning import Statistics, refuse_unreadable
from convscope.processes import launched
from convscope.progress import Progress
from convscope.stores import scan as keeping
from convscope.stores.distributed import distributed_scan
from convscope.stores.scan import Scan
from convscope.studies.answer import Answer, Row
from convscope.studies.asking import collection
from convscope.studies.pictures import left_out
from convscope.tables import TextTable, without_nan

_HEAD = ("layer", "units", "never active", "with NaN", "strongest", "value")


@dataclass(eq=False)
class ScanAnswer(Answer):
    """What a scan found, and the folder that it is kept in."""

    found: Scan
    folder: str | None

    @property
    def summary(self) -> str:
        """How many images were looked at."""
        found = self.found
        left = f" ({len(found.failures)} could not be read)" if found.failures else ""
        part = "" if found.complete else f", a part of {found.identity.images}; merge the parts when all are done"
        return f"{found.images} images{left}{part}" + ("" if self.folder is None else f": {self.folder}")

    def rows(self) -> list[Row]:
        """One row a layer; None where the scan counted no statistics or nothing responded."""
        return [self._row(name) for name in self.found]

    def _row(self, name: str) -> dict[str, Any]:
        one = self.found[name]
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
        found = self.found
        return without_nan(
            {
                "out": self.folder,
                "network": found.network,
                "images": found.images,
                "complete": found.complete,
                "failures": [{"index": one.index, "name": one.name, "reason": one.reason} for one in found.failures],
                "layers": self.rows(),
            }
        )

    def tables(self) -> Sequence[TextTable]:
        """One row a layer."""
        return [TextTable("", _HEAD, tuple(map(_cells, self.rows())))]

    def remarks(self) -> list[str]:
        """The images that were left out."""
        return [left_out(one) for one in self.found.failures]


def _cells(layer: Row) -> tuple[str, ...]:
    counts = ("" if layer[key] is None else str(layer[key]) for key in ("units", "never_active", "with_nan"))
    value = "" if layer["value"] is None else f"{layer['value']:.4g}"
    return layer["name"], *counts, layer["strongest"] or "", value


def scan(
    net: Network,
    images: Source | Any,
    *,
    out: str | PathLike[str] | None = None,
    layers: Sequence[str] | None = None,
    k: int = 9,
    batch: int = 32,
    workers: int | None = None,
    shard: tuple[int, int] = (0, 1),
    statistics: Statistics = "all",
    cache: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ScanAnswer:
    """The k strongest responses of every unit of some layers over a collection, and statistics, kept in a folder.

    Where torchrun started several processes they share the images, and each is given the whole scan.

    Args:
        out: the folder; a repeated call goes on from what it holds. Several processes need one.
        cache: a folder that keeps decoded images.
        Others as for `convscope.scan`.

    Raises:
        As `convscope.scan`. UsageError: where several processes are given a shard, or no folder.
    """
    source = collection(images, cache=cache)
    how: dict[str, Any] = {"layers": layers, "k": k, "batch": batch, "workers": workers, "statistics": statistics}
    if launched():
        if out is None:
            raise UsageError("several processes share a scan through a folder: give one as out=")
        how |= {} if tuple(shard) == (0, 1) else {"shard": shard}
        found = distributed_scan(net, source, store=out, progress=progress, **how)
    else:
        found = keeping.scan(net, source, shard=shard, store=out, progress=progress, **how)
    return ScanAnswer(found, None if out is None else str(out))


def merge(parts: Sequence[str | PathLike[str]], out: str | PathLike[str]) -> ScanAnswer:
    """The scans of different shards of the same images as one, in a folder; the order of the parts does not matter.

    Raises:
        UsageError: for no parts. StoreError: for parts that do not belong together, or cannot be read or written.
    """
    if not parts:
        raise UsageError("nothing to merge: name the folders of one or more scans")
    found = Scan.load(parts[0])
    for part in parts[1:]:
        found = found.merge(Scan.load(part))
    refuse_unreadable(found).save(out)
    return ScanAnswer(found, str(out))


__all__ = ["ScanAnswer", "merge", "scan"]
