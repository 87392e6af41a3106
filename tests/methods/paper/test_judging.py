"""What follows from what was measured, verdict by verdict, by hand."""

import math

import pytest

from convscope.methods.paper.judging import VERDICTS, MeasuredClaim, claim_verdict, held

NAN = math.nan
SURE = MeasuredClaim(0.3, 0.2, 0.4, 9)
WEAK = MeasuredClaim(0.0, -0.1, 0.05, 9)
WIDE = MeasuredClaim(0.3, 0.05, 0.6, 9)

CASES = {
    "above the margin, and random weights are not": (SURE, [WEAK, WEAK, WIDE], "agrees"),
    "no random weights were asked for": (SURE, [], "agrees"),
    "one of three seeds does as well": (SURE, [SURE, WEAK, WEAK], "agrees"),
    "two of three seeds do as well": (SURE, [SURE, WEAK, SURE], "agrees, and so does a random network"),
    "the only seed does as well": (SURE, [SURE], "agrees, and so does a random network"),
    "one of two seeds does as well": (SURE, [SURE, WEAK], "agrees"),
    "random weights whose sample is small do not count": (SURE, [MeasuredClaim(0.3, 0.2, 0.4, 7)] * 3, "agrees"),
    "below the margin, whatever random weights do": (WEAK, [SURE, SURE, SURE], "disagrees"),
    "the interval holds the margin": (WIDE, [], "cannot tell"),
    "the interval ends at the margin": (MeasuredClaim(0.3, 0.1, 0.4, 9), [], "cannot tell"),
    "the interval begins at the margin": (MeasuredClaim(0.0, -0.3, 0.1, 9), [], "cannot tell"),
    "the sample is too small, though sure": (MeasuredClaim(0.3, 0.2, 0.4, 7), [], "cannot tell"),
    "the sample is too small, though sure not": (MeasuredClaim(0.0, -0.1, 0.05, 7), [], "cannot tell"),
    "the sample is the least": (MeasuredClaim(0.3, 0.2, 0.4, 8), [], "agrees"),
    "the p-value does not hold": (MeasuredClaim(0.3, 0.2, 0.4, 9, p=0.051), [], "cannot tell"),
    "the p-value holds": (MeasuredClaim(0.3, 0.2, 0.4, 9, p=0.05), [], "agrees"),
    "the p-value is no way out of an interval below": (MeasuredClaim(0.0, -0.1, 0.05, 9, p=0.01), [], "disagrees"),
    "there is no interval": (MeasuredClaim(0.3, NAN, NAN, 9), [], "cannot tell"),
    "there is no interval, and the p-value holds": (MeasuredClaim(0.3, NAN, NAN, 9, p=0.01), [], "agrees"),
    "there is no number": (MeasuredClaim(NAN, NAN, NAN, 9), [], "cannot tell"),
    "something is lacking": (MeasuredClaim(0.3, 0.2, 0.4, 9, lacking="one class alone"), [], "cannot tell"),
    "nothing was measured": (None, [], "needs"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_claim_that_is_to_be_above_a_tenth_of_eight_images(case: str) -> None:
    found, random, said = CASES[case]
    assert claim_verdict(found, random, direction="above", margin=0.1, least=8) == said


@pytest.mark.parametrize("case", CASES)
def test_below_is_above_of_all_numbers_turned(case: str) -> None:
    found, random, said = CASES[case]
    turn = [
        one and MeasuredClaim(-one.value, -one.high, -one.low, one.count, one.p, one.lacking)
        for one in (found, *random)
    ]
    others = [one for one in turn[1:] if one is not None]
    assert claim_verdict(turn[0], others, direction="below", margin=-0.1, least=8) == said


def test_every_verdict_is_reached() -> None:
    assert {said for *_, said in CASES.values()} == set(VERDICTS)


def test_an_interval_that_is_the_margin_alone_stays_open() -> None:
    assert held(MeasuredClaim(0.1, 0.1, 0.1, 9), "above", 0.1) == "open"
    assert held(MeasuredClaim(0.1, 0.1, 0.1, 9), "below", 0.1) == "open"
