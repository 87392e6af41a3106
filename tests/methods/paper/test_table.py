"""The one table of claims says of each all that a test needs."""

import typing

from convscope.methods.paper.table import BY_NAME, CLAIMS, ClaimName


def test_every_claim_stands_in_it_once_with_all_that_decides_it() -> None:
    assert [one.name for one in CLAIMS] == list(BY_NAME)
    assert set(BY_NAME) == set(typing.get_args(ClaimName))
    for one in CLAIMS:
        assert one.direction in ("above", "below")
        assert one.least >= 3
        assert all((one.where, one.says, one.found, one.statistic, one.sample, one.control))


def test_the_numbers_are_those_that_were_set_before_any_report() -> None:
    """What a network shows may not choose its test: whoever changes one of these says why."""
    assert {one.name: (one.direction, one.margin, one.least) for one in CLAIMS} == {
        "projections": ("above", 0.0, 4),
        "evolution": ("above", 0.05, 4),
        "invariance": ("above", 0.1, 8),
        "dead": ("below", 0.1, 16),
        "aliasing": ("below", 0.5, 16),
        "class": ("above", 0.1, 6),
        "map": ("above", 0.1, 6),
        "correspondence": ("above", 0.0, 5),
        "ensembles": ("above", 0.0, 100),
        "depth": ("above", 0.05, 3),
        "transfer": ("above", 0.05, 3),
        "selectivity": ("above", 0.02, 8),
    }
