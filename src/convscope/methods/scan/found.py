"""What a scan found: strongest responses and statistics by layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from convscope.data import Failure, Source, open_source
from convscope.errors import UnknownLayer, UsageError, nearest
from convscope.graph import Network, UnitLike
from convscope.methods.deconv.projection import ProjectedPixels
from convscope.methods.scan.images import ScannedImages
from convscope.methods.scan.state import ScanIdentity, ScanState
from convscope.methods.scan.statistics import LayerStatistics
from convscope.methods.scan.topk import TopK
from convscope.shown import Shown, brief
from convscope.tables import counted


@brief
@dataclass(frozen=True, eq=False)
class LayerScan(Shown):
    """What a scan found for one layer; `statistics` is None where the scan was told to leave them out.

    photos: where the images are, for patches to be shown instead of numbers; None where that is not known.
    """

    topk: TopK
    statistics: LayerStatistics | None
    photos: ScannedImages | None = None

    @property
    def layer(self) -> str:
        """The layer's name."""
        return self.topk.layer

    @property
    def values(self) -> NDArray[np.float32]:
        """`topk.values`: float32 (channels, k)."""
        return self.topk.values

    @property
    def images(self) -> NDArray[np.int64]:
        """`topk.images`: int64 (channels, k)."""
        return self.topk.images

    @property
    def positions(self) -> NDArray[np.int32]:
        """`topk.positions`: int32 (channels, k, 2)."""
        return self.topk.positions

    def show(self, channels: Iterable[int]) -> TopView:
        """Some units as a notebook displays them: patches of the images, or numbers where these are not known.

        Raises:
            UsageError: for a channel that the layer does not have.
        """
        count, chosen = len(self.values), tuple(int(channel) for channel in channels)
        for channel in chosen:
            if not 0 <= channel < count:
                raise UsageError(f"layer '{self.layer}' has units 0 to {count - 1}, there is no {channel}")
        return TopView(self, chosen)


@brief
@dataclass(frozen=True, eq=False)
class TopView(Shown):
    """Some units of a layer as a notebook shows them; made by `LayerScan.show`."""

    of: LayerScan
    channels: tuple[int, ...]


class Scanned(Shown, Mapping[str, LayerScan]):
    """What a scan found, by layer name, in the network's order; of all images, or of a shard of them.

    Tensors are views of its tables: change copies of them. In a notebook it shows its layers, and patches of the images
    where it knows them: made in this process, or told with `with_images`.
    """

    def __init__(self, state: ScanState, *, photos: ScannedImages | None = None) -> None:
        self._state = state
        self.photos = photos
        identity = state.identity
        self._spans = {layer.name: (layer, span) for layer, span in zip(identity.layers, identity.spans, strict=True)}

    # -- what it holds ------------------------------------------------------------------------------------------------
    def __getitem__(self, name: str) -> LayerScan:
        """What was found for a layer.

        Raises:
            UnknownLayer: if the layer was not scanned; the message names the nearest that were.
        """
        if name not in self._spans:
            raise UnknownLayer(
                f"layer '{name}' was not scanned{nearest(name, self._spans)} (scanned: {', '.join(self._spans)})"
            )
        layer, span = self._spans[name]
        topk = self._state.table.layer(name, span)
        if self._state.statistics is None:
            return LayerScan(topk, None, self.photos)
        found = self._state.statistics.layer(name, span, positions=layer.positions, maximum=topk.values[:, 0])
        return LayerScan(topk, found, self.photos)

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def __repr__(self) -> str:
        seen = counted(self.images, "image") if self.complete else f"{self.images} of {self.identity.images} images"
        return f"<{type(self).__name__} of {self.network} on {seen}: {', '.join(self._spans)}>"

    def with_images(self, net: Network, source: Source | Any) -> Self:
        """The same scan, which shows patches of its images in a notebook; for one that was loaded from a folder.

        Raises:
            UsageError: if another network or other images were scanned.
        """
        images = open_source(source)
        for what, (name, print_), mine in (
            ("network", self.identity.network, (net.name, net.fingerprint)),
            ("images", self.identity.source, (images.describe(), images.fingerprint())),
        ):
            if print_ != mine[1]:
                raise UsageError(f"this is no scan of the {what} {mine[0]}, but of {name}: give what was scanned")
        return type(self)(self._state, photos=ScannedImages.of(net, images))

    def project(
        self, unit: UnitLike, *, besides: NDArray[np.uint8] | None = None, most: int = 9, **rules: Any
    ) -> ProjectedPixels | None:
        """What a unit takes from the images that excite it most, strongest first, where each excites it most (Fig. 2
        and 7c of the paper); None where it responds to none.

        besides: pixels (H, W, 3) of an image, as the network sees it, that is not wanted should it be among them.
        rules: those of `project`, such as rule="guided".

        Raises:
            UsageError: where the scan does not know its images (`with_images` tells it). UnknownLayer: for a unit that
                was not scanned. ImageError, SourceError: where an image cannot be read any more.
        """
        if self.photos is None:
            raise UsageError("this scan does not know its images: give them with `with_images(net, source)`")
        wanted = self.photos.net.unit(unit).alone("a scan found images of single units")
        return self.photos.strongest(self[wanted.layer].topk, wanted.channel, besides=besides, most=most, **rules)

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the scanned layers, in the network's order."""
        return tuple(self._spans)

    @property
    def images(self) -> int:
        """How many images were looked at; unreadable ones do not count."""
        return self._state.covered - len(self._state.failures)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The images that could not be read, by index."""
        return self._state.ordered_failures()

    @property
    def complete(self) -> bool:
        """Whether all images of the source are in it, as opposed to a shard of them."""
        return self._state.complete

    @property
    def identity(self) -> ScanIdentity:
        """What was scanned: network, source, options."""
        return self._state.identity

    @property
    def network(self) -> str:
        """The network's name."""
        return self.identity.network[0]

    @property
    def k(self) -> int:
        """How many responses are kept of each unit."""
        return self.identity.k

    # -- merging ----------------------------------------------------------------------------------------------------
    def merge(self, other: Self) -> Self:
        """The scan of the images of both, the same as if they had been scanned together; both stay as they are.

        Raises:
            StoreError: if they are of different networks, sources or options, or have images in common.
        """
        state = self._state.copy()
        state.merge(other._state)
        return type(self)(state, photos=self.photos or other.photos)


__all__ = ["LayerScan", "Scanned", "TopView"]
