"""Chains of operations between two maps, joined to one step where the tensors between are none.

Space to depth as a view, a permutation and a view, an unfolding that is viewed as a map, a matrix product over the
flattened positions: step by step positions would be lost on the way, and with them every field above.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from convscope.graph.nouns import Value
from convscope.graph.steps import Call, make_step
from convscope.graph.steps.rearranging import CHAINED, Mixed, Rearranged, chain

Where = TypeVar("Where")


def joined(pending: Sequence[tuple[Call, Where]], values: Sequence[Value]) -> list[tuple[Call, Where]]:
    """The calls, which make values 1, 2 ..., with the last of a chain standing for all of it where that is one step."""
    found = list(pending)
    for at, (call, origin) in enumerate(pending):
        calls = _chain_to(call, pending, values) if values[at + 1].layout is not None else []
        if len(calls) > 1 and any(make_step(0, "", part).place(0, 0) is None for part in calls):
            whole = chain(calls)
            if Rearranged.accepts(whole) or Mixed.accepts(whole):
                found[at] = (whole, origin)
    return found


def _chain_to(call: Call, pending: Sequence[tuple[Call, Where]], values: Sequence[Value]) -> list[Call]:
    """The calls from a map (channels, rows, columns in some order) to this one, in execution order; none where it does
    not begin there."""
    calls = [call] if _alone(call) else []
    while calls and (values[(number := calls[0].inputs[0])].layout is None or len(values[number].shape) != 3):
        before = pending[number - 1][0]
        if not _alone(before):
            return []
        calls.insert(0, before)
    return calls


def _alone(call: Call) -> bool:
    """Whether a call may be a part of a chain: of one tensor, that it makes one of."""
    return call.target in CHAINED and len(call.inputs) == 1 and call.pick is None and call.result.depends


__all__ = ["joined"]
