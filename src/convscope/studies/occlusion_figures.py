"""The figures of covered images: drawn as the answers come, with the strongest projections in other images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.atlas import Atlas
from convscope.data import Images, Source
from convscope.errors import MissingExtra, UnknownLayer, UsageError
from convscope.graph import Network, Unit
from convscope.stores.occlusion import Covered
from convscope.stores.scan import KeptScan
from convscope.studies.pictures import file_name, short_name
from convscope.studies.projected import photo_of
from convscope.studies.vouched import Vouched

Photos = Callable[[int], NDArray[Any]]
"""An image's pixels (H, W, C) as the network sees them, by its number."""

PARTS = "parts"
"""The folder that keeps the answer for each image, within that of the answer."""
NOTE = f"{PARTS}/figures.json"
"""What vouches for the figures."""


@dataclass(frozen=True)
class Elsewhere:
    """Where a map's strongest projections in other images come from: a scan, an atlas, both or none."""

    scan: KeptScan | None = None
    atlas: Atlas | None = None

    @classmethod
    def of(
        cls, net: Network, scan: KeptScan | str | PathLike[str] | None, images: Images, atlas: Atlas | None
    ) -> Elsewhere:
        """With a scan, or that in a folder, of those images; raises UsageError where it is of others."""
        if scan is None or isinstance(scan, KeptScan):
            return cls(scan, atlas)
        try:
            return cls(KeptScan.load(scan).with_images(net, images), atlas)
        except UsageError as error:
            raise UsageError(f"scan={str(scan)!r}: {error} (scan_images= names the collection)") from error

    @property
    def key(self) -> list[str]:
        """What decides the projections."""
        found = [] if self.scan is None else ["scan", *self.scan.identity.network, *self.scan.identity.source]
        return found + ([] if self.atlas is None else ["atlas", str(self.atlas.manifest["data"]["fingerprint"])])

    def in_atlas(self, unit: Unit, name: str) -> tuple[NDArray[np.uint8], ...]:
        """The unit's strongest projections in an atlas's images but the one of that name, where it has the layer."""
        if self.atlas is None or self.scan is not None:
            return ()
        try:
            found = self.atlas.unit(unit)
        except UnknownLayer:
            return ()
        return tuple(p for p, other in zip(found.projections, found.names, strict=True) if other != name)


def drawing(net: Network, photos: Photos, elsewhere: Elsewhere, one: Covered) -> bytes:
    """An image's figure; raises MissingExtra without matplotlib."""
    from convscope.figures.occlusion import draw
    from convscope.figures.style import rendered

    others = elsewhere.in_atlas(one.found.strongest[0], one.name)
    photo = photo_of(
        net, one.found, 0, photos(one.index), name=short_name(one.name), scan=elsewhere.scan, others=others
    )
    return rendered(draw(one.found, [photo], classes=net.classes))


class Figures:
    """The figures in a folder, drawn as images are answered, and not again in a repeated run: `drawn`, by file name."""

    def __init__(self, out: Path, net: Network, source: Source, photos: Photos, elsewhere: Elsewhere) -> None:
        self.drawn: dict[str, Path] = {}
        self._out, self._net, self._source, self._photos, self._elsewhere = out, net, source, photos, elsewhere
        self._drawing = True

    def take(self, one: Covered) -> None:
        """Draw an image's figure, unless a run before did."""
        name = figure_name(one.index, one.name)
        there = one.kept and self._files.read(name) is not None
        if self._drawing and not there:
            try:
                self._files.put(name, drawing(self._net, self._photos, self._elsewhere, one))
                there = True
            except MissingExtra:
                self._drawing = False
        if there:
            self.drawn[name] = self._out / name

    @cached_property
    def _files(self) -> Vouched:
        """The figures that are there; those that show other projections than are asked for now are gone."""
        found = Vouched(self._out, NOTE, self._elsewhere.key, often=1)
        if not found.known:
            for index in range(len(self._source)):
                (self._out / figure_name(index, self._source.name(index))).unlink(missing_ok=True)
        return found


def figure_name(index: int, name: str) -> str:
    """The file name of an image's figure."""
    return f"{file_name(index, name)}.png"


__all__ = ["NOTE", "PARTS", "Elsewhere", "Figures", "Photos", "drawing", "figure_name"]
