"""What is told of a network's answers: for each kind of output, in order, and by name."""

import numpy as np
import pytest
import torch
from torch import nn

from convscope.graph import Network
from convscope.methods.answering import answers, head_of, ranked, scores_of, told
from tests.graph import headed
from tests.graph.headed import network


def said(net: Network, scores: list[float]) -> list[tuple[str, float]]:
    head = net.head
    return [(head.label_name(label, net.classes), score) for label, score in answers(head, np.array(scores))]


def test_classes_are_told_from_the_most_probable() -> None:
    net = network(headed.Trunk())
    assert said(net, [0.1, 0.2, 0.6, 0.1]) == [("class 2", 0.6), ("class 1", 0.2), ("class 0", 0.1), ("class 3", 0.1)]
    assert ranked(net.head, np.array([np.nan, 0.2, 0.6, 0.1])) == [2, 1, 3, 0]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.75, ("class 1", 0.75)), (0.25, ("class 0", 0.75)), (0.5, ("class 0", 0.5))]
)
def test_a_single_class_is_or_is_not(share: float, expected: tuple[str, float]) -> None:
    assert said(network(headed.OneLogit()), [share]) == [expected]


def test_few_plain_numbers_are_told_in_their_order_and_many_not() -> None:
    few, many = (Network.trace(_values(count), headed.SHAPE, scores="none") for count in (3, 6))
    assert said(few, [1.0, 3.0, 2.0]) == [("output 0", 1.0), ("output 1", 3.0), ("output 2", 2.0)]
    assert (told(few.head), told(many.head)) == (3, 0)
    assert said(many, [1.0] * 6) == []


def _values(count: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(headed.SHAPE[0], count, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def test_scores_of_a_pass_are_those_of_the_output() -> None:
    net = network(headed.Trunk())
    images = torch.randn(3, *headed.SHAPE, dtype=torch.float64)
    values = net.run_values(net.check_images(images), {net.program.output})
    found = scores_of(net, values)
    assert found is not None
    assert np.allclose(found, net.answers(images).softmax(1).numpy(), atol=1e-6)
    assert head_of(net) is not None
