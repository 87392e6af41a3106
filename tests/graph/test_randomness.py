"""Networks that draw random numbers in evaluation mode are refused by the name of the step, or taken as they are."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.errors import TraceError
from convscope.graph import Network
from convscope.methods.deconv import deconv
from tests.graph import nets

SHAPE = (3, 8, 8)


class Between(nn.Module):
    """A convolution, something, a convolution."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.c, self.d = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.noise = nets.Lambda(function)

    def forward(self, x: Tensor) -> Tensor:
        return self.d(self.noise(self.c(x)))


RANDOM: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "dropout left on": (lambda x: F.dropout(x, 0.5), "noise"),
    "dropout of channels": (lambda x: F.dropout2d(x, 0.5), "noise.bernoulli"),
    "alpha dropout": (lambda x: F.alpha_dropout(x, 0.5, training=True), "noise.bernoulli"),
    "noise of the map's shape": (lambda x: x + torch.randn_like(x), "noise.randn_like"),
    "noise of the batch's shape": (lambda x: x + torch.randn(len(x), 4, 1, 1), "noise.randn"),
    "one noise for all": (lambda x: x + torch.rand(1), "noise.rand"),
    "a normal": (lambda x: x * torch.normal(0.0, 1.0, x.shape), "noise.normal"),
    "a leaky ReLU of random slope": (lambda x: F.rrelu(x, training=True), "noise"),
    "a mask": (lambda x: x * torch.bernoulli(torch.full_like(x, 0.5)), "noise.bernoulli"),
}


@pytest.mark.parametrize("case", RANDOM)
def test_a_random_network_is_refused_by_the_steps_name(case: str) -> None:
    function, step = RANDOM[case]
    with pytest.raises(TraceError, match=f"Between gives another answer each time.* at '{step}'.*randomness='allow'"):
        Network.trace(Between(function).eval(), SHAPE)


@pytest.mark.parametrize("case", RANDOM)
def test_it_is_taken_where_that_is_allowed(case: str) -> None:
    function, step = RANDOM[case]
    net = Network.trace(Between(function).eval(), SHAPE, randomness="allow")
    assert net.program.random == (step,)
    assert deconv(net, torch.rand(1, *SHAPE), f"{net.output}:1").full().shape == (1, *SHAPE)


STEADY: dict[str, Callable[[Tensor], Tensor]] = {
    "dropout that is off": lambda x: F.dropout(x, 0.5, training=False),
    "dropout of nothing": lambda x: F.dropout(x, 0.0),
    "a leaky ReLU's mean slope": lambda x: F.rrelu(x, training=False),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x),
    "a mask of all": lambda x: x * torch.bernoulli(torch.ones_like(x)),
}


@pytest.mark.parametrize("case", STEADY)
def test_what_may_be_random_and_is_not_is_no_reason(case: str) -> None:
    assert Network.trace(Between(STEADY[case]).eval(), SHAPE).program.random == ()


def test_modules_in_training_mode_are_traced_in_evaluation_mode() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout2d(0.5), nn.AlphaDropout(0.5), nn.RReLU()).train()
    assert Network.trace(module, SHAPE).program.random == ()


@pytest.mark.filterwarnings("ignore:The given buffer is not writable:UserWarning")  # of torch 2.9's own reader
def test_a_stored_program_that_was_exported_while_training_is_refused() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(0.5)).train()
    stored = io.BytesIO()
    torch.export.save(torch.export.export(module, (torch.zeros(1, *SHAPE),)), stored)
    stored.seek(0)
    program = torch.export.load(stored)
    with pytest.raises(TraceError, match="exported program gives another answer each time"):
        Network.from_export(program)
    assert Network.from_export(program, randomness="allow").program.random


@pytest.mark.parametrize(
    ("draw", "said"), [(random.random, "Python's random"), (lambda: float(np.random.rand()), "numpy.random")]
)
def test_numbers_of_other_generators_are_found(draw: Callable[[], float], said: str) -> None:
    module = Between(lambda x: x * draw())
    before = random.getstate(), np.random.get_state()[2]
    with pytest.raises(TraceError, match=f"Between draws from {said}"):
        Network.trace(module, SHAPE)
    assert (random.getstate(), np.random.get_state()[2]) == before
    Network.trace(module, SHAPE, randomness="allow")


def test_looking_for_randomness_leaves_the_generator_where_it_was() -> None:
    noisy, steady = Between(lambda x: F.dropout(x, 0.5) + torch.rand(1)), Between(lambda x: F.dropout(x, 0.0))
    before = torch.get_rng_state()
    with pytest.raises(TraceError):
        Network.trace(noisy, SHAPE)
    Network.trace(steady, SHAPE)
    assert torch.equal(before, torch.get_rng_state())
