"""Images that two collections have in common, recompressed, resized or slightly cropped: found before they mislead.

The paper removes from its pretraining set the images that occur in a target set, found by normalised correlation. Here
in two steps:

1. Each image becomes a small grey thumbnail. The whole of one and fifteen windows of the other, and the other way
   round, are compared so coarsely that the rest of a slight crop hardly moves anything. Correlations of all pairs are
   products of blocks of a matrix. What is above a low threshold is a candidate.
2. Each candidate is looked at again at a finer scale: one thumbnail is shifted and stretched within narrow limits until
   it fits the other best (Gauss-Newton on the squared difference), and the correlation of their fine detail decides.
   Unlike the coarse correlation it is low for pictures that merely share a layout, such as two horizons.

Thumbnails are square whatever the image's shape, so a picture whose sides were stretched is found too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from convscope.data import Source, allowance_of, look
from convscope.data.ahead import in_one_piece, made_ahead
from convscope.errors import ImageError, SourceError, UsageError
from convscope.files import write_bytes
from convscope.methods.inputs import collection
from convscope.methods.workers import one_thread_workers
from convscope.progress import Progress, silent
from convscope.settings import usual_settings
from convscope.shown import brief

SIDE = 32
"""Side of the thumbnails in pixels."""
COARSE = 0.85
"""Coarse correlation from which a pair is looked at again; pairs of the same image that were planted had 0.92."""
THRESHOLD = 0.83
"""Fine correlation from which a pair counts as the same image."""

_CELLS = 12  # a side of the coarse grid
_MARGIN = 0.06  # what a window may leave out at a side: between no crop and the largest that is looked for
_BLOCK = 2048  # images a side of a block of correlations
_STEPS = 6  # of Gauss-Newton
_REACH = 0.12  # thumbnails may be shifted, and stretched, by at most this share of their side
_FLAT = 6.0  # grey levels: contrast below it is as good as none
_PIECE = 256  # pairs looked at together
_PLAIN: dict[str, Any] = {"dtype": torch.float32, "device": "cpu"}  # whatever the process makes by default


@dataclass(frozen=True)
class DuplicatePair:
    """Two images that are the same: their numbers and names in either collection, and their fine correlation."""

    a: int
    b: int
    name_a: str
    name_b: str
    correlation: float


@brief
@dataclass(frozen=True)
class Duplicates:
    """The pairs of two collections, most alike first, and what was compared."""

    pairs: tuple[DuplicatePair, ...]
    images: tuple[int, int]
    unreadable: tuple[int, int]
    candidates: int
    threshold: float

    def csv(self) -> str:
        """One line a pair: a, b, correlation, name_a, name_b."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("a", "b", "correlation", "name_a", "name_b"))
        writer.writerows((p.a, p.b, f"{p.correlation:.4f}", p.name_a, p.name_b) for p in self.pairs)
        return text.getvalue()

    def save(self, path: str | Path) -> Path:
        """The CSV file that the list was written to."""
        write_bytes(Path(path), self.csv().encode("utf-8", "surrogatepass"))
        return Path(path)

    def keep(self) -> NDArray[np.int64]:
        """The numbers of the images of the first collection that are not in the second."""
        return np.setdiff1d(np.arange(self.images[0]), [pair.a for pair in self.pairs])


@usual_settings()
def overlap(
    a: Source | Any,
    b: Source | Any = None,
    *,
    threshold: float = THRESHOLD,
    threads: int = 2,
    progress: Progress | None = None,
) -> Duplicates:
    """The images of `a` that are also in `b`; without `b` those that `a` has more than once.

    threshold: fine correlation, -1 to 1, from which a pair counts.

    Raises:
        UsageError: for a threshold outside 0 to 1. SourceError: for a collection that is not there,
            or of which nothing can be read.

    >>> noise = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)
    >>> found = overlap(list(noise), [noise[2]])
    >>> [(pair.a, pair.b) for pair in found.pairs]
    [(2, 0)]
    """
    if not 0 < threshold <= 1:
        raise UsageError(f"threshold {threshold}: a correlation between 0 and 1 is meant")
    tell = progress or silent
    first = collection(a)
    second = first if b is None else collection(b)
    small_a, bad_a = thumbnails(first, threads=threads, progress=tell, stage="first collection")
    small_b, bad_b = (
        (small_a, bad_a) if b is None else thumbnails(second, threads=threads, progress=tell, stage="second collection")
    )
    rows = _candidates(small_a, small_b, same=b is None, progress=tell)
    fine = _fine_correlations(small_a, small_b, rows, tell)
    kept = np.flatnonzero(fine >= threshold)
    kept = kept[np.lexsort((rows[kept, 1], rows[kept, 0], -fine[kept]))]
    pairs = tuple(
        DuplicatePair(int(i), int(j), first.name(int(i)), second.name(int(j)), float(fine[n]))
        for n, (i, j) in zip(kept, rows[kept], strict=True)
    )
    return Duplicates(pairs, (len(first), len(second)), (bad_a, bad_b), len(rows), threshold)


def thumbnails(
    source: Source, *, threads: int = 2, progress: Progress = silent, stage: str = "thumbnails"
) -> tuple[Tensor, int]:
    """Grey thumbnails (n, SIDE, SIDE) uint8 of all images, and how many could not be read, which are black.

    JPEGs are decoded at a reduced size; the rest is averaged over areas. Raises SourceError where none can be read.
    """
    count, piece = len(source), 256
    made, bad, reasons = torch.zeros(count, SIDE, SIDE, dtype=torch.uint8, device="cpu"), 0, []
    memory = made.numpy()

    def fill(index: int) -> bool:
        try:
            memory[index] = _thumbnail(source, index)
        except ImageError as error:
            reasons[:] = reasons or [str(error)]
            return False
        return True

    progress(stage, 0, count)
    filled = made_ahead(range(count), in_one_piece(fill), threads=max(1, threads), ahead=4 * max(1, threads))
    for done, good in enumerate(filled, 1):
        bad += not good
        if done % piece == 0 or done == count:
            progress(stage, done, count)
    if count and bad == count:
        raise SourceError(f"none of the {source.describe()} can be read: {reasons[0]}")
    return made, bad


def _thumbnail(source: Source, index: int) -> NDArray[np.uint8]:
    image = look(source.read(index), max_pixels=allowance_of(source).pixels, at_least=2 * SIDE)
    grey = Image.fromarray(image).convert("L")
    return np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BOX))


# -- first step: all pairs, coarsely ----------------------------------------------------------------------------------


def _candidates(a: Tensor, b: Tensor, *, same: bool, progress: Progress) -> NDArray[np.int64]:
    """The pairs (m, 2) whose coarse correlation is at least COARSE; i < j where both are the same collection.

    The coarse correlation is the best of the whole of one image with the whole or any window of the other.
    """
    found: list[Tensor] = []
    blocks = list(_blocks(len(a), len(b), same))
    seen, first = -1, torch.zeros(0, **_PLAIN)
    for done, (i, j) in enumerate(blocks):
        if i != seen:
            seen, first = i, _coarse(a[i : i + _BLOCK])
        second = _coarse(b[j : j + _BLOCK])
        best = first[:, 0] @ second[:, 0].T
        for window in range(1, first.shape[1]):
            torch.maximum(best, first[:, window] @ second[:, 0].T, out=best)
            torch.maximum(best, first[:, 0] @ second[:, window].T, out=best)
        hits = (best >= COARSE).nonzero() + torch.tensor([i, j], device="cpu")
        found.append(hits[hits[:, 0] < hits[:, 1]] if same else hits)
        progress("correlations", done + 1, len(blocks))
    return torch.cat(found).numpy() if found else np.zeros((0, 2), np.int64)


def _blocks(n: int, m: int, same: bool) -> Iterator[tuple[int, int]]:
    for i in range(0, n, _BLOCK):
        for j in range(i if same else 0, m, _BLOCK):
            yield i, j


def _coarse(small: Tensor) -> Tensor:
    """Vectors (n, 16, 144) of length one and mean zero whose products are correlations: of the whole of each image,
    and of its windows. Images of one colour are zero."""
    rows = small.flatten(1).float() @ _windows()
    return _unit(rows.view(-1, _CELLS**2), 2.0).view(len(small), -1, _CELLS**2)


@cache
def _windows() -> Tensor:
    """The matrix (SIDE * SIDE, 16 * 144) from thumbnails to the whole and its windows, averaged on a coarse grid.

    A window leaves out `_MARGIN` at any of the four sides, or none.
    """
    pixels = torch.eye(SIDE * SIDE, **_PLAIN).view(-1, SIDE, SIDE)
    made = []
    for top, bottom, left, right in product((0.0, _MARGIN), repeat=4):
        place = torch.tensor([[top - bottom, -(top + bottom), left - right, -(left + right)]], **_PLAIN)
        cut = _cut(pixels, place.expand(len(pixels), 4))
        made.append(torch.nn.functional.adaptive_avg_pool2d(cut[:, None], _CELLS).flatten(1))
    return torch.cat(made, 1)


def _unit(rows: Tensor, least: float) -> Tensor:
    """The rows with mean zero and length one; rows that hardly vary (`least` root mean square) become zero."""
    rows = rows - rows.mean(1, keepdim=True)
    length = rows.norm(dim=1, keepdim=True)
    return torch.where(length > least * rows.shape[1] ** 0.5, rows / length.clamp_min(1e-12), 0.0)


# -- second step: candidates, closely ---------------------------------------------------------------------------------


def _fine_correlations(a: Tensor, b: Tensor, rows: NDArray[np.int64], progress: Progress) -> NDArray[np.float64]:
    """The fine correlation of each candidate pair, aligned as well as a small shift and stretch can."""
    found = np.zeros(len(rows))

    def look(start: int) -> None:
        part = torch.from_numpy(rows[start : start + _PIECE])
        x, y = a[part[:, 0]].float(), b[part[:, 1]].float()
        # Only one of two crops can be cut out of the other, and it is not known which.
        found[start : start + _PIECE] = torch.maximum(aligned_correlation(x, y), aligned_correlation(y, x)).numpy()

    starts = range(0, len(rows), _PIECE)
    with one_thread_workers(torch.device("cpu")) as workers:
        for at in range(0, len(starts), 8):
            workers.map(look, starts[at : at + 8])
            progress("candidates", min((at + 8) * _PIECE, len(rows)), len(rows))
    return found


def aligned_correlation(moving: Tensor, fixed: Tensor) -> Tensor:
    """The correlation (n,) of the fine detail of `fixed` and of `moving` (n, s, s), cut where it fits `fixed` best.

    The cut is given by a shift and a stretch of each axis. They are found by Gauss-Newton, from coarse to fine, with
    brightness and contrast free.
    """
    n = len(moving)
    place = torch.zeros(n, 4, **_PLAIN)  # y shift, y stretch, x shift, x stretch, in half sides
    for blur in (5, 3, 1):
        x, y = _blurred(moving, blur), _blurred(fixed, blur)
        for _ in range(_STEPS // 2):
            place = (place + _step(x, y, place)).clamp(-2 * _REACH, 2 * _REACH)
    one, other = _detail(_cut(moving, place)), _detail(fixed)
    return (_unit(one.flatten(1), 0.1) * _unit(other.flatten(1), 0.1)).sum(1)


def _blurred(images: Tensor, size: int) -> Tensor:
    pad = size // 2
    padded = torch.nn.functional.pad(images[:, None], (pad, pad, pad, pad), mode="replicate")
    return torch.nn.functional.avg_pool2d(padded, size, 1)[:, 0]


def _detail(images: Tensor) -> Tensor:
    """The images without their coarse shading, at even contrast all over, away from the border.

    Otherwise one strong edge that two pictures share, such as a dark shape on white, would decide alone.
    """
    detail = images - _blurred(images, 9)
    return (detail / (_blurred(detail.square(), 9).sqrt() + _FLAT))[:, 2:-2, 2:-2]


def _cut(images: Tensor, place: Tensor) -> Tensor:
    """The images seen through a shifted and stretched window, bilinearly."""
    n, side = images.shape[:2]
    line = (torch.arange(side, **_PLAIN) + 0.5) / side * 2 - 1
    ys = place[:, :1] + (1 + place[:, 1:2]) * line
    xs = place[:, 2:3] + (1 + place[:, 3:4]) * line
    grid = torch.stack([xs[:, None, :].expand(n, side, side), ys[:, :, None].expand(n, side, side)], 3)
    return torch.nn.functional.grid_sample(images[:, None], grid, align_corners=False, padding_mode="border")[:, 0]


def _step(moving: Tensor, fixed: Tensor, place: Tensor) -> Tensor:
    """One step of Gauss-Newton for the window, together with the best contrast and brightness."""
    n, side = moving.shape[:2]
    seen = _cut(moving, place)
    line = (torch.arange(side, **_PLAIN) + 0.5) / side * 2 - 1
    dy = torch.gradient(seen, dim=1)[0] * side / 2
    dx = torch.gradient(seen, dim=2)[0] * side / 2
    ones = torch.ones_like(seen)
    columns = torch.stack([dy, dy * line[:, None], dx, dx * line, seen, ones], -1).reshape(n, -1, 6)
    normal = columns.transpose(1, 2) @ columns
    ridge = torch.diag_embed(1e-3 * normal.diagonal(dim1=1, dim2=2) + 1e-6)
    right = columns.transpose(1, 2) @ fixed.reshape(n, -1, 1)
    found = torch.linalg.solve(normal + ridge, right)[..., 0]
    # fixed = contrast * (seen + gradient * step) + brightness
    contrast = found[:, 4:5]
    step = torch.where(contrast.abs() > 0.1, found[:, :4] / contrast, 0.0)
    return step.nan_to_num(0.0).clamp(-0.1, 0.1)


__all__ = ["COARSE", "SIDE", "THRESHOLD", "Duplicates", "DuplicatePair", "aligned_correlation", "overlap", "thumbnails"]
