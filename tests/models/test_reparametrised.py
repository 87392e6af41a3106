"""Weights that a checkpoint holds in parts: pruned, of weight norm; and those that no parts determine."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune

from convscope.errors import WeightsError
from convscope.models.contents import describe_file
from convscope.models.loading import load
from convscope.models.tiny import TinyNet
from convscope.models.weights import Weights, fit, read_weights


def plain() -> nn.Sequential:
    """A convolution whose norm is taken by its first axis, and one turned round, which torch norms by its second."""
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.ConvTranspose2d(4, 3, 2), nn.Flatten(), nn.Linear(147, 2))


def changed(change: Callable[[nn.Module], object]) -> nn.Sequential:
    torch.manual_seed(0)
    net = plain()
    change(net[0])
    change(net[2])
    return net


def by_hand(direction: Tensor, size: Tensor, axis: int) -> Tensor:
    """Weight norm, g v / |v|, one slice after the other."""
    found = torch.empty_like(direction)
    for at in range(direction.shape[axis]):
        one = direction.select(axis, at).double()
        length = sum(float(number) ** 2 for number in one.flatten()) ** 0.5
        found.select(axis, at).copy_(float(size.flatten()[at]) * one / length)
    return found


@pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated:FutureWarning")
@pytest.mark.parametrize("norm", [parametrizations.weight_norm, nn.utils.weight_norm])
@pytest.mark.parametrize("before", ["", "module.", "model.net."])
def test_weight_norm_is_multiplied_out(norm: Callable[..., nn.Module], before: str) -> None:
    net = changed(lambda part: norm(part, dim=1 if isinstance(part, nn.ConvTranspose2d) else 0))
    with torch.no_grad():
        for name, value in net.named_parameters():
            if name.endswith(("original0", "weight_g")):
                value *= torch.linspace(0.5, 2, value.numel()).reshape(value.shape)
    state = {before + name: value.detach() for name, value in net.state_dict().items()}
    fitted, taken = fit(Weights(state, "normed.pth"), plain())
    names = ("parametrizations.weight.original0", "parametrizations.weight.original1")
    size, direction = names if f"{before}0.{names[0]}" in state else ("weight_g", "weight_v")
    for part, axis in (("0", 0), ("2", 1)):
        expected = by_hand(state[f"{before}{part}.{direction}"], state[f"{before}{part}.{size}"], axis)
        assert torch.allclose(fitted[f"{part}.weight"], expected, rtol=1e-6, atol=0)
    images = torch.randn(2, 1, 8, 8)
    given = plain()
    given.load_state_dict(fitted)
    net(images)  # what hooks compute is there now
    assert torch.equal(given(images), net(images))
    assert taken.computed == "2 weights multiplied out of weight norm"


def test_weight_norm_of_a_whole_tensor_has_one_size() -> None:
    direction = torch.tensor([[3.0, 4.0]])
    for size in (torch.tensor(10.0), torch.tensor([[10.0]])):
        state = {"weight_g": size, "weight_v": direction, "bias": torch.zeros(1)}
        assert fit(Weights(state, "x"), nn.Linear(2, 1))[0]["weight"].tolist() == [[6.0, 8.0]]


def test_pruned_weights_are_masked(tmp_path: Path) -> None:
    net = changed(lambda part: prune.random_unstructured(part, "weight", 0.5))
    prune.random_unstructured(net[0], "bias", 2)
    torch.save({"state_dict": net.state_dict(), "epoch": 3}, tmp_path / "pruned.pth")
    fitted, taken = fit(read_weights(tmp_path / "pruned.pth"), plain())
    state = net.state_dict()
    for name in ("0.weight", "0.bias", "2.weight"):
        kept, mask = state[f"{name}_orig"].flatten(), state[f"{name}_mask"].flatten()
        assert fitted[name].flatten().tolist() == [float(k) if m else 0.0 for k, m in zip(kept, mask, strict=True)]
    assert taken.computed == "3 pruned weights masked"
    assert not taken.beside


def test_what_was_computed_is_part_of_the_name_and_of_what_is_in_the_file(tmp_path: Path) -> None:
    net = TinyNet(in_channels=1)
    prune.l1_unstructured(net.conv1, "weight", 0.25)
    parametrizations.weight_norm(net.get_submodule("fc"))
    torch.save(net.state_dict(), tmp_path / "both.pth")
    found = load("zoo:tiny", weights=tmp_path / "both.pth")  # of one channel, as the file says
    assert found.name == (
        "zoo:tiny (weights from both.pth, 1 pruned weight masked, 1 weight multiplied out of weight norm)"
    )
    assert found.input_shape == (1, 32, 32)
    described = describe_file(tmp_path / "both.pth")
    assert [one.model for one in described.fits] == ["zoo:tiny"]
    assert described.channels == 1
    assert described.computed == "1 pruned weight masked, 1 weight multiplied out of weight norm"


def test_a_network_that_has_these_names_itself_keeps_them() -> None:
    net = changed(lambda part: parametrizations.weight_norm(part))
    fitted, taken = fit(Weights(net.state_dict(), "x"), net)
    assert fitted.keys() == net.state_dict().keys()
    assert not taken.computed
    prune.random_unstructured(net[4], "weight", 0.5)  # and what it has not is computed all the same
    own = changed(lambda part: parametrizations.weight_norm(part))
    fitted, taken = fit(Weights({f"module.{name}": one for name, one in net.state_dict().items()}, "x"), own)
    assert fitted.keys() == own.state_dict().keys()
    assert taken.computed == "1 pruned weight masked"


def both(part: nn.Module) -> None:
    """Weight norm, and spectral norm of what comes of it."""
    parametrizations.weight_norm(part)
    parametrizations.spectral_norm(part)


@pytest.mark.parametrize(
    ("change", "what", "advice"),
    [
        (
            parametrizations.spectral_norm,
            "0.weight is parametrised, by spectral norm",
            "parametrizations.spectral_norm",
        ),
        (nn.utils.spectral_norm, "0.weight is parametrised, by spectral norm", "nn.utils.spectral_norm(net.get_sub"),
        (both, "0.weight is parametrised", "parametrize.remove_parametrizations(net.get_sub"),
        (parametrizations.orthogonal, "0.weight is parametrised", "parametrize.remove_parametrizations(net.get_sub"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*spectral_norm.*deprecated:FutureWarning")
def test_what_is_not_determined_is_refused_with_what_to_type(
    change: Callable[[nn.Module], object], what: str, advice: str
) -> None:
    net = plain()
    change(net[0])
    with pytest.raises(WeightsError) as caught:
        fit(Weights(net.state_dict(), "x.pth"), plain())
    assert what in str(caught.value)
    assert advice in str(caught.value)


def test_parts_that_do_not_belong_together_are_left_as_they_are() -> None:
    state = {"weight_orig": torch.zeros(2, 3), "weight_mask": torch.ones(3, 2), "bias": torch.zeros(2)}
    with pytest.raises(WeightsError, match=r"1 missing \(weight\); 2 that the model does not have \(weight_orig"):
        fit(Weights(state, "x"), nn.Linear(3, 2))
    state = {"weight_g": torch.ones(3, 1), "weight_v": torch.ones(2, 3), "bias": torch.zeros(2)}
    with pytest.raises(WeightsError, match=r"1 missing \(weight\); 2 that the model does not have \(weight_g"):
        fit(Weights(state, "x"), nn.Linear(3, 2))
