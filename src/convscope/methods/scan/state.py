"""Everything a scan has found so far: tables for the channels of all layers together, and which images they cover.

The unit of work is the micro-batch: image indices [b * size, (b + 1) * size) of the source. Which images go through the
network together depends on nothing else, so every split of the work finds the same bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data import Failure
from convscope.data.recipes import differences
from convscope.errors import StoreError
from convscope.files import parse_json
from convscope.kernels import State
from convscope.methods.scan.statistics import SampledResponses, StatisticsTable
from convscope.methods.scan.topk import TopKTable, Winners
from convscope.shown import brief

CoveredBatches = NDArray[np.bool_]
"""One flag for every micro-batch of the source."""


MOST_IMAGES = 1 << 32
"""Images of a source, at most: a flag for each micro-batch is held in memory."""
_MOST = 2**31 - 1  # of all that is counted in 32 bits

_OPTIONS = ("preprocess", "k", "micro_batch", "dtype", "device", "folding", "statistics", "classes")
_SWITCH: dict[str, State] = {"on": "on", "off": "off"}
_USUAL: dict[str, Any] = {"kernels": "on"}  # what is only written down where it is otherwise


@dataclass(frozen=True)
class ScannedLayer:
    """A layer as far as a scan is concerned: its name and the shape of its output."""

    name: str
    channels: int
    height: int
    width: int

    @property
    def positions(self) -> int:
        """Positions of a map; 1 for a vector."""
        return self.height * self.width


@brief
@dataclass(frozen=True)
class ScanIdentity:
    """All that decides a scan's bytes, apart from the machine: two scans with the same identity can be merged.

    `network` and `source` are pairs of a readable name and a fingerprint; `classes` is the number of classes of the
    class statistics, None without them; `folding` says whether the network folds batch norms, which rounds otherwise,
    and `kernels` whether compiled loops ran, which do as well.
    """

    network: tuple[str, str]
    source: tuple[str, str]
    images: int
    preprocess: str
    layers: tuple[ScannedLayer, ...]
    k: int
    micro_batch: int
    dtype: str
    device: str
    folding: str
    statistics: bool
    classes: int | None
    kernels: State = "on"

    @property
    def micro_batches(self) -> int:
        """How many micro-batches the source has; the last may be smaller."""
        return -(-self.images // self.micro_batch)

    @property
    def channels(self) -> int:
        """Channels of all layers together."""
        return sum(layer.channels for layer in self.layers)

    @property
    def spans(self) -> tuple[slice, ...]:
        """The run of channels of every layer."""
        stops = np.cumsum([layer.channels for layer in self.layers]).tolist()
        return tuple(slice(stop - layer.channels, stop) for layer, stop in zip(self.layers, stops, strict=True))

    @cached_property
    def widths(self) -> NDArray[np.int32]:
        """The width of every channel's map."""
        return np.repeat(np.array([x.width for x in self.layers], np.int32), [x.channels for x in self.layers])

    def indices(self, micro: int) -> NDArray[np.int64]:
        """The image indices of a micro-batch."""
        start = micro * self.micro_batch
        return np.arange(start, min(start + self.micro_batch, self.images), dtype=np.int64)

    def to_json(self) -> dict[str, Any]:
        """The identity as JSON values."""
        return {
            "network": {"name": self.network[0], "fingerprint": self.network[1]},
            "source": {"name": self.source[0], "fingerprint": self.source[1], "images": self.images},
            "layers": [[x.name, x.channels, x.height, x.width] for x in self.layers],
            **{key: getattr(self, key) for key in _OPTIONS},
            **{key: getattr(self, key) for key, usual in _USUAL.items() if getattr(self, key) != usual},
        }

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> ScanIdentity:
        """The identity that `to_json` wrote; raises KeyError, TypeError or ValueError for anything else."""
        network, source, classes = found["network"], found["source"], found["classes"]
        return cls(
            network=(_text(network["name"]), _text(network["fingerprint"])),
            source=(_text(source["name"]), _text(source["fingerprint"])),
            images=_whole(source["images"], 1, MOST_IMAGES),
            layers=tuple(
                ScannedLayer(_text(name), *(_whole(size, 1, _MOST) for size in (channels, height, width)))
                for name, channels, height, width in found["layers"]
            ),
            preprocess=_text(found["preprocess"]),
            k=_whole(found["k"], 1, _MOST),
            micro_batch=_whole(found["micro_batch"], 1, _MOST),
            dtype=_text(found["dtype"]),
            device=_text(found["device"]),
            folding=_text(found["folding"]),
            statistics=_yes_or_no(found["statistics"]),
            classes=None if classes is None else _whole(classes, 1, _MOST),
            kernels=_SWITCH[found.get("kernels", "on")],
        )

    def differences(self, other: ScanIdentity) -> list[str]:
        """One phrase for every respect in which the other differs, naming both; a scan's name does not count."""
        said = []
        for what in ("network", "source"):
            (mine, my_print), (theirs, their_print) = getattr(self, what), getattr(other, what)
            if my_print != their_print:
                said.append(f"{what} {mine} ({my_print[:12]}), not {theirs} ({their_print[:12]})")
        for what in ("images", *_OPTIONS, *_USUAL):
            mine, theirs = getattr(self, what), getattr(other, what)
            if mine != theirs:
                said += _recipes(mine, theirs) if what == "preprocess" else [f"{what} {mine}, not {theirs}"]
        if self.layers != other.layers:
            mine, theirs = (" ".join(layer.name for layer in x.layers) for x in (self, other))
            said.append(f"layers {mine}, not {theirs}" if mine != theirs else "layers of other shapes")
        return said

    def agree(self, other: ScanIdentity, *, where: str) -> None:
        """Nothing if the other is the same scan.

        Raises:
            StoreError: if not, naming `where` this one was found, and both.
        """
        if said := self.differences(other):
            raise StoreError(
                f"{where} holds another scan: {'; '.join(said)}. Take another folder, or repeat the scan it holds"
            )


def _recipes(mine: str, theirs: str) -> list[str]:
    """How two recipes of images differ, as JSON texts that may have been written by anybody."""
    try:
        found, wanted = parse_json(mine), parse_json(theirs)
    except ValueError:
        return [f"preprocess {mine}, not {theirs}"]
    both = isinstance(found, dict) and isinstance(wanted, dict)
    said = differences(found, wanted) if both else [f"{mine}, not {theirs}"]
    return [f"preprocess: {', '.join(said)}"]


def _whole(value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{str(value)[:40]} is no number from {least} to {most}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]} is no text")
    return value


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{str(value)[:40]} is neither true nor false")
    return value


@dataclass(frozen=True)
class Findings:
    """What one micro-batch contributes; made by a worker without touching the shared tables. None: nothing."""

    micro: int
    responses: SampledResponses | None = None
    winners: Winners | None = None
    failures: tuple[Failure, ...] = ()


@dataclass(eq=False)
class ScanState:
    """Tables, coverage and failures of a scan, complete or not; changed in place by `add` and `merge`."""

    identity: ScanIdentity
    table: TopKTable
    statistics: StatisticsTable | None
    coverage: CoveredBatches
    failures: list[Failure] = field(default_factory=list)
    environments: frozenset[str] = frozenset()

    @classmethod
    def empty(cls, identity: ScanIdentity, environments: Iterable[str] = ()) -> ScanState:
        """The state before the first image."""
        return cls(
            identity,
            TopKTable.empty(identity.channels, identity.k),
            StatisticsTable.empty(identity.channels, identity.classes) if identity.statistics else None,
            np.zeros(identity.micro_batches, np.bool_),
            [],
            frozenset(environments),
        )

    @property
    def complete(self) -> bool:
        """Whether every micro-batch of the source is covered."""
        return bool(self.coverage.all())

    @property
    def covered(self) -> int:
        """How many images are covered, unreadable ones included."""
        return covered_images(self.identity, self.coverage)

    def add(self, found: Findings) -> None:
        """Take in a micro-batch."""
        if found.winners is not None:
            self.table.update(found.winners)
        if found.responses is not None and self.statistics is not None:
            self.statistics.update(found.responses)
        self.failures.extend(found.failures)
        self.coverage[found.micro] = True

    def merge(self, other: ScanState) -> None:
        """Take in another state of the same scan that covers other images.

        Raises:
            StoreError: if it is of another scan, or covers images that this one covers.
        """
        self.identity.agree(other.identity, where="one part")
        if twice := int((self.coverage & other.coverage).sum()):
            raise StoreError(
                f"two parts cover the same images ({twice} micro-batches of {self.identity.micro_batch}), which would "
                "count twice: merge the parts of one split only"
            )
        # Names do not count as differences; one is taken so that the order of merging does not show.
        self.identity = min(self.identity, other.identity, key=lambda identity: (identity.network, identity.source))
        self.table.merge(other.table)
        if self.statistics is not None and other.statistics is not None:
            self.statistics.merge(other.statistics)
        self.coverage |= other.coverage
        self.failures.extend(other.failures)
        self.environments |= other.environments

    def ordered_failures(self) -> tuple[Failure, ...]:
        """The unreadable images by index."""
        return tuple(sorted(self.failures, key=lambda failure: failure.index))

    def copy(self) -> ScanState:
        """The same state in memory of its own."""
        return ScanState(
            self.identity,
            self.table.copy(),
            None if self.statistics is None else self.statistics.copy(),
            self.coverage.copy(),
            list(self.failures),
            self.environments,
        )


def covered_images(identity: ScanIdentity, coverage: CoveredBatches) -> int:
    """How many images the flagged micro-batches hold."""
    count = int(coverage.sum()) * identity.micro_batch
    if len(coverage) and coverage[-1]:
        count -= len(coverage) * identity.micro_batch - identity.images
    return count


def shard_coverage(identity: ScanIdentity, shard: tuple[int, int]) -> CoveredBatches:
    """The micro-batches i, i + n, i + 2n ... of shard (i, n)."""
    mine = np.zeros(identity.micro_batches, np.bool_)
    mine[shard[0] :: shard[1]] = True
    return mine


__all__ = [
    "MOST_IMAGES",
    "CoveredBatches",
    "Findings",
    "ScanIdentity",
    "ScanState",
    "ScannedLayer",
    "covered_images",
    "shard_coverage",
]
