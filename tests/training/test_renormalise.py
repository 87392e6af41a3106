"""Filter renormalisation against a literal reading of section 3.1."""

import math

import torch
from torch import Tensor, nn

from convscope.models import ZFNET, build
from convscope.training import renormalise
from convscope.training.renormalise import conv_weights


def literal(weight: Tensor, limit: float) -> Tensor:
    """Each filter whose RMS exceeds the limit, divided down to it, number by number in float64."""
    out = weight.double().clone()
    for filter_ in out:
        numbers = filter_.flatten().tolist()
        rms = math.sqrt(sum(number * number for number in numbers) / len(numbers))
        if rms > limit:
            filter_.mul_(limit / rms)
    return out


def test_matches_the_literal_reading() -> None:
    weight = torch.randn(7, 3, 5, 5) * torch.tensor([0.01, 0.09, 0.1, 0.11, 0.5, 3.0, 0.0]).view(-1, 1, 1, 1)
    expected = literal(weight, 0.1)
    renormalise([weight])
    torch.testing.assert_close(weight.double(), expected, rtol=1e-6, atol=0)


def test_filters_within_the_limit_keep_their_bits_and_zero_stays_zero() -> None:
    weight = torch.stack([torch.full((2, 3, 3), 0.0999), torch.zeros(2, 3, 3), torch.full((2, 3, 3), 0.2)])
    before = weight.clone()
    renormalise([weight])
    assert torch.equal(weight[:2], before[:2])
    torch.testing.assert_close(weight[2], torch.full((2, 3, 3), 0.1))


def test_all_convolutions_are_found_and_nothing_else() -> None:
    net = build(ZFNET.scaled(input_size=64, width=0.05, outputs=4))
    assert [weight.shape[2] for weight in conv_weights(net)] == [7, 5, 3, 3, 3]
    assert not any(isinstance(part, nn.Linear) for part in net if hasattr(part, "weight") and part.weight.ndim == 4)
