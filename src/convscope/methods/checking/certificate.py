"""What a check found: evidence of several kinds, each with its numbers, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from convscope.shown import brief

CheckVerdict = Literal["holds", "fails", "not tried"]


@dataclass(frozen=True)
class Compared:
    """One thing that was held against another: how far apart they are, relative to the second.

    what: an output, a layer, a unit and its image. empty: whether there was nothing but zeros on both sides.
    """

    evidence: str
    what: str
    error: float
    empty: bool = False


@brief
@dataclass(frozen=True)
class Evidence:
    """One kind of evidence: what was compared with what, how often, how far apart they were at most, and where.

    bound: what rounding may make of it. empty: how many cases had nothing but zeros, which say little. note: what else
    there is to say, such as why it was not tried.
    """

    name: str
    what: str
    verdict: CheckVerdict
    cases: int = 0
    worst: float = 0.0
    bound: float = 0.0
    where: str = ""
    empty: int = 0
    note: str = ""

    @classmethod
    def of(cls, name: str, what: str, compared: Sequence[Compared], bound: float, note: str = "") -> Evidence:
        """The evidence of some comparisons: it holds where all are within the bound, and one is not empty."""
        if not compared:
            return cls(name, what, "not tried", bound=bound, note=note or "there is nothing of the kind")
        worst = max(compared, key=lambda one: (one.error != one.error, one.error))
        verdict: CheckVerdict = "holds" if worst.error <= bound else "fails"
        empty = sum(one.empty for one in compared)
        if verdict == "holds" and empty == len(compared):
            verdict, note = "not tried", "all of them are nothing but zeros, so nothing is shown: give other images"
        return cls(name, what, verdict, len(compared), worst.error, bound, worst.what, empty, note)

    @classmethod
    def untried(cls, name: str, what: str, why: str) -> Evidence:
        """Evidence that there is none of."""
        return cls(name, what, "not tried", note=why)

    @property
    def sentence(self) -> str:
        """What it says, in words."""
        note = f" ({self.note})" if self.note else ""
        if self.verdict == "not tried":
            return f"not tried: {self.what}{note}"
        if not self.cases:
            return f"{self.verdict}: {self.note or self.what}"
        zeros = f", {self.empty} of them zeros alone" if self.empty else ""
        at = f" at {self.where}" if self.where and (self.verdict == "fails" or self.cases > 1) else ""
        return f"{self.verdict}: {self.what}: {self.worst:.1e} at most{at}, {self.cases} compared{zeros}{note}"


@brief
@dataclass(frozen=True)
class Certificate:
    """Whether a traced network is its module, and its projections and fields are what autograd says.

    shown: what it was asked on, in words. assumed: what no comparison decides, see `assumptions`. remarks: what is
    worth knowing, though it proves nothing wrong.
    """

    network: str
    fingerprint: str
    shown: str
    seed: int
    evidence: tuple[Evidence, ...]
    compared: tuple[Compared, ...]
    assumed: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing failed, and projections were compared at all."""
        return not self.failures and any(one.verdict == "holds" for one in self.evidence)

    @property
    def failures(self) -> tuple[Evidence, ...]:
        """The evidence against it."""
        return tuple(one for one in self.evidence if one.verdict == "fails")

    @property
    def untried(self) -> tuple[Evidence, ...]:
        """What was not tried."""
        return tuple(one for one in self.evidence if one.verdict == "not tried")

    @property
    def sentence(self) -> str:
        """The verdict: what held, or what did not."""
        if self.failures:
            return f"{self.network} fails its check: " + "; ".join(
                one.note if not one.cases else f"{one.name} ({one.note or f'{one.worst:.1e} off at {one.where}'})"
                for one in self.failures
            )
        held = [one for one in self.evidence if one.verdict == "holds"]
        if not held:
            return f"{self.network}: nothing could be compared"
        worst = max(one.worst for one in held)
        missing = f"; not tried: {', '.join(one.name for one in self.untried)}" if self.untried else ""
        return (
            f"{self.network} holds its check on {self.shown}: {', '.join(one.name for one in held)} agree, "
            f"{worst:.0e} apart at most, {sum(one.cases for one in held)} comparisons{missing}"
        )

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "network": self.network,
            "fingerprint": self.fingerprint,
            "holds": self.holds,
            "sentence": self.sentence,
            "shown": self.shown,
            "seed": self.seed,
            "evidence": [{**asdict(one), "sentence": one.sentence} for one in self.evidence],
            "assumed": list(self.assumed),
            "remarks": list(self.remarks),
        }


__all__ = ["Certificate", "Compared", "Evidence", "CheckVerdict"]
