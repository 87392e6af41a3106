"""The quicker modules are PyTorch's, values and gradients."""

import pytest
import torch
from torch import nn

from convscope.models import ZFNET, build
from convscope.training.modules import RectifyingPool, TrainingMean, TrainingNorm, WaitingReLU, use_training_modules


@pytest.mark.parametrize(("size", "beta", "alpha"), [(5, 0.75, 1e-4), (5, 0.75, 1.0), (4, 0.6, 0.1), (3, 1.0, 0.1)])
@pytest.mark.parametrize("channels_last", [False, True])
def test_values_and_gradients_are_pytorchs(size: int, beta: float, alpha: float, channels_last: bool) -> None:
    x = 30 * torch.randn(2, 7, 4, 5, dtype=torch.float64)
    x = x.contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format).requires_grad_()
    signal = torch.randn_like(x)
    wanted = nn.LocalResponseNorm(size, alpha, beta, 2.0)(x)
    found = TrainingNorm(size, alpha, beta, 2.0)(x)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(torch.autograd.grad(found, x, signal), torch.autograd.grad(wanted, x, signal))


def test_gradients_are_those_of_differences() -> None:
    x = torch.randn(1, 6, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(TrainingNorm(5, 0.5, 0.75, 2.0), (x,))


def test_networks_keep_their_weights_names_and_answers() -> None:
    net = build(ZFNET.scaled(input_size=64, width=0.1, outputs=4), init="he").eval()
    x = torch.randn(2, 3, 64, 64)
    names, before = list(net.state_dict()), net(x).detach()
    use_training_modules(net)
    assert isinstance(net.get_submodule("norm1"), TrainingNorm)
    assert list(net.state_dict()) == names
    torch.testing.assert_close(net(x).detach(), before)
    with torch.no_grad():
        assert torch.equal(net(x), before)  # PyTorch's own path


def test_mean_image_is_subtracted_in_place_only_while_training() -> None:
    mean = TrainingMean(3, 4)
    mean.image.fill_(2.0)
    x = torch.ones(1, 3, 4, 4)
    kept = x.clone()
    assert torch.equal(mean.eval()(x), kept - 2)
    assert torch.equal(x, kept)
    assert torch.equal(mean.train()(x), kept - 2)
    assert torch.equal(x, kept - 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rectifying_after_the_pool_changes_no_bit(dtype: torch.dtype) -> None:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(2, 5, 11, 12, generator=draw)
    x[:, 0] -= 10  # windows without anything above zero
    x[:, 1] = (2 * x[:, 1]).round() / 2  # ties, at zero too
    found = []
    for replaced in (False, True):
        net = nn.Sequential(nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True))
        if replaced:
            use_training_modules(net)
            assert [type(part) for part in net] == [WaitingReLU, RectifyingPool]
        input = x.to(dtype).requires_grad_()
        output = net.train()(input)
        signal = torch.randn(output.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
        found.append((output.detach(), *torch.autograd.grad(output, input, signal), net.eval()[0](x)))
    for plain, quick in zip(*found, strict=True):
        assert torch.equal(plain, quick)


def test_a_rectifier_before_anything_else_stays() -> None:
    net = use_training_modules(nn.Sequential(nn.ReLU(), nn.Dropout(), nn.MaxPool2d(2)))
    assert [type(part) for part in net] == [nn.ReLU, nn.Dropout, nn.MaxPool2d]
