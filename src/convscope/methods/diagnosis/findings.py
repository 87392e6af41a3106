"""What follows from the measurements of a diagnosis, in words that carry their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from convscope.methods.diagnosis.filters import typical
from convscope.methods.diagnosis.measured import Measurements

_SHOWN = 6


@dataclass(frozen=True)
class Finding:
    """One thing that follows: its subject, whether it is a fault, and a sentence with the evidence."""

    subject: Literal["filters", "dead", "duplicates", "strength", "clipping", "frequencies", "stride", "blocks"]
    kind: Literal["fault", "fine", "note"]
    text: str


def findings_of(d: Measurements) -> tuple[Finding, ...]:
    """The findings of a diagnosis, in the order in which they are read."""
    scaled = ", with the factors of batch norm" if d.filters.scaled else ""
    about = Finding("filters", "note", f"{d.network}: {d.filters.text} ({d.filters.layer}{scaled})")
    return (about, _dead(d), _duplicates(d), _strength(d), _clipping(d), _frequencies(d), _stride(d), _blocks(d))


def verdict_of(findings: Sequence[Finding]) -> str:
    """The findings as a paragraph: faults first, then what is fine, then the rest."""
    first, *rest = findings
    faults = [f.text for f in rest if f.kind == "fault"]
    fine = [f.text for f in rest if f.kind == "fine"]
    notes = [f.text for f in rest if f.kind == "note"]
    said = "no fault found" if not faults else f"{len(faults)} fault{'s' if len(faults) > 1 else ''} found"
    return (
        ". ".join([f"{first.text}; {said}", *(text[0].upper() + text[1:] for text in (*faults, *fine, *notes))]) + "."
    )


def _dead(d: Measurements) -> Finding:
    count = len(d.filters)
    seen = f"over {d.images} images" if d.silent is not None else "by their weights alone (no images were given)"
    if not d.dead:
        return Finding("dead", "fine", f"no filter is dead, {seen}")
    reasons = []
    if d.weak:
        reasons.append(f"{len(d.weak)} with weights below {d.limits.weak:.0%} of the median ({_listed(d.weak)})")
    if d.silent:
        reasons.append(f"{len(d.silent)} that no image excites ({_listed(d.silent)})")
    are = "is" if len(d.dead) == 1 else "are"
    return Finding("dead", "fault", f"{len(d.dead)} of {count} filters {are} dead, {seen}: {' and '.join(reasons)}")


def _duplicates(d: Measurements) -> Finding:
    limit = f"cosine {d.limits.duplicate:g}"
    if not d.duplicates:
        return Finding("duplicates", "fine", f"no two filters are nearly the same ({limit})")
    groups = "; ".join(_listed(group) for group in d.duplicates[:3])
    more = f" and {len(d.duplicates) - 3} more groups" if len(d.duplicates) > 3 else ""
    repeat = "1 filter nearly repeats another" if d.redundant == 1 else f"{d.redundant} filters nearly repeat others"
    return Finding("duplicates", "fault", f"{repeat} ({limit}): {groups}{more}")


def _strength(d: Measurements) -> Finding:
    middle = typical(d.filters, without=d.weak)
    if d.dominating:
        strongest = d.dominating[0]
        who = f"filter {strongest} dominates" if len(d.dominating) == 1 else f"filters {_listed(d.dominating)} dominate"
        text = f"{who}: RMS {d.filters.rms[strongest]:.3g}, {d.ratio:.3g} times the median of {middle:.3g}"
        return Finding("strength", "fault", text)
    return Finding("strength", "fine", f"no filter dominates: the largest RMS is {d.ratio:.3g} times the median")


def _clipping(d: Measurements) -> Finding:
    c = d.clipping
    if c.count > 1:
        text = f"{c.count} filters share the largest RMS, {c.limit:.4g}: they were renormalised to it"
    else:
        text = f"no two filters share the largest RMS, {c.limit:.4g}: there is no trace of renormalisation"
    return Finding("clipping", "note", text)


def _frequencies(d: Measurements) -> Finding:
    low, middle, high = d.coverage.mean
    counts = d.coverage.counts
    shares = f"{low:.0%} low, {middle:.0%} middle, {high:.0%} high (filters with their peak there: {_counts(counts)})"
    if middle < d.limits.middle:
        return Finding("frequencies", "fault", f"few middle frequencies: {shares}")
    return Finding("frequencies", "fine", f"the frequencies are covered: {shares}")


def _stride(d: Measurements) -> Finding:
    stride = max(d.filters.stride)
    if stride == 1:
        return Finding("stride", "fine", "stride 1 folds no frequency")
    text = f"{d.coverage.folded:.0%} of the filters' energy is above 1/{2 * stride} cycles per pixel, which a stride of"
    return Finding("stride", "note", f"{text} {stride} folds onto lower frequencies")


def _blocks(d: Measurements) -> Finding:
    if d.lines is None:
        why = "no images were given" if d.silent is None else "there are none, or they are too small for the stride"
        return Finding("blocks", "note", f"blocks in projections were not measured: {why}")
    found, where = d.lines, f"{d.lines.count} projections of {d.second}"
    if not len(found.excess):
        return Finding("blocks", "fine", f"a stride of 1 leaves no blocks in {where}")
    numbers = f"{found.decibels:+.1f} dB over their neighbours, {found.share:.1%} of the energy"
    period = max(found.stride)
    there = found.decibels >= d.limits.decibels and found.share >= d.limits.lines
    if there and period == 2:  # the finest pattern that pixels can have, which is no block
        return Finding("blocks", "note", f"a grid of 2 pixels in {where}: the stride's frequency has {numbers}")
    if there:
        text = f"blocks of {period} pixels in {where}: the stride's frequencies have {numbers}"
        return Finding("blocks", "fault", text)
    return Finding(
        "blocks", "fine", f"no blocks of {period} pixels in {where}: the stride's frequencies have {numbers}"
    )


def _counts(counts: Sequence[int]) -> str:
    return ", ".join(str(count) for count in counts)


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(n) for n in numbers[:_SHOWN])
    return f"{shown} and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else shown


__all__ = ["Finding", "findings_of", "verdict_of"]
