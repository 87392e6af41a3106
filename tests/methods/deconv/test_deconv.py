"""What deconv and project promise: seeds, units, batches, memory, options, reports, and answers to odd input."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import convscope as cs
from convscope.errors import ShapeError, UnknownLayer, UsageError
from convscope.graph import Network, Report, Unit
from convscope.graph.options import OverlapRule
from convscope.methods.deconv import ProjectedPixels, Selection, deconv, project, project_all
from tests.graph import nets


@pytest.fixture(scope="module")
def net() -> Network:
    torch.manual_seed(0)
    return Network.trace(nets.settled(nets.Classifier()), (2, 8, 8), name="toy")


@pytest.fixture(scope="module")
def deep() -> Network:
    """Convolutions with overlapping pools, so that collisions count, and a residual."""
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(6, 5, 3), nn.ReLU())
    return Network.trace(nets.settled(layers), (2, 16, 17))


def images(count: int, net: Network) -> Tensor:
    return torch.randn(count, *net.input_shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def same(a: ProjectedPixels, b: ProjectedPixels) -> None:
    assert a.layer == b.layer
    assert a.units == b.units
    assert torch.equal(a.images, b.images)
    assert torch.equal(a.boxes, b.boxes)
    assert torch.allclose(a.values, b.values)
    assert torch.allclose(a.pixels, b.pixels, rtol=1e-10, atol=1e-14)


# -- captum's toy (test_deconvolution.py there) -----------------------------------------------------------------------
def test_captum_s_toy() -> None:
    class OneConv(nn.Module):
        """4 x 4 image of 0..15, one 3 x 3 kernel of ones to two channels, ReLU, a fully connected layer of ones."""

        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 2, 3, 1)
            self.relu1 = nn.ReLU()
            self.fc1 = nn.Linear(8, 4)
            self.conv1.weight = nn.Parameter(torch.ones(2, 1, 3, 3))
            self.conv1.bias = nn.Parameter(torch.tensor([-50.0, -75.0]))
            self.fc1.weight = nn.Parameter(torch.cat([torch.ones(4, 5), -1 * torch.ones(4, 3)], 1))
            self.fc1.bias = nn.Parameter(torch.zeros(4))
            self.relu2 = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu2(self.fc1(self.relu1(self.conv1(x)).view(-1, 8)))

    toy = Network.trace(OneConv(), (1, 4, 4))
    found = deconv(toy, torch.arange(16.0).reshape(1, 1, 4, 4), "relu2:0", signal="one")
    assert found.full()[0, 0].tolist() == [[2, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]]


# -- seeds ------------------------------------------------------------------------------------------------------------
def test_the_seed_is_the_activation(deep: Network) -> None:
    x = images(3, deep)
    found, one = deconv(deep, x, "4:2@3,3"), deconv(deep, x, "4:2@3,3", signal="one")
    assert torch.allclose(found.values.double(), deep.run(x, ["4"])["4"][:, 2, 3, 3])
    assert torch.allclose(found.pixels, one.pixels * deep.run(x, ["4"])["4"][:, 2, 3, 3][:, None, None, None])


@pytest.mark.parametrize("overlap", ["sum", "max", "overwrite"])
def test_twice_the_seed_is_twice_the_picture(deep: Network, overlap: OverlapRule) -> None:
    x = images(4, deep)
    seed = torch.rand(4, dtype=torch.float64) + 0.1
    one, two = (deconv(deep, x, "3:1", signal=s, overlap=overlap).pixels for s in (seed, 2 * seed))
    assert torch.equal(two, 2 * one)
    assert one.any()


def test_a_negative_seed_is_no_mirrored_picture(deep: Network) -> None:
    x = images(1, deep)
    one = torch.ones(1, dtype=torch.float64)
    above, below = deconv(deep, x, "3:1@2,2", signal=one).pixels, deconv(deep, x, "3:1@2,2", signal=-one).pixels
    assert below.any()
    assert not torch.allclose(below, -above)
    # One ReLU further up it is rectified away.
    assert not deconv(deep, x, "4:1@2,2", signal=-one).pixels.any()


def test_seeds_of_another_length_are_refused(deep: Network) -> None:
    with pytest.raises(ShapeError, match=r"signal has shape \(2,\).*shape \(3,\)"):
        deconv(deep, images(3, deep), "3:1", signal=torch.ones(2))
    with pytest.raises(UsageError, match="signal='two' is not a choice"):
        deconv(deep, images(1, deep), "3:1", signal="two")  # type: ignore[arg-type]


# -- units ------------------------------------------------------------------------------------------------------------
def test_without_a_position_the_strongest_is_taken(deep: Network) -> None:
    x = images(5, deep)
    maps = deep.run(x, ["3"])["3"][:, 2]
    found = deconv(deep, x, "3:2")
    width = maps.shape[2]
    assert [u.position for u in found.units] == [divmod(int(m.argmax()), width) for m in maps]
    assert torch.allclose(found.values.double(), maps.amax((1, 2)))


def test_of_equal_ones_the_first_in_reading_order_is_taken() -> None:
    net = Network.trace(nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU()), (1, 4, 5))
    flat = torch.zeros(1, 1, 4, 5)
    assert deconv(net, flat, "1:0").units[0].position == (0, 0)
    flat[0, 0, 2, 3] = flat[0, 0, 3, 0] = 9 * net.run(flat + 1, ["0"])["0"].sign()[0, 0, 0, 0]
    strongest = net.run(flat, ["0"])["0"][0, 0]
    assert deconv(net, flat, "0:0").units[0].position == divmod(int(strongest.argmax()), 5)


def test_many_units_of_many_layers_are_those_one_by_one(net: Network) -> None:
    x = images(3, net)
    units = ["features.0:3@2,2", "classifier.3:1", "features.2:0", Unit("classifier.1", 4), "features:0"]
    together = deconv(net, x, units)
    assert [p.layer for p in together] == ["features.0", "classifier.3", "features.2", "classifier.1", "features.2"]
    for unit, found in zip(units, together, strict=True):
        same(found, deconv(net, x, unit))


def test_no_units_give_no_projections(net: Network) -> None:
    assert deconv(net, images(1, net), []) == []


def test_one_image_needs_no_batch_dimension(net: Network) -> None:
    x = images(1, net)
    same(deconv(net, x[0], "features.2:1"), deconv(net, x, "features.2:1"))


def test_vectors_are_projected_on_the_whole_image(net: Network) -> None:
    found = deconv(net, images(2, net), "classifier.3:4")
    assert found.boxes.tolist() == [[0, 0, 8, 8]] * 2
    assert found.pixels.shape == (2, 2, 8, 8)
    assert found.units == (Unit("classifier.3", 4),) * 2
    assert torch.equal(found.full(), found.pixels)


def test_full_puts_the_box_in_its_place(deep: Network) -> None:
    found = deconv(deep, images(2, deep), "2:1@3,4")
    y0, x0, y1, x1 = found.boxes[0].tolist()
    full = found.full()
    assert full.shape == (2, 2, 16, 17)
    assert torch.equal(full[:, :, y0:y1, x0:x1], found.pixels)
    assert full.count_nonzero() == found.pixels.count_nonzero() > 0
    full.zero_()
    assert found.pixels.any(), "full() gives a tensor of its own"


# -- batches and memory -----------------------------------------------------------------------------------------------
def test_nine_together_are_nine_alone(deep: Network) -> None:
    x = images(9, deep)
    position = torch.randint(0, 5, (9, 2))
    channel = torch.randint(0, 5, (9,))
    rows = torch.randperm(9)
    together = project(deep, x, "3", image=rows, channel=channel, position=position)
    for i in range(9):
        part = slice(i, i + 1)
        alone = project(deep, x, "3", image=rows[part], channel=channel[part], position=position[part])
        assert torch.allclose(together.pixels[i], alone.pixels[0], rtol=1e-10, atol=1e-14)
        assert together.units[i] == alone.units[0]
    assert torch.equal(together.images, rows)


def test_projections_come_in_the_order_they_are_asked_for(deep: Network) -> None:
    x = images(4, deep)
    rows = [3, 0, 3, 1, 0, 0]
    found = project(deep, x, "4", image=rows, channel=[0, 1, 2, 3, 4, 0], memory=1)
    assert found.images.tolist() == rows
    assert [u.channel for u in found.units] == [0, 1, 2, 3, 4, 0]
    for i, row in enumerate(rows):
        alone = deconv(deep, x[row], Unit("4", found.units[i].channel, found.units[i].position))
        assert torch.allclose(found.pixels[i], alone.pixels[0], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("memory", [1, 10_000, 1 << 30])
def test_memory_changes_nothing_but_the_blocks(deep: Network, net: Network, memory: int) -> None:
    for network, layer, units in ((deep, "3", 5), (net, "classifier.3", 5), (net, "features.2", 4)):
        x = images(6, network)
        rows, channel = torch.randint(0, 6, (20,)), torch.randint(0, units, (20,))
        options = {"image": rows, "channel": channel, "signal": torch.rand(20, dtype=torch.float64)}
        same(project(network, x, layer, **options, memory=memory), project(network, x, layer, **options))  # type: ignore[arg-type]
        for found, expected in zip(
            deconv(network, x, [f"{layer}:0", f"{layer}:1"], memory=memory),
            deconv(network, x, [f"{layer}:0", f"{layer}:1"]),
            strict=True,
        ):
            same(found, expected)


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_change_nothing(deep: Network, workers: int) -> None:
    x = images(6, deep)
    rows, channel = torch.randint(0, 6, (20,)), torch.randint(0, 5, (20,))
    threads = torch.get_num_threads()
    same(
        project(deep, x, "3", image=rows, channel=channel, workers=workers, memory=20_000),
        project(deep, x, "3", image=rows, channel=channel),
    )
    assert torch.get_num_threads() == threads


def test_each_image_is_run_forward_once(deep: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[int] = []
    original = Network.run_values

    def counting(self: Network, batch: torch.Tensor, *arguments: object, **options: object) -> object:
        run.append(len(batch))
        return original(self, batch, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Network, "run_values", counting)
    deconv(deep, images(7, deep), ["4:0", "3:1", "2:2@1,1", "0:0"])
    assert sum(run) == 7
    run.clear()
    project(deep, images(7, deep), "4", image=[5, 5, 2, 5, 2], channel=[0, 1, 2, 3, 4])
    assert sum(run) == 2, "only the images that are named"


def test_the_images_are_not_changed(deep: Network) -> None:
    x = images(2, deep)
    before = x.clone()
    deconv(deep, x, ["0:0", "4:1"])
    assert torch.equal(x, before)


# -- options ----------------------------------------------------------------------------------------------------------
def test_without_rectifiers_a_deconvnet_is_the_gradient() -> None:
    torch.manual_seed(0)
    module = nets.settled(
        nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Conv2d(4, 3, 2), nn.AvgPool2d(2, 1))
    )
    net, x = Network.trace(module, (2, 11, 10)), torch.randn(1, 2, 11, 10, dtype=torch.float64).requires_grad_()
    out = module(x)
    (expected,) = torch.autograd.grad(out[0, 2, 1, 0], x, out[0, 2, 1, 0].detach())
    found = deconv(net, x.detach(), "4:2@1,0")
    assert torch.allclose(found.full(), expected)
    assert str(found.report) == "linear steps only"


def test_with_nothing_negative_a_deconvnet_is_the_ungated_gradient() -> None:
    # Weights and signal positive: no ReLU has anything to rectify, and every unit is on.
    module = nets.settled(nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3), nn.ReLU()))
    for parameter in module.parameters():
        parameter.data.abs_()
    net, x = Network.trace(module, (2, 9, 9)), torch.rand(1, 2, 9, 9, dtype=torch.float64)
    rules = [deconv(net, x, "3:1@2,2", rule=rule).pixels for rule in ("deconvnet", "gradient", "guided")]
    assert torch.allclose(rules[0], rules[1])
    assert torch.equal(rules[1], rules[2])


@pytest.mark.parametrize("option", ["rule", "smooth", "overlap", "lrn", "gates"])
def test_options_that_are_no_choice_are_refused(deep: Network, option: str) -> None:
    with pytest.raises(UsageError, match=f"{option}='wrong' is not a choice; choose one of '"):
        deconv(deep, images(1, deep), "4:0", **{option: "wrong"})  # type: ignore[call-overload]


def smooth_net() -> tuple[nn.Module, Network]:
    torch.manual_seed(0)
    module = nets.settled(
        nn.Sequential(nn.Conv2d(2, 4, 3), nn.Hardswish(), nn.Conv2d(4, 4, 1), nn.ReLU(), nn.Conv2d(4, 2, 1))
    )
    return module, Network.trace(module, (2, 6, 6))


def test_activations_that_are_no_relus_are_treated_as_asked_and_reported() -> None:
    module, net = smooth_net()
    x = torch.randn(1, 2, 6, 6, dtype=torch.float64)
    rectified = deconv(net, x, "4:1@1,1")
    assert str(rectified.report) == "1 relu rectified, 1 hardswish rectified (not a ReLU)"
    differentiated = deconv(net, x, "4:1@1,1", smooth="gradient")
    assert str(differentiated.report) == "1 relu rectified, 1 hardswish by derivative"
    assert not torch.allclose(rectified.pixels, differentiated.pixels)
    with pytest.raises(UsageError, match="layer '1' is hardswish, not a ReLU, and smooth='error'"):
        deconv(net, x, "4:1@1,1", smooth="error")
    assert deconv(net, x, "0:1@1,1", smooth="error").pixels.any(), "nothing smooth lies below the first convolution"
    # As the gradient, all activations are differentiated, whatever `smooth` says.
    leaf = x.clone().requires_grad_()
    value = module(leaf)[0, 1, 1, 1]
    (expected,) = torch.autograd.grad(value, leaf, value.detach())
    for smooth in ("rectify", "gradient", "error"):
        assert torch.allclose(deconv(net, x, "4:1@1,1", rule="gradient", smooth=smooth).full(), expected)


def test_projections_that_are_no_numbers_are_said_to_be_none() -> None:
    # The root of zero has an infinite derivative, and zero times that is NaN: so says autograd, too.
    module = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.ReLU(), nets.Lambda(torch.sqrt)).double()
    x = torch.zeros(2, 1, 3, 3, dtype=torch.float64)
    with torch.no_grad():
        module[0].weight.abs_()
    net = Network.trace(module, (1, 3, 3))
    x[1] = 1
    unit = f"{net.output}:1@1,1"
    found = deconv(net, x, unit, signal="one")
    assert (found.report.undefined, found.pixels.isfinite().all((1, 2, 3)).tolist()) == (1, [False, True])
    assert "; 1 projection holds NaN or infinite numbers: a step below has no finite derivative" in str(found.report)
    assert "NaN" not in str(deconv(net, x[1:], unit, signal="one").report)
    assert "; some projections hold NaN" in found.report.of_many
    rows = cs.deconv(net, x, unit).rows()
    assert ["NaN" in row["report"] for row in rows] == [True, False]


def test_guided_masks_by_the_input_and_rectifies_the_signal() -> None:
    torch.manual_seed(0)
    module = nets.settled(nn.Sequential(nn.Conv2d(2, 5, 1), nn.ReLU(), nn.Conv2d(5, 1, 1)))
    net, x = Network.trace(module, (2, 1, 1)), torch.randn(1, 2, 1, 1, dtype=torch.float64)
    down, up = module[2].weight[0, :, 0, 0], module[0].weight[:, :, 0, 0]
    on = module[0](x)[0, :, 0, 0] > 0
    found = deconv(net, x, "2:0", rule="guided", signal="one").pixels[0, :, 0, 0]
    assert torch.allclose(found, (down.clamp(min=0) * on) @ up)
    assert bool(on.any())
    assert not bool(on.all())


def test_collisions_are_added_by_default(deep: Network) -> None:
    x = images(6, deep)
    sums, most, last = (deconv(deep, x, "3:2@2,2", signal="one", overlap=o).pixels for o in ("sum", "max", "overwrite"))
    assert torch.equal(sums, deconv(deep, x, "3:2@2,2", signal="one").pixels)
    assert not torch.allclose(sums, most)
    assert not torch.allclose(most, last)


def test_reports_read_as_sentences(net: Network) -> None:
    assert str(deconv(net, images(2, net), "classifier.3:0").report) == "2 relu rectified"
    assert str(Report()) == "linear steps only"
    gated = Network.trace(nets.settled(nets.Gated()), (2, 6, 7))
    held, exact = (
        str(deconv(gated, torch.ones(1, 2, 6, 7), f"{gated.output}:0", gates=gates, signal="one").report)
        for gates in ("held", "exact")
    )
    assert held == "1 relu rectified, 2 gates held constant"
    assert exact == "2 relu rectified, 1 amax by derivative, 2 gates by derivative, 2 sigmoid by derivative"


# -- odd input --------------------------------------------------------------------------------------------------------
def test_dead_units_project_to_nothing(deep: Network) -> None:
    module = nets.settled(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 2, 3), nn.ReLU()))
    module[2].bias.data.fill_(-1000.0)
    dead = Network.trace(module, (2, 9, 9))
    found = deconv(dead, torch.randn(2, 2, 9, 9, dtype=torch.float64), "3:1")
    assert found.values.tolist() == [0.0, 0.0]
    assert [u.position for u in found.units] == [(0, 0), (0, 0)]
    assert not found.pixels.any()


def test_units_that_are_never_positive_are_seeded_with_what_they_are() -> None:
    torch.manual_seed(0)
    module = nets.settled(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 2, 3)))
    module[2].bias.data.fill_(-1000.0)
    net, x = Network.trace(module, (2, 9, 9)), torch.randn(1, 2, 9, 9, dtype=torch.float64)
    found = deconv(net, x, "2:1")
    assert found.values.item() < -900
    minus_one = deconv(net, x, str(found.units[0]), signal=-torch.ones(1, dtype=torch.float64))
    assert torch.allclose(found.pixels, minus_one.pixels * -net.run(x, ["2"])["2"][0, 1].max())


def test_nan_is_no_maximum_and_stays_where_it_is(deep: Network) -> None:
    x = images(2, deep)
    clean = deconv(deep, x[1:], "3:2")
    x[0, :, :6, :6] = torch.nan
    found = deconv(deep, x, "3:2")
    maps = deep.run(x[:1], ["3"])["3"][0, 2]
    assert maps.isnan().any()
    assert found.values[0] == maps[~maps.isnan()].max().float()
    assert torch.allclose(found.pixels[1], clean.pixels[0], rtol=1e-10, atol=1e-14), (
        "images do not see their neighbours"
    )
    at_nan = deconv(deep, x[:1], "3:2@0,0")
    assert at_nan.values.isnan().all()


def test_all_nan_maps_have_a_position(deep: Network) -> None:
    found = deconv(deep, torch.full((1, 2, 16, 17), torch.nan, dtype=torch.float64), "3:2")
    assert found.units[0].position == (0, 0)
    assert found.values.isnan().all()


def test_no_images_are_refused(deep: Network) -> None:
    with pytest.raises(ShapeError, match="no images"):
        deconv(deep, images(1, deep)[:0], "3:2")
    with pytest.raises(ShapeError, match=r"nothing to project|empty"):
        project(deep, images(1, deep), "3", image=[], channel=[])


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        ({"image": [0, 1], "channel": [0]}, ShapeError, "all of one n"),
        ({"image": [0], "channel": [0], "position": [[0, 0], [1, 1]]}, ShapeError, "all of one n"),
        ({"image": [0], "channel": [0], "position": [0, 0]}, ShapeError, "all of one n"),
        ({"image": [0], "channel": [0], "signal": torch.ones(2)}, ShapeError, "all of one n"),
        ({"image": [2], "channel": [0]}, ShapeError, "but there are 2 images"),
        ({"image": [-1], "channel": [0]}, ShapeError, "rows -1 to -1"),
        ({"image": [0], "channel": [5]}, UnknownLayer, "has 5 units"),
        ({"image": [0, 1], "channel": [0, -1]}, UnknownLayer, "has 5 units"),
        ({"image": [0], "channel": [0], "position": [[0, 9]]}, UnknownLayer, "does not exist"),
        ({"image": [0, 1], "channel": [0, 0], "position": [[1, 1], [-1, 0]]}, UnknownLayer, "does not exist"),
    ],
)
def test_requests_that_do_not_fit_are_refused(
    deep: Network, request_: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        project(deep, images(2, deep), "3", **request_)  # type: ignore[arg-type]


def test_layers_that_do_not_exist_are_refused(deep: Network) -> None:
    with pytest.raises(UnknownLayer, match="'conv9' is not in"):
        deconv(deep, images(1, deep), "conv9:0")
    with pytest.raises(UnknownLayer, match="'conv9' is not in"):
        project(deep, images(1, deep), "conv9", image=[0], channel=[0])


def test_models_that_mix_images_and_windows_project_one_by_one() -> None:
    module, shape = nets.make("windows")
    net, x = Network.trace(module, shape), torch.randn(3, *shape, dtype=torch.float64)
    together = deconv(net, x, f"{net.output}:1")
    for i in range(3):
        alone = deconv(net, x[i], Unit(net.output, 1, together.units[i].position))
        assert torch.allclose(together.pixels[i], alone.pixels[0])
    assert together.images.tolist() == [0, 1, 2]


def test_models_for_one_image_project_on_many() -> None:
    module = nets.settled(nets.ClassToken())
    net, x = Network.trace(module, (2, 8, 8)), torch.randn(3, 2, 8, 8, dtype=torch.float64)
    assert not net.program.any_batch
    found = deconv(net, x, ["head:2", "patch:1"])
    for projection in found:
        for i in range(3):
            unit = Unit(projection.layer, projection.units[i].channel, projection.units[i].position)
            assert torch.allclose(projection.pixels[i], deconv(net, x[i], unit).pixels[0])


# -- evidence against -------------------------------------------------------------------------------------------------
def logits_net() -> Network:
    """Two logits: the sum of the image and its opposite."""
    module = nn.Sequential(nn.Conv2d(1, 2, 2, bias=False), nn.Flatten())
    with torch.no_grad():
        module[0].weight.copy_(torch.stack([torch.ones(1, 2, 2), -torch.ones(1, 2, 2)]))
    return Network.trace(module, (1, 2, 2))


def test_a_negative_logits_projection_says_that_it_shows_what_speaks_against() -> None:
    net, x = logits_net(), torch.ones(1, 1, 2, 2)
    against = deconv(net, x, f"{net.output}:1")
    assert float(against.values) == -4
    assert (against.pixels > 0).all(), "bright pixels, which lower the logit"
    assert str(against.report) == (
        "linear steps only; the activation is negative: shown is what speaks against the unit"
    )
    assert str(deconv(net, x, f"{net.output}:0").report) == "linear steps only"
    assert str(deconv(net, x, f"{net.output}:1", signal="one").report) == "linear steps only"


def test_negative_activations_among_several_are_counted() -> None:
    net, x = logits_net(), torch.stack([torch.ones(1, 2, 2), -torch.ones(1, 2, 2), 2 * torch.ones(1, 2, 2)])
    found = project(net, x, net.output, image=[0, 1, 2], channel=[1, 1, 1])
    assert str(found.report).endswith("2 of 3 activations are negative: theirs show what speaks against the unit")
    assert str(found.report.for_value(4.0)) == found.report.treatment == "linear steps only"


# -- differences of units ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("unit", ["4:3-1", "4:3-1@2,3", "1:0-5"])
def test_a_difference_is_projected_as_one_unit(deep: Network, unit: str) -> None:
    x = images(2, deep)
    asked = deep.unit(unit)
    both = deconv(deep, x, unit, rule="gradient")
    maps = deep.run(x, [asked.layer])[asked.layer]
    difference = maps[:, asked.channels[0]] - maps[:, asked.channels[1]]
    for row, one in enumerate(both.units):
        assert one.minus == asked.minus
        assert one.position is not None
        assert asked.position in (None, one.position)
        strongest = difference[row].max() if asked.position is None else difference[row][asked.position]
        assert difference[row][one.position] == strongest
        torch.testing.assert_close(both.values[row].double(), strongest, rtol=1e-6, atol=0)
        signal = torch.full((2,), float(strongest), dtype=torch.float64)
        plus, less = (deconv(deep, x, p, rule="gradient", signal=signal) for p in one.parts)
        expected = plus.pixels[row] - less.pixels[row]
        assert expected.abs().max() > 0
        torch.testing.assert_close(both.pixels[row], expected, rtol=1e-10, atol=1e-13)


def test_a_difference_of_logits_is_that_of_a_weight_of_differences(net: Network) -> None:
    """A deconvnet rectifies the difference's signal, not the difference of two rectified ones: as one more unit would
    be, whose weights are the differences."""

    class More(nn.Module):
        def __init__(self, module: nn.Module) -> None:
            super().__init__()
            self.module = module

        def forward(self, x: Tensor) -> Tensor:
            y = self.module(x)
            return torch.cat([y, y[:, 2:3] - y[:, :1]], 1)

    torch.manual_seed(0)
    x, more = images(2, net), Network.trace(More(nets.settled(nets.Classifier())), (2, 8, 8))
    output, count = net.output, net.layers[net.output].channels
    found = deconv(net, x, f"{output}:2-0")
    torch.testing.assert_close(found.pixels, deconv(more, x, f"{more.output}:{count}").pixels, rtol=1e-10, atol=1e-13)
    apart = deconv(net, x, f"{output}:2", signal=found.values).pixels - deconv(net, x, f"{output}:0").pixels
    assert not torch.allclose(found.pixels, apart, rtol=1e-3)


def test_differences_and_units_may_be_asked_for_together(deep: Network) -> None:
    x, at = images(2, deep), [[1, 2], [3, 0]]
    together = project(deep, x, "4", image=[0, 1], channel=[3, 2], position=torch.tensor(at).numpy())
    mixed = project_all(deep, x, [Selection("4", [0, 1], [3, 2], torch.tensor(at).numpy(), minus=[-1, 0])])[0]
    assert [str(u) for u in mixed.units] == ["4:3@1,2", "4:2-0@3,0"]
    torch.testing.assert_close(mixed.pixels[0], together.pixels[0], rtol=1e-12, atol=0)
    with pytest.raises(UnknownLayer, match="'4:3-9'"):
        project_all(deep, x, [Selection("4", [0], [3], minus=[9])])
