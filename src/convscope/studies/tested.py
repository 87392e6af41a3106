"""A claim of the paper on a network: what was measured, the verdict, and both in words and numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convscope.methods.paper.judging import VERDICTS, ClaimVerdict, MeasuredClaim, held
from convscope.methods.paper.table import BY_NAME, Claim
from convscope.shown import brief
from convscope.studies.claims import ToldClaim
from convscope.tables import without_nan


@brief
@dataclass(frozen=True, eq=False)
class TestedClaim:
    """A claim of the paper on a network; told: what was measured, None where something is missing that it is about.

    takes: what that is, in words; "" for what the claim itself says that it needs.
    """

    __test__ = False  # pytest takes it for tests

    claim: str
    verdict: ClaimVerdict
    told: ToldClaim | None
    seconds: float
    takes: str = ""

    @property
    def says(self) -> Claim:
        """The claim itself, its statistic and what it takes."""
        return BY_NAME[self.claim]  # pyright: ignore[reportArgumentType] (kept as text)

    @property
    def passed(self) -> int:
        """For how many seeds of random weights the claim holds."""
        if self.told is None:
            return 0
        says, told = self.says, self.told
        return sum(one.count >= says.least and held(one, told.direction, says.margin) == "yes" for one in told.random)

    @property
    def why(self) -> str:
        """What is missing, or why nothing can be told; "" where neither is so."""
        says, told = self.says, self.told
        if told is None:
            return f"it takes {self.takes or says.needs}"
        if self.verdict != "cannot tell":
            return ""
        found = told.measured
        if found.lacking:
            return found.lacking
        if found.count < says.least:
            return f"{found.count} {says.sample}, and {says.least} are the least that say something"
        if not np.isfinite([found.low, found.high]).all():
            return "there is no interval"
        if held(MeasuredClaim(found.value, found.low, found.high, found.count), told.direction, says.margin) == "yes":
            return f"the interval is {told.direction} the margin, but p is {found.p:.2g}"
        return "the interval holds the margin"

    def shown(self, value: float | None) -> str:
        """One of its numbers as people read it.

        >>> TestedClaim("invariance", "needs", None, 0.0).shown(0.123)
        '12.3 %'
        """
        if value is None or not np.isfinite(value):
            return "-"
        kind = self.says.shown
        if kind == "number":
            return f"{round(value, 3) + 0.0:.3f}"  # and no minus before a zero
        return f"{round(100 * value, 1) + 0.0:.1f} {'%' if kind == 'share' else 'points'}"

    def row(self) -> Mapping[str, Any]:
        """The claim on one line."""
        says, told = self.says, self.told
        found = told.measured if told is not None else MeasuredClaim(np.nan, np.nan, np.nan, 0)
        random = [one.value for one in told.random if np.isfinite(one.value)] if told is not None else []
        return without_nan(
            {
                "claim": self.claim,
                "where": says.where,
                "verdict": self.verdict,
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "p": found.p,
                "direction": says.direction if told is None else told.direction,
                "margin": says.margin,
                "count": found.count,
                "of": says.sample,
                "random": float(np.mean(random)) if random else None,
                "random holds": self.passed,
                "random seeds": 0 if told is None else len(told.random),
                "why": self.why,
                "seconds": round(self.seconds, 1),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """All of it but the figure."""
        says, told = self.says, self.told
        texts = {name: getattr(says, name) for name in ("says", "found", "statistic", "control", "least", "needs")}
        more: dict[str, Any] = {"looked": "", "note": "", "random each": [], "details": [], "details of": ""}
        if told is not None:
            more = {
                "looked": told.looked,
                "note": told.note,
                "random each": [vars(one) for one in told.random],
                "details": [vars(one) for one in told.details],
                "details of": told.what,
            }
        return without_nan({**self.row(), **texts, **more})


def counted_verdicts(claims: Sequence[TestedClaim]) -> dict[ClaimVerdict, int]:
    """How many claims there are of each verdict."""
    counted = Counter(one.verdict for one in claims)
    return {one: counted[one] for one in VERDICTS}


__all__ = ["TestedClaim", "counted_verdicts"]
