"""Mistakes that are looked at in full, one after the other, and which these are."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
import torch

from convscope.data import Source, load_image
from convscope.errors import ImageError
from convscope.generalisation.features import Features
from convscope.graph import Network
from convscope.methods.inputs import input_of, preprocess_of
from convscope.methods.mistakes import CODES, Contrast, Explained, Explaining
from convscope.progress import Progress, duration, estimate
from convscope.stores.sanity import Parts
from convscope.studies.misclassified import AnsweredImages, best_of, most_alike
from convscope.studies.mistakes_found import MistakeCase, contrast_in

_WORTH_SAYING = 5.0  # seconds that are left


@dataclass(frozen=True)
class Cases:
    """Looks at mistakes in full, one after the other; what was found of each is kept."""

    net: Network
    source: Source
    explaining: Explaining
    parts: Parts
    progress: Progress

    def of(
        self, found: AnsweredImages, known: Sequence[AnsweredImages], tables: Mapping[str, Features], like: str,
        count: int,
    ) -> tuple[MistakeCase, ...]:  # fmt: skip
        """Those of the `count` mistakes that are looked at, worst first."""
        head, rows, made, told = self.net.head, chosen(found, count), list[MistakeCase](), False
        self.progress("mistakes", 0, len(rows))
        which = [int(found.truth[row]) // CODES[head.kind] if len(known) > 1 else 0 for row in rows]
        each = [known[number] for number in which]
        by_answer = head.kind == "values"
        similar = most_alike(tables[like], self.source, each, found.images[rows].tolist(), answers=by_answer)
        for done, (row, number, one) in enumerate(zip(rows, which, similar, strict=True), 1):
            index, contrast = int(found.images[row]), contrast_in(found, row, self.net)
            look = partial(self._look, index, contrast)
            name = f"{index:06}" if len(known) == 1 else f"{index:06}-{number}"
            began = time.monotonic()
            said = {"image": index, "contrast": str(contrast)}
            arrays, there = self.parts.part(name, said, look, names={one.name for one in fields(Explained)})
            why = Explained(**arrays)
            self._expect_same(why, found, row)
            best, scores = best_of(head, tables[self.net.output], index)
            made.append(MistakeCase(row, why, tuple(best.tolist()), tuple(scores.tolist()), one))
            self.progress("mistakes", done, len(rows))
            each, more = time.monotonic() - began, len(rows) - done
            if not there and not told and (left := each * more) > _WORTH_SAYING:
                estimate(f"mistakes: the first took {each:.1f} s, {more} more take about {duration(left)}")
            told = told or not there
        return tuple(made)

    def _expect_same(self, why: Explained, found: AnsweredImages, row: int) -> None:
        """Raise ImageError where the image that was explained is not the one that was answered."""
        before, now = float(found.contrast[row]), float(why.contrast)
        scale = 1 + float(np.abs(found.numbers[row]).max())
        close = abs(now - before) <= max(1e-3, 32 * torch.finfo(self.net.dtype).eps) * scale
        if np.isfinite([before, now, scale]).all() and not close:
            raise ImageError(
                f"{self.source.name(int(found.images[row]))} is another image than a moment ago (a contrast of "
                f"{before:.4g} before, {now:.4g} now): leave images as they are while they are looked at, and run "
                "again, with another folder for what is kept"
            )

    def _look(self, index: int, contrast: Contrast) -> dict[str, Any]:
        crop = load_image(self.source, index, preprocess_of(self.net, self.source))
        return self.explaining.explain(input_of(self.net, crop[None])[0], contrast).arrays()


def chosen(found: AnsweredImages, count: int) -> list[int]:
    """The mistakes that are looked at: the worst, and of each pair as many as its share of all (D'Hondt's method)."""
    nth: dict[tuple[int, int], int] = {}
    places = []
    for pair in zip(found.truth.tolist(), found.answer.tolist(), strict=True):
        nth[pair] = nth.get(pair, 0) + 1
        places.append((pair, nth[pair]))
    worth = [-nth[pair] / place for pair, place in places]
    shared = np.argsort(np.array(worth), kind="stable").tolist()
    return sorted(list(dict.fromkeys([*range(min(count // 3, len(found))), *shared]))[:count])


__all__ = ["Cases", "chosen"]
