"""The paper's networks: sizes, parameters and receptive fields against the paper, layer by layer."""

import json
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from convscope.errors import UsageError
from convscope.graph import Network
from convscope.models.architecture import ALEXNET, VARIANTS, ZFNET, Architecture, Conv, Full, Norm, ceil_size
from convscope.models.initial import initialise
from convscope.models.networks import build

SMALL = Architecture("small", (Conv(1, 4, kernel=5, stride=3, pool=True, norm=True),), (Full(6, 5),), 3, 18)


def parameters(architecture: Architecture) -> int:
    return sum(p.numel() for p in build(architecture, init="empty").parameters())


# -- against the paper ------------------------------------------------------------------------------------------------
def test_zfnet_has_the_maps_of_figure_3() -> None:
    assert ZFNET.sizes() == {
        "conv1": 110,
        "pool1": 55,
        "conv2": 26,
        "pool2": 13,
        "conv3": 13,
        "conv4": 13,
        "conv5": 13,
        "pool5": 6,
    }
    assert [(c.maps, c.kernel, c.stride, c.padding) for c in ZFNET.convs] == [
        (96, 7, 2, 0),
        (256, 5, 2, 0),
        (384, 3, 1, 1),
        (384, 3, 1, 1),
        (256, 3, 1, 1),
    ]


def test_alexnet_has_the_maps_that_cuda_convnet_gives_from_224() -> None:
    assert list(ALEXNET.sizes().values()) == [55, 27, 27, 13, 13, 13, 13, 6]


@pytest.mark.parametrize(
    ("architecture", "count"),
    [
        (ZFNET, 62_357_608),
        (ALEXNET, 60_965_224),  # the number that Krizhevsky et al. round to 60 million
        (ALEXNET.ungrouped(), 62_378_344),
        (VARIANTS["zfnet_without_7"], 62_357_608 - (4096 * 4096 + 4096)),
        (VARIANTS["zfnet_without_6_7"], 3_726_464 + 9216 * 1000 + 1000),
        (VARIANTS["zfnet_without_3_4"], 62_357_608 - (885_120 + 1_327_488 + 884_992) + (256 * 256 * 9 + 256)),
        (
            VARIANTS["zfnet_512_1024_512"],
            (96 * 147 + 96)
            + (256 * 96 * 25 + 256)
            + (512 * 256 * 9 + 512)
            + (1024 * 512 * 9 + 1024)
            # fc6 reads 512 maps of 6x6
            + (512 * 1024 * 9 + 512)
            + (4096 * 512 * 36 + 4096)
            + (4096 * 4096 + 4096)
            + (1000 * 4096 + 1000),
        ),
        (
            VARIANTS["zfnet_fc2048"],
            3_726_464 + (2048 * 9216 + 2048) + (2048 * 2048 + 2048) + (1000 * 2048 + 1000),
        ),
        (
            VARIANTS["zfnet_fc8192"],
            3_726_464 + (8192 * 9216 + 8192) + (8192 * 8192 + 8192) + (1000 * 8192 + 1000),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Architecture) else "",
)
def test_parameters_are_counted_by_hand(architecture: Architecture, count: int) -> None:
    assert parameters(architecture) == count


def test_every_row_of_table_3_is_a_variant() -> None:
    changes = ["", "_without_3_4", "_without_7", "_without_6_7", "_without_3_4_6_7", "_fc2048", "_fc8192"]
    changes += ["_512_1024_512", "_512_1024_512_fc8192"]
    assert list(VARIANTS) == [base + change for base in ("alexnet", "zfnet") for change in changes]


FIELDS = {  # receptive field and distance of neighbours, in pixels
    "zfnet": {
        "conv1": (7, 2),
        "pool1": (11, 4),
        "conv2": (27, 8),
        "pool2": (43, 16),
        "conv3": (75, 16),
        "conv4": (107, 16),
        "conv5": (139, 16),
        "pool5": (171, 32),
    },
    "alexnet": {
        "conv1": (11, 4),
        "conv2": (51, 8),
        "conv3": (99, 16),
        "conv4": (131, 16),
        "conv5": (163, 16),
        "pool5": (195, 32),
    },
}


@pytest.mark.parametrize("name", FIELDS)
def test_receptive_fields_are_those_of_the_paper(name: str) -> None:
    # Widths do not change geometry, and narrow layers trace faster.
    module = build(VARIANTS[name].scaled(width=1 / 16), seed=0)
    net = Network.trace(module, (3, 224, 224))
    for layer, (size, stride) in FIELDS[name].items():
        field = net.layers[layer].field
        assert field is not None
        assert (field.size, field.stride) == ((size, size), (stride, stride))
        assert net.layers[layer].height == VARIANTS[name].sizes()[layer]
    first = net.layers["pool1"].field
    assert first is not None
    assert first.offset == (0, 0)  # no padding on the left and top: window i of conv1 starts at pixel stride * i


def test_centre_of_the_first_top_unit_is_pixel_37() -> None:
    # Half-open box [offset, offset + size): -48 + 171 // 2 = 37, where ports with padding have 36 or 26.
    net = Network.trace(build(ZFNET.scaled(width=1 / 16)), (3, 224, 224))
    y0, x0, y1, x1 = net.boxes("pool5", torch.tensor([[0, 0]]))[0].tolist()
    assert ((y0 + y1 - 1) / 2, (x0 + x1 - 1) / 2) == (37, 37)


# -- modules ----------------------------------------------------------------------------------------------------------
def test_modules_of_zfnet_stand_in_the_order_of_the_paper() -> None:
    names = [name for name, _ in build(ZFNET, init="empty").named_children()]
    assert " ".join(names) == (
        "pad1 conv1 relu1 pool1 norm1 conv2 relu2 pool2 norm2 conv3 relu3 conv4 relu4 conv5 relu5 pool5 "
        "flatten fc6 relu6 drop6 fc7 relu7 drop7 fc8"
    )


def test_alexnet_normalises_before_it_pools_and_has_groups() -> None:
    net = build(ALEXNET, init="empty")
    names = [name for name, _ in net.named_children()]
    assert names[:5] == ["pad1", "conv1", "relu1", "norm1", "pool1"]
    groups = {name: m.groups for name, m in net.named_children() if isinstance(m, nn.Conv2d)}
    assert groups == {"conv1": 1, "conv2": 2, "conv3": 1, "conv4": 2, "conv5": 2}


def test_removed_layers_leave_the_names_of_the_others() -> None:
    names = [name for name, _ in build(VARIANTS["zfnet_without_3_4_6_7"], init="empty").named_children()]
    assert [name for name in names if name.startswith(("conv", "fc"))] == ["conv1", "conv2", "conv5", "fc8"]
    assert "drop6" not in names


def test_norm_is_an_option() -> None:
    literal = build(replace(SMALL, norm=Norm(alpha=5e-4)))
    assert isinstance(literal.norm1, nn.LocalResponseNorm)
    assert literal.norm1.alpha == 5e-4
    none = build(replace(SMALL, norm=None))
    assert not any(isinstance(module, nn.LocalResponseNorm) for module in none)


def test_windows_overhang_on_the_right_and_bottom_only() -> None:
    """conv1 and pool1 against loops over windows that start at stride * i and read zeros (ignore) beyond the edge."""
    net = build(SMALL, init="pytorch").double().eval()
    x = torch.randn(1, 3, 18, 18, dtype=torch.float64)
    conv, weight, bias = net.conv1, net.conv1.weight, net.conv1.bias
    assert isinstance(conv, nn.Conv2d)
    count = 1 + math.ceil((18 - 5) / 3)
    expected = torch.empty(4, count, count, dtype=torch.float64)
    for i in range(count):
        for j in range(count):
            window = torch.zeros(3, 5, 5, dtype=torch.float64)
            part = x[0, :, 3 * i : 3 * i + 5, 3 * j : 3 * j + 5]
            window[:, : part.shape[1], : part.shape[2]] = part
            expected[:, i, j] = (weight * window).sum((1, 2, 3)) + bias
    found = net.conv1(net.pad1(x))[0]
    assert torch.allclose(found, expected, rtol=0, atol=1e-12)
    pooled = net.pool1(found)
    half = 1 + math.ceil((count - 3) / 2)
    loops = torch.stack(
        [
            torch.stack([found[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3].amax((1, 2)) for j in range(half)], -1)
            for i in range(half)
        ],
        -2,
    )
    assert torch.equal(pooled, loops)


def test_no_pad_where_windows_fit() -> None:
    assert not hasattr(build(SMALL.scaled(input_size=17)), "pad1")


@pytest.mark.parametrize("size", range(5, 40))
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 2, 0), (5, 2, 1), (7, 2, 0), (11, 4, 0), (3, 1, 1)])
def test_ceil_size_is_cuda_convnets_formula(size: int, kernel: int, stride: int, padding: int) -> None:
    if size + 2 * padding >= kernel:
        expected = 1 + math.ceil((2 * padding + size - kernel) / stride)
        assert ceil_size(size, kernel, stride, padding) == expected


@pytest.mark.parametrize("size", [64, 96, 128, 160, 200, 225, 256])
@pytest.mark.parametrize("name", ["zfnet", "alexnet"])
def test_modules_have_the_sizes_that_the_description_says_at_any_input(name: str, size: int) -> None:
    architecture = VARIANTS[name].scaled(input_size=size, width=1 / 32, outputs=4)
    x = torch.zeros(1, 3, size, size)
    for part, module in build(architecture).eval().named_children():
        x = module(x)
        if part in architecture.sizes():
            assert x.shape[-2:] == (architecture.sizes()[part],) * 2
    assert x.shape == (1, 4)


# -- describing -------------------------------------------------------------------------------------------------------
def test_scaling_rounds_widths_to_multiples_of_8() -> None:
    half = ALEXNET.scaled(width=0.3)
    assert [conv.maps for conv in half.convs] == [32, 80, 112, 112, 80]  # 28.8 76.8 115.2 115.2 76.8
    assert [full.width for full in half.fulls] == [1232, 1232]  # 1228.8
    assert half.name == "alexnet_x0.3"


def test_width_1_keeps_odd_widths() -> None:
    assert SMALL.scaled(input_size=20).convs[0].maps == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: ZFNET.without(8), "no hidden layer 8: its layers are 1, 2, 3, 4, 5, 6, 7"),
        (lambda: ZFNET.without(1, 2, 3, 4, 5), "no convolution left"),
        (lambda: ZFNET.with_widths({9: 3}), "no hidden layer 9"),
        (lambda: ZFNET.scaled(width=0), "positive factor"),
        (lambda: ZFNET.scaled(input_size=32), "pool2 slides a 3x3 window and is left with 2x2"),
        (lambda: Architecture.from_json({"name": "x"}), "not the description of an architecture"),
        (lambda: Architecture.from_json({**ZFNET.to_json(), "wings": 2}), "wings"),
    ],
)
def test_impossible_changes_say_why(change, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        change()


@pytest.mark.parametrize("name", VARIANTS)
def test_description_survives_json(name: str) -> None:
    assert Architecture.from_json(json.loads(json.dumps(VARIANTS[name].to_json()))) == VARIANTS[name]


# -- initial weights --------------------------------------------------------------------------------------------------
def test_gaussian_weights_have_deviation_one_hundredth_and_no_bias() -> None:
    net = build(ZFNET.scaled(width=0.25))
    assert net.fc6.weight.std().item() == pytest.approx(0.01, rel=0.01)
    assert net.conv3.weight.mean().item() == pytest.approx(0, abs=1e-4)
    biases = [p for name, p in net.named_parameters() if name.endswith("bias")]
    assert len(biases) == 8
    assert all(torch.equal(bias, torch.zeros_like(bias)) for bias in biases)


@pytest.mark.parametrize("init", ["gaussian", "pytorch"])
def test_weights_depend_on_the_seed_alone(init) -> None:
    before = torch.get_rng_state()
    first = build(SMALL, init=init, seed=3).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    again, other = build(SMALL, init=init, seed=3).state_dict(), build(SMALL, init=init, seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])


def test_initialise_changes_a_network_in_place() -> None:
    net = build(SMALL, seed=0)
    assert initialise(net, seed=1) is net
    assert torch.equal(net.fc8.weight, build(SMALL, seed=1).fc8.weight)


def test_empty_network_takes_no_memory() -> None:
    assert all(p.device.type == "meta" for p in build(ZFNET, init="empty").parameters())


def test_mean_image_is_a_first_layer_that_subtracts() -> None:
    small = ZFNET.scaled(input_size=64, width=0.1, outputs=4)
    net = build(replace(small, mean_image=True), seed=2).eval()
    plain = build(small, seed=2).eval()
    assert list(net.state_dict()) == ["mean.image", *plain.state_dict()]
    x, image = torch.randn(2, 3, 64, 64), torch.randn(3, 64, 64)
    torch.testing.assert_close(net(x), plain(x))  # it starts as zero
    net.get_buffer("mean.image").copy_(image)
    torch.testing.assert_close(net(x), plain(x - image))
    assert Architecture.from_json(net.architecture.to_json()) == net.architecture


def test_mean_image_is_no_stage_of_its_own() -> None:
    net = build(replace(ZFNET.scaled(input_size=64, width=0.1, outputs=4), mean_image=True)).eval()
    assert "mean" not in Network.trace(net, (3, 64, 64)).layers.stages()


def test_he_weights_have_the_variance_of_their_inputs_but_for_the_last_layer() -> None:
    net = build(ZFNET.scaled(input_size=64, width=0.25, outputs=40), init="he")
    for name in ("conv1", "conv2", "conv5", "fc6"):
        weight = net.get_parameter(f"{name}.weight")
        assert weight.std().item() == pytest.approx((2 / weight[0].numel()) ** 0.5, rel=0.05)
        assert not net.get_parameter(f"{name}.bias").any()
    assert net.get_parameter("fc8.weight").std().item() == pytest.approx(0.01, rel=0.05)
