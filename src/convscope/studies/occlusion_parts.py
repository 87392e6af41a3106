"""What covering parts of the images of a collection costs, beside as much elsewhere: sentences, a table, rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

from torch import Tensor

from convscope.data import Images
from convscope.data.parts import Part
from convscope.graph import Head, Network
from convscope.methods.occlusion.parts import MEANING, PartCost, part_costs
from convscope.methods.targets import Target
from convscope.progress import Progress
from convscope.shown import brief
from convscope.studies.marking import Marked, mark
from convscope.studies.pictures import ReadImages
from convscope.tables import TextTable, columns_of

_HEAD = ("part", "images", "no room", "covered", "elsewhere", "difference", "interval", "p", "corrected", "costs")


@brief
@dataclass(frozen=True, eq=False)
class PartsCovered:
    """Tests of parts on the images of these names; measured: of what the costs are, in words."""

    tests: tuple[PartCost, ...]
    names: tuple[str, ...]
    measured: str
    confidence: float

    @property
    def lines(self) -> list[str]:
        """Each part in words."""
        return [self._of(one) for one in self.tests]

    def _of(self, one: PartCost) -> str:
        room = f"; {one.without} more have no room for a box elsewhere" if one.without else ""
        said = f"{one.part}: {one.verdict} ({MEANING[one.verdict]}; "
        if one.difference is None or one.low is None:
            return f"{said}{len(one.images)} images{room})"
        return (
            f"{said}{one.cost.mean():.3g} of {self.measured} ({one.before.mean():.3g}) against "
            f"{one.elsewhere.mean():.3g} by boxes of its size at its distance from the centre: {one.difference:.3g} "
            f"more, {100 * self.confidence:g} % {one.low:.3g} to {one.high:.3g}, p {one.corrected:.2g}, "
            f"{len(one.images)} images{room})"
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row an image and part."""
        for one in self.tests:
            for row, image in enumerate(one.images.tolist()):
                y0, x0, y1, x1 = one.boxes[row].tolist()
                yield {
                    "image": self.names[image],
                    "part": one.part,
                    "y0": y0,
                    "x0": x0,
                    "y1": y1,
                    "x1": x1,
                    "uncovered": float(one.before[row]),
                    "cost": float(one.cost[row]),
                    "elsewhere": float(one.elsewhere[row]),
                    "boxes elsewhere": int((one.others[row, :, 0] >= 0).sum()),
                }

    def to_json(self) -> list[dict[str, Any]]:
        """The tests."""
        names = ("difference", "low", "high", "p", "corrected", "verdict", "without")
        return [
            {"part": one.part, "images": len(one.images), **{name: getattr(one, name) for name in names}}
            | {"measured": self.measured, "cost": _mean(one.cost), "elsewhere": _mean(one.elsewhere)}
            for one in self.tests
        ]

    def table(self) -> TextTable:
        """The tests as text."""
        rows = []
        for one in self.to_json():
            interval = "-" if one["low"] is None else f"{one['low']:.3f} to {one['high']:.3f}"
            numbers = ["-" if one[key] is None else f"{one[key]:.3f}" for key in ("cost", "elsewhere", "difference")]
            tested = ["-" if one[key] is None else f"{one[key]:.4f}" for key in ("p", "corrected")]
            counted = (one["part"], str(one["images"]), str(one["without"]))
            rows.append((*counted, *numbers, interval, *tested, one["verdict"]))
        return columns_of(_HEAD, rows, title=f"What covering parts takes of {self.measured}, beside as much elsewhere")


def _mean(values: Any) -> float | None:
    return float(values.mean()) if len(values) else None


def marked_for(
    net: Network,
    images: Images,
    parts: Sequence[Part] | str | PathLike[str] | None,
    *,
    seen: ReadImages | None = None,
) -> Marked | None:
    """The images that parts name; None where none were asked about. seen: those that were given, looked at already."""
    return None if parts is None else mark(net, images, parts, seen=seen, objects="part")


def cover_parts(
    net: Network,
    marked: Marked,
    *,
    target: Target,
    subject: str,
    confidence: float,
    seed: int,
    progress: Progress | None,
    **asked: Any,
) -> PartsCovered:
    """The tests of marked parts; targets that are a tensor have a row for every image of the collection."""
    seen = marked.pictures.seen
    own = target[list(marked.rows)] if isinstance(target, Tensor) else target
    tests = part_costs(
        net,
        marked.pictures.inputs,
        marked.boxes,
        target=own,
        confidence=confidence,
        seed=seed,
        progress=progress,
        **asked,
    )
    return PartsCovered(tests, seen.names, subject, confidence)


def subject_of(head: Head | None, units: Sequence[Any], layer: str) -> str:
    """What costs are of, in words."""
    if head is None:
        return f"{units[0]}'s activation" if units else f"the strongest map of {layer}"
    return "the probability of the class" if head.probable else "the value"


__all__ = ["PartsCovered", "cover_parts", "marked_for", "subject_of"]
