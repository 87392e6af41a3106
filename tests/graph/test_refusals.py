"""Modules that are no functions of one batch of images are refused by name, with what to do."""

import re
from typing import Any

import pytest
import sympy
import torch
from torch import Tensor, nn
from torch.fx.experimental.sym_node import SymNode
from torch.fx.experimental.symbolic_shapes import ShapeEnv

from convscope.errors import TraceError
from convscope.graph import Network
from convscope.graph.sizes import Batching
from tests.conftest import ROOT


class Signal(nn.Module):
    """A network on signals."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(2, 8, 5, padding=2), nn.ReLU(), nn.Conv1d(8, 4, 3))
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean(-1))


class Volume(nn.Module):
    """A network on volumes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(1, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).mean((2, 3, 4))


class WithAge(nn.Module):
    """A network on an image and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 3), nn.Linear(9, 2)

    def forward(self, image: Tensor, age: Tensor, *, scale: float) -> Tensor:
        return self.head(torch.cat([self.conv(image).mean((2, 3)) * scale, age], 1))


def test_signals_are_named_with_the_way_to_height_one() -> None:
    with pytest.raises(TraceError) as caught:
        Network.trace(Signal(), (2, 32, 32))
    said = str(caught.value)
    assert said.startswith("Signal is one-dimensional (its first convolution, body.0, is a Conv1d)")
    assert "(C, 1, W)" in said
    assert "Conv2d(a, b, (1, k))" in said


def test_volumes_are_named() -> None:
    with pytest.raises(TraceError, match=r"Volume is three-dimensional \(its first convolution, conv, is a Conv3d\)"):
        Network.trace(Volume(), (1, 32, 32))


def test_several_inputs_are_named_with_the_wrapper() -> None:
    with pytest.raises(TraceError) as caught:
        Network.trace(WithAge(), (3, 16, 16))
    said = str(caught.value)
    assert "WithAge takes 3 inputs (image, age, scale), and a network on images takes one" in said
    assert "def forward(self, image): return self.net(image, age=self.age, scale=self.scale)" in said


def test_the_wrapper_that_is_advised_works() -> None:
    class One(nn.Module):
        def __init__(self, net: nn.Module) -> None:
            super().__init__()
            self.net, self.scale = net, 2.0
            self.register_buffer("age", torch.tensor([[0.5]]))

        def forward(self, image: Tensor) -> Tensor:
            age = self.get_buffer("age").expand(len(image), -1)
            return self.net(image, age=age, scale=self.scale)

    net, images = WithAge().eval(), torch.randn(3, 3, 16, 16)
    found = Network.trace(One(net), (3, 16, 16))
    expected = net(images, torch.full((3, 1), 0.5), scale=2.0)
    assert torch.allclose(found.run(images, [found.output])[found.output], expected, atol=1e-5)


def test_images_may_be_made_signals_and_volumes_within() -> None:
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = Signal()

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x[:, :, 0])

    assert Network.trace(Rows(), (2, 1, 32)).layers[-1].shape == (3,)


def test_what_is_none_of_these_keeps_the_words_of_the_exporter() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError("no such thing")

    with pytest.raises(TraceError, match=r"Broken cannot be exported .* no such thing"):
        Network.trace(Broken(), (3, 8, 8))


def test_the_wrapper_of_the_docs_makes_signals_images_of_height_one() -> None:
    text = (ROOT / "docs" / "usage.md").read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S) if "at_height_one" in block]
    made: dict[str, Any] = {}
    exec(compile(code, "usage.md", "exec"), made)
    net = nn.Sequential(
        nn.Conv1d(2, 8, 5, 2, padding=2), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(3, 2, padding=1),
        nn.Sequential(nn.Conv1d(8, 6, 3, dilation=2, groups=2, bias=False), nn.AvgPool1d(2)),
        nn.Conv1d(6, 4, 3, padding="same"), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 3),
    ).eval()  # fmt: skip
    signals = torch.randn(3, 2, 64)
    expected = net(signals)
    found = Network.trace(made["at_height_one"](net), (2, 1, 64))
    assert torch.allclose(found.run(signals[:, :, None], [found.output])[found.output], expected, atol=1e-5)
    first = found.layers["0"].field
    assert first is not None
    assert (first.size, first.stride) == ((1, 5), (1, 2))
    assert found.layers["5"].shape == (4, 1, 6)


def test_a_volume_of_one_channel_is_not_taken_for_a_batch_of_images() -> None:
    volume = nn.Sequential(nn.Conv3d(1, 4, 3), nn.ReLU())
    with pytest.raises(TraceError, match="Sequential is three-dimensional"):
        Network.trace(volume, (3, 16, 16))


class Points(nn.Module):
    """As many points as an image has bright pixels, of one image after the other, which holds the batch at one."""

    def forward(self, images: Tensor) -> Tensor:
        return torch.stack([torch.nonzero(image[0] > 0).float() for image in images])


def test_tensors_whose_length_pixels_decide_are_named_for_one_image_too() -> None:
    with pytest.raises(TraceError, match="the size of a tensor in the model depends on what is in the images"):
        Network.trace(Points(), (3, 8, 8))


@pytest.mark.parametrize(
    ("kind", "known", "plain"), [(torch.SymBool, bool, True), (torch.SymFloat, float, 0.25), (torch.SymInt, int, 7)]
)
def test_what_is_symbolic_and_known_is_what_it_is(kind: Any, known: type, plain: Any) -> None:
    node = SymNode(sympy.sympify(plain), ShapeEnv(), known, plain)
    found = Batching(1).number(kind(node))
    assert (type(found), found) == (known, plain)
