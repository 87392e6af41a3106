"""A network run step by step gives what it gives at once, can be stopped, and values can be changed on the way."""

from __future__ import annotations

import pytest
import torch

import convscope as cs
from convscope.errors import UsageError
from convscope.methods.stepwise import run_stepwise, silenced


@pytest.fixture(scope="module")
def net() -> cs.Network:
    return cs.load("zoo:tiny")


def test_values_are_those_of_a_run(net: cs.Network) -> None:
    images, every = torch.randn(1, *net.input_shape), {net.index_of(layer.name) for layer in net.layers} | {0}
    for wanted in (every, {net.program.output}):
        found, ran = run_stepwise(net, images, wanted), net.run_values(images, wanted)
        assert set(found) == wanted
        assert all(torch.equal(found[i], ran[i]) for i in wanted)


def test_it_is_stopped_between_steps(net: cs.Network) -> None:
    told: list[float] = []

    def advanced(share: float) -> None:
        told.append(share)
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run_stepwise(net, torch.randn(1, *net.input_shape), {net.program.output}, advanced=advanced)
    assert told == sorted(told)
    assert len(told) > 2
    assert told[-1] < 1


def test_units_of_several_layers_are_silenced_on_the_way(net: cs.Network) -> None:
    images, first, last = torch.randn(1, *net.input_shape), net.layers.stages()[0], net.layers.stages()[-1]
    units = [net.unit(f"{first}:1"), net.unit(f"{first}:2@3,4"), net.unit(f"{last}:0")]
    wanted = {net.index_of(first), net.index_of(last), net.program.output}
    plain, found = net.run_values(images, wanted), run_stepwise(net, images, wanted, edits=silenced(net, units))
    before, after = plain[net.index_of(first)], found[net.index_of(first)]
    expected = before.clone()
    expected[0, 1] = 0
    expected[0, 2, 3, 4] = 0
    assert torch.equal(after, expected)
    assert not found[net.index_of(last)][0, 0].any()
    assert not torch.equal(found[net.program.output], plain[net.program.output])
    with pytest.raises(UsageError, match="single units"):
        silenced(net, [net.unit(f"{first}:1-2")])
