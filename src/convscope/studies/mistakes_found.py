"""What is found of mistakes: pairs that are confused, each in words, units that cause several, what silencing helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.data import Failure
from convscope.graph import Network
from convscope.graph.heads import HeadKind
from convscope.methods.intervals import wilson
from convscope.methods.mistakes import CODES, Contrast, Explained
from convscope.methods.occlusion import OccluderGrid
from convscope.methods.student import quantile
from convscope.shown import brief
from convscope.studies.misclassified import AnsweredImages, SimilarImages

MistakeRow = dict[str, Any]


@brief
@dataclass(frozen=True, eq=False)
class MistakeCase:
    """A mistake in full: its row, why, its best answers with their scores, and what is like it."""

    row: int
    explained: Explained
    best: tuple[int, ...]
    scores: tuple[float, ...]
    similar: SimilarImages


@dataclass(eq=False, repr=False)
class MistakesFound:
    """The mistakes of a network, `found` worst first, their images' `names`, and `cases`: those looked at in full.

    kind: what its output is, see `Head`: of labels and values each is a question of its own, and a mistake is one of an
    image. answers: what its answers are called, by their codes. images: how many were answered. shown, wrong: how many
    answers each of the codes is right for, and how many of these were others. layers: those whose units are causes, the
    last of the network first; layer: the one that says which images are alike. grid, fill: of the covering square.
    most: units of each layer. order: which output was taken for which class by its order, in words; nothing where names
    decided.
    """

    network: str
    data: str
    kind: HeadKind
    images: int
    found: AnsweredImages
    names: tuple[str, ...]
    answers: tuple[str, ...]
    shown: tuple[int, ...]
    wrong: tuple[int, ...]
    cases: tuple[MistakeCase, ...]
    layers: tuple[str, ...]
    layer: str
    grid: OccluderGrid
    fill: str
    most: int
    failures: tuple[Failure, ...]
    collection: str
    order: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.found)

    @property
    def asked(self) -> int:
        """How many answers were given: one to an image, or one for each label or value."""
        return sum(self.shown)

    @property
    def accuracy(self) -> float:
        """The share of them that was right."""
        return 1 - len(self) / self.asked

    @property
    def interval(self) -> tuple[float, float]:
        """Where that share lies, 95 % (Wilson)."""
        return wilson(self.asked - len(self), self.asked)

    def key_of(self, row: int) -> str:
        """What a mistake is called in addresses and paths: its image, and which of several answers."""
        image = str(int(self.found.images[row]))
        codes = CODES.get(self.kind)
        return image if codes is None or self.kind == "binary" else f"{image}-{int(self.found.truth[row]) // codes}"

    def number(self, value: float) -> str:
        """A number of the output in words: a logit, or a value."""
        if self.kind == "values":
            return f"{value:.4g}"
        return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"

    @property
    def pairs(self) -> list[tuple[int, int, int]]:
        """The confused pairs, most frequent first: label, answer, and how many."""
        return _confused(self.found)

    def units(self) -> list[MistakeRow]:
        """The units that cause mistakes, those first whose silencing repairs most of them."""
        return _units_of(self)

    def silencing(self) -> list[MistakeRow]:
        """How often silencing changes the answer, and repairs it, beside units as active, by layer, with intervals.

        units: "first", the one that gives most to each mistake; "all", the mean over all that are named. excess: the
        mean over mistakes of the difference to the controls, with its interval of 95 % by Student's t.
        """
        return _shares(self)

    def truth_of(self, case: MistakeCase) -> int:
        """The right answer."""
        return int(self.found.truth[case.row])

    def place_of(self, case: MistakeCase) -> tuple[int, int]:
        """The row and column where covering brings the right answer back; of several, or where there is none of these,
        where it takes most of the contrast away, or most of what a value is off."""
        why = case.explained
        repairs = why.covered_answers == self.truth_of(case)
        left = np.abs(why.covered) if self.kind == "values" else why.covered
        among = np.where(repairs, left, np.inf) if repairs.any() else left
        row, column = np.unravel_index(int(among.argmin()), among.shape)
        return int(row), int(column)

    def box_of(self, case: MistakeCase) -> list[int]:
        """The square at that place: y0, x0, y1, x1."""
        return self.grid.boxes.reshape(*self.grid.shape, 4)[self.place_of(case)].tolist()


def contrast_in(found: AnsweredImages, row: int, net: Network) -> Contrast:
    """What one of some mistakes is about."""
    of_value = net.head.kind == "values"
    true, usual = (float(found.numbers[row, 1]), float(found.scores[row, 1])) if of_value else (0.0, 0.0)
    return Contrast.of(net, int(found.answer[row]), int(found.truth[row]), true=true, usual=usual)


def _confused(found: AnsweredImages) -> list[tuple[int, int, int]]:
    """The pairs of a label and a wrong answer, and how many mistakes are of each, most frequent first."""
    counted = Counter(zip(found.truth.tolist(), found.answer.tolist(), strict=True))
    return [(t, a, n) for (t, a), n in sorted(counted.items(), key=lambda one: (-one[1], one[0]))]


def in_words(answer: MistakesFound, case: MistakeCase) -> str:
    """A mistake that was looked at, in a sentence.

    "n01443537.jpg: answered tench (8.3) where the label says goldfish (6.1); covering 40,48,88,96 brings it back; so
    does silencing features.12.cat:33"
    """
    found, row = answer.found, case.row
    truth = int(found.truth[row])
    said, label = (answer.answers[n] for n in (found.answer[row], truth))
    first, second = map(answer.number, found.numbers[row])
    told = f"answered {said} ({first}) where the label says {label}"
    if answer.kind == "values":
        told = f"answered {first} where {second} is true, {said}: {found.scores[row, 0]:.1f} times the usual error"
    elif answer.kind == "classes":
        told += f" ({second})"
    return "; ".join([f"{answer.names[row]}: {told}", _covering(answer, case, truth), *_silencing(answer, case, truth)])


def _covering(answer: MistakesFound, case: MistakeCase, truth: int) -> str:
    why = case.explained
    box, after = ",".join(map(str, answer.box_of(case))), int(why.covered_answers[answer.place_of(case)])
    if after == truth:
        return f"covering {box} brings it back"
    if after != answer.found.answer[case.row]:
        return f"covering {box} makes it {answer.answers[after]}"
    before, left = float(why.contrast), float(why.covered[answer.place_of(case)])
    if abs(left) >= abs(before):
        return "covering helps nowhere"
    return f"covering {box} helps most, {answer.number(before)} to {answer.number(left)}"


def _silencing(answer: MistakesFound, case: MistakeCase, truth: int) -> list[str]:
    why = case.explained
    repairs = np.flatnonzero(why.silenced_answers == truth)
    if len(repairs):
        named = ", ".join(why.silenced_name(int(n), answer.layers) for n in repairs[:3])
        covering = why.covered_answers[answer.place_of(case)] == truth
        return [f"so does silencing {named}" if covering else f"silencing {named} brings it back"]
    if not len(why):
        return []
    unit, less = why.silenced_name(0, answer.layers), float(why.contrast) - float(why.silenced[0])
    return [f"{unit} gives most to it, {less:.2g} less without"]


def _units_of(answer: MistakesFound) -> list[MistakeRow]:
    """The units that feed mistakes, with how many they feed, change and repair; the most useful first."""
    table: dict[str, list[tuple[bool, bool, float, float]]] = {}
    for case in answer.cases:
        why, truth, said = case.explained, answer.found.truth[case.row], answer.found.answer[case.row]
        for n in range(len(why)):
            after = why.silenced_answers[n]
            unit = why.silenced_name(n, answer.layers)
            told = (bool(after != said), bool(after == truth), float(why.amount[n]), float(why.control_changed[n]))
            table.setdefault(unit, []).append(told)
    rows = [
        {
            "unit": unit,
            "mistakes": len(told),
            "changed": sum(one[0] for one in told),
            "repaired": sum(one[1] for one in told),
            "amount": float(np.mean([one[2] for one in told])),
            "control_changed": float(np.mean([one[3] for one in told])),
        }
        for unit, told in table.items()
    ]
    return sorted(rows, key=lambda row: (-row["repaired"], -row["changed"], -row["mistakes"], -row["amount"]))


def _shares(answer: MistakesFound) -> list[MistakeRow]:
    """See `MistakesFound.silencing`."""
    rows = []
    for number, layer in enumerate(answer.layers):
        for which in ("first", "all"):
            told = [one for case in answer.cases if (one := _of_case(answer, case, number, which)) is not None]
            if told:
                rows.append({"layer": layer, "units": which, **_compared(told)})
    return rows


def _of_case(answer: MistakesFound, case: MistakeCase, layer: int, which: str) -> tuple[float, ...] | None:
    """Shares of the named that change and repair the answer, and the same of their controls; None without controls."""
    why = case.explained
    mine = np.flatnonzero((why.layer == layer) & (why.controls > 0))
    mine = mine[:1] if which == "first" else mine
    if not len(mine):
        return None
    after = why.silenced_answers[mine]
    changed, repaired = after != answer.found.answer[case.row], after == answer.found.truth[case.row]
    means: Sequence[NDArray[Any]] = (changed, why.control_changed[mine], repaired, why.control_repaired[mine])
    return tuple(float(one.mean()) for one in means)


def _compared(told: Sequence[tuple[float, ...]]) -> MistakeRow:
    changed, control_changed, repaired, control_repaired = np.array(told).T
    found: MistakeRow = {"mistakes": len(told)}
    for name, ours, theirs in (("", changed, control_changed), ("repaired_", repaired, control_repaired)):
        excess = ours - theirs
        spread = float(excess.std(ddof=1) / np.sqrt(len(excess))) if len(excess) > 1 else float("nan")
        reach = quantile(0.95, len(excess) - 1) * spread
        middle = float(excess.mean())
        what = name.rstrip("_") or "changed"
        found |= {what: float(ours.mean()), f"control_{what}": float(theirs.mean()), f"{name}excess": middle,
                  f"{name}excess_low": middle - reach, f"{name}excess_high": middle + reach}  # fmt: skip
    return found


__all__ = ["MistakesFound", "MistakeCase", "contrast_in", "in_words"]
