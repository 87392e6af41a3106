"""What is wrong with first layers, of one network or of several side by side (section 4.1, Fig. 6)."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convscope.arguments import checked
from convscope.atlas import Atlas
from convscope.atlas.render import display
from convscope.data import Images, Source
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.graph import Network
from convscope.methods.diagnosis import LayerDiagnosis
from convscope.progress import Progress
from convscope.stores import diagnosis as keeping
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished, question
from convscope.studies.asking import atlas_of, collection, each_network
from convscope.studies.charting import of_diagnosis
from convscope.tables import TextTable, columns_of, csv_of, without_nan

_PROJECTED = 32  # projections of each network on a page
_GAP = 1  # pixels between pictures, through which the page is seen

_CAPTION = (
    "Filters of the first layer on one scale for each network, projections of the second layer, root mean squares, "
    "energy by frequency, and the projections' spectra with the stride's frequencies marked."
)


@dataclass(eq=False, repr=False)
class Diagnosis(Answer):
    """What was measured of each network; `labels` are what they are called, in their order."""

    found: tuple[LayerDiagnosis, ...]
    labels: tuple[str, ...] | None = None

    @property
    def summary(self) -> str:
        """The verdict on each network."""
        return "\n".join(one.verdict for one in self.found)

    def rows(self) -> list[Row]:
        """One row a network; of numbers that are of several units, the ends of their intervals too."""
        return [one.row() for one in self.found]

    def documents(self) -> list[dict[str, Any]]:
        """Everything that was measured of each network, and the verdict."""
        return [without_nan({**one.to_json(), "verdict": one.verdict}) for one in self.found]

    def to_json(self) -> dict[str, Any]:
        """Everything that was measured."""
        return {"diagnoses": self.documents()}

    def tables(self) -> Sequence[TextTable]:
        """One column a network; in brackets intervals of 95 %, over filters, of blocks over projections."""
        rows = self.rows()
        head = ("", *(self.labels or [f"({i + 1})" for i in range(len(self.found))]))
        return [
            columns_of(
                head,
                (
                    (key, *(_text(key, row[key]) + _within(key, row) for row in rows))
                    for key in rows[0]
                    if key != "network" and not key.endswith((" from", " to"))
                ),
            )
        ]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Everything as JSON, the numbers to compare as CSV."""
        yield "diagnosis.json", json_bytes(self.documents())
        yield "table.csv", csv_of(self.rows())

    def drawings(self) -> Mapping[str, Figure]:
        """The networks side by side, as in the paper's Fig. 6."""
        return {"diagnosis.png": Figure(_CAPTION, self._draw)}

    def _draw(self) -> bytes:
        from convscope.figures.diagnosis import draw
        from convscope.figures.style import rendered

        return rendered(draw(self.found, labels=self.labels))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The numbers and the figure."""
        settings = {"limits": vars(self.found[0].limits), "images": self.found[0].images}
        sheets, pictures = list[dict[str, str]](), dict[str, bytes]()
        for number, (one, name) in enumerate(zip(self.found, self._names, strict=True)):
            for what, title, content in _sheets(one, name):
                sheets.append({"title": title, "picture": f"{what}-{number}.webp"})
                pictures[f"{what}-{number}.webp"] = content
        return AtlasEntry(
            "diagnosis",
            "First layers: filters, frequencies, blocks",
            self.rows(),
            settings=settings,
            data={"sheets": sheets},
            charts=of_diagnosis(self.found, self._names),
            pictures=pictures,
        )

    @property
    def _names(self) -> list[str]:
        """What the networks are called; numbered where two have one name."""
        names = list(self.labels or [one.network.partition(" (")[0] for one in self.found])
        return [name if names.count(name) == 1 else f"{name} ({i + 1})" for i, name in enumerate(names)]


def _sheets(one: LayerDiagnosis, name: str) -> Iterator[tuple[str, str, bytes]]:
    """Pictures of the filters, on one scale, and of projections: what they are, in words, and as WebP."""
    weights = one.filters.weights.astype(np.float32)
    scale = np.full(len(weights), float(np.abs(weights).max()), np.float32)
    yield "filters", f"{name}: {one.filters.text}, all on one scale", _sheet(display(weights, scale=scale))
    if one.projections is not None:
        shown = min(_PROJECTED, len(one.projections))
        rows = [i * len(one.projections) // shown for i in range(shown)]
        title = f"{name}: what {len(rows)} units of {one.second} take, each on a scale of its own"
        yield "projections", title, _sheet(display(one.projections.pixels[rows]))


def _sheet(pictures: NDArray[np.uint8]) -> bytes:
    """Pictures (n, h, w, 3) side by side, nothing between them, as lossless WebP."""
    count, height, width = pictures.shape[:3]
    columns = math.ceil(math.sqrt(2 * count))
    step = (height + _GAP, width + _GAP)
    sheet = np.zeros((-(-count // columns) * step[0] - _GAP, min(count, columns) * step[1] - _GAP, 4), np.uint8)
    for i, picture in enumerate(pictures):
        y, x = (i // columns) * step[0], (i % columns) * step[1]
        sheet[y : y + height, x : x + width, :3] = picture
        sheet[y : y + height, x : x + width, 3] = 255
    out = io.BytesIO()
    Image.fromarray(sheet).save(out, "WEBP", lossless=True)
    return out.getvalue()


def _text(key: str, value: object) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.1%}" if "frequencies" in key or key in ("beyond stride", "blocks share") else f"{value:.3g}"


def _within(key: str, row: Row) -> str:
    """The interval of a number, where it has one."""
    low, high = row.get(f"{key} from"), row.get(f"{key} to")
    return "" if low is None or high is None else f" ({_text(key, low)} to {_text(key, high)})"


@checked
def diagnose(
    nets: Network | Iterable[Network],
    images: Images | None = None,
    *,
    store: str | PathLike[str] | None = None,
    labels: Sequence[str] | None = None,
    first: str | None = None,
    second: str | None = None,
    projections: int = 64,
    limit: int | None = None,
    cache: str | PathLike[str] | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Diagnosis:
    """What is wrong with the first layers of a network, or of several side by side, in numbers and words (Fig. 6).

    Without images the filters are judged by their weights. With images, also by whether any image excites them; and
    units of the second layer are projected, each from the image and position that excites it most.

    Args:
        nets: a network, or several; of an iterator one is looked at after the other.
        images: a collection, or pixels of any kind, see docs/grammar.md.
        store: a folder for the figure and numbers; the scans of the images are kept in it.
        labels: what the networks are called in the figure, one each.
        first: the convolution that is looked at; None for the first.
        second: the layer whose units are projected; None for the activation of the next convolution.
        projections: how many units are projected, evenly spread over those that respond.
        limit: at most so many images, evenly spread. cache: a folder that keeps decoded images.
        atlas: an atlas that is to show the answer, under `name`.
        progress: called with images scanned.

    Raises:
        UsageError: for a network without a first convolution, options that make no sense, or labels that do not fit.
            UnknownLayer: for a layer that does not exist. SourceError: if there are no images. StoreError: where the
            folder holds the answer to another question, or cannot be written.

    >>> from torch import nn
    >>> answer = diagnose(Network.trace(nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU()), (3, 21, 21)))
    >>> answer.rows()[0]["kernel"], answer.found[0].dead
    ('5x5', ())
    """
    shown = atlas_of(atlas)
    channels = nets.input_shape[0] if isinstance(nets, Network) else None
    source = None if images is None else collection(images, limit=limit, cache=cache, channels=channels)
    found, seen = [], []
    for net in each_network(nets):
        seen.append(question(net, None)["network"])  # one after the other: an iterator's need not be held together
        scans = None if store is None or source is None else _store(Path(store), net, source, first, second)
        found.append(
            keeping.diagnose(
                net, source, first=first, second=second, projections=projections, store=scans, progress=progress
            )
        )
    if not found:
        raise UsageError("there is no network to diagnose: give one or more")
    if labels is not None and len(labels) != len(found):
        raise UsageError(f"labels={list(labels)}: there are {len(found)} networks, give one label for each")
    asked = question(None, source, networks=seen, labels=labels, first=first, second=second, projections=projections)
    answer = Diagnosis(tuple(found), None if labels is None else tuple(labels))
    return finished(answer, store=store, asked=asked, atlas=shown, name=name, progress=progress)


def _store(store: Path, net: Network, source: Source, first: str | None, second: str | None) -> Path:
    """Where the scan of a network's images is kept: one for each network, collection and choice of layers."""
    name = f"{net.fingerprint[:12]}-{source.fingerprint()[:12]}"
    layers = "-".join(layer for layer in (first, second) if layer is not None)
    return store / "scans" / (f"{name}-{layers.replace('/', '_')}" if layers else name)


__all__ = ["Diagnosis", "diagnose"]
