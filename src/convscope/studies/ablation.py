"""What layers and widths are worth: variants of a network trained several times each (Table 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import torch

from convscope.arguments import checked
from convscope.atlas import Atlas
from convscope.data import Images
from convscope.errors import UsageError
from convscope.files import json_bytes
from convscope.progress import Progress, silent
from convscope.studies.answer import Answer, AtlasEntry, Figure, Row, finished
from convscope.studies.asking import atlas_of, threads_of
from convscope.studies.charting import of_ablation
from convscope.studies.training import OnStart
from convscope.tables import TextTable, columns_of, counted
from convscope.training import AblationTrials, Config, ablation
from convscope.training.ablation import VARIANTS
from convscope.training.config import configured
from convscope.training.splits import open_splits

_HEAD = ("variant", "parameters", "seeds", "train top-1", "val top-1", "val top-5", "paper")
_INTERVALS = ("variant", "val top-1", "against base", "val top-5", "against base")
_MEASURES = ("train top-1", "val top-1", "val top-5")


@dataclass(eq=False, repr=False)
class Ablation(Answer):
    """The errors of all variants that were trained."""

    found: AblationTrials

    @property
    def summary(self) -> str:
        """What was trained, and which variants err more or less than the whole network, as far as one can tell."""
        said = f"{self.found.config.name}: {counted(len(self.found.trials), 'training')}."
        changes = [(row.variant.title, row.change) for row in self.found.rows() if row.change is not None]
        if not changes:
            return said
        more = [f"{title} ({one.mean:+.1f} %)" for title, one in changes if one.interval and one.interval[0] > 0]
        less = [f"{title} ({one.mean:+.1f} %)" for title, one in changes if one.interval and one.interval[1] < 0]
        rest = [title for title, one in changes if not one.interval or one.interval[0] <= 0 <= one.interval[1]]
        words = zip(("errs more than base", "errs less", "no difference to be seen"), (more, less, rest), strict=True)
        return " ".join([said, *(f"Validation top-1, {what}: {', '.join(which)}." for what, which in words if which)])

    def rows(self) -> list[Row]:
        """One row a variant: errors in per cent, their spread over seeds, the paper's; and intervals of 95 %, over
        images and seeds, of the error and of its change against the whole network (see `docs/ablation.md`).
        """
        return [self._row(row) for row in self.found.rows()]

    def _row(self, row: ablation.VariantErrors) -> dict[str, Any]:
        paper = self.found.paper(row.variant.name) or (None, None, None)
        said: dict[str, Any] = {
            "variant": row.variant.title,
            "network": row.network,
            "parameters": row.parameters,
            "seeds": row.seeds,
        }
        for name, (centre, spread), beside in zip(_MEASURES, (row.train, row.val, row.val5), paper, strict=True):
            said |= {name: centre, f"{name} spread": spread, f"{name} paper": beside}
        for name, ends, change in zip(
            _MEASURES[1:], (row.val_interval, row.val5_interval), (row.change, row.change5), strict=True
        ):
            said |= dict(zip((f"{name} from", f"{name} to"), ends or (None, None), strict=True))
            said[f"{name} change"] = None if change is None else change.mean
            low, high = (change and change.interval) or (None, None)
            said |= {f"{name} change from": low, f"{name} change to": high}
        return said

    def to_json(self) -> dict[str, Any]:
        """The rows."""
        return {"rows": self.rows()}

    def tables(self) -> Sequence[TextTable]:
        """The paper's Table 3, and the intervals of its numbers."""
        rows = self.found.rows()
        title = "intervals of 95 %, over images and seeds; against base: over the same images and seeds"
        return [
            columns_of(_HEAD, map(self._cells, rows)),
            columns_of(_INTERVALS, map(_interval_cells, rows), title=title),
        ]

    def _cells(self, row: ablation.VariantErrors) -> tuple[str, ...]:
        paper = self.found.paper(row.variant.name)
        beside = "" if paper is None else " / ".join(f"{value:.1f}" for value in paper)
        if paper is not None and self.found.paper_base(row.variant.name) != self.found.config.network.base:
            beside += " (AlexNet)"
        numbers = [with_spread(value) for value in (row.train, row.val, row.val5)]
        return row.variant.title, f"{row.parameters:,}", str(row.seeds), *numbers, beside

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The rows, and the configuration."""
        yield "table.json", json_bytes({"config": self.found.config.to_json(), "rows": self.rows()})

    def drawings(self) -> Mapping[str, Figure]:
        """The validation errors side by side."""
        caption = "Validation error of each variant; whiskers: standard deviation of seeds."
        return {"table.png": Figure(caption, self._draw)}

    def _draw(self) -> bytes:
        from convscope.figures.style import rendered
        from convscope.figures.training import draw_ablation

        return rendered(draw_ablation(self.found))

    def entry(self, atlas: Atlas) -> AtlasEntry:
        """The table and the figure."""
        return AtlasEntry(
            "ablation",
            "Layers removed and widened",
            self.rows(),
            settings=self.found.config.to_json(),
            charts=of_ablation(self.found),
        )


def _interval_cells(row: ablation.VariantErrors) -> tuple[str, ...]:
    cells = []
    for ends, change in ((row.val_interval, row.change), (row.val5_interval, row.change5)):
        cells.append("-" if ends is None else f"{ends[0]:.1f} to {ends[1]:.1f}")
        reach = (change and change.interval) or None
        beside = "" if reach is None else f" ({reach[0]:+.1f} to {reach[1]:+.1f})"
        cells.append("-" if change is None else f"{change.mean:+.1f}{beside}")
    return row.variant.title, *cells


def with_spread(value: tuple[float, float | None]) -> str:
    """A mean and its spread as text.

    >>> with_spread((31.44, 0.56)), with_spread((31.44, None))
    ('31.4 ± 0.6', '31.4')
    """
    centre, spread = value
    return f"{centre:.1f}" if spread is None else f"{centre:.1f} ± {spread:.1f}"


@checked
def ablate(
    config: Config | str | PathLike[str],
    images: Images,
    store: str | PathLike[str],
    *,
    variants: Sequence[str] | None = None,
    seeds: int | Sequence[int] = 3,
    validation: Images | None = None,
    hold_out: float | None = None,
    changes: Mapping[str, Any] | None = None,
    limit: int | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    root: str | PathLike[str] | None = None,
    workers: int | None = None,
    device: str | torch.device | None = None,
    atlas: Atlas | str | PathLike[str] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
    on_start: OnStart | None = None,
) -> Ablation:
    """Variants of a network with layers removed or widened, trained several times each by one recipe (Table 3).

    Args:
        config, changes: as for `train`.
        images, validation, hold_out, limit, max_pixels, max_bytes, root: as for `train`; validation images are needed.
        store: the folder of the trainings, the table and its figure. A repeated call goes on from it.
        variants: rows of the table; default: all. seeds: those of the trainings of each, or how many, from 0.
        workers, device: as for `train`.
        atlas: an atlas that is to show the answer, under `name`.
        progress: called with images trained on and judged, a stage for each variant and seed.
        on_start: told the configuration and both collections before the first training.

    Raises:
        UsageError: without validation images, for unknown variants, or no seed. SourceError: for images without
            classes. StoreError: if the folder holds other trainings, or cannot be written.

    >>> import tempfile
    >>> import numpy as np
    >>> from convscope.data import wrap_dataset
    >>> items = [(np.full((72, 72, 3), 60 * (i % 2), np.uint8), i % 2) for i in range(8)]
    >>> images = wrap_dataset(items, classes=["dark", "light"])
    >>> small = {"epochs": 1, "width": 0.02, "batch": 2}
    >>> room = tempfile.mkdtemp()
    >>> answer = ablate("imagenette-table3", images, room, variants=["base"], seeds=1, hold_out=0.5, changes=small)
    >>> [row["variant"] for row in answer.rows()]
    ['base']
    """
    shown, wanted = atlas_of(atlas), configured(config, changes or {})
    numbers = range(seeds) if isinstance(seeds, int) else seeds
    if not len(numbers):
        raise UsageError(f"seeds={seeds}: give 1 or more")
    source, held = open_splits(
        images,
        validation=validation,
        hold_out=hold_out,
        limit=limit,
        max_pixels=max_pixels,
        max_bytes=max_bytes,
        root=root,
    )
    if held is None:
        raise UsageError(
            f"an ablation needs validation images, and there is no such part in {source.describe()}: name some with "
            "validation= or hold_out="
        )
    if on_start is not None:
        on_start(wanted, source, held)
    found = ablation.ablate(
        wanted,
        source,
        held,
        out=str(store),
        variants=list(VARIANTS) if variants is None else list(variants),
        seeds=numbers,
        device=None if device is None else str(device),
        threads=threads_of(workers),
        progress=progress or silent,
    )
    return finished(Ablation(found), store=store, atlas=shown, name=name, progress=progress)


__all__ = ["Ablation", "ablate", "with_spread"]
