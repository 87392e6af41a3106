"""How signals are carried back, where the field disagrees: the choices and the record of what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from convscope.arguments import expected
from convscope.errors import UsageError

Rule = Literal["deconvnet", "gradient", "guided"]
Smooth = Literal["rectify", "gradient", "error"]
OverlapRule = Literal["sum", "max", "overwrite"]
LrnRule = Literal["identity", "gradient"]
Gates = Literal["held", "exact"]


@dataclass(frozen=True)
class PullOptions:
    """The choices that turn the adjoint of a network into a deconvnet, a gradient or guided backpropagation.

    rule: what a ReLU does to the signal: "deconvnet" keeps its positive part (Zeiler & Fergus 2014), "gradient"
    keeps it
        where the forward input was positive (Simonyan et al. 2014), "guided" does both (Springenberg et al. 2015).
    smooth: what is done at activations that are not ReLUs but like one (SiLU, GELU, leaky ReLU ...) where the rule is
        not "gradient": "rectify" treats them as ReLUs, "gradient" takes their derivative, "error" refuses.
    overlap: what becomes of signals of overlapping pooling windows that meet in one switch: their "sum", the "max", or
        the last in reading order ("overwrite"). Zero signals take no part.
    lrn: local response normalisation backwards: "identity", or its "gradient". None: "gradient" for the rule
        "gradient", which is then the network's own, "identity" for the others. What is held is the choice itself.
    gates: what becomes of gates (squeeze-excite and its kin; `graph.gates` says what is one): "held" takes them for
        constants of the image, so that what a unit sees stays local; "exact" differentiates them, so that it sees the
        whole image. None: "exact" for the rule "gradient", "held" for the others.

    >>> PullOptions("guided", smooth="gradient").treated
    'held'
    >>> PullOptions("gradient").lrn, PullOptions("guided").lrn
    ('gradient', 'identity')
    """

    rule: Rule = "deconvnet"
    smooth: Smooth = "rectify"
    overlap: OverlapRule = "sum"
    lrn: LrnRule | None = None
    gates: Gates | None = None

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            found = getattr(self, name)
            if not (name in _BY_RULE and found is None):
                expected(name, found, allowed)
        if self.lrn is None:  # what is kept of options, and compared, says what was done
            object.__setattr__(self, "lrn", _usual_lrn(self.rule))

    def under(self, rule: Rule) -> PullOptions:
        """The same choices with another rule; where they are what the rule has by default, the other's.

        >>> PullOptions(smooth="gradient").under("gradient").lrn
        'gradient'
        """
        return replace(self, rule=rule, lrn=None if self.lrn == _usual_lrn(self.rule) else self.lrn)

    @property
    def treated(self) -> Gates:
        """What becomes of gates, the default for the rule where nothing was chosen."""
        return self.gates or ("exact" if self.rule == "gradient" else "held")

    @property
    def holds(self) -> bool:
        """Whether gates are held."""
        return self.treated == "held"


_CHOICES = {"rule": Rule, "smooth": Smooth, "overlap": OverlapRule, "lrn": LrnRule, "gates": Gates}
_BY_RULE = ("lrn", "gates")  # those that the rule decides where nothing is chosen


def _usual_lrn(rule: Rule) -> LrnRule:
    return "gradient" if rule == "gradient" else "identity"


def pull_options(options: PullOptions | None, **single: Any) -> PullOptions:
    """The options that were given together, or one by one; raises UsageError for both.

    >>> pull_options(None, rule="guided").rule, pull_options(PullOptions(lrn="gradient")).lrn
    ('guided', 'gradient')
    """
    made = PullOptions(**single)
    if options is None:
        return made
    usual = {one.name: one.default for one in fields(PullOptions)}
    twice = [name for name, value in single.items() if value != usual[name]]
    if twice:
        raise UsageError(f"options= and {twice[0]}= both say how signals go back: give one of them")
    return options


@dataclass
class Report:
    """What a projection did on its way down: how many steps of each kind were treated how.

    against, of: how many of how many activations that were put in are negative; 0 of 0 where others were put in.
    undefined: how many projections hold NaN or infinite numbers, as the derivative of a root has at zero.

    >>> str(Report(rectified=Counter(relu=57), smooth=Counter(hardswish=19), fallback=Counter(roll=2)))
    '57 relu rectified, 19 hardswish rectified (not a ReLU), 2 roll by fallback'
    """

    rectified: Counter[str] = field(default_factory=Counter)
    smooth: Counter[str] = field(default_factory=Counter)
    differentiated: Counter[str] = field(default_factory=Counter)
    identity: Counter[str] = field(default_factory=Counter)
    fallback: Counter[str] = field(default_factory=Counter)
    unnamed: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    against: int = 0
    of: int = 0
    undefined: int = 0

    def __str__(self) -> str:
        said = (self.treatment, evidence_against(self.against, self.of), not_defined(self.undefined))
        return "; ".join(part for part in said if part)

    def for_value(self, value: float, *, undefined: bool = False) -> Report:
        """The report of one projection alone: its activation, and whether it holds NaN or infinite numbers."""
        alone = replace(self, undefined=int(undefined))
        return replace(alone, against=int(value < 0), of=1) if self.of else alone

    def added(self, others: Sequence[Report]) -> Report:
        """The report of its projections and of others that went the same way."""
        names = ("against", "of", "undefined")
        return replace(self, **{name: sum(getattr(one, name) for one in (self, *others)) for name in names})

    @property
    def of_many(self) -> str:
        """What was done at the steps, and whether projections are not defined, however many there are."""
        return f"{self.treatment}; some {_UNDEFINED}" if self.undefined else self.treatment

    @property
    def treatment(self) -> str:
        """What was done at the steps, whatever was put in."""
        says = (
            (self.rectified, "rectified"),
            (self.smooth, "rectified (not a ReLU)"),
            (self.differentiated, "by derivative"),
            (self.identity, "passed through"),
            (self.unnamed, "by derivative (curved, no activation known by name)"),
            (self.held, "held constant"),
            (self.fallback, "by fallback"),
        )
        parts = [
            f"{count} {'gates' if op == 'gate' and count > 1 else op} {what}"
            for counter, what in says
            for op, count in sorted(counter.items())
        ]
        return ", ".join(parts) or "linear steps only"


def evidence_against(count: int, of: int) -> str:
    """What negative activations mean for their projections, in words; nothing where there are none.

    >>> evidence_against(1, 1)
    'the activation is negative: shown is what speaks against the unit'
    """
    if not count:
        return ""
    if of == 1:
        return "the activation is negative: shown is what speaks against the unit"
    return f"{count} of {of} activations are negative: theirs show what speaks against the unit"


def not_defined(count: int) -> str:
    """What projections that are no numbers mean, in words; nothing where there are none.

    >>> not_defined(2)
    '2 projections hold NaN or infinite numbers: a step below has no finite derivative there (a root at zero)'
    """
    if not count:
        return ""
    return f"1 {_UNDEFINED.replace('projections hold', 'projection holds')}" if count == 1 else f"{count} {_UNDEFINED}"


_UNDEFINED = "projections hold NaN or infinite numbers: a step below has no finite derivative there (a root at zero)"
