"""The small network of the tests: deterministic, alive, and with one of everything."""

import torch

from convscope.graph import Network
from convscope.models.tiny import random_tiny


def test_same_seed_same_network() -> None:
    first, again, other = random_tiny(seed=0), random_tiny(seed=0), random_tiny(seed=1)
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True))
    assert not torch.equal(first.fc.weight, other.fc.weight)


def test_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    random_tiny(seed=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_batch_norms_are_no_identity() -> None:
    net = random_tiny()
    assert not torch.allclose(net.bn1.running_var, torch.ones(16))
    assert not torch.allclose(net.bn1.running_mean, torch.zeros(16))


def test_traces_into_the_operations_that_tests_need() -> None:
    net = Network.trace(random_tiny(), (3, 32, 32))
    assert {"conv2d", "batch_norm", "relu", "max_pool2d", "add", "linear"} <= {layer.op for layer in net.layers}
    assert net.layers["block2"].shape == (32, 8, 8)


def test_every_stage_is_active() -> None:
    net = Network.trace(random_tiny(), (3, 32, 32))
    out = net.run(torch.randn(16, 3, 32, 32), ["relu1", "block1", "block2"])
    for maps in out.values():
        active = (maps > 0).float().mean((0, 2, 3))
        assert (active > 0.01).float().mean() > 0.9
