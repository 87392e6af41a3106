"""Mistakes planted by hand are explained by what was planted, and silencing it by hand gives what is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from convscope.errors import ShapeError, UsageError
from convscope.graph import Network, Unit
from convscope.methods.mistakes import Contrast, Explaining, contrasts_of, logits_layer
from convscope.methods.occlusion.occlusion import occlude

SIDE, UNITS = 12, 24
WRONG, RIGHT = 3, 1
CULPRIT, GOOD = 5, 2


def planted(*more: nn.Module) -> Any:
    """Unit 5 sees what is bright in the first channel and votes for class 3; unit 2 the second, and votes for 1."""
    torch.manual_seed(0)
    layers: Any = nn.Sequential(
        nn.Conv2d(3, UNITS, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(UNITS, 4), *more
    ).double()
    eye, vote = layers[0], layers[4]
    with torch.no_grad():
        eye.weight.mul_(0.01)
        eye.bias.fill_(0.5)  # as active as the culprit, and of no consequence
        eye.weight[CULPRIT], eye.weight[GOOD] = 0, 0
        eye.weight[CULPRIT, 0], eye.weight[GOOD, 1] = 1, 1
        eye.bias[CULPRIT] = eye.bias[GOOD] = 0
        vote.weight.mul_(0.001)
        vote.weight[WRONG, CULPRIT], vote.weight[RIGHT, GOOD] = 4, 1
    return layers


def picture() -> Tensor:
    """Bright in the second channel everywhere, and in the first within a small square: which is what misleads."""
    image = torch.zeros(3, SIDE, SIDE, dtype=torch.float64)
    image[1] = 0.3
    image[0, 2:6, 3:7] = 2.0
    return image


def found(module: Any, **asked: Any) -> tuple[Any, Network, Contrast]:
    net = Network.trace(module, (3, SIDE, SIDE))
    contrast = Contrast.of(net, WRONG, RIGHT)
    how = {"size": (4, 4), "stride": (1, 1), "most": 4, "workers": 1, **asked}
    return Explaining(net, ["1"], **how).explain(picture(), contrast), net, contrast


def test_a_planted_mistake_is_explained_by_the_unit_that_votes_wrongly() -> None:
    module = planted()
    why, net, contrast = found(module)
    assert int(net.run(picture()[None])["4"].argmax()) == WRONG
    assert str(contrast.unit) == f"4:{WRONG}-{RIGHT}"
    assert why.channel[0] == CULPRIT
    assert why.amount[0] > 100 * abs(why.amount[1:]).max()  # none but this one
    assert GOOD not in why.channel.tolist()  # which speaks for the right answer
    assert 2 <= why.position[0, 0] < 6
    assert 3 <= why.position[0, 1] < 7
    assert why.silenced_answers[0] == RIGHT
    assert (why.silenced_answers[1:] == WRONG).all()
    # What is as active does not change the answer.
    assert why.controls[0] == 20
    assert why.control_changed[0] == why.control_repaired[0] == 0.0


def test_what_silencing_does_is_what_silencing_by_hand_does() -> None:
    module = planted()
    why, _, _ = found(module)
    with torch.no_grad():
        maps = module[:2](picture()[None])
        for n, channel in enumerate(why.channel.tolist()):
            silenced = maps.clone()
            silenced[:, channel] = 0
            scores = module[2:](silenced)[0]
            assert why.silenced[n] == pytest.approx(float(scores[WRONG] - scores[RIGHT]), rel=1e-12)
            assert why.silenced_answers[n] == int(scores.argmax())
        nearest = maps.square().mean((0, 2, 3))
        nearest = (nearest - nearest[CULPRIT]).abs()
        nearest[CULPRIT] = torch.inf
        others = []
        for channel in torch.argsort(nearest, stable=True)[:20].tolist():
            silenced = maps.clone()
            silenced[:, channel] = 0
            scores = module[2:](silenced)[0]
            others.append(float(scores[WRONG] - scores[RIGHT]))
    assert why.control[0] == pytest.approx(np.mean(others), rel=1e-12)


def test_the_causes_the_biases_and_other_ways_add_up_to_the_contrast() -> None:
    why, _, _ = found(planted(), most=UNITS)
    assert float(why.contrast) == pytest.approx(float(why.parts[0] + why.others[0] + why.biases[0]), rel=1e-12)
    assert abs(float(why.remainder[0])) < 1e-12
    assert (why.amount > 0).all()


def test_covering_what_misleads_brings_the_right_answer_back() -> None:
    why, net, contrast = found(planted())
    repairs = why.covered_answers == RIGHT
    assert repairs[2, 3]  # the square alone
    assert not repairs[7, 8]
    place = np.unravel_index(why.covered.argmin(), why.covered.shape)
    assert tuple(map(int, place)) == (2, 3)
    whole = occlude(net, picture()[None], size=4, stride=1, units=[contrast.unit], target=WRONG, method="whole")
    np.testing.assert_allclose(why.covered, whole.covered.units[0, 0], rtol=1e-6)


def test_of_one_logit_the_contrast_is_the_logit_itself() -> None:
    module = planted()
    module[4] = nn.Linear(UNITS, 1).double()
    with torch.no_grad():
        module[4].weight.zero_()
        module[4].weight[0, CULPRIT], module[4].weight[0, GOOD], module[4].bias[0] = -3.0, 1.0, 0.1
    net = Network.trace(module, (3, SIDE, SIDE))
    logit = float(net.run(picture()[None])["4"][0])
    assert logit < 0
    contrast = Contrast.of(net, 0, 1)  # answered that the class is not there, which it is
    why = Explaining(net, ["1"], most=3, size=(4, 4), stride=(2, 2), workers=1).explain(picture(), contrast)
    assert float(why.contrast) == pytest.approx(-logit)
    assert why.channel.tolist() == [CULPRIT]
    assert why.amount[0] > 0
    assert why.silenced_answers.tolist() == [1]
    assert float(why.parts[0] + why.biases[0]) == pytest.approx(-logit)
    assert (why.covered_answers == 1).any()
    whole = occlude(net, picture()[None], size=4, stride=2, units=[contrast.unit], method="whole")
    np.testing.assert_allclose(why.covered, -whole.covered.units[0, 0], rtol=1e-6)


def test_of_a_network_that_ends_in_probabilities_the_logits_before_are_asked_about() -> None:
    plain, _, _ = found(planted())
    why, net, contrast = found(planted(nn.Softmax(1)))
    assert logits_layer(net) == contrast.unit.layer == "4"
    assert float(why.contrast) == pytest.approx(float(plain.contrast), rel=1e-12)
    np.testing.assert_allclose(why.silenced, plain.silenced, rtol=1e-9)
    np.testing.assert_array_equal(why.silenced_answers, plain.silenced_answers)


def test_contrasts_are_differences_of_logits_whatever_the_output_is() -> None:
    logits = torch.tensor([[1.0, 3.5, -2.0]], dtype=torch.float64)
    one, other = torch.tensor([1]), torch.tensor([2])
    for end in (nn.Softmax(1), nn.LogSoftmax(1)):
        net = Network.trace(nn.Sequential(nn.Flatten(), nn.Linear(12, 3), end), (3, 2, 2))
        assert float(contrasts_of(net.head, end(logits), one, other)[0]) == pytest.approx(5.5)
    for end in (nn.Sigmoid(), nn.LogSigmoid()):
        net = Network.trace(nn.Sequential(nn.Flatten(), nn.Linear(12, 1), end), (3, 2, 2))
        for answer, sign in ((1, 1), (0, -1)):
            said = contrasts_of(net.head, end(logits[:, 1:2]), torch.tensor([answer]), torch.tensor([1 - answer]))
            assert float(said[0]) == pytest.approx(sign * 3.5)


def test_what_makes_no_sense_is_refused() -> None:
    net = Network.trace(planted(), (3, SIDE, SIDE))
    with pytest.raises(UsageError, match="most=0: give 1 or more"):
        Explaining(net, ["1"], most=0)
    with pytest.raises(ShapeError, match=r"explained on one image \(C, H, W\)"):
        Explaining(net, ["1"]).explain(picture()[None], Contrast(Unit("4", 3, minus=1), 3, 1))
