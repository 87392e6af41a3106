"""Receptive fields: published numbers, and the support of gradients at every position."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from benchmarks._fields import FOLLOWED, OPERATIONS, SHAPE, ChannelsLastDoor, Operation, support
from convscope.graph import Field, Network
from convscope.methods.deconv import project
from tests.graph import nets

#: Network, layer, and (stride, offset, size): what google-research/receptive_field's table
#: gives for AlexNet and VGG16; the ResNets' by hand, block by block.
PUBLISHED = {
    "alexnet conv5": ("alexnet", "features.10", (16, -66, 163)),
    "alexnet pool5": ("alexnet", "features.12", (32, -66, 195)),
    "vgg16 pool5": ("vgg16", "features.30", (32, -90, 212)),
    "resnet18": ("resnet18", "layer4", (32, -217, 435)),
    "resnet50": ("resnet50", "layer4", (32, -213, 427)),
}
LARGE = ("vgg16", "resnet50")


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow if case.startswith(LARGE) else ()) for case in PUBLISHED]
)
def test_published_receptive_fields(case: str, torchvision: ModuleType) -> None:
    model, layer, (stride, offset, size) = PUBLISHED[case]
    net = Network.trace(torchvision.models.get_model(model, weights=None), (3, 64, 64), copy=False)
    assert net.layers[layer].field == Field((stride, stride), (offset, offset), (size, size))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "layer", "padding", "size"),
    [("inception_v3", "Mixed_7c", 618, 1311), ("mobilenetv1_100", "blocks", 126, 315)],
)
def test_googles_table(model: str, layer: str, padding: int, size: int, timm: ModuleType) -> None:
    # Its MobileNet pads as TensorFlow does, less on the low side than this one: 126 there, 157 here.
    field = Network.trace(timm.create_model(model), (3, 96, 96), copy=False).layers[layer].field
    assert field is not None
    assert field.stride == (32, 32)
    assert field.size == (size, size)
    assert field.offset[0] in (-padding, -157)


class Positive(TorchFunctionMode):
    """Max pooling as the sum over its windows: with positive weights, every pixel that can count does."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in (torch.max_pool2d, F.max_pool2d):
            return window_sums(*args, out=function(*args, **(kwargs or {})), **(kwargs or {}))
        return function(*args, **(kwargs or {}))


def window_sums(
    x: Tensor, kernel: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, *_: Any, out: Tensor, **kwargs: Any
) -> Tensor:
    given = {"stride": stride, "padding": padding, "dilation": dilation} | kwargs
    kernel, stride, padding, dilation = (
        (v, v) if isinstance(v, int) else tuple(v)
        for v in (kernel, given["stride"] or kernel, given["padding"], given["dilation"])
    )
    n, c, h, w = x.shape
    # Enough zeros beyond the far side for the windows that ceil mode adds.
    sizes = [(out.shape[2 + a] - 1) * stride[a] + dilation[a] * (kernel[a] - 1) + 1 for a in range(2)]
    x = F.pad(x, (padding[1], sizes[1] - w - padding[1], padding[0], sizes[0] - h - padding[0]))
    return F.unfold(x, kernel, dilation, 0, stride).reshape(n, c, -1, *out.shape[2:]).sum(2)


def supports(module: nn.Module, shape: tuple[int, int, int]) -> np.ndarray:
    """For every position (h, w, 4) of the module's map the hull y0 x0 y1 x1 of the pixels with a gradient."""
    with torch.no_grad():
        for tensor in module.parameters():
            tensor.fill_(0.5)
        for m in module.modules():
            if isinstance(m, nn.BatchNorm2d) and m.running_mean is not None:
                m.running_mean.zero_()
    image = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    with Positive():
        out = module(image)[0].sum(0)
    found = np.zeros((*out.shape, 4), np.int64)
    for y, x in np.ndindex(*out.shape):
        (gradient,) = torch.autograd.grad(out[y, x], image, retain_graph=True)
        ys, xs = np.nonzero(gradient[0].abs().sum(0).numpy())
        if len(ys):
            found[y, x] = ys.min(), xs.min(), ys.max() + 1, xs.max() + 1
    return found


CHAINS: dict[str, Callable[[], nn.Module]] = {
    "padding everywhere": lambda: nn.Sequential(
        nn.Conv2d(2, 2, 3, padding=2), nn.ReLU(), nn.Conv2d(2, 2, 5, padding=3)
    ),
    "unread remainder": lambda: nn.Sequential(nn.Conv2d(2, 2, 3, stride=2), nn.Conv2d(2, 2, 3, padding=1)),
    "explicit padding": lambda: nn.Sequential(nn.ZeroPad2d((0, 1, 2, 0)), nn.Conv2d(2, 2, 3), nn.ZeroPad2d(2)),
    "padding before adaptive pooling": lambda: nn.Sequential(nn.ZeroPad2d(2), nn.AdaptiveAvgPool2d((3, 5))),
    "adaptive, even": lambda: nn.Sequential(nn.AdaptiveAvgPool2d((4, 5)), nn.Conv2d(2, 2, 2)),
    "slices": lambda: nn.Sequential(nets.Lambda(lambda x: x[:, :, 1:, ::2]), nn.Conv2d(2, 2, 2)),
    "crop": lambda: nn.Sequential(nn.ZeroPad2d((-1, -2, 0, -1)), nn.Conv2d(2, 2, 3, padding=1)),
    "nearest to a size": lambda: nn.Sequential(nn.Conv2d(2, 2, 2, stride=2), nn.Upsample(scale_factor=(3, 2))),
    "gaps, then pooling": lambda: nn.Sequential(
        nn.ConvTranspose2d(2, 2, 1, stride=3, output_padding=2), nn.AvgPool2d(2)
    ),
    "gaps alone": lambda: nn.ConvTranspose2d(2, 2, 1, stride=2, output_padding=1),
}
#: The networks of nets.MAPS whose every step has a rule on boxes and reads all of its windows.
EXACT = ("plain", "strided", "dilated", "grouped", "ceil_mode", "overlapping", "upsampling", "transposed", "padded")
EXACT += ("residual", "branching", "unet")


@pytest.mark.parametrize("name", [*EXACT, *CHAINS])
def test_reach_is_the_support_of_the_gradient_at_every_position(name: str) -> None:
    module = nets.settled(CHAINS[name]() if name in CHAINS else nets.MAPS[name][0]())
    shape = (2, 8, 10) if name in CHAINS else (2, *nets.MAPS[name][1])
    net = Network.trace(module, shape)
    layer = net.layers[net.output]
    expected = supports(module, shape)
    at = np.stack(np.meshgrid(np.arange(layer.height), np.arange(layer.width), indexing="ij"), -1).reshape(-1, 2)
    reach = net.reach(layer.name, at).numpy()
    assert np.array_equal(reach.reshape(layer.height, layer.width, 4), expected)
    # Either box holds what is seen of it, and one to be looked at has one size.
    seen = reach[:, 2] > reach[:, 0]
    crops = net.crops(layer.name, at).numpy()
    for boxes in (net.boxes(layer.name, at).numpy(), crops):
        assert (boxes[seen, :2] <= reach[seen, :2]).all()
        assert (boxes[seen, 2:] >= reach[seen, 2:]).all()
    assert len(np.unique(crops[:, 2:] - crops[:, :2], axis=0)) == 1, "crops of one layer are of one size"


@pytest.mark.parametrize("name", [*OPERATIONS, *FOLLOWED])
def test_fields_are_kept_by_what_moves_repeats_or_mixes(name: str) -> None:
    """Exactly, at every position, borders included, and projections are the gradient on them."""
    module, image = Operation((OPERATIONS | FOLLOWED)[name]), torch.randn(1, *SHAPE, dtype=torch.float64)
    expected, net = support(module, image), Network.trace(module, SHAPE)
    layer, image_size = net.layers[net.output], np.asarray(SHAPE[1:])
    assert layer.field is not None
    assert layer.field.exact
    at = np.stack(np.meshgrid(np.arange(layer.height), np.arange(layer.width), indexing="ij"), -1).reshape(-1, 2)
    expected = expected.reshape(-1, 4)
    seen = expected[:, 2] > expected[:, 0]
    assert np.array_equal(net.reach(layer.name, at, gates="held").numpy(), expected)
    boxes = net.boxes(layer.name, at).numpy()
    within = np.concatenate([boxes[:, :2].clip(0), np.minimum(boxes[:, 2:], image_size)], 1)
    assert np.array_equal(within[seen], expected[seen])
    assert ((boxes[:, 2:] - boxes[:, :2])[seen].max(0) <= layer.field.size).all() or not layer.field.regular
    # Where positions fold back or wrap, the signal finds its way on boxes, too.
    channels = torch.arange(len(at)) % layer.channels
    asked: dict[str, Any] = {"image": [0] * len(at), "channel": channels, "position": at, "signal": "one"}
    found = project(net, image, layer.name, rule="gradient", **asked)
    leaf = image.clone().requires_grad_()
    out = module(leaf)[0]
    each = zip(channels.tolist(), at.tolist(), strict=True)
    gradient = torch.stack([torch.autograd.grad(out[c, y, x], leaf, retain_graph=True)[0][0] for c, (y, x) in each])
    assert (found.full() - gradient).abs().max() <= 1e-12 * gradient.abs().max()
    assert not found.report.fallback or name in FOLLOWED


def test_a_network_that_permutes_images_at_the_door_takes_them_channels_first() -> None:
    module = ChannelsLastDoor()
    net = Network.trace(module, (*SHAPE[1:], SHAPE[0]))
    assert net.input_shape == SHAPE
    assert [layer.name for layer in net.layers] == ["inner.0", "inner.1"]
    assert net.layers["inner.1"].field == Field((2, 2), (-1, -1), (5, 5))
    image = torch.randn(1, *SHAPE, dtype=torch.float64)
    assert torch.allclose(net.run(image)[net.output], module(image.permute(0, 2, 3, 1)))
    expected = support(module, image, lambda x: x.permute(0, 2, 3, 1))
    at = np.stack(np.meshgrid(np.arange(3), np.arange(4), indexing="ij"), -1).reshape(-1, 2)
    assert np.array_equal(net.reach(net.output, at).numpy().reshape(3, 4, 4), expected)


#: What is made of how many: among few, and far more than one from one, or one from many.
RESAMPLED = [(6, 3), (3, 7), (1, 5), (20, 1), (33, 2), (40, 3), (17, 18)]
RESAMPLING: dict[str, dict[str, Any]] = {
    "nearest": {"mode": "nearest"},
    "nearest, exact": {"mode": "nearest-exact"},
    **{
        f"{mode}{', aligned' if aligned else ''}{', antialiased' if smooth else ''}": {
            "mode": mode, "align_corners": aligned, "antialias": smooth,
        }
        for mode in ("bilinear", "bicubic") for aligned in (False, True) for smooth in (False, True)
    },
}  # fmt: skip


@pytest.mark.parametrize("how", RESAMPLING)
def test_resampling_to_any_size_has_the_support_of_its_gradients(how: str) -> None:
    for size, made in RESAMPLED:
        module = nets.Lambda(lambda x, made=made: F.interpolate(x, (made, 3), **RESAMPLING[how]) * 1.0)
        net = Network.trace(module, (1, size, 6)).to(dtype=torch.float64)
        image = torch.randn(1, 1, size, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        at = np.stack(np.meshgrid(np.arange(made), np.arange(3), indexing="ij"), -1).reshape(-1, 2)
        found = net.reach(net.output, at).numpy().reshape(made, 3, 4)
        expected = support(module, image)
        assert (found[..., :2] <= expected[..., :2]).all()
        assert (found[..., 2:] >= expected[..., 2:]).all()
        assert np.array_equal(found, expected) or not net.layers[-1].exact


def test_what_has_no_rule_is_listed_as_a_bound() -> None:
    turned = nets.Lambda(lambda x: x.rot90(1, (2, 3)))
    net = Network.trace(nn.Sequential(nn.Conv2d(2, 3, 3), turned), (2, 9, 9))
    layer = net.layers[-1]
    assert layer.field is None
    assert not layer.exact
    assert net.layers["0"].exact


def test_a_u_net_s_outputs_have_the_stride_of_their_image() -> None:
    field = Network.trace(Operation(OPERATIONS["U-Net"]), (2, 28, 28)).layers["last"].field
    assert field is not None
    assert field.stride == (1, 1)
    assert (field.regular, field.exact) == (False, True)


def test_where_a_map_with_a_border_of_zeros_meets_another_the_field_is_a_bound() -> None:
    """In the border's rows nothing of it is seen, however far it sees across: a box cannot tell, axis by axis."""
    narrow = Operation(
        lambda x: x + F.pad(F.conv2d(x[:, :, 2:6, 3:7], torch.ones(4, 4, 1, 5).to(x), padding=(0, 2)), (3, 3, 2, 2))
    )
    net = Network.trace(narrow, SHAPE)
    field = net.layers["last"].field
    assert field is not None
    assert not field.exact
    same = Network.trace(Operation(lambda x: x + F.pad(x[:, :, 2:6, 3:7], (3, 3, 2, 2))), SHAPE).layers["last"].field
    assert same is not None
    assert same.exact
    image, at = torch.randn(1, *SHAPE, dtype=torch.float64), torch.cartesian_prod(torch.arange(8), torch.arange(9))
    expected, boxes = support(narrow, image).reshape(-1, 4), net.reach("last", at).numpy()
    assert (boxes[:, :2] <= expected[:, :2]).all()
    assert (boxes[:, 2:] >= expected[:, 2:]).all()
    assert (boxes != expected).any()


def test_boxes_at_the_border_are_what_is_seen_there() -> None:
    """Also where the field is as large as the image: not the whole of it."""
    net = Network.trace(nn.Sequential(*[nn.Conv2d(2, 2, 5, padding=2) for _ in range(3)]), (2, 12, 12))
    assert net.boxes("2", np.asarray([[0, 0], [5, 11]])).tolist() == [[0, 0, 7, 7], [0, 5, 12, 12]]
    assert net.crops("2", np.asarray([[0, 0]])).tolist() == [[0, 0, 12, 12]]


def test_a_field_places_every_box() -> None:
    net = Network.trace(nn.Sequential(nn.Conv2d(3, 2, 5, stride=2, padding=1), nn.MaxPool2d(2)), (3, 40, 40))
    field = net.layers["1"].field
    assert field == Field((4, 4), (-1, -1), (7, 7))
    at = np.asarray([[0, 0], [3, 2]])
    assert net.boxes("1", at).tolist() == [[-1, -1, 6, 6], [11, 7, 18, 14]]


def test_an_axis_seen_whole_has_the_box_of_the_image() -> None:
    net = Network.trace(nn.Conv2d(3, 2, (3, 9), padding=(1, 4)), (3, 20, 9))
    assert net.crops(net.output, np.asarray([[4, 0], [0, 8]])).tolist() == [[3, 0, 6, 9], [-1, 0, 2, 9]]
    # What is seen at either end is less: half of the kernel lies beyond.
    assert net.boxes(net.output, np.asarray([[4, 0], [0, 8]])).tolist() == [[3, 0, 6, 5], [-1, 4, 2, 9]]


def test_units_that_see_the_whole_image_have_no_field() -> None:
    net = Network.trace(nets.settled(nets.Classifier()), (2, 8, 8))
    assert net.layers["classifier.3"].field is None
    assert net.layers["features.2"].field is not None
    gated = Network.trace(nets.settled(nets.Gated()), (2, 6, 7))
    assert gated.layer(gated.output, gates="exact").field is None
    assert gated.layers["conv"].field == Field((1, 1), (-1, -1), (3, 3))


def test_paths_of_unequal_stride_give_an_irregular_field() -> None:
    net = Network.trace(nets.settled(nets.UNet()), (2, 16, 16))
    field = net.layers["head"].field
    assert field is not None
    assert not field.regular
    assert field.stride == (1, 1)


def test_constants_multiplied_at_every_position_keep_the_field() -> None:
    _, net, _ = nets.traced("weighed")
    assert net.layers[net.output].field == Field((1, 1), (-1, -1), (5, 5))


def test_a_constant_added_at_every_position_keeps_the_field() -> None:
    class Embedded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3)
            self.position = nn.Parameter(torch.randn(1, 3, 6, 6))

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x) + self.position

    net = Network.trace(Embedded(), (2, 8, 8))
    assert net.layers[net.output].field == Field((1, 1), (0, 0), (3, 3))
