"""The record of a layer: one safetensors file with every number that the atlas shows of it, and what layer it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save

from convscope.atlas.manifest import SCHEMA, layer_from_json, layer_json
from convscope.atlas.summary import ClassPreference, Neighbours, class_preference, dead_units, neighbours
from convscope.errors import StoreError
from convscope.files import write_bytes
from convscope.graph import Layer
from convscope.methods.scan import LayerStatistics, TopK
from convscope.methods.scan.statistics import HISTOGRAM_EDGES
from convscope.shown import brief

_KEY = "convscope"  # of the metadata: one key only, since safetensors writes several in no fixed order

_PLAIN = (
    *("values", "images", "y", "x", "boxes", "scales", "activations", "content", "part_scales"),
    *("maximum", "mean", "active", "nan", "saturated", "histogram", "dead"),
)

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class DrawnUnits:
    """What came of drawing a layer's units, as `LayerRecord` says; boxes (C, k, 4) are any numbers where missing."""

    boxes: NDArray[np.integer]
    scales: NDArray[np.float32]
    activations: NDArray[np.float32]
    content: NDArray[np.int32]
    part_scales: NDArray[np.float32]
    report: str


@brief
@dataclass(frozen=True, eq=False)
class LayerRecord:
    """All that is known of the units of a layer; C units, k responses.

    values f32, images i64, y and x i32: (C, k), the strongest responses, -inf and -1 where there are fewer.
    boxes i32: (C, k, 4) y0 x0 y1 x1 of their receptive fields in input pixels, all of one size; zero where missing.
    scales f32: (C, k) the magnitude shown as black or white in their projections. activations f32: (C, k) their values
    as found again when they were projected. Both are 0 where nothing was projected: missing, or a response of zero.
    content i32: (C, k, 4) y0 x0 y1 x1 the part of the field that holds most of a projection's energy, part_scales f32:
    (C, k) the magnitude shown as black or white where that part is shown by itself; 0 as above.
    maximum, mean, active f32, nan, saturated i64: (C,); histogram i64: (C, bins); edges f64: (bins + 1,); see
    `convscope.methods.scan.LayerStatistics`, also for class_mean f32 (C, classes) and class_count i64, None without
    labels. dead: (C,). count: images.
    """

    id: str
    layer: Layer
    values: NDArray[np.float32]
    images: NDArray[np.int64]
    y: NDArray[np.int32]
    x: NDArray[np.int32]
    boxes: NDArray[np.int32]
    scales: NDArray[np.float32]
    activations: NDArray[np.float32]
    content: NDArray[np.int32]
    part_scales: NDArray[np.float32]
    maximum: NDArray[np.float32]
    mean: NDArray[np.float32]
    active: NDArray[np.float32]
    nan: NDArray[np.int64]
    saturated: NDArray[np.int64]
    histogram: NDArray[np.int64]
    edges: NDArray[np.float64]
    dead: NDArray[np.bool_]
    class_mean: NDArray[np.float32] | None
    class_count: NDArray[np.int64] | None
    preference: ClassPreference | None
    near: Neighbours
    count: int
    report: str

    @classmethod
    def of(
        cls,
        id: str,
        layer: Layer,
        top: TopK,
        statistics: LayerStatistics,
        *,
        drawn: DrawnUnits,
        responses: NDArray[np.floating],
    ) -> Self:
        """The record of a scanned and projected layer.

        responses: (n, C) the strongest response of each unit in each of the sampled images, which neighbours are by.
        """
        return cls(
            id=id,
            layer=layer,
            values=top.values,
            images=top.images,
            y=np.ascontiguousarray(top.positions[..., 0]),
            x=np.ascontiguousarray(top.positions[..., 1]),
            boxes=np.where(top.found[..., None], drawn.boxes, 0).astype(np.int32),
            scales=drawn.scales,
            activations=drawn.activations,
            content=drawn.content,
            part_scales=drawn.part_scales,
            maximum=statistics.maximum,
            mean=statistics.mean,
            active=statistics.active,
            nan=statistics.nan,
            saturated=statistics.saturated,
            histogram=statistics.histogram,
            edges=HISTOGRAM_EDGES,
            dead=dead_units(statistics.maximum, statistics.mean),
            class_mean=statistics.class_mean,
            class_count=statistics.class_count,
            preference=class_preference(statistics.class_mean, statistics.class_count),
            near=neighbours(responses),
            count=statistics.count,
            report=drawn.report,
        )

    @property
    def k(self) -> int:
        """Responses kept for each unit."""
        return self.values.shape[1]

    @property
    def mismatch(self) -> float:
        """The largest difference between a response in the scan and in its projection, over the layer's largest."""
        shown = (self.images >= 0) & np.isfinite(self.values) & (self.values != 0)
        if not shown.any():
            return 0.0
        difference = np.abs(self.activations[shown] - self.values[shown]).max()
        return float(difference / np.abs(self.values[shown]).max())

    def tensors(self) -> dict[str, Array]:
        """The arrays under their names in the file; those of labels only where there are labels."""
        found: dict[str, Array] = {name: getattr(self, name) for name in _PLAIN}
        found |= {
            "histogram_edges": self.edges,
            "nearest": self.near.units,
            "nearest_similarity": self.near.similarity,
        }
        if self.class_mean is not None and self.class_count is not None:
            found |= {"class_mean": self.class_mean, "class_count": self.class_count}
        if self.preference is not None:
            found |= {
                "top_classes": self.preference.top,
                "top_class_means": self.preference.mean,
                "selectivity": self.preference.selectivity,
            }
        return found

    def save(self, path: Path) -> int:
        """The size of the file written; the same bytes for the same record."""
        about = {
            "schema": SCHEMA,
            "id": self.id,
            "layer": layer_json(self.layer),
            "count": self.count,
            "report": self.report,
            "neighbours": self.near.statistic,
        }
        return write_tensors(path, self.tensors(), about)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The record in a file; raises StoreError where it cannot be read, or is no record."""
        found, about = read_tensors(path)
        try:
            record = cls._of_file(found, about)
            record._check()
        except (KeyError, TypeError, OverflowError, ValueError, AttributeError) as error:
            raise StoreError(
                f"{path} is no record of a layer ({type(error).__name__}: {error}): delete it and build the atlas again"
            ) from error
        return record

    def _check(self) -> None:
        """Nothing where the arrays are of one layer, and of the kinds that are described; raises ValueError."""
        units, k = self.values.shape
        kinds = {
            "values": "f4",
            "images": "i8",
            "y": "i4",
            "x": "i4",
            "scales": "f4",
            "activations": "f4",
            "part_scales": "f4",
        }
        wanted = {name: ((units, k), kind) for name, kind in kinds.items()} | {
            "boxes": ((units, k, 4), "i4"),
            "content": ((units, k, 4), "i4"),
        }
        kinds = {"maximum": "f4", "mean": "f4", "active": "f4", "nan": "i8", "saturated": "i8", "dead": "bool"}
        wanted |= {name: ((units,), kind) for name, kind in kinds.items()}
        wanted["histogram"] = ((units, len(self.edges) - 1), "i8")
        for name, (shape, kind) in wanted.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != np.dtype(kind):
                raise ValueError(f"{name} is {array.dtype} {array.shape}, not {np.dtype(kind)} {shape}")
        if self.near.units.shape != self.near.similarity.shape or len(self.near.units) != units:
            raise ValueError(f"nearest is {self.near.units.shape} and {self.near.similarity.shape}, of {units} units")
        if units != self.layer.channels:
            raise ValueError(f"{units} units, and the layer has {self.layer.channels}")

    @classmethod
    def _of_file(cls, found: dict[str, Array], about: Mapping[str, Any]) -> Self:
        preference = None
        if "top_classes" in found:
            preference = ClassPreference(
                found.pop("top_classes"), found.pop("top_class_means"), found.pop("selectivity")
            )
        # Atlases of old do not say where in their fields projections are: anywhere.
        old = {"content": found["boxes"], "part_scales": found["scales"]}
        return cls(
            id=about["id"],
            layer=layer_from_json(about["layer"]),
            edges=found.pop("histogram_edges"),
            class_mean=found.pop("class_mean", None),
            class_count=found.pop("class_count", None),
            preference=preference,
            near=Neighbours(found.pop("nearest"), found.pop("nearest_similarity"), about["neighbours"]),
            count=about["count"],
            report=about["report"],
            **{**old, **found},
        )


def write_tensors(path: Path, tensors: Mapping[str, Array], about: Mapping[str, Any]) -> int:
    """The size of the safetensors file written, with `about` as JSON in its metadata."""
    plain = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    return write_bytes(path, save(plain, metadata={_KEY: json.dumps(about, sort_keys=True)}))


def read_tensors(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays of a safetensors file, and what `about` was.

    Raises StoreError where the file is missing, damaged or of another kind.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            about = json.loads(file.metadata()[_KEY])
            return {name: file.get_tensor(name) for name in file.keys()}, about  # noqa: SIM118  no mapping
    except (
        *(OSError, safetensors.SafetensorError),
        *(KeyError, TypeError, ValueError, AttributeError, RecursionError),
    ) as error:
        raise StoreError(f"{path} cannot be read ({error}): delete it and build the atlas again") from error
