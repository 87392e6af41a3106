"""Projections of units from images of a collection, read again: what a scan found, made visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from convscope.data import Source, batches
from convscope.graph import Network, Unit
from convscope.methods.deconv.engine import project
from convscope.methods.deconv.projection import ProjectedPixels, join_projections, reorder
from convscope.methods.inputs import preprocess_of
from convscope.settings import usual_settings


@usual_settings()
def project_from(
    net: Network, source: Source, units: Sequence[Unit], images: Sequence[int], *, batch: int = 32
) -> ProjectedPixels | None:
    """The projection of each unit of one layer from an image of the source; None where there is nothing to project.

    All units have positions, or none (vectors). `images` are numbers in the source, and so are those of the result,
    which is on the CPU; an image that can no longer be read is left out. Images are read `batch` at a time.
    """
    preprocess = preprocess_of(net)
    parts: list[ProjectedPixels] = []
    order: list[int] = []
    for some in batches(source, preprocess, indices=sorted(set(images)), size=batch):
        rows = {int(index): row for row, index in enumerate(some.indices)}
        mine = [i for i, image in enumerate(images) if image in rows]
        if not mine:
            continue
        at = [unit.position for unit in (units[i] for i in mine) if unit.position is not None]
        made = project(
            net,
            preprocess.normalise(some.images),
            units[mine[0]].layer,
            image=[rows[images[i]] for i in mine],
            channel=[units[i].channel for i in mine],
            position=np.array(at, dtype=np.int64) if at else None,
        )
        numbers = torch.tensor([images[i] for i in mine], device="cpu")
        parts.append(replace(made, pixels=made.pixels.float().cpu(), values=made.values.cpu(), images=numbers))
        order += mine
    return reorder(join_projections(parts), torch.from_numpy(np.argsort(order))) if parts else None


__all__ = ["project_from"]
