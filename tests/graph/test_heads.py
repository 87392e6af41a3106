"""What an output is taken for: kinds, positions, channels, which of several, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convscope.data.recipes import RecipeName
from convscope.errors import UsageError
from convscope.graph import Head, Network
from convscope.graph.traced import RECIPES
from tests.graph import headed
from tests.graph.headed import SHAPE, network


def images(count: int = 3) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(count, *SHAPE, dtype=torch.float64)


def scores(net: Network) -> Tensor:
    return net.head.scores(net.answers(images()))


@pytest.mark.parametrize(
    ("module", "kind", "words"),
    [
        (headed.Trunk(), "classes", "4 outputs: taken as logits of classes that exclude each other (softmax)"),
        (headed.OneLogit(), "binary", "one output: taken as the logit of class 1 (sigmoid)"),
        (headed.OneNumber(), "binary", "one output: taken as the logit of class 1 (sigmoid)"),
        (headed.Ending("softmax"), "classes", "4 outputs: the network's softmax is used as it is"),
        (
            headed.Ending("log_softmax"),
            "classes",
            "4 outputs: taken as log-probabilities of classes that exclude each other (softmax)",
        ),
        (
            headed.Ending("sigmoid"),
            "labels",
            "4 outputs: taken as the probabilities of classes that do not exclude each other",
        ),
        (
            headed.Ending("log_sigmoid"),
            "labels",
            "4 outputs: taken as the log-probabilities of classes that do not exclude each other",
        ),
        (headed.Ending("sigmoid", 1), "binary", "one output: taken as the probability of class 1"),
        (headed.Ending("positive"), "binary", "one output: taken as the probability of class 1"),
        (
            headed.UNet(),
            "classes",
            "3 outputs at each of 16x18 positions: taken as logits of classes that exclude each other (softmax)",
        ),
        (
            headed.Steps(),
            "classes",
            "5 outputs at each of 9 positions: taken as logits of classes that exclude each other (softmax)",
        ),
    ],
)
def test_every_kind_is_told_and_said(module: nn.Module, kind: str, words: str) -> None:
    head = network(module).head
    assert (head.kind, head.summary) == (kind, words)
    assert Head.from_json(head.to_json()) == head


def test_scores_are_those_of_the_modules_own_numbers() -> None:
    x = images()
    for module, expected in (
        (headed.Trunk(), lambda y: y.exp() / y.exp().sum(1, keepdim=True)),
        (headed.OneLogit(), lambda y: 1 / (1 + (-y).exp())),
        (headed.OneNumber(), lambda y: 1 / (1 + (-y[:, None]).exp())),
        (headed.Ending("softmax"), lambda y: y),
        (headed.Ending("log_softmax"), lambda y: y.exp()),
        (headed.Ending("sigmoid"), lambda y: y),
        (headed.Ending("log_sigmoid"), lambda y: y.exp()),
        (headed.Ending("positive"), lambda y: y[:, None]),
        (headed.Steps(), lambda y: (y.exp() / y.exp().sum(2, keepdim=True)).transpose(1, 2)),
    ):
        net = network(module)
        torch.testing.assert_close(scores(net), expected(module(x)), rtol=0, atol=1e-12)
    module = headed.UNet()
    net, maps = network(module), module(x)["out"]
    torch.testing.assert_close(scores(net), maps.exp() / maps.exp().sum(1, keepdim=True), rtol=0, atol=1e-12)


class Written(headed.Trunk):
    """A trunk of so many outputs, and a function of what the trunk makes and of its outputs."""

    def __init__(self, end: Callable[[Tensor, Tensor], Tensor], outputs: int = 4) -> None:
        super().__init__(outputs)
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.vector(x), 5 * super().forward(x))


def shares(y: Tensor) -> Tensor:
    return y.exp() / y.exp().sum(1, keepdim=True)


def beside(y: Tensor) -> Tensor:
    share = y.sigmoid()
    return torch.cat([1 - share, share], 1)


WRITTEN: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], int, str]] = {
    "softmax written out": (lambda _, y: shares(y - y.max(1, keepdim=True)[0]), 4, "classes"),
    "the mean of two": (lambda v, y: torch.stack([y.softmax(1), v[:, :4].softmax(1)]).mean(0), 4, "classes"),
    "with a floor": (lambda _, y: y.log_softmax(1).exp().clamp(min=1e-7), 4, "classes"),
    "in another precision": (lambda _, y: y.float().softmax(1).double(), 4, "classes"),
    "what is left beside it": (lambda _, y: beside(y), 1, "classes"),
    "one of them": (lambda _, y: shares(y)[:, 1], 4, "binary"),
    "sigmoid written out": (lambda _, y: 1 / (1 + torch.exp(-y)), 1, "binary"),
    "sigmoids by tanh": (lambda _, y: 0.5 * (1 + torch.tanh(y / 2)), 4, "labels"),
    "the mean of two sigmoids": (lambda v, y: torch.stack([y.sigmoid(), v[:, :1].sigmoid()]).mean(0), 1, "binary"),
    "one with a floor": (lambda _, y: y.sigmoid().clamp(1e-6, 1 - 1e-6), 4, "labels"),
    "what is left of it": (lambda _, y: 1 - y.sigmoid(), 1, "binary"),
    "a product of two": (lambda v, y: y.sigmoid() * v[:, :1].sigmoid(), 4, "labels"),
    "a sigmoid in another precision": (lambda _, y: y.float().sigmoid().double(), 4, "labels"),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_scores_that_a_network_gives_are_used_as_they_are_however_they_are_spelled(case: str) -> None:
    end, outputs, kind = WRITTEN[case]
    module = Written(end, outputs)
    net, numbers = network(module), module(images())
    assert net.head.kind == kind
    torch.testing.assert_close(scores(net), numbers.reshape(len(numbers), -1), rtol=0, atol=1e-7)
    assert Head.from_json(net.head.to_json()) == net.head


@pytest.mark.parametrize(
    "end",
    [
        lambda v, y: F.normalize(y.exp(), dim=1),
        lambda v, y: (v * v.mean(1, keepdim=True).sigmoid())[:, :4],
        lambda v, y: y.softmax(1) + y,
    ],
)
def test_numbers_that_do_not_sum_to_1_are_logits(end: Callable[[Tensor, Tensor], Tensor]) -> None:
    module = Written(end)
    net, numbers = network(module, scores="softmax"), module(images())
    torch.testing.assert_close(scores(net), numbers.softmax(1))


@pytest.mark.parametrize("end", [lambda _, y: 1.5 * y.sigmoid(), lambda v, y: y.sigmoid() * v[:, :1].relu()])
def test_a_sigmoid_that_is_stretched_is_no_probability(end: Callable[[Tensor, Tensor], Tensor]) -> None:
    assert network(Written(end)).head.ending == ""


def test_what_sums_to_1_is_said_and_no_sigmoid_is_taken_of_it() -> None:
    net = network(Written(lambda _, y: shares(y)))
    assert net.head.summary == "4 outputs: taken as probabilities of classes that exclude each other, as they sum to 1"
    with pytest.raises(UsageError, match=r"scores='sigmoid', but .* sums to 1 already: leave scores out"):
        _ = net.reading(scores="sigmoid").head


def test_a_detectors_scores_are_the_last_channels_and_boxes_stay() -> None:
    module = headed.Detector()
    net = network(module, classes=["cat", "dog", "bird"])
    head = net.head
    assert (head.kind, head.channels, head.positions, head.first) == ("labels", 7, (72 + 16,), 4)
    assert net.output not in net.layers
    assert head.summary == (
        "output '0' (of 3, the first); 7 outputs at each of 88 positions, of them the last 3: taken as the "
        "probabilities of classes that do not exclude each other"
    )
    torch.testing.assert_close(scores(net), module(images())[0], rtol=0, atol=1e-12)
    assert [head.channel_of(n, net.classes, network="net") for n in ("dog", 2)] == [5, 2]
    assert [head.target_name(n, net.classes) for n in (2, 5)] == ["output 2", "dog"]


def test_channels_of_a_detector_are_found_wherever_they_are() -> None:
    class Turned(headed.Detector):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)[0].transpose(1, 2)

    class Raw(headed.Detector):
        def forward(self, x: Tensor) -> Tensor:
            one = self.maps(x)
            parts = [torch.cat([self.box(one), self.score(one)], 1).flatten(2) for one in (one, self.pool(one))]
            return torch.cat(parts, 2)

    class Scaled(headed.Detector):
        def forward(self, x: Tensor) -> Tensor:
            one = self.maps(x)
            parts = [torch.cat([self.box(m), self.score(m).sigmoid()], 1).flatten(2) for m in (one, self.pool(one))]
            return torch.cat(parts, 2)

    turned = network(Turned())
    assert (turned.head.channel_dim, turned.head.first, turned.head.kind) == (2, 4, "labels")
    raw = network(Raw())
    assert (raw.head.channel_dim, raw.head.first, raw.head.kind) == (1, 0, "classes")
    named = network(Raw(), classes=["a", "b", "c"])  # 7 channels for 3 classes: 4 stand before them
    assert (named.head.first, named.head.kind) == (4, "labels")
    numbers = named.answers(images())
    torch.testing.assert_close(scores(named)[:, 4:], numbers[:, 4:].sigmoid())
    torch.testing.assert_close(scores(named)[:, :4], numbers[:, :4])
    scaled = network(Scaled())
    assert (scaled.head.channel_dim, scaled.head.first, scaled.head.kind) == (1, 4, "labels")


def test_scores_can_be_said() -> None:
    raw = network(headed.Trunk(), scores="sigmoid")
    assert raw.head.summary.endswith("(sigmoid), as asked for")
    torch.testing.assert_close(scores(raw), raw.answers(images()).sigmoid())
    values = network(headed.Trunk(2), scores="none")
    assert values.head.summary == "2 outputs: taken as values, which are no scores of classes, as asked for"
    assert torch.equal(scores(values), values.answers(images()))
    with pytest.raises(UsageError, match=r"scores='sigmoid', but .* ends in a softmax already.*\(output=\)"):
        _ = network(headed.Ending("softmax"), scores="sigmoid").head
    with pytest.raises(UsageError, match="scores='softmax', but"):
        _ = network(headed.Ending("sigmoid"), scores="softmax").head
    with pytest.raises(UsageError, match="scores='logits' is not a choice"):
        _ = network(headed.Trunk(), scores="logits").head


def test_of_two_outputs_the_one_with_a_number_a_class_is_taken_and_said() -> None:
    module = headed.TwoHeads()
    named, unnamed = network(module, classes=["a", "b", "c"]), network(module)
    assert (named.output, unnamed.output) == ("head", "embed")
    assert named.head.summary.startswith("output 'logits' (of 2, the last of 3 numbers, one a class); 3 outputs")
    assert unnamed.head.summary.startswith("output 'embedding' (of 2, the first vector); 12 outputs")
    assert named.outputs == ("embedding", "logits")
    for asked in ("logits", 1, "1", "head"):
        net = network(module, output=asked)
        assert net.output == "head"
        torch.testing.assert_close(net.answers(images()), module(images())["logits"])
    assert network(module, output="logits").fingerprint == named.fingerprint != unnamed.fingerprint
    with pytest.raises(UsageError, match=r"no output 'logit'; did you mean 'logits'.*'embedding', 'logits'"):
        network(module, output="logit")
    with pytest.raises(UsageError, match="no output '2'"):
        network(module, output=2)


def test_what_is_asked_for_stays_when_the_network_moves() -> None:
    net = network(headed.TwoHeads(), output="logits", scores="sigmoid").to(dtype=torch.float32)
    assert (net.output, net.head.kind) == ("head", "labels")
    again = net.reading(scores="none")
    assert (again.output, again.head.kind) == ("head", "values")
    assert net.reading("embedding").output == "embed"


def test_what_has_no_numbers_for_each_image_is_refused() -> None:
    with pytest.raises(
        UsageError, match=r"'argmax', is not a floating-point tensor with a row for each image.*output="
    ):
        _ = network(headed.Hard()).head
    assert network(headed.Hard(), output="head").head.kind == "classes"


def test_an_output_that_is_no_layer_runs_like_any_other() -> None:
    """Detectors end in a concatenation of anchors, whose units have no names."""
    module = headed.Detector()
    net, x = network(module), images()
    torch.testing.assert_close(net.run(x)[net.output], module(x)[0])
    assert [name for name, _ in net.stream(x, ["stem", net.output])] == ["stem", net.output]
    assert net.listed_output == ()


def test_the_usual_head_is_what_it_was() -> None:
    """A softmax of the logits, to the bit, and the same fingerprint as before there were heads."""
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5))
    with torch.no_grad():
        for one in layers.parameters():
            one.copy_((torch.arange(one.numel()) % 7 / 8).reshape(one.shape))
    net = Network.trace(layers, (3, 8, 8))
    logits = net.run(torch.ones(2, 3, 8, 8))["3"]
    assert torch.equal(net.head.scores(net.answers(torch.ones(2, 3, 8, 8))), logits.softmax(1))
    assert net.head.plain
    assert net.fingerprint == "59952321806f77e293b5f79e5abac6072662d3448918e058ceec8bc30dd7a513"


def test_an_average_pool_of_ones_is_a_vector() -> None:
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1))
    net = Network.trace(layers, (3, 8, 8))
    assert (net.head.positions, net.head.plain) == ((), True)
    assert net.answers(torch.ones(2, 3, 8, 8)).shape == (2, 4)


def test_names_of_a_single_class() -> None:
    for classes, positive, negative in (
        (None, "class 1", "class 0"),
        (["tumour"], "tumour", "not tumour"),
        (["benign", "malignant"], "malignant", "benign"),
    ):
        net = network(headed.OneLogit(), classes=classes)
        head = net.head
        assert head.target_name(0, classes) == head.label_name(1, classes) == positive
        assert head.label_name(0, classes) == negative
        assert head.channel_of(positive, classes, network="net") == 0
    with pytest.raises(UsageError, match=r"one output, for 'malignant'.*'benign' is what is left"):
        head.channel_of("benign", classes, network="net")
    with pytest.raises(UsageError, match="one output, number 0, the logit of class 1: 1 was asked for"):
        head.channel_of(1, classes, network="net")


def test_a_map_whose_softmax_runs_over_positions_is_no_softmax_of_classes() -> None:
    class Attention(headed.UNet):
        def forward(self, x: Tensor) -> Tensor:
            return F.softmax(super().forward(x)["out"], 3)

    assert "(softmax)" in network(Attention()).head.summary


def test_names_of_another_number_of_classes_are_refused() -> None:
    for module, names in ((headed.Trunk(), 3), (headed.OneLogit(), 3), (headed.Detector(), 2), (headed.UNet(), 4)):
        with pytest.raises(UsageError, match=rf"has \d outputs?, and classes= names {names}"):
            Network.trace(headed.made(module), headed.SHAPE, classes=[str(i) for i in range(names)])
    with pytest.raises(UsageError, match=r"its outputs: 'embedding' \(12,\), 'logits' \(3,\)\): give a name for each"):
        Network.trace(headed.made(headed.TwoHeads()), headed.SHAPE, classes=["a", "b"])
    # A single class may have one name or two; values have none, and what is asked for may be another output.
    for names in (["ill"], ["well", "ill"]):
        assert Network.trace(headed.made(headed.OneLogit()), headed.SHAPE, classes=names).classes == tuple(names)
    values = Network.trace(
        headed.made(headed.TwoHeads()), headed.SHAPE, classes=["a", "b"], output="embedding", scores="none"
    )
    assert values.head.kind == "values"


def test_a_preprocessing_of_no_known_name_is_refused_at_once() -> None:
    with pytest.raises(
        UsageError, match=r"no preprocessing 'imagnet'; did you mean 'imagenet'. .by name there are ima"
    ):
        Network.trace(nn.Conv2d(3, 2, 3), (3, 8, 8), preprocess="imagnet")
    assert get_args(RecipeName) == RECIPES
