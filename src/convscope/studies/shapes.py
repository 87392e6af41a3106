"""Which parts of answers are as many as others, for a reader that believes no file.

A file can be whole, and say that it is, and still hold three boxes beside four pictures. What classes say of shapes in
words stands here as patterns, by the names of classes: "boxes: n 4; units: n" has as many units as boxes. A path leads
through fields; "*" stands for each item of a sequence or mapping. After it stand lengths: a number, a letter that
stands for one, a letter and how much more, or "_" for any; none for a single number. "= r q" says that the value is
these lengths, "n < b" that the numbers in it are below b, and "@layers" that a mapping's keys are what that field has.
Of None nothing is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np
from torch import Tensor

PATTERNS: dict[str, str] = {
    # answers
    "Projection": "seen.names: n; found.units: n; fill: 3",
    "Projections": "each.*.found.units: n",
    "Occlusion": "seen.names: n; found.channels: n",
    "Invariance": "seen.names: n; found.targets: n; found.curves.*.targets: n; examples.*.*: _ _ 3",
    "Evaluation": "names: n; found.predictions.images: n; found.scored.images: n",
    "Mistakes": (
        "names: n; found.images: n; answers: k; shown: k; wrong: k; grid.shape: = r q; cases.*.explained.covered: r q; "
        "cases.*.explained.covered_answers: r q; layers: l; cases.*.explained.parts: l; found.answer: n < k; "
        "found.truth: n < k"
    ),
    "Correspondence": "seen.names: n; photos.*: _ _ 3; boxes.*: n 4",
    "Causes": "graphs: n; rows_of: n; boxes: n; boxes.*: _ 4",
    "Diagnosis": "found: n; labels: n",
    # what methods found
    "SeenImages": "names: n; indices: n",
    "ProjectedPixels": "pixels: n c h w; boxes: n 4; units: n; photos: b y x 3; images: n < b; values: n",
    "OcclusionMaps": (
        "grid.shape: = r q; channels: n; targets: n t; units: u; "
        "covered.logits: n t r q; covered.probabilities: n t r q; covered.labels: n r q; covered.confidences: n r q; "
        "covered.activations: n r q; covered.units: n u r q; uncovered.logits: n t; uncovered.probabilities: n t; "
        "uncovered.labels: n; uncovered.confidences: n; uncovered.activations: n; uncovered.units: n u"
    ),
    "PartCost": "images: k; boxes: k 4; others: k m 4; before: k; cost: k; elsewhere: k",
    "InvarianceCurves": "curves.*.distances: @layers; curves.*.relative: @layers",
    "Curve": (
        "values: m; targets: n; own: n; probabilities: n m; labels: n m; distances.*: n m; relative.*: n m; "
        "units.*: n m"
    ),
    "LayerEffects": (
        "silenced: e; change: e k; error: e k; own: e k; own_error: e k; lost: e a; gained: e a; shown: a; right: a; "
        "squares: e; controls: e c; control: e k; own_control: e k"
    ),
    "LayerTuning": "kept: c k; low: c k; high: c k; cases: c k; quartiles: 3 k",
    "AnsweredImages": "images: n; truth: n; answer: n; numbers: n 2; scores: n 2; rank: n; contrast: n",
    "SimilarImages": "images: s; likeness: s; truth: s; answer: s; names: s",
    "MistakeCase": "best: b; scores: b",
    "Explained": (
        "contrast: ; covered: r q; covered_answers: r q; layer: c; channel: c; position: c 2; value: c; amount: c; "
        "silenced: c; silenced_answers: c; controls: c; control: c; control_changed: c; control_repaired: c; "
        "parts: l; others: l; biases: l; remainder: l"
    ),
    "LearnedDirections": "dictionary.bias: n; often: n; strength: n; copy: n; again: n",
    "Dictionary": "encoder: n c; bias: n; decoder: n c; offset: c",
    "CauseGraph": "layers: l; balances: l; amounts: @layers; amounts.*: _",
    "FeatureHistory": (
        "epochs: e; units.*.values: e; layers.*.values: e _; layers.*.settling.final: e"
    ),
    "UnitHistory": "values: e; images: e; positions: e 2; pixels: e c h w; boxes: e 4",
    "LayerEvolution": "images: e c; values: e c; boxes: e c 4; settling.unit_likeness: e c; settling.final: e",
    "Settling": "unit_likeness: e c; final: e; previous: e; chance: e",
    "LayerDiagnosis": "filters.weights: n c h w; active: n; coverage.live: n",
    "FrequencyCoverage": "shares: n 3; peaks: n; beyond: n; profile: b; edges: b+1; live: n",
    "SpectrumLines": "frequencies: f; excess: f; axis: g; spectrum: 2 g",
    "LayerSanity": "cases.unit: n; looked.signal: n; deletion.mean: f c; insertion.mean: f c",
    "ToldClaim": "figure: b",
    "SanityCases": "unit: n; image: n; position: n 2; value: n; scale: n; strong: n",
    "LookedCases": "deletion: n f c; insertion: n f c; signal: n; other: n; elsewhere: n",
    "Cascade": "stages: s; median: _ _ s",
    "Margins": "mean: f c; low: f c; high: f c; p: f c",
    "ClassAccuracy": (
        "classes: k; answers: a; targets: k; confusion: k a; hits5: k; "
        "predictions.answers: n < a; predictions.labels: n < k; predictions.targets: n < a; "
        "networks: m; members.top1: m n; members.top5: m n"
    ),
    "Predictions": "images: n; labels: n; targets: n; answers: n; probabilities: n; ranks: n",
    "ScoredImages": "images: n; scores: n o; truth: n o; names: o",
    "TransferScores": "classes: k; scores.*.by_class: k",
}  # fmt: skip
"""By the name of a class."""

_LENGTH = re.compile(r"(\w+?)(?:\+(\d+))?")
_Known = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class _Part:
    """What is asked of a part: its path, its lengths, whether it is these lengths, and what is above its numbers."""

    path: tuple[str, ...]
    lengths: tuple[str, ...]
    is_them: bool
    above: str

    @property
    def named(self) -> str:
        return ".".join(self.path)


def expect_fitting(value: Any) -> None:
    """Raise ValueError where parts of a dataclass, or of those in it, are not as many as they have to be."""
    if is_dataclass(value) and not isinstance(value, type):
        known: _Known = {}
        for part in _pattern(type(value).__name__):
            for found in _found(value, part.path):
                _compare(part, found, known, value)
        for one in fields(value):
            if one.metadata.get("kept", True):
                expect_fitting(getattr(value, one.name))
    elif isinstance(value, Mapping):
        expect_fitting(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            expect_fitting(item)


@cache
def _pattern(name: str) -> tuple[_Part, ...]:
    found = []
    for text in filter(str.strip, PATTERNS.get(name, "").split(";")):
        path, _, asked = (part.strip() for part in text.partition(":"))
        lengths, _, above = (part.strip() for part in asked.partition("<"))
        names = tuple(lengths.removeprefix("=").split())
        found.append(_Part(tuple(path.split(".")), names, lengths.startswith("="), above))
    return tuple(found)


def _found(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """What is at a path, nothing where something on it is None, or is not there as in another of several classes."""
    if value is None:
        return
    if not path:
        yield value
    elif path[0] == "*":
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _found(item, path[1:])
    else:
        yield from _found(getattr(value, path[0], None), path[1:])


def _compare(part: _Part, value: Any, known: _Known, whole: Any) -> None:
    if part.lengths and part.lengths[0].startswith("@"):
        if set(value) != set(getattr(whole, part.lengths[0][1:])):
            raise ValueError(f"{part.named} is of other {part.lengths[0][1:]} than it has")
        return
    if part.is_them:
        sizes: tuple[int, ...] = tuple(map(int, value))
    else:
        sizes = tuple(value.shape) if isinstance(value, np.ndarray | Tensor) else (len(value),)
    if len(sizes) != len(part.lengths):
        raise ValueError(f"{part.named} has {len(sizes)} dimensions, not {len(part.lengths)}")
    for size, length in zip(sizes, part.lengths, strict=True):
        wanted, why = _wanted(length, size, known, part.named)
        if size != wanted:
            raise ValueError(f"{part.named} has {'x'.join(map(str, sizes))} numbers, and {length} is {wanted} ({why})")
    if part.above in known and np.size(value) and not int(value.max()) < known[part.above][0]:
        raise ValueError(f"{part.named} has the number {int(value.max())}, of {known[part.above][0]} that there are")


def _wanted(length: str, size: int, known: _Known, where: str) -> tuple[int, str]:
    """How many there have to be, and who says so; what nobody said yet is as many as there are."""
    found = _LENGTH.fullmatch(length)
    if found is None or length == "_":
        return size, ""
    name, more = found[1], int(found[2] or 0)
    if name.isdigit():
        return int(name), "always"
    count, why = known.setdefault(name, (size - more, where))
    return count + more, why


__all__ = ["PATTERNS", "expect_fitting"]
